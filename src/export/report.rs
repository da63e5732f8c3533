//! What an exit kit says of itself: what is complete, what is not, and how to prove it. `report.json` for programs and
//! `report.md` for people, from the same facts.

use std::fmt::Write as _;

use serde::Serialize;

use super::manifest::Source;
use super::parents::ImportOrder;
use crate::mirror::SessionEnd;
use crate::mirror::orphans::Orphaned;
use crate::protocol::RecordId;
use crate::text::{counted, grouped, visible};

/// The day on which the service ends.
const END: jiff::civil::Date = jiff::civil::date(2027, 8, 31);

/// The facts.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The program and its version.
    pub program: String,
    /// When it was made, RFC 3339 UTC.
    pub made: String,
    /// Days until Sell ends, 2027-08-31; negative afterwards.
    pub days_left: i64,
    /// Where it comes from.
    pub mirror: Source,
    /// Every type of the mirror.
    pub types: Vec<TypeNote>,
    /// Types that the documentation names and the mirror has never seen.
    pub never_seen: Vec<String>,
    /// References that lead nowhere.
    pub missing_parents: Vec<MissingParent>,
    /// References to records of types that never came at all.
    pub never_came: Vec<MissingParent>,
    /// Objects that the service could not deliver, as the sessions counted them.
    pub failed_objects: u64,
    /// Those of them that are known by name, at most 1,000.
    pub failed: Vec<Failed>,
    /// Files and pictures that the records name by address: not fetched.
    pub not_fetched: Vec<Addresses>,
    /// In which order types can be imported.
    pub import_order: ImportOrder,
    /// What is not complete, in words; empty where all that can be known is fine.
    pub open: Vec<String>,
}

/// A type.
#[derive(Debug, Clone, Serialize)]
pub struct TypeNote {
    /// Its name as received.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name of its files, without the extension.
    pub file: String,
    /// Its records.
    pub records: u64,
    /// Deleted ones.
    pub deleted: u64,
    /// Instructions without an id.
    pub unkeyed: u64,
    /// Whether the documentation names it.
    pub documented: bool,
}

/// Records that point to what is not here.
#[derive(Debug, Clone, Serialize)]
pub struct MissingParent {
    /// Their type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The field that points.
    pub field: String,
    /// The type that it points to.
    pub to: String,
    /// How many.
    pub count: u64,
    /// The ids of some of them, as text.
    pub first: Vec<String>,
}

/// An object that the service could not deliver.
#[derive(Debug, Clone, Serialize)]
pub struct Failed {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id, where the service told it.
    pub id: Option<String>,
    /// Why.
    pub why: String,
}

/// Addresses in one field of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Addresses {
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The field.
    pub field: String,
    /// How many records have one.
    pub count: u64,
}

/// Records that the page for people lists of one kind; report.json has more.
const LISTED: usize = 20;

impl MissingParent {
    /// Writes its line: how many, and the first of them.
    fn write(&self, what: &str, out: &mut String) -> std::fmt::Result {
        let (kind, field, to) = (cell(&self.kind), cell(&self.field), cell(&self.to));
        let shown = &self.first[..self.first.len().min(LISTED)];
        let ids = shown.iter().map(|id| cell(id)).collect::<Vec<_>>().join(", ");
        let count = grouped(self.count);
        write!(out, "- {count} of {kind}.{field} to a {to} {what}: {kind} {ids}")?;
        match self.count - shown.len() as u64 {
            0 => writeln!(out),
            more => writeln!(out, " and {} more in report.json{}", grouped(more), self.bounded()),
        }
    }

    /// What is said where report.json has not all of them either.
    fn bounded(&self) -> String {
        let named = self.first.len() as u64;
        if named < self.count { format!(" (the first {})", grouped(named)) } else { String::new() }
    }
}

impl From<&Orphaned> for MissingParent {
    fn from(orphaned: &Orphaned) -> Self {
        Self {
            kind: orphaned.kind.clone(),
            field: orphaned.field.clone(),
            to: orphaned.to.clone(),
            count: orphaned.count,
            first: orphaned.first.iter().map(RecordId::to_string).collect(),
        }
    }
}

/// Days from today until Sell ends.
pub(super) fn days_left(today: jiff::civil::Date) -> i64 {
    // Between two dates of the calendar there is always a number of days.
    today.until(END).map_or(0, |span| i64::from(span.get_days()))
}

impl Report {
    /// Finds out what is not complete.
    pub(super) fn judge(&mut self) {
        let mut open = Vec::new();
        match (&self.mirror.last, &self.mirror.last_drained) {
            (None, _) => open.push("the mirror was never synchronized".to_owned()),
            (Some(last), _) if last.end.as_deref() != Some(SessionEnd::Drained.as_str()) => open.push(format!(
                "session {} did not end with every queue empty ({}): run `drainboard sync` until it converges",
                last.no,
                last.end.as_deref().unwrap_or("it was running")
            )),
            _ => {}
        }
        let mut count = |n: u64, noun: &str, text: &str| {
            if n > 0 {
                open.push(format!("{} {text}", counted(n, noun)));
            }
        };
        count(self.mirror.pending_acks, "key", "not acknowledged yet: `drainboard sync` sends what waits");
        count(
            self.failed_objects,
            "object",
            "could not be delivered by the service: listed below, and in report.json under `failed`",
        );
        let missing = self.missing_parents.iter().map(|missing| missing.count).sum();
        count(
            missing,
            "reference",
            "to what is not here: listed below, and in report.json under `missing_parents`",
        );
        let absent = self.never_came.iter().map(|missing| missing.count).sum();
        count(
            absent,
            "reference",
            "to types of which nothing ever came: listed below, and in report.json under `never_came`",
        );
        let addresses = self.not_fetched.iter().map(|addresses| addresses.count).sum();
        count(addresses, "file", "known by address only and not fetched (not_fetched.csv)");
        self.open = open;
    }

