//! The head of pages that are no conversation.

use super::desk::use_desk;
use super::icon::{Icon, IconName};
use crate::erased::{effect, live, redrawn};
use crate::locales::use_locale;
use crate::text;
use leptos::prelude::*;
use leptos::text_prop::TextProp;
use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};

/// Title, a line under it, the way back to the rooms where they are not beside the page, and
/// whatever the page adds as children. The title takes the focus when the page opens.
#[component]
pub fn PageHead(
    #[prop(into)] title: TextProp,
    #[prop(into)] sub: TextProp,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let locale = use_locale();
    let desk = use_desk();
    let heading = NodeRef::<leptos::html::H1>::new();
    effect(move || {
        if let Some(heading) = heading.get() {
            // A reader begins here; for others nothing is seen of it.
            let _ = heading.focus();
        }
    });
    view! {
        <header class="head">
            <a class="ib only-phone" href="/" aria-label=text!(locale, common.back)>
                <Icon name=IconName::Left class="flip lg"/>
            </a>
            <button
                type="button"
                class="ib only-narrow not-phone"
                aria-label=text!(locale, navigation.show_rooms)
                aria-expanded=live(move || if desk.drawer.get() { "true" } else { "false" })
                on:click=move |_| desk.drawer.set(true)
            >
                <Icon name=IconName::Menu/>
            </button>
            <div class="head__txt">
                <h1 id="page-title" tabindex="-1" node_ref=heading>
                    {redrawn(move || title.get())}
                </h1>
                <p>{redrawn(move || sub.get())}</p>
            </div>
            <div class="head__tools">{children.map(|children| children())}</div>
        </header>
    }
}

/// A part of a page with an address of its own.
#[derive(Debug)]
pub struct SectionLink<S> {
    section: S,
    path: &'static str,
    label: TextProp,
}

impl<S> SectionLink<S> {
    pub fn new(section: S, path: &'static str, label: impl Into<TextProp>) -> Self {
        Self { section, path, label: label.into() }
    }
}

/// Links to the sections of a page.
#[component]
pub fn SectionTabs<S>(
    sections: Vec<SectionLink<S>>,
    #[prop(into)] current: Signal<S>,
) -> impl IntoView
where
    S: Copy + PartialEq + Send + Sync + 'static,
{
    let locale = use_locale();
    let tabs = NodeRef::<leptos::html::Nav>::new();
    // On a phone not all of them fit at once.
    effect(move || {
        current.track();
        let current = tabs.get().and_then(|tabs| tabs.query_selector("[aria-current]").ok());
        if let Some(current) = current.flatten() {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            options.set_inline(ScrollLogicalPosition::Nearest);
            current.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    view! {
        <nav node_ref=tabs class="tabs" aria-label=text!(locale, settings.sections)>
            {sections
                .into_iter()
                .map(|SectionLink { section, path, label }| {
                    view! {
                        <a
                            href=path
                            aria-current=live(move || (current.get() == section).then_some("page"))
                        >
                            {redrawn(move || label.get())}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
}
