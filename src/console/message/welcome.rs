//! The talk with whoever connects an account.

use super::super::welcome::{Answers, Trouble};

/// What the welcome screen asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum WelcomeRequest {
    /// Ask the service whether it takes the token.
    Test {
        /// Comes back with the answer.
        ticket: u64,
        /// What was answered.
        answers: Box<Answers>,
    },
    /// Write the configuration.
    Save {
        /// Comes back with the answer.
        ticket: u64,
        /// What was answered.
        answers: Box<Answers>,
    },
    /// Nobody waits for the last answer any more.
    GiveUp,
}

/// What it is told.
#[derive(Debug, Clone, PartialEq)]
pub enum WelcomeAnswer {
    /// What the service said.
    Tested {
        /// That of the request.
        ticket: u64,
        /// In words.
        result: Result<String, Trouble>,
    },
    /// Whether it is written.
    Saved {
        /// That of the request.
        ticket: u64,
        /// What went wrong.
        result: Result<(), Trouble>,
    },
    /// Nothing could be asked.
    Failed(String),
}
