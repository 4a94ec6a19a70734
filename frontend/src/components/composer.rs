//! Where one writes: never locked, never losing a word.

use super::deed::use_deeds;
use super::desk::{Choosing, Talk, Writing, is_touch, now, use_desk};
use super::emoji_picker::EmojiButton;
use super::formatting::{FORMATS, Format};
use super::icon::{Icon, IconName};
use super::mark::Bars;
use super::mentions::{self, Completing, LIST, LIST_ID};
use super::message::act::is_editable;
use super::message::names_in;
use super::message::quote::one_line;
use super::names::{only_other, person_name};
use super::options::step;
use super::slash::Carried;
use super::toast::use_toasts;
use crate::actions::use_actions;
use crate::clock::server_time;
use crate::drafts::{self, Draft, Place};
use crate::erased::{Show, effect, live, redrawn};
use crate::locales::{Catalogue, use_locale};
use crate::outbox::{Item, What};
use crate::parts;
use crate::state::{RoomEntry, State, Typed, now_millis, use_state};
use crate::text;
use crate::timeline::{Timeline, words};
use gloo_timers::callback::Timeout;
use leptos::ev::{CompositionEvent, KeyboardEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::command::ClientCommand;
use shared::id::{ClientMessageId, Seq, UserId};
use shared::limit;
use shared::message::MessageBody;
use shared::permission::RoomAction;
use shared::room::RoomPurpose;
use shared::slash;
use shared::user::EnterKey;
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

/// What is typed is kept after so long at the latest.
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
    let thread = entry.thread;
    let Some(me) = state.me_untracked() else { return ().into_any() };

    let area = NodeRef::<html::Textarea>::new();
    let own_place = thread.map_or(Place::Room, Place::Thread);
    let draft = drafts::load(me, room, own_place).unwrap_or_default();
    talk.writing.set(draft.reply_to.map(Writing::Reply));
    // The message that is answered, also while another one is being edited.
    let answering = StoredValue::new(draft.reply_to);
    let text = RwSignal::new(draft.text);
    // What the box is for just now.
    let place = StoredValue::new(own_place);
    let can_write = {
        let entry = entry.clone();
        Memo::new(move |_| why_not(state, &entry).is_none())
    };

    // --- the draft: kept while typing, and when the page or the room is left
    let saving = StoredValue::new_local(None::<Timeout>);
    let save = move || {
        saving.set_value(None);
        let reply_to = answering.get_value();
        let (text, caret) = (text.get_untracked(), caret(area));
        let place = place.get_value();
        let has_draft = !text.trim().is_empty();
        let before = drafts::load(me, room, place).unwrap_or_default();
        let changed = before.text != text || before.reply_to != reply_to;
        let draft = Draft { text: text.clone(), caret, reply_to, ..Draft::default() };
        state.keeps(drafts::save(me, room, place, draft));
        if changed && matches!(place, Place::Room | Place::Thread(_)) {
            state.typed(room, thread, Typed { text, reply_to, at: server_time() });
        }
        if place == Place::Room {
            state.drafts.maybe_update(|rooms| {
                if has_draft { rooms.insert(room) } else { rooms.remove(&room) }
            });
        }
    };
    // Whoever writes without a pause is not to lose all of it.
    let save_soon = move || {
        if saving.with_value(Option::is_none) {
            saving.set_value(Some(Timeout::new(SAVE_MILLIS, save)));
        }
    };
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
    // What another device has typed last, unless something is being typed here.
    let taken = StoredValue::new(
        state.drafts_from_elsewhere.with_untracked(|all| all.last().map_or(0, |last| last.number)),
    );
    effect(move || {
        let here = state.drafts_from_elsewhere.with(|all| {
            let new = all.iter().rev().take_while(|arrived| arrived.number > taken.get_value());
            let new = new.map(|arrived| &arrived.draft);
            let mut new = new.filter(|draft| draft.room == room && draft.thread == thread);
            let here = new.next().map(|draft| (draft.text.clone(), draft.reply_to));
            taken.set_value(all.last().map_or(0, |last| last.number));
            here
        });
        if let Some((words, reply_to)) = here
            && saving.with_value(Option::is_none)
            && place.get_value() == own_place
        {
            let changed = text.with_untracked(|text| *text != words);
            if changed || !words.is_empty() {
                talk.writing.set(reply_to.map(Writing::Reply));
            }
            if changed {
                write(&words);
            }
        }
    });
    // The draft's caret stands where it stood.
    effect(move || {
        let Some(area) = area.get() else { return };
        if let Some(draft) = drafts::load(me, room, own_place) {
            let end = draft.caret;
            // A caret beyond the text is put at its end.
            let _ = area.set_selection_range(end, end);
        }
        grow(&area);
    });
    // Editing takes the box; what was written in it waits in its draft.
    let edit_entry = StoredValue::new(entry.clone());
    effect(move || {
        let next = match talk.writing.get() {
            Some(Writing::Edit(seq)) => Place::Edit(seq),
            Some(Writing::Reply(seq)) => {
                answering.set_value(Some(seq));
                own_place
            }
            None => {
                answering.set_value(None);
                own_place
            }
        };
        let before = place.get_value();
        if next == before {
            return;
        }
        if saving.with_value(Option::is_some) {
            save();
        }
        place.set_value(next);
        let kept = drafts::load(me, room, next);
        let words = match (kept, next) {
            (Some(draft), _) => draft.text,
            (None, Place::Edit(seq)) => {
                edit_entry.with_value(|entry| source(entry, seq)).unwrap_or_default()
            }
            (None, Place::Room | Place::Thread(_)) => String::new(),
        };
        write(&words);
        if let Some(area) = area.get_untracked() {
            let end = u32::try_from(words.encode_utf16().count()).unwrap_or(0);
            // The text is there by now.
            let _ = area.set_selection_range(end, end);
        }
    });
    effect(move || {
        if let Some(words) = talk.take_back.get() {
            talk.take_back.set(None);
            let before = text.get_untracked();
            let editing = matches!(talk.writing.get_untracked(), Some(Writing::Edit(_)));
            let together = if before.trim().is_empty() || editing {
                words
            } else {
                format!("{words}\n{before}")
            };
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
            actions.tell(ClientCommand::SetTyping { room, thread });
        }
    };

    // --- whom one may mean by what follows an `@`
    let asked = RwSignal::new(None::<mentions::Query>);
    let offered = RwSignal::new(0_usize);
    let at = RwSignal::new(0_usize);
    let accepted = RwSignal::new(0_u32);
    let asking = Memo::new(move |_| asked.with(Option::is_some));
    let offering = Memo::new(move |_| asking.get() && offered.get() > 0);
    let ask = move || {
        let query = text.with_untracked(|text| mentions::query(text, caret(area)));
        if asked.get_untracked() != query {
            at.set(0);
            asked.set(query);
        }
    };
    let on_complete = Callback::new(move |words: String| {
        let Some(query) = asked.get_untracked() else { return };
        let (completed, caret) =
            text.with_untracked(|text| mentions::complete(text, &query, &words));
        asked.set(None);
        write(&completed);
        if let Some(area) = area.get_untracked() {
            // The text is there by now; a caret beyond it would be put at its end.
            let _ = area.set_selection_range(caret, caret);
        }
        save_soon();
    });
    let completing = Completing { asked, offered, at, accepted, on_complete };
    let choose_among = move |key: &str| {
        match key {
            "Enter" | "Tab" => now(accepted),
            "Escape" => asked.set(None),
            _ => return step(at, key, offered.get_untracked()),
        }
        true
    };

    let count = Memo::new(move |_| text.with(|text| text.chars().count()));
    let empty = Memo::new(move |_| text.with(|text| text.trim().is_empty()));
    let too_long = Memo::new(move |_| count.get() > limit::MESSAGE_CHARS);
    // Out of answering or editing, back to what was written before.
    let leave = move || {
        if let Place::Edit(_) = place.get_value() {
            saving.set_value(None);
            drafts::save(me, room, place.get_value(), Draft::default());
            talk.writing.set(answering.get_value().map(Writing::Reply));
        } else {
            talk.writing.set(None);
            save_soon();
        }
    };
    let in_room = RwSignal::new(false);
    let (deeds, toasts, desk) = (use_deeds(), use_toasts(), use_desk());
    let send_again = RwSignal::new(0_u32);
    // What was typed after a `/`, until it is carried out.
    let commanded = RwSignal::new(None::<String>);
    let clear = move || {
        write("");
        asked.set(None);
        save();
    };
    let answered = move || match talk.writing.get_untracked() {
        Some(Writing::Reply(seq)) => Some(seq),
        Some(Writing::Edit(_)) | None => None,
    };
    let said = move || {
        talk.writing.set(None);
        answering.set_value(None);
        clear();
    };
    let say = move |body: String| {
        let reply_to = answered();
        let item = state.new_item(room, body);
        let in_room_too = thread.is_some() && in_room.get_untracked();
        state.send(Item { reply_to, thread, in_room: in_room_too, ..item });
        in_room.set(false);
        told_at.set_value(None);
        said();
        now(talk.sent);
    };
    let send = move || {
        let body = text.with_untracked(|text| MessageBody::new(text));
        let Ok(body) = body else { return };
        let writing = talk.writing.get_untracked();
        if let Some(Writing::Edit(message)) = writing {
            let before = edit_entry.with_value(|entry| source(entry, message));
            if before.as_deref() != Some(body.as_str()) {
                state.act_on(room, What::Edit(message), body.as_str().to_owned());
            }
            return leave();
        }
        match slash::as_text(body.as_str()) {
            Some(words) => say(words),
            None => commanded.set(Some(body.as_str().to_owned())),
        }
    };
    let on_carried = Callback::new(move |carried: Carried| {
        commanded.set(None);
        match carried {
            Carried::Out => clear(),
            Carried::Said(words) => say(words),
            Carried::Not => {}
        }
    });
    let on_words = Callback::new(move |()| {
        let escaped = text.with_untracked(|text| format!("/{}", text.trim_start()));
        text.set(escaped);
        now(send_again);
    });

    let editing = move || matches!(talk.writing.get(), Some(Writing::Edit(_)));
    let send_later = move || {
        let texts = &locale.texts().conversation;
        let body = text.with_untracked(|text| MessageBody::new(text));
        let Ok(body) = body else { return };
        let Some(body) = slash::as_text(body.as_str()) else {
            return toasts.say(texts.only_words_wait);
        };
        let reply_to = answered();
        let chosen = Arc::new(move |at| {
            let told = texts.will_send.fill([&locale.moment(at)]);
            let (client_message_id, body) = (ClientMessageId::new(), body.clone());
            let later = ClientCommand::ScheduleMessage {
                room,
                client_message_id,
                body,
                reply_to,
                thread,
                at,
            };
            deeds.then(later, move |_| {
                said();
                toasts.say(told);
            });
        });
        let title = |texts: &'static Catalogue| texts.conversation.send_later;
        desk.moment.set(Some(Choosing { title, chosen }));
    };

    Effect::new(move |before: Option<u32>| {
        let wanted = send_again.get();
        if before.is_some_and(|before| before != wanted) {
            untrack(send);
        }
        wanted
    });

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

    let format = move |format: Format| {
        let Some(area) = area.get_untracked() else { return };
        let end = |end: Result<Option<u32>, _>| end.ok().flatten().unwrap_or(0);
        let chosen = (end(area.selection_start()), end(area.selection_end()));
        let (formatted, chosen) = text.with_untracked(|text| format.apply(text, chosen));
        write(&formatted);
        // The text is there by now.
        let _ = area.set_selection_range(chosen.0, chosen.1);
        let _ = area.focus();
        save_soon();
    };
    let formatting = RwSignal::new(false);

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
        if let Some(chosen) = Format::by_key(&event) {
            event.prevent_default();
            event.stop_propagation();
            format(chosen);
            return;
        }
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
            "ArrowUp" if unmodified && empty.get_untracked() => {
                let last = edit_entry.with_value(|entry| last_own(state, entry, me));
                if let Some(seq) = last {
                    event.prevent_default();
                    talk.writing.set(Some(Writing::Edit(seq)));
                }
            }
            "Escape" if unmodified && talk.writing.with_untracked(Option::is_some) => {
                event.prevent_default();
                event.stop_propagation();
                leave();
            }
            // An open panel is closed first: that is the page's to do.
            "Escape" if unmodified && !panel_is_open() => now(talk.mark_read),
            _ => {}
        }
    };

    let label = move || {
        let texts = &locale.texts().conversation;
        match thread {
            Some(_) => texts.reply_in_thread.to_owned(),
            None => texts.message_to.fill([&name.get()]),
        }
    };
    let id = if thread.is_some() { "reply" } else { "composer" };
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
    let context_entry = entry.clone();
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
                <Show when=move || asking.get()>
                    <parts::Completion completing/>
                </Show>
                {redrawn(move || {
                    commanded
                        .get()
                        .map(|typed| view! { <parts::CarryOut typed room thread on_carried on_words/> })
                })}
                <div class="box">
                    <About entry=context_entry.clone() on_leave=Callback::new(move |()| leave())/>
                    <Show when=move || formatting.get()>
                        <div class="fmt" role="toolbar" aria-label=text!(locale, conversation.formatting)>
                            {FORMATS
                                .map(|of| {
                                    let words = move || of.words(locale);
                                    view! {
                                        <button
                                            type="button"
                                            class="ib"
                                            aria-label=words
                                            title=words
                                            aria-keyshortcuts=of.keys()
                                            // The selection stays where it is.
                                            on:pointerdown=move |event| event.prevent_default()
                                            on:click=move |_| format(of)
                                        >
                                            <Icon name=of.icon()/>
                                        </button>
                                    }
                                })
                                }
                        </div>
                    </Show>
                    <textarea
                        node_ref=area
                        class="ta"
                        id=id
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
                            offering.get().then(|| format!("{LIST}-{}", at.get()))
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
                            id=format!("{id}-emoji")
                            label=text!(locale, conversation.emoji)
                            on_choose=insert
                        />
                        <button
                            type="button"
                            class="ib"
                            aria-label=text!(locale, conversation.formatting)
                            title=text!(locale, conversation.formatting)
                            aria-expanded=live(move || if formatting.get() { "true" } else { "false" })
                            on:click=move |_| formatting.update(|open| *open = !*open)
                        >
                            <Icon name=IconName::Format/>
                        </button>
                        <span class="grow"></span>
                        <span class="count" class:over=too_long role="status">{room_left}</span>
                        <span class="hint" aria-hidden="true">{hint}</span>
                        <Show when=move || !editing()>
                            <button
                                type="button"
                                class="ib"
                                aria-label=text!(locale, conversation.send_later)
                                title=text!(locale, conversation.send_later)
                                aria-haspopup="dialog"
                                disabled=live(move || empty.get() || too_long.get())
                                on:click=move |_| send_later()
                            >
                                <Icon name=IconName::Clock/>
                            </button>
                        </Show>
                        <button
                            type="submit"
                            class="send"
                            aria-label=move || {
                                let texts = locale.texts();
                                if editing() { texts.common.save } else { texts.conversation.send_message }
                            }
                            disabled=live(move || empty.get() || too_long.get())
                            // Pressing it keeps the keyboard of a phone where it is.
                            on:pointerdown=move |event| event.prevent_default()
                        >
                            {redrawn(move || {
                                let name = if editing() { IconName::Check } else { IconName::ArrowUp };
                                view! { <Icon name/> }
                            })}
                        </button>
                    </div>
                </div>
                {thread.map(|_| {
                    view! {
                        <label class="check">
                            <input type="checkbox" prop:checked=in_room on:change:target=move |event| {
                                in_room.set(event.target().checked());
                            }/>
                            {redrawn(move || {
                                locale.texts().conversation.also_in_room.fill([&name.get()])
                            })}
                        </label>
                    }
                })}
            </Show>
        </form>
    }
    .into_any()
}

