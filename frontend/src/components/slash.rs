//! Carrying out what was typed after a `/`.

use super::completion::hint;
use super::deed::{Deeds, use_deeds};
use super::desk::use_desk;
use super::toast::{Toasts, use_toasts};
use crate::address::{Address, use_address};
use crate::clock::{date_of, server_time};
use crate::erased::effect;
use crate::locales::{Locale, use_locale};
use crate::state::{State, use_state};
use leptos::prelude::*;
use shared::command::ClientCommand;
use shared::id::{ClientMessageId, ReminderId, RoomId, Seq};
use shared::poll::Poll;
use shared::slash::{self, Slash, SlashCommand, Typed, When};
use shared::time::Timestamp;
use shared::user::Availability;

/// What has become of what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// It is done.
    Out,
    /// These words are to be said in the room.
    Said(String),
    /// It was no command that can be carried out: the box keeps it.
    Not,
}

/// Carries out what was typed in the box of a room or thread, as soon as this is drawn.
#[component]
pub fn CarryOut(
    typed: String,
    room: RoomId,
    thread: Option<Seq>,
    on_carried: Callback<Carried>,
    /// It is meant to be said as it was typed.
    on_words: Callback<()>,
) -> impl IntoView {
    let (locale, toasts, desk) = (use_locale(), use_toasts(), use_desk());
    let (state, address, deeds) = (use_state(), use_address(), use_deeds());
    let doing = Doing { room, thread, state, address, deeds, toasts, locale };
    let carry_out = move || {
        let texts = &locale.texts().conversation;
        match slash::read(&typed) {
            Typed::Text(text) => Carried::Said(text),
            Typed::Command(command) => doing.carry_out(command).map_or(Carried::Out, Carried::Said),
            Typed::Incomplete(Slash::Poll) => {
                desk.new_poll_thread.set(thread);
                desk.new_poll.set(Some(room));
                Carried::Out
            }
            Typed::Incomplete(slash) => {
                let (goes_on, _) = hint(locale, slash);
                toasts.say(texts.how_to_type.fill([slash.word(), goes_on]));
                Carried::Not
            }
            Typed::Unknown(word) => {
                let said = texts.unknown_command.fill([&word]);
                toasts.say_with(said, texts.send_as_text, move || on_words.run(()));
                Carried::Not
            }
        }
    };
    effect(move || on_carried.run(untrack(&carry_out)));
}

/// Where it was typed, and what carries it out.
#[derive(Clone, Copy, Debug)]
struct Doing {
    room: RoomId,
    thread: Option<Seq>,
    state: State,
    address: Address,
    deeds: Deeds,
    toasts: Toasts,
    locale: Locale,
}

impl Doing {
    /// Does it; what is to be said in the room comes back.
    fn carry_out(self, command: SlashCommand) -> Option<String> {
        let room = self.room;
        match command {
            SlashCommand::Say(words) => return Some(words),
            SlashCommand::SetTopic(topic) => {
                self.deeds.run(ClientCommand::SetTopic { room, topic });
            }
            SlashCommand::Invite(nicks) => self.invite(&nicks),
            SlashCommand::Leave => self.deeds.leave(self.state, self.address, room),
            SlashCommand::Away => self.show_as(Availability::Away),
            SlashCommand::Back => self.show_as(Availability::Automatic),
            SlashCommand::DoNotDisturb => self.show_as(Availability::DoNotDisturb),
            SlashCommand::SetStatus(status) => {
                self.done(ClientCommand::SetStatus { status, emoji: None, until: None });
            }
            SlashCommand::Remind { when, text } => {
                let at = moment(when);
                let texts = &self.locale.texts().conversation;
                let said = texts.will_remind.fill([&self.locale.moment(at)]);
                let (id, message) = (ReminderId::new(), None);
                let set = ClientCommand::SetReminder { id, room: Some(room), message, text, at };
                self.deeds.then(set, move |_| self.toasts.say(said));
            }
            SlashCommand::Later { when, text: body } => {
                let at = moment(when);
                let texts = &self.locale.texts().conversation;
                let said = texts.will_send.fill([&self.locale.moment(at)]);
                let later = ClientCommand::ScheduleMessage {
                    room,
                    client_message_id: ClientMessageId::new(),
                    body,
                    reply_to: None,
                    thread: self.thread,
                    at,
                };
                self.deeds.then(later, move |_| self.toasts.say(said));
            }
            SlashCommand::Poll { question, choices } => {
                let poll = Poll { choices, several: false, anonymous: false, closes_at: None };
                let (client_message_id, thread) = (ClientMessageId::new(), self.thread);
                self.deeds.run(ClientCommand::CreatePoll {
                    room,
                    client_message_id,
                    question,
                    poll,
                    thread,
                });
            }
        }
        None
    }

    fn invite(self, nicks: &[String]) {
        for nick in nicks {
            let user = self.state.people.with_untracked(|people| {
                let called = |user: &&std::sync::Arc<shared::user::User>| {
                    user.nick.to_lowercase() == nick.to_lowercase()
                };
                people.values().find(called).map(|user| user.id)
            });
            if let Some(user) = user {
                self.deeds.run(ClientCommand::AddMember { room: self.room, user });
            } else {
                let texts = &self.locale.texts().conversation;
                self.toasts.say(texts.nobody_called.fill([nick]));
            }
        }
    }

    fn show_as(self, availability: Availability) {
        let mut settings = self.state.settings.get_untracked();
        settings.availability = availability;
        self.done(ClientCommand::UpdateSettings { settings });
    }

    fn done(self, command: ClientCommand) {
        let said = self.locale.texts().common.saved;
        self.deeds.then(command, move |_| self.toasts.say(said));
    }
}

/// The moment that was meant, where this device is.
pub fn moment(when: When) -> Timestamp {
    let now = date_of(server_time());
    let minute = i64::from(now.get_hours()) * 60 + i64::from(now.get_minutes());
    let minutes = match when {
        When::In { minutes } => i64::from(minutes),
        When::At { minute_of_day } => {
            let ahead = i64::from(minute_of_day) - minute;
            if ahead > 0 { ahead } else { ahead + 24 * 60 }
        }
        When::Tomorrow { minute_of_day } => i64::from(minute_of_day) - minute + 24 * 60,
    };
    let at = server_time().plus_millis(minutes * 60_000);
    match when {
        When::In { .. } => at,
        // On the minute.
        When::At { .. } | When::Tomorrow { .. } => Timestamp(at.0 - at.0.rem_euclid(60_000)),
    }
}
