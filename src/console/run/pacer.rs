//! When a frame may be drawn: thirty in any second at the most, news at an even pace, and what people did, with the
//! answers to it, at once.
//!
//! A key shows that it was heard, and a moment later what came of it. At an even pace the second frame would wait for
//! its turn; so a few frames that were not needed before may be drawn early. One that looks like the last is none: the
//! answer that comes behind it is not to wait for it.

use std::time::{Duration, Instant};

/// What a frame costs: with the spare ones thirty in a second.
const FRAME: Duration = Duration::from_millis(41);
/// What may be drawn early at one time, beside the frame that is due.
const SPARE: Duration = Duration::from_millis(5 * 41);
/// Between two frames that only news want: what they leave is for the spare ones.
const NEWS: Duration = Duration::from_millis(50);
/// Four frames a second while nobody looks.
const AWAY: Duration = Duration::from_millis(250);

/// The pace of the frames.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pacer {
    /// The last frame.
    drawn: Instant,
    /// When all frames so far would have been drawn at an even pace.
    due: Instant,
    /// Somebody waits for the next one.
    wanted: bool,
}

impl Pacer {
    /// The first frame was drawn.
    pub(super) fn new(now: Instant) -> Self {
        Self { drawn: now, due: now + FRAME, wanted: false }
    }

    /// Somebody waits for what has just changed.
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    /// When the next frame may be drawn.
    pub(super) fn next(&self, focused: bool) -> Instant {
        let early = self.due.checked_sub(SPARE).unwrap_or(self.due);
        if self.wanted {
            return early;
        }
        early.max(self.drawn + if focused { NEWS } else { AWAY })
    }

    /// A frame was drawn, and whether it differs from what was to be `seen`.
    pub(super) fn drew(&mut self, now: Instant, seen: bool) {
        let due = if seen { self.due.max(now) + FRAME } else { self.due };
        *self = Self { drawn: now, due, wanted: false };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of a second in which something changes every millisecond.
    fn frames(wanted: impl Fn(u64) -> bool, focused: bool) -> Vec<u64> {
        let begun = Instant::now();
        let mut pacer = Pacer::new(begun);
        let rest = 2_000;
        let mut drawn = Vec::new();
        for ms in rest..rest + 1_000 {
            let now = begun + Duration::from_millis(ms);
            if wanted(ms - rest) {
                pacer.want();
            }
            if now >= pacer.next(focused) {
                pacer.drew(now, true);
                drawn.push(ms - rest);
            }
        }
        drawn
    }

    #[test]
    fn a_second_has_thirty_frames_at_the_most() {
        assert_eq!(frames(|_| true, true).len(), 30);
        assert_eq!(frames(|_| false, true).len(), 20);
        assert_eq!(frames(|_| false, false).len(), 4);
        assert!(frames(|ms| ms % 33 < 2, true).len() <= 30);
    }

    #[test]
    fn a_key_and_its_answer_are_seen_at_once() {
        let seen = frames(|ms| matches!(ms, 300 | 303 | 700 | 704), true);
        assert!([300, 303, 700, 704].iter().all(|ms| seen.contains(ms)), "{seen:?}");
    }

    #[test]
    fn what_cannot_be_seen_takes_no_turn() {
        let begun = Instant::now();
        let mut pacer = Pacer::new(begun);
        let at = |ms| begun + Duration::from_millis(ms);
        for ms in [1_000, 1_001, 1_002] {
            pacer.drew(at(ms), true);
        }
        assert!(pacer.next(true) > at(1_050));
        let mut pacer = Pacer::new(begun);
        for ms in 1_000..1_040 {
            pacer.want();
            assert!(pacer.next(true) <= at(ms));
            pacer.drew(at(ms), false);
        }
        assert!(pacer.next(true) > at(1_080), "news keep their pace");
    }
}