/// What a message says, as its author typed it.
fn source(entry: &RoomEntry, seq: Seq) -> Option<String> {
    entry
        .timeline
        .with_untracked(|timeline| timeline.entry(seq).map(|entry| words(entry).to_owned()))
}

/// The last message of one's own that one may change.
fn last_own(state: State, entry: &RoomEntry, me: UserId) -> Option<Seq> {
    untrack(|| state.may(entry, RoomAction::Edit)).then_some(())?;
    entry.timeline.with_untracked(|timeline| {
        let own = timeline.entries().rev().filter_map(|entry| entry.message());
        own.filter(|message| is_editable(message, me)).map(|message| message.seq).next()
    })
}

/// The message that is answered or edited, and the way out.
#[component]
fn About(entry: RoomEntry, on_leave: Callback<()>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let actions = use_actions();
    let talk = expect_context::<Talk>();
    let answered = {
        let timeline = entry.timeline.clone();
        Memo::new(move |_| match talk.writing.get() {
            Some(Writing::Reply(seq)) => timeline.with(|timeline| timeline.quoted(seq).cloned()),
            Some(Writing::Edit(_)) | None => None,
        })
    };
    // An answer kept as a draft may be to something that is not loaded.
    effect(move || {
        let Some(Writing::Reply(seq)) = talk.writing.get() else { return };
        if answered.with(Option::is_some) || entry.timeline.with_untracked(Timeline::is_empty) {
            return;
        }
        let entry = entry.clone();
        entry.listen();
        spawn_local(async move {
            if let Ok(Some(message)) = actions.message(entry.id, seq).await {
                entry.quote(message);
            }
        });
    });
    redrawn(move || {
        let writing = talk.writing.get()?;
        let texts = &locale.texts().conversation;
        let (icon, words) = match writing {
            Writing::Edit(_) => (IconName::Edit, texts.editing.into_any()),
            Writing::Reply(_) => {
                let answered = answered.get();
                let name = answered
                    .as_ref()
                    .map(|entry| person_name(state, locale, entry.actor()))
                    .unwrap_or_default();
                let said = answered.map(|entry| one_line(words(&entry))).unwrap_or_default();
                let words = view! { {names_in(texts.replying_to, [name])}" · "{said} };
                (IconName::Reply, words.into_any())
            }
        };
        Some(view! {
            <div class="ctx">
                <Icon name=icon class="sm"/>
                <span dir="auto">{words}</span>
                <button
                    type="button"
                    class="ib"
                    aria-label=text!(locale, common.cancel)
                    on:click=move |_| {
                        on_leave.run(());
                        now(talk.focus_composer);
                    }
                >
                    <Icon name=IconName::Close class="sm"/>
                </button>
            </div>
        })
    })
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
    let thread = entry.thread;
    let people = Memo::new(move |_| {
        let typing = state.typing_in(room, thread);
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
