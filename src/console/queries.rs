//! The SQL screen's statements on a thread and a connection of their own: they hold up neither the drawing nor Browse.
//!
//! Promises: rows are handed over in bounded chunks and no more than [`ROWS`] or [`BYTES`] of them, whatever the
//! statement; a statement is stopped within a moment, whatever it is doing; the files are the user's own; rows that are
//! written to a file are bounded by nothing and kept by nobody.

mod export;
mod saved;
mod statements;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use super::complete::Table;
use super::inbox::Inbox;
use super::message::{Message, SqlAnswer, SqlEnd, SqlRequest};
use super::model::grid::{Cell, CellKind};
use super::stop::Stop;
use crate::mirror::reader::Value;
use crate::mirror::{MirrorError, Reader};
use crate::spreadsheet::Formulas;
use crate::text::visible;

/// Rows of a statement that are handed over.
pub(super) const ROWS: usize = 10_000;
/// Bytes of a statement's rows that are handed over, about.
const BYTES: usize = 8 << 20;
/// Bytes of a value that are handed over.
const VALUE: usize = 16 << 10;
/// Bytes of a BLOB that are handed over, as two digits each.
const BLOB: usize = 256;
/// Rows of a chunk.
const CHUNK: usize = 200;
/// How long rows may wait for their chunk to fill.
const WAIT: Duration = Duration::from_millis(30);

/// The thread's other end. Dropping it stops what runs.
#[derive(Debug)]
pub(super) struct Queries {
    requests: mpsc::Sender<SqlRequest>,
    stop: Arc<Stop>,
}

impl Queries {
    /// Starts the thread; it ends when this is dropped. `formulas` is for the CSV files that it writes.
    pub(super) fn start(
        mirror: PathBuf,
        statements: Option<PathBuf>,
        inbox: Arc<Inbox>,
        formulas: Formulas,
    ) -> std::io::Result<Self> {
        let (requests, asked) = mpsc::channel();
        let stop = Arc::new(Stop::default());
        let saved = saved::Shelf::beside(statements.as_deref());
        let (reader, theirs) = (None, Arc::clone(&stop));
        let mut thread = Thread { mirror, statements, saved, inbox, stop: theirs, reader, formulas };
        std::thread::Builder::new().name("sql".into()).spawn(move || {
            if let Some(path) = &thread.statements {
                thread.say(SqlAnswer::Statements(statements::earlier(path)));
            }
            thread.tell_saved(Ok(()));
            while let Ok(request) = asked.recv() {
                thread.answer(request);
            }
        })?;
        Ok(Self { requests, stop })
    }

    /// Asks. A cancellation does not wait behind what it cancels.
    pub(super) fn ask(&self, request: SqlRequest) {
        match request {
            SqlRequest::Cancel(ticket) => self.stop.up_to(ticket),
            // The thread ends only with this.
            other => drop(self.requests.send(other)),
        }
    }
}

impl Drop for Queries {
    fn drop(&mut self) {
        self.stop.up_to(u64::MAX);
    }
}

struct Thread {
    mirror: PathBuf,
    statements: Option<PathBuf>,
    saved: saved::Shelf,
    inbox: Arc<Inbox>,
    stop: Arc<Stop>,
    reader: Option<Reader>,
    formulas: Formulas,
}

impl Thread {
    fn say(&self, answer: SqlAnswer) {
        self.inbox.push(Message::Sql(answer));
    }

