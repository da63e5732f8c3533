//! A mirror becomes another device: the service has never seen it and sends everything again.
//!
//! One transaction. The rows stay, and so does the guard of their revisions; what the outbox holds are keys of the
//! device that goes, which nobody can deliver any more. The devices that a mirror was are kept in
//! `_meta.former_devices`, a JSON array, oldest first.

use std::path::Path;

use rusqlite::{Connection, Result, TransactionBehavior, params};

use super::{Identity, Mirror, MirrorError, PATIENCE, lost, open};
use crate::protocol::DeviceUuid;

/// What became of a mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewed {
    /// The device it is now.
    pub device: DeviceUuid,
    /// The device it was.
    pub former: DeviceUuid,
    /// Keys of the former device that were pending, and are no more.
    pub dropped: u64,
}

impl Mirror {
    /// Makes the mirror at `path` a fresh device. Takes its lock, so no run may be on. Blocks.
    ///
    /// # Errors
    /// As [`Mirror::open`]; then nothing has changed.
    pub fn renew(path: &Path, identity: &Identity) -> std::result::Result<Renewed, MirrorError> {
        let mut opened = open::open(path, identity, PATIENCE)?;
        let former = opened.device;
        let device = DeviceUuid::fresh();
        let dropped = replace(&mut opened.connection, former, device)
            .map_err(|e| MirrorError::sqlite("cannot write", &opened.path, e))?;
        Ok(Renewed { device, former, dropped })
    }
}

fn replace(connection: &mut Connection, former: DeviceUuid, device: DeviceUuid) -> Result<u64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let dropped: i64 = transaction.query_row("SELECT pending FROM _total", [], |row| row.get(0))?;
    transaction.execute("DELETE FROM _outbox", [])?;
    transaction.execute("UPDATE _total SET pending = 0", [])?;
    transaction.execute(
        "INSERT INTO _meta (key, value) VALUES ('former_devices', json_array(?1)) \
         ON CONFLICT (key) DO UPDATE SET value = json_insert(value, '$[#]', ?1)",
        params![former.to_string()],
    )?;
    transaction.execute("UPDATE _meta SET value = ?1 WHERE key = 'device'", params![device.to_string()])?;
    lost::forget(&transaction)?;
    transaction.commit()?;
    Ok(dropped as u64)
}
