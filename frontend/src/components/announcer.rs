//! What is said aloud: one polite voice and one that interrupts, apart from everything drawn.

use crate::locales::{Locale, use_locale};
use crate::state::now_millis;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

/// More messages than this in so short a time become a number.
const BURST: usize = 3;
const BURST_MILLIS: u64 = 2_000;
/// A text that is taken away too soon is never said.
const SAID_MILLIS: u32 = 5_000;

#[derive(Clone, Copy, Debug)]
pub struct Announcer {
    polite: RwSignal<String>,
    urgent: RwSignal<String>,
    recent: StoredValue<Vec<u64>>,
    locale: Locale,
    clearing: StoredValue<Option<Timeout>, LocalStorage>,
}

pub fn provide_announcer() -> Announcer {
    let announcer = Announcer {
        polite: RwSignal::new(String::new()),
        urgent: RwSignal::new(String::new()),
        recent: StoredValue::new(Vec::new()),
        locale: use_locale(),
        clearing: StoredValue::new_local(None),
    };
    provide_context(announcer);
    announcer
}

pub fn use_announcer() -> Announcer {
    expect_context()
}

impl Announcer {
    pub fn say(self, text: impl Into<String>) {
        self.polite.set(text.into());
        self.clear_later();
    }

    /// Interrupts: only for what needs an answer now.
    pub fn say_now(self, text: impl Into<String>) {
        self.urgent.set(text.into());
        self.clear_later();
    }

    /// A message of the open room; several at once become their number.
    pub fn say_message(self, text: &str) {
        let now = now_millis();
        let mut count = 0;
        self.recent.update_value(|recent| {
            recent.retain(|at| now.saturating_sub(*at) < BURST_MILLIS);
            recent.push(now);
            count = recent.len();
        });
        if count > BURST {
            let count = count as u64;
            let texts = untrack(|| self.locale.texts());
            let number = untrack(|| self.locale.number(count));
            self.say(texts.conversation.announcement_burst.fill(count, [&number]));
        } else {
            self.say(text);
        }
    }

    fn clear_later(self) {
        self.clearing.set_value(Some(Timeout::new(SAID_MILLIS, move || {
            self.polite.set(String::new());
            self.urgent.set(String::new());
        })));
    }
}

#[component]
pub fn AnnouncerRegion() -> impl IntoView {
    let announcer = use_announcer();
    view! {
        <div class="vh" aria-live="polite" aria-atomic="true">{announcer.polite}</div>
        <div class="vh" aria-live="assertive" aria-atomic="true">{announcer.urgent}</div>
    }
}
