//! How a person arranges the rooms they are in: theirs alone, the same on every device.

use crate::error::ErrorCode;
use crate::id::RoomId;
use crate::limit;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What is in neither list stands below, by name. A room that one is not in keeps its place here
/// and is not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Sidebar {
    /// In the order of the list, above all else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub favourites: Vec<RoomId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
}

/// A part of the list with a name of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Section {
    pub name: String,
    /// In the order of the list.
    #[serde(default)]
    pub rooms: Vec<RoomId>,
    /// Shows its name alone, and what waits in it.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub folded: bool,
}

impl Sidebar {
    /// The same with each room once, where it came first.
    ///
    /// # Errors
    /// [`ErrorCode::TooMany`] sections or rooms.
    pub fn tidied(self) -> Result<Self, ErrorCode> {
        if self.sections.len() > limit::SECTIONS {
            return Err(ErrorCode::TooMany { limit: limit::SECTIONS });
        }
        let mut seen = HashSet::new();
        let mut once = |rooms: Vec<RoomId>| -> Vec<RoomId> {
            rooms.into_iter().filter(|room| seen.insert(*room)).collect()
        };
        let favourites = once(self.favourites);
        let mut sections = self.sections;
        for section in &mut sections {
            section.rooms = once(core::mem::take(&mut section.rooms));
        }
        if seen.len() > limit::ARRANGED_ROOMS {
            return Err(ErrorCode::TooMany { limit: limit::ARRANGED_ROOMS });
        }
        Ok(Self { favourites, sections })
    }

    pub fn is_default(&self) -> bool {
        self.favourites.is_empty() && self.sections.is_empty()
    }

    /// Whether the room has a place of its own.
    pub fn holds(&self, room: RoomId) -> bool {
        self.favourites.contains(&room)
            || self.sections.iter().any(|section| section.rooms.contains(&room))
    }

    /// Takes a room out of where it stands.
    pub fn remove(&mut self, room: RoomId) {
        self.favourites.retain(|other| *other != room);
        for section in &mut self.sections {
            section.rooms.retain(|other| *other != room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_stands_once_and_where_it_came_first() {
        let (a, b, c) = (RoomId::new(), RoomId::new(), RoomId::new());
        let section = |rooms: &[RoomId]| Section { rooms: rooms.to_vec(), ..Section::default() };
        let sidebar =
            Sidebar { favourites: vec![b, b], sections: vec![section(&[a, b]), section(&[c, a])] };
        let mut tidied = sidebar.tidied().unwrap_or_default();
        assert_eq!(tidied.favourites, [b]);
        assert_eq!(tidied.sections, [section(&[a]), section(&[c])]);
        tidied.remove(c);
        assert_eq!(tidied.sections, [section(&[a]), section(&[])]);
        let many = Sidebar {
            sections: vec![Section::default(); limit::SECTIONS + 1],
            ..Sidebar::default()
        };
        assert_eq!(many.tidied(), Err(ErrorCode::TooMany { limit: limit::SECTIONS }));
    }
}
