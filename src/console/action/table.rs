//! What is said of every action, by screen.

use super::super::edit::Edit;
use super::{Action, Entry, Scope};

/// The table, as one list and as a match: an action that is missing, or there twice, is an error of the compiler.
macro_rules! table {
    ($([$($action:tt)+] $name:literal, $scopes:expr, $short:literal, $help:literal;)+) => {
        /// The table.
        pub const ACTIONS: &[Entry] = &[$(
            Entry { action: $($action)+, name: $name, scopes: $scopes, short: $short, help: $help },
        )+];

        /// What is said of an action.
        #[deny(unreachable_patterns)]
        pub(super) const fn of(action: Action) -> &'static Entry {
            match action {
                $($($action)+ => {
                    &Entry { action: $($action)+, name: $name, scopes: $scopes, short: $short, help: $help }
                })+
            }
        }
    };
}

table! {
    [Action::Sync] "sync", &[Scope::Sync], "sync",
        "synchronize until nothing is left";
    [Action::Single] "single", &[Scope::Sync], "one session",
        "synchronize one session only";
    [Action::Pause] "pause", &[Scope::Sync], "pause",
        "pause, or go on";
    [Action::Step] "step", &[Scope::Sync], "step",
        "do one action: a start, a page, its commit or a pack";
    [Action::StepOne] "step-one", &[Scope::Sync], "one instruction",
        "step mode: commit only the next instruction of the page";
    [Action::SkipPage] "skip-page", &[Scope::Sync], "skip page",
        "step mode: leave the page out; the next session brings it again";
    [Action::GiveUp] "give-up", &[Scope::Sync], "give up session",
        "end the session now; the next one brings the rest";
    [Action::SendAcks] "send-acks", &[Scope::Sync, Scope::Acks], "send acks",
        "send the pending acks now";
    [Action::Stop] "stop", &[Scope::Sync], "stop",
        "commit what is in flight and end the run";
    [Action::TryNow] "try-now", &[Scope::Sync], "try now",
        "do not wait for the next try";
    [Action::Every] "every", &[Scope::Sync], "every …",
        "synchronize by itself, 1, 5, 15 or 60 minutes after each run";
    [Action::NewDevice] "new-device", &[Scope::Sync], "new device",
        "become a new device: everything is sent again";
    [Action::Edit] "edit", &[Scope::Sync, Scope::Serve], "edit account",
        "someone edits the account that is served";
    [Action::Pace] "pace", &[Scope::Sync, Scope::Serve], "pace",
        "the service's pace: like the real one, or none";
    [Action::Bend] "bend", &[Scope::Sync, Scope::Serve], "bend",
        "bend the service: limits, failures, cut bodies";
    [Action::ShowRequest] "show-request", &[Scope::Sync], "request",
        "to the request of the log's first line, or to the last that failed";
    [Action::BendMore] "bend-more", &[Scope::Bend], "more",
        "more of the chosen lever, or do it";
    [Action::BendLess] "bend-less", &[Scope::Bend], "less",
        "less of the chosen lever";
    [Action::Connect] "connect", &[Scope::Serve, Scope::Connect], "clients",
        "who may ask the service, and who did: tokens, devices, sessions";
    [Action::CopyToken] "copy-token", &[Scope::Connect], "copy token",
        "copy the chosen token, which no screen shows";
    [Action::CopyAddress] "copy-address", &[Scope::Connect], "copy URL",
        "copy the base URL that clients need";
    [Action::Open] "open", &[Scope::Browse], "open",
        "open the type or the record; fold a part; follow a reference";
    [Action::Filter] "filter-rows", &[Scope::Browse], "filter",
        "which rows: `field:text`, `field:(a|b)`, `field>8`, `-not`, words, `a OR b`";
    [Action::FilterLike] "filter-like", &[Scope::Browse], "like this",
        "only rows with the value of this cell";
    [Action::SortColumn] "sort", &[Scope::Browse], "sort",
        "sort by the marked column: up, down, not";
    [Action::SortId] "sort-by-id", &[Scope::Browse], "by id",
        "in the order of ids again";
    [Action::ColumnBefore] "column-before", &[Scope::Browse], "column before",
        "mark the column before";
    [Action::ColumnNext] "column-next", &[Scope::Browse], "column",
        "mark the next column";
    [Action::Columns] "columns", &[Scope::Browse], "columns",
        "choose the columns";
    [Action::ColumnLeft] "column-left", &[Scope::Browse], "column left",
        "move the marked column to the left";
    [Action::ColumnRight] "column-right", &[Scope::Browse], "column right",
        "move the marked column to the right";
    [Action::Wider] "wider", &[Scope::Browse, Scope::Sql], "wider",
        "make the marked column wider";
    [Action::Narrower] "narrower", &[Scope::Browse, Scope::Sql], "narrower",
        "make the marked column narrower";
    [Action::GoToId] "go-to-id", &[Scope::Browse], "go to id",
        "to the record with an id";
    [Action::GoToPercent] "go-to-percent", &[Scope::Browse], "go to %",
        "to a part of the way";
    [Action::WayBack] "way-back", &[Scope::Browse], "way back",
        "back to where you came from";
    [Action::WayForward] "way-forward", &[Scope::Browse], "way forward",
        "forward again";
    [Action::Changes] "changes", &[Scope::Browse], "changes",
        "what the last session changed in the record";
    [Action::Story] "record-history", &[Scope::Browse], "history",
        "what happened to the record, step by step; Enter: as it was then";
    [Action::Dead] "deleted-records", &[Scope::Browse], "deleted",
        "the type's deleted records, or its rows again";
    [Action::Refresh] "refresh", &[Scope::Browse], "refresh",
        "the rows anew, with what came since";
    [Action::RecordRequest] "record-request", &[Scope::Browse], "request",
        "to the request that brought the record, or the step of its history";
    [Action::SearchRows] "search-rows", &[Scope::Browse], "search",
        "look for a text among these rows";
    [Action::FindInRecord] "find-in-record", &[Scope::Browse], "find",
        "look for words in the record";
    [Action::FindNext] "find-next", &[Scope::Browse], "next hit",
        "to the next row that has it; in the record to its next place";
    [Action::FindPrevious] "find-previous", &[Scope::Browse], "hit before",
        "to the row, or the place in the record, before";
    [Action::Freeze] "freeze-columns", &[Scope::Browse], "freeze",
        "the columns up to the marked one stay while the others are scrolled";
    [Action::CopyRecord] "copy-record", &[Scope::Browse], "copy record",
        "copy the record as JSON";
    [Action::Export] "export-rows", &[Scope::Browse], "export",
        "write what is shown to a file";
    [Action::CopyCell] "copy-cell", &[Scope::Browse, Scope::Sql, Scope::Whole], "copy",
        "copy the value";
    [Action::CopyRow] "copy-row", &[Scope::Browse, Scope::Sql], "copy row",
        "copy the row as CSV";
    [Action::AcksOpen] "open-pack", &[Scope::Acks], "open",
        "keys and records of the pack or page; to the record; do what helps";
    [Action::AcksHold] "hold-acks", &[Scope::Acks], "hold",
        "hold all acks back, or release them";
    [Action::AcksDrop] "drop-pack", &[Scope::Acks], "drop next",
        "lose the next pack's answer on purpose: its keys come again";
    [Action::AcksRequest] "pack-request", &[Scope::Acks], "request",
        "to the request that carried the pack";
    [Action::WireOpen] "open-request", &[Scope::Wire], "look",
        "headers and body of the request";
    [Action::WireFilter] "filter-requests", &[Scope::Wire], "filter",
        "filter: status:429 status:5xx op:ack time>200 size>9999 pack:7 is:failed text";
    [Action::WireCurl] "copy-curl", &[Scope::Wire], "copy curl",
        "copy as a curl command, the token left out";
    [Action::WireExport] "export-har", &[Scope::Wire], "export HAR",
        "write what passes the filter as a HAR file";
    [Action::WireFold] "fold", &[Scope::Wire], "fold",
        "fold or unfold what the line holds";
    [Action::WireFoldAll] "fold-all", &[Scope::Wire], "fold all",
        "fold or unfold everything";
    [Action::WireSearch] "search-request", &[Scope::Wire], "search",
        "look for a text in headers and body of the request";
    [Action::WireNextHit] "next-hit", &[Scope::Wire], "next hit",
        "to the next line that has it";
    [Action::WireHitBefore] "hit-before", &[Scope::Wire], "hit before",
        "to the line before that has it";
    [Action::WireRecord] "record", &[Scope::Wire], "record",
        "record whole exchanges to a HAR file, the token left out; again: stop";
    [Action::Whole] "whole", &[Scope::Browse, Scope::Acks, Scope::Wire, Scope::Sql, Scope::Whole], "in full",
        "the value of the line or the cell in full; of a pack the answer";
    [Action::EditSql] "edit-sql", &[Scope::Sql], "statement",
        "to the statement";
    [Action::RunSql] "run-sql", &[Scope::Prompt], "run",
        "run the statement";
    [Action::Complete] "complete", &[Scope::Prompt], "complete",
        "complete the word; again: the next candidate";
    [Action::CompleteBack] "complete-back", &[Scope::Prompt], "before",
        "the candidate before";
    [Action::Older] "older", &[Scope::Prompt], "older",
        "the statement before, of those that were run";
    [Action::Newer] "newer", &[Scope::Prompt], "newer",
        "the statement after it";
    [Action::SqlExport] "export-result", &[Scope::Sql], "export",
        "write all rows of the statement to a file, CSV or JSON lines";
    [Action::SqlSave] "save-statement", &[Scope::Sql, Scope::Prompt], "save",
        "keep the statement under a name";
    [Action::SqlSaved] "saved-statements", &[Scope::Sql, Scope::Prompt, Scope::Saved], "saved",
        "the saved statements: run, edit or forget one";
    [Action::SavedEdit] "edit-saved", &[Scope::Saved], "edit",
        "the saved statement into the line, to go on from";
    [Action::SavedForget] "forget-saved", &[Scope::Saved], "forget",
        "forget the saved statement; asks once";
    [Action::OpenSession] "open-session", &[Scope::History], "open",
        "what the session changed; the change itself";
    [Action::HistoryEvent] "next-event", &[Scope::History], "event",
        "only what was created, updated, deleted, stale, failed; all again";
    [Action::HistoryKind] "filter-type", &[Scope::History], "type",
        "only what was done to one type";
    [Action::HistoryRequest] "change-request", &[Scope::History], "request",
        "to the request that brought the change, where it is still kept";
    [Action::HistoryPage] "change-page", &[Scope::History], "page",
        "to the keys and records of the page that brought the change";
    [Action::Choose] "choose", &[Scope::Palette, Scope::Saved], "run",
        "do what is chosen";
    [Action::WelcomeDemo] "welcome-demo", &[Scope::Welcome], "see the demo",
        "the demo: no account, no network";
    [Action::WelcomeConnect] "welcome-connect", &[Scope::Welcome], "connect",
        "connect an account in three answers";
    [Action::Accept] "accept", &[Scope::Line], "take it",
        "take what was typed";
    [Action::Text(Edit::Left)] "text-left", &[Scope::Text], "left",
        "a character to the left";
    [Action::Text(Edit::Right)] "text-right", &[Scope::Text], "right",
        "a character to the right";
    [Action::Text(Edit::WordLeft)] "text-word-left", &[Scope::Text], "word left",
        "a word to the left";
    [Action::Text(Edit::WordRight)] "text-word-right", &[Scope::Text], "word right",
        "a word to the right";
    [Action::Text(Edit::Start)] "text-start", &[Scope::Text], "start",
        "to the line's start";
    [Action::Text(Edit::End)] "text-end", &[Scope::Text], "end",
        "to the line's end";
    [Action::Text(Edit::DeleteLeft)] "delete-left", &[Scope::Text], "delete",
        "delete the character before";
    [Action::Text(Edit::DeleteRight)] "delete-right", &[Scope::Text], "delete",
        "delete the character here";
    [Action::Text(Edit::DeleteWord)] "delete-word", &[Scope::Text], "delete",
        "delete the word before";
    [Action::Text(Edit::DeleteStart)] "delete-to-start", &[Scope::Text], "delete",
        "delete to the line's start";
    [Action::Text(Edit::DeleteEnd)] "delete-to-end", &[Scope::Text], "delete",
        "delete to the line's end";
    [Action::Yes] "yes", &[Scope::Ask], "yes",
        "yes";
    [Action::No] "no", &[Scope::Ask], "no",
        "no, go back";
    [Action::ShowSync] "show-sync", &[Scope::Global], "Sync",
        "screen 1: the synchronization";
    [Action::ShowBrowse] "show-browse", &[Scope::Global], "Browse",
        "screen 2: the mirror's records";
    [Action::ShowAcks] "show-acks", &[Scope::Global], "Acks",
        "screen 3: the ack packs, and what is stuck";
    [Action::ShowWire] "show-wire", &[Scope::Global], "Wire",
        "screen 4: every request";
    [Action::ShowSql] "show-sql", &[Scope::Global], "SQL",
        "screen 5: SQL on the mirror";
    [Action::ShowHistory] "show-history", &[Scope::Global], "History",
        "screen 6: the sessions so far";
    [Action::Palette] "palette", &[Scope::Global], "commands",
        "search the actions and run one";
    [Action::NextPane] "next-pane", &[Scope::Global], "pane",
        "to the next pane";
    [Action::PreviousPane] "previous-pane", &[Scope::Global], "pane before",
        "to the pane before";
    [Action::Up] "up", &[Scope::Global], "up",
        "up";
    [Action::Down] "down", &[Scope::Global], "down",
        "down";
    [Action::Left] "left", &[Scope::Global], "left",
        "left";
    [Action::Right] "right", &[Scope::Global], "right",
        "right";
    [Action::PageUp] "page-up", &[Scope::Global], "page up",
        "a page up";
    [Action::PageDown] "page-down", &[Scope::Global], "page down",
        "a page down";
    [Action::Top] "top", &[Scope::Global], "top",
        "to the first";
    [Action::Bottom] "bottom", &[Scope::Global], "bottom",
        "to the last";
    [Action::Back] "back", &[Scope::Global], "back",
        "close, go back, mark an error as seen";
    [Action::Help] "help", &[Scope::Global], "help",
        "these keys";
    [Action::Redraw] "redraw", &[Scope::Global], "redraw",
        "draw the screen anew";
    [Action::Mouse] "mouse", &[Scope::Global], "mouse",
        "leave the mouse to the terminal, to select text (Shift-drag always does), or take it again";
    [Action::Suspend] "suspend", &[Scope::Global], "suspend",
        "to the shell; `fg` comes back";
    [Action::Quit] "quit", &[Scope::Global], "quit",
        "leave; asks while a run is on";
    [Action::Interrupt] "interrupt", &[Scope::Global], "interrupt",
        "stop politely and leave; twice: at once";
}
