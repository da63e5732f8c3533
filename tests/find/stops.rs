//! Whatever takes its time is stopped by its listener and by its handle, in every phase of the work, and asks often.

use drainboard::mirror::filter::Filter;
use drainboard::mirror::find::{News, Query, Sort, SortBy};
use drainboard::mirror::index::{Index, Indexer};
use drainboard::mirror::refs::Reference;
use drainboard::mirror::{MirrorError, Reader};
use drainboard::protocol::RecordId;

use crate::kit::{self, Scratch};
use crate::model;

/// Rows of a type, enough for several threads.
const ROWS: i64 = 20_000;

/// Something that takes its time and asks whether to go on.
type Work<'a> = &'a dyn Fn(&Reader, &mut dyn FnMut(News<'_>) -> bool) -> Result<(), MirrorError>;

async fn filled() -> Scratch {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let mut items = Vec::new();
    for id in 1..=ROWS {
        let long = format!("the same words for more than a key, and then {}", id * 7_919 % ROWS);
        let data = format!(
            r#"{{"id": {id}, "name": "n{}", "long": "{long}", "contact_id": {}, "rare": {}}}"#,
            id % 97,
            id % 50,
            id % 40
        );
        items.push(kit::item("contact", "created", "k", id % 9, &data));
        let data = format!(r#"{{"id": "t{id}", "name": "n{}"}}"#, id % 97);
        items.push(kit::item("tag", "created", "k", id % 9, &data));
        let data = format!(r#"{{"id": {id}, "contact_id": {}}}"#, id % 50 + 1);
        items.push(kit::item("deal", "created", "k", id % 9, &data));
    }
    model::apply(&mirror, &items).await;
    scratch
}

/// Runs `work` and stops it at several of its questions; it must end at once. The least number of questions is checked.
fn stops(reader: &Reader, what: &str, least: usize, work: Work<'_>) {
    let mut asked = 0;
    work(reader, &mut |_| {
        asked += 1;
        true
    })
    .unwrap_or_else(|e| panic!("{what}: {e}"));
    assert!(asked >= least, "{what}: asked {asked} times, not {least}");
    for last in [1, 2, 3, asked / 3, asked / 2, asked * 3 / 4, asked].into_iter().filter(|last| *last > 0) {
        let mut questions = 0;
        let ended = work(reader, &mut |_| {
            questions += 1;
            assert!(questions <= last, "{what}: asked again after a no");
            questions < last
        });
        // Threads share the questions, so a run may have fewer than the one before.
        assert!(
            questions < last || matches!(ended, Err(MirrorError::Stopped)),
            "{what} at {last}: {ended:?}"
        );
        let handle = reader.interrupter();
        let mut questions = 0;
        let ended = work(reader, &mut |_| {
            questions += 1;
            if questions == last {
                handle.interrupt();
            }
            true
        });
        let near_the_end = last + 3 >= asked;
        assert!(
            questions < last || near_the_end || matches!(ended, Err(MirrorError::Stopped)),
            "{what} interrupted at {last} of {asked}: {ended:?}"
        );
    }
}

#[tokio::test]
async fn views_stop_in_every_phase() {
    let scratch = filled().await;
    let reader = scratch.reader();
    let view = |kind: &'static str, filter: &'static str, field: &'static str| {
        let by = if field == "id" { SortBy::Id } else { SortBy::Field(field.into()) };
        let sort = Sort { by, descending: false };
        let query = Query { kind: kind.into(), filter: Filter::parse(filter).unwrap(), sort };
        move |reader: &Reader, index: Option<&Index>, tell: &mut dyn FnMut(News<'_>) -> bool| {
            reader.view(&query, index, tell).map(drop)
        }
    };
    let rows = ROWS as usize;
    let each = rows / 1_024;
    for (what, least, view) in [
        // Two threads share the questions of a pass, and one that waits asks too: what is certain is little.
        ("a filter", 2, view("contact", "rare:11", "id")),
        ("a filter that finds all", 2, view("contact", "-name:nothing", "id")),
        ("a sort and its merge", 2 + rows / 8_192, view("contact", "", "name")),
        ("a sort by long texts", each, view("contact", "", "long")),
        ("a sort by what has no column", 2 + rows / 8_192, view("contact", "", "rare")),
        ("a filter by another's name", 2, view("deal", "contact:n11", "id")),
        ("a filter in the order of text ids", each, view("tag", "name:11", "id")),
        ("a sort of text ids", each + rows / 8_192, view("tag", "", "name")),
    ] {
        stops(&reader, what, least, &|reader, tell| view(reader, None, tell));
    }
    Indexer::pass(&scratch.path(), &mut |_, _| true).unwrap();
    let index = Index::open(&reader).unwrap();
    for (what, least, view) in [
        ("a search by index", 2, view("contact", "rare:11 \"and then 1\"", "id")),
        ("a search by index, sorted", 2, view("contact", "7919", "long")),
        ("a search by index with too many hits", 3, view("contact", "words", "id")),
        ("a search by index in text ids", 2, view("tag", "t1234", "id")),
    ] {
        stops(&reader, what, least, &|reader, tell| view(reader, Some(&index), tell));
    }
    // What the index does not know yet is asked for, too.
    let items: Vec<_> = (1..=3_000)
        .map(|id| kit::item("contact", "updated", "k", 10, &format!(r#"{{"id": {id}, "name": "heron"}}"#)))
        .collect();
    model::apply(&scratch.open(), &items).await;
    let newer = view("contact", "zebra", "id");
    stops(&reader, "what an index does not know", 3, &|reader, tell| newer(reader, Some(&index), tell));
}

#[tokio::test]
async fn ranks_references_and_the_making_of_an_index_stop() {
    let scratch = filled().await;
    let reader = scratch.reader();
    let everything = Query { kind: "contact".into(), filter: Filter::default(), sort: Sort::default() };
    stops(&reader, "ranks", 1, &|reader, tell| {
        let view = reader.view(&everything, None, &mut |_| true)?;
        reader.rank(&view, tell)
    });
    let to = Reference { kind: "contact".into(), id: RecordId::Int(7) };
    let pointing = |index: Option<&Index>, reader: &Reader, tell: &mut dyn FnMut(News<'_>) -> bool| {
        reader.incoming(&to, 5, index, tell).map(|found| {
            let counts: Vec<_> = found.iter().map(|from| (from.kind.as_str(), from.count)).collect();
            assert_eq!(counts, [("contact", 400), ("deal", 400)]);
            assert!(found.iter().all(|from| from.first.len() == 5 && from.first.is_sorted()));
        })
    };
    stops(&reader, "references", 4, &|reader, tell| pointing(None, reader, tell));
    let mut passes = 0;
    let stopped = Indexer::pass(&scratch.path(), &mut |_, _| {
        passes += 1;
        passes < 20
    });
    assert!(matches!(stopped, Err(MirrorError::Stopped)) && passes == 20, "{stopped:?} {passes}");
    Indexer::pass(&scratch.path(), &mut |_, _| true).unwrap();
    let index = Index::open(&reader).unwrap();
    stops(&reader, "references by index", 3, &|reader, tell| pointing(Some(&index), reader, tell));
}
