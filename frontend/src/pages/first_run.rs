//! At `/` while nobody has registered: one form makes the administrator, names the place and its
//! first room.

use super::register::{AccountForm, PlaceFields, RegisterFrame};
use crate::components::field::FieldState;
use crate::locales::use_locale;
use crate::text;
use leptos::prelude::*;

#[component]
pub fn FirstRun() -> impl IntoView {
    let locale = use_locale();
    let prefilled = untrack(|| locale.texts().account().first_room_value);
    let place = PlaceFields { name: FieldState::new(""), first_room: FieldState::new(prefilled) };
    // As long as it is not changed it speaks the chosen language.
    Effect::new(move |before: Option<&'static str>| {
        let now = locale.texts().account().first_room_value;
        if before.is_some_and(|before| place.first_room.value.get_untracked() == before) {
            place.first_room.value.set(now.to_owned());
        }
        now
    });
    view! {
        <RegisterFrame>
            <AccountForm
                invitation=None
                title=text!(locale, account.first_run_title)
                sub=text!(locale, account.first_run_sub)
                place
            />
        </RegisterFrame>
    }
}
