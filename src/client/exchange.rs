//! The one way over the wire: every exchange passes through [`Wire::exchange`], bounded in size and time.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Response, Url};
use tokio::time::{Instant, timeout_at};

use crate::protocol::host::LOCALHOST;
use crate::protocol::{QueueName, REQUEST_ID_HEADER, SessionId};
use crate::text;

use super::address::Base;
use super::call::{Call, PROGRAM, headers};
use super::door::Subject;
use super::failure::{ConfigError, Failure, FailureKind, Operation, Verdict};
use super::redact::Redactor;
use super::tap::Note;
use super::words::{Said, safe};
use super::{ClientConfig, Limits, check_token, refusal, retry_after};

/// The most of a body that is read where the status already says it all.
const EPILOGUE: usize = 64 * 1024;
/// The most memory that an announced length alone may claim.
const TRUST: u64 = 8 * 1024 * 1024;
const MIB: u64 = 1024 * 1024;

/// An answer with a status that the protocol knows as success.
pub(super) struct Reply {
    pub(super) status: u16,
    /// Whole, after decompression; empty where the status has none.
    pub(super) body: Vec<u8>,
    pub(super) html: bool,
    pub(super) elapsed: Duration,
    pub(super) request_id: Option<String>,
    /// Its record, to be ended by whoever knows what the body turned out to be.
    pub(super) note: Note,
}

/// The connection pool, and what every exchange needs.
pub(super) struct Wire {
    http: reqwest::Client,
    pub(super) base: Base,
    pub(super) config: ClientConfig,
    /// Takes the token out of what the service says.
    pub(super) redactor: Redactor,
    limits: Limits,
}

impl Wire {
    pub(super) fn new(config: ClientConfig, limits: Limits) -> Result<Self, ConfigError> {
        let base = Base::parse(&config.base_url, config.door)?;
        check_token(&config.token, &config.token_source)?;
        let http = pool(&base, headers(&config)?, limits)?;
        let redactor = Redactor::new(&config.token);
        Ok(Self { http, base, config, redactor, limits })
    }

    /// Sends one request and receives its whole answer. Everything that crosses the wire passes here, and `note` is
    /// told.
    pub(super) async fn exchange(&self, call: Call, mut note: Note) -> Result<Reply, Failure> {
        match self.trip(call, &mut note).await {
            Ok(reply) => Ok(Reply { note, ..reply }),
            Err(failure) => {
                note.end(Some(&failure));
                Err(failure)
            }
        }
    }

    async fn trip(&self, call: Call, note: &mut Note) -> Result<Reply, Failure> {
        let extras = call.extras();
        let Call { operation, method, url, body } = call;
        let mut trip = Trip { wire: self, operation, sent: Instant::now(), status: None, request_id: None };
        let mut request = self.http.request(method, url.clone()).headers(extras);
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = match timeout_at(trip.deadline(0), request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(trip.transport(&error)),
            Err(_) => return Err(trip.late(0)),
        };
        note.head(&response);
        let status = response.status().as_u16();
        let request_id = response.headers().get(REQUEST_ID_HEADER).and_then(|id| id.to_str().ok());
        trip.request_id = request_id.map(|id| safe(&self.redactor, id)).filter(|id| !id.is_empty());
        trip.status = Some(status);
        if !refusal::is_success(operation, status) {
            return Err(trip.refused(&url, response, note).await);
        }
        let html = says_html(response.headers());
        let mut body = Vec::new();
        match status {
            204 => note.body(&[]),
            // Read to the end, so that the connection can be used again; what it says changes nothing.
            202 => note.body(&trip.epilogue(response).await),
            _ => {
                let received = trip.body(response, &mut body).await;
                // What is whole, is recorded by whoever reads it.
                note.body(if received.is_ok() { &[] } else { &body });
                received?;
            }
        }
        let html = html || body.trim_ascii_start().starts_with(b"<");
        let (elapsed, request_id) = (trip.sent.elapsed(), trip.request_id);
        Ok(Reply { status, body, html, elapsed, request_id, note: Note::nothing() })
    }

