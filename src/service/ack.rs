//! Acknowledgements: ack keys become numbers of the sequence in a device's ledger, durable before they are accepted.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::ServiceError;
use super::access::Sight;
use super::account::{Account, Head, Identity};
use crate::protocol::DeviceUuid;

/// An ack key, taken apart: `Contact-55-1234`. Clients must not do this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    word: String,
    id: String,
    seq: u64,
}

impl Key {
    /// Reads a key; none where it is no key of ours. Such a key is accepted and forgotten, like one that is repeated.
    pub(super) fn parse(key: &str) -> Option<Self> {
        let (rest, seq) = key.rsplit_once('-')?;
        let (word, id) = rest.split_once('-')?;
        let seq = seq.parse().ok().filter(|seq| *seq > 0)?;
        (!word.is_empty() && !id.is_empty()).then(|| Self { word: word.to_owned(), id: id.to_owned(), seq })
    }
}

impl Account {
    /// Notes that a device has what these keys stand for. Blocks until it is written.
    pub(super) fn acknowledge(
        self: &Arc<Self>,
        device: DeviceUuid,
        sight: Sight,
        keys: Vec<Key>,
    ) -> Result<(), ServiceError> {
        let account = Arc::clone(self);
        let done = self.store.write(move |file| account.acknowledge_in(file, device, sight, &keys));
        if done.is_err() {
            self.reload()?;
        }
        done
    }

    fn acknowledge_in(
        &self,
        file: &Connection,
        uuid: DeviceUuid,
        sight: Sight,
        keys: &[Key],
    ) -> rusqlite::Result<()> {
        self.know_device(file, uuid, sight)?;
        let mut late = Vec::new();
        let mut released: Vec<Identity> = Vec::new();
        {
            let mut state = self.state();
            let state = &mut *state;
            let Some(device) = state.devices.get_mut(&uuid) else { return Ok(()) };
            for key in keys.iter().filter(|key| key.seq <= state.last) {
                let new = device.acked.insert(key.seq);
                if state.vacated.contains(key.seq) {
                    if new {
                        late.push(key.seq);
                    }
                } else if !device.held.is_empty() {
                    let kind = self.kinds.iter().find(|(_, kind)| kind.word == key.word);
                    let identity = kind.map(|(kind, _)| (*kind, key.id.clone()));
                    released.extend(identity.filter(|identity| device.held.remove(identity)));
                }
            }
        }
        for (kind, id) in released {
            file.prepare_cached(
                "DELETE FROM held WHERE device = (SELECT device FROM device WHERE uuid = ?1) AND kind = ?2 AND id = ?3",
            )?
            .execute(rusqlite::params![uuid.to_string(), kind, id])?;
        }
        for seq in late {
            self.reconsider(file, uuid, seq)?;
        }
        self.save_ledger(file, uuid)
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
        if let Some(device) = self.state().devices.get_mut(&uuid)
            && (current.deleted || !device.sight.sees(current.owner))
        {
            device.acked.remove(current.seq);
        }
        Ok(())
    }
}
