//! Screen 6's state: the sessions, what the opened one replaced and deleted, the change under the cursor.

use super::super::message::Request;
use crate::mirror::SessionNo;
use crate::mirror::changes::{Change, FieldChange, Touched, diff};
use crate::mirror::reader::SessionRow;

/// Lines asked for at a time.
pub const CHUNK: usize = 200;
/// How near the end of what is kept more is asked for.
const NEAR: usize = 50;

/// Screen 6.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The sessions, newest first.
    pub sessions: List<SessionRow>,
    /// The opened session, and what it did.
    pub opened: Option<(SessionRow, List<Touched>)>,
    /// What it did to the record under the cursor, and in which fields.
    pub change: Option<(Box<Change>, Vec<FieldChange>)>,
    /// Where the keys go.
    pub pane: Pane,
    /// Lines of the change scrolled away.
    pub scroll: usize,
    /// Why the mirror cannot be read.
    pub error: Option<String>,
}

/// Screen 6's panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The sessions.
    #[default]
    Sessions,
    /// What a session did.
    Changes,
    /// A record before and after.
    Change,
}

/// The beginning of a long list, and a cursor in it.
#[derive(Debug, Clone)]
pub struct List<T> {
    /// What has come so far.
    pub rows: Vec<T>,
    /// Whether an answer has come.
    pub loaded: bool,
    /// The cursor.
    pub cursor: usize,
    /// The first on the screen, at the last step.
    top: usize,
    /// There are more behind these.
    pub more: bool,
    waiting: bool,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), loaded: false, cursor: 0, top: 0, more: false, waiting: false }
    }
}

impl<T> List<T> {
    /// What is under the cursor.
    pub fn current(&self) -> Option<&T> {
        self.rows.get(self.cursor)
    }

    /// Moves the cursor. True where more is wanted.
    fn step(&mut self, by: isize) -> bool {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.rows.len().saturating_sub(1));
        let wants = self.more && !self.waiting && self.cursor + NEAR >= self.rows.len();
        self.waiting |= wants;
        wants
    }

    /// The first on the screen where so many are shown: that of the last step, or as far from it as the cursor needs.
    pub fn window(&self, height: usize) -> usize {
        super::window(self.top, self.cursor, height, self.rows.len())
    }

    fn extend(&mut self, rows: Vec<T>, more: bool) {
        self.rows.extend(rows);
        (self.more, self.loaded, self.waiting) = (more, true, false);
    }
}

impl History {
    /// Asks for the newest sessions again, as many as are there.
    pub fn again(&mut self) -> Request {
        Request::Sessions { before: None, limit: self.sessions.rows.len().max(CHUNK) }
    }

