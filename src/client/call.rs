//! A request: what is sent, and what a tap records of it. Pure.

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap,
    HeaderName, HeaderValue, USER_AGENT,
};
use reqwest::{Method, Url};
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use crate::protocol::DEVICE_HEADER;

use super::ClientConfig;
use super::address::Base;
use super::failure::{ConfigError, Operation};
use super::tap::exchange::Headers;
use super::tap::{Draft, Label};

/// What this program calls itself.
pub(super) const PROGRAM: &str = concat!("drainboard/", env!("CARGO_PKG_VERSION"));
/// What the connection pool says it can undo; here for the tap, which cannot see it.
const ENCODINGS: &str = "gzip,br";

/// A request, as the protocol has it.
pub(super) struct Call {
    pub(super) operation: Operation,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Vec<u8>>,
}

impl Call {
    pub(super) fn start(base: &Base) -> Self {
        Self { operation: Operation::Start, method: Method::POST, url: base.start(), body: None }
    }

    pub(super) fn take(url: Url) -> Self {
        Self { operation: Operation::Take, method: Method::GET, url, body: None }
    }

    pub(super) fn acknowledge(base: &Base, body: Vec<u8>) -> Self {
        Self { operation: Operation::Acknowledge, method: Method::POST, url: base.ack(), body: Some(body) }
    }

    /// What a tap records of it before it is sent.
    pub(super) fn draft(&self, headers: Headers, label: Label, attempt: u32) -> Draft<'_> {
        Draft {
            operation: self.operation,
            method: if self.method == Method::GET { "GET" } else { "POST" },
            url: self.url.as_str(),
            headers,
            body: self.body.as_deref().unwrap_or_default(),
            label,
            attempt,
        }
    }

    /// The headers that it adds to those of every request.
    pub(super) fn extras(&self) -> HeaderMap {
        let mut extras = HeaderMap::new();
        if self.body.is_some() {
            extras.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        } else if self.operation == Operation::Start {
            // Some gateways answer 411 to a POST that does not say that it has no body.
            extras.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        extras
    }

    /// All the headers that it is sent with, those of the connection included. Those of all takes are the same.
    pub(super) fn sent(&self, config: &ClientConfig) -> HeaderMap {
        let mut sent = headers(config).unwrap_or_default(); // it was possible when the pool was made
        sent.insert(USER_AGENT, HeaderValue::from_static(PROGRAM));
        sent.insert(ACCEPT_ENCODING, HeaderValue::from_static(ENCODINGS));
        if let Ok(host) = HeaderValue::try_from(self.url.authority()) {
            sent.insert(HOST, host);
        }
        if let Some(body) = &self.body {
            sent.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        sent.extend(self.extras());
        sent
    }
}

/// The headers of every request.
pub(super) fn headers(config: &ClientConfig) -> Result<HeaderMap, ConfigError> {
    let mut bearer =
        HeaderValue::try_from(Zeroizing::new(format!("Bearer {}", config.token.expose_secret())).as_str())
            .map_err(unfit)?;
    bearer.set_sensitive(true);
    Ok(HeaderMap::from_iter([
        (AUTHORIZATION, bearer),
        (ACCEPT, HeaderValue::from_static("application/json")),
        // To take a page is to change the queue: an answer that somebody on the way kept would come for ever.
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            HeaderName::try_from(DEVICE_HEADER).map_err(unfit)?,
            HeaderValue::try_from(config.device.to_string()).map_err(unfit)?,
        ),
    ]))
}

/// A header that HTTP cannot carry; `check_token` and the UUID's form leave nothing that could be one.
fn unfit(error: impl std::fmt::Display) -> ConfigError {
    ConfigError(format!("the token or the device cannot be sent as a header: {error}"))
}
