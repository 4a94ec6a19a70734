//! `/catch-up`: what is unread in all rooms on one page, read and put away by a few keys.

pub mod group;
mod keys;

use crate::actions::use_actions;
use crate::appearance::use_title;
use crate::components::deed::use_deeds;
use crate::components::mark::Skyline;
use crate::components::names::{is_direct, room_name};
use crate::components::page_head::PageHead;
use crate::components::sidebar::waiting;
use crate::components::toast::use_toasts;
use crate::erased::{Show, live, redrawn};
use crate::locales::{Locale, use_locale};
use crate::order::sorted_by;
use crate::state::{RoomEntry, State, use_state};
use crate::text;
use group::Group;
use leptos::prelude::*;
use shared::command::ClientCommand;
use shared::id::{RoomId, Seq};

#[component]
pub fn CatchUp() -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let deeds = use_deeds();
    let toasts = use_toasts();
    let actions = use_actions();
    use_title(move || locale.texts().navigation.catch_up.to_owned());
    let for_you = RwSignal::new(false);
    let seen = StoredValue::new(Vec::new());
    let rooms = Memo::new_with_compare(
        move |_| listed(state, locale, seen, for_you.get()),
        |before, after| ids(before) != ids(after),
    );
    let any = Memo::new(move |_| rooms.with(|rooms| !rooms.is_empty()));
    let sub = move || {
        let (rooms, messages) = state.rooms.with(|rooms| {
            let unread = rooms.values().filter(|entry| waits(entry));
            let counts =
                unread.map(|entry| entry.view.with(|view| u64::from(view.counts().unread)));
            counts.fold((0_u64, 0), |(rooms, all), unread| (rooms + 1, all + unread))
        });
        if rooms == 0 {
            return String::new();
        }
        let texts = locale.texts();
        let rooms = texts.navigation.room_count.fill(rooms, [&locale.number(rooms)]);
        texts.catch_up().sub.fill(messages, [&locale.number(messages), &rooms])
    };
    let all_read = move |_| {
        let waiting: Vec<(RoomId, Seq, Seq)> = state.rooms.with_untracked(|rooms| {
            let view = |entry: &RoomEntry| {
                let (head, read) =
                    entry.view.with_untracked(|view| (view.head, view.counts().read));
                (entry.id, head, read)
            };
            rooms.values().filter(|entry| untrack(|| waits(entry))).map(view).collect()
        });
        for (room, seq, _) in &waiting {
            deeds.run(ClientCommand::MarkRead { room: *room, seq: *seq, age_ms: 0 });
        }
        let texts = locale.texts().catch_up();
        toasts.say_with(texts.marked_all, texts.undo, move || {
            for (room, _, read) in &waiting {
                actions.tell(ClientCommand::MarkUnread { room: *room, seq: read.next() });
            }
        });
    };
    let choice = move |mine: bool| {
        let words = move || {
            let texts = locale.texts().catch_up();
            if mine { texts.for_you } else { texts.everything }
        };
        view! {
            <button
                type="button"
                aria-pressed=live(move || if for_you.get() == mine { "true" } else { "false" })
                on:click=move |_| for_you.set(mine)
            >
                {redrawn(words)}
            </button>
        }
    };
    view! {
        <main class="sheet" id="main" aria-labelledby="page-title">
            <PageHead title=text!(locale, navigation.catch_up) sub=sub>
                <Show when=move || any.get()>
                    <button type="button" class="btn outline sm keep" on:click=all_read>
                        {text!(locale, catch_up.all_read)}
                    </button>
                </Show>
            </PageHead>
            <div class="scroll catch" on:keydown=move |event| keys::on_key(&event)>
                <div class="page">
                    <div class="catch__top">
                        <div class="seg" role="group" aria-label=text!(locale, catch_up.what)>
                            {choice(false)}
                            {choice(true)}
                        </div>
                        <a class="link" href="/search?q=is%3Amention">
                            {text!(locale, catch_up.all_mentions)}
                        </a>
                        <p class="muted not-phone">{text!(locale, catch_up.keys)}</p>
                    </div>
                    <For each=move || rooms.get() key=|entry| entry.id let:entry>
                        <Group entry for_you/>
                    </For>
                    <Show when=move || !any.get() && state.synchronised.get()>
                        <Nothing for_you/>
                    </Show>
                </div>
            </div>
        </main>
    }
}

#[component]
fn Nothing(for_you: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let title = move || {
        let texts = locale.texts().catch_up();
        if for_you.get() { texts.nothing_for_you } else { texts.nothing }
    };
    view! {
        <div class="empty">
            <Skyline/>
            <h2>{redrawn(title)}</h2>
            <p>{text!(locale, catch_up.nothing_hint)}</p>
        </div>
    }
}

fn ids(entries: Option<&Vec<RoomEntry>>) -> Option<Vec<RoomId>> {
    entries.map(|entries| entries.iter().map(|entry| entry.id).collect())
}

/// Whether there is anything in it for the viewer, as its row in the list says.
fn waits(entry: &RoomEntry) -> bool {
    let waiting = waiting(entry);
    waiting.unread || waiting.for_you > 0
}

/// Those that wait: in the order in which they were seen first, so that nothing moves under the
/// eyes; of those seen at once, what is for the viewer first, then by name.
fn listed(
    state: State,
    locale: Locale,
    seen: StoredValue<Vec<RoomId>>,
    for_you: bool,
) -> Vec<RoomEntry> {
    let entries: Vec<RoomEntry> =
        state.rooms.with(|rooms| rooms.values().filter(|entry| waits(entry)).cloned().collect());
    let named = entries.into_iter().map(|entry| {
        let rank = (waiting(&entry).for_you == 0, !is_direct(&entry));
        (rank, room_name(state, locale, &entry), entry)
    });
    let sorted = sorted_by(named.collect(), |(rank, name, _), (other, other_name, _)| {
        rank.cmp(other).then_with(|| locale.compare(name, other_name))
    });
    seen.update_value(|seen| {
        for (.., entry) in &sorted {
            if !seen.contains(&entry.id) {
                seen.push(entry.id);
            }
        }
    });
    let place = |room: RoomId| seen.with_value(|seen| seen.iter().position(|known| *known == room));
    let shown = sorted.into_iter().map(|(.., entry)| entry);
    let shown = shown.filter(|entry| !for_you || waiting(entry).for_you > 0).collect();
    sorted_by(shown, |a: &RoomEntry, b: &RoomEntry| place(a.id).cmp(&place(b.id)))
}
