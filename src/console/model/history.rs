//! Screen 6's state: the sessions, what the opened one did, the change under the cursor.

mod list;

use super::super::message::Request;
use crate::mirror::SessionNo;
use crate::mirror::changes::Change;
use crate::mirror::deeds::{At, Deed, Event, Inside, Wanted};
use crate::mirror::reader::SessionRow;
use crate::mirror::refs::Reference;
pub use list::List;

/// Lines asked for at a time.
pub const CHUNK: usize = 200;

/// Screen 6.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The sessions, newest first.
    pub sessions: List<SessionRow>,
    /// The opened session, and what it did.
    pub opened: Option<Opened>,
    /// What it did to the record under the cursor.
    pub change: Option<Box<Change>>,
    /// Where the keys go.
    pub pane: Pane,
    /// Lines of the change scrolled away.
    pub scroll: usize,
    /// Why the sessions cannot be read.
    pub error: Option<String>,
}

/// A session that is looked into.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Which.
    pub session: SessionRow,
    /// What it did, as far as it is wanted.
    pub list: List<Deed>,
    /// Which of it.
    pub wanted: Wanted,
    /// Its pages and packs.
    pub inside: Inside,
    /// Why what it did cannot be read.
    pub error: Option<String>,
}

impl Opened {
    fn ask(&mut self, behind: Option<At>) -> Request {
        (self.list.waiting, self.error) = (true, None);
        Request::Deeds { session: self.session.no, wanted: self.wanted.clone(), behind, limit: CHUNK }
    }

    /// Asks what it did to the record under the cursor; none where that is only a note.
    fn change(&self) -> Option<Request> {
        let deed = self.list.current()?;
        if deed.why.is_some() {
            return None;
        }
        Some(Request::Change { session: self.session.no, of: reference(deed)? })
    }
}

