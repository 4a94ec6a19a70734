//! What the embedded store promises beyond the contract: to people who run it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::store_contract::{Place, message, newcomer};
use crate::store_search::Indexed;
use backend::clock::Clock;
use backend::search::query;
use backend::store::sqlite::{OpenError, SqliteStore};
use backend::store::{Change, LogRange, SearchRange, Sought, Store as _, StoreError};
use shared::id::ClientMessageId;
use shared::time::Timestamp;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::mpsc;

/// A data folder that goes when it is dropped.
pub(crate) struct Folder(TempDir);

impl Place for Folder {
    type Store = SqliteStore;

    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self, clock: Clock, changes: mpsc::Sender<Change>) -> Arc<SqliteStore> {
        SqliteStore::open(self.0.path(), clock, changes).unwrap()
    }

    async fn close(store: &SqliteStore) {
        store.close().await;
    }
}

impl Indexed for Folder {
    async fn index(store: &SqliteStore) {
        store.index_all().await.unwrap();
    }
}

fn open(folder: &Path) -> Result<Arc<SqliteStore>, OpenError> {
    SqliteStore::open(folder, Clock::system(), mpsc::channel(8).0)
}

async fn made(folder: &Path) {
    let store = open(folder).unwrap();
    store.close().await;
}

/// Changes rows behind the store's back.
pub(crate) fn harm(database: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(database).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// Where `SQLite` keeps the number of the schema in the file's header.
const USER_VERSION: usize = 60;

#[tokio::test]
async fn a_folder_belongs_to_one_server_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path()).unwrap();
    let second = open(folder.path()).unwrap_err();
    assert!(matches!(second, OpenError::InUse { .. }));
    assert!(second.to_string().contains("in use by another hubbub"));
    first.close().await;
    made(folder.path()).await;
}

#[tokio::test]
async fn a_newer_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path()).await;
    let path = folder.path().join("hubbub.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[USER_VERSION..USER_VERSION + 4].copy_from_slice(&9_999_u32.to_be_bytes());
    std::fs::write(&path, &bytes).unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 9_999, .. }));
    assert!(error.to_string().contains("newer than this program"));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[tokio::test]
async fn somebody_elses_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hubbub.db");
    let text = "This is a shopping list, long enough to be taken for a header. ".repeat(20);
    std::fs::write(&path, &text).unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_damaged_database_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path()).await;
    let path = folder.path().join("hubbub.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // The pages of tables, all but the first.
    for byte in &mut bytes[4096..] {
        *byte ^= 0x5a;
    }
    std::fs::write(&path, &bytes).unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("hubbub backup restore"));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[tokio::test]
async fn words_that_a_disk_has_changed_are_nobodys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hubbub.db");
    let store = open(folder.path()).unwrap();
    let ada = store.register(newcomer("ada")).await.unwrap();
    let room = store.rooms(ada.id).await.unwrap()[0].id;
    let id = ClientMessageId::new();
    store.append(message(ada.id, room, id, "eight o'clock", &[])).await.unwrap();
    let read = || store.log(ada.id, room, LogRange::Latest, 50);
    assert!(read().await.unwrap().unwrap().events.last().unwrap().message().is_some());

    harm(&path, "UPDATE event SET body = replace(body, 'eight', 'night')");
    let error = read().await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
    let id = ClientMessageId::new();
    store.append(message(ada.id, room, id, "and all is well", &[])).await.unwrap();
    store.index_all().await.unwrap();
    store.close().await;
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("is not what was written"), "{error}");

    harm(&path, "UPDATE event SET body = replace(body, 'night', 'eight')");
    open(folder.path()).unwrap().close().await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = open(&file.join("data")).unwrap_err();
    assert!(matches!(error, OpenError::Folder { .. }));
    assert!(error.to_string().contains("cannot be written"));
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_reads_the_data() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    made(&folder).await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("hubbub.db")), 0o600, "the folder may be somebody else's");
}

