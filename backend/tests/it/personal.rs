//! What belongs to one person and follows them to every device, over real sockets.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{Live, Person, TestServer};
use backend::clock::Clock;
use shared::api::{ListSeen, Nothing};
use shared::command::{ClientCommand, CommandReply};
use shared::error::ErrorCode;
use shared::event::UserEvent;
use shared::frame::{Resume, Resumed, ResumedRoom, ServerFrame};
use shared::id::{RoomId, Seq, UserId};
use shared::limit;
use shared::room::{Role, RoomKind, Seen};
use shared::sidebar::{Section, Sidebar};
use shared::time::Timestamp;
use shared::user::{Presence, QuietHours, Receipts, Settings};

impl Live {
    /// The next event of the person's own stream.
    pub(crate) async fn own(&mut self) -> UserEvent {
        self.find(|frame| match frame {
            ServerFrame::UserEvent { event, .. } => Some(event.clone()),
            _ => None,
        })
        .await
    }
}

async fn arrange(person: &Person, sidebar: &Sidebar) -> Result<(), ErrorCode> {
    person.command(ClientCommand::ArrangeSidebar { sidebar: sidebar.clone() }).await.map(drop)
}

#[tokio::test]
async fn a_list_arranged_on_one_device_is_so_on_the_others_now_and_later() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let (quay, kitchen) = (
        ines.create_room("Quay", RoomKind::Open).await,
        ines.create_room("Kitchen", RoomKind::Closed).await,
    );
    let (mut phone, resumed) = ines.connect().await;
    assert_eq!(resumed.user.unwrap().sidebar, Sidebar::default());
    let work =
        Section { name: "  Work \t at sea ".into(), rooms: vec![quay, kitchen], folded: false };
    let sidebar = Sidebar { favourites: vec![kitchen], sections: vec![work] };
    arrange(&ines, &sidebar).await.unwrap();
    let UserEvent::SidebarArranged { sidebar: told } = phone.own().await else { panic!() };
    let work = Section { name: "Work at sea".into(), rooms: vec![quay], folded: false };
    assert_eq!(told, Sidebar { favourites: vec![kitchen], sections: vec![work] });
    arrange(&ines, &told).await.unwrap();
    let (_, resumed) = ines.connect().await;
    let user = resumed.user.unwrap();
    assert_eq!((&user.sidebar, user.version), (&told, 1), "the same again is no change");
    let (_, resumed) = wen.connect().await;
    assert_eq!(resumed.user.unwrap().sidebar, Sidebar::default());

    let many = Sidebar {
        sections: vec![Section { name: "x".into(), ..Section::default() }; limit::SECTIONS + 1],
        ..Sidebar::default()
    };
    let too_many = Err(ErrorCode::TooMany { limit: limit::SECTIONS });
    assert_eq!(arrange(&ines, &many).await, too_many);
    let nameless = Sidebar { sections: vec![Section::default()], ..Sidebar::default() };
    assert_eq!(arrange(&ines, &nameless).await, Err(ErrorCode::Empty));
}

fn keep(room: RoomId, text: &str, age_ms: u64) -> ClientCommand {
    ClientCommand::KeepDraft { room, thread: None, text: text.to_owned(), reply_to: None, age_ms }
}

/// The texts of the drafts that a connection starts with.
async fn drafts(person: &Person) -> Vec<String> {
    let (_, resumed) = person.connect().await;
    resumed.user.unwrap().drafts.into_iter().map(|draft| draft.text).collect()
}

#[tokio::test]
async fn a_draft_is_on_every_device_and_the_one_typed_last_stands() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    ines.add(room, &wen).await;
    let (mut phone, _) = ines.connect().await;
    ines.command(keep(room, "Could you lis", 0)).await.unwrap();
    let UserEvent::DraftKept { draft } = phone.own().await else { panic!() };
    assert_eq!((draft.room, draft.text.as_str()), (room, "Could you lis"));
    assert_eq!(drafts(&ines).await, ["Could you lis"]);
    assert!(drafts(&wen).await.is_empty());

    ines.command(keep(room, "from a train, an hour ago", 3_600_000)).await.unwrap();
    let UserEvent::DraftKept { draft } = phone.own().await else { panic!() };
    assert_eq!(draft.text, "Could you lis", "the other device is told what stands");
    ines.command(keep(room, "  ", 0)).await.unwrap();
    assert_eq!(phone.own().await, UserEvent::DraftDropped { room, thread: None });
    ines.command(keep(room, "from a train, an hour ago", 3_600_000)).await.unwrap();
    assert_eq!(phone.own().await, UserEvent::DraftDropped { room, thread: None });
    assert!(drafts(&ines).await.is_empty(), "nothing old comes back");

    let long = "x".repeat(limit::MESSAGE_CHARS + 1);
    let too_long = Err(ErrorCode::TooLong { limit: limit::MESSAGE_CHARS });
    assert_eq!(ines.command(keep(room, &long, 0)).await, too_long);
}

