//! Which field points to which type, what a record is called, and who points to a record.
//!
//! The service does not say what a field refers to, so this is a table of what its API documents, and one rule:
//! `<type>_id` points to `<type>` where the mirror has such a type. Names, the other way round: the first of a few
//! fields that says something.

use rusqlite::types::ValueRef;

use super::find::fold::Needle;
use super::find::scan::{Cells, Harvest, Hit, Scan, Sieve, Source};
use super::find::{News, Tell, json};
use super::index::Index;
use super::{MirrorError, Reader};
use crate::protocol::RecordId;

/// The types that the Sync API's documentation names.
pub const DOCUMENTED: [&str; 26] = [
    "account",
    "associated_contact",
    "call",
    "call_outcome",
    "collaboration",
    "contact",
    "deal",
    "deal_source",
    "deal_unqualified_reason",
    "lead",
    "lead_source",
    "lead_unqualified_reason",
    "line_item",
    "loss_reason",
    "note",
    "order",
    "pipeline",
    "product",
    "source",
    "stage",
    "tag",
    "task",
    "text_message",
    "user",
    "visit",
    "visit_outcome",
];
/// Those of them whose names other fields bear too, such as the `account_id` of another system: that such a field
/// points to one is known only where the mirror has some.
const AMBIGUOUS: [&str; 3] = ["account", "source", "tag"];
/// Fields whose name does not say the type.
const KNOWN: &[(&str, &str)] = &[
    ("owner_id", "user"),
    ("creator_id", "user"),
    ("user_id", "user"),
    ("manager_id", "user"),
    ("completed_by_id", "user"),
    ("collaborator_id", "user"),
    ("last_stage_change_by_id", "user"),
    ("contact_id", "contact"),
    ("organization_id", "contact"),
    ("parent_organization_id", "contact"),
    ("primary_contact_id", "contact"),
    ("prospect_id", "contact"),
    ("converted_contact_id", "contact"),
    ("stage_id", "stage"),
    ("last_stage_id", "stage"),
    ("pipeline_id", "pipeline"),
    ("loss_reason_id", "loss_reason"),
    ("phone_outcome_id", "call_outcome"),
    ("visit_outcome_id", "visit_outcome"),
    ("associated_deal_ids", "deal"),
];
/// Fields that point to another type than their name says, or than they do elsewhere: type, field, where it points.
const OWN: &[(&str, &str, &str)] = &[
    ("lead", "source_id", "lead_source"),
    ("deal", "source_id", "deal_source"),
    ("lead", "unqualified_reason_id", "lead_unqualified_reason"),
    ("deal", "unqualified_reason_id", "deal_unqualified_reason"),
    ("call", "outcome_id", "call_outcome"),
    ("visit", "outcome_id", "visit_outcome"),
];
/// Fields that name the type of another one.
const TYPED: &[(&str, &str)] =
    &[("resource_id", "resource_type"), ("parent_id", "parent_type"), ("trackable_id", "trackable_type")];
/// What a record is called: the first of these that says something.
const NAMES: &[&[&str]] = &[
    &["name"],
    &["first_name", "last_name"],
    &["display_name"],
    &["title"],
    &["subject"],
    &["content"],
    &["summary"],
    &["email"],
    &["number"],
];
/// Characters of a name; a note's content is a name too.
const LONGEST: usize = 60;

/// A record, named by type and id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// Its type, as received.
    pub kind: String,
    /// Its id.
    pub id: RecordId,
}

/// Records of one type that point to a record through one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Their type.
    pub kind: String,
    /// The field that points.
    pub field: String,
    /// How many.
    pub count: u64,
    /// The first of them, at most the asked-for number, in the order of their ids.
    pub first: Vec<RecordId>,
}

/// Where a field points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aim {
    /// To this type, always.
    To(String),
    /// To the type that this field of the record names.
    NamedBy(&'static str),
}

/// Where a field of `kind` points; none where it is no reference. `exists` knows the types.
pub(super) fn aim(kind: &str, field: &str, exists: impl Fn(&str) -> bool) -> Option<Aim> {
    if let Some((_, typed_by)) = TYPED.iter().find(|(name, _)| *name == field) {
        return Some(Aim::NamedBy(typed_by));
    }
    let own = OWN.iter().find(|(of, name, to)| *of == kind && *name == field && exists(to));
    let named = match own {
        Some((_, _, to)) => to,
        None => match KNOWN.iter().find(|(name, _)| *name == field) {
            Some((_, named)) => named,
            None => field.strip_suffix("_id")?,
        },
    };
    exists(named).then(|| Aim::To(named.to_owned()))
}

