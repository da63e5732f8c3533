//! A recording served again: a HAR that the Wire screen wrote, answered request for request, so that a bug report
//! becomes a test.
//!
//! Promises: each recorded exchange is served once, in its order among those of its method and path; an ack pack meets
//! the exchange that had the same keys. A client packs by the clock and by chance: keys that were all accepted in the
//! recording are accepted in any packs. What was not recorded is a 409 that says what was expected. A queue's 204 comes
//! when all of its pages are served, however several workers were answered then, and answers every further request.
//! Tokens and devices are not compared: the recording has none. An exchange without a whole answer ends its connection.

mod recording;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::{Response, StatusCode};

use recording::{Answer, Exchange, Place, keys};

use super::ServiceError;
use super::listen::{Answers, Asked, broken};
use super::reply::{Problem, Reply};
use super::request;
use crate::protocol::ACK_PATH;

/// A recording that is served. Clones share what is left of it.
#[derive(Clone)]
pub struct Replay {
    left: Arc<Mutex<Left>>,
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replay").field("left", &self.left()).finish_non_exhaustive()
    }
}

/// What is left of a recording.
#[derive(Debug, Default)]
struct Left {
    places: BTreeMap<Place, VecDeque<Exchange>>,
    /// The keys that were accepted in it.
    accepted: BTreeSet<String>,
    /// Those of them that came in other packs.
    repacked: BTreeSet<String>,
}

impl Replay {
    /// Reads a recording. Blocks.
    ///
    /// # Errors
    /// [`ServiceError`] where the file is no HAR, has no exchange, or lacks a part of a body.
    pub fn open(file: &Path) -> Result<Self, ServiceError> {
        let mut left = Left::default();
        for (place, exchange) in recording::read(file)? {
            if exchange.is(StatusCode::ACCEPTED) {
                left.accepted.extend(exchange.keys.iter().flatten().cloned());
            }
            left.places.entry(place).or_default().push_back(exchange);
        }
        for ((method, _), exchanges) in &mut left.places {
            if method == "GET" {
                drained_last(exchanges);
            }
        }
        Ok(Self { left: Arc::new(Mutex::new(left)) })
    }

    /// Recorded exchanges that nobody has asked for yet.
    pub fn left(&self) -> usize {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.places.values().flatten().filter(|exchange| !exchange.again).count()
    }
}

/// Of several workers that ask for a page each is told that the queue is drained, and who asked first may be told last:
/// one 204 is kept, behind all pages.
fn drained_last(exchanges: &mut VecDeque<Exchange>) {
    let drained = exchanges.iter().find(|exchange| exchange.is(StatusCode::NO_CONTENT)).cloned();
    exchanges.retain(|exchange| !exchange.is(StatusCode::NO_CONTENT));
    exchanges.extend(drained);
}

impl Left {
    /// The next answer that was recorded for such a request; else what was expected.
    fn next(&mut self, place: &Place, keys: Option<&BTreeSet<String>>) -> Result<Option<Answer>, String> {
        let (method, path) = place;
        let Some(exchanges) = self.places.get_mut(place) else {
            let known: Vec<String> =
                self.places.keys().map(|(method, path)| format!("{method} {path}")).collect();
            return Err(format!("{method} {path} was not recorded; there are {}.", known.join(", ")));
        };
        let Some(at) = exchanges.iter().position(|exchange| exchange.keys.as_ref() == keys) else {
            if path == ACK_PATH && keys.is_some_and(|keys| keys.is_subset(&self.accepted)) {
                return Ok(Some(self.repack(place, keys)));
            }
            let next = exchanges.front().and_then(|exchange| exchange.keys.as_ref());
            return Err(next.map_or_else(
                || format!("{method} {path} was recorded less often."),
                |keys| format!("The next pack that was recorded has {}.", listed(keys)),
            ));
        };
        let Some(mut exchange) = exchanges.remove(at) else { return Ok(None) };
        let answer = exchange.answer.clone();
        if exchange.is(StatusCode::NO_CONTENT) && exchanges.is_empty() {
            exchange.again = true;
            exchanges.push_back(exchange);
        }
        Ok(answer)
    }

    /// Accepts keys in another pack than the recorded one. A recorded pack whose keys all came so will not come any
    /// more.
    fn repack(&mut self, place: &Place, keys: Option<&BTreeSet<String>>) -> Answer {
        self.repacked.extend(keys.into_iter().flatten().cloned());
        if let Some(exchanges) = self.places.get_mut(place) {
            let repacked = &self.repacked;
            exchanges.retain(|exchange| !exchange.keys.as_ref().is_some_and(|keys| keys.is_subset(repacked)));
        }
        Answer { status: StatusCode::ACCEPTED, headers: Vec::new(), body: axum::body::Bytes::new() }
    }
}

impl Answers for Replay {
    async fn answer(&self, asked: Asked) -> Response<Body> {
        let (parts, body) = asked.request.into_parts();
        let id = uuid::Uuid::new_v4().to_string();
        let body = match request::whole(body, request::MOST_BODY).await {
            Ok(body) => body,
            Err(problem) => return Reply::from(problem).into_response(&id),
        };
        let place = (parts.method.to_string(), parts.uri.path().to_owned());
        let next = {
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            left.next(&place, keys(&body).as_ref())
        };
        match next {
            Ok(Some(answer)) => answer.into_response(),
            Ok(None) => broken(&asked.cut).await,
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

impl Answer {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        response
    }
}
