//! Screen 4's state: the exchanges that pass the filter, the one that is looked at, its folds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::super::body::{self, Line};
use super::super::edit;
use super::super::seek;
use super::window;
use crate::client::tap::filter::Filter;
use crate::client::tap::{Exchange, Recorded, State, Usage};

/// Exchanges that the list holds.
pub const LISTED: usize = 5_000;

/// Screen 4.
#[derive(Debug, Clone, Default)]
pub struct Wire {
    /// Those that pass the filter, newest first.
    pub list: Vec<Arc<Exchange>>,
    /// What the tap holds.
    pub usage: Usage,
    /// Whether it has said so yet.
    pub known: bool,
    /// The newest exchange of each pack, by the pack's number.
    pub packs: BTreeMap<i64, u64>,
    /// The chosen exchange; none: the newest, whichever that is.
    pub chosen: Option<u64>,
    /// The first row on the screen.
    pub top: usize,
    /// What to say where the request that is looked for is not kept.
    pub unfound: Option<String>,
    /// What has the focus.
    pub pane: Pane,
    /// The exchange that is laid out.
    pub detail: Option<Detail>,
    /// Which exchanges are wanted.
    pub filter: Condition,
    /// What is wrong with what is typed.
    pub mistake: Option<String>,
    /// The filter that is being typed.
    pub line: edit::Line,
    /// Whether keys go there.
    pub typing: bool,
    /// When the tap was last asked.
    pub asked: Option<Timestamp>,
    /// What is looked for in the open exchange, in lower case; empty for nothing.
    pub search: String,
    /// What the recording has written, where one runs.
    pub recorded: Option<Recorded>,
}

/// Which exchanges are wanted; all of them where nothing was typed.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    /// As it was typed.
    pub typed: String,
    /// As it was understood.
    pub meant: Filter,
}

/// What has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The list.
    #[default]
    List,
    /// The exchange.
    Detail,
}

/// An exchange, laid out.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// Which, as it was when it was laid out.
    pub exchange: Arc<Exchange>,
    /// Its lines.
    pub lines: Arc<Vec<Line>>,
    /// The lines that hide what they hold.
    pub folds: BTreeSet<usize>,
    /// The lines that are shown, by number.
    pub shown: Vec<usize>,
    /// The chosen one of these.
    pub at: usize,
    /// The first on the screen.
    pub top: usize,
    /// The lines that hold what is looked for, by number.
    pub hits: Vec<usize>,
}

impl Detail {
    fn new(exchange: Arc<Exchange>, lines: Arc<Vec<Line>>) -> Self {
        let folds = body::folded(&lines).into_iter().collect();
        let mut new = Self { exchange, lines, folds, shown: Vec::new(), at: 0, top: 0, hits: Vec::new() };
        new.lay_out();
        new
    }

    fn lay_out(&mut self) {
        self.shown.clear();
        let mut at = 0;
        while let Some(line) = self.lines.get(at) {
            self.shown.push(at);
            at = if self.folds.contains(&at) { line.behind.max(at + 1) } else { at + 1 };
        }
        self.at = self.at.min(self.shown.len().saturating_sub(1));
    }

    /// The chosen line.
    pub fn line(&self) -> Option<&Line> {
        self.lines.get(*self.shown.get(self.at)?)
    }

    fn look_for(&mut self, wanted: &str) {
        let holds = |line: &Line| seek::holds(&line.name, wanted) || seek::holds(&line.value, wanted);
        self.hits = (0..self.lines.len()).filter(|n| holds(&self.lines[*n])).collect();
    }

    /// To the next hit, or the one before, round the end; where it stays, to the first from here on. What hides it is
    /// unfolded. False where there is none.
    fn hit(&mut self, way: Way) -> bool {
        let here = self.shown.get(self.at).copied().unwrap_or(0);
        let (first, last) = (self.hits.first(), self.hits.last());
        let found = match way {
            Way::Here => self.hits.iter().find(|n| **n >= here).or(first),
            Way::Next => self.hits.iter().find(|n| **n > here).or(first),
            Way::Before => self.hits.iter().rev().find(|n| **n < here).or(last),
        };
        let Some(number) = found.copied() else { return false };
        let lines = Arc::clone(&self.lines);
        self.folds.retain(|n| !(*n < number && lines[*n].behind > number));
        self.lay_out();
        self.at = self.shown.partition_point(|n| *n < number);
        true
    }

    /// Whether a line holds others.
    pub fn holds(&self, number: usize) -> bool {
        self.lines.get(number).is_some_and(|line| line.behind > number + 1)
    }

    /// Folds or unfolds the chosen line, or the one that holds it.
    pub fn fold(&mut self, wish: Folding) {
        let Some(number) = self.shown.get(self.at).copied() else { return };
        let number = if self.holds(number) && !(wish == Folding::Fold && self.folds.contains(&number)) {
            number
        } else if wish == Folding::Unfold {
            return;
        } else {
            match (0..number).rev().find(|n| self.lines[*n].behind > number) {
                Some(holder) => holder,
                None => return,
            }
        };
        let folded = self.folds.remove(&number);
        if wish == Folding::Fold || wish == Folding::Change && !folded {
            self.folds.insert(number);
        }
        self.lay_out();
        self.at = self.shown.iter().position(|n| *n == number).unwrap_or(self.at);
    }

