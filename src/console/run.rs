//! The loop: wait, update, draw. And the effects, done outside of the model.

mod pacer;
pub(super) mod serving;

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc::Sender;

use super::exchanges::Exchanges;
use super::inbox::Inbox;
use super::input::Input;
use super::keymap::Keymap;
use super::library::{Library, shelf};
use super::message::{Effect, Message};
use super::model::Welcome;
use super::model::{Every, Model, Notice};
use super::queries::Queries;
use super::serving::Served;
use super::terminal::{self, Screen};
use super::theme::Looks;
use super::update::{opening, update};
use super::welcome::Connecting;
use super::{Demo, ENGINE_THREAD, Left, Setup, fault, signals};
use crate::engine::{Command, Engine, Mode, Phase};
use pacer::Pacer;

/// How long a run may take to end when the user leaves.
const LEAVING: Duration = Duration::from_secs(2);
/// Where it takes longer than this, who waits for the shell is told why.
const MOMENT: Duration = Duration::from_millis(300);

/// What the effects need.
struct Outside {
    inbox: Arc<Inbox>,
    /// None where there is no engine.
    commands: Option<Sender<Command>>,
    /// These two: none where there is no mirror.
    library: Option<Library>,
    queries: Option<Queries>,
    exchanges: Exchanges,
    demo: Option<Arc<dyn Demo>>,
    served: Option<Arc<dyn Served>>,
    connecting: Option<Connecting>,
}

pub(super) fn run(setup: Setup) -> io::Result<Left> {
    let inbox = Arc::new(Inbox::default());
    let mut model = model(&setup);
    let queries = Queries::start(setup.mirror.clone(), setup.statements, Arc::clone(&inbox), setup.formulas)?;
    let folder = setup.mirror.parent().map(std::path::Path::to_owned).unwrap_or_default();
    let exchanges = Exchanges::start(setup.tap, folder, Arc::clone(&inbox))?;
    let library = Library::start(&setup.mirror, &inbox, setup.formulas)?;
    let Engine { commands, events, snapshot, task } = setup.engine;
    forward(events, snapshot, Arc::clone(&inbox))?;
    let connecting = setup.welcome.map(|(_, connect)| Connecting::new(connect, Arc::clone(&inbox)));
    let outside = Outside {
        inbox,
        commands: Some(commands),
        library: Some(library),
        queries: Some(queries),
        exchanges,
        demo: setup.demo,
        served: None,
        connecting,
    };
    let left = show(&mut model, &outside, setup.start);
    drop(outside);
    drop(task);
    left
}

/// Claims the terminal, shows the model until the user leaves, and gives the terminal back.
fn show(model: &mut Model, outside: &Outside, start: Option<Mode>) -> io::Result<Left> {
    let inbox = &outside.inbox;
    // Colours were decided on with the theme; the library must not write resets in the place of those it refuses.
    crossterm::style::force_color_output(true);
    // Before the terminal is claimed: whatever comes then, it is given back.
    let watch = signals::Watch::start(inbox)?;
    let weak = Arc::downgrade(inbox);
    terminal::watch_panics(ENGINE_THREAD, move |told| {
        if let Some(inbox) = weak.upgrade() {
            inbox.push(told.map_or(Message::Tick, Message::Panicked));
        }
    });
    let mut screen = Screen::claim()?;
    let input = Input::start(inbox)?;
    if let (Some(mode), Some(commands)) = (start, &outside.commands) {
        let _ = commands.try_send(Command::Start(mode));
    }
    let mut left = turn(model, &mut screen, outside);
    drop(screen);
    inbox.leave();
    drop(input);
    if model.running()
        && let Some(signal) = settle(outside)
    {
        left = left.map(|_| Left::Signal(signal));
    }
    inbox.close();
    drop(watch);
    left
}

