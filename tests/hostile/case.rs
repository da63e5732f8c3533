//! A case: what the service does wrong, and what must come of it. All cases of a table run at once, since most of their
//! time is waiting.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::program::{Ended, Home};
use crate::server::{Act, Fault, On, Server, Thing, plain};

/// Cases that run at the same time: they wait more than they work.
const AT_ONCE: usize = 8;

/// One case. See [`Case::run`] for what holds in all of them.
#[derive(Clone)]
pub(crate) struct Case {
    name: String,
    things: Vec<Thing>,
    page: usize,
    fault: Option<Fault>,
    options: Vec<&'static str>,
    status: i32,
    says: Vec<String>,
    /// The next run meets the fault once more and gets over it.
    again: bool,
    /// The most memory, in MiB.
    memory: u64,
    /// The most time for one run.
    time: Duration,
}

impl Case {
    /// A fault of every answer to one exchange; tried once, the service counts as unreachable.
    pub(crate) fn fault(name: &str, on: On, act: Act) -> Self {
        Self {
            name: format!("{name}, {on:?}"),
            things: plain(30),
            page: 10,
            fault: Some(Fault { on, act, lost: false, times: u32::MAX }),
            options: vec!["--tries", "1"],
            status: 4,
            says: Vec::new(),
            again: true,
            memory: 128,
            time: Duration::from_mins(1),
        }
    }

    /// A good service with these instructions, all in one page.
    pub(crate) fn account(name: &str, things: Vec<Thing>) -> Self {
        let page = things.len();
        let case = Self::fault(name, On::Take, Act::Say(Vec::new()));
        Self { name: name.to_owned(), things, page, fault: None, status: 0, ..case }
    }

    /// The exchange took effect, and then it failed.
    pub(crate) fn lost(mut self) -> Self {
        self.fault.as_mut().unwrap().lost = true;
        self
    }

    /// So often, and never again.
    pub(crate) fn times(mut self, times: u32) -> Self {
        self.fault.as_mut().unwrap().times = times;
        self
    }

    /// How the first run ends.
    pub(crate) fn ends(self, status: i32) -> Self {
        Self { status, ..self }
    }

    /// Words of its complaint.
    pub(crate) fn says(mut self, words: impl Into<String>) -> Self {
        self.says.push(words.into());
        self
    }

    /// With these options instead of a single try.
    pub(crate) fn with(self, options: &[&'static str]) -> Self {
        Self { options: options.to_vec(), ..self }
    }

    /// One more time it would not get over this: the second run meets a good service.
    pub(crate) fn fatal(self) -> Self {
        Self { again: false, ..self }
    }

    /// In at most so many MiB.
    pub(crate) fn within(self, memory: u64) -> Self {
        Self { memory, ..self }
    }

    /// In at most so many seconds.
    pub(crate) fn seconds(self, time: u64) -> Self {
        Self { time: Duration::from_secs(time), ..self }
    }

    /// Runs the program twice: against the fault, then against a service that is good again, or nearly. Always:
    /// no panic and no token anywhere, a summary, at most two lines of complaint, bounded memory and time, nothing
    /// accepted that is not in the mirror; and at the end all is there, byte for byte, and converged.
    pub(crate) fn run(self) -> Home {
        let Self { name, things, page, fault, options, status, says, again, memory, time } = self;
        let server = Server::start(things, page, fault.clone());
        let home = Home::new();
        let first = home.sync(&name, &server.url, &options, time);
        report(&name, &first);
        assert_eq!(first.status, Some(status), "{name}: {} {:.1000}", first.summary, first.stderr);
        assert_eq!(first.summary["converged"], status == 0, "{name}");
        complained(&name, &first, &says);
        assert!(first.peak <= memory, "{name}: {} MiB, more than {memory}", first.peak);
        accepted_is_kept(&name, &server, &home);
        server.set(fault.filter(|_| again).map(|fault| Fault { times: 1, ..fault }));
        let second = home.sync(&name, &server.url, &[], time);
        assert_eq!(second.status, Some(0), "{name}, healed: {} {:.1000}", second.summary, second.stderr);
        assert_eq!(
            (&second.summary["converged"], &second.summary["pending_acks"]),
            (&true.into(), &0.into()),
            "{name}"
        );
        assert!(second.peak <= memory, "{name}, healed: {} MiB, more than {memory}", second.peak);
        accepted_is_kept(&name, &server, &home);
        let books = server.books.lock().unwrap();
        assert_eq!(books.strange, [""; 0], "{name}: keys that were never handed out");
        for thing in books.things() {
            assert!(books.accepted.contains(&thing.key), "{name}: {:.80} was never accepted", thing.key);
        }
        home.holds_no_token(&name);
        home
    }
}

/// What a run came to, for who wants to see: `cargo test --test hostile -- --nocapture`.
#[expect(clippy::print_stdout, reason = "shown to whoever asks")]
fn report(name: &str, ended: &Ended) {
    let first = ended.stderr.lines().next().unwrap_or("-");
    println!("{:>4} MiB {:>5.1} s  {name:.60}: {first:.400}", ended.peak, ended.took.as_secs_f64());
}

/// One or two lines that name what is expected, or none where all went well.
fn complained(name: &str, ended: &Ended, words: &[String]) {
    let lines = ended.stderr.lines().count();
    if ended.status == Some(0) {
        assert_eq!(lines, 0, "{name}: {:.1000}", ended.stderr);
        return;
    }
    assert!((1..=2).contains(&lines), "{name}: {:.2000}", ended.stderr);
    assert!(ended.stderr.len() < 1_500, "{name}: {} bytes of {:.2000}", ended.stderr.len(), ended.stderr);
    let shown = ended.stderr.trim_end().replace('\n', "");
    assert!(!shown.contains(|c: char| c.is_control()), "{name}: {shown:?}");
    for word in words {
        assert!(ended.stderr.contains(word.as_str()), "{name}: no \"{word}\" in {:.1000}", ended.stderr);
    }
}

/// Promise 1: what was accepted is in the mirror.
pub(crate) fn accepted_is_kept(name: &str, server: &Server, home: &Home) {
    let books = server.books.lock().unwrap();
    let accepted = books.things().iter().filter(|thing| books.accepted.contains(&thing.key));
    let missing = home.misses(accepted.map(|thing| thing.data.as_str()).collect());
    assert!(missing.is_empty(), "{name}: accepted and not there: {:.500}", format!("{missing:?}"));
}

/// Runs a table, and tells all that failed.
pub(crate) fn run_all(cases: &[Case]) {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = case.name.clone();
                    let case = case.clone();
                    if thread::spawn(|| case.run()).join().is_err() {
                        failed.lock().unwrap().push(name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {} cases failed (told above): {failed:#?}", failed.len(), cases.len());
}
