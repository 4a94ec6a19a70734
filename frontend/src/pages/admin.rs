//! `/admin/{section}`: people, how they come in, and what everybody is told.

pub mod invitations;
pub mod notice;
pub mod people;
pub mod place;

use crate::address::use_address;
use crate::api;
use crate::components::page_head::{Section, SectionPage, section_of};
use crate::components::toast::Toasts;
use crate::locales::{Locale, use_locale};
use crate::pages::not_found::NotFound;
use crate::state::use_state;
use crate::text;
use invitations::Invitations;
use leptos::prelude::*;
use notice::Notice;
use people::People;
use place::Place;
use shared::command::{ClientCommand, CommandReply};

/// The sections by their places in the address, the first one also without one.
const SECTIONS: [&str; 4] = ["people", "place", "invitations", "notice"];

/// The administrator's page; for everybody else there is no such page.
#[component]
pub fn Admin() -> impl IntoView {
    let state = use_state();
    let address = use_address();
    let section = Memo::new(move |_| section_of(&SECTIONS, address.part(1).as_deref()));
    let here = Memo::new(move |_| section.get().is_some() && state.is_administrator());
    move || {
        if here.get() {
            let section = Signal::derive(move || section.get().unwrap_or_default());
            view! { <Sections section/> }.into_any()
        } else {
            view! { <NotFound/> }.into_any()
        }
    }
}

#[component]
fn Sections(section: Signal<usize>) -> impl IntoView {
    let locale = use_locale();
    let sections = vec![
        Section {
            path: "/admin",
            label: text!(locale, admin.people).into(),
            draw: || view! { <People/> }.into_any(),
        },
        Section {
            path: "/admin/place",
            label: text!(locale, admin.place).into(),
            draw: || view! { <Place/> }.into_any(),
        },
        Section {
            path: "/admin/invitations",
            label: text!(locale, admin.invitations).into(),
            draw: || view! { <Invitations/> }.into_any(),
        },
        Section {
            path: "/admin/notice",
            label: text!(locale, admin.notice).into(),
            draw: || view! { <Notice/> }.into_any(),
        },
    ];
    view! {
        <SectionPage
            title=text!(locale, admin.title)
            sub=text!(locale, admin.sub)
            sections
            current=section
        />
    }
}

/// Asks for something; a refusal is said. `None` when it was refused.
async fn ask(command: ClientCommand, toasts: Toasts, locale: Locale) -> Option<CommandReply> {
    match api::command(&command).await {
        Ok(reply) => Some(reply),
        Err(failure) => {
            toasts.say(failure.sentence(locale.texts()));
            None
        }
    }
}
