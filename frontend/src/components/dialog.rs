//! Modal dialogs on the browser's own `<dialog>`: it traps the focus, and gives it back.

use super::icon::{Icon, IconName};
use crate::erased::{Show, effect, redrawn};
use crate::locales::use_locale;
use crate::text;
use leptos::ev;
use leptos::prelude::*;
use leptos::text_prop::TextProp;
use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlTextAreaElement};

/// A modal dialog, shown while `open`. Its content exists only then; it lays out a
/// `.dialog__body` and a `footer`, in a `form` or not. While `dirty`, closing asks once.
#[component]
pub fn Dialog(
    open: RwSignal<bool>,
    /// Unique on the page; names the dialog by its title.
    id: &'static str,
    #[prop(into)] title: TextProp,
    #[prop(optional, into)] dirty: Option<Signal<bool>>,
    /// `narrow` or `wide`.
    #[prop(optional)]
    class: &'static str,
    /// Before the title.
    #[prop(optional, into)]
    leading: Option<ViewFn>,
    children: ChildrenFn,
) -> impl IntoView {
    let locale = use_locale();
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    let asking = RwSignal::new(false);

    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            shut(&dialog);
        }
        open.set(false);
    };
    let request_close = move || {
        let dirty = dirty.is_some_and(|dirty| dirty.get_untracked());
        if dirty && !asking.get_untracked() {
            asking.set(true);
        } else {
            close();
        }
    };
    // The content mounts first, so that there is something to focus.
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        if open.get() {
            asking.set(false);
        } else if dialog.open() {
            shut(&dialog);
        }
    });

    let heading = format!("{id}-title");
    let labelled_by = heading.clone();
    let children = StoredValue::new(children);
    let leading = StoredValue::new(leading);
    let title = StoredValue::new(title);
    view! {
        <dialog
            node_ref=dialog
            class=format!("dialog {class}")
            aria-labelledby=labelled_by
            on:close=move |_| {
                // Told a moment later: by then it may be open again.
                if !dialog.get_untracked().is_some_and(|dialog| dialog.open()) {
                    open.set(false);
                }
            }
            on:cancel=move |event: ev::Event| {
                // Also fired by file pickers inside, which are none of the dialog's business.
                if is_self(&event) {
                    event.prevent_default();
                    request_close();
                }
            }
            on:pointerdown=move |event| {
                // Its content covers the dialog, so what hits the dialog itself hit the backdrop.
                if is_self(&event) {
                    request_close();
                }
            }
        >
            <Show when=move || open.get()>
                <ShowModal dialog/>
                <div class="dialog__in">
                    <header>
                        {leading.with_value(|leading| leading.as_ref().map(ViewFn::run))}
                        <h2 id=heading.clone()>{redrawn(move || title.with_value(TextProp::get))}</h2>
                        <button
                            type="button"
                            class="ib lg"
                            aria-label=text!(locale, common.close)
                            on:click=move |_| request_close()
                        >
                            <Icon name=IconName::Close/>
                        </button>
                    </header>
                    <Show when=move || asking.get()>
                        <div class="banner" role="alertdialog" aria-labelledby="discard-question">
                            <span id="discard-question">
                                <b>{text!(locale, common.discard_question)}</b>
                                " "
                                {text!(locale, common.discard_explained)}
                            </span>
                            <button
                                type="button"
                                class="btn outline sm"
                                on:click=move |_| asking.set(false)
                            >
                                {text!(locale, common.keep_editing)}
                            </button>
                            <button type="button" class="btn outline sm" on:click=move |_| close()>
                                {text!(locale, common.discard)}
                            </button>
                        </div>
                    </Show>
                    {children.with_value(|children| children())}
                </div>
            </Show>
        </dialog>
    }
}

/// Closes it; the focus goes back to where it was. Chromium leaves the caret behind in a field of the
/// dialog, and what is typed then would go nowhere.
fn shut(dialog: &HtmlDialogElement) {
    dialog.close();
    let focused = document().active_element();
    if let Some(area) = focused.and_then(|found| found.dyn_into::<HtmlTextAreaElement>().ok())
        && let (Ok(Some(start)), Ok(Some(end))) = (area.selection_start(), area.selection_end())
    {
        let _ = area.set_selection_range(start, end);
    }
}

fn is_self(event: &web_sys::Event) -> bool {
    event.target().is_some() && event.target() == event.current_target()
}

/// Opens the dialog once its content is there, and focuses the first field, else what the browser
/// chooses.
#[component]
fn ShowModal(dialog: NodeRef<leptos::html::Dialog>) -> impl IntoView {
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        if !dialog.open() && dialog.show_modal().is_ok() {
            focus_first();
        }
    });
}

/// Focuses what the open dialog is mainly for, if there is such a thing.
pub fn focus_first() {
    let field = document()
        .query_selector(
            "dialog[open] :is([data-first-focus], .dialog__body :is(input, textarea, select):not([disabled]))",
        )
        .ok()
        .flatten()
        .and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(field) = field {
        // What cannot take the focus leaves it where the browser put it.
        let _ = field.focus();
    }
}

/// Asks before something is done that cannot simply be undone. The title names its object.
#[component]
pub fn Confirm(
    open: RwSignal<bool>,
    id: &'static str,
    #[prop(into)] title: TextProp,
    #[prop(into)] explanation: TextProp,
    #[prop(into)] confirm: TextProp,
    /// The button's class: `danger` unless said otherwise.
    #[prop(default = "danger")]
    class: &'static str,
    on_confirm: Callback<()>,
) -> impl IntoView {
    let locale = use_locale();
    let explanation = StoredValue::new(explanation);
    let confirm = StoredValue::new(confirm);
    view! {
        <Dialog open id title class="narrow">
            <div class="dialog__body">
                <p>{redrawn(move || explanation.with_value(TextProp::get))}</p>
            </div>
            <footer>
                <button
                    type="button"
                    class="btn quiet"
                    data-first-focus=""
                    on:click=move |_| open.set(false)
                >
                    {text!(locale, common.cancel)}
                </button>
                <button
                    type="button"
                    class=format!("btn {class}")
                    on:click=move |_| {
                        open.set(false);
                        on_confirm.run(());
                    }
                >
                    {redrawn(move || confirm.with_value(TextProp::get))}
                </button>
            </footer>
        </Dialog>
    }
}
