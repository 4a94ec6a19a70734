//! Labelled text fields: hint, error beside them, a password that can be shown.

use super::icon::{Icon, IconName};
use crate::erased::{live, redrawn};
use crate::locales::use_locale;
use leptos::prelude::*;
use leptos::text_prop::TextProp;

/// A field's text and what is wrong with it. `Copy`: a form holds one for each field.
#[derive(Clone, Copy, Debug)]
pub struct FieldState {
    pub value: RwSignal<String>,
    pub error: RwSignal<Option<String>>,
    pub input: NodeRef<leptos::html::Input>,
}

impl FieldState {
    pub fn new(value: impl Into<String>) -> Self {
        Self {
            value: RwSignal::new(value.into()),
            error: RwSignal::new(None),
            input: NodeRef::new(),
        }
    }

    /// The text without the white space at its ends.
    pub fn trimmed(self) -> String {
        self.value.with_untracked(|value| value.trim().to_owned())
    }

    pub fn refuse(self, why: impl Into<String>) {
        self.error.set(Some(why.into()));
    }

    /// Says what is missing when the field is empty; whether it was.
    pub fn require(self, missing: &str) -> bool {
        let empty = self.value.with_untracked(|value| value.trim().is_empty());
        self.error.set(empty.then(|| missing.to_owned()));
        empty
    }

    pub fn has_error(self) -> bool {
        self.error.with_untracked(Option::is_some)
    }

    pub fn focus(self) {
        if let Some(input) = self.input.get_untracked() {
            // A field that cannot take focus any more is not on the page any more.
            let _ = input.focus();
        }
    }
}

/// Moves the focus to the first field that was refused; whether there was one.
pub fn focus_first_refused(fields: &[FieldState]) -> bool {
    let refused = fields.iter().find(|field| field.has_error());
    if let Some(field) = refused {
        field.focus();
    }
    refused.is_some()
}

/// One line of text. What is typed clears the error: it speaks of what was there before.
#[component]
pub fn Field(
    /// Unique on the page; hint and error take their ids from it.
    id: &'static str,
    #[prop(into)] label: TextProp,
    state: FieldState,
    #[prop(optional, into)] hint: Option<TextProp>,
    #[prop(optional, into)] placeholder: Option<TextProp>,
    #[prop(optional)] autocomplete: &'static str,
    #[prop(optional)] max_chars: Option<usize>,
    /// Shown as dots, with a button that shows it as it is.
    #[prop(optional)]
    password: bool,
    /// Names and nicks are no words to be corrected.
    #[prop(optional)]
    verbatim: bool,
    #[prop(optional)] autofocus: bool,
    /// Beside the label, at its far end.
    #[prop(optional, into)]
    aside: Option<ViewFn>,
) -> impl IntoView {
    let locale = use_locale();
    let shown = RwSignal::new(false);
    let FieldState { value, error, input } = state;
    let has_hint = hint.is_some();
    let described_by = move || {
        let mut ids = Vec::new();
        if error.with(Option::is_some) {
            ids.push(format!("{id}-error"));
        }
        if has_hint {
            ids.push(format!("{id}-hint"));
        }
        (!ids.is_empty()).then(|| ids.join(" "))
    };
    let toggle_label = move || {
        let texts = &locale.texts().common;
        if shown.get() { texts.hide_password } else { texts.show_password }
    };
    view! {
        <div class="field">
            <div class="label">
                <label for=id>{redrawn(move || label.get())}</label>
                {aside.map(|aside| aside.run())}
            </div>
            <div class="input-wrap">
                <input
                    node_ref=input
                    class="input"
                    id=id
                    name=id
                    type=move || if password && !shown.get() { "password" } else { "text" }
                    autocomplete=if autocomplete.is_empty() { "off" } else { autocomplete }
                    autocapitalize=(password || verbatim).then_some("none")
                    spellcheck=(password || verbatim).then_some("false")
                    maxlength=max_chars.map(|chars| chars.to_string())
                    placeholder=live(move || placeholder.as_ref().map(|text| text.get().into_owned()))
                    autofocus=autofocus
                    dir="auto"
                    prop:value=value
                    aria-invalid=live(move || error.with(Option::is_some).then_some("true"))
                    aria-describedby=described_by
                    on:input:target=move |event| {
                        value.set(event.target().value());
                        if error.with_untracked(Option::is_some) {
                            error.set(None);
                        }
                    }
                />
                {password
                    .then(|| {
                        view! {
                            <span class="end">
                                <button
                                    type="button"
                                    class="ib"
                                    aria-label=toggle_label
                                    aria-pressed=live(move || if shown.get() { "true" } else { "false" })
                                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                                >
                                    {redrawn(move || {
                                        let name = if shown.get() { IconName::EyeOff } else { IconName::Eye };
                                        view! { <Icon name/> }
                                    })}
                                </button>
                            </span>
                        }
                    })}
            </div>
            <FieldError id error/>
            {hint
                .map(|hint| {
                    view! {
                        <span class="hint" id=format!("{id}-hint")>
                            {redrawn(move || hint.get())}
                        </span>
                    }
                })}
        </div>
    }
}

/// Several lines of text.
#[component]
pub fn TextArea(
    id: &'static str,
    #[prop(into)] label: TextProp,
    value: RwSignal<String>,
    error: RwSignal<Option<String>>,
    #[prop(optional)] input: NodeRef<leptos::html::Textarea>,
    #[prop(optional, into)] hint: Option<TextProp>,
    #[prop(optional)] max_chars: Option<usize>,
) -> impl IntoView {
    let has_hint = hint.is_some();
    let described_by = move || {
        if error.with(Option::is_some) {
            Some(format!("{id}-error"))
        } else {
            has_hint.then(|| format!("{id}-hint"))
        }
    };
    view! {
        <div class="field">
            <label for=id>{redrawn(move || label.get())}</label>
            <textarea
                node_ref=input
                class="input"
                id=id
                name=id
                rows="3"
                dir="auto"
                maxlength=max_chars.map(|chars| chars.to_string())
                prop:value=value
                aria-invalid=live(move || error.with(Option::is_some).then_some("true"))
                aria-describedby=described_by
                on:input:target=move |event| {
                    value.set(event.target().value());
                    if error.with_untracked(Option::is_some) {
                        error.set(None);
                    }
                }
            ></textarea>
            <FieldError id error/>
            {hint
                .map(|hint| {
                    view! {
                        <span class="hint" id=format!("{id}-hint")>
                            {redrawn(move || hint.get())}
                        </span>
                    }
                })}
        </div>
    }
}

#[component]
fn FieldError(id: &'static str, error: RwSignal<Option<String>>) -> impl IntoView {
    move || {
        error.get().map(|why| {
            view! {
                <span class="err" id=format!("{id}-error")>
                    <Icon name=IconName::Alert class="sm"/>
                    {why}
                </span>
            }
        })
    }
}
