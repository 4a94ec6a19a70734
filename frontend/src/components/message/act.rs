//! What can be done with a message: the same in the toolbar beside it and in the sheet of a long
//! press.

use crate::components::copy_box::{absolute, copy};
use crate::components::desk::message_path;
use crate::components::icon::{Icon, IconName};
use crate::components::toast::{Toasts, use_toasts};
use crate::locales::{Locale, use_locale};
use crate::text;
use crate::timeline::{Delivery, Said, Text};
use leptos::prelude::*;
use shared::id::{RoomId, Seq, UserId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    CopyText,
    CopyLink,
    MarkUnread,
}

/// Who does it, and to whom it is told.
#[derive(Clone, Copy, Debug)]
pub struct Acting {
    pub me: UserId,
    pub room: RoomId,
    pub mark_unread: Callback<Seq>,
    toasts: Toasts,
    locale: Locale,
}

pub fn use_acting(me: UserId, room: RoomId, mark_unread: Callback<Seq>) -> Acting {
    Acting { me, room, mark_unread, toasts: use_toasts(), locale: use_locale() }
}

impl Act {
    /// What can be done with this message, most used first. Nothing while it is on its way.
    pub fn all(said: &Said, me: UserId) -> Vec<Self> {
        if said.delivery != Delivery::Stored {
            return Vec::new();
        }
        let mut acts = Vec::new();
        if said.text != Text::Removed {
            acts.push(Self::CopyText);
        }
        acts.push(Self::CopyLink);
        if said.author != me {
            acts.push(Self::MarkUnread);
        }
        acts
    }

    pub fn icon(self) -> IconName {
        match self {
            Self::CopyText => IconName::Copy,
            Self::CopyLink => IconName::Link,
            Self::MarkUnread => IconName::EyeOff,
        }
    }

    pub fn words(self, locale: Locale) -> &'static str {
        let texts = &locale.texts().conversation;
        match self {
            Self::CopyText => texts.copy_text,
            Self::CopyLink => texts.copy_link,
            Self::MarkUnread => texts.mark_unread_from_here,
        }
    }
}

impl Acting {
    pub fn perform(self, act: Act, said: &Said) {
        match act {
            Act::CopyText => {
                let done = untrack(|| self.locale.texts()).common.copied;
                copy(said.text.words().to_owned(), done, self.toasts, self.locale);
            }
            Act::CopyLink => {
                if let Some(seq) = said.seq {
                    let done = untrack(|| self.locale.texts()).conversation.link_copied;
                    let link = absolute(&message_path(self.room, seq));
                    copy(link, done, self.toasts, self.locale);
                }
            }
            Act::MarkUnread => {
                if let Some(seq) = said.seq {
                    self.mark_unread.run(seq);
                }
            }
        }
    }
}

/// The few things that can be done, beside the message.
#[component]
pub fn Toolbar(said: Said, acting: Acting) -> impl IntoView {
    let locale = use_locale();
    let acts = Act::all(&said, acting.me);
    let said = StoredValue::new(said);
    let buttons: Vec<_> = acts
        .into_iter()
        .map(|act| {
            view! {
                <button
                    type="button"
                    class="ib"
                    aria-label=move || act.words(locale)
                    title=move || act.words(locale)
                    on:click=move |_| said.with_value(|said| acting.perform(act, said))
                >
                    <Icon name=act.icon()/>
                </button>
            }
        })
        .collect();
    view! {
        <div class="acts" role="toolbar" aria-label=text!(locale, conversation.message_actions)>
            {buttons}
        </div>
    }
}
