//! Code that somebody posted: its language, a button to copy it, the rest folded when it is long.
//! Its colours are better than none, and come when they can.

use super::copy_box::put_on_clipboard;
use super::icon::{Icon, IconName};
use crate::erased::{live, redrawn};
use crate::locales::use_locale;
use crate::parts;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::sync::Arc;

const COPIED_MILLIS: u32 = 1_500;
/// Longer code is folded.
const CODE_LINES: usize = 24;

#[component]
pub fn CodeBlock(language: Option<String>, text: String) -> impl IntoView {
    let locale = use_locale();
    let copied = RwSignal::new(false);
    let lines = text.lines().count();
    let folded = RwSignal::new(lines > CODE_LINES);
    let text: Arc<str> = text.into();
    let copy = {
        let whole = Arc::clone(&text);
        move |_| {
            let whole = Arc::clone(&whole);
            spawn_local(async move {
                if put_on_clipboard(&whole).await {
                    copied.try_set(true);
                    TimeoutFuture::new(COPIED_MILLIS).await;
                    copied.try_set(false);
                }
            });
        }
    };
    let copy_words = move || {
        let texts = &locale.texts().common;
        if copied.get() { texts.copied } else { texts.copy }
    };
    let whole = Arc::clone(&text);
    let shown = move || {
        if folded.get() {
            whole.lines().take(CODE_LINES).collect::<Vec<_>>().join("\n")
        } else {
            whole.to_string()
        }
    };
    let label = language.clone();
    let plain = RwSignal::new(true);
    let colours = language.clone().map(|language| {
        let text = Arc::clone(&text);
        view! { <parts::CodeColours language text lines=CODE_LINES folded plain/> }.into_any()
    });
    view! {
        <div class="code">
            <header>
                <span dir="ltr">{language}</span>
                <button type="button" class="btn quiet" on:click=copy>
                    <Icon name=IconName::Copy class="sm"/>
                    {copy_words}
                </button>
            </header>
            <pre
                tabindex="0"
                dir="ltr"
                role="region"
                aria-label=live(move || label.clone().unwrap_or_else(|| "code".to_owned()))
            >
                <code>{redrawn(move || plain.get().then(&shown))} {colours}</code>
            </pre>
            {(lines > CODE_LINES)
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="btn quiet sm"
                            on:click=move |_| folded.update(|folded| *folded = !*folded)
                        >
                            {redrawn(move || {
                                let texts = &locale.texts().conversation;
                                if folded.get() { texts.show_more } else { texts.show_less }
                            })}
                        </button>
                    }
                })}
        </div>
    }
}
