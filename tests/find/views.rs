//! Filters and orders against the naive reader and SQLite; pages forwards and backwards cover exactly the view.

use drainboard::mirror::filter::Filter;
use drainboard::mirror::find::{From, Hit, News, Place, Query, Sort, SortBy, View};
use drainboard::mirror::{MirrorError, Reader};
use drainboard::protocol::RecordId;
use fastrand::Rng;
use std::collections::HashSet;

use crate::kit::{self, Scratch};
use crate::model::{self, Record};

fn view(reader: &Reader, filter: &str, sort: Sort) -> View {
    let query = Query { kind: "thing".into(), filter: Filter::parse(filter).unwrap(), sort };
    reader.view(&query, None, &mut |_| true).unwrap_or_else(|e| panic!("{filter}: {e}"))
}

fn by(field: &str, descending: bool) -> Sort {
    let by = match field {
        "id" => SortBy::Id,
        "revision" => SortBy::Revision,
        field => SortBy::Field(field.into()),
    };
    Sort { by, descending }
}

/// All rows by pages, downwards and upwards, with their numbers checked.
fn walk(reader: &Reader, view: &View, limit: usize) -> Vec<RecordId> {
    let mut down = Vec::new();
    let mut place = Some(Place::Top);
    while let Some(at) = place {
        let sheet = reader.page(view, &at, limit).unwrap();
        if let Some(first) = sheet.first.filter(|_| sheet.exact) {
            assert_eq!(first, down.len() as u64, "{at:?}");
        }
        assert_eq!(sheet.above.is_some(), !down.is_empty(), "{at:?}");
        down.extend(sheet.rows.into_iter().map(|row| row.id));
        place = sheet.below;
    }
    let mut up = Vec::new();
    let mut place = Some(Place::Bottom);
    while let Some(at) = place {
        let sheet = reader.page(view, &at, limit).unwrap();
        up.extend(sheet.rows.into_iter().rev().map(|row| row.id));
        place = sheet.above;
    }
    up.reverse();
    assert_eq!(down, up);
    down
}

#[tokio::test]
async fn a_view_is_what_a_naive_reader_finds_in_the_order_of_sqlite() {
    let mut rng = kit::rng();
    for texts in [false, true] {
        let scratch = Scratch::new();
        let records = model::fill(&scratch, &mut rng, 300, texts).await;
        let reader = scratch.reader();
        for _ in 0..60 {
            check(&reader, &records, &mut rng, 50);
        }
    }
}

/// A random view is what the naive reader finds, in the order of SQLite, decimals being numbers; its pages have up to so many rows.
fn check(reader: &Reader, records: &[Record], rng: &mut Rng, limit: usize) {
    let text = model::filter(rng);
    let filter = Filter::parse(&text).unwrap();
    let field = ["id", "revision", "name", "city", "value", "custom_fields.budget"][rng.usize(..6)];
    let descending = rng.bool();
    // SQLite shows an array or an object without its spaces; Browse takes it as it came.
    let nested = if ["id", "revision"].contains(&field) {
        String::new()
    } else {
        format!("WHERE coalesce(json_type(data, '$.{field}'), '') NOT IN ('array', 'object')")
    };
    let direction = if descending { "DESC" } else { "ASC" };
    let tie = if field == "id" { "" } else { ", id" };
    let column = if field == "custom_fields.budget" { "(data ->> '$.custom_fields.budget')" } else { field };
    // A text that is a decimal sorts as the number.
    let decimal =
        format!("typeof({column}) = 'text' AND {column} NOT GLOB '*[^0-9.-]*' AND {column} GLOB '*[0-9]'");
    let column = match field {
        "id" | "revision" => field.to_owned(),
        _ => format!("CASE WHEN {decimal} THEN CAST({column} AS NUMERIC) ELSE {column} END"),
    };
    let order =
        model::ids(reader, &format!("SELECT id FROM thing {nested} ORDER BY {column} {direction}{tie}"));
    let view = view(reader, &text, by(field, descending));
    let found = walk(reader, &view, rng.usize(limit / 10..=limit).max(1));
    let holding: HashSet<&RecordId> =
        records.iter().filter(|r| model::holds(r, &filter)).map(|r| &r.id).collect();
    let expected: Vec<_> = order.iter().filter(|id| holding.contains(id)).collect();
    let ordered: HashSet<&RecordId> = order.iter().collect();
    let plain: Vec<_> = found.iter().filter(|id| ordered.contains(id)).collect();
    assert_eq!(plain, expected, "{text} by {field} {direction}");
    assert_eq!(found.len(), holding.len(), "{text}");
    assert!(view.hits().is_none_or(|hits| hits == found.len() as u64));
}

