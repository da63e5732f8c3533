//! The exit kit: everything in every form that lasts, and a report that says what is complete and what is not.

use std::collections::{HashMap, HashSet};

use super::cell::Cell;
use super::form::Row;
use super::layout::Layout;
use super::manifest::{self, FileNote, Holds, Manifest};
use super::ndjson::Line;
use super::order::{Format, Order};
use super::parents::{self, Reference};
use super::report::{self, Addresses, Failed, MissingParent, Report, TypeNote};
use super::run::{Step, Work, asked, finish, source};
use super::series::Series;
use super::staging::Staging;
use super::typing::Kind;
use super::{ExportError, files};
use crate::mirror::Reader;
use crate::mirror::dump::{Entry, Subject};
use crate::mirror::filter::Filter;
use crate::mirror::find::News;
use crate::mirror::notes::About;
use crate::mirror::refs::{self, DOCUMENTED};
use crate::protocol::record;

/// Ids of records with a missing parent that are named, for each field.
const NAMED: usize = 1_000;
/// Undelivered objects that are named; the mirror keeps no more.
const FAILED: usize = 1_000;
/// Words in the names of fields that hold the addresses of files.
const FILES: [&str; 9] =
    ["url", "recording", "attachment", "download", "document", "file", "avatar", "picture", "image"];
/// Fields of all types together that are looked at for references, at most.
const FIELDS: usize = 100_000;
/// Types that other records belong to by a field that names the type.
const OWNERS: [&str; 3] = ["lead", "contact", "deal"];

