//! The account in memory: what lies beside the file so that a request need not ask it. One lock, held for no I/O.
//!
//! The file is the truth; what is here is read from it, and is read again after a write that failed, by the writer's
//! thread: whoever asked for the write need not know.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};

use super::access::Sight;
use super::ledger::{Gaps, SeqSet};
use super::made::Made;
use super::record::{self, Head, Id, Identity, Kind};
use super::session::{self, Session};
use super::store::Store;
use crate::protocol::DeviceUuid;

/// What one device has, as far as its acknowledgements tell.
#[derive(Debug)]
pub(super) struct Device {
    /// Its row in the file.
    pub(super) row: i64,
    /// As whom it acknowledged what it acknowledged.
    pub(super) sight: Sight,
    /// How often its sight changed. Keys of an earlier time say something else: they were made for other eyes.
    pub(super) epoch: u64,
    /// The changes that are settled: acknowledged, or none of its business.
    pub(super) acked: SeqSet,
    /// What it has beside that, from the time of another sight.
    pub(super) held: HashSet<Identity>,
}

/// What requests share.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) devices: HashMap<DeviceUuid, Device>,
    pub(super) sessions: HashMap<String, Session>,
    /// The numbers of the sequence whose state is no more.
    pub(super) vacated: SeqSet,
    /// The last number of the sequence.
    pub(super) last: u64,
    /// The records of what was handed out lately.
    pub(super) made: Made,
}

impl State {
    /// A device that is in memory for sure: see [`Account::with_device`].
    pub(super) fn device(&mut self, uuid: DeviceUuid) -> &mut Device {
        self.devices.get_mut(&uuid).expect("who asks has made sure of it")
    }

    /// What such a device may be owed.
    pub(super) fn gaps(&self, uuid: DeviceUuid) -> Gaps<'_> {
        Gaps::new(&self.devices[&uuid].acked, &self.vacated)
    }
}

/// The account: its file, and what is kept in memory of it.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) store: Store,
    pub(super) kinds: HashMap<i64, Kind>,
    /// Whether some records came with ack keys of their own.
    pub(super) given: bool,
    /// The store has it too, for when a write fails.
    state: Arc<Mutex<State>>,
}

/// What a device is owed of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owed {
    /// It never had it, or lost sight of it.
    Created,
    /// It has an earlier state.
    Updated,
    /// It has it, and should not.
    Deleted,
    /// It has not and shall not.
    Nothing,
}

impl Account {
    /// Reads what is kept in memory.
    pub(super) fn load(store: Store) -> Result<Self, super::ServiceError> {
        let (kinds, given) = store.read(|file| Ok((record::kinds(file)?, record::given(file)?)))?;
        let state = Arc::<Mutex<State>>::default();
        store.read(|file| reread(&state, file))?;
        let memory = Arc::clone(&state);
        store.when_a_write_failed(Box::new(move |file| reread(&memory, file)));
        Ok(Self { store, kinds, given, state })
    }

