//! The live connection by the ways that are no WebSocket: what a client of each is, the promises of
//! the contract over each of them, and what each has of its own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::raw;
use crate::support::{
    Api, Ended, Person, TestServer, connect_over, knowing, snapshot_of, texts, within,
};
use backend::live::Pace;
use futures_util::future::Either;
use shared::api::{
    CommandQuery, DOORS, EVENTS, Endpoint, Method, POLL, PollRequest, Polled, PostCommand, STREAM,
    WEBSOCKET,
};
use shared::command::{ClientCommand, CommandReply};
use shared::error::Problem;
use shared::frame::{ClientFrame, Resume, ServerFrame};
use shared::id::{ConnectionId, Seq};
use shared::room::RoomKind;
use shared::user::Presence;
use std::cell::Cell;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::task::JoinHandle;

/// What carries a live connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Way {
    #[default]
    WebSocket,
    Events,
    Stream,
    Poll,
}

impl Way {
    pub(crate) const ALL: [Self; 4] = [Self::WebSocket, Self::Events, Self::Stream, Self::Poll];
    const BY_HTTP: [Self; 3] = [Self::Events, Self::Stream, Self::Poll];

    /// What people of this test connect by.
    pub(crate) fn chosen() -> Self {
        CHOSEN.get()
    }
}

thread_local! {
    static CHOSEN: Cell<Way> = const { Cell::new(Way::WebSocket) };
}

/// A client that hears by one way and asks by `POST commands`.
pub(crate) struct Door {
    way: Way,
    api: Api,
    opened: Option<Opened>,
    connection: Option<ConnectionId>,
    /// Frames that have come and were not looked at.
    frames: VecDeque<ServerFrame>,
}

enum Opened {
    Answer { response: reqwest::Response, text: Vec<u8> },
    Cursor(String),
}

impl Door {
    pub(crate) fn new(way: Way, api: Api) -> Self {
        Self { way, api, opened: None, connection: None, frames: VecDeque::new() }
    }

    /// Takes a frame to the server by whatever carries its kind; `None` when nobody answers.
    pub(crate) async fn send(&mut self, frame: ClientFrame) -> Option<()> {
        match frame {
            ClientFrame::Resume(resume) => self.open(&resume).await,
            ClientFrame::Heartbeat => {
                self.command(&ClientCommand::SetActive { active: true }).await.map(drop)
            }
            ClientFrame::Command { id, command } => {
                let frame = match self.command(&command).await? {
                    Ok(reply) => ServerFrame::Reply { id, reply },
                    Err(problem) => ServerFrame::Refused { id, error: problem.code },
                };
                self.frames.push_back(frame);
                Some(())
            }
        }
    }

    async fn command(&self, command: &ClientCommand) -> Option<Result<CommandReply, Problem>> {
        let query = CommandQuery { connection: self.connection };
        let url = PostCommand::url(&(), &query);
        let response = within(self.api.request(Method::Post, &url, command).send()).await.ok()?;
        let is_success = response.status().is_success();
        let text = response.text().await.ok()?;
        Some(if is_success {
            Ok(serde_json::from_str(&text).unwrap())
        } else {
            Err(serde_json::from_str(&text).unwrap())
        })
    }

    async fn open(&mut self, resume: &Resume) -> Option<()> {
        let path = match self.way {
            Way::WebSocket => panic!("a WebSocket is no door of this kind"),
            Way::Events => EVENTS,
            Way::Stream => STREAM,
            Way::Poll => {
                let request = PollRequest { cursor: None, resume: resume.clone() };
                return self.poll(&request).await;
            }
        };
        let response = within(self.api.request(Method::Post, path, resume).send()).await.ok()?;
        assert_eq!(response.status(), 200);
        self.opened = Some(Opened::Answer { response, text: Vec::new() });
        Some(())
    }

