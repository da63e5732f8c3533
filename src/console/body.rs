//! An exchange's text for people: what it was, headers, bodies; JSON as a tree whose parts can be folded. Pure.
//!
//! Promise: everything is visible text already and bounded by what the tap keeps; a body that was cut is laid out as
//! far as it goes and says so.

use std::borrow::Cow;

use super::cells;
use super::record::{self, Kind};
use crate::client::Operation;
use crate::client::tap::{Body, Exchange, Response, State};
use crate::text::{bytes, grouped, span, visible};

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How deep it lies.
    pub depth: usize,
    /// What it is.
    pub tone: Tone,
    /// A name; empty where it has none.
    pub name: String,
    /// What stands there.
    pub value: String,
    /// The line behind the last one that it holds; its own successor where it holds none.
    pub behind: usize,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A part of the exchange begins.
    Heading,
    /// A fact, or a header.
    Pair,
    /// A value of the body.
    Value(Kind),
    /// Text as it came.
    Plain,
    /// A remark of ours.
    Note,
    /// What went wrong.
    Failed,
}

/// Columns of a message; longer ones are broken.
const MESSAGE: usize = 40;
/// Lines of a body that is no JSON.
const PLAIN: usize = 2_000;
/// Bodies with more lines than this begin with their parts folded.
const LONG: usize = 60;

/// All lines of an exchange.
pub fn lines(exchange: &Exchange) -> Vec<Line> {
    let mut out = Vec::new();
    facts(exchange, &mut out);
    part(&mut out, "Request", |out| {
        headers(&exchange.headers, out);
        body(&exchange.body, out);
    });
    if let Some(response) = &exchange.response {
        let title = format!("Answer  {} {}", response.status, response.version);
        part(&mut out, title.trim_end(), |out| answer(response, out));
    }
    out
}

/// Which lines begin folded: the parts of a long body, so that its shape is seen first.
pub fn folded(lines: &[Line]) -> Vec<usize> {
    if lines.len() <= LONG {
        return Vec::new();
    }
    let nest = |line: &Line| line.tone == Tone::Value(Kind::Nest);
    let deep = lines.iter().filter(|l| nest(l)).map(|l| l.depth).min().unwrap_or(0);
    let folds = |line: &Line| nest(line) && line.depth == deep + 1;
    lines.iter().enumerate().filter(|(_, line)| folds(line)).map(|(at, _)| at).collect()
}

fn push(out: &mut Vec<Line>, depth: usize, tone: Tone, name: &str, value: &str) {
    let (name, value) = (visible(name).into_owned(), visible(value).into_owned());
    out.push(Line { depth, tone, name, value, behind: out.len() + 1 });
}

/// A heading and what it holds.
fn part(out: &mut Vec<Line>, title: &str, fill: impl FnOnce(&mut Vec<Line>)) {
    let at = out.len();
    push(out, 0, Tone::Heading, title, "");
    fill(out);
    out[at].behind = out.len();
}

fn facts(exchange: &Exchange, out: &mut Vec<Line>) {
    let mut fact = |name: &str, value: String| push(out, 0, Tone::Pair, name, &value);
    let path = exchange.path();
    fact(exchange.method, path.to_owned());
    fact("at", exchange.url.strip_suffix(path).unwrap_or(&exchange.url).to_owned());
    fact("sent", exchange.at.strftime("%Y-%m-%d %H:%M:%S%.3f UTC").to_string());
    match (exchange.first_byte, exchange.elapsed) {
        (Some(first), Some(all)) => fact("time", format!("{}, first byte after {}", span(all), span(first))),
        (None, Some(all)) => fact("time", span(all)),
        (Some(first), None) => fact("time", format!("first byte after {}", span(first))),
        (None, None) => {}
    }
    let label = &exchange.label;
    let belongs = [
        label.page.map(|n| format!("page {n}")),
        label.pack.map(|n| format!("pack {n}")),
        label.items.map(|n| {
            format!(
                "{} {}",
                grouped(n),
                if exchange.operation == Operation::Acknowledge { "keys" } else { "items" }
            )
        }),
        (exchange.attempt > 1).then(|| format!("try {}", exchange.attempt)),
    ];
    let belongs: Vec<_> = belongs.into_iter().flatten().collect();
    if !belongs.is_empty() {
        fact("for", belongs.join(" · "));
    }
    match &exchange.state {
        State::Failed(why) => {
            for (n, line) in cells::wrap(&visible(why), MESSAGE).iter().enumerate() {
                push(out, 0, Tone::Failed, if n == 0 { "failed" } else { "      " }, line);
            }
        }
        State::GivenUp => push(out, 0, Tone::Note, "given up", "the run ended before an answer came"),
        State::UnderWay => push(out, 0, Tone::Note, "under way", "no end yet"),
        State::Answered => {}
    }
}

