//! The two ends of the line as plain maps: a service with a ledger and sessions, a mirror with rows and an outbox.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use drainboard::mirror::{Counts, Outbox, PackNo, Receipt, Settlement};

use crate::twin::Twin;
use crate::world::Mutant;

/// A record at a revision; it is its own ack key.
pub(crate) type Key = (u32, u32);

/// A key and its place in the outbox.
type Slot = (u64, Key);

/// Whether a record is deleted at a revision.
pub(crate) fn is_dead(revision: u32) -> bool {
    revision % 4 == 3
}

/// What the service answers with: pages of keys.
#[derive(Debug, Default)]
pub(crate) struct Service {
    /// The account: the newest revision of each record.
    pub(crate) data: BTreeMap<u32, u32>,
    /// What this device acknowledged.
    pub(crate) acked: BTreeMap<u32, u32>,
    sessions: HashMap<u32, Vec<VecDeque<Key>>>,
    pub(crate) opened: u32,
    pub(crate) page: usize,
    pub(crate) queues: usize,
    /// Keys that the service calls wrong for ever.
    pub(crate) bad: BTreeSet<Key>,
    /// Keys a pack at most; 0 = no bound.
    pub(crate) most: usize,
    /// Records that cannot be delivered.
    pub(crate) broken: BTreeSet<u32>,
    /// Adds so much of what was acknowledged long ago to each session.
    pub(crate) repeats: usize,
    /// Every key that came so.
    pub(crate) repeated: BTreeSet<Key>,
    /// In so many of a thousand pages something comes twice, and something comes in an older revision behind the new
    /// one.
    pub(crate) odd: u32,
}

impl Service {
    pub(crate) fn new(records: u32, page: usize) -> Self {
        Self { data: (1..=records).map(|id| (id, 1)).collect(), page, queues: 1, ..Self::default() }
    }

    /// Whatever it did wrong it does no more.
    pub(crate) fn heal(&mut self) {
        self.bad.clear();
        self.broken.clear();
        self.repeats = 0;
    }

    /// Opens a session: its number and the lengths of its queues; none where nothing is to do.
    pub(crate) fn start(&mut self) -> Option<(u32, Vec<u64>)> {
        let missing: Vec<Key> = self
            .data
            .iter()
            .map(|(id, rev)| (*id, *rev))
            .filter(|(id, rev)| self.acked.get(id) != Some(rev))
            .collect();
        if missing.is_empty() {
            return None;
        }
        let mut queues = vec![VecDeque::new(); self.queues];
        for (n, key) in missing.into_iter().filter(|(id, _)| !self.broken.contains(id)).enumerate() {
            let queue = n % self.queues.max(1);
            if let Some(queue) = queues.get_mut(queue) {
                queue.push_back(key);
            }
        }
        for (id, rev) in self.acked.iter().take(self.repeats) {
            if let Some(queue) = queues.first_mut() {
                queue.push_back((*id, *rev));
                self.repeated.insert((*id, *rev));
            }
        }
        self.opened += 1;
        let lengths = queues.iter().map(|queue| queue.len() as u64).collect();
        self.sessions.insert(self.opened, queues);
        Some((self.opened, lengths))
    }

    /// Takes a page off a queue: its keys and how many are left; `Ok(None)` is a 204, `Err` a 404.
    pub(crate) fn take(&mut self, session: u32, queue: usize) -> Result<Option<(Vec<Key>, u64)>, ()> {
        let queue = self.sessions.get_mut(&session).and_then(|queues| queues.get_mut(queue)).ok_or(())?;
        if queue.is_empty() {
            return Ok(None);
        }
        let keys: Vec<Key> = (0..self.page).map_while(|_| queue.pop_front()).collect();
        Ok(Some((keys, queue.len() as u64)))
    }

    /// Whether nothing is left in a session's queues; of one that is forgotten nobody can say.
    pub(crate) fn is_drained(&self, session: u32) -> bool {
        self.sessions.get(&session).is_none_or(|queues| queues.iter().all(VecDeque::is_empty))
    }

    pub(crate) fn forget(&mut self, session: u32) {
        self.sessions.remove(&session);
    }

    /// Takes a pack, or refuses it as a whole: with what status.
    pub(crate) fn acknowledge(&mut self, keys: &[Key]) -> Result<(), u16> {
        if self.most > 0 && keys.len() > self.most {
            return Err(413);
        }
        if keys.iter().any(|key| self.bad.contains(key)) {
            return Err(422);
        }
        for (id, rev) in keys {
            let known = self.acked.entry(*id).or_default();
            *known = (*known).max(*rev);
        }
        Ok(())
    }
}

/// What survives a crash, and the packs in flight, which do not. Where it has a twin, the real mirror does the same and
/// must agree in everything that can be seen.
#[derive(Debug, Default)]
pub(crate) struct Mirror {
    pub(crate) rows: BTreeMap<u32, u32>,
    /// Every key that was ever durable.
    pub(crate) seen: BTreeSet<Key>,
    outbox: VecDeque<Slot>,
    again: VecDeque<Vec<Slot>>,
    flying: BTreeMap<PackNo, Vec<Slot>>,
    pub(crate) refused: BTreeSet<Key>,
    packs: PackNo,
    pages: i64,
    places: u64,
    pub(crate) sessions: i64,
    pub(crate) held: u64,
    pub(crate) holding: bool,
    pub(crate) twin: Option<Twin>,
    pub(crate) mutant: Mutant,
}

