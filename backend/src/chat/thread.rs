//! Threads: following them, reading them.
#![expect(clippy::similar_names, reason = "a room, and the root of a thread in it")]

use super::{Caller, Chat, Error};
use crate::store::{Follow, ThreadCursor};
use shared::api::{HistoryQuery, Thread, Threads, ThreadsQuery};
use shared::error::ErrorCode;
use shared::id::{RoomId, Seq};
use shared::limit;
use shared::permission::RoomAction;
use shared::time::Timestamp;

impl Chat {
    pub(super) async fn set_following(
        &self,
        caller: &Caller,
        room: RoomId,
        root: Seq,
        follow: Follow,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::Read).await?;
        Ok(self.store.set_following(caller.user.id, room, root, follow).await?)
    }

    pub(super) async fn mark_thread_read(
        &self,
        caller: &Caller,
        room: RoomId,
        root: Seq,
        seq: Seq,
    ) -> Result<(), Error> {
        self.authorize(caller, room, RoomAction::Read).await?;
        Ok(self.store.mark_thread_read(caller.user.id, room, root, seq).await?)
    }

    pub async fn thread(
        &self,
        caller: &Caller,
        room: RoomId,
        root: Seq,
        query: HistoryQuery,
    ) -> Result<Thread, Error> {
        let (range, limit) = super::history::page(query);
        match self.store.thread(caller.user.id, room, root, range, limit).await? {
            Some(thread) => Ok(thread),
            None => Err(self.no_such_message(caller, room).await),
        }
    }

    /// The threads the caller follows.
    pub async fn threads(&self, caller: &Caller, query: ThreadsQuery) -> Result<Threads, Error> {
        let limit = query.limit.unwrap_or(limit::PAGE_DEFAULT).clamp(1, limit::PAGE_MAX);
        let after = match query.after {
            Some(text) => Some(cursor(&text).ok_or(ErrorCode::BadFrame)?),
            None => None,
        };
        // One more than asked for says whether there are more.
        let mut found = self.store.threads(caller.user.id, after, limit.saturating_add(1)).await?;
        let more = found.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            found.pop();
        }
        let next = found.last().filter(|_| more).map(|(_, cursor)| cursor_text(*cursor));
        Ok(Threads { threads: found.into_iter().map(|(thread, _)| thread).collect(), next })
    }
}

fn cursor_text(ThreadCursor { last_at, room, root }: ThreadCursor) -> String {
    format!("{}.{room}.{root}", last_at.0)
}

fn cursor(text: &str) -> Option<ThreadCursor> {
    let (last_at, rest) = text.split_once('.')?;
    let (room, root) = rest.split_once('.')?;
    Some(ThreadCursor {
        last_at: Timestamp(last_at.parse().ok()?),
        room: room.parse().ok()?,
        root: Seq(root.parse().ok()?),
    })
}
