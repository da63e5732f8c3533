//! Every action of the console: its name, where it works, what the footer and the help say. The keymap's parser, the
//! footer, the help and the palette all come from the one table.

mod table;

use super::edit::Edit;

pub use table::ACTIONS;

/// Where a key means something. A screen's own scope goes before the global one; help and questions stand alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Everywhere.
    Global,
    /// On the Sync screen.
    Sync,
    /// On the Browse screen.
    Browse,
    /// On the Acks screen.
    Acks,
    /// On the Wire screen.
    Wire,
    /// In the panel that bends the demo's service.
    Bend,
    /// While a service is watched.
    Serve,
    /// In the panel of its clients.
    Connect,
    /// On the SQL screen.
    Sql,
    /// In the SQL screen's prompt.
    Prompt,
    /// On the History screen.
    History,
    /// In the palette.
    Palette,
    /// While a value is shown in full.
    Whole,
    /// In the list of saved statements.
    Saved,
    /// On the welcome screen.
    Welcome,
    /// While something is asked for in a line: a filter, an id, a file's name.
    Line,
    /// Wherever a line is typed; there plain characters are text.
    Text,
    /// While a question waits for its answer.
    Ask,
}

impl Scope {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 18] = [
        Self::Sync,
        Self::Browse,
        Self::Acks,
        Self::Wire,
        Self::Bend,
        Self::Serve,
        Self::Connect,
        Self::Sql,
        Self::Prompt,
        Self::History,
        Self::Palette,
        Self::Whole,
        Self::Saved,
        Self::Welcome,
        Self::Line,
        Self::Text,
        Self::Ask,
        Self::Global,
    ];

    /// The table's name in `keymap.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Sync => "sync",
            Self::Browse => "browse",
            Self::Acks => "acks",
            Self::Wire => "wire",
            Self::Bend => "bend",
            Self::Serve => "serve",
            Self::Connect => "connect",
            Self::Sql => "sql",
            Self::Prompt => "prompt",
            Self::History => "history",
            Self::Palette => "palette",
            Self::Whole => "whole",
            Self::Saved => "saved",
            Self::Welcome => "welcome",
            Self::Line => "line",
            Self::Text => "text",
            Self::Ask => "ask",
        }
    }
}

