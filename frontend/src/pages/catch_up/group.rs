//! One room of those that wait: what is unread in it, from the marker on.

use super::keys;
use crate::api::{self, Failure};
use crate::components::deed::use_deeds;
use crate::components::desk::{message_path, path_of};
use crate::components::icon::{Icon, IconName};
use crate::components::names::{is_direct, room_name};
use crate::components::sidebar::face;
use crate::components::still_message::still_message;
use crate::components::toast::use_toasts;
use crate::erased::{effect, redrawn};
use crate::locales::use_locale;
use crate::state::{RoomEntry, use_state};
use crate::text;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{GetHistory, HistoryEntry, HistoryQuery, Nothing};
use shared::command::ClientCommand;
use shared::id::Seq;
use shared::message::Message;

/// Messages that are shown here of one room; who wants more reads on there.
const SHOWN: u32 = 50;
/// A room in which much is said just now is not asked for each of it.
const REST_MILLIS: u32 = 400;

#[derive(Clone, Debug, Default, PartialEq)]
enum Loaded {
    #[default]
    Asking,
    Messages {
        messages: Vec<Message>,
        /// There are further ones.
        more: bool,
    },
    Failed(Failure),
}

#[component]
#[expect(clippy::too_many_lines, reason = "one room; most of it is its markup")]
pub fn Group(entry: RoomEntry, for_you: RwSignal<bool>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let deeds = use_deeds();
    let toasts = use_toasts();
    let room = entry.id;
    let me = state.me_untracked();
    let direct = untrack(|| is_direct(&entry));
    let name = {
        let entry = entry.clone();
        Memo::new(move |_| room_name(state, locale, &entry))
    };
    let view = entry.view.clone();
    let place = Memo::new(move |_| view.with(|view| (view.counts().read, view.head)));
    let loaded = RwSignal::new(Loaded::Asking);
    // From which place on, and up to which, it is known what was said.
    let known = StoredValue::new(None::<(Seq, Seq)>);
    let turn = StoredValue::new(0_u32);
    let load = move || {
        let (read, head) = place.get_untracked();
        let first = known.get_value().is_none();
        known.set_value(Some((read, head)));
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let mine = turn.get_value();
        spawn_local(async move {
            if !first {
                TimeoutFuture::new(REST_MILLIS).await;
            }
            if turn.try_get_value() != Some(mine) {
                return;
            }
            let query =
                HistoryQuery { after: Some(read), limit: Some(SHOWN), ..HistoryQuery::default() };
            let answer = api::call::<GetHistory>(&(room,), &query, &Nothing {}).await;
            if turn.try_get_value() != Some(mine) {
                return;
            }
            loaded.set(match answer {
                Ok(page) => Loaded::Messages {
                    more: page.after.is_some(),
                    messages: page
                        .entries
                        .into_iter()
                        .filter_map(|entry| match entry {
                            HistoryEntry::Message(message) => Some(*message),
                            HistoryEntry::Event(_) => None,
                        })
                        .filter(|message| Some(message.author) != me && message.body.is_some())
                        .collect(),
                },
                Err(failure) => Loaded::Failed(failure),
            });
        });
    };
    effect(move || {
        let (read, head) = place.get();
        // A marker that moved on hides what it passed; for that nothing is asked.
        if known.get_value().is_none_or(|(from, to)| read < from || head > to) {
            load();
        }
    });
    let mark = move |seq: Seq| {
        let (read, head) = place.get_untracked();
        deeds.run(ClientCommand::MarkRead { room, seq });
        if seq >= head {
            let texts = locale.texts().catch_up();
            let said = texts.marked.fill([&name.get_untracked()]);
            toasts.say_with(said, texts.undo, move || {
                deeds.run(ClientCommand::MarkUnread { room, seq: read.next() });
            });
        }
    };
    let called =
        move |message: &Message| !direct && me.is_some_and(|me| message.mentions.contains(&me));
    let shown = Memo::new(move |_| {
        let (read, _) = place.get();
        let mine = for_you.get() && !direct;
        loaded.with(|loaded| match loaded {
            Loaded::Messages { messages, .. } => messages
                .iter()
                .filter(|message| message.seq > read && (!mine || called(message)))
                .cloned()
                .collect(),
            Loaded::Asking | Loaded::Failed(_) => Vec::new(),
        })
    });
    let row = move |message: Message| {
        let seq = message.seq;
        let class = if called(&message) { "msg first only mention" } else { "msg first only" };
        let inside = still_message(state, locale, &message);
        let path = path_of(&message);
        view! {
            <li>
                <article class=class tabindex="-1">
                    {inside}
                    <div class="acts keep" role="group">
                        <button
                            type="button"
                            class="ib"
                            data-key="m"
                            aria-label=text!(locale, catch_up.read_to_here)
                            title=text!(locale, catch_up.read_to_here)
                            on:click=move |event| {
                                keys::keep_place(&event);
                                mark(seq);
                            }
                        >
                            <Icon name=IconName::Check/>
                        </button>
                        <a
                            class="ib"
                            data-key="Enter"
                            href=path
                            aria-label=text!(locale, search.open_in_room)
                            title=text!(locale, search.open_in_room)
                        >
                            <Icon name=IconName::Right class="flip"/>
                        </a>
                    </div>
                </article>
            </li>
        }
        .into_any()
    };
    let below = move || match loaded.get() {
        Loaded::Asking => ().into_any(),
        Loaded::Failed(failure) => {
            let words = failure.sentence(locale.texts());
            view! {
                <p class="muted" role="alert">{words}</p>
                <button type="button" class="btn outline sm" on:click=move |_| load()>
                    {text!(locale, common.try_again)}
                </button>
            }
            .into_any()
        }
        Loaded::Messages { messages, more: true } => {
            let last = messages.last().map_or(place.get().0, |message| message.seq);
            view! {
                <a class="btn quiet sm" href=message_path(room, last.next())>
                    {text!(locale, catch_up.more_in_room)}
                    <Icon name=IconName::Right class="sm flip"/>
                </a>
            }
            .into_any()
        }
        Loaded::Messages { .. } => shown
            .with(Vec::is_empty)
            .then(|| view! { <p class="muted">{text!(locale, catch_up.elsewhere)}</p> })
            .into_any(),
    };
    let heading = format!("catch-{room}");
    let (labelled_by, described_by) = (heading.clone(), heading.clone());
    let view = entry.view.clone();
    let count = move || {
        let unread = u64::from(view.with(|view| view.counts().unread));
        (unread > 0)
            .then(|| locale.texts().navigation.new_messages.fill(unread, [&locale.number(unread)]))
    };
    view! {
        <section class="catch__room" aria-labelledby=labelled_by>
            <header>
                <span aria-hidden="true">{redrawn(move || face(state, locale, &entry, name))}</span>
                <h2 id=heading>
                    <a href=move || message_path(room, place.get().0.next())><bdi>{name}</bdi></a>
                </h2>
                <small>{redrawn(count)}</small>
                <button
                    type="button"
                    class="btn quiet sm"
                    data-key="e"
                    aria-describedby=described_by
                    on:click=move |event| {
                        keys::keep_place(&event);
                        mark(place.get_untracked().1);
                    }
                >
                    <Icon name=IconName::CheckTwice class="sm"/>
                    {text!(locale, catch_up.mark_read)}
                </button>
            </header>
            <ol>
                <For each=move || shown.get() key=|message| (message.seq, message.revised) children=row/>
            </ol>
            {redrawn(below)}
        </section>
    }
}
