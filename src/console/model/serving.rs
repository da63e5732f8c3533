//! A service that is watched: how it stood last, and who may ask it.

use std::time::Duration;

use jiff::Timestamp;

use super::super::serving::{Entrance, Standing};

/// How often a watched service is looked at while something happens.
pub const LOOK: Duration = Duration::from_millis(200);

/// A service that is watched.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Where it listens.
    pub address: String,
    /// Who may ask.
    pub entrances: Vec<Entrance>,
    /// The chosen one of these.
    pub at: usize,
    /// How it stood last; none before the first answer.
    pub standing: Option<Standing>,
    /// What was wrong with it last.
    pub trouble: Option<String>,
    /// Something has happened since it was looked at.
    pub stale: bool,
    /// When it was looked at last.
    pub asked: Option<Timestamp>,
}

impl Serving {
    /// A service of which nothing is known yet.
    pub fn new(address: &str, entrances: Vec<Entrance>) -> Self {
        Self {
            address: crate::text::visible(address).into_owned(),
            entrances,
            at: 0,
            standing: None,
            trouble: None,
            stale: false,
            asked: None,
        }
    }

    /// When it is looked at again; none while nothing happens.
    pub fn next_look(&self, focused: bool) -> Option<Duration> {
        self.stale.then_some(if focused { LOOK } else { Duration::from_secs(1) })
    }
}
