//! The outbox: which ack keys still have to be accepted, and in which packs they leave.
//!
//! Promise: a key is in a page's row until the service accepted it, or refused it standing alone. What is in flight
//! is known in memory only: after a crash everything unaccepted is pending again, and sending a key twice is harmless.
//! Packs take slices across pages, oldest first. A refused pack comes again in halves. Keys that are held back by hand
//! are marked in their pages' rows, so that they stay held over a restart.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Range;

use rusqlite::{Connection, Result, params};

use super::ranges::Ranges;
use super::{Outbox, Pack, PackNo, PageNo, SessionNo, Settlement};

/// Settled packs that are remembered.
const PACKS_KEPT: i64 = 1_000;
/// Keys of a page that make its row large: they are not to be read anew for each of its packs.
const MANY: usize = 1_000;

/// Keys of one page, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Slice {
    page: PageNo,
    keys: Range<u32>,
}

/// Keys that leave together.
#[derive(Debug, Clone)]
struct Group {
    slices: Vec<Slice>,
    /// The number and the tries it had, if it failed before.
    again: Option<(PackNo, u32)>,
}

#[derive(Debug)]
struct Waiting {
    session: SessionNo,
    count: u32,
    settled: Ranges,
}

/// The outbox of an open mirror.
#[derive(Debug)]
pub(super) struct Queue {
    pages: BTreeMap<PageNo, Waiting>,
    /// Never offered in this run, oldest first.
    fresh: VecDeque<Slice>,
    /// Offered before: failed packs as they were, refused ones in halves.
    again: VecDeque<Group>,
    flying: HashMap<PackNo, Group>,
    next: PackNo,
    pending: u64,
    refused: u64,
    /// All keys are held back, those to come too.
    holding: bool,
    /// The last page of which a key was accepted since the outbox was read; 0 where none was.
    acknowledged: PageNo,
    /// The large page of which keys were read last, and all its keys.
    large: Option<(PageNo, Vec<String>)>,
}

