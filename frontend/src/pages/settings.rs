//! `/settings/{section}`: what is one's own, the same on every device.

pub mod blocked;
pub mod password;
pub mod preferences;
pub mod profile;
pub mod sessions;
pub mod way;

use crate::address::use_address;
use crate::components::page_head::{Section, SectionPage, section_of};
use crate::components::sign_out::SignOut;
use crate::locales::use_locale;
use crate::pages::not_found::NotFound;
use crate::text;
use blocked::Blocked;
use leptos::prelude::*;
use password::Password;
use preferences::Preferences;
use profile::Profile;
use sessions::Sessions;

/// The sections by their places in the address, the first one also without one.
const SECTIONS: [&str; 5] = ["profile", "preferences", "password", "sessions", "blocked"];

#[component]
pub fn Settings() -> impl IntoView {
    let address = use_address();
    let section = Memo::new(move |_| section_of(&SECTIONS, address.part(1).as_deref()));
    let known = Memo::new(move |_| section.get().is_some());
    move || {
        if known.get() {
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
            path: "/settings",
            label: text!(locale, settings.profile).into(),
            draw: || view! { <Profile/> }.into_any(),
        },
        Section {
            path: "/settings/preferences",
            label: text!(locale, settings.appearance).into(),
            draw: || view! { <Preferences/> }.into_any(),
        },
        Section {
            path: "/settings/password",
            label: text!(locale, settings.password).into(),
            draw: || view! { <Password/> }.into_any(),
        },
        Section {
            path: "/settings/sessions",
            label: text!(locale, settings.sessions).into(),
            draw: || view! { <Sessions/> }.into_any(),
        },
        Section {
            path: "/settings/blocked",
            label: text!(locale, settings.blocked).into(),
            draw: || view! { <Blocked/> }.into_any(),
        },
    ];
    view! {
        <SectionPage
            title=text!(locale, settings.title)
            sub=text!(locale, settings.sub)
            tools=move || view! { <SignOut class="btn outline sm keep"/> }
            sections
            current=section
        />
    }
}
