//! What the console does by itself, what it never does in some manners, and what it asks for twice.

use super::*;
use crate::console::Manner;

fn ends(model: &mut Model, end: RunEnd) {
    let outcome = Some(Outcome { converged: end == RunEnd::Converged, end, error: None });
    let ended = Snapshot { outcome, started: model.snapshot.started, ..Snapshot::default() };
    update(model, Message::Snapshot(Arc::new(ended)));
}

fn starts(effects: &[Effect]) -> bool {
    effects.contains(&Effect::Command(Command::Start(Mode::Full)))
}

/// The time passes; whether a run was begun in it.
fn passes(model: &mut Model, seconds: u64) -> bool {
    model.now += Duration::from_secs(seconds);
    starts(&update(model, Message::Tick))
}

#[test]
fn it_synchronizes_by_itself_after_each_run() {
    let mut model = model(Phase::Draining);
    press(&mut model, 'i');
    assert!(!passes(&mut model, 300), "not while a run is on");
    ends(&mut model, RunEnd::Converged);
    assert!(model.next_tick().is_some_and(|tick| tick <= Duration::from_secs(1)), "a countdown is drawn");
    assert!(!passes(&mut model, 59));
    assert!(passes(&mut model, 1));
    assert!(!passes(&mut model, 1), "once");
    // Unreachable today may be reachable in a minute; a wrong token will be as wrong.
    for (end, again) in [(RunEnd::Unreachable, true), (RunEnd::Refused, false)] {
        let began = Snapshot {
            phase: Phase::Starting,
            started: Some(model.now + Duration::from_secs(1)),
            ..Snapshot::default()
        };
        update(&mut model, Message::Snapshot(Arc::new(began)));
        ends(&mut model, end);
        assert_eq!(passes(&mut model, 60), again, "{end:?}");
    }
    assert_eq!(model.every.pause(), None);
    for _ in 0..5 {
        press(&mut model, 'i');
    }
    assert_eq!(model.every.pause(), None, "behind the longest pause it is off");
}

#[test]
fn a_nudge_cuts_a_wait_short_whatever_is_waited_for() {
    let mut idle = model(Phase::Idle);
    assert_eq!(update(&mut idle, Message::Nudged), [], "nothing waits");
    press(&mut idle, 'i');
    // Whatever lies over the screen: nobody at the keys has asked.
    press(&mut idle, '?');
    let effects = update(&mut idle, Message::Nudged);
    assert_eq!(effects, [Effect::Command(Command::Start(Mode::Full))]);
    assert_eq!(update(&mut idle, Message::Nudged), [], "once");
    let mut waiting = model(Phase::Draining);
    assert_eq!(update(&mut waiting, Message::Nudged), [Effect::Command(Command::TryNow)]);
    let mut looking = model(Phase::Draining);
    looking.manner = Manner::ReadOnly;
    assert_eq!(update(&mut looking, Message::Nudged), []);
}

#[test]
fn a_new_device_needs_the_first_characters_of_the_old_one() {
    let mut model = model(Phase::Idle);
    press(&mut model, 'N');
    assert_eq!(model.overlay, None, "no mirror, no device");
    let device = crate::protocol::DeviceUuid::fresh();
    let snapshot = Snapshot { device: Some(device), ..Snapshot::default() };
    update(&mut model, Message::Snapshot(Arc::new(snapshot)));
    press(&mut model, 'N');
    let enter = |model: &mut Model| update(model, Message::Key(Key::plain(Code::Enter)));
    assert_eq!(enter(&mut model), []);
    // Keys are text here: nothing is synchronized, nothing is quit.
    for key in ['s', 'q', 'y'] {
        assert_eq!(press(&mut model, key), []);
    }
    assert_eq!(enter(&mut model), []);
    update(&mut model, Message::Key(Key::plain(Code::Esc)));
    assert_eq!(model.overlay, None);
    press(&mut model, 'N');
    for key in device.short().chars() {
        press(&mut model, key);
    }
    assert_eq!(enter(&mut model), [Effect::Command(Command::NewDevice)]);
    assert_eq!(model.overlay, None);
}

#[test]
fn what_only_looks_commands_nothing() {
    for manner in [Manner::ReadOnly, Manner::Peek] {
        for phase in [Phase::Idle, Phase::Draining, Phase::Paused] {
            for key in "sSp.at N".chars().chain(['3', 'H', 'D', 'a']) {
                let mut model = model(phase);
                model.manner = manner;
                if "HD".contains(key) {
                    press(&mut model, '3');
                }
                for effect in press(&mut model, key) {
                    let Effect::Command(command) = effect else { continue };
                    let acks = matches!(
                        command,
                        Command::SendAcks | Command::HoldAcks(_) | Command::DropPack | Command::NewDevice
                    );
                    assert!(manner == Manner::Peek && !acks, "{manner:?} {phase:?} {key}: {command:?}");
                }
            }
        }
        let mut model = model(Phase::Draining);
        model.manner = manner;
        assert_eq!(press(&mut model, 'x'), [Effect::Command(Command::Stop)], "to stop is always possible");
        assert_eq!(press(&mut model, 'i'), []);
        assert_eq!(model.every.pause(), None);
    }
}