    /// For programs.
    pub(super) fn json(&self) -> Vec<u8> {
        // Its own fields are always JSON.
        let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// For people.
    pub(super) fn markdown(&self) -> String {
        let mut text = String::new();
        // A String takes everything.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let mirror = &self.mirror;
        let account =
            mirror.account.as_deref().map_or("an account that did not tell its name".into(), visible);
        writeln!(out, "# The copy of {account}\n")?;
        writeln!(out, "Made {} by {} from {}.", self.made, self.program, visible(&mirror.host))?;
        if self.days_left > 0 {
            let days = grouped(self.days_left.unsigned_abs());
            writeln!(out, "Sell ends on 2027-08-31: {days} days are left.")?;
        } else {
            writeln!(out, "Sell ended on 2027-08-31.")?;
        }
        writeln!(out, "\n## Is it complete?\n")?;
        if self.open.is_empty() {
            writeln!(
                out,
                "Everything that the service delivered to this device is here, and nothing is known to be missing."
            )?;
        }
        for open in &self.open {
            writeln!(out, "- {open}")?;
        }
        if !self.never_seen.is_empty() {
            writeln!(
                out,
                "- never seen, though documented: {} (the account may have none)",
                self.never_seen.join(", ")
            )?;
        }
        writeln!(out, "\nTo prove it against the account: `drainboard verify`. To prove these files later:")?;
        writeln!(out, "`drainboard export --check DIR`.\n")?;
        self.write_types(out)?;
        self.write_missing(out)?;
        self.write_import(out)?;
        writeln!(out, "\n## What is here\n")?;
        writeln!(
            out,
            "- `ndjson/`: every record as it was received, byte for byte; `drainboard serve --account ndjson` plays the account again"
        )?;
        writeln!(out, "- `csv/`: the same for spreadsheets and importers")?;
        writeln!(
            out,
            "- `mirror.db`: everything as one SQLite file, with its history. It is the device too: synchronize with it or with"
        )?;
        writeln!(
            out,
            "  the mirror that it was copied from, and never with both, or each of them gets half"
        )?;
        writeln!(out, "- `manifest.json`: counts and checksums of all files")
    }

    fn write_types(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "## Types\n\n| type | file | records | deleted | without an id |\n| --- | --- | ---: | ---: | ---: |"
        )?;
        for kind in &self.types {
            let note = if kind.documented { "" } else { " (not documented)" };
            let (records, deleted, unkeyed) =
                (grouped(kind.records), grouped(kind.deleted), grouped(kind.unkeyed));
            writeln!(
                out,
                "| {}{note} | {} | {records} | {deleted} | {unkeyed} |",
                cell(&kind.kind),
                kind.file
            )?;
        }
        Ok(())
    }

    fn write_missing(&self, out: &mut String) -> std::fmt::Result {
        if !self.missing_parents.is_empty() {
            writeln!(out, "\n## References that lead nowhere\n")?;
        }
        for missing in &self.missing_parents {
            missing.write("that is not here", out)?;
        }
        if !self.never_came.is_empty() {
            writeln!(out, "\n## References to types that never came\n")?;
        }
        for missing in &self.never_came {
            missing.write("where none ever came", out)?;
        }
        if !self.failed.is_empty() {
            writeln!(out, "\n## Objects that the service could not deliver\n")?;
        }
        for failed in self.failed.iter().take(LISTED) {
            let id = failed.id.as_deref().unwrap_or("without an id");
            writeln!(out, "- {} {}: {}", cell(&failed.kind), cell(id), cell(&failed.why))?;
        }
        if self.failed.len() > LISTED {
            writeln!(out, "- and {} more in report.json", grouped((self.failed.len() - LISTED) as u64))?;
        }
        writeln!(out, "\n## Files that are elsewhere\n")?;
        if self.not_fetched.is_empty() {
            writeln!(
                out,
                "No record names a file, a recording or a picture by address. Documents that the Sync API does not deliver are not known here."
            )?;
        }
        for addresses in &self.not_fetched {
            let (kind, field) = (cell(&addresses.kind), cell(&addresses.field));
            writeln!(
                out,
                "- {} in {kind}.{field}: not fetched; `not_fetched.csv` lists them",
                grouped(addresses.count)
            )?;
        }
        Ok(())
    }

    fn write_import(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\n## Importing elsewhere\n\nParents before children:\n")?;
        for (no, kind) in self.import_order.types.iter().enumerate() {
            writeln!(out, "{}. {}", no + 1, cell(kind))?;
        }
        if !self.import_order.afterwards.is_empty() {
            writeln!(out, "\nThese go round in a circle: import without them, fill them in afterwards.\n")?;
        }
        for reference in &self.import_order.afterwards {
            let (kind, field, to) = (cell(&reference.kind), cell(&reference.field), cell(&reference.to));
            writeln!(out, "- {kind}.{field} → {to}")?;
        }
        Ok(())
    }
}

/// A name as a table's cell: one line, visible, no bar, not endless.
fn cell(name: &str) -> String {
    let short: String = name.chars().take(80).collect();
    visible(&short).replace('|', "\\|").replace('`', "'").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_until_the_end_are_counted() {
        assert_eq!(days_left(jiff::civil::date(2027, 8, 30)), 1);
        assert_eq!(days_left(jiff::civil::date(2026, 8, 31)), 365);
        assert_eq!(days_left(jiff::civil::date(2027, 9, 1)), -1);
    }

    #[test]
    fn a_name_breaks_no_table() {
        assert_eq!(cell("a|b\n`<c"), "a\\|b␊'&lt;c");
    }
}