    /// The failure of a success whose body is not what the protocol says.
    pub(super) fn no_body(
        &self,
        operation: Operation,
        status: u16,
        html: bool,
        why: &str,
        request_id: Option<String>,
        elapsed: Duration,
    ) -> Failure {
        let what = match operation {
            Operation::Start => "session",
            Operation::Take => "page",
            Operation::Acknowledge => "acceptance",
            Operation::Other => "answer",
        };
        let why = if html {
            let url = self.config.door.calls(Subject::BaseUrl);
            format!("it is an HTML page, as proxies and login pages send; check {url}")
        } else {
            safe(&self.redactor, why)
        };
        let message =
            format!("{} answered {status} with a body that is no {what}: {why}", refusal::name(operation));
        Failure {
            operation,
            kind: FailureKind::Body,
            verdict: Verdict::Retry,
            status: Some(status),
            code: None,
            message,
            request_id,
            retry_after: None,
            elapsed,
        }
    }

    /// The failure of a take that no address can express; nothing is sent.
    pub(super) fn unaddressable(&self, session: &SessionId, queue: &QueueName) -> Failure {
        let said = safe(&self.redactor, &format!("\"{}\" and \"{}\"", session.0, queue.0));
        Failure {
            operation: Operation::Take,
            kind: FailureKind::Body,
            verdict: Verdict::Rejected,
            status: None,
            code: None,
            message: format!("no request can name this session and queue: {said}"),
            request_id: None,
            retry_after: None,
            elapsed: Duration::ZERO,
        }
    }
}

/// One exchange under way.
struct Trip<'a> {
    wire: &'a Wire,
    operation: Operation,
    sent: Instant,
    status: Option<u16>,
    request_id: Option<String>,
}

impl Trip<'_> {
    /// The exchange's one deadline, which grows with what was received.
    fn deadline(&self, received: u64) -> Instant {
        let Limits { exchange, each_mib, .. } = self.wire.limits;
        self.sent + exchange + each_mib.mul_f64(received as f64 / MIB as f64)
    }

    /// Receives a body, never holding more than the bound. What came before a failure is there too.
    async fn body(&self, mut response: Response, body: &mut Vec<u8>) -> Result<(), Failure> {
        let bound = self.wire.config.max_page;
        let announced = response.content_length().unwrap_or_default();
        if announced > bound {
            return Err(self.too_large(bound));
        }
        body.reserve_exact(announced.min(TRUST) as usize);
        loop {
            let received = body.len() as u64;
            match timeout_at(self.deadline(received), response.chunk()).await {
                Ok(Ok(Some(chunk))) if received + chunk.len() as u64 > bound => {
                    return Err(self.too_large(bound));
                }
                Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(error)) => return Err(self.transport(&error)),
                Err(_) => return Err(self.late(received)),
            }
        }
    }

    /// What can be had, quickly, of a body that decides nothing.
    async fn epilogue(&self, mut response: Response) -> Vec<u8> {
        let end = Instant::now() + self.wire.limits.epilogue;
        let mut body = Vec::new();
        while let Ok(Ok(Some(chunk))) = timeout_at(end, response.chunk()).await {
            let room = EPILOGUE - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == EPILOGUE {
                break;
            }
        }
        body
    }

    /// The failure of a status that is no success here.
    async fn refused(&self, asked: &Url, response: Response, note: &mut Note) -> Failure {
        let token = &self.wire.redactor;
        let status = response.status().as_u16();
        let wait = retry_after::read(response.headers());
        let html = says_html(response.headers());
        let location = refusal::location_host(asked, response.headers()).map(|host| safe(token, &host));
        let body = self.epilogue(response).await;
        note.body(&body);
        let html = html || body.trim_ascii_start().starts_with(b"<");
        let said = Said::read(token, &body, html, self.request_id.clone());
        let message = refusal::message(&refusal::Context {
            operation: self.operation,
            status,
            said: &said,
            door: self.wire.config.door,
            token_source: &text::visible(&self.wire.config.token_source),
            base: &self.wire.base.shown(),
            location: location.as_deref(),
        });
        Failure {
            verdict: refusal::verdict(self.operation, status),
            code: said.code,
            request_id: said.request_id,
            retry_after: wait,
            ..self.failure(FailureKind::Status, message)
        }
    }

    /// The failure of an exchange that the connection ended.
    fn transport(&self, error: &reqwest::Error) -> Failure {
        let cause = safe(&self.wire.redactor, &root_cause(error));
        let origin = self.wire.base.origin();
        let asked = refusal::name(self.operation);
        let url = self.wire.config.door.calls(Subject::BaseUrl);
        let (kind, message) = if error.is_timeout() {
            let how = if error.is_connect() { "could not be reached in time" } else { "went silent" };
            (FailureKind::Timeout, format!("{origin} {how}: {asked} has no answer"))
        } else if is_tls(error) {
            (
                FailureKind::Tls,
                format!(
                    "no trusted TLS connection to {origin}: {cause}; check {url}, the clock and the package \
                     ca-certificates (a company's own certificate: SSL_CERT_FILE)"
                ),
            )
        } else if error.is_connect() {
            (
                FailureKind::Connect,
                format!("cannot connect to {origin}: {cause}; check {url} and the network"),
            )
        } else if error.is_builder() {
            (FailureKind::Connect, format!("{asked} cannot be asked: {cause}"))
        } else if self.status.is_some() && is_damaged(error) {
            (FailureKind::Body, format!("the answer of {asked} cannot be decompressed: {cause}"))
        } else if self.status.is_some() {
            (FailureKind::Cut, format!("the answer of {asked} was cut: {cause}"))
        } else {
            (FailureKind::Cut, format!("{origin} gave no whole answer for {asked}: {cause}"))
        };
        self.failure(kind, message)
    }

    fn late(&self, received: u64) -> Failure {
        let spent = text::span(self.sent.elapsed());
        let had = text::bytes(received);
        let asked = refusal::name(self.operation);
        self.failure(
            FailureKind::Timeout,
            format!("the answer of {asked} did not end within {spent} ({had} received)"),
        )
    }

    fn too_large(&self, bound: u64) -> Failure {
        let (asked, size) = (refusal::name(self.operation), text::bytes(bound));
        let more = self.wire.config.door.calls(Subject::MaxPage);
        let message =
            format!("{asked} answered with more than {size} after decompression; {more} allows more");
        Failure { verdict: Verdict::RetryTooLarge, ..self.failure(FailureKind::TooLarge, message) }
    }

    fn failure(&self, kind: FailureKind, message: String) -> Failure {
        Failure {
            operation: self.operation,
            kind,
            verdict: Verdict::Retry,
            status: self.status,
            code: None,
            message,
            request_id: self.request_id.clone(),
            retry_after: None,
            elapsed: self.sent.elapsed(),
        }
    }
}

