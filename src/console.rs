//! The ratatui front end: watches an engine through its channel, browses the mirror. Owns ratatui and crossterm.
//!
//! Wait, update, draw: `update` changes the model and asks for effects, `view` draws the model; neither does I/O.

pub mod action;
pub mod body;
pub mod cells;
pub mod complete;
pub mod edit;
#[cfg(not(unix))]
mod elsewhere;
mod exchanges;
mod fault;
mod inbox;
#[cfg(unix)]
mod input;
pub mod key;
pub mod keymap;
mod library;
pub mod message;
pub mod model;
pub mod palette;
mod queries;
pub mod record;
mod rows;
mod run;
pub mod seek;
pub mod serving;
#[cfg(unix)]
mod signals;
mod stop;
mod terminal;
pub mod theme;
#[cfg(unix)]
mod tty;
pub mod update;
pub mod values;
pub mod view;
pub mod welcome;

#[cfg(not(unix))]
use elsewhere::{input, signals, tty};

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::client::Tap;
use crate::engine::{Engine, Mode};
use crate::spreadsheet::Formulas;
use model::telling::Tells;
use welcome::{Connect, Offer};

/// The name of the threads that the engine's tasks run on. A task's panic is caught by the engine and becomes the end
/// of its run; on a thread of this name it does not end the console.
pub const ENGINE_THREAD: &str = "engine";

/// What a console is given by its caller.
pub struct Setup {
    /// The engine to watch and to command, idle.
    pub engine: Engine,
    /// The mirror to browse.
    pub mirror: PathBuf,
    /// What the header calls the place: `demo`, `acme`, a profile's name.
    pub title: String,
    /// The base URL's host, for the header.
    pub host: String,
    /// What may be done with the mirror.
    pub manner: Manner,
    /// Begin a run at once.
    pub start: Option<Mode>,
    /// What the engine's clients record their exchanges in.
    pub tap: Tap,
    /// The demo's levers, where there is an embedded service.
    pub demo: Option<Arc<dyn Demo>>,
    /// The user's keymap file, whether it exists or not.
    pub keymap: Option<PathBuf>,
    /// The file that keeps the SQL prompt's statements, whether it exists or not; none keeps them in memory only.
    pub statements: Option<PathBuf>,
    /// The file that remembers columns and order of types, whether it exists or not; none remembers nothing.
    pub browse: Option<PathBuf>,
    /// The colours.
    pub looks: theme::Looks,
    /// What becomes of texts in CSV files and copied rows that begin like a formula.
    pub formulas: Formulas,
    /// What is told outside of the screen.
    pub tells: Tells,
    /// The pause that synchronizing by itself begins with; none: the shortest.
    pub watch: Option<Duration>,
    /// Begin with the welcome screen, and with whom to connect an account.
    pub welcome: Option<(Offer, Arc<dyn Connect>)>,
    /// Begin with this, for the user to read.
    pub notice: Option<String>,
}

/// What the demo can do to its embedded service. Called from a thread that may block.
pub trait Demo: Send + Sync {
    /// Someone edits the account: create, update and delete a few records; says what was done.
    ///
    /// # Errors
    /// What went wrong, in a line.
    fn edit(&self) -> Result<String, String>;
    /// Switches between the real service's pace (10 requests a second, 120 ms) and none; says which it is now.
    fn toggle_pace(&self) -> String;
    /// The levers of the panel that bends the service, as they stand.
    fn levers(&self) -> Vec<Lever> {
        Vec::new()
    }
    /// Moves lever number `lever`; says what is now.
    ///
    /// # Errors
    /// Why it does not move, in a line.
    fn pull(&self, lever: usize, pull: Pull) -> Result<String, String> {
        let _ = (lever, pull);
        Err("this service does not bend".to_owned())
    }
}

/// Which way a lever is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pull {
    /// Further from how the service usually is.
    More,
    /// Back towards it.
    Less,
}

/// A lever of the demo's service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lever {
    /// What it moves.
    pub name: &'static str,
    /// How it stands.
    pub state: String,
    /// Whether it stands as with the real service.
    pub straight: bool,
    /// What it does, in a line.
    pub help: &'static str,
}

/// What a console may do with its mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    /// Everything.
    #[default]
    Plain,
    /// Look at what would come: one session into a scratch mirror, nothing is acknowledged.
    Peek,
    /// Look at what is there: nothing is synchronized, sent or changed.
    ReadOnly,
}

/// How the user left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// By a key.
    Quit,
    /// By Ctrl-C.
    Interrupt,
    /// By a signal, by number.
    Signal(i32),
    /// From the welcome screen to the demo.
    Demo,
    /// From the welcome screen, with an account connected.
    Connected,
}

impl Left {
    /// The process's exit status.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Quit | Self::Demo | Self::Connected => 0,
            Self::Interrupt => 130,
            Self::Signal(n) => 128_u8.saturating_add(u8::try_from(n).unwrap_or(u8::MAX)),
        }
    }
}

/// Runs the console until the user leaves. The terminal is as it was when this returns, however it returns: it is given
/// back first, then a run that is still on is asked to stop and gets two seconds for it.
///
/// # Errors
/// An I/O error of the terminal, or the panic of a thread that is not the engine's.
pub fn run(setup: Setup) -> std::io::Result<Left> {
    run::run(setup)
}

/// The same over a service, for who writes its clients.
///
/// # Errors
/// As [`run()`].
pub fn serve(serving: serving::Serving) -> std::io::Result<Left> {
    run::serving::run(serving)
}
