//! What comes on demand. Each part is a file of its own that the browser fetches when the page has
//! come to rest, or when something in it is first to be drawn; whoever draws it need not know.
//!
//! A view is moved here by a line in the list below and by drawing it as `parts::…`. Whatever only
//! views of the list reach then leaves the first load by itself, code and texts alike. Without the
//! feature `split` (plain Trunk) there is one file, and these are the views themselves.
#![expect(missing_debug_implementations, reason = "properties of components have none")]

#[cfg(feature = "split")]
mod loading;

#[cfg(not(feature = "split"))]
use core::convert::Infallible as Missing;
#[cfg(feature = "split")]
pub use loading::provide_parts;
#[cfg(feature = "split")]
use wasm_split_helpers::SplitLoaderError as Missing;

use crate::components::arranging;
use crate::components::choose_moment::MomentForm;
use crate::components::code_colours;
use crate::components::completion;
use crate::components::desk::{Choosing, Talk};
use crate::components::dragging;
use crate::components::emoji_picker::{self, Picking};
use crate::components::field::FieldState;
use crate::components::keyboard::ShortcutList;
use crate::components::members_panel;
use crate::components::mentions::Completing;
use crate::components::message::Acting;
use crate::components::message_list::earlier::EarlierTexts;
use crate::components::message_list::forward::ForwardForm;
use crate::components::new_direct::NewDirectForm;
use crate::components::new_poll::NewPollForm;
use crate::components::new_room::NewRoomForm;
use crate::components::pins_panel;
use crate::components::poll_view;
use crate::components::room_name;
use crate::components::room_settings;
use crate::components::seen_by;
use crate::components::slash::{self, Carried};
use crate::components::switcher;
use crate::components::thread_panel;
use crate::pages::room::choose_day;
use crate::pages::{
    admin, browse, catch_up, chats, first_run, join, later, preview, register, reset, saved,
    search, settings, sign_in, threads,
};
use crate::state::RoomEntry;
use leptos::html;
use leptos::prelude::*;
use shared::id::{RoomId, Seq, UserId};
use shared::poll::PollState;
use std::sync::Arc;
use web_sys::HtmlElement;

/// What a view is to the page around it: decides what stands there until it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All there is to see.
    Whole,
    /// A page beside the list of rooms.
    Page,
    /// Beside a conversation.
    Panel,
    /// Inside of something that is there already, such as a dialog.
    Inside,
    /// Better than what is there, which serves until it comes.
    Better,
}

