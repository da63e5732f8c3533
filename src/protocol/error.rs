//! The service's error envelope, read leniently: gateways answer with HTML, and fields go missing.

use serde_json::Value;

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
    /// Reads an error body; anything that is none gives an empty one, and what has another shape is left out.
    pub fn parse(body: &[u8]) -> Self {
        let wire: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = &wire["errors"][0]["error"];
        Self {
            code: text(&error["code"]),
            message: text(&error["message"]),
            details: text(&error["details"]),
            logref: text(&wire["meta"]["logref"]),
        }
    }
}

/// A string's or a number's text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
