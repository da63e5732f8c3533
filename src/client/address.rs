//! Where requests may go: the base URL, judged on its parsed host before any DNS, and the three addresses below it.
//!
//! Promise: whatever a session id or a queue name holds, the address stays below the base URL, on its host.

use std::fmt;
use std::net::Ipv4Addr;

use reqwest::Url;

use crate::protocol::host::is_loopback;
use crate::protocol::{ACK_PATH, QueueName, START_PATH, SessionId};
use crate::text::visible;

use super::{ConfigError, Door, Subject};

/// A base URL that the token may be sent to.
#[derive(Clone)]
pub(super) struct Base {
    url: Url,
    loopback: bool,
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str())
    }
}

impl Base {
    /// Reads a base URL; plain HTTP passes for loopback alone.
    pub(super) fn parse(text: &str, door: Door) -> Result<Self, ConfigError> {
        let text = text.trim();
        if text.is_empty() {
            let named = door.calls(Subject::BaseUrl);
            return Err(refuse(&format!("{named} is empty; the real service is https://api.getbase.com")));
        }
        if text.matches("://").nth(1).is_some() {
            return Err(refuse(&format!("the base URL {} has two addresses in it; write one", quoted(text))));
        }
        let Ok(url) = Url::parse(text) else {
            return Err(refuse(&format!("the base URL {} is no URL; write https://HOST", quoted(text))));
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse(&format!(
                "the base URL {} is neither https nor http; write https://HOST",
                quoted(text)
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse(
                "the base URL names a user or a password; leave the part before the @ out, the token is the credential",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse(&format!("the base URL {} has a ? or a # part; leave it out", quoted(text))));
        }
        let host = url.host_str().unwrap_or_default();
        let loopback = is_loopback(host);
        // 2130706433 and 0x7f.1 are 127.0.0.1 to some and a name to others: nobody should have to know.
        if host.parse::<Ipv4Addr>().is_ok() && !text.contains(host) {
            return Err(refuse(&format!(
                "the base URL {} hides the address {host}; write that",
                quoted(text)
            )));
        }
        if url.scheme() == "http" && !loopback {
            return Err(refuse(&format!(
                "the base URL {} would send the token unencrypted; use https (plain http is for 127.0.0.1, ::1 and \
                 localhost alone)",
                quoted(text)
            )));
        }
        Ok(Self { url, loopback })
    }

    /// Whether the host is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The host as parsed.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Whether requests travel without TLS (then the host is loopback).
    pub(super) fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// Scheme, host and port, the port left out where it is the scheme's own.
    pub(super) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// How messages name it: the whole base URL, without a slash at the end.
    pub(super) fn shown(&self) -> String {
        visible(self.url.as_str().trim_end_matches('/')).into_owned()
    }

    pub(super) fn start(&self) -> Url {
        self.below(START_PATH)
    }

    pub(super) fn ack(&self) -> Url {
        self.below(ACK_PATH)
    }

    /// The address of a queue; none for names that no path can carry (see [`is_segment`]).
    pub(super) fn queue(&self, session: &SessionId, queue: &QueueName) -> Option<Url> {
        if !is_segment(&session.0) || !is_segment(&queue.0) {
            return None;
        }
        Some(self.below(&format!("/v2/sync/{}/queues/{}", encoded(&session.0), encoded(&queue.0))))
    }

    fn below(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.url.path().trim_end_matches('/')));
        url
    }
}

/// The longest name in a path, in bytes; encoded it may be three times as long.
const SEGMENT: usize = 4096;

/// Whether a name can be one segment of a path. The empty one and the dots cannot, however they are encoded: every
/// URL parser on the way takes them for "here" and "one up". Nor can one that makes an address which no server takes.
pub(super) fn is_segment(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && name.len() <= SEGMENT
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn encoded(name: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}"); // a String takes everything
        }
    }
    out
}

