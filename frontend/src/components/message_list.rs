//! A room's messages: drawn in part, anchored, never moving what is read.
//!
//! What is shown, and where, is decided by [`crate::timeline`]; here it is drawn.

mod attention;
mod document;
pub mod earlier;
pub mod forward;
mod history;
pub mod jumper;
mod keys;
mod machine;
pub mod menu;
mod pointer;
pub mod questions;
pub mod row;
mod slots;

use super::announcer::use_announcer;
use super::desk::Talk;
use super::emoji_picker::EmojiPicker;
use super::icon::{Icon, IconName};
use super::message::use_acting;
use super::names::is_direct;
use crate::actions::use_actions;
use crate::erased::{Show, effect, live};
use crate::locales::use_locale;
use crate::pages::room::NobodySpoke;
use crate::state::{Link, RoomEntry, State, use_state};
use crate::text;
use crate::timeline::{Align, Divider, Reader, RowContent, RowKey, Said};
use core::time::Duration;
use document::Document;
use jumper::Jumper;
use leptos::ev;
use leptos::prelude::*;
use machine::{Goal, Machine};
use menu::MessageMenu;
use questions::Questions;
use row::{ListRow, Skeleton};
use shared::error::ErrorCode;
use shared::id::Seq;
use shared::reduce::RoomState;
use slots::Slot;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::ResizeObserver;

const LOOK_MILLIS: u64 = 200;

/// What the list is drawn by.
#[derive(Clone, Copy, Debug)]
pub struct ListView {
    drawn: RwSignal<Vec<Slot>>,
    /// The heights of what is not drawn, before and after.
    spacers: RwSignal<(f64, f64)>,
    pinned: RwSignal<bool>,
    unread_above: RwSignal<bool>,
    at_start: RwSignal<bool>,
    failed: RwSignal<Option<ErrorCode>>,
    slow: RwSignal<bool>,
    /// There is something to show.
    shown: RwSignal<bool>,
    /// The message of which a finger asked what can be done with it.
    menu: RwSignal<Option<Said>>,
}

impl ListView {
    fn new() -> Self {
        Self {
            drawn: RwSignal::new(Vec::new()),
            spacers: RwSignal::new((0.0, 0.0)),
            pinned: RwSignal::new(true),
            unread_above: RwSignal::new(false),
            at_start: RwSignal::new(false),
            failed: RwSignal::new(None),
            slow: RwSignal::new(false),
            shown: RwSignal::new(false),
            menu: RwSignal::new(None),
        }
    }
}

