//! Random schedules of faults, crashes and commands: a million steps in every test run. A broken promise names its
//! seed; `DRAINBOARD_SIM_SEED=S` runs that one schedule, `DRAINBOARD_SIM_SEEDS=N` the first N of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use drainboard::client::Operation;
use drainboard::engine::Command;
use drainboard::engine::event::{Mode, RunEnd};

use crate::shrink::{self, Less, Mishaps};
use crate::twin::Twin;
use crate::world::{Fate, Fates, Mutant, World};

/// Steps of the schedules together, where their number is not given.
const STEPS: u64 = 1_000_000;
/// Sessions at most, once nothing fails any more, until all is there and acknowledged.
const SESSIONS: u32 = 4;
/// What may be done to a world between two steps.
const ACTS: u32 = 33;
/// So many of them, the first, beside the real mirror too, where none are asked for.
const TWINS: u64 = 100;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok())
}

/// The seeds that were asked for, or else the first `few`.
fn seeds(few: u64) -> std::ops::Range<u64> {
    match number("DRAINBOARD_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("DRAINBOARD_SIM_SEEDS").unwrap_or(few),
    }
}

/// Runs schedules on all processors until they have made so many steps; how many schedules, and how many steps.
fn schedules(seeds: std::ops::Range<u64>, steps: u64, run: impl Fn(u64) -> u64 + Sync) -> (u64, u64) {
    let (next, done) = (AtomicU64::new(seeds.start), AtomicU64::new(0));
    std::thread::scope(|threads| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            threads.spawn(|| {
                while done.load(Ordering::Relaxed) < steps {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    done.fetch_add(run(seed), Ordering::Relaxed);
                }
            });
        }
    });
    (next.into_inner().min(seeds.end) - seeds.start, done.into_inner())
}

/// Faults as often as `harm` in a thousand.
fn random_fates(harm: u32) -> Fates {
    Box::new(move |operation, _, rng| {
        if rng.u32(0..1_000) >= harm {
            return Fate::Well;
        }
        let take = operation == Operation::Take;
        match rng.u32(0..12) {
            0 => Fate::LostBefore,
            1 | 2 => Fate::LostAfter,
            3 => Fate::Status(503),
            4 => Fate::Limited(None),
            5 => Fate::Limited(Some(rng.u64(0..5))),
            6 if operation != Operation::Acknowledge => Fate::Expired,
            6 => Fate::Status(200), // whatever that means, it accepts nothing
            7 if take => Fate::Empty,
            9 if take => Fate::Again,
            10 if take && rng.u32(0..4) == 0 => Fate::TooLarge,
            8 => Fate::Stalled(rng.u64(1..70)),
            _ => Fate::Well,
        }
    })
}

/// Now and then others ask the service for too much: it answers everything with 429 for a while.
fn stormy(mut calm: Fates) -> Fates {
    let mut left = 0;
    Box::new(move |operation, count, rng| {
        if left == 0 && rng.u32(0..60) == 0 {
            left = rng.u32(2..40);
        }
        if left == 0 {
            return calm(operation, count, rng);
        }
        left -= 1;
        Fate::Limited(rng.bool().then(|| rng.u64(0..4)))
    })
}

/// Now and then the service says no, and a run ends of it.
fn refusing(mut calm: Fates) -> Fates {
    Box::new(move |operation, count, rng| match rng.u32(0..150) {
        no @ 0..3 => Fate::Status([400, 401, 403][no as usize]),
        _ => calm(operation, count, rng),
    })
}

/// A world whose every knob the seed turns, but for what is left out.
fn world(seed: u64, less: &Less) -> World {
    let mut rng = fastrand::Rng::with_seed(seed ^ 0xd0a1);
    let records = rng.u32(0..400);
    let mut world = World::new(seed, records.min(less.records), rng.usize(1..40));
    world.mishaps = Mishaps::without(&less.mishaps);
    world.service.queues = [1, 1, 1, 2, 3][rng.usize(0..5)];
    world.config.workers = rng.usize(1..7);
    world.config.rate = [0, 1, 3, 10, 40][rng.usize(0..5)];
    world.config.ack_pack = [1, 3, 50, 100, 1_000][rng.usize(0..5)];
    world.config.ack_most = world.config.ack_pack * [1, 5][rng.usize(0..2)];
    world.config.outbox_cap = world.config.ack_pack as u64 * [1, 2, 20][rng.usize(0..3)];
    world.config.ack_interval = Duration::from_millis([0, 50, 5_000, 60_000][rng.usize(0..4)]);
    world.guide = rng.u32(0..3);
    world.slow = [0, 5, 120, 3_000][rng.usize(0..4)];
    world.service.odd = [0, 0, 30, 300][rng.usize(0..4)];
    world.fates = random_fates([0, 20, 100, 400][rng.usize(0..4)]);
    if seed % 4 == 3 {
        world.fates = stormy(world.fates);
    }
    if seed % 3 == 1 {
        world.fates = refusing(world.fates);
    }
    world.service.most = [0, 0, 0, 1, 7, 60][rng.usize(0..6)];
    // Keys that are called wrong, objects that cannot be delivered, and what comes although it was acknowledged.
    let mut some =
        |of: u32| -> Vec<u32> { (0..[0, 0, 0, of][rng.usize(0..4)]).map(|_| rng.u32(1..450)).collect() };
    let (bad, broken) = (some(6), some(3));
    world.service.bad = bad.into_iter().flat_map(|id| [(id, 1), (id, 2)]).collect();
    world.service.broken = broken.into_iter().collect();
    world.service.repeats = [0, 0, 0, 5, 90][rng.usize(0..5)];
    if less.alone {
        (world.config.workers, world.service.queues) = (1, 1);
    }
    world
}

