//! What must have come of a story, whatever it was: the contract's promises, held against the log as
//! the store has it and against what every client was shown.

use crate::node::{Machine, Person};
use crate::record::{Client, Record};
use crate::tab::{Known, View};
use backend::store::{LogRange, PersonSnapshot};
use core::cell::RefCell;
use shared::api::PageQuery;
use shared::event::{RoomEvent, ServerEvent};
use shared::id::{ClientMessageId, RoomId, Seq, UserId};
use shared::message::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// All the logs, each from its beginning.
pub type Logs = BTreeMap<RoomId, Vec<RoomEvent>>;

/// The logs as the store has them, of all rooms of somebody who is in every one.
pub async fn logs(machine: &Machine, everywhere: &Person) -> Logs {
    let store = &machine.app().store;
    let mut logs = Logs::new();
    for (room, _) in store.heads(everywhere.id()).await.expect("heads can be read").rooms {
        let mut events: Vec<RoomEvent> = Vec::new();
        loop {
            let after = LogRange::After(events.last().map_or(Seq::ZERO, |event| event.seq));
            let page = store.log(everywhere.id(), room, after, 200).await;
            let page = page.expect("the log can be read").expect("they are in the room");
            if page.events.is_empty() {
                break;
            }
            events.extend(page.events);
        }
        logs.insert(room, events);
    }
    logs
}

/// Whether a client has come to where the server is, and is about to do nothing.
pub async fn is_even(machine: &Machine, person: &Person, known: &RefCell<Known>) -> bool {
    let store = &machine.app().store;
    let heads = store.heads(person.id()).await.expect("heads can be read");
    let known = known.borrow();
    known.live_since.is_some()
        && !known.pauses
        && known.asked.is_empty()
        && known.own.as_ref().is_some_and(|own| own.version == heads.user)
        && known.people.version == heads.directory
        && known.site.as_ref().is_some_and(|site| site.version == heads.site)
        && known.outbox.unacknowledged().all(|item| item.refused.is_some())
        && known.rooms.len() == heads.rooms.len()
        && heads
            .rooms
            .iter()
            .all(|(room, head)| known.rooms.get(room).is_some_and(|view| view.state.head == *head))
}

/// What does not need the server any more.
pub fn judge(record: &mut Record, logs: &Logs) {
    let mut found: Vec<(&str, String)> = Vec::new();
    for (room, log) in logs {
        contiguous(*room, log, &mut found);
        once_each(*room, log, &mut found);
    }
    for client in &record.clients {
        acknowledged(client, logs, &mut found);
        shown(client, logs, &mut found);
        sent(client, logs, &mut found);
    }
    for client in &record.clients {
        within_membership(client, logs, record, &mut found);
    }
    for (promise, how) in found {
        record.broke(promise, &how);
    }
}

/// D1, D11: from 1, without a gap; time never goes back.
fn contiguous(room: RoomId, log: &[RoomEvent], found: &mut Vec<(&str, String)>) {
    for (place, event) in (1..).zip(log) {
        if event.seq != Seq(place) {
            found.push(("D1", format!("{room} has {} at {place}", event.seq)));
            return;
        }
    }
    if !log.is_sorted_by_key(|event| event.at) {
        found.push(("D11", format!("time goes back in {room}")));
    }
}

/// D3: a message is there once, whatever was tried.
fn once_each(room: RoomId, log: &[RoomEvent], found: &mut Vec<(&str, String)>) {
    let mut seen: BTreeSet<(UserId, ClientMessageId)> = BTreeSet::new();
    for event in log {
        if let Some(posted) = event.posted()
            && !seen.insert((event.actor, posted.client_message_id))
        {
            found.push(("D3", format!("{} twice in {room}", posted.client_message_id)));
        }
    }
}

/// D2, D3: what was acknowledged is there, at the place that was named.
fn acknowledged(client: &Client, logs: &Logs, found: &mut Vec<(&str, String)>) {
    for acknowledged in &client.acknowledged {
        let id = acknowledged.client_message_id;
        let event = at(logs, acknowledged.room, acknowledged.seq);
        let is_it = event.is_some_and(|event| {
            event.actor == client.user
                && event.at == acknowledged.at
                && event.posted().is_some_and(|posted| {
                    posted.client_message_id == id && posted.id == acknowledged.id
                })
        });
        if !is_it {
            let how = format!("{} was told that {id} is {}", client.name, acknowledged.seq);
            found.push(("D2", how));
        }
    }
}

/// D4, D2: what was shown is the log, from a snapshot on, in order and without a gap.
fn shown(client: &Client, logs: &Logs, found: &mut Vec<(&str, String)>) {
    for run in &client.runs {
        let mut last = run.base;
        for event in &run.shown {
            if event.seq != last.next() {
                let how = format!("{} was shown {} after {last}", client.name, event.seq);
                found.push(("D4", how));
            }
            last = event.seq;
            if !at(logs, run.room, event.seq).is_some_and(|kept| is_same(event, kept)) {
                let how = format!("{} was shown another {}", client.name, event.seq);
                found.push(("D4", format!("{how} of {}", run.room)));
            }
        }
    }
}

/// D3: what was sent and not refused is there.
fn sent(client: &Client, logs: &Logs, found: &mut Vec<(&str, String)>) {
    let told: BTreeSet<ClientMessageId> =
        client.acknowledged.iter().map(|of| of.client_message_id).collect();
    for (room, id) in client.given.iter().filter(|(_, id)| told.contains(id)) {
        let log = logs.get(room).map(Vec::as_slice).unwrap_or_default();
        let times = log
            .iter()
            .filter(|event| event.actor == client.user)
            .filter_map(RoomEvent::posted)
            .filter(|posted| posted.client_message_id == *id)
            .count();
        if times != 1 {
            found.push(("D3", format!("{id} of {} is there {times} times", client.name)));
        }
    }
}

