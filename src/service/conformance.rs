//! The examination of a client: small scripted accounts, each with one thing that breaks Sync clients, and a judgement
//! in words of what the client did. Any client: what can be seen is the wire, and how its process ended where the wire
//! cannot tell; nothing else is judged.
//!
//! In reading order: `scenarios` (what is put to a client, as data), `stage` (one scenario as a service, no clock and
//! no sockets in it), `judge` (the log of requests becomes a verdict, pure). Here is their face on the wire.

mod judge;
mod scenarios;
mod stage;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::HeaderMap;
use axum::http::{Method, Response};
use tokio::time::Instant;

pub use judge::{Exit, Outcome, Verdict};
pub use scenarios::{SCENARIOS, Scenario};
use stage::{Act, Call, Stage};

use super::fault;
use super::listen::{Answers, Asked, broken};
use super::reply::Problem;
use super::request::{self, Endpoint};

/// One client before one scenario after another. Clones share it.
#[derive(Clone)]
pub struct Examination {
    token: String,
    sitting: Arc<Mutex<Sitting>>,
}

/// A scenario that is up, and since when.
struct Sitting {
    stage: Stage,
    begun: Instant,
    last: Option<Instant>,
}

impl Sitting {
    fn of(scenario: &'static Scenario) -> Self {
        Self { stage: Stage::new(scenario), begun: Instant::now(), last: None }
    }
}

impl std::fmt::Debug for Examination {
    /// Without the token: it never reaches a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Examination").finish_non_exhaustive()
    }
}

/// The scenario of a name.
pub fn scenario(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}

impl Examination {
    /// Puts a scenario up for whoever has this token.
    pub fn new(scenario: &'static Scenario, token: String) -> Self {
        Self { token, sitting: Arc::new(Mutex::new(Sitting::of(scenario))) }
    }

    /// Puts another scenario up, from its beginning.
    pub fn put(&self, scenario: &'static Scenario) {
        *self.sitting() = Sitting::of(scenario);
    }

    /// Whether there is nothing left to see: all is acknowledged and the client was told so.
    pub fn is_complete(&self) -> bool {
        self.sitting().stage.is_complete()
    }

    /// Requests that came so far.
    pub fn requests(&self) -> usize {
        self.sitting().stage.log.len()
    }

    /// How long ago the last request came; none before the first.
    pub fn quiet(&self) -> Option<Duration> {
        self.sitting().last.map(|last| last.elapsed())
    }

    /// What the client did so far, judged. What is wrong may be seen on the wire, and in how its process ended.
    pub fn verdict(&self, exit: &Exit) -> Verdict {
        let sitting = self.sitting();
        judge::judge(sitting.stage.scenario, &sitting.stage.log, exit)
    }

    /// What a request asks for, if it is one that the service would take.
    async fn read(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<(String, Call), Problem> {
        if request::bearer(headers) != Some(&self.token) {
            return Err(request::unauthorized());
        }
        let endpoint = Endpoint::of(method, path).ok_or_else(|| Problem::path(method.as_str(), path))?;
        let device = request::device(headers)?.to_string();
        request::agent(headers)?;
        let call = match endpoint {
            Endpoint::Start => Call::Start,
            Endpoint::Queue { session, queue } => Call::Page { session, queue },
            Endpoint::Ack => {
                let body = request::whole(body, request::MOST_BODY).await?;
                Call::Ack(request::ack_keys(&body)?)
            }
        };
        Ok((device, call))
    }

    fn sitting(&self) -> MutexGuard<'_, Sitting> {
        self.sitting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answers for Examination {
    async fn answer(&self, asked: Asked) -> Response<Body> {
        let Asked { cut, request, .. } = asked;
        let id = uuid::Uuid::new_v4().to_string();
        let (parts, body) = request.into_parts();
        let base = request::base(&parts.headers);
        let read = self.read(&parts.method, parts.uri.path(), &parts.headers, body).await;
        let act = {
            let mut sitting = self.sitting();
            sitting.last = Some(Instant::now());
            let at = sitting.begun.elapsed();
            match read {
                Ok((device, call)) => sitting.stage.answer(at, &device, call, &base),
                Err(problem) => {
                    sitting.stage.refused(at, &problem);
                    Act::Reply(problem.into())
                }
            }
        };
        match act {
            Act::Reply(reply) => reply.into_response(&id),
            Act::Instead(fault) => match fault::instead(fault, &id) {
                Some(response) => response,
                None => broken(&cut).await,
            },
            Act::Spoilt(reply, fault) => fault.spoil(reply.into_response(&id)).await,
            Act::Dropped => broken(&cut).await,
        }
    }
}
