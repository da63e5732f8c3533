//! Pages as gzip, for a client that takes it, where whoever runs the service asked for that.
//!
//! Promise: what unpacks is the page, byte for byte; who does not say that they take it gets it plain.

use std::io::Write as _;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Whether a client takes gzip: it names it, or anything, and not with a weight of nothing.
pub(super) fn is_taken(headers: &HeaderMap) -> bool {
    let weight = |wanted: &str| {
        let lists = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let named = lists.flat_map(|list| list.split(',')).find_map(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
            name.trim().eq_ignore_ascii_case(wanted).then(|| weight.trim().to_ascii_lowercase())
        })?;
        named.strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok())
    };
    weight("gzip").or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}

/// The same bytes, packed. The quickest level: the others take three to eight times as long for a quarter less.
pub(super) fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::fast());
    packed.write_all(body)?;
    packed.finish()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn who_takes_it_says_so() {
        for (said, taken) in [
            (&[][..], false),
            (&["gzip"], true),
            (&["br, GZIP;q=0.5"], true),
            (&["br", "deflate, gzip"], true),
            (&["*"], true),
            (&["gzip;q=0, *"], false),
            (&["gzip; q=0.000"], false),
            (&["*;q=0"], false),
            (&["identity, x-gzip"], false),
            (&["gzip;q=lots"], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in said {
                headers.append(ACCEPT_ENCODING, HeaderValue::from_static(value));
            }
            assert_eq!(is_taken(&headers), taken, "{said:?}");
        }
    }
}
