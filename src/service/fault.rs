//! Faults on purpose: the one place where an answer can go wrong because somebody asked for it.
//!
//! `kind` is what can go wrong, `plan` when it does and how that is written, `spoil` makes finished answers wrong.

mod kind;
mod plan;
mod spoil;

use std::sync::{Mutex, PoisonError};

pub(super) use kind::Fault;
pub(super) use plan::Plan;
pub(super) use spoil::instead;

/// Faults that are waiting. More than these are refused: each request looks at all of them.
const MOST: usize = 1_000;

/// What is still to go wrong.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Vec<Plan>>);

impl Faults {
    /// Adds a plan, after those that are there; false where there are too many.
    pub(super) fn plan(&self, plan: Plan) -> bool {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plans.retain(|plan| !plan.is_over());
        let room = plans.len() < MOST;
        if room {
            plans.push(plan);
        }
        room
    }

    /// Forgets all of them.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What goes wrong with this request: the first plan whose turn it is. Every plan counts the requests it is about.
    pub(super) fn next(&self, path: &str) -> Option<Fault> {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due = None;
        for plan in plans.iter_mut().filter(|plan| plan.is_about(path)) {
            if plan.is_turn() && due.is_none() {
                due = Some(plan.take());
            }
        }
        plans.retain(|plan| !plan.is_over());
        due
    }
}
