//! Acknowledgements: ack keys become numbers of the sequence in a device's ledger, durable before they are accepted.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::ServiceError;
use super::access::Sight;
use super::account::{Account, State};
use super::record::{Head, Id, Identity};
use crate::protocol::DeviceUuid;

/// An ack key, taken apart: `Contact-55-1234`. Clients must not do this.
///
/// A delete's key ends in `x`; after a change of sight a key ends in `.` and how many there were, so that a key which
/// arrives later than such a change is told from one that was made for what the device sees now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key<'k> {
    pub(super) word: &'k str,
    pub(super) id: Id,
    pub(super) seq: u64,
    pub(super) delete: bool,
    pub(super) epoch: u64,
}

impl<'k> Key<'k> {
    /// Reads a key; none where it is no key of ours. Such a key is accepted and forgotten, like one that is repeated.
    pub(super) fn parse(key: &'k str) -> Option<Self> {
        let (rest, state) = key.rsplit_once('-')?;
        let (word, id) = rest.split_once('-')?;
        let (state, epoch) = match state.split_once('.') {
            Some((state, epoch)) => (state, epoch.parse().ok()?),
            None => (state, 0),
        };
        let (seq, delete) = state.strip_suffix('x').map_or((state, false), |seq| (seq, true));
        let seq = seq.parse().ok().filter(|seq| *seq > 0)?;
        (!word.is_empty() && !id.is_empty()).then(|| Self { word, id: Id::from_key(id), seq, delete, epoch })
    }
}

impl Account {
    /// Notes that a device has what these keys stand for. Blocks until it is written.
    pub(super) fn acknowledge(
        self: &Arc<Self>,
        device: DeviceUuid,
        sight: Sight,
        keys: Vec<String>,
    ) -> Result<(), ServiceError> {
        let account = Arc::clone(self);
        self.store.write(move |file| account.acknowledge_in(file, device, sight, &keys))
    }

    fn acknowledge_in(
        &self,
        file: &Connection,
        uuid: DeviceUuid,
        sight: Sight,
        keys: &[String],
    ) -> rusqlite::Result<()> {
        self.know_device(file, uuid, sight)?;
        let (keys, given) = self.read_keys(file, keys)?;
        let (mut late, mut outdated) = (Vec::new(), Vec::new());
        let mut released: Vec<Identity> = Vec::new();
        {
            let mut state = self.with_device(file, uuid)?;
            let State { devices, vacated, last, .. } = &mut *state;
            let device = devices.get_mut(&uuid).expect("made sure of above");
            for seq in given {
                device.acked.insert(seq);
            }
            for key in keys.iter().filter(|key| key.seq <= *last) {
                if key.epoch != device.epoch {
                    // A delete of that time is offered again if it still stands.
                    outdated.extend((!key.delete).then_some(key));
                    continue;
                }
                let new = device.acked.insert(key.seq);
                if vacated.contains(key.seq) {
                    if new {
                        late.push(key.seq);
                    }
                } else if !device.held.is_empty() {
                    released.extend(self.identity(key).filter(|identity| device.held.remove(identity)));
                }
            }
        }
        for (kind, id) in released {
            file.prepare_cached(
                "DELETE FROM held WHERE device = (SELECT device FROM device WHERE uuid = ?1) AND kind = ?2 AND id = ?3",
            )?
            .execute(rusqlite::params![uuid.to_string(), kind, id.to_string()])?;
        }
        for seq in late {
            self.reconsider(file, uuid, seq)?;
        }
        for key in outdated {
            self.hold(file, uuid, key)?;
        }
        self.save_ledger(file, uuid)
    }

