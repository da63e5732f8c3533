//! The queues of sessions: what a device is owed at the start, handed out page by page; and which sessions there are.
//!
//! A queue is no list but a walk over the gaps of the device's ledger up to the account's last change at the start:
//! opening one costs what changed, a page costs a page, and a queue of millions costs nothing until it is taken.
//! What changes while a session is open leaves its queue and waits for the next session.

use std::time::Duration;

use rusqlite::Connection;

use super::ServiceError;
use super::access::Sight;
use super::account::{Account, Owed};
use super::page;
use super::record::Head;
use super::session::{Session, now};
use crate::protocol::DeviceUuid;

/// Active sessions of one account at most. The number is documented; that the next one is a 429 is a guess.
pub(super) const MOST_SESSIONS: usize = 100;
/// Up to so many changes a start looks at each; beyond, `total_count` is an estimate.
const COUNTED: u64 = 1_000;
/// Changes that one request looks at, once it has something to send.
const WALK: usize = 20_000;
/// Sessions whose queue is drained are remembered, so that each worker hears 204 and not 404; no more than so many.
const MOST_REMEMBERED: usize = 1_000;

/// How a start ended.
#[derive(Debug)]
pub(super) enum Started {
    /// The device has everything: 204.
    Nothing,
    /// A session: its id, and how much is owed.
    Session { id: String, total: u64 },
    /// There are as many as there may be.
    TooMany,
}

/// How taking a page ended.
#[derive(Debug)]
pub(super) enum Taken {
    /// A page: the body.
    Page(Vec<u8>),
    /// This queue is drained: 204.
    Drained,
    /// No such session, or not this device's, or expired: 404.
    Unknown,
}

impl Account {
    /// Starts a session for a device. Blocks.
    pub(super) fn start(
        self: &std::sync::Arc<Self>,
        device: DeviceUuid,
        sight: Sight,
        idle: Duration,
    ) -> Result<Started, ServiceError> {
        let account = std::sync::Arc::clone(self);
        self.store.write(move |file| account.start_in(file, device, sight, idle))
    }

    /// The same within a transaction. For the writer.
    pub(super) fn start_in(
        &self,
        file: &Connection,
        device: DeviceUuid,
        sight: Sight,
        idle: Duration,
    ) -> rusqlite::Result<Started> {
        self.know_device(file, device, sight)?;
        let before = self.with_device(file, device)?.device(device).sight;
        if before != sight {
            self.change_sight(file, device, before, sight)?;
        }
        self.expire(file, idle)?;
        if self.active() >= MOST_SESSIONS {
            return Ok(Started::TooMany);
        }
        let total = self.owed_in_all(file, device, sight)?;
        self.save_ledger(file, device)?;
        if total == 0 {
            return Ok(Started::Nothing);
        }
        let id = uuid::Uuid::new_v4().to_string();
        let mut state = self.with_device(file, device)?;
        let row = state.device(device).row;
        let upto = state.last;
        let session = Session::new(device, sight, upto, total);
        state.sessions.insert(id.clone(), session.clone());
        drop(state);
        session.insert(file, &id, row)?;
        Ok(Started::Session { id, total })
    }

    /// How much a device is owed: exact where little is, else an estimate, and never zero where something is. What
    /// turns out to be none of the device's business is settled on the way.
    fn owed_in_all(&self, file: &Connection, device: DeviceUuid, sight: Sight) -> rusqlite::Result<u64> {
        let (missing, upto) = {
            let state = self.with_device(file, device)?;
            (state.gaps(device).count(1, state.last), state.last)
        };
        let exact = missing <= COUNTED;
        let (mut from, mut owed) = (1, 0);
        loop {
            let runs = self.with_device(file, device)?.gaps(device).first(from, upto, 256);
            let Some(&(_, end)) = runs.last() else { return Ok(owed) };
            from = end + 1;
            for (first, last) in runs {
                owed += self.settle(file, device, sight, first, last)?;
            }
            if owed > 0 && !exact {
                return estimate(file, sight, missing).map(|guess| guess.max(owed));
            }
        }
    }

    /// Settles what is not owed of a run; how much is owed.
    fn settle(
        &self,
        file: &Connection,
        device: DeviceUuid,
        sight: Sight,
        first: u64,
        last: u64,
    ) -> rusqlite::Result<u64> {
        let mut owed = 0;
        let mut statement = file.prepare_cached(page::heads())?;
        let mut rows = statement.query([first as i64, last as i64])?;
        while let Some(row) = rows.next()? {
            let head = Head::from_row(row)?;
            if self.owed(file, device, &head, sight)? == Owed::Nothing {
                self.pass(device, head.seq);
            } else {
                owed += 1;
            }
        }
        Ok(owed)
    }

    /// Notes that a change is none of a device's business.
    fn pass(&self, device: DeviceUuid, seq: u64) {
        if let Some(device) = self.state().devices.get_mut(&device) {
            device.acked.insert(seq);
        }
    }

