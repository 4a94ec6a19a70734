//! Drafts in the database as well. Browsers take seconds to write their storage down, and one that is
//! killed meanwhile has nothing of it; the database has what it was given.

use super::{Draft, conversation, prefix, read, storage};
use crate::clock::age_of;
use crate::database::Database;
use leptos::task::spawn_local;
use shared::id::{RoomId, Seq, UserId};
use shared::json;
use std::cell::RefCell;
use std::rc::Rc;

/// What was emptied so long ago is written down everywhere.
const FORGOTTEN_MILLIS: u64 = 60_000;

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

/// Goes through what the database has of later than the storage; `found` is told what the storage has
/// lost of rooms and threads, also that something was sent, and has it kept again.
pub async fn recover(
    database: &Database,
    user: UserId,
    found: impl FnMut(RoomId, Option<Seq>, Draft),
) {
    let kept = database.drafts(user).await.unwrap_or_default();
    for key in compare(kept, &prefix(user), found) {
        // What stays is looked at again.
        let _ = database.remove_draft(user, &key).await;
    }
}

/// The places that were emptied long ago.
fn compare(
    kept: Vec<String>,
    prefix: &str,
    mut found: impl FnMut(RoomId, Option<Seq>, Draft),
) -> Vec<String> {
    let mut forgotten = Vec::new();
    let Some(storage) = storage() else { return forgotten };
    for kept in kept {
        let Some((key, text)) = kept.split_once('\n') else { continue };
        let Ok(draft) = json::read::<Draft>(text) else { continue };
        let here = read(key).unwrap_or_default();
        if draft.at > here.at {
            match key.strip_prefix(prefix).and_then(conversation) {
                Some((room, thread)) => found(room, thread, draft),
                // The new text of a message. What cannot be written is found again.
                None => drop(storage.set_item(key, text)),
            }
        } else if here.text.is_empty() && age_of(here.at) > FORGOTTEN_MILLIS {
            // What stays is looked at again.
            let _ = storage.remove_item(key);
            forgotten.push(key.to_owned());
        }
    }
    forgotten
}
