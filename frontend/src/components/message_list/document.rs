//! The list in the document: its measures, where it is scrolled to, what in it has the focus.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, EventTarget, FocusOptions, HtmlCollection, HtmlElement};

/// In the list stand the skeleton of an older page and a spacer before the rows, a spacer after.
const BEFORE_ROWS: u32 = 2;
const AFTER_ROWS: u32 = 1;
/// Messages have lists in them too.
pub(super) const ROW: &str = ".log > ol > li";

#[derive(Clone, Copy, Debug)]
pub(super) struct Document {
    pub(super) scroller: NodeRef<html::Div>,
    pub(super) list: NodeRef<html::Ol>,
}

/// The room around the rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Of the view.
    pub(super) height: f64,
    /// Above the first row, when nothing is scrolled; below the last.
    pub(super) lead: f64,
    pub(super) tail: f64,
    /// From the first row's beginning to the last one's end, drawn or not.
    pub(super) content: f64,
}

impl Document {
    pub(super) fn new() -> Self {
        Self { scroller: NodeRef::new(), list: NodeRef::new() }
    }

    pub(super) fn scroller(self) -> Option<HtmlElement> {
        self.scroller.get_untracked().map(JsCast::unchecked_into)
    }

    fn rows(self) -> Option<(HtmlCollection, u32)> {
        let children = self.list.get_untracked()?.children();
        let count = children.length().checked_sub(BEFORE_ROWS + AFTER_ROWS)?;
        Some((children, count))
    }

    fn row(self, place: usize) -> Option<Element> {
        let (children, count) = self.rows()?;
        let place = u32::try_from(place).ok().filter(|place| *place < count)?;
        children.item(BEFORE_ROWS + place)
    }

    /// The width that text has.
    pub(super) fn column_width(self) -> Option<f64> {
        Some(f64::from(self.list.get_untracked()?.client_width()) - 100.0)
    }

    pub(super) fn frame(self) -> Option<Frame> {
        let (scroller, list) = (self.scroller()?, self.list.get_untracked()?);
        let (children, count) = self.rows()?;
        let above = children.item(BEFORE_ROWS - 1)?.get_bounding_client_rect();
        let below = children.item(BEFORE_ROWS + count)?.get_bounding_client_rect();
        let outer = scroller.get_bounding_client_rect();
        Some(Frame {
            height: f64::from(scroller.client_height()),
            lead: above.top() - outer.top() + scroll_top(&scroller)
                - f64::from(scroller.client_top()),
            tail: list.get_bounding_client_rect().bottom() - below.bottom(),
            content: below.bottom() - above.top(),
        })
    }

    /// The heights of all drawn rows, in their order.
    pub(super) fn heights(self) -> Vec<f64> {
        let Some((children, count)) = self.rows() else { return Vec::new() };
        (BEFORE_ROWS..BEFORE_ROWS + count)
            .filter_map(|place| Some(children.item(place)?.get_bounding_client_rect().height()))
            .collect()
    }

    pub(super) fn scroll_top(self) -> Option<f64> {
        self.scroller().map(|scroller| scroll_top(&scroller))
    }

    pub(super) fn scroll_to(self, top: f64) {
        if let Some(scroller) = self.scroller()
            && (scroll_top(&scroller) - top).abs() >= 0.5
        {
            set_scroll_top(&scroller, top);
        }
    }

    // --- the focus

    /// The drawn row that has the focus, or holds what has it.
    pub(super) fn focused_row(self) -> Option<usize> {
        self.row_of(&document().active_element()?)
    }

    /// The drawn row that has the focus itself.
    pub(super) fn focused_article(self) -> Option<usize> {
        let active = document().active_element()?;
        is_article(Some(active.clone().into())).then(|| self.row_of(&active)).flatten()
    }

    /// The drawn row in which the element is.
    pub(super) fn row_of(self, element: &Element) -> Option<usize> {
        let list = self.list.get_untracked()?;
        if !list.contains(Some(element)) {
            return None;
        }
        let item = element.closest(ROW).ok()??;
        let (children, count) = self.rows()?;
        (0..count)
            .find(|place| children.item(BEFORE_ROWS + place).as_ref() == Some(&item))
            .and_then(|place| usize::try_from(place).ok())
    }

    /// Gives the focus to the drawn row, and the list's tab stop with it.
    pub(super) fn focus(self, place: usize) {
        let Some(list) = self.list.get_untracked() else { return };
        let article = self.row(place).and_then(|row| row.query_selector("article").ok().flatten());
        let Some(article) = article.and_then(|article| article.dyn_into::<HtmlElement>().ok())
        else {
            return;
        };
        if let Ok(Some(before)) = list.query_selector("article[tabindex='0']") {
            // The attribute is one that every element takes.
            let _ = before.set_attribute("tabindex", "-1");
        }
        article.set_tab_index(0);
        let quietly = FocusOptions::new();
        quietly.set_prevent_scroll(true);
        // A row that went away in the meantime takes no focus.
        let _ = article.focus_with_options(&quietly);
    }
}

pub(super) fn nothing_has_focus() -> bool {
    document().active_element().is_none_or(|active| active.tag_name() == "BODY")
}

pub(super) fn is_article(target: Option<EventTarget>) -> bool {
    element(target).is_some_and(|element| element.tag_name().eq_ignore_ascii_case("article"))
}

/// From a message to the first thing in it that can be used.
pub(super) fn focus_inside(target: Option<EventTarget>) -> bool {
    element(target)
        .and_then(|article| article.query_selector("a, button, pre[tabindex]").ok().flatten())
        .and_then(|inside| inside.dyn_into::<HtmlElement>().ok())
        .is_some_and(|inside| inside.focus().is_ok())
}

pub(super) fn html_element(target: Option<EventTarget>) -> Option<HtmlElement> {
    target.and_then(|target| target.dyn_into::<HtmlElement>().ok())
}

pub(super) fn element(target: Option<EventTarget>) -> Option<Element> {
    target.and_then(|target| target.dyn_into::<Element>().ok())
}

/// With its fraction, which `Element::scroll_top` cuts off.
fn scroll_top(scroller: &HtmlElement) -> f64 {
    js_sys::Reflect::get(scroller, &JsValue::from_str("scrollTop"))
        .ok()
        .and_then(|top| top.as_f64())
        .unwrap_or(0.0)
}

fn set_scroll_top(scroller: &HtmlElement, top: f64) {
    // Every element has the property.
    let _ =
        js_sys::Reflect::set(scroller, &JsValue::from_str("scrollTop"), &JsValue::from_f64(top));
}
