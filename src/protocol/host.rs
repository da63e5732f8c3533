//! Hosts that are this machine: decided on the text, before any DNS. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What `localhost` means here, whatever a resolver would say.
pub const LOCALHOST: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// `localhost`, 127/8 and `::1` (with brackets or without), and nothing that merely looks or resolves like them.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn nothing_that_merely_looks_like_it_is_this_machine() {
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "[localhost]",
            "localhost.",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "0.0.0.0",
            "0x7f.1",
            "[::]",
            "::ffff:127.0.0.1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
