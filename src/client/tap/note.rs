//! One exchange while it is recorded: begun when it is sent, ended with what came. Nothing where nobody taps.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::Version;
use reqwest::header::HeaderMap;
use secrecy::SecretString;

use super::exchange::{Body, Exchange, Headers, Label, Response, State};
use super::{BODY, SHARED, Tap};
use crate::client::redact::Redactor;
use crate::client::{Failure, Operation};

/// What takes a client's token out of everything.
#[derive(Clone)]
pub(in crate::client) struct Redactors(Arc<Redactor>);

impl Redactors {
    pub(in crate::client) fn new(token: &SecretString) -> Self {
        Self(Arc::new(Redactor::new(token)))
    }

    /// The same for several tokens at once.
    pub(super) fn of_all(tokens: &[SecretString]) -> Self {
        Self(Arc::new(Redactor::of_all(tokens)))
    }

    /// Headers without the token.
    pub(in crate::client) fn headers(&self, headers: &HeaderMap) -> Headers {
        let pair = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
            let value = String::from_utf8_lossy(&self.0.scrub(value.as_bytes())).into_owned();
            (Cow::Owned(self.0.text(name.as_str())), value)
        };
        headers.iter().map(pair).collect()
    }

    /// What of a body is kept.
    fn body(&self, bytes: &[u8], cap: usize) -> Body {
        let kept = match self.0.scrub_head(bytes, cap) {
            Cow::Borrowed(kept) => Bytes::copy_from_slice(kept),
            Cow::Owned(kept) => Bytes::from(kept.into_boxed_slice()),
        };
        Body { kept, size: bytes.len() as u64, cut: bytes.len() > cap, beside: 0 }
    }

    /// What of an answer is kept: a text that is hardly longer than that, and clean, is not copied.
    fn received(&self, received: &Received) -> Body {
        let text = match received {
            Received::Text(text) if text.capacity() <= SHARED => text,
            Received::Text(text) => return self.body(text.as_bytes(), BODY),
            Received::Bytes(bytes) => return self.body(bytes, BODY),
        };
        match self.0.scrub_head(text.as_bytes(), BODY) {
            Cow::Borrowed(clean) => Body {
                kept: Bytes::from_owner(Shared(Arc::clone(text))).slice(..clean.len()),
                size: text.len() as u64,
                cut: text.len() > BODY,
                beside: text.capacity() - clean.len(),
            },
            Cow::Owned(_) => self.body(text.as_bytes(), BODY),
        }
    }

    fn label(&self, label: Label) -> Label {
        let clean = |text: Option<String>| text.map(|text| self.0.text(&text));
        Label { session: clean(label.session), queue: clean(label.queue), ..label }
    }
}

/// The body of an answer, whole.
pub(in crate::client) enum Received {
    Text(Arc<String>),
    Bytes(Vec<u8>),
}

impl Received {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// A text that others have, too.
struct Shared(Arc<String>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// A request that is about to be sent.
pub(in crate::client) struct Draft<'a> {
    pub(in crate::client) operation: Operation,
    pub(in crate::client) method: &'static str,
    pub(in crate::client) url: &'a str,
    /// Without the token.
    pub(in crate::client) headers: Headers,
    pub(in crate::client) body: &'a [u8],
    pub(in crate::client) label: Label,
    /// Which try it is; 0 where the caller does not know.
    pub(in crate::client) attempt: u32,
}

/// The recorder of one exchange.
pub(in crate::client) struct Note(Option<Live>);

struct Live {
    tap: Tap,
    redactors: Redactors,
    begun: Instant,
    exchange: Exchange,
    /// The bodies without a cut, where somebody records to a file.
    whole: Option<(Body, Body)>,
}

impl Note {
    /// Records nothing.
    pub(in crate::client) fn nothing() -> Self {
        Self(None)
    }

    /// The request leaves.
    pub(in crate::client) fn begin(tap: &Tap, redactors: &Redactors, draft: Draft<'_>) -> Self {
        let whole = tap.wants_whole().then(|| (redactors.body(draft.body, usize::MAX), Body::default()));
        let mut exchange = Exchange {
            number: 0,
            at: Timestamp::now(),
            operation: draft.operation,
            method: draft.method,
            url: redactors.0.text(draft.url),
            headers: draft.headers,
            body: redactors.body(draft.body, BODY),
            response: None,
            first_byte: None,
            elapsed: None,
            state: State::UnderWay,
            attempt: draft.attempt,
            label: redactors.label(draft.label),
        };
        exchange.number = tap.begin(exchange.clone());
        let (tap, redactors) = (tap.clone(), redactors.clone());
        Self(Some(Live { tap, redactors, begun: Instant::now(), exchange, whole }))
    }

