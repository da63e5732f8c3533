//! Exchanges that others have: a service records here what its clients ask and what they are answered.
//!
//! Promise: an Authorization header is never kept, whosever token it holds; the tokens that are known, and a long one
//! that is not, are taken out of addresses, headers and bodies as well.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::SecretString;

use super::note::{Draft, Note, Redactors};
use super::{Label, Tap, exchange};
use crate::client::Operation;
use crate::client::redact::MARK;
use crate::client::refusal;
use crate::protocol::{ACK_PATH, START_PATH};

/// A token shorter than this could be any word: it is left in its header only.
const SHORTEST: usize = 16;
/// What stands where a token was that nobody here knows.
const UNKNOWN: &str = "[another token]";
/// The methods that have a name here.
const METHODS: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT"];

/// Records what it sees. Clones record in the same tap.
#[derive(Clone)]
pub struct Witness {
    tap: Tap,
    tokens: Vec<SecretString>,
    redactors: Redactors,
}

impl std::fmt::Debug for Witness {
    /// Without the tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Witness").field("tap", &self.tap).finish_non_exhaustive()
    }
}

/// The head of a request.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The whole URL.
    pub url: &'a str,
    /// The headers as they came.
    pub headers: &'a HeaderMap,
}

/// An exchange under way. Dropped, the client has gone away.
pub struct Seen {
    note: Option<Note>,
    operation: Operation,
    status: Option<u16>,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seen").field("operation", &self.operation).finish_non_exhaustive()
    }
}

impl Witness {
    /// Records into a tap; these tokens are known.
    pub fn new(tap: Tap, tokens: Vec<SecretString>) -> Self {
        let redactors = Redactors::of_all(&tokens);
        Self { tap, tokens, redactors }
    }

    /// A request's head came.
    pub fn begin(&self, asked: &Asked<'_>) -> Seen {
        let (headers, stranger) = self.without_token(asked.headers);
        let redactors = stranger.map_or_else(
            || self.redactors.clone(),
            |stranger| {
                let mut all = self.tokens.clone();
                all.push(stranger);
                Redactors::of_all(&all)
            },
        );
        let (operation, label) = read(asked.method, asked.url);
        let method = METHODS.iter().find(|known| **known == asked.method).copied().unwrap_or("OTHER");
        let headers = redactors.headers(&headers);
        let draft = Draft { operation, method, url: asked.url, headers, body: &[], label, attempt: 0 };
        let note = Note::begin(&self.tap, &redactors, draft);
        Seen { note: Some(note), operation, status: None }
    }

    /// The headers without what authorizes, and the token where it is a long one that is not known.
    fn without_token(&self, headers: &HeaderMap) -> (HeaderMap, Option<SecretString>) {
        use secrecy::ExposeSecret as _;
        let mut headers = headers.clone();
        let Some(value) = headers.get(AUTHORIZATION).map(|value| value.as_bytes().to_vec()) else {
            return (headers, None);
        };
        let value = String::from_utf8_lossy(&value);
        let (scheme, token) = value.split_once(' ').unwrap_or(("", &value));
        let token = token.trim();
        let known = self.tokens.iter().any(|known| known.expose_secret() == token);
        let mark = if known { MARK } else { UNKNOWN };
        let shown = format!("{scheme} {mark}");
        let shown = HeaderValue::try_from(shown.trim()).unwrap_or_else(|_| HeaderValue::from_static(UNKNOWN));
        headers.insert(AUTHORIZATION, shown);
        let stranger = (!known && token.len() >= SHORTEST).then(|| SecretString::from(token));
        (headers, stranger)
    }
}

/// What a request is for, and what it belongs to.
fn read(method: &str, url: &str) -> (Operation, Label) {
    let path = exchange::path(url);
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let queue = path.strip_prefix("/v2/sync/").and_then(|rest| rest.split_once("/queues/"));
    match (method, path, queue) {
        ("POST", START_PATH, _) => (Operation::Start, Label::default()),
        ("POST", ACK_PATH, _) => (Operation::Acknowledge, Label::default()),
        ("GET", _, Some((session, queue))) => {
            let (session, queue) = (Some(session.to_owned()), Some(queue.to_owned()));
            (Operation::Take, Label { session, queue, ..Label::default() })
        }
        _ => (Operation::Other, Label::default()),
    }
}

impl Seen {
    /// The request's body came.
    pub fn asked(&mut self, body: &[u8]) {
        let items = if self.operation == Operation::Acknowledge { keys(body) } else { None };
        if let Some(note) = &mut self.note {
            note.asked(body);
            note.learn(|label| label.items = items);
        }
    }

