//! Is a mirror sound? SQLite's own check of the file, then its tables, what must hold between them, and each record
//! against its data. Reads, never mends.

mod records;
mod schema;

use serde::Serialize;

use super::ranges::Ranges;
use super::{MirrorError, Reader, names::quoted};
use crate::text::{grouped, visible};

/// Findings of SQLite that are told; a broken file has thousands.
const TOLD: usize = 20;

/// Something that does not hold, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault(pub String);

impl Reader {
    /// Looks the whole mirror over: reads every page of the file, then every record.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read at all.
    pub fn health(&self) -> Result<Vec<Fault>, MirrorError> {
        let say = |e| self.error(e);
        // The open statement holds one state of the mirror for all that follow, whoever writes meanwhile.
        let mut pin = self.connection.prepare("SELECT one FROM _total").map_err(say)?;
        let mut pin = pin.query([]).map_err(say)?;
        if pin.next().map_err(say)?.is_none() {
            return Ok(vec![Fault("the counters are missing".to_owned())]);
        }
        let mut faults = self.file()?;
        // Where the file is broken, what it says of itself is worth nothing; nor what is in tables that are not right.
        if faults.is_empty() {
            schema::look(self, &mut faults)?;
        }
        if faults.is_empty() {
            self.counters(&mut faults)?;
            self.outbox(&mut faults)?;
            self.two_places(&mut faults)?;
            records::look(self, &mut faults)?;
        }
        Ok(faults)
    }

    fn file(&self) -> Result<Vec<Fault>, MirrorError> {
        let say = |e| self.error(e);
        let mut check = self.connection.prepare(&format!("PRAGMA quick_check({TOLD})")).map_err(say)?;
        let found = check.query_map([], |row| super::reader::text(row, 0)).map_err(say)?;
        let mut faults = Vec::new();
        for line in found {
            let line = line.map_err(say)?;
            if line != "ok" {
                faults.push(Fault(visible(&line).into_owned()));
            }
        }
        Ok(faults)
    }

    fn number(&self, sql: &str) -> Result<u64, MirrorError> {
        let number = self.connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        number.map(|n| n as u64).map_err(|e| self.error(e))
    }

    fn counters(&self, faults: &mut Vec<Fault>) -> Result<(), MirrorError> {
        let mut expect = |what: &str, counted: u64, found: u64| {
            if counted != found {
                let (counted, found) = (grouped(counted), grouped(found));
                faults.push(Fault(format!("{what}: counted {counted}, found {found}")));
            }
        };
        for kind in self.kinds()? {
            let rows = self.number(&format!("SELECT count(*) FROM {}", quoted(&kind.table)))?;
            expect(&format!("records of {}", visible(&kind.name)), kind.rows, rows);
        }
        for (what, column, table) in [
            ("tombstones", "tombstones", "_tombstone"),
            ("instructions without an id", "unkeyed", "_unkeyed"),
            ("refused keys", "refused", "_refused"),
        ] {
            let counted = self.number(&format!("SELECT {column} FROM _total"))?;
            expect(what, counted, self.number(&format!("SELECT count(*) FROM {table}"))?);
        }
        Ok(())
    }

    /// Each page's keys are as many as it says, and what is pending is what is not settled.
    fn outbox(&self, faults: &mut Vec<Fault>) -> Result<(), MirrorError> {
        let say = |e| self.error(e);
        let mut pages = self
            .connection
            .prepare("SELECT page, count, settled, keys FROM _outbox ORDER BY page")
            .map_err(say)?;
        let mut pages = pages.query([]).map_err(say)?;
        let mut pending = 0;
        while let Some(row) = pages.next().map_err(say)? {
            let (page, count): (i64, u32) = (row.get(0).map_err(say)?, row.get(1).map_err(say)?);
            let settled = row.get::<_, Option<String>>(2).map_err(say)?;
            let settled = settled.map_or_else(Ranges::default, |text| Ranges::from_json(&text));
            pending += settled.gaps(count).iter().map(|keys| u64::from(keys.end - keys.start)).sum::<u64>();
            let keys = super::reader::text(row, 3).map_err(say)?;
            let keys = serde_json::from_str::<Vec<String>>(&keys).map(|keys| keys.len() as u64);
            if keys.as_ref().ok() != Some(&u64::from(count)) {
                faults.push(Fault(format!("ack keys of page {page}: they are not the {count} that it had")));
            }
        }
        let counted = self.number("SELECT pending FROM _total")?;
        if counted != pending {
            let (counted, pending) = (grouped(counted), grouped(pending));
            faults.push(Fault(format!("pending acks: counted {counted}, found {pending}")));
        }
        Ok(())
    }

    /// A record is there or was deleted, never both.
    fn two_places(&self, faults: &mut Vec<Fault>) -> Result<(), MirrorError> {
        for kind in self.kinds()? {
            let sql = format!(
                "SELECT count(*) FROM _tombstone dead JOIN {} here ON here.id = dead.id WHERE dead.type = ?1",
                quoted(&kind.table)
            );
            let both = self.connection.query_row(&sql, [&kind.name], |row| row.get::<_, i64>(0));
            let both = both.map_err(|e| self.error(e))? as u64;
            if both > 0 {
                let kind = visible(&kind.name).into_owned();
                faults.push(Fault(format!("{kind}: {} are both there and deleted", grouped(both))));
            }
        }
        Ok(())
    }
}
