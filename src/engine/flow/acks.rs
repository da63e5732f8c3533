//! What leaves the outbox and when. One pack at a time, beside the takes.
//!
//! A pack leaves when it is full, when its oldest key has the age of the ack interval, when somebody asks, and when
//! nothing else is left to do (drained, before a start, at a stop). While a drain fills the pack so fast that it will
//! be full within twice the interval, age alone does not send it: the rate is for pages. What has piled up behind a
//! pack goes in a larger one: each pack waits for the disk twice, and keys that come quicker than that hold up the
//! pages. A pack that the service calls too large (413) makes all that follow in the run half as large.

use std::collections::VecDeque;
use std::time::Duration;

use super::Flow;
use super::hold::Hold;
use super::io::{Cost, Output, PackFacts};
use super::retries::Tries;
use super::{Next, Stage};
use crate::engine::event::{EventKind, PackState, PackView, RunEnd};
use crate::mirror::{Outbox, Settlement};
use crate::text;

/// The status of a body that is too large.
const TOO_LARGE: u16 = 413;
/// Settled packs that a snapshot shows.
const SHOWN: usize = 48;

/// Where the pack of the moment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// There is none.
    None,
    /// Being read from the outbox.
    Fetching,
    /// Read, not sent.
    Ready(PackFacts),
    /// Sent at that time.
    InFlight(PackFacts, Duration),
    /// Its fate is being written: so many keys leave the pending ones.
    Settling { gone: u64 },
}

/// The outbox as far as the flow knows it.
#[derive(Debug)]
pub(super) struct Acks {
    /// Keys committed and not accepted, held ones included.
    pub(super) pending: u64,
    /// Of these, held back by hand.
    pub(super) held: u64,
    /// Since when the oldest waits.
    oldest: Option<Duration>,
    pub(super) stand: Stand,
    pub(super) tries: Tries,
    /// What somebody wants held or lost.
    pub(super) hold: Hold,
    /// Send all there is, whatever size and age.
    pub(super) flush: bool,
    /// Asked for by hand: goes out in a pause too.
    pub(super) by_hand: bool,
    /// Keys at which a pack is full.
    fill: usize,
    /// Keys that it takes at most, where more wait: as many as was asked for, until the service refuses that as too
    /// large.
    most: usize,
    /// Too many keys are pending; until it has come down a good part.
    pub(super) full: bool,
    /// How often something else changed the outbox than what is asked of it now: a commit, a hold.
    outbox_epoch: u64,
    /// The epoch in which it was asked, where no commit was on its way: only in that one its word is the whole truth.
    asked_in: Option<u64>,
    history: VecDeque<PackView>,
}

impl Acks {
    pub(super) fn new(fill: usize, most: usize) -> Self {
        Self {
            fill,
            most: most.max(fill),
            pending: 0,
            held: 0,
            hold: Hold::default(),
            oldest: None,
            stand: Stand::None,
            tries: Tries::default(),
            flush: false,
            by_hand: false,
            full: false,
            outbox_epoch: 0,
            asked_in: None,
            history: VecDeque::new(),
        }
    }

    /// Keys at which a pack leaves.
    pub(super) fn full_at(&self) -> usize {
        self.fill.min(self.most)
    }

    /// Keys that may be sent.
    pub(super) fn deliverable(&self) -> u64 {
        if self.hold.wanted { 0 } else { self.pending.saturating_sub(self.held) }
    }

    pub(super) fn in_flight(&self) -> Option<PackFacts> {
        match self.stand {
            Stand::InFlight(pack, _) => Some(pack),
            _ => None,
        }
    }

    /// Whether something of the outbox is on its way to the service or to the disk.
    pub(super) fn busy(&self) -> bool {
        !matches!(self.stand, Stand::None | Stand::Ready(_))
    }

    /// Something changed the outbox: what it was asked before is answered with what was.
    pub(super) fn outbox_moved(&mut self) {
        self.outbox_epoch += 1;
    }

    /// The outbox is asked now, with pages being applied or without.
    fn outbox_asked(&mut self, applying: bool) {
        self.asked_in = (!applying).then_some(self.outbox_epoch);
    }

    /// Whether what the outbox answers is still so.
    fn outbox_is_right(&self) -> bool {
        self.asked_in == Some(self.outbox_epoch)
    }

