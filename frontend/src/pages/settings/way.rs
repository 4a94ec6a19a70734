//! What carries the live connection of this page, and why.

use crate::components::icon::{Icon, IconName};
use crate::erased::redrawn;
use crate::locales::use_locale;
use crate::state::{Link, use_state};
use crate::text;
use leptos::prelude::*;

#[component]
pub fn Way() -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let said = move || {
        let texts = locale.texts().settings();
        if state.link.with(|link| *link != Link::Live) {
            return (texts.no_way, "");
        }
        let said = state.way.get();
        let (way, why) = said.split_once(' ').unwrap_or_default();
        let way = match way {
            "" => return (texts.by_websocket, ""),
            "poll" => texts.by_polls,
            _ => texts.by_events,
        };
        let why = match why {
            "silent" => texts.websocket_silent,
            "cut" => texts.websocket_cut,
            _ => texts.websocket_blocked,
        };
        (way, why)
    };
    view! {
        <section class="block" aria-labelledby="way">
            <header>
                <h2 id="way">{text!(locale, settings.way)}</h2>
                <p>{text!(locale, settings.way_explained)}</p>
            </header>
            {redrawn(move || {
                let (way, why) = said();
                let why = (!why.is_empty())
                    .then(|| {
                        view! {
                            <small>{why}</small>
                            <small>{locale.texts().settings().websocket_tried}</small>
                        }
                    });
                view! {
                    <ul class="list">
                        <li>
                            <Icon name=IconName::Bolt/>
                            <span class="t">
                                <b>{way}</b>
                                {why}
                            </span>
                        </li>
                    </ul>
                }
                    .into_any()
            })}
        </section>
    }
}
