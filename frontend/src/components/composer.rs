//! Where one writes: never locked, never losing a word.

use super::desk::{Talk, is_touch, now};
use super::emoji_picker::EmojiButton;
use super::find::learn_readings;
use super::icon::{Icon, IconName};
use super::mark::Bars;
use super::mentions::{self, LIST_ID, MentionList};
use super::message::names_in;
use super::names::{only_other, person_name};
use super::options::Chooser;
use crate::actions::use_actions;
use crate::drafts::{self, Draft};
use crate::erased::{Show, effect, live, redrawn};
use crate::locales::use_locale;
use crate::state::{RoomEntry, State, now_millis, use_state};
use crate::text;
use gloo_timers::callback::Timeout;
use leptos::ev::{CompositionEvent, KeyboardEvent};
use leptos::html;
use leptos::prelude::*;
use shared::command::ClientCommand;
use shared::limit;
use shared::message::MessageBody;
use shared::permission::RoomAction;
use shared::room::RoomPurpose;
use shared::user::EnterKey;
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

/// The draft is kept this long after the last key.
const SAVE_MILLIS: u32 = 300;
/// From here on the room left is shown.
const COUNT_FROM: usize = 15_500;
/// Some keyboards end a composition before they deliver the Enter that ended it.
const AFTER_COMPOSITION_MILLIS: u64 = 100;

