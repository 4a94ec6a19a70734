//! What can be done with a message: the same in the toolbar beside it, by a key, and in the sheet of
//! a long press.

use super::reactions::likely;
use crate::address::{Address, use_address};
use crate::components::copy_box::{absolute, copy};
use crate::components::deed::{Deeds, use_deeds};
use crate::components::desk::{
    Choosing, Desk, Talk, Writing, message_path, now, thread_path, use_desk,
};
use crate::components::icon::{Icon, IconName};
use crate::components::menu::{MenuButton, MenuItem, MenuLine};
use crate::components::toast::{Toasts, use_toasts};
use crate::emoji;
use crate::locales::{Catalogue, Locale, use_locale};
use crate::outbox::What;
use crate::state::{RoomEntry, State, use_state};
use crate::text;
use crate::timeline::{Delivery, Said};
use leptos::prelude::*;
use shared::command::ClientCommand;
use shared::id::{ReminderId, Seq, UserId};
use shared::markup::plain;
use shared::message::{Message, MessageBody};
use shared::permission::RoomAction;
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Of a message that one is reminded of.
const REMINDED_CHARS: usize = 120;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Reply,
    /// Opens the thread of which it is the root, or in which it was said.
    Thread,
    Edit,
    CopyText,
    CopyLink,
    Forward,
    Pin,
    Unpin,
    Save,
    Unsave,
    /// At a moment that is yet to be chosen.
    Remind,
    MarkUnread,
    Delete,
}

/// Who does it, where, and to whom it is told. A handle: rows keep it by the dozen.
#[derive(Clone, Copy, Debug)]
pub struct Acting {
    pub me: UserId,
    means: StoredValue<Means, LocalStorage>,
}

#[derive(Clone, Copy)]
struct Means {
    entry: StoredValue<RoomEntry>,
    about: About,
    stop_reading: Callback<()>,
    state: State,
    talk: Talk,
    deeds: Deeds,
    toasts: Toasts,
    locale: Locale,
    address: Address,
    desk: Desk,
}

/// The messages about which something is asked or shown.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// To which a reaction is being chosen, and beside what.
    pub reacting: RwSignal<Option<Seq>>,
    pub anchor: RwSignal<Option<HtmlElement>, LocalStorage>,
    pub removing: RwSignal<Option<Seq>>,
    pub forwarding: RwSignal<Option<Seq>>,
    /// Whose earlier texts are shown.
    pub looking_back: RwSignal<Option<Seq>>,
}

pub fn use_acting(entry: RoomEntry, talk: Talk, me: UserId, stop_reading: Callback<()>) -> Acting {
    let about = About {
        reacting: RwSignal::new(None),
        anchor: RwSignal::new_local(None),
        removing: RwSignal::new(None),
        forwarding: RwSignal::new(None),
        looking_back: RwSignal::new(None),
    };
    let means = StoredValue::new_local(Means {
        entry: StoredValue::new(entry),
        about,
        stop_reading,
        state: use_state(),
        talk,
        deeds: use_deeds(),
        toasts: use_toasts(),
        locale: use_locale(),
        address: use_address(),
        desk: use_desk(),
    });
    Acting { me, means }
}

impl Act {
    /// What can be done with this message by whoever looks, most used first. Nothing while it is on
    /// its way.
    pub fn all(said: &Said, acting: Acting) -> Vec<Self> {
        let Some(message) = said.message().filter(|_| said.delivery == Delivery::Stored) else {
            return Vec::new();
        };
        let entry = acting.entry();
        let may = |action| acting.may(action);
        let mine = message.author == acting.me;
        let there = message.body.is_some();
        let in_room = entry.thread.is_none();
        let has_thread = message.replies.is_some() || message.thread.is_some();
        let saved = untrack(|| acting.state().is_saved(entry.id, message.seq));
        let delete = if mine { RoomAction::Delete } else { RoomAction::DeleteOthers };
        [
            (Self::Reply, there && may(RoomAction::Post)),
            (Self::Thread, in_room && (has_thread || (there && may(RoomAction::Post)))),
            (Self::Edit, is_editable(message, acting.me) && may(RoomAction::Edit)),
            (Self::CopyText, there),
            (Self::CopyLink, true),
            (Self::Forward, there),
            (Self::Pin, there && message.pinned.is_none() && may(RoomAction::Pin)),
            (Self::Unpin, message.pinned.is_some() && may(RoomAction::Pin)),
            (Self::Save, there && !saved),
            (Self::Unsave, saved),
            (Self::Remind, there),
            (Self::MarkUnread, in_room && !mine),
            (Self::Delete, there && may(delete)),
        ]
        .into_iter()
        .filter_map(|(act, can)| can.then_some(act))
        .collect()
    }