fn model(setup: &Setup) -> Model {
    let now = Timestamp::now();
    let mut model = Model::new(&setup.title, &setup.host, now);
    model.demo = setup.demo.is_some();
    model.manner = setup.manner;
    model.formulas = setup.formulas;
    model.mirror = setup.mirror.display().to_string();
    furnish(&mut model, setup.keymap.as_deref(), &setup.looks);
    if let Some(path) = &setup.browse {
        let (shelf, trouble) = shelf::load(path);
        model.browse.remember(path.clone(), shelf);
        model.notices.extend(trouble.map(|text| Notice { error: false, text }));
    }
    model.notices.extend(setup.notice.clone().map(|text| Notice { error: false, text }));
    model.telling.tells = setup.tells;
    model.every = Every::beginning_with(setup.watch);
    model.welcome = setup.welcome.as_ref().map(|(offer, _)| Welcome::new(offer.clone()));
    model.snapshot = setup.engine.snapshot.borrow().clone();
    model
}

/// The user's keys and colours, and what is wrong with their files; the system's time zone.
fn furnish(model: &mut Model, keymap: Option<&Path>, looks: &Looks) {
    model.zone = TimeZone::system();
    model.theme = looks.theme.clone();
    let (keymap, mistakes) = Keymap::load(keymap);
    model.keymap = keymap;
    let mistakes = mistakes.iter().chain(&looks.mistakes);
    model.notices.extend(mistakes.map(|m| Notice { error: false, text: m.to_string() }));
}

/// Wait, update, draw, until the user leaves.
fn turn(model: &mut Model, screen: &mut Screen, outside: &Outside) -> io::Result<Left> {
    model.size = terminal::size();
    for effect in opening(model) {
        perform(model, screen, outside, effect)?;
    }
    screen.draw(model)?;
    let mut pacer = Pacer::new(Instant::now());
    let mut dirty = false;
    loop {
        // Wait: for a message, for the next frame where something changed, for the clock where one is shown.
        let frame = pacer.next(model.focused);
        let tick = model.next_tick().map(|t| Instant::now() + t);
        let deadline = if dirty { Some(tick.map_or(frame, |t| t.min(frame))) } else { tick };
        let mut messages = outside.inbox.wait(deadline, frame);
        if terminal::panicked() {
            return Err(io::Error::other("a part of the console failed; what it said stands above"));
        }
        if messages.is_empty() {
            messages.push(Message::Tick);
        }
        fault::provoke(std::thread::current().name());
        // Update.
        model.now = Timestamp::now();
        for message in messages {
            if message.is_human() || (message.is_answer() && model.focused) {
                pacer.want();
            }
            for effect in update(model, message) {
                if let Some(left) = perform(model, screen, outside, effect)? {
                    return Ok(left);
                }
            }
        }
        dirty = true;
        // Draw, unless too many frames were drawn just now.
        if Instant::now() >= pacer.next(model.focused) {
            let seen = screen.draw(model)?;
            pacer.drew(Instant::now(), seen);
            dirty = false;
        }
    }
}

/// Does an effect. Says so where it ends the loop.
fn perform(
    model: &mut Model,
    screen: &mut Screen,
    outside: &Outside,
    effect: Effect,
) -> io::Result<Option<Left>> {
    match effect {
        Effect::Leave(left) => return Ok(Some(left)),
        Effect::Command(command) => {
            if let Some(commands) = &outside.commands
                && commands.try_send(command).is_err()
            {
                model.say("the engine does not listen just now: try again");
            }
        }
        Effect::Read(request) => {
            if let Some(library) = &outside.library {
                library.ask(request);
            }
        }
        Effect::Sql(request) => {
            if let Some(queries) = &outside.queries {
                queries.ask(request);
            }
        }
        Effect::Copy { what, text } => copy(model, &what, &text),
        Effect::CopyToken { what, entrance } => {
            // It goes past the model, which is shown and printed.
            if let Some(token) = outside.served.as_ref().and_then(|served| served.token(entrance)) {
                copy(model, &what, &token);
            }
        }
        Effect::Standing => standing(outside),
        Effect::Wire(request) => outside.exchanges.ask(request),
        Effect::Welcome(request) => {
            if let Some(connecting) = &outside.connecting {
                connecting.ask(request);
            }
        }
        Effect::Title(title) => terminal::show_title(&title)?,
        Effect::Bell => terminal::ring()?,
        Effect::Levers => demo(outside, |demo| Message::Levers(demo.levers())),
        Effect::Pull { lever, pull } => {
            demo(outside, move |demo| Message::Demo(demo.pull(lever, pull)));
        }
        Effect::DemoEdit => demo(outside, |demo| Message::Demo(demo.edit())),
        Effect::DemoPace => demo(outside, |demo| Message::Demo(Ok(demo.toggle_pace()))),
        Effect::Redraw => screen.forget()?,
        Effect::Mouse(on) => terminal::take_mouse(on)?,
        Effect::Reclaim => {
            screen.reclaim()?;
            model.size = terminal::size();
        }
        Effect::Suspend => {
            terminal::give_back();
            signals::stop();
            screen.reclaim()?;
            model.size = terminal::size();
        }
    }
    Ok(None)
}