/// The same for a type that need not have come: what the mirror has decides, and where that says nothing the
/// documentation does. Of a type that it does not name nobody can tell.
pub(super) fn expected(kind: &str, field: &str, exists: impl Fn(&str) -> bool) -> Option<Aim> {
    aim(kind, field, exists).or_else(|| aim(kind, field, is_expected))
}

/// Whether the documentation names a type that only references of its own can mean.
pub(super) fn is_expected(kind: &str) -> bool {
    DOCUMENTED.contains(&kind) && !AMBIGUOUS.contains(&kind)
}

/// The type that a field of `kind` points to; `data` decides where another field names it. `exists` knows the types.
pub fn target(kind: &str, field: &str, data: Option<&str>, exists: impl Fn(&str) -> bool) -> Option<String> {
    match aim(kind, field, &exists)? {
        Aim::To(named) => Some(named),
        Aim::NamedBy(typed_by) => {
            let raw = json::find(data?.as_bytes(), &[typed_by.to_owned()])?;
            Some(json::text(raw)).filter(|named| exists(named))
        }
    }
}

/// Whether a field of `kind` refers to other records. `exists` knows the types.
pub fn is_reference(kind: &str, field: &str, exists: impl Fn(&str) -> bool) -> bool {
    aim(kind, field, exists).is_some()
}

/// The ids in a reference's raw value: mostly one; none where it is empty.
pub fn ids(raw: &str) -> Vec<RecordId> {
    let mut found = Vec::new();
    json::any_leaf(raw.as_bytes(), |leaf| {
        found.extend(std::str::from_utf8(leaf).ok().and_then(RecordId::from_json));
        false
    });
    found
}

/// What a record is called, in a line of at most 60 characters; none where it says nothing.
pub fn name(data: &str) -> Option<String> {
    naming(data).map(|(_, name)| match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    })
}

/// The fields that say what a record is called, and what they say, in a line.
pub fn naming(data: &str) -> Option<(&'static [&'static str], String)> {
    NAMES.iter().find_map(|fields| {
        let parts = fields.iter().filter_map(|field| {
            let raw = json::find(data.as_bytes(), &[(*field).to_owned()])?;
            let text =
                if matches!(raw, b"null") || raw.starts_with(b"{") { return None } else { json::text(raw) };
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            (!text.is_empty()).then_some(text)
        });
        let name = parts.collect::<Vec<_>>().join(" ");
        (!name.is_empty()).then_some((*fields, name))
    })
}

/// The records that a field of a record points to; mostly one, or none. `exists` knows the types.
pub fn pointed(kind: &str, field: &str, data: &str, exists: impl Fn(&str) -> bool) -> Vec<Reference> {
    let Some(target) = target(kind, field, Some(data), exists) else { return Vec::new() };
    let raw = json::find(data.as_bytes(), &[field.to_owned()]);
    let raw = raw.and_then(|raw| std::str::from_utf8(raw).ok()).unwrap_or_default();
    ids(raw).into_iter().map(|id| Reference { kind: target.clone(), id }).collect()
}

