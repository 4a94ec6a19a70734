//! What was found, and what there is to see when nothing was.

use super::finder::{Answer, Finder};
use super::question::{focus_box, focus_hit};
use super::words;
use crate::components::avatar::Avatar;
use crate::components::desk::{path_of, search_path};
use crate::components::excerpt::excerpt;
use crate::components::icon::{Icon, IconName};
use crate::components::mark::{Bars, Skyline};
use crate::components::names::{person_name, room_name};
use crate::erased::{effect, live, redrawn};
use crate::locales::{Locale, use_locale};
use crate::state::{State, use_state};
use crate::text;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use shared::api::SearchHit;
use shared::message::MessageBody;

#[component]
pub fn Answers(finder: Finder) -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let count = move || {
        let texts = locale.texts().search();
        finder.answer.with(|answer| match answer {
            Answer::Nothing | Answer::Failed(_) => String::new(),
            Answer::Asking => texts.searching.to_owned(),
            Answer::Hits { hits, next } => {
                let count = hits.len() as u64;
                let plural = if next.is_some() { texts.found_more } else { texts.found };
                plural.fill(count, [&locale.number(count)])
            }
        })
    };
    let list = move || match finder.answer.get() {
        Answer::Nothing => view! { <Nothing finder/> }.into_any(),
        Answer::Asking => ().into_any(),
        Answer::Failed(failure) => {
            let words = failure.sentence(locale.texts());
            view! {
                <div class="empty failed" role="alert">
                    <Skyline/>
                    <p>{words}</p>
                    <button type="button" class="btn outline" on:click=move |_| finder.begin()>
                        <Icon name=IconName::Refresh class="sm"/>
                        {text!(locale, common.try_again)}
                    </button>
                </div>
            }
            .into_any()
        }
        Answer::Hits { hits, next } if hits.is_empty() && next.is_none() => {
            view! { <NotFound finder/> }.into_any()
        }
        Answer::Hits { hits, next } => {
            let rows = hits
                .into_iter()
                .enumerate()
                .map(|(place, hit)| hit_row(state, locale, finder, place, hit))
                .collect_view();
            view! {
                <ol class="hits" aria-label=text!(locale, search.results)>
                    {rows}
                </ol>
                {next.is_some().then(|| view! { <More finder/> })}
            }
            .into_any()
        }
    };
    view! {
        <p class="finder__count" role="status">{redrawn(count)}</p>
        <div class="scroll finder__out">{redrawn(list)}</div>
    }
}

/// Before anything was asked: what was looked for the last times, and what can be typed.
#[component]
fn Nothing(finder: Finder) -> impl IntoView {
    let locale = use_locale();
    let recent = move || {
        let searches = finder.recent.get();
        (!searches.is_empty()).then(|| {
            let links = searches.into_iter().map(|words| {
                let path = search_path(&words, None);
                view! {
                    <li>
                        <a class="row" href=path>
                            <Icon name=IconName::Clock/>
                            <span class="row__name" dir="auto">{words}</span>
                        </a>
                    </li>
                }
            });
            view! {
                <section aria-labelledby="recent-searches">
                    <header>
                        <h2 id="recent-searches">{text!(locale, search.recent)}</h2>
                        <button
                            type="button"
                            class="btn quiet sm"
                            on:click=move |_| {
                                finder.forget_recent();
                                focus_box();
                            }
                        >
                            {text!(locale, search.forget_recent)}
                        </button>
                    </header>
                    <ul>{links.collect_view()}</ul>
                </section>
            }
        })
    };
    view! {
        <div class="finder__begin">
            {redrawn(recent)}
            <p class="muted" aria-hidden="true">{text!(locale, search.hints)}</p>
        </div>
    }
}

#[component]
fn NotFound(finder: Finder) -> impl IntoView {
    let locale = use_locale();
    let asked = finder.asked.with_untracked(|asked| asked.words.trim().to_owned());
    let dropped = words::narrowings(&asked).pop().map(|narrowing| narrowing.text);
    let title = {
        let asked = asked.clone();
        move || locale.texts().search().nothing.fill([&asked])
    };
    view! {
        <div class="empty">
            <Skyline/>
            <h2 dir="auto">{redrawn(title)}</h2>
            <p>
                {redrawn(move || {
                    let texts = locale.texts().search();
                    match &dropped {
                        Some(filter) => texts.or_drop.fill([filter]),
                        None => texts.fewer_words.to_owned(),
                    }
                })}
            </p>
        </div>
    }
}

#[component]
fn More(finder: Finder) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="finder__more">
            <button
                type="button"
                class="btn outline"
                aria-busy=live(move || finder.asking_more.get().then_some("true"))
                on:click=move |_| finder.more()
            >
                {redrawn(move || finder.asking_more.get().then(|| view! { <Bars/> }))}
                {text!(locale, search.more)}
            </button>
        </div>
    }
}

fn hit_row(state: State, locale: Locale, finder: Finder, place: usize, hit: SearchHit) -> AnyView {
    let SearchHit { room, message, ranges } = hit;
    let author = message.author;
    let name = Memo::new(move |_| person_name(state, locale, author));
    let in_thread = message.thread.is_some();
    let called = move || {
        let room = state.room(room).map(|entry| room_name(state, locale, &entry));
        let room = room.unwrap_or_default();
        if in_thread { locale.texts().search().in_thread.fill([&room]) } else { room }
    };
    let at = message.at;
    let is_current = move || finder.at.get() == Some(place);
    let row = NodeRef::<leptos::html::A>::new();
    effect(move || {
        if let Some(row) = row.get()
            && is_current()
        {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            row.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    let on_key = move |event: KeyboardEvent| {
        let moved = match event.key().as_str() {
            "ArrowDown" => focus_hit(place + 1),
            "ArrowUp" => match place.checked_sub(1) {
                Some(before) => focus_hit(before),
                None => focus_box(),
            },
            "Home" => focus_hit(0),
            "Escape" => focus_box(),
            _ => false,
        };
        if moved {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    let path = path_of(&message);
    let words = message.body.as_ref().map_or("", MessageBody::as_str).to_owned();
    let snippet = move || {
        if state.is_blocked(author) {
            locale.texts().conversation.blocked_folded.count(1).into_any()
        } else {
            excerpt(&words, &ranges)
        }
    };
    view! {
        <li>
            <a
                node_ref=row
                class="hit"
                href=path
                data-place=place.to_string()
                aria-current=live(move || is_current().then_some("true"))
                on:focus=move |_| finder.at.set(Some(place))
                on:click=move |_| finder.remember()
                on:keydown=on_key
            >
                <Avatar user=author name/>
                <span class="hit__main">
                    <span class="msg__head">
                        <bdi class="msg__who">{name}</bdi>
                        <bdi class="hit__room">{redrawn(called)}</bdi>
                        <time title=live(move || locale.moment(at))>{redrawn(move || locale.when(at))}</time>
                    </span>
                    <span class="hit__text" dir="auto">{redrawn(snippet)}</span>
                </span>
            </a>
        </li>
    }
    .into_any()
}
