//! What only this service has, under `/emulator/`: edits, faults, rights and figures, for whoever runs it.
//!
//! It asks for no token, so it asks who sends: promise: only a program on this machine that means this service. A web
//! page in a browser here is none, whether it posts from another origin or had its own name pointed at this machine.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{Request, StatusCode, request};
use serde::Deserialize;
use serde_json::json;

use super::access::Sight;
use super::fault::Plan;
use super::reply::{Problem, Reply};
use super::request::{payload, text, whole};
use super::{Edit, Inner, ServiceError};
use crate::protocol::host::is_loopback;

/// Where all of it is.
pub(super) const PATH: &str = "/emulator/";
/// The largest body that is read, in bytes.
const MOST_WORDS: usize = 64 << 10;

/// Does what is asked, for a peer on this machine.
pub(super) async fn answer(service: &Arc<Inner>, request: Request<Body>) -> Result<Reply, Problem> {
    let (parts, body) = request.into_parts();
    no_web_page(&parts)?;
    let body = whole(body, MOST_WORDS).await?;
    let read = |e: serde_json::Error| payload(format!("{e}."));
    match (parts.method.as_str(), parts.uri.path()) {
        ("POST", "/emulator/edit") => {
            let edit: Edit = serde_json::from_slice(&body).map_err(read)?;
            let done = service.work(move |s| s.edit(edit)).await?;
            Ok(Reply::Json(StatusCode::OK, json!(done).to_string().into_bytes()))
        }
        ("POST", "/emulator/fault") => {
            let plan = Plan::from_body(&body).map_err(payload)?;
            if service.faults.plan(plan) {
                Ok(Reply::Bare(StatusCode::ACCEPTED))
            } else {
                Err(payload("Too many faults are waiting.".to_owned()))
            }
        }
        ("DELETE", "/emulator/fault") => {
            service.faults.clear();
            Ok(Reply::Bare(StatusCode::ACCEPTED))
        }
        ("POST", "/emulator/sight") => {
            let change: SightChange = serde_json::from_slice(&body).map_err(read)?;
            service.has_user(change.user).map_err(|why| payload(format!("{why}.")))?;
            service.work(move |s| s.set_sight(change.user, change.everything)).await?;
            Ok(Reply::Bare(StatusCode::ACCEPTED))
        }
        ("GET", "/emulator/status") => {
            let status = service.work(Inner::status).await?;
            Ok(Reply::Json(StatusCode::OK, status.to_string().into_bytes()))
        }
        (method, path) => Err(Problem::path(method, path)),
    }
}

/// Refuses what a browser sends for a page. It names the page's origin with all that changes something, and programs
/// name none; a page whose name leads here (DNS rebinding) asks for that name. The body's type tells nothing: `curl -d`
/// says the same as a form, and a fault may be written in words.
fn no_web_page(parts: &request::Parts) -> Result<(), Problem> {
    if parts.headers.contains_key(ORIGIN) {
        let details = "Leave the Origin header out: this is for programs on this machine, not for web pages.";
        return Err(refused("It was asked by a web page.", details).about("Origin"));
    }
    let named = match parts.uri.authority() {
        Some(authority) => Some(authority.clone()),
        None => text(&parts.headers, HOST.as_str()).and_then(|host| host.parse::<Authority>().ok()),
    };
    if named.is_some_and(|authority| is_loopback(authority.host())) {
        return Ok(());
    }
    let details =
        "Ask for localhost, 127.0.0.1 or [::1]: another name may be one that a web page made lead here.";
    Err(refused("It was asked by another host's name.", details).about("Host"))
}

fn refused(message: &'static str, details: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "invalid_header", message, details)
}

/// `POST /emulator/sight`: whether a user sees everything or only what is theirs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SightChange {
    user: i64,
    everything: bool,
}

impl Inner {
    fn status(&self) -> Result<serde_json::Value, ServiceError> {
        let counts: serde_json::Map<_, _> =
            self.counts()?.into_iter().map(|(kind, count)| (kind, count.into())).collect();
        let users: Vec<_> = self
            .accesses()
            .iter()
            .map(|access| {
                json!({"user": access.user, "everything": access.sight == Sight::Everything, "sync": access.sync})
            })
            .collect();
        let (sessions, last) = (self.account.active(), self.account.state().last);
        let requests = self.requests.load(Ordering::Relaxed);
        Ok(json!({
            "counts": counts, "sessions": sessions, "changes": last, "requests": requests, "users": users
        }))
    }
}
