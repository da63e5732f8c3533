//! The welcome screen: a choice of three, and the three answers that connect an account.

use jiff::Timestamp;

use super::super::action::{Action, Scope};
use super::super::edit::Line;
use super::super::welcome::{Answer, Answers, Offer, Secret, TokenAnswer, Trouble};

/// Where the token may come from, in the order in which it is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Source {
    /// Typed here.
    #[default]
    Typed,
    /// A command.
    Command,
    /// A file.
    File,
    /// The variable.
    Environment,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Typed, Self::Command, Self::File, Self::Environment];
}

/// What is asked just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum At {
    /// Demo, connect or leave.
    #[default]
    Choosing,
    /// The base URL.
    Service,
    /// Which source the token has.
    Source,
    /// Where in that source.
    Place,
    /// The mirror's file.
    Mirror,
    /// The service is asked.
    Testing,
    /// The configuration is written.
    Saving,
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Welcome {
    /// What it begins with.
    pub offer: Offer,
    /// What is asked.
    pub at: At,
    /// The base URL.
    pub url: Line,
    /// The token's source.
    pub source: Source,
    /// The token's file.
    pub file: Line,
    /// The token's command.
    pub command: Line,
    /// The token, typed.
    pub secret: Secret,
    /// The mirror's file.
    pub mirror: Line,
    /// What is wrong with an answer.
    pub wrong: Option<String>,
    /// When the service began to be asked.
    pub since: Option<Timestamp>,
    /// Of the last request.
    pub ticket: u64,
}

/// Whether an action means anything while the screen is shown; what leads to the others does not.
pub fn takes(action: Action) -> bool {
    use Action::{
        Accept, Back, Bottom, Down, Help, Interrupt, Mouse, NextPane, PageDown, PageUp, PreviousPane, Quit,
        Redraw, Suspend, Text, Top, Up, WelcomeConnect, WelcomeDemo,
    };
    let moves = matches!(action, Up | Down | PageUp | PageDown | Top | Bottom | NextPane | PreviousPane);
    let leaves = matches!(action, Back | Help | Quit | Interrupt | Redraw | Suspend | Mouse);
    moves || leaves || matches!(action, WelcomeDemo | WelcomeConnect | Accept | Text(_))
}

impl Welcome {
    /// The screen as it opens.
    pub fn new(offer: Offer) -> Self {
        let mut welcome = Self { offer, ..Self::default() };
        welcome.url.set(&welcome.offer.base_url);
        welcome.mirror.set(&welcome.offer.mirror);
        welcome
    }

    /// Where keys mean something.
    pub fn scopes(&self) -> &'static [Scope] {
        match self.at {
            At::Choosing => &[Scope::Welcome, Scope::Global],
            At::Source => &[Scope::Line, Scope::Global],
            At::Place if self.source == Source::Environment => &[Scope::Line, Scope::Global],
            At::Service | At::Place | At::Mirror => &[Scope::Line, Scope::Text, Scope::Global],
            At::Testing | At::Saving => &[Scope::Global],
        }
    }

    /// The line that takes what is typed; none where none does, or the secret does.
    pub fn line(&mut self) -> Option<&mut Line> {
        match (self.at, self.source) {
            (At::Service, _) => Some(&mut self.url),
            (At::Mirror, _) => Some(&mut self.mirror),
            (At::Place, Source::File) => Some(&mut self.file),
            (At::Place, Source::Command) => Some(&mut self.command),
            _ => None,
        }
    }

    /// Whether the token is typed just now.
    pub fn hides(&self) -> bool {
        self.at == At::Place && self.source == Source::Typed
    }

    /// Whether an answer is waited for.
    pub fn waits(&self) -> bool {
        matches!(self.at, At::Testing | At::Saving)
    }

    /// The answers as they stand.
    pub fn answers(&self) -> Answers {
        let text = |line: &Line| line.text().trim().to_owned();
        Answers {
            base_url: text(&self.url),
            token: match self.source {
                Source::Typed => TokenAnswer::Typed(self.secret.clone()),
                Source::Command => TokenAnswer::Command(text(&self.command)),
                Source::File => TokenAnswer::File(text(&self.file)),
                Source::Environment => TokenAnswer::Environment,
            },
            mirror: text(&self.mirror),
        }
    }

    /// Back to the answer that is wrong.
    pub fn correct(&mut self, trouble: Trouble) {
        self.at = match trouble.at {
            Answer::Service => At::Service,
            Answer::Token => At::Place,
            Answer::Mirror => At::Mirror,
        };
        self.wrong = Some(trouble.text);
    }

    /// The source so many further, within bounds.
    pub fn turn(&mut self, by: isize) {
        let at = Source::ALL.iter().position(|source| *source == self.source).unwrap_or(0);
        self.source = Source::ALL[at.saturating_add_signed(by).min(Source::ALL.len() - 1)];
    }
}
