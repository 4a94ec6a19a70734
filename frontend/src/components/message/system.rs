//! A line about something that happened to the room.

use super::names_in;
use crate::components::icon::{Icon, IconName};
use crate::components::names::person_name;
use crate::locales::{Locale, use_locale};
use crate::state::{State, use_state};
use crate::timeline::Entry;
use leptos::prelude::*;
use shared::api::HistoryEntry;
use shared::event::{RoomEvent, ServerEvent};
use shared::id::UserId;
use shared::room::Role;
use std::sync::Arc;

#[component]
pub fn SystemRow(entry: Arc<Entry>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let HistoryEntry::Event(event) = Arc::unwrap_or_clone(entry).what else { return ().into_any() };
    let icon = match &event.event {
        ServerEvent::RoomCreated { .. } => IconName::Plus,
        ServerEvent::MemberJoined { .. } => IconName::UserPlus,
        ServerEvent::MemberLeft { .. } | ServerEvent::MemberRemoved { .. } => IconName::SignOut,
        ServerEvent::RoleChanged { .. } => IconName::Crown,
        ServerEvent::RoomRenamed { .. } | ServerEvent::TopicChanged { .. } => IconName::Edit,
        ServerEvent::RoomArchived | ServerEvent::RoomUnarchived => IconName::Archive,
        ServerEvent::MessagePosted(_)
        | ServerEvent::MessageEdited { .. }
        | ServerEvent::MessageDeleted { .. }
        | ServerEvent::ReactionAdded { .. }
        | ServerEvent::ReactionRemoved { .. }
        | ServerEvent::MessagePinned { .. }
        | ServerEvent::MessageUnpinned { .. }
        | ServerEvent::PollVoted { .. }
        | ServerEvent::PollCounted { .. }
        | ServerEvent::PollClosed { .. } => IconName::Talk,
    };
    let words = {
        let event = event.clone();
        move || system_words(state, locale, &event)
    };
    let at = move || locale.time(event.at);
    view! {
        <li class="sys">
            <Icon name=icon class="sm"/>
            <span>{words}" · "<time>{at}</time></span>
        </li>
    }
    .into_any()
}

fn system_words(state: State, locale: Locale, event: &RoomEvent) -> AnyView {
    let texts = &locale.texts().conversation;
    let name = |user: UserId| person_name(state, locale, user);
    let actor = name(event.actor);
    match &event.event {
        ServerEvent::RoomCreated { .. } => names_in(texts.created, [actor]),
        ServerEvent::MemberJoined { user, .. } if *user == event.actor => {
            names_in(texts.joined, [actor])
        }
        ServerEvent::MemberJoined { user, .. } => names_in(texts.added, [actor, name(*user)]),
        ServerEvent::MemberLeft { user } => names_in(texts.left, [name(*user)]),
        ServerEvent::MemberRemoved { user } => names_in(texts.removed, [actor, name(*user)]),
        ServerEvent::RoleChanged { user, role } => {
            let phrase = match role {
                Role::Owner => texts.made_owner,
                Role::Moderator => texts.made_moderator,
                Role::Member => texts.made_member,
            };
            names_in(phrase, [actor, name(*user)])
        }
        ServerEvent::RoomRenamed { name } => names_in(texts.renamed, [actor, name.clone()]),
        ServerEvent::TopicChanged { topic } if topic.is_empty() => {
            names_in(texts.topic_cleared, [actor])
        }
        ServerEvent::TopicChanged { topic } => names_in(texts.topic_set, [actor, topic.clone()]),
        ServerEvent::RoomArchived => names_in(texts.archived, [actor]),
        ServerEvent::RoomUnarchived => names_in(texts.unarchived, [actor]),
        ServerEvent::MessagePosted(_)
        | ServerEvent::MessageEdited { .. }
        | ServerEvent::MessageDeleted { .. }
        | ServerEvent::ReactionAdded { .. }
        | ServerEvent::ReactionRemoved { .. }
        | ServerEvent::MessagePinned { .. }
        | ServerEvent::MessageUnpinned { .. }
        | ServerEvent::PollVoted { .. }
        | ServerEvent::PollCounted { .. }
        | ServerEvent::PollClosed { .. } => ().into_any(),
    }
}