    /// The moment at which age alone sends the pack; none while nothing waits.
    pub(super) fn leaves_at(&self, interval: Duration, filling: bool) -> Option<Duration> {
        let soon_full = filling && self.deliverable() * 2 >= self.full_at() as u64;
        self.oldest.map(|oldest| oldest + if soon_full { interval * 2 } else { interval })
    }

    fn remember(&mut self, view: PackView) {
        self.history.retain(|known| known.no != view.no);
        self.history.push_front(view);
        self.history.truncate(SHOWN);
    }

    /// The packs for a snapshot: the filling one, the one in flight, the settled ones.
    pub(super) fn views(&self, now: Duration) -> Vec<PackView> {
        let since = |at: Duration| now.saturating_sub(at);
        let current = match self.stand {
            Stand::Ready(pack) => Some((pack, PackState::Filling, Duration::ZERO)),
            Stand::InFlight(pack, at) => Some((pack, PackState::InFlight, since(at))),
            _ => None,
        };
        let filling = self.pending.saturating_sub(current.map_or(0, |(pack, ..)| pack.keys));
        let time = self.oldest.map_or(Duration::ZERO, since);
        let filling = (filling > 0).then_some(PackView {
            no: None,
            keys: filling,
            state: PackState::Filling,
            tries: 0,
            time,
        });
        let current = current.map(|(pack, state, time)| {
            let tries = pack.tries + u32::from(state == PackState::InFlight);
            PackView { no: Some(pack.no), keys: pack.keys, state, tries, time }
        });
        let shown = current.as_ref().and_then(|pack| pack.no);
        let settled = self.history.iter().filter(|pack| pack.no != shown).cloned();
        filling.into_iter().chain(current).chain(settled).collect()
    }
}

impl Flow {
    /// What the outbox holds, known for sure.
    pub(super) fn outbox_is(&mut self, outbox: Outbox) {
        self.acks.pending = outbox.pending;
        self.acks.held = outbox.held;
        if outbox.pending == 0 {
            self.acks.oldest = None;
        } else {
            self.acks.oldest.get_or_insert(self.now);
        }
        self.meter.count().refused_keys = outbox.refused;
        self.outbox_changed();
    }

    /// A page brought keys.
    pub(super) fn keys_committed(&mut self, keys: u64) {
        if keys > 0 {
            self.acks.pending += keys;
            self.acks.oldest.get_or_insert(self.now);
        }
        self.acks.outbox_moved();
        self.outbox_changed();
    }

    pub(super) fn outbox_changed(&mut self) {
        let (cap, deliverable) = (self.config.outbox_cap, self.acks.deliverable());
        self.acks.full =
            !self.config.peek && (deliverable >= cap || self.acks.full && deliverable > cap / 4 * 3);
        self.meter.count().pending_acks = self.acks.pending;
        if deliverable == 0 {
            self.acks.flush = false;
            self.acks.by_hand = false;
        }
    }

    /// Whether a pack should leave now.
    fn pack_wanted(&self) -> bool {
        let acks = &self.acks;
        if self.config.peek || acks.deliverable() == 0 {
            return false;
        }
        if let Some(leaving) = &self.leaving {
            return leaving.flush && self.now < leaving.cut_at;
        }
        if acks.flush || acks.full || matches!(self.stage, Stage::Flushing(_)) {
            return true;
        }
        let filling = matches!(self.stage, Stage::Draining) && !self.control.paused;
        let full = acks.deliverable() >= acks.full_at() as u64;
        let aged = acks.leaves_at(self.config.ack_interval, filling);
        full || aged.is_some_and(|at| at <= self.now)
    }

    /// Reads the next pack where one should leave.
    pub(super) fn fetch_pack(&mut self) -> bool {
        if self.acks.stand != Stand::None
            || !self.pack_wanted()
            || matches!(self.stage, Stage::Closing | Stage::Over)
        {
            return false;
        }
        self.acks.stand = Stand::Fetching;
        self.acks.outbox_asked(self.applying());
        self.out.push(Output::NextPack { max: self.acks.most });
        true
    }

    pub(super) fn on_pack(&mut self, pack: PackFacts) {
        self.acks.stand = Stand::Ready(pack);
        self.put_back_held();
    }

