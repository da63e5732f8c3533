//! With an index, with half of one and without: the same answers, after whatever happened to the mirror.

use drainboard::mirror::filter::Filter;
use drainboard::mirror::find::{Place, Query, Sort, View};
use drainboard::mirror::index::{Index, Indexer};
use drainboard::mirror::{MirrorError, Reader};
use drainboard::protocol::RecordId;

use crate::kit::{self, Scratch};
use crate::model;

fn search(reader: &Reader, index: Option<&Index>, filter: &str) -> Vec<RecordId> {
    let query = Query { kind: "thing".into(), filter: Filter::parse(filter).unwrap(), sort: Sort::default() };
    let view: View = reader.view(&query, index, &mut |_| true).unwrap();
    let sheet = reader.page(&view, &Place::Top, 10_000).unwrap();
    sheet.rows.into_iter().map(|row| row.id).collect()
}

fn pass(scratch: &Scratch) {
    Indexer::pass(&scratch.path(), &mut |_, _| true).unwrap();
}

#[tokio::test]
async fn an_index_changes_no_answer_whatever_was_edited_since() {
    let mut rng = kit::rng();
    for texts in [false, true] {
        let scratch = Scratch::new();
        model::fill(&scratch, &mut rng, 150, texts).await;
        for round in 0..14 {
            if round % 3 != 1 {
                pass(&scratch);
            }
            let mut items = Vec::new();
            for _ in 0..rng.u8(..12) {
                let id = rng.i64(1..470);
                let deleted = rng.u8(..3) == 0;
                let data = model::record(&mut rng, id, texts);
                let event = if deleted { "deleted" } else { "updated" };
                let data = model::written(&mut rng, &data);
                items.push(kit::item("thing", event, "k", 10 + round, &data));
            }
            model::apply(&scratch.open(), &items).await;
            let reader = scratch.reader();
            let index = Index::open(&reader).unwrap();
            for _ in 0..25 {
                let filter = model::filter(&mut rng);
                assert_eq!(
                    search(&reader, Some(&index), &filter),
                    search(&reader, None, &filter),
                    "{filter}"
                );
            }
            for part in [
                "hana",
                "花子",
                "花",
                "ork",
                "o'ne",
                "1.5",
                "b.ex",
                "💥",
                "prefix of",
                "åsa",
                "asa",
                "jos",
                "josé",
                "odz",
                "δο",
                "x\"y",
            ] {
                let filter = Filter::parse(part).map_or_else(|_| String::new(), |filter| filter.to_string());
                assert_eq!(
                    search(&reader, Some(&index), &filter),
                    search(&reader, None, &filter),
                    "{filter}"
                );
            }
        }
    }
}

#[tokio::test]
async fn an_index_is_private_and_what_is_no_index_of_this_mirror_is_made_anew() {
    let mut rng = kit::rng();
    let (one, two) = (Scratch::new(), Scratch::new());
    model::fill(&one, &mut rng, 100, false).await;
    model::fill(&two, &mut rng, 100, false).await;
    let file = |scratch: &Scratch| scratch.folder().join("mirror.db.search");
    assert!(Index::open(&one.reader()).is_none());
    pass(&one);
    pass(&two);
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(file(&one)).unwrap()) & 0o777, 0o600);
    let expected = search(&one.reader(), None, "hana");
    assert!(!expected.is_empty());
    let damages: [&dyn Fn(); 4] = [
        &|| assert!(std::fs::copy(file(&two), file(&one)).unwrap() > 0),
        &|| {
            std::fs::write(file(&one), "not a database, and long enough to look like one. ".repeat(99))
                .unwrap();
        },
        &|| std::fs::write(file(&one), "").unwrap(),
        &|| {
            let mut bytes = std::fs::read(file(&one)).unwrap();
            let at = memchr::memmem::find(&bytes, b"hanako").unwrap();
            bytes[at] ^= 1;
            std::fs::write(file(&one), bytes).unwrap();
        },
    ];
    for (i, damage) in damages.iter().enumerate() {
        damage();
        pass(&one);
        let reader = one.reader();
        let index = Index::open(&reader).unwrap_or_else(|| panic!("damage {i}"));
        assert_eq!(search(&reader, Some(&index), "hana"), expected, "damage {i}");
    }
    // Another program's database is not ours to replace.
    std::fs::remove_file(file(&one)).unwrap();
    std::fs::copy(two.path(), file(&one)).unwrap();
    let refused = Indexer::pass(&one.path(), &mut |_, _| true);
    assert!(matches!(refused, Err(MirrorError::Foreign { .. })), "{refused:?}");
    assert!(Index::open(&one.reader()).is_none());
}

