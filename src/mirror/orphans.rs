//! Orphans: records whose reference points to something that the mirror does not have, such as a note whose contact is
//! missing. Counted field by field; which they are, Browse's filter says (`contact_id:missing`).
//!
//! One pass over each type that has references, against the ids of the types that they point to; both are of one state
//! of the mirror. It tells how far it is and can be stopped like every pass. What points to a documented type of which
//! nothing ever came is a class of its own: for somebody who leaves that is the worst that can be missing. Of a type that
//! the documentation does not name nobody can tell.

use std::collections::BTreeSet;
use std::fmt;

use super::filter::{Filter, Op, Term, Test};
use super::find::dangling::{Dangling, Known};
use super::find::scan::{Cells, Harvest, Hit, Scan, Sieve, Source};
use super::find::{News, Query, Sort, Tell};
use super::{MirrorError, Reader, SessionEnd, reader};
use crate::protocol::RecordId;
use crate::text::counted;

/// Records of one type whose field points to records of another that are not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphaned {
    /// Their type.
    pub kind: String,
    /// The field that points.
    pub field: String,
    /// The type that it points to.
    pub to: String,
    /// Whether nothing of that type ever came.
    pub never_came: bool,
    /// The field that names that type, where one does.
    pub named_by: Option<String>,
    /// How many.
    pub count: u64,
    /// The first of them, at most the asked-for number, in the order of their ids.
    pub first: Vec<RecordId>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Orphans {
    /// By type (largest first), field and what it points to.
    pub found: Vec<Orphaned>,
    /// Whether the last session did not end by itself with every queue empty: what is missing may still come.
    pub may_come: bool,
    /// How many pages were committed when this was so.
    pub pages: i64,
}

impl Orphans {
    /// How many references lead nowhere: a record counts once for each of its fields.
    pub fn count(&self) -> u64 {
        self.found.iter().map(|orphaned| orphaned.count).sum()
    }
}

/// `14 notes point to a contact that is not here`; names as received.
impl fmt::Display for Orphaned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.who(), self.what())
    }
}

impl Orphaned {
    /// `14 notes`.
    pub fn who(&self) -> String {
        counted(self.count, &self.kind)
    }

    /// `point to a contact that is not here`, or `name a contact, and no contact ever came`.
    pub fn what(&self) -> String {
        let (verb, s) =
            (if self.never_came { "name" } else { "point" }, if self.count == 1 { "s" } else { "" });
        let article = if self.to.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        let to = &self.to;
        if self.never_came {
            format!("{verb}{s} {article} {to}, and no {to} ever came")
        } else {
            format!("{verb}{s} to {article} {to} that is not here")
        }
    }

    /// What shows these records in Browse; its pages go by keyset.
    pub fn query(&self) -> Query {
        let field = |field: &str, op, value: &str| Term {
            negated: false,
            test: Test::Field { field: field.to_owned(), op, value: value.to_owned() },
        };
        let mut terms = vec![field(&self.field, Op::Contains, super::filter::MISSING)];
        terms.extend(self.named_by.as_ref().map(|by| field(by, Op::Equal, &self.to)));
        Query { kind: self.kind.clone(), filter: Filter { terms }, sort: Sort::default() }
    }

    fn new(kind: &str, field: &str, to: &str, named_by: Option<&str>) -> Self {
        let named_by = named_by.map(str::to_owned);
        let (kind, field, to) = (kind.to_owned(), field.to_owned(), to.to_owned());
        Self { kind, field, to, never_came: false, named_by, count: 0, first: Vec::new() }
    }

    fn add(&mut self, count: u64, first: impl IntoIterator<Item = RecordId>, most: usize) {
        self.count += count;
        self.first.extend(first);
        self.first.sort();
        self.first.truncate(most);
    }
}