impl Mirror {
    pub(crate) fn begin_session(&mut self) -> i64 {
        self.sessions += 1;
        if let Some(twin) = &mut self.twin {
            twin.begin_session(self.sessions);
        }
        self.sessions
    }

    pub(crate) fn apply(&mut self, keys: &[Key]) -> Receipt {
        self.pages += 1;
        let here = |id: u32, rev: u32| keys.iter().any(|key| key.0 == id && key.1 > rev);
        let mut counts = Counts::default();
        let mut changed = 0;
        for (id, rev) in keys {
            let row = self.rows.entry(*id).or_default();
            match rev.cmp(row) {
                std::cmp::Ordering::Greater => {
                    *row = *rev;
                    changed += 1;
                }
                std::cmp::Ordering::Equal => counts.same += 1,
                std::cmp::Ordering::Less if self.mutant == Mutant::NoGuard => *row = *rev,
                std::cmp::Ordering::Less if self.mutant == Mutant::LaterPageWins && !here(*id, *rev) => {
                    *row = *rev;
                }
                std::cmp::Ordering::Less => counts.stale += 1,
            }
            if is_dead(*rev) {
                counts.deleted += 1;
            } else {
                counts.created += 1;
            }
            self.seen.insert((*id, *rev));
        }
        self.put(keys);
        let echo = (changed == 0 && !keys.is_empty()).then(|| {
            let mut hasher = DefaultHasher::new();
            keys.hash(&mut hasher);
            hasher.finish()
        });
        let receipt = Receipt {
            page: self.pages,
            echo,
            kinds: vec![("thing".to_owned(), counts)],
            keys: keys.len() as u64,
            changed,
            pending: self.outbox().pending,
            commit_micros: 1,
        };
        if let Some(twin) = &mut self.twin {
            twin.apply(keys, &receipt);
        }
        receipt
    }

    /// Whether a record is as new as anything that came of it.
    pub(crate) fn is_newest(&self, id: u32) -> bool {
        let newest = self.seen.range((id, 0)..=(id, u32::MAX)).next_back();
        newest.map(|(_, rev)| rev) == self.rows.get(&id)
    }

    /// Puts keys into the outbox.
    pub(crate) fn put(&mut self, keys: &[Key]) {
        for key in keys {
            self.places += 1;
            self.outbox.push_back((self.places, *key));
        }
    }

    pub(crate) fn outbox(&self) -> Outbox {
        let pending = self.outbox.len()
            + self.again.iter().map(Vec::len).sum::<usize>()
            + self.flying.values().map(Vec::len).sum::<usize>();
        let held = if self.holding { pending as u64 } else { self.held };
        Outbox { pending: pending as u64, refused: self.refused.len() as u64, held }
    }

    pub(crate) fn hold(&mut self, hold: bool) {
        self.holding = hold;
        self.held = 0;
        let outbox = self.outbox();
        if let Some(twin) = &mut self.twin {
            twin.hold(hold, &outbox);
        }
    }

    pub(crate) fn next_pack(&mut self, max: usize) -> Option<(PackNo, Vec<Key>)> {
        let slots = self.next_slots(max);
        let keys: Vec<Key> = slots.iter().map(|(_, key)| *key).collect();
        if let Some(twin) = &mut self.twin {
            twin.next_pack(max, self.packs + 1, &keys);
        }
        if keys.is_empty() {
            return None;
        }
        self.packs += 1;
        self.flying.insert(self.packs, slots);
        Some((self.packs, keys))
    }

    fn next_slots(&mut self, max: usize) -> Vec<Slot> {
        if self.holding {
            return Vec::new();
        }
        if let Some(mut slots) = self.again.pop_front() {
            if slots.len() > max {
                self.again.push_front(slots.split_off(max));
            }
            return slots;
        }
        let free = (self.outbox.len() as u64).saturating_sub(self.held) as usize;
        self.outbox.drain(..max.min(free)).collect()
    }

    pub(crate) fn settle(&mut self, pack: PackNo, settlement: &Settlement) -> Outbox {
        let mut slots = self.flying.remove(&pack).unwrap_or_default();
        match settlement {
            Settlement::Accepted => {}
            Settlement::Refused { .. } if slots.len() == 1 => {
                self.refused.extend(slots.iter().map(|(_, key)| *key));
            }
            Settlement::Refused { .. } => {
                let second = slots.split_off(slots.len().div_ceil(2));
                self.again.push_front(second);
                self.again.push_front(slots);
            }
            Settlement::Failed { .. } => self.again.push_front(slots),
        }
        let outbox = self.outbox();
        if let Some(twin) = &mut self.twin {
            twin.settle(pack, settlement, &outbox);
        }
        outbox
    }

    /// What a crash leaves: packs that were taken out are in the outbox again, oldest first; only keys are held.
    pub(crate) fn reopen(&mut self) {
        if self.mutant == Mutant::LosePacks {
            self.flying.clear();
        }
        let flying = std::mem::take(&mut self.flying).into_values();
        let loose = flying.chain(std::mem::take(&mut self.again)).flatten();
        self.outbox.extend(loose);
        self.outbox.make_contiguous().sort_unstable();
        self.holding &= !self.outbox.is_empty();
        let outbox = self.outbox();
        if let Some(twin) = &mut self.twin {
            twin.reopen(&outbox, &self.rows);
        }
    }
}