    async fn poll(&mut self, request: &PollRequest) -> Option<()> {
        let url = format!("{POLL}?wait=5");
        let response = within(self.api.request(Method::Post, &url, request).send()).await.ok()?;
        if response.status() == 401 {
            self.frames.push_back(ServerFrame::Closed { code: 4001 });
            return Some(());
        }
        assert_eq!(response.status(), 200);
        let Polled { frames, cursor } = serde_json::from_str(&response.text().await.ok()?).unwrap();
        self.opened = Some(Opened::Cursor(cursor));
        self.frames.extend(frames);
        Some(())
    }

    /// The next frame, or how the connection ended.
    pub(crate) async fn read(&mut self) -> Result<ServerFrame, Ended> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                match &frame {
                    ServerFrame::Hello { connection, .. } => self.connection = Some(*connection),
                    ServerFrame::Closed { code } => return Err(Ended::Closed(*code)),
                    _ => {}
                }
                return Ok(frame);
            }
            match &mut self.opened {
                None => return Err(Ended::Cut),
                Some(Opened::Cursor(cursor)) => {
                    let cursor = Some(cursor.clone());
                    let request = PollRequest { cursor, resume: Resume::default() };
                    self.poll(&request).await.ok_or(Ended::Cut)?;
                }
                Some(Opened::Answer { response, text }) => {
                    let chunk = within(response.chunk()).await.ok().flatten();
                    text.extend_from_slice(&chunk.ok_or(Ended::Cut)?);
                    while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                        let line: Vec<u8> = text.drain(..=end).collect();
                        let line = str::from_utf8(&line).unwrap().trim_end();
                        let frame = match self.way {
                            Way::Stream => Some(line),
                            _ => line.strip_prefix("data: "),
                        };
                        if let Some(frame) = frame {
                            self.frames.push_back(serde_json::from_str(frame).unwrap());
                        }
                    }
                }
            }
        }
    }
}

/// The contract's tests, once more by each of these ways.
macro_rules! over {
    ($($way:ident $name:ident)*) => {$(
        mod $name {
            use super::{CHOSEN, Way};
            over!(@tests $way
                d1_all_members_see_the_same_events_in_the_same_order
                d2_what_is_acknowledged_is_there_after_a_restart
                d3_a_resend_by_any_way_is_the_same_message
                d3_messages_sent_in_one_breath_keep_their_order
                d4_the_events_applied_to_an_old_snapshot_equal_a_fresh_one
                d6_a_resume_brings_exactly_what_was_missed_then_goes_on_live
                d6_a_resume_in_the_middle_of_a_burst_misses_and_repeats_nothing
                d6_too_much_missed_is_truncated_and_a_foreign_log_is_reset_never_in_silence
                d6_rooms_joined_while_away_come_whole_and_lost_ones_are_named
                d6_whoever_left_and_came_back_while_away_gets_the_room_whole
                d8_too_fast_is_said_with_the_time_to_wait
                d8_many_unacknowledged_sends_are_all_answered
                d9_presence_is_told_to_those_who_share_a_room_and_the_best_of_all_tabs_counts
                d9_typing_reaches_the_others_in_the_room_alone
                d10_tabs_hear_each_other_and_the_marker_never_goes_back_by_itself
                d10_the_seventeenth_connection_closes_the_oldest_with_4010
                d12_a_removed_member_stops_receiving_at_once
                d12_removal_and_sending_at_once_never_leak_an_event
                d12_ending_a_session_closes_its_connections
                d12_disabling_a_person_ends_everything_they_have
                a_room_opened_while_connected_is_there_without_a_reload
                the_sender_of_a_private_message_sees_that_it_was_read
            );
        }
    )*};
    (@tests $way:ident $($test:ident)*) => {$(
        #[test]
        fn $test() {
            CHOSEN.set(Way::$way);
            crate::contract::$test();
        }
    )*};
}

over! {
    Events by_events
    Stream by_stream
    Poll by_poll
}

