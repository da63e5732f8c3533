//! Changes an input a little. It knows where things begin and end in JSON, TOML and filters (quotes, brackets, words,
//! lines), so that much of what comes out is still read; and it knows bytes, so that some is not.

use std::ops::Range;

use fastrand::Rng;

/// Numbers at which programs break.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "127",
    "255",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "123456789012345678901234567890",
    "1e999",
    "1e-999",
    "0.1",
    "1.0",
    "01",
    "1e",
];
/// Texts at which programs break.
const TEXTS: &[&str] = &[
    "",
    " ",
    "\\u0000",
    "\\ud800",
    "\\udc00\\ud800",
    "\\n",
    "\\\"",
    "\\\\",
    "\u{202e}",
    "\u{1b}[31m",
    "é",
    "İ",
    "ß",
    "ﬁ",
    "阿",
    "💥",
    "'",
    "`",
    "]]>",
    "--",
    "%00",
    "_",
    "sqlite_",
    "select",
    "id",
    "data",
    "revision",
    "rowid",
    "x\u{0}y",
];

/// Changes `input` once; `other` is one to take from, `words` are the target's own.
pub(crate) fn once(input: &mut Vec<u8>, other: &[u8], words: &[&str], rng: &mut Rng) {
    let word = |rng: &mut Rng| -> Vec<u8> {
        let list = match rng.u8(..4) {
            0 => NUMBERS,
            1 => TEXTS,
            _ => words,
        };
        list[rng.usize(..list.len())].as_bytes().to_vec()
    };
    let span = part(input, rng);
    match rng.u8(..16) {
        // A part for another one, of this input or the other: the shape mostly stays.
        0..=3 => {
            let from = if rng.bool() { other.to_vec() } else { input.clone() };
            let with = part(&from, rng);
            input.splice(span, from[with].iter().copied());
        }
        4..=6 => drop(input.splice(span, word(rng))),
        7 => {
            let inner = [b"\"".to_vec(), word(rng), b"\"".to_vec()].concat();
            input.splice(span, inner);
        }
        8 => {
            let twice = input[span.clone()].repeat(rng.usize(1..4));
            let joined = if rng.bool() { [b",".to_vec(), twice].concat() } else { twice };
            input.splice(span.end..span.end, joined);
        }
        9 => drop(input.drain(span)),
        10 => {
            let (open, close) =
                [("[", "]"), ("{\"a\":", "}"), ("\"", "\""), ("{\"id\":", "}")][rng.usize(..4)];
            let depth = if rng.u8(..20) == 0 { 1_200 } else { 1 };
            let inner = input[span.clone()].to_vec();
            input.splice(
                span,
                [open.repeat(depth).into_bytes(), inner, close.repeat(depth).into_bytes()].concat(),
            );
        }
        11 => {
            let at = rng.usize(..=input.len());
            input.splice(at..at, word(rng));
        }
        12 => {
            let (one, two) = (span, part(input, rng));
            if one.end <= two.start {
                let (a, b) = (input[one.clone()].to_vec(), input[two.clone()].to_vec());
                input.splice(two, a);
                input.splice(one, b);
            }
        }
        13 => bytes(input, rng),
        14 => input.truncate(rng.usize(..=input.len())),
        _ => {
            let blank = [&b" "[..], b"\n", b"\t", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"#", b","]
                [rng.usize(..9)];
            let at = rng.usize(..=input.len());
            input.splice(at..at, blank.iter().copied());
        }
    }
}

/// Changes single bytes.
fn bytes(input: &mut [u8], rng: &mut Rng) {
    for _ in 0..rng.usize(1..3) {
        if let Some(byte) = rng.choice(input.iter_mut()) {
            *byte = if rng.bool() { *byte ^ (1 << rng.u8(..8)) } else { rng.u8(..) };
        }
    }
}

/// A part that means something: a quoted text, what brackets enclose, a word, a line; the empty one where there is
/// none.
fn part(input: &[u8], rng: &mut Rng) -> Range<usize> {
    if input.is_empty() {
        return 0..0;
    }
    let from = rng.usize(..input.len());
    let starts =
        |byte: &u8| matches!(byte, b'"' | b'[' | b'{') || byte.is_ascii_alphanumeric() || *byte >= 0x80;
    let Some(skip) = input[from..].iter().position(starts) else { return from..input.len() };
    let mut start = from + skip;
    let end = match input[start] {
        b'"' => string_end(input, start),
        b'[' | b'{' => bracket_end(input, start),
        _ => {
            let word = |byte: &u8| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+') || *byte >= 0x80
            };
            while start > 0 && word(&input[start - 1]) {
                start -= 1;
            }
            start + input[start..].iter().position(|byte| !word(byte)).unwrap_or(input.len() - start)
        }
    };
    if rng.u8(..12) == 0 {
        let line = |byte: &u8| *byte == b'\n';
        let start = input[..start].iter().rposition(line).map_or(0, |at| at + 1);
        return start..start + input[start..].iter().position(line).map_or(input.len() - start, |at| at + 1);
    }
    start..end
}

fn string_end(input: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < input.len() && input[at] != b'"' {
        at += 1 + usize::from(input[at] == b'\\');
    }
    (at + 1).min(input.len())
}

fn bracket_end(input: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0_u32, start);
    while at < input.len() {
        match input[at] {
            b'"' => {
                at = string_end(input, at);
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at
}
