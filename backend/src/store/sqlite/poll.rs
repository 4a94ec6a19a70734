//! Polls: who chose what, and what of it everybody is told. Votes in an anonymous poll are the one
//! thing about a room that does not follow from its log, which says only how many there are.

use super::log::{append_events, facts};
use super::personal::tell;
use super::row::{NOT_FOUND, Query as _, RoomRow, Sql};
use super::writer::Write;
use crate::store::{Ballot, WriteError};
use rusqlite::Connection;
use shared::event::{OwnVote, RoomEvent, ServerEvent, UserEvent};
use shared::id::{RoomId, Seq, UserId};
use shared::limit;
use shared::message::{Posted, Stamp};
use shared::poll::{Poll, PollState};

pub(super) fn posted(
    connection: &Connection,
    event: &RoomEvent,
    said: &Posted,
) -> Result<(), WriteError> {
    let Some(poll) = &said.poll else { return Ok(()) };
    connection.change(
        "INSERT INTO poll (room, message, author, anonymous, closes_at, open) \
         VALUES (?1, ?2, ?3, ?4, ?5, 1)",
        (
            Sql(event.room),
            Sql(event.seq),
            Sql(event.actor),
            poll.anonymous,
            poll.closes_at.map(Sql),
        ),
    )?;
    Ok(())
}

pub(super) fn vote(write: &mut Write<'_>, ballot: Ballot) -> Result<(), WriteError> {
    let Ballot { room, voter, message, choices, decide } = ballot;
    let Some((mut row, facts)) = facts(write, room, voter, None, &[message])? else {
        return Err(NOT_FOUND);
    };
    decide(&facts)?;
    if chosen(write.connection, room, message, voter)? == choices {
        return Ok(());
    }
    let asked = facts.message(message)?;
    let anonymous = asked.poll.as_ref().is_some_and(|poll| poll.poll.anonymous);
    if !anonymous {
        let event = ServerEvent::PollVoted { message, choices };
        append_events(write, &mut row, voter, vec![event], None)?;
        return Ok(());
    }
    replace(write.connection, room, message, voter, &choices, row.head.next())?;
    let number = asked.poll.as_ref().map_or(0, |poll| poll.counts.len());
    let (counts, people) = count(write.connection, room, message, number)?;
    let event = ServerEvent::PollCounted { message, counts, people };
    append_events(write, &mut row, asked.author, vec![event], None)?;
    tell(write, voter, UserEvent::VoteCast { vote: OwnVote { room, message, choices } })
}

/// What follows from a vote that says whose it is.
pub(super) fn voted(
    connection: &Connection,
    event: &RoomEvent,
    message: Seq,
    choices: &[u32],
) -> Result<(), WriteError> {
    replace(connection, event.room, message, event.actor, choices, event.seq)?;
    revised(connection, event, message)
}

pub(super) fn revised(
    connection: &Connection,
    event: &RoomEvent,
    message: Seq,
) -> Result<(), WriteError> {
    connection.change(
        "UPDATE message SET revised = ?3 WHERE room = ?1 AND seq = ?2",
        (Sql(event.room), Sql(message), Sql(event.seq)),
    )?;
    Ok(())
}

pub(super) fn closed(
    connection: &Connection,
    event: &RoomEvent,
    message: Seq,
) -> Result<(), WriteError> {
    connection.change(
        "UPDATE poll SET open = 0, closed_by = ?3, closed_at = ?4 WHERE room = ?1 AND message = ?2",
        (Sql(event.room), Sql(message), Sql(event.actor), Sql(event.at)),
    )?;
    revised(connection, event, message)
}

/// What the message's deletion takes with it.
pub(super) fn forget(connection: &Connection, room: RoomId, message: Seq) -> rusqlite::Result<()> {
    connection
        .change("DELETE FROM vote WHERE room = ?1 AND message = ?2", (Sql(room), Sql(message)))?;
    connection
        .change("DELETE FROM poll WHERE room = ?1 AND message = ?2", (Sql(room), Sql(message)))?;
    Ok(())
}

pub(super) fn close_due(
    write: &mut Write<'_>,
    room: RoomId,
    message: Seq,
) -> Result<(), WriteError> {
    let author = write.connection.first(
        "SELECT author FROM poll WHERE room = ?1 AND message = ?2 AND open AND closes_at <= ?3",
        (Sql(room), Sql(message), Sql(write.now)),
        |row| row.get::<_, Sql<UserId>>(0),
    )?;
    let (Some(Sql(author)), Some(mut row)) = (author, RoomRow::find(write.connection, room)?)
    else {
        return Ok(());
    };
    append_events(write, &mut row, author, vec![ServerEvent::PollClosed { message }], None)?;
    Ok(())
}