/// D12: nothing reaches anybody of after their membership's end, unless they have come back.
fn within_membership(
    client: &Client,
    logs: &Logs,
    record: &Record,
    found: &mut Vec<(&str, String)>,
) {
    let mut memberships: BTreeMap<RoomId, Vec<(Seq, Option<Seq>)>> = BTreeMap::new();
    for (room, log) in logs {
        let spans = memberships.entry(*room).or_default();
        for event in log {
            if event.begins_membership_of() == Some(client.user) {
                spans.push((event.seq, None));
            }
            if event.ends_membership_of() == Some(client.user)
                && let Some((_, end)) = spans.last_mut()
            {
                *end = Some(event.seq);
            }
        }
    }
    for (room, seq, when) in &client.reached {
        let spans = memberships.get(room).map(Vec::as_slice).unwrap_or_default();
        let allowed = spans.iter().any(|(begin, end)| {
            let begun = record.commits.get(&(*room, *begin)).is_none_or(|at| at <= when);
            (begin <= seq || begun) && end.is_none_or(|end| *seq <= end)
        });
        if !allowed {
            found.push(("D12", format!("{} was told {seq} of {room}", client.name)));
        }
    }
}

fn at(logs: &Logs, room: RoomId, seq: Seq) -> Option<&RoomEvent> {
    let place = usize::try_from(seq.0.checked_sub(1)?).ok()?;
    logs.get(&room)?.get(place)
}

/// Whether an event is the one that is kept, but for words that were taken back since.
fn is_same(shown: &RoomEvent, kept: &RoomEvent) -> bool {
    if shown == kept {
        return true;
    }
    let mut without_words = shown.clone();
    without_words.event.forget_words();
    without_words == *kept && is_without_words(&kept.event)
}

fn is_without_words(event: &ServerEvent) -> bool {
    let mut forgotten = event.clone();
    forgotten.forget_words();
    forgotten == *event
}

/// D4: what a client has folded is what the server tells who comes anew.
pub async fn folded(machine: &Machine, person: &Person, known: &Rc<RefCell<Known>>) -> Vec<String> {
    let app = machine.app();
    let rooms: Vec<RoomId> = known.borrow().rooms.keys().copied().collect();
    let fresh = app.store.person_snapshot(person.id(), Some(0)).await.expect("it can be read");
    let mut found: Vec<String> = own_differs(&known.borrow(), &fresh).into_iter().collect();
    for room in rooms {
        let fresh = app.store.room_snapshot(person.id(), room).await.expect("it can be read");
        let mut messages: Vec<Message> = Vec::new();
        loop {
            let after = Some(messages.last().map_or(Seq::ZERO, |message| message.seq));
            let query = PageQuery { after, limit: Some(200), ..PageQuery::default() };
            let page = app.chat.messages(&person.caller, room, query).await;
            let Ok(page) = page else { break };
            if page.messages.is_empty() {
                break;
            }
            messages.extend(page.messages);
        }
        let known = known.borrow();
        let Some(view) = known.rooms.get(&room) else { continue };
        let Some(mut fresh) = fresh else {
            found.push(format!("{room} is not theirs"));
            continue;
        };
        let mut mine = view.state.snapshot();
        // Told as they happen, best effort.
        (fresh.seen, mine.seen) = (Vec::new(), Vec::new());
        fresh.people.sort_unstable_by_key(|member| member.user);
        mine.people.sort_unstable_by_key(|member| member.user);
        fresh.membership.threads.sort_unstable_by_key(|thread| thread.root);
        mine.membership.threads.sort_unstable_by_key(|thread| thread.root);
        // A thread is counted at the moment it was looked at, whether anything was said there or not.
        for thread in fresh.membership.threads.iter_mut().chain(&mut mine.membership.threads) {
            thread.at = Seq::ZERO;
        }
        if mine != fresh {
            found.push(format!("{room} is folded to {mine:?}, but is {fresh:?}"));
        }
        found.extend(messages_differ(view, &messages));
    }
    found
}

/// What belongs to the person, what the place is, and who everybody is.
fn own_differs(known: &Known, fresh: &PersonSnapshot) -> Option<String> {
    let settings = known.own.as_ref().map(|own| &own.settings);
    let blocked = known.own.as_ref().map(|own| own.blocked.iter().copied().collect::<Vec<_>>());
    if settings != Some(&fresh.user.settings) || blocked.as_ref() != Some(&fresh.user.blocked) {
        return Some(format!("{:?} is theirs, but it is {:?}", known.own, fresh.user));
    }
    if known.site.as_ref() != Some(&fresh.site) {
        return Some(format!("the place is {:?}, but is {:?}", known.site, fresh.site));
    }
    let users = fresh.directory.as_ref().map(|directory| directory.users.as_slice());
    let users = users.unwrap_or_default();
    let known = &known.people.known;
    let is_same = users.len() == known.len()
        && users.iter().all(|user| known.get(&user.id).is_some_and(|mine| mine == user));
    (!is_same).then(|| format!("people are {known:?}, but are {users:?}"))
}

fn messages_differ(view: &View, fresh: &[Message]) -> Option<String> {
    let fresh: BTreeMap<Seq, &Message> =
        fresh.iter().map(|message| (message.seq, message)).collect();
    let differs = view.messages.iter().find(|(seq, mine)| {
        // What is said in a thread alone is not among the room's.
        let is_listed = mine.thread.is_none() || mine.in_room;
        match fresh.get(seq) {
            Some(fresh) => fresh != mine,
            None => is_listed,
        }
    });
    differs.map(|(seq, mine)| format!("{seq} is folded to {mine:?}, but is {:?}", fresh.get(seq)))
}
