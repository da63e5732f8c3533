//! The terminal's title and bell: told when what they say changes.

use super::super::message::Effect;
use super::super::model::Model;
use super::super::model::telling::{LONG, title};

/// Another title, where another one fits now.
pub(super) fn on_time(model: &mut Model) -> Option<Effect> {
    let title = title(model)?;
    if model.telling.title.as_ref() == Some(&title) {
        return None;
    }
    model.telling.title = Some(title.clone());
    Some(Effect::Title(title))
}

/// A run has ended: the bell, where it took long.
pub(super) fn ended(model: &Model) -> Option<Effect> {
    (model.telling.tells.bell && model.elapsed() > LONG).then_some(Effect::Bell)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::super::super::message::Message;
    use super::super::super::model::telling::Tells;
    use super::super::update;
    use super::*;
    use crate::engine::event::{QueueView, SessionView};
    use crate::engine::{Outcome, Phase, RunEnd, Snapshot};

    /// A run since so many seconds, with so much done of a thousand.
    fn running(seconds: u64, done: u64) -> Arc<Snapshot> {
        let queue = QueueView {
            // What a service calls its queues is in no title.
            name: "main\u{1b}]0;evil".into(),
            announced: Some(1_000),
            done,
            left: None,
            drained: false,
            grew: false,
        };
        let session = SessionView { short: "evil".into(), queues: vec![queue], ..SessionView::default() };
        Arc::new(Snapshot {
            phase: Phase::Draining,
            started: Some(Timestamp::UNIX_EPOCH - Duration::from_secs(seconds)),
            session: Some(session),
            ..Snapshot::default()
        })
    }

    fn ended(seconds: u64) -> Arc<Snapshot> {
        let outcome = Outcome { converged: true, end: RunEnd::Converged, error: None };
        let started = Some(Timestamp::UNIX_EPOCH - Duration::from_secs(seconds));
        let elapsed = Duration::from_secs(seconds);
        Arc::new(Snapshot { outcome: Some(outcome), started, elapsed, ..Snapshot::default() })
    }

    fn told(model: &mut Model, snapshot: Arc<Snapshot>) -> (Vec<String>, usize) {
        let effects = update(model, Message::Snapshot(snapshot));
        let bells = effects.iter().filter(|effect| **effect == Effect::Bell).count();
        let titles = effects.into_iter().filter_map(|effect| match effect {
            Effect::Title(title) => Some(title),
            _ => None,
        });
        (titles.collect(), bells)
    }

    #[test]
    fn a_long_run_is_told_once_for_each_change_and_rings_at_its_end() {
        let mut model = Model::new("evil", "evil", Timestamp::UNIX_EPOCH);
        model.telling.tells = Tells { title: true, bell: true };
        assert_eq!(told(&mut model, running(1, 10)), (vec![], 0));
        assert_eq!(told(&mut model, running(3, 620)), (vec!["drainboard: draining 62 %".to_owned()], 0));
        assert_eq!(told(&mut model, running(4, 629)), (vec![], 0));
        assert_eq!(told(&mut model, running(20, 1_000)), (vec!["drainboard: draining 99 %".to_owned()], 0));
        assert_eq!(told(&mut model, ended(20)), (vec!["drainboard: up to date".to_owned()], 1));
    }

    #[test]
    fn who_wants_neither_gets_neither_and_a_short_run_is_no_news() {
        let mut model = Model::new("demo", "", Timestamp::UNIX_EPOCH);
        for snapshot in [running(30, 10), ended(30)] {
            assert_eq!(told(&mut model, snapshot), (vec![], 0));
        }
        model.telling.tells = Tells { title: true, bell: true };
        for snapshot in [running(1, 10), ended(1)] {
            assert_eq!(told(&mut model, snapshot), (vec![], 0));
        }
    }
}