/// Runs with faults, crashes, edits and commands for a number of steps.
fn harm(world: &mut World, steps: u64) {
    let mut resume_at = None;
    world.begin(Mode::Full, false);
    for _ in 0..steps {
        if world.flow.is_none() {
            resume_at = None;
            if world.rng.bool() {
                world.mirror.hold(false); // by hand, between runs
            }
            world.begin(Mode::Full, false);
        }
        let alive = world.step();
        let waits = resume_at.is_some() || world.mirror.holding;
        world.hold(alive || world.flow.is_none() || waits, "nothing is left to happen");
        if world.flow.is_none() {
            continue;
        }
        let act = world.rng.u32(0..400);
        if act < ACTS && !world.mishaps.happens(|| format!("act {act} before step {}", world.steps)) {
            continue;
        }
        match act {
            0 => world.crash(),
            1 => {
                world.command(Command::Pause);
                resume_at = Some(world.steps + world.rng.u64(1..40));
            }
            2 => {
                world.command(Command::Step);
                resume_at = Some(world.steps + world.rng.u64(1..40));
            }
            3 => world.command(Command::SendAcks),
            4 => world.command(Command::TryNow),
            5 if world.rng.u32(0..8) == 0 => world.command(Command::Stop),
            10 => world.command(Command::HoldAcks(true)),
            11 | 12 => world.command(Command::HoldAcks(false)),
            13 => world.command(Command::DropPack),
            14..20 => world.command(Command::StepOne),
            20 | 21 => world.command(Command::SkipPage),
            22 if world.rng.bool() => world.command(Command::GiveUp),
            23..30 if resume_at.is_some() => world.command(Command::Step),
            6..10 => {
                let id = world.rng.u32(1..450);
                *world.service.data.entry(id).or_default() += 1;
            }
            // Between any two of its next outputs.
            30 => world.doom = Some(world.rng.u32(0..12)),
            // The machine sleeps.
            31 => world.now += Duration::from_secs(world.rng.u64(1..10_000)),
            // Somebody sets the clock on the wall, forth or back by up to sixty years; nothing may hang on it.
            32 => {
                let at = world.rng.i64(-2_000_000_000..2_000_000_000);
                world.wall = jiff::Timestamp::from_second(at).unwrap();
                let _ = world.flow.as_ref().map(|flow| flow.snapshot(world.now, world.wall));
            }
            _ => {}
        }
        if !alive || resume_at.is_some_and(|at| world.steps >= at) {
            resume_at = None;
            world.command(Command::Resume);
        }
        if !alive {
            world.command(Command::HoldAcks(false));
        }
    }
    world.command(Command::Resume);
    world.command(Command::HoldAcks(false));
    if world.flow.is_none() {
        world.mirror.hold(false);
    }
}

/// Without faults a few runs and sessions at most bring both sides together.
fn converge(world: &mut World) {
    world.fates = Box::new(|_, _, _| Fate::Well);
    world.doom = None;
    world.service.heal();
    let opened = world.service.opened;
    if world.flow.is_some() {
        world.finish(); // it may have been told "up to date" before the last edit
    }
    world.mirror.hold(false); // a run on its way out hears no release
    for _ in 0..3 {
        world.begin(Mode::Full, false);
        let outcome = world.finish();
        if outcome.end == RunEnd::Converged {
            world.hold(world.mirror.rows == world.service.data, "converged and not the same");
            world.hold(world.mirror.outbox().pending == 0, "converged with keys in the outbox");
            world.hold(world.service.acked == world.service.data, "converged and not all acknowledged");
            let sessions = world.service.opened - opened;
            world.hold(sessions <= SESSIONS, "more sessions than that takes once nothing fails any more");
            return;
        }
    }
    world.hold(false, "no convergence although nothing fails any more");
}

/// Harm, and what comes of it.
fn live(world: &mut World, less: &Less) {
    let steps = world.rng.u64(0..3_000).min(less.steps);
    harm(world, steps);
    converge(world);
    if let Some(twin) = &world.mirror.twin {
        world.hold(twin.rows() == world.service.data, "the real mirror converged and is not the same");
    }
}

