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
use shared::api::{GetHistory, HistoryEntry, HistoryQuery, ListMentions, MentionsQuery, Nothing};
use shared::command::ClientCommand;
use shared::id::{RoomId, Seq};
use shared::limit;
use shared::message::Message;

/// Messages that are asked for at once.
const PAGE: u32 = 50;
/// A room in which much is said just now is not asked for each of it.
const REST_MILLIS: u32 = 400;

/// What of a room is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// All that is unread.
    All,
    /// What mentions the viewer, however far down.
    Mentions,
}

/// What was asked for and has come.
#[derive(Clone, Debug)]
struct Loaded {
    what: What,
    /// From this place on it is known what was said, up to this one.
    from: Seq,
    to: Seq,
    messages: Vec<Message>,
    next: Option<Next>,
}

/// Where the next page begins.
#[derive(Clone, Debug)]
enum Next {
    After(Seq),
    Mention(String),
}

#[derive(Clone, Debug, Default)]
enum Progress {
    #[default]
    Asking,
    Here,
    Failed(Failure),
}

/// A page of what is unread in the room: from `read` on, or from where the page before it ended.
async fn page(
    room: RoomId,
    what: What,
    read: Seq,
    next: Option<Next>,
    limit: u32,
) -> Result<(Vec<Message>, Option<Next>), Failure> {
    let limit = Some(limit.clamp(PAGE, limit::PAGE_MAX));
    match what {
        What::All => {
            let after = match next {
                Some(Next::After(place)) => place,
                Some(Next::Mention(_)) | None => read,
            };
            let query = HistoryQuery { after: Some(after), limit, ..HistoryQuery::default() };
            let page = api::call::<GetHistory>(&(room,), &query, &Nothing {}).await?;
            let messages = page.entries.into_iter().filter_map(|entry| match entry {
                HistoryEntry::Message(message) => Some(*message),
                HistoryEntry::Event(_) => None,
            });
            Ok((messages.collect(), page.after.map(Next::After)))
        }
        What::Mentions => {
            let after = match next {
                Some(Next::Mention(after)) => Some(after),
                Some(Next::After(_)) | None => None,
            };
            let query = MentionsQuery { room: Some(room), after, limit };
            let page = api::call::<ListMentions>(&(), &query, &Nothing {}).await?;
            Ok((page.messages, page.next.map(Next::Mention)))
        }
    }
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
    // In a direct room everything is for the viewer.
    let what = move || if for_you.get() && !direct { What::Mentions } else { What::All };
    let loaded = RwSignal::new(None::<Loaded>);
    let progress = RwSignal::new(Progress::Asking);
    let turn = StoredValue::new(0_u32);
    let load = move |next: Option<Next>| {
        let (read, head) = place.get_untracked();
        let what = untrack(what);
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let mine = turn.get_value();
        let has = loaded.with_untracked(|loaded| {
            loaded.as_ref().filter(|it| it.what == what).map(|it| it.messages.len())
        });
        // What is said meanwhile is not asked for at once; what was shown already is asked for again.
        let (rest, limit) = match (&next, has) {
            (None, Some(has)) => (REST_MILLIS, u32::try_from(has).unwrap_or(u32::MAX)),
            (Some(_), _) | (None, None) => (0, PAGE),
        };
        progress.set(Progress::Asking);
        spawn_local(async move {
            TimeoutFuture::new(rest).await;
            if turn.try_get_value() != Some(mine) {
                return;
            }
            let goes_on = next.is_some();
            let answer = page(room, what, read, next, limit).await;
            if turn.try_get_value() != Some(mine) {
                return;
            }
            match answer {
                Ok((messages, next)) => {
                    // A mention that was deleted counts: that it is gone says why nothing is there.
                    let is_there =
                        |message: &Message| message.body.is_some() || what == What::Mentions;
                    let unread = messages
                        .into_iter()
                        .filter(|message| Some(message.author) != me && is_there(message));
                    loaded.update(|loaded| match loaded {
                        Some(loaded) if goes_on => {
                            loaded.messages.extend(unread);
                            loaded.next = next;
                        }
                        Some(_) | None => {
                            let messages = unread.collect();
                            *loaded = Some(Loaded { what, from: read, to: head, messages, next });
                        }
                    });
                    progress.set(Progress::Here);
                }
                Err(failure) => progress.set(Progress::Failed(failure)),
            }
        });
    };
    effect(move || {
        let (read, head) = place.get();
        let what = what();
        // A marker that moved on hides what it passed; for that nothing is asked. Where there are
        // further pages, what was said meanwhile is on one of them.
        let is_known = loaded.with_untracked(|loaded| {
            loaded.as_ref().is_some_and(|known| {
                let reaches = head <= known.to || known.next.is_some();
                known.what == what && read >= known.from && reaches
            })
        });
        if !is_known {
            load(None);
        }
    });
    let undo = move |said: String, read: Seq| {
        toasts.say_with(said, locale.texts().catch_up().undo, move || {
            deeds.run(ClientCommand::MarkUnread { room, seq: read.next() });
        });
    };
    let mark = move |seq: Seq| {
        let (read, head) = place.get_untracked();
        deeds.run(ClientCommand::MarkRead { room, seq, age_ms: 0 });
        let texts = locale.texts().catch_up();
        if seq >= head {
            undo(texts.marked.fill([&name.get_untracked()]), read);
        } else {
            undo(texts.read_up_to.to_owned(), read);
        }
    };
    let called = move |message: &Message| !direct && me.is_some_and(|me| message.is_for(me));
    let shown = Memo::new(move |_| {
        let (read, _) = place.get();
        let what = what();
        loaded.with(|loaded| {
            let Some(Loaded { what: of, messages, .. }) = loaded else { return Vec::new() };
            // Until what mentions one has come, so much of it is known.
            let is_shown = |message: &Message| what == What::All || *of == what || called(message);
            let messages = messages.iter().filter(|it| it.seq > read && is_shown(it));
            messages.cloned().collect::<Vec<_>>()
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
                        <button
                            type="button"
                            class="ib"
                            data-key="u"
                            aria-label=text!(locale, conversation.mark_unread_from_here)
                            title=text!(locale, conversation.mark_unread_from_here)
                            on:click=move |_| {
                                if place.get_untracked().0 < seq.previous() {
                                    mark(seq.previous());
                                }
                            }
                        >
                            <Icon name=IconName::EyeOff/>
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
    let below = move || {
        match progress.get() {
        Progress::Failed(failure) => {
            let words = failure.sentence(locale.texts());
            let again = move |_| {
                load(loaded.with_untracked(|loaded| loaded.as_ref().and_then(|it| it.next.clone())));
            };
            view! {
                <p class="muted" role="alert">{words}</p>
                <button type="button" class="btn outline sm" on:click=again>
                    {text!(locale, common.try_again)}
                </button>
            }
            .into_any()
        }
        Progress::Asking | Progress::Here => match loaded.with(|it| it.as_ref().map(|it| it.next.clone())) {
            Some(Some(next)) => view! {
                <button type="button" class="btn quiet sm" on:click=move |_| load(Some(next.clone()))>
                    {text!(locale, catch_up.more)}
                    <Icon name=IconName::Down class="sm"/>
                </button>
            }
            .into_any(),
            Some(None) if shown.with(Vec::is_empty) => {
                view! { <p class="muted">{text!(locale, catch_up.elsewhere)}</p> }.into_any()
            }
            Some(None) | None => ().into_any(),
        },
    }
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
