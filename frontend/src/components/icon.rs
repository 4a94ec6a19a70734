//! The icons of the sprite in `index.html`.

use leptos::prelude::*;

macro_rules! icons {
    ($($name:ident $symbol:literal)*) => {
        /// A symbol of the sprite. Drawn in the colour of the text around it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum IconName {
            $($name,)*
        }

        impl IconName {
            const fn href(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("#i-", $symbol),)*
                }
            }
        }

        #[cfg(test)]
        const SYMBOLS: &[&str] = &[$($symbol),*];
    };
}

icons! {
    Alert "alert"
    Archive "archive"
    ArrowDown "arrowdown"
    ArrowUp "arrowup"
    Ball "ball"
    Bell "bell"
    BellOff "belloff"
    Block "block"
    Bold "bold"
    Bolt "bolt"
    Bookmark "bookmark"
    Calendar "cal"
    Check "check"
    CheckTwice "check2"
    Clock "clock"
    Close "x"
    Code "code"
    Compose "compose"
    Copy "copy"
    Crown "crown"
    Down "down"
    Edit "edit"
    Eye "eye"
    EyeOff "eyeoff"
    Flag "flag"
    Food "food"
    Format "format"
    Forward "forward"
    Gear "gear"
    Globe "globe"
    Inbox "inbox"
    Italic "italic"
    Key "key"
    Keyboard "keyboard"
    Leaf "leaf"
    Left "left"
    Link "link"
    List "list"
    Lock "lock"
    Megaphone "megaphone"
    Menu "menu"
    More "more"
    Pin "pin"
    Plus "plus"
    Quote "quote"
    Refresh "refresh"
    Reply "reply"
    Right "right"
    Search "search"
    Shield "shield"
    SignOut "signout"
    Smile "smile"
    SmilePlus "smileplus"
    Strike "strike"
    Talk "thread"
    Trash "trash"
    User "user"
    UserPlus "userplus"
    Users "users"
    WifiOff "wifioff"
}

/// Decoration beside a text or inside a labelled button: hidden from readers. `class` adds `sm`,
/// `lg`, `flip` (mirrored in right-to-left) or `solid`.
#[component]
pub fn Icon(name: IconName, #[prop(optional)] class: &'static str) -> impl IntoView {
    view! {
        <svg class=format!("ico {class}") aria-hidden="true">
            <use href=name.href()></use>
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sprite_holds_exactly_the_icons_that_have_names() {
        let page = include_str!("../../../index.html");
        let mut drawn: Vec<_> = page
            .split("<symbol id=\"i-")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        drawn.sort_unstable();
        let mut named = SYMBOLS.to_vec();
        named.sort_unstable();
        assert_eq!(drawn, named);
    }
}
