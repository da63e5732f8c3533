//! What is kept of one exchange: plain data, without the token.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::client::Operation;

/// Headers in the order sent, names in lower case. Cheap to clone.
pub type Headers = Arc<[(Cow<'static, str>, String)]>;

/// One exchange, finished or under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// Its number: 1, 2, 3 … over the tap's life, in the order sent.
    pub number: u64,
    /// When it was sent.
    pub at: Timestamp,
    /// What it was for.
    pub operation: Operation,
    /// The HTTP method.
    pub method: &'static str,
    /// The whole URL.
    pub url: String,
    /// The request's headers, as sent; the token is a mark.
    pub headers: Headers,
    /// The request's body.
    pub body: Body,
    /// What came back, as far as it came.
    pub response: Option<Response>,
    /// From sending to the answer's head.
    pub first_byte: Option<Duration>,
    /// From sending to the end; what it is so far while under way is for the watcher to say.
    pub elapsed: Option<Duration>,
    /// How it stands.
    pub state: State,
    /// Which try of the same request it is, from 1.
    pub attempt: u32,
    /// What it belonged to.
    pub label: Label,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// `HTTP/1.1`, `HTTP/2.0`.
    pub version: &'static str,
    /// Its headers, as received; an encoding that was undone is not among them.
    pub headers: Headers,
    /// Its body after decompression.
    pub body: Body,
    /// Bytes of the body on the wire, where they are known (not where it came compressed or in chunks).
    pub wire: Option<u64>,
    /// Who answered, as an IP address.
    pub peer: Option<String>,
}

/// A body, perhaps cut.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// What is kept. Cheap to clone.
    pub kept: Bytes,
    /// How long it really was, in bytes (as far as it was received).
    pub size: u64,
    /// Whether something of it is not kept.
    pub cut: bool,
    /// Bytes that are held with what is kept, though nobody sees them: a page's end.
    pub beside: usize,
}

impl Body {
    /// Bytes that it holds.
    fn held(&self) -> usize {
        self.kept.len() + self.beside
    }
}

/// How an exchange stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Sent; no end yet.
    UnderWay,
    /// The answer that the protocol hopes for.
    Answered,
    /// Anything else: what happened and what to do, in a line.
    Failed(String),
    /// Nobody waited for the answer any more: the run ended.
    GivenUp,
}

/// What an exchange belongs to, as far as the caller knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// The service's id of the session.
    pub session: Option<String>,
    /// The queue.
    pub queue: Option<String>,
    /// The mirror's number of the page that it brought.
    pub page: Option<i64>,
    /// The mirror's number of the pack that it carried.
    pub pack: Option<i64>,
    /// Items on the page, or keys in the pack.
    pub items: Option<u64>,
}

/// The path of a URL, and what follows it.
pub(super) fn path(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    url[after_scheme..].find('/').map_or("/", |at| &url[after_scheme + at..])
}

impl Exchange {
    /// The HTTP status, where one came.
    pub fn status(&self) -> Option<u16> {
        self.response.as_ref().map(|response| response.status)
    }

    /// The URL's path.
    pub fn path(&self) -> &str {
        path(&self.url)
    }

    /// Bytes of the answer's body after decompression.
    pub fn size(&self) -> u64 {
        self.response.as_ref().map_or(0, |response| response.body.size)
    }

    /// Bytes that keeping this costs.
    pub(super) fn weight(&self) -> usize {
        let headers = |headers: &Headers| {
            headers
                .iter()
                .map(|(name, value)| size_of::<(Cow<'_, str>, String)>() + name.len() + value.len())
                .sum()
        };
        let of_response = |response: &Response| -> usize {
            let headers: usize = headers(&response.headers);
            response.body.held() + headers + response.peer.as_ref().map_or(0, String::len)
        };
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let failure = if let State::Failed(message) = &self.state { message.len() } else { 0 };
        let own: usize = headers(&self.headers);
        size_of::<Self>()
            + 64 // the shared pointer, the ring's place, the allocator's rounding
            + own
            + self.url.len()
            + self.body.held()
            + self.response.as_ref().map_or(0, of_response)
            + failure
            + text(&self.label.session)
            + text(&self.label.queue)
    }
}