#[tokio::test]
async fn going_from_one_way_to_another_in_mid_stream_misses_and_repeats_nothing() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    wen.join(room).await;
    let (_, resumed) = wen.connect().await;
    let start = snapshot_of(&resumed, room).unwrap();
    let speaking = tokio::spawn({
        let ines = ines.clone();
        async move {
            let mut last = Seq::ZERO;
            for number in 0..400 {
                last = ines.say(room, &number.to_string()).await.unwrap().seq;
            }
            last
        }
    });
    let mut last = start.head;
    let mut seen = Vec::new();
    for round in 0..16 {
        let (mut live, _) =
            connect_over(&wen, Way::ALL[round % 4], knowing(&[(room, start.epoch, last)])).await;
        for event in live.events_until(room, Seq(last.0 + 20)).await {
            assert_eq!(event.seq, last.next());
            last = event.seq;
            seen.push(event);
        }
    }
    let end = within(speaking).await.unwrap();
    let (mut live, _) = connect_over(&wen, Way::Poll, knowing(&[(room, start.epoch, last)])).await;
    seen.extend(live.events_until(room, end).await);
    let expected: Vec<String> = (0..400).map(|number: u32| number.to_string()).collect();
    assert_eq!(texts(&seen), expected);
}

#[tokio::test]
async fn people_on_different_ways_talk_with_each_other() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let mut lives = Vec::new();
    for (nick, way) in ["wen", "noor", "leif", "omar"].into_iter().zip(Way::ALL) {
        let person = server.person(nick).await;
        person.join(room).await;
        lives.push(connect_over(&person, way, Resume::default()).await.0);
    }
    for speaker in 0..lives.len() {
        let said = lives[speaker].say(room, &format!("by way {speaker}")).await.unwrap();
        for live in &mut lives {
            assert_eq!(live.events_until(room, said.seq).await.last().unwrap().seq, said.seq);
        }
    }
}

#[tokio::test]
async fn a_browser_comes_back_to_its_events_with_the_last_id_and_has_all_of_them_once() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let other = ines.create_room("Ship log", RoomKind::Open).await;
    let mut last_id = None;
    let mut seen = Vec::new();
    for round in 0..3 {
        if round > 0 {
            // While nobody listens, and more than one read of a log hands out.
            for number in 0..70 {
                ines.say(room, &format!("{round} {number}")).await.unwrap();
            }
        }
        let mut events = Events::open(&ines, last_id.as_deref()).await;
        if last_id.is_none() {
            // What is said before would be in there.
            let begun = events.next().await;
            assert!(matches!(begun.frame, ServerFrame::Hello { .. }));
            let resumed = events.next().await;
            assert!(matches!(resumed.frame, ServerFrame::Resumed(_)));
            last_id = resumed.id;
        }
        let end = ines.say(other, &format!("end of {round}")).await.unwrap();
        loop {
            let event = events.next().await;
            if let Some(id) = event.id {
                last_id = Some(id);
            }
            if let ServerFrame::Event { event } = event.frame {
                let is_end = event.room == other && event.seq == end.seq;
                seen.push(event);
                // Not always at the end of what was written at once.
                if is_end || (round == 1 && seen.len() == 40) {
                    break;
                }
            }
        }
    }
    let of = |wanted| seen.iter().filter(move |event| event.room == wanted).cloned().collect();
    let (here, there): (Vec<_>, Vec<_>) = (of(room), of(other));
    let expected: Vec<String> = (1..3)
        .flat_map(|round| (0..70).map(move |number: u32| format!("{round} {number}")))
        .collect();
    assert_eq!(texts(&here), expected);
    assert_eq!(texts(&there), ["end of 0", "end of 1", "end of 2"]);
}

/// Server-sent events as a browser's `EventSource` hears them.
pub(crate) struct Events {
    response: reqwest::Response,
    text: String,
}