    /// Takes sessions. The cursor stays on its session.
    pub fn take_sessions(
        &mut self,
        before: Option<SessionNo>,
        answer: Result<(Vec<SessionRow>, bool), String>,
    ) {
        let (rows, more) = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.error = Some(error);
                return;
            }
        };
        self.error = None;
        let list = &mut self.sessions;
        match before {
            None => {
                // On the newest one the cursor goes with the newest.
                let at = list.current().filter(|_| list.cursor > 0).map(|s| s.no);
                list.rows.clear();
                list.extend(rows, more);
                let found = at.and_then(|no| list.rows.iter().position(|s| s.no == no));
                list.cursor = found.unwrap_or(0);
            }
            // Only what follows the last one kept: another answer may have come between.
            Some(before) if list.rows.last().is_some_and(|s| s.no == before) => list.extend(rows, more),
            Some(_) => list.waiting = false,
        }
        if let Some((opened, _)) = &mut self.opened
            && let Some(now) = self.sessions.rows.iter().find(|s| s.no == opened.no)
        {
            now.clone_into(opened);
        }
    }

    /// Takes what a session did; asks for the first change.
    pub fn take_touched(
        &mut self,
        session: SessionNo,
        behind: i64,
        answer: Result<(Vec<Touched>, bool), String>,
    ) -> Option<Request> {
        let (opened, list) = self.opened.as_mut().filter(|(opened, _)| opened.no == session)?;
        let fits = list.rows.last().map_or(0, |t| t.no) == behind;
        match answer {
            Ok((rows, more)) if fits => list.extend(rows, more),
            Ok(_) => list.waiting = false,
            Err(error) => {
                list.waiting = false;
                self.error = Some(error);
                return None;
            }
        }
        let session = opened.no;
        let touched = list.current().filter(|_| self.change.is_none())?.clone();
        Some(Request::Change { session, touched })
    }

    /// Takes what a session did to a record; what is under the cursor no more is dropped.
    pub fn take_change(&mut self, touched: &Touched, answer: Result<Option<Box<Change>>, String>) {
        if self.opened.as_ref().and_then(|(_, list)| list.current()) != Some(touched) {
            return;
        }
        match answer {
            Ok(change) => {
                self.change = change.map(|change| {
                    let before = change.before.as_ref().and_then(|s| s.data.as_deref());
                    let fields = diff(before, change.after.data.as_deref());
                    (change, fields)
                });
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// Opens the session under the cursor, or the change.
    pub fn open(&mut self) -> Option<Request> {
        match self.pane {
            Pane::Sessions => {
                let session = self.sessions.current()?.clone();
                let no = session.no;
                self.pane = Pane::Changes;
                (self.change, self.scroll) = (None, 0);
                self.opened = Some((session, List { waiting: true, ..List::default() }));
                Some(Request::Touched { session: no, behind: 0, limit: CHUNK })
            }
            Pane::Changes | Pane::Change => {
                if self.change.is_some() {
                    self.pane = Pane::Change;
                }
                None
            }
        }
    }

    /// Goes one back. False where there is nothing to go back to.
    pub fn close(&mut self) -> bool {
        match self.pane {
            Pane::Sessions => return false,
            Pane::Changes => {
                (self.pane, self.opened, self.change) = (Pane::Sessions, None, None);
            }
            Pane::Change => self.pane = Pane::Changes,
        }
        true
    }

    /// Moves the cursor of the list that has the focus.
    pub fn step(&mut self, by: isize) -> Vec<Request> {
        let mut requests = Vec::new();
        match &mut self.opened {
            Some((session, list)) => {
                let before = list.cursor;
                if list.step(by) {
                    let behind = list.rows.last().map_or(0, |t| t.no);
                    requests.push(Request::Touched { session: session.no, behind, limit: CHUNK });
                }
                if list.cursor != before
                    && let Some(touched) = list.current().cloned()
                {
                    (self.change, self.scroll) = (None, 0);
                    requests.push(Request::Change { session: session.no, touched });
                }
            }
            None => {
                if self.sessions.step(by) {
                    let before = self.sessions.rows.last().map(|s| s.no);
                    requests.push(Request::Sessions { before, limit: CHUNK });
                }
            }
        }
        requests
    }

    /// Keeps the cursor on the screen.
    pub fn follow(&mut self, height: usize) {
        match &mut self.opened {
            Some((_, list)) => list.top = list.window(height),
            None => self.sessions.top = self.sessions.window(height),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::changes::State;
    use crate::protocol::RecordId;

    fn session(no: SessionNo) -> SessionRow {
        SessionRow {
            no,
            id: format!("id-{no}"),
            started: String::new(),
            ended: None,
            end: None,
            pages: 0,
            instructions: 0,
            created: 0,
            updated: 0,
            deleted: 0,
            stale: 0,
            failed_objects: 0,
            retries: 0,
            error: None,
        }
    }

    fn touched(no: i64) -> Touched {
        Touched { no, kind: "deal".into(), id: RecordId::Int(no), event: "updated".into(), page: 1 }
    }

    fn rows(from: SessionNo, to: SessionNo) -> Vec<SessionRow> {
        (to..=from).rev().map(session).collect()
    }

    #[test]
    fn sessions_come_by_chunks_and_the_cursor_stays_on_its_own() {
        let mut history = History::default();
        history.take_sessions(None, Ok((rows(500, 301), true)));
        assert_eq!(history.step(20), []);
        let asked = history.step(140);
        assert_eq!(asked, [Request::Sessions { before: Some(301), limit: CHUNK }]);
        assert_eq!(history.step(1), [], "one question at a time");
        history.take_sessions(Some(301), Ok((rows(300, 101), true)));
        assert_eq!((history.sessions.rows.len(), history.sessions.current().unwrap().no), (400, 339));
        history.take_sessions(None, Ok((rows(501, 102), true)));
        assert_eq!(history.sessions.current().unwrap().no, 339);
        // An answer that nobody waits for any more.
        history.take_sessions(Some(301), Ok((rows(300, 101), true)));
        assert_eq!(history.sessions.rows.len(), 400);
    }

    #[test]
    fn a_session_opens_and_closes_step_by_step() {
        let mut history = History::default();
        history.take_sessions(None, Ok((rows(2, 1), false)));
        assert_eq!(history.open(), Some(Request::Touched { session: 2, behind: 0, limit: CHUNK }));
        let asked = history.take_touched(2, 0, Ok((vec![touched(7), touched(9)], false)));
        assert_eq!(asked, Some(Request::Change { session: 2, touched: touched(7) }));
        assert_eq!(history.open(), None);
        assert_eq!(history.pane, Pane::Changes, "there is nothing to look at yet");
        let state = |data: &str| State { revision: None, data: Some(data.into()), session: 1 };
        let change = Change {
            kind: "deal".into(),
            id: RecordId::Int(7),
            before: Some(state(r#"{"a":1}"#)),
            after: state(r#"{"a":2}"#),
        };
        history.take_change(&touched(9), Ok(Some(Box::new(change.clone()))));
        assert!(history.change.is_none(), "another record's");
        history.take_change(&touched(7), Ok(Some(Box::new(change))));
        assert_eq!(history.change.as_ref().unwrap().1.len(), 1);
        history.open();
        assert_eq!(history.pane, Pane::Change);
        assert!(history.close() && history.close() && !history.close());
        assert!(history.opened.is_none());
    }
}