/// Nothing has to be fetched.
#[cfg(not(feature = "split"))]
pub fn provide_parts(_at_rest: impl Fn() -> bool + 'static) {}

macro_rules! parts {
    ($(
        $(#[$doc:meta])*
        $part:ident in $module:ident {
            $( $place:ident $view:ident ( $($arg:ident : $type:ty),* ) => $draw:expr; )*
        }
    )*) => {
        /// A file that comes on demand.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Part {
            $( $(#[$doc])* $part, )*
        }

        impl Part {
            pub const ALL: &[Self] = &[$(Self::$part),*];

            /// Fetches it. Once that has succeeded, its views can be drawn.
            #[cfg(feature = "split")]
            async fn load(self) -> Result<(), Missing> {
                match self {
                    $( Self::$part => $module::load().await, )*
                }
            }
        }

        $(
            mod $module {
                use super::*;

                pub(super) enum View {
                    $( $view { $($arg: $type),* }, )*
                }

                #[cfg_attr(
                    feature = "split",
                    wasm_split_helpers::wasm_split($module, fallible, preload(load))
                )]
                pub(super) fn draw(view: View) -> Result<AnyView, Missing> {
                    Ok(match view {
                        $( View::$view { $($arg),* } => $draw.into_any(), )*
                    })
                }
            }

            $(
                #[component]
                pub fn $view($($arg: $type),*) -> impl IntoView {
                    #[cfg(feature = "split")]
                    {
                        let view = move || $module::View::$view { $($arg: Clone::clone(&$arg)),* };
                        let draw = move || loading::now($module::draw(view()));
                        loading::drawn(Part::$part, Place::$place, Box::new(draw))
                    }
                    #[cfg(not(feature = "split"))]
                    {
                        let _ = Place::$place;
                        let Ok(view) = $module::draw($module::View::$view { $($arg),* });
                        view
                    }
                }
            )*
        )*
    };
}

parts! {
    /// A room with its messages and the box to write in: what somebody signed in has come for.
    Conversation in conversation {
        Page RoomPage() => view! { <crate::pages::room::RoomPage/> };
    }
    /// What people use all day beside a conversation.
    Desk in desk {
        Page Browse() => view! { <browse::Browse/> };
        Page RoomPreview(room: RoomId) => view! { <preview::RoomPreview room/> };
        Panel MembersPanel(entry: RoomEntry, name: Memo<String>) => {
            view! { <members_panel::MembersPanel entry name/> }
        };
        Panel RoomSettings(entry: RoomEntry, name: Memo<String>) => {
            view! { <room_settings::RoomSettings entry name/> }
        };
        Panel PinsPanel(entry: RoomEntry, name: Memo<String>) => {
            view! { <pins_panel::PinsPanel entry name/> }
        };
        Panel ThreadPanel(entry: RoomEntry, root: Seq, name: Memo<String>) => {
            view! { <thread_panel::ThreadPanel entry root name/> }
        };
        Page Threads() => view! { <threads::Threads/> };
        Page Saved() => view! { <saved::Saved/> };
        Inside Forward(acting: Acting, open: RwSignal<bool>) => view! { <ForwardForm acting open/> };
        Inside Edits(acting: Acting) => view! { <EarlierTexts acting/> };
        Inside Emoji(
            picking: Picking,
            picker: NodeRef<html::Div>,
            anchor: RwSignal<Option<HtmlElement>, LocalStorage>
        ) => {
            view! { <emoji_picker::Inside picking picker anchor/> }
        };
        Page CatchUp() => view! { <catch_up::CatchUp/> };
        Page Search() => view! { <search::Search/> };
        Inside ChooseDay(entry: RoomEntry, talk: Talk) => view! { <choose_day::ChooseDay entry talk/> };
        Better Completion(completing: Completing) => {
            view! { <completion::Completion completing/> }
        };
        Inside CarryOut(
            typed: String,
            room: RoomId,
            thread: Option<Seq>,
            on_carried: Callback<Carried>,
            on_words: Callback<()>
        ) => {
            view! { <slash::CarryOut typed room thread on_carried on_words/> }
        };
        Inside Jump() => view! { <switcher::Search/> };
        Inside NewRoom(name: FieldState, topic: FieldState) => view! { <NewRoomForm name topic/> };
        Inside Moment(choosing: Choosing, open: RwSignal<bool>) => {
            view! { <MomentForm choosing open/> }
        };
        Page Later() => view! { <later::Later/> };
        Inside NewPoll(
            room: RoomId,
            question: FieldState,
            choices: RwSignal<String>,
            open: RwSignal<bool>
        ) => {
            view! { <NewPollForm room question choices open/> }
        };
        Inside Poll(room: RoomId, message: Seq, author: UserId, poll: PollState) => {
            view! { <poll_view::PollView room message author poll/> }
        };
        Inside SeenBy(room: RoomId, seq: Seq) => view! { <seen_by::SeenBy room seq/> };
        Inside NewDirect() => view! { <NewDirectForm/> };
        Inside PlaceRoom(room: RoomId, open: RwSignal<bool>) => {
            view! { <arranging::PlaceRoom room open/> }
        };
        Inside Dragging() => view! { <dragging::Dragging/> };
        Inside RenameSection(at: usize, open: RwSignal<bool>) => {
            view! { <arranging::RenameSection at open/> }
        };
        Better CodeColours(
            language: String,
            text: Arc<str>,
            lines: usize,
            folded: RwSignal<bool>,
            plain: RwSignal<bool>
        ) => {
            view! { <code_colours::CodeColours language text lines folded plain/> }
        };
        Better RoomNameNow(room: RoomId, typed: RwSignal<bool>) => {
            view! { <room_name::RoomNameNow room typed/> }
        };
        Inside Keys() => view! { <ShortcutList/> };
    }
    /// What the list of rooms is on a phone.
    Phone in phone {
        Inside Chats() => view! { <chats::Chats/> };
    }
    /// What people set up once.
    Setup in setup {
        Page Settings() => view! { <settings::Settings/> };
        Page Admin() => view! { <admin::Admin/> };
    }
    /// Until somebody is signed in.
    Account in account {
        Whole SignIn() => view! { <sign_in::SignIn/> };
        Whole Register() => view! { <register::Register/> };
        Whole FirstRun() => view! { <first_run::FirstRun/> };
        Whole Join() => view! { <join::Join/> };
        Whole Reset() => view! { <reset::Reset/> };
    }
}
