//! The way of a request: who asks, may they, what do they want. One place for the order of the checks, the rate limit,
//! the latency and the faults.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use serde_json::json;
use tokio::time::Instant;

use super::access::Access;
use super::fault::{self, Fault};
use super::listen::{Answers, Asked, broken};
use super::packed;
use super::queue::{Started, Taken};
use super::reply::{Problem, Reply};
use super::request::{self, Endpoint};
use super::{Inner, Service, emulator};

impl Answers for Service {
    async fn answer(&self, asked: Asked) -> Response<Body> {
        let Asked { peer, cut, request } = asked;
        let service = &self.inner;
        let id = uuid::Uuid::new_v4().to_string();
        if request.uri().path().starts_with(emulator::PATH) && peer.ip().is_loopback() {
            return emulator::answer(service, request).await.unwrap_or_else(Reply::from).into_response(&id);
        }
        let fault = service.faults.next(request.uri().path());
        if let Some(response) = fault.and_then(|fault| fault::instead(fault, &id)) {
            service.wait().await;
            return response;
        }
        if fault == Some(Fault::Reset) {
            return broken(&cut).await;
        }
        if fault == Some(Fault::Expire)
            && let Err(problem) = service.work(|s| s.account.expire_all()).await
        {
            return Reply::from(problem).into_response(&id);
        }
        let reply = sync(service, request).await.unwrap_or_else(Reply::from);
        service.requests.fetch_add(1, Ordering::Relaxed);
        service.wait().await;
        let response = reply.into_response(&id);
        match fault {
            Some(Fault::Lost) => broken(&cut).await,
            Some(fault) => fault.spoil(response).await,
            None => response,
        }
    }

    async fn ended(&self) -> std::io::Result<()> {
        let service = Arc::clone(&self.inner);
        let saved = tokio::task::spawn_blocking(move || service.account.save_sessions());
        saved.await.map_err(std::io::Error::other)?.map_err(std::io::Error::other)
    }
}

/// The Sync API proper.
async fn sync(service: &Arc<Inner>, asked: Request<Body>) -> Result<Reply, Problem> {
    let (parts, body) = asked.into_parts();
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
    let device = request::device(&parts.headers)?;
    request::agent(&parts.headers)?;
    let idle = service.session_idle;
    match endpoint {
        Endpoint::Start => {
            let base = request::base(&parts.headers);
            let size = service.page;
            let started = service.work(move |s| s.account.start(device, access.sight, idle)).await?;
            start_reply(started, &base, size)
        }
        Endpoint::Queue { session, queue } => {
            if queue != "main" {
                return Err(request::unknown(&session));
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
            service.work(reply).await?.ok_or_else(|| request::unknown(&name))
        }
        Endpoint::Ack => {
            let body = request::whole(body, request::MOST_BODY).await?;
            let keys = request::ack_keys(&body)?;
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
    let access =
        request::bearer(headers).and_then(|token| service.access(token)).ok_or_else(request::unauthorized)?;
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