#[tokio::test]
async fn sending_takes_that_draft_away_and_no_other() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    ines.add(room, &wen).await;
    let thread = wen.say(room, "which day?").await.unwrap().seq;
    ines.command(keep(room, "Could you lis", 0)).await.unwrap();
    ines.command(ClientCommand::KeepDraft {
        room,
        thread: Some(thread),
        text: "thurs".to_owned(),
        reply_to: None,
        age_ms: 0,
    })
    .await
    .unwrap();
    wen.say(room, "Could you listen?").await.unwrap();
    ines.say(room, "something else").await.unwrap();
    assert_eq!(drafts(&ines).await.len(), 2);
    let (mut phone, _) = ines.connect().await;
    ines.say(room, "Could you listen?").await.unwrap();
    assert_eq!(phone.own().await, UserEvent::DraftDropped { room, thread: None });
    assert_eq!(drafts(&ines).await, ["thurs"]);
    let server = server.restart().await;
    let ines = server.log_in("ines").await;
    assert_eq!(drafts(&ines).await, ["thurs"], "kept over a restart");
    let user = ines.id();
    let wen = server.log_in("wen").await;
    ines.command(ClientCommand::SetRole { room, user: wen.id(), role: Role::Owner }).await.unwrap();
    wen.command(ClientCommand::RemoveMember { room, user }).await.unwrap();
    assert!(drafts(&ines).await.is_empty(), "nothing is left of a room one is not in");
}

#[tokio::test]
async fn drafts_are_counted() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    let in_thread = |place: usize, text: &str| ClientCommand::KeepDraft {
        room,
        thread: Some(Seq(place as u64)),
        text: text.to_owned(),
        reply_to: None,
        age_ms: 0,
    };
    for place in 1..=limit::DRAFTS {
        ines.command(in_thread(place, "x")).await.unwrap();
    }
    let too_many = Err(ErrorCode::TooMany { limit: limit::DRAFTS });
    assert_eq!(ines.command(keep(room, "one more", 0)).await, too_many);
    ines.command(in_thread(1, "changed")).await.unwrap();
    ines.command(in_thread(2, "")).await.unwrap();
    ines.command(keep(room, "one more", 0)).await.unwrap();
}

async fn seen_by(person: &Person, room: RoomId) -> Vec<Seen> {
    person.api.call::<ListSeen>((room,), Nothing {}, &Nothing {}).await.unwrap().seen
}

async fn read(person: &Person, room: RoomId, seq: Seq) {
    person.command(ClientCommand::MarkRead { room, seq, age_ms: 0 }).await.unwrap();
}

async fn set_receipts(person: &Person, receipts: Receipts) {
    let settings = Settings { receipts, ..Settings::default() };
    person.command(ClientCommand::UpdateSettings { settings }).await.unwrap();
}

impl Live {
    async fn seen(&mut self, of: RoomId) -> (UserId, Seq) {
        self.find(|frame| match frame {
            ServerFrame::Seen { room, user, read } if *room == of => Some((*user, *read)),
            _ => None,
        })
        .await
    }
}

#[tokio::test]
async fn a_small_room_sees_how_far_each_has_read() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    ines.add(room, &wen).await;
    let sent = ines.say(room, "who has seen this?").await.unwrap().seq;
    let (mut live, _) = ines.connect().await;
    read(&wen, room, sent).await;
    assert_eq!(live.seen(room).await, (wen.id(), sent));
    assert_eq!(seen_by(&ines, room).await, [Seen { user: wen.id(), read: sent }]);
    let stranger = server.person("noor").await;
    let asked = stranger.api.call::<ListSeen>((room,), Nothing {}, &Nothing {}).await;
    assert_eq!(asked.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn whoever_does_not_show_how_far_they_have_read_does_not_see_it_of_others() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let noor = server.person("noor").await;
    let room = ines.direct(&[&wen, &noor]).await;
    let sent = ines.say(room, "who has seen this?").await.unwrap().seq;
    let (mut of_ines, _) = ines.connect().await;
    read(&wen, room, sent).await;
    assert_eq!(of_ines.seen(room).await, (wen.id(), sent));
    set_receipts(&wen, Receipts::Hidden).await;
    assert_eq!(of_ines.seen(room).await, (wen.id(), Seq::ZERO), "taken back");
    let again = ines.say(room, "and this?").await.unwrap().seq;
    let (mut of_wen, resumed) = wen.connect().await;
    let snapshot = |resumed: Resumed| {
        resumed.rooms.into_iter().find_map(|of| match of {
            ResumedRoom::Snapshot { snapshot } if snapshot.room.id == room => Some(snapshot),
            _ => None,
        })
    };
    assert!(snapshot(resumed).unwrap().seen.is_empty(), "they see nobody");
    assert!(seen_by(&wen, room).await.is_empty());
    read(&wen, room, again).await;
    read(&noor, room, again).await;
    assert_eq!(of_ines.seen(room).await, (noor.id(), again), "and nobody sees them");
    let (_, resumed) = ines.connect().await;
    let seen: Vec<_> = snapshot(resumed).unwrap().seen.iter().map(|of| of.user).collect();
    assert_eq!(seen, [noor.id()]);
    let unheard = wen.say(room, "I was told of nobody").await.unwrap();
    of_wen.events_until(room, unheard.seq).await;
    assert!(of_wen.none_waits(|frame| matches!(frame, ServerFrame::Seen { .. })));

    set_receipts(&wen, Receipts::Shown).await;
    assert_eq!(seen_by(&wen, room).await.len(), 2);
    let receipts = Some(Receipts::Hidden);
    let hide = ClientCommand::UpdateSite { name: None, registration: None, receipts };
    assert_eq!(wen.command(hide.clone()).await, Err(ErrorCode::Forbidden));
    ines.command(hide).await.unwrap();
    assert!(seen_by(&wen, room).await.is_empty());
    let (_, resumed) = wen.connect().await;
    assert_eq!(resumed.site.receipts, Receipts::Hidden);
    assert!(snapshot(resumed).unwrap().seen.is_empty());
}

