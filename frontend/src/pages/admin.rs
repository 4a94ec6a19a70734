//! `/admin/{section}`: people, how they come in, and what everybody is told.

pub mod invitations;
pub mod notice;
pub mod people;
pub mod place;

use crate::address::use_address;
use crate::api;
use crate::appearance::use_title;
use crate::components::page_head::{PageHead, SectionLink, SectionTabs};
use crate::components::toast::Toasts;
use crate::erased::redrawn;
use crate::locales::{Locale, use_locale};
use crate::pages::not_found::NotFound;
use crate::state::use_state;
use crate::text;
use invitations::Invitations;
use leptos::prelude::*;
use notice::Notice;
use people::People;
use place::Place;
use shared::api::PostCommand;
use shared::command::{ClientCommand, CommandReply};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    People,
    Place,
    Invitations,
    Notice,
}

impl Section {
    fn of(path: Option<&str>) -> Option<Self> {
        match path {
            None | Some("" | "people") => Some(Self::People),
            Some("place") => Some(Self::Place),
            Some("invitations") => Some(Self::Invitations),
            Some("notice") => Some(Self::Notice),
            Some(_) => None,
        }
    }
}

/// The administrator's page; for everybody else there is no such page.
#[component]
pub fn Admin() -> impl IntoView {
    let state = use_state();
    let address = use_address();
    let section = Memo::new(move |_| Section::of(address.part(1).as_deref()));
    let here = Memo::new(move |_| section.get().is_some() && state.is_administrator());
    move || {
        if here.get() {
            let section = Signal::derive(move || section.get().unwrap_or(Section::People));
            view! { <Sections section/> }.into_any()
        } else {
            view! { <NotFound/> }.into_any()
        }
    }
}

#[component]
fn Sections(section: Signal<Section>) -> impl IntoView {
    let locale = use_locale();
    use_title(move || locale.texts().admin.title.to_owned());
    let sections = vec![
        SectionLink::new(Section::People, "/admin", text!(locale, admin.people)),
        SectionLink::new(Section::Place, "/admin/place", text!(locale, admin.place)),
        SectionLink::new(
            Section::Invitations,
            "/admin/invitations",
            text!(locale, admin.invitations),
        ),
        SectionLink::new(Section::Notice, "/admin/notice", text!(locale, admin.notice)),
    ];
    view! {
        <main class="sheet" id="main" aria-labelledby="page-title">
            <PageHead title=text!(locale, admin.title) sub=text!(locale, admin.sub)/>
            <SectionTabs sections current=section/>
            <div class="scroll">
                <div class="page">
                    {redrawn(move || match section.get() {
                        Section::People => view! { <People/> }.into_any(),
                        Section::Place => view! { <Place/> }.into_any(),
                        Section::Invitations => view! { <Invitations/> }.into_any(),
                        Section::Notice => view! { <Notice/> }.into_any(),
                    })}
                </div>
            </div>
        </main>
    }
}

/// Asks for something; a refusal is said. `None` when it was refused.
async fn ask(command: ClientCommand, toasts: Toasts, locale: Locale) -> Option<CommandReply> {
    match api::post::<PostCommand>(&command).await {
        Ok(reply) => Some(reply),
        Err(failure) => {
            toasts.say(failure.sentence(locale.texts()));
            None
        }
    }
}
