//! What the page asks of the world: components call, the app answers. So no component knows what
//! carries a command or where history comes from.

use leptos::prelude::*;
use shared::api::{History, HistoryQuery, Pins};
use shared::command::{ClientCommand, CommandReply};
use shared::error::ErrorCode;
use shared::id::{RoomId, Seq};
use shared::message::Message;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, ErrorCode>>>>;

/// The app's side.
pub trait Perform {
    /// Over the live connection; [`ErrorCode::Unavailable`] when there is none.
    fn ask(&self, command: ClientCommand) -> Answer<CommandReply>;
    /// A page of the room's history, or of a thread's, given by its root.
    fn history(&self, room: RoomId, thread: Option<Seq>, query: HistoryQuery) -> Answer<History>;
    /// The message at this place, in its present state.
    fn message(&self, room: RoomId, seq: Seq) -> Answer<Option<Message>>;
    fn pins(&self, room: RoomId) -> Answer<Pins>;
    /// Moves the read marker of a room, or of the thread with this root, forward: not at every message
    /// but soon, and as soon as there is a connection.
    fn read(&self, room: RoomId, thread: Option<Seq>, seq: Seq);
    /// Tries to connect now instead of when the pause is over.
    fn reconnect(&self);
    /// Ends the session and removes what this browser keeps of the person.
    fn sign_out(&self) -> Answer<()>;
}

/// The calls, for components: [`use_actions`].
#[derive(Clone, Copy)]
pub struct Actions(StoredValue<Rc<dyn Perform>, LocalStorage>);

impl core::fmt::Debug for Actions {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Actions")
    }
}

pub fn provide_actions(perform: Rc<dyn Perform>) -> Actions {
    let actions = Actions(StoredValue::new_local(perform));
    provide_context(actions);
    actions
}

/// # Panics
/// Outside the app, which provides them before anything is drawn.
pub fn use_actions() -> Actions {
    expect_context()
}

impl Actions {
    fn perform(self) -> Rc<dyn Perform> {
        self.0.get_value()
    }

    pub fn ask(self, command: ClientCommand) -> Answer<CommandReply> {
        self.perform().ask(command)
    }

    /// Asks and leaves the answer to the events that follow.
    pub fn tell(self, command: ClientCommand) {
        let answer = self.perform().ask(command);
        leptos::task::spawn_local(async move {
            // Best effort by nature: typing, undoing.
            let _ = answer.await;
        });
    }

    pub fn history(
        self,
        room: RoomId,
        thread: Option<Seq>,
        query: HistoryQuery,
    ) -> Answer<History> {
        self.perform().history(room, thread, query)
    }

    pub fn message(self, room: RoomId, seq: Seq) -> Answer<Option<Message>> {
        self.perform().message(room, seq)
    }

    pub fn pins(self, room: RoomId) -> Answer<Pins> {
        self.perform().pins(room)
    }

    pub fn read(self, room: RoomId, thread: Option<Seq>, seq: Seq) {
        self.perform().read(room, thread, seq);
    }

    pub fn reconnect(self) {
        self.perform().reconnect();
    }

    pub fn sign_out(self) -> Answer<()> {
        self.perform().sign_out()
    }
}
