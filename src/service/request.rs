//! Reading a request: which endpoint it is for, who sends it, what its body has; and what is said where one of these is
//! not as the API wants it. Knows no account.

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::{HeaderMap, Method, StatusCode};
use bytes::BytesMut;
use futures_util::StreamExt as _;
use serde::Deserialize;

use super::reply::Problem;
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
