//! What the person who runs the server does from its command line.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::store_contract::{message, newcomer};
use backend::clock::Clock;
use backend::command::{Answer, Command};
use backend::search::query::{self, Now};
use backend::store::sqlite::SqliteStore;
use backend::store::{Change, NewSession, SearchRange, Sought, Store as _};
use clap::Parser;
use core::time::Duration;
use shared::id::{ClientMessageId, SessionId};
use shared::user::SiteRole;
use std::path::Path;
use tokio::sync::mpsc;

#[derive(Debug, Parser)]
#[command(name = "hubbub")]
struct Line {
    #[command(subcommand)]
    command: Command,
}

/// Runs `hubbub LINE --data-dir FOLDER`.
async fn hubbub(folder: &Path, line: &str) -> Result<Answer, String> {
    let folder = folder.to_str().unwrap();
    let words = ["hubbub"].into_iter().chain(line.split(' ')).chain(["--data-dir", folder]);
    let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
    line.command.run().await.map_err(|error| error.to_string())
}

async fn said(folder: &Path, line: &str) -> String {
    let answer = hubbub(folder, line).await.unwrap();
    assert!(answer.well, "{}", answer.text);
    answer.text
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_can_be_made_before_the_first_start() {
    let folder = tempfile::tempdir().unwrap();
    let text = said(folder.path(), "user create ada --name Ada").await;
    assert!(text.contains("made the account ada (administrator)"), "{text}");
    assert!(text.contains("/reset#"), "{text}");
    let text = said(folder.path(), "user create bob").await;
    assert!(text.contains("bob (member)"), "{text}");
    let refused = hubbub(folder.path(), "user create BOB").await.unwrap_err();
    assert_eq!(refused, "The nick, or one that looks like it, is taken.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_tells_what_was_done_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let (changes, mut told) = mpsc::channel(64);
    let server = SqliteStore::open(folder.path(), Clock::system(), changes).unwrap();
    server.register(newcomer("ada")).await.unwrap();
    let bob = server.register(newcomer("bob")).await.unwrap();
    let session = NewSession {
        id: SessionId::new(),
        user: bob.id,
        token_hash: [1; 32],
        at: Clock::system().now(),
        agent: "a browser".into(),
        address: "192.0.2.1".into(),
    };
    server.create_session(session.clone()).await.unwrap();
    while told.try_recv().is_ok() {}

    assert_eq!(said(folder.path(), "user make-admin bob").await, "bob is administrator");
    let text = said(folder.path(), "user sessions bob").await;
    assert!(text.contains("192.0.2.1, a browser"), "{text}");
    assert_eq!(said(folder.path(), "user sessions bob --end").await, "ended 1 sessions of bob");
    assert_eq!(said(folder.path(), "user sessions bob").await, "bob is signed in nowhere");
    let mut next =
        async || tokio::time::timeout(Duration::from_secs(10), told.recv()).await.unwrap().unwrap();
    assert!(matches!(next().await, Change::Person { user, .. }
        if user.id == bob.id && user.role == SiteRole::Administrator));
    assert_eq!(next().await, Change::SessionsEnded(vec![session.id]));
    assert_eq!(server.session([1; 32]).await.unwrap(), None);

    let text = said(folder.path(), "user reset-password bob").await;
    let secret = text.split_once("/reset#").unwrap().1.to_owned();
    let hash = backend::chat::account::secret_hash(&secret);
    let (user, _) = server.use_reset(hash, "hash".into(), Clock::system().now()).await.unwrap();
    assert_eq!(user.id, bob.id);
    let nobody = hubbub(folder.path(), "user make-admin zoe").await.unwrap_err();
    assert_eq!(nobody, "nobody here has the nick zoe");

    let restore = hubbub(folder.path(), "backup restore nowhere.db").await.unwrap_err();
    assert!(restore.contains("in use by another hubbub"), "{restore}");
    let reindex = hubbub(folder.path(), "reindex").await.unwrap_err();
    assert!(reindex.contains("in use by another hubbub"), "{reindex}");
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_goes_round_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    said(folder.path(), "user create ada").await;
    assert_eq!(said(folder.path(), "backup list").await, "there are no backups");
    let text = said(folder.path(), "backup create").await;
    let (file, contents) = text.split_once(": ").unwrap();
    assert_eq!(contents, "1 people, 2 rooms, 0 messages, 4 events");
    assert!(said(folder.path(), "backup list").await.ends_with(file));
    said(folder.path(), "user create bob").await;
    let text = said(folder.path(), &format!("backup restore {file}")).await;
    assert!(text.starts_with("restored: 1 people"), "{text}");
    assert!(text.contains("hubbub.db.replaced-"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_in_words_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let doctor = async |line: &str| hubbub(&data, line).await.unwrap();
    let healthy = "doctor --listen 127.0.0.1:0";
    let answer = doctor(healthy).await;
    assert!(answer.well && answer.text.contains("there is no data folder"), "{}", answer.text);
    assert!(!data.exists(), "looking makes nothing");

    said(&data, "user create ada").await;
    let answer = doctor(healthy).await;
    assert!(answer.well && answer.text.contains("1 people, 2 rooms"), "{}", answer.text);

    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let answer = doctor(&format!("doctor --listen {}", taken.local_addr().unwrap())).await;
    assert!(!answer.well && answer.text.contains("another program has this port"));
    let answer = doctor("doctor --listen 127.0.0.1:0 --assets /nowhere").await;
    assert!(!answer.well && answer.text.contains("cannot read --assets"), "{}", answer.text);
    let answer = doctor("doctor --tls-cert only.pem").await;
    assert!(!answer.well, "{}", answer.text);
    let answer = doctor("doctor --listen 0.0.0.0:0").await;
    assert!(answer.well && answer.text.contains("plain HTTP"), "{}", answer.text);

    crate::store_sqlite::harm(&data.join("hubbub.db"), "UPDATE room SET members = 9");
    let answer = doctor(healthy).await;
    assert!(!answer.well && answer.text.contains("counted wrongly"), "{}", answer.text);
    crate::store_sqlite::harm(&data.join("hubbub.db"), "PRAGMA user_version = 99");
    let answer = doctor(healthy).await;
    assert!(!answer.well && answer.text.contains("newer than this program"), "{}", answer.text);
}

/// A folder with messages that are in the index.
async fn spoken(data: &Path) {
    let store = SqliteStore::open(data, Clock::system(), mpsc::channel(64).0).unwrap();
    let ada = store.register(newcomer("ada")).await.unwrap().id;
    let room = store.rooms(ada).await.unwrap()[1].id;
    for number in 0..200 {
        let text = format!("harbour number {number}");
        let message = message(ada, room, ClientMessageId::new(), &text, &[]);
        store.append(message).await.unwrap();
    }
    store.index_all().await.unwrap();
    store.close().await;
}

/// How many of these messages are found.
async fn found(data: &Path) -> usize {
    let store = SqliteStore::open(data, Clock::system(), mpsc::channel(64).0).unwrap();
    store.index_all().await.unwrap();
    let ada = store.find_users("ada", None, 1).await.unwrap()[0].id;
    let now = Now { at: Clock::system().now(), offset_minutes: 0 };
    let words = query::read("harbour", now).unwrap().words;
    let sought = Sought { words, ..Sought::default() };
    let range = SearchRange { above: None, below: None, limit: 500 };
    let hits = store.search(ada, sought, range).await.unwrap().hits.len();
    store.close().await;
    hits
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_index_is_told_by_the_doctor_and_made_anew() {
    let doctor = "doctor --listen 127.0.0.1:0";
    for (harm, told) in [
        ("DELETE FROM search_message WHERE id = 7", "1 messages are missing in it"),
        ("DELETE FROM search_words_docsize WHERE id = 7", "the words of 1 messages"),
        ("DELETE FROM search_words_data WHERE id > 10", "search_words"),
        (
            "UPDATE search_words_data SET block = zeroblob(length(block)) WHERE id > 10",
            "search_words",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        spoken(&data).await;
        let healthy = hubbub(&data, doctor).await.unwrap();
        assert!(healthy.well, "{}", healthy.text);
        crate::store_sqlite::harm(&data.join("hubbub.db"), harm);
        let answer = hubbub(&data, doctor).await.unwrap();
        assert!(!answer.well, "{harm}: {}", answer.text);
        for words in [told, "`hubbub reindex`", "nothing else is"] {
            assert!(answer.text.contains(words), "{harm}: {}", answer.text);
        }
        let text = said(&data, "reindex").await;
        assert_eq!(text, "the server takes 200 messages into the index anew");
        let healed = hubbub(&data, doctor).await.unwrap();
        assert!(healed.well, "{harm}: {}", healed.text);
        assert_eq!(found(&data).await, 200, "{harm}");
        let whole = hubbub(&data, doctor).await.unwrap();
        assert!(whole.well, "{harm}: {}", whole.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_with_a_damaged_index_and_makes_it_anew() {
    let folder = tempfile::tempdir().unwrap();
    spoken(folder.path()).await;
    let database = folder.path().join("hubbub.db");
    crate::store_sqlite::harm(&database, "DELETE FROM search_words_data WHERE id > 10");
    assert_eq!(found(folder.path()).await, 200);

    // A copy with a damaged index is put back all the same, since all else in it is whole.
    let copy = folder.path().join("copy.db");
    std::fs::copy(&database, &copy).unwrap();
    crate::store_sqlite::harm(&copy, "DELETE FROM search_message WHERE id < 100");
    let text = said(folder.path(), &format!("backup restore {}", copy.display())).await;
    assert!(text.starts_with("restored: 1 people"), "{text}");
    assert_eq!(found(folder.path()).await, 200);
}
