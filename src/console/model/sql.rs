//! Screen 5's state: the statement that is typed, those that were run, the rows of the last one.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::super::complete::{self, Completion, Table};
use super::super::edit::{Edit, Line, Turn};
use super::super::message::{SqlAnswer, SqlEnd, SqlRequest};
use super::grid::Grid;
use super::saved::Saved;

/// Statements kept for the arrow up.
pub const STATEMENTS: usize = 500;

/// Screen 5.
#[derive(Debug, Clone, Default)]
pub struct Sql {
    /// The statement that is typed.
    pub line: Line,
    /// Where the keys go.
    pub pane: Pane,
    /// The tables with their columns.
    pub tables: Vec<Table>,
    /// The completion that is on.
    pub completion: Option<Completion>,
    /// The rows of the last statement.
    pub grid: Grid,
    /// What became of it.
    pub state: State,
    /// The saved statements.
    pub saved: Saved,
    /// The export that is going on.
    pub export: Option<Export>,
    /// The statement whose rows are there.
    ran: String,
    /// The statements that were run.
    recall: Recall,
    tickets: u64,
}

/// Screen 5's panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The statement.
    #[default]
    Prompt,
    /// The rows.
    Results,
}

/// What became of the last statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// None was run.
    #[default]
    None,
    /// It runs.
    Running {
        /// Its number.
        ticket: u64,
        /// Since when.
        since: Timestamp,
        /// It was asked to stop.
        stopping: bool,
    },
    /// It ended.
    Ended {
        /// How.
        end: SqlEnd,
        /// How long it took.
        elapsed: Duration,
    },
}

/// Rows on their way to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Export {
    /// Its number.
    pub ticket: u64,
    /// Since when.
    pub since: Timestamp,
    /// It was asked to stop.
    pub stopping: bool,
    /// Rows written.
    pub rows: u64,
}

/// The statements that were run, oldest first, and which of them stands in the line.
#[derive(Debug, Clone, Default)]
struct Recall {
    all: Vec<String>,
    at: Option<usize>,
    /// What was typed before the first was recalled.
    draft: String,
}

impl Recall {
    fn push(&mut self, statement: &str) {
        self.all.retain(|s| s != statement);
        self.all.push(statement.to_owned());
        let more = self.all.len().saturating_sub(STATEMENTS);
        self.all.drain(..more);
        self.at = None;
    }

    /// Another statement for the line; none where there is no other.
    fn turn(&mut self, turn: Turn, line: &str) -> Option<String> {
        let at = match (self.at, turn) {
            (None, Turn::Before) => {
                line.clone_into(&mut self.draft);
                self.all.len().checked_sub(1)?
            }
            (None, Turn::Next) => return None,
            (Some(at), Turn::Before) => at.checked_sub(1)?,
            (Some(at), Turn::Next) => at + 1,
        };
        let statement = self.all.get(at);
        self.at = statement.is_some().then_some(at);
        Some(statement.unwrap_or(&self.draft).clone())
    }
}

impl Sql {
    /// Whether a statement runs.
    pub fn running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    /// Whether the thread has something to do, and whether that was asked to stop.
    pub fn busy(&self) -> Option<bool> {
        match (&self.state, self.export) {
            (State::Running { stopping, .. }, _) => Some(*stopping),
            (_, Some(export)) => Some(export.stopping),
            _ => None,
        }
    }

