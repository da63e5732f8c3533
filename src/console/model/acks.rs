//! Screen 3's state: the packs of engine and mirror as one list, what comes again, what is stuck and why.

mod trouble;

use std::collections::BTreeMap;
use std::time::Duration;

use super::window;
use crate::engine::Snapshot;
use crate::engine::event::{PackState, PackView};
use crate::mirror::debug::{PackRow, PageRecord, PageRecords, RefusedKey, Stuck, WaitingPage};
use crate::mirror::notes::Note;
use crate::mirror::orphans::Orphans;
use crate::mirror::{PackNo, PageNo};
use crate::text::visible;

pub use trouble::{Remedy, Trouble};

/// Packs, pages and refused keys that are asked for.
pub const ASKED: usize = 300;
/// Objects that could not be delivered that are asked for.
pub const FAILED: usize = 100;
/// Settled packs whose times are remembered.
const TIMES: usize = 2 * ASKED;
/// Keys and records of a pack that are asked for.
pub const DETAILS: usize = 2_000;

/// What the mirror says of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    /// Settled packs, newest first.
    pub packs: Vec<PackRow>,
    /// Pages with unaccepted keys, oldest first.
    pub waiting: Vec<WaitingPage>,
    /// What is stuck, counted.
    pub stuck: Stuck,
    /// Keys refused for good, newest first.
    pub refused: Vec<RefusedKey>,
    /// Objects that the service could not deliver in the last session, newest first.
    pub failed: Vec<Note>,
}

/// Whether all references lead to something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Followed {
    /// Nobody looked yet.
    #[default]
    Not,
    /// So many records of so many are looked at.
    Looking(u64, u64),
    /// This is what was found.
    All(Orphans),
    /// It cannot be told, and why.
    Failed(String),
}

/// Screen 3.
#[derive(Debug, Clone, Default)]
pub struct Acks {
    /// What the mirror said last.
    pub book: Book,
    /// Why it said nothing.
    pub error: Option<String>,
    /// How long the last settled packs took, as the engine said: the mirror does not keep it.
    times: BTreeMap<PackNo, Duration>,
    /// Where references lead.
    pub followed: Followed,
    /// What has the focus.
    pub pane: Pane,
    /// The chosen pack; none: the first row, whichever that is.
    pub chosen: Option<PackNo>,
    /// The chosen page of those that come again.
    pub at: usize,
    /// The chosen one of what is stuck.
    pub trouble: usize,
    /// The first rows on the screen, pane by pane.
    pub top: [usize; 2],
    /// What was opened.
    pub detail: Option<Detail>,
}

/// What has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The packs.
    #[default]
    Packs = 0,
    /// What comes again if it crashes now.
    Again = 1,
    /// What is stuck and why.
    Stuck = 2,
}

/// A pack, from whoever knows most of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Its number; none while it fills.
    pub no: Option<PackNo>,
    /// Its keys.
    pub keys: u64,
    /// Where it stands.
    pub state: Stand,
    /// Tries so far.
    pub tries: u64,
    /// How long it is in this state, or took; where somebody measured.
    pub time: Option<Duration>,
    /// What the service said or what happened.
    pub answer: String,
    /// The HTTP status.
    pub status: Option<u16>,
}

/// Where a pack stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// As the engine has it.
    At(PackState),
    /// Its keys are held back by hand.
    Held,
}

/// A pack or a page, opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// Which.
    pub of: Opened,
    /// Its keys and records; none while they are read.
    pub content: Option<Result<Content, String>>,
    /// The chosen line.
    pub at: usize,
    /// The first on the screen, at the last step.
    pub top: usize,
}

impl Detail {
    /// Opened, and not read yet.
    pub fn new(of: Opened) -> Self {
        Self { of, content: None, at: 0, top: 0 }
    }

    /// Its lines; none while they are read.
    pub fn rows(&self) -> Vec<Row<'_>> {
        match &self.content {
            None => vec![Row::Reading],
            Some(Err(error)) => vec![Row::Failed(error)],
            Some(Ok(content)) => content.rows(),
        }
    }

    /// Moves the chosen line.
    pub fn steps(&mut self, by: isize, rows: usize, height: usize) {
        self.at = self.at.min(rows.saturating_sub(1)).saturating_add_signed(by).min(rows.saturating_sub(1));
        self.top = window(self.top, self.at, height, rows);
    }
}

/// What was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// A settled or sent pack.
    Pack(PackNo),
    /// What waits for the next packs.
    Filling,
    /// A page in the outbox.
    Page(PageNo),
}

/// The keys and the records that they stand for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Content {
    /// Keys that are still in the outbox.
    pub keys: Vec<String>,
    /// The pages, with what each brought.
    pub pages: Vec<(PageNo, PageRecords)>,
}

