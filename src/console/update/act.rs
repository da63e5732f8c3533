//! What each action does. An action that cannot work now says why.

use super::super::Left;
use super::super::action::{Action, Scope};
use super::super::edit::Turn;
use super::super::message::{Effect, Request};
use super::super::model::{Model, Overlay, Screen, SyncPane};
use super::super::view;
use super::{
    acks, bend, browse, device, every, history, naming, palette, saved, serving, sql, welcome, whole, wire,
};
use crate::engine::{Command, Mode, Phase};
use crate::text::bytes;

/// The most bytes that are put into a clipboard: some terminals cut what is longer without a word.
const CLIPBOARD: usize = 74_000;

/// Why nothing can be synchronized any more.
pub(super) const ENDED: &str = "the engine has ended: quit and start again";

/// Does an action.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::Back {
        // A remark goes by itself: it is gone with this key and takes none for itself.
        model.toast = None;
    }
    // What lies over the screen, then the screen itself, may have a meaning of its own for an action.
    let own = match (model.overlay, model.screen) {
        (Some(Overlay::Palette), _) => palette::act(model, action),
        (Some(Overlay::Bend), _) => bend::act(model, action),
        (Some(Overlay::Connect), _) => serving::act(model, action),
        (Some(Overlay::Whole), _) => whole::act(model, action),
        (Some(Overlay::Saved), _) => saved::act(model, action),
        (None, _) if model.welcome.is_some() => welcome::act(model, action),
        // The help lies over it.
        (Some(_), _) if model.welcome.is_some() && !model.offers(action) => Some(Vec::new()),
        (None, _) if model.naming.is_some() => naming::act(model, action),
        (Some(Overlay::NewDevice), _) => device::act(model, action),
        (None, Screen::Browse) => browse::act(model, action),
        (None, Screen::Acks) => acks::act(model, action),
        (None, Screen::Wire) => wire::act(model, action),
        (None, Screen::Sql) => sql::act(model, action),
        (None, Screen::History) => history::act(model, action),
        _ => None,
    };
    own.unwrap_or_else(|| usual(model, action))
}

/// What an action does where nothing has a meaning of its own for it.
#[expect(clippy::too_many_lines, reason = "each action has its line, so that a new one cannot be forgotten")]
fn usual(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Palette => palette::open(model),
        Action::ShowAcks => show(model, Screen::Acks),
        Action::ShowWire => show(model, Screen::Wire),
        Action::ShowRequest => wire::find_from_log(model),
        Action::SendAcks => acks::send(model),
        Action::Bend => bend::open(model),
        Action::Connect => serving::open(model),
        Action::Every => every::turn(model),
        Action::NewDevice => device::open(model),
        Action::ShowSql => show(model, Screen::Sql),
        Action::ShowHistory => show(model, Screen::History),
        Action::Help => {
            model.overlay = match model.overlay {
                Some(Overlay::Help(_)) => None,
                _ => Some(Overlay::Help(0)),
            };
            Vec::new()
        }
        Action::Quit => quit(model),
        Action::Interrupt => vec![Effect::Leave(Left::Interrupt)],
        Action::Back | Action::No => back(model),
        Action::Yes => yes(model),
        Action::Redraw => vec![Effect::Redraw],
        Action::Mouse => mouse(model),
        Action::Suspend => vec![Effect::Suspend],
        Action::ShowSync => show(model, Screen::Sync),
        Action::ShowBrowse => show(model, Screen::Browse),
        Action::NextPane | Action::Right => pane(model, Turn::Next),
        Action::PreviousPane | Action::Left => pane(model, Turn::Before),
        Action::Up => steps(model, -1),
        Action::Down => steps(model, 1),
        Action::PageUp => steps(model, -page(model)),
        Action::PageDown => steps(model, page(model)),
        Action::Top => steps(model, isize::MIN),
        Action::Bottom => steps(model, isize::MAX),
        Action::Edit | Action::Pace if !model.demo => refuse(model, bend::no_lever(model)),
        Action::Edit | Action::Pace if model.demo_busy => refuse(model, "the service is still at it"),
        Action::Edit => {
            model.demo_busy = true;
            vec![Effect::DemoEdit]
        }
        Action::Pace => {
            model.demo_busy = true;
            vec![Effect::DemoPace]
        }
        Action::Sync
        | Action::Single
        | Action::Pause
        | Action::Step
        | Action::StepOne
        | Action::SkipPage
        | Action::GiveUp
        | Action::Stop
        | Action::TryNow => engine(model, action),
        // These belong to a screen that is not shown, or to what lies over one.
        Action::WelcomeDemo
        | Action::WelcomeConnect
        | Action::BendMore
        | Action::BendLess
        | Action::CopyToken
        | Action::CopyAddress
        | Action::Open
        | Action::Filter
        | Action::FilterLike
        | Action::SearchRows
        | Action::SortColumn
        | Action::SortId
        | Action::GoToId
        | Action::GoToPercent
        | Action::WayBack
        | Action::WayForward
        | Action::Changes
        | Action::ColumnBefore
        | Action::ColumnNext
        | Action::Columns
        | Action::ColumnLeft
        | Action::ColumnRight
        | Action::Wider
        | Action::Narrower
        | Action::CopyRecord
        | Action::Export
        | Action::Story
        | Action::Dead
        | Action::Refresh
        | Action::RecordRequest
        | Action::FindInRecord
        | Action::FindNext
        | Action::FindPrevious
        | Action::Freeze
        | Action::AcksOpen
        | Action::AcksHold
        | Action::AcksDrop
        | Action::AcksRequest
        | Action::WireOpen
        | Action::WireFilter
        | Action::WireCurl
        | Action::WireExport
        | Action::WireFold
        | Action::WireFoldAll
        | Action::WireSearch
        | Action::WireNextHit
        | Action::WireHitBefore
        | Action::WireRecord
        | Action::Whole
        | Action::Choose
        | Action::EditSql
        | Action::RunSql
        | Action::Complete
        | Action::CompleteBack
        | Action::Older
        | Action::Newer
        | Action::CopyCell
        | Action::CopyRow
        | Action::SqlExport
        | Action::SqlSave
        | Action::SqlSaved
        | Action::SavedEdit
        | Action::SavedForget
        | Action::OpenSession
        | Action::HistoryEvent
        | Action::HistoryKind
        | Action::HistoryRequest
        | Action::HistoryPage
        | Action::Accept
        | Action::Text(_) => {
            debug_assert!(!action.entry().scopes.contains(&Scope::Global), "nobody does {action:?}");
            Vec::new()
        }
    }
}