    /// The outbox has nothing to send although keys should be there: they are held.
    pub(super) fn on_no_pack(&mut self, outbox: Outbox) {
        self.acks.stand = Stand::None;
        if self.acks.outbox_is_right() {
            let held = Outbox { held: outbox.pending, ..outbox };
            self.outbox_is(held);
        }
    }

    /// Sends the pack that is ready.
    pub(super) fn acknowledge(&mut self) {
        let Stand::Ready(pack) = self.acks.stand else { return };
        self.acks.stand = Stand::InFlight(pack, self.now);
        self.acks.tries.begin(self.now);
        self.request(None, self.acks.tries.failures > 0);
        self.emit(EventKind::PackSent { pack: pack.no, keys: pack.keys, attempt: pack.tries + 1 });
        self.out.push(Output::Acknowledge(pack.no));
    }

    pub(super) fn on_accepted(&mut self, cost: Cost) {
        let Some(pack) = self.acks.in_flight() else { return };
        self.answered(cost, None);
        self.let_in();
        let totals = self.meter.count();
        totals.acked += pack.keys;
        totals.packs += 1;
        self.acks.tries = Tries::default();
        self.settle(Settlement::Accepted);
        self.emit(EventKind::PackAccepted {
            pack: pack.no,
            keys: pack.keys,
            attempt: pack.tries + 1,
            elapsed_ms: cost.elapsed.as_millis() as u64,
        });
    }

    /// Writes what became of the pack of the moment.
    pub(super) fn settle(&mut self, settlement: Settlement) {
        let (pack, at, sent) = match self.acks.stand {
            Stand::InFlight(pack, at) => (pack, at, true),
            Stand::Ready(pack) => (pack, self.now, false),
            _ => return,
        };
        let (state, gone) = match &settlement {
            Settlement::Accepted => (PackState::Accepted, pack.keys),
            Settlement::Refused { .. } => (PackState::Refused, u64::from(pack.keys == 1)),
            Settlement::Failed { .. } => (PackState::Failed, 0),
        };
        if matches!(settlement, Settlement::Refused { status: TOO_LARGE, .. }) {
            self.acks.most = self.acks.most.min((pack.keys as usize).div_ceil(2)).max(1);
        }
        let (tries, time) = (pack.tries + u32::from(sent), self.now.saturating_sub(at));
        self.acks.remember(PackView { no: Some(pack.no), keys: pack.keys, state, tries, time });
        if gone > 0 {
            self.acks.oldest = Some(at);
        }
        self.acks.stand = Stand::Settling { gone };
        self.acks.outbox_asked(self.applying());
        self.out.push(Output::Settle(pack.no, settlement));
    }

    pub(super) fn on_settled(&mut self, outbox: Outbox) {
        let Stand::Settling { gone } = self.acks.stand else { return };
        self.acks.stand = Stand::None;
        if self.acks.outbox_is_right() {
            return self.outbox_is(outbox);
        }
        self.acks.pending = self.acks.pending.saturating_sub(gone);
        self.acks.held = outbox.held;
        // Nothing but a pack's fate changes these, and of how many keys that is news the mirror alone knows.
        self.meter.count().refused_keys = outbox.refused;
        if self.acks.pending == 0 {
            self.acks.oldest = None;
        }
        self.outbox_changed();
    }

    /// While leaving: a pack that failed is not tried again.
    pub(super) fn stop_flushing(&mut self) {
        if let Some(leaving) = &mut self.leaving {
            leaving.flush = false;
        }
    }

    /// Goes on where the outbox is empty and the stage waited for that.
    pub(super) fn flushed(&mut self) -> bool {
        let Stage::Flushing(next) = &self.stage else { return false };
        let acks = &self.acks;
        if acks.stand != Stand::None {
            return false;
        }
        if acks.pending == 0 || self.config.peek {
            match next.clone() {
                Next::Start => self.stage = Stage::Starting,
                Next::Finish(outcome) => self.leave_with(outcome, Duration::ZERO, false),
            }
            return true;
        }
        if acks.deliverable() == 0 {
            if acks.hold.writing.is_some() || acks.hold.wanted && matches!(next, Next::Start) {
                return false; // whoever holds them is there to release them
            }
            let keys = text::grouped(acks.pending);
            self.fail(
                RunEnd::Unreachable,
                format!("{keys} keys are held back by hand, and no session starts before they are accepted: release them"),
            );
            return true;
        }
        false
    }
}
