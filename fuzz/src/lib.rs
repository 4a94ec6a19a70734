//! What must hold of any text that a stranger sends, wherever it is read. The fuzzer looks for one
//! of which it does not (`libfuzzer/`); those found so far, and one of each kind, are in `corpus/`
//! and are held to it by every test run.
#![expect(clippy::panic, reason = "a check fails by panicking")]
#![expect(clippy::expect_used, reason = "a check fails by panicking")]

use axum::extract::Query;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, HeaderValue, Uri};
use backend::config::{Origin, Scheme};
use backend::extract::{Client, Credential};
use backend::search::query::{self, Now};
use backend::search::unit::{keys, units};
use core::fmt::Debug;
use core::net::Ipv4Addr;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::api::{
    Endpoint, FindMoment, GetHistory, ListMessages, ListSaved, ListThreads, ListUsers, Search,
};
use shared::frame::{ClientFrame, ServerFrame};
use shared::id::RoomId;
use shared::markup::{self, Block, Inline};
use shared::message::MessageBody;
use shared::time::Timestamp;
use shared::{json, slash};

type Check = fn(&str);

/// What a text is held to, by the name of the corpus.
pub const TARGETS: [(&str, Check); 4] =
    [("frame", frame), ("markup", markup), ("parameters", parameters), ("query", query)];

/// A frame is read alike by the page and by the server, and reads as it was written.
pub fn frame(text: &str) {
    read_alike::<ClientFrame>(text);
    read_alike::<ServerFrame>(text);
}

fn read_alike<T: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str) {
    let by_text = serde_json::from_str::<T>(text).ok();
    // The page takes no array for an object, which the server does.
    if let Ok(by_tree) = json::read::<T>(text) {
        assert_eq!(by_text.as_ref(), Some(&by_tree), "the page reads what the server does not");
    }
    if let Some(frame) = by_text {
        let again = serde_json::to_string(&frame).expect("what was read can be written");
        assert_eq!(serde_json::from_str::<T>(&again).ok().as_ref(), Some(&frame), "{again}");
        assert_eq!(json::read::<T>(&again).ok().as_ref(), Some(&frame), "{again}");
    }
}

/// No link leads anywhere but to a page or a mailbox, whatever else is made of the words.
pub fn markup(text: &str) {
    let blocks = markup::parse(text);
    links(&blocks, &mut |href| {
        let harmless = ["http://", "https://", "mailto:"];
        assert!(harmless.iter().any(|scheme| href.starts_with(scheme)), "{href}");
        assert!(!href.contains(char::is_control), "{href:?}");
    });
    markup::nick_candidates(&blocks, 50);
    markup::room_runs(&blocks);
    markup::plain(text);
    markup::lone_emoji(&blocks);
    slash::read(text);
    if let Ok(body) = MessageBody::new(text) {
        assert_eq!(MessageBody::new(body.as_str()).ok(), Some(body), "a body stays what it is");
    }
}

fn links(blocks: &[Block], see: &mut impl FnMut(&str)) {
    for block in blocks {
        match block {
            Block::Paragraph(inlines) => links_within(inlines, see),
            Block::Code { .. } => {}
            Block::Quote(blocks) => links(blocks, see),
            Block::List { items, .. } => items.iter().for_each(|item| links(item, see)),
        }
    }
}

fn links_within(inlines: &[Inline], see: &mut impl FnMut(&str)) {
    for inline in inlines {
        match inline {
            Inline::Link { href, label } => {
                see(href);
                links_within(label, see);
            }
            Inline::Styled(_, inlines) => links_within(inlines, see),
            Inline::Code(_)
            | Inline::Text(_)
            | Inline::Break
            | Inline::Mention { .. }
            | Inline::Room { .. } => {}
        }
    }
}

/// A search is read or refused, and finds what it shows to be found.
pub fn query(text: &str) {
    keys(&units(text));
    let now = Now { at: Timestamp(1_796_000_000_000), offset_minutes: 480 };
    let Ok(query) = query::read(text, now) else { return };
    if let Some(found) = query.words.find(text) {
        let mut end = 0;
        for (from, to) in found.ranges {
            assert!(end <= from && from < to, "{from}..{to} after {end}");
            end = to;
        }
        assert!(end as usize <= text.chars().count(), "marked beyond the end");
    }
}

/// What stands in an address or a header is read or refused; what was read is written the same.
pub fn parameters(text: &str) {
    let line: String = text.chars().filter(char::is_ascii_graphic).collect();
    if let Ok(uri) = format!("/api/v1/x?{line}").parse::<Uri>() {
        let room = (RoomId::from_uuid(uuid::Uuid::nil()),);
        reads_again::<FindMoment>(&uri, &room);
        reads_again::<GetHistory>(&uri, &room);
        reads_again::<ListMessages>(&uri, &room);
        reads_again::<ListSaved>(&uri, &());
        reads_again::<ListThreads>(&uri, &());
        reads_again::<ListUsers>(&uri, &());
        reads_again::<Search>(&uri, &());
    }
    if let Ok(origin) = Origin::of_host(Scheme::Https, text) {
        let said = origin.to_string();
        assert!(said.starts_with("https://") && !said.contains(char::is_whitespace), "{said:?}");
    }
    if let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, value.clone()), (COOKIE, value)]);
        for secure in [false, true] {
            let agent = String::new();
            let address = Ipv4Addr::LOCALHOST.into();
            let client = Client { address, proxied: false, origin: None, secure, agent };
            Credential::of(&headers, &client);
        }
    }
}

fn reads_again<E: Endpoint>(uri: &Uri, path: &E::Path)
where
    E::Query: PartialEq + Debug,
{
    let Ok(Query(read)) = Query::<E::Query>::try_from_uri(uri) else { return };
    let again = E::url(path, &read);
    let again = again.parse::<Uri>().unwrap_or_else(|_| panic!("{again} is no address"));
    let read_again = Query::<E::Query>::try_from_uri(&again).ok().map(|Query(again)| again);
    assert_eq!(read_again, Some(read), "{again}");
}