impl Reader {
    /// The records that a record's field points to; mostly one, or none.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn references(&self, kind: &str, field: &str, data: &str) -> Result<Vec<Reference>, MirrorError> {
        let kinds = self.kinds()?;
        let exists = |name: &str| kinds.iter().any(|kind| kind.name == name);
        Ok(pointed(kind, field, data, exists))
    }

    /// What a record is called; none where the mirror does not have it or it says nothing.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn name_of(&self, reference: &Reference) -> Result<Option<String>, MirrorError> {
        Ok(self.record(&reference.kind, &reference.id)?.and_then(|row| name(&row.data)))
    }

    /// The fields of each type that may point to `kind`.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn fields_to(&self, kind: &str) -> Result<Vec<(String, String)>, MirrorError> {
        let kinds = self.kinds()?;
        let exists = |name: &str| kinds.iter().any(|kind| kind.name == name);
        let mut found = Vec::new();
        for from in &kinds {
            for column in self.columns(&from.name)? {
                let typed = TYPED.iter().any(|(name, _)| *name == column.field);
                if typed || target(&from.name, &column.field, None, exists).as_deref() == Some(kind) {
                    found.push((from.name.clone(), column.field));
                }
            }
        }
        Ok(found)
    }

    /// Who points to a record: a contact's deals, notes, tasks. With an index this reads what names the id; without
    /// one it reads each type that may point there, once. In the order of types (largest first) and fields.
    ///
    /// # Errors
    /// [`MirrorError::Stopped`], or the mirror cannot be read.
    pub fn incoming(
        &self,
        to: &Reference,
        first: usize,
        index: Option<&Index>,
        tell: Tell<'_>,
    ) -> Result<Vec<Incoming>, MirrorError> {
        let mut pointing: Vec<Incoming> = Vec::new();
        for (kind, field) in self.fields_to(&to.kind)? {
            pointing.push(Incoming { kind, field, count: 0, first: Vec::new() });
        }
        let id = to.id.to_string();
        let needle = Needle::new(&id);
        for group in pointing.chunk_by_mut(|a, b| a.kind == b.kind) {
            let kind = group[0].kind.clone();
            let Some(table) = self.table(&kind)? else { continue };
            let all = self.rows_of(&kind)?;
            let candidates = match index {
                Some(index) => {
                    let mut ask = |_: News<'_>| tell(News::Scanned { rows: 0, of: all, hits: 0 });
                    index.candidates(
                        self,
                        &kind,
                        &[vec![needle.indexed()]],
                        (all / 16).max(4_096),
                        &mut ask,
                    )?
                }
                None => None,
            };
            let of = candidates.as_ref().map_or(all, |rows| rows.len() as u64);
            let source = candidates.map_or(Source::All { in_order: false }, Source::Rows);
            let columns = self.sure_columns(&kind)?;
            let columns: Vec<String> =
                group.iter().filter_map(|from| columns.of(&from.field).map(str::to_owned)).collect();
            // Without a column for each field the records themselves are read.
            let data = columns.len() < group.len();
            let sieve = MayPoint { id: &to.id, text: &id, columns: if data { 0 } else { columns.len() } };
            let scan = Scan { table: &table, sieve: Some(&sieve), columns: &columns, data, of };
            let known: &[Incoming] = group;
            let harvest = Harvest {
                new: &|| known.to_vec(),
                take: &|found: &mut Vec<Incoming>, hit: Hit<'_>| {
                    let pointing = found.iter_mut().filter(|from| points(from, hit.data, to));
                    pointing.map(|from| from.take(hit.data, first)).count() > 0
                },
            };
            let parts = scan.run(self, &source, tell, &mut |_| Ok(()), &harvest)?;
            for part in parts {
                group.iter_mut().zip(part).for_each(|(all, some)| all.add(some, first));
            }
        }
        pointing.retain(|from| from.count > 0);
        Ok(pointing)
    }
}

/// Lets through what may point to a record; whether it does, its `data` says.
struct MayPoint<'a> {
    id: &'a RecordId,
    /// The same as it may stand in a text.
    text: &'a str,
    /// The columns that decide; none where `data` does.
    columns: usize,
}

impl Sieve for MayPoint<'_> {
    fn by_cells(&self, row: Cells<'_>, _: &mut String) -> Option<bool> {
        let may = |cell: ValueRef<'_>| match (cell, self.id) {
            (ValueRef::Integer(n), RecordId::Int(id)) => n == *id,
            // An id of more than 64 bits is a text, and its column rounds it.
            (ValueRef::Real(_), RecordId::Text(_)) => true,
            (ValueRef::Text(text), _) => self.by_text(text),
            _ => false,
        };
        let none = self.columns > 0 && (0..self.columns).all(|column| !may(row.cell(column)));
        none.then_some(false)
    }

    fn by_data(&self, _: Cells<'_>, data: &[u8], _: &mut String) -> bool {
        self.by_text(data)
    }
}

impl MayPoint<'_> {
    /// Whether the id may be in a text, escaped or not.
    fn by_text(&self, text: &[u8]) -> bool {
        memchr::memmem::find(text, self.text.as_bytes()).is_some() || memchr::memchr(b'\\', text).is_some()
    }
}

