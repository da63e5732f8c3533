//! The rules of the flow one by one, each as a short story with its own faults.

use std::time::Duration;

use drainboard::client::Operation::{Acknowledge, Start, Take};
use drainboard::engine::Command;
use drainboard::engine::event::{EventKind, Mode, Phase, RunEnd, Snapshot};
use drainboard::mirror::SessionEnd;

use crate::world::{Fate, World};

const SECOND: Duration = Duration::from_secs(1);

fn run(mut world: World, end: RunEnd) -> World {
    world.begin(Mode::Full, false);
    let outcome = world.finish();
    assert_eq!(outcome.end, end, "{:?}", outcome.error);
    assert_eq!(outcome.converged, end == RunEnd::Converged);
    assert_eq!(outcome.error.is_none(), end == RunEnd::Converged, "{:?}", outcome.error);
    if let Some(error) = outcome.error {
        world.events.push(EventKind::RunEnded {
            outcome: drainboard::engine::Outcome { error: Some(error), ..outcome },
        });
    }
    world
}

fn error(world: &World) -> &str {
    match world.events.last() {
        Some(EventKind::RunEnded { outcome }) => outcome.error.as_deref().unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

fn requests(world: &World) -> [u64; 3] {
    [Start, Take, Acknowledge].map(|operation| world.requests.get(&operation).copied().unwrap_or_default())
}

fn ends(world: &World) -> Vec<SessionEnd> {
    let end = |event: &EventKind| match event {
        EventKind::SessionEnded { end, .. } => Some(*end),
        _ => None,
    };
    world.events.iter().filter_map(end).collect()
}

fn snapshot(world: &World) -> Snapshot {
    world.flow.as_ref().unwrap().snapshot(world.now, jiff::Timestamp::UNIX_EPOCH)
}

fn until(world: &mut World, what: &str, reached: impl Fn(&World) -> bool) {
    for _ in 0..100_000 {
        if reached(world) {
            return;
        }
        assert!(world.step(), "{what}: nothing is left to happen");
    }
    panic!("{what}: not reached");
}

#[test]
fn a_clean_drain_spends_no_request_in_vain() {
    // 25 pages of 100, packs of 1,000: 25 pages and one 204, three packs, two starts.
    let mut world = World::new(1, 2_500, 100);
    world.config.ack_pack = 1_000;
    world.config.outbox_cap = 20_000;
    let world = run(world, RunEnd::Converged);
    assert_eq!(requests(&world), [2, 26, 3]);
    assert_eq!(world.drained_answers, 1, "only one worker meets the 204");
    assert_eq!(ends(&world), [SessionEnd::Drained]);
}

#[test]
fn four_workers_share_a_session_after_the_first_page() {
    let mut world = World::new(2, 2_000, 100);
    world.config.rate = 0;
    world.begin(Mode::Full, false);
    until(&mut world, "the first page", |w| w.requests.get(&Take) == Some(&1));
    assert_eq!(requests(&world), [1, 1, 0], "one exchange at a time until a queue has answered");
    let busy = |w: &World| {
        snapshot(w).workers.iter().filter(|w| **w == drainboard::engine::event::WorkerView::Taking).count()
    };
    until(&mut world, "four takes in flight", |w| busy(w) == 4);
}

#[test]
fn a_refusal_costs_one_request_at_the_start_and_two_at_a_queue() {
    for status in [401, 403] {
        let world = run(World::new(3, 500, 10).fates(move |_, _, _| Fate::Status(status)), RunEnd::Refused);
        assert_eq!(requests(&world), [1, 0, 0]);
        let fates = move |operation, _, _: &mut fastrand::Rng| {
            if operation == Take { Fate::Status(status) } else { Fate::Well }
        };
        let world = run(World::new(3, 500, 10).fates(fates), RunEnd::Refused);
        assert_eq!(requests(&world), [1, 1, 0]);
    }
}

#[test]
fn a_service_that_fails_is_tried_so_often_and_not_more() {
    for fate in [Fate::Status(503), Fate::LostBefore, Fate::LostAfter, Fate::Limited(None)] {
        let world = run(World::new(4, 50, 10).fates(move |_, _, _| fate), RunEnd::Unreachable);
        assert_eq!(requests(&world), [8, 0, 0], "{fate:?}");
        assert!(world.now < Duration::from_mins(4), "{fate:?}: {:?}", world.now);
        assert!(error(&world).contains("8 tries"), "{}", error(&world));
    }
}

#[test]
fn a_service_that_hangs_is_given_up_within_four_minutes() {
    let world = run(World::new(5, 50, 10).fates(|_, _, _| Fate::Stalled(62)), RunEnd::Unreachable);
    assert!(world.now < Duration::from_mins(4), "{:?}", world.now);
    assert!(world.now > Duration::from_mins(2), "{:?}", world.now);
}

#[test]
fn a_retry_after_beyond_our_patience_ends_the_run_at_once() {
    let world = run(World::new(6, 50, 10).fates(|_, _, _| Fate::Limited(Some(3_600))), RunEnd::Unreachable);
    assert_eq!(requests(&world), [1, 0, 0]);
    assert!(error(&world).contains("asks to wait 1 h"), "{}", error(&world));
}

#[test]
fn a_429_halts_everything_and_shows_why() {
    let fates = |operation, count, _: &mut fastrand::Rng| {
        if operation == Take && count == 6 { Fate::Limited(Some(20)) } else { Fate::Well }
    };
    let mut world = World::new(7, 3_000, 10).fates(fates);
    world.begin(Mode::Full, false);
    until(&mut world, "the halt", |w| snapshot(w).wait.is_some());
    let total = |w: &World| requests(w).iter().sum::<u64>();
    let (began, sent) = (world.now, total(&world));
    let wait = snapshot(&world).wait.unwrap();
    assert_eq!((wait.reason.as_str(), wait.attempt), ("too many requests", 2));
    assert!(wait.until >= jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(20));
    until(&mut world, "the next request", |w| total(w) > sent);
    assert!(world.now >= began + 20 * SECOND);
    assert_eq!(total(&world), sent + 1, "gently: one alone first");
    assert_eq!(world.finish().end, RunEnd::Converged);
}

#[test]
fn try_now_cuts_the_halt() {
    let fates =
        |_, count, _: &mut fastrand::Rng| if count == 1 { Fate::Limited(Some(100)) } else { Fate::Well };
    let mut world = World::new(8, 5, 10).fates(fates);
    world.begin(Mode::Full, false);
    until(&mut world, "the halt", |w| snapshot(w).wait.is_some());
    world.command(Command::TryNow);
    until(&mut world, "another start", |w| requests(w)[0] == 2);
    assert!(world.now < 2 * SECOND, "{:?}", world.now);
}

#[test]
fn empty_pages_are_no_end() {
    for empties in [1, 3, 8] {
        let fates = move |operation, count, _: &mut fastrand::Rng| {
            if operation == Take && (3..3 + empties).contains(&count) { Fate::Empty } else { Fate::Well }
        };
        let mut world = World::new(9, 100, 10).fates(fates);
        world.config.workers = 1;
        let world = run(world, RunEnd::Converged);
        assert_eq!(ends(&world), [SessionEnd::Drained], "one session holds it all");
    }
}

#[test]
fn empty_pages_for_ever_are_a_failed_session_and_never_a_drained_one() {
    let fates =
        |operation, _, _: &mut fastrand::Rng| if operation == Take { Fate::Empty } else { Fate::Well };
    let world = run(World::new(10, 100, 10).fates(fates), RunEnd::NoProgress);
    assert_eq!(ends(&world), [SessionEnd::Failed; 3]);
    assert!(error(&world).contains("empty pages"), "{}", error(&world));
}

#[test]
fn a_lost_session_is_left_and_the_next_one_brings_the_rest() {
    let fates = |operation, count, _: &mut fastrand::Rng| {
        if operation == Take && count == 7 { Fate::Expired } else { Fate::Well }
    };
    let world = run(World::new(12, 300, 10).fates(fates), RunEnd::Converged);
    assert_eq!(ends(&world), [SessionEnd::Lost, SessionEnd::Drained]);
    assert_eq!(requests(&world)[0], 3);
    assert_eq!(world.mirror.rows, world.service.data);
}

#[test]
fn a_bad_key_is_found_by_halving_and_blocks_nothing() {
    let mut world = World::new(13, 200, 10);
    world.service.bad.insert((77, 1));
    world.begin(Mode::Full, false);
    let outcome = world.finish();
    assert_eq!(world.mirror.refused.iter().collect::<Vec<_>>(), [&(77, 1)]);
    assert_eq!(world.mirror.outbox().pending, 0);
    assert_eq!(world.service.acked.len(), 199);
    // The service offers it again and again: nothing new, and the cause is named.
    assert_eq!(outcome.end, RunEnd::NoProgress);
    assert!(outcome.error.unwrap().contains("sent 3 instructions again"));
}

#[test]
fn packs_that_are_too_large_get_smaller_once_for_the_whole_run() {
    let mut world = World::new(18, 400, 10);
    world.config.ack_pack = 100;
    world.service.most = 30;
    let world = run(world, RunEnd::Converged);
    // 100, then 50, are refused; 16 packs of 25 are not.
    let refused = world.events.iter().filter(|event| matches!(event, EventKind::PackRefused { .. })).count();
    assert_eq!((refused, requests(&world)[2]), (2, 18));
    assert_eq!(world.service.acked, world.service.data);
}

#[test]
fn keys_that_cannot_be_delivered_stop_the_next_session() {
    let fates = |operation, _, _: &mut fastrand::Rng| {
        if operation == Acknowledge { Fate::Status(500) } else { Fate::Well }
    };
    let mut world = run(World::new(14, 50, 10).fates(fates), RunEnd::Unreachable);
    assert_eq!(requests(&world), [1, 6, 8]);
    assert!(error(&world).contains("50 keys wait in the outbox"), "{}", error(&world));
    // The next run sends them first and downloads nothing again.
    world.fates = Box::new(|_, _, _| Fate::Well);
    let world = run(world, RunEnd::Converged);
    assert_eq!(requests(&world), [2, 6, 9]);
}

#[test]
fn held_keys_stop_a_start_and_say_so() {
    let mut world = World::new(15, 50, 10);
    world.mirror.put(&[(1, 1), (2, 1)]);
    world.mirror.seen.extend([(1, 1), (2, 1)]);
    world.mirror.held = 2;
    let world = run(world, RunEnd::Unreachable);
    assert_eq!(requests(&world), [0, 0, 0]);
    assert!(error(&world).contains("2 keys are held back"), "{}", error(&world));
}

#[test]
fn three_sessions_without_anything_new_end_the_run_and_name_the_cause() {
    let mut world = World::new(16, 1, 10);
    world.service.broken.insert(1);
    let world = run(world, RunEnd::NoProgress);
    assert_eq!(requests(&world)[0], 3);
    let mut world = World::new(16, 1, 10);
    world.service.queues = 0;
    let world = run(world, RunEnd::NoProgress);
    assert_eq!(requests(&world), [3, 0, 0]);
    assert!(error(&world).contains("puts nothing into them"), "{}", error(&world));
}

#[test]
fn a_session_with_news_starts_the_count_again() {
    let fates = |operation, count, _: &mut fastrand::Rng| {
        // Two sessions lost at once, one that brings a page, and so on.
        if operation == Take && count % 4 != 3 { Fate::Expired } else { Fate::Well }
    };
    let mut world = World::new(17, 50, 10).fates(fates);
    world.config.workers = 1;
    let world = run(world, RunEnd::Converged);
    assert!(ends(&world).len() > 10, "{:?}", ends(&world));
}

#[test]
fn bodies_that_are_too_large_have_three_tries() {
    let fates =
        |operation, _, _: &mut fastrand::Rng| if operation == Take { Fate::TooLarge } else { Fate::Well };
    let world = run(World::new(18, 50, 10).fates(fates), RunEnd::Rejected);
    assert_eq!(requests(&world)[1], 3);
    assert!(error(&world).contains("--max-page"), "{}", error(&world));
}

#[test]
fn one_session_is_one_session() {
    let mut world = World::new(19, 50, 10);
    world.begin(Mode::Single, false);
    let outcome = world.finish();
    assert_eq!((outcome.end, outcome.converged, outcome.error), (RunEnd::SingleSession, false, None));
    assert_eq!(requests(&world)[0], 1);
    assert_eq!(world.mirror.outbox().pending, 0);
    world.begin(Mode::Single, false);
    assert_eq!(world.finish().end, RunEnd::Converged);
}

#[test]
fn a_peek_acknowledges_nothing() {
    let mut world = World::new(20, 50, 10);
    world.config.peek = true;
    world.begin(Mode::Full, false);
    assert_eq!(world.finish().end, RunEnd::SingleSession);
    assert_eq!(requests(&world), [1, 6, 0]);
    assert_eq!((world.mirror.rows.len(), world.service.acked.len()), (50, 0));
}

#[test]
fn steps_say_what_they_will_do_and_do_just_that() {
    let mut world = World::new(21, 30, 10);
    world.config.ack_pack = 20;
    world.begin(Mode::Full, true);
    let mut said = Vec::new();
    for _ in 0..12 {
        until(&mut world, "a pause", |w| snapshot(w).phase == Phase::Paused);
        let before = requests(&world).iter().sum::<u64>();
        let rows = world.mirror.rows.len();
        said.push(snapshot(&world).next_step.expect("a pause says what is next"));
        world.command(Command::Step);
        until(&mut world, "the step", |w| w.flow.is_none() || matches!(snapshot(w).phase, Phase::Paused));
        // Either one request, or one commit.
        let commits = said.last().unwrap().starts_with("commit");
        assert_eq!(requests(&world).iter().sum::<u64>(), before + u64::from(!commits), "after {said:?}");
        assert_eq!(world.mirror.rows.len(), rows + if commits { 10 } else { 0 }, "after {said:?}");
        if world.flow.is_none() {
            break;
        }
    }
    let expected = [
        "start a session",
        "take a page of 0",
        "commit the page of 0, 10 instructions",
        "take a page of 0",
        "commit the page of 0, 10 instructions",
        "acknowledge pack 1 (20 keys)",
        "take a page of 0",
        "commit the page of 0, 10 instructions",
        "take a page of 0",
        "acknowledge pack 2 (10 keys)",
        "start a session",
    ];
    assert_eq!(said, expected);
    assert_eq!(world.outcome.map(|outcome| outcome.end), Some(RunEnd::Converged));
}

#[test]
fn a_pause_commits_what_is_in_flight() {
    let mut world = World::new(22, 1_000, 10);
    world.begin(Mode::Full, false);
    until(&mut world, "some takes", |w| requests(w)[1] > 5 && snapshot(w).phase == Phase::Draining);
    world.command(Command::Pause);
    let taken = requests(&world)[1];
    until(&mut world, "the pause", |w| snapshot(w).phase == Phase::Paused);
    assert_eq!(world.mirror.rows.len() as u64, taken * 10, "each page that was asked for is durable");
    world.command(Command::SendAcks);
    until(&mut world, "the acks", |w| w.mirror.outbox().pending == 0);
    until(&mut world, "the pause again", |w| snapshot(w).phase == Phase::Paused);
    assert_eq!(requests(&world)[1], taken);
    world.command(Command::Resume);
    assert_eq!(world.finish().end, RunEnd::Converged);
}

#[test]
fn a_stop_is_done_within_two_seconds_whatever_hangs() {
    for seed in 0..50 {
        let fates = |operation, count, rng: &mut fastrand::Rng| {
            if operation != Start && count > 3 && rng.bool() { Fate::Stalled(60) } else { Fate::Well }
        };
        let mut world = World::new(seed, 500, 10).fates(fates);
        world.config.ack_pack = 20;
        world.begin(Mode::Full, false);
        let steps = world.rng.u64(1..80);
        for _ in 0..steps {
            world.step();
        }
        if world.flow.is_none() {
            continue;
        }
        let asked = world.now;
        world.command(Command::Stop);
        let outcome = world.finish();
        assert!(matches!(outcome.end, RunEnd::Stopped), "seed {seed}: {outcome:?}");
        let took = world.now.saturating_sub(asked);
        assert!(took < Duration::from_millis(1_700), "seed {seed}: {took:?}");
    }
}

#[test]
fn a_stop_sends_what_can_be_sent_once() {
    let mut world = World::new(23, 1_000, 10);
    world.config.ack_pack = 1_000;
    world.begin(Mode::Full, false);
    until(&mut world, "some pages", |w| w.mirror.rows.len() >= 60);
    world.command(Command::Stop);
    assert_eq!(world.finish().end, RunEnd::Stopped);
    assert_eq!(world.mirror.outbox().pending, 0);
    assert_eq!(ends(&world), [SessionEnd::Stopped]);
}

#[test]
fn age_sends_a_pack_only_where_size_will_not() {
    // 10 pages of 10 a second: a pack of 600 is full after six seconds, within twice the interval of five.
    let mut world = World::new(24, 3_000, 10);
    world.config.ack_pack = 600;
    world.config.outbox_cap = 12_000;
    let world = run(world, RunEnd::Converged);
    assert_eq!(requests(&world)[2], 5, "full packs only");
    // A pack of 5,000 never fills: it leaves by age, every five seconds.
    let mut world = World::new(24, 3_000, 10);
    world.config.ack_pack = 5_000;
    world.config.outbox_cap = 100_000;
    let world = run(world, RunEnd::Converged);
    assert!((5..=8).contains(&requests(&world)[2]), "{:?}", requests(&world));
}

#[test]
fn what_has_piled_up_goes_in_larger_packs() {
    let piled = |most| {
        let fates = |operation, count, _: &mut fastrand::Rng| {
            if operation == Acknowledge && count < 3 { Fate::Status(503) } else { Fate::Well }
        };
        let mut world = World::new(27, 2_000, 10).fates(fates);
        (world.config.rate, world.config.ack_pack, world.config.ack_most) = (0, 20, most);
        let world = run(world, RunEnd::Converged);
        let keys = |event: &EventKind| match event {
            EventKind::PackAccepted { keys, .. } => Some(*keys),
            _ => None,
        };
        world.events.iter().filter_map(keys).collect::<Vec<_>>()
    };
    assert_eq!(piled(0).iter().max(), Some(&20), "and no larger where that was asked for");
    let packs = piled(100);
    assert_eq!((packs[0], packs.iter().max()), (20, Some(&100)));
    assert_eq!(packs.iter().sum::<u64>(), 2_000);
}

#[test]
fn a_full_outbox_stops_the_takes_visibly() {
    let fates = |operation, count, _: &mut fastrand::Rng| {
        if operation == Acknowledge && count < 5 { Fate::Status(503) } else { Fate::Well }
    };
    let mut world = World::new(25, 2_000, 10).fates(fates);
    world.config.ack_pack = 20;
    world.config.outbox_cap = 100;
    world.begin(Mode::Full, false);
    until(&mut world, "the full outbox", |w| snapshot(w).phase == Phase::OutboxFull);
    until(&mut world, "acks again", |w| snapshot(w).phase == Phase::Draining);
    assert_eq!(world.finish().end, RunEnd::Converged);
}

#[test]
fn a_full_outbox_sends_what_it_has() {
    let mut world = World::new(28, 500, 10);
    (world.config.ack_pack, world.config.outbox_cap) = (1_000, 60);
    world.config.ack_interval = Duration::from_hours(1);
    let world = run(world, RunEnd::Converged);
    assert!(world.now < Duration::from_mins(2), "{:?}", world.now);
}

#[test]
fn several_queues_are_drained_side_by_side() {
    let mut world = World::new(26, 200, 10);
    world.service.queues = 3;
    let world = run(world, RunEnd::Converged);
    let drained = world.events.iter().filter(|event| matches!(event, EventKind::QueueDrained { .. })).count();
    assert_eq!(drained, 3);
    assert_eq!(ends(&world), [SessionEnd::Drained]);
}

#[test]
fn a_queue_that_repeats_itself_is_left_and_the_next_session_has_the_rest() {
    // A cache on the way: behind its first page each queue of a session answers that page for ever.
    let cached =
        |operation, _, _: &mut fastrand::Rng| if operation == Take { Fate::Again } else { Fate::Well };
    let world = run(World::new(70, 50, 10).fates(cached), RunEnd::Converged);
    assert_eq!(ends(&world), [SessionEnd::Failed; 5], "a page each");
    let takes = world.requests[&Take];
    assert!((5 * 20..5 * 30).contains(&takes), "{takes} takes");
}

#[test]
fn what_comes_again_as_a_whole_is_no_queue_that_repeats_itself() {
    // An account whose acks were all lost on the service's side: 300 pages without anything new, none of them twice.
    let mut world = run(World::new(71, 3_000, 10), RunEnd::Converged);
    world.service.repeats = 3_000;
    world.service.data.insert(9_999, 1);
    world.events.clear();
    let world = run(world, RunEnd::Converged);
    assert_eq!(ends(&world), [SessionEnd::Drained]);
    assert!(world.requests[&Take] > 600);
}
