//! A recording's file: HAR, read into exchanges that can be served.
//!
//! Promise: an answer that came whole is served as it was, whatever its status; one that did not is none. Whole is what
//! has the length that was announced; where none was, JSON that can be read to its end, and all that is no JSON.

use std::collections::BTreeSet;
use std::path::Path;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::{HeaderName, HeaderValue};
use base64::Engine as _;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::ServiceError;
use super::super::request;

/// The headers that are served as they were.
const HEADERS: [&str; 3] = ["content-type", "retry-after", "x-request-id"];

/// A recorded exchange.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    /// What a pack acknowledged.
    pub(super) keys: Option<BTreeSet<String>>,
    /// None where no whole answer came.
    pub(super) answer: Option<Answer>,
    /// Whether it was served already, and is here as its path's last 204.
    pub(super) again: bool,
}

impl Exchange {
    /// Whether it was answered this.
    pub(super) fn is(&self, status: StatusCode) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.status == status)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
}

/// Method and path.
pub(super) type Place = (String, String);

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    request: Request,
    response: Recorded,
    #[serde(rename = "_number")]
    number: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    post_data: Option<Content>,
}

#[derive(Deserialize)]
struct Recorded {
    status: u16,
    headers: Vec<Header>,
    content: Content,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    text: String,
    encoding: Option<String>,
    comment: Option<String>,
}

/// Reads a recording: method and path of each exchange, in the order sent. Blocks.
///
/// # Errors
/// [`ServiceError`] where the file is no HAR, has no exchange, or lacks a part of a body.
pub(super) fn read(file: &Path) -> Result<Vec<(Place, Exchange)>, ServiceError> {
    let wrong =
        |why: String| ServiceError(format!("The recording {} cannot be served: {why}", file.display()));
    let text = std::fs::read(file).map_err(|e| wrong(format!("{e}.")))?;
    let har: Har = serde_json::from_slice(&text)
        .map_err(|e| wrong(format!("it is no HAR: {e}. `R` on the Wire screen records one.")))?;
    let mut entries = har.log.entries;
    entries.sort_by_key(|entry| entry.number);
    let numbered = entries.into_iter().enumerate().map(|(at, entry)| {
        let number = entry.number.unwrap_or(at as u64 + 1);
        let place = (entry.request.method.clone(), path(&entry.request.url).to_owned());
        let exchange = entry.exchange().map_err(|why| wrong(format!("request {number} {why}.")))?;
        Ok((place, exchange))
    });
    let read: Vec<_> = numbered.collect::<Result<_, _>>()?;
    if read.is_empty() {
        return Err(wrong("there is no exchange in it. `R` on the Wire screen records them.".to_owned()));
    }
    Ok(read)
}

impl Entry {
    fn exchange(self) -> Result<Exchange, String> {
        let sent = self.request.post_data.as_ref();
        if sent.is_some_and(Content::is_cut) || self.response.content.is_cut() {
            return Err("has only a part of its body, as `E` exports it: `R` on the Wire screen records whole bodies, to be served again".to_owned());
        }
        let keys = sent.and_then(|sent| keys(sent.text.as_bytes()));
        if self.response.status == 0 {
            return Ok(Exchange { keys, answer: None, again: false });
        }
        let status = StatusCode::from_u16(self.response.status).map_err(|e| e.to_string())?;
        let length: Option<u64> =
            self.response.header("content-length").and_then(|length| length.parse().ok());
        let json = self.response.header("content-type").is_some_and(|kind| kind.contains("json"));
        let headers = self
            .response
            .headers
            .iter()
            .filter(|header| HEADERS.contains(&header.name.to_ascii_lowercase().as_str()))
            .filter_map(|header| Some((header.name.parse().ok()?, header.value.parse().ok()?)))
            .collect();
        let body = self.response.content.bytes()?;
        let whole = match length {
            _ if status == StatusCode::NO_CONTENT => true,
            Some(length) => body.len() as u64 == length,
            None => !json || serde_json::from_slice::<IgnoredAny>(&body).is_ok(),
        };
        Ok(Exchange { keys, answer: whole.then_some(Answer { status, headers, body }), again: false })
    }
}

impl Recorded {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.as_str())
    }
}

impl Content {
    /// Whether the recorder kept only a part, which it says in a comment.
    fn is_cut(&self) -> bool {
        self.comment.as_deref().is_some_and(|comment| comment.starts_with("cut"))
    }

    fn bytes(self) -> Result<Bytes, String> {
        match self.encoding.as_deref() {
            None | Some("") => Ok(self.text.into()),
            Some("base64") => base64::engine::general_purpose::STANDARD
                .decode(self.text)
                .map(Bytes::from)
                .map_err(|e| format!("has a body that is no Base64: {e}")),
            Some(other) => Err(format!("has a body in {other}, which nobody here reads")),
        }
    }
}

/// A pack's keys; none where it is no pack.
pub(super) fn keys(body: &[u8]) -> Option<BTreeSet<String>> {
    request::ack_keys(body).ok().map(|keys| keys.into_iter().collect())
}

/// The path of an address, without host and query.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    path.split(['?', '#']).next().unwrap_or(path)
}