    /// The answer's head came.
    pub(in crate::client) fn head(&mut self, response: &reqwest::Response) {
        let Some(live) = &mut self.0 else { return };
        live.exchange.first_byte = Some(live.begun.elapsed());
        live.exchange.response = Some(Response {
            status: response.status().as_u16(),
            version: version(response.version()),
            headers: live.redactors.headers(response.headers()),
            body: Body::default(),
            wire: response.content_length(),
            peer: response.remote_addr().map(|peer| peer.ip().to_string()),
        });
        let (first_byte, head) = (live.exchange.first_byte, live.exchange.response.clone());
        live.tap.change(live.exchange.number, |exchange| {
            exchange.first_byte = first_byte;
            exchange.response = head;
        });
    }

    /// The body came, or as much of it as will come.
    pub(in crate::client) fn body(&mut self, body: &[u8]) {
        let Some(live) = &mut self.0 else { return };
        live.exchange.elapsed = Some(live.begun.elapsed());
        if let Some((_, whole)) = &mut live.whole {
            *whole = live.redactors.body(body, usize::MAX);
        }
        if let Some(response) = &mut live.exchange.response {
            response.body = live.redactors.body(body, BODY);
        }
    }

    /// The whole body of the answer that came, once it was read.
    pub(in crate::client) fn received(&mut self, received: &Received) {
        let Some(live) = self.0.as_mut().filter(|_| !received.bytes().is_empty()) else { return };
        if let Some((_, whole)) = &mut live.whole {
            *whole = live.redactors.body(received.bytes(), usize::MAX);
        }
        if let Some(response) = &mut live.exchange.response {
            response.body = live.redactors.received(received);
        }
    }

    /// What the answer turned out to hold.
    pub(in crate::client) fn learn(&mut self, learn: impl FnOnce(&mut Label)) {
        let Some(live) = &mut self.0 else { return };
        let mut label = std::mem::take(&mut live.exchange.label);
        learn(&mut label);
        live.exchange.label = live.redactors.label(label);
    }

    /// The request's body, where it came later than its head.
    pub(super) fn asked(&mut self, body: &[u8]) {
        let Some(live) = &mut self.0 else { return };
        if let Some((whole, _)) = &mut live.whole {
            *whole = live.redactors.body(body, usize::MAX);
        }
        live.exchange.body = live.redactors.body(body, BODY);
        let body = live.exchange.body.clone();
        live.tap.change(live.exchange.number, |exchange| exchange.body = body);
    }

    /// The head of an answer that somebody else gave.
    pub(super) fn answered(&mut self, status: u16, version: &'static str, headers: &HeaderMap) {
        let Some(live) = &mut self.0 else { return };
        live.exchange.first_byte = Some(live.begun.elapsed());
        let headers = live.redactors.headers(headers);
        live.exchange.response = Some(Response { status, version, headers, ..Response::default() });
        let (first_byte, head) = (live.exchange.first_byte, live.exchange.response.clone());
        live.tap.change(live.exchange.number, |exchange| {
            exchange.first_byte = first_byte;
            exchange.response = head;
        });
    }

    /// The exchange is over: it failed for this reason, or did not.
    pub(super) fn ended(mut self, failure: Option<&str>) {
        let state = match (&self.0, failure) {
            (Some(live), Some(why)) => State::Failed(live.redactors.0.text(why)),
            _ => State::Answered,
        };
        self.close(state);
    }

    /// The exchange is over; its number, where it was recorded.
    pub(in crate::client) fn end(mut self, failure: Option<&Failure>) -> Option<u64> {
        let state = match (&self.0, failure) {
            (Some(live), Some(failure)) => State::Failed(live.redactors.0.text(&failure.message)),
            _ => State::Answered,
        };
        self.close(state)
    }

    fn close(&mut self, state: State) -> Option<u64> {
        let Live { tap, begun, mut exchange, whole, .. } = self.0.take()?;
        let number = exchange.number;
        exchange.elapsed.get_or_insert_with(|| begun.elapsed());
        exchange.state = state;
        let whole = whole.map(|(request, answer)| {
            let response = exchange.response.clone().map(|response| Response { body: answer, ..response });
            Exchange { body: request, response, ..exchange.clone() }
        });
        tap.end(exchange, whole);
        Some(number)
    }
}

impl Drop for Note {
    /// Nobody ended it: the caller stopped waiting.
    fn drop(&mut self) {
        self.close(State::GivenUp);
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        Version::HTTP_3 => "HTTP/3.0",
        _ => "HTTP/1.1",
    }
}