    /// The statement whose rows may be written to a file.
    ///
    /// # Errors
    /// Why not, in a few words.
    pub fn exportable(&self) -> Result<&str, &'static str> {
        match self.state {
            _ if self.export.is_some() => Err("an export is going on"),
            State::Running { .. } => Err("a statement runs"),
            State::Ended { end: SqlEnd::Failed(_), .. } | State::None => Err("run a statement first"),
            State::Ended { .. } => Ok(&self.ran),
        }
    }

    /// Writes all rows of the last statement to a file, not only those that are kept here.
    ///
    /// # Errors
    /// Why not, in a few words.
    pub fn export(&mut self, path: PathBuf, now: Timestamp) -> Result<SqlRequest, &'static str> {
        let sql = self.exportable()?.to_owned();
        self.tickets += 1;
        self.export = Some(Export { ticket: self.tickets, since: now, stopping: false, rows: 0 });
        Ok(SqlRequest::Export { ticket: self.tickets, sql, path })
    }

    /// Runs the statement in the line.
    ///
    /// # Errors
    /// Why not, in a few words.
    pub fn run(&mut self, now: Timestamp) -> Result<SqlRequest, &'static str> {
        if self.running() {
            return Err("a statement runs");
        }
        if self.export.is_some() {
            return Err("an export is going on");
        }
        let sql = self.line.text().trim().to_owned();
        if sql.is_empty() {
            return Err("type a statement first");
        }
        self.completion = None;
        self.recall.push(&sql);
        self.ran.clone_from(&sql);
        self.tickets += 1;
        self.grid = Grid::default();
        self.state = State::Running { ticket: self.tickets, since: now, stopping: false };
        Ok(SqlRequest::Run { ticket: self.tickets, sql })
    }

    /// Asks the running statement to stop.
    pub fn stop(&mut self) -> Option<SqlRequest> {
        match (&mut self.state, &mut self.export) {
            (State::Running { stopping, .. }, _) => *stopping = true,
            (_, Some(export)) => export.stopping = true,
            _ => return None,
        }
        self.insist()
    }

    /// The same again where it was asked and has not stopped: a word said before it began was not heard.
    pub fn insist(&self) -> Option<SqlRequest> {
        match (&self.state, self.export) {
            (State::Running { ticket, stopping: true, .. }, _) => Some(SqlRequest::Cancel(*ticket)),
            (_, Some(Export { ticket, stopping: true, .. })) => Some(SqlRequest::Cancel(ticket)),
            _ => None,
        }
    }

    /// Takes an answer; what belongs to an earlier statement is dropped. What is wrong beside it comes back as a
    /// remark.
    pub fn take(&mut self, answer: SqlAnswer) -> Option<String> {
        let current = match self.state {
            State::Running { ticket, .. } => Some(ticket),
            _ => None,
        };
        match answer {
            SqlAnswer::Tables(tables) => self.tables = tables,
            SqlAnswer::Saved(all) => self.saved.all = all,
            SqlAnswer::Written { ticket, rows } => {
                if let Some(export) = self.export.as_mut().filter(|export| export.ticket == ticket) {
                    export.rows = rows;
                }
            }
            SqlAnswer::Statements(mut earlier) => {
                earlier.append(&mut self.recall.all);
                self.recall.all = earlier;
            }
            SqlAnswer::Columns { ticket, names } if current == Some(ticket) => self.grid = Grid::new(&names),
            SqlAnswer::Rows { ticket, rows } if current == Some(ticket) => self.grid.extend(rows),
            SqlAnswer::Ended { ticket, end, elapsed } if current == Some(ticket) => {
                self.state = State::Ended { end, elapsed };
            }
            SqlAnswer::Trouble(text) => return Some(text),
            _ => {}
        }
        None
    }

    /// Types a text. False where the line is full.
    pub fn insert(&mut self, text: &str) -> bool {
        self.completion = None;
        self.line.insert(text)
    }

    /// Does what a key says to the line.
    pub fn edit(&mut self, edit: Edit) {
        self.completion = None;
        self.line.edit(edit);
    }

    /// Completes the word, or goes to the next candidate. False where nothing fits.
    pub fn complete(&mut self, turn: Turn) -> bool {
        let after = self.line.halves().1.to_owned();
        if let Some(completion) = &mut self.completion {
            completion.turn(turn);
            self.line.set_halves(&completion.line(), &after);
            return true;
        }
        let before = self.line.halves().0;
        let Some(mut completion) = complete::complete(before, &after, &self.tables) else { return false };
        // Where all candidates begin with more than was typed that comes first; the next time they take turns.
        if completion.candidates.len() == 1 || !completion.grows() {
            completion.turn(turn);
        }
        self.line.set_halves(&completion.line(), &after);
        self.completion = (completion.candidates.len() > 1).then_some(completion);
        true
    }

    /// Takes the completion back. False where none is on.
    pub fn uncomplete(&mut self) -> bool {
        let Some(completion) = self.completion.take() else { return false };
        let after = self.line.halves().1.to_owned();
        self.line.set_halves(&completion.undone(), &after);
        true
    }

    /// Whether statements were run that can be recalled.
    pub fn recalls(&self) -> bool {
        !self.recall.all.is_empty()
    }

    /// An earlier statement, or a later one, into the line.
    pub fn recall(&mut self, turn: Turn) {
        self.completion = None;
        if let Some(statement) = self.recall.turn(turn, self.line.text()) {
            self.line.set(&statement);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(text: &str) -> Sql {
        let mut sql = Sql::default();
        sql.insert(text);
        sql
    }

    #[test]
    fn statements_come_back_and_the_draft_too() {
        let mut sql = sql("SELECT 1");
        for text in ["SELECT 1", "SELECT 2", "SELECT 1"] {
            sql.line.set(text);
            sql.state = State::None;
            assert!(sql.run(Timestamp::UNIX_EPOCH).is_ok());
        }
        sql.line.set("draft");
        let mut seen = Vec::new();
        let turns = [Turn::Before, Turn::Next];
        for turn in turns.into_iter().flat_map(|turn| [turn; 3]) {
            sql.recall(turn);
            seen.push(sql.line.text().to_owned());
        }
        assert_eq!(seen, ["SELECT 1", "SELECT 2", "SELECT 2", "SELECT 1", "draft", "draft"]);
    }

    #[test]
    fn one_statement_at_a_time_and_only_its_own_rows() {
        let mut sql = sql("SELECT 1");
        assert_eq!(sql.run(Timestamp::UNIX_EPOCH), Ok(SqlRequest::Run { ticket: 1, sql: "SELECT 1".into() }));
        assert!(sql.run(Timestamp::UNIX_EPOCH).is_err());
        assert_eq!((sql.insist(), sql.stop()), (None, Some(SqlRequest::Cancel(1))));
        assert_eq!(sql.insist(), Some(SqlRequest::Cancel(1)));
        sql.take(SqlAnswer::Columns { ticket: 0, names: vec!["x".into()] });
        assert!(sql.grid.columns.is_empty());
        sql.take(SqlAnswer::Columns { ticket: 1, names: vec!["x".into()] });
        sql.take(SqlAnswer::Ended { ticket: 1, end: SqlEnd::Cancelled, elapsed: Duration::ZERO });
        assert_eq!((sql.grid.columns.len(), sql.running(), sql.insist()), (1, false, None));
    }

    #[test]
    fn completing_can_be_taken_back() {
        let mut sql = sql("SELECT * FROM ");
        let table = |name: &str| Table { name: name.into(), columns: Vec::new() };
        sql.take(SqlAnswer::Tables(vec![table("deal"), table("deal_source")]));
        sql.complete(Turn::Next);
        assert_eq!(sql.line.text(), "SELECT * FROM deal");
        sql.complete(Turn::Next);
        sql.complete(Turn::Next);
        assert_eq!(sql.line.text(), "SELECT * FROM deal_source");
        assert!(sql.uncomplete() && !sql.uncomplete());
        assert_eq!(sql.line.text(), "SELECT * FROM ");
    }
}
