//! What becomes of messages after they were posted, over real sockets.
#![expect(clippy::similar_names, reason = "a room, and the root of a thread in it")]

use crate::support::{Person, TestServer};
use shared::api::{
    DeleteMessage, EditMessage, GetHistory, GetMessage, GetRoom, GetThread, HistoryEntry,
    HistoryQuery, LatestMessage, ListEdits, ListLatest, ListMentions, ListPins, ListSaved,
    ListThreads, MentionsQuery, NewText, Nothing, SavedQuery, ThreadsQuery,
};
use shared::command::{ClientCommand, CommandReply};
use shared::error::ErrorCode;
use shared::event::{Place, ServerEvent};
use shared::id::{ClientMessageId, MessageId, RoomId, Seq};
use shared::limit;
use shared::message::{Message, MessageBody};
use shared::room::{Involvement, RoomKind};

impl Person {
    async fn react(&self, room: RoomId, message: Seq, emoji: &str) -> Result<(), ErrorCode> {
        let emoji = emoji.to_owned();
        self.command(ClientCommand::AddReaction { room, message, emoji }).await.map(drop)
    }

    async fn edit(&self, room: RoomId, message: Seq, body: &str) -> Result<(), ErrorCode> {
        let body = body.to_owned();
        self.command(ClientCommand::EditMessage { room, message, body }).await.map(drop)
    }

    async fn delete(&self, room: RoomId, message: Seq) -> Result<(), ErrorCode> {
        self.command(ClientCommand::DeleteMessage { room, message }).await.map(drop)
    }

    async fn message(&self, room: RoomId, id: MessageId) -> Result<Message, ErrorCode> {
        let asked = self.api.call::<GetMessage>((room, id), Nothing {}, &Nothing {});
        asked.await.map_err(|problem| problem.code)
    }
}

fn in_thread(room: RoomId, root: Seq, body: &str) -> ClientCommand {
    ClientCommand::SendMessage {
        room,
        client_message_id: ClientMessageId::new(),
        body: body.to_owned(),
        reply_to: None,
        thread: Some(root),
        in_room: false,
    }
}

fn text(message: &Message) -> Option<&str> {
    message.body.as_ref().map(MessageBody::as_str)
}

#[tokio::test]
async fn an_edit_reaches_everybody_and_history_once() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Quay", RoomKind::Open).await;
    wen.join(room).await;
    let sent = ines.say(room, "helo").await.unwrap();
    let (mut live, _) = wen.connect().await;
    ines.edit(room, sent.seq, "hello").await.unwrap();
    let event = live.event(room).await;
    assert_eq!(event.amends(), Some(sent.seq));
    ines.edit(room, sent.seq, "hello").await.unwrap();
    let path = (room, sent.id);
    let body = NewText { body: "hello, @wen".into() };
    let edited = ines.api.call::<EditMessage>(path, Nothing {}, &body).await.unwrap();
    assert_eq!((text(&edited), edited.mentions.as_slice()), (Some("hello, @wen"), &[wen.id()][..]));
    let next = live.event(room).await;
    assert_eq!(next.seq, event.seq.next(), "the same text again made no event");
    let mut own = wen.message(room, sent.id).await.unwrap();
    assert_eq!(own, edited);
    assert_eq!(own.apply(&next), shared::reduce::Amended::Unchanged);

    assert_eq!(wen.edit(room, sent.seq, "mine now").await, Err(ErrorCode::Forbidden));
    assert_eq!(ines.edit(room, sent.seq, " ").await, Err(ErrorCode::Empty));
    let long = "x".repeat(limit::MESSAGE_CHARS + 1);
    let too_long = Err(ErrorCode::TooLong { limit: limit::MESSAGE_CHARS });
    assert_eq!(ines.edit(room, sent.seq, &long).await, too_long);
    assert_eq!(ines.edit(room, Seq(1), "the room itself").await, Err(ErrorCode::NotFound));
    let edits = wen.api.call::<ListEdits>(path, Nothing {}, &Nothing {}).await.unwrap();
    let said: Vec<_> = edits.revisions.iter().map(|revision| revision.body.as_str()).collect();
    assert_eq!(said, ["helo", "hello", "hello, @wen"]);
}

