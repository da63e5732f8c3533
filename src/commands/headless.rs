//! One run of the engine without a console: watches its events, obeys signals, says how it ended.
//!
//! Promises: the end of a run is never missed, whatever events were, and never taken for the next one's: a run that is
//! over has left nothing in the channel. The first signal stops the run politely and is obeyed within two seconds, the
//! second at once. Stopping is safe at any point: what was committed stays, and keys that were not sent wait in the
//! outbox.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};

use super::lines::Lines;
use super::output::complain;
use super::progress::Progress;
use super::signals::{Signal, Signals};
use super::summary::Summary;
use super::words;
use crate::engine::{Command, Engine, Event, EventKind, Mode, Outcome, RunEnd, Totals};
use crate::text::counted;

/// How long a stopped run may take to commit what is in flight; with what follows it stays below two seconds.
const GRACE: Duration = Duration::from_millis(1_500);
/// How long a stopped command waits for whoever reads its output, and for the engine's end.
const FAREWELL: Duration = Duration::from_millis(200);

/// How a headless command shows its run; each part may be absent.
#[derive(Default)]
pub(super) struct Voice {
    /// Events as lines of JSON on stdout.
    pub(super) lines: Option<Lines>,
    /// Events as plain lines on stderr.
    pub(super) verbose: bool,
    /// A bar on stderr.
    pub(super) progress: Option<Progress>,
}

impl Voice {
    /// The next event, once there is room for its line. May be dropped at any time without losing an event.
    async fn next(&self, events: &mut mpsc::Receiver<Event>) -> Option<Event> {
        let Some(lines) = &self.lines else { return events.recv().await };
        let room = lines.room().await;
        let event = events.recv().await?;
        room.put(&event);
        Some(event)
    }

    /// Says something beside the progress display, on stderr.
    pub(super) fn say(&self, message: &str) {
        match &self.progress {
            Some(progress) => progress.aside(|| complain(message)),
            None => complain(message),
        }
    }
}

/// How a run went.
#[derive(Debug)]
pub(super) struct Run {
    /// How it ended; none where a signal could not wait for it.
    outcome: Option<Outcome>,
    totals: Arc<Totals>,
    took: Duration,
    /// The signal that asked it to end.
    pub(super) signal: Option<Signal>,
}

impl Run {
    /// Whether `start` answered 204.
    pub(super) fn converged(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| outcome.converged)
    }

    /// Why it ended, as the engine says; [`RunEnd::Stopped`] where it could not say.
    pub(super) fn end(&self) -> RunEnd {
        self.outcome.as_ref().map_or(RunEnd::Stopped, |outcome| outcome.end)
    }

    /// The exit status. A run that a signal ended has the signal's, unless it had converged by then.
    pub(super) fn exit_status(&self) -> u8 {
        match self.signal {
            Some(signal) if !self.converged() => signal.exit_status(),
            _ => self.end().exit_status(),
        }
    }

    /// What ended the run, where something did.
    pub(super) fn error(&self) -> Option<String> {
        if self.converged() {
            return None;
        }
        if let Some(signal) = self.signal {
            let left = match self.totals.pending_acks {
                0 => "nothing is left to acknowledge".to_owned(),
                n => format!("{} to acknowledge first in the next run", counted(n, "key")),
            };
            return Some(format!("{}: what was committed stays, {left}", signal.name()));
        }
        self.outcome.as_ref().and_then(|outcome| outcome.error.clone())
    }

    /// How it ended, in a few words.
    pub(super) fn headline(&self) -> &'static str {
        match (self.signal, self.end()) {
            _ if self.converged() => "up to date",
            (Some(signal), _) => signal.name(),
            (None, RunEnd::SingleSession) => "one session, not known to be up to date",
            (None, _) => "not up to date",
        }
    }

    /// The run's summary.
    pub(super) fn summary(&self) -> Summary {
        Summary::new(self.converged(), &self.totals, self.took, self.error())
    }
}