#[component]
#[expect(clippy::too_many_lines, reason = "one box; its parts share most of what they know")]
pub fn Composer(entry: RoomEntry, name: Memo<String>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let actions = use_actions();
    let talk = expect_context::<Talk>();
    let room = entry.id;
    let Some(me) = state.me_untracked() else { return ().into_any() };

    let area = NodeRef::<html::Textarea>::new();
    let text = RwSignal::new(drafts::load(me, room).unwrap_or_default().text);
    let can_write = {
        let entry = entry.clone();
        Memo::new(move |_| why_not(state, &entry).is_none())
    };

    // --- the draft: kept while typing, and when the page or the room is left
    let saving = StoredValue::new_local(None::<Timeout>);
    let save =
        move || {
            saving.set_value(None);
            let draft = Draft {
                text: text.get_untracked(),
                caret: area
                    .get_untracked()
                    .and_then(|area| area.selection_start().ok().flatten())
                    .unwrap_or(0),
            };
            drafts::save(me, room, &draft);
            let has_draft = !draft.text.trim().is_empty();
            state.drafts.maybe_update(|rooms| {
                if has_draft { rooms.insert(room) } else { rooms.remove(&room) }
            });
        };
    let save_soon = move || saving.set_value(Some(Timeout::new(SAVE_MILLIS, save)));
    let leaving = window_event_listener(leptos::ev::pagehide, move |_| save());
    on_cleanup(move || {
        leaving.remove();
        if saving.with_value(Option::is_some) {
            save();
        }
    });

    let write = move |words: &str| {
        text.set(words.to_owned());
        if let Some(area) = area.get_untracked() {
            area.set_value(words);
            grow(&area);
        }
    };
    // The draft's caret stands where it stood.
    effect(move || {
        let Some(area) = area.get() else { return };
        if let Some(draft) = drafts::load(me, room) {
            let end = draft.caret;
            // A caret beyond the text is put at its end.
            let _ = area.set_selection_range(end, end);
        }
        grow(&area);
    });
    effect(move || {
        if let Some(words) = talk.take_back.get() {
            talk.take_back.set(None);
            let before = text.get_untracked();
            let together =
                if before.trim().is_empty() { words } else { format!("{words}\n{before}") };
            write(&together);
            save_soon();
            now(talk.focus_composer);
        }
    });
    Effect::new(move |before: Option<u32>| {
        let wanted = talk.focus_composer.get();
        if let (Some(area), true) =
            (area.get_untracked(), before.is_some_and(|before| before != wanted))
        {
            // Without focus the box is still one press away.
            let _ = area.focus();
        }
        wanted
    });

    // --- typing is told at most every three seconds
    let told_at = StoredValue::new(None::<u64>);
    let tell_typing = move || {
        let time = now_millis();
        let due = told_at
            .get_value()
            .is_none_or(|at| time.saturating_sub(at) >= limit::TYPING_REPEAT_MILLIS);
        if due {
            told_at.set_value(Some(time));
            actions.tell(ClientCommand::SetTyping { room });
        }
    };

    // --- whom one may mean by what follows an `@`
    let asked = RwSignal::new(None::<mentions::Query>);
    let at = RwSignal::new(0_usize);
    let found = Memo::new(move |_| {
        asked.get().map(|query| mentions::find(state, locale, &query.text)).unwrap_or_default()
    });
    let offering = Memo::new(move |_| found.with(|found| !found.is_empty()));
    let ask = move || {
        let query = text.with_untracked(|text| mentions::query(text, caret(area)));
        if asked.get_untracked() != query {
            if query.is_some() {
                learn_readings(state, actions);
            }
            at.set(0);
            asked.set(query);
        }
    };
    let mention = Callback::new(move |place: usize| {
        let person = found.with_untracked(|found| found.get(place).cloned());
        if let (Some(person), Some(query)) = (person, asked.get_untracked()) {
            let (completed, caret) =
                text.with_untracked(|text| mentions::complete(text, &query, &person.nick));
            asked.set(None);
            write(&completed);
            if let Some(area) = area.get_untracked() {
                // The text is there by now; a caret beyond it would be put at its end.
                let _ = area.set_selection_range(caret, caret);
            }
            save_soon();
        }
    });
    let chooser = Chooser { at, on_choose: mention };
    let choose_among = move |key: &str| {
        match key {
            "Enter" | "Tab" => mention.run(at.get_untracked()),
            "Escape" => asked.set(None),
            _ => return chooser.moves(key, found.with_untracked(Vec::len)),
        }
        true
    };

    let count = Memo::new(move |_| text.with(|text| text.chars().count()));
    let empty = Memo::new(move |_| text.with(|text| text.trim().is_empty()));
    let too_long = Memo::new(move |_| count.get() > limit::MESSAGE_CHARS);
    let send = move || {
        let body = text.with_untracked(|text| MessageBody::new(text));
        let Ok(body) = body else { return };
        state.send(room, body.as_str().to_owned());
        write("");
        asked.set(None);
        told_at.set_value(None);
        save();
        now(talk.sent);
    };

    let insert = Callback::new(move |words: String| {
        let caret = caret(area);
        let together = text.with_untracked(|text| {
            let mut together = text.clone();
            together.insert_str(mentions::byte_at(text, caret), &words);
            together
        });
        write(&together);
        if let Some(area) = area.get_untracked() {
            let behind = caret + u32::try_from(words.encode_utf16().count()).unwrap_or(0);
            // The text is there by now; a caret beyond it would be put at its end.
            let _ = area.set_selection_range(behind, behind);
            let _ = area.focus();
        }
        save_soon();
    });

    // --- keys
    let composed_at = StoredValue::new(None::<u64>);
    let composing = move |event: &KeyboardEvent| {
        let just_ended = composed_at
            .get_value()
            .is_some_and(|at| now_millis().saturating_sub(at) < AFTER_COMPOSITION_MILLIS);
        event.is_composing() || event.key_code() == 229 || just_ended
    };
    let on_key = move |event: KeyboardEvent| {
        if composing(&event) {
            return;
        }
        let plain = !event.ctrl_key() && !event.meta_key() && !event.shift_key();
        if plain && offering.get_untracked() && choose_among(&event.key()) {
            event.prevent_default();
            event.stop_propagation();
            return;
        }
        let unmodified = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        match event.key().as_str() {
            "Enter" if !event.alt_key() => {
                let command = event.ctrl_key() || event.meta_key();
                let sends = command
                    || (!event.shift_key()
                        && enter_sends(state)
                        && !text.with_untracked(|text| in_fence(text, caret(area))));
                if sends {
                    event.prevent_default();
                    send();
                }
            }
            "ArrowUp" if unmodified && event.shift_key() && empty.get_untracked() => {
                event.prevent_default();
                now(talk.focus_last);
            }
            // An open panel is closed first: that is the page's to do.
            "Escape" if unmodified && !panel_is_open() => now(talk.mark_read),
            _ => {}
        }
    };

    let label = move || locale.texts().conversation.message_to.fill([&name.get()]);
    let form_label = move || locale.texts().conversation.composer.fill([&label()]);
    let hint = move || {
        let texts = &locale.texts().conversation;
        match state.settings.with(|settings| settings.enter_key) {
            EnterKey::Sends => texts.enter_sends,
            EnterKey::BreaksLine => texts.enter_breaks,
        }
    };
    let room_left = move || {
        let count = count.get();
        let texts = &locale.texts().conversation;
        if count > limit::MESSAGE_CHARS {
            let over = (count - limit::MESSAGE_CHARS) as u64;
            Some(texts.too_long.fill(over, [&locale.number(over)]))
        } else {
            let left = (limit::MESSAGE_CHARS - count) as u64;
            (count >= COUNT_FROM).then(|| texts.characters_left.fill(left, [&locale.number(left)]))
        }
    };
    let readonly_entry = entry.clone();
    view! {
        <TypingLine entry/>
        <form
            class="composer"
            aria-label=form_label
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            <Show
                when=move || can_write.get()
                fallback=move || view! { <ReadOnly entry=readonly_entry.clone()/> }
            >
                <Show when=move || offering.get()>
                    <MentionList found chooser/>
                </Show>
                <div class="box">
                    <textarea
                        node_ref=area
                        class="ta"
                        id="composer"
                        rows="1"
                        dir="auto"
                        aria-label=label
                        placeholder=label
                        enterkeyhint=move || if enter_sends(state) { "send" } else { "enter" }
                        prop:value=text.get_untracked()
                        on:input:target=move |event| {
                            let area = event.target();
                            text.set(area.value());
                            ask();
                            grow(&area);
                            save_soon();
                            if !empty.get_untracked() {
                                tell_typing();
                            }
                        }
                        aria-autocomplete="list"
                        aria-controls=live(move || offering.get().then_some(LIST_ID))
                        aria-activedescendant=live(move || {
                            offering.get().then(|| format!("mention-{}", at.get()))
                        })
                        on:keydown=on_key
                        on:click=move |_| ask()
                        on:blur=move |_| asked.set(None)
                        on:compositionend=move |_: CompositionEvent| {
                            composed_at.set_value(Some(now_millis()));
                        }
                    ></textarea>
                    <div class="bar">
                        <EmojiButton
                            id="composer-emoji".to_owned()
                            label=text!(locale, conversation.emoji)
                            on_choose=insert
                        />
                        <span class="grow"></span>
                        <span class="count" class:over=too_long role="status">{room_left}</span>
                        <span class="hint" aria-hidden="true">{hint}</span>
                        <button
                            type="submit"
                            class="send"
                            aria-label=text!(locale, conversation.send_message)
                            disabled=live(move || empty.get() || too_long.get())
                            // Pressing it keeps the keyboard of a phone where it is.
                            on:pointerdown=move |event| event.prevent_default()
                        >
                            <Icon name=IconName::ArrowUp/>
                        </button>
                    </div>
                </div>
            </Show>
        </form>
    }
    .into_any()
}