pub(crate) struct Event {
    pub(crate) id: Option<String>,
    name: Option<String>,
    pub(crate) frame: ServerFrame,
}

impl Events {
    pub(crate) async fn open(person: &Person, last_id: Option<&str>) -> Self {
        let mut request = person.api.http.get(person.api.url(EVENTS));
        request = request.bearer_auth(person.api.token.as_ref().unwrap());
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let response = within(request.send()).await.unwrap();
        assert_eq!(response.status(), 200);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/event-stream");
        assert_eq!(header("x-accel-buffering"), "no");
        assert_eq!(header("cache-control"), "no-store, no-transform");
        let mut events = Self { response, text: String::new() };
        assert_eq!(events.block().await, "retry: 2000");
        events
    }

    /// What stands before the next empty line.
    async fn block(&mut self) -> String {
        loop {
            if let Some((block, _)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = self.text.split_off(block.len() + 2);
                return block;
            }
            let chunk = within(self.response.chunk()).await.unwrap().unwrap();
            self.text.push_str(str::from_utf8(&chunk).unwrap());
        }
    }

    pub(crate) async fn next(&mut self) -> Event {
        let block = self.block().await;
        let field = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name));
            line.map(str::to_owned)
        };
        let frame = serde_json::from_str(&field("data: ").unwrap()).unwrap();
        Event { id: field("id: "), name: field("event: "), frame }
    }
}

#[tokio::test]
async fn a_heartbeat_is_an_event_of_its_own_name() {
    let server = TestServer::builder().pace(brisk).start().await;
    let ines = server.person("ines").await;
    let mut events = Events::open(&ines, None).await;
    let beat = loop {
        let event = events.next().await;
        if let ServerFrame::Heartbeat { .. } = event.frame {
            break event;
        }
        assert_eq!(event.name, None);
    };
    assert_eq!(beat.name.as_deref(), Some("heartbeat"));
}

fn brisk(pace: &mut Pace) {
    pace.heartbeat = Duration::from_millis(300);
    pace.silence = Duration::from_secs(2);
}

pub(crate) async fn poll(person: &Person, query: &str) -> Polled {
    let path = format!("{POLL}?{query}");
    let response = person.api.send(Method::Get, &path, &()).await;
    assert_eq!(response.status(), 200, "{query}");
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

fn texts_of(polled: &Polled) -> Vec<String> {
    let events = polled.frames.iter().filter_map(|frame| match frame {
        ServerFrame::Event { event } => Some(event.clone()),
        _ => None,
    });
    texts(&events.collect::<Vec<_>>())
}

#[tokio::test]
async fn a_cursor_is_enough_to_go_on_polling_also_after_a_restart() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let first = poll(&ines, "wait=0").await;
    assert!(matches!(first.frames[..], [ServerFrame::Hello { .. }, ServerFrame::Resumed(_)]));
    let quiet = poll(&ines, &format!("wait=0&cursor={}", first.cursor)).await;
    assert_eq!((quiet.frames.len(), &quiet.cursor), (0, &first.cursor));
    ines.say(room, "one").await.unwrap();
    let second = poll(&ines, &format!("cursor={}", first.cursor)).await;
    assert_eq!(texts_of(&second), ["one"]);
    ines.say(room, "two").await.unwrap();
    // The answer did not arrive: the same question is asked again.
    let lost = poll(&ines, &format!("cursor={}", second.cursor)).await;
    assert_eq!(texts_of(&lost), ["two"]);
    let again = poll(&ines, &format!("cursor={}", second.cursor)).await;
    let rest = poll(&ines, &format!("wait=1&cursor={}", again.cursor)).await;
    let heard = [texts_of(&again), texts_of(&rest)].concat();
    assert_eq!(heard, ["two"]);
    let server = server.restart().await;
    let ines = server.log_in("ines").await;
    ines.say(room, "three").await.unwrap();
    let after = poll(&ines, &format!("cursor={}", rest.cursor)).await;
    let rest = poll(&ines, &format!("wait=1&cursor={}", after.cursor)).await;
    assert_eq!([texts_of(&after), texts_of(&rest)].concat(), ["three"]);
}

