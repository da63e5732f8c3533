//! Whether an action would do something now: what the footer shows, the help dims and the palette lists first.
//!
//! Promise: what is said not to work changes nothing when it is done all the same; it says why not.

use super::super::Manner;
use super::super::action::{Action, Scope};
use super::super::key::{Code, Key};
use super::super::keymap::Hit;
use super::browse::Show;
use super::wire::Pane as WirePane;
use super::{Model, Screen, acks, browse, history, welcome};
use crate::engine::Phase;

/// How an action stands, seen from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// It would do something.
    Works,
    /// It belongs here, and would do nothing now.
    Idle,
    /// It belongs to another screen.
    Elsewhere(Screen),
}

impl Model {
    /// Whether an action means anything in this console, on whatever screen.
    pub fn offers(&self, action: Action) -> bool {
        if self.welcome.is_some() {
            return welcome::takes(action);
        }
        match action {
            Action::Edit | Action::Pace | Action::Bend => self.demo,
            Action::Connect | Action::CopyToken | Action::CopyAddress => self.serving.is_some(),
            _ if self.serving.is_none() => true,
            // A service has no mirror: its requests are all there is.
            Action::ShowSync
            | Action::ShowBrowse
            | Action::ShowAcks
            | Action::ShowSql
            | Action::ShowHistory => false,
            _ => true,
        }
    }

    /// Whether an action of this screen, or one that works everywhere, would do something now.
    pub fn works(&self, action: Action) -> bool {
        if !self.offers(action) {
            return false;
        }
        let scopes = action.entry().scopes;
        if scopes.contains(&Scope::Global) {
            return true;
        }
        let here = |scope| scopes.contains(&scope) && self.scopes().contains(&scope);
        if here(Scope::Sync) {
            self.sync_works(action)
        } else if here(Scope::Browse) {
            self.browse_works(action)
        } else if here(Scope::Acks) {
            self.acks_works(action)
        } else if here(Scope::Wire) {
            self.wire_works(action)
        } else if here(Scope::Sql) || here(Scope::Prompt) {
            self.sql_works(action)
        } else if here(Scope::History) {
            self.history_works(action)
        } else {
            true
        }
    }

    /// How an action stands from here; none where it is none of this console.
    pub fn stand(&self, action: Action) -> Option<Stand> {
        if !self.offers(action) {
            return None;
        }
        let scopes = action.entry().scopes;
        if scopes.iter().any(|scope| self.scopes().contains(scope)) {
            return Some(if self.works(action) { Stand::Works } else { Stand::Idle });
        }
        let screen = scopes.iter().find_map(|scope| Screen::of(*scope))?;
        // The SQL screen's rows have keys of their own beside the statement's.
        let reached = screen != self.screen || screen == Screen::Sql;
        (reached && self.serving.is_none() && self.welcome.is_none()).then_some(Stand::Elsewhere(screen))
    }

    /// Whether a key would be text for the line that is typed. In an empty SQL statement those keep their meaning that
    /// no statement begins with, like the digits that show the screens.
    pub fn is_text(&self, key: Key) -> bool {
        let (Code::Char(c), false, false) = (key.code, key.ctrl, key.alt) else { return false };
        let covered = self.overlay.is_some() || self.naming.is_some() || self.welcome.is_some();
        let begins = covered || self.screen != Screen::Sql || !self.sql.line.text().is_empty();
        // A statement begins with a word, and a comment or a blank may stand before it.
        let word = c.is_alphabetic() || c.is_whitespace() || matches!(c, '-' | '/');
        begins || word || !matches!(self.keymap.hit(&[Scope::Global], &[key]), Hit::Action(_))
    }

    /// The key of an action that works here; none where it has none, or where it would be text.
    pub fn key_here(&self, action: Action) -> Option<String> {
        let typing = self.scopes().contains(&Scope::Text);
        let works = |keys: &[Key]| !typing || !keys.first().is_some_and(|key| self.is_text(*key));
        self.keymap.keys_that(self.scopes(), action, works).into_iter().next()
    }

    /// Whether the run takes commands.
    fn takes_commands(&self) -> bool {
        self.running() && self.snapshot.phase != Phase::Stopping && self.manner != Manner::ReadOnly
    }

    /// Whether pending acks can be sent by hand.
    fn can_send(&self) -> bool {
        let pending = self.held().is_none() && self.snapshot.totals.pending_acks > 0;
        self.takes_commands() && pending && self.manner == Manner::Plain
    }

