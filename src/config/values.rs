//! What people write for a span of time (`120ms`, `5s`, `2m`), for a size (`128MiB`), for a number and for a name, and the same
//! written. Pure.

use std::time::Duration;

use jiff::SignedDuration;

use crate::client::ConfigError;
use crate::text::visible;

/// A span of time: a number with its unit, or several of them (`1m 30s`); 0 needs no unit.
///
/// # Errors
/// What is wrong with it, and an example.
pub fn duration(text: &str) -> Result<Duration, String> {
    if text.trim() == "0" {
        return Ok(Duration::ZERO);
    }
    let wrong = || "a span of time needs a unit, like 120ms, 5s or 2m".to_owned();
    let span: SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(span).map_err(|_| "a span of time cannot be negative".to_owned())
}

/// The shortest pause of a watch: a run that finds nothing is one request, and one after another without a pause would
/// ask a service as fast as it answers.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// The pause of a watch: a [`duration`] of a second or more.
///
/// # Errors
/// What is wrong with it, and an example.
pub fn pause(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if time < LEAST_PAUSE {
        return Err(format!("a watch pauses for {} at least, like 30s or 5m", duration_text(LEAST_PAUSE)));
    }
    Ok(time)
}

/// A size in bytes: a number, alone or with `KiB`, `MiB` or `GiB` (powers of 1,024; `K`, `M`, `G` mean the same).
///
/// # Errors
/// What is wrong with it, and an example.
pub fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        _ => return Err("a size is a number of bytes, or one with a unit, like 128MiB".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "a size is a number, like 128MiB".to_owned())?;
    let bytes = number.checked_shl(shift).filter(|bytes| bytes >> shift == number && *bytes > 0);
    bytes.ok_or_else(|| "a size must be more than 0 and fit in 64 bits".to_owned())
}

/// A span of time as [`duration`] reads it.
pub fn duration_text(time: Duration) -> String {
    SignedDuration::try_from(time).map_or_else(|_| format!("{}s", time.as_secs()), |time| format!("{time:#}"))
}

/// A size as [`size`] reads it.
pub fn size_text(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let whole = units.into_iter().find(|(shift, _)| bytes > 0 && bytes.trailing_zeros() >= *shift);
    whole.map_or_else(|| bytes.to_string(), |(shift, unit)| format!("{}{unit}", bytes >> shift))
}

/// A profile's name is a folder's name.
pub(super) fn profile_name(name: &str, named: &str) -> Result<(), ConfigError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || name.starts_with(['.', '-']) || !name.chars().all(plain) {
        return Err(ConfigError(format!(
            "{named} \"{}\" cannot name a folder; use up to 64 letters, digits, - _ and . (not first)",
            visible(&name.chars().take(64).collect::<String>())
        )));
    }
    Ok(())
}

/// A number from 1 to `most`, as something names it.
pub(super) fn within<N: Copy + PartialOrd + From<u8> + std::fmt::Display>(
    option: &str,
    n: N,
    most: N,
) -> Result<N, ConfigError> {
    if n < N::from(1) {
        Err(ConfigError(format!("{option} is {n}; it must be at least 1")))
    } else if n > most {
        Err(ConfigError(format!("{option} is {n}; it must be at most {most}")))
    } else {
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_as_people_write_them() {
        assert_eq!(duration("120ms"), Ok(Duration::from_millis(120)));
        assert_eq!(duration("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_mins(90)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        for wrong in ["", "5", "-5s", "soon", "5 parsecs"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_watch_never_asks_without_a_pause() {
        assert_eq!(pause("1s"), Ok(LEAST_PAUSE));
        assert_eq!(pause("5m"), Ok(Duration::from_mins(5)));
        for wrong in ["0", "0s", "999ms"] {
            assert_eq!(
                pause(wrong),
                Err("a watch pauses for 1s at least, like 30s or 5m".to_owned()),
                "{wrong}"
            );
        }
        assert_eq!(pause("soon"), duration("soon"));
    }

    #[test]
    fn sizes_as_people_write_them() {
        assert_eq!(size("1000"), Ok(1000));
        assert_eq!(size("128MiB"), Ok(128 << 20));
        assert_eq!(size("2 g"), Ok(2 << 30));
        for wrong in ["", "MiB", "0", "1.5M", "-1", "99999999999999999999", "18446744073709551615K"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for ms in [0, 1, 120, 5_000, 300_000, 5_400_000, 90_061_007] {
            let time = Duration::from_millis(ms);
            assert_eq!(duration(&duration_text(time)), Ok(time), "{}", duration_text(time));
        }
        assert_eq!(
            (duration_text(Duration::from_mins(5)), duration_text(Duration::ZERO)),
            ("5m".into(), "0s".into())
        );
        for bytes in [1, 1000, 1024, 128 << 20, 3 << 30, u64::MAX] {
            assert_eq!(size(&size_text(bytes)), Ok(bytes));
        }
        assert_eq!(size_text(128 << 20), "128MiB");
    }
}