    /// Takes the next page off a session's queue. Blocks.
    pub(super) fn take(
        self: &std::sync::Arc<Self>,
        id: &str,
        device: DeviceUuid,
        sight: Sight,
        size: usize,
        idle: Duration,
    ) -> Result<Taken, ServiceError> {
        let loaded = self.store.read(|file| self.load_device(file, device))?;
        if !loaded || !self.touch(id, device, sight, idle) {
            return Ok(Taken::Unknown);
        }
        let (page, gone) = self.store.read(|file| {
            let epoch = self.with_device(file, device)?.device(device).epoch;
            let mut page = page::Writer::new(size, epoch);
            let mut walked = 0;
            while !page.full() && (page.is_empty() || walked < WALK) {
                let Some(runs) = self.claim(file, id, device, page.room())? else { return Ok((page, true)) };
                if runs.is_empty() {
                    break;
                }
                for (first, last) in runs {
                    walked += (last - first + 1) as usize;
                    for seq in page.fill(self, file, device, sight, first, last)? {
                        self.pass(device, seq);
                    }
                }
            }
            Ok((page, false))
        })?;
        if gone && page.is_empty() {
            return Ok(Taken::Unknown);
        }
        let left = self.keep(id, size)?;
        Ok(if page.is_empty() { Taken::Drained } else { Taken::Page(page.finish(left)) })
    }

    /// Whether a session is there for this device; then it is in use.
    fn touch(&self, id: &str, device: DeviceUuid, sight: Sight, idle: Duration) -> bool {
        self.state().sessions.get_mut(id).is_some_and(|session| session.touch(device, sight, idle))
    }

    /// Takes the next changes off a queue, for nobody else to take; empty at its end. None where the session is no
    /// more, which is no end.
    pub(super) fn claim(
        &self,
        file: &Connection,
        id: &str,
        device: DeviceUuid,
        most: usize,
    ) -> rusqlite::Result<Option<Vec<(u64, u64)>>> {
        let mut state = self.with_device(file, device)?;
        let Some(&Session { cursor, upto, .. }) = state.sessions.get(id) else { return Ok(None) };
        let runs = state.gaps(device).first(cursor + 1, upto, most);
        if let Some(session) = state.sessions.get_mut(id) {
            session.hand_out(&runs);
        }
        Ok(Some(runs))
    }

    /// Writes where a session is, now and then; how much is left in it.
    fn keep(self: &std::sync::Arc<Self>, id: &str, size: usize) -> Result<u64, ServiceError> {
        let (left, write) = {
            let mut state = self.state();
            let Some(session) = state.sessions.get_mut(id) else { return Ok(0) };
            let write = session.handed_out(size);
            (session.left, write.then(|| session.clone()))
        };
        if let Some(session) = write {
            let id = id.to_owned();
            self.store.write(move |file| session.save_ahead(file, &id))?;
        }
        Ok(left)
    }

    /// Sessions that may still hand out something.
    pub(super) fn active(&self) -> usize {
        self.state().sessions.values().filter(|session| !session.drained).count()
    }

    /// Drops the sessions that nobody used for too long.
    fn expire(&self, file: &Connection, idle: Duration) -> rusqlite::Result<()> {
        let now = now();
        let mut dead = Vec::new();
        {
            let mut state = self.state();
            let crowded = state.sessions.len() > MOST_REMEMBERED;
            state.sessions.retain(|id, session| {
                let keep = session.lives(now, idle) && !(crowded && session.drained);
                if !keep {
                    dead.push(id.clone());
                }
                keep
            });
        }
        let mut statement = file.prepare_cached("DELETE FROM session WHERE id = ?1")?;
        for id in dead {
            statement.execute([id])?;
        }
        Ok(())
    }

    /// Ends a device's sessions: they were for another sight.
    pub(super) fn end_sessions(&self, file: &Connection, device: DeviceUuid) -> rusqlite::Result<()> {
        let mut state = self.with_device(file, device)?;
        state.sessions.retain(|_, session| session.device != device);
        let row = state.device(device).row;
        drop(state);
        file.prepare_cached("DELETE FROM session WHERE device = ?1")?.execute([row])?;
        Ok(())
    }

    /// Ends all sessions, as if they had expired; how many there were. Blocks.
    pub(super) fn expire_all(self: &std::sync::Arc<Self>) -> Result<u64, ServiceError> {
        let account = std::sync::Arc::clone(self);
        self.store.write(move |file| {
            let ended = std::mem::take(&mut account.state().sessions).len();
            file.execute("DELETE FROM session", [])?;
            Ok(ended as u64)
        })
    }

    /// Writes where each session is, so that after a restart it goes on there. Blocks.
    pub(super) fn save_sessions(&self) -> Result<(), ServiceError> {
        let sessions: Vec<_> = self.state().sessions.iter().map(|(id, s)| (id.clone(), s.clone())).collect();
        self.store.write(move |file| sessions.iter().try_for_each(|(id, session)| session.save(file, id)))
    }
}

/// Of so many changes, those that a user sees, taken evenly.
fn estimate(file: &Connection, sight: Sight, missing: u64) -> rusqlite::Result<u64> {
    let Sight::Own(user) = sight else { return Ok(missing) };
    let (all, seen): (i64, i64) = file
        .prepare_cached(
            "SELECT coalesce(sum(live), 0), coalesce(sum(live) FILTER (WHERE owner IN (0, ?1)), 0) FROM tally",
        )?
        .query_row([user], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((missing as f64 * seen as f64 / all.max(1) as f64).ceil() as u64)
}
