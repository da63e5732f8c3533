//! What can go wrong with one exchange.

use std::time::Duration;

use jiff::SignedDuration;

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Fault {
    /// This status is answered, and nothing is done. With `Retry-After` in seconds, where there is one.
    Instead(u16, Option<u32>),
    /// Nothing is done and 503 is answered, with an error that has no `meta`, so no `logref` either.
    Bare,
    /// Nothing is done and 200 is answered, with HTML.
    Html,
    /// Nothing is done and a page without items is answered.
    Empty,
    /// Nothing is done and the connection ends without an answer.
    Reset,
    /// All sessions end, then the request is done.
    Expire,
    /// The request is done, then the connection ends without an answer.
    Lost,
    /// The request is done, then the body ends in the middle.
    Cut,
    /// The request is done, then the body stops in its middle for so long, and the connection ends.
    Stall(Duration),
    /// The request is done, then the body comes byte by byte, with such a pause after each.
    Drip(Duration),
    /// The request is done and answered so much later.
    Latency(Duration),
    /// A 202 becomes a 200.
    Ack200,
    /// A 204 says that it is JSON.
    Json204,
}

/// The kinds by their words; those in capitals are to be filled in.
pub(super) const WORDS: &str = "a STATUS, bare, html, empty, reset, expire, lost, cut, stall=TIME, drip=TIME, \
                                latency=TIME, ack200 or json204";

impl Fault {
    /// Reads a kind: `503`, `stall=30s`, `lost` …
    pub(super) fn parse(word: &str) -> Result<Self, String> {
        let (name, time) = match word.split_once('=') {
            Some((name, time)) => (name, Some(span(time)?)),
            None => (word, None),
        };
        let fault = match name {
            "stall" => return Ok(Self::Stall(time.unwrap_or(Duration::from_hours(1)))),
            "drip" => return Ok(Self::Drip(time.unwrap_or(Duration::from_millis(100)))),
            "latency" => {
                return time
                    .map(Self::Latency)
                    .ok_or_else(|| "latency needs a time, like latency=2s".to_owned());
            }
            "bare" => Self::Bare,
            "html" => Self::Html,
            "empty" => Self::Empty,
            "reset" => Self::Reset,
            "expire" => Self::Expire,
            "lost" => Self::Lost,
            "cut" => Self::Cut,
            "ack200" => Self::Ack200,
            "json204" => Self::Json204,
            status => match status.parse() {
                Ok(status @ 200..=599) => Self::Instead(status, None),
                _ => return Err(format!("{word:?} is no fault; there is {WORDS}")),
            },
        };
        if time.is_some() { Err(format!("{name} takes no time")) } else { Ok(fault) }
    }

    /// What it does to an exchange, for who watches.
    pub(in super::super) fn told(self) -> String {
        let what = match self {
            Self::Instead(status, _) => format!("answered {status}, nothing was done"),
            Self::Bare => "503 with an error that has no meta, nothing was done".to_owned(),
            Self::Html => "HTML with 200, nothing was done".to_owned(),
            Self::Empty => "a page without items, nothing was taken".to_owned(),
            Self::Expire => "all sessions had ended before".to_owned(),
            Self::Reset | Self::Lost => "the connection ended without an answer".to_owned(),
            Self::Cut => "the body ended in the middle".to_owned(),
            Self::Stall(time) => format!("the body stopped in the middle for {time:?}"),
            Self::Drip(time) => format!("the body came byte by byte, each after {time:?}"),
            Self::Latency(time) => format!("answered {time:?} later"),
            Self::Ack200 => "200 in the place of 202".to_owned(),
            Self::Json204 => "the 204 says that it is JSON".to_owned(),
        };
        format!("on purpose: {what}")
    }

    /// The endpoint that alone it makes sense for.
    pub(super) fn home(self) -> Option<&'static str> {
        match self {
            Self::Empty => Some("/queues/"),
            Self::Ack200 => Some("/ack"),
            _ => None,
        }
    }
}

fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time; write it like 120ms, 5s or 2m");
    let span: SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(span).map_err(|_| wrong())
}