#[tokio::test]
async fn an_earlier_poll_that_still_waits_is_answered_with_nothing() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let first = poll(&ines, "").await;
    let later = wait_by_poll(&ines, &first.cursor).await;
    ines.say(room, "for the newest").await.unwrap();
    assert_eq!(texts_of(&within(later).await.unwrap()), ["for the newest"]);
}

/// A poll that is known to wait on the server: another one has been answered because of it.
async fn wait_by_poll(person: &Person, cursor: &str) -> JoinHandle<Polled> {
    let ask = || {
        let (person, query) = (person.clone(), format!("cursor={cursor}"));
        tokio::spawn(async move { poll(&person, &query).await })
    };
    let (one, other) = (ask(), ask());
    let (superseded, waits) = match futures_util::future::select(one, other).await {
        Either::Left(answered) | Either::Right(answered) => answered,
    };
    assert_eq!(superseded.unwrap().frames.len(), 0);
    waits
}

#[tokio::test]
async fn a_cursor_of_somebody_else_or_of_nobody_gives_nothing_of_theirs() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Closed", RoomKind::Closed).await;
    let of_ines = poll(&ines, "").await;
    ines.say(room, "among us").await.unwrap();
    let taken = poll(&wen, &format!("wait=1&cursor={}", of_ines.cursor)).await;
    let more = poll(&wen, &format!("wait=1&cursor={}", taken.cursor)).await;
    let all = format!("{:?}{:?}", taken.frames, more.frames);
    assert!(!all.contains("among us"), "{all}");
    let ServerFrame::Resumed(resumed) = &taken.frames[1] else { panic!("{taken:?}") };
    assert_eq!(resumed.not_found, [room]);
    // Nor was anything taken from her.
    let mine = poll(&ines, &format!("cursor={}", of_ines.cursor)).await;
    assert_eq!(texts_of(&mine), ["among us"]);
    let path = format!("{POLL}?cursor=nonsense");
    assert_eq!(ines.api.send(Method::Get, &path, &()).await.status(), 400);
}

#[tokio::test]
async fn whoever_stops_polling_is_gone_and_whoever_never_answers_but_listens_is_not() {
    let server = TestServer::builder()
        .pace(brisk)
        .limits(|limits| limits.off_after = Duration::from_millis(100))
        .start()
        .await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    ines.create_room("Launch week", RoomKind::Open).await;
    // Ends never, though it says nothing: the test would end with the connection.
    let watching = Resume { presence: true, ..Resume::default() };
    let (mut live, _) = connect_over(&ines, Way::Stream, watching).await;
    let mut presence = async || {
        live.find(|frame| match frame {
            ServerFrame::Presence { user, presence } if *user == wen.id() => Some(*presence),
            _ => None,
        })
        .await
    };
    let polled = poll(&wen, "wait=0").await;
    assert_eq!(presence().await, Presence::Here);
    assert_eq!(presence().await, Presence::Off);
    // A cursor is no worse for it: what was left is there, and then another connection.
    let mut cursor = polled.cursor;
    loop {
        let again = poll(&wen, &format!("wait=0&cursor={cursor}")).await;
        if let [ServerFrame::Hello { .. }, ServerFrame::Resumed(resumed)] = &again.frames[..] {
            assert!(resumed.not_found.is_empty());
            break;
        }
        cursor = again.cursor;
    }
    assert_eq!(presence().await, Presence::Here);
}

#[tokio::test]
async fn a_listener_that_has_answered_is_expected_to_go_on_answering() {
    let server = TestServer::builder().pace(brisk).start().await;
    let ines = server.person("ines").await;
    let (mut live, _) = connect_over(&ines, Way::Events, Resume::default()).await;
    live.send(&ClientFrame::Heartbeat).await;
    assert_eq!(live.end().await, Ended::Cut);
}

