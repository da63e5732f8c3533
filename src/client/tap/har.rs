//! Recorded exchanges as a HAR 1.2 archive, which browsers' network panels and HTTP debuggers open. Pure.
//!
//! Promise: what has no token in the tap has none here; every field that HAR 1.2 demands is there, and -1 where a
//! number is not known, as HAR has it. What HAR has no word for is in fields that begin with `_`.

use base64::Engine as _;
use jiff::Timestamp;
use serde::Serialize;

use super::exchange::{Body, Exchange, Headers, Response, State};

/// A whole archive.
#[derive(Debug, Serialize)]
pub struct Har<'a> {
    log: Log<'a>,
}

#[derive(Debug, Serialize)]
struct Log<'a> {
    version: &'static str,
    creator: Creator,
    entries: Vec<Entry<'a>>,
}

#[derive(Debug, Serialize)]
struct Creator {
    name: &'static str,
    version: &'static str,
}

/// One exchange.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry<'a> {
    started_date_time: Timestamp,
    /// Milliseconds, all phases together.
    time: f64,
    request: Request<'a>,
    response: Answer<'a>,
    cache: Cache,
    timings: Timings,
    #[serde(rename = "serverIPAddress", skip_serializing_if = "Option::is_none")]
    server_ip_address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(rename = "_number")]
    number: u64,
    #[serde(rename = "_attempt")]
    attempt: u32,
    #[serde(rename = "_page", skip_serializing_if = "Option::is_none")]
    page: Option<i64>,
    #[serde(rename = "_pack", skip_serializing_if = "Option::is_none")]
    pack: Option<i64>,
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    method: &'a str,
    url: &'a str,
    http_version: &'a str,
    cookies: [(); 0],
    headers: Vec<Pair<'a>>,
    query_string: Vec<Pair<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<PostData<'a>>,
    headers_size: i64,
    body_size: i64,
}

#[derive(Debug, Serialize)]
struct Pair<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PostData<'a> {
    mime_type: &'a str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    status: u16,
    status_text: &'static str,
    http_version: &'a str,
    cookies: [(); 0],
    headers: Vec<Pair<'a>>,
    content: Content<'a>,
    #[serde(rename = "redirectURL")]
    redirect_url: &'a str,
    headers_size: i64,
    body_size: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    size: u64,
    mime_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

/// The client has no cache: an object without fields.
#[derive(Debug, Serialize)]
struct Cache {}

/// Milliseconds. Connecting is a part of waiting here: connections are shared, so nobody can tell.
#[derive(Debug, Serialize)]
struct Timings {
    send: f64,
    wait: f64,
    receive: f64,
}

/// What stands before the entries of an archive that is written one by one; [`CLOSING`] stands behind them.
pub fn opening() -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "{{\"log\":{{\"version\":\"1.2\",\"creator\":{{\"name\":\"drainboard\",\"version\":\"{version}\"}},\"entries\":[\n"
    )
}

/// The end of an archive that began with [`opening`].
pub const CLOSING: &str = "\n]}}\n";

/// An archive of these exchanges, in the order given.
pub fn archive<'a>(exchanges: impl IntoIterator<Item = &'a Exchange>) -> Har<'a> {
    let creator = Creator { name: "drainboard", version: env!("CARGO_PKG_VERSION") };
    let mut entries: Vec<Entry<'a>> = exchanges.into_iter().map(entry).collect();
    entries.sort_by_key(|entry| entry.number); // HAR readers expect the order in which they started
    Har { log: Log { version: "1.2", creator, entries } }
}

/// One exchange as an entry.
pub fn entry(exchange: &Exchange) -> Entry<'_> {
    let version = exchange.response.as_ref().map_or("", |response| response.version);
    let total = millis(exchange.elapsed);
    let wait = exchange.first_byte.map_or(total, |at| millis(Some(at)).min(total));
    Entry {
        started_date_time: exchange.at,
        time: total,
        request: request(exchange, version),
        response: exchange.response.as_ref().map_or_else(nothing, answer),
        cache: Cache {},
        timings: Timings { send: 0.0, wait, receive: total - wait },
        server_ip_address: exchange.response.as_ref().and_then(|response| response.peer.as_deref()),
        comment: match exchange.state {
            State::UnderWay => Some("not finished when this was exported".to_owned()),
            State::GivenUp => Some("given up: the run ended before the answer came".to_owned()),
            State::Answered | State::Failed(_) => None,
        },
        number: exchange.number,
        attempt: exchange.attempt,
        page: exchange.label.page,
        pack: exchange.label.pack,
        error: if let State::Failed(why) = &exchange.state { Some(why) } else { None },
    }
}

fn request<'a>(exchange: &'a Exchange, version: &'a str) -> Request<'a> {
    let has_body = exchange.body.size > 0;
    Request {
        method: exchange.method,
        url: &exchange.url,
        http_version: version,
        cookies: [],
        headers: pairs(&exchange.headers),
        query_string: query(&exchange.url),
        post_data: has_body.then(|| PostData {
            mime_type: header(&exchange.headers, "content-type"),
            text: String::from_utf8_lossy(&exchange.body.kept).into_owned(),
            comment: cut(&exchange.body),
        }),
        headers_size: -1,
        body_size: exchange.body.size as i64,
    }
}

fn answer(response: &Response) -> Answer<'_> {
    let body = &response.body;
    let (text, encoding) = match std::str::from_utf8(&body.kept) {
        Ok(text) => (text.to_owned(), None),
        // A character across the cut is no reason to make a text unreadable.
        Err(error) if body.cut && error.error_len().is_none() => {
            (String::from_utf8_lossy(&body.kept[..error.valid_up_to()]).into_owned(), None)
        }
        Err(_) => (base64::engine::general_purpose::STANDARD.encode(&body.kept), Some("base64")),
    };
    Answer {
        status: response.status,
        status_text: words(response.status),
        http_version: response.version,
        cookies: [],
        headers: pairs(&response.headers),
        content: Content {
            size: body.size,
            mime_type: header(&response.headers, "content-type"),
            text: (body.size > 0).then_some(text),
            encoding,
            comment: cut(body),
        },
        redirect_url: header(&response.headers, "location"),
        headers_size: -1,
        body_size: response.wire.map_or(-1, |wire| wire as i64),
    }
}

/// What stands for an answer that never came, as browsers write it.
fn nothing<'a>() -> Answer<'a> {
    let content = Content { size: 0, mime_type: "", text: None, encoding: None, comment: None };
    Answer {
        status: 0,
        status_text: "",
        http_version: "",
        cookies: [],
        headers: Vec::new(),
        content,
        redirect_url: "",
        headers_size: -1,
        body_size: -1,
    }
}

fn pairs(headers: &Headers) -> Vec<Pair<'_>> {
    headers.iter().map(|(name, value)| Pair { name, value }).collect()
}

fn query(url: &str) -> Vec<Pair<'_>> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let pair = |part| str::split_once(part, '=').unwrap_or((part, ""));
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(pair)
        .map(|(name, value)| Pair { name, value })
        .collect()
}

fn header<'a>(headers: &'a Headers, name: &str) -> &'a str {
    headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

fn cut(body: &Body) -> Option<String> {
    body.cut.then(|| format!("cut: the first {} of {} bytes", body.kept.len(), body.size))
}

fn words(status: u16) -> &'static str {
    reqwest::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default()
}

fn millis(time: Option<std::time::Duration>) -> f64 {
    time.map_or(0.0, |time| (time.as_secs_f64() * 1e6).round() / 1e3)
}
