//! Acks held by hand, packs lost on purpose, and the budget that says what a request waits for.

use std::time::Duration;

use drainboard::client::Operation::{Acknowledge, Start, Take};
use drainboard::engine::Command;
use drainboard::engine::budget::Reason;
use drainboard::engine::event::{EventKind, Mode, Phase, RunEnd, Snapshot};

use crate::world::{Fate, World};

fn requests(world: &World) -> [u64; 3] {
    [Start, Take, Acknowledge].map(|operation| world.requests.get(&operation).copied().unwrap_or_default())
}

fn snapshot(world: &World) -> Snapshot {
    world.flow.as_ref().unwrap().snapshot(world.now, jiff::Timestamp::UNIX_EPOCH)
}

fn reason(world: &World) -> Option<Reason> {
    snapshot(world).budget.wait.map(|wait| wait.reason)
}

/// Until nothing is left to happen.
fn rest(world: &mut World) {
    for _ in 0..100_000 {
        if !world.step() {
            return;
        }
    }
    panic!("it never rests");
}

#[test]
fn while_acks_are_held_no_pack_leaves_and_no_session_starts() {
    let mut world = World::new(40, 500, 50);
    world.begin(Mode::Full, false);
    world.command(Command::HoldAcks(true)); // before the mirror is open
    rest(&mut world);
    assert_eq!(requests(&world)[0], 1, "the queue is drained, and no second start");
    assert_eq!(requests(&world)[2], 0);
    let seen = snapshot(&world);
    assert_eq!((seen.phase, seen.holding, seen.held), (Phase::Acknowledging, true, 500));
    assert_eq!(reason(&world), Some(Reason::Held));
    world.command(Command::SendAcks);
    rest(&mut world);
    assert_eq!(requests(&world)[2], 0, "asking to send does not release");

    world.command(Command::HoldAcks(false));
    let outcome = world.finish();
    assert_eq!(outcome.end, RunEnd::Converged);
    assert_eq!(requests(&world)[2], 5);
    assert_eq!(requests(&world)[0], 2, "nothing came twice");
}

#[test]
fn held_keys_survive_the_run_and_the_next_one_cannot_deliver_them() {
    let mut world = World::new(41, 120, 50);
    world.begin(Mode::Single, false);
    world.command(Command::HoldAcks(true));
    let outcome = world.finish();
    assert_eq!((outcome.converged, outcome.end.exit_status()), (false, 4), "{outcome:?}");
    assert!(outcome.error.unwrap().contains("120 keys are held back by hand"));

    world.begin(Mode::Full, false);
    let outcome = world.finish();
    assert_eq!((outcome.converged, outcome.end.exit_status()), (false, 4), "{outcome:?}");
    assert_eq!(requests(&world)[0], 1, "no start");

    world.begin(Mode::Full, false);
    world.command(Command::HoldAcks(false));
    assert_eq!(world.finish().end, RunEnd::Converged);
    assert_eq!(world.service.acked, world.service.data);
}

#[test]
fn a_wish_that_changes_while_it_is_written_ends_as_the_last_one() {
    let mut world = World::new(42, 300, 50);
    world.begin(Mode::Full, false);
    for hold in [true, false, true, false, true, false] {
        world.step();
        world.command(Command::HoldAcks(hold));
        world.command(Command::HoldAcks(!hold));
        world.command(Command::HoldAcks(hold));
    }
    assert_eq!(world.finish().end, RunEnd::Converged);
    assert!(!world.mirror.holding);
}

#[test]
fn a_stop_ends_a_run_that_waits_for_a_release() {
    let mut world = World::new(43, 100, 50);
    world.begin(Mode::Full, false);
    world.command(Command::HoldAcks(true));
    rest(&mut world);
    world.command(Command::Stop);
    assert_eq!(world.finish().end, RunEnd::Stopped);
    assert_eq!(world.mirror.outbox().held, 100, "nothing was sent on the way out");
}

