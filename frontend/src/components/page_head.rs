//! The head of pages that are no conversation.

use super::desk::use_desk;
use super::icon::{Icon, IconName};
use crate::appearance::use_title;
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
    let heading = NodeRef::<leptos::html::H1>::new();
    effect(move || {
        if let Some(heading) = heading.get() {
            // A reader begins here; for others nothing is seen of it.
            let _ = heading.focus();
        }
    });
    view! {
        <header class="head">
            <WayBack/>
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

/// To the rooms, where they are not beside the page.
#[component]
pub fn WayBack() -> impl IntoView {
    let locale = use_locale();
    let desk = use_desk();
    view! {
        <a class="ib only-phone" href="/" aria-label=text!(locale, common.back)>
            <Icon name=IconName::Left class="flip lg"/>
        </a>
        <button
            type="button"
            class="ib only-narrow not-phone"
            aria-label=text!(locale, navigation.show_rooms)
            aria-expanded=live(move || if desk.drawer.get() { "true" } else { "false" })
            aria-controls="sidebar"
            on:click=move |_| desk.drawer.set(true)
        >
            <Icon name=IconName::Menu/>
        </button>
    }
}

/// A part of a page: its address, its name, and what draws it.
#[derive(Debug)]
pub struct Section {
    pub path: &'static str,
    pub label: TextProp,
    pub draw: fn() -> AnyView,
}

/// Which of a page's sections the address means; the first when it names none.
pub fn section_of(sections: &[&str], path: Option<&str>) -> Option<usize> {
    match path {
        None | Some("") => Some(0),
        Some(path) => sections.iter().position(|section| *section == path),
    }
}

/// A page of sections, of which one is shown.
#[component]
pub fn SectionPage(
    #[prop(into)] title: TextProp,
    #[prop(into)] sub: TextProp,
    /// At the far end of the head.
    #[prop(optional, into)]
    tools: Option<ViewFn>,
    sections: Vec<Section>,
    /// The place of the one that is shown.
    current: Signal<usize>,
) -> impl IntoView {
    let locale = use_locale();
    let heading = title.clone();
    use_title(move || heading.get().into_owned());
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
    let draw: Vec<_> = sections.iter().map(|section| section.draw).collect();
    let links = sections
        .into_iter()
        .enumerate()
        .map(|(place, Section { path, label, .. })| {
            view! {
                <a href=path aria-current=live(move || (current.get() == place).then_some("page"))>
                    {redrawn(move || label.get())}
                </a>
            }
        })
        .collect_view();
    view! {
        <main class="sheet" id="main" aria-labelledby="page-title">
            <PageHead title sub>{tools.map(|tools| tools.run())}</PageHead>
            <nav node_ref=tabs class="tabs" aria-label=text!(locale, settings.sections)>
                {links}
            </nav>
            <div class="scroll">
                <div class="page">{redrawn(move || draw.get(current.get()).map(|draw| draw()))}</div>
            </div>
        </main>
    }
}
