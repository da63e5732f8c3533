//! Whatever bytes a terminal sends: the reader never panics, holds a bounded amount, reads the same however the reads
//! fall, and the next key comes through.

use fastrand::Rng;

use super::frames::{Frame, Frames};
use super::{Inbox, decode};
use crate::console::key::{Code, Key};
use crate::console::message::Message;

/// Beginnings, middles and ends of what terminals send.
const PARTS: &[&[u8]] = &[
    b"\x1b",
    b"\x1b[",
    b"\x1bO",
    b"\x1bP",
    b"\x1b]",
    b"\x1b_",
    b"\x1b\\",
    b"\x07",
    b"\x1b[200~",
    b"\x1b[201~",
    b"\x1b[M",
    b"\x1b[<0;",
    b"3;4M",
    b"3;4m",
    b"\x1b[1;5",
    b"A",
    b"~",
    b";",
    b"99999999999",
    b"[",
    b"u",
    b"\x1b[I",
    b"\x1b[O",
    b"\x1b[?1;2c",
    b"\x1b[97;5u",
    b"\x1b]11;rgb:",
    b"\xe9",
    b"\x98\xbf",
    b"\xf0\x9f",
    b"\x92\xa5",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\0",
    b"\x7f",
    b"\r\n",
    b"q",
    b"\x1b[12;34R",
    b"\x9b",
];

fn stream(rng: &mut Rng) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..rng.usize(1..12) {
        match rng.u8(..8) {
            0 => bytes.push(rng.u8(..)),
            1 => bytes.extend(std::iter::repeat_n(rng.u8(..), rng.usize(..600))),
            _ => bytes.extend_from_slice(PARTS[rng.usize(..PARTS.len())]),
        }
    }
    bytes
}

/// What is read where the reads fall so.
fn read(chunks: &[&[u8]]) -> Vec<Frame> {
    let (mut frames, mut out) = (Frames::default(), Vec::new());
    for chunk in chunks {
        frames.feed(chunk, &mut out);
    }
    frames.give_up(&mut out);
    assert_eq!(frames.patience(), None);
    out
}

#[test]
fn whatever_a_terminal_sends_the_next_key_comes_through() {
    let mut rng = Rng::with_seed(1);
    for no in 0..20_000 {
        let bytes = stream(&mut rng);
        let shown = bytes.escape_ascii();
        let whole = read(&[&bytes]);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(read(&single), whole, "{no}: byte by byte: b\"{shown}\"");
        let cut = rng.usize(..=bytes.len());
        assert_eq!(read(&[&bytes[..cut], &bytes[cut..]]), whole, "{no}: cut at {cut}: b\"{shown}\"");

        let read: usize =
            whole.iter().map(|frame| if let Frame::Bytes(bytes) = frame { bytes.len() } else { 0 }).sum();
        assert!(read <= bytes.len(), "{no}: more was read than came: b\"{shown}\"");
        let inbox = Inbox::default();
        for frame in &whole {
            if let Frame::Bytes(bytes) = frame {
                assert!(bytes.len() <= 256, "{no}: b\"{shown}\"");
                decode(bytes, &inbox);
            }
        }
        inbox.take();
        decode(b"j", &inbox);
        let keys = inbox.take();
        assert!(
            matches!(
                keys[..],
                [Message::Key(Key { code: Code::Char('j'), ctrl: false, alt: false, shift: false })]
            ),
            "{no}: {keys:?} behind b\"{shown}\""
        );
    }
}

#[test]
fn a_character_that_is_broken_off_swallows_no_key() {
    for broken in [&b"\xc3q"[..], b"\xe9\x98q", b"\xf0\x9f\x92q", b"\x1b\xe9q"] {
        assert_eq!(read(&[broken]), [Frame::Bytes(b"q".to_vec())], "{}", broken.escape_ascii());
    }
}