impl Queue {
    /// Reads what an earlier run left.
    pub(super) fn load(connection: &Connection) -> Result<Self> {
        let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let mut queue = Self {
            pages: BTreeMap::new(),
            fresh: VecDeque::new(),
            again: VecDeque::new(),
            flying: HashMap::new(),
            next: number("SELECT coalesce(max(no), 0) + 1 FROM _pack")?,
            pending: 0,
            refused: number("SELECT refused FROM _total")? as u64,
            holding: number("SELECT EXISTS (SELECT 1 FROM _outbox WHERE held)")? == 1,
            acknowledged: 0,
            large: None,
        };
        let mut rows =
            connection.prepare("SELECT page, session, count, settled FROM _outbox ORDER BY page")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let (page, count): (PageNo, u32) = (row.get(0)?, row.get(2)?);
            let settled = row.get::<_, Option<String>>(3)?;
            let settled = settled.map_or_else(Ranges::default, |text| Ranges::from_json(&text));
            for keys in settled.gaps(count) {
                queue.pending += u64::from(keys.end - keys.start);
                queue.fresh.push_back(Slice { page, keys });
            }
            queue.pages.insert(page, Waiting { session: row.get(1)?, count, settled });
        }
        Ok(queue)
    }

    /// What the outbox holds.
    pub(super) fn counts(&self) -> Outbox {
        Outbox {
            pending: self.pending,
            refused: self.refused,
            held: if self.holding { self.pending } else { 0 },
        }
    }

    /// The last page of which a key was accepted since the outbox was read; 0 where none was.
    pub(super) fn acknowledged(&self) -> PageNo {
        self.acknowledged
    }

    /// Holds everything back, or releases it. What is in flight meets its fate.
    pub(super) fn hold(&mut self, connection: &Connection, hold: bool) -> Result<()> {
        self.holding = hold;
        connection.prepare_cached("UPDATE _outbox SET held = ?1 WHERE held <> ?1")?.execute([hold])?;
        Ok(())
    }

    /// Puts a page's keys in; `keys` is a JSON array of `count` strings.
    pub(super) fn add(
        &mut self,
        connection: &Connection,
        session: SessionNo,
        page: PageNo,
        keys: &str,
        count: u64,
    ) -> Result<()> {
        let count = count as u32;
        if count == 0 {
            return Ok(());
        }
        connection
            .prepare_cached(
                "INSERT INTO _outbox (page, session, count, keys, held) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![page, session, count, keys, self.holding])?;
        self.pages.insert(page, Waiting { session, count, settled: Ranges::default() });
        self.fresh.push_back(Slice { page, keys: 0..count });
        self.pending += u64::from(count);
        Ok(())
    }

    /// Takes the next pack of at most `max` keys; it is in flight until it is settled or put back.
    pub(super) fn take(&mut self, connection: &Connection, max: usize) -> Result<Option<Pack>> {
        if self.holding {
            return Ok(None);
        }
        let max = u32::try_from(max).unwrap_or(u32::MAX).max(1);
        let group = match self.again.pop_front() {
            Some(group) if length(&group.slices) <= max => group,
            Some(mut group) => {
                let rest = split(&mut group.slices, max);
                self.again.push_front(Group { slices: rest, again: None });
                Group { slices: group.slices, again: None }
            }
            None => Group { slices: self.take_fresh(max), again: None },
        };
        if group.slices.is_empty() {
            return Ok(None);
        }
        let mut keys = Vec::with_capacity(length(&group.slices) as usize);
        for slice in &group.slices {
            keys.append(&mut self.read(connection, slice)?);
        }
        let (no, tries) = group.again.unwrap_or_else(|| {
            self.next += 1;
            (self.next - 1, 0)
        });
        self.flying.insert(no, Group { again: Some((no, tries)), ..group });
        Ok(Some(Pack { no, keys, tries }))
    }

    fn take_fresh(&mut self, max: u32) -> Vec<Slice> {
        let mut slices = Vec::new();
        let mut room = max;
        while room > 0
            && let Some(slice) = self.fresh.pop_front()
        {
            let middle = slice.keys.end.min(slice.keys.start.saturating_add(room));
            room -= middle - slice.keys.start;
            if middle < slice.keys.end {
                self.fresh.push_front(Slice { page: slice.page, keys: middle..slice.keys.end });
            }
            slices.push(Slice { page: slice.page, keys: slice.keys.start..middle });
        }
        slices
    }

    /// Nobody took the pack over: it comes again as if it had not been taken.
    pub(super) fn put_back(&mut self, pack: PackNo) {
        if let Some(group) = self.flying.remove(&pack) {
            self.again.push_front(group);
        }
    }

    /// Says what became of a pack. A pack that is not in flight changes nothing.
    pub(super) fn settle(&mut self, connection: &Connection, no: PackNo, what: &Settlement) -> Result<()> {
        let Some(group) = self.flying.remove(&no) else { return Ok(()) };
        let tries = group.again.map_or(0, |(_, tries)| tries) + 1;
        let size = length(&group.slices);
        let (state, status, answer) = match what {
            Settlement::Accepted => ("accepted", Some(202), None),
            Settlement::Refused { status, answer } => ("refused", Some(*status), Some(answer)),
            Settlement::Failed { reason } => ("failed", None, Some(reason)),
        };
        let slices: Vec<_> = group.slices.iter().map(|s| (s.page, s.keys.start, s.keys.end)).collect();
        let slices = serde_json::to_string(&slices).unwrap_or_default(); // numbers always serialize
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO _pack (no, state, keys, tries, status, answer, slices, at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![no, state, size, tries, status, answer, slices, super::now()])?;
        connection.prepare_cached("DELETE FROM _pack WHERE no <= ?1")?.execute([no - PACKS_KEPT])?;
        match what {
            Settlement::Accepted => {
                let last = group.slices.iter().map(|slice| slice.page).max();
                self.acknowledged = self.acknowledged.max(last.unwrap_or(0));
                self.finish(connection, &group.slices)?;
            }
            Settlement::Refused { status, answer } if size == 1 => {
                self.refuse(connection, no, &group.slices, *status, answer)?;
                self.finish(connection, &group.slices)?;
            }
            Settlement::Refused { .. } => {
                let mut first = group.slices;
                let second = split(&mut first, size.div_ceil(2));
                self.again.push_front(Group { slices: second, again: None });
                self.again.push_front(Group { slices: first, again: None });
            }
            Settlement::Failed { .. } => {
                self.again.push_front(Group { slices: group.slices, again: Some((no, tries)) });
            }
        }
        Ok(())
    }

    /// Takes keys out of the outbox for good.
    fn finish(&mut self, connection: &Connection, slices: &[Slice]) -> Result<()> {
        for slice in slices {
            let Some(waiting) = self.pages.get_mut(&slice.page) else { continue };
            let before = waiting.settled.len();
            waiting.settled.insert(slice.keys.clone());
            self.pending -= u64::from(waiting.settled.len() - before);
            if waiting.settled.len() == waiting.count {
                self.pages.remove(&slice.page);
                self.large.take_if(|(page, _)| *page == slice.page);
                connection.prepare_cached("DELETE FROM _outbox WHERE page = ?1")?.execute([slice.page])?;
            } else {
                connection
                    .prepare_cached("UPDATE _outbox SET settled = ?2 WHERE page = ?1")?
                    .execute(params![slice.page, waiting.settled.to_json()])?;
            }
        }
        Ok(())
    }

    /// Keeps keys with what they were refused with. The service sends again what it does not count as acknowledged: a
    /// key that is refused once more is still one key, now with the newest answer.
    fn refuse(
        &mut self,
        connection: &Connection,
        pack: PackNo,
        slices: &[Slice],
        status: u16,
        answer: &str,
    ) -> Result<()> {
        for slice in slices {
            let session = self.pages.get(&slice.page).map_or(0, |waiting| waiting.session);
            for key in self.read(connection, slice)? {
                let known = connection
                    .prepare_cached("DELETE FROM _refused WHERE ack_key = ?1")?
                    .execute(params![key])?;
                connection
                    .prepare_cached(
                        "INSERT INTO _refused (ack_key, page, session, pack, status, answer, at) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    )?
                    .execute(params![key, slice.page, session, pack, status, answer, super::now()])?;
                self.refused += u64::from(known == 0);
            }
        }
        Ok(())
    }

    /// The keys of a slice. Those of a large page are kept for its next slices.
    fn read(&mut self, connection: &Connection, slice: &Slice) -> Result<Vec<String>> {
        let within = |all: &[String]| {
            let end = all.len().min(slice.keys.end as usize);
            end.min(slice.keys.start as usize)..end
        };
        if let Some((_, all)) = self.large.as_ref().filter(|(page, _)| *page == slice.page) {
            return Ok(all[within(all)].to_vec());
        }
        let mut all = read_keys(connection, slice.page)?;
        let keys = within(&all);
        if all.len() > MANY {
            let some = all[keys].to_vec();
            self.large = Some((slice.page, all));
            return Ok(some);
        }
        all.truncate(keys.end);
        all.drain(..keys.start);
        Ok(all)
    }
}

fn length(slices: &[Slice]) -> u32 {
    slices.iter().map(|slice| slice.keys.end - slice.keys.start).sum()
}

/// Leaves the first `keep` keys in `slices` and returns the others.
fn split(slices: &mut Vec<Slice>, keep: u32) -> Vec<Slice> {
    let (mut first, mut second, mut room) = (Vec::new(), Vec::new(), keep);
    for Slice { page, keys } in slices.drain(..) {
        let middle = keys.end.min(keys.start.saturating_add(room));
        room -= middle - keys.start;
        if keys.start < middle {
            first.push(Slice { page, keys: keys.start..middle });
        }
        if middle < keys.end {
            second.push(Slice { page, keys: middle..keys.end });
        }
    }
    *slices = first;
    second
}

fn read_keys(connection: &Connection, page: PageNo) -> Result<Vec<String>> {
    let mut row = connection.prepare_cached("SELECT keys FROM _outbox WHERE page = ?1")?;
    let text: String = row.query_row([page], |row| row.get(0))?;
    serde_json::from_str(&text)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(e)))
}
