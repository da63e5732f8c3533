//! The record as a tree: which lines there are, which are folded, what each one leads to. Values stay as received.

use std::collections::BTreeSet;

use super::super::super::record::{self, Field, Kind, Words};
use crate::mirror::changes::Change;
use crate::mirror::refs::{Incoming, Reference};
use crate::mirror::{PageNo, SessionNo};
use crate::text::{counted, grouped, visible};

/// What is known of a record beside what it says itself.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// The record.
    pub of: Reference,
    /// Its revision; another one is another question.
    pub revision: Option<i64>,
    /// What its fields point to, field by field.
    pub names: Vec<Named>,
    /// What the mirror's last session did to it.
    pub change: Option<Change>,
    /// The mirror's last session.
    pub session: SessionNo,
    /// The session and the page that brought it as it is.
    pub origin: Option<(SessionNo, PageNo)>,
}

/// A reference with the name of what it points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The field.
    pub field: String,
    /// What it points to.
    pub to: Reference,
    /// Whether the mirror has that.
    pub there: bool,
    /// What it is called, where it says so.
    pub name: Option<String>,
}

/// Who points to a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Pointing {
    /// To this one.
    pub to: Reference,
    /// What is known by now.
    pub found: Found,
}

/// How far the search is.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// It goes on; so many records point here by now.
    Searching(u64),
    /// It was stopped.
    Stopped,
    /// It failed.
    Failed(String),
    /// All of them.
    All(Vec<Incoming>),
}

/// A line of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// How deep it lies.
    pub depth: usize,
    /// The field's name, visible.
    pub name: String,
    /// The value, visible.
    pub value: String,
    /// What the value is.
    pub kind: Kind,
    /// Names of what it points to, visible.
    pub note: String,
    /// Whether it is open, where it has parts.
    pub open: Option<bool>,
    /// Its place in the record, for folding.
    pub path: String,
    /// Where it leads.
    pub link: Option<Link>,
}

impl Line {
    /// What of the words is looked for in this line, folded.
    pub fn words<'a>(&self, words: &'a Words) -> Vec<&'a str> {
        let path: Vec<&str> = self.path.split('\u{0}').collect();
        words.in_field(&path)
    }

    /// Whether one of the words is in its value.
    pub fn says(&self, words: &Words) -> bool {
        self.path != PATH && !record::hits(&self.value, &self.words(words)).is_empty()
    }

    /// Whether one of the words is in it.
    pub fn holds(&self, words: &Words) -> bool {
        if self.path == PATH {
            return false;
        }
        let words = self.words(words);
        let has = |text: &str| !record::hits(text, &words).is_empty();
        has(&self.value) || has(&self.note) || has(&self.name)
    }
}

/// Where a line leads.
#[derive(Debug, Clone, PartialEq)]
pub enum Link {
    /// To a record.
    Record(Reference),
    /// To a record that the mirror does not have.
    Missing(Reference),
    /// To all records that point here through one field.
    Pointing(Incoming),
}

/// The lines of a record, those of folded parts left out.
pub fn lines(
    data: &str,
    folded: &BTreeSet<String>,
    about: Option<&About>,
    pointing: Option<&Pointing>,
) -> Vec<Line> {
    let fields = record::fields(data);
    let mut out: Vec<Line> = Vec::with_capacity(fields.len());
    let mut path: Vec<&str> = Vec::new();
    let mut hidden = usize::MAX;
    for (at, field) in fields.iter().enumerate() {
        path.truncate(field.depth);
        path.push(&field.name);
        if field.depth > hidden {
            continue;
        }
        hidden = usize::MAX;
        let place = path.join("\u{0}");
        let parts = fields[at + 1..].iter().take_while(|f| f.depth > field.depth);
        let parts = parts.filter(|f| f.depth == field.depth + 1).count();
        let open = (parts > 0).then(|| !folded.contains(&place));
        if open == Some(false) {
            hidden = field.depth;
        }
        out.push(line(field, place, open, parts, about, path[0]));
    }
    out.extend(incoming(folded, pointing));
    out
}

fn line(
    field: &Field,
    path: String,
    open: Option<bool>,
    parts: usize,
    about: Option<&About>,
    top: &str,
) -> Line {
    let value = match open {
        Some(false) => counted(parts as u64, "part"),
        _ => field.value.clone(),
    };
    let (mut note, mut link) = (String::new(), None);
    if let Some(about) = about.filter(|_| field.kind != Kind::Nest && field.depth <= 1) {
        let leads = |n: &&Named| visible(&n.field) == top && visible(&n.to.id.to_string()) == field.value;
        if let Some(named) = about.names.iter().find(leads) {
            note = match (&named.name, named.there) {
                (Some(name), _) => visible(name).into_owned(),
                (None, true) => String::new(),
                (None, false) => "not in the mirror".to_owned(),
            };
            let to = named.to.clone();
            link = Some(if named.there { Link::Record(to) } else { Link::Missing(to) });
        }
    }
    Line { depth: field.depth, name: field.name.clone(), value, kind: field.kind, note, open, path, link }
}

/// The place of the line above those who point here.
const PATH: &str = "\u{0}pointing";

/// The lines about those who point here.
fn incoming(folded: &BTreeSet<String>, pointing: Option<&Pointing>) -> Vec<Line> {
    let Some(pointing) = pointing else { return Vec::new() };
    let head = |value: &str, open| Line {
        depth: 0,
        name: "pointing here".to_owned(),
        value: value.to_owned(),
        kind: Kind::Word,
        note: String::new(),
        open,
        path: PATH.to_owned(),
        link: None,
    };
    match &pointing.found {
        Found::Searching(n) => vec![head(&format!("searching … {}", grouped(*n)), None)],
        Found::Stopped => vec![head("stopped", None)],
        Found::Failed(error) => vec![head(&visible(error), None)],
        Found::All(all) if all.is_empty() => vec![head("nothing", None)],
        Found::All(all) => {
            let open = !folded.contains(PATH);
            let total: u64 = all.iter().map(|i| i.count).sum();
            let mut out = vec![head(&grouped(total), Some(open))];
            out.extend(all.iter().filter(|_| open).map(|from| Line {
                depth: 1,
                name: visible(&from.kind).into_owned(),
                value: grouped(from.count),
                kind: Kind::Number,
                note: format!("by {}", visible(&from.field)),
                open: None,
                path: format!("{PATH}\u{0}{}\u{0}{}", from.kind, from.field),
                link: Some(Link::Pointing(from.clone())),
            }));
            out
        }
    }
}
