//! What a service says, made fit for a message: without the token, visible, short.

use std::fmt::Write as _;

use crate::protocol::error::ErrorBody;
use crate::text::visible;

use super::redact::Redactor;

/// The longest quote of a service's text, in characters.
const QUOTE: usize = 200;

/// Makes a service's text fit for a message. The token goes first, while it is whole.
pub(super) fn safe(token: &Redactor, text: &str) -> String {
    let text = token.text(text);
    let mut short: String = text.trim().chars().take(QUOTE).collect();
    if short.len() < text.trim().len() {
        short.push('…');
    }
    visible(&short).into_owned()
}

/// What an error answer says of itself, safe.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) code: Option<String>,
    pub(super) request_id: Option<String>,
    message: Option<String>,
    details: Option<String>,
    html: bool,
}

impl Said {
    /// Reads an error body; the header's request id counts where the body names none.
    pub(super) fn read(token: &Redactor, body: &[u8], html: bool, request_id: Option<String>) -> Self {
        let ErrorBody { code, message, details, logref } = ErrorBody::parse(body);
        let safe = |text: Option<String>| text.map(|t| safe(token, &t)).filter(|t| !t.is_empty());
        Self {
            code: safe(code),
            request_id: safe(logref).or(request_id),
            details: safe(details).filter(|d| Some(d) != message.as_ref()),
            message: safe(message),
            html,
        }
    }

    /// The quote that follows a status: ` (code: message, details; request ID)`, or nothing.
    pub(super) fn quote(&self) -> String {
        let mut out = String::new();
        for text in [&self.code, &self.message, &self.details].into_iter().flatten() {
            let before = match out.chars().last() {
                None => "",
                Some('.' | '!' | '?') => " ",
                Some(_) => ": ",
            };
            let _ = write!(out, "{before}{text}");
        }
        if out.is_empty() && self.html {
            out.push_str("an HTML page, as gateways answer");
        }
        if let Some(id) = &self.request_id {
            let _ = write!(out, "{}request {id}", if out.is_empty() { "" } else { "; " });
        }
        if out.is_empty() { out } else { format!(" ({out})") }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    #[test]
    fn an_echoed_token_is_cut_out_before_the_text_is_shortened() {
        let token = Redactor::new(&SecretString::from("s3cret-t0ken"));
        assert_eq!(safe(&token, " bad token \"s3cret-t0ken\"\n"), "bad token \"[token]\"");
        let long = format!("{}s3cret-t0ken", "x".repeat(QUOTE - 4));
        assert!(!safe(&token, &long).contains("s3cr"));
        assert_eq!(safe(&token, "czNjcmV0LXQwa2Vu, s3cret%2Dt0ken"), "[token], [token]");
        assert_eq!(safe(&token, "\x1b[31mred\r\nline"), "␛[31mred␍␊line");
    }

    #[test]
    fn a_quote_names_what_is_there() {
        let token = Redactor::new(&SecretString::from("t0ken"));
        let quote = |body: &str, html, id: Option<&str>| {
            Said::read(&token, body.as_bytes(), html, id.map(str::to_owned)).quote()
        };
        let whole = r#"{"errors":[{"error":{"code":"unauthorized","message":"No.","details":"Really t0ken."}}],
            "meta":{"logref":"abc"}}"#;
        assert_eq!(quote(whole, false, Some("x")), " (unauthorized: No. Really [token].; request abc)");
        assert_eq!(quote("{}", false, Some("x")), " (request x)");
        assert_eq!(quote("<html>", true, None), " (an HTML page, as gateways answer)");
        assert_eq!(quote("", false, None), "");
    }
}
