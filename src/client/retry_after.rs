//! `Retry-After`: seconds or an HTTP date, in a header that anybody on the way may have written.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// No wait asked for is longer, in seconds or as a date: an hour, the span of the documented hourly limit.
pub(super) const LONGEST: Duration = Duration::from_hours(1);

/// How long the service asks to wait; none where it does not, or nobody can tell. A date is measured from the answer's
/// own `Date`, so that a wrong clock on this side does not matter. Without one it is measured from this side's clock,
/// as long as the two dates are no further apart than any wait: else one of them is wrong, and it asks for nothing.
pub(super) fn read(headers: &HeaderMap) -> Option<Duration> {
    read_at(headers, Timestamp::now())
}

/// The same, where this side's clock says `ours`.
fn read_at(headers: &HeaderMap, ours: Timestamp) -> Option<Duration> {
    let asked = text(headers, RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse::<f64>() {
        return (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(LONGEST.as_secs_f64())));
    }
    let until = date(asked)?;
    let theirs = text(headers, DATE).and_then(date);
    let wait = until.duration_since(theirs.unwrap_or(ours));
    if theirs.is_none() && wait.unsigned_abs() > LONGEST {
        return None;
    }
    Some(Duration::try_from(wait).unwrap_or_default().min(LONGEST))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn asked(retry_after: &str, date: Option<&str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(retry_after).expect("a header value"));
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_str(date).expect("a header value"));
        }
        read(&headers)
    }

    #[test]
    fn seconds_and_dates_are_understood_and_capped() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(asked("30", None), Some(Duration::from_secs(30)));
        assert_eq!(asked(" 0 ", None), Some(Duration::ZERO));
        assert_eq!(asked("1.5", None), Some(Duration::from_millis(1500)));
        assert_eq!(asked("99999999999999999999", None), Some(LONGEST));
        assert_eq!(asked("1e400", None), Some(LONGEST));
        assert_eq!(asked("Sun, 06 Nov 1994 08:50:07 GMT", date), Some(Duration::from_secs(30)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:00 GMT", date), Some(Duration::ZERO));
        assert_eq!(asked("Fri, 31 Dec 2199 23:59:59 GMT", date), Some(LONGEST));
    }

    #[test]
    fn a_clock_that_is_wrong_by_years_makes_nobody_wait() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
        let at = |clock: &str| read_at(&headers, clock.parse().expect("a time"));
        assert_eq!(at("1994-11-06T08:49:07Z"), Some(Duration::from_secs(30)));
        assert_eq!(at("1994-11-06T08:50:07Z"), Some(Duration::ZERO), "it has passed");
        assert_eq!(at("1994-11-06T07:49:37Z"), Some(LONGEST));
        for wrong in
            ["1994-11-06T07:49:36Z", "1970-01-01T00:00:05Z", "2026-11-23T12:00:00Z", "9999-01-01T00:00:00Z"]
        {
            assert_eq!(at(wrong), None, "{wrong}");
        }
        // With its own date beside it no clock of ours matters.
        headers.insert(DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:30 GMT"));
        for clock in ["1970-01-01T00:00:05Z", "2026-11-23T12:00:00Z"] {
            let wait = read_at(&headers, clock.parse().expect("a time"));
            assert_eq!(wait, Some(Duration::from_secs(7)), "{clock}");
        }
    }

    #[test]
    fn nonsense_asks_for_nothing() {
        for nonsense in ["", "soon", "-1", "NaN", "12 parsecs", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(asked(nonsense, None), None, "{nonsense:?}");
        }
        assert_eq!(read(&HeaderMap::new()), None);
    }
}