    fn sync_works(&self, action: Action) -> bool {
        let startable = self.engine_alive && self.manner != Manner::ReadOnly;
        match action {
            Action::Sync => startable && (!self.running() || self.snapshot.phase == Phase::Paused),
            Action::Single => startable && !self.running(),
            Action::Step => startable && self.snapshot.phase != Phase::Stopping,
            Action::Pause => self.takes_commands(),
            Action::Stop => self.running() && self.snapshot.phase != Phase::Stopping,
            Action::TryNow => self.takes_commands() && self.snapshot.wait.is_some(),
            Action::StepOne | Action::SkipPage => self.takes_commands() && self.snapshot.looked_at.is_some(),
            Action::GiveUp => self.takes_commands() && self.snapshot.session.is_some(),
            Action::SendAcks => self.can_send(),
            Action::Every => self.manner == Manner::Plain,
            Action::NewDevice => self.manner == Manner::Plain && !self.running() && self.device().is_some(),
            Action::Edit | Action::Pace => !self.demo_busy,
            // Where nothing was asked there is no request.
            Action::ShowRequest => self.has_run(),
            _ => true,
        }
    }

    fn browse_works(&self, action: Action) -> bool {
        let browse = &self.browse;
        if browse.kind.is_none() {
            return false;
        }
        let record = browse.current().is_some();
        match action {
            Action::Filter if browse.choosing.is_some() => true,
            Action::Filter | Action::SortColumn | Action::SearchRows => !browse.is_dead(),
            Action::FilterLike => record && !browse.is_dead(),
            Action::Open if browse.choosing.is_none() && browse.pane == browse::Pane::Record => {
                record && browse.show != Show::Changes
            }
            Action::Changes
            | Action::Story
            | Action::RecordRequest
            | Action::FindInRecord
            | Action::CopyCell
            | Action::CopyRow
            | Action::CopyRecord => record,
            Action::FindNext | Action::FindPrevious => record && !browse.words().is_empty(),
            Action::WayBack => browse.leads(true),
            Action::WayForward => browse.leads(false),
            Action::Export => browse.export.is_none(),
            _ => true,
        }
    }

    fn acks_works(&self, action: Action) -> bool {
        let plain = self.manner == Manner::Plain && self.engine_alive;
        match action {
            // Without a run the next one does it.
            Action::AcksHold | Action::AcksDrop => plain,
            Action::SendAcks => self.can_send(),
            _ => match (&self.acks.detail, self.acks.pane) {
                (Some(detail), _) => match (action, detail.rows().get(detail.at)) {
                    (Action::AcksRequest, _) => detail.of != acks::Opened::Filling,
                    (_, row) => row.is_some(),
                },
                (None, acks::Pane::Packs) => !self.packs().is_empty(),
                (None, acks::Pane::Again) => !self.acks.book.waiting.is_empty(),
                // What helps against what is stuck is looked for there, and said where there is nothing.
                (None, acks::Pane::Stuck) => true,
            },
        }
    }

    fn wire_works(&self, action: Action) -> bool {
        let chosen = self.wire.exchange().is_some();
        let looked_at = self.wire.pane == WirePane::Detail && self.wire.detail.is_some();
        match action {
            Action::WireOpen | Action::WireCurl | Action::WireSearch | Action::Whole => chosen,
            Action::WireExport => !self.wire.list.is_empty(),
            Action::WireFilter => looked_at || self.wire.can_be_filtered(),
            Action::WireFold | Action::WireFoldAll => looked_at,
            Action::WireNextHit | Action::WireHitBefore => looked_at && !self.wire.search.is_empty(),
            _ => true,
        }
    }

    fn sql_works(&self, action: Action) -> bool {
        let sql = &self.sql;
        match action {
            Action::Whole | Action::CopyCell | Action::CopyRow | Action::Wider | Action::Narrower => {
                sql.grid.current().is_some()
            }
            Action::SqlExport => sql.exportable().is_ok(),
            Action::RunSql => !sql.running() && !sql.line.text().trim().is_empty(),
            Action::SqlSave => !sql.line.text().trim().is_empty(),
            // It ends a completion, too.
            Action::Older | Action::Newer => sql.recalls() || sql.completion.is_some(),
            _ => true,
        }
    }

    fn history_works(&self, action: Action) -> bool {
        let history = &self.history;
        match action {
            Action::OpenSession if history.pane == history::Pane::Sessions => {
                history.sessions.current().is_some()
            }
            Action::OpenSession => history.deed().is_some(),
            Action::HistoryEvent | Action::HistoryKind => history.opened.is_some(),
            Action::HistoryRequest | Action::HistoryPage => {
                history.deed().is_some_and(|deed| deed.page.is_some())
            }
            _ => true,
        }
    }
}
