//! At most so many requests in any second, as the service sees them. Pure: the time comes in.
//!
//! Promise: of any `rate + 1` requests the last leaves more than a second after the first; the first `rate` go at once.
//! A request reaches the service some time after it left, and the next one perhaps a little sooner, so more than a
//! second has to lie between them here. How much more is learned from the answers: a request whose answer took longer
//! than the quickest of the last minutes may have arrived later by as much, and not by more. Where the service
//! says that it was too much all the same, it gets less, also where there was no limit, and then a little more every few
//! seconds. What was too much is kept below for a while, and longer each time that it was too much again.

use std::collections::VecDeque;
use std::time::Duration;

use super::budget::{AN_HOUR, Hour};

const SECOND: Duration = Duration::from_secs(1);
/// Beside what is known of a request's way, for what is not.
const GUARD: Duration = Duration::from_millis(10);
/// How much later than the quickest a request counts as arrived that has no answer yet …
const UNANSWERED: Duration = Duration::from_millis(50);
/// … and the most for one that has: the service may have thought about it.
const LATEST: Duration = Duration::from_millis(200);
/// How long the quickest answer is looked for before the search begins anew: a line that got slower for good is not
/// late …
const TURN: Duration = Duration::from_mins(1);
/// … and of how many answers at the least: the quickest of a few may have been slow, and the next one would be early.
const ENOUGH: u32 = 500;
/// After a "too many" the rate comes back step by step, so often …
const BACK: Duration = Duration::from_secs(5);
/// … in so many steps to less than what was too much; small rates come back by one request a second.
const STEPS: usize = 3;
/// The longest that it stays there before it tries more.
const LONGEST: Duration = Duration::from_mins(10);
/// What a "too many" says of at the least where there was no limit: less is documented nowhere.
const DOCUMENTED: usize = (AN_HOUR / 3_600) as usize;

/// The limiter: all requests of one token pass it.
#[derive(Debug, Clone, Default)]
pub struct Pacer {
    rate: usize,
    sent: VecDeque<Sent>,
    /// The quickest answer to anything, and to the taking of a page.
    quickest: [Quickest; 2],
    limited: Option<Limit>,
    hour: Hour,
}

/// What the service's "too many" taught.
#[derive(Debug, Clone, Copy)]
struct Limit {
    /// When it said so last.
    at: Duration,
    /// What is sent in a second from then on …
    slow: usize,
    /// … and some time later: one less than was too much.
    ceiling: usize,
    /// How long it stays at that.
    patience: Duration,
}

