//! How long to wait before the next try. Pure: the jitter comes in as a number from 0 to 1.
//!
//! Promise: a wait is never shorter than what the service asked for, never shorter than [`FLOOR`], and without being
//! asked never longer than [`CEILING`].

use std::time::Duration;

/// The shortest wait after a failure.
pub const FLOOR: Duration = Duration::from_millis(500);
/// The longest wait that we choose ourselves.
pub const CEILING: Duration = Duration::from_secs(30);
/// What is added at most to a wait that the service asked for, so that many clients do not come back as one.
const SPREAD: Duration = Duration::from_millis(250);
/// The longest wait after an empty page.
const EMPTY_CEILING: Duration = Duration::from_secs(4);
/// The wait after the second empty page in a row.
const EMPTY_FLOOR: Duration = Duration::from_millis(100);

/// The wait after `failures` failures in a row (1 for the first): anywhere between [`FLOOR`] and a bound that doubles
/// from one second to [`CEILING`]. A wait that the service `asked` for is kept, and a little more.
pub fn wait(failures: u32, asked: Option<Duration>, jitter: f64) -> Duration {
    let jitter = jitter.clamp(0.0, 1.0);
    if let Some(asked) = asked {
        return asked.max(FLOOR) + SPREAD.mul_f64(jitter);
    }
    let bound = doubled(Duration::from_secs(1), failures.saturating_sub(1), CEILING);
    FLOOR + bound.saturating_sub(FLOOR).mul_f64(jitter)
}

/// The wait after `empties` empty pages in a row: none after the first, which may be an accident of the service.
pub fn empty(empties: u32) -> Duration {
    match empties {
        0 | 1 => Duration::ZERO,
        n => doubled(EMPTY_FLOOR, n - 2, EMPTY_CEILING),
    }
}

fn doubled(first: Duration, times: u32, ceiling: Duration) -> Duration {
    first.saturating_mul(1_u32.checked_shl(times.min(30)).unwrap_or(u32::MAX)).min(ceiling)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_ceiling_and_jitter_fills_the_range() {
        let ms = Duration::from_millis;
        for (failures, least, most) in [
            (1, 500, 1_000),
            (2, 500, 2_000),
            (3, 500, 4_000),
            (4, 500, 8_000),
            (5, 500, 16_000),
            (6, 500, 30_000),
            (60, 500, 30_000),
            (u32::MAX, 500, 30_000),
        ] {
            assert_eq!(wait(failures, None, 0.0), ms(least), "{failures} failures, no jitter");
            assert_eq!(wait(failures, None, 1.0), ms(most), "{failures} failures, full jitter");
            assert_eq!(wait(failures, None, 7.0), ms(most), "{failures} failures, jitter out of range");
        }
    }

    #[test]
    fn what_the_service_asks_for_is_kept() {
        for asked in [0, 1, 7, 3_600] {
            let asked = Duration::from_secs(asked);
            for jitter in [0.0, 0.5, 1.0] {
                let wait = wait(9, Some(asked), jitter);
                assert!(wait >= asked.max(FLOOR) && wait <= asked.max(FLOOR) + SPREAD, "{asked:?}: {wait:?}");
            }
        }
    }

    #[test]
    fn empty_pages_wait_longer_and_longer() {
        let waits: Vec<u128> = (0..10).map(|n| empty(n).as_millis()).collect();
        assert_eq!(waits, [0, 0, 100, 200, 400, 800, 1_600, 3_200, 4_000, 4_000]);
        assert_eq!(empty(u32::MAX), EMPTY_CEILING);
    }
}