#[component]
#[expect(clippy::too_many_lines, reason = "one list; most of it is its markup")]
pub fn MessageList(entry: RoomEntry, name: Memo<String>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let talk = expect_context::<Talk>();
    let Some(me) = state.me_untracked() else { return ().into_any() };

    let direct = untrack(|| is_direct(&entry));
    let kind = entry.view.with_untracked(|view| view.room.kind);
    let counts = untrack(|| entry.counts());
    let divider = RwSignal::new((counts.unread > 0).then_some(Divider {
        after: counts.read,
        count: counts.unread,
        since: None,
    }));
    let view = ListView::new();
    let place = Document::new();
    let machine = Rc::new(Machine::new(
        entry.clone(),
        Reader { me, room: kind },
        view,
        place,
        divider,
        (state, use_actions()),
        use_announcer(),
        locale,
    ));
    follow_state(&machine, state);
    follow_talk(&machine, talk);
    if entry.thread.is_none() {
        follow_reactions(&machine, state);
    }
    observe(&machine);
    // A link's target is jumped to by the effect that follows the conversation.
    if talk.jump.with_untracked(Option::is_none) {
        machine.open();
    }

    let machine = StoredValue::new_local(machine);
    // The browser tells of a focus that leaves even while the list is being taken away.
    let with = move |act: fn(&Rc<Machine>)| {
        machine.try_with_value(act);
    };
    let look = set_interval_with_handle(
        move || with(|machine| machine.look()),
        Duration::from_millis(LOOK_MILLIS),
    );
    on_cleanup(move || {
        if let Ok(look) = look {
            look.clear();
        }
        with(|machine| machine.leave());
    });
    let stop_reading =
        Callback::new(move |()| machine.with_value(|machine| machine.stop_reading()));
    let acting = use_acting(entry.clone(), talk, me, stop_reading);

    let in_thread = entry.thread.is_some();
    let label = move || {
        let texts = &locale.texts().conversation;
        if in_thread {
            texts.thread_replies.to_owned()
        } else {
            texts.messages_in.fill([&name.get()])
        }
    };
    let react = Callback::new(move |emoji: String| {
        let message = acting.about().reacting.get_untracked().and_then(|seq| {
            acting.entry().timeline.with_untracked(|timeline| timeline.entry(seq).cloned())
        });
        if let Some(message) = message.as_ref().and_then(|entry| entry.message()) {
            acting.react(message, &emoji);
        }
    });
    let empty = move || {
        view.shown.get()
            && view.at_start.get()
            && view.drawn.with(|drawn| !drawn.iter().any(is_message))
    };
    let entry = StoredValue::new(entry);
    view! {
        <div
            node_ref=place.scroller
            class="scroll log"
            role="log"
            aria-live="off"
            aria-label=label
            tabindex="0"
            on:scroll=move |_| with(Machine::scrolled)
            on:keydown=move |event: ev::KeyboardEvent| {
                machine.try_with_value(|machine| machine.key(&event, talk, acting));
            }
            on:pointerover=move |event: ev::PointerEvent| {
                machine.try_with_value(|machine| machine.pointer_over(&event));
            }
            on:pointerleave=move |_| with(|machine| machine.pointer_left())
            on:pointerdown=move |event: ev::PointerEvent| {
                machine.try_with_value(|machine| machine.pressed(&event));
            }
            on:pointermove=move |event: ev::PointerEvent| {
                machine.try_with_value(|machine| machine.press_moved(&event, acting));
            }
            on:pointerup=move |_| {
                machine.try_with_value(|machine| machine.let_go(acting));
            }
            on:pointercancel=move |_| with(|machine| machine.press_ended())
            on:touchend=move |event: ev::TouchEvent| {
                machine.try_with_value(|machine| machine.lifted(&event));
            }
            on:contextmenu=move |event: ev::MouseEvent| {
                machine.try_with_value(|machine| machine.context_menu(&event));
            }
            on:focusin=move |event: ev::FocusEvent| {
                machine.try_with_value(|machine| machine.focus_moved(Some(&event)));
            }
            on:focusout=move |event: ev::FocusEvent| {
                machine.try_with_value(|machine| machine.focus_left(&event));
            }
        >
            <Show when=move || view.failed.with(Option::is_some)>
                <div class="empty">
                    <h2>{text!(locale, conversation.load_failed_title)}</h2>
                    <p>{text!(locale, conversation.load_failed)}</p>
                    <button type="button" class="btn outline" on:click=move |_| with(Machine::open)>
                        <Icon name=IconName::Refresh class="sm"/>
                        {text!(locale, common.try_again)}
                    </button>
                </div>
            </Show>
            <Show when=move || view.slow.get() && !view.shown.get() && view.failed.with(Option::is_none)>
                <Skeleton/>
            </Show>
            <Show when=empty>
                <NobodySpoke name direct/>
            </Show>
            <ol node_ref=place.list>
                <li aria-hidden="true" hidden=live(move || !view.shown.get() || view.at_start.get())>
                    <Skeleton/>
                </li>
                <li aria-hidden="true" class="gap" style:block-size=live(move || px(view.spacers.get().0))></li>
                <For
                    each=move || view.drawn.get()
                    key=|slot| slot.key
                    children=move |slot| {
                        view! {
                            <ListRow entry=entry.get_value() shown=slot.shown hot=slot.hot acting/>
                        }
                    }
                />
                <li aria-hidden="true" class="gap" style:block-size=live(move || px(view.spacers.get().1))></li>
            </ol>
        </div>
        <Jumper
            entry=entry.get_value()
            view
            to_unread=Callback::new(move |()| {
                with(|machine| machine.aim(Goal::Row(RowKey::New, Align::At(0.25))));
            })
            to_end=Callback::new(move |()| with(Machine::go_to_end))
        />
        <MessageMenu menu=view.menu acting/>
        <EmojiPicker
            id=if in_thread { "thread-reaction" } else { "reaction" }.to_owned()
            anchor=acting.about().anchor
            on_choose=react
        />
        <Questions acting/>
    }
    .into_any()
}