/// What a key can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Show or hide the keys.
    Help,
    /// Leave; asks while a run is on.
    Quit,
    /// Stop politely and leave; the second time at once.
    Interrupt,
    /// Close what is open, dismiss what is seen.
    Back,
    /// Draw everything anew.
    Redraw,
    /// Take the mouse, or leave it to the terminal.
    Mouse,
    /// To the shell and back.
    Suspend,
    /// Screen 1.
    ShowSync,
    /// Screen 2.
    ShowBrowse,
    /// The next pane.
    NextPane,
    /// The pane before.
    PreviousPane,
    /// One up.
    Up,
    /// One down.
    Down,
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first.
    Top,
    /// To the last.
    Bottom,
    /// From the welcome screen to the demo.
    WelcomeDemo,
    /// Connect an account.
    WelcomeConnect,
    /// Begin a full synchronization.
    Sync,
    /// Begin one session.
    Single,
    /// Pause or go on.
    Pause,
    /// One action.
    Step,
    /// Commit one instruction of the page that waits.
    StepOne,
    /// Leave the page that waits out.
    SkipPage,
    /// Give the session up.
    GiveUp,
    /// Send what is pending.
    SendAcks,
    /// End the run.
    Stop,
    /// Cut a wait short.
    TryNow,
    /// Synchronize by itself, every so often.
    Every,
    /// Become a new device.
    NewDevice,
    /// Someone edits the demo account.
    Edit,
    /// The demo service's pace.
    Pace,
    /// To the request that failed, or that a line of the log is about.
    ShowRequest,
    /// The panel that bends the demo's service.
    Bend,
    /// More of the chosen lever.
    BendMore,
    /// Less of it.
    BendLess,
    /// The clients of the service that is watched.
    Connect,
    /// The chosen token to the clipboard.
    CopyToken,
    /// The service's address to the clipboard.
    CopyAddress,
    /// Open the record, or the type.
    Open,
    /// Write the filter.
    Filter,
    /// Only rows with this value.
    FilterLike,
    /// Sort by the column.
    SortColumn,
    /// In the order of ids again.
    SortId,
    /// To a record by its id.
    GoToId,
    /// To a part of the way.
    GoToPercent,
    /// Back to where one came from.
    WayBack,
    /// Forward again.
    WayForward,
    /// What the last session changed.
    Changes,
    /// To the column before.
    ColumnBefore,
    /// To the next column.
    ColumnNext,
    /// Choose the columns.
    Columns,
    /// The column changes places.
    ColumnLeft,
    /// The column changes places.
    ColumnRight,
    /// The column gets wider.
    Wider,
    /// The column gets narrower.
    Narrower,
    /// The record to the clipboard, as JSON.
    CopyRecord,
    /// The view to a file.
    Export,
    /// What happened to the record.
    Story,
    /// The deleted records.
    Dead,
    /// The rows anew.
    Refresh,
    /// To the request that brought the record.
    RecordRequest,
    /// Ask what to look for among the rows.
    SearchRows,
    /// Ask what to look for in the record.
    FindInRecord,
    /// To the next hit, among the rows or in the record.
    FindNext,
    /// To the hit before.
    FindPrevious,
    /// The first columns stay.
    Freeze,
    /// Screen 3.
    ShowAcks,
    /// A pack's keys and records.
    AcksOpen,
    /// Hold the acks back, or release them.
    AcksHold,
    /// Lose the answer of the next pack.
    AcksDrop,
    /// To the pack's request.
    AcksRequest,
    /// Screen 4.
    ShowWire,
    /// Look at a request.
    WireOpen,
    /// Type a filter.
    WireFilter,
    /// Copy the request as a curl command.
    WireCurl,
    /// Export what passes the filter.
    WireExport,
    /// Fold or unfold what the line holds.
    WireFold,
    /// Fold or unfold everything.
    WireFoldAll,
    /// Look for a text in the open request.
    WireSearch,
    /// The next line that has it.
    WireNextHit,
    /// The line before that has it.
    WireHitBefore,
    /// Record whole exchanges, or stop.
    WireRecord,
    /// A value in full.
    Whole,
    /// Screen 5.
    ShowSql,
    /// Screen 6.
    ShowHistory,
    /// Show or hide the palette.
    Palette,
    /// Do what the palette has chosen.
    Choose,
    /// To the SQL prompt.
    EditSql,
    /// Run the statement.
    RunSql,
    /// Complete the word; again for the next candidate.
    Complete,
    /// The candidate before.
    CompleteBack,
    /// The statement before.
    Older,
    /// The statement after.
    Newer,
    /// The cell to the clipboard.
    CopyCell,
    /// The row to the clipboard, as CSV.
    CopyRow,
    /// The rows to a file.
    SqlExport,
    /// Keep the statement under a name.
    SqlSave,
    /// The saved statements.
    SqlSaved,
    /// The saved statement into the line.
    SavedEdit,
    /// Forget the saved statement.
    SavedForget,
    /// Open the session, or the change.
    OpenSession,
    /// Only one kind of event.
    HistoryEvent,
    /// Only one type.
    HistoryKind,
    /// To the request that brought it.
    HistoryRequest,
    /// To the page that brought it.
    HistoryPage,
    /// Take what was typed.
    Accept,
    /// Edit the line that is typed.
    Text(Edit),
    /// Yes.
    Yes,
    /// No.
    No,
}

/// What is said of an action.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Which.
    pub action: Action,
    /// Its name in `keymap.toml`.
    pub name: &'static str,
    /// Where it works.
    pub scopes: &'static [Scope],
    /// For the footer: a word or two.
    pub short: &'static str,
    /// For the help: a sentence without its full stop.
    pub help: &'static str,
}

impl Action {
    /// What is said of it.
    pub fn entry(self) -> &'static Entry {
        table::of(self)
    }

    /// The action of that name.
    pub fn named(name: &str) -> Option<&'static Entry> {
        ACTIONS.iter().find(|e| e.name == name)
    }
}
