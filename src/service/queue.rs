//! Sessions and their queue: what a device is owed at the start, handed out page by page.
//!
//! A queue is no list but a walk over the gaps of the device's ledger up to the account's last change at the start:
//! opening one costs what changed, a page costs a page, and a queue of millions costs nothing until it is taken.
//! What changes while a session is open leaves its queue and waits for the next session.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, params};

use super::ServiceError;
use super::access::Sight;
use super::account::{Account, Device, Head, Owed, State};
use super::ledger::Gaps;
use super::page;
use super::standing::DeviceStanding;
use crate::protocol::DeviceUuid;

/// Active sessions of one account at most. The number is documented; that the next one is a 429 is a guess.
pub(super) const MOST_SESSIONS: usize = 100;
/// Up to so many changes a start looks at each; beyond, `total_count` is an estimate.
const COUNTED: u64 = 1_000;
/// Changes that one request looks at, once it has something to send.
const WALK: usize = 20_000;
/// Pages by which the stored cursor runs ahead, so that a page costs no write.
const AHEAD: u64 = 64;
/// Sessions whose queue is drained are remembered, so that each worker hears 204 and not 404; no more than so many.
const MOST_REMEMBERED: usize = 1_000;

/// One synchronization session.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) device: DeviceUuid,
    pub(super) sight: Sight,
    /// The last number of the sequence that was handed out.
    cursor: u64,
    /// What the file says of it: never behind.
    stored: u64,
    /// The account's last change when the session started.
    upto: u64,
    /// Changes that are not handed out yet; a guide.
    left: u64,
    /// When it was last used, in seconds since 1970.
    used: u64,
    drained: bool,
}

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
        let session =
            Session { device, sight, cursor: 0, stored: 0, upto, left: total, used: now(), drained: false };
        state.sessions.insert(id.clone(), session);
        drop(state);
        file.prepare_cached(
            "INSERT INTO session (id, device, sight, cursor, upto, remaining, used, drained)
             VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, 0)",
        )?
        .execute(params![id, row, sight.number(), upto as i64, total as i64, now() as i64])?;
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
        let now = now();
        let mut state = self.state();
        let known = state
            .sessions
            .get_mut(id)
            .filter(|session| session.device == device && session.sight == sight && session.lives(now, idle));
        if let Some(session) = known {
            session.used = now;
            return true;
        }
        false
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
        let claimed: u64 = runs.iter().map(|(first, last)| last - first + 1).sum();
        if let Some(session) = state.sessions.get_mut(id) {
            session.cursor = runs.last().map_or(upto, |(_, last)| *last);
            session.left = if runs.is_empty() { 0 } else { session.left.saturating_sub(claimed) };
        }
        Ok(Some(runs))
    }

    /// Writes where a session is, now and then; how much is left in it.
    fn keep(self: &std::sync::Arc<Self>, id: &str, size: usize) -> Result<u64, ServiceError> {
        let (left, write) = {
            let mut state = self.state();
            let Some(session) = state.sessions.get_mut(id) else { return Ok(0) };
            let ended = session.cursor >= session.upto && !session.drained;
            let behind = session.cursor > session.stored;
            if ended {
                session.drained = true;
            }
            if behind {
                session.stored = session.upto.min(session.cursor + AHEAD * size as u64);
            }
            (session.left, (ended || behind).then(|| session.clone()))
        };
        if let Some(session) = write {
            let id = id.to_owned();
            self.store.write(move |file| session.save(file, &id, session.stored))?;
        }
        Ok(left)
    }

    /// How the devices stand that asked since the service began.
    pub(super) fn lately(&self) -> Vec<DeviceStanding> {
        let state = self.state();
        let standing = |(device, known): (&DeviceUuid, &Device)| {
            let own = state.sessions.values().filter(|session| session.device == *device);
            let handed_out = own.clone().map(|session| session.cursor).max().unwrap_or(0);
            let open = own.filter(|session| !session.drained);
            DeviceStanding {
                device: *device,
                sight: known.sight,
                sessions: open.clone().count() as u64,
                left: open.map(|session| session.left).sum(),
                unacknowledged: Gaps::new(&known.acked, &state.vacated).count(1, handed_out),
            }
        };
        let mut all: Vec<_> = state.devices.iter().map(standing).collect();
        all.sort_by_key(|standing| standing.device.0);
        all
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
        self.store.write(move |file| {
            sessions.iter().try_for_each(|(id, session)| session.save(file, id, session.cursor))
        })
    }
}

/// The sessions as the file has them, by their ids.
pub(super) fn sessions(file: &Connection) -> rusqlite::Result<HashMap<String, Session>> {
    let mut statement = file.prepare(
        "SELECT id, uuid, s.sight, cursor, upto, remaining, used, drained
         FROM session s JOIN device USING (device)",
    )?;
    let mut rows = statement.query([])?;
    let mut sessions = HashMap::new();
    while let Some(row) = rows.next()? {
        let number = |at| row.get::<_, i64>(at).map(|n| n as u64);
        let Ok(device) = row.get::<_, String>(1)?.parse() else { continue };
        let (cursor, upto, left, used) = (number(3)?, number(4)?, number(5)?, number(6)?);
        let (sight, drained) = (Sight::from_number(row.get(2)?), row.get(7)?);
        let session = Session { device, sight, cursor, stored: cursor, upto, left, used, drained };
        sessions.insert(row.get(0)?, session);
    }
    Ok(sessions)
}

impl State {
    /// The sessions are those of the file. One that is in memory too goes on from where it is: what it handed out is
    /// handed out.
    pub(super) fn take_sessions(&mut self, mut sessions: HashMap<String, Session>) {
        for (id, session) in &mut sessions {
            let Session { stored, drained, .. } = *session;
            if let Some(known) = self.sessions.remove(id) {
                *session = Session { stored, drained, ..known };
            }
        }
        self.sessions = sessions;
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

impl Session {
    fn lives(&self, now: u64, idle: Duration) -> bool {
        now.saturating_sub(self.used) < idle.as_secs()
    }

    fn save(&self, file: &Connection, id: &str, cursor: u64) -> rusqlite::Result<()> {
        file.prepare_cached(
            "UPDATE session SET cursor = ?2, remaining = ?3, used = ?4, drained = ?5 WHERE id = ?1",
        )?
        .execute(params![id, cursor as i64, self.left as i64, self.used as i64, self.drained])?;
        Ok(())
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