fn panel_is_open() -> bool {
    document().query_selector(".panel").ok().flatten().is_some()
}

/// On a phone Enter is a new line, whatever the setting: there is no Shift to hold.
fn enter_sends(state: State) -> bool {
    state.settings.with(|settings| settings.enter_key) == EnterKey::Sends && !is_touch()
}

/// The caret's place in UTF-16 units.
fn caret(area: NodeRef<html::Textarea>) -> u32 {
    area.get_untracked().and_then(|area| area.selection_start().ok().flatten()).unwrap_or(0)
}

/// Whether the caret stands in a code fence that is not closed before it.
fn in_fence(text: &str, caret: u32) -> bool {
    let mut units = 0_u32;
    let before: String = text
        .chars()
        .take_while(|c| {
            units += u32::try_from(c.len_utf16()).unwrap_or(1);
            units <= caret
        })
        .collect();
    before.lines().filter(|line| line.trim_start().starts_with("```")).count() % 2 == 1
}

/// For browsers that cannot size the box by its content themselves.
fn grow(area: &HtmlTextAreaElement) {
    let able = js_sys::Reflect::get(&window(), &"CSS".into())
        .ok()
        .and_then(|css| js_sys::Reflect::get(&css, &"supports".into()).ok())
        .and_then(|supports| supports.dyn_into::<js_sys::Function>().ok())
        .and_then(|supports| {
            supports
                .call2(&wasm_bindgen::JsValue::UNDEFINED, &"field-sizing".into(), &"content".into())
                .ok()
        })
        .is_some_and(|able| able.is_truthy());
    if !able {
        let style = web_sys::HtmlElement::style(area);
        // A box that does not grow still scrolls.
        let _ = style.set_property("block-size", "auto");
        let _ = style.set_property("block-size", &format!("{}px", area.scroll_height()));
    }
}