#[tokio::test]
async fn nobody_gets_in_by_any_way_without_a_session_or_from_a_foreign_page() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let token = ines.api.token.clone().unwrap();
    let cookie = format!("hubbub_session={token}");
    let own = format!("http://{}", server.address);
    for (method, path) in DOORS {
        let (line, body) = match method {
            Method::Post => (format!("POST {path}"), "{}"),
            _ => (format!("GET {path}"), ""),
        };
        let json = ("content-type", "application/json");
        let ask = async |headers: &[(&str, &str)]| {
            let headers = [headers, &[json]].concat();
            raw::request(server.address, &line, &headers, body).await.status()
        };
        if *path != WEBSOCKET {
            assert_eq!(ask(&[]).await, 401, "{line}");
            assert_eq!(ask(&[("authorization", "Bearer nonsense")]).await, 401, "{line}");
            let in_url = format!("{line}?token={token}");
            let answer = raw::request(server.address, &in_url, &[json], body).await;
            assert_eq!(answer.status(), 401, "{line}");
        }
        for foreign in ["https://evil.test", "null", &format!("{own}.evil.test")] {
            let headers = [("cookie", cookie.as_str()), ("origin", foreign)];
            let status = ask(&headers).await;
            assert_eq!(status, 403, "{line}");
        }
        let elsewhere = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
        assert_eq!(ask(&elsewhere).await, 403, "{line}");
        if *method == Method::Post {
            assert_eq!(ask(&[("cookie", &cookie)]).await, 403, "{line} without an origin");
        }
    }
    // Nothing of it stays.
    assert_eq!(server.app.hub.connections(), 0);
}

#[tokio::test]
async fn a_reader_of_a_stream_that_stops_is_let_go_and_resumes_without_loss() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    wen.join(room).await;
    for way in Way::BY_HTTP {
        let (slow, resumed) = connect_over(&wen, way, Resume::default()).await;
        let start = snapshot_of(&resumed, room).unwrap();
        let body = "x".repeat(15_000);
        let mut last = Seq::ZERO;
        // More than the sockets' buffers and the bound together hold.
        for _ in 0..20 {
            let sent = futures_util::future::join_all((0..50).map(|_| ines.say(room, &body))).await;
            last = sent.into_iter().map(|sent| sent.unwrap().seq).max().unwrap();
        }
        let ended = slow.end().await;
        assert!(matches!(ended, Ended::Cut | Ended::Closed(4008)), "{way:?}: {ended:?}");
        let at = knowing(&[(room, start.epoch, Seq(last.0 - 100))]);
        let (mut live, _) = connect_over(&wen, way, at).await;
        assert_eq!(live.events_until(room, last).await.len(), 100);
    }
}

#[tokio::test]
async fn a_planned_restart_is_told_by_every_way() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let (mut events, _) = connect_over(&ines, Way::Events, Resume::default()).await;
    let (mut stream, _) = connect_over(&ines, Way::Stream, Resume::default()).await;
    let first = poll(&ines, "").await;
    // Whoever comes later tells the others that they are here.
    let quiet = poll(&ines, &format!("wait=0&cursor={}", first.cursor)).await;
    let waiting = wait_by_poll(&ines, &quiet.cursor).await;
    server.shut_down();
    for live in [&mut events, &mut stream] {
        let told = |frame: &ServerFrame| match frame {
            ServerFrame::GoingAway { reconnect_in } => Some(*reconnect_in),
            _ => None,
        };
        assert!(live.find(told).await <= 5_000);
    }
    assert_eq!(events.end().await, Ended::Closed(1012));
    assert_eq!(stream.end().await, Ended::Closed(1012));
    let last = within(waiting).await.unwrap();
    assert!(matches!(last.frames[0], ServerFrame::GoingAway { .. }), "{last:?}");
    server.stop().await;
}

