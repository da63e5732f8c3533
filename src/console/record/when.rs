//! Times of records as seen from now: `2h ago`, `yesterday`, then the day. Of an even width, so that nothing moves
//! while they pass.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// The columns of a terminal that the longest takes.
pub const WIDTH: usize = 10;
/// So long into another day an hour is still counted.
const HOURS: i64 = 6;

/// Whether a text is a time or a day, as the service writes them.
pub fn is_time(text: &str) -> bool {
    // A time begins with four digits of a year; the rest is asked only then.
    text.len() >= 10
        && text.as_bytes()[4] == b'-'
        && (day(text).is_some() || text.parse::<Timestamp>().is_ok())
}

/// A day without a time.
fn day(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

/// A time or a day, seen from `now` in a zone; none where the text is none.
pub fn seen(text: &str, now: Timestamp, zone: &TimeZone) -> Option<String> {
    if !is_time(text) {
        return None;
    }
    let today = now.to_zoned(zone.clone()).date();
    if let Some(date) = day(text) {
        return Some(near(date, today).map_or_else(|| date.to_string(), str::to_owned));
    }
    let at: Timestamp = text.parse().ok()?;
    let date = at.to_zoned(zone.clone()).date();
    let seconds = now.as_second().saturating_sub(at.as_second());
    let far = seconds.abs();
    let close = match far {
        0..60 => return Some("just now".to_owned()),
        60..3_600 => Some(format!("{} min", far / 60)),
        _ if date == today || far < HOURS * 3_600 => Some(format!("{}h", far / 3_600)),
        _ => None,
    };
    Some(match (close, near(date, today)) {
        (Some(close), _) if seconds > 0 => format!("{close} ago"),
        (Some(close), _) => format!("in {close}"),
        (None, Some(near)) => near.to_owned(),
        (None, None) => date.to_string(),
    })
}

/// A day beside today.
fn near(date: Date, today: Date) -> Option<&'static str> {
    let beside = |days: i64| today.checked_add(days.days()).ok() == Some(date);
    match () {
        () if date == today => Some("today"),
        () if beside(-1) => Some("yesterday"),
        () if beside(1) => Some("tomorrow"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seen_from_now_where_one_is() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let berlin = TimeZone::fixed(jiff::tz::offset(1));
        let far_east = TimeZone::fixed(jiff::tz::offset(14));
        for (text, here, there) in [
            ("2026-03-01T11:59:30Z", "just now", "just now"),
            ("2026-03-01T11:01:00Z", "59 min ago", "59 min ago"),
            ("2026-03-01T10:00:00Z", "2h ago", "2h ago"),
            ("2026-03-01T12:30:00+00:00", "in 30 min", "in 30 min"),
            ("2026-03-01T03:00:00Z", "9h ago", "yesterday"),
            ("2026-02-28T23:30:00Z", "12h ago", "yesterday"),
            ("2026-02-28T20:00:00Z", "yesterday", "yesterday"),
            ("2026-03-02T20:00:00Z", "tomorrow", "tomorrow"),
            ("2026-03-03T08:00:00Z", "2026-03-03", "tomorrow"),
            ("2026-02-27T20:00:00Z", "2026-02-27", "2026-02-28"),
            ("2026-03-01", "today", "yesterday"),
            ("2020-01-01", "2020-01-01", "2020-01-01"),
        ] {
            assert_eq!(seen(text, now, &berlin).as_deref(), Some(here), "{text}");
            assert_eq!(seen(text, now, &far_east).as_deref(), Some(there), "{text}");
            assert!(here.len() <= WIDTH && there.len() <= WIDTH);
        }
        for text in ["", "soon", "2026-03", "1234567890", "2026-13-01", "0000-é00-0", "2026-03-01T11:00"] {
            assert_eq!(seen(text, now, &berlin), None, "{text}");
        }
    }

    #[test]
    fn no_time_at_the_ends_of_the_calendar_hurts() {
        for now in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
            for text in
                ["9999-12-31", "0001-01-01T00:00:00Z", "-009999-01-02T01:59:59Z", "9999-12-30T22:00:00Z"]
            {
                let _ = seen(text, now, &TimeZone::UTC);
            }
        }
    }
}