    /// What a key does while a message has the focus.
    pub fn by_key(key: &str, said: &Said) -> Option<Self> {
        let pinned = said.message().is_some_and(|message| message.pinned.is_some());
        Some(match key {
            "r" | "R" => Self::Reply,
            "t" | "T" => Self::Thread,
            "e" | "E" => Self::Edit,
            "p" | "P" if pinned => Self::Unpin,
            "p" | "P" => Self::Pin,
            "c" | "C" => Self::CopyLink,
            "u" | "U" => Self::MarkUnread,
            "Delete" => Self::Delete,
            _ => return None,
        })
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Reply => "R",
            Self::Thread => "T",
            Self::Edit => "E",
            Self::Pin | Self::Unpin => "P",
            Self::CopyLink => "C",
            Self::MarkUnread => "U",
            Self::Delete => "Del",
            Self::CopyText | Self::Forward | Self::Save | Self::Unsave | Self::Remind => "",
        }
    }

    pub const fn icon(self) -> IconName {
        match self {
            Self::Reply => IconName::Reply,
            Self::Thread => IconName::Talk,
            Self::Edit => IconName::Edit,
            Self::CopyText => IconName::Copy,
            Self::CopyLink => IconName::Link,
            Self::Forward => IconName::Forward,
            Self::Pin | Self::Unpin => IconName::Pin,
            Self::Save | Self::Unsave => IconName::Bookmark,
            Self::Remind => IconName::Clock,
            Self::MarkUnread => IconName::EyeOff,
            Self::Delete => IconName::Trash,
        }
    }

    pub fn words(self, locale: Locale) -> &'static str {
        let texts = &locale.texts().conversation;
        match self {
            Self::Reply => texts.reply,
            Self::Thread => texts.reply_in_thread,
            Self::Edit => texts.edit,
            Self::CopyText => texts.copy_text,
            Self::CopyLink => texts.copy_link,
            Self::Forward => texts.forward,
            Self::Pin => texts.pin,
            Self::Unpin => texts.unpin,
            Self::Save => texts.save,
            Self::Unsave => texts.unsave,
            Self::Remind => texts.remind_me,
            Self::MarkUnread => texts.mark_unread_from_here,
            Self::Delete => texts.remove_message,
        }
    }

    pub const fn class(self) -> &'static str {
        match self {
            Self::Delete => "danger",
            Self::Reply
            | Self::Thread
            | Self::Edit
            | Self::CopyText
            | Self::CopyLink
            | Self::Forward
            | Self::Pin
            | Self::Unpin
            | Self::Save
            | Self::Unsave
            | Self::Remind
            | Self::MarkUnread => "",
        }
    }
}

/// Whether it is one's own to change: words that were forwarded are somebody else's.
pub fn is_editable(message: &Message, me: UserId) -> bool {
    // A question stays what was answered.
    let own_words = message.origin.is_none() && message.poll.is_none();
    message.author == me && message.body.is_some() && own_words
}

impl Acting {
    pub fn entry(self) -> RoomEntry {
        self.means.get_value().entry.get_value()
    }

    pub fn state(self) -> State {
        self.means.get_value().state
    }

    pub fn talk(self) -> Talk {
        self.means.get_value().talk
    }

    pub fn locale(self) -> Locale {
        self.means.get_value().locale
    }

    pub fn about(self) -> About {
        self.means.get_value().about
    }

    fn may(self, action: RoomAction) -> bool {
        untrack(|| self.state().may(&self.entry(), action))
    }

    pub fn may_react(self, said: &Said) -> bool {
        said.delivery == Delivery::Stored && !said.is_removed() && self.may(RoomAction::React)
    }

    pub fn perform(self, act: Act, said: &Said) {
        let Some(message) = said.message() else { return };
        let Means { state, talk, deeds, toasts, locale, address, about, stop_reading, .. } =
            self.means.get_value();
        let texts = &untrack(|| locale.texts()).conversation;
        let (room, seq) = (message.room, message.seq);
        let done = |what| state.act_on(room, what, String::new());
        let write = |writing| {
            talk.writing.set(Some(writing));
            now(talk.focus_composer);
        };
        match act {
            Act::Reply => write(Writing::Reply(seq)),
            Act::Edit => write(Writing::Edit(seq)),
            Act::Thread => address.go(&thread_path(room, message.thread.unwrap_or(seq))),
            Act::CopyText => {
                let done = untrack(|| locale.texts()).common.copied;
                copy(said.text.words().to_owned(), done, toasts, locale);
            }
            Act::CopyLink => {
                copy(absolute(&message_path(room, seq)), texts.link_copied, toasts, locale);
            }
            Act::Forward => about.forwarding.set(Some(seq)),
            Act::Pin => done(What::Pin(seq)),
            Act::Unpin => done(What::Unpin(seq)),
            Act::Save => {
                let command = ClientCommand::SaveMessage { room, message: seq };
                deeds.then(command, move |_| toasts.say(texts.saved_toast));
            }
            Act::Unsave => deeds.run(ClientCommand::UnsaveMessage { room, message: seq }),
            Act::Remind => self.remind(message),
            Act::MarkUnread => {
                stop_reading.run(());
                deeds.run(ClientCommand::MarkUnread { room, seq });
            }
            Act::Delete => about.removing.set(Some(seq)),
        }
    }

