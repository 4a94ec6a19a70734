//! Backups are whole, checked, and put back without mixing two histories.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::store_contract::{message, newcomer};
use backend::backup::{self, BackupError, Contents};
use backend::clock::Clock;
use backend::store::sqlite::{OpenError, SqliteStore};
use backend::store::{LogRange, Store as _};
use shared::event::ServerEvent;
use shared::id::{ClientMessageId, MessageId, RoomId, Seq, UserId};
use shared::message::{MessageBody, Posted};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::mpsc;

struct Place {
    folder: TempDir,
    store: Arc<SqliteStore>,
    user: UserId,
    room: RoomId,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let user = store.register(newcomer("ada")).await.unwrap().id;
        let room = store.rooms(user).await.unwrap()[1].id;
        Self { folder, store, user, room }
    }

    async fn say(&self, text: &str) -> Seq {
        say(&self.store, self.user, self.room, text).await
    }
}

fn open(folder: &Path) -> Arc<SqliteStore> {
    // Nobody listens: what is told is dropped.
    SqliteStore::open(folder, Clock::system(), mpsc::channel(1).0).unwrap()
}

async fn say(store: &SqliteStore, user: UserId, room: RoomId, text: &str) -> Seq {
    store.append(message(user, room, ClientMessageId::new(), text, &[])).await.unwrap();
    store.room_snapshot(user, room).await.unwrap().unwrap().head
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_in_threads_are_as_whole_as_all_else() {
    let place = Place::new().await;
    let root = place.say("what shall we eat?").await;
    let id = ClientMessageId::new();
    let mut reply = message(place.user, place.room, id, "figs", &[]);
    let said = MessageBody::new("figs").unwrap();
    let posted = Posted { thread: Some(root), ..Posted::new(MessageId::new(), id, said) };
    reply.decide = Box::new(|_| Ok(vec![ServerEvent::MessagePosted(posted)]));
    place.store.append(reply).await.unwrap();
    assert_eq!(backup::verify_database(place.folder.path()).unwrap().messages, 2);
    place.store.index_all().await.unwrap();
    assert_eq!(backup::verify_database(place.folder.path()).unwrap().messages, 2);
    place.store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_busy_server_is_whole() {
    let place = Place::new().await;
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let writer = tokio::spawn({
        let (store, user, room) = (Arc::clone(&place.store), place.user, place.room);
        async move {
            let mut sent = 0;
            while !*stopped.borrow_and_update() {
                say(&store, user, room, "still talking").await;
                sent += 1;
            }
            sent
        }
    });
    let data = place.folder.path().to_owned();
    let made = tokio::task::spawn_blocking(move || {
        let made = (0..5).map(|_| backup::create(&data, None, &Clock::system()).unwrap());
        made.collect::<Vec<_>>()
    });
    let made = made.await.unwrap();
    stop.send(true).unwrap();
    let sent: u64 = writer.await.unwrap();
    let mut before = 0;
    for (_, contents) in &made {
        assert_eq!((contents.people, contents.rooms), (1, 2));
        assert!((before..=sent).contains(&contents.messages));
        before = contents.messages;
    }
    let listed = backup::list(place.folder.path()).unwrap();
    assert_eq!(listed, made.into_iter().map(|(made, _)| made).collect::<Vec<_>>());
    place.store.close().await;
}

#[tokio::test]
async fn a_restored_place_is_as_it_was_with_logs_of_their_own() {
    let place = Place::new().await;
    let head = place.say("kept").await;
    let before = place.store.person_snapshot(place.user, Some(0)).await.unwrap();
    let data = place.folder.path();
    let file = data.join("copy.db");
    backup::create(data, Some(&file), &Clock::system()).unwrap();
    assert!(matches!(
        backup::create(data, Some(&file), &Clock::system()),
        Err(BackupError::Exists { .. }),
    ));
    place.say("lost").await;
    let error = backup::restore(data, &file).unwrap_err();
    assert!(matches!(error, BackupError::Open(OpenError::InUse { .. })), "{error}");
    place.store.close().await;

    let restored = backup::restore(data, &file).unwrap();
    let Contents { people, rooms, events, messages, last_at: _ } = restored.contents;
    assert_eq!((people, rooms, events, messages), (1, 2, 5, 1));
    assert_eq!(backup::verify(&restored.replaced.unwrap()).unwrap().messages, 2);
    let store = open(data);
    let after = store.person_snapshot(place.user, Some(before.directory.unwrap().version)).await;
    let after = after.unwrap();
    for (old, new) in before.rooms.iter().zip(&after.rooms) {
        assert_ne!(old.epoch, new.epoch);
        assert_eq!((&old.room, old.head, &old.membership), (&new.room, new.head, &new.membership));
    }
    assert_eq!(after.directory.unwrap().users.len(), 1, "what was known may have been later");
    assert!(after.user.version > before.user.version);
    assert_eq!(say(&store, place.user, place.room, "on").await, head.next());
    store.close().await;
}

#[tokio::test]
async fn a_restore_that_was_killed_is_finished_at_the_next_start() {
    let place = Place::new().await;
    place.say("kept").await;
    let data = place.folder.path();
    // Ready to take its place, as it is at the moment of the kill.
    backup::create(data, Some(&data.join("hubbub.db.restored")), &Clock::system()).unwrap();
    // And so is one that was not ready.
    std::fs::write(data.join("hubbub.db.restoring"), "half of it").unwrap();
    place.say("replaced").await;
    place.store.close().await;
    let store = open(data);
    let page = store.messages(place.user, place.room, LogRange::Latest, 9).await.unwrap().unwrap();
    assert_eq!(page.messages.len(), 1);
    store.close().await;
    backup::restore(data, &backup::create(data, None, &Clock::system()).unwrap().0.path).unwrap();
}

#[tokio::test]
async fn a_backup_that_is_not_sound_is_refused_and_nothing_is_touched() {
    let place = Place::new().await;
    for number in 0..50 {
        place.say(&format!("{number} {}", "word ".repeat(100))).await;
    }
    let data = place.folder.path();
    let sound = data.join("sound.db");
    backup::create(data, Some(&sound), &Clock::system()).unwrap();
    place.store.close().await;
    let database = std::fs::read(data.join("hubbub.db")).unwrap();
    let bytes = std::fs::read(&sound).unwrap();

    let broken = data.join("broken.db");
    let refused = |bytes: &[u8], what: &str| {
        std::fs::write(&broken, bytes).unwrap();
        assert!(backup::verify(&broken).is_err(), "{what}");
        assert!(backup::restore(data, &broken).is_err(), "{what}");
        assert_eq!(std::fs::read(data.join("hubbub.db")).unwrap(), database, "{what}");
    };
    refused(b"", "an empty file");
    refused(
        b"not a database at all, but long enough to look like one: ".repeat(20).as_slice(),
        "a text",
    );
    refused(&bytes[..bytes.len() / 2], "half a file");
    for page in 1..bytes.len() / 4096 {
        let mut bytes = bytes.clone();
        bytes[page * 4096..page * 4096 + 64].fill(0xa5);
        // Pages that nothing is kept in may hold anything.
        std::fs::write(&broken, &bytes).unwrap();
        if let Err(error) = backup::verify(&broken) {
            assert!(!error.to_string().is_empty());
            refused(&bytes, "a damaged page");
        }
    }
    backup::verify(&sound).unwrap();
}

/// The checks on what the rows say, each with one row that says something else.
#[tokio::test]
async fn verifying_finds_a_log_that_is_not_whole() {
    let place = Place::new().await;
    for _ in 0..5 {
        place.say("word").await;
    }
    let data = place.folder.path();
    let sound = data.join("sound.db");
    backup::create(data, Some(&sound), &Clock::system()).unwrap();
    place.store.close().await;
    for (harm, found) in [
        ("DELETE FROM event WHERE seq = 4", "after event 3 comes 5"),
        ("DELETE FROM event WHERE seq = 7", "the log ends at 6"),
        ("UPDATE event SET body = '{}' WHERE seq = 4", "an event cannot be read"),
        ("UPDATE event SET at = 0, checksum = NULL WHERE seq = 4", "time runs back"),
        (
            "UPDATE event SET body = replace(body, 'word', 'ward') WHERE seq = 4",
            "not what was written",
        ),
        ("UPDATE event SET at = at + 1 WHERE seq = 4", "not what was written"),
        ("UPDATE event SET actor = room WHERE seq = 4", "not what was written"),
        ("DELETE FROM message WHERE seq = 4", "disagree"),
        ("UPDATE message SET ordinal = 9 WHERE seq = 4", "disagree"),
        ("UPDATE room SET messages = 9", "are counted as 9"),
        ("UPDATE room SET members = 9", "its members are counted wrongly"),
        ("UPDATE membership SET read = 99", "somebody has read beyond its end"),
        ("UPDATE event SET room = x'00' WHERE seq = 7", "refers to none"),
    ] {
        let harmed = data.join("harmed.db");
        std::fs::copy(&sound, &harmed).unwrap();
        crate::store_sqlite::harm(&harmed, harm);
        let error = backup::verify(&harmed).unwrap_err().to_string();
        assert!(error.contains(found), "{harm}: {error}");
    }
}
