//! F27: somebody is removed from a room while others write in it.

use super::{Ground, Row};
use crate::finding::Finding;
use crate::server::Place;
use crate::talk::{Cast, People, Talk, UNTIL_TOLD, Verdict};
use crate::wire::{Failure, Person, Way};
use crate::writer::Manner;
use anyhow::{Result, bail};
use futures_util::future::try_join_all;
use shared::command::ClientCommand;
use shared::error::ErrorCode;
use shared::id::{RoomId, UserId};
use shared::room::RoomKind;
use std::time::Duration;
use tokio::time::sleep;

pub(super) const ROW: Row = Row {
    name: "F27",
    fault: "removal races delivery",
    expected: "who was removed is told of nothing after it, in 10,000 races",
};

pub(super) async fn measure(ground: &Ground) -> Result<Finding> {
    let (folder, place) = ground.place()?;
    let (rooms, races) = ground.form.of((4, 40), (20, 500));
    let verdict = race(place, rooms, races, UNTIL_TOLD).await?;
    folder.close()?;
    Ok(Finding::new()
        .with(format!("{} races", rooms * races))
        .with(format!("{} messages meanwhile", verdict.acknowledged))
        .with(&verdict)
        .without(verdict.violations))
}

/// In each room somebody writes, and the same person removes and adds another one, again and again.
pub(super) async fn race(
    place: Place,
    rooms: usize,
    races: usize,
    patience: Duration,
) -> Result<Verdict> {
    // All rooms together: 500 messages a second.
    let pause = Duration::from_secs(1) / 500 * u32::try_from(rooms)?;
    let cast = Cast {
        rooms: 0,
        writers: vec![Manner::Every(pause); rooms],
        readers: Way::ALL.iter().copied().cycle().take(rooms).collect(),
        messages: u64::MAX,
        patience,
    };
    let server = place.start().await?;
    let mut people = People::arrive(&place, &cast).await?;
    for (host, guest) in people.writers.iter().zip(&people.readers) {
        let room = host.create_room(&host.nick, RoomKind::Closed).await?;
        for user in [guest.user, people.owner.user] {
            host.must(ClientCommand::AddMember { room, user }).await?;
        }
        people.rooms.push(room);
    }
    let talk = Talk::begin(&people, &cast).await?;
    let pairs = people.writers.iter().zip(&people.readers).zip(&people.rooms);
    try_join_all(pairs.map(|((host, guest), room)| in_and_out(host, *room, guest.user, races)))
        .await?;
    talk.budget.end();
    let verdict = talk.conclude().await?;
    server.stop().await?;
    Ok(verdict)
}

async fn in_and_out(host: &Person, room: RoomId, user: UserId, races: usize) -> Result<()> {
    for _ in 0..races {
        patiently(host, ClientCommand::RemoveMember { room, user }).await?;
        patiently(host, ClientCommand::AddMember { room, user }).await?;
    }
    Ok(())
}

/// As fast as one person may.
async fn patiently(host: &Person, command: ClientCommand) -> Result<()> {
    loop {
        match host.command(&command).await {
            Ok(_) => return Ok(()),
            Err(Failure::Refused(ErrorCode::RateLimited { retry_after_ms })) => {
                sleep(Duration::from_millis(retry_after_ms)).await;
            }
            Err(failure) => bail!("{command:?}: {failure:?}"),
        }
    }
}