fn answer(response: &Response, out: &mut Vec<Line>) {
    headers(&response.headers, out);
    if let Some(wire) = response.wire.filter(|wire| *wire != response.body.size) {
        push(out, 1, Tone::Note, "", &format!("{} on the wire", bytes(wire)));
    }
    body(&response.body, out);
}

fn headers(headers: &[(Cow<'static, str>, String)], out: &mut Vec<Line>) {
    for (name, value) in headers {
        push(out, 1, Tone::Pair, name, value);
    }
}

fn body(body: &Body, out: &mut Vec<Line>) {
    if body.size == 0 {
        return;
    }
    push(out, 1, Tone::Note, "", "");
    if let Some(last) = out.last_mut() {
        last.value = if body.cut {
            format!("body: the first {} of {}", bytes(body.kept.len() as u64), bytes(body.size))
        } else {
            format!("body: {}", bytes(body.size))
        };
    }
    let text = String::from_utf8_lossy(&body.kept);
    let whole = whole(&text);
    if serde_json::from_str::<serde::de::IgnoredAny>(&whole).is_ok() && whole.starts_with(['{', '[']) {
        tree(&whole, out);
    } else {
        for line in text.lines().take(PLAIN) {
            push(out, 1, Tone::Plain, "", line);
        }
    }
    if body.cut {
        push(out, 1, Tone::Note, "", "… the rest was not kept");
    }
}

fn tree(json: &str, out: &mut Vec<Line>) {
    let start = out.len();
    // An array at the top has no name: its items are its fields.
    for field in record::fields(json) {
        let at = out.len();
        let tone = Tone::Value(field.kind);
        out.push(Line { depth: field.depth + 1, tone, name: field.name, value: field.value, behind: at + 1 });
    }
    let mut open: Vec<usize> = Vec::new();
    for at in start..out.len() {
        let depth = out[at].depth;
        close(&mut open, out, depth, at);
        open.push(at);
    }
    let end = out.len();
    close(&mut open, out, 0, end);
}

/// Lines at this depth or deeper end here.
fn close(open: &mut Vec<usize>, out: &mut [Line], depth: usize, at: usize) {
    while let Some(last) = open.last().copied().filter(|last| out[*last].depth >= depth) {
        out[last].behind = at;
        open.pop();
    }
}

/// A JSON text that may end anywhere, as a whole one: what is not complete is left off, what is open is closed.
fn whole(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    let (open, comma) = scan(trimmed);
    if open.is_empty() {
        return Cow::Borrowed(trimmed);
    }
    let kept = &trimmed[..comma];
    let (open, _) = scan(kept);
    let mut out = kept.to_owned();
    out.extend(open.iter().rev().map(|c| *c as char));
    Cow::Owned(out)
}

/// What is open at the end, as its closing signs, and the place of the last comma between values.
fn scan(text: &str) -> (Vec<u8>, usize) {
    let (mut open, mut comma) = (Vec::new(), 0);
    let (mut inside, mut escaped) = (false, false);
    for (at, c) in text.bytes().enumerate() {
        match c {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            _ if inside => {}
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => drop(open.pop()),
            b',' => comma = at,
            _ => {}
        }
    }
    (open, comma)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str, cut: bool) -> Vec<String> {
        let kept = bytes::Bytes::from(json.to_owned());
        let mut out = Vec::new();
        body(&Body { size: kept.len() as u64 + u64::from(cut), kept, cut, beside: 0 }, &mut out);
        out.iter().map(|l| format!("{}{}={}", "  ".repeat(l.depth), l.name, l.value)).collect()
    }

    #[test]
    fn a_cut_body_is_shown_as_far_as_it_goes() {
        let json = r#"{"items":[{"data":{"id":1,"name":"a, {"}},{"data":{"id":2,"na"#;
        assert_eq!(
            shown(json, true)[1..],
            [
                "  items=",
                "    1=",
                "      data=",
                "        id=1",
                "        name=a, {",
                "    2=",
                "      data=",
                "        id=2",
                "  =… the rest was not kept"
            ]
        );
        for end in 0..json.len() {
            shown(&json[..end], true);
        }
    }

    #[test]
    fn what_is_no_json_is_text_and_harmless() {
        assert_eq!(
            shown("<h1>\x1b[2J502</h1>\nBad", false),
            ["  =body: 20 B", "  =<h1>␛[2J502</h1>", "  =Bad"]
        );
    }

    #[test]
    fn a_fold_reaches_to_the_end_of_what_it_holds() {
        let mut out = Vec::new();
        tree(r#"{"a":{"b":[1,2]},"c":3}"#, &mut out);
        let ends: Vec<_> = out.iter().map(|l| (l.name.as_str(), l.behind)).collect();
        assert_eq!(ends, [("a", 4), ("b", 4), ("1", 3), ("2", 4), ("c", 5)]);
    }
}
