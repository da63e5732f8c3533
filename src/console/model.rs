//! Everything the console knows: what the view draws and `update` changes. No I/O, no clock: `now` is given to it.

pub mod acks;
pub mod bend;
pub mod browse;
pub mod device;
pub mod every;
pub mod grid;
pub mod history;
pub mod log;
pub mod naming;
pub mod pace;
pub mod prompt;
pub mod said;
pub mod saved;
mod screen;
pub mod serving;
pub mod sql;
pub mod telling;
mod tick;
pub mod welcome;
pub mod whole;
pub mod wire;
pub mod works;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Manner;
use super::key::Key;
use super::keymap::Keymap;
use super::palette::Palette;
use super::theme::Theme;
use crate::engine::{Phase, Snapshot};
use crate::mirror::reader::Status;
use crate::protocol::DeviceUuid;
use crate::spreadsheet::Formulas;

pub use acks::Acks;
pub use bend::Bend;
pub use browse::Browse;
pub use device::Replacing;
pub use every::Every;
pub use history::History;
pub use log::Log;
pub use naming::Naming;
pub use pace::Pace;
pub use said::{Notice, Remark};
pub use screen::{Overlay, Screen, SyncPane};
pub use serving::Serving;
pub use sql::Sql;
pub use telling::Telling;
pub use welcome::Welcome;
pub use whole::Whole;
pub use wire::Wire;
pub use works::Stand;

/// All state of the console.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are told apart by name and have nothing to do with each other"
)]
pub struct Model {
    /// What the header calls the place.
    pub title: String,
    /// The host, visible.
    pub host: String,
    /// Whether the demo's levers are there.
    pub demo: bool,
    /// What this console may do.
    pub manner: Manner,
    /// What becomes of texts in copied rows, which are CSV, that begin like a formula.
    pub formulas: Formulas,
    /// The mirror's file, for messages.
    pub mirror: String,
    /// The keys.
    pub keymap: Keymap,
    /// The colours.
    pub theme: Theme,
    /// The time zone that times are shown in.
    pub zone: TimeZone,
    /// The time of the last message.
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Which screen is shown.
    pub screen: Screen,
    /// What lies over the screen.
    pub overlay: Option<Overlay>,
    /// Keys of a sequence that is not complete.
    pub typed: Vec<Key>,
    /// The engine's newest state.
    pub snapshot: Arc<Snapshot>,
    /// When it came.
    pub snapshot_at: Timestamp,
    /// Whether the engine still runs.
    pub engine_alive: bool,
    /// What happened.
    pub log: Log,
    /// Events that were lost between the engine's thread and the drawing, beside those that the engine counts.
    pub missed: u64,
    /// Instructions a second, over time.
    pub pace: Pace,
    /// The mirror's status, for the idle screen.
    pub status: Mirrored,
    /// Screen 1's focus.
    pub pane: SyncPane,
    /// Scroll offsets of screen 1's panes.
    pub scroll: [usize; 3],
    /// Screen 2.
    pub browse: Browse,
    /// Screen 3.
    pub acks: Acks,
    /// Screen 4.
    pub wire: Wire,
    /// The demo's levers.
    pub bend: Bend,
    /// The service that is watched: then there is no engine, no mirror and no other screen than the Wire.
    pub serving: Option<Serving>,
    /// Screen 5.
    pub sql: Sql,
    /// Screen 6.
    pub history: History,
    /// What screens 4 to 6 ask for.
    pub naming: Option<Naming>,
    /// The value that is shown in full.
    pub whole: Whole,
    /// The palette, where it is open.
    pub palette: Palette,
    /// The welcome screen, where nothing is configured; it is over everything.
    pub welcome: Option<Welcome>,
    /// The terminal's title and bell.
    pub telling: Telling,
    /// Synchronizing by itself.
    pub every: Every,
    /// The question before a new device, where it is open.
    pub replacing: Replacing,
    /// Where and when the mouse was pressed last, for double-clicks.
    pub click: Option<(Timestamp, (u16, u16))>,
    /// Errors and notices that wait to be seen, oldest first.
    pub notices: Vec<Notice>,
    /// A remark that goes away by itself.
    pub toast: Option<Remark>,
    /// A demo's lever is on its way.
    pub demo_busy: bool,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// Whether the terminal's window has the focus.
    pub focused: bool,
    /// When the mirror was last asked anew because the engine had committed.
    pub refreshed: Timestamp,
    /// The engine committed since then.
    pub stale: bool,
}

