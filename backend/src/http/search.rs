//! Messages by what they say, and by when they were said.

use crate::chat::{Caller, Chat};
use crate::extract::{Answer, InRoom, Query, Reply};
use axum::extract::State;
use shared::api::{FindMoment, Search};
use std::sync::Arc;

pub async fn find(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Query(query): Query<Search>,
) -> Answer<Search> {
    Ok(Reply(chat.search(&caller, query).await?))
}

pub async fn moment(
    State(chat): State<Arc<Chat>>,
    InRoom { caller, room }: InRoom,
    Query(query): Query<FindMoment>,
) -> Answer<FindMoment> {
    Ok(Reply(chat.moment(&caller, room, query).await?))
}
