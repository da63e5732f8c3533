//! What a status means and what its message says: the table of verdicts.

use reqwest::Url;
use reqwest::header::{HeaderMap, LOCATION};

use super::door::{Door, Subject};
use super::failure::{Operation, Verdict};
use super::words::Said;

/// Whether the protocol knows `status` as success here.
pub(super) fn is_success(operation: Operation, status: u16) -> bool {
    match operation {
        Operation::Start => matches!(status, 201 | 204),
        Operation::Take => matches!(status, 200 | 204),
        Operation::Acknowledge => status == 202,
        Operation::Other => (200..300).contains(&status),
    }
}

/// What helps against a status that is no success here.
pub(super) fn verdict(operation: Operation, status: u16) -> Verdict {
    match (status, operation) {
        (401 | 403, _) => Verdict::Refused,
        (404 | 410, Operation::Take) => Verdict::NewSession,
        (300..=399 | 404 | 405 | 410, _) => Verdict::WrongAddress,
        (400 | 413 | 422, Operation::Acknowledge) => Verdict::Halve,
        // Another 2xx too: whatever it means, it is not what the protocol promises.
        (408 | 421 | 425 | 429 | 500.. | ..300, _) => Verdict::Retry,
        _ => Verdict::Rejected,
    }
}

/// What a message needs beside the status.
pub(super) struct Context<'a> {
    pub(super) operation: Operation,
    pub(super) status: u16,
    pub(super) said: &'a Said,
    pub(super) door: Door,
    pub(super) token_source: &'a str,
    pub(super) base: &'a str,
    /// Where a redirect points, safe; see [`location_host`].
    pub(super) location: Option<&'a str>,
}

/// One line: what is wrong and what to do, then what was asked and what the service said.
pub(super) fn message(context: &Context<'_>) -> String {
    let Context { operation, status, said, .. } = context;
    format!("{}: {} answered {status}{}", finding(context), name(*operation), said.quote())
}

fn finding(context: &Context<'_>) -> String {
    let Context { operation, status, door, token_source, base, location, .. } = context;
    let url = door.calls(Subject::BaseUrl);
    match (*status, verdict(*operation, *status)) {
        (401, _) => format!(
            "the service does not accept the token from {token_source}; make a new one (Settings › OAuth › Access \
             Tokens) and put it there"
        ),
        (403, _) => format!("the token from {token_source} needs the `sync` scope"),
        (300..=399, _) => format!(
            "{base} redirects to {}, which is not followed, so that the token stays where it belongs; check {url}",
            location.unwrap_or("nowhere")
        ),
        (_, Verdict::WrongAddress) => format!("there is no Sync API at {base}; check {url}"),
        (_, Verdict::NewSession) => {
            "the session is unknown or has expired; a new one has what is left".to_owned()
        }
        (_, Verdict::Halve) => "the service refuses this pack of keys".to_owned(),
        (429, _) => format!("too many requests; {} lowers them", door.calls(Subject::Rate)),
        (..300, _) => format!(
            "{} is expected, and nothing else counts; does the Sync API answer at {base}? check {url}",
            expected(*operation)
        ),
        (_, Verdict::Rejected) => format!(
            "the service calls the request wrong; check {} and {url}, and quote the request to support",
            door.calls(Subject::Device)
        ),
        _ => format!("the service at {base} has trouble; try again in a while"),
    }
}

/// How messages name an exchange.
pub(super) fn name(operation: Operation) -> &'static str {
    match operation {
        Operation::Start => "start",
        Operation::Take => "the queue",
        Operation::Acknowledge => "ack",
        Operation::Other => "the service",
    }
}

fn expected(operation: Operation) -> &'static str {
    match operation {
        Operation::Start => "201 or 204",
        Operation::Take => "200 or 204",
        Operation::Acknowledge => "202",
        Operation::Other => "a 2xx",
    }
}

/// The host that a redirect points to: the rest of a Location may hold anything.
pub(super) fn location_host(asked: &Url, headers: &HeaderMap) -> Option<String> {
    let location = headers.get(LOCATION)?.to_str().ok()?;
    let url = asked.join(location).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}
