//! The box, and what narrows the search: chips for what does, and choices for what could.

use super::finder::Finder;
use super::words::{self, Filter, Narrowing};
use crate::address::use_address;
use crate::components::desk::{is_touch, search_path};
use crate::components::icon::{Icon, IconName};
use crate::components::names::room_name;
use crate::erased::{effect, redrawn};
use crate::locales::{Locale, use_locale};
use crate::order::sorted_by;
use crate::state::{State, use_state};
use crate::text;
use gloo_timers::future::TimeoutFuture;
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::RoomId;
use wasm_bindgen::JsCast;

/// How long the keys rest before it is asked.
const REST_MILLIS: u32 = 250;

/// Options of a choice: what is chosen, and how it is called.
type Choices = Vec<(String, String)>;

#[component]
#[expect(clippy::too_many_lines, reason = "one form; most of it is its markup")]
pub fn Question(finder: Finder) -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let address = use_address();
    let field = NodeRef::<html::Input>::new();
    let typed = RwSignal::new(finder.asked.with_untracked(|asked| asked.words.clone()));
    let room = Memo::new(move |_| finder.asked.with(|asked| asked.room));
    // The name of the filter for which a day is being chosen.
    let day = RwSignal::new(None::<&'static str>);
    let go = move |words: &str, room: Option<RoomId>| {
        address.replace(&search_path(words.trim(), room));
    };
    // Going back and forth changes the address, and with it what stands in the box.
    effect(move || {
        let words = finder.asked.with(|asked| asked.words.clone());
        if typed.with_untracked(|typed| typed.trim() != words.trim()) {
            typed.set(words);
        }
    });
    effect(move || {
        if let Some(field) = field.get()
            && (typed.with_untracked(String::is_empty) || !is_touch())
        {
            // What cannot take the focus leaves it where it was.
            let _ = field.focus();
        }
    });
    let latest = StoredValue::new(0_u32);
    let on_input = move |words: String| {
        typed.set(words);
        latest.update_value(|latest| *latest = latest.wrapping_add(1));
        let mine = latest.get_value();
        spawn_local(async move {
            TimeoutFuture::new(REST_MILLIS).await;
            if latest.try_get_value() == Some(mine) {
                go(&typed.get_untracked(), room.get_untracked());
            }
        });
    };
    let set = move |words: String| {
        latest.update_value(|latest| *latest = latest.wrapping_add(1));
        go(&words, room.get_untracked());
        typed.set(words);
    };
    let add = move |filter: String| {
        set(typed.with_untracked(|typed| words::with(typed, &filter)));
    };
    let on_key = move |event: KeyboardEvent| {
        if event.is_composing() || event.key_code() == 229 {
            return;
        }
        match event.key().as_str() {
            "ArrowDown" if focus_hit(0) => {}
            "Enter" => {
                set(typed.get_untracked());
                finder.remember();
            }
            _ => return,
        }
        event.prevent_default();
    };
    let clear = move |_| {
        set(String::new());
        if let Some(field) = field.get_untracked() {
            let _ = field.focus();
        }
    };

    let in_room = move || {
        let entry = state.room(room.get()?)?;
        let name = room_name(state, locale, &entry);
        let words = locale.texts().search().in_room.fill([&name]);
        let remove = Callback::new(move |()| go(&typed.get_untracked(), None));
        Some(view! { <Chip words remove/> })
    };
    let chips = move || {
        let narrowings = typed.with(|typed| words::narrowings(typed));
        let chip = |narrowing: Narrowing| {
            let words = called(state, locale, &narrowing);
            let remove = Callback::new(move |()| {
                set(typed.with_untracked(|typed| words::without(typed, &narrowing.text)));
            });
            view! { <Chip words remove/> }
        };
        narrowings.into_iter().map(chip).collect_view()
    };
    let choose_room = Callback::new(move |id: String| {
        go(&typed.get_untracked(), id.parse().ok());
    });
    let choose_time = Callback::new(move |choice: String| match choice.as_str() {
        "after" => day.set(Some("after")),
        "before" => day.set(Some("before")),
        "on" => day.set(Some("on")),
        filter => add(filter.to_owned()),
    });
    let day_field = move || {
        let name = day.get()?;
        let words = move || {
            let texts = locale.texts().search();
            match name {
                "after" => texts.since_day,
                "before" => texts.before_day,
                _ => texts.on_day,
            }
        };
        let input = NodeRef::<html::Input>::new();
        effect(move || {
            if let Some(input) = input.get() {
                let _ = input.focus();
            }
        });
        let chosen = move || {
            let value = input.get_untracked().map(|input| input.value()).unwrap_or_default();
            if !value.is_empty() {
                day.set(None);
                add(format!("{name}:{value}"));
            }
        };
        Some(view! {
            <input
                node_ref=input
                class="input sm"
                type="date"
                aria-label=words
                on:change=move |_| {
                    // A year that is being typed is a day of long ago at every key.
                    if input.get_untracked().is_some_and(|input| input.value().as_str() > "1970") {
                        chosen();
                    }
                }
                on:keydown=move |event: KeyboardEvent| {
                    if event.key() == "Escape" {
                        event.stop_propagation();
                        day.set(None);
                    }
                }
            />
        })
    };
    view! {
        <div class="finder__in">
            <div class="input-wrap" role="search">
                <Icon name=IconName::Search/>
                <input
                    node_ref=field
                    class="input"
                    type="text"
                    role="searchbox"
                    enterkeyhint="search"
                    autocomplete="off"
                    spellcheck="false"
                    dir="auto"
                    aria-label=text!(locale, search.field)
                    aria-describedby="search-hints"
                    placeholder=text!(locale, search.placeholder)
                    prop:value=typed
                    on:input:target=move |event| on_input(event.target().value())
                    on:keydown=on_key
                />
                {redrawn(move || {
                    typed.with(|typed| !typed.is_empty()).then(|| {
                        view! {
                            <span class="end">
                                <button
                                    type="button"
                                    class="ib"
                                    aria-label=text!(locale, search.clear)
                                    on:click=clear
                                >
                                    <Icon name=IconName::Close/>
                                </button>
                            </span>
                        }
                    })
                })}
            </div>
            <p class="vh" id="search-hints">{text!(locale, search.hints)}</p>
            <div class="chips" role="group" aria-label=text!(locale, search.narrow)>
                {redrawn(in_room)}
                {redrawn(chips)}
                {redrawn(day_field)}
                <Choice
                    called=Signal::derive(text!(locale, search.add_from))
                    choices=Signal::derive(move || people(state, locale))
                    on_choose=Callback::new(move |nick: String| add(format!("from:{nick}")))
                />
                <Choice
                    called=Signal::derive(text!(locale, search.add_room))
                    choices=Signal::derive(move || rooms(state, locale))
                    on_choose=choose_room
                />
                <Choice
                    called=Signal::derive(text!(locale, search.add_time))
                    choices=Signal::derive(move || times(locale))
                    on_choose=choose_time
                />
                <Choice
                    called=Signal::derive(text!(locale, search.add_has))
                    choices=Signal::derive(move || kinds(locale))
                    on_choose=Callback::new(add)
                />
            </div>
        </div>
    }
}

