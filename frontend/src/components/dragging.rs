//! Arranging the list of rooms with the pointer: sections and rooms are dragged where they belong. What
//! can be dragged can be moved by its menu as well.

use super::deed::use_deeds;
use super::sidebar::arrange;
use crate::state::use_state;
use leptos::ev::{self, DragEvent};
use leptos::prelude::*;
use shared::id::RoomId;
use shared::sidebar::Sidebar;
use wasm_bindgen::JsCast;
use web_sys::Element;

const SHELF: &str = "#sidebar [data-shelf]";
const ROOM: &str = "#sidebar a.row[href^='/r/']";
/// Marks where it would be put.
const MARK: &str = "data-drop";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dragged {
    /// By its place among the sections.
    Section(usize),
    Room(RoomId),
}

/// A part of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shelf {
    Favourites,
    Section(usize),
    /// Where everything stands by its name.
    ByName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// Where something would be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    shelf: Shelf,
    /// Beside this room, else at the end.
    room: Option<RoomId>,
    side: Side,
}

/// Draws nothing: listens while the list is there.
#[component]
pub fn Dragging() -> impl IntoView {
    let state = use_state();
    let deeds = use_deeds();
    let dragged = StoredValue::new(None::<Dragged>);
    let begin = window_event_listener(ev::dragstart, move |event| {
        dragged.set_value(what_is(&event));
        if let (Some(_), Some(data)) = (dragged.get_value(), event.data_transfer()) {
            data.set_effect_allowed("move");
            if let Some(Dragged::Section(_)) = dragged.get_value() {
                // Some browsers drag nothing that has no data; links have their own.
                let _ = data.set_data("text/plain", "");
            }
        }
    });
    let over = window_event_listener(ev::dragover, move |event| {
        unmark();
        let Some((_, marked, side)) = dragged.get_value().and_then(|dragged| aim(&event, dragged))
        else {
            return;
        };
        event.prevent_default();
        let side = if side == Side::Before { "before" } else { "after" };
        // Without the mark it is put there all the same.
        let _ = marked.set_attribute(MARK, side);
    });
    let drop = window_event_listener(ev::drop, move |event| {
        unmark();
        let Some(dragged) = dragged.get_value() else { return };
        let Some((place, ..)) = aim(&event, dragged) else { return };
        event.prevent_default();
        arrange(state, deeds, |sidebar| put(sidebar, dragged, place));
    });
    let end = window_event_listener(ev::dragend, move |_| {
        unmark();
        dragged.set_value(None);
    });
    on_cleanup(move || {
        begin.remove();
        over.remove();
        drop.remove();
        end.remove();
    });
}

fn closest(event: &DragEvent, selectors: &str) -> Option<Element> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest(selectors).ok().flatten()
}

fn room_of(link: &Element) -> Option<RoomId> {
    link.get_attribute("href")?.strip_prefix("/r/")?.parse().ok()
}

fn shelf_of(shelf: &Element) -> Option<Shelf> {
    let name = shelf.get_attribute("data-shelf")?;
    Some(match name.as_str() {
        "fav" => Shelf::Favourites,
        place => place.parse().map_or(Shelf::ByName, Shelf::Section),
    })
}

fn what_is(event: &DragEvent) -> Option<Dragged> {
    if let Some(link) = closest(event, ROOM) {
        return room_of(&link).map(Dragged::Room);
    }
    closest(event, "header[draggable]")?;
    match closest(event, SHELF).as_ref().and_then(shelf_of)? {
        Shelf::Section(at) => Some(Dragged::Section(at)),
        Shelf::Favourites | Shelf::ByName => None,
    }
}

/// Where it would be put, what shows that, and on which side.
fn aim(event: &DragEvent, dragged: Dragged) -> Option<(Place, Element, Side)> {
    let element = closest(event, SHELF)?;
    let shelf = shelf_of(&element)?;
    let half = |element: &Element| {
        let rect = element.get_bounding_client_rect();
        let middle = rect.top() + rect.height() / 2.0;
        if f64::from(event.client_y()) < middle { Side::Before } else { Side::After }
    };
    let (marked, room) = match (dragged, shelf) {
        (Dragged::Section(_), Shelf::Section(_)) | (Dragged::Room(_), Shelf::ByName) => {
            (element, None)
        }
        (Dragged::Section(_), Shelf::Favourites | Shelf::ByName) => return None,
        (Dragged::Room(_), Shelf::Favourites | Shelf::Section(_)) => {
            let beside = closest(event, ROOM);
            let room = beside.as_ref().and_then(room_of);
            (beside.unwrap_or(element), room)
        }
    };
    let side = half(&marked);
    Some((Place { shelf, room, side }, marked, side))
}