    fn answer(&mut self, request: SqlRequest) {
        match request {
            SqlRequest::Run { ticket, sql } => {
                self.remember(&sql);
                let started = Instant::now();
                let end = self.run(ticket, &sql);
                if matches!(end, SqlEnd::Failed(_)) {
                    // Perhaps the mirror is another one now.
                    self.close();
                }
                self.say(SqlAnswer::Ended { ticket, end, elapsed: started.elapsed() });
            }
            SqlRequest::Tables => {
                if let Ok(()) = self.open()
                    && let Some(reader) = &self.reader
                    && let Ok(tables) = tables(reader)
                {
                    self.say(SqlAnswer::Tables(tables));
                }
            }
            SqlRequest::Export { ticket, sql, path } => {
                let result = self.export(ticket, &sql, &path);
                self.say(SqlAnswer::Exported { ticket, result });
            }
            SqlRequest::Save(kept) => {
                let done = self.saved.save(kept);
                self.tell_saved(done);
            }
            SqlRequest::Forget(name) => {
                let done = self.saved.forget(&name);
                self.tell_saved(done);
            }
            SqlRequest::Cancel(_) => {}
        }
    }

    /// Tells what is saved, and what went wrong.
    fn tell_saved(&mut self, done: std::io::Result<()>) {
        if let Err(error) = done {
            self.say(SqlAnswer::Trouble(visible(&format!("not saved: {error}")).into_owned()));
        }
        match self.saved.all() {
            Ok(all) => self.say(SqlAnswer::Saved(all)),
            Err(error) => {
                let text = format!("the saved statements cannot be read: {error}");
                self.say(SqlAnswer::Trouble(visible(&text).into_owned()));
            }
        }
    }

    /// Writes all rows of a statement to a new file; says how it went in a line.
    fn export(&mut self, ticket: u64, sql: &str, path: &std::path::Path) -> Result<String, String> {
        self.open()?;
        let Some(reader) = &self.reader else { return Err("there is no mirror".to_owned()) };
        let stopped = || !self.stop.wanted(ticket);
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let name = visible(&path.display().to_string()).into_owned();
        let mut tell = |rows| self.say(SqlAnswer::Written { ticket, rows });
        let write = || export::write(reader, sql, &path, self.formulas, &mut tell, &stopped);
        match self.stop.on(ticket, write).unwrap_or(Err(MirrorError::Stopped)) {
            Err(_) if stopped() => Ok("stopped: no file was made".to_owned()),
            Ok(Ok(rows)) => Ok(format!("{} in {name}", crate::text::counted(rows, "row"))),
            Ok(Err(e)) => Err(visible(&format!("cannot write {name}: {e}")).into_owned()),
            Err(e) => Err(visible(&e.to_string()).into_owned()),
        }
    }

    fn open(&mut self) -> Result<(), String> {
        if self.reader.is_none() {
            let reader = Reader::open_for_statements(&self.mirror).map_err(|e| match e {
                MirrorError::Missing { .. } => {
                    "there is no mirror yet: the first synchronization makes one".to_owned()
                }
                other => visible(&other.to_string()).into_owned(),
            })?;
            self.stop.connected(Some(reader.interrupter()));
            self.reader = Some(reader);
        }
        Ok(())
    }

    fn close(&mut self) {
        self.stop.connected(None);
        self.reader = None;
    }

    fn run(&mut self, ticket: u64, sql: &str) -> SqlEnd {
        if let Err(error) = self.open() {
            return SqlEnd::Failed(error);
        }
        let Some(reader) = &self.reader else { return SqlEnd::Cancelled };
        let stopped = || !self.stop.wanted(ticket);
        let mut chunks = Chunks::new();
        let mut cut = false;
        let mut columns = |names: &[String]| self.say(SqlAnswer::Columns { ticket, names: names.to_vec() });
        let mut row = |values: Vec<Value>| {
            cut = chunks.full();
            if cut || stopped() {
                return false;
            }
            if let Some(rows) = chunks.push(values.into_iter().map(cell).collect()) {
                self.say(SqlAnswer::Rows { ticket, rows });
            }
            true
        };
        let done = self.stop.on(ticket, || reader.query(sql, &mut columns, &mut row));
        if !chunks.rows.is_empty() {
            self.say(SqlAnswer::Rows { ticket, rows: std::mem::take(&mut chunks.rows) });
        }
        match done.unwrap_or(Err(MirrorError::Stopped)) {
            _ if stopped() => SqlEnd::Cancelled,
            Ok(()) if cut => SqlEnd::Cut,
            Ok(()) => SqlEnd::All,
            Err(error) => SqlEnd::Failed(visible(&error.to_string()).into_owned()),
        }
    }