/// Whatever changes the rows asks for one drawing before the next paint.
fn follow_state(machine: &Rc<Machine>, state: State) {
    let of = Rc::clone(machine);
    // Both only grow: something has happened, or somebody has read on.
    let head = {
        let view = of.entry.view.clone();
        Memo::new(move |_| {
            let read = |view: &RoomState| view.seen.values().map(|read| read.0).sum::<u64>();
            view.with(|view| view.head.0.wrapping_add(read(view)))
        })
    };
    effect(move || {
        of.entry.timeline.track();
        // A memo that nobody reads follows nothing.
        head.get();
        state.outbox.track();
        state.link.track();
        of.divider.track();
        of.schedule();
    });
    let of = Rc::clone(machine);
    // A failed first page is asked for again when there is a connection again.
    effect(move || {
        of.told_read.set(Seq::ZERO);
        if state.link.get() == Link::Live && of.view.failed.get_untracked().is_some() {
            of.open();
        }
    });
}

/// Says how others react to one's own words, while one is in the room.
fn follow_reactions(machine: &Rc<Machine>, state: State) {
    let machine = Rc::clone(machine);
    effect(move || {
        let Some(event) = state.reacted.get() else { return };
        state.reacted.update_untracked(|reacted| *reacted = None);
        if event.room == machine.entry.id {
            machine.announce_reaction(&event);
        }
    });
}

fn follow_talk(machine: &Rc<Machine>, talk: Talk) {
    let when = |signal: RwSignal<u32>, act: fn(&Rc<Machine>)| {
        let machine = Rc::clone(machine);
        Effect::new(move |before: Option<u32>| {
            let now = signal.get();
            if before.is_some_and(|before| before != now) {
                act(&machine);
            }
            now
        });
    };
    when(talk.sent, |machine| {
        machine.divider.set(None);
        machine.go_to_end();
    });
    when(talk.focus_last, Machine::focus_last);
    when(talk.mark_read, |machine| machine.mark_all_read());
    let machine = Rc::clone(machine);
    effect(move || {
        if let Some(seq) = talk.jump.get() {
            talk.jump.set(None);
            machine.jump(seq);
        }
    });
}

fn is_message(slot: &Slot) -> bool {
    slot.shown.with(|shown| matches!(shown.row.content, RowContent::Message(_)))
}

fn px(pixels: f64) -> String {
    // The standard formatting of fractions is large, and the browser has its own.
    let number = js_sys::Number::from(pixels).to_string_with_radix(10);
    number.map_or_else(|_| String::new(), |number| format!("{}px", String::from(number)))
}

/// Tells the machine when the list or the room around it changes its size.
fn observe(machine: &Rc<Machine>) {
    let place = machine.document;
    let weak = Rc::downgrade(machine);
    let observer = StoredValue::new_local(None::<(ResizeObserver, Closure<dyn FnMut()>)>);
    effect(move || {
        let (Some(scroller), Some(list)) = (place.scroller.get(), place.list.get()) else { return };
        let weak = weak.clone();
        let resized = Closure::<dyn FnMut()>::new(move || {
            if let Some(machine) = weak.upgrade() {
                machine.resized();
            }
        });
        if let Ok(resize_observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            resize_observer.observe(&scroller);
            resize_observer.observe(&list);
            observer.set_value(Some((resize_observer, resized)));
        }
    });
    on_cleanup(move || {
        observer.update_value(|observer| {
            if let Some((observer, _)) = observer.take() {
                observer.disconnect();
            }
        });
    });
}