#[tokio::test]
async fn a_deleted_message_is_gone_for_everybody_and_keeps_its_place() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let noor = server.person("noor").await;
    let room = noor.create_room("Quay", RoomKind::Closed).await;
    noor.add(room, &ines).await;
    noor.add(room, &wen).await;
    let sent = wen.say(room, "a blunder").await.unwrap();
    assert_eq!(ines.delete(room, sent.seq).await, Err(ErrorCode::Forbidden));
    let (mut live, _) = ines.connect().await;
    let path = (room, sent.id);
    wen.api.call::<DeleteMessage>(path, Nothing {}, &Nothing {}).await.unwrap();
    let event = live.event(room).await;
    assert_eq!(event.event, ServerEvent::MessageDeleted { message: sent.seq });
    wen.delete(room, sent.seq).await.unwrap();
    noor.delete(room, sent.seq).await.unwrap();
    let left = ines.message(room, sent.id).await.unwrap();
    assert_eq!((left.seq, text(&left)), (sent.seq, None));
    assert_eq!(left.deleted.unwrap().by, wen.id());
    assert_eq!(wen.edit(room, sent.seq, "back").await, Err(ErrorCode::NotFound));
    assert_eq!(wen.react(room, sent.seq, "👍").await, Err(ErrorCode::NotFound));
    let log = serde_json::to_string(&ines.whole_log(room).await).unwrap();
    assert!(!log.contains("blunder"));

    let by_moderator = wen.say(room, "another").await.unwrap();
    noor.delete(room, by_moderator.seq).await.unwrap();
    let left = wen.message(room, by_moderator.id).await.unwrap();
    assert_eq!((left.author, left.deleted.unwrap().by), (wen.id(), noor.id()));
}

#[tokio::test]
async fn reactions_and_pins_have_limits_and_are_what_they_are_once() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    ines.add(room, &wen).await;
    let sent = ines.say(room, "ship it").await.unwrap();
    for _ in 0..2 {
        wen.react(room, sent.seq, "\u{2764}").await.unwrap();
        ines.react(room, sent.seq, "\u{2764}\u{fe0f}").await.unwrap();
    }
    let message = ines.message(room, sent.id).await.unwrap();
    assert_eq!(message.reactions.len(), 1);
    assert_eq!(message.reactions[0].users, [wen.id(), ines.id()]);
    assert_eq!(message.revised, Seq(sent.seq.0 + 2));
    assert_eq!(ines.react(room, sent.seq, "ok").await, Err(ErrorCode::EmojiUnknown));
    for kind in
        emojis::iter().filter(|emoji| emoji.as_str() != "❤️").take(limit::REACTION_KINDS - 1)
    {
        ines.react(room, sent.seq, kind.as_str()).await.unwrap();
    }
    let too_many = Err(ErrorCode::TooMany { limit: limit::REACTION_KINDS });
    assert_eq!(ines.react(room, sent.seq, "🏴‍☠️").await, too_many);
    let emoji = "❤".to_owned();
    let removal = ClientCommand::RemoveReaction { room, message: sent.seq, emoji };
    wen.command(removal).await.unwrap();
    let message = ines.message(room, sent.id).await.unwrap();
    assert_eq!(message.reactions[0].users, [ines.id()]);

    for _ in 0..2 {
        ines.command(ClientCommand::PinMessage { room, message: sent.seq }).await.unwrap();
    }
    let pins = wen.api.call::<ListPins>((room,), Nothing {}, &Nothing {}).await.unwrap();
    assert_eq!(pins.messages.len(), 1);
    assert_eq!(pins.messages[0].pinned.unwrap().by, ines.id());
    let direct = ines.direct(&[&wen]).await;
    let sent = ines.say(direct, "address").await.unwrap();
    wen.command(ClientCommand::PinMessage { room: direct, message: sent.seq }).await.unwrap();
}

