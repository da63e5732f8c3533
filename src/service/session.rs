//! One session: whose it is, how far its queue is handed out, and its row in the account's file. Knows no account.
//!
//! Promise: a session only goes forward, and its row is never behind it, so that a service that dies hands nothing out
//! twice within a session; a page costs no write, since the row runs ahead of it.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, params};

use super::access::Sight;
use crate::protocol::DeviceUuid;

/// Pages by which the stored cursor runs ahead, so that a page costs no write.
const AHEAD: u64 = 64;

/// One synchronization session.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) device: DeviceUuid,
    pub(super) sight: Sight,
    /// The last number of the sequence that was handed out.
    pub(super) cursor: u64,
    /// What the file says of it: never behind.
    stored: u64,
    /// The account's last change when the session started.
    pub(super) upto: u64,
    /// Changes that are not handed out yet; a guide.
    pub(super) left: u64,
    /// When it was last used, in seconds since 1970.
    used: u64,
    /// It has said that it is: it is kept to say so again.
    pub(super) drained: bool,
}

impl Session {
    /// A session that begins now, over what changed up to a number, `left` of it the device's business.
    pub(super) fn new(device: DeviceUuid, sight: Sight, upto: u64, left: u64) -> Self {
        Self { device, sight, cursor: 0, stored: 0, upto, left, used: now(), drained: false }
    }

    /// Uses it, for whom it is; whether that is one, and it was used lately enough.
    pub(super) fn touch(&mut self, device: DeviceUuid, sight: Sight, idle: Duration) -> bool {
        let now = now();
        let known = self.device == device && self.sight == sight && self.lives(now, idle);
        if known {
            self.used = now;
        }
        known
    }

    /// Whether it was used lately enough. `now` in seconds since 1970.
    pub(super) fn lives(&self, now: u64, idle: Duration) -> bool {
        now.saturating_sub(self.used) < idle.as_secs()
    }

    /// These changes are handed out, in order; none: there are no more.
    pub(super) fn hand_out(&mut self, runs: &[(u64, u64)]) {
        let count: u64 = runs.iter().map(|(first, last)| last - first + 1).sum();
        self.cursor = runs.last().map_or(self.upto, |(_, last)| *last);
        self.left = if runs.is_empty() { 0 } else { self.left.saturating_sub(count) };
    }

    /// A page of so many items was handed out; whether [`Self::save_ahead`] has something to write.
    pub(super) fn handed_out(&mut self, items: usize) -> bool {
        let ended = self.cursor >= self.upto && !self.drained;
        let behind = self.cursor > self.stored;
        self.drained |= ended;
        if behind {
            self.stored = self.upto.min(self.cursor + AHEAD * items as u64);
        }
        ended || behind
    }

    /// Writes its first row. `device` is the device's row.
    pub(super) fn insert(&self, file: &Connection, id: &str, device: i64) -> rusqlite::Result<()> {
        file.prepare_cached(
            "INSERT INTO session (id, device, sight, cursor, upto, remaining, used, drained)
             VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, 0)",
        )?
        .execute(params![
            id,
            device,
            self.sight.number(),
            self.upto as i64,
            self.left as i64,
            self.used as i64
        ])?;
        Ok(())
    }

    /// Writes where it will be some pages on: what a service that dies before has not handed out waits for the next
    /// session.
    pub(super) fn save_ahead(&self, file: &Connection, id: &str) -> rusqlite::Result<()> {
        self.write(file, id, self.stored)
    }

    /// Writes where it is.
    pub(super) fn save(&self, file: &Connection, id: &str) -> rusqlite::Result<()> {
        self.write(file, id, self.cursor)
    }

    fn write(&self, file: &Connection, id: &str, cursor: u64) -> rusqlite::Result<()> {
        file.prepare_cached(
            "UPDATE session SET cursor = ?2, remaining = ?3, used = ?4, drained = ?5 WHERE id = ?1",
        )?
        .execute(params![id, cursor as i64, self.left as i64, self.used as i64, self.drained])?;
        Ok(())
    }
}

/// The sessions as the file has them, by their ids.
pub(super) fn read(file: &Connection) -> rusqlite::Result<HashMap<String, Session>> {
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

/// Makes the sessions those of the file. One that is in memory too goes on from where it is: what it handed out is
/// handed out.
pub(super) fn put_back(sessions: &mut HashMap<String, Session>, mut of_file: HashMap<String, Session>) {
    for (id, session) in &mut of_file {
        let Session { stored, drained, .. } = *session;
        if let Some(known) = sessions.remove(id) {
            *session = Session { stored, drained, ..known };
        }
    }
    *sessions = of_file;
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(upto: u64) -> Session {
        let device = "00000000-0000-4000-8000-000000000001".parse().unwrap();
        Session::new(device, Sight::Everything, upto, upto)
    }

    #[test]
    fn the_row_is_never_behind_and_few_pages_cost_a_write() {
        let mut session = session(20_000);
        let (mut pages, mut writes) = (0, 0);
        while !session.drained {
            let from = session.cursor + 1;
            let run = (from, session.upto.min(from + 99));
            session.hand_out(if from > session.upto { &[] } else { std::slice::from_ref(&run) });
            writes += u64::from(session.handed_out(100));
            pages += 1;
            assert!(session.stored >= session.cursor, "{session:?}");
        }
        assert_eq!((session.left, pages), (0, 200));
        assert!((2..=5).contains(&writes), "{writes} writes");
    }

    #[test]
    fn what_is_read_again_takes_nothing_back_that_was_handed_out() {
        let (mut here, mut of_file) = (session(100), session(100));
        here.hand_out(&[(1, 40)]);
        of_file.stored = 10;
        let mut sessions = HashMap::from([("a".to_owned(), here), ("gone".to_owned(), session(5))]);
        put_back(&mut sessions, HashMap::from([("a".to_owned(), of_file)]));
        assert_eq!(sessions.len(), 1);
        assert_eq!((sessions["a"].cursor, sessions["a"].stored, sessions["a"].left), (40, 10, 60));
    }
}
