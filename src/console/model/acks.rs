//! Screen 3's state: the packs of engine and mirror as one list, what comes again, what is stuck and why.

use std::time::Duration;

use super::window;
use crate::engine::Snapshot;
use crate::engine::event::PackState;
use crate::mirror::debug::{PackRow, PageRecords, RefusedKey, Stuck, WaitingPage};
use crate::mirror::{PackNo, PageNo};
use crate::text::{grouped, visible};

/// Packs, pages and refused keys that are asked for.
pub const ASKED: usize = 300;
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
}

/// Screen 3.
#[derive(Debug, Clone, Default)]
pub struct Acks {
    /// What the mirror said last.
    pub book: Book,
    /// Why it said nothing.
    pub error: Option<String>,
    /// What has the focus.
    pub pane: Pane,
    /// The chosen pack; none: the first row, whichever that is.
    pub chosen: Option<PackNo>,
    /// The chosen page of those that come again.
    pub at: usize,
    /// The first rows on the screen, pane by pane.
    pub top: [usize; 3],
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
    /// The first line on the screen.
    pub scroll: usize,
}

impl Detail {
    /// Opened, and not read yet.
    pub fn new(of: Opened) -> Self {
        Self { of, content: None, scroll: 0 }
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

/// What is stuck: how bad it is, what it is, why and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Whether it is an error, or only worth to know.
    pub error: bool,
    /// What it is about.
    pub what: String,
    /// Why, and what helps.
    pub why: String,
}

impl Acks {
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
            all.push(Pack {
                no: view.no,
                keys: view.keys,
                state: if held { Stand::Held } else { Stand::At(view.state) },
                tries: view.tries.into(),
                time: Some(view.time),
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
            let time = snapshot.packs.iter().find(|view| view.no == Some(row.no)).map(|view| view.time);
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
                // Text to be read: it scrolls, nothing is chosen in it.
                let top = &mut self.top[Pane::Stuck as usize];
                *top = top.saturating_add_signed(by).min(rows.saturating_sub(height));
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

    /// What is stuck, worst first.
    pub fn troubles(&self) -> Vec<Trouble> {
        let mut out = Vec::new();
        let stuck = &self.book.stuck;
        let mut add = |error, what: String, why: String| {
            let (what, why) = (visible(&what).into_owned(), visible(&why).into_owned());
            out.push(Trouble { error, what, why });
        };
        if let Some(pack) = &stuck.failing {
            let status = pack.status.map_or_else(String::new, |status| format!("{status} "));
            let answer = pack.answer.as_deref().unwrap_or("no answer");
            let what = format!("pack {}, {}", pack.no, counted(pack.keys, "key"));
            add(true, what, format!("failed: {status}{answer}; it comes again"));
        }
        if stuck.outbox.held > 0 {
            let what = format!("{} held", counted(stuck.outbox.held, "key"));
            add(false, what, "held back by hand: no session starts before they are released".to_owned());
        }
        for key in &self.book.refused {
            let why =
                format!("refused, {}: {} (page {}, pack {})", key.status, key.answer, key.page, key.pack);
            add(true, format!("key {}", key.key), why);
        }
        let more = stuck.outbox.refused.saturating_sub(self.book.refused.len() as u64);
        if more > 0 {
            add(
                true,
                format!("{} keys more", grouped(more)),
                "refused for good; kept with their answers".to_owned(),
            );
        }
        if stuck.failed_objects > 0 {
            let what = counted(stuck.failed_objects, "object");
            add(
                false,
                what,
                "the service could not deliver them in the last session; the next one tries".to_owned(),
            );
        }
        if stuck.unkeyed > 0 {
            let what = counted(stuck.unkeyed, "instruction");
            add(false, what, "without an id: kept as received in _unkeyed, not as rows".to_owned());
        }
        for left in &stuck.left_out {
            let n = left.fields.len() + left.more;
            let first = left.fields.first().map_or("", String::as_str);
            let what = format!("{}: {}", left.kind, counted(n as u64, "field"));
            add(false, what, format!("no column for {first} …: their values are in data"));
        }
        out
    }
}

/// A number of things in words.
fn counted(n: u64, one: &str) -> String {
    format!("{} {one}{}", grouped(n), if n == 1 { "" } else { "s" })
}
