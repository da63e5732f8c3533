//! The way of a request: who asks, may they, what do they want. One place for the order of the checks, the rate limit,
//! the latency and the faults.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use bytes::BytesMut;
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::access::Access;
use super::emulator;
use super::fault::{self, Fault};
use super::listen::{Answers, Asked};
use super::packed;
use super::queue::{Started, Taken};
use super::reply::{Problem, Reply};
use super::{Inner, ServiceError};
use crate::protocol::{ACK_PATH, DEVICE_HEADER, DeviceUuid, START_PATH};

/// The largest body that is read: packs have no documented bound, this one is for the service's own sake.
pub(super) const MOST_BODY: usize = 64 << 20;

/// What a path asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Start,
    Ack,
    Queue { session: String, queue: String },
}

impl Endpoint {
    pub(super) fn of(method: &Method, path: &str) -> Option<Self> {
        match (method, path) {
            (&Method::POST, START_PATH) => Some(Self::Start),
            (&Method::POST, ACK_PATH) => Some(Self::Ack),
            (&Method::GET, _) => {
                let (session, queue) = path.strip_prefix("/v2/sync/")?.split_once("/queues/")?;
                let plain = |part: &str| !part.is_empty() && !part.contains('/');
                (plain(session) && plain(queue))
                    .then(|| Self::Queue { session: session.to_owned(), queue: queue.to_owned() })
            }
            _ => None,
        }
    }
}

impl Answers for Arc<Inner> {
    async fn answer(&self, asked: Asked) -> Response<Body> {
        let Asked { peer, cut, request } = asked;
        let id = uuid::Uuid::new_v4().to_string();
        if request.uri().path().starts_with(emulator::PATH) && peer.ip().is_loopback() {
            return emulator::answer(self, request).await.unwrap_or_else(Reply::from).into_response(&id);
        }
        let fault = self.faults.next(request.uri().path());
        if let Some(response) = fault.and_then(|fault| fault::instead(fault, &id)) {
            self.wait().await;
            return response;
        }
        if fault == Some(Fault::Reset) {
            return broken(&cut).await;
        }
        if fault == Some(Fault::Expire)
            && let Err(problem) = self.work(|s| s.account.expire_all()).await
        {
            return Reply::from(problem).into_response(&id);
        }
        let reply = sync(self, request).await.unwrap_or_else(Reply::from);
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.wait().await;
        let response = reply.into_response(&id);
        match fault {
            Some(Fault::Lost) => broken(&cut).await,
            Some(fault) => fault.spoil(response).await,
            None => response,
        }
    }
}

/// Ends the connection, and with it this exchange.
pub(super) async fn broken(cut: &Notify) -> Response<Body> {
    cut.notify_one();
    std::future::pending().await
}

/// The Sync API proper.
async fn sync(service: &Arc<Inner>, request: Request<Body>) -> Result<Reply, Problem> {
    let (parts, body) = request.into_parts();
    let access = authorize(service, &parts.headers)?;
    let (method, path) = (parts.method, parts.uri.path());
    let endpoint = Endpoint::of(&method, path).ok_or_else(|| Problem::path(method.as_str(), path))?;
    if !access.sync {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "insufficient_scope",
            "The token lacks a scope.",
            "Create a token with the sync scope.",
        ));
    }
    let device = device(&parts.headers)?;
    agent(&parts.headers)?;
    let idle = service.session_idle;
    match endpoint {
        Endpoint::Start => {
            let base = base(&parts.headers);
            let size = service.page;
            let started = service.work(move |s| s.account.start(device, access.sight, idle)).await?;
            start_reply(started, &base, size)
        }
        Endpoint::Queue { session, queue } => {
            if queue != "main" {
                return Err(unknown(&session));
            }
            let name = session.clone();
            let pack = service.gzip && packed::is_taken(&parts.headers);
            let reply = move |s: &Inner| match s.account.take(&session, device, access.sight, s.page, idle)? {
                // A page that cannot be packed goes as it is.
                Taken::Page(body) if pack => {
                    Ok(packed::gzip(&body).map_or(Reply::Json(StatusCode::OK, body), Reply::Gzip).into())
                }
                Taken::Page(body) => Ok(Some(Reply::Json(StatusCode::OK, body))),
                Taken::Drained => Ok(Some(Reply::Bare(StatusCode::NO_CONTENT))),
                Taken::Unknown => Ok(None),
            };
            service.work(reply).await?.ok_or_else(|| unknown(&name))
        }
        Endpoint::Ack => {
            let body = whole(body, MOST_BODY).await?;
            let keys = ack_keys(&body)?;
            service.work(move |s| s.account.acknowledge(device, access.sight, keys)).await?;
            Ok(Reply::Bare(StatusCode::ACCEPTED))
        }
    }
}