    /// Reminds of a message, by its first words, at a moment that is chosen first.
    fn remind(self, message: &Message) {
        let Means { deeds, toasts, locale, desk, .. } = self.means.get_value();
        let words = message.body.as_ref().map_or("", MessageBody::as_str);
        let text: String = plain(words).chars().take(REMINDED_CHARS).collect();
        let (room, message) = (Some(message.room), Some(message.seq));
        let chosen = Arc::new(move |at| {
            let texts = &untrack(|| locale.texts()).conversation;
            let told = texts.will_remind.fill([&locale.moment(at)]);
            let (id, text) = (ReminderId::new(), text.clone());
            let set = ClientCommand::SetReminder { id, room, message, text, at };
            deeds.then(set, move |_| toasts.say(told));
        });
        let title = |texts: &'static Catalogue| texts.conversation.remind_me;
        desk.moment.set(Some(Choosing { title, chosen }));
    }

    /// Adds one's reaction, or takes it back.
    pub fn react(self, message: &Message, emoji: &str) {
        let mine = message
            .reactions
            .iter()
            .any(|reaction| reaction.emoji.as_str() == emoji && reaction.users.contains(&self.me));
        if !mine {
            emoji::reacted(self.me, emoji);
        }
        let what = if mine { What::TakeBack(message.seq) } else { What::React(message.seq) };
        self.state().act_on(message.room, what, emoji.to_owned());
    }

    /// Lets a reaction be chosen, beside this element.
    pub fn choose_reaction(self, seq: Seq, anchor: HtmlElement) {
        let about = self.about();
        about.reacting.set(Some(seq));
        about.anchor.set(Some(anchor));
    }
}

/// Where a press came from.
pub fn pressed(event: &leptos::ev::MouseEvent) -> Option<HtmlElement> {
    event.current_target().and_then(|target| target.dyn_into::<HtmlElement>().ok())
}

/// What can be done, beside the message: what is done most as buttons, the rest in a menu. `said` is
/// the message as it is when something is done.
#[component]
pub fn Toolbar<S>(said: S, acting: Acting) -> impl IntoView
where
    S: Fn() -> Option<Said> + Copy + Send + Sync + 'static,
{
    let locale = use_locale();
    let said = move || untrack(said);
    let Some((now, seq)) = said().and_then(|said| said.seq.map(|seq| (said, seq))) else {
        return ().into_any();
    };
    let react = move |emoji: &str| {
        if let Some(message) = said().as_ref().and_then(Said::message) {
            acting.react(message, emoji);
        }
    };
    let reacts = acting.may_react(&now).then(|| {
        let quick = likely(acting.me).into_iter().map(|emoji| {
            let (label, chosen) = (emoji.clone(), emoji.clone());
            view! {
                <button
                    type="button"
                    class="ib emoji"
                    aria-label=move || locale.texts().conversation.react_with.fill([&label])
                    on:click=move |_| react(&chosen)
                >
                    {emoji}
                </button>
            }
        });
        view! {
            {quick.collect::<Vec<_>>()}
            <button
                type="button"
                class="ib"
                aria-label=text!(locale, conversation.add_reaction)
                title=text!(locale, conversation.add_reaction)
                aria-haspopup="dialog"
                on:click=move |event| {
                    if let Some(anchor) = pressed(&event) {
                        acting.choose_reaction(seq, anchor);
                    }
                }
            >
                <Icon name=IconName::SmilePlus/>
            </button>
        }
    });
    let perform = move |act: Act| {
        if let Some(said) = said() {
            acting.perform(act, &said);
        }
    };
    let is_beside = |act: &Act| matches!(act, Act::Reply | Act::Thread);
    let beside = Act::all(&now, acting).into_iter().filter(is_beside);
    let buttons = beside.map(move |act| {
        view! {
            <button
                type="button"
                class="ib"
                aria-label=move || act.words(locale)
                title=move || act.words(locale)
                on:click=move |_| perform(act)
            >
                <Icon name=act.icon()/>
            </button>
        }
    });
    let buttons: Vec<_> = buttons.collect();
    // Made when it opens: by then the message may have become another.
    let menu = ViewFn::from(move || {
        let acts = said().map(|said| Act::all(&said, acting)).unwrap_or_default();
        let items = acts.into_iter().filter(|act| !is_beside(act)).map(|act| {
            view! {
                {(act == Act::Delete).then(|| view! { <MenuLine/> })}
                <MenuItem
                    icon=act.icon()
                    text=move || act.words(locale)
                    class=act.class()
                    key=act.key()
                    on_select=Callback::new(move |()| perform(act))
                />
            }
        });
        items.collect::<Vec<_>>().into_any()
    });
    view! {
        <div class="acts" role="toolbar" aria-label=text!(locale, conversation.message_actions)>
            {reacts}
            {buttons}
            <MenuButton
                id=format!("more-{seq}-{}", u8::from(acting.entry().thread.is_some()))
                label=text!(locale, conversation.more)
                face=|| view! { <Icon name=IconName::More/> }
            >
                {menu.run()}
            </MenuButton>
        </div>
    }
    .into_any()
}
