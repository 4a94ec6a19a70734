//! A button that opens a menu, by the pattern of the ARIA Authoring Practices.

use super::icon::{Icon, IconName};
use crate::erased::{Show, effect, live, redrawn};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::text_prop::TextProp;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Room between a menu and its button, and between a menu and the window's edge.
const GAP: f64 = 4.0;
const EDGE: f64 = 8.0;

/// A rectangle of the window, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rect {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// Where a menu's top left corner goes: under its button, their ends aligned, above where there is
/// no room below, and never over the window's edge.
fn place(button: Rect, menu: (f64, f64), window: (f64, f64)) -> (f64, f64) {
    let (width, height) = menu;
    let right_aligned = button.left + button.width - width;
    let left = if button.left + width + EDGE > window.0 { right_aligned } else { button.left };
    let below = button.top + button.height + GAP;
    let above = button.top - GAP - height;
    let top = if below + height + EDGE > window.1 && above >= EDGE { above } else { below };
    let clamp = |value: f64, limit: f64| value.min(limit - EDGE).max(EDGE);
    (clamp(left, window.0 - width), clamp(top, window.1 - height))
}

#[derive(Clone, Copy)]
struct MenuContext {
    close: Callback<()>,
}

/// A button and its menu. The children are [`MenuItem`]s and [`MenuLine`]s, made when it opens.
#[component]
pub fn MenuButton(
    /// Unique on the page.
    id: String,
    /// The button's name, where what it shows does not name it.
    #[prop(optional, into)]
    label: Option<TextProp>,
    /// What the button shows.
    #[prop(into)]
    face: ViewFn,
    #[prop(default = "ib")] class: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let button = NodeRef::<leptos::html::Button>::new();
    let menu = NodeRef::<leptos::html::Div>::new();
    let from_end = StoredValue::new(false);

    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            // Hiding what is hidden already is refused, and harmless.
            let _ = menu.hide_popover();
        }
        open.set(false);
    };
    let close_and_return = move || {
        close();
        if let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    };
    provide_context(MenuContext { close: Callback::new(move |()| close_and_return()) });

    let show = move |at_end: bool| {
        from_end.set_value(at_end);
        open.set(true);
    };
    let on_menu_key = move |event: KeyboardEvent| {
        let items = menu.get_untracked().map(|menu| items_of(&menu)).unwrap_or_default();
        match key_in_menu(&event.key(), &items) {
            Key::Moves(to) => {
                event.prevent_default();
                if let Some(item) = items.get(to) {
                    let _ = item.focus();
                }
            }
            Key::Closes => {
                event.prevent_default();
                event.stop_propagation();
                close_and_return();
            }
            Key::Leaves => close(),
            Key::Other => {}
        }
    };

    let on_button_key = move |event: KeyboardEvent| {
        if let Some(at_end) = opens(&event.key()) {
            event.prevent_default();
            show(at_end);
        }
    };

    let menu_id = format!("{id}-menu");
    let controls = menu_id.clone();
    let labelled_by = id.clone();
    let children = StoredValue::new(children);
    view! {
        <span class="menu-wrap">
            <button
                node_ref=button
                type="button"
                id=id
                class=class
                aria-label=live(move || label.as_ref().map(|label| label.get().into_owned()))
                aria-haspopup="menu"
                aria-expanded=live(move || if open.get() { "true" } else { "false" })
                aria-controls=live(move || open.get().then(|| controls.clone()))
                on:click=move |_| {
                    if open.get_untracked() {
                        close();
                    } else {
                        show(false);
                    }
                }
                on:keydown=on_button_key
            >
                {redrawn(move || face.run())}
            </button>
            <Show when=move || open.get()>
                <div
                    node_ref=menu
                    id=menu_id.clone()
                    class="pop menu"
                    popover="auto"
                    role="menu"
                    tabindex="-1"
                    aria-labelledby=labelled_by.clone()
                    on:keydown=on_menu_key
                    // A press elsewhere closes it; the browser does that and says so.
                    on:toggle=move |event| {
                        if is_hidden(&event) {
                            open.set(false);
                        }
                    }
                >
                    <ShowMenu menu button at_end=from_end.get_value()/>
                    {children.with_value(|children| children())}
                </div>
            </Show>
        </span>
    }
}

/// Shows the menu once its items are there, beside its button, and focuses one of them.
#[component]
fn ShowMenu(
    menu: NodeRef<leptos::html::Div>,
    button: NodeRef<leptos::html::Button>,
    at_end: bool,
) -> impl IntoView {
    effect(move || {
        let (Some(menu), Some(button)) = (menu.get(), button.get_untracked()) else { return };
        if !show_beside(&menu, &button) {
            return;
        }
        let items = items_of(&menu);
        if let Some(item) = if at_end { items.last() } else { items.first() } {
            let _ = item.focus();
        }
    });
}

