//! What happened to the record under the cursor: the steps, the one that is looked at, and how.

use super::super::super::message::Request;
use super::{Browse, Show};
use crate::mirror::changes::{FieldChange, diff};
use crate::mirror::refs::Reference;
use crate::mirror::story::Step;
use crate::mirror::{PackNo, SessionNo};

/// What happened to a record, as it comes from the mirror.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Told {
    /// Step by step, oldest first.
    pub scenes: Vec<Scene>,
    /// Older states that are in the mirror and not in here.
    pub left_out: u64,
}

/// A step, and what is known around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// What happened.
    pub step: Step,
    /// When its session began, RFC 3339 UTC.
    pub at: Option<String>,
    /// What became of the page's ack keys.
    pub acked: Acked,
}

/// What became of a page's ack keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acked {
    /// The mirror does not know any more.
    Unknown,
    /// Some of them wait in the outbox.
    Pending,
    /// The last pack that carried some of them, and its state.
    Pack(PackNo, String),
}

/// The story of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// Whose.
    pub of: Reference,
    /// The revision and the session that the record had when it was asked for.
    state: (Option<i64>, SessionNo),
    /// What happened; none before the answer.
    pub told: Option<Result<Told, String>>,
    /// The step that is looked at.
    pub at: usize,
    /// What that step changed.
    changed: Vec<FieldChange>,
    /// Lines of what is shown of it that are scrolled away.
    pub scroll: usize,
    /// The whole record is shown as it was after the step, and not what the step changed.
    pub whole: bool,
}

impl Story {
    /// The steps that have come.
    pub fn scenes(&self) -> &[Scene] {
        match &self.told {
            Some(Ok(told)) => &told.scenes,
            _ => &[],
        }
    }

    /// The step that is looked at.
    pub fn current(&self) -> Option<&Scene> {
        self.scenes().get(self.at)
    }

    /// What the step changed, field by field.
    pub fn differences(&self) -> &[FieldChange] {
        &self.changed
    }

    /// Looks at a step: what it changed is found once, and not at each look.
    fn look_at(&mut self, at: usize) {
        self.at = at;
        let data = |at: usize| self.scenes().get(at).and_then(|scene| scene.step.data.as_deref());
        self.changed = match self.current() {
            Some(_) => diff(at.checked_sub(1).and_then(data), data(at)),
            None => Vec::new(),
        };
    }

    /// Looks at the newest step.
    fn look_at_newest(&mut self) {
        self.look_at(self.scenes().len().saturating_sub(1));
    }

    /// Goes to another step.
    pub fn step(&mut self, by: isize) {
        let most = self.scenes().len().saturating_sub(1);
        let to = self.at.saturating_add_signed(by).min(most);
        if to != self.at {
            self.scroll = 0;
            self.look_at(to);
        }
    }
}

impl Browse {
    /// The story that is to be asked for: of the record under the cursor, where stories are shown.
    pub(super) fn wonder_what_happened(&mut self) -> Option<Request> {
        if self.show != Show::Story {
            return None;
        }
        let of = self.record()?;
        let row = &self.current()?.row;
        let state = (row.revision, row.session);
        if self.story.as_ref().is_some_and(|s| s.of == of && s.state == state) {
            return None;
        }
        let whole = self.story.as_ref().is_some_and(|s| s.whole);
        // The same record with something new: what is shown stays until the answer comes.
        let told = self.story.take().filter(|s| s.of == of).and_then(|s| s.told);
        let changed = Vec::new();
        let mut story = Story { of: of.clone(), state, told, at: 0, changed, scroll: 0, whole };
        story.look_at_newest();
        self.story = Some(story);
        Some(Request::Story { of })
    }

    /// Takes what happened to a record; the newest step is looked at.
    pub fn take_story(&mut self, of: &Reference, told: Result<Told, String>) {
        if let Some(story) = self.story.as_mut().filter(|s| s.of == *of) {
            story.told = Some(told);
            story.look_at_newest();
        }
    }
}