    /// Writes a statement down. Failing is told once; then no more is tried.
    fn remember(&mut self, sql: &str) {
        let Some(path) = self.statements.take() else { return };
        match statements::append(&path, sql) {
            Ok(()) => self.statements = Some(path),
            Err(error) => {
                let text = format!("statements are not kept: {}: {error}", path.display());
                self.say(SqlAnswer::Trouble(visible(&text).into_owned()));
            }
        }
    }
}

/// Rows on their way.
struct Chunks {
    rows: Vec<Vec<Cell>>,
    count: usize,
    bytes: usize,
    since: Instant,
}

impl Chunks {
    fn new() -> Self {
        Self { rows: Vec::new(), count: 0, bytes: 0, since: Instant::now() }
    }

    /// Whether no more rows may be handed over.
    fn full(&self) -> bool {
        self.count >= ROWS || self.bytes >= BYTES
    }

    /// Takes a row; a chunk that is full or has waited comes back.
    fn push(&mut self, row: Vec<Cell>) -> Option<Vec<Vec<Cell>>> {
        self.count += 1;
        self.bytes += row.iter().map(|c| c.text.len() + size_of::<Cell>()).sum::<usize>();
        self.rows.push(row);
        if self.rows.len() < CHUNK && self.since.elapsed() < WAIT {
            return None;
        }
        self.since = Instant::now();
        Some(std::mem::take(&mut self.rows))
    }
}

/// A value as text, no longer than a screen or a clipboard can use.
fn cell(value: Value) -> Cell {
    let (kind, mut text, mut cut) = match value {
        Value::Null => (CellKind::Null, String::new(), false),
        Value::Integer(n) => (CellKind::Number, n.to_string(), false),
        Value::Real(x) => (CellKind::Number, format!("{x:?}"), false),
        Value::Text(text) => (CellKind::Text, text, false),
        Value::Blob(bytes) => {
            let digits = bytes.iter().take(BLOB).fold(String::from("x'"), |mut text, byte| {
                let _ = write!(text, "{byte:02x}"); // a String takes everything
                text
            });
            (CellKind::Blob, format!("{digits}'"), bytes.len() > BLOB)
        }
    };
    if text.len() > VALUE {
        text.truncate(text.floor_char_boundary(VALUE));
        cut = true;
    }
    Cell { kind, text: text.into_boxed_str(), cut }
}

/// The tables with their columns: the types' own, largest first, then the mirror's.
fn tables(reader: &Reader) -> Result<Vec<Table>, MirrorError> {
    let mut tables: Vec<Table> = Vec::new();
    for kind in reader.kinds()? {
        let mut columns = vec!["id".to_owned(), "revision".to_owned(), "data".to_owned()];
        columns.extend(reader.columns(&kind.name)?.into_iter().map(|c| c.name));
        columns.extend(["_session".to_owned(), "_page".to_owned()]);
        tables.push(Table { name: kind.table, columns });
    }
    let mut row = |row: Vec<Value>| {
        if let [Value::Text(table), Value::Text(column)] = row.as_slice() {
            match tables.iter_mut().find(|t| &t.name == table) {
                Some(known) => known.columns.push(column.clone()),
                None => tables.push(Table { name: table.clone(), columns: vec![column.clone()] }),
            }
        }
        true
    };
    reader.query(
        "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name LIKE '\\_%' ESCAPE '\\' ORDER BY m.name, c.cid",
        &mut |_| (),
        &mut row,
    )?;
    Ok(tables)
}

#[cfg(test)]
mod tests;
