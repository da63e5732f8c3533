//! Faults on purpose: the one place where an answer can go wrong because somebody asked for it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, Response, StatusCode};
use futures_util::stream;
use serde::Deserialize;

use super::reply::{Problem, Reply};

/// What goes wrong with one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fault {
    /// This status is answered, and nothing is done.
    Instead(u16),
    /// The request is done, then the body ends in the middle.
    Cut,
    /// The request is done, then the connection ends without an answer's body.
    Lost,
    /// The connection ends without an answer, nothing done.
    Reset,
    /// The request is done, then the connection ends without an answer.
    Silent,
}

/// What still will go wrong, in requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bends {
    /// Every so many requests one is a 429; 0 = none.
    pub limit_every: u32,
    /// Statuses instead of answers.
    pub failing: u32,
    /// Connections that end without an answer, nothing done.
    pub resets: u32,
    /// Bodies that end in the middle, or whose answers get lost on their way, packs apart.
    pub cuts: u32,
    /// Requests that are done and never answered.
    pub silent: u32,
}

/// Faults for the next requests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    fault: Fault,
    /// How many requests it meets.
    #[serde(default = "once")]
    times: u32,
    /// Only paths that contain this.
    #[serde(default)]
    path: String,
}

fn once() -> u32 {
    1
}

impl Plan {
    /// A fault for the next `times` requests of paths that contain `path`.
    pub(super) fn new(fault: Fault, times: u32, path: &str) -> Self {
        Self { fault, times, path: path.to_owned() }
    }
}

/// What is still to go wrong.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Planned>);

#[derive(Debug, Default)]
struct Planned {
    plans: VecDeque<Plan>,
    /// Every so many requests one is a 429, and how many came since.
    limit_every: u32,
    since: u32,
}

impl Faults {
    /// Adds a plan, after those that are there.
    pub(super) fn plan(&self, plan: Plan) {
        self.planned().plans.push_back(plan);
    }

    /// Answers every `n`th request with 429; 0 = none.
    pub(super) fn limit_every(&self, n: u32) {
        let mut planned = self.planned();
        planned.limit_every = n;
        planned.since = 0;
    }

    /// Nothing goes wrong any more.
    pub(super) fn clear(&self) {
        *self.planned() = Planned::default();
    }

    /// What still will go wrong.
    pub(super) fn bends(&self) -> Bends {
        let planned = self.planned();
        let mut bends = Bends { limit_every: planned.limit_every, ..Bends::default() };
        for plan in &planned.plans {
            match plan.fault {
                Fault::Instead(_) => bends.failing += plan.times,
                Fault::Reset => bends.resets += plan.times,
                Fault::Cut | Fault::Lost => bends.cuts += plan.times,
                Fault::Silent => bends.silent += plan.times,
            }
        }
        bends
    }

    fn planned(&self) -> MutexGuard<'_, Planned> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes wrong with this request.
    pub(super) fn next(&self, _method: &Method, path: &str) -> Option<Fault> {
        let mut planned = self.planned();
        planned.plans.retain(|plan| plan.times > 0);
        if let Some(plan) = planned.plans.iter_mut().find(|plan| path.contains(&plan.path)) {
            plan.times -= 1;
            return Some(plan.fault);
        }
        planned.since += 1;
        if planned.limit_every == 0 || planned.since < planned.limit_every {
            return None;
        }
        planned.since = 0;
        Some(Fault::Instead(429))
    }
}

/// The answer of a fault's status; gateways answer in HTML.
pub(super) fn instead(status: u16) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let code = match status.as_u16() {
        401 => "unauthorized",
        403 => "insufficient_scope",
        404 => "not_found",
        413 | 422 => "incorrect_payload",
        429 => "rate_limit_exceeded",
        503 => "temporarily_unavailable",
        502 | 504 => return Reply::Html(status),
        400..=499 => "invalid_param",
        500..=599 => "server_error",
        _ => return Reply::Bare(status),
    };
    Problem::new(status, code, "This was asked for.", "A fault on purpose.").into()
}

impl Fault {
    /// Spoils a finished answer.
    pub(super) async fn spoil(self, response: Response<Body>) -> Response<Body> {
        let (mut parts, body) = response.into_parts();
        parts.headers.remove(axum::http::header::CONTENT_LENGTH);
        let half = match self {
            // These have no answer to spoil.
            Self::Instead(_) | Self::Reset | Self::Silent => return Response::from_parts(parts, body),
            // A body of ours is whole already, so reading it cannot fail.
            Self::Cut => to_bytes(body, usize::MAX).await.map(|all| all.slice(..all.len() / 2)).ok(),
            Self::Lost => None,
        };
        let pieces = stream::unfold(half, |half| async {
            let Some(half) = half else { return Some((Err(std::io::Error::other("cut on purpose")), None)) };
            if half.is_empty() {
                // What was sent must leave before the connection breaks, or all of the answer is lost.
                tokio::task::yield_now().await;
                return Some((Err(std::io::Error::other("cut on purpose")), None));
            }
            Some((Ok(half), Some(Bytes::new())))
        });
        Response::from_parts(parts, Body::from_stream(pieces))
    }
}