/// Starts a run and watches it to its end: to its last event, or, where that found the channel full, until all that got
/// into the channel is read. Only a signal leaves some there.
pub(super) async fn run(engine: &mut Engine, mode: Mode, voice: &Voice, signals: &mut Signals) -> Run {
    let began = Instant::now();
    let Engine { commands, events, snapshot, .. } = engine;
    snapshot.mark_unchanged(); // what it says is of an earlier run
    let mut stopping: Option<(Signal, tokio::time::Instant)> = None;
    let mut outcome = None;
    if commands.send(Command::Start(mode)).await.is_err() {
        outcome = Some(dead());
    }
    let mut totals = None;
    let mut untold = None;
    while outcome.is_none() {
        if untold.is_some() && events.is_empty() {
            (outcome, totals) = untold.unzip();
            break;
        }
        let deadline = stopping.map(|(_, deadline)| deadline);
        tokio::select! {
            biased;
            signal = signals.next() => {
                if stopping.is_some() {
                    break; // whoever called tidies up, without waiting for anybody
                }
                voice.say("stopping, once more to quit now");
                stopping = Some((signal, tokio::time::Instant::now() + GRACE));
                // A full channel means that the engine is busy with earlier commands: the deadline holds anyway.
                let _ = commands.try_send(Command::Stop);
            }
            () = sleep_until(deadline.unwrap_or_else(tokio::time::Instant::now)), if deadline.is_some() => break,
            event = voice.next(events) => match event {
                None => outcome = Some(dead()),
                Some(event) => {
                    if voice.verbose {
                        voice.say(&words::event(&event.kind));
                    }
                    totals = Some(Arc::clone(&event.totals));
                    if let EventKind::RunEnded { outcome: how } = event.kind {
                        outcome = Some(how);
                    }
                }
            },
            Ok(()) = snapshot.changed() => {
                let now = snapshot.borrow_and_update();
                if let Some(progress) = &voice.progress {
                    progress.show(&now);
                }
                // Events may be missed, the last one too; then the snapshot tells.
                if now.end_missed {
                    untold = now.outcome.clone().map(|how| (how, Arc::clone(&now.totals)));
                }
            }
        }
    }
    if let Some(progress) = &voice.progress {
        progress.clear();
    }
    let totals = match (&outcome, totals) {
        (Some(_), Some(totals)) => totals,
        _ => Arc::clone(&snapshot.borrow().totals),
    };
    Run { outcome, totals, took: began.elapsed(), signal: stopping.map(|(signal, _)| signal) }
}

/// Ends an idle engine and waits for it; not for long where a signal said to hurry.
pub(super) async fn leave(engine: Engine, hurried: bool) {
    let Engine { commands, events, task, .. } = engine;
    drop((commands, events));
    let patience = if hurried { FAREWELL } else { Duration::from_secs(10) };
    // A task that died was already reported as the run's outcome.
    let _ = timeout(patience, task).await;
}

/// Writes the last line of a command that writes JSON and waits until it is out.
///
/// # Errors
/// What writing to stdout said.
pub(super) async fn last_line(lines: Lines, summary: &Summary, hurried: bool) -> std::io::Result<()> {
    let patience = hurried.then_some(FAREWELL);
    match patience {
        Some(patience) => {
            if let Ok(room) = timeout(patience, lines.room()).await {
                room.put(summary);
            }
        }
        None => lines.room().await.put(summary),
    }
    lines.finish(patience).await
}