    /// The answer's head leaves.
    pub fn answered(&mut self, status: u16, version: &'static str, headers: &HeaderMap) {
        self.status = Some(status);
        if let Some(note) = &mut self.note {
            note.answered(status, version, headers);
        }
    }

    /// The exchange is over; `body` is what left of the answer's. Without a reason it failed where its status is none
    /// that the protocol hopes for, and what `words` makes of the body says why.
    pub fn end(mut self, body: &[u8], why: Option<&str>, words: impl FnOnce(u16, &[u8]) -> String) {
        let Some(mut note) = self.note.take() else { return };
        note.body(body);
        if self.operation == Operation::Take && self.status == Some(200) {
            let items = items(body);
            note.learn(|label| label.items = items);
        }
        let failed = self.status.filter(|status| !refusal::is_success(self.operation, *status));
        let told = failed.map(|status| words(status, body));
        note.ended(why.or(told.as_deref()));
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        if let Some(note) = self.note.take() {
            note.ended(Some("the client went away before the answer was whole"));
        }
    }
}

/// How many keys a pack has; none where it is no pack.
fn keys(body: &[u8]) -> Option<u64> {
    #[derive(serde::Deserialize)]
    struct Pack {
        data: Keys,
    }
    #[derive(serde::Deserialize)]
    struct Keys {
        ack_keys: Vec<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Pack>(body).ok().map(|pack| pack.data.ack_keys.len() as u64)
}

/// How many items a page has; none where it is no page.
fn items(body: &[u8]) -> Option<u64> {
    #[derive(serde::Deserialize)]
    struct Page {
        items: Vec<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Page>(body).ok().map(|page| page.items.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const STRANGE: &str = "a-token-of-another-service-that-somebody-pasted";

    fn seen(authorization: &str, url: &str, body: &[u8]) -> String {
        let tap = Tap::new();
        let witness = Witness::new(tap.clone(), vec![SecretString::from(KNOWN)]);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization.parse().unwrap());
        let mut seen = witness.begin(&Asked { method: "POST", url, headers: &headers });
        seen.asked(body);
        seen.answered(200, "HTTP/1.1", &headers);
        seen.end(body, None, |status, _| format!("{status} with {authorization}"));
        let exchange = tap.get(1).unwrap();
        assert_eq!(exchange.label.items, (exchange.path() == ACK_PATH).then_some(1), "{exchange:?}");
        format!("{exchange:?}")
    }

    #[test]
    fn no_token_is_kept_whosever_it_is() {
        for token in [KNOWN, STRANGE] {
            for scheme in ["Bearer ", "bearer ", "Basic ", ""] {
                let body = format!(r#"{{"data": {{"ack_keys": ["{token}"]}}}}"#);
                let url = format!("http://h{ACK_PATH}");
                let kept = seen(&format!("{scheme}{token}"), &url, body.as_bytes());
                assert!(!kept.contains(token) && kept.contains("token]"), "{kept}");
                let url = format!("http://h/x?token={token}");
                assert!(!seen(&format!("{scheme}{token}"), &url, b"").contains(token));
            }
        }
    }

    /// A short token is taken out of its header, and nothing else is spoilt by it.
    #[test]
    fn a_word_for_a_token_spoils_nothing() {
        let kept = seen("Bearer data", &format!("http://h{ACK_PATH}"), br#"{"data": {"ack_keys": ["a"]}}"#);
        assert!(kept.contains("Bearer [another token]") && kept.contains("data"), "{kept}");
    }

    #[test]
    fn what_a_request_is_for_is_read_from_it() {
        let of = |method, path| read(method, &format!("http://h:1{path}")).0;
        assert_eq!(of("POST", "/v2/sync/start?x=1"), Operation::Start);
        assert_eq!(of("GET", "/v2/sync/start"), Operation::Other);
        assert_eq!(of("GET", "/v2/sync/1/queues/main"), Operation::Take);
        assert_eq!(of("GET", ""), Operation::Other);
    }

    /// An exchange that nobody ends has lost its client.
    #[test]
    fn a_client_that_goes_is_a_failure() {
        let tap = Tap::new();
        let witness = Witness::new(tap.clone(), Vec::new());
        let headers = HeaderMap::new();
        drop(witness.begin(&Asked { method: "BREW", url: "http://h/", headers: &headers }));
        let exchange = tap.get(1).unwrap();
        assert_eq!(exchange.method, "OTHER");
        assert!(matches!(&exchange.state, super::super::State::Failed(why) if why.contains("went away")));
    }
}