impl Reader {
    /// Whether what was found is still what would be found: cheap.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn still(&self, orphans: &Orphans) -> Result<bool, MirrorError> {
        Ok(orphans.pages == self.pages()? && orphans.may_come == self.may_come()?)
    }

    /// All orphans, with the `first` of each kind. It reads every type that has references, so give it a worker.
    ///
    /// # Errors
    /// [`MirrorError::Stopped`], or the mirror cannot be read.
    pub fn orphans(&self, first: usize, tell: Tell<'_>) -> Result<Orphans, MirrorError> {
        // Types and their ids are of one state.
        self.pinned(|pages| self.all_orphans(pages, first, tell))
    }

    fn all_orphans(&self, pages: i64, first: usize, tell: Tell<'_>) -> Result<Orphans, MirrorError> {
        let mut known = Known::new();
        let mut passes = Vec::new();
        let kinds = self.kinds()?;
        let here: BTreeSet<String> = kinds.iter().map(|kind| kind.name.clone()).collect();
        for kind in kinds {
            let mut judges = Vec::new();
            for field in self.fields(&kind.name)? {
                judges.extend(self.dangling(&kind.name, &field, &mut known, tell)?);
            }
            if !judges.is_empty() && kind.rows > 0 {
                passes.push((kind, judges));
            }
        }
        let of: u64 = passes.iter().map(|(kind, _)| kind.rows).sum();
        let (mut done, mut hits) = (0, 0);
        let mut orphans = Orphans { found: Vec::new(), may_come: self.may_come()?, pages };
        for (kind, judges) in &passes {
            let mut tell = |news: News<'_>| match news {
                News::Scanned { rows, hits: more, .. } => {
                    tell(News::Scanned { rows: done + rows, of, hits: hits + more })
                }
                News::First(_) => true,
            };
            let mut found = self.orphans_of(&kind.name, kind.rows, judges, first, &mut tell)?;
            for orphaned in &mut found {
                orphaned.never_came = !here.contains(&orphaned.to);
            }
            done += kind.rows;
            hits += found.iter().map(|orphaned| orphaned.count).sum::<u64>();
            orphans.found.extend(found);
        }
        Ok(orphans)
    }

    fn may_come(&self) -> Result<bool, MirrorError> {
        let last = self.sessions(1)?.pop();
        Ok(last.is_none_or(|last| last.end != Some(SessionEnd::Drained)))
    }

    fn orphans_of(
        &self,
        kind: &str,
        of: u64,
        judges: &[Dangling],
        first: usize,
        tell: Tell<'_>,
    ) -> Result<Vec<Orphaned>, MirrorError> {
        let Some(table) = self.table(kind)? else { return Ok(Vec::new()) };
        let sure = self.sure_columns(kind)?;
        let mut columns: Vec<String> = Vec::new();
        let mut place = |field: &str| {
            let column = sure.of(field)?;
            Some(columns.iter().position(|known| known == column).unwrap_or_else(|| {
                columns.push(column.to_owned());
                columns.len() - 1
            }))
        };
        let places: Vec<_> = judges
            .iter()
            .map(|judge| (place(judge.field()), judge.named_by().and_then(&mut place)))
            .collect();
        let data = places.iter().any(|(field, _)| field.is_none());
        let sieve = MayDangle { judges, places };
        let scan = Scan { table: &table, sieve: Some(&sieve), columns: &columns, data, of };
        let harvest = Harvest {
            new: &Vec::new,
            take: &|found: &mut Vec<Orphaned>, hit: Hit<'_>| {
                let mut any = false;
                for judge in judges {
                    let Some(to) = judge.of(hit.data) else { continue };
                    any = true;
                    let known = found.iter().position(|o| o.field == judge.field() && o.to == to);
                    let at = known.unwrap_or_else(|| {
                        found.push(Orphaned::new(kind, judge.field(), to, judge.named_by()));
                        found.len() - 1
                    });
                    found[at].add(1, reader::record_id(hit.cells.id()).ok(), first);
                }
                any
            },
        };
        let parts = scan.run(self, &Source::All { in_order: false }, tell, &mut |_| Ok(()), &harvest)?;
        let mut all: Vec<Orphaned> = Vec::new();
        for part in parts.into_iter().flatten() {
            match all.iter_mut().find(|known| known.field == part.field && known.to == part.to) {
                Some(known) => known.add(part.count, part.first, first),
                None => all.push(part),
            }
        }
        all.sort_by(|a, b| (&a.field, &a.to).cmp(&(&b.field, &b.to)));
        Ok(all)
    }
}

/// Lets through what may point to something that is not here; whether it does, its `data` says.
struct MayDangle<'a> {
    judges: &'a [Dangling],
    /// For each judge the columns of its field and of the one that names the type.
    places: Vec<(Option<usize>, Option<usize>)>,
}

impl Sieve for MayDangle<'_> {
    fn by_cells(&self, row: Cells<'_>, _: &mut String) -> Option<bool> {
        let none = self.judges.iter().zip(&self.places).all(|(judge, (field, named))| {
            field.is_some_and(|field| {
                let named = named.map(|named| row.cell(named));
                judge.by_cells(row.cell(field), named) == Some(false)
            })
        });
        none.then_some(false)
    }

    fn by_data(&self, _: Cells<'_>, data: &[u8], _: &mut String) -> bool {
        self.judges.iter().any(|judge| judge.holds(data))
    }
}