#[tokio::test]
async fn history_shows_the_present_around_any_place_to_members_alone() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Quay", RoomKind::Open).await;
    let mut sent = Vec::new();
    for number in 0..5 {
        sent.push(ines.say(room, &number.to_string()).await.unwrap());
    }
    ines.edit(room, sent[2].seq, "two").await.unwrap();
    ines.delete(room, sent[3].seq).await.unwrap();
    let query = HistoryQuery { around: Some(sent[2].seq), limit: Some(3), ..Default::default() };
    let page = ines.api.call::<GetHistory>((room,), query, &Nothing {}).await.unwrap();
    let said: Vec<_> = page
        .entries
        .iter()
        .map(|entry| match entry {
            HistoryEntry::Message(message) => text(message).map(str::to_owned),
            HistoryEntry::Event(event) => panic!("{event:?}"),
        })
        .collect();
    assert_eq!(said, [Some("1".into()), Some("two".into()), None]);
    assert_eq!((page.before, page.after), (Some(sent[1].seq), Some(sent[3].seq)));
    let refused = wen.api.call::<GetHistory>((room,), query, &Nothing {}).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Forbidden);
    assert_eq!(wen.message(room, sent[0].id).await, Err(ErrorCode::Forbidden));
    assert_eq!(ines.message(room, MessageId::new()).await, Err(ErrorCode::NotFound));
    let elsewhere = ines.create_room("Elsewhere", RoomKind::Closed).await;
    assert_eq!(ines.message(elsewhere, sent[0].id).await, Err(ErrorCode::NotFound));
}

#[tokio::test]
async fn a_thread_is_followed_by_those_it_concerns_and_counts_for_them() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let noor = server.person("noor").await;
    let room = ines.create_room("Quay", RoomKind::Open).await;
    wen.join(room).await;
    noor.join(room).await;
    let root = ines.say(room, "which day?").await.unwrap().seq;
    for person in [&wen, &noor] {
        person.command(ClientCommand::MarkRead { room, seq: root, age_ms: 0 }).await.unwrap();
    }
    let (mut live, _) = ines.connect().await;
    wen.command(in_thread(room, root, "thursday")).await.unwrap();
    let reply = live.event(room).await;
    assert_eq!((reply.place(), reply.amends()), (Place::Reply, Some(root)));
    let membership = async |person: &Person| {
        person.api.call::<GetRoom>((room,), Nothing {}, &Nothing {}).await.unwrap().membership
    };
    let of_ines = membership(&ines).await.unwrap();
    assert_eq!((of_ines.counts.unread, of_ines.counts.unfollowed), (0, false));
    assert_eq!(of_ines.threads.len(), 1, "whoever wrote the root follows");
    assert_eq!((of_ines.threads[0].root, of_ines.threads[0].unread), (root, 1));
    assert_eq!(membership(&wen).await.unwrap().threads[0].unread, 0, "whoever replied follows");
    let of_noor = membership(&noor).await.unwrap();
    assert!(of_noor.threads.is_empty());
    assert_eq!((of_noor.counts.unread, of_noor.counts.unfollowed), (0, true));

    wen.command(in_thread(room, root, "or friday, @noor?")).await.unwrap();
    let of_noor = membership(&noor).await.unwrap();
    assert_eq!((of_noor.threads[0].unread, of_noor.counts.unfollowed), (1, false));
    let seq = Seq(u64::MAX);
    noor.command(ClientCommand::MarkThreadRead { room, root, seq }).await.unwrap();
    assert_eq!(membership(&noor).await.unwrap().threads[0].unread, 0);
    ines.command(ClientCommand::UnfollowThread { room, root }).await.unwrap();
    wen.command(in_thread(room, root, "friday")).await.unwrap();
    assert!(membership(&ines).await.unwrap().threads.is_empty(), "not made to follow again");

    let query = HistoryQuery { limit: Some(2), ..HistoryQuery::default() };
    let thread = noor.api.call::<GetThread>((room, root), query, &Nothing {}).await.unwrap();
    assert_eq!(
        thread.replies.iter().filter_map(text).collect::<Vec<_>>(),
        ["or friday, @noor?", "friday"]
    );
    assert_eq!(thread.root.replies.as_ref().unwrap().count, 3);
    assert_eq!(thread.before, Some(thread.replies[0].seq));
    let query = HistoryQuery::default();
    let history = noor.api.call::<GetHistory>((room,), query, &Nothing {}).await.unwrap();
    assert_eq!(history.entries.last().map(HistoryEntry::seq), Some(root));
    let query = ThreadsQuery::default();
    let followed = noor.api.call::<ListThreads>((), query, &Nothing {}).await.unwrap();
    assert_eq!((followed.threads.len(), followed.next), (1, None));
    assert_eq!(followed.threads[0].root, thread.root);

    let inside = thread.replies[0].seq;
    let nested = wen.command(in_thread(room, inside, "deeper")).await;
    assert_eq!(nested.map(drop), Err(ErrorCode::NotFound), "a reply begins no thread");
    let nowhere = wen.command(in_thread(room, Seq(1), "the room itself")).await;
    assert_eq!(nowhere.map(drop), Err(ErrorCode::NotFound));
    noor.command(ClientCommand::LeaveRoom { room }).await.unwrap();
    let followed = noor.api.call::<ListThreads>((), ThreadsQuery::default(), &Nothing {}).await;
    assert!(followed.unwrap().threads.is_empty(), "following ends with the membership");
}

