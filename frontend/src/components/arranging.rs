//! Dialogs in which one arranges the list of rooms: where a room stands, what a section is called.

use super::choice::{Choice, Choices};
use super::deed::use_deeds;
use super::field::{Field, FieldState};
use super::form::{DialogForm, Sending};
use super::icon::{Icon, IconName};
use super::sidebar::arrange;
use crate::erased::{Show, live, redrawn};
use crate::locales::use_locale;
use crate::state::use_state;
use crate::text;
use leptos::prelude::*;
use shared::id::RoomId;
use shared::limit;
use shared::sidebar::{Section, Sidebar};

/// A part of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shelf {
    /// By name, among all others.
    Others,
    Favourites,
    Section(usize),
}

impl Shelf {
    fn of(sidebar: &Sidebar, room: RoomId) -> Self {
        if sidebar.favourites.contains(&room) {
            return Self::Favourites;
        }
        let holds = |section: &Section| section.rooms.contains(&room);
        sidebar.sections.iter().position(holds).map_or(Self::Others, Self::Section)
    }

    fn rooms(self, sidebar: &mut Sidebar) -> Option<&mut Vec<RoomId>> {
        match self {
            Self::Others => None,
            Self::Favourites => Some(&mut sidebar.favourites),
            Self::Section(at) => sidebar.sections.get_mut(at).map(|section| &mut section.rooms),
        }
    }
}

/// Chosen and done at once; the dialog stays, so that the order can be chosen as well.
#[component]
pub fn PlaceRoom(room: RoomId, open: RwSignal<bool>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let deeds = use_deeds();
    let shelf = Memo::new(move |_| state.sidebar.with(|sidebar| Shelf::of(sidebar, room)));
    let names = Memo::new(move |_| {
        state.sidebar.with(|sidebar| {
            sidebar.sections.iter().map(|section| section.name.clone()).collect::<Vec<_>>()
        })
    });
    let put = move |shelf: Shelf| {
        arrange(state, deeds, |sidebar| {
            sidebar.remove(room);
            if let Some(rooms) = shelf.rooms(sidebar) {
                rooms.push(room);
            }
        });
    };
    let texts = move || &locale.texts().navigation;
    let choices = move || {
        let mut choices = vec![
            Choice::new(Shelf::Others, move || texts().by_name).hint(move || texts().by_name_hint),
            Choice::new(Shelf::Favourites, move || texts().favourites),
        ];
        for (at, name) in names.get().into_iter().enumerate() {
            choices.push(Choice::new(Shelf::Section(at), name));
        }
        view! {
            <Choices
                name="shelf"
                legend=text!(locale, navigation.where_in_list)
                choices
                value=shelf
                on_choose=Callback::new(put)
            />
        }
    };
    let name = FieldState::new("");
    let sending = Sending::new();
    let make = Callback::new(move |()| {
        if name.require(locale.texts().error.empty) {
            name.focus();
            return;
        }
        arrange(state, deeds, |sidebar| {
            sidebar.remove(room);
            let rooms = vec![room];
            sidebar.sections.push(Section { name: name.trimmed(), rooms, folded: false });
        });
        open.set(false);
    });
    view! {
        <DialogForm
            open
            sending
            on_submit=make
            label=text!(locale, navigation.make_section)
            busy_label=text!(locale, navigation.make_section)
        >
            {redrawn(choices)}
            <Order room shelf/>
            <Field
                id="new-section"
                label=text!(locale, navigation.new_section)
                hint=text!(locale, navigation.new_section_hint)
                max_chars=limit::SECTION_NAME_CHARS
                state=name
            />
        </DialogForm>
    }
}

/// Where a room stands in its part of the list, and the way up and down.
#[component]
fn Order(room: RoomId, shelf: Memo<Shelf>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let deeds = use_deeds();
    let texts = move || &locale.texts().navigation;
    let place = Memo::new(move |_| {
        let mut sidebar = state.sidebar.get();
        let rooms = shelf.get().rooms(&mut sidebar).map(|rooms| rooms.clone()).unwrap_or_default();
        rooms.iter().position(|other| *other == room).map(|at| (at, rooms.len()))
    });
    let step = move |by: isize| {
        move |_| {
            arrange(state, deeds, |sidebar| {
                let Some(rooms) = shelf.get_untracked().rooms(sidebar) else { return };
                let Some(at) = rooms.iter().position(|other| *other == room) else { return };
                let to = at.saturating_add_signed(by);
                if to < rooms.len() {
                    rooms.swap(at, to);
                }
            });
        }
    };
    let position = move || {
        place.get().map(|(at, all)| {
            let (at, all) = (locale.number(at as u64 + 1), locale.number(all as u64));
            texts().position.fill([&at, &all])
        })
    };
    view! {
        <Show when=move || place.get().is_some()>
            <fieldset class="field">
                <legend>{text!(locale, navigation.order_in_list)}</legend>
                <div class="steps">
                    <button
                        type="button"
                        class="btn outline sm"
                        disabled=live(move || place.get().is_some_and(|(at, _)| at == 0))
                        on:click=step(-1)
                    >
                        <Icon name=IconName::ArrowUp class="sm"/>
                        {text!(locale, navigation.move_up)}
                    </button>
                    <button
                        type="button"
                        class="btn outline sm"
                        disabled=live(move || place.get().is_some_and(|(at, all)| at + 1 == all))
                        on:click=step(1)
                    >
                        <Icon name=IconName::ArrowDown class="sm"/>
                        {text!(locale, navigation.move_down)}
                    </button>
                    <span class="muted" role="status">{redrawn(position)}</span>
                </div>
            </fieldset>
        </Show>
    }
}

#[component]
pub fn RenameSection(at: usize, open: RwSignal<bool>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let deeds = use_deeds();
    let before = state.sidebar.with_untracked(|sidebar| {
        sidebar.sections.get(at).map(|section| section.name.clone()).unwrap_or_default()
    });
    let name = FieldState::new(&before);
    let sending = Sending::new();
    let save = Callback::new(move |()| {
        if name.require(locale.texts().error.empty) {
            name.focus();
            return;
        }
        open.set(false);
        arrange(state, deeds, |sidebar| {
            if let Some(section) = sidebar.sections.get_mut(at) {
                section.name = name.trimmed();
            }
        });
    });
    view! {
        <DialogForm
            open
            sending
            on_submit=save
            label=text!(locale, common.save)
            busy_label=text!(locale, common.saving)
        >
            <Field
                id="section-name"
                label=text!(locale, navigation.section_name)
                max_chars=limit::SECTION_NAME_CHARS
                state=name
            />
        </DialogForm>
    }
}