/// A schedule; how many steps it took. Where it breaks a promise the shortest like it is told.
fn schedule(seed: u64, beside_the_real: bool) -> u64 {
    let run = |less: &Less| {
        let mut world = world(seed, less);
        world.mirror.twin = beside_the_real.then(Twin::new);
        shrink::attempt(&mut world, |world| live(world, less))
    };
    match run(&Less::default()) {
        Ok(steps) => steps,
        Err(failed) => panic!("{}", shrink::shortest(failed, run)),
    }
}

#[test]
fn whatever_fails_the_promises_hold_and_then_it_converges() {
    let asked = seeds(u64::MAX);
    let steps = if asked.end == u64::MAX { STEPS } else { u64::MAX };
    let (schedules, steps) = schedules(asked, steps, |seed| schedule(seed, false));
    println!("{schedules} schedules, {steps} steps");
}

/// A failing schedule comes down to the little that makes it fail.
#[test]
fn a_schedule_that_fails_is_told_as_short_as_it_can_be() {
    let run = |seed: u64| {
        move |less: &Less| {
            let mut world = world(seed, less);
            world.mutant = Mutant::EmptyIsEnd;
            shrink::attempt(&mut world, |world| live(world, less))
        }
    };
    let failing = (0..100).find_map(|seed| run(seed)(&Less::default()).err().map(|failed| (seed, failed)));
    let (seed, failed) = failing.unwrap();
    let (first, told) = (failed.mishaps.len(), shrink::shortest(failed, run(seed)));
    assert!(told.contains("something is left in its queues") && told.contains("Take"), "{told}");
    let left = told.lines().filter(|line| line.starts_with("  ")).count();
    assert!(left <= 8 && left * 5 < first && told.contains(": Empty"), "{first} came down to {left}: {told}");
}

/// The first of the same schedules on real files: whatever can be seen of the mirror is as the model has it, after each
/// step.
#[test]
fn the_real_mirror_agrees_with_the_model() {
    let (schedules, steps) = schedules(seeds(TWINS), u64::MAX, |seed| schedule(seed, true));
    println!("{schedules} schedules, {steps} steps");
}

/// Schedules of the long run that once broke a promise.
#[test]
fn what_was_found_stays_mended() {
    for seed in [8_882, 9_077] {
        schedule(seed, true);
    }
}

/// The figures of the README's reliability section.
#[test]
#[ignore = "the long run"]
fn ten_thousand_schedules() {
    let (schedules, steps) = schedules(seeds(10_000), u64::MAX, |seed| schedule(seed, seed % 40 == 0));
    eprintln!(
        "{schedules} schedules, {steps} steps: nothing lost, nothing twice, nothing acknowledged too early"
    );
}

#[test]
fn under_unending_faults_every_run_ends() {
    for seed in seeds(100) {
        let mut world = world(seed, &Less::default());
        world.begin(Mode::Full, false);
        world.finish();
    }
}

#[test]
fn a_seed_is_a_schedule() {
    for seed in seeds(40) {
        let trace = || {
            let mut world = world(seed, &Less::default());
            harm(&mut world, 600);
            world.trace
        };
        assert_eq!(trace(), trace(), "seed {seed}");
    }
}

/// The checker sees what it is there for.
fn caught(mutant: Mutant, by: &str) {
    let mut said = (0..60).filter_map(|seed| {
        let run = std::panic::catch_unwind(|| {
            let mut world = world(seed, &Less::default());
            world.mutant = mutant;
            world.mirror.mutant = mutant;
            world.service.odd = 300;
            harm(&mut world, 800);
            converge(&mut world);
        });
        run.err().and_then(|panic| panic.downcast_ref::<String>().cloned())
    });
    assert!(said.any(|said| said.contains(by)), "{mutant:?} was not caught");
}

#[test]
fn mutants_are_caught() {
    caught(Mutant::AckBeforeCommit, "before it was durable");
    caught(Mutant::ForgetOutbox, "while keys are unaccepted");
    caught(Mutant::NoPacing, "sliding second");
    caught(Mutant::EmptyIsEnd, "something is left in its queues");
    caught(Mutant::AnyAnswerAccepts, "downloaded again");
    caught(Mutant::DrainedIsAll, "converged and not the same");
    caught(Mutant::LosePacks, "downloaded again");
    caught(Mutant::NoGuard, "a revision went back");
    caught(Mutant::LaterPageWins, "a revision went back");
    caught(Mutant::OkAccepts, "downloaded again");
    caught(Mutant::NoTimer, "nothing is left to happen");
    caught(Mutant::LateClock, "a timer in the past");
    caught(Mutant::NoRetryAfter, "before the time that the service asked to wait");
    caught(Mutant::ForgetPause, "a request left in a pause");
    caught(Mutant::ForgetHold, "a pack left while acks are held");
    caught(Mutant::NeverDry, "the run does not end");
    caught(Mutant::PageIsSession, "more sessions than that takes");
    caught(Mutant::NeverUpToDate, "no convergence although nothing fails");
}
