//! What stands beside a conversation: its frame.

use super::desk::room_path;
use super::icon::{Icon, IconName};
use crate::erased::{effect, redrawn};
use crate::locales::use_locale;
use crate::text;
use leptos::prelude::*;
use leptos::text_prop::TextProp;
use shared::id::RoomId;

/// The panel of a room, under a title that takes the focus: the panel was asked for, so that is
/// where reading goes on.
#[component]
pub fn Panel(
    room: RoomId,
    #[prop(into)] title: TextProp,
    /// What the room is called.
    name: Memo<String>,
    children: Children,
) -> impl IntoView {
    let heading = NodeRef::<leptos::html::H2>::new();
    effect(move || {
        if let Some(heading) = heading.get() {
            // What cannot take the focus leaves it where it was.
            let _ = heading.focus();
        }
    });
    view! {
        <aside class="panel sheet" aria-labelledby="panel-title">
            <PanelHead room title name heading/>
            <div class="scroll">
                <div class="panel__in">{children()}</div>
            </div>
        </aside>
    }
}

/// What the panel is, of which room, and the way to close it; the children are further buttons.
#[component]
pub fn PanelHead(
    room: RoomId,
    #[prop(into)] title: TextProp,
    name: Memo<String>,
    heading: NodeRef<leptos::html::H2>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let locale = use_locale();
    view! {
        <header class="head">
            <div class="head__txt">
                <h2 id="panel-title" tabindex="-1" node_ref=heading>
                    {redrawn(move || title.get())}
                </h2>
                <p><bdi>{name}</bdi></p>
            </div>
            <div class="head__tools">
                {children.map(|children| children())}
                <a
                    class="ib"
                    href=room_path(room)
                    data-close=""
                    aria-label=text!(locale, common.close)
                >
                    <Icon name=IconName::Close/>
                </a>
            </div>
        </header>
    }
}