#[tokio::test]
async fn forwarded_words_keep_their_origin_and_only_a_reader_forwards_them() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let closed = ines.create_room("Closed", RoomKind::Closed).await;
    let open = ines.create_room("Open", RoomKind::Open).await;
    wen.join(open).await;
    let said = ines.say(closed, "it ships").await.unwrap();
    let forward = |from, message, comment: Option<&str>| ClientCommand::ForwardMessage {
        room: open,
        client_message_id: ClientMessageId::new(),
        from,
        message,
        comment: comment.map(str::to_owned),
    };
    let refused = wen.command(forward(closed, said.seq, None)).await;
    assert_eq!(refused, Err(ErrorCode::NotFound));
    assert_eq!(refused, wen.command(forward(RoomId::new(), said.seq, None)).await);
    let once = forward(closed, said.seq, Some("at last"));
    let sent = ines.command(once.clone()).await.unwrap();
    assert_eq!(ines.command(once).await.unwrap(), sent, "sent again, it is one message");
    let CommandReply::Sent(sent) = sent else { panic!("{sent:?}") };
    let message = wen.message(open, sent.id).await.unwrap();
    let origin = message.origin.as_deref().unwrap();
    assert_eq!(text(&message), Some("it ships"));
    assert_eq!((origin.room, origin.seq, origin.author), (closed, said.seq, ines.id()));
    assert_eq!(origin.comment.as_ref().map(MessageBody::as_str), Some("at last"));
    let again = wen.command(forward(open, sent.seq, None)).await.unwrap();
    let CommandReply::Sent(again) = again else { panic!("{again:?}") };
    let again = wen.message(open, again.id).await.unwrap();
    assert_eq!(again.origin.unwrap().author, ines.id(), "whoever said it first");
    assert_eq!(ines.edit(open, sent.seq, "it slips").await, Err(ErrorCode::Forbidden));
    ines.delete(open, sent.seq).await.unwrap();
    let left = wen.message(open, sent.id).await.unwrap();
    assert_eq!((text(&left), &left.origin), (None, &None));
}

