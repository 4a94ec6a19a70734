//! A poll under its question: what there is to choose from, what was chosen, and by whom.

use super::deed::use_deeds;
use super::names::person_name;
use super::toast::{Toasts, use_toasts};
use crate::actions::{Actions, use_actions};
use crate::clock::server_time;
use crate::erased::{Show, live, redrawn};
use crate::locales::{Locale, use_locale};
use crate::state::{State, use_state};
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::command::ClientCommand;
use shared::id::{RoomId, Seq, UserId};
use shared::keyed::Map;
use shared::permission::RoomAction;
use shared::poll::{Poll, PollState};

/// Names shown of those who chose something; more are counted.
const NAMES: usize = 20;

/// What one has chosen and the poll does not show yet.
#[derive(Clone)]
struct Cast {
    choices: Vec<u32>,
    /// The event that follows may come after the answer.
    answered: bool,
}

type AllCast = ArcRwSignal<Map<(RoomId, Seq), Cast>>;

thread_local! {
    /// Here, since a poll is drawn anew with every vote.
    static CAST: AllCast = AllCast::default();
}

#[derive(Clone, Copy)]
struct Ballot {
    room: RoomId,
    message: Seq,
    anonymous: bool,
    all: StoredValue<AllCast>,
    state: State,
    actions: Actions,
    toasts: Toasts,
    locale: Locale,
}

fn use_ballot(room: RoomId, message: Seq, anonymous: bool) -> Ballot {
    Ballot {
        room,
        message,
        anonymous,
        all: StoredValue::new(CAST.with(Clone::clone)),
        state: use_state(),
        actions: use_actions(),
        toasts: use_toasts(),
        locale: use_locale(),
    }
}

impl Ballot {
    /// For a poll as it is by now: it shows what was answered before.
    fn renew(self) {
        let at = (self.room, self.message);
        self.all.with_value(|all| {
            all.update_untracked(|all| {
                if all.get(&at).is_some_and(|cast| cast.answered) {
                    all.remove(&at);
                }
            });
        });
    }

    fn chosen(self) -> Option<Vec<u32>> {
        let at = (self.room, self.message);
        self.all.with_value(|all| all.with(|all| all.get(&at).map(|cast| cast.choices.clone())))
    }

    /// What was chosen is drawn at once, and what is chosen next is added to it, whether or not it is
    /// known to the server. One vote after the other: else an older one could come last.
    fn cast(self, choices: Vec<u32>) {
        let (at, all) = ((self.room, self.message), self.all.get_value());
        let cast = Cast { choices: choices.clone(), answered: false };
        let is_under_way =
            all.with_untracked(|all| all.get(&at).is_some_and(|cast| !cast.answered));
        all.update(|all| drop(all.insert(at, cast)));
        if !is_under_way {
            spawn_local(self.tell(all, choices));
        }
    }

    async fn tell(self, all: AllCast, mut choices: Vec<u32>) {
        let Self { room, message, anonymous, state, actions, toasts, locale, .. } = self;
        let at = (room, message);
        loop {
            let vote = ClientCommand::Vote { room, message, choices: choices.clone() };
            let answer = actions.ask(vote).await;
            if let Err(error) = &answer {
                toasts.say(untrack(|| locale.texts().refusal(error)));
            }
            let wanted = all.with_untracked(|all| all.get(&at).map(|cast| cast.choices.clone()));
            if let Some(wanted) = wanted
                && wanted != choices
            {
                choices = wanted;
                continue;
            }
            if answer.is_ok() && !anonymous {
                let cast = Cast { choices, answered: true };
                all.update(|all| drop(all.insert(at, cast)));
                return;
            }
            if answer.is_ok() {
                state.votes.update(|votes| drop(votes.insert(at, choices)));
            }
            all.update(|all| drop(all.remove(&at)));
            return;
        }
    }
}