    /// What requests share. Held for no I/O.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// What requests share, with a device in it for sure: memory forgets all of them after a write that failed.
    ///
    /// # Errors
    /// Where the file does not know the device either.
    pub(super) fn with_device(
        &self,
        file: &Connection,
        uuid: DeviceUuid,
    ) -> rusqlite::Result<MutexGuard<'_, State>> {
        loop {
            let state = self.state();
            if state.devices.contains_key(&uuid) {
                return Ok(state);
            }
            drop(state);
            if !self.load_device(file, uuid)? {
                let missing = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTFOUND);
                let why = format!("the device {uuid} is not in it");
                return Err(rusqlite::Error::SqliteFailure(missing, Some(why)));
            }
        }
    }

    /// Makes sure that a device is in memory; whether the file knows it.
    pub(super) fn load_device(&self, file: &Connection, uuid: DeviceUuid) -> rusqlite::Result<bool> {
        if self.state().devices.contains_key(&uuid) {
            return Ok(true);
        }
        let known = file
            .prepare_cached("SELECT device, sight, epoch FROM device WHERE uuid = ?1")?
            .query_row([uuid.to_string()], |row| {
                Ok((row.get(0)?, Sight::from_number(row.get(1)?), row.get::<_, i64>(2)? as u64))
            })
            .optional()?;
        let Some((row, sight, epoch)) = known else { return Ok(false) };
        let mut acked = SeqSet::default();
        let mut statement = file.prepare_cached("SELECT chunk, bits FROM acked WHERE device = ?1")?;
        let mut rows = statement.query([row])?;
        while let Some(row) = rows.next()? {
            acked.load(row.get::<_, i64>(0)? as u64, row.get_ref(1)?.as_blob()?);
        }
        let held = file
            .prepare_cached("SELECT kind, id FROM held WHERE device = ?1")?
            .query_map([row], |row| Ok((row.get(0)?, Id::from_key(row.get_ref(1)?.as_str()?))))?
            .collect::<rusqlite::Result<_>>()?;
        self.state().devices.entry(uuid).or_insert(Device { row, sight, epoch, acked, held });
        Ok(true)
    }

    /// Like [`Self::load_device`], and makes the device known where it is not. For the writer.
    pub(super) fn know_device(
        &self,
        file: &Connection,
        uuid: DeviceUuid,
        sight: Sight,
    ) -> rusqlite::Result<()> {
        if !self.load_device(file, uuid)? {
            file.prepare_cached("INSERT INTO device (uuid, sight, epoch) VALUES (?1, ?2, 0)")?
                .execute(params![uuid.to_string(), sight.number()])?;
            self.load_device(file, uuid)?;
        }
        Ok(())
    }

    /// Whether all that a device has is in its ledger; then it never had what has no earlier state.
    pub(super) fn holds_nothing(&self, uuid: DeviceUuid) -> bool {
        self.state().devices.get(&uuid).is_some_and(|device| device.held.is_empty())
    }

    /// Remembers the records, by number, type and id, of what leaves in a page.
    pub(super) fn handed_out(&self, records: &[(u64, i64, i64)]) {
        let mut state = self.state();
        for (seq, kind, id) in records {
            state.made.note(*seq, *kind, *id);
        }
    }

    /// Writes what changed in a device's ledger. For the writer.
    pub(super) fn save_ledger(&self, file: &Connection, uuid: DeviceUuid) -> rusqlite::Result<()> {
        let (row, dirty) = {
            let mut state = self.with_device(file, uuid)?;
            let device = state.device(uuid);
            (device.row, device.acked.take_dirty())
        };
        let mut statement =
            file.prepare_cached("INSERT OR REPLACE INTO acked (device, chunk, bits) VALUES (?1, ?2, ?3)")?;
        for (chunk, bits) in dirty {
            statement.execute(params![row, chunk as i64, bits])?;
        }
        Ok(())
    }

    /// What a device is owed of a record whose current state it did not settle.
    pub(super) fn owed(
        &self,
        file: &Connection,
        uuid: DeviceUuid,
        head: &Head,
        sight: Sight,
    ) -> rusqlite::Result<Owed> {
        let wanted = head.wanted(sight);
        let has = self.has(file, uuid, head)?;
        Ok(match (wanted, has) {
            (true, false) => Owed::Created,
            (true, true) => Owed::Updated,
            (false, true) => Owed::Deleted,
            (false, false) => Owed::Nothing,
        })
    }

    /// Whether a device has an earlier state of a record: the last one that it settled was for it to see.
    pub(super) fn has(&self, file: &Connection, uuid: DeviceUuid, head: &Head) -> rusqlite::Result<bool> {
        let sight = {
            let mut state = self.with_device(file, uuid)?;
            let device = state.device(uuid);
            if !device.held.is_empty() && device.held.contains(&(head.kind, head.id.clone())) {
                return Ok(true);
            }
            device.sight
        };
        let mut prior = head.prior;
        while prior != 0 {
            let acked = self.with_device(file, uuid)?.device(uuid).acked.contains(prior);
            let former = file
                .prepare_cached("SELECT prior, owner, deleted FROM former WHERE seq = ?1")?
                .query_row([prior as i64], |row| {
                    Ok((row.get::<_, i64>(0)? as u64, row.get::<_, Option<i64>>(1)?, row.get::<_, bool>(2)?))
                })
                .optional()?;
            let Some((before, owner, deleted)) = former else { return Ok(false) };
            if acked {
                return Ok(!deleted && sight.sees(owner));
            }
            prior = before;
        }
        Ok(false)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads into memory what it has of the file, at first and after a write that failed: what such a write did to it is
/// undone, whatever that was. Devices are read when somebody asks for them.
fn reread(state: &Mutex<State>, file: &Connection) -> rusqlite::Result<()> {
    let mut vacated = SeqSet::default();
    let mut statement = file.prepare("SELECT seq FROM former")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        vacated.insert(row.get::<_, i64>(0)? as u64);
    }
    vacated.take_dirty();
    let (last, sessions) = (last_seq(file)?, session::read(file)?);
    let mut state = lock(state);
    (state.vacated, state.last) = (vacated, last);
    state.devices.clear();
    session::put_back(&mut state.sessions, sessions);
    Ok(())
}

/// The last number of the change sequence that a file has used.
pub(super) fn last_seq(file: &Connection) -> rusqlite::Result<u64> {
    file.query_row(
        "SELECT max(coalesce((SELECT max(seq) FROM record), 0), coalesce((SELECT max(seq) FROM former), 0))",
        [],
        |row| row.get::<_, i64>(0),
    )
    .map(|last| last as u64)
}
