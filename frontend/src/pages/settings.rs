//! `/settings/{section}`: what is one's own, the same on every device.

pub mod blocked;
pub mod password;
pub mod preferences;
pub mod profile;
pub mod sessions;

use crate::address::use_address;
use crate::appearance::use_title;
use crate::components::page_head::{PageHead, SectionLink, SectionTabs};
use crate::components::sign_out::SignOut;
use crate::erased::redrawn;
use crate::locales::use_locale;
use crate::pages::not_found::NotFound;
use crate::text;
use blocked::Blocked;
use leptos::prelude::*;
use password::Password;
use preferences::Preferences;
use profile::Profile;
use sessions::Sessions;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Profile,
    Preferences,
    Password,
    Sessions,
    Blocked,
}

impl Section {
    fn of(path: Option<&str>) -> Option<Self> {
        match path {
            None | Some("" | "profile") => Some(Self::Profile),
            Some("preferences") => Some(Self::Preferences),
            Some("password") => Some(Self::Password),
            Some("sessions") => Some(Self::Sessions),
            Some("blocked") => Some(Self::Blocked),
            Some(_) => None,
        }
    }
}

#[component]
pub fn Settings() -> impl IntoView {
    let address = use_address();
    let section = Memo::new(move |_| Section::of(address.part(1).as_deref()));
    let known = Memo::new(move |_| section.get().is_some());
    move || {
        if known.get() {
            let section = Signal::derive(move || section.get().unwrap_or(Section::Profile));
            view! { <Sections section/> }.into_any()
        } else {
            view! { <NotFound/> }.into_any()
        }
    }
}

#[component]
fn Sections(section: Signal<Section>) -> impl IntoView {
    let locale = use_locale();
    use_title(move || locale.texts().settings.title.to_owned());
    let sections = vec![
        SectionLink::new(Section::Profile, "/settings", text!(locale, settings.profile)),
        SectionLink::new(
            Section::Preferences,
            "/settings/preferences",
            text!(locale, settings.appearance),
        ),
        SectionLink::new(Section::Password, "/settings/password", text!(locale, settings.password)),
        SectionLink::new(Section::Sessions, "/settings/sessions", text!(locale, settings.sessions)),
        SectionLink::new(Section::Blocked, "/settings/blocked", text!(locale, settings.blocked)),
    ];
    view! {
        <main class="sheet" id="main" aria-labelledby="page-title">
            <PageHead title=text!(locale, settings.title) sub=text!(locale, settings.sub)>
                <SignOut class="btn outline sm keep"/>
            </PageHead>
            <SectionTabs sections current=section/>
            <div class="scroll">
                <div class="page">
                    {redrawn(move || match section.get() {
                        Section::Profile => view! { <Profile/> }.into_any(),
                        Section::Preferences => view! { <Preferences/> }.into_any(),
                        Section::Password => view! { <Password/> }.into_any(),
                        Section::Sessions => view! { <Sessions/> }.into_any(),
                        Section::Blocked => view! { <Blocked/> }.into_any(),
                    })}
                </div>
            </div>
        </main>
    }
}