impl Limit {
    /// What may be sent in a second.
    fn allows(&self, now: Duration) -> usize {
        let rounds = |time: Duration| (time.as_millis() / BACK.as_millis()) as usize;
        let lost = self.ceiling - self.slow;
        let step = (lost / STEPS).max(1);
        let since = now.saturating_sub(self.at);
        let back = BACK * lost.div_ceil(step) as u32;
        match since.checked_sub(back + self.patience) {
            // Nobody knows how much more it may be: by one step, by three, by seven …
            Some(beyond) => self.ceiling.saturating_add(step << (rounds(beyond) + 1).min(20)) - step,
            None => self.ceiling.min(self.slow + rounds(since) * step),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    at: Duration,
    /// Its ticket, where it takes a page.
    take: Option<u64>,
    /// How long its answer took, as seen from where it left; none without an answer.
    took: Option<Duration>,
}

/// The quickest answer of this turn and of the one before.
#[derive(Debug, Clone, Copy, Default)]
struct Quickest {
    since: Duration,
    answers: u32,
    now: Option<Duration>,
    before: Option<Duration>,
}

impl Quickest {
    fn answered(&mut self, now: Duration, took: Duration) {
        if self.answers >= ENOUGH && now >= self.since + TURN {
            *self = Self { since: now, answers: 0, now: None, before: self.now };
        }
        self.answers += 1;
        self.now = Some(self.now.map_or(took, |known| known.min(took)));
    }

    fn known(&self) -> Option<Duration> {
        self.now.into_iter().chain(self.before).min()
    }
}

impl Pacer {
    /// At most `rate` requests in any second; 0 = no limit.
    pub fn new(rate: u32) -> Self {
        Self { rate: rate as usize, ..Self::default() }
    }

    /// From now on at most `rate` requests in any second, those of the last one counted; 0 = no limit.
    pub fn set_rate(&mut self, rate: u32) {
        self.rate = rate as usize;
        self.limited = None;
    }

    /// What may be sent in a second now: the rate, or less where that was too much lately; 0 = no limit.
    pub fn allowed(&self, now: Duration) -> usize {
        match self.limited.map(|limit| limit.allows(now)) {
            Some(allowed) if self.rate == 0 => allowed,
            Some(allowed) => self.rate.min(allowed),
            None => self.rate,
        }
    }

    /// The first moment, `now` or later, at which a request may leave.
    pub fn ready_at(&self, now: Duration) -> Duration {
        let allowed = self.allowed(now);
        if allowed == 0 || self.sent.len() < allowed {
            return now;
        }
        // They arrive in another order than they left: the one that has to be a second ago is the last but so many.
        let mut arrived: Vec<Duration> = self.sent.iter().map(|sent| self.arrived(sent)).collect();
        let (_, first, _) = arrived.select_nth_unstable_by(allowed - 1, |a, b| b.cmp(a));
        (*first + SECOND + GUARD).max(now)
    }

    /// The latest time at which it arrived, but for what the quickest takes.
    fn arrived(&self, sent: &Sent) -> Duration {
        let quickest = self.quickest[usize::from(sent.take.is_some())].known();
        let late =
            sent.took.map_or(UNANSWERED, |took| took.saturating_sub(quickest.unwrap_or(took)).min(LATEST));
        sent.at + late
    }

    /// A request leaves; with its ticket where it takes a page.
    pub fn sent(&mut self, now: Duration, take: Option<u64>) {
        while self.sent.front().is_some_and(|first| first.at + SECOND + GUARD + LATEST <= now) {
            self.sent.pop_front();
        }
        self.sent.push_back(Sent { at: now, take, took: None });
        self.hour.sent(now);
    }

    /// What others sent lately, each so long ago, counts as if it had left here.
    pub fn recall(&mut self, now: Duration, ages: impl IntoIterator<Item = Duration>) {
        let others = ages.into_iter().map(|age| Sent { at: now.saturating_sub(age), take: None, took: None });
        self.sent.extend(others);
        self.sent.make_contiguous().sort_by_key(|sent| sent.at);
    }

    /// How long ago each request left that may still count.
    pub fn lately(&self, now: Duration) -> impl Iterator<Item = Duration> {
        let ages = self.sent.iter().map(move |sent| now.saturating_sub(sent.at));
        ages.filter(|age| *age < SECOND + GUARD + LATEST)
    }

    /// An answer came; to the taking of a page, about which the service thinks longest, with its ticket.
    pub fn answered(&mut self, now: Duration, take: Option<u64>) {
        let mut sent = self.sent.iter_mut().rev();
        let Some(sent) = sent.find(|sent| sent.take == take && sent.took.is_none()) else { return };
        let took = now.saturating_sub(sent.at);
        sent.took = Some(took);
        for quickest in &mut self.quickest[..=usize::from(take.is_some())] {
            quickest.answered(now, took);
        }
    }

    /// The service said that it was too much.
    pub fn limited(&mut self, now: Duration) {
        // What was on its way meanwhile says the same once more.
        if self.limited.is_some_and(|limit| now < limit.at + SECOND) {
            return;
        }
        let much = match (self.rate, self.allowed(now)) {
            (0, 0) => self.in_last_second(now).max(DOCUMENTED),
            // As much may be allowed as was never sent.
            (0, allowed) => allowed.min(self.in_last_second(now).max(DOCUMENTED)),
            (_, allowed) => allowed,
        };
        let slow = (much * 3 / 4).max(1);
        let ceiling = (much - 1).max(slow);
        let patience = match self.limited {
            // Still the same trouble: it did not get less enough.
            Some(limit) if now < limit.at + BACK => limit.patience,
            Some(limit) if ceiling <= limit.ceiling => (limit.patience * 2).min(LONGEST),
            _ => BACK,
        };
        self.limited = Some(Limit { at: now, slow, ceiling, patience });
    }

    /// How many left in the hour before `now`, to ten seconds.
    pub fn in_last_hour(&self, now: Duration) -> u64 {
        self.hour.count(now)
    }

    /// How many left in the second before `now`.
    pub fn in_last_second(&self, now: Duration) -> usize {
        self.sent.iter().rev().take_while(|sent| sent.at + SECOND > now).count()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drive(rate: u32, gaps_ms: &[u64]) -> Vec<Duration> {
        let mut pacer = Pacer::new(rate);
        let mut now = Duration::ZERO;
        gaps_ms
            .iter()
            .map(|gap| {
                now = pacer.ready_at(now + Duration::from_millis(*gap));
                pacer.sent(now, None);
                now
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../../tests/seed/given.rs")),
            ..ProptestConfig::default()
        })]

        #[test]
        fn no_sliding_second_holds_more_than_the_rate(rate in 1_u32..40, gaps in prop::collection::vec(0_u64..700, 1..300)) {
            let sent = drive(rate, &gaps);
            for pair in sent.windows(rate as usize + 1) {
                prop_assert!(pair[rate as usize] > pair[0] + SECOND);
            }
        }

        /// However long each is on its way, no second of the service's has more, once the quickest way is known.
        #[test]
        fn no_second_of_the_services_holds_more_than_the_rate(
            rate in 1_usize..12,
            ways in prop::collection::vec((0_u64..150, 0_u64..100), 40..160),
        ) {
            const QUICKEST: u64 = 20;
            let ms = Duration::from_millis;
            let mut pacer = Pacer::new(rate as u32);
            let mut now = SECOND;
            let mut arrivals = Vec::new();
            // Alone, as a start is: from it the quickest way is known.
            pacer.sent(now, Some(0));
            pacer.answered(now + ms(2 * QUICKEST), Some(0));
            arrivals.push(now + ms(QUICKEST));
            now += ms(2 * QUICKEST);
            let mut answers: Vec<(Duration, u64)> = Vec::new();
            for (no, (there, back)) in (1..).zip(ways) {
                loop {
                    let ready = pacer.ready_at(now);
                    let next = answers.iter().map(|(at, _)| *at).min();
                    match next {
                        // One that stays out longer than it counts for is not known to be late.
                        Some(at) if at <= ready || answers.len() >= rate.min(4) => {
                            let first = answers.iter().position(|(t, _)| *t == at).unwrap();
                            let (at, no) = answers.swap_remove(first);
                            now = now.max(at);
                            pacer.answered(at, Some(no));
                        }
                        _ => {
                            now = ready;
                            break;
                        }
                    }
                }
                pacer.sent(now, Some(no));
                arrivals.push(now + ms(QUICKEST + there));
                answers.push((now + ms(2 * QUICKEST + there + back), no));
            }
            arrivals.sort();
            for pair in arrivals.windows(rate + 1) {
                prop_assert!(pair[rate] + ms(1) > pair[0] + SECOND, "{:?}", pair);
            }
        }

        #[test]
        fn nobody_waits_longer_than_needed(rate in 1_u32..40, gaps in prop::collection::vec(0_u64..700, 1..300)) {
            let ms = Duration::from_millis;
            let mut pacer = Pacer::new(rate);
            let (mut now, mut sent) = (Duration::ZERO, Vec::new());
            for gap in gaps {
                let wanted = now + ms(gap);
                now = pacer.ready_at(wanted);
                let free = sent.len().checked_sub(rate as usize).map_or(wanted, |i| wanted.max(sent[i] + SECOND + GUARD));
                prop_assert_eq!(now, free);
                pacer.sent(now, None);
                sent.push(now);
                // All take the same time.
                now += ms(30);
                pacer.answered(now, None);
            }
        }
    }

    #[test]
    fn a_line_that_stays_slow_gets_its_rate_back() {
        let ms = Duration::from_millis;
        let mut pacer = Pacer::new(1);
        let mut now = SECOND;
        // After how many more seconds than one the next request may leave, where answers take so long for so long.
        let mut late = |took: Duration, lasting: Duration| {
            let until = now + lasting;
            loop {
                now += ms(250);
                pacer.sent(now, None);
                pacer.answered(now + took, None);
                if now >= until {
                    return pacer.ready_at(now + took).checked_sub(now + SECOND + GUARD).unwrap();
                }
            }
        };
        assert_eq!(late(ms(40), SECOND), ms(0));
        assert_eq!(late(ms(140), TURN * 2), ms(100), "it has been quicker, and not long ago");
        assert_eq!(late(ms(140), TURN * 4), ms(0), "as it has been for minutes");
        assert_eq!(late(ms(30), SECOND), ms(0));
        assert_eq!(late(ms(140), TURN), ms(110));
    }

    #[test]
    fn too_much_is_less_for_a_while() {
        let ms = Duration::from_millis;
        let mut pacer = Pacer::new(10);
        pacer.limited(ms(1_000));
        pacer.limited(ms(1_300));
        assert_eq!(pacer.allowed(ms(1_400)), 7, "one incident");
        pacer.limited(ms(2_500));
        assert_eq!(pacer.allowed(ms(2_500)), 5);
        assert_eq!(pacer.allowed(ms(12_500)), 7);
        assert_eq!(pacer.allowed(ms(60_000)), 10);
    }

    /// A service that takes so many in any second, and says what is too much; gives the pages taken and the refusals.
    fn against(rate: u32, takes: usize, lasting: Duration) -> (usize, usize) {
        let mut pacer = Pacer::new(rate);
        let (mut now, mut taken, mut refused) = (SECOND, VecDeque::new(), 0);
        let mut all = 0;
        while now < SECOND + lasting {
            now = pacer.ready_at(now);
            pacer.sent(now, None);
            while taken.front().is_some_and(|at| *at + SECOND <= now) {
                taken.pop_front();
            }
            let arrived = now;
            now += Duration::from_millis(5);
            pacer.answered(now, None);
            if taken.len() < takes {
                taken.push_back(arrived);
                all += 1;
            } else {
                refused += 1;
                pacer.limited(now);
                now += Duration::from_millis(700); // nobody sends anything for a while
            }
        }
        (all, refused)
    }

    #[test]
    fn more_than_the_service_takes_is_found_out_and_tried_ever_more_rarely() {
        let hour = Duration::from_hours(1);
        for rate in [0, 20, 11] {
            let (taken, refused) = against(rate, 10, hour / 60);
            assert!(taken > 500 && refused <= 6, "{rate}: {taken} taken, {refused} refused in a minute");
            let (taken, refused) = against(rate, 10, hour);
            assert!(taken > 34_000 && refused <= 16, "{rate}: {taken} taken, {refused} refused in an hour");
        }
        let (_, refused) = against(10, 10, hour);
        assert_eq!(refused, 0);
    }

    #[test]
    fn one_too_many_is_no_limit_for_ever() {
        let mut pacer = Pacer::new(0);
        for _ in 0..600 {
            pacer.sent(SECOND, None);
        }
        pacer.limited(SECOND);
        assert_eq!(pacer.allowed(SECOND), 450);
        assert!(pacer.ready_at(SECOND) > SECOND * 2);
        assert_eq!(pacer.allowed(SECOND + BACK * 4), 599);
        assert!(pacer.allowed(SECOND * 60) > 5_000);
        // Where hardly anything was sent it says nothing of that little.
        let mut pacer = Pacer::new(0);
        pacer.sent(SECOND, None);
        pacer.limited(SECOND);
        assert_eq!(pacer.allowed(SECOND), DOCUMENTED * 3 / 4);
    }

    #[test]
    fn what_others_sent_counts() {
        let ms = Duration::from_millis;
        let mut first = Pacer::new(10);
        for n in 0..9 {
            first.sent(SECOND + ms(100 * n), None);
        }
        let mut next = Pacer::new(10);
        let now = SECOND * 2;
        next.recall(now, first.lately(now));
        assert_eq!(next.ready_at(now), now);
        next.sent(now, None);
        assert_eq!(next.ready_at(now), SECOND * 2 + GUARD + UNANSWERED, "the first of the others'");
        assert_eq!(first.lately(SECOND * 10).count(), 0);
    }

    #[test]
    fn a_new_rate_counts_what_was_sent_before() {
        let mut pacer = Pacer::new(0);
        for _ in 0..100 {
            pacer.sent(SECOND, None);
        }
        pacer.set_rate(10);
        assert!(pacer.ready_at(SECOND) > SECOND * 2);
        pacer.set_rate(0);
        assert_eq!(pacer.ready_at(SECOND), SECOND);
    }

    #[test]
    fn without_a_rate_all_go_at_once_and_are_counted() {
        let mut pacer = Pacer::new(0);
        for _ in 0..1_000 {
            assert_eq!(pacer.ready_at(SECOND), SECOND);
            pacer.sent(SECOND, None);
        }
        assert_eq!(pacer.in_last_second(SECOND + Duration::from_millis(999)), 1_000);
        assert_eq!(pacer.in_last_second(SECOND * 2), 0);
    }
}
