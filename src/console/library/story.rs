//! A record's story with what lies around it: when its sessions began, which packs carried its pages' keys.

use std::collections::BTreeMap;

use crate::console::model::browse::story::{Acked, Scene, Told};
use crate::mirror::refs::Reference;
use crate::mirror::{MirrorError, PageNo, Reader, SessionNo};

/// States of a record that are told, the newest.
const STATES: usize = 500;
/// Packs that the mirror remembers.
const PACKS: usize = 1_000;

/// When sessions began, as far as they were asked for.
#[derive(Default)]
pub(super) struct Times(BTreeMap<SessionNo, Option<String>>);

impl Times {
    /// When a session began, RFC 3339 UTC; none where the mirror does not know it.
    pub(super) fn of(&mut self, reader: &Reader, session: SessionNo) -> Result<Option<String>, MirrorError> {
        if let Some(known) = self.0.get(&session) {
            return Ok(known.clone());
        }
        let found = reader.sessions_before(session.checked_add(1), 1)?;
        let at = found.into_iter().next().filter(|row| row.no == session).map(|row| row.started);
        self.0.insert(session, at.clone());
        Ok(at)
    }
}

/// What happened to a record.
pub(super) fn tell(reader: &Reader, of: &Reference) -> Result<Told, MirrorError> {
    let story = reader.story(&of.kind, &of.id, STATES)?;
    let mut packs: BTreeMap<PageNo, Acked> = BTreeMap::new();
    // Oldest first: what a later pack says of a page is how it ended.
    for pack in reader.packs(None, PACKS)?.into_iter().rev() {
        for (page, ..) in &pack.slices {
            packs.insert(*page, Acked::Pack(pack.no, pack.state.clone()));
        }
    }
    let mut times = Times::default();
    let mut scenes = Vec::with_capacity(story.steps.len());
    for step in story.steps {
        let at = times.of(reader, step.session)?;
        let acked = match step.page {
            Some(page) if !reader.waiting_keys(page)?.is_empty() => Acked::Pending,
            Some(page) => packs.get(&page).cloned().unwrap_or(Acked::Unknown),
            None => Acked::Unknown,
        };
        scenes.push(Scene { step, at, acked });
    }
    Ok(Told { scenes, left_out: story.left_out })
}
