//! Wrong answers, and right ones made wrong.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::http::{Response, StatusCode};
use futures_util::stream;

use super::super::reply::{Problem, Reply};
use super::kind::Fault;

/// The answer of a fault's status; gateways answer in HTML.
fn status(status: u16) -> Reply {
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

/// What is answered where nothing is done; none where the request is to be done all the same.
pub(in super::super) fn instead(fault: Fault, request: &str) -> Option<Response<Body>> {
    const EMPTY: &[u8] = br#"{"items":[],"meta":{"type":"collection","count":0,"count_left":1}}"#;
    const BARE: &[u8] =
        br#"{"errors":[{"error":{"code":"temporarily_unavailable","message":"This was asked for."}}]}"#;
    let reply = match fault {
        Fault::Instead(code, _) => status(code),
        Fault::Bare => Reply::Json(StatusCode::SERVICE_UNAVAILABLE, BARE.to_vec()),
        Fault::Html => Reply::Html(StatusCode::OK),
        Fault::Empty => Reply::Json(StatusCode::OK, EMPTY.to_vec()),
        _ => return None,
    };
    let mut response = reply.into_response(request);
    if let Fault::Instead(_, Some(seconds)) = fault {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response.extensions_mut().insert(fault);
    Some(response)
}

impl Fault {
    /// Spoils a finished answer. It carries the fault, for who watches.
    pub(in super::super) async fn spoil(self, mut response: Response<Body>) -> Response<Body> {
        const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
        if self.meets(response.status()) {
            response.extensions_mut().insert(self);
        }
        match self {
            Self::Latency(pause) => tokio::time::sleep(pause).await,
            Self::Ack200 if response.status() == StatusCode::ACCEPTED => {
                *response.status_mut() = StatusCode::OK;
            }
            Self::Json204 if response.status() == StatusCode::NO_CONTENT => {
                response.headers_mut().insert(CONTENT_TYPE, JSON);
            }
            Self::Cut => return half(response, None).await,
            Self::Stall(pause) => return half(response, Some(pause)).await,
            Self::Drip(pause) => return drip(response, pause).await,
            _ => {}
        }
        response
    }
}

impl Fault {
    /// Whether an answer of this status is one that it changes.
    fn meets(self, status: StatusCode) -> bool {
        match self {
            Self::Ack200 => status == StatusCode::ACCEPTED,
            Self::Json204 => status == StatusCode::NO_CONTENT,
            _ => true,
        }
    }
}

/// Half of the body, perhaps a pause, then a broken connection.
async fn half(response: Response<Body>, pause: Option<Duration>) -> Response<Body> {
    let (parts, all) = taken(response).await;
    let begin = all.slice(..all.len() / 2);
    let pieces = stream::unfold(Some(begin), move |begin| async move {
        let begin = begin?;
        if !begin.is_empty() {
            return Some((Ok(begin), Some(Bytes::new())));
        }
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            // What was sent must leave before the connection breaks, or all of the answer is lost.
            None => tokio::task::yield_now().await,
        }
        Some((Err(io::Error::other("cut on purpose")), None))
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// The whole body, byte by byte.
async fn drip(response: Response<Body>, pause: Duration) -> Response<Body> {
    let (parts, all) = taken(response).await;
    let pieces = stream::unfold(all, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let byte = rest.split_to(1);
        Some((Ok::<_, io::Error>(byte), rest))
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

async fn taken(response: Response<Body>) -> (axum::http::response::Parts, Bytes) {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    // A body of ours is whole already, so reading it cannot fail.
    (parts, to_bytes(body, usize::MAX).await.unwrap_or_default())
}