/// Takes the mouse, or leaves it to the terminal.
fn mouse(model: &mut Model) -> Vec<Effect> {
    model.mouse = !model.mouse;
    model.say(if model.mouse {
        "the mouse works here; Shift-drag selects text"
    } else {
        "the mouse is the terminal's: drag selects text"
    });
    vec![Effect::Mouse(model.mouse)]
}

/// What is asked of the mirror, as effects.
pub(super) fn read(requests: impl IntoIterator<Item = Request>) -> Vec<Effect> {
    requests.into_iter().map(Effect::Read).collect()
}

/// Says that a line took only the beginning of what was typed or pasted.
pub(super) fn full(model: &mut Model) {
    model.say("the line is full: the rest was left out");
}

/// Says why not.
pub(super) fn refuse(model: &mut Model, why: &str) -> Vec<Effect> {
    model.say(why);
    Vec::new()
}

/// The actions that command the engine.
fn engine(model: &mut Model, action: Action) -> Vec<Effect> {
    if !model.engine_alive {
        return refuse(model, ENDED);
    }
    let phase = model.snapshot.phase;
    let running = model.running();
    let command = match action {
        Action::Sync if !running => Command::Start(Mode::Full),
        Action::Single if !running => Command::Start(Mode::Single),
        // In pause the key that starts goes on.
        Action::Sync if phase == Phase::Paused => Command::Resume,
        Action::Sync | Action::Single => return refuse(model, "a run is on already"),
        Action::Step => Command::Step,
        _ if !running => return refuse(model, "nothing runs"),
        Action::StepOne | Action::SkipPage if model.snapshot.looked_at.is_none() => {
            let key = model.keymap.key_of(Action::Step).unwrap_or_default();
            return refuse(model, &format!("no page was taken yet: {key} takes one"));
        }
        Action::StepOne => Command::StepOne,
        Action::SkipPage => Command::SkipPage,
        Action::GiveUp if model.snapshot.session.is_none() => return refuse(model, "no session is open"),
        Action::GiveUp => Command::GiveUp,
        _ if phase == Phase::Stopping => return refuse(model, "the run is stopping already"),
        Action::Pause if matches!(phase, Phase::Paused | Phase::Pausing) => Command::Resume,
        Action::Pause => Command::Pause,
        Action::TryNow if model.snapshot.wait.is_none() => return refuse(model, "nothing waits"),
        Action::TryNow => Command::TryNow,
        _ => Command::Stop,
    };
    vec![Effect::Command(command)]
}

/// Somebody outside asks not to wait: for the next try, or idle for the time of the next run.
pub(super) fn nudged(model: &mut Model) -> Vec<Effect> {
    match every::nudged(model) {
        Some(start) => vec![start],
        None if model.serving.is_some() => Vec::new(),
        None => engine(model, Action::TryNow),
    }
}

