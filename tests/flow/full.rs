//! How full the rate is kept: what a drain takes beside what its fetches and acks cost at the documented rate.

use std::time::Duration;

use drainboard::client::Operation::{Acknowledge, Start, Take};
use drainboard::engine::event::{Mode, RunEnd};

use crate::world::World;

const RATE: u32 = 10;

/// The part of the rate that a drain of 10,000 records uses for fetches and acks, from the first request to the end.
fn used(quick: u64, slow: u64, seed: u64) -> f64 {
    let mut world = World::new(seed, 10_000, 100);
    (world.quick, world.slow) = (quick, slow);
    world.config.rate = RATE;
    // As the program does.
    (world.config.ack_pack, world.config.ack_most, world.config.outbox_cap) = (2_000, 10_000, 200_000);
    world.begin(Mode::Full, false);
    assert_eq!(world.finish().end, RunEnd::Converged);
    let count = |operation| world.requests.get(&operation).copied().unwrap_or_default();
    let (takes, acks) = (count(Take), count(Acknowledge));
    assert!(takes <= 104 && acks <= 6 && count(Start) == 2, "{takes} takes, {acks} acks");
    let fetches = Duration::from_secs(100 + acks) / RATE;
    fetches.as_secs_f64() / world.now.as_secs_f64()
}

#[test]
fn a_drain_uses_97_of_100_of_the_rate() {
    // On this machine, and from far away: 120 ms, a third of it on the way there.
    for (quick, slow) in [(0, 0), (0, 5), (75, 80)] {
        let mut used: Vec<f64> = (0..20).map(|seed| used(quick, slow, seed)).collect();
        used.sort_by(f64::total_cmp);
        assert!(used[0] >= 0.95 && used[10] >= 0.97, "{quick} to {slow} ms: {used:.3?}");
    }
}

/// A drain of 100,000 records, so that start and end weigh little: the part of the rate that it uses, and its takes.
fn from_afar(quick: u64, slow: u64, guide: u32, workers: usize) -> (f64, u64) {
    let mut world = World::new(1, 100_000, 100);
    (world.quick, world.slow, world.guide) = (quick, slow, guide);
    (world.config.rate, world.config.workers) = (RATE, workers);
    (world.config.ack_pack, world.config.ack_most, world.config.outbox_cap) = (2_000, 10_000, 200_000);
    world.begin(Mode::Full, false);
    assert_eq!(world.finish().end, RunEnd::Converged);
    let count = |operation| world.requests.get(&operation).copied().unwrap_or_default();
    let fetches = Duration::from_secs(1_000 + count(Acknowledge)) / RATE;
    (fetches.as_secs_f64() / world.now.as_secs_f64(), count(Take))
}

/// Four workers make four pages a second where a page takes a second: then there are more of them, none of whom spends
/// a request on a 204 that another has.
#[test]
fn where_answers_are_slow_more_workers_keep_the_rate() {
    // An exchange takes half as long again: 400 ms, half a second, a second.
    for (quick, slow, least) in [(265, 270, 0.965), (330, 340, 0.96), (665, 670, 0.93)] {
        let (used, takes) = from_afar(quick, slow, 0, 4);
        assert!(used >= least && takes == 1_001, "{quick} to {slow} ms: {used:.3}, {takes} takes");
        // Without a guide nobody knows whether there is something for them.
        let (_, takes) = from_afar(quick, slow, 1, 4);
        assert!(takes <= 1_004, "{quick} to {slow} ms without a guide: {takes} takes");
    }
    let (used, takes) = from_afar(665, 670, 0, 1);
    assert!(used < 0.2 && takes == 1_001, "one at a time: {used:.3}, {takes} takes");
}