    /// Folds all that can be folded, or unfolds all where something is folded.
    pub fn fold_all(&mut self, height: usize) {
        let number = self.shown.get(self.at).copied().unwrap_or(0);
        if self.folds.is_empty() {
            let holds = |n: &usize| self.holds(*n) && self.lines[*n].depth > 0;
            self.folds = (0..self.lines.len()).filter(holds).collect();
        } else {
            self.folds.clear();
        }
        self.lay_out();
        self.at = self.shown.partition_point(|n| *n <= number).saturating_sub(1);
        self.steps(0, height);
    }

    /// The first line on the screen where so many are shown.
    pub fn first(&self, height: usize) -> usize {
        window(self.top, self.at, height, self.shown.len())
    }

    /// Moves the chosen line.
    pub fn steps(&mut self, by: isize, height: usize) {
        self.top = self.first(height);
        self.at = self.at.saturating_add_signed(by).min(self.shown.len().saturating_sub(1));
        self.top = self.first(height);
    }
}

/// What becomes of a line that holds others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folding {
    /// It hides them.
    Fold,
    /// It shows them.
    Unfold,
    /// The other of the two.
    Change,
}

/// Which hit is gone to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The first from here on.
    Here,
    /// The next one.
    Next,
    /// The one before.
    Before,
}

impl Wire {
    /// Whether a filter may have something to choose from, or one is there to be changed. Before the tap has answered
    /// nobody knows: who types fast is not refused.
    pub fn can_be_filtered(&self) -> bool {
        !self.known || self.usage.exchanges > 0 || !self.list.is_empty() || !self.filter.typed.is_empty()
    }

    /// Looks for a text in the open exchange and goes to the first line that has it.
    pub fn look_for(&mut self, wanted: &str, height: usize) {
        self.search = wanted.to_lowercase();
        if let Some(detail) = &mut self.detail {
            detail.look_for(&self.search);
            detail.hit(Way::Here);
            detail.steps(0, height);
        }
    }

    /// To another line that has what is looked for. False where none has it.
    pub fn hit(&mut self, way: Way, height: usize) -> bool {
        let Some(detail) = &mut self.detail else { return false };
        let found = detail.hit(way);
        detail.steps(0, height);
        found
    }

    /// The chosen row.
    pub fn at(&self) -> usize {
        let Some(chosen) = self.chosen else { return 0 };
        // Newest first: what is gone from the list stands where it would be.
        self.list.partition_point(|e| e.number > chosen).min(self.list.len().saturating_sub(1))
    }

    /// The chosen exchange.
    pub fn exchange(&self) -> Option<&Arc<Exchange>> {
        self.list.get(self.at())
    }

    /// Whether one of the newest exchanges has no end yet.
    pub fn waits(&self) -> bool {
        self.list.iter().take(100).any(|exchange| exchange.state == State::UnderWay)
    }

    /// Moves the choice, from what is on the screen.
    pub fn steps(&mut self, by: isize, height: usize) {
        self.settle(height);
        let at = self.at().saturating_add_signed(by).min(self.list.len().saturating_sub(1));
        self.chosen = if at == 0 { None } else { self.list.get(at).map(|e| e.number) };
        self.settle(height);
    }

    /// The first row on the screen where so many are shown.
    pub fn first(&self, height: usize) -> usize {
        window(self.top, self.at(), height, self.list.len())
    }

    /// Keeps the chosen row on the screen.
    pub fn settle(&mut self, height: usize) {
        self.top = self.first(height);
    }

    /// Takes what the tap holds. What is on the screen follows from it and from the last step, so that an answer that
    /// comes while the screen is small moves nothing for good.
    pub fn take(&mut self, found: Found) {
        (self.list, self.usage, self.packs) = (found.list, found.usage, found.packs);
        (self.recorded, self.known) = (found.recorded, true);
    }

    /// The exchange that is to be laid out: the chosen one, where it is not laid out as it is now.
    pub fn wanted(&self) -> Option<Arc<Exchange>> {
        let exchange = self.exchange()?;
        let laid_out = self.detail.as_ref().is_some_and(|detail| Arc::ptr_eq(&detail.exchange, exchange));
        (!laid_out).then(|| Arc::clone(exchange))
    }

    /// Takes an exchange that was laid out. The same one keeps its place and folds.
    pub fn show(&mut self, exchange: Arc<Exchange>, lines: Arc<Vec<Line>>) {
        if self.exchange().is_none_or(|chosen| chosen.number != exchange.number) {
            return;
        }
        let before = self.detail.take().filter(|d| d.exchange.number == exchange.number);
        let mut new = Detail::new(exchange, lines);
        if let Some(before) = before {
            (new.at, new.top) = (before.at.min(new.shown.len().saturating_sub(1)), before.top);
        }
        new.look_for(&self.search);
        self.detail = Some(new);
    }

    /// Another condition; false where it is not understood: then the old one stands.
    pub fn set_filter(&mut self, text: &str) -> bool {
        match Filter::parse(text) {
            Ok(filter) => {
                self.filter = Condition { typed: text.to_owned(), meant: filter };
                self.mistake = None;
                true
            }
            Err(mistake) => {
                self.mistake = Some(mistake);
                false
            }
        }
    }
}

/// What the tap holds, of interest here.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Those that pass, newest first.
    pub list: Vec<Arc<Exchange>>,
    /// All together.
    pub usage: Usage,
    /// The newest exchange of each pack.
    pub packs: BTreeMap<i64, u64>,
    /// What the recording has written, where one runs.
    pub recorded: Option<Recorded>,
}
