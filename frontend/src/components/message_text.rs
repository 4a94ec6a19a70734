//! A message's text as nodes: the tree that [`shared::markup`] reads, drawn without any markup.

use super::code_block::CodeBlock;
use super::desk::room_path;
use crate::address::own_path;
use crate::erased::{Show, live, redrawn};
use crate::locales::use_locale;
use crate::parts;
use crate::state::State;
use crate::text;
use leptos::prelude::*;
use shared::id::{RoomId, UserId};
use shared::markup::{self, Block, Inline, Style};
use shared::message::{Message, MessageBody, RoomName};

/// What a stored message says, with whom and what it names.
pub fn draw_message(state: State, message: &Message) -> AnyView {
    let text = message.body.as_ref().map_or("", MessageBody::as_str);
    let mine = state.me_untracked() == Some(message.author);
    let called = !mine && state.me_untracked().is_some_and(|me| message.is_for(me));
    let call = message.call.is_some().then_some(if called { "at-me" } else { "at-who" });
    draw(&Drawing { state, mentions: &message.mentions, call, rooms: &message.rooms }, text)
}

/// Draws `text`, in which `mentions` are called by their nicks.
pub fn draw_text(state: State, text: &str, mentions: &[UserId]) -> AnyView {
    draw(&Drawing { state, mentions, call: None, rooms: &[] }, text)
}

fn draw(drawing: &Drawing<'_>, text: &str) -> AnyView {
    let blocks = markup::parse(text);
    if markup::lone_emoji(&blocks) {
        return view! { <p class="emoji">{text.trim().to_owned()}</p> }.into_any();
    }
    drawing.blocks(blocks).into_any()
}

struct Drawing<'a> {
    state: State,
    mentions: &'a [UserId],
    /// How a call to everybody looks, where there is one.
    call: Option<&'static str>,
    /// Rooms that were resolved when it was sent.
    rooms: &'a [RoomName],
}

