//! What the welcome screen needs from outside: somebody who asks the service and writes the configuration.
//!
//! Promises: a typed token is in no message of a defect ([`Secret`] shows only its length) and zeroed when it goes; a
//! test that was given up writes nothing.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;
use unicode_segmentation::UnicodeSegmentation as _;
use zeroize::Zeroizing;

use super::inbox::Inbox;
use super::message::{Message, WelcomeAnswer, WelcomeRequest};

/// The most bytes of a typed token.
const LONGEST: usize = 4 * 1024;

/// What the screen begins with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// The service, unless the user says otherwise.
    pub base_url: String,
    /// The mirror's file, unless the user says otherwise.
    pub mirror: String,
    /// The file that the answers are written to.
    pub configuration: String,
    /// Where a typed token is kept, in words.
    pub kept: String,
}

/// Where the token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenAnswer {
    /// The variable, set by the user before the next start.
    Environment,
    /// A file.
    File(String),
    /// A command for a shell.
    Command(String),
    /// It was typed.
    Typed(Secret),
}

/// The three answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// The service's base URL.
    pub base_url: String,
    /// Where the token is.
    pub token: TokenAnswer,
    /// The mirror's file.
    pub mirror: String,
}

/// Which answer it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The base URL.
    Service,
    /// The token's place.
    Token,
    /// The mirror's file.
    Mirror,
}

/// Why it did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The answer to be corrected.
    pub at: Answer,
    /// What happened and what to do.
    pub text: String,
}

/// Who connects an account. Called from threads that may block.
pub trait Connect: Send + Sync {
    /// Asks the service whether it takes the token; changes nothing. Says what it said.
    ///
    /// # Errors
    /// [`Trouble`]; whatever it is where `given_up` was cancelled.
    fn test(&self, answers: &Answers, given_up: &CancellationToken) -> Result<String, Trouble>;
    /// Writes the configuration, and keeps a typed token.
    ///
    /// # Errors
    /// [`Trouble`]
    fn save(&self, answers: &Answers) -> Result<(), Trouble>;
}

/// A text that is typed and not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Default for Secret {
    fn default() -> Self {
        // All its room at once: growing would leave copies behind.
        Self(Zeroizing::new(String::with_capacity(LONGEST)))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} characters)", self.count())
    }
}

impl Secret {
    /// Types a text behind what is there; spaces and line breaks are none of a token. False where it is full.
    pub fn insert(&mut self, text: &str) -> bool {
        for c in text.chars().filter(|c| !c.is_whitespace() && !c.is_control()) {
            if self.0.len() + c.len_utf8() > LONGEST {
                return false;
            }
            self.0.push(c);
        }
        true
    }

    /// Takes the last character away.
    pub fn pop(&mut self) {
        if let Some((at, _)) = self.0.grapheme_indices(true).next_back() {
            self.0.truncate(at);
        }
    }

    /// Takes all of it away.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many characters it has.
    pub fn count(&self) -> usize {
        self.0.chars().count()
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The requests' way to whoever connects, each on a thread of its own.
pub(super) struct Connecting {
    connect: Arc<dyn Connect>,
    inbox: Arc<Inbox>,
    /// Gives up what is asked just now.
    current: Mutex<CancellationToken>,
}

impl Connecting {
    pub(super) fn new(connect: Arc<dyn Connect>, inbox: Arc<Inbox>) -> Self {
        Self { connect, inbox, current: Mutex::default() }
    }

    /// Asks; the answer comes to the inbox.
    pub(super) fn ask(&self, request: WelcomeRequest) {
        let given_up = CancellationToken::new();
        let before = {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, given_up.clone())
        };
        // Nobody waits for two answers.
        before.cancel();
        let (connect, inbox) = (Arc::clone(&self.connect), Arc::clone(&self.inbox));
        let work = move || {
            let answer = match request {
                WelcomeRequest::GiveUp => return,
                WelcomeRequest::Test { ticket, answers } => {
                    WelcomeAnswer::Tested { ticket, result: connect.test(&answers, &given_up) }
                }
                WelcomeRequest::Save { ticket, answers } => {
                    WelcomeAnswer::Saved { ticket, result: connect.save(&answers) }
                }
            };
            inbox.push(Message::Welcome(answer));
        };
        if let Err(error) = std::thread::Builder::new().name("connect".into()).spawn(work) {
            self.inbox.push(Message::Welcome(WelcomeAnswer::Failed(error.to_string())));
        }
    }
}

impl Drop for Connecting {
    fn drop(&mut self) {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_typed_and_never_shown() {
        let mut secret = Secret::default();
        assert!(secret.insert(" s3\u{1b}cr\net \u{e9}\n"));
        assert_eq!(secret.expose(), "s3cret\u{e9}");
        secret.pop();
        assert_eq!((secret.expose(), secret.count()), ("s3cret", 6));
        let answers = TokenAnswer::Typed(secret.clone());
        assert_eq!(format!("{answers:?}"), "Typed(Secret(6 characters))");
        assert!(!secret.insert(&"x".repeat(LONGEST)) && secret.expose().len() == LONGEST);
        secret.clear();
        secret.pop();
        assert_eq!(secret.count(), 0);
    }
}