/// The poll as it stands now.
pub(super) fn state(
    connection: &Connection,
    room: RoomId,
    message: Seq,
    poll: Poll,
) -> rusqlite::Result<PollState> {
    let mut state = PollState::new(poll);
    state.closed = connection
        .first(
            "SELECT closed_by, closed_at FROM poll WHERE room = ?1 AND message = ?2",
            (Sql(room), Sql(message)),
            |row| {
                let by = row.get::<_, Option<Sql<_>>>(0)?.map(|Sql(by)| by);
                let at = row.get::<_, Option<Sql<_>>>(1)?.map(|Sql(at)| at);
                Ok(by.zip(at).map(|(by, at)| Stamp { by, at }))
            },
        )?
        .flatten();
    if state.poll.anonymous {
        (state.counts, state.people) = count(connection, room, message, state.counts.len())?;
        return Ok(state);
    }
    let cast = connection.all(
        "SELECT choice, user FROM vote WHERE room = ?1 AND message = ?2 ORDER BY seq",
        (Sql(room), Sql(message)),
        |row| Ok((row.get::<_, u32>(0)?, row.get::<_, Sql<UserId>>(1)?.0)),
    )?;
    for (choice, user) in cast {
        let voters = usize::try_from(choice).ok().and_then(|at| state.voters.get_mut(at));
        if let Some(voters) = voters {
            voters.push(user);
        }
    }
    state.recount();
    Ok(state)
}

/// What the user chose in anonymous polls that are open, of rooms they are in.
pub(super) fn own(connection: &Connection, user: UserId) -> rusqlite::Result<Vec<OwnVote>> {
    let rows = connection.all(
        "SELECT vote.room, vote.message, vote.choice FROM vote \
         JOIN poll ON poll.room = vote.room AND poll.message = vote.message \
         JOIN membership ON membership.user = vote.user AND membership.room = vote.room \
         WHERE vote.user = ?1 AND poll.anonymous AND poll.open \
         ORDER BY vote.room, vote.message, vote.choice LIMIT ?2",
        (Sql(user), limit::OWN_VOTES),
        |row| {
            let (room, message) = (row.get::<_, Sql<RoomId>>(0)?.0, row.get::<_, Sql<Seq>>(1)?.0);
            Ok((room, message, row.get::<_, u32>(2)?))
        },
    )?;
    let mut votes: Vec<OwnVote> = Vec::new();
    for (room, message, choice) in rows {
        match votes.last_mut() {
            Some(last) if last.room == room && last.message == message => last.choices.push(choice),
            Some(_) | None => votes.push(OwnVote { room, message, choices: vec![choice] }),
        }
    }
    Ok(votes)
}

fn chosen(
    connection: &Connection,
    room: RoomId,
    message: Seq,
    voter: UserId,
) -> rusqlite::Result<Vec<u32>> {
    connection.all(
        "SELECT choice FROM vote WHERE room = ?1 AND message = ?2 AND user = ?3 ORDER BY choice",
        (Sql(room), Sql(message), Sql(voter)),
        |row| row.get(0),
    )
}

fn replace(
    connection: &Connection,
    room: RoomId,
    message: Seq,
    voter: UserId,
    choices: &[u32],
    seq: Seq,
) -> rusqlite::Result<()> {
    connection.change(
        "DELETE FROM vote WHERE room = ?1 AND message = ?2 AND user = ?3",
        (Sql(room), Sql(message), Sql(voter)),
    )?;
    for choice in choices {
        connection.change(
            "INSERT INTO vote (room, message, user, choice, seq) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT DO NOTHING",
            (Sql(room), Sql(message), Sql(voter), choice, Sql(seq)),
        )?;
    }
    Ok(())
}

fn count(
    connection: &Connection,
    room: RoomId,
    message: Seq,
    number: usize,
) -> rusqlite::Result<(Vec<u32>, u32)> {
    let mut counts = vec![0; number];
    let rows = connection.all(
        "SELECT choice, count(*) FROM vote WHERE room = ?1 AND message = ?2 GROUP BY choice",
        (Sql(room), Sql(message)),
        |row| Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?)),
    )?;
    for (choice, votes) in rows {
        if let Some(count) = usize::try_from(choice).ok().and_then(|at| counts.get_mut(at)) {
            *count = votes;
        }
    }
    let people = connection.first(
        "SELECT count(DISTINCT user) FROM vote WHERE room = ?1 AND message = ?2",
        (Sql(room), Sql(message)),
        |row| row.get(0),
    )?;
    Ok((counts, people.unwrap_or(0)))
}