/// A connection pool that sends to the base URL's host and nowhere else.
fn pool(base: &Base, headers: HeaderMap, limits: Limits) -> Result<reqwest::Client, ConfigError> {
    // Once a process; a second call only says that it was done.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(PROGRAM)
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(limits.connect)
        .read_timeout(limits.silence);
    if base.is_loopback() {
        builder = builder.no_proxy();
    }
    if base.host() == "localhost" {
        builder = builder.resolve_to_addrs("localhost", &LOCALHOST.map(|ip| SocketAddr::new(ip, 0)));
    }
    if base.is_plain() {
        // No certificate is looked at, so a machine without a CA store will do.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| {
        let cause = text::visible(&root_cause(&error)).into_owned();
        ConfigError(format!(
            "TLS cannot be set up: {cause}; install the package ca-certificates, or name a bundle in SSL_CERT_FILE"
        ))
    })
}

fn says_html(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.trim_start().to_ascii_lowercase().starts_with("text/html")
}

/// An error and what caused it, outermost first. An [`io::Error`] hides what it wraps from `source`.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(Some(error as &(dyn Error + 'static)), |cause| {
        let cause: &(dyn Error + 'static) = *cause;
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| cause.source())
    })
}

/// The innermost words of an error; the outer ones only repeat the URL and the layer.
fn root_cause(error: &reqwest::Error) -> String {
    let words = causes(error).last().map(ToString::to_string).unwrap_or_default();
    // The number says nothing that the words do not.
    words.split(" (os error").next().unwrap_or_default().to_owned()
}

/// Whether TLS is what failed.
fn is_tls(error: &reqwest::Error) -> bool {
    causes(error).any(<dyn Error>::is::<rustls::Error>)
}

/// Whether the bytes came and could not be decompressed.
fn is_damaged(error: &reqwest::Error) -> bool {
    let kinds = [io::ErrorKind::InvalidData, io::ErrorKind::InvalidInput];
    causes(error).any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|e| kinds.contains(&e.kind())))
}