/// Shows what pops over the page beside its button; `false` when it cannot be shown.
pub fn show_beside(popover: &HtmlElement, button: &HtmlElement) -> bool {
    if popover.show_popover().is_err() {
        return false;
    }
    let rect = button.get_bounding_client_rect();
    let button = Rect { left: rect.x(), top: rect.y(), width: rect.width(), height: rect.height() };
    let size = (f64::from(popover.offset_width()), f64::from(popover.offset_height()));
    let (left, top) = place(button, size, window_size());
    let style = popover.style();
    // Set through the object model, which the content security policy allows.
    let _ = style.set_property("left", &format!("{left}px"));
    let _ = style.set_property("top", &format!("{top}px"));
    true
}

/// Whether the browser has just hidden what the event is about.
pub fn is_hidden(event: &web_sys::Event) -> bool {
    event
        .current_target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok())
        .is_some_and(|menu| !menu.matches(":popover-open").unwrap_or(true))
}

/// Whether a key on the button opens the menu, and whether at its end.
fn opens(key: &str) -> Option<bool> {
    match key {
        "ArrowDown" => Some(false),
        "ArrowUp" => Some(true),
        _ => None,
    }
}

/// What a key does in an open menu.
enum Key {
    /// The focus goes to the item of this index.
    Moves(usize),
    Closes,
    /// Closes as the focus moves on by itself.
    Leaves,
    Other,
}

fn key_in_menu(key: &str, items: &[HtmlElement]) -> Key {
    let at = focused(items);
    let last = items.len().saturating_sub(1);
    match key {
        "ArrowDown" => Key::Moves(at.map_or(0, |at| if at == last { 0 } else { at + 1 })),
        "ArrowUp" => Key::Moves(at.map_or(last, |at| if at == 0 { last } else { at - 1 })),
        "Home" => Key::Moves(0),
        "End" => Key::Moves(last),
        "Escape" => Key::Closes,
        "Tab" => Key::Leaves,
        key if key.chars().count() == 1 && key != " " => {
            next_beginning(items, at, key).map_or(Key::Other, Key::Moves)
        }
        _ => Key::Other,
    }
}

fn window_size() -> (f64, f64) {
    let size = |value: Result<wasm_bindgen::JsValue, _>| {
        value.ok().and_then(|value| value.as_f64()).unwrap_or(0.0)
    };
    let window = window();
    (size(window.inner_width()), size(window.inner_height()))
}

fn items_of(menu: &web_sys::Element) -> Vec<HtmlElement> {
    let Ok(found) = menu.query_selector_all("[role^=menuitem]:not([aria-disabled=true])") else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|index| found.get(index)?.dyn_into::<HtmlElement>().ok())
        .collect()
}

fn focused(items: &[HtmlElement]) -> Option<usize> {
    let active = document().active_element()?;
    items.iter().position(|item| **item == active)
}

/// The next item after `at` whose text begins with what was typed.
fn next_beginning(items: &[HtmlElement], at: Option<usize>, typed: &str) -> Option<usize> {
    let typed = typed.to_lowercase();
    let start = at.map_or(0, |at| at + 1);
    (0..items.len()).map(|step| (start + step) % items.len()).find(|index| {
        let text = items[*index].text_content().unwrap_or_default();
        text.trim().to_lowercase().starts_with(&typed)
    })
}

/// One thing to do. Choosing it closes the menu and gives the focus back first.
#[component]
pub fn MenuItem(
    icon: IconName,
    #[prop(into)] text: TextProp,
    /// `danger`, where it takes something away.
    #[prop(optional)]
    class: &'static str,
    /// The key that does the same.
    #[prop(optional)]
    key: &'static str,
    #[prop(into)] on_select: Callback<()>,
) -> impl IntoView {
    let context = expect_context::<MenuContext>();
    view! {
        <button
            type="button"
            role="menuitem"
            tabindex="-1"
            class=class
            on:click=move |_| {
                context.close.run(());
                on_select.run(());
            }
        >
            <Icon name=icon/>
            <span>{redrawn(move || text.get())}</span>
            {(!key.is_empty()).then(|| view! { <kbd aria-hidden="true">{key}</kbd> })}
        </button>
    }
}

/// A line between groups of items.
#[component]
pub fn MenuLine() -> impl IntoView {
    view! { <hr/> }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: (f64, f64) = (1000.0, 800.0);
    const BUTTON: Rect = Rect { left: 100.0, top: 100.0, width: 40.0, height: 32.0 };

    #[test]
    fn a_menu_opens_under_its_button() {
        assert_eq!(place(BUTTON, (200.0, 300.0), WINDOW), (100.0, 136.0));
    }

    #[test]
    fn at_the_far_edge_its_end_meets_the_buttons_end() {
        let button = Rect { left: 950.0, ..BUTTON };
        assert_eq!(place(button, (200.0, 300.0), WINDOW), (790.0, 136.0));
    }

    #[test]
    fn without_room_below_it_opens_above() {
        let button = Rect { top: 700.0, ..BUTTON };
        assert_eq!(place(button, (200.0, 300.0), WINDOW), (100.0, 396.0));
    }

    #[test]
    fn it_never_leaves_the_window() {
        let button = Rect { left: -50.0, top: 400.0, ..BUTTON };
        let (left, top) = place(button, (200.0, 700.0), WINDOW);
        assert_eq!((left, top), (8.0, 92.0));
    }
}
