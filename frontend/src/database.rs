//! What the browser keeps in `IndexedDB`: the outbox and the drafts, by user. A browser without it
//! (private windows, full disks) gets a page that works and forgets.

use crate::outbox::Item;
use idb::{
    DatabaseEvent, Factory, KeyRange, ObjectStoreParams, Query, Transaction, TransactionMode,
};
use shared::id::{ClientMessageId, UserId};
use shared::json;
use wasm_bindgen::JsValue;

const NAME: &str = "hubbub";
const VERSION: u32 = 1;
/// Keys are `user/client_message_id`, values JSON texts of [`Item`]; of drafts they are `user.place`,
/// and the place is told again in the value. In one store, since a second one would be made only once
/// no tab has the first any more.
const OUTBOX: &str = "outbox";

/// The browser refused or failed; nothing is known to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotKept;

impl From<idb::Error> for NotKept {
    fn from(_: idb::Error) -> Self {
        Self
    }
}

#[derive(Debug)]
pub struct Database(idb::Database);

impl Database {
    pub async fn open() -> Result<Self, NotKept> {
        let mut request = Factory::new()?.open(NAME, Some(VERSION))?;
        request.on_upgrade_needed(|event| {
            let Ok(database) = event.database() else { return };
            if !database.store_names().iter().any(|name| name == OUTBOX) {
                // Without the store every transaction fails, which is `NotKept`.
                let _ = database.create_object_store(OUTBOX, ObjectStoreParams::new());
            }
        });
        Ok(Self(request.await?))
    }

    /// In the order in which they were written.
    pub async fn items(&self, user: UserId) -> Result<Vec<Item>, NotKept> {
        let texts = self.texts(between(user, '/', AFTER_ITEMS)?).await?;
        Ok(texts.iter().filter_map(|text| json::read(text).ok()).collect())
    }

    /// Each with its place before it, in a line of its own.
    pub async fn drafts(&self, user: UserId) -> Result<Vec<String>, NotKept> {
        self.texts(between(user, '.', '/')?).await
    }

    async fn texts(&self, range: KeyRange) -> Result<Vec<String>, NotKept> {
        let transaction = self.0.transaction(&[OUTBOX], TransactionMode::ReadOnly)?;
        let values = transaction.object_store(OUTBOX)?.get_all(Some(range.into()), None)?.await?;
        Ok(values.iter().filter_map(JsValue::as_string).collect())
    }

    /// Returns once the item survives the browser.
    pub async fn keep(&self, user: UserId, item: &Item) -> Result<(), NotKept> {
        let text = serde_json::to_string(item).map_err(|_| NotKept)?;
        self.put(format!("{user}/{}", item.id), text).await
    }

    /// The same for what was typed in a place.
    pub async fn keep_draft(&self, user: UserId, place: &str, text: &str) -> Result<(), NotKept> {
        self.put(format!("{user}.{place}"), format!("{place}\n{text}")).await
    }

    async fn put(&self, key: String, text: String) -> Result<(), NotKept> {
        let transaction = self.0.transaction(&[OUTBOX], TransactionMode::ReadWrite)?;
        let key = JsValue::from_str(&key);
        transaction.object_store(OUTBOX)?.put(&JsValue::from_str(&text), Some(&key))?;
        // Asked for at once: the page may be gone before the answer to the first.
        committed(transaction).await
    }

    pub async fn remove(&self, user: UserId, id: ClientMessageId) -> Result<(), NotKept> {
        self.delete(JsValue::from_str(&format!("{user}/{id}")).into()).await
    }

    pub async fn remove_draft(&self, user: UserId, place: &str) -> Result<(), NotKept> {
        self.delete(JsValue::from_str(&format!("{user}.{place}")).into()).await
    }

    /// Removes all that is kept of a person.
    pub async fn forget(&self, user: UserId) -> Result<(), NotKept> {
        self.delete(between(user, '.', AFTER_ITEMS)?.into()).await
    }

    async fn delete(&self, what: Query) -> Result<(), NotKept> {
        let transaction = self.0.transaction(&[OUTBOX], TransactionMode::ReadWrite)?;
        transaction.object_store(OUTBOX)?.delete(what)?;
        committed(transaction).await
    }
}

/// A browser that is full takes what it is given, and gives the transaction up at its end.
async fn committed(transaction: Transaction) -> Result<(), NotKept> {
    let result = transaction.commit()?.await?;
    if result.is_committed() { Ok(()) } else { Err(NotKept) }
}

/// The character after `/`.
const AFTER_ITEMS: char = '0';

fn between(user: UserId, first: char, end: char) -> Result<KeyRange, NotKept> {
    let bound = |separator: char| JsValue::from_str(&format!("{user}{separator}"));
    Ok(KeyRange::bound(&bound(first), &bound(end), Some(false), Some(true))?)
}
