//! Pages that wait to be looked at: they are committed by a step, in whole or in part, by whoever goes on or stops, and
//! left out by a skip alone.

use drainboard::engine::event::{EventKind, Mode, Phase, RunEnd};
use drainboard::engine::{Command, Snapshot};
use drainboard::mirror::SessionEnd;

use crate::world::World;

fn snapshot(world: &World) -> Snapshot {
    let flow = world.flow.as_ref().expect("the run is on");
    flow.snapshot(world.now, jiff::Timestamp::UNIX_EPOCH)
}

fn until(world: &mut World, what: &str, reached: impl Fn(&World) -> bool) {
    for _ in 0..100_000 {
        if reached(world) {
            return;
        }
        let alive = world.step();
        world.hold(alive, what);
    }
    world.hold(false, what);
}

fn step(world: &mut World, command: Command) {
    world.command(command);
    until(world, "the pause", |w| w.flow.is_none() || snapshot(w).phase == Phase::Paused);
}

/// A run whose first page waits.
fn looking() -> World {
    let mut world = World::new(31, 30, 10);
    world.begin(Mode::Full, true);
    until(&mut world, "a pause", |w| snapshot(w).phase == Phase::Paused);
    for _ in 0..2 {
        step(&mut world, Command::Step);
    }
    assert_eq!(snapshot(&world).looked_at, Some(10));
    world.hold(world.mirror.rows.is_empty(), "a page that is looked at is committed");
    world
}

#[test]
fn instruction_by_instruction_each_with_its_key() {
    let mut world = looking();
    for committed in 1..=10 {
        step(&mut world, Command::StepOne);
        assert_eq!((world.mirror.rows.len(), world.mirror.outbox().pending), (committed, committed as u64));
        assert_eq!(snapshot(&world).looked_at, (committed < 10).then_some(10 - committed as u64));
    }
    // Nothing waits any more: it does nothing.
    step(&mut world, Command::StepOne);
    assert_eq!(world.mirror.rows.len(), 10);
    world.command(Command::Resume);
    assert_eq!(world.finish().end, RunEnd::Converged);
    assert_eq!(world.mirror.rows.len(), 30);
}

#[test]
fn what_is_skipped_comes_in_the_next_session() {
    let mut world = looking();
    step(&mut world, Command::StepOne);
    step(&mut world, Command::SkipPage);
    assert_eq!((snapshot(&world).looked_at, world.mirror.rows.len()), (None, 1));
    world.command(Command::Resume);
    assert_eq!(world.finish().end, RunEnd::Converged);
    let sessions = world.events.iter().filter(|kind| matches!(kind, EventKind::SessionOpened { .. })).count();
    assert_eq!((sessions, world.mirror.rows.len(), world.service.acked.len()), (2, 30, 30));
}

#[test]
fn whoever_goes_on_or_stops_commits_what_waits() {
    for command in [Command::Resume, Command::Stop] {
        let mut world = looking();
        world.command(command);
        let outcome = world.finish();
        let rows = if command == Command::Stop { 10 } else { 30 };
        assert_eq!((outcome.end == RunEnd::Stopped, world.mirror.rows.len()), (rows == 10, rows));
    }
}

#[test]
fn acks_leave_while_a_page_is_looked_at() {
    let mut world = looking();
    step(&mut world, Command::StepOne);
    step(&mut world, Command::SendAcks);
    until(&mut world, "the ack", |w| w.service.acked.len() == 1);
    until(&mut world, "the pause", |w| snapshot(w).phase == Phase::Paused);
    assert_eq!((snapshot(&world).looked_at, world.mirror.rows.len()), (Some(9), 1));
}

#[test]
fn a_session_that_is_given_up_is_followed_by_one_that_brings_the_rest() {
    let mut world = looking();
    step(&mut world, Command::GiveUp);
    // The page that is here is still the user's to decide on.
    assert_eq!(snapshot(&world).next_step.as_deref(), Some("commit the page of 0, 10 instructions"));
    world.command(Command::Resume);
    assert_eq!(world.finish().end, RunEnd::Converged);
    let lost = |kind: &EventKind| matches!(kind, EventKind::SessionEnded { end: SessionEnd::Lost, .. });
    assert!(world.events.iter().any(lost));
    assert_eq!(world.mirror.rows.len(), 30);
}
