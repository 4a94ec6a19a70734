//! A text to take along: shown, and copied by one press.

use super::icon::{Icon, IconName};
use crate::components::toast::{Toasts, use_toasts};
use crate::erased::redrawn;
use crate::locales::{Locale, use_locale};
use crate::text;
use js_sys::{Function, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::text_prop::TextProp;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlElement, HtmlTextAreaElement};

/// Puts `text` on the clipboard and says so, or why not.
pub fn copy(text: String, done: &'static str, toasts: Toasts, locale: Locale) {
    spawn_local(async move {
        let copied = put_on_clipboard(&text).await;
        let texts = locale.texts();
        toasts.say(if copied { done } else { texts.common.copy_failed });
    });
}

/// Whether the browser allowed it.
pub async fn put_on_clipboard(text: &str) -> bool {
    // Pages that did not come over TLS or from this machine have no clipboard of this kind.
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into())
        .is_ok_and(|clipboard| !clipboard.is_undefined());
    let written = clipboard
        && JsFuture::from(window().navigator().clipboard().write_text(text)).await.is_ok();
    written || copy_selected(text).unwrap_or(false)
}

/// The way that browsers had before, from a field made for it; it also works over plain HTTP.
fn copy_selected(text: &str) -> Option<bool> {
    let document = document();
    let focused = document.active_element()?;
    let field = document.create_element("textarea").ok()?;
    let field = field.dyn_into::<HtmlTextAreaElement>().ok()?;
    field.set_value(text);
    field.set_class_name("vh");
    // Beside what was pressed: while a dialog is open, nothing outside of it can be selected.
    focused.parent_element()?.append_child(&field).ok()?;
    field.select();
    let command = Reflect::get(&document, &"execCommand".into()).ok()?;
    let done = command.dyn_into::<Function>().ok()?.call1(&document, &"copy".into());
    field.remove();
    if let Ok(focused) = focused.dyn_into::<HtmlElement>() {
        // It was focused a moment ago.
        let _ = focused.focus();
    }
    Some(done.is_ok_and(|done| done.is_truthy()))
}

#[component]
pub fn CopyBox(
    id: &'static str,
    #[prop(into)] label: TextProp,
    #[prop(into)] text: Signal<String>,
) -> impl IntoView {
    let locale = use_locale();
    let toasts = use_toasts();
    let input = NodeRef::<leptos::html::Input>::new();
    view! {
        <div class="field">
            <label for=id>{redrawn(move || label.get())}</label>
            <div class="copy">
                <input
                    node_ref=input
                    class="input"
                    id=id
                    type="text"
                    readonly
                    dir="ltr"
                    prop:value=text
                    on:focus=move |_| {
                        if let Some(input) = input.get_untracked() {
                            input.select();
                        }
                    }
                />
                <button
                    type="button"
                    class="btn outline"
                    on:click=move |_| {
                        if let Some(field) = input.get_untracked() {
                            // Where copying fails it can be taken by hand.
                            field.select();
                        }
                        let done = locale.texts().common.copied;
                        copy(text.get_untracked(), done, toasts, locale);
                    }
                >
                    <Icon name=IconName::Copy class="sm"/>
                    {text!(locale, common.copy)}
                </button>
            </div>
        </div>
    }
}

/// The whole address of a path of this page.
pub fn absolute(path: &str) -> String {
    format!("{}{path}", window().location().origin().unwrap_or_default())
}