fn unmark() {
    let marked = document().query_selector(&format!("[{MARK}]"));
    if let Ok(Some(marked)) = marked {
        // It has just been found with it.
        let _ = marked.remove_attribute(MARK);
    }
}

fn put(sidebar: &mut Sidebar, dragged: Dragged, place: Place) {
    match (dragged, place.shelf) {
        (Dragged::Section(from), Shelf::Section(to)) => {
            if from == to || from >= sidebar.sections.len() {
                return;
            }
            let section = sidebar.sections.remove(from);
            // What stood behind it has moved up.
            let to = if from < to { to - 1 } else { to };
            let to = if place.side == Side::After { to + 1 } else { to };
            sidebar.sections.insert(to.min(sidebar.sections.len()), section);
        }
        (Dragged::Section(_), Shelf::Favourites | Shelf::ByName) => {}
        (Dragged::Room(room), shelf) => {
            if place.room == Some(room) {
                return;
            }
            sidebar.remove(room);
            let rooms = match shelf {
                Shelf::ByName => return,
                Shelf::Favourites => &mut sidebar.favourites,
                Shelf::Section(at) => match sidebar.sections.get_mut(at) {
                    Some(section) => &mut section.rooms,
                    None => return,
                },
            };
            let beside = place.room.and_then(|beside| rooms.iter().position(|of| *of == beside));
            let at = match (beside, place.side) {
                (Some(at), Side::Before) => at,
                (Some(at), Side::After) => at + 1,
                (None, _) => rooms.len(),
            };
            rooms.insert(at, room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::sidebar::Section;

    fn room(number: u128) -> RoomId {
        RoomId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn sidebar() -> Sidebar {
        let section = |name: &str, rooms: &[u128]| Section {
            name: name.to_owned(),
            rooms: rooms.iter().map(|number| room(*number)).collect(),
            folded: false,
        };
        let sections = vec![section("a", &[1, 2]), section("b", &[]), section("c", &[3])];
        Sidebar { favourites: vec![room(9)], sections }
    }

    fn names(sidebar: &Sidebar) -> String {
        sidebar.sections.iter().map(|section| section.name.as_str()).collect()
    }

    #[test]
    fn a_section_is_put_before_or_after_another() {
        let moved = |from, to, side| {
            let mut sidebar = sidebar();
            let place = Place { shelf: Shelf::Section(to), room: None, side };
            put(&mut sidebar, Dragged::Section(from), place);
            names(&sidebar)
        };
        assert_eq!(moved(0, 2, Side::After), "bca");
        assert_eq!(moved(0, 2, Side::Before), "bac");
        assert_eq!(moved(2, 0, Side::Before), "cab");
        assert_eq!(moved(2, 0, Side::After), "acb");
        assert_eq!(moved(1, 1, Side::After), "abc");
        assert_eq!(moved(7, 1, Side::After), "abc");
    }

    #[test]
    fn a_room_is_put_beside_another_at_the_end_or_back_among_all() {
        let moved = |dragged: u128, shelf, beside: Option<u128>, side| {
            let mut sidebar = sidebar();
            put(
                &mut sidebar,
                Dragged::Room(room(dragged)),
                Place { shelf, room: beside.map(room), side },
            );
            sidebar
        };
        let of = |sidebar: Sidebar, at: usize| sidebar.sections[at].rooms.clone();
        let first = Shelf::Section(0);
        assert_eq!(of(moved(3, first, Some(2), Side::Before), 0), [room(1), room(3), room(2)]);
        assert_eq!(of(moved(2, first, Some(1), Side::Before), 0), [room(2), room(1)]);
        assert_eq!(of(moved(2, first, Some(2), Side::After), 0), [room(1), room(2)]);
        assert_eq!(of(moved(9, Shelf::Section(1), None, Side::Before), 1), [room(9)]);
        let back = moved(9, Shelf::ByName, None, Side::Before);
        assert!(back.favourites.is_empty() && !back.holds(room(9)));
    }
}