#[component]
pub fn PollView(room: RoomId, message: Seq, author: UserId, poll: PollState) -> impl IntoView {
    let (state, locale, deeds) = (use_state(), use_locale(), use_deeds());
    let me = state.me_untracked();
    let open = poll.is_open(server_time());
    let PollState { poll, counts, people, voters, closed: _ } = poll;
    let Poll { choices, several, anonymous, closes_at: closes } = poll;
    let named = voters.clone();
    let told = move || -> Vec<u32> {
        if anonymous {
            return state
                .votes
                .with(|votes| votes.get(&(room, message)).cloned().unwrap_or_default());
        }
        let chose = |voters: &Vec<UserId>| me.is_some_and(|me| voters.contains(&me));
        (0_u32..).zip(&named).filter(|(_, voters)| chose(voters)).map(|(at, _)| at).collect()
    };
    let ballot = use_ballot(room, message, anonymous);
    ballot.renew();
    let mine = Memo::new(move |_| ballot.chosen().unwrap_or_else(&told));
    let vote = move |choice: u32, chosen: bool| {
        let mut choices = if several { mine.get_untracked() } else { Vec::new() };
        choices.retain(|other| *other != choice);
        choices.extend(chosen.then_some(choice));
        ballot.cast(choices);
    };
    let name = format!("poll-{room}-{message}");
    let most = counts.iter().copied().max().unwrap_or(0);
    let choices: Vec<_> = (0_u32..)
        .zip(choices)
        .zip(counts)
        .map(|((at, words), count)| {
            let who = usize::try_from(at).ok().and_then(|at| voters.get(at)).cloned();
            let title = who.map(|who| names(state, locale, &who)).unwrap_or_default();
            let winning = count == most && count > 0;
            view! {
                <label class="poll__choice" class:leads=winning title=title>
                    <input
                        type=if several { "checkbox" } else { "radio" }
                        name=name.clone()
                        disabled=!open
                        prop:checked=live(move || mine.with(|mine| mine.contains(&at)))
                        on:change:target=move |event| vote(at, event.target().checked())
                    />
                    <span class="poll__words"><bdi>{words}</bdi></span>
                    <span class="poll__count num">{locale.number(count.into())}</span>
                    <progress max=people.max(1).to_string() value=count.to_string()></progress>
                </label>
            }
        })
        .collect();
    let foot = move || {
        let texts = locale.texts().poll();
        let mut words = vec![texts.voted.fill(people.into(), [&locale.number(people.into())])];
        if anonymous {
            words.push(texts.anonymous.to_owned());
        }
        match closes {
            _ if !open => words.push(texts.closed.to_owned()),
            Some(at) => words.push(texts.closes_at.fill([&locale.soon(at)])),
            None => {}
        }
        words.join(" · ")
    };
    let may_close = Memo::new(move |_| {
        open && (me == Some(author)
            || state.room(room).is_some_and(|entry| state.may(&entry, RoomAction::CloseOthersPoll)))
    });
    view! {
        <fieldset class="poll">
            <legend class="vh">{text!(locale, poll.poll)}</legend>
            {choices}
            <p class="poll__foot">
                <span>{redrawn(foot)}</span>
                <Show when=move || open && mine.with(|mine| !mine.is_empty())>
                    <button
                        type="button"
                        class="link"
                        on:click=move |_| ballot.cast(Vec::new())
                    >
                        {text!(locale, poll.take_back)}
                    </button>
                </Show>
                <Show when=move || may_close.get()>
                    <button
                        type="button"
                        class="link"
                        on:click=move |_| deeds.run(ClientCommand::ClosePoll { room, message })
                    >
                        {text!(locale, poll.close)}
                    </button>
                </Show>
            </p>
        </fieldset>
    }
}

fn names(state: State, locale: Locale, people: &[UserId]) -> String {
    let mut names: Vec<String> =
        people.iter().take(NAMES).map(|user| person_name(state, locale, *user)).collect();
    if people.len() > NAMES {
        names.push(format!("+{}", people.len() - NAMES));
    }
    locale.list(&names)
}
