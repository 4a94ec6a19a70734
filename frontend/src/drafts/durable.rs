//! Drafts in the database as well. Browsers take seconds to write their storage down, and one that is
//! killed meanwhile has nothing of it; the database has what it was given.

use super::{Draft, conversation, prefix, read, storage};
use crate::clock::server_time;
use crate::database::Database;
use leptos::task::spawn_local;
use shared::id::{RoomId, Seq, UserId};
use shared::json;
use std::cell::RefCell;
use std::rc::Rc;

/// What was emptied so long ago is written down everywhere.
const FORGOTTEN_MILLIS: i64 = 60_000;

thread_local! {
    static DATABASE: RefCell<Option<Rc<Database>>> = const { RefCell::new(None) };
}

/// Where drafts are kept from now on.
pub fn keep_in(database: &Rc<Database>) {
    DATABASE.set(Some(Rc::clone(database)));
}

pub(super) fn keep(user: UserId, key: &str, text: &str) {
    let Some(database) = DATABASE.with_borrow(Clone::clone) else { return };
    let (key, text) = (key.to_owned(), text.to_owned());
    spawn_local(async move {
        // What the database does not take, the storage has.
        let _ = database.keep_draft(user, &key, &text).await;
    });
}

/// Brings the storage to what the database has of later; `found` is told what the storage had lost of
/// rooms and threads, also that something was sent.
pub async fn recover(
    database: &Database,
    user: UserId,
    mut found: impl FnMut(RoomId, Option<Seq>, Draft),
) {
    let prefix = prefix(user);
    for kept in database.drafts(user).await.unwrap_or_default() {
        let Some((key, text)) = kept.split_once('\n') else { continue };
        let Ok(draft) = json::read::<Draft>(text) else { continue };
        let (Some(storage), here) = (storage(), read(key).unwrap_or_default()) else { return };
        if draft.at > here.at {
            // What cannot be written is found again.
            let _ = storage.set_item(key, text);
            if let Some((room, thread)) = key.strip_prefix(&prefix).and_then(conversation) {
                found(room, thread, draft);
            }
        } else if here.text.is_empty()
            && draft.text.is_empty()
            && server_time().millis_since(here.at) > FORGOTTEN_MILLIS
        {
            // What stays is looked at again.
            let _ = storage.remove_item(key);
            let _ = database.remove_draft(user, key).await;
        }
    }
}