    /// What keys stand for: those of ours taken apart, and the changes whose records came with a key of their own. What
    /// this account never made is left out: it may be another's, left in a mirror.
    fn read_keys<'k>(
        &self,
        file: &Connection,
        keys: &'k [String],
    ) -> rusqlite::Result<(Vec<Key<'k>>, Vec<u64>)> {
        let (mut ours, mut given) = (Vec::with_capacity(keys.len()), Vec::new());
        let mut by_key = file.prepare_cached("SELECT seq FROM given WHERE ack_key = ?1")?;
        let mut by_seq = file.prepare_cached(
            "SELECT kind, id FROM record WHERE seq = ?1 UNION ALL SELECT kind, id FROM former WHERE seq = ?1",
        )?;
        for text in keys {
            if self.given
                && let Some(seq) = by_key.query_row([text], |row| row.get::<_, i64>(0)).optional()?
            {
                given.push(seq as u64);
                continue;
            }
            let Some(key) = Key::parse(text) else { continue };
            let of = |kind: i64, id: Id| {
                self.kinds.get(&kind).is_some_and(|kind| kind.word == key.word) && id == key.id
            };
            // Nearly all are of pages that left a moment ago.
            let remembered = self.state().made.record(key.seq);
            let made = match remembered {
                Some((kind, id)) => of(kind, Id::Int(id)),
                None => by_seq
                    .query_row([key.seq as i64], |row| Ok(of(row.get(0)?, Id::from_column(row.get_ref(1)?))))
                    .optional()?
                    .unwrap_or_default(),
            };
            ours.extend(made.then_some(key));
        }
        Ok((ours, given))
    }

    /// A former state was acknowledged late. If the record went out of sight since, and that was settled because the
    /// device did not seem to have it, its delete is owed after all.
    fn reconsider(&self, file: &Connection, uuid: DeviceUuid, seq: u64) -> rusqlite::Result<()> {
        let current = file
            .prepare_cached(
                "SELECT r.seq, r.kind, r.id, r.owner, r.revision, r.prior, r.deleted
                 FROM former f JOIN record r ON r.kind = f.kind AND r.id = f.id WHERE f.seq = ?1",
            )?
            .query_row([seq as i64], Head::from_row)
            .optional()?;
        let Some(current) = current else { return Ok(()) };
        if !self.has(file, uuid, &current)? {
            return Ok(());
        }
        let mut state = self.with_device(file, uuid)?;
        let device = state.device(uuid);
        if current.deleted || !device.sight.sees(current.owner) {
            device.acked.remove(current.seq);
        }
        Ok(())
    }

    /// A key from the time of another sight: the device has the record, whether or not it may see it now. If it may
    /// and nothing changed, that settles it; else the record is held, and an update or a delete is owed.
    fn hold(&self, file: &Connection, uuid: DeviceUuid, key: &Key<'_>) -> rusqlite::Result<()> {
        let Some((kind, id)) = self.identity(key) else { return Ok(()) };
        let sql =
            "SELECT seq, kind, id, owner, revision, prior, deleted FROM record WHERE kind = ?1 AND id = ?2";
        let current = file
            .prepare_cached(sql)?
            .query_row(rusqlite::params![kind, id.column()], Head::from_row)
            .optional()?;
        let Some(current) = current else { return Ok(()) };
        let row = {
            let mut state = self.with_device(file, uuid)?;
            let device = state.device(uuid);
            let wanted = !current.deleted && device.sight.sees(current.owner);
            if wanted && (current.seq == key.seq || device.acked.contains(current.seq)) {
                device.acked.insert(current.seq);
                return Ok(());
            }
            device.acked.remove(current.seq);
            device.held.insert((kind, id.clone()));
            device.row
        };
        file.prepare_cached("INSERT OR IGNORE INTO held (device, kind, id) VALUES (?1, ?2, ?3)")?
            .execute(rusqlite::params![row, kind, id.to_string()])?;
        Ok(())
    }

    /// Which record a key speaks of.
    fn identity(&self, key: &Key<'_>) -> Option<Identity> {
        let (kind, _) = self.kinds.iter().find(|(_, kind)| kind.word == key.word)?;
        Some((*kind, key.id.clone()))
    }
}
