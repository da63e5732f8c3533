//! A recording served again: a HAR that the Wire screen wrote, answered request for request, so that a bug report
//! becomes a test.
//!
//! Promises: each recorded exchange is served once, in its order among those of its method and path; an ack pack meets
//! the exchange that had the same keys; what was not recorded is a 409 that says what was expected. A drained queue
//! stays drained: a 204 that is the last of its path answers every further request. Tokens and devices are not
//! compared: the recording has none. An exchange without a whole answer ends its connection.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::http::header::{HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use base64::Engine as _;
use serde::Deserialize;
use tokio::net::TcpListener;

use super::ServiceError;
use super::listen::{self, Answers, Asked};
use super::reply::{Problem, Reply};
use super::routes;
use super::watch::{self, Watch};

/// The headers that are served as they were.
const HEADERS: [&str; 3] = ["content-type", "retry-after", "x-request-id"];

/// A recording that is served. Clones share what is left of it.
#[derive(Clone)]
pub struct Replay {
    left: Arc<Mutex<BTreeMap<Place, VecDeque<Exchange>>>>,
    watch: Option<Arc<dyn Watch>>,
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replay").field("left", &self.left()).finish_non_exhaustive()
    }
}

/// Method and path.
type Place = (String, String);

/// A recorded exchange.
#[derive(Debug, Clone)]
struct Exchange {
    /// What a pack acknowledged.
    keys: Option<BTreeSet<String>>,
    /// None where no whole answer came.
    answer: Option<Answer>,
    /// Whether it was served already, and is here as its path's last 204.
    again: bool,
}

#[derive(Debug, Clone)]
struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

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
    #[serde(rename = "_error")]
    error: Option<String>,
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

impl Replay {
    /// Reads a recording. Blocks.
    ///
    /// # Errors
    /// [`ServiceError`] where the file is no HAR, or lacks a part of a body.
    pub fn open(file: &Path) -> Result<Self, ServiceError> {
        let wrong =
            |why: String| ServiceError(format!("The recording {} cannot be served: {why}", file.display()));
        let text = std::fs::read(file).map_err(|e| wrong(format!("{e}.")))?;
        let har: Har = serde_json::from_slice(&text)
            .map_err(|e| wrong(format!("it is no HAR: {e}. The Wire screen exports one.")))?;
        let mut entries = har.log.entries;
        entries.sort_by_key(|entry| entry.number);
        let mut left: BTreeMap<Place, VecDeque<Exchange>> = BTreeMap::new();
        for (at, entry) in entries.into_iter().enumerate() {
            let number = entry.number.unwrap_or(at as u64 + 1);
            let place = (entry.request.method.clone(), path(&entry.request.url).to_owned());
            let exchange = entry.exchange().map_err(|why| wrong(format!("request {number} {why}.")))?;
            left.entry(place).or_default().push_back(exchange);
        }
        Ok(Self { left: Arc::new(Mutex::new(left)), watch: None })
    }

    /// From now on tells every exchange of what it serves.
    pub fn watched_by(self, watch: Arc<dyn Watch>) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// Recorded exchanges that nobody has asked for yet.
    pub fn left(&self) -> usize {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.values().flatten().filter(|exchange| !exchange.again).count()
    }

    /// Answers requests until `shutdown` completes.
    ///
    /// # Errors
    /// An I/O error of the listener.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let watch = self.watch.clone();
        listen::serve(watch::Over { answers: self, watch }, listener, shutdown).await
    }

    /// The next answer that was recorded for such a request; else what was expected.
    fn next(&self, place: &Place, keys: Option<&BTreeSet<String>>) -> Result<Option<Answer>, String> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let (method, path) = place;
        let Some(exchanges) = left.get_mut(place) else {
            let known: Vec<String> = left.keys().map(|(method, path)| format!("{method} {path}")).collect();
            return Err(format!("{method} {path} was not recorded; there are {}.", known.join(", ")));
        };
        let Some(at) = exchanges.iter().position(|exchange| exchange.keys.as_ref() == keys) else {
            let next = exchanges.front().and_then(|exchange| exchange.keys.as_ref());
            return Err(next.map_or_else(
                || format!("{method} {path} was recorded less often."),
                |keys| format!("The next pack that was recorded has {}.", listed(keys)),
            ));
        };
        let Some(mut exchange) = exchanges.remove(at) else { return Ok(None) };
        let drained = exchange.answer.as_ref().is_some_and(|answer| answer.status == StatusCode::NO_CONTENT);
        let answer = exchange.answer.clone();
        if drained && exchanges.is_empty() {
            exchange.again = true;
            exchanges.push_back(exchange);
        }
        Ok(answer)
    }
}

impl Answers for Replay {
    async fn answer(&self, asked: Asked) -> Response<Body> {
        let (parts, body) = asked.request.into_parts();
        let id = uuid::Uuid::new_v4().to_string();
        let body = match routes::whole(body, routes::MOST_BODY).await {
            Ok(body) => body,
            Err(problem) => return Reply::from(problem).into_response(&id),
        };
        let place = (parts.method.to_string(), parts.uri.path().to_owned());
        match self.next(&place, keys(&body).as_ref()) {
            Ok(Some(answer)) => answer.into_response(),
            Ok(None) => routes::broken(&asked.cut).await,
            Err(expected) => {
                let message = "The recording has no such request.";
                Reply::from(Problem::new(StatusCode::CONFLICT, "not_recorded", message, expected))
                    .into_response(&id)
            }
        }
    }
}

/// Keys in words: how many, and the first.
fn listed(keys: &BTreeSet<String>) -> String {
    let first: Vec<&str> = keys.iter().take(3).map(String::as_str).collect();
    let more = if keys.len() > first.len() { ", …" } else { "" };
    format!("{} keys: {}{more}", keys.len(), first.join(", "))
}

impl Entry {
    fn exchange(self) -> Result<Exchange, String> {
        let sent = self.request.post_data.as_ref();
        if sent.is_some_and(Content::is_cut) || self.response.content.is_cut() {
            return Err("has only a part of its body; record to a file to have all of it".to_owned());
        }
        let keys = sent.and_then(|sent| keys(sent.text.as_bytes()));
        if self.error.is_some() || self.response.status == 0 {
            return Ok(Exchange { keys, answer: None, again: false });
        }
        let status = StatusCode::from_u16(self.response.status).map_err(|e| e.to_string())?;
        let headers = self
            .response
            .headers
            .iter()
            .filter(|header| HEADERS.contains(&header.name.to_ascii_lowercase().as_str()))
            .filter_map(|header| Some((header.name.parse().ok()?, header.value.parse().ok()?)))
            .collect();
        let body = self.response.content.bytes()?;
        Ok(Exchange { keys, answer: Some(Answer { status, headers, body }), again: false })
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

impl Answer {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        response
    }
}

/// A pack's keys; none where it is no pack.
fn keys(body: &[u8]) -> Option<BTreeSet<String>> {
    routes::ack_keys(body).ok().map(|keys| keys.into_iter().collect())
}

/// The path of an address, without host and query.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    path.split(['?', '#']).next().unwrap_or(path)
}