const NOW: Timestamp = Timestamp(1_795_262_400_000); // 2026-11-21, noon in Greenwich.
const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn a_status_is_seen_by_everybody_and_ends_by_itself() {
    let clock = Clock::manual(NOW);
    let server = TestServer::builder().clock(clock.clone()).start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let (mut live, _) = wen.connect().await;
    let set = |emoji: &str, millis: i64| ClientCommand::SetStatus {
        status: " On the  train ".to_owned(),
        emoji: Some(emoji.to_owned()),
        until: Some(NOW.plus_millis(millis)),
    };
    let CommandReply::User { user } = ines.command(set("❤", HOUR)).await.unwrap() else {
        panic!()
    };
    let emoji = user.status_emoji.as_ref().map(shared::message::Emoji::as_str);
    assert_eq!((user.status.as_str(), emoji), ("On the train", Some("❤️")));
    let told = async |live: &mut Live| {
        live.find(|frame| match frame {
            ServerFrame::PersonChanged { user, .. } => Some(user.clone()),
            _ => None,
        })
        .await
    };
    assert_eq!(told(&mut live).await, user);
    clock.advance(HOUR);
    let after = told(&mut live).await;
    assert_eq!((after.status.as_str(), after.status_emoji, after.status_until), ("", None, None));
    assert_eq!(ines.command(set("no", 2 * HOUR)).await, Err(ErrorCode::EmojiUnknown));
    assert_eq!(ines.command(set("❤", HOUR)).await, Err(ErrorCode::TimeInvalid));
}

#[tokio::test]
async fn in_quiet_hours_one_is_shown_as_not_to_be_disturbed() {
    let clock = Clock::manual(NOW);
    let server = TestServer::builder().clock(clock.clone()).start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let (_of_ines, _) = ines.connect().await;
    let mut live = wen.dial().await;
    let resume = Resume { presence: true, ..Resume::default() };
    let resumed = live.resume(resume.clone()).await;
    let presence = resumed.presence.iter().find(|of| of.user == ines.id()).unwrap().presence;
    assert_eq!(presence, Presence::Here);
    let settings = |zone: &str| Settings {
        quiet: Some(QuietHours { from: 21 * 60, until: 7 * 60, zone: zone.to_owned() }),
        ..Settings::default()
    };
    let bad = ClientCommand::UpdateSettings { settings: settings("Nowhere/Land") };
    assert_eq!(ines.command(bad).await, Err(ErrorCode::TimeInvalid));
    // Eight in the evening there.
    let settings = settings("Asia/Shanghai");
    ines.command(ClientCommand::UpdateSettings { settings }).await.unwrap();
    let told = async |live: &mut Live| {
        live.find(|frame| match frame {
            ServerFrame::Presence { user, presence } if *user == ines.id() => Some(*presence),
            _ => None,
        })
        .await
    };
    clock.advance(HOUR);
    assert_eq!(told(&mut live).await, Presence::DoNotDisturb);
    clock.advance(10 * HOUR);
    assert_eq!(told(&mut live).await, Presence::Here);
    clock.advance(14 * HOUR);
    assert_eq!(told(&mut live).await, Presence::DoNotDisturb, "and so every day");
    let server = server.restart_at(Clock::manual(NOW.plus_millis(26 * HOUR))).await;
    let (ines, wen) = (server.log_in("ines").await, server.log_in("wen").await);
    let (_of_ines, _) = ines.connect().await;
    let resumed = wen.dial().await.resume(resume).await;
    let presence = resumed.presence.iter().find(|of| of.user == ines.id()).unwrap().presence;
    assert_eq!(presence, Presence::DoNotDisturb);
}
