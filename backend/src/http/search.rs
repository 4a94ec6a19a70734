//! Messages by what they say.

use crate::chat::{Caller, Chat};
use crate::extract::{Answer, Query, Reply};
use axum::extract::State;
use shared::api::Search;
use std::sync::Arc;

pub async fn find(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Query(query): Query<Search>,
) -> Answer<Search> {
    Ok(Reply(chat.search(&caller, query).await?))
}