fn start_reply(started: Started, base: &str, size: usize) -> Result<Reply, Problem> {
    match started {
        Started::Nothing => Ok(Reply::Bare(StatusCode::NO_CONTENT)),
        Started::TooMany => Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limit_exceeded",
            "There are too many active sessions.",
            format!("At most {} are; drain one or let it expire.", super::queue::MOST_SESSIONS),
        )),
        Started::Session { id, total } => {
            let link = format!("{base}/v2/sync/{id}/queues/main");
            let queue = json!({
                "data": {"name": "main", "pages": total.div_ceil(size.max(1) as u64), "total_count": total},
                "meta": {"type": "sync_queue", "links": {"self": link}},
            });
            let body = json!({"data": {"id": id, "queues": [queue]}, "meta": {"type": "sync_session"}});
            Ok(Reply::Json(StatusCode::CREATED, body.to_string().into_bytes()))
        }
    }
}

/// Who asks. The rate limit counts what a known token asks for, whatever comes of it.
fn authorize(service: &Inner, headers: &HeaderMap) -> Result<Access, Problem> {
    let access = bearer(headers).and_then(|token| service.access(token)).ok_or_else(unauthorized)?;
    if service.admit(&access.token, Instant::now()) {
        Ok(access)
    } else {
        Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limit_exceeded",
            "There were too many requests.",
            "Wait a second: the limit counts all requests of a token.",
        ))
    }
}

/// The token that was sent.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, AUTHORIZATION.as_str())?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

pub(super) fn unauthorized() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "The access token is missing or wrong.",
        "Send Authorization: Bearer TOKEN with a valid token.",
    )
    .about("Authorization")
}

pub(super) fn device(headers: &HeaderMap) -> Result<DeviceUuid, Problem> {
    text(headers, DEVICE_HEADER).and_then(|value| value.trim().parse().ok()).ok_or_else(|| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid_header",
            "The device's UUID is missing or wrong.",
            format!("Send {DEVICE_HEADER} with the device's UUID, the same for ever."),
        )
        .about(DEVICE_HEADER)
    })
}

/// Each request has to say which program it comes from.
pub(super) fn agent(headers: &HeaderMap) -> Result<(), Problem> {
    if text(headers, USER_AGENT.as_str()).is_some_and(|agent| !agent.trim().is_empty()) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::BAD_REQUEST,
        "invalid_user_agent",
        "The User-Agent is missing.",
        "Send a User-Agent header that names your program.",
    )
    .about("User-Agent"))
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The base of the links in answers: the host that was asked.
pub(super) fn base(headers: &HeaderMap) -> String {
    format!("http://{}", text(headers, "host").unwrap_or("localhost"))
}

pub(super) fn unknown(session: &str) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "There is no such session or queue.",
        format!("{session} is unknown, expired or another device's. Start a new session."),
    )
}

/// A request's body, if it is no longer than it may be.
pub(super) async fn whole(body: Body, most: usize) -> Result<Bytes, Problem> {
    if body.size_hint().lower() > most as u64 {
        return Err(too_large(most));
    }
    let mut whole = BytesMut::new();
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|e| payload(format!("It cannot be read: {e}.")))?;
        if piece.len() > most - whole.len() {
            return Err(too_large(most));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

fn too_large(most: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "incorrect_payload",
        "The body is too large.",
        format!("At most {most} bytes are read; send smaller packs."),
    )
}

pub(super) fn payload(details: String) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "invalid_payload",
        "The body is not the JSON that is expected.",
        details,
    )
}

/// The keys of an ack pack: no JSON is a 400, JSON of another shape a 422.
pub(super) fn ack_keys(body: &[u8]) -> Result<Vec<String>, Problem> {
    #[derive(Deserialize)]
    struct Pack {
        data: Keys,
    }
    #[derive(Deserialize)]
    struct Keys {
        ack_keys: Vec<String>,
    }
    let pack: Pack = serde_json::from_slice(body).map_err(|e| {
        if e.is_data() {
            Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "incorrect_payload",
                "The body lacks its ack keys.",
                format!(r#"Send {{"data":{{"ack_keys":["…"]}}}}: {e}."#),
            )
            .about("ack_keys")
        } else {
            payload(format!("It is no JSON: {e}."))
        }
    })?;
    Ok(pack.data.ack_keys)
}

impl Inner {
    /// Does what blocks where blocking is allowed.
    pub(super) async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Inner) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, Problem> {
        let inner = Arc::clone(self);
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(done) => done.map_err(|e| Problem::server(&e)),
            Err(e) => Err(Problem::server(&ServiceError(format!("A request failed: {e}.")))),
        }
    }
}