#[tokio::test]
async fn the_next_hit_is_the_next_row_of_the_view_that_has_the_text() {
    let mut rng = kit::rng();
    let mut met = [0, 0];
    for texts in [false, true] {
        let scratch = Scratch::new();
        let records = model::fill(&scratch, &mut rng, 120, texts).await;
        let reader = scratch.reader();
        for round in 0..120 {
            let field = ["id", "revision", "name", "city", "custom_fields.budget"][rng.usize(..5)];
            let filter = if rng.bool() { model::filter(&mut rng) } else { String::new() };
            let rows = view(&reader, &filter, by(field, rng.bool()));
            let all = walk(&reader, &rows, 50);
            let text = ["a", "york", "common prefix", "bytes b", "12", "\n", "nowhere"][round % 7];
            let hits = reader.view(&rows.query().with_text(text), None, &mut |_| true).unwrap();
            let expression = Filter::parse(&format!("\"{text}\"")).unwrap();
            let has = |id: &RecordId| {
                records.iter().any(|record| record.id == *id && model::holds(record, &expression))
            };
            let having: Vec<usize> = (0..all.len()).filter(|at| has(&all[*at])).collect();
            assert_eq!(hits.hits(), Some(having.len() as u64));
            for _ in 0..6 {
                let at = (!all.is_empty() && rng.u8(..5) > 0).then(|| rng.usize(..all.len()));
                let from = From { id: at.map(|at| all[at].clone()), with: rng.bool(), back: rng.bool() };
                let beside = |hit: &usize| match at {
                    None => true,
                    Some(at) if from.back => *hit < at || (from.with && *hit == at),
                    Some(at) => *hit > at || (from.with && *hit == at),
                };
                let next = if from.back {
                    having
                        .iter()
                        .rposition(beside)
                        .map(|no| (no, false))
                        .or(having.len().checked_sub(1).map(|no| (no, true)))
                } else {
                    having.iter().position(beside).map(|no| (no, false)).or(having.first().map(|_| (0, true)))
                };
                let expected =
                    next.map(|(no, round)| Hit { id: all[having[no]].clone(), no: no as u64, round });
                met[usize::from(expected.is_some())] += 1;
                let found = reader.next_hit(&hits, &from).unwrap();
                assert_eq!(found, expected, "{text} in {filter} by {field}, {from:?}");
            }
        }
    }
    assert!(met[0] > 50 && met[1] > 500, "{met:?}");
}

#[tokio::test]
async fn a_hit_whose_record_went_since_is_passed_over() {
    let mut rng = kit::rng();
    let scratch = Scratch::new();
    let records = model::fill(&scratch, &mut rng, 20, false).await;
    let reader = scratch.reader();
    let hits = view(&reader, "rev>0", Sort::default());
    let gone = |at: usize| kit::item("thing", "deleted", "d", 99, &format!("{{\"id\": {}}}", records[at].id));
    model::apply(&scratch.open(), &[gone(5), gone(6), gone(19)]).await;
    let from = |at: usize, back| From { id: Some(records[at].id.clone()), with: false, back };
    let next = |at, back| reader.next_hit(&hits, &from(at, back)).unwrap().unwrap();
    assert_eq!((next(4, false).id, next(7, true).id), (records[7].id.clone(), records[4].id.clone()));
    assert_eq!(next(18, false), Hit { id: records[0].id.clone(), no: 0, round: true });
    // The row that was looked at may have gone, too.
    assert_eq!((next(5, false).id, next(6, true).id), (records[7].id.clone(), records[4].id.clone()));
}

