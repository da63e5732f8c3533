//! Cuts a terminal's bytes into whole sequences and pastes. What stays unfinished is given up after a while, so that
//! nothing a terminal begins and never ends can hold back the keys behind it.

use std::time::Duration;

/// How long an unfinished sequence is waited for: longer than a slow line splits one, shorter than a finger.
const SEQUENCE: Duration = Duration::from_millis(40);
/// How long an unclosed paste is waited for.
const PASTE: Duration = Duration::from_millis(250);
/// Bytes of a paste that are kept.
const PASTE_KEPT: usize = 1 << 20;
/// Bytes of a sequence that make sense; a longer one is dropped.
const LONGEST: usize = 256;
/// A burst longer than this behind a paste that never closed is still that paste and no typing.
const BURST: usize = 8;

const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// A whole piece of input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    /// A character or an escape sequence.
    Bytes(Vec<u8>),
    /// Pasted text.
    Paste(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Ground,
    Escape,
    Csi,
    /// `ESC O`: one more byte.
    Single,
    /// `ESC P`, `]`, `_`, `^`, `X`: up to `BEL` or `ESC \`; whether the last byte was that escape.
    Text(bool),
    /// So many more bytes of a character.
    Char(usize),
    /// So many more bytes of an old mouse report.
    Rest(usize),
    Paste,
}

/// The cutter.
#[derive(Debug, Default)]
pub(super) struct Frames {
    state: State,
    bytes: Vec<u8>,
    /// A paste was given up before it closed: what comes in a burst belongs to it.
    unclosed: bool,
}

impl Frames {
    /// Takes what was read at one time.
    pub(super) fn feed(&mut self, chunk: &[u8], out: &mut Vec<Frame>) {
        if self.unclosed && self.state == State::Ground && chunk.len() > BURST && chunk[0] != 0x1b {
            self.state = State::Paste;
        }
        for byte in chunk {
            self.byte(*byte, out);
        }
    }

    /// How long to wait for more before [`Frames::give_up`]; none where nothing is unfinished.
    pub(super) fn patience(&self) -> Option<Duration> {
        match self.state {
            State::Ground => None,
            State::Paste => Some(PASTE),
            _ => Some(SEQUENCE),
        }
    }

    /// Whether it is in a text that takes every byte until its end: one that never comes would swallow all keys.
    pub(super) fn endless(&self) -> bool {
        matches!(self.state, State::Text(_))
    }

    /// Nothing more came: a lone escape is the key, a paste is what came of it, the rest is dropped.
    pub(super) fn give_up(&mut self, out: &mut Vec<Frame>) {
        match self.state {
            State::Paste => {
                self.unclosed = true;
                self.paste(out);
            }
            State::Escape => self.emit(out),
            _ => {}
        }
        self.reset();
    }

    fn reset(&mut self) {
        self.bytes.clear();
        self.state = State::Ground;
    }

    fn emit(&mut self, out: &mut Vec<Frame>) {
        out.push(Frame::Bytes(std::mem::take(&mut self.bytes)));
        self.state = State::Ground;
    }

    fn paste(&mut self, out: &mut Vec<Frame>) {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        if !text.is_empty() {
            out.push(Frame::Paste(text));
        }
        self.reset();
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<Frame>) {
        if self.state == State::Paste {
            self.in_paste(byte, out);
            return;
        }
        // An escape within a sequence begins a new one: the unfinished one is given up.
        if byte == 0x1b && !matches!(self.state, State::Ground | State::Escape | State::Text(_)) {
            self.reset();
        }
        // What does not go on with a character was never part of it.
        if matches!(self.state, State::Char(_)) && !matches!(byte, 0x80..=0xbf) {
            self.reset();
        }
        if self.bytes.len() >= LONGEST && !matches!(self.state, State::Text(_)) {
            self.reset();
        }
        if self.bytes.len() < LONGEST {
            self.bytes.push(byte);
        }
        match self.state {
            State::Ground => self.first(byte, out),
            State::Escape => self.second(byte, out),
            State::Csi => self.csi(byte, out),
            State::Single | State::Char(1) | State::Rest(1) => self.emit(out),
            // Answers of a terminal to questions that nobody here asked: read over.
            State::Text(escaped) if byte == 0x07 || (escaped && byte == b'\\') => self.reset(),
            State::Text(_) => self.state = State::Text(byte == 0x1b),
            State::Char(n) => self.state = State::Char(n - 1),
            State::Rest(n) => self.state = State::Rest(n - 1),
            State::Paste => {}
        }
    }

    fn first(&mut self, byte: u8, out: &mut Vec<Frame>) {
        match byte {
            0x1b => self.state = State::Escape,
            0xc2..=0xdf => self.state = State::Char(1),
            0xe0..=0xef => self.state = State::Char(2),
            0xf0..=0xf4 => self.state = State::Char(3),
            0x80.. => self.reset(),
            _ => self.emit(out),
        }
    }

    fn second(&mut self, byte: u8, out: &mut Vec<Frame>) {
        match byte {
            b'[' => self.state = State::Csi,
            b'O' => self.state = State::Single,
            b'P' | b']' | b'_' | b'^' | b'X' => self.state = State::Text(false),
            0x1b => {
                // Two escapes: the first was the key.
                out.push(Frame::Bytes(vec![0x1b]));
                self.bytes.truncate(1);
            }
            0xc2..=0xf4 => {
                self.state = State::Char(1 + usize::from(byte >= 0xe0) + usize::from(byte >= 0xf0));
            }
            _ => self.emit(out),
        }
    }

