//! Faults on purpose: the one place where an answer can go wrong because somebody asked for it.
//!
//! `kind` is what can go wrong, `plan` when it does and how that is written, `spoil` makes finished answers wrong.

mod kind;
mod plan;
mod spoil;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) use kind::Fault;
pub(super) use plan::Plan;
pub(super) use spoil::instead;

/// Faults that are waiting. More than these are refused: each request looks at all of them.
const MOST: usize = 1_000;

/// What still will go wrong, in requests; what has no end counts as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bends {
    /// Every so many requests one is a 429; 0 = none.
    pub limit_every: u32,
    /// Other answers instead of the right ones, or none in time.
    pub failing: u32,
    /// Connections that end without an answer, nothing done.
    pub resets: u32,
    /// Bodies that end, or stop, in the middle.
    pub cuts: u32,
    /// Requests that are done and never answered.
    pub silent: u32,
    /// Pages without items, nothing taken.
    pub empties: u32,
    /// Packs that are taken and answered 200.
    pub mistaken: u32,
}

/// What is still to go wrong.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Planned>);

#[derive(Debug, Default)]
struct Planned {
    plans: Vec<Plan>,
    /// Every so many requests that no plan meets one is a 429, and how many came since.
    limit_every: u32,
    since: u32,
}

impl Faults {
    /// Adds a plan, after those that are there; false where there are too many.
    pub(super) fn plan(&self, plan: Plan) -> bool {
        let mut planned = self.planned();
        planned.plans.retain(|plan| !plan.is_over());
        let room = planned.plans.len() < MOST;
        if room {
            planned.plans.push(plan);
        }
        room
    }

    /// Answers every `n`th request with 429; 0 = none.
    pub(super) fn limit_every(&self, n: u32) {
        let mut planned = self.planned();
        planned.limit_every = n;
        planned.since = 0;
    }

    /// Nothing goes wrong any more.
    pub(super) fn clear(&self) {
        *self.planned() = Planned::default();
    }

    /// What still will go wrong.
    pub(super) fn bends(&self) -> Bends {
        let planned = self.planned();
        let mut bends = Bends { limit_every: planned.limit_every, ..Bends::default() };
        for plan in &planned.plans {
            let count = match plan.fault() {
                Fault::Reset => &mut bends.resets,
                Fault::Lost => &mut bends.silent,
                Fault::Empty => &mut bends.empties,
                Fault::Ack200 => &mut bends.mistaken,
                Fault::Cut | Fault::Stall(_) => &mut bends.cuts,
                _ => &mut bends.failing,
            };
            *count = count.saturating_add(plan.left());
        }
        bends
    }

    /// What goes wrong with this request: the first plan whose turn it is. Every plan counts the requests it is about.
    pub(super) fn next(&self, path: &str) -> Option<Fault> {
        let mut planned = self.planned();
        let mut due = None;
        for plan in planned.plans.iter_mut().filter(|plan| plan.is_about(path)) {
            if plan.is_turn() && due.is_none() {
                due = Some(plan.take());
            }
        }
        planned.plans.retain(|plan| !plan.is_over());
        if due.is_some() {
            return due;
        }
        planned.since = planned.since.saturating_add(1);
        if planned.limit_every == 0 || planned.since < planned.limit_every {
            return None;
        }
        planned.since = 0;
        Some(Fault::Instead(429, None))
    }

    fn planned(&self) -> MutexGuard<'_, Planned> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
