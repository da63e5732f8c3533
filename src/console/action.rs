//! Every action of the console: its name, where it works, what the footer and the help say. One table; the keymap's
//! parser, the footer and the help come from it.

use super::edit::Edit;

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
    /// While the Wire screen's filter is typed.
    Filter,
    /// In the panel that bends the demo's service.
    Bend,
    /// On the SQL screen.
    Sql,
    /// In the SQL screen's prompt.
    Prompt,
    /// On the History screen.
    History,
    /// In the palette.
    Palette,
    /// Wherever a line is typed; there plain characters are text.
    Text,
    /// While a question waits for its answer.
    Ask,
}

impl Scope {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 13] = [
        Self::Sync,
        Self::Browse,
        Self::Acks,
        Self::Wire,
        Self::Filter,
        Self::Bend,
        Self::Sql,
        Self::Prompt,
        Self::History,
        Self::Palette,
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
            Self::Filter => "filter",
            Self::Bend => "bend",
            Self::Sql => "sql",
            Self::Prompt => "prompt",
            Self::History => "history",
            Self::Palette => "palette",
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
    /// To the request that failed, or that a line of the log is about.
    ShowRequest,
    /// The panel that bends the demo's service.
    Bend,
    /// More of the chosen lever.
    BendMore,
    /// Less of it.
    BendLess,
    /// Screen 3.
    ShowAcks,
    /// A pack's keys and records.
    AcksOpen,
    /// Hold the acks back, or release them.
    AcksHold,
    /// Lose the answer of the next pack.
    AcksDrop,
    /// Send what is pending.
    AcksSend,
    /// To the pack's request.
    AcksRequest,
    /// Screen 4.
    ShowWire,
    /// Look at a request.
    WireOpen,
    /// Type a filter.
    WireFilter,
    /// Take the typed filter.
    WireApply,
    /// Copy the request as a curl command.
    WireCurl,
    /// Export what passes the filter.
    WireExport,
    /// Fold or unfold what the line holds.
    WireFold,
    /// Fold or unfold everything.
    WireFoldAll,
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
    /// Copy the cell.
    CopyCell,
    /// Copy the row.
    CopyRow,
    /// Open the session, or the change.
    OpenSession,
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
pub const ACTIONS: &[Entry] = &[
    entry(Action::Sync, "sync", Scope::Sync, "sync", "synchronize until nothing is left"),
    entry(Action::Single, "single", Scope::Sync, "one session", "synchronize one session only"),
    entry(Action::Pause, "pause", Scope::Sync, "pause", "pause, or go on"),
    entry(Action::Step, "step", Scope::Sync, "step", "do one action: a start, a page or a pack"),
    entry(Action::SendAcks, "send-acks", Scope::Sync, "send acks", "send the pending acks now"),
    entry(Action::Stop, "stop", Scope::Sync, "stop", "commit what is in flight and end the run"),
    entry(Action::TryNow, "try-now", Scope::Sync, "try now", "do not wait for the next try"),
    entry(Action::Edit, "edit", Scope::Sync, "edit account", "demo: someone edits the account"),
    entry(Action::Pace, "pace", Scope::Sync, "pace", "demo: the service's pace, real or none"),
    entry(Action::Open, "open", Scope::Browse, "open", "open the type or the record"),
    entry(
        Action::Bend,
        "bend",
        Scope::Sync,
        "bend service",
        "demo: bend the service: limits, failures, cut bodies",
    ),
    entry(
        Action::ShowRequest,
        "show-request",
        Scope::Sync,
        "request",
        "to the request of the log's first line, or to the last that failed",
    ),
    entry(Action::BendMore, "bend-more", Scope::Bend, "more", "more of the chosen lever, or do it"),
    entry(Action::BendLess, "bend-less", Scope::Bend, "less", "less of the chosen lever"),
    entry(Action::AcksOpen, "open-pack", Scope::Acks, "open", "the keys and records of the pack or page"),
    entry(Action::AcksHold, "hold-acks", Scope::Acks, "hold", "hold all acks back, or release them"),
    entry(
        Action::AcksDrop,
        "drop-pack",
        Scope::Acks,
        "drop next",
        "lose the next pack's answer on purpose: its keys come again",
    ),
    entry(Action::AcksSend, "send-now", Scope::Acks, "send now", "send the pending acks now"),
    entry(
        Action::AcksRequest,
        "pack-request",
        Scope::Acks,
        "request",
        "to the request that carried the pack",
    ),
    entry(Action::WireOpen, "open-request", Scope::Wire, "look", "headers and body of the request"),
    entry(
        Action::WireFilter,
        "filter-requests",
        Scope::Wire,
        "filter",
        "filter: status:429 status:5xx op:ack time>200 size>9999 pack:7 is:failed text",
    ),
    entry(
        Action::WireCurl,
        "copy-curl",
        Scope::Wire,
        "copy curl",
        "copy as a curl command, the token left out",
    ),
    entry(
        Action::WireExport,
        "export-har",
        Scope::Wire,
        "export HAR",
        "write what passes the filter as a HAR file",
    ),
    entry(Action::WireFold, "fold", Scope::Wire, "fold", "fold or unfold what the line holds"),
    entry(Action::WireFoldAll, "fold-all", Scope::Wire, "fold all", "fold or unfold everything"),
    entry(Action::WireApply, "apply-filter", Scope::Filter, "apply", "keep the filter and go to the list"),
    entry(Action::EditSql, "edit-sql", Scope::Sql, "statement", "to the statement"),
    entry(Action::CopyCell, "copy-cell", Scope::Sql, "copy", "copy the cell"),
    entry(Action::CopyRow, "copy-row", Scope::Sql, "copy row", "copy the row, its cells divided by tabs"),
    entry(Action::RunSql, "run-sql", Scope::Prompt, "run", "run the statement"),
    entry(
        Action::Complete,
        "complete",
        Scope::Prompt,
        "complete",
        "complete the word; again: the next candidate",
    ),
    entry(Action::CompleteBack, "complete-back", Scope::Prompt, "before", "the candidate before"),
    entry(Action::Older, "older", Scope::Prompt, "older", "the statement before, of those that were run"),
    entry(Action::Newer, "newer", Scope::Prompt, "newer", "the statement after it"),
    entry(
        Action::OpenSession,
        "open-session",
        Scope::History,
        "open",
        "what the session changed; the change itself",
    ),
    entry(Action::Choose, "choose", Scope::Palette, "run", "do what is chosen"),
    entry(Action::Text(Edit::Left), "text-left", Scope::Text, "left", "a character to the left"),
    entry(Action::Text(Edit::Right), "text-right", Scope::Text, "right", "a character to the right"),
    entry(Action::Text(Edit::WordLeft), "text-word-left", Scope::Text, "word left", "a word to the left"),
    entry(Action::Text(Edit::WordRight), "text-word-right", Scope::Text, "word right", "a word to the right"),
    entry(Action::Text(Edit::Start), "text-start", Scope::Text, "start", "to the line's start"),
    entry(Action::Text(Edit::End), "text-end", Scope::Text, "end", "to the line's end"),
    entry(
        Action::Text(Edit::DeleteLeft),
        "delete-left",
        Scope::Text,
        "delete",
        "delete the character before",
    ),
    entry(
        Action::Text(Edit::DeleteRight),
        "delete-right",
        Scope::Text,
        "delete",
        "delete the character here",
    ),
    entry(Action::Text(Edit::DeleteWord), "delete-word", Scope::Text, "delete", "delete the word before"),
    entry(
        Action::Text(Edit::DeleteStart),
        "delete-to-start",
        Scope::Text,
        "delete",
        "delete to the line's start",
    ),
    entry(Action::Text(Edit::DeleteEnd), "delete-to-end", Scope::Text, "delete", "delete to the line's end"),
    entry(Action::Yes, "yes", Scope::Ask, "yes", "yes"),
    entry(Action::No, "no", Scope::Ask, "no", "no, go back"),
    entry(Action::ShowSync, "show-sync", Scope::Global, "Sync", "screen 1: the synchronization"),
    entry(Action::ShowBrowse, "show-browse", Scope::Global, "Browse", "screen 2: the mirror's records"),
    entry(Action::ShowAcks, "show-acks", Scope::Global, "Acks", "screen 3: the ack packs, and what is stuck"),
    entry(Action::ShowWire, "show-wire", Scope::Global, "Wire", "screen 4: every request"),
    entry(Action::ShowSql, "show-sql", Scope::Global, "SQL", "screen 5: SQL on the mirror"),
    entry(Action::ShowHistory, "show-history", Scope::Global, "History", "screen 6: the sessions so far"),
    entry(Action::Palette, "palette", Scope::Global, "commands", "search the actions and run one"),
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
    entry(
        Action::Mouse,
        "mouse",
        Scope::Global,
        "mouse",
        "leave the mouse to the terminal, to select text (Shift-drag always does), or take it again",
    ),
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
