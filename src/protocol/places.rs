//! Where the top-level fields of a page's records lie: found by the task that took the page, so that whoever writes the
//! records, one thread for all pages, does not look for them again.

use std::ops::Range;

use super::walk::{self, Field};

/// Fields of a page that are remembered: a page of nothing but tiny fields must not fill the memory. Those of the
/// records behind them are looked for when they are asked for.
const MOST: usize = 1 << 16;

/// The fields of a page's records, one record behind the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Places(Vec<Place>);

/// A field: its name and its value, from where to where in the record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    name: (u32, u32),
    value: (u32, u32),
}

impl Places {
    /// Finds the fields of one more record; none where there is no room for them.
    pub(super) fn find(&mut self, data: &str) -> Option<Range<usize>> {
        let mut record = self.record();
        for field in walk::fields(data.as_bytes()) {
            record.push(self, field);
        }
        record.end(self)
    }

    /// One more record begins.
    pub(super) fn record(&self) -> Record {
        Record { begin: self.0.len(), whole: true }
    }

    /// Those that were found so.
    pub(super) fn get(&self, found: Range<usize>) -> &[Place] {
        &self.0[found]
    }
}

/// A record whose fields are being found.
#[derive(Debug)]
pub(super) struct Record {
    begin: usize,
    whole: bool,
}

impl Record {
    /// One more field of it.
    pub(super) fn push(&mut self, places: &mut Places, field: Field) {
        if places.0.len() == MOST || field.value.end > u32::MAX as usize {
            self.whole = false;
        }
        if self.whole {
            let small = |range: Range<usize>| (range.start as u32, range.end as u32);
            places.0.push(Place { name: small(field.name), value: small(field.value) });
        }
    }

    /// All its fields; none where there was no room for them.
    pub(super) fn end(self, places: &mut Places) -> Option<Range<usize>> {
        if !self.whole {
            places.0.truncate(self.begin);
            return None;
        }
        Some(self.begin..places.0.len())
    }
}

/// The top-level fields of a record, in their order, duplicates included.
#[derive(Debug, Clone)]
pub struct Fields<'a>(Source<'a>);

#[derive(Debug, Clone)]
enum Source<'a> {
    Found(std::slice::Iter<'a, Place>),
    Sought(walk::Fields<'a>),
}

impl<'a> Fields<'a> {
    /// Of a record whose fields were found, or are to be looked for.
    pub(super) fn of(data: &'a str, found: Option<&'a [Place]>) -> Self {
        Self(match found {
            Some(places) => Source::Found(places.iter()),
            None => Source::Sought(walk::fields(data.as_bytes())),
        })
    }
}

impl Iterator for Fields<'_> {
    type Item = Field;

    fn next(&mut self) -> Option<Field> {
        let large = |(start, end): (u32, u32)| start as usize..end as usize;
        match &mut self.0 {
            Source::Found(places) => {
                places.next().map(|place| Field { name: large(place.name), value: large(place.value) })
            }
            Source::Sought(fields) => fields.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_what_would_be_found() {
        let mut places = Places::default();
        for data in [r#"{"id": 1, "a": {"b": [1]}}"#, "{}", "[1]", r#"{ "é" : "x,\"" , "é": null}"#] {
            let found = places.find(data).unwrap();
            let found: Vec<_> = Fields::of(data, Some(places.get(found))).collect();
            assert_eq!(found, Fields::of(data, None).collect::<Vec<_>>(), "{data}");
        }
    }

    #[test]
    fn a_page_of_tiny_fields_is_not_remembered_whole() {
        let large = format!("{{{}}}", vec![r#""":0"#; MOST - 1].join(","));
        let mut places = Places::default();
        assert_eq!(places.find(r#"{"a":1}"#), Some(0..1));
        assert_eq!(places.find(&large), Some(1..MOST));
        assert_eq!(places.find(r#"{"a":1}"#), None);
        assert_eq!(places.find("{}"), Some(MOST..MOST));
    }
}