/// What narrows the search now, and the way to take it away.
#[component]
fn Chip(words: String, remove: Callback<()>) -> impl IntoView {
    let locale = use_locale();
    let label = locale.texts().search().remove.fill([&words]);
    view! {
        <span class="chip on">
            <bdi>{words}</bdi>
            <button type="button" aria-label=label on:click=move |_| remove.run(())>
                <Icon name=IconName::Close class="sm"/>
            </button>
        </span>
    }
}

/// What could narrow it: the browser's own choice in the dress of a chip.
#[component]
fn Choice(
    called: Signal<&'static str>,
    choices: Signal<Choices>,
    on_choose: Callback<String>,
) -> impl IntoView {
    let select = NodeRef::<html::Select>::new();
    let chosen = move |_| {
        let Some(select) = select.get_untracked() else { return };
        let value = select.value();
        select.set_selected_index(0);
        if !value.is_empty() {
            on_choose.run(value);
        }
    };
    view! {
        <span class="chip pick">
            <Icon name=IconName::Plus class="sm"/>
            <span aria-hidden="true">{called}</span>
            <select node_ref=select aria-label=called on:change=chosen>
                <option value="">{called}</option>
                {redrawn(move || {
                    choices
                        .get()
                        .into_iter()
                        .map(|(value, name)| view! { <option value=value>{name}</option> })
                        .collect_view()
                })}
            </select>
        </span>
    }
}

