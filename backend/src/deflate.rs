//! Deflated messages as a WebSocket carries them (RFC 7692), each by itself: no connection has to keep
//! a window, and what was deflated once serves everybody.

use clap::ValueEnum;
use core::cell::RefCell;
use flate2::{Compress, Compression as Level, Decompress, FlushCompress, FlushDecompress, Status};
use serde::Deserialize;

/// Below it, deflating costs more time than it saves bytes.
pub const LEAST: usize = 300;
/// The largest window there is, in bits.
pub const WHOLE_WINDOW: u8 = 15;
/// Beyond the third, levels take longer and save nothing to speak of.
const LEVEL: Level = Level::new(3);
/// What each message would end with, and so is left out.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// A first guess of how much longer a message gets.
const RATIO: usize = 4;

/// Whether what is sent may be compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    #[default]
    On,
    Off,
}

/// Why a message cannot be inflated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It would be longer than it may be.
    TooLong,
    Malformed,
}

thread_local! {
    // Some hundred KiB each, which are not worth allocating for every message.
    static DEFLATER: RefCell<Compress> = RefCell::new(Compress::new(LEVEL, false));
    static INFLATER: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// The message deflated, for whoever keeps a window of so many bits, from 9 to 15; `None` where it
/// would get no shorter.
pub fn deflate(message: &[u8], window: u8) -> Option<Vec<u8>> {
    // What is no longer than a window refers to nothing outside it.
    if window >= WHOLE_WINDOW || message.len() <= 1 << window {
        return DEFLATER.with_borrow_mut(|deflater| run(deflater, message));
    }
    run(&mut Compress::new_with_window_bits(LEVEL, false, window), message)
}

fn run(deflater: &mut Compress, message: &[u8]) -> Option<Vec<u8>> {
    deflater.reset();
    // No room for what would not be shorter.
    let mut short = Vec::with_capacity(message.len());
    deflater.compress_vec(message, &mut short, FlushCompress::Sync).ok()?;
    let is_whole = deflater.total_in() == message.len() as u64 && short.ends_with(&TAIL);
    if !is_whole || short.len() == short.capacity() {
        return None;
    }
    short.truncate(short.len() - TAIL.len());
    short.shrink_to_fit();
    Some(short)
}

/// What the deflated message says, if that has at most `limit` bytes; no more memory than that is
/// ever taken for it.
pub fn inflate(deflated: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
    INFLATER.with_borrow_mut(|inflater| {
        inflater.reset(false);
        let guess = deflated.len().saturating_mul(RATIO).clamp(1, limit.saturating_add(1));
        let mut message = Vec::with_capacity(guess);
        for mut part in [deflated, &TAIL] {
            loop {
                let before = inflater.total_in();
                let status = inflater
                    .decompress_vec(part, &mut message, FlushDecompress::Sync)
                    .map_err(|_| Fault::Malformed)?;
                let read = usize::try_from(inflater.total_in() - before).unwrap_or(usize::MAX);
                part = part.get(read..).unwrap_or_default();
                if message.len() > limit {
                    return Err(Fault::TooLong);
                }
                if status == Status::StreamEnd {
                    return Ok(message);
                }
                if message.len() == message.capacity() {
                    // One byte more than may be shows that there are too many.
                    message.reserve_exact(message.len().min(limit + 1 - message.len()));
                } else if part.is_empty() {
                    break;
                } else if read == 0 {
                    return Err(Fault::Malformed);
                }
            }
        }
        Ok(message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(length: usize) -> Vec<u8> {
        "The mooring lines, please. ".bytes().cycle().take(length).collect()
    }

    #[test]
    fn what_is_deflated_comes_back_whatever_the_window() {
        for length in [LEAST, 1_000, 40_000, 131_072] {
            for window in 9..=WHOLE_WINDOW {
                let deflated = deflate(&words(length), window).unwrap();
                assert!(deflated.len() < length / 4);
                let mut narrow = Decompress::new_with_window_bits(false, window);
                let mut message = Vec::with_capacity(length + 1);
                let whole = [&deflated[..], &TAIL].concat();
                narrow.decompress_vec(&whole, &mut message, FlushDecompress::Sync).unwrap();
                assert_eq!(message, words(length));
                assert_eq!(inflate(&deflated, length), Ok(words(length)));
            }
        }
    }

    #[test]
    fn what_gets_no_shorter_is_left_as_it_is() {
        assert_eq!(deflate(b"", WHOLE_WINDOW), None);
        assert_eq!(deflate(b"short", WHOLE_WINDOW), None);
    }

    #[test]
    fn a_bomb_goes_off_at_the_limit() {
        let bomb = deflate(&vec![b' '; 10 * 1024 * 1024], WHOLE_WINDOW).unwrap();
        assert!(bomb.len() < 20_000);
        assert_eq!(inflate(&bomb, 131_072), Err(Fault::TooLong));
        let just = deflate(&vec![b' '; 131_072], WHOLE_WINDOW).unwrap();
        let message = inflate(&just, 131_072).unwrap();
        assert_eq!(message.len(), 131_072);
        assert!(message.capacity() <= 131_073, "{}", message.capacity());
        assert_eq!(inflate(&just, 131_071), Err(Fault::TooLong));
    }

    #[test]
    fn an_empty_message_and_a_last_block_are_understood() {
        assert_eq!(inflate(&[0], 10), Ok(Vec::new()));
        // The example of the RFC for a message whose block says that it is the last.
        let hello = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        assert_eq!(inflate(&hello, 10), Ok(b"Hello".to_vec()));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_inflated_or_refused_within_the_limit(
            bytes in proptest::collection::vec(any::<u8>(), 0..2_000), limit in 0_usize..5_000,
        ) {
            if let Ok(message) = inflate(&bytes, limit) {
                prop_assert!(message.len() <= limit && message.capacity() <= limit + 1);
            }
        }
    }
}