#[tokio::test]
async fn a_field_inside_an_object_may_have_a_dot_of_its_own() {
    let scratch = Scratch::new();
    let seats = |id: i64, seats: i64| {
        let data =
            format!(r#"{{"id": {id}, "custom_fields": {{"No. of seats": {seats}, "a": {{"b": {id}}}}}}}"#);
        kit::item("thing", "created", "k", 1, &data)
    };
    model::apply(&scratch.open(), &[seats(1, 7), seats(2, 4), seats(3, 12)]).await;
    let reader = scratch.reader();
    let ids = |filter, field| walk(&reader, &view(&reader, filter, by(field, false)), 9);
    assert_eq!(ids("", "custom_fields.No. of seats"), [2, 1, 3].map(RecordId::Int));
    assert_eq!(ids("\"custom_fields.No. of seats\">4", "id"), [1, 3].map(RecordId::Int));
    assert_eq!(ids("custom_fields.a.b>1", "custom_fields.a.b"), [2, 3].map(RecordId::Int));
}

#[tokio::test]
async fn what_several_threads_find_is_the_same() {
    let mut rng = kit::rng();
    let scratch = Scratch::new();
    let records = model::fill(&scratch, &mut rng, 20_000, false).await;
    let reader = scratch.reader();
    for _ in 0..10 {
        check(&reader, &records, &mut rng, 10_000);
    }
}

#[tokio::test]
async fn several_threads_read_one_state_while_a_drain_writes() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let thing = |id: i64, revision: i64, state: &str| {
        kit::item("thing", "updated", "k", revision, &format!(r#"{{"id": {id}, "state": "{state}"}}"#))
    };
    let rows: Vec<_> = (0..20_000).map(|id| thing(id, 1, if id < 100 { "on" } else { "off" })).collect();
    model::apply(&mirror, &rows).await;
    let reader = scratch.reader();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let scans = std::thread::spawn(move || {
        let mut scans = 0;
        while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) || scans < 5 {
            // Each page turns one record on and another off, far away.
            assert_eq!(view(&reader, "state:on", Sort::default()).hits(), Some(100));
            assert_eq!(view(&reader, "", by("state", true)).hits(), Some(20_000));
            scans += 1;
        }
    });
    let session = mirror.begin_session(&kit::session()).await.unwrap();
    for i in 0..100 {
        let page = [thing(i, 2, "off"), thing(19_999 - i, 2, "on")];
        mirror.apply(session, kit::page(&page)).await.unwrap();
    }
    drop(stop);
    scans.join().unwrap();
}

#[tokio::test]
async fn every_place_leads_to_its_row() {
    let mut rng = kit::rng();
    let scratch = Scratch::new();
    let records = model::fill(&scratch, &mut rng, 2_500, false).await;
    let reader = scratch.reader();
    for (filter, field) in [("", "id"), ("-name:nobody", "id"), ("", "name")] {
        for descending in [false, true] {
            let view = view(&reader, filter, by(field, descending));
            reader.rank(&view, &mut |_| true).unwrap();
            let all = walk(&reader, &view, 200);
            assert_eq!(all.len(), records.len());
            for _ in 0..30 {
                let n = rng.usize(..all.len());
                let first = |place: Place| {
                    let sheet = reader.page(&view, &place, 7).unwrap();
                    assert!(sheet.exact, "{place:?}");
                    let first = sheet.first.unwrap() as usize;
                    let ids: Vec<_> = sheet.rows.into_iter().map(|row| row.id).collect();
                    assert_eq!(ids, all[first..first + ids.len()], "{place:?}");
                    first
                };
                assert_eq!(first(Place::Row(n as u64)), n);
                assert_eq!(first(Place::At(all[n].clone())), n);
                assert_eq!(first(Place::Ending(n as u64)), n.saturating_sub(7));
                assert_eq!(first(Place::Percent(50.0)), 1_250);
                assert_eq!(first(Place::Bottom), all.len() - 7);
                if n + 1 < all.len() {
                    assert_eq!(first(Place::After(all[n].clone())), n + 1);
                }
                if n > 0 {
                    assert_eq!(first(Place::Before(all[n].clone())), n.saturating_sub(7));
                }
            }
            if field == "id" {
                // An id that is not there: the next one in the view's order.
                let RecordId::Int(id) = all[1_000] else { panic!() };
                let gap = RecordId::Int(if descending { id + 1 } else { id - 1 });
                assert_eq!(reader.page(&view, &Place::At(gap), 1).unwrap().rows[0].id, all[1_000]);
            }
        }
    }
    // Before the ranks are there a number is an estimate, and says so.
    let fresh = view(&reader, "", Sort::default());
    let sheet = reader.page(&fresh, &Place::Row(1_000), 5).unwrap();
    assert!(!sheet.exact && sheet.first.unwrap().abs_diff(1_000) < 100, "{:?}", sheet.first);
}

#[tokio::test]
async fn a_long_view_shows_its_first_page_early_tells_its_way_and_stops_when_told() {
    let mut rng = kit::rng();
    let scratch = Scratch::new();
    model::fill(&scratch, &mut rng, 9_000, false).await;
    let reader = scratch.reader();
    let query =
        Query { kind: "thing".into(), filter: Filter::parse("rev>2").unwrap(), sort: Sort::default() };
    let (mut first, mut told) = (Vec::new(), 0);
    let view = reader
        .view(&query, None, &mut |news| {
            match news {
                News::First(rows) => first = rows.to_vec(),
                News::Scanned { rows, of, hits } => {
                    assert!(rows <= of && hits <= rows && of == 9_000);
                    told += 1;
                }
            }
            true
        })
        .unwrap();
    assert_eq!(told, 8);
    assert!(!first.is_empty());
    assert_eq!(first, reader.page(&view, &Place::Top, first.len()).unwrap().rows);
    let stopped = reader.view(&query, None, &mut |news| matches!(news, News::First(_)));
    assert!(matches!(stopped, Err(MirrorError::Stopped)), "{stopped:?}");
    // And by the handle, from another thread or from here.
    let handle = reader.interrupter();
    let stopped = reader.view(&query, None, &mut |_| {
        handle.interrupt();
        true
    });
    assert!(matches!(stopped, Err(MirrorError::Stopped)), "{stopped:?}");
}

#[tokio::test]
async fn rows_that_went_since_are_left_out() {
    let mut rng = kit::rng();
    let scratch = Scratch::new();
    let records = model::fill(&scratch, &mut rng, 50, false).await;
    let reader = scratch.reader();
    let view = view(&reader, "rev>0", Sort::default());
    let gone: Vec<_> = records[10..20]
        .iter()
        .map(|r| kit::item("thing", "deleted", "d", 99, &format!("{{\"id\": {}}}", r.id)))
        .collect();
    model::apply(&scratch.open(), &gone).await;
    let left: Vec<_> = records
        .iter()
        .enumerate()
        .filter(|(i, _)| !(10..20).contains(i))
        .map(|(_, r)| r.id.clone())
        .collect();
    let sheet = reader.page(&view, &Place::Top, 40).unwrap();
    assert_eq!(sheet.rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>(), left);
}

#[tokio::test]
async fn a_field_that_is_none_is_an_error_with_what_is_near() {
    let mut rng = kit::rng();
    let scratch = Scratch::new();
    model::fill(&scratch, &mut rng, 20, false).await;
    let reader = scratch.reader();
    let query = |filter: &str| Query {
        kind: "thing".into(),
        filter: Filter::parse(filter).unwrap(),
        sort: Sort::default(),
    };
    let error = reader.view(&query("nmae:x"), None, &mut |_| true).unwrap_err().to_string();
    assert_eq!(error, "thing has no field nmae; did you mean name?");
    let error = |filter: &str| reader.view(&query(filter), None, &mut |_| true).unwrap_err().to_string();
    assert_eq!(error("NMAE:x"), "thing has no field NMAE; did you mean name?");
    // What nothing can fulfil is told, and not only found nowhere.
    assert_eq!(error("rev>abc"), "rev is a number, and \"abc\" is none: rev>8");
    // Of the records that chance made, another may have a field that is near, too.
    let near = error("custom_fields.buget>0");
    assert!(
        near.starts_with("thing has no field custom_fields.buget; did you mean custom_fields.budget"),
        "{near}"
    );
    // What a record that lacks the field fulfils is no mistake.
    for (filter, rows) in [("custom_fields.buget:", 20), ("-custom_fields.buget>0", 20), ("rev!=abc", 20)] {
        assert_eq!(view(&reader, filter, Sort::default()).hits(), Some(rows), "{filter}");
    }
    // The only field that is the same but for case is meant.
    for (other, filter) in [("NAME:a", "name:a"), ("REV>3", "rev>3"), ("Budget>1", "budget>1")] {
        let rows = |filter| walk(&reader, &view(&reader, filter, Sort::default()), 5);
        assert_eq!(rows(other), rows(filter), "{filter}");
    }
    let nothing = Query { kind: "nothing".into(), ..query("") };
    let view = reader.view(&nothing, None, &mut |_| true).unwrap();
    assert_eq!(reader.page(&view, &Place::Top, 5).unwrap().rows, []);
}
