//! Forms: what went wrong with one as a whole, its button, and that it is not sent twice.

use super::icon::{Icon, IconName};
use super::mark::Bars;
use crate::erased::{live, redrawn};
use crate::locales::use_locale;
use crate::text;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::text_prop::TextProp;

/// What a form is about to do, and how the last time went.
#[derive(Clone, Copy, Debug)]
pub struct Sending {
    pub busy: RwSignal<bool>,
    pub error: RwSignal<Option<String>>,
}

impl Sending {
    pub fn new() -> Self {
        Self { busy: RwSignal::new(false), error: RwSignal::new(None) }
    }

    /// What a form does when it is sent: nothing while it is on its way; what went wrong the last
    /// time is forgotten.
    pub fn submit(self, on_submit: Callback<()>) -> impl Fn(SubmitEvent) + Copy + 'static {
        move |event: SubmitEvent| {
            event.prevent_default();
            if !self.busy.get_untracked() {
                self.error.set(None);
                on_submit.run(());
            }
        }
    }

    /// It has come to an end; the form may be gone by then.
    pub fn ended(self, error: Option<String>) {
        self.busy.try_set(false);
        self.error.try_set(error);
    }
}

impl Default for Sending {
    fn default() -> Self {
        Self::new()
    }
}

/// Fields and a button under them.
#[component]
pub fn Form(
    sending: Sending,
    on_submit: Callback<()>,
    #[prop(into)] label: TextProp,
    #[prop(into)] busy_label: TextProp,
    children: Children,
) -> impl IntoView {
    let Sending { busy, error } = sending;
    view! {
        <form class="stacked" novalidate on:submit=sending.submit(on_submit)>
            <FormError error/>
            {children()}
            <div class="form-end">
                <SubmitButton label busy_label busy/>
            </div>
        </form>
    }
}

/// The same as all there is in a dialog, which it can close.
#[component]
pub fn DialogForm(
    open: RwSignal<bool>,
    sending: Sending,
    on_submit: Callback<()>,
    #[prop(into)] label: TextProp,
    #[prop(into)] busy_label: TextProp,
    children: Children,
) -> impl IntoView {
    let locale = use_locale();
    let Sending { busy, error } = sending;
    view! {
        <form novalidate on:submit=sending.submit(on_submit)>
            <div class="dialog__body">
                <FormError error/>
                {children()}
            </div>
            <footer>
                <button type="button" class="btn quiet" on:click=move |_| open.set(false)>
                    {text!(locale, common.cancel)}
                </button>
                <SubmitButton label busy_label busy/>
            </footer>
        </form>
    }
}

/// What went wrong with a form as a whole; said aloud when it appears.
#[component]
pub fn FormError(error: RwSignal<Option<String>>) -> impl IntoView {
    view! {
        <div role="alert">
            {redrawn(move || {
                error
                    .get()
                    .map(|why| {
                        view! {
                            <p class="banner danger boxed">
                                <Icon name=IconName::Alert/>
                                <span>{why}</span>
                            </p>
                        }
                    })
            })}
        </div>
    }
}

/// A form's button: while `busy` it says what it is doing and takes no second press.
#[component]
pub fn SubmitButton(
    #[prop(into)] label: TextProp,
    #[prop(into)] busy_label: TextProp,
    #[prop(into)] busy: Signal<bool>,
    #[prop(optional)] class: &'static str,
) -> impl IntoView {
    view! {
        <button
            type="submit"
            class=format!("btn {}", if class.is_empty() { "primary" } else { class })
            aria-busy=live(move || busy.get().then_some("true"))
        >
            {redrawn(move || busy.get().then(|| view! { <Bars/> }))}
            {redrawn(move || if busy.get() { busy_label.get() } else { label.get() })}
        </button>
    }
}