fn quit(model: &mut Model) -> Vec<Effect> {
    match model.overlay {
        Some(Overlay::Help(_) | Overlay::Bend | Overlay::Connect | Overlay::Whole | Overlay::NewDevice) => {
            model.overlay = None;
            Vec::new()
        }
        Some(Overlay::Palette | Overlay::Saved) => {
            model.overlay = None;
            quit(model)
        }
        // Asked already: the same key again means it.
        Some(Overlay::AskQuit) => yes(model),
        None if model.running() => {
            model.overlay = Some(Overlay::AskQuit);
            Vec::new()
        }
        None => vec![Effect::Leave(Left::Quit)],
    }
}

fn yes(model: &mut Model) -> Vec<Effect> {
    if model.overlay != Some(Overlay::AskQuit) {
        return Vec::new();
    }
    model.overlay = None;
    vec![Effect::Leave(Left::Quit)]
}

/// What the screen has left of it: close what is open, see what waits to be seen, then to screen 1.
fn back(model: &mut Model) -> Vec<Effect> {
    if model.overlay.is_some() {
        model.overlay = None;
    } else if !model.notices.is_empty() {
        model.notices.remove(0);
    } else if model.screen != Screen::Sync && model.serving.is_none() {
        model.screen = Screen::Sync;
    } else {
        model.scroll = [0; 3];
    }
    Vec::new()
}

pub(super) fn show(model: &mut Model, screen: Screen) -> Vec<Effect> {
    (model.overlay, model.naming) = (None, None);
    if model.serving.is_some() && screen != Screen::Wire {
        return refuse(model, "a service has no mirror: its requests are all there is to see");
    }
    model.screen = screen;
    match screen {
        Screen::Sync => Vec::new(),
        Screen::Browse => browse::shown(model),
        Screen::Acks => acks::shown(model),
        Screen::Wire => wire::list(model),
        Screen::Sql => sql::shown(),
        Screen::History => history::shown(model),
    }
}

/// To another pane of screen 1; those of the other screens turn before it comes to this.
fn pane(model: &mut Model, turn: Turn) -> Vec<Effect> {
    if model.overlay.is_none() && model.screen == Screen::Sync {
        model.pane = match (model.pane, turn) {
            (SyncPane::Kinds, Turn::Next) | (SyncPane::Log, Turn::Before) => SyncPane::Packs,
            (SyncPane::Packs, Turn::Next) | (SyncPane::Kinds, Turn::Before) => SyncPane::Log,
            (SyncPane::Log, Turn::Next) | (SyncPane::Packs, Turn::Before) => SyncPane::Kinds,
        };
    }
    Vec::new()
}

/// The steps of a page, here.
fn page(model: &Model) -> isize {
    let height = match model.screen {
        _ if model.overlay.is_some() => view::help_height(model),
        Screen::Sync => view::pane_height(model),
        Screen::Browse => view::rows_on_screen(model),
        Screen::Acks => view::acks_room(model).1,
        Screen::Wire => view::wire_lines(model).max(view::wire_rows(model)),
        Screen::Sql => view::sql_room(model).0,
        Screen::History => view::history_height(model),
    };
    (height as isize - 1).max(1)
}

/// Moves what has the focus.
pub(super) fn steps(model: &mut Model, by: isize) -> Vec<Effect> {
    if let Some(Overlay::Help(at)) = model.overlay {
        let most = view::help_lines(model).saturating_sub(view::help_height(model));
        model.overlay = Some(Overlay::Help(at.saturating_add_signed(by).min(most)));
        return Vec::new();
    }
    if model.overlay == Some(Overlay::Whole) {
        whole::steps(model, by);
    }
    if model.overlay.is_some() || model.naming.is_some() {
        return Vec::new();
    }
    match model.screen {
        Screen::Browse => browse::steps(model, by),
        Screen::Acks => acks::steps(model, by),
        Screen::Wire => wire::steps(model, by),
        Screen::Sql => sql::steps(model, by),
        Screen::History => history::steps(model, by),
        Screen::Sync => {
            let most = view::pane_lines(model).saturating_sub(view::pane_height(model));
            let at = &mut model.scroll[model.pane as usize];
            *at = at.saturating_add_signed(by).min(most);
            Vec::new()
        }
    }
}

/// Puts a text into the terminal's clipboard, within reason.
pub(super) fn copy(model: &mut Model, what: impl Into<String>, text: String) -> Vec<Effect> {
    if text.len() > CLIPBOARD {
        let have = bytes(text.len() as u64);
        return refuse(model, &format!("{have} are too much for a terminal's clipboard: write it to a file"));
    }
    vec![Effect::Copy { what: what.into(), text }]
}
