//! What the console tells: remarks that go by themselves, notices that stay until they are seen, lines of the log.

use std::time::Duration;

use jiff::Timestamp;

use super::Model;
use super::log::{Line, Tone};

/// How long a remark stays.
const TOAST: Duration = Duration::from_secs(4);

/// Something that stays until it is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whether it is an error.
    pub error: bool,
    /// What happened and what to do.
    pub text: String,
}

/// Something that goes away by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What is said.
    pub text: String,
    /// Until when.
    pub until: Timestamp,
}

impl Model {
    /// Shows a remark for a while.
    pub fn say(&mut self, text: impl Into<String>) {
        self.toast = Some(Remark { text: text.into(), until: self.now + TOAST });
    }

    /// Shows an error until it is seen.
    pub fn fail(&mut self, text: impl Into<String>) {
        self.notices.push(Notice { error: true, text: text.into() });
    }

    /// Tells what became of something that took its time, in the log too.
    pub fn report(&mut self, subject: &str, result: Result<String, String>) {
        let (tone, text) = match result {
            Ok(done) => {
                self.say(done.clone());
                (Tone::Good, done)
            }
            Err(error) => {
                self.fail(error.clone());
                (Tone::Bad, error)
            }
        };
        self.log.push(Line::new(self.now, tone, subject, text));
    }
}
