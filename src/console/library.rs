//! The mirror's readers on threads of their own: the drawing never waits for a query. `pages` makes views and
//! hands out their pages, `facts` answers what is short, whatever screen asks; who points to a record and the writing
//! of files take their time and have a thread each (`long`), and so do rows with a text (`search`), what a session did
//! (`deeds`) and `orphans`. Of questions that wait, only the newest of each kind is answered; a newer one ends an older
//! one that is being worked on.

mod dead;
mod deeds;
mod facts;
mod file;
mod long;
mod orphans;
mod outbox;
mod pages;
mod search;
pub(super) mod shelf;
mod story;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::inbox::Inbox;
use super::message::Request;
use super::stop::Stop;
use crate::mirror::{MirrorError, Reader};
use crate::spreadsheet::Formulas;
use crate::text::visible;

/// How long a thread is waited for at the end.
const PATIENCE: Duration = Duration::from_millis(500);

/// The way to the threads; they end when it is dropped.
pub(super) struct Library {
    facts: Lane,
    pages: Lane,
    search: Lane,
    pointing: Lane,
    exports: Lane,
    deeds: Lane,
    orphans: Lane,
}

impl Library {
    /// Starts the threads.
    pub(super) fn start(mirror: &Path, inbox: &Arc<Inbox>, formulas: Formulas) -> std::io::Result<Self> {
        Ok(Self {
            facts: Lane::start("reader", mirror, inbox, formulas, facts::work)?,
            pages: Lane::start("pages", mirror, inbox, formulas, pages::work)?,
            search: Lane::start("search", mirror, inbox, formulas, search::work)?,
            pointing: Lane::start("pointing", mirror, inbox, formulas, long::pointing)?,
            exports: Lane::start("exports", mirror, inbox, formulas, long::exports)?,
            deeds: Lane::start("deeds", mirror, inbox, formulas, deeds::work)?,
            orphans: Lane::start("orphans", mirror, inbox, formulas, orphans::work)?,
        })
    }

    /// Asks; the answer comes to the inbox.
    pub(super) fn ask(&self, request: Request) {
        match request {
            Request::Page { .. } => self.pages.ask_instead(request),
            Request::Search(_) | Request::NoSearch => self.search.ask_instead(request),
            Request::Pointing { .. } | Request::NoPointing => self.pointing.ask_instead(request),
            Request::Export(_) | Request::NoExport => self.exports.ask_instead(request),
            Request::Deeds { .. } => self.deeds.ask_instead(request),
            Request::Orphans | Request::NoOrphans => self.orphans.ask_instead(request),
            _ => self.facts.ask(request),
        }
    }
}

/// A thread that answers.
struct Lane {
    sender: Option<mpsc::Sender<(u64, Request)>>,
    /// How many questions were asked.
    asked: AtomicU64,
    stop: Arc<Stop>,
    /// Closed when the thread has ended.
    ended: mpsc::Receiver<()>,
}

impl Lane {
    fn start(
        name: &str,
        mirror: &Path,
        inbox: &Arc<Inbox>,
        formulas: Formulas,
        work: fn(Desk),
    ) -> std::io::Result<Self> {
        let (sender, requests) = mpsc::channel();
        let stop = Arc::new(Stop::default());
        let desk = Desk {
            mirror: mirror.to_owned(),
            inbox: Arc::clone(inbox),
            requests,
            stop: Arc::clone(&stop),
            reader: None,
            formulas,
        };
        let (running, ended) = mpsc::channel();
        std::thread::Builder::new().name(name.into()).spawn(move || {
            let _running = running;
            work(desk);
        })?;
        Ok(Self { sender: Some(sender), asked: AtomicU64::new(0), stop, ended })
    }

    /// Asks, beside what was asked before.
    fn ask(&self, request: Request) {
        self.send(request);
    }

    /// Asks, and wants nothing any more of what was asked before.
    fn ask_instead(&self, request: Request) {
        let earlier = self.send(request);
        self.stop.up_to(earlier);
    }

    /// Sends a question; the number of the one before.
    fn send(&self, request: Request) -> u64 {
        let earlier = self.asked.fetch_add(1, Ordering::SeqCst);
        // The thread ends only with this lane.
        if let Some(sender) = &self.sender {
            let _ = sender.send((earlier + 1, request));
        }
        earlier
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.stop.up_to(u64::MAX);
        // What it has open is closed before the caller goes on; what hangs is left behind.
        self.sender = None;
        let _ = self.ended.recv_timeout(PATIENCE);
    }
}

/// What a thread has at hand.
struct Desk {
    mirror: PathBuf,
    inbox: Arc<Inbox>,
    requests: mpsc::Receiver<(u64, Request)>,
    stop: Arc<Stop>,
    reader: Option<Reader>,
    formulas: Formulas,
}

impl Desk {
    /// Whether no newer question has ended this one.
    fn wanted(&self, number: u64) -> bool {
        self.stop.wanted(number)
    }

    /// The newest question, and its number; none once nobody can ask any more.
    fn next(&self) -> Option<(u64, Request)> {
        let first = self.requests.recv().ok()?;
        Some(self.requests.try_iter().last().unwrap_or(first))
    }

    /// Reads for a question, until a newer one ends it; none where there is no mirror yet.
    fn read_for<T>(
        &mut self,
        number: u64,
        query: impl FnOnce(&Self, &Reader) -> Result<T, MirrorError>,
    ) -> Result<Option<T>, MirrorError> {
        let stop = Arc::clone(&self.stop);
        self.read(|desk, reader| match stop.on(number, || query(desk, reader)) {
            Some(Err(_)) if !stop.wanted(number) => Err(MirrorError::Stopped),
            Some(answer) => answer,
            None => Err(MirrorError::Stopped),
        })
    }

    /// Reads what is short. After a failure the mirror is opened anew the next time.
    fn read<T>(
        &mut self,
        query: impl FnOnce(&Self, &Reader) -> Result<T, MirrorError>,
    ) -> Result<Option<T>, MirrorError> {
        let reader = match self.reader.take() {
            Some(open) => open,
            None => match Reader::open(&self.mirror) {
                Ok(opened) => {
                    self.stop.connected(Some(opened.interrupter()));
                    opened
                }
                Err(MirrorError::Missing { .. }) => return Ok(None),
                Err(e) => return Err(e),
            },
        };
        let answer = query(self, &reader);
        // A question that was stopped, or not understood, is no fault of the connection.
        if matches!(answer, Ok(_) | Err(MirrorError::Stopped | MirrorError::Query { .. })) {
            self.reader = Some(reader);
        } else {
            self.stop.connected(None);
        }
        answer.map(Some)
    }
}

/// So many rows, and whether there were more; one more than that was asked for.
fn bounded<T>(mut rows: Vec<T>, limit: usize) -> (Vec<T>, bool) {
    let more = rows.len() > limit;
    rows.truncate(limit);
    (rows, more)
}

/// An error in a line.
fn say(error: &MirrorError) -> String {
    visible(&error.to_string()).into_owned()
}

#[cfg(test)]
mod tests;
