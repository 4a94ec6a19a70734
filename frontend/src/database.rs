//! What the browser keeps in `IndexedDB`: the outbox, by user. A browser without it (private
//! windows, full disks) gets a page that works and forgets.

use crate::outbox::Item;
use idb::{DatabaseEvent, Factory, KeyRange, ObjectStoreParams, Transaction, TransactionMode};
use shared::id::{ClientMessageId, UserId};
use shared::json;
use wasm_bindgen::JsValue;

const NAME: &str = "hubbub";
const VERSION: u32 = 1;
/// Keys are `user/client_message_id`, values JSON texts of [`Item`].
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
        let transaction = self.0.transaction(&[OUTBOX], TransactionMode::ReadOnly)?;
        let range = all_of(user)?;
        let values = transaction.object_store(OUTBOX)?.get_all(Some(range.into()), None)?.await?;
        Ok(values
            .iter()
            .filter_map(JsValue::as_string)
            .filter_map(|text| json::read(&text).ok())
            .collect())
    }

    /// Returns once the item survives the tab.
    pub async fn keep(&self, user: UserId, item: &Item) -> Result<(), NotKept> {
        let text = serde_json::to_string(item).map_err(|_| NotKept)?;
        let transaction = self.0.transaction(&[OUTBOX], TransactionMode::ReadWrite)?;
        let key = JsValue::from_str(&key(user, item.id));
        transaction.object_store(OUTBOX)?.put(&JsValue::from_str(&text), Some(&key))?.await?;
        committed(transaction).await
    }

    pub async fn remove(&self, user: UserId, id: ClientMessageId) -> Result<(), NotKept> {
        let transaction = self.0.transaction(&[OUTBOX], TransactionMode::ReadWrite)?;
        transaction.object_store(OUTBOX)?.delete(JsValue::from_str(&key(user, id)))?.await?;
        committed(transaction).await
    }

    /// Removes all that is kept of a person.
    pub async fn forget(&self, user: UserId) -> Result<(), NotKept> {
        let transaction = self.0.transaction(&[OUTBOX], TransactionMode::ReadWrite)?;
        transaction.object_store(OUTBOX)?.delete(all_of(user)?)?.await?;
        committed(transaction).await
    }
}

/// A browser that is full takes what it is given, and gives the transaction up at its end.
async fn committed(transaction: Transaction) -> Result<(), NotKept> {
    let result = transaction.commit()?.await?;
    if result.is_committed() { Ok(()) } else { Err(NotKept) }
}

fn key(user: UserId, id: ClientMessageId) -> String {
    format!("{user}/{id}")
}

fn all_of(user: UserId) -> Result<KeyRange, NotKept> {
    // '0' is the character after '/'.
    let bounds = (JsValue::from_str(&format!("{user}/")), JsValue::from_str(&format!("{user}0")));
    Ok(KeyRange::bound(&bounds.0, &bounds.1, Some(false), Some(true))?)
}
