//! What is shown: the screens, what lies over one, and where keys mean something meanwhile.

use super::super::action::{Action, Scope};
use super::{Model, sql};

/// The screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// Screen 1.
    Sync,
    /// Screen 2.
    Browse,
    /// Screen 3.
    Acks,
    /// Screen 4.
    Wire,
    /// Screen 5.
    Sql,
    /// Screen 6.
    History,
}

impl Screen {
    /// The screen that a scope belongs to; none where it is of all, or lies over one.
    pub fn of(scope: Scope) -> Option<Self> {
        match scope {
            Scope::Sync => Some(Self::Sync),
            Scope::Browse => Some(Self::Browse),
            Scope::Acks => Some(Self::Acks),
            Scope::Wire => Some(Self::Wire),
            Scope::Sql | Scope::Prompt => Some(Self::Sql),
            Scope::History => Some(Self::History),
            _ => None,
        }
    }

    /// The action that shows it, whose word is its name.
    pub fn shown_by(self) -> Action {
        match self {
            Self::Sync => Action::ShowSync,
            Self::Browse => Action::ShowBrowse,
            Self::Acks => Action::ShowAcks,
            Self::Wire => Action::ShowWire,
            Self::Sql => Action::ShowSql,
            Self::History => Action::ShowHistory,
        }
    }
}

/// What lies over a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    /// The keys, scrolled by so many lines.
    Help(usize),
    /// The demo's levers.
    Bend,
    /// The clients of the service that is watched.
    Connect,
    /// The search over the actions.
    Palette,
    /// A value in full.
    Whole,
    /// The saved statements.
    Saved,
    /// Leave while a run is on?
    AskQuit,
    /// Become a new device?
    NewDevice,
}

impl Overlay {
    /// Where keys mean something while it is open, its own scopes first.
    pub fn scopes(self) -> &'static [Scope] {
        match self {
            Self::AskQuit => &[Scope::Ask, Scope::Global],
            Self::Help(_) => &[Scope::Global],
            Self::Bend => &[Scope::Bend, Scope::Global],
            Self::Connect => &[Scope::Connect, Scope::Global],
            Self::Palette => &[Scope::Palette, Scope::Text, Scope::Global],
            Self::Whole => &[Scope::Whole, Scope::Global],
            Self::Saved => &[Scope::Saved, Scope::Text, Scope::Global],
            Self::NewDevice => &[Scope::Line, Scope::Text, Scope::Global],
        }
    }
}

/// Screen 1's panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncPane {
    /// Instructions by type.
    Kinds = 0,
    /// Ack packs.
    Packs = 1,
    /// What happened.
    Log = 2,
}

impl Model {
    /// Where keys mean something on the screen, its own scopes first.
    pub fn scopes(&self) -> &'static [Scope] {
        if let Some(welcome) = &self.welcome {
            return welcome.scopes();
        }
        match self.screen {
            _ if self.naming.is_some() => &[Scope::Line, Scope::Text, Scope::Global],
            Screen::Sync => &[Scope::Sync, Scope::Global],
            Screen::Browse if self.browse.prompt.is_some() => &[Scope::Line, Scope::Text, Scope::Global],
            Screen::Browse => &[Scope::Browse, Scope::Global],
            Screen::Acks => &[Scope::Acks, Scope::Global],
            Screen::Wire if self.wire.typing => &[Scope::Line, Scope::Text, Scope::Global],
            Screen::Wire if self.serving.is_some() => &[Scope::Serve, Scope::Wire, Scope::Global],
            Screen::Wire => &[Scope::Wire, Scope::Global],
            Screen::Sql if self.sql.pane == sql::Pane::Prompt => &[Scope::Prompt, Scope::Text, Scope::Global],
            Screen::Sql => &[Scope::Sql, Scope::Global],
            Screen::History => &[Scope::History, Scope::Global],
        }
    }
}