#[tokio::test]
async fn connections_are_counted_by_what_carries_them() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let mut lives = Vec::new();
    for way in Way::ALL {
        lives.push(connect_over(&ines, way, Resume::default()).await.0);
    }
    let said = ines.say(room, "hello").await.unwrap();
    for live in &mut lives {
        live.events_until(room, said.seq).await;
    }
    let answer = ines.api.send(Method::Get, "/metrics", &()).await.text().await.unwrap();
    for transport in ["websocket", "events", "stream", "poll"] {
        for name in
            ["hubbub_connections", "hubbub_frames_sent_total", "hubbub_frame_bytes_sent_total"]
        {
            let row = format!("{name}{{transport=\"{transport}\"}}");
            assert!(answer.contains(&row), "no {row} in {answer}");
        }
    }
}

/// The requests that the document shows, and the answers it shows for them.
fn shown() -> Vec<(&'static str, &'static str)> {
    let document = include_str!("../../../docs/protocol.md");
    let fences = document.split("```http\n").skip(1);
    fences
        .map(|rest| {
            let (asked, rest) = rest.split_once("```").unwrap();
            let (_, rest) = rest.split_once("```text\n").unwrap();
            (asked, rest.split_once("```").unwrap().0)
        })
        .collect()
}

/// What stands between two marks.
fn between(text: &str, before: &str, after: &str) -> Option<String> {
    Some(text.split_once(before)?.1.split_once(after)?.0.to_owned())
}

#[tokio::test]
async fn every_request_of_the_document_is_answered_as_it_says() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let mut known = vec![("$TOKEN", ines.api.token.clone().unwrap()), ("$ROOM", room.to_string())];
    let mut open = Vec::new();
    let shown = shown();
    assert_eq!(shown.len(), 6);
    for (asked, answered) in shown {
        if asked.contains("$ID") || asked.contains("$CURSOR") {
            // Of what happened since.
            ines.say(room, "and on").await.unwrap();
        }
        let fill = |text: &str| {
            known.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
        };
        let (asked, answered) = (fill(asked), fill(answered));
        let (head, body) = asked.split_once("\n\n").unwrap_or((&asked, ""));
        let mut asking = head.lines();
        let (method, path) = asking.next().unwrap().split_once(' ').unwrap();
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = ines.api.http.request(method, server.url(path));
        for line in asking {
            let (name, value) = line.split_once(": ").unwrap();
            request = request.header(name, value);
        }
        let mut response = within(request.body(body.trim().to_owned()).send()).await.unwrap();
        let (head, body) = answered.split_once("\n\n").unwrap();
        let mut head = head.lines();
        assert_eq!(response.status().to_string(), head.next().unwrap(), "{asked}");
        for line in head {
            let (name, value) = line.split_once(": ").unwrap();
            assert_eq!(response.headers()[name], value, "{asked}");
        }
        let mut text = String::new();
        let mut wanted = body.lines().peekable();
        while let Some(line) = wanted.peek() {
            let line = line.split('…').next().unwrap();
            let whole = text.split_inclusive('\n').position(|found| found.starts_with(line));
            if let Some(at) = whole {
                // What stands before has been looked at.
                let rest: String = text.split_inclusive('\n').skip(at).collect();
                remember(&rest, &mut known);
                text = rest.split_once('\n').map_or(String::new(), |(_, rest)| rest.to_owned());
                wanted.next();
                continue;
            }
            let chunk = within(response.chunk()).await.unwrap();
            let chunk = chunk.unwrap_or_else(|| panic!("no {line} to {asked}"));
            text.push_str(str::from_utf8(&chunk).unwrap());
        }
        open.push(response);
    }
}

