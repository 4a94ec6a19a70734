//! Short messages that go away by themselves, some with a way back.

use crate::erased::effect;
use crate::locales::use_locale;
use crate::state::use_state;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use std::sync::Arc;

const SHOWN_MILLIS: u32 = 5_000;
/// More would cover what they speak of; the oldest go first.
const SHOWN_AT_ONCE: usize = 3;
/// While the pointer or the focus rests on a message it stays; this is how soon it looks again.
const LOOK_AGAIN_MILLIS: u32 = 1_000;

#[derive(Clone, Debug)]
struct Toast {
    id: u64,
    text: String,
    action: Option<(String, Undo)>,
}

/// Outlives the component that said it: a `Callback` would end with that.
#[derive(Clone)]
struct Undo(Arc<dyn Fn() + Send + Sync>);

impl core::fmt::Debug for Undo {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Undo")
    }
}

/// The messages that are shown now. `Copy`: anything that outlives a component may hold it.
#[derive(Clone, Copy, Debug)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u64>,
    held: RwSignal<bool>,
}

pub fn provide_toasts() -> Toasts {
    let toasts = Toasts {
        shown: RwSignal::new(Vec::new()),
        next: StoredValue::new(0),
        held: RwSignal::new(false),
    };
    provide_context(toasts);
    toasts
}

/// # Panics
/// Outside the app, which provides them before anything is drawn.
pub fn use_toasts() -> Toasts {
    expect_context()
}

impl Toasts {
    pub fn say(self, text: impl Into<String>) {
        self.show(text.into(), None);
    }

    /// With a button that takes it back.
    pub fn say_with(
        self,
        text: impl Into<String>,
        action: impl Into<String>,
        on_action: impl Fn() + Send + Sync + 'static,
    ) {
        self.show(text.into(), Some((action.into(), Undo(Arc::new(on_action)))));
    }

    fn show(self, text: String, action: Option<(String, Undo)>) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.shown.update(|shown| {
            shown.push(Toast { id, text, action });
            let surplus = shown.len().saturating_sub(SHOWN_AT_ONCE);
            shown.drain(..surplus);
        });
        leptos::task::spawn_local(async move {
            TimeoutFuture::new(SHOWN_MILLIS).await;
            while self.held.try_get_untracked() == Some(true) {
                TimeoutFuture::new(LOOK_AGAIN_MILLIS).await;
            }
            self.dismiss(id);
        });
    }

    fn dismiss(self, id: u64) {
        self.shown.try_update(|shown| shown.retain(|toast| toast.id != id));
        self.held.try_update(|held| *held = false);
    }
}

/// Where the messages appear: once a page, above everything, dialogs included.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let toasts = use_toasts();
    let region = NodeRef::<leptos::html::Div>::new();
    let (state, locale) = (use_state(), use_locale());
    effect(move || {
        if let Some(error) = state.undone.get() {
            state.undone.set(None);
            toasts.say(untrack(|| locale.texts()).refusal(&error));
        }
    });
    // The top layer is a stack: whoever enters it last lies above. A new message enters it anew.
    effect(move || {
        toasts.shown.track();
        if let Some(region) = region.get() {
            // Hiding what is hidden and showing what is shown are refused, and harmless.
            let _ = region.hide_popover();
            let _ = region.show_popover();
        }
    });
    view! {
        <div
            node_ref=region
            class="toasts"
            popover="manual"
            role="status"
            on:pointerenter=move |_| toasts.held.set(true)
            on:pointerleave=move |_| toasts.held.set(false)
            on:focusin=move |_| toasts.held.set(true)
            on:focusout=move |_| toasts.held.set(false)
        >
            <For each=move || toasts.shown.get() key=|toast| toast.id let:toast>
                <div class="toast">
                    <span>{toast.text.clone()}</span>
                    {toast
                        .action
                        .clone()
                        .map(|(label, on_action)| {
                            let id = toast.id;
                            view! {
                                <button
                                    type="button"
                                    on:click=move |_| {
                                        toasts.dismiss(id);
                                        (on_action.0)();
                                    }
                                >
                                    {label}
                                </button>
                            }
                        })}
                </div>
            </For>
        </div>
    }
}