impl Drawing<'_> {
    fn blocks(&self, blocks: Vec<Block>) -> Vec<AnyView> {
        blocks.into_iter().map(|block| self.block(block)).collect()
    }

    fn block(&self, block: Block) -> AnyView {
        match block {
            Block::Paragraph(inlines) => {
                view! { <p dir="auto">{self.inlines(inlines)}</p> }.into_any()
            }
            Block::Code { language, text } => view! { <CodeBlock language text/> }.into_any(),
            Block::Quote(inner) => {
                view! { <blockquote dir="auto">{self.blocks(inner)}</blockquote> }.into_any()
            }
            Block::List { start, items } => {
                let items = items
                    .into_iter()
                    .map(|item| view! { <li dir="auto">{self.blocks(item)}</li> }.into_any())
                    .collect::<Vec<_>>();
                match start {
                    None => view! { <ul>{items}</ul> }.into_any(),
                    Some(start) => view! { <ol start=start.to_string()>{items}</ol> }.into_any(),
                }
            }
        }
    }

    fn inlines(&self, inlines: Vec<Inline>) -> Vec<AnyView> {
        inlines.into_iter().map(|inline| self.inline(inline)).collect()
    }

    fn inline(&self, inline: Inline) -> AnyView {
        match inline {
            Inline::Text(text) => text.into_any(),
            Inline::Break => view! { <br/> }.into_any(),
            Inline::Code(text) => view! { <code dir="ltr">{text}</code> }.into_any(),
            Inline::Styled(style, inner) => {
                let inner = self.inlines(inner);
                match style {
                    Style::Strong => view! { <strong>{inner}</strong> }.into_any(),
                    Style::Emphasis => view! { <em>{inner}</em> }.into_any(),
                    Style::Strike => view! { <s>{inner}</s> }.into_any(),
                    Style::Spoiler => view! { <Spoiler inner/> }.into_any(),
                }
            }
            Inline::Link { href, label } => {
                // Words may lead elsewhere than they say: the address is there to be seen.
                let title = href.clone();
                // What is here opens here.
                let own = own_path(&href);
                let elsewhere = own.is_none();
                view! {
                    <a
                        class="link"
                        href=own.unwrap_or(href)
                        title=title
                        target=elsewhere.then_some("_blank")
                        rel=elsewhere.then_some("noopener noreferrer nofollow")
                        dir="auto"
                    >
                        {self.inlines(label)}
                    </a>
                }
                .into_any()
            }
            Inline::Mention { run } => self.mention(&run),
            Inline::Room { run } => self.room(&run),
        }
    }

    fn mention(&self, run: &str) -> AnyView {
        let state = self.state;
        if let (Some(class), Some((_, rest))) = (self.call, markup::everybody(run)) {
            let word = run.get(..run.len() - rest.len()).unwrap_or_default();
            return view! {
                <span class=class>{format!("@{word}")}</span>
                {rest.to_owned()}
            }
            .into_any();
        }
        let person = |nick: &str| {
            self.mentions.iter().copied().find(|user| {
                state
                    .person(*user)
                    .is_some_and(|user| user.nick.to_lowercase() == nick.to_lowercase())
            })
        };
        match markup::longest_nick(run, |nick| person(nick).is_some()) {
            Some((nick, rest)) => {
                let me = person(nick) == state.me();
                view! {
                    <span class=if me { "at-me" } else { "at-who" }>{format!("@{nick}")}</span>
                    {rest.to_owned()}
                }
                .into_any()
            }
            None => format!("@{run}").into_any(),
        }
    }

    /// A room that was named when it was sent leads there, by the name it has now. What other rooms are
    /// called tells nothing.
    fn room(&self, run: &str) -> AnyView {
        if let Some((key, rest)) = markup::longest_room(run, |key| self.named(key).is_some())
            && let Some(room) = self.named(&key.to_lowercase())
        {
            let name = match self.state.room(room) {
                Some(entry) => entry.view.with(|view| view.room.name.clone()).into_any(),
                None => elsewhere(room, key.to_owned()),
            };
            return view! {
                <a class="at-who" href=room_path(room)>"#"<bdi>{name}</bdi></a>
                {rest.to_owned()}
            }
            .into_any();
        }
        let room = |key: &str| self.room_called(key);
        match markup::longest_room(run, |key| room(key).is_some()) {
            Some((key, rest)) => {
                let path = room(&key.to_lowercase()).map(room_path);
                view! {
                    <a class="at-who" href=path>{format!("#{key}")}</a>
                    {rest.to_owned()}
                }
                .into_any()
            }
            None => format!("#{run}").into_any(),
        }
    }

    /// A room by the name it had when the message was sent.
    fn named(&self, key: &str) -> Option<RoomId> {
        self.rooms.iter().find(|named| named.key == key).map(|named| named.room)
    }

    fn room_called(&self, key: &str) -> Option<RoomId> {
        self.state.rooms.with(|rooms| {
            rooms.values().find_map(|entry| {
                let named =
                    entry.view.with_untracked(|view| markup::room_key(&view.room.name) == key);
                named.then_some(entry.id)
            })
        })
    }
}

/// The name of a room that one is not in: as it was written, until its present one is known.
fn elsewhere(room: RoomId, key: String) -> AnyView {
    let typed = RwSignal::new(true);
    view! {
        {redrawn(move || typed.get().then(|| key.clone()))}
        <parts::RoomNameNow room typed/>
    }
    .into_any()
}

/// Hidden until it is pressed.
#[component]
fn Spoiler(inner: Vec<AnyView>) -> impl IntoView {
    let locale = use_locale();
    let shown = RwSignal::new(false);
    view! {
        <span class="spoiler" class:shown=shown>
            <Show when=move || !shown.get()>
                <button
                    type="button"
                    aria-label=text!(locale, conversation.show_spoiler)
                    title=text!(locale, conversation.show_spoiler)
                    on:click=move |_| shown.set(true)
                ></button>
            </Show>
            <span class="hidden" inert=live(move || !shown.get())>{inner}</span>
        </span>
    }
}
