//! One line when there is no connection; nothing when there is, nor for the first moments.

use super::announcer::use_announcer;
use super::icon::{Icon, IconName};
use crate::actions::use_actions;
use crate::drafts::Keeping;
use crate::erased::{Show, effect};
use crate::locales::use_locale;
use crate::state::{Link, now_millis, use_state};
use crate::text;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

/// Most interruptions are over before anybody needs to know.
const SILENT_MILLIS: u32 = 2_500;

#[component]
#[expect(clippy::too_many_lines, reason = "one line; most of it is what it may say")]
pub fn ConnectionLine() -> impl IntoView {
    let state = use_state();
    let actions = use_actions();
    let locale = use_locale();
    let announcer = use_announcer();
    let live = Memo::new(move |_| state.link.with(|link| *link == Link::Live));
    let shown = RwSignal::new(false);
    let waiting = StoredValue::new_local(None::<Timeout>);
    effect(move || {
        if live.get() {
            waiting.set_value(None);
            if shown.get_untracked() {
                shown.set(false);
                announcer.say(untrack(|| locale.texts().conversation.back_online));
            }
        } else if waiting.with_value(Option::is_none) && !shown.get_untracked() {
            let timeout = Timeout::new(SILENT_MILLIS, move || {
                shown.try_set(true);
            });
            waiting.set_value(Some(timeout));
        }
    });
    let clock = RwSignal::new(now_millis());
    let ticking = set_interval_with_handle(
        move || {
            if shown.get_untracked() {
                clock.set(now_millis());
            }
        },
        core::time::Duration::from_secs(1),
    );
    on_cleanup(move || {
        if let Ok(ticking) = ticking {
            ticking.clear();
        }
    });

    let when = move || {
        let texts = &locale.texts().conversation;
        let next_try = match state.link.get() {
            Link::Waiting { next_try } | Link::Restarting { next_try } => next_try,
            Link::Connecting | Link::Live | Link::Replaced | Link::Refused => {
                return texts.trying_now.to_owned();
            }
        };
        let seconds = next_try.saturating_sub(clock.get()).div_ceil(1_000);
        match seconds {
            0 => texts.trying_now.to_owned(),
            _ => texts.next_try.fill(seconds, [&locale.number(seconds)]),
        }
    };
    let words = move || {
        let texts = &locale.texts().conversation;
        match state.link.get() {
            Link::Replaced => view! { <span>{texts.too_many_tabs}</span> }.into_any(),
            Link::Refused => view! { <span>{texts.frame_refused}</span> }.into_any(),
            Link::Restarting { .. } => {
                view! { <span>{texts.going_away} " " {when}</span> }.into_any()
            }
            Link::Connecting | Link::Live | Link::Waiting { .. } => view! {
                <span>
                    <b>{texts.no_connection}</b>
                    " "
                    {match state.keeping.get() {
                        Keeping::Keeps => texts.keep_writing,
                        Keeping::Refuses => texts.keep_open,
                    }}
                    " "
                    {when}
                </span>
            }
            .into_any(),
        }
    };
    let refused = move || state.link.with(|link| *link == Link::Refused);
    let button = move || {
        let texts = locale.texts();
        match state.link.get() {
            Link::Refused => texts.common.reload,
            Link::Replaced => texts.conversation.use_here,
            Link::Connecting | Link::Live | Link::Waiting { .. } | Link::Restarting { .. } => {
                texts.conversation.try_now
            }
        }
    };
    view! {
        <div role="status" aria-label=text!(locale, conversation.connection) class:banner=shown>
            <Show when=move || shown.get()>
                <Icon name=IconName::WifiOff/>
                {words}
                <button
                    type="button"
                    class="btn outline sm"
                    on:click=move |_| {
                        if refused() {
                            // A page that cannot be reloaded by itself can be by hand.
                            let _ = window().location().reload();
                        } else {
                            actions.reconnect();
                        }
                    }
                >
                    <Icon name=IconName::Refresh class="sm"/>
                    {button}
                </button>
            </Show>
        </div>
    }
}