#[tokio::test]
async fn what_is_saved_is_found_by_its_owner_while_they_are_in_the_room() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    ines.add(room, &wen).await;
    let mut sent = Vec::new();
    for number in 0..3 {
        let said = ines.say(room, &number.to_string()).await.unwrap();
        for _ in 0..2 {
            let save = ClientCommand::SaveMessage { room, message: said.seq };
            wen.command(save).await.unwrap();
        }
        sent.push(said);
    }
    let saved = async |person: &Person, after| {
        let query = SavedQuery { after, limit: Some(2) };
        person.api.call::<ListSaved>((), query, &Nothing {}).await.unwrap()
    };
    let first = saved(&wen, None).await;
    assert_eq!(first.messages.iter().filter_map(text).collect::<Vec<_>>(), ["2", "1"]);
    let second = saved(&wen, first.next).await;
    assert_eq!(second.messages.iter().filter_map(text).collect::<Vec<_>>(), ["0"]);
    assert_eq!(second.next, None);
    assert!(saved(&ines, None).await.messages.is_empty());
    let (_, resumed) = wen.connect().await;
    let held = resumed.user.unwrap().saved;
    let places: Vec<_> = held.into_iter().map(|saved| saved.message).collect();
    assert_eq!(places, [sent[2].seq, sent[1].seq, sent[0].seq]);
    wen.command(ClientCommand::UnsaveMessage { room, message: sent[1].seq }).await.unwrap();
    assert_eq!(saved(&wen, None).await.messages.len(), 2);
    ines.command(ClientCommand::RemoveMember { room, user: wen.id() }).await.unwrap();
    assert!(saved(&wen, None).await.messages.is_empty());
}

#[tokio::test]
async fn what_was_said_last_is_told_of_rooms_that_one_is_in() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.create_room("Quay", RoomKind::Closed).await;
    let silent = ines.create_room("Silence", RoomKind::Open).await;
    let latest = async |person: &Person| -> Vec<LatestMessage> {
        person.api.call::<ListLatest>((), Nothing {}, &Nothing {}).await.unwrap().rooms
    };
    let of = |rooms: Vec<LatestMessage>, room| rooms.into_iter().find(|of| of.room == room);
    ines.say(room, "first").await.unwrap();
    let last = ines.say(room, &"é".repeat(300)).await.unwrap();
    ines.command(in_thread(room, last.seq, "aside")).await.unwrap();
    let told = of(latest(&ines).await, room).unwrap();
    assert_eq!(told.head, last.seq.next());
    let said = told.said.unwrap();
    assert_eq!((said.seq, said.at, said.author), (last.seq, last.at, ines.id()));
    assert_eq!(said.text, Some("é".repeat(limit::PREVIEW_CHARS)));
    assert_eq!(of(latest(&ines).await, silent).unwrap().said, None);
    assert_eq!(of(latest(&wen).await, room), None, "not in it");
    ines.add(room, &wen).await;
    ines.edit(room, last.seq, "what I meant").await.unwrap();
    let text = of(latest(&wen).await, room).unwrap().said.unwrap().text;
    assert_eq!(text.as_deref(), Some("what I meant"));
    ines.delete(room, last.seq).await.unwrap();
    let deleted = of(latest(&wen).await, room).unwrap().said.unwrap();
    assert_eq!((deleted.seq, deleted.text), (last.seq, None));
    ines.command(ClientCommand::RemoveMember { room, user: wen.id() }).await.unwrap();
    assert_eq!(of(latest(&wen).await, room), None, "no longer in it");
}

#[tokio::test]
async fn whoever_is_blocked_changes_no_words_either() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let room = ines.direct(&[&wen]).await;
    let sent = ines.say(room, "hello").await.unwrap();
    wen.command(ClientCommand::BlockPerson { user: ines.id() }).await.unwrap();
    assert_eq!(ines.edit(room, sent.seq, "hello!").await, Err(ErrorCode::Blocked));
    assert_eq!(ines.react(room, sent.seq, "👍").await, Err(ErrorCode::Blocked));
    ines.delete(room, sent.seq).await.unwrap();
}

