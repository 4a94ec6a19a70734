//! How people have reacted to a message.

use super::act::{Acting, pressed};
use crate::components::icon::{Icon, IconName};
use crate::components::names::person_name;
use crate::emoji;
use crate::locales::Locale;
use crate::text;
use leptos::prelude::*;
use shared::id::UserId;
use shared::limit;
use shared::message::{Message, Reaction};

/// More people than this are a number.
const NAMED: usize = 12;
/// Offered to whoever has not used any.
const FIRST: [&str; 5] = ["👍", "👀", "🎉", "😄", "❤️"];
/// So many have room beside a message.
const BESIDE: usize = 2;

/// The reactions that this person is likely to want, as many as a finger finds in a row.
pub fn usual(me: UserId) -> Vec<String> {
    let mut usual = emoji::usual_reactions(me);
    for first in FIRST {
        if !usual.iter().any(|known| known == first) {
            usual.push(first.to_owned());
        }
    }
    usual.truncate(FIRST.len());
    usual
}

/// The likeliest of them.
pub fn likely(me: UserId) -> Vec<String> {
    let mut likely = usual(me);
    likely.truncate(BESIDE);
    likely
}

/// A chip for each kind of reaction: pressed, it adds one's own or takes it back.
pub fn reactions(message: &Message, acting: Acting, locale: Locale, may: bool) -> AnyView {
    let chips = message.reactions.iter().map(|reaction| {
        let names = names(reaction, acting, locale);
        let mine = reaction.users.contains(&acting.me);
        let count = locale.number(reaction.users.len() as u64);
        let said = [reaction.emoji.as_str(), &count, &names];
        let label = locale.texts().conversation.reacted.fill(said);
        let (message, chosen) = (message.clone(), reaction.emoji.as_str().to_owned());
        view! {
            <button
                type="button"
                aria-pressed=if mine { "true" } else { "false" }
                aria-label=label
                title=names
                disabled=!may
                on:click=move |_| acting.react(&message, &chosen)
            >
                <span class="emoji">{reaction.emoji.as_str().to_owned()}</span>
                <span>{count}</span>
            </button>
        }
        .into_any()
    });
    let chips: Vec<AnyView> = chips.collect();
    let seq = message.seq;
    view! {
        <div class="rx" role="group" aria-label=text!(locale, conversation.reactions)>
            {chips}
            {(may && message.reactions.len() < limit::REACTION_KINDS).then(|| {
                view! {
                    <button
                        type="button"
                        aria-label=text!(locale, conversation.add_reaction)
                        title=text!(locale, conversation.add_reaction)
                        aria-haspopup="dialog"
                        on:click=move |event| {
                            if let Some(anchor) = pressed(&event) {
                                acting.choose_reaction(seq, anchor);
                            }
                        }
                    >
                        <Icon name=IconName::SmilePlus class="sm"/>
                    </button>
                }
            })}
        </div>
    }
    .into_any()
}

/// Oneself first.
fn names(reaction: &Reaction, acting: Acting, locale: Locale) -> String {
    let texts = &locale.texts().conversation;
    let mut names = Vec::new();
    if reaction.users.contains(&acting.me) {
        names.push(texts.you.to_owned());
    }
    let others = reaction.users.iter().filter(|user| **user != acting.me);
    let others = others.map(|user| person_name(acting.state(), locale, *user));
    names.extend(others.take(NAMED));
    let more = reaction.users.len().saturating_sub(names.len()) as u64;
    if more > 0 {
        names.push(texts.and_more.fill(more, [&locale.number(more)]));
    }
    locale.list(&names)
}
