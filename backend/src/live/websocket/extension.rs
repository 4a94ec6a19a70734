//! What is agreed on about compression when a WebSocket opens (RFC 7692).

use crate::deflate::WHOLE_WINDOW;
use axum::http::header::SEC_WEBSOCKET_EXTENSIONS;
use axum::http::{HeaderMap, HeaderValue};

const NAME: &str = "permessage-deflate";
/// In each direction, every message by itself: a client's memory of earlier ones would be ours too.
const ANSWER: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
/// The least window that there is an encoder for, in bits.
const LEAST_WINDOW: u8 = 9;

/// Messages may be deflated, both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deflates {
    /// How large a window the client keeps, in bits.
    pub(super) window: u8,
}

/// The first of the client's offers that can be met, and what is answered to it.
pub(super) fn agree(headers: &HeaderMap) -> Option<(Deflates, HeaderValue)> {
    let lines = headers.get_all(SEC_WEBSOCKET_EXTENSIONS).iter();
    let mut offers = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    let asked = offers.find_map(asked_window)?;
    let answer = match asked {
        None => HeaderValue::from_static(ANSWER),
        Some(window) => {
            HeaderValue::try_from(format!("{ANSWER}; server_max_window_bits={window}")).ok()?
        }
    };
    Some((Deflates { window: asked.unwrap_or(WHOLE_WINDOW) }, answer))
}

/// Which window an offer asks the server to keep to, if any; `None` when the offer cannot be met.
#[expect(clippy::option_option, reason = "no offer, and an offer that asks for nothing")]
fn asked_window(offer: &str) -> Option<Option<u8>> {
    let mut parts = offer.split(';').map(str::trim);
    if parts.next() != Some(NAME) {
        return None;
    }
    let mut window = None;
    let mut seen: Vec<&str> = Vec::new();
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
            None => (part, None),
        };
        if seen.contains(&name) {
            return None;
        }
        seen.push(name);
        match (name, value) {
            (
                "server_no_context_takeover"
                | "client_no_context_takeover"
                | "client_max_window_bits",
                None,
            ) => {}
            // Whatever the client keeps to, it is read with a whole one.
            ("client_max_window_bits", Some(value)) => {
                bits(value)?;
            }
            ("server_max_window_bits", Some(value)) => {
                window = Some(bits(value).filter(|bits| *bits >= LEAST_WINDOW)?);
            }
            _ => return None,
        }
    }
    Some(window)
}

fn bits(text: &str) -> Option<u8> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|bits| is_plain && (8..=WHOLE_WINDOW).contains(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(offers: &[&'static str]) -> Option<(u8, String)> {
        let mut headers = HeaderMap::new();
        for offer in offers {
            headers.append(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(offer));
        }
        let (deflates, answer) = agree(&headers)?;
        Some((deflates.window, answer.to_str().unwrap().to_owned()))
    }

    #[test]
    fn offers_are_met_where_they_can_be() {
        let plain = |window| Some((window, ANSWER.to_owned()));
        let narrow = |window| Some((window, format!("{ANSWER}; server_max_window_bits={window}")));
        for (offers, answer) in [
            (&["permessage-deflate"][..], plain(15)),
            (&["permessage-deflate; client_max_window_bits"], plain(15)),
            (&["permessage-deflate; client_max_window_bits=8"], plain(15)),
            (&["permessage-deflate;server_no_context_takeover"], plain(15)),
            (&["permessage-deflate; client_no_context_takeover"], plain(15)),
            (&["permessage-deflate; server_max_window_bits=9"], narrow(9)),
            (&["permessage-deflate; server_max_window_bits=\"10\""], narrow(10)),
            (&["permessage-deflate; server_max_window_bits=15"], narrow(15)),
            // Nobody has an encoder for it: the next offer, if there is one.
            (&["permessage-deflate; server_max_window_bits=8"], None),
            (&["permessage-deflate; server_max_window_bits=8, permessage-deflate"], plain(15)),
            (&["permessage-deflate; server_max_window_bits=8", "permessage-deflate"], plain(15)),
            (&["x-webkit-deflate-frame, permessage-deflate"], plain(15)),
            (&["permessage-deflate; server_max_window_bits"], None),
            (&["permessage-deflate; server_max_window_bits=16"], None),
            (&["permessage-deflate; server_max_window_bits=09"], None),
            (&["permessage-deflate; server_max_window_bits=+9"], None),
            (&["permessage-deflate; server_max_window_bits=9; server_max_window_bits=9"], None),
            (&["permessage-deflate; client_max_window_bits=7"], None),
            (&["permessage-deflate; server_no_context_takeover=1"], None),
            (&["permessage-deflate; mystery"], None),
            (&["permessage-bzip2"], None),
            (&[""], None),
            (&[], None),
        ] {
            assert_eq!(agreed(offers), answer, "{offers:?}");
        }
    }
}
