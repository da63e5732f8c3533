//! Every action of the console: its name, where it works, what the footer and the help say. One table; the keymap's
//! parser, the footer and the help come from it.

/// Where a key means something. A screen's own scope goes before the global one; help and questions stand alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Everywhere.
    Global,
    /// On the Sync screen.
    Sync,
    /// On the Browse screen.
    Browse,
    /// While a line is written: a filter, an id, a file's name.
    Prompt,
    /// While a question waits for its answer.
    Ask,
}

impl Scope {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 5] = [Self::Sync, Self::Browse, Self::Prompt, Self::Ask, Self::Global];

    /// The table's name in `keymap.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Sync => "sync",
            Self::Browse => "browse",
            Self::Prompt => "prompt",
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
    /// Begin a full synchronization.
    Sync,
    /// Begin one session.
    Single,
    /// Pause or go on.
    Pause,
    /// One action.
    Step,
    /// Send what is pending.
    SendAcks,
    /// End the run.
    Stop,
    /// Cut a wait short.
    TryNow,
    /// Someone edits the demo account.
    Edit,
    /// The demo service's pace.
    Pace,
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
    /// The cell to the clipboard.
    CopyCell,
    /// The record to the clipboard, as JSON.
    CopyRecord,
    /// The row to the clipboard, as CSV.
    CopyRow,
    /// The view to a file.
    Export,
    /// Take what was written.
    Accept,
    /// Drop what was written.
    Cancel,
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
    pub scope: Scope,
    /// For the footer: a word or two.
    pub short: &'static str,
    /// For the help: a sentence without its full stop.
    pub help: &'static str,
}

const fn entry(
    action: Action,
    name: &'static str,
    scope: Scope,
    short: &'static str,
    help: &'static str,
) -> Entry {
    Entry { action, name, scope, short, help }
}

/// The table.
pub const ACTIONS: [Entry; 52] = [
    entry(Action::Sync, "sync", Scope::Sync, "sync", "synchronize until nothing is left"),
    entry(Action::Single, "single", Scope::Sync, "one session", "synchronize one session only"),
    entry(Action::Pause, "pause", Scope::Sync, "pause", "pause, or go on"),
    entry(Action::Step, "step", Scope::Sync, "step", "do one action: a start, a page or a pack"),
    entry(Action::SendAcks, "send-acks", Scope::Sync, "send acks", "send the pending acks now"),
    entry(Action::Stop, "stop", Scope::Sync, "stop", "commit what is in flight and end the run"),
    entry(Action::TryNow, "try-now", Scope::Sync, "try now", "do not wait for the next try"),
    entry(Action::Edit, "edit", Scope::Sync, "edit account", "demo: someone edits the account"),
    entry(Action::Pace, "pace", Scope::Sync, "pace", "demo: the service's pace, real or none"),
    entry(
        Action::Open,
        "open",
        Scope::Browse,
        "open",
        "open the type or the record; fold a part; follow a reference",
    ),
    entry(
        Action::Filter,
        "filter",
        Scope::Browse,
        "filter",
        "which rows: `field:text`, `field>8`, `-not`, words",
    ),
    entry(
        Action::FilterLike,
        "filter-like",
        Scope::Browse,
        "like this",
        "only rows with the value of this cell",
    ),
    entry(Action::SortColumn, "sort", Scope::Browse, "sort", "sort by the marked column: up, down, not"),
    entry(Action::SortId, "sort-by-id", Scope::Browse, "by id", "in the order of ids again"),
    entry(Action::ColumnBefore, "column-before", Scope::Browse, "column before", "mark the column before"),
    entry(Action::ColumnNext, "column-next", Scope::Browse, "column", "mark the next column"),
    entry(Action::Columns, "columns", Scope::Browse, "columns", "choose the columns"),
    entry(
        Action::ColumnLeft,
        "column-left",
        Scope::Browse,
        "column left",
        "move the marked column to the left",
    ),
    entry(
        Action::ColumnRight,
        "column-right",
        Scope::Browse,
        "column right",
        "move the marked column to the right",
    ),
    entry(Action::Wider, "wider", Scope::Browse, "wider", "make the marked column wider"),
    entry(Action::Narrower, "narrower", Scope::Browse, "narrower", "make the marked column narrower"),
    entry(Action::GoToId, "go-to-id", Scope::Browse, "go to id", "to the record with an id"),
    entry(Action::GoToPercent, "go-to-percent", Scope::Browse, "go to %", "to a part of the way"),
    entry(Action::WayBack, "way-back", Scope::Browse, "way back", "back to where you came from"),
    entry(Action::WayForward, "way-forward", Scope::Browse, "way forward", "forward again"),
    entry(
        Action::Changes,
        "changes",
        Scope::Browse,
        "changes",
        "what the last session changed in the record",
    ),
    entry(Action::CopyCell, "copy-cell", Scope::Browse, "copy", "copy the value"),
    entry(Action::CopyRecord, "copy-record", Scope::Browse, "copy record", "copy the record as JSON"),
    entry(Action::CopyRow, "copy-row", Scope::Browse, "copy row", "copy the row as CSV"),
    entry(Action::Export, "export", Scope::Browse, "export", "write what is shown to a file"),
    entry(Action::Accept, "accept", Scope::Prompt, "take it", "take what was written"),
    entry(Action::Cancel, "cancel", Scope::Prompt, "drop it", "drop what was written; a filter is cleared"),
    entry(Action::Yes, "yes", Scope::Ask, "yes", "yes"),
    entry(Action::No, "no", Scope::Ask, "no", "no, go back"),
    entry(Action::ShowSync, "show-sync", Scope::Global, "Sync", "screen 1: the synchronization"),
    entry(Action::ShowBrowse, "show-browse", Scope::Global, "Browse", "screen 2: the mirror's records"),
    entry(Action::NextPane, "next-pane", Scope::Global, "pane", "to the next pane"),
    entry(Action::PreviousPane, "previous-pane", Scope::Global, "pane before", "to the pane before"),
    entry(Action::Up, "up", Scope::Global, "up", "up"),
    entry(Action::Down, "down", Scope::Global, "down", "down"),
    entry(Action::Left, "left", Scope::Global, "left", "left"),
    entry(Action::Right, "right", Scope::Global, "right", "right"),
    entry(Action::PageUp, "page-up", Scope::Global, "page up", "a page up"),
    entry(Action::PageDown, "page-down", Scope::Global, "page down", "a page down"),
    entry(Action::Top, "top", Scope::Global, "top", "to the first"),
    entry(Action::Bottom, "bottom", Scope::Global, "bottom", "to the last"),
    entry(Action::Back, "back", Scope::Global, "back", "close, go back, mark an error as seen"),
    entry(Action::Help, "help", Scope::Global, "help", "these keys"),
    entry(Action::Redraw, "redraw", Scope::Global, "redraw", "draw the screen anew"),
    entry(Action::Suspend, "suspend", Scope::Global, "suspend", "to the shell; `fg` comes back"),
    entry(Action::Quit, "quit", Scope::Global, "quit", "leave; asks while a run is on"),
    entry(
        Action::Interrupt,
        "interrupt",
        Scope::Global,
        "interrupt",
        "stop politely and leave; twice: at once",
    ),
];

impl Action {
    /// What is said of it.
    pub fn entry(self) -> &'static Entry {
        // The table is complete: a test walks it against the keymap.
        ACTIONS.iter().find(|e| e.action == self).unwrap_or(&ACTIONS[0])
    }

    /// The action of that name.
    pub fn named(name: &str) -> Option<&'static Entry> {
        ACTIONS.iter().find(|e| e.name == name)
    }
}