/// The text as given, for a message; not where it may hold a password, and nothing behind a ? or a #, where some put a
/// token.
fn quoted(text: &str) -> String {
    if text.contains('@') {
        return "(not shown: it holds an @)".to_owned();
    }
    let (text, more) = text.find(['?', '#']).map_or((text, ""), |at| (&text[..=at], "…"));
    let short: String = text.chars().take(120).collect();
    format!("\"{}{more}\"", visible(&short))
}

fn refuse(why: &str) -> ConfigError {
    ConfigError(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_goes_over_tls_or_stays_on_this_machine() {
        for good in [
            "https://api.getbase.com",
            "https://example.com:8443/prefix/",
            "http://localhost:8080",
            "http://LOCALHOST",
            "http://127.0.0.1:1",
            "http://127.9.8.7",
            "http://[::1]:80/",
            "https://localhost",
        ] {
            assert!(Base::parse(good, Door::Options).is_ok(), "{good}");
        }
        for bad in [
            "",
            "api.getbase.com",
            "localhost:8080",
            "ftp://localhost",
            "file:///etc/passwd",
            "http://api.getbase.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://localhost.",
            "http://2130706433",
            "http://0x7f.1:8080",
            "https://127.1",
            "http://128.0.0.1",
            "http://0.0.0.0",
            "http://[::ffff:127.0.0.1]",
            "http://[::]",
            "http://user@127.0.0.1",
            "http://user:pass@localhost",
            "http://127.0.0.1@example.com",
            "https://user@api.getbase.com",
            "https://api.getbase.com?x=1",
            "https://api.getbase.com/#x",
            "http://",
        ] {
            assert!(Base::parse(bad, Door::Options).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_in_the_url_is_not_repeated() {
        for url in ["http://ada:s3cret@example.com", "htp://ada:s3cret@example.com", "ada:s3cret@ex ample"] {
            let said = Base::parse(url, Door::Options).expect_err(url).0;
            assert!(!said.contains("s3cret"), "{said}");
        }
    }

    #[test]
    fn what_stands_behind_a_question_mark_or_a_hash_is_not_repeated() {
        for url in
            ["http://127.0.0.1:1/?t=s3cret", "https://api.getbase.com#s3cret", "api.getbase.com/?s3cret"]
        {
            let said = Base::parse(url, Door::Options).expect_err(url).0;
            assert!(!said.contains("s3cret") && said.contains('…'), "{said}");
        }
    }

    #[test]
    fn no_name_leaves_its_segment() {
        let base = Base::parse("http://127.0.0.1:9/pre/fix/", Door::Options).expect("loopback");
        let at =
            |s: &str, q: &str| base.queue(&SessionId(s.into()), &QueueName(q.into())).map(|u| u.to_string());
        assert_eq!(base.start().as_str(), "http://127.0.0.1:9/pre/fix/v2/sync/start");
        assert_eq!(base.ack().as_str(), "http://127.0.0.1:9/pre/fix/v2/sync/ack");
        assert_eq!(
            at("6b1f-x", "main").as_deref(),
            Some("http://127.0.0.1:9/pre/fix/v2/sync/6b1f-x/queues/main")
        );
        assert_eq!(
            at("../../x", "a/b?c#d\\e").as_deref(),
            Some("http://127.0.0.1:9/pre/fix/v2/sync/..%2F..%2Fx/queues/a%2Fb%3Fc%23d%5Ce")
        );
        assert_eq!(
            at("%2e%2e", "ü\0").as_deref(),
            Some("http://127.0.0.1:9/pre/fix/v2/sync/%252e%252e/queues/%C3%BC%00")
        );
        for dots in ["", ".", ".."] {
            assert_eq!(at(dots, "main"), None, "{dots:?}");
            assert_eq!(at("s", dots), None, "{dots:?}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = |url: &str| Base::parse(url, Door::Options).expect(url).origin();
        assert_eq!(origin("https://API.getbase.com:443/x"), "https://api.getbase.com");
        assert_eq!(origin("http://127.0.0.1:8080/"), "http://127.0.0.1:8080");
    }
}