/// Why nothing can be written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WhyNot {
    Archived,
    Announcements,
    Blocked,
}

fn why_not(state: State, entry: &RoomEntry) -> Option<WhyNot> {
    if only_other(state, entry).is_some_and(|other| state.is_blocked(other)) {
        return Some(WhyNot::Blocked);
    }
    if state.may(entry, RoomAction::Post) {
        return None;
    }
    let (archived, purpose) = entry.view.with(|view| (view.room.archived, view.room.purpose));
    match purpose {
        RoomPurpose::Announcements if !archived => Some(WhyNot::Announcements),
        RoomPurpose::Announcements | RoomPurpose::Talk => Some(WhyNot::Archived),
    }
}

#[component]
fn ReadOnly(entry: RoomEntry) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let words = move || {
        let texts = &locale.texts().conversation;
        match why_not(state, &entry) {
            Some(WhyNot::Blocked) => texts.read_only_blocked,
            Some(WhyNot::Announcements) => texts.read_only_announcements,
            Some(WhyNot::Archived) | None => texts.read_only_archived,
        }
    };
    view! { <p class="readonly" id="composer" tabindex="-1">{words}</p> }
}

/// Who is typing: a line that is always there, so that nothing moves.
#[component]
fn TypingLine(entry: RoomEntry) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let room = entry.id;
    let people = Memo::new(move |_| {
        let typing = state.typing_in(room);
        typing.into_iter().filter(|user| !state.is_blocked(*user)).collect::<Vec<_>>()
    });
    let words = move || {
        let texts = &locale.texts().conversation;
        let name = |user| person_name(state, locale, user);
        people.with(|people| match people.as_slice() {
            [] => None,
            [one] => Some(names_in(texts.one_typing, [name(*one)])),
            [one, two] => Some(names_in(texts.two_typing, [name(*one), name(*two)])),
            many => {
                let count = many.len() as u64;
                Some(texts.many_typing.fill(count, [&locale.number(count)]).into_any())
            }
        })
    };
    view! {
        <div class="typing" role="status">
            {redrawn(move || {
                words()
                    .map(|words| {
                        view! {
                            <Bars/>
                            <span>{words}</span>
                        }
                    })
            })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_continues_a_code_fence_and_sends_after_it() {
        let text = "look:\n```rust\nlet a = 1;\n```\ndone";
        let caret = |words: &str| u32::try_from(text.find(words).unwrap() + words.len()).unwrap();
        assert!(!in_fence(text, caret("look:")));
        assert!(in_fence(text, caret("let a")));
        assert!(!in_fence(text, caret("done")));
        assert!(in_fence("😀\n```\n", 7), "places count UTF-16 units");
        assert!(!in_fence("", 0));
    }
}