#[tokio::test]
async fn the_thread_follows_the_mirror_and_stops_at_once() {
    let mut rng = kit::rng();
    let scratch = Scratch::new();
    model::fill(&scratch, &mut rng, 2_000, false).await;
    let stopped = Indexer::pass(&scratch.path(), &mut |rows, of| {
        assert_eq!(of, 2_000);
        rows < 1_024
    });
    assert!(matches!(stopped, Err(MirrorError::Stopped)), "{stopped:?}");
    let indexer = Indexer::start(&scratch.path()).unwrap();
    while indexer.state().working {
        std::thread::yield_now();
    }
    let state = indexer.state();
    assert_eq!((state.rows, state.of, state.failed), (2_000, 2_000, None));
    drop(indexer);
    let reader = scratch.reader();
    let index = Index::open(&reader).unwrap();
    assert_eq!(search(&reader, Some(&index), "hana"), search(&reader, None, "hana"));
}

#[tokio::test]
async fn a_record_in_the_place_of_a_deleted_one_is_found() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let thing = |event, id: i64, name: &str| {
        kit::item("thing", event, "k", id, &format!(r#"{{"id": {id}, "name": "{name}"}}"#))
    };
    let old: Vec<_> = (1..6).map(|id| thing("created", id, "heron")).collect();
    model::apply(&mirror, &old).await;
    pass(&scratch);
    // SQLite gives the last rowids again.
    model::apply(&mirror, &[thing("deleted", 4, ""), thing("deleted", 5, "")]).await;
    model::apply(&mirror, &[thing("created", 6, "zebra"), thing("created", 7, "quagga")]).await;
    for _ in 0..2 {
        let reader = scratch.reader();
        let index = Index::open(&reader).unwrap();
        assert_eq!(search(&reader, Some(&index), "zebra"), [RecordId::Int(6)]);
        assert_eq!(search(&reader, Some(&index), "quag"), [RecordId::Int(7)]);
        assert_eq!(search(&reader, Some(&index), "heron"), [1, 2, 3].map(RecordId::Int));
        pass(&scratch);
    }
}

#[tokio::test]
async fn rows_that_another_program_renumbered_are_found_where_they_are() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let thing = |event, id: i64, data: &str| kit::item("thing", event, "k", id, data);
    let gone = |id: i64| thing("deleted", id, &format!(r#"{{"id": {id}}}"#));
    let named =
        |id: i64| thing("created", id, &format!(r#"{{"id": {id}, "name": "bird{id} of {}"}}"#, id % 7));
    model::apply(&mirror, &(1..300).map(named).collect::<Vec<_>>()).await;
    pass(&scratch);
    // A gap in the middle, and the last row goes too: no sample at the end tells.
    model::apply(&mirror, &[gone(150), gone(299)]).await;
    pass(&scratch);
    mirror.close().await.unwrap();
    let vacuum = || {
        rusqlite::Connection::open(scratch.path()).unwrap().execute_batch("VACUUM").unwrap();
    };
    let agree = |when: &str| {
        let reader = scratch.reader();
        let index = Index::open(&reader).unwrap();
        for filter in ["bird151", "bird298", "bird1", "\"of 3\"", "newer", "bird299"] {
            assert_eq!(
                search(&reader, Some(&index), filter),
                search(&reader, None, filter),
                "{filter} {when}"
            );
        }
    };
    vacuum();
    agree("before a pass");
    pass(&scratch);
    agree("after a pass");
    // Together with a new column, which changes the schema as well.
    let mirror = scratch.open();
    model::apply(&mirror, &[gone(10), thing("created", 400, r#"{"id": 400, "other": "newer"}"#)]).await;
    mirror.close().await.unwrap();
    vacuum();
    agree("with a new column");
    pass(&scratch);
    agree("with a new column, after a pass");
    // And then the index is of use again: what it does not name is not read.
    let reader = scratch.reader();
    let index = Index::open(&reader).unwrap();
    assert_eq!(search(&reader, Some(&index), "bird298"), [RecordId::Int(298)]);
}
