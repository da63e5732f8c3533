//! A console over a service, for who writes its clients: what its caller gives it and what it asks of that. It has no
//! mirror and no engine, and one screen: the service's exchanges.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::inbox::Inbox;
use super::message::Message;
use super::{Demo, theme};
use crate::client::Tap;
use crate::protocol::DeviceUuid;

/// What a console over a service is given by its caller.
pub struct Serving {
    /// What is served, in a word or two, for the header.
    pub title: String,
    /// Where it listens: `http://127.0.0.1:8080`.
    pub address: String,
    /// Who may ask.
    pub entrances: Vec<Entrance>,
    /// What the service records its exchanges in.
    pub tap: Tap,
    /// Told when something was recorded or has changed; a missed one costs nothing as long as one more waits.
    pub news: Receiver<()>,
    /// What is asked of the service.
    pub served: Arc<dyn Served>,
    /// The levers that bend it; none where it cannot be bent.
    pub levers: Option<Arc<dyn Demo>>,
    /// The user's keymap file, whether it exists or not.
    pub keymap: Option<PathBuf>,
    /// Takes exports where the current folder cannot.
    pub folder: PathBuf,
    /// The colours.
    pub looks: theme::Looks,
}

/// Who may ask a service. The token stays with whoever serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// Whose token it is: `user 17`.
    pub who: String,
    /// What that user sees, in a few words.
    pub sees: String,
}

/// What is asked of a service. Called from a thread that may block.
pub trait Served: Send + Sync {
    /// How it stands.
    ///
    /// # Errors
    /// What is wrong with it, in a line.
    fn standing(&self) -> Result<Standing, String>;
    /// The token of an entrance, by its number; none where there is no such entrance.
    fn token(&self, entrance: usize) -> Option<String>;
}

/// How a service stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// An account.
    Account {
        /// Records that are not deleted.
        records: u64,
        /// Devices that ever asked.
        devices: u64,
        /// Those that asked since it began.
        lately: Vec<Device>,
    },
    /// A recording that is served again.
    Recording {
        /// Exchanges that nobody has asked for yet.
        left: u64,
        /// All of them.
        all: u64,
    },
    /// An examination of a client by hand.
    Examination {
        /// The scenario that is up.
        name: String,
        /// What it puts to a client.
        about: String,
        /// Its number, from 1.
        number: usize,
        /// Scenarios in all.
        all: usize,
        /// Scenarios that were passed.
        passed: usize,
        /// What was found so far, a line each.
        report: Vec<String>,
    },
}

/// How one device of an account stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Which.
    pub device: DeviceUuid,
    /// What it sees, in a few words.
    pub sees: String,
    /// Sessions that are open.
    pub sessions: u64,
    /// Instructions that they have not handed out; a guide.
    pub left: u64,
    /// Instructions that were handed out and are not acknowledged.
    pub unacknowledged: u64,
}

/// Passes the news on, on a thread of its own, until nobody can have any.
pub(super) fn pass_on(news: Receiver<()>, inbox: Arc<Inbox>) -> std::io::Result<()> {
    std::thread::Builder::new().name("news".into()).spawn(move || {
        while news.recv().is_ok() && !inbox.closed() {
            inbox.push(Message::News);
        }
    })?;
    Ok(())
}