impl Incoming {
    fn take(&mut self, data: &[u8], most: usize) {
        self.count += 1;
        let raw = json::find(data, &["id".to_owned()]).and_then(|raw| std::str::from_utf8(raw).ok());
        if let Some(id) = raw.and_then(RecordId::from_json) {
            let at = self.first.partition_point(|known| *known < id);
            self.first.insert(at, id);
            self.first.truncate(most);
        }
    }

    /// Puts together what two threads found.
    fn add(&mut self, other: Self, most: usize) {
        self.count += other.count;
        self.first.extend(other.first);
        self.first.sort();
        self.first.truncate(most);
    }
}

/// Whether a record's field has the id, and where another field names the type, that type.
fn points(from: &Incoming, data: &[u8], to: &Reference) -> bool {
    let typed_by = TYPED.iter().find(|(name, _)| *name == from.field);
    let typed = typed_by.is_none_or(|(_, by)| {
        json::find(data, &[(*by).to_owned()]).is_some_and(|raw| json::text(raw) == to.kind)
    });
    typed
        && json::find(data, std::slice::from_ref(&from.field)).is_some_and(|raw| {
            json::any_leaf(raw, |leaf| {
                std::str::from_utf8(leaf).ok().and_then(RecordId::from_json).as_ref() == Some(&to.id)
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_point_where_the_api_says() {
        let here =
            ["user", "contact", "deal", "custom", "lead_source", "visit_outcome", "deal_unqualified_reason"];
        let exists = |name: &str| here.contains(&name);
        for (kind, field, data, expected) in [
            ("deal", "owner_id", None, Some("user")),
            ("deal", "organization_id", None, Some("contact")),
            ("x", "custom_id", None, Some("custom")),
            ("x", "other_id", None, None),
            ("x", "id", None, None),
            ("deal", "stage_id", None, None), // no such type here
            ("lead", "source_id", None, Some("lead_source")),
            ("visit", "outcome_id", None, Some("visit_outcome")),
            ("call", "outcome_id", None, None),
            ("deal", "unqualified_reason_id", None, Some("deal_unqualified_reason")),
            ("lead", "unqualified_reason_id", None, None), // has reasons of its own
            ("deal", "last_stage_change_by_id", None, Some("user")),
            ("contact", "source_id", None, None), // not the sources of leads and deals
            ("note", "resource_id", Some(r#"{"resource_type": "deal"}"#), Some("deal")),
            ("note", "resource_id", Some(r#"{"resource_type": "ufo"}"#), None),
        ] {
            assert_eq!(target(kind, field, data, exists).as_deref(), expected, "{kind}.{field}");
        }
    }

    #[test]
    fn a_type_that_never_came_is_expected_where_the_documentation_names_it() {
        let exists = |name: &str| matches!(name, "deal" | "source");
        let to = |kind: &str| Some(Aim::To(kind.to_owned()));
        for (kind, field, aim) in [
            ("deal", "contact_id", to("contact")),
            ("call", "outcome_id", to("call_outcome")),
            ("line_item", "product_id", to("product")),
            ("lead", "source_id", to("source")), // what the mirror has goes first
            ("user", "account_id", None),
            ("deal", "external_id", None),
            ("deal", "hologram_id", None),
            ("note", "resource_id", Some(Aim::NamedBy("resource_type"))),
        ] {
            assert_eq!(expected(kind, field, exists), aim, "{kind}.{field}");
        }
    }

    #[test]
    fn a_record_is_called_by_the_first_field_that_says_something() {
        for (data, expected) in [
            (r#"{"email": "a@b", "name": "Ada"}"#, Some("Ada")),
            (r#"{"name": null, "first_name": "Ada", "last_name": "Lovelace"}"#, Some("Ada Lovelace")),
            (r#"{"name": " ", "content": "a\n  b"}"#, Some("a b")),
            (r#"{"id": 1}"#, None),
        ] {
            assert_eq!(name(data).as_deref(), expected, "{data}");
        }
        let long = name(&format!(r#"{{"title": "{}"}}"#, "é".repeat(100))).unwrap();
        assert_eq!(long.chars().count(), LONGEST + 1);
    }
}
