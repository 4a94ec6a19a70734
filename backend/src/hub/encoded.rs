//! A frame as it leaves. It is written once, and deflated at most once, for whoever gets it.

use crate::deflate::{self, LEAST, WHOLE_WINDOW};
use shared::frame::ServerFrame;
use std::sync::{Arc, OnceLock};
use tungstenite::{Bytes, Utf8Bytes};

#[derive(Clone, Debug)]
pub struct Encoded(Arc<Forms>);

#[derive(Debug)]
struct Forms {
    text: Utf8Bytes,
    /// Made when the first one takes it; `None` where it gets no shorter.
    deflated: OnceLock<Option<Bytes>>,
}

impl Encoded {
    /// `None` where it cannot be written, which is logged.
    pub fn new(frame: &ServerFrame) -> Option<Self> {
        match serde_json::to_string(frame) {
            Ok(text) => Some(Utf8Bytes::from(text).into()),
            Err(error) => {
                tracing::error!(%error, "a frame could not be written as JSON");
                None
            }
        }
    }

    pub fn text(&self) -> &Utf8Bytes {
        &self.0.text
    }

    /// Deflated for whoever keeps a window of so many bits; `None` where that saves nothing.
    pub fn deflated(&self, window: u8) -> Option<Bytes> {
        let text = self.0.text.as_bytes();
        if text.len() < LEAST {
            return None;
        }
        if window < WHOLE_WINDOW && text.len() > 1 << window {
            return deflate::deflate(text, window).map(Bytes::from);
        }
        let deflated =
            self.0.deflated.get_or_init(|| deflate::deflate(text, WHOLE_WINDOW).map(Bytes::from));
        deflated.clone()
    }
}

impl From<Utf8Bytes> for Encoded {
    fn from(text: Utf8Bytes) -> Self {
        Self(Arc::new(Forms { text, deflated: OnceLock::new() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_deflated_once_for_all_and_a_short_one_not_at_all() {
        let long = Encoded::from(Utf8Bytes::from("Cast off. ".repeat(100)));
        let (one, other) = (long.clone().deflated(15).unwrap(), long.deflated(12).unwrap());
        assert_eq!(one.as_ptr(), other.as_ptr());
        let narrow = long.deflated(9).unwrap();
        assert_ne!(one.as_ptr(), narrow.as_ptr());
        assert_eq!(deflate::inflate(&narrow, 1_000), deflate::inflate(&one, 1_000));
        assert_eq!(Encoded::from(Utf8Bytes::from("Cast off.")).deflated(15), None);
    }
}
