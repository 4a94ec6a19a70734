//! The list under a box that one chooses from: the focus stays in the box.

use super::avatar::Avatar;
use crate::erased::live;
use crate::state::State;
use leptos::prelude::*;
use shared::user::User;

/// Where the keyboard is in a list, and what choosing does.
#[derive(Clone, Copy, Debug)]
pub struct Chooser {
    pub at: RwSignal<usize>,
    pub on_choose: Callback<usize>,
}

impl Chooser {
    /// As [`step`] does.
    pub fn moves(self, key: &str, count: usize) -> bool {
        step(self.at, key, count)
    }

    /// The option at `place`; `list` is the beginning of its id.
    pub fn option(
        self,
        list: &str,
        place: usize,
        face: AnyView,
        name: String,
        aside: String,
    ) -> AnyView {
        let Self { at, on_choose } = self;
        view! {
            <div
                role="option"
                id=format!("{list}-{place}")
                aria-selected=live(move || if at.get() == place { "true" } else { "false" })
                // A press does not take the focus out of the box.
                on:mousedown=move |event| event.prevent_default()
                on:click=move |_| on_choose.run(place)
            >
                {face}
                <span class="t">
                    <b><bdi>{name}</bdi></b>
                    <small dir="auto">{aside}</small>
                </span>
            </div>
        }
        .into_any()
    }

    pub fn person(self, list: &str, place: usize, state: State, person: &User) -> AnyView {
        let User { name, nick, .. } = person;
        self.option(list, place, face(state, person), name.clone(), format!("@{nick}"))
    }
}

/// Moves through `count` options, round and round; whether the key was for that.
pub fn step(at: RwSignal<usize>, key: &str, count: usize) -> bool {
    let step = match key {
        "ArrowDown" => 1,
        "ArrowUp" => count.saturating_sub(1),
        _ => return false,
    };
    if count > 0 {
        at.update(|at| *at = (*at + step) % count);
    }
    count > 0
}

pub fn face(state: State, person: &User) -> AnyView {
    let user = person.id;
    let presence = Memo::new(move |_| Some(state.presence_of(user)));
    let name = Signal::stored(person.name.clone());
    view! { <Avatar user name presence=presence class="sm"/> }.into_any()
}