/// The record of an entry.
pub fn reference(deed: &Deed) -> Option<Reference> {
    Some(Reference { kind: deed.kind.clone(), id: deed.id.clone()? })
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

impl History {
    /// Asks for the newest sessions again, as many as are there.
    pub fn again(&mut self) -> Request {
        Request::Sessions { before: None, limit: self.sessions.rows.len().max(CHUNK) }
    }

    /// Asks once more for what could not be read of the opened session.
    pub fn retry(&mut self) -> Option<Request> {
        let opened = self.opened.as_mut().filter(|opened| opened.error.is_some() && !opened.list.loaded)?;
        Some(opened.ask(None))
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
        if let Some(opened) = &mut self.opened
            && let Some(now) = self.sessions.rows.iter().find(|s| s.no == opened.session.no)
        {
            now.clone_into(&mut opened.session);
        }
    }

    /// Takes what a session did; asks for the first change.
    pub fn take_deeds(
        &mut self,
        (session, wanted, behind): (SessionNo, &Wanted, Option<At>),
        answer: Result<(Vec<Deed>, bool), String>,
        inside: Option<Inside>,
    ) -> Option<Request> {
        let fits = |opened: &&mut Opened| opened.session.no == session && opened.wanted == *wanted;
        let opened = self.opened.as_mut().filter(fits)?;
        if let Some(inside) = inside {
            opened.inside = inside;
        }
        let fits = opened.list.rows.last().map(|deed| deed.at) == behind;
        match answer {
            Ok((rows, more)) if fits => opened.list.extend(rows, more),
            Ok(_) => opened.list.waiting = false,
            Err(error) => {
                opened.list.waiting = false;
                opened.error = Some(error);
                return None;
            }
        }
        opened.change().filter(|_| self.change.is_none())
    }

    /// Takes what a session did to a record; what is under the cursor no more is dropped.
    pub fn take_change(
        &mut self,
        session: SessionNo,
        of: &Reference,
        answer: Result<Option<Box<Change>>, String>,
    ) {
        let here = self.opened.as_mut().filter(|opened| opened.session.no == session);
        let Some(opened) = here.filter(|o| o.list.current().and_then(reference).as_ref() == Some(of)) else {
            return;
        };
        match answer {
            Ok(change) => {
                opened.error = None;
                self.change = change;
            }
            Err(error) => opened.error = Some(error),
        }
    }

    /// What is under the cursor of the opened session.
    pub fn deed(&self) -> Option<&Deed> {
        self.opened.as_ref()?.list.current()
    }

    /// Opens the session under the cursor, or the change.
    pub fn open(&mut self) -> Option<Request> {
        if self.pane == Pane::Sessions {
            let session = self.sessions.current()?.clone();
            self.pane = Pane::Changes;
            (self.change, self.scroll) = (None, 0);
            let (list, wanted, inside) = (List::default(), Wanted::default(), Inside::default());
            let opened = Opened { session, list, wanted, inside, error: None };
            return Some(self.opened.insert(opened).ask(None));
        }
        let said = self.opened.as_ref().is_some_and(|opened| opened.error.is_some());
        let note = self.deed().is_some_and(|deed| deed.why.is_some());
        if self.change.is_some() || note || (said && self.deed().is_some()) {
            self.pane = Pane::Change;
        }
        None
    }

    /// Shows another part of what the session did.
    pub fn want(&mut self, wanted: Wanted) -> Option<Request> {
        let opened = self.opened.as_mut()?;
        (self.change, self.scroll, self.pane) = (None, 0, Pane::Changes);
        (opened.wanted, opened.list) = (wanted, List::default());
        Some(opened.ask(None))
    }

    /// Whether only a part of what the session did is shown.
    pub fn narrowed(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.wanted != Wanted::default())
    }

    /// How far the cursor is from a row of those on the screen; none where there is no such row.
    pub fn away(&self, row: usize, height: usize) -> Option<isize> {
        match &self.opened {
            Some(opened) => opened.list.away(row, height),
            None => self.sessions.away(row, height),
        }
    }

    /// The next kind of event alone; behind the last one all of them.
    pub fn next_event(&mut self) -> Option<Request> {
        let wanted = self.opened.as_ref()?.wanted.clone();
        let at = wanted.event.and_then(|event| Event::ALL.iter().position(|e| *e == event));
        let event = Event::ALL.get(at.map_or(0, |at| at + 1)).copied();
        self.want(Wanted { event, ..wanted })
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
            Some(opened) => {
                let before = opened.list.cursor;
                if opened.list.step(by) {
                    let behind = opened.list.rows.last().map(|deed| deed.at);
                    requests.push(opened.ask(behind));
                }
                if opened.list.cursor != before {
                    (self.change, self.scroll) = (None, 0);
                    requests.extend(opened.change());
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
            Some(opened) => opened.list.top = opened.list.window(height),
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

    fn deed(no: i64) -> Deed {
        Deed {
            at: At::default(),
            kind: "deal".into(),
            id: Some(RecordId::Int(no)),
            event: Event::Updated,
            page: Some(1),
            revision: None,
            why: None,
        }
    }

    fn of(no: i64) -> Reference {
        Reference { kind: "deal".into(), id: RecordId::Int(no) }
    }

    fn asked(wanted: Wanted) -> Request {
        Request::Deeds { session: 2, wanted, behind: None, limit: CHUNK }
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
        assert_eq!(history.open(), Some(asked(Wanted::default())));
        let all = Wanted::default();
        let first = history.take_deeds((2, &all, None), Ok((vec![deed(7), deed(9)], false)), None);
        assert_eq!(first, Some(Request::Change { session: 2, of: of(7) }));
        assert_eq!(history.open(), None);
        assert_eq!(history.pane, Pane::Changes, "there is nothing to look at yet");
        let state = |data: &str| State { revision: None, data: Some(data.into()), session: 1 };
        let before = Some(state(r#"{"a":1}"#));
        let change = Change::new("deal", RecordId::Int(7), before, state(r#"{"a":2}"#));
        history.take_change(2, &of(9), Ok(Some(Box::new(change.clone()))));
        assert!(history.change.is_none(), "another record's");
        history.take_change(2, &of(7), Ok(Some(Box::new(change))));
        assert_eq!(history.change.as_ref().unwrap().fields.len(), 1);
        history.open();
        assert_eq!(history.pane, Pane::Change);
        assert!(history.close() && history.close() && !history.close());
        assert!(history.opened.is_none());
    }

    #[test]
    fn what_cannot_be_read_is_told_where_it_would_stand_and_asked_for_again() {
        let mut history = History::default();
        history.take_sessions(None, Ok((rows(2, 1), false)));
        history.open();
        history.take_deeds((2, &Wanted::default(), None), Err("the disk refused to read".into()), None);
        history.take_sessions(None, Ok((rows(2, 1), false)));
        let said = history.opened.as_ref().unwrap().error.as_deref();
        assert_eq!((said, &history.error), (Some("the disk refused to read"), &None));
        assert_eq!(history.retry(), Some(asked(Wanted::default())));
        assert_eq!(history.retry(), None, "one question at a time");
        history.take_deeds((2, &Wanted::default(), None), Ok((vec![deed(7)], false)), None);
        history.take_change(2, &of(7), Err("the disk refused to read".into()));
        assert!(history.opened.as_ref().unwrap().error.is_some());
        assert_eq!(history.retry(), None, "the list is there");
        history.open();
        assert_eq!(history.pane, Pane::Change, "it says why there is none");
    }

    #[test]
    fn a_part_of_it_is_asked_for_anew_and_notes_need_no_change() {
        let mut history = History::default();
        history.take_sessions(None, Ok((rows(2, 1), false)));
        history.open();
        let mut seen = Vec::new();
        for event in Event::ALL.into_iter().map(Some).chain([None]) {
            let wanted = Wanted { event, kind: None };
            seen.push(history.next_event() == Some(asked(wanted)));
        }
        assert_eq!(seen, [true; 6], "one after the other, then all again");
        history.want(Wanted { event: Some(Event::Stale), kind: None });
        // What was asked before is not what is wanted any more.
        history.take_deeds((2, &Wanted::default(), None), Ok((vec![deed(7)], false)), None);
        assert!(history.deed().is_none());
        let note = Deed { event: Event::Stale, why: Some("the mirror has revision 9".into()), ..deed(8) };
        let wanted = history.opened.as_ref().unwrap().wanted.clone();
        assert_eq!(history.take_deeds((2, &wanted, None), Ok((vec![note], false)), None), None);
        history.open();
        assert_eq!(history.pane, Pane::Change, "it has something to say");
    }
}
