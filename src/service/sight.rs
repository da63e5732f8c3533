//! A device whose user sees other records than before: its ledger is written anew, once, by comparing everything.

use std::collections::HashSet;

use rusqlite::{Connection, params};

use super::access::Sight;
use super::account::Account;
use super::ledger::SeqSet;
use super::record::{Head, Identity};
use crate::protocol::DeviceUuid;

impl Account {
    /// Rewrites a device's ledger for another sight. Costs what there is, not what changed.
    ///
    /// What it has and may no longer see becomes *held*, so that its delete is owed; what it may see now and did not
    /// have is owed; the rest is settled.
    pub(super) fn change_sight(
        &self,
        file: &Connection,
        uuid: DeviceUuid,
        before: Sight,
        after: Sight,
    ) -> rusqlite::Result<()> {
        self.end_sessions(file, uuid)?;
        let mut acked = SeqSet::default();
        let mut held: HashSet<Identity> = HashSet::new();
        let sql = format!("SELECT {} FROM record", Head::COLUMNS);
        let mut statement = file.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let head = Head::from_row(row)?;
            let settled = self.with_device(file, uuid)?.device(uuid).acked.contains(head.seq);
            let had =
                if settled { !head.deleted && before.sees(head.owner) } else { self.has(file, uuid, &head)? };
            let wanted = !head.deleted && after.sees(head.owner);
            let current = settled && had;
            if (wanted && current) || (!wanted && !had) {
                acked.insert(head.seq);
            } else if had {
                held.insert((head.kind, head.id));
            }
        }
        drop(rows);
        let row = {
            let mut state = self.with_device(file, uuid)?;
            let device = state.device(uuid);
            acked.all_dirty();
            device.acked = acked;
            device.held.clone_from(&held);
            device.sight = after;
            device.epoch += 1;
            device.row
        };
        file.execute("DELETE FROM acked WHERE device = ?1", [row])?;
        file.execute("DELETE FROM held WHERE device = ?1", [row])?;
        file.execute(
            "UPDATE device SET sight = ?2, epoch = epoch + 1 WHERE device = ?1",
            params![row, after.number()],
        )?;
        let mut insert = file.prepare("INSERT INTO held (device, kind, id) VALUES (?1, ?2, ?3)")?;
        for (kind, id) in held {
            insert.execute(params![row, kind, id.to_string()])?;
        }
        Ok(())
    }
}
