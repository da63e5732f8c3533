//! Answers: bodies, and errors in the documented envelope, each with the request's id.

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use axum::http::{Response, StatusCode};
use serde_json::json;

use crate::protocol::REQUEST_ID_HEADER;

/// What is wrong with a request, in the documented words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    details: String,
    /// The header or field that it is about.
    field: Option<&'static str>,
}

impl Problem {
    /// A problem of this status and code.
    pub(super) fn new(
        status: StatusCode,
        code: &'static str,
        message: &'static str,
        details: impl Into<String>,
    ) -> Self {
        Self { status, code, message, details: details.into(), field: None }
    }

    /// Names what it is about.
    pub(super) fn about(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// 404 for a path that no endpoint has.
    pub(super) fn path(method: &str, path: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "incorrect_path",
            "There is no such endpoint.",
            format!("{method} {path} is not part of the Sync API."),
        )
    }

    /// 500 where the account cannot be used.
    pub(super) fn server(error: &super::ServiceError) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server_error",
            "The service could not do this.",
            error.to_string(),
        )
    }

    /// The status that it is answered with.
    pub(super) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// What is wrong, in a sentence.
    pub(super) fn message(&self) -> &'static str {
        self.message
    }

    fn body(&self, request: &str) -> Vec<u8> {
        let mut error = json!({"code": self.code, "message": self.message, "details": self.details});
        if let Some(field) = self.field {
            error["field"] = field.into();
        }
        let reason = self.status.canonical_reason().unwrap_or_default();
        json!({
            "errors": [{"error": error, "meta": {"type": "error"}}],
            "meta": {
                "type": "errors_collection",
                "http_status": format!("{} {reason}", self.status.as_u16()),
                "logref": request,
                "links": {"more_info": "https://developer.zendesk.com/api-reference/sales-crm/errors/"},
            },
        })
        .to_string()
        .into_bytes()
    }
}

/// What a request is answered.
#[derive(Debug)]
pub(super) enum Reply {
    /// A status alone.
    Bare(StatusCode),
    /// A JSON body.
    Json(StatusCode, Vec<u8>),
    /// A page, packed.
    Gzip(Vec<u8>),
    /// What a gateway answers in the service's place.
    Html(StatusCode),
    /// An error.
    Problem(Problem),
}

impl Reply {
    /// The answer on the wire.
    pub(super) fn into_response(self, request: &str) -> Response<Body> {
        const JSON: &str = "application/json; charset=utf-8";
        let packed = matches!(self, Self::Gzip(_));
        let (status, content_type, body) = match self {
            Self::Bare(status) => (status, None, Vec::new()),
            Self::Json(status, body) => (status, Some(JSON), body),
            Self::Gzip(body) => (StatusCode::OK, Some(JSON), body),
            Self::Html(status) => (status, Some("text/html"), html(status)),
            Self::Problem(problem) => (problem.status, Some(JSON), problem.body(request)),
        };
        let mut response = Response::new(Body::from(Bytes::from(body)));
        *response.status_mut() = status;
        if let Some(content_type) = content_type {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if packed {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Ok(id) = HeaderValue::from_str(request) {
            response.headers_mut().insert(REQUEST_ID_HEADER, id);
        }
        response
    }
}

fn html(status: StatusCode) -> Vec<u8> {
    format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n").into_bytes()
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}