/// A line of what was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row<'a> {
    /// It is being read.
    Reading,
    /// It cannot be read.
    Failed(&'a str),
    /// A page begins.
    Page(PageNo, &'a PageRecords),
    /// A record of it.
    Record(&'a PageRecord),
    /// Nothing.
    Gap,
    /// The keys begin: so many.
    Keys(usize),
    /// A key.
    Key(&'a str),
}

impl Content {
    /// Its lines: the pages with their records, then the keys.
    fn rows(&self) -> Vec<Row<'_>> {
        let mut out = Vec::new();
        for (page, brought) in &self.pages {
            out.push(Row::Page(*page, brought));
            out.extend(brought.records.iter().map(Row::Record));
            out.push(Row::Gap);
        }
        out.push(Row::Keys(self.keys.len()));
        out.extend(self.keys.iter().map(|key| Row::Key(key)));
        out
    }
}

impl Acks {
    /// Remembers how long the packs of a snapshot took: the next run's will not have them.
    pub fn remember(&mut self, snapshot: &Snapshot) {
        let settled = |view: &&PackView| !matches!(view.state, PackState::Filling | PackState::InFlight);
        let times = snapshot.packs.iter().filter(settled).filter_map(|view| Some((view.no?, view.time)));
        self.times.extend(times);
        while self.times.len() > TIMES {
            self.times.pop_first();
        }
    }

    /// All packs, newest first: those under way from the engine, the settled ones from both.
    pub fn packs(&self, snapshot: &Snapshot, held: u64) -> Vec<Pack> {
        let mut all: Vec<Pack> = Vec::new();
        let newest = self.book.packs.first().map_or(0, |p| p.no);
        for view in &snapshot.packs {
            let under_way = matches!(view.state, PackState::Filling | PackState::InFlight);
            // What the mirror knows by now, it knows better: with status and answer.
            if !under_way && view.no.is_some_and(|no| no <= newest && self.known(no).is_some()) {
                continue;
            }
            let held = view.state == PackState::Filling && held > 0;
            // One that is read and not sent has taken nothing yet.
            let ready = view.state == PackState::Filling && view.no.is_some();
            all.push(Pack {
                no: view.no,
                keys: view.keys,
                state: if held { Stand::Held } else { Stand::At(view.state) },
                tries: view.tries.into(),
                time: Some(view.time).filter(|_| !ready),
                answer: String::new(),
                status: None,
            });
        }
        if held > 0 && !all.iter().any(|p| p.state == Stand::Held) {
            let state = Stand::Held;
            let (no, time, status, answer) = (None, None, None, String::new());
            all.insert(0, Pack { no, keys: held, state, tries: 0, time, answer, status });
        }
        for row in &self.book.packs {
            // A pack that comes again is one row: as it is now.
            if all.iter().any(|pack| pack.no == Some(row.no)) {
                continue;
            }
            let time = self.times.get(&row.no).copied();
            all.push(Pack {
                no: Some(row.no),
                keys: row.keys,
                state: Stand::At(match row.state.as_str() {
                    "accepted" => PackState::Accepted,
                    "refused" => PackState::Refused,
                    _ => PackState::Failed,
                }),
                tries: row.tries,
                time,
                answer: visible(row.answer.as_deref().unwrap_or_default()).into_owned(),
                status: row.status,
            });
        }
        all
    }

    fn known(&self, no: PackNo) -> Option<&PackRow> {
        self.book.packs.iter().find(|row| row.no == no)
    }

    /// The row of the chosen pack.
    pub fn chosen_row(&self, packs: &[Pack]) -> usize {
        self.chosen.and_then(|no| packs.iter().position(|pack| pack.no == Some(no))).unwrap_or(0)
    }

    /// Moves what has the focus among `rows`, with `height` of them on the screen.
    pub fn steps(&mut self, by: isize, packs: &[Pack], rows: usize, height: usize) {
        let last = rows.saturating_sub(1);
        let at = match self.pane {
            Pane::Packs => {
                let at = self.chosen_row(packs).saturating_add_signed(by).min(last);
                self.chosen = if at == 0 { None } else { packs.get(at).and_then(|pack| pack.no) };
                at
            }
            Pane::Again => {
                self.at = self.at.saturating_add_signed(by).min(last);
                self.at
            }
            Pane::Stuck => {
                self.trouble = self.trouble.min(last).saturating_add_signed(by).min(last);
                return;
            }
        };
        let top = &mut self.top[self.pane as usize];
        *top = window(*top, at, height, rows);
    }

    /// Unaccepted keys and the pages that they are of, as far as asked for.
    pub fn coming_again(&self) -> (u64, usize) {
        let keys = self.book.waiting.iter().map(|page| page.pending).sum();
        (keys, self.book.waiting.len())
    }
}
