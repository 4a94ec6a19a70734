//! A thread beside its room: the root, what was said to it, a box of its own.

use super::composer::Composer;
use super::deed::use_deeds;
use super::desk::{Talk, is_touch, now};
use super::icon::{Icon, IconName};
use super::message_list::MessageList;
use super::panel::PanelHead;
use crate::erased::{live, redrawn};
use crate::locales::use_locale;
use crate::state::RoomEntry;
use crate::text;
use leptos::html;
use leptos::prelude::*;
use shared::command::ClientCommand;
use shared::id::Seq;

#[component]
pub fn ThreadPanel(entry: RoomEntry, root: Seq, name: Memo<String>) -> impl IntoView {
    let locale = use_locale();
    let deeds = use_deeds();
    let talk = Talk::new();
    provide_context(talk);
    let id = entry.id;
    let thread = entry.thread(root);
    let follows = {
        let view = entry.view;
        Memo::new(move |_| view.with(|view| view.follows(root)))
    };
    let words = move || {
        let texts = &locale.texts().conversation;
        if follows.get() { texts.unfollow_thread } else { texts.follow_thread }
    };
    let heading = NodeRef::<html::H2>::new();
    // It was opened to be answered, or to be read where a box would cover it.
    request_animation_frame(move || {
        if !is_touch() {
            now(talk.focus_composer);
        } else if let Some(heading) = heading.get_untracked() {
            // What cannot take the focus leaves it where it was.
            let _ = heading.focus();
        }
    });
    view! {
        <aside class="panel sheet" aria-labelledby="panel-title">
            <PanelHead room=id title=text!(locale, conversation.thread) name heading>
                <button
                    type="button"
                    class="ib"
                    aria-label=words
                    title=words
                    aria-pressed=live(move || if follows.get() { "true" } else { "false" })
                    on:click=move |_| {
                        deeds.run(if follows.get_untracked() {
                            ClientCommand::UnfollowThread { room: id, root }
                        } else {
                            ClientCommand::FollowThread { room: id, root }
                        });
                    }
                >
                    {redrawn(move || {
                        let name = if follows.get() { IconName::Bell } else { IconName::BellOff };
                        view! { <Icon name/> }
                    })}
                </button>
            </PanelHead>
            <MessageList entry=thread.clone() name/>
            <Composer entry=thread name/>
        </aside>
    }
}