#[tokio::test]
async fn what_is_changed_beside_a_server_is_told_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let missing = SqliteStore::open_beside(folder.path(), Clock::system()).unwrap_err();
    assert!(matches!(missing, OpenError::Missing { .. }));

    let (changes, mut told) = mpsc::channel(64);
    let server = SqliteStore::open(folder.path(), Clock::system(), changes).unwrap();
    let beside = SqliteStore::open_beside(folder.path(), Clock::system()).unwrap();
    let ada = beside.register(newcomer("ada")).await.unwrap();
    beside.close().await;
    // The server has nothing to write: it finds word by itself.
    let mut seen = Vec::new();
    let waiting = core::time::Duration::from_secs(10);
    while seen.len() < 6 {
        seen.push(tokio::time::timeout(waiting, told.recv()).await.unwrap().unwrap());
    }
    assert_eq!(seen[0], Change::Person { directory: 1, user: ada.clone() });
    assert!(matches!(seen[5], Change::Site(_)));

    // And keeps the order when it writes at the same moment.
    let beside = SqliteStore::open_beside(folder.path(), Clock::system()).unwrap();
    let bob = beside.register(newcomer("bob")).await.unwrap();
    server.register(newcomer("cy")).await.unwrap();
    let first = told.try_recv().unwrap();
    assert_eq!(first, Change::Person { directory: 2, user: bob });
    beside.close().await;
    server.close().await;

    // What was left while no server ran is told to nobody: nobody had an older picture.
    let beside = SqliteStore::open_beside(folder.path(), Clock::system()).unwrap();
    beside.register(newcomer("dee")).await.unwrap();
    beside.close().await;
    let (changes, mut told) = mpsc::channel(64);
    let server = SqliteStore::open(folder.path(), Clock::system(), changes).unwrap();
    let eli = server.register(newcomer("eli")).await.unwrap();
    assert_eq!(told.try_recv().unwrap(), Change::Person { directory: 5, user: eli });
    server.close().await;
}

/// Makes a database what it was before there was an index of words.
pub(crate) const BEFORE_SEARCH: &str = "DROP TABLE search_words; DROP TABLE search_message; \
    DROP TABLE search_room; DROP TABLE search_waiting; DROP TABLE search_state; \
    DROP TABLE edit; DROP TABLE reaction; DROP TABLE pin; ALTER TABLE event DROP COLUMN entry; \
    ALTER TABLE event DROP COLUMN checksum; \
    ALTER TABLE message DROP COLUMN revised; ALTER TABLE message DROP COLUMN edited; \
    ALTER TABLE message DROP COLUMN deleted_by; ALTER TABLE message DROP COLUMN deleted_at; \
    ALTER TABLE message DROP COLUMN reactions; ALTER TABLE message DROP COLUMN pinned; \
    DROP TABLE saved; DROP TABLE reply; DROP TABLE thread; DROP TABLE thread_follow; \
    ALTER TABLE message DROP COLUMN entry; ALTER TABLE mention DROP COLUMN call; \
    DROP TABLE draft; DROP TABLE poll; DROP TABLE vote; DROP TABLE scheduled; \
    DROP TABLE reminder; DROP INDEX user_status_until; DROP INDEX user_quiet_edge; \
    ALTER TABLE user DROP COLUMN sidebar; ALTER TABLE user DROP COLUMN receipts; \
    ALTER TABLE user DROP COLUMN status_emoji; ALTER TABLE user DROP COLUMN status_until; \
    ALTER TABLE user DROP COLUMN quiet_edge; ALTER TABLE site DROP COLUMN receipts; \
    ALTER TABLE site DROP COLUMN version; ALTER TABLE membership DROP COLUMN marked_unread_at; \
    PRAGMA user_version = 1;";

#[tokio::test]
async fn messages_of_before_the_index_are_taken_in_and_keep_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    let ada = store.register(newcomer("ada")).await.unwrap();
    let room = store.rooms(ada.id).await.unwrap()[0].id;
    let say = async |store: &SqliteStore, text: String| {
        store.append(message(ada.id, room, ClientMessageId::new(), &text, &[])).await.unwrap();
    };
    for number in 0..700 {
        say(&store, format!("plum {number}")).await;
    }
    store.close().await;
    let path = folder.path().join("hubbub.db");
    harm(&path, BEFORE_SEARCH);

    let now = query::Now { at: Timestamp(0), offset_minutes: 0 };
    let words = query::read("plum", now).unwrap().words;
    // Closed again at once: what had been taken in is neither lost nor taken twice.
    for round in 0..4 {
        let store = open(folder.path()).unwrap();
        say(&store, format!("plum {}", 700 + round)).await;
        store.close().await;
        backend::store::sqlite::backup::verify(&path).unwrap();
    }
    let store = open(folder.path()).unwrap();
    store.index_all().await.unwrap();
    let sought = Sought { words, ..Sought::default() };
    let mut range = SearchRange { above: None, below: None, limit: 1_000 };
    let mut texts = Vec::new();
    loop {
        let found = store.search(ada.id, sought.clone(), range).await.unwrap();
        let hits = found.hits.iter();
        texts.extend(hits.map(|hit| hit.message.body.as_ref().unwrap().as_str().to_owned()));
        range.below = found.next;
        if found.next.is_none() {
            break;
        }
    }
    let expected: Vec<String> = (0..704).rev().map(|number| format!("plum {number}")).collect();
    assert_eq!(texts, expected);
    store.close().await;
    backend::store::sqlite::backup::verify(&path).unwrap();
    harm(&path, "DELETE FROM search_message WHERE id = 3");
    let unsound = backend::store::sqlite::backup::verify(&path).unwrap_err();
    assert!(unsound.to_string().contains("1 messages are missing in it"), "{unsound}");
}
