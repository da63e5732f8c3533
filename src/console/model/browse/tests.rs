//! Paging against a table in memory: whatever is pressed, the rows on the screen are the table's own.

use super::rows::{KEPT, NEAR};
use super::*;
use crate::mirror::find::{Sheet, SortBy};
use crate::mirror::reader::Row;
use crate::mirror::refs::Incoming;

const HEIGHT: usize = 20;

/// A reader over ids 0, 2, 4 … of a table.
struct Fake(Vec<i64>);

impl Fake {
    fn answer(&self, place: &Place, limit: usize) -> Page {
        let at = |id: &RecordId| match id {
            RecordId::Int(n) => *n,
            RecordId::Text(other) => panic!("{other:?}"),
        };
        let n = self.0.len();
        let (a, b) = match place {
            Place::Top => (0, limit.min(n)),
            Place::Bottom => (n.saturating_sub(limit), n),
            Place::At(id) => {
                let a = self.0.partition_point(|x| *x < at(id));
                (a, (a + limit).min(n))
            }
            Place::After(id) => {
                let a = self.0.partition_point(|x| *x <= at(id));
                (a, (a + limit).min(n))
            }
            Place::Before(id) => {
                let b = self.0.partition_point(|x| *x < at(id));
                (b.saturating_sub(limit), b)
            }
            other => panic!("{other:?}"),
        };
        let row = |n: &i64| Row {
            id: RecordId::Int(*n),
            revision: Some(1),
            data: format!(r#"{{"id":{n},"name":"n{n}"}}"#),
            session: 1,
        };
        let rows: Vec<_> = self.0[a..b].iter().map(row).collect();
        let sheet = Sheet {
            first: Some(a as u64),
            exact: true,
            above: (a > 0).then(|| Place::Before(RecordId::Int(self.0.get(a).copied().unwrap_or(i64::MAX)))),
            below: (b < n).then(|| Place::After(rows.last().unwrap().id.clone())),
            rows,
        };
        Page { sheet, hits: None, took: None, complete: true, ..Page::default() }
    }

    fn settle(&self, browse: &mut Browse, mut request: Option<Request>) {
        while let Some(Request::Page { ticket, place, limit, .. }) = request {
            request = browse.take_page(ticket, self.answer(&place, limit), HEIGHT);
        }
    }
}

fn kinds(rows: usize) -> Vec<Kind> {
    vec![Kind { name: "contact".into(), table: "contact".into(), rows: rows as u64 }]
}

fn cursor(browse: &Browse) -> i64 {
    match browse.current().unwrap().row.id {
        RecordId::Int(n) => n,
        RecordId::Text(ref other) => panic!("{other:?}"),
    }
}

#[test]
fn every_row_is_reached_and_few_are_kept() {
    let fake = Fake((0..5_000).map(|n| n * 2).collect());
    let mut browse = Browse::default();
    let request = browse.take_kinds(kinds(5_000));
    fake.settle(&mut browse, request);
    for n in 0..5_000_i64 {
        assert_eq!(cursor(&browse), n * 2);
        assert_eq!(browse.table.first.map(|f| f + browse.table.cursor as u64), Some(n as u64));
        assert!(browse.table.rows.len() <= KEPT && browse.table.cursor - browse.table.top < HEIGHT);
        let request = browse.move_row(1, HEIGHT);
        fake.settle(&mut browse, request);
    }
    for n in (0..5_000_i64).rev() {
        assert_eq!(cursor(&browse), n * 2);
        assert!(browse.table.rows.len() <= KEPT + CHUNK + NEAR);
        let request = browse.move_row(-1, HEIGHT);
        fake.settle(&mut browse, request);
    }
    let request = browse.jump(true, HEIGHT);
    fake.settle(&mut browse, request);
    assert_eq!((cursor(&browse), browse.table.top + HEIGHT), (9_998, browse.table.rows.len()));
    let request = browse.jump(false, HEIGHT);
    fake.settle(&mut browse, request);
    assert_eq!(cursor(&browse), 0);
}

#[test]
fn steps_that_found_no_rows_yet_are_made_when_they_come() {
    let fake = Fake((0..5_000).collect());
    let mut browse = Browse::default();
    let request = browse.take_kinds(kinds(5_000));
    fake.settle(&mut browse, request);
    let request = browse.move_row(300, HEIGHT);
    assert_eq!(cursor(&browse), 199);
    fake.settle(&mut browse, request);
    assert_eq!(cursor(&browse), 300);
}

#[test]
fn the_cursor_stays_on_its_record_when_the_table_changes() {
    let mut fake = Fake((0..1_000).map(|n| n * 2).collect());
    let mut browse = Browse::default();
    let request = browse.take_kinds(kinds(1_000));
    fake.settle(&mut browse, request);
    for _ in 0..50 {
        let request = browse.move_row(1, HEIGHT);
        fake.settle(&mut browse, request);
    }
    let line = browse.table.cursor - browse.table.top;
    fake.0.splice(0..2, [1, 3, 5, 7]);
    let request = browse.again(false);
    fake.settle(&mut browse, request);
    assert_eq!(cursor(&browse), 100);
    assert_eq!(browse.table.cursor - browse.table.top, line);
    fake.0.clear();
    let request = browse.again(false);
    fake.settle(&mut browse, request);
    assert!(browse.current().is_none());
}

#[test]
fn an_answer_that_nobody_waits_for_is_dropped() {
    let fake = Fake((0..1_000).collect());
    let mut browse = Browse::default();
    let Some(Request::Page { ticket, place, limit, .. }) = browse.take_kinds(kinds(1_000)) else { panic!() };
    let second = browse.jump(true, HEIGHT);
    assert_eq!(browse.take_page(ticket, fake.answer(&place, limit), HEIGHT), None);
    let request = second.or_else(|| browse.again(false));
    fake.settle(&mut browse, request);
}

#[test]
fn the_largest_type_is_shown_until_one_was_chosen() {
    let kind = |name: &str, rows| Kind { name: name.into(), table: name.into(), rows };
    let mut browse = Browse::default();
    browse.take_kinds(vec![kind("tag", 20)]);
    assert!(browse.take_kinds(vec![kind("contact", 100), kind("tag", 20)]).is_some());
    assert_eq!(browse.kind.as_deref(), Some("contact"));
    browse.move_kind(1);
    assert_eq!(browse.take_kinds(vec![kind("contact", 200), kind("tag", 20)]), None);
    assert_eq!(browse.kind.as_deref(), Some("tag"));
}

fn asked(request: Option<&Request>) -> (&Query, &Place) {
    match request {
        Some(Request::Page { query, place, .. }) => (query, place),
        other => panic!("{other:?}"),
    }
}

fn settled(rows: i64) -> (Fake, Browse) {
    let fake = Fake((0..rows).collect());
    let mut browse = Browse::default();
    let request = browse.take_kinds(kinds(rows as usize));
    fake.settle(&mut browse, request);
    (fake, browse)
}

#[test]
fn a_filter_that_goes_leaves_its_row_in_sight_and_comes_back_by_stopping() {
    let (fake, mut browse) = settled(1_000);
    let request = browse.filter("n7", Filter::parse("n7").unwrap());
    assert_eq!(asked(request.as_ref()).0.filter.to_string(), "n7");
    // It is stopped before it has an answer: what was shown before is shown again.
    assert!(browse.makes());
    let request = browse.stop();
    assert!(asked(request.as_ref()).0.filter.is_empty() && browse.lens().text.is_empty());
    fake.settle(&mut browse, request);
    assert!(!browse.makes());

    let request = browse.filter("n7", Filter::parse("n7").unwrap());
    Fake(vec![7, 70, 71]).settle(&mut browse, request);
    let request = browse.move_row(1, HEIGHT);
    assert_eq!((request, cursor(&browse)), (None, 70));
    let request = browse.filter("", Filter::default());
    assert_eq!(asked(request.as_ref()).1, &Place::At(RecordId::Int(70)));
    fake.settle(&mut browse, request);
    assert_eq!(cursor(&browse), 70);
}

#[test]
fn each_type_keeps_its_filter_and_its_order() {
    let kind = |name: &str, rows| Kind { name: name.into(), table: name.into(), rows };
    let mut browse = Browse::default();
    browse.take_kinds(vec![kind("contact", 10), kind("deal", 5)]);
    browse.filter("ada", Filter::parse("ada").unwrap());
    let by = SortBy::Field("name".into());
    let up = browse.lens().next(by.clone());
    browse.sort(up);
    let down = browse.lens().next(by.clone());
    browse.sort(down.clone());
    let request = browse.move_kind(1);
    assert_eq!(asked(request.as_ref()).0.kind, "deal");
    assert!(asked(request.as_ref()).0.filter.is_empty());
    let request = browse.move_kind(-1);
    let (query, _) = asked(request.as_ref());
    assert_eq!((query.filter.to_string().as_str(), &query.sort), ("ada", &down));
    assert!(query.sort.descending);
    assert_eq!(browse.lens().next(by), Sort::default());
}

#[test]
fn the_way_back_leads_where_one_came_from_and_forward_again() {
    let (fake, mut browse) = settled(1_000);
    let request = browse.move_row(42, HEIGHT);
    fake.settle(&mut browse, request);
    browse.pane = Pane::Record;
    browse.line = 3;
    let to = Reference { kind: "user".into(), id: RecordId::Int(17) };
    let request = browse.follow(&to);
    assert_eq!(asked(request.as_ref()).1, &Place::At(RecordId::Int(17)));
    fake.settle(&mut browse, request);
    assert_eq!(browse.record(), Some(to));
    let request = browse.walk(true);
    assert_eq!(asked(request.as_ref()).0.kind, "contact");
    fake.settle(&mut browse, request);
    assert_eq!((cursor(&browse), browse.line, browse.pane), (42, 3, Pane::Record));
    assert_eq!(browse.walk(true), None);
    let request = browse.walk(false);
    assert_eq!(asked(request.as_ref()).0.kind, "user");
    fake.settle(&mut browse, request);
    assert_eq!(cursor(&browse), 17);
}

#[test]
fn what_points_here_is_shown_by_a_filter_that_finds_it() {
    let (_, mut browse) = settled(10);
    for (field, expected) in [
        ("contact_id", "contact_id=17"),
        ("resource_id", "resource_id=17 resource_type=contact"),
        ("associated_deal_ids", "associated_deal_ids:17"),
    ] {
        let from = Incoming { kind: "note".into(), field: field.into(), count: 2, first: Vec::new() };
        browse.kind = Some("contact".into());
        let request = browse.follow_pointing(&RecordId::Int(17), &from);
        assert_eq!(asked(request.as_ref()).0.filter.to_string(), expected);
    }
}

#[test]
fn references_are_shown_by_name_and_stay_ids() {
    let user = Kind { name: "user".into(), table: "user".into(), rows: 2 };
    let mut browse = Browse::default();
    let ticket = |request: Option<Request>| match request {
        Some(Request::Page { ticket, .. }) => ticket,
        other => panic!("{other:?}"),
    };
    let rows = |n: i64| {
        let row = |n: i64| Row {
            id: RecordId::Int(n),
            revision: None,
            data: format!(r#"{{"id":{n},"name":"n{n}","owner_id":{}}}"#, 17 + n % 3),
            session: 1,
        };
        let sheet = Sheet { rows: (0..n).map(row).collect(), ..Sheet::default() };
        Page { sheet, complete: true, ..Page::default() }
    };
    let asked = |browse: &mut Browse| {
        let names = |request| if let Request::Names { of } = request { Some(of) } else { None };
        browse
            .wonder()
            .into_iter()
            .find_map(names)
            .map(|of| of.into_iter().map(|to| to.id.to_string()).collect())
    };
    let shown = |browse: &Browse, row: usize| {
        let entry = &browse.table.rows[row];
        let at = browse.table.columns.shown().position(|field| field == "owner_id").unwrap();
        (browse.called(entry, "owner_id").map(str::to_owned), entry.cells[at].clone())
    };
    let named = |names: &[(i64, Option<&str>)]| {
        let named = |(id, name): &(i64, Option<&str>)| {
            let to = Reference { kind: "user".into(), id: RecordId::Int(*id) };
            (to, name.map(str::to_owned))
        };
        names.iter().map(named).collect::<Vec<_>>()
    };
    // Without users in the mirror nothing refers to them.
    let first = ticket(browse.take_kinds(kinds(30)));
    assert_eq!(browse.take_page(first, rows(30), HEIGHT), None);
    assert_eq!(asked(&mut browse), None::<Vec<String>>);
    assert!(browse.table.columns.all().any(|(column, _)| column.heading == "owner_id"));
    browse.take_kinds([kinds(30), vec![user]].concat());
    let again = ticket(browse.again(false));
    browse.take_page(again, rows(30), HEIGHT);
    assert!(browse.table.columns.all().any(|(column, _)| column.heading == "owner"));
    assert_eq!(asked(&mut browse), Some(["17", "18", "19"].map(str::to_owned).to_vec()));
    assert_eq!(asked(&mut browse), None, "what is on its way is not asked again");
    assert_eq!(shown(&browse, 0), (None, "17".to_owned()));
    browse.take_names(named(&[(17, Some("Ada\u{1b}")), (18, Some("Grace")), (19, None)]));
    assert_eq!(shown(&browse, 0), (Some("Ada␛".to_owned()), "17".to_owned()));
    assert_eq!(shown(&browse, 2), (None, "19".to_owned()));
    assert_eq!(asked(&mut browse), None, "what is known is not asked again");
    // With new rows a name may be another; until that is known the old one is shown.
    let again = ticket(browse.again(false));
    browse.take_page(again, rows(30), HEIGHT);
    assert_eq!(shown(&browse, 0).0.as_deref(), Some("Ada␛"));
    assert_eq!(asked(&mut browse).map(|of: Vec<String>| of.len()), Some(3));
}