/// What a filter is called.
fn called(state: State, locale: Locale, narrowing: &Narrowing) -> String {
    let texts = locale.texts().search();
    let Narrowing { filter, value, excluded, text } = narrowing;
    if *excluded {
        return text.clone();
    }
    let value = value.as_str();
    let lower = value.trim_start_matches(['@', '#']).to_lowercase();
    let simple = match (filter, lower.as_str()) {
        (Filter::From, "me" | "我") => Some(texts.from_me),
        (Filter::Has, "link" | "链接") => Some(texts.has_link),
        (Filter::Has, "code" | "代码") => Some(texts.has_code),
        (Filter::Is, "mention" | "提到我") => Some(texts.is_mention),
        (Filter::Is, "pinned" | "置顶") => Some(texts.is_pinned),
        (Filter::Is, "saved" | "收藏") => Some(texts.is_saved),
        (Filter::Is, "thread" | "话题") => Some(texts.is_thread),
        (Filter::Since, "today" | "今天") => Some(texts.today),
        (Filter::Since, "7d") => Some(texts.last_days),
        (Filter::Since, "30d") => Some(texts.last_month),
        (Filter::Since, "1y") => Some(texts.last_year),
        (_, _) => None,
    };
    if let Some(simple) = simple {
        return simple.to_owned();
    }
    match filter {
        Filter::From => {
            let name = state.people.with(|people| {
                let known = people.values().find(|user| user.nick.to_lowercase() == lower);
                known.map(|user| user.name.clone())
            });
            texts.from.fill([name.as_deref().unwrap_or(value)])
        }
        Filter::In => texts.in_room.fill([value]),
        Filter::Before => texts.before.fill([value]),
        Filter::Since => texts.since.fill([value]),
        Filter::On => texts.on.fill([value]),
        // Not one that the server knows: it is looked for as it is.
        Filter::Has | Filter::Is => text.clone(),
    }
}

fn people(state: State, locale: Locale) -> Choices {
    let me = state.me();
    let people: Choices = state.people.with(|people| {
        let others = people.values().filter(|user| Some(user.id) != me && !user.disabled);
        others.map(|user| (user.nick.clone(), user.name.clone())).collect()
    });
    let mut choices = vec![("me".to_owned(), locale.texts().search().from_me.to_owned())];
    choices.extend(by_name(locale, people));
    choices
}

fn rooms(state: State, locale: Locale) -> Choices {
    let rooms: Choices = state.rooms.with(|rooms| {
        rooms
            .values()
            .map(|entry| (entry.id.to_string(), room_name(state, locale, entry)))
            .collect()
    });
    by_name(locale, rooms)
}

fn by_name(locale: Locale, choices: Choices) -> Choices {
    sorted_by(choices, |(_, a), (_, b)| locale.compare(a, b))
}

fn times(locale: Locale) -> Choices {
    let texts = locale.texts().search();
    fixed(&[
        ("after:today", texts.today),
        ("after:7d", texts.last_days),
        ("after:30d", texts.last_month),
        ("after:1y", texts.last_year),
        ("on", texts.on_day),
        ("after", texts.since_day),
        ("before", texts.before_day),
    ])
}

fn kinds(locale: Locale) -> Choices {
    let texts = locale.texts().search();
    fixed(&[
        ("has:link", texts.has_link),
        ("has:code", texts.has_code),
        ("is:mention", texts.is_mention),
        ("is:pinned", texts.is_pinned),
        ("is:saved", texts.is_saved),
        ("is:thread", texts.is_thread),
    ])
}

fn fixed(choices: &[(&str, &str)]) -> Choices {
    choices.iter().map(|(value, name)| ((*value).to_owned(), (*name).to_owned())).collect()
}

/// Gives the focus to the hit in this place. `false` when there is none.
pub fn focus_hit(place: usize) -> bool {
    focus(&format!(".hit[data-place='{place}']"))
}

pub fn focus_box() -> bool {
    focus(".finder input[role='searchbox']")
}

fn focus(selector: &str) -> bool {
    let element = document().query_selector(selector).ok().flatten();
    element
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
        .is_some_and(|element| element.focus().is_ok())
}