    fn csi(&mut self, byte: u8, out: &mut Vec<Frame>) {
        match byte {
            b'M' if self.bytes.len() == 3 => self.state = State::Rest(3),
            // `ESC [ [ A`: a function key of the Linux console.
            b'[' if self.bytes.len() == 3 => self.state = State::Single,
            0x40..=0x7e if self.bytes == PASTE_BEGINS => {
                self.reset();
                self.unclosed = false;
                self.state = State::Paste;
            }
            // The end of a paste that was given up.
            0x40..=0x7e if self.bytes == PASTE_ENDS => {
                self.unclosed = false;
                self.reset();
            }
            0x40..=0x7e => self.emit(out),
            0x20..=0x3f => {}
            // No byte of a sequence: it is given up, and the byte stands for itself.
            _ => {
                self.reset();
                self.byte(byte, out);
            }
        }
    }

    fn in_paste(&mut self, byte: u8, out: &mut Vec<Frame>) {
        self.bytes.push(byte);
        if self.bytes.ends_with(PASTE_ENDS) {
            self.unclosed = false;
            self.bytes.truncate(self.bytes.len() - PASTE_ENDS.len());
            self.paste(out);
        } else if self.bytes.len() > PASTE_KEPT + PASTE_ENDS.len() {
            // The end must still be seen: of what is too much only the last bytes are looked at.
            self.bytes.remove(PASTE_KEPT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(frames: &mut Frames, chunk: &[u8]) -> Vec<Frame> {
        let mut out = Vec::new();
        frames.feed(chunk, &mut out);
        out
    }

    fn bytes(text: &str) -> Frame {
        Frame::Bytes(text.as_bytes().to_vec())
    }

    #[test]
    fn sequences_are_cut_wherever_the_reads_fall() {
        let input = "q\x1b[A\x1bOP\x1b[1;5C\x1b[<0;3;4Mé阿👩\x1bx\x1b[M !!\x1b[[A\x1b]11;rgb\x07j".as_bytes();
        let whole = fed(&mut Frames::default(), input);
        let expected =
            ["q", "\x1b[A", "\x1bOP", "\x1b[1;5C", "\x1b[<0;3;4M", "é", "阿", "👩", "\x1bx", "\x1b[M !!"];
        let expected: Vec<_> = expected.iter().chain(&["\x1b[[A", "j"]).map(|t| bytes(t)).collect();
        assert_eq!(whole, expected);
        let mut frames = Frames::default();
        let single: Vec<_> = input.iter().flat_map(|b| fed(&mut frames, &[*b])).collect();
        assert_eq!(single, expected);
    }

    #[test]
    fn whatever_is_unfinished_the_next_key_comes_through() {
        let unfinished: [&[u8]; 12] = [
            b"\x1b",
            b"\x1b[",
            b"\x1b[<",
            b"\x1b[<0;1",
            b"\x1bO",
            b"\x1bP",
            b"\x1b]0;x",
            b"\x1b_x",
            b"\x1b[M!",
            b"\x1b[200~abc",
            b"\xe9\x98",
            b"\x1b[1;",
        ];
        for start in unfinished {
            let mut frames = Frames::default();
            fed(&mut frames, start);
            assert!(frames.patience().is_some(), "{start:?}");
            let mut out = Vec::new();
            frames.give_up(&mut out);
            assert_eq!(frames.patience(), None, "{start:?}");
            assert_eq!(fed(&mut frames, b"q"), [bytes("q")], "{start:?}");
        }
    }

    #[test]
    fn a_lone_escape_is_a_key() {
        let mut frames = Frames::default();
        assert_eq!(fed(&mut frames, b"\x1b"), []);
        let mut out = Vec::new();
        frames.give_up(&mut out);
        assert_eq!(out, [bytes("\x1b")]);
        assert_eq!(fed(&mut frames, b"\x1b\x1b[A"), [bytes("\x1b"), bytes("\x1b[A")]);
    }

    #[test]
    fn a_paste_is_text_however_it_comes() {
        let mut frames = Frames::default();
        assert_eq!(
            fed(&mut frames, b"\x1b[200~q\x1b[Ax\x1b[201~j"),
            [Frame::Paste("q\x1b[Ax".into()), bytes("j")]
        );
        fed(&mut frames, b"\x1b[200~abc");
        let mut out = Vec::new();
        frames.give_up(&mut out);
        // The rest of it comes late: still no keys; then its end, then a key.
        assert_eq!(fed(&mut frames, b"qqqqqqqqqqqqqq\x1b[201~"), [Frame::Paste("qqqqqqqqqqqqqq".into())]);
        assert_eq!(fed(&mut frames, b"q"), [bytes("q")]);
        let big = [b"\x1b[200~".to_vec(), vec![b'x'; 1_100_000], b"\x1b[201~q".to_vec()].concat();
        let out = fed(&mut frames, &big);
        assert_eq!(out.len(), 2);
        assert_eq!(out[1], bytes("q"));
    }
}