/// Writes the exit kit; the form, types and filter of `order` are not asked.
///
/// # Errors
/// [`ExportError`].
pub fn kit(
    reader: &Reader,
    order: &Order,
    tell: &mut dyn FnMut(Step<'_>) -> bool,
) -> Result<(Manifest, Report), ExportError> {
    let (staging, manifest, report) = reader.at_one_moment(|| {
        let subjects = reader.subjects()?;
        let mut staging = Staging::open(&order.folder, order.force)?;
        let plain = Order { types: Vec::new(), filter: Filter::default(), ..order.clone() };
        // Two forms, and a look at each record for addresses and at each reference.
        let of = 2 * subjects.iter().map(|subject| subject.rows).sum::<u64>();
        let (mut done, mut notes) = (0, Vec::new());
        for (format, prefix, batch) in [(Format::Ndjson, "ndjson/", None), (Format::Csv, "csv/", order.batch)]
        {
            let order = Order { format, batch, ..plain.clone() };
            let mut work = Work::new(reader, &order, prefix, &mut staging, tell)?;
            (work.done, work.of) = (done, of);
            work.all(&subjects)?;
            done = work.done;
            notes.extend(work.files);
        }
        let order = Order { format: Format::Csv, batch: None, ..plain.clone() };
        let (listed, not_fetched) = addresses(reader, &order, &subjects, &mut staging, tell)?;
        notes.extend(listed);
        notes.push(copy(reader, &mut staging, tell)?);
        let mut report = facts(reader, &subjects, tell)?;
        report.not_fetched = not_fetched;
        report.judge();
        for (name, text) in [("report.json", report.json()), ("report.md", report.markdown().into_bytes())] {
            let sealed = staging.put(name, &text)?;
            notes.push(FileNote::plain(name, Holds::Report, 0, sealed));
        }
        let manifest = Manifest::new(asked(&plain, "kit"), source(reader)?, notes);
        Ok::<_, ExportError>((staging, manifest, report))
    })?;
    finish(staging, &manifest, tell)?;
    Ok((manifest, report))
}

/// The mirror as one file.
fn copy(
    reader: &Reader,
    staging: &mut Staging,
    tell: &mut dyn FnMut(Step<'_>) -> bool,
) -> Result<FileNote, ExportError> {
    let path = staging.place()?;
    reader.copy_to(&path, &mut |pages, of| tell(Step { what: "mirror.db", rows: pages, of }))?;
    let sealed = staging.keep_place("mirror.db", path)?;
    Ok(FileNote::plain("mirror.db", Holds::Database, 0, sealed))
}

/// Lists what records name by address, and counts it.
fn addresses(
    reader: &Reader,
    order: &Order,
    subjects: &[Subject],
    staging: &mut Staging,
    tell: &mut dyn FnMut(Step<'_>) -> bool,
) -> Result<(Vec<FileNote>, Vec<Addresses>), ExportError> {
    let layout = Layout::own(&[
        ("type", "the type", Kind::Text),
        ("id", "the id", Kind::Text),
        ("field", "the field that has the address", Kind::Text),
        ("address", "the address; nobody asked what is there", Kind::Text),
    ]);
    let mut series = Series::new(staging, order, &layout, "not_fetched".to_owned(), Holds::Addresses);
    let mut counts: Vec<Addresses> = Vec::new();
    for subject in subjects {
        let names_a_file = |field: &str| FILES.iter().any(|word| field.to_ascii_lowercase().contains(word));
        if !subject.more_fields && !subject.columns.iter().any(|column| names_a_file(&column.field)) {
            continue;
        }
        let mut heard = |news: News<'_>| {
            let rows = if let News::Scanned { rows, .. } = news { rows } else { 0 };
            tell(Step { what: &subject.name, rows, of: subject.rows })
        };
        let mut take = |entry: Entry<'_>| -> Result<(), ExportError> {
            let mut found: Vec<(String, String)> = Vec::new();
            record::each_field(entry.data, |field, raw| {
                if let (true, Cell::Text(text)) = (names_a_file(field), Cell::from_json(raw))
                    && (text.starts_with("https://") || text.starts_with("http://"))
                {
                    found.push((field.to_owned(), text.into_owned()));
                }
            });
            for (field, address) in found {
                let same = |known: &&mut Addresses| known.kind == subject.name && known.field == field;
                if let Some(known) = counts.iter_mut().find(same) {
                    known.count += 1;
                } else {
                    counts.push(Addresses { kind: subject.name.clone(), field: field.clone(), count: 1 });
                }
                let id = entry.id.to_string();
                let cells =
                    [Cell::text(&subject.name), Cell::text(&id), Cell::text(&field), Cell::text(&address)];
                series.row(&Row { line: Line::default(), cells: &cells })?;
            }
            Ok(())
        };
        reader.each_record(subject, &Filter::default(), &mut heard, &mut take)?;
    }
    Ok((series.end_if_any()?, counts))
}

/// What the mirror knows of its own gaps.
fn facts(
    reader: &Reader,
    subjects: &[Subject],
    tell: &mut dyn FnMut(Step<'_>) -> bool,
) -> Result<Report, ExportError> {
    let (mut deleted, mut unkeyed) = (HashMap::new(), HashMap::new());
    // Types whose records have no id have fields too.
    let mut fields: Vec<(String, String)> = Vec::new();
    for subject in subjects {
        let of_type = subject.columns.iter().map(|column| (subject.name.clone(), column.field.clone()));
        fields.extend(of_type);
    }
    let mut known: HashSet<(String, String)> = fields.iter().cloned().collect();
    reader.each_deleted(&mut |gone| {
        *deleted.entry(gone.kind).or_insert(0) += 1;
        Ok::<_, ExportError>(())
    })?;
    reader.each_instruction(&mut |instruction| {
        record::each_field(&instruction.data, |field, _| {
            let field = (instruction.kind.clone(), field.to_owned());
            if field.1.ends_with("_id") && known.len() < FIELDS && known.insert(field.clone()) {
                fields.push(field);
            }
        });
        *unkeyed.entry(instruction.kind).or_insert(0) += 1;
        Ok::<_, ExportError>(())
    })?;
    let types: Vec<TypeNote> = subjects
        .iter()
        .map(|subject| TypeNote {
            kind: subject.name.clone(),
            file: files::stem(subject),
            records: subject.rows,
            deleted: deleted.get(&subject.name).copied().unwrap_or(0),
            unkeyed: unkeyed.get(&subject.name).copied().unwrap_or(0),
            documented: DOCUMENTED.contains(&subject.name.as_str()),
        })
        .collect();
    let seen: HashSet<&str> = subjects.iter().map(|subject| subject.name.as_str()).collect();
    let never = DOCUMENTED.iter().filter(|kind| !seen.contains(*kind));
    let orphans = reader.orphans(NAMED, &mut |news| match news {
        News::Scanned { rows, of, .. } => tell(Step { what: "references", rows, of }),
        News::First(_) => true,
    })?;
    let lost = |never_came: bool| -> Vec<MissingParent> {
        orphans.found.iter().filter(|found| found.never_came == never_came).map(Into::into).collect()
    };
    let failed = reader.notes(Some(About::Failed), None, None, FAILED)?.into_iter().map(|note| Failed {
        kind: note.kind,
        id: note.id.map(|id| id.to_string()),
        why: note.why,
    });
    let names: Vec<String> = subjects.iter().map(|subject| subject.name.clone()).collect();
    Ok(Report {
        program: manifest::PROGRAM.to_owned(),
        made: manifest::now(),
        days_left: report::days_left(jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()),
        mirror: source(reader)?,
        types,
        never_seen: never.map(|kind| (*kind).to_owned()).collect(),
        missing_parents: lost(false),
        never_came: lost(true),
        failed_objects: reader.sessions(usize::MAX)?.iter().map(|session| session.failed_objects).sum(),
        failed: failed.collect(),
        not_fetched: Vec::new(),
        import_order: parents::order(&names, &references(&fields, &seen)),
        open: Vec::new(),
    })
}

/// Which types point to which, by their fields.
fn references(fields: &[(String, String)], types: &HashSet<&str>) -> Vec<Reference> {
    let exists = |name: &str| types.contains(name);
    let mut found = Vec::new();
    for (kind, field) in fields.iter().filter(|(kind, field)| refs::is_reference(kind, field, exists)) {
        let to: Vec<String> = match refs::target(kind, field, None, exists) {
            Some(to) => vec![to],
            None => OWNERS.iter().filter(|to| exists(to)).map(|to| (*to).to_owned()).collect(),
        };
        found.extend(to.into_iter().map(|to| Reference { kind: kind.clone(), field: field.clone(), to }));
    }
    found
}
