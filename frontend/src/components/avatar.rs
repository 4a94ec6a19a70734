//! Faces of people and rooms: initials on the hue of their id.

use crate::erased::redrawn;
use crate::locales::use_locale;
use leptos::prelude::*;
use shared::id::{RoomId, UserId};
use shared::user::Presence;

/// The classes that set a hue, 15° apart; the stylesheet has one rule for each.
const HUES: [&str; 24] = [
    "h0", "h15", "h30", "h45", "h60", "h75", "h90", "h105", "h120", "h135", "h150", "h165", "h180",
    "h195", "h210", "h225", "h240", "h255", "h270", "h285", "h300", "h315", "h330", "h345",
];

/// The hue of a person: always the same, everywhere.
pub fn hue_of_person(id: UserId) -> &'static str {
    hue(id.as_uuid().as_bytes())
}

/// The hue of a room: always the same, everywhere.
pub fn hue_of_room(id: RoomId) -> &'static str {
    hue(id.as_uuid().as_bytes())
}

fn hue(bytes: &[u8]) -> &'static str {
    // FNV-1a: ids made in the same millisecond differ in few bits and should not look alike.
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // Its low bits spread least; the finishing step of MurmurHash stirs them in.
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    HUES[((mixed >> 40) as usize) % HUES.len()]
}

/// What stands on a face: the first letter, of Chinese names the last character.
pub fn initial(name: &str) -> String {
    let name = name.trim();
    let han = |c: &char| ('\u{3400}'..='\u{9fff}').contains(c);
    let letters = || name.chars().filter(|c| c.is_alphanumeric());
    let initial = if letters().all(|c| han(&c)) { letters().next_back() } else { letters().next() };
    initial.or_else(|| name.chars().next()).map_or_else(String::new, |c| c.to_uppercase().collect())
}

/// The first letter or character: rooms are told apart by how they begin.
pub fn room_initial(name: &str) -> String {
    let first = name.chars().find(|c| c.is_alphanumeric()).or_else(|| name.chars().next());
    first.map_or_else(String::new, |c| c.to_uppercase().collect())
}

/// A person's face. The name is said beside it, so the letter itself is hidden from readers; the
/// presence, where shown, is said. `class` adds `xs`, `sm`, `md`, `lg` or `xl`.
#[component]
pub fn Avatar(
    user: UserId,
    #[prop(into)] name: Signal<String>,
    #[prop(optional, into)] presence: MaybeProp<Presence>,
    #[prop(optional)] class: &'static str,
) -> impl IntoView {
    view! {
        <span class=format!("av v {} {class}", hue_of_person(user))>
            <span aria-hidden="true">{redrawn(move || initial(&name.get()))}</span>
            {redrawn(move || presence.get().map(|presence| view! { <PresenceDot presence/> }))}
        </span>
    }
}

/// The dot alone, with its meaning in hidden words.
#[component]
pub fn PresenceDot(presence: Presence) -> impl IntoView {
    let locale = use_locale();
    let class = match presence {
        Presence::Here => "presence",
        Presence::Away => "presence away",
        Presence::DoNotDisturb => "presence busy",
        Presence::Off => "presence off",
    };
    view! {
        <span class=class aria-hidden="true"></span>
        <span class="vh">{redrawn(move || presence_words(locale, presence))}</span>
    }
}

pub fn presence_words(locale: crate::locales::Locale, presence: Presence) -> &'static str {
    let texts = &locale.texts().conversation;
    match presence {
        Presence::Here => texts.here,
        Presence::Away => texts.away,
        Presence::DoNotDisturb => texts.do_not_disturb,
        Presence::Off => texts.off,
    }
}

/// A room's face. `class` adds `lg` or `xl`.
#[component]
pub fn RoomTile(
    room: RoomId,
    #[prop(into)] name: Signal<String>,
    #[prop(optional)] class: &'static str,
) -> impl IntoView {
    view! {
        <span class=format!("tile v {} {class}", hue_of_room(room)) aria-hidden="true">
            {redrawn(move || room_initial(&name.get()))}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_follow_the_script_of_the_name() {
        assert_eq!(initial("adaeze"), "A");
        assert_eq!(initial("  Émile Zola"), "É");
        assert_eq!(initial("林小满"), "满");
        assert_eq!(initial("Wen 周然"), "W");
        assert_eq!(initial("🌿"), "🌿");
        assert_eq!(initial(""), "");
        assert_eq!(room_initial("上线周"), "上");
        assert_eq!(room_initial("#general"), "G");
    }

    #[test]
    fn hues_are_stable_and_spread_over_ids_made_together() {
        let ids: Vec<UserId> = (0..200).map(|_| UserId::new()).collect();
        assert!(ids.iter().all(|id| hue_of_person(*id) == hue_of_person(*id)));
        let distinct: std::collections::BTreeSet<_> =
            ids.iter().map(|id| hue_of_person(*id)).collect();
        assert!(distinct.len() > 18, "{distinct:?}");
    }
}