#[tokio::test]
async fn unread_mentions_are_those_that_the_counts_tell_of_and_no_others() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let stranger = server.person("noor").await;
    let quay = ines.create_room("Quay", RoomKind::Closed).await;
    let tea = ines.create_room("Tea", RoomKind::Closed).await;
    for room in [quay, tea] {
        ines.add(room, &wen).await;
    }
    let direct = ines.direct(&[&wen]).await;
    let mut in_quay = Vec::new();
    for round in 0..3 {
        ines.say(quay, "nothing for you").await.unwrap();
        in_quay.push(ines.say(quay, &format!("{round}, @wen")).await.unwrap());
    }
    ines.say(tea, "@room tea is ready").await.unwrap();
    ines.say(direct, "@wen, between us").await.unwrap();
    let list = async |person: &Person, room, after, limit| {
        let query = MentionsQuery { room, after, limit };
        person.api.call::<ListMentions>((), query, &Nothing {}).await.map_err(|it| it.code)
    };
    let texts = async |person: &Person, room| -> Vec<String> {
        let found = list(person, room, None, None).await.unwrap();
        assert_eq!(found.next, None);
        let mut texts: Vec<_> = found.messages.iter().filter_map(text).map(str::to_owned).collect();
        texts.sort();
        texts
    };
    let counted = async |room| {
        let listing = wen.api.call::<GetRoom>((room,), Nothing {}, &Nothing {}).await.unwrap();
        let membership = listing.membership.unwrap();
        membership.involvement.attention(&membership.counts).for_you
    };
    assert_eq!(texts(&wen, None).await, ["0, @wen", "1, @wen", "2, @wen", "@room tea is ready"]);
    assert_eq!(texts(&wen, Some(quay)).await, ["0, @wen", "1, @wen", "2, @wen"]);
    assert_eq!((counted(quay).await, counted(tea).await), (3, 1));

    // Page by page, none twice and none left out.
    let mut paged = Vec::new();
    let mut after = None;
    loop {
        let page = list(&wen, None, after, Some(1)).await.unwrap();
        paged.extend(page.messages.iter().map(|message| (message.room, message.seq)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(paged.len(), 4);
    assert!(paged.is_sorted());

    // By the read marker, by what became of the message, by how much one wants to be told.
    wen.command(ClientCommand::MarkRead { room: quay, seq: in_quay[0].seq, age_ms: 0 })
        .await
        .unwrap();
    assert_eq!(texts(&wen, Some(quay)).await, ["1, @wen", "2, @wen"]);
    wen.command(ClientCommand::MarkUnread { room: quay, seq: in_quay[0].seq }).await.unwrap();
    ines.delete(quay, in_quay[1].seq).await.unwrap();
    // It counts until it is read, and says nothing any more.
    assert_eq!(texts(&wen, Some(quay)).await, ["0, @wen", "2, @wen"]);
    let left = list(&wen, Some(quay), None, None).await.unwrap().messages;
    assert_eq!((left.len(), counted(quay).await), (3, 3));
    assert!(left[1].deleted.is_some());
    for involvement in [Involvement::Mentions, Involvement::Nothing, Involvement::Invisible] {
        wen.command(ClientCommand::SetInvolvement { room: tea, involvement }).await.unwrap();
        let found = texts(&wen, Some(tea)).await.len();
        assert_eq!(found, usize::try_from(counted(tea).await).unwrap(), "{involvement:?}");
    }

    // Whoever is not in a room learns nothing of it, nor does who is not any more.
    assert!(texts(&stranger, Some(quay)).await.is_empty());
    assert!(texts(&stranger, Some(RoomId::new())).await.is_empty());
    ines.command(ClientCommand::RemoveMember { room: quay, user: wen.id() }).await.unwrap();
    assert!(texts(&wen, Some(quay)).await.is_empty());
    for nonsense in ["", "x", "1.2", "..", "' OR 1=1 --"] {
        let refused = list(&wen, None, Some(nonsense.to_owned()), None).await;
        assert_eq!(refused.unwrap_err(), ErrorCode::BadFrame, "{nonsense}");
    }
}