/// A run with a hundred keys pending and a take in flight that is not answered; then it is told to stop.
fn on_its_way_out(seed: u64, held: bool) -> World {
    let stalled = |operation, count, _: &mut fastrand::Rng| match (operation, count) {
        (Take, 3..) => Fate::Stalled(30),
        _ => Fate::Well,
    };
    let mut world = World::new(seed, 200, 50).fates(stalled);
    world.config.ack_interval = Duration::from_hours(1);
    world.begin(Mode::Full, false);
    world.command(Command::HoldAcks(held));
    while world.mirror.outbox().pending < 100 {
        assert!(world.step());
    }
    world.command(Command::Stop);
    world
}

#[test]
fn what_is_released_on_the_way_out_still_goes() {
    for seed in 50..70 {
        let mut world = on_its_way_out(seed, true);
        world.command(Command::HoldAcks(false));
        assert_eq!(world.finish().end, RunEnd::Stopped);
        let outbox = world.mirror.outbox();
        assert_eq!((outbox.pending, outbox.held), (0, 0), "seed {seed}");
        assert!(requests(&world)[2] > 0);
    }
}

#[test]
fn what_is_held_on_the_way_out_stays() {
    for seed in 50..70 {
        let mut world = on_its_way_out(seed, false);
        let sent = requests(&world)[2];
        world.command(Command::HoldAcks(true));
        assert_eq!(world.finish().end, RunEnd::Stopped);
        let outbox = world.mirror.outbox();
        assert!(requests(&world)[2] == sent && outbox.held == outbox.pending, "seed {seed}: {outbox:?}");
    }
}

#[test]
fn a_dropped_pack_stays_pending_and_comes_again() {
    let mut world = World::new(44, 200, 50);
    world.begin(Mode::Full, false);
    world.command(Command::DropPack);
    assert!(snapshot(&world).dropping);
    let outcome = world.finish();
    assert_eq!(outcome.end, RunEnd::Converged);
    assert_eq!(requests(&world)[2], 3, "two packs, one of them twice");
    let retried = world.events.iter().find_map(|event| match event {
        EventKind::RetryScheduled { operation: Acknowledge, reason, attempt, .. } => {
            Some((reason.clone(), *attempt))
        }
        _ => None,
    });
    let (reason, attempt) = retried.unwrap();
    assert!(reason.contains("on purpose") && attempt == 2, "{reason}");
}

#[test]
fn the_budget_names_what_a_request_waits_for() {
    let mut seen = std::collections::BTreeSet::new();
    let fates = |operation, count, _: &mut fastrand::Rng| match (operation, count) {
        (Take, 3) => Fate::Limited(Some(7)),
        (Start, 0 | 1) => Fate::Status(503),
        _ => Fate::Well,
    };
    let mut world = World::new(45, 900, 20).fates(fates);
    world.config.rate = 5;
    world.config.ack_pack = 40;
    world.config.outbox_cap = 60;
    world.begin(Mode::Full, false);
    let mut most = 0;
    while world.flow.is_some() {
        assert!(world.step());
        if world.flow.is_none() {
            break;
        }
        let budget = snapshot(&world).budget;
        assert!(budget.last_second <= 5 && (1..=5).contains(&budget.per_second) && budget.per_hour == 36_000);
        assert!(budget.last_hour >= budget.last_second);
        most = most.max(budget.last_hour);
        let left = budget.wait.and_then(|wait| wait.left);
        assert!(left.is_none_or(|left| left <= Duration::from_mins(1)));
        seen.extend(budget.wait.map(|wait| format!("{:?}", wait.reason)));
    }
    assert_eq!(most, requests(&world).iter().sum::<u64>());
    for reason in ["Pacing", "TooMany", "Retry", "OutboxFull", "InFlight"] {
        assert!(seen.contains(reason), "{reason} is not in {seen:?}");
    }
    let mut world = World::new(46, 100, 20);
    world.begin(Mode::Full, true);
    rest(&mut world);
    assert_eq!(reason(&world), Some(Reason::Paused));
    assert_eq!(snapshot(&world).next_step.as_deref(), Some("start a session"));
}
