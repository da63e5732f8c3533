//! The service's error envelope, read leniently: gateways answer with HTML, and fields go missing.

use serde::Deserialize;

/// What an error answer says of itself. Every field may be absent; texts are the service's, raw: whoever shows them
/// passes them through [`crate::text::visible`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorBody {
    /// The documented code (`unauthorized`, `rate_limit_exceeded` …).
    pub code: Option<String>,
    /// A sentence for people.
    pub message: Option<String>,
    /// More of it.
    pub details: Option<String>,
    /// `meta.logref`: what one quotes to support.
    pub logref: Option<String>,
}

impl ErrorBody {
    /// Reads an error body; anything that is none gives an empty one.
    pub fn parse(body: &[u8]) -> Self {
        let Ok(wire) = serde_json::from_slice::<Wire>(body) else {
            return Self::default();
        };
        let first = wire.errors.into_iter().next().and_then(|e| e.error).unwrap_or_default();
        Self {
            code: first.code,
            message: first.message,
            details: first.details,
            logref: wire.meta.and_then(|m| m.logref),
        }
    }
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    errors: Vec<WireError>,
    #[serde(default)]
    meta: Option<WireMeta>,
}

#[derive(Deserialize)]
struct WireError {
    #[serde(default)]
    error: Option<WireErrorData>,
}

#[derive(Default, Deserialize)]
struct WireErrorData {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    details: Option<String>,
}

#[derive(Deserialize)]
struct WireMeta {
    #[serde(default)]
    logref: Option<String>,
}
