//! Doing what a press asks for, and saying why not.

use super::toast::{Toasts, use_toasts};
use crate::actions::{Actions, use_actions};
use crate::address::Address;
use crate::locales::{Locale, use_locale};
use crate::state::State;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::command::{ClientCommand, CommandReply};
use shared::id::RoomId;

#[derive(Clone, Copy, Debug)]
pub struct Deeds {
    actions: Actions,
    toasts: Toasts,
    locale: Locale,
}

pub fn use_deeds() -> Deeds {
    Deeds { actions: use_actions(), toasts: use_toasts(), locale: use_locale() }
}

impl Deeds {
    /// What comes of it, the events that follow tell.
    pub fn run(self, command: ClientCommand) {
        self.then(command, |_| {});
    }

    /// `done` is called with the answer unless it is a refusal, which is said in a short message.
    pub fn then(self, command: ClientCommand, done: impl FnOnce(CommandReply) + 'static) {
        self.begin(command, Box::new(done));
    }

    /// Leaves a room that is on the screen.
    pub fn leave(self, state: State, address: Address, room: RoomId) {
        self.then(ClientCommand::LeaveRoom { room }, move |_| {
            // The event may come after the answer, and until then one would be led back here.
            state.forget_room(room);
            address.go("/");
        });
    }

    /// Once for all commands: what waits for an answer is compiled anew for each kind of `done`.
    fn begin(self, command: ClientCommand, done: Box<dyn FnOnce(CommandReply)>) {
        let Self { actions, toasts, locale } = self;
        let answer = actions.ask(command);
        spawn_local(async move {
            match answer.await {
                Ok(reply) => done(reply),
                Err(error) => toasts.say(untrack(|| locale.texts().refusal(&error))),
            }
        });
    }
}