fn dead() -> Outcome {
    Outcome {
        converged: false,
        end: RunEnd::Internal,
        error: Some("the engine ended unexpectedly; this is a defect: please report it".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Snapshot;
    use jiff::Timestamp;
    use tokio::sync::watch;

    fn event(kind: EventKind, totals: &Arc<Totals>) -> Event {
        Event { at: Timestamp::UNIX_EPOCH, kind, totals: Arc::clone(totals) }
    }

    fn ended(end: RunEnd, error: Option<&str>) -> Outcome {
        Outcome { converged: end == RunEnd::Converged, end, error: error.map(str::to_owned) }
    }

    struct Fake {
        engine: Engine,
        events: mpsc::Sender<Event>,
        snapshot: watch::Sender<Arc<Snapshot>>,
        commands: mpsc::Receiver<Command>,
    }

    fn fake() -> Fake {
        let (commands, commanded) = mpsc::channel(8);
        let (events, watched) = mpsc::channel(8);
        let (snapshot, seen) = watch::channel(Arc::default());
        let task = tokio::spawn(async {});
        let engine = Engine { commands, events: watched, snapshot: seen, task };
        Fake { engine, events, snapshot, commands: commanded }
    }

    #[tokio::test]
    async fn a_run_ends_with_its_outcome_and_the_last_totals() {
        let mut fake = fake();
        let totals = Arc::new(Totals { instructions: 7, ..Totals::default() });
        let outcome = ended(RunEnd::Converged, None);
        fake.events.try_send(event(EventKind::UpToDate { elapsed_ms: 1 }, &Arc::default())).unwrap();
        fake.events.try_send(event(EventKind::RunEnded { outcome }, &totals)).unwrap();
        let mut signals = Signals::listen().unwrap();
        let run = run(&mut fake.engine, Mode::Full, &Voice::default(), &mut signals).await;
        assert_eq!(fake.commands.try_recv(), Ok(Command::Start(Mode::Full)));
        assert_eq!((run.exit_status(), run.totals.instructions), (0, 7));
        assert_eq!(run.summary().error, None);
    }

    #[tokio::test]
    async fn a_missed_end_is_seen_in_the_snapshot() {
        let mut fake = fake();
        let outcome = ended(RunEnd::Refused, Some("401: no"));
        let sender = fake.snapshot.clone();
        let mut signals = Signals::listen().unwrap();
        let feeder = async {
            fake.commands.recv().await;
            sender.send_replace(Arc::new(Snapshot {
                outcome: Some(outcome),
                missed: 3,
                end_missed: true,
                ..Snapshot::default()
            }));
            // The channel stays open: only the snapshot can tell.
            std::future::pending::<()>().await;
        };
        let voice = Voice::default();
        let run = tokio::select! {
            run = run(&mut fake.engine, Mode::Full, &voice, &mut signals) => run,
            () = feeder => unreachable!(),
        };
        assert_eq!((run.exit_status(), run.error().as_deref()), (3, Some("401: no")));
        drop(fake.events);
    }

    /// The first round's events do not fit, or its end does just so; the second round is quiet. Each has its own end.
    #[tokio::test]
    async fn an_end_is_never_taken_for_the_next_rounds() {
        let totals = |instructions| Arc::new(Totals { instructions, ..Totals::default() });
        let ending = |end| EventKind::RunEnded { outcome: ended(end, None) };
        for end_missed in [true, false] {
            let mut fake = fake();
            let (events, snapshot) = (fake.events.clone(), fake.snapshot.clone());
            let (first, second) = (totals(7), totals(9));
            let engine = async {
                fake.commands.recv().await;
                let room = events.capacity() - usize::from(!end_missed);
                for _ in 0..room {
                    events.try_send(event(EventKind::Paused, &Arc::default())).unwrap();
                }
                snapshot.send_replace(Arc::new(Snapshot {
                    outcome: Some(ended(RunEnd::NoProgress, None)),
                    totals: Arc::clone(&first),
                    missed: 3,
                    end_missed,
                    ..Snapshot::default()
                }));
                for _ in 0..4 {
                    tokio::task::yield_now().await; // whoever believes the snapshot alone leaves now
                }
                if !end_missed {
                    events.send(event(ending(RunEnd::NoProgress), &first)).await.unwrap();
                }
                fake.commands.recv().await;
                events.send(event(ending(RunEnd::Converged), &second)).await.unwrap();
            };
            let mut signals = Signals::listen().unwrap();
            let voice = Voice::default();
            let rounds = async {
                let first = run(&mut fake.engine, Mode::Full, &voice, &mut signals).await;
                assert!(fake.engine.events.is_empty(), "left for the next round");
                (first, run(&mut fake.engine, Mode::Full, &voice, &mut signals).await)
            };
            let ((one, two), ()) = tokio::join!(rounds, engine);
            assert_eq!((one.end(), one.totals.instructions), (RunEnd::NoProgress, 7));
            assert_eq!((two.end(), two.totals.instructions), (RunEnd::Converged, 9));
        }
    }

    #[tokio::test]
    async fn an_engine_that_dies_is_a_failure_with_words() {
        let mut fake = fake();
        drop(fake.events);
        let mut signals = Signals::listen().unwrap();
        let run = run(&mut fake.engine, Mode::Full, &Voice::default(), &mut signals).await;
        assert_eq!(run.exit_status(), 1);
        assert!(run.error().is_some_and(|error| error.contains("defect")));
    }
}