/// The mirror as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Mirrored {
    /// Not answered yet.
    Unknown,
    /// There is none yet.
    None,
    /// There is one.
    Some(Box<Status>),
    /// It cannot be read.
    Failed(String),
}

impl Model {
    /// A model that knows nothing yet.
    pub fn new(title: &str, host: &str, now: Timestamp) -> Self {
        Self {
            title: crate::text::visible(title).into_owned(),
            host: crate::text::visible(host).into_owned(),
            demo: false,
            manner: Manner::default(),
            formulas: Formulas::default(),
            mirror: String::new(),
            keymap: Keymap::built_in(),
            theme: Theme::default(),
            zone: TimeZone::UTC,
            now,
            size: (80, 24),
            screen: Screen::Sync,
            overlay: None,
            typed: Vec::new(),
            snapshot: Arc::default(),
            snapshot_at: now,
            engine_alive: true,
            log: Log::default(),
            missed: 0,
            pace: Pace::default(),
            status: Mirrored::Unknown,
            pane: SyncPane::Kinds,
            scroll: [0; 3],
            browse: Browse::default(),
            acks: Acks::default(),
            wire: Wire::default(),
            bend: Bend::default(),
            serving: None,
            sql: Sql::default(),
            history: History::default(),
            naming: None,
            whole: Whole::default(),
            palette: Palette::default(),
            welcome: None,
            telling: Telling::default(),
            every: Every::default(),
            replacing: Replacing::default(),
            click: None,
            notices: Vec::new(),
            toast: None,
            demo_busy: false,
            mouse: true,
            focused: true,
            refreshed: now,
            stale: false,
        }
    }

    /// Whether a run is on.
    pub fn running(&self) -> bool {
        self.engine_alive && self.snapshot.phase != Phase::Idle
    }

    /// Whether a run was ever seen: then screen 1 shows it, else the mirror.
    pub fn has_run(&self) -> bool {
        self.running() || self.snapshot.outcome.is_some()
    }

    /// The ack packs, newest first.
    pub fn packs(&self) -> Vec<acks::Pack> {
        self.acks.packs(&self.snapshot, self.held().unwrap_or(0))
    }

    /// The device that the mirror is, as far as it is known.
    pub fn device(&self) -> Option<DeviceUuid> {
        match &self.status {
            Mirrored::Some(status) if !self.has_run() => Some(status.device),
            Mirrored::Some(status) => self.snapshot.device.or(Some(status.device)),
            _ => self.snapshot.device,
        }
    }

    /// Keys in the outbox, as far as it is known.
    pub fn pending(&self) -> u64 {
        match &self.status {
            Mirrored::Some(status) if !self.has_run() => status.outbox.pending,
            _ => self.snapshot.totals.pending_acks,
        }
    }

    /// How many keys are held back by hand; none where acks are not held.
    pub fn held(&self) -> Option<u64> {
        if self.snapshot.holding {
            return Some(self.snapshot.held);
        }
        // The engine knows the outbox once it has opened it; before that only the mirror does.
        match &self.status {
            Mirrored::Some(status) if !self.has_run() && status.outbox.held > 0 => Some(status.outbox.held),
            _ => None,
        }
    }

    /// How long the run has taken, or took.
    pub fn elapsed(&self) -> Duration {
        match (self.running(), self.snapshot.started) {
            (true, Some(started)) => since(started, self.now),
            _ => self.snapshot.elapsed,
        }
    }

    /// How old the snapshot is: what it says of times in flight has grown by this.
    pub fn snapshot_age(&self) -> Duration {
        if self.running() { since(self.snapshot_at, self.now) } else { Duration::ZERO }
    }
}

/// The time from `a` to `b`; zero where `b` is before.
pub fn since(a: Timestamp, b: Timestamp) -> Duration {
    Duration::try_from(b.duration_since(a)).unwrap_or_default()
}

/// The first of `rows` lines that is shown where `height` of them are on the screen: `top`, or as far from it as the
/// cursor needs. Who draws asks for it, so that a resize changes nothing for good.
pub fn window(top: usize, cursor: usize, height: usize, rows: usize) -> usize {
    let height = height.max(1);
    let top = top.min(cursor).max((cursor + 1).saturating_sub(height));
    top.min(rows.saturating_sub(height))
}