fn copy(model: &mut Model, what: &str, text: &str) {
    match Screen::copy(text) {
        Ok(()) => model.say(format!("copied {what} · {}", crate::text::bytes(text.len() as u64))),
        Err(e) => model.say(format!("cannot copy {what}: {e}")),
    }
}

/// Asks how the service stands, which may take its time.
fn standing(outside: &Outside) {
    let Some(served) = outside.served.clone() else { return };
    let inbox = Arc::clone(&outside.inbox);
    let spawned = std::thread::Builder::new().name("served".into()).spawn(move || {
        inbox.push(Message::Standing(served.standing()));
    });
    if let Err(e) = spawned {
        outside.inbox.push(Message::Standing(Err(e.to_string())));
    }
}

/// Asks the demo something, which may take its time.
fn demo(outside: &Outside, ask: impl FnOnce(&dyn Demo) -> Message + Send + 'static) {
    let Some(demo) = outside.demo.clone() else { return };
    let inbox = Arc::clone(&outside.inbox);
    let spawned = std::thread::Builder::new().name("demo".into()).spawn(move || {
        inbox.push(ask(demo.as_ref()));
    });
    if let Err(e) = spawned {
        outside.inbox.push(Message::Demo(Err(e.to_string())));
    }
}

/// The engine's events and snapshots to the inbox, on a thread with a small runtime of its own.
fn forward(
    mut events: tokio::sync::mpsc::Receiver<crate::engine::Event>,
    mut snapshot: tokio::sync::watch::Receiver<Arc<crate::engine::Snapshot>>,
    inbox: Arc<Inbox>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    std::thread::Builder::new().name("forward".into()).spawn(move || {
        runtime.block_on(async {
            let mut open = true;
            while !inbox.closed() {
                tokio::select! {
                    event = events.recv(), if open => match event {
                        Some(event) => inbox.push(Message::Event(event)),
                        None => open = false,
                    },
                    changed = snapshot.changed() => {
                        if changed.is_err() {
                            break;
                        }
                        let newest = snapshot.borrow_and_update().clone();
                        inbox.push(Message::Snapshot(newest));
                    }
                }
            }
        });
        inbox.push(Message::EngineGone);
    })?;
    Ok(())
}

/// Stops the run and waits until it has ended, two seconds at the most. The terminal is given back already, so a Ctrl-C
/// is a signal again; the one that would not wait is handed back.
fn settle(outside: &Outside) -> Option<i32> {
    let commands = outside.commands.as_ref()?;
    // Once: the second stop is the one that waits for nothing.
    let _ = commands.try_send(Command::Stop);
    let begun = Instant::now();
    let deadline = begun + LEAVING;
    let mut tell = Some(begun + MOMENT);
    loop {
        let now = Instant::now();
        if now >= deadline {
            return None;
        }
        if tell.take_if(|tell| *tell <= now).is_some() {
            let _ = writeln!(io::stderr(), "finishing what is in flight … (Ctrl-C does not wait)");
        }
        for message in outside.inbox.wait(tell.or(Some(deadline)), now) {
            match message {
                Message::Snapshot(s) if s.phase == Phase::Idle => return None,
                Message::EngineGone => return None,
                Message::Signal(signal) => return Some(signal),
                _ => {}
            }
        }
    }
}