/// What later requests refer to.
fn remember(text: &str, known: &mut Vec<(&'static str, String)>) {
    let found = [
        ("$CONNECTION", between(text, "\"connection\":\"", "\"")),
        ("$CURSOR", between(text, "\"cursor\":\"", "\"")),
        ("$ID", between(text, "id: ", "\n")),
    ];
    for (name, value) in found {
        if let Some(value) = value {
            known.retain(|(of, _)| *of != name);
            known.push((name, value));
        }
    }
}

#[tokio::test]
async fn the_page_of_all_ways_has_a_policy_of_its_own_and_its_frame_runs_nothing() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let page = raw::request(server.address, "GET /transports", &[], "").await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-src 'self'") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe"), "{policy}");
    let other = raw::request(server.address, "GET /", &[], "").await;
    assert!(other.header("content-security-policy").unwrap().contains("connect-src 'self'"));
    assert!(!other.header("content-security-policy").unwrap().contains("frame-src"));

    assert_eq!(raw::request(server.address, "GET /transports/frame", &[], "").await.status(), 401);
    let foreign = [("sec-fetch-site", "cross-site")];
    let answer = raw::request(server.address, "GET /transports/frame", &foreign, "").await;
    assert_eq!(answer.status(), 403);
    let request = ines.api.request(Method::Get, "/transports/frame", &());
    let mut response = within(request.send()).await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'self'"));
    assert!(!policy.contains("script"), "{policy}");
    ines.say(room, "</p><script>alert(1)</script>&amp;").await.unwrap();
    let mut text = String::new();
    while !text.contains("message_posted") || !text.ends_with("</p>\n") {
        let chunk = within(response.chunk()).await.unwrap().unwrap();
        text.push_str(str::from_utf8(&chunk).unwrap());
    }
    assert!(
        !text.contains("<script")
            && text.contains("&lt;/p>&lt;script>alert(1)&lt;/script>&amp;amp;")
    );
}

#[tokio::test]
async fn whoever_comes_back_after_all_were_cut_at_once_has_missed_nothing() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    wen.join(room).await;
    let (there, resumed) = wen.connect().await;
    let start = snapshot_of(&resumed, room).unwrap();
    drop(there);
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    while server.app.hub.connections() > 0 {
        ticks.tick().await;
    }
    // More than is remembered of a room that nobody follows.
    let mut last = Seq::ZERO;
    for number in 0..100 {
        last = ines.say(room, &number.to_string()).await.unwrap().seq;
    }
    for missed in [100, 64, 10, 1] {
        for way in Way::ALL {
            let held = Seq(last.0 - missed);
            assert!(held >= start.head);
            let (mut live, _) =
                connect_over(&wen, way, knowing(&[(room, start.epoch, held)])).await;
            let events = live.events_until(room, last).await;
            assert_eq!(
                events.iter().map(|event| event.seq.0).collect::<Vec<_>>(),
                (held.0 + 1..=last.0).collect::<Vec<_>>()
            );
        }
    }
}

#[tokio::test]
async fn what_was_missed_for_a_moment_comes_from_memory() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    wen.join(room).await;
    // Somebody else stays, so that the room's log does.
    let (_stays, resumed) = ines.connect().await;
    let start = snapshot_of(&resumed, room).unwrap();
    let mut last = Seq::ZERO;
    for number in 0..20 {
        last = ines.say(room, &number.to_string()).await.unwrap().seq;
    }
    let from_memory = async || {
        let text = ines.api.send(Method::Get, "/metrics", &()).await.text().await.unwrap();
        let row = "hubbub_replayed_events_total{from=\"memory\"} ";
        let count = text.lines().find_map(|line| line.strip_prefix(row));
        count.map_or(0, |count| count.parse::<u64>().unwrap())
    };
    let before = from_memory().await;
    for way in Way::ALL {
        let (mut live, _) =
            connect_over(&wen, way, knowing(&[(room, start.epoch, start.head)])).await;
        assert_eq!(live.events_until(room, last).await.len(), 20);
    }
    assert!(from_memory().await >= before + 80);
}
