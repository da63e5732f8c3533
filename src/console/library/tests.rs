//! The lanes on a real mirror, with their threads: deleted records, a record's story, and files that are whole or not
//! there.

use std::time::Instant;

use super::*;
use crate::console::message::{Answer, Export, Message, Search};
use crate::console::model::browse::story::Acked;
use crate::mirror::find::{Place, Query, Sort};
use crate::mirror::refs::Reference;
use crate::mirror::{Identity, Mirror};
use crate::protocol::{Page, RecordId, Session};

/// A bound on what a busy machine needs.
const BUSY: Duration = Duration::from_secs(30);

struct Scene {
    folder: tempfile::TempDir,
    inbox: Arc<Inbox>,
    library: Library,
}

/// Three contacts, of which the second and the third are deleted in a second session; with a delete of what was never
/// there.
async fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mirror.db");
    let identity = Identity { host: "http://127.0.0.1:8080".into(), device: None };
    let mirror = Mirror::open(&path, &identity).unwrap();
    let item = |event: &str, id: i64, revision: i64, name: &str| {
        format!(
            r#"{{"data":{{"id":{id},"name":"{name}",{brk}"v":1.50}},"meta":{{"type":"contact","sync":{{"event_type":"{event}","ack_key":"k{id}-{revision}","revision":{revision}}}}}}}"#,
            brk = "\n"
        )
    };
    let pages = [
        vec![item("created", 1, 1, "a"), item("created", 2, 1, "b, \\\"c\\\""), item("created", 3, 1, "d")],
        vec![item("deleted", 2, 2, "x"), item("deleted", 3, 2, "x"), item("deleted", 9, 2, "x")],
    ];
    for items in pages {
        let session = Session::parse(br#"{"data": {"id": "s-1", "queues": []}}"#.to_vec()).unwrap();
        let session = mirror.begin_session(&session).await.unwrap();
        let body = format!(r#"{{"items": [{}]}}"#, items.join(","));
        mirror.apply(session, Page::parse(body.into_bytes()).unwrap()).await.unwrap();
    }
    drop(mirror);
    let inbox = Arc::new(Inbox::default());
    let library = Library::start(&path, &inbox, Formulas::Exact).unwrap();
    Scene { folder, inbox, library }
}

impl Scene {
    /// Asks, and waits for the answer that fits.
    fn ask<T>(&self, request: Request, fits: impl Fn(Answer) -> Option<T>) -> T {
        self.library.ask(request);
        let end = Instant::now() + BUSY;
        while Instant::now() < end {
            for message in self.inbox.wait(Some(end), Instant::now()) {
                if let Message::Read(answer) = message
                    && let Some(found) = fits(answer)
                {
                    return found;
                }
            }
        }
        panic!("no answer");
    }

    fn export(&self, name: &str, dead: bool) -> Export {
        let query = Query {
            kind: "contact".into(),
            filter: crate::mirror::filter::Filter::default(),
            sort: Sort::default(),
        };
        Export { query, path: self.folder.path().join(name), columns: vec!["name".into()], of: 3, dead }
    }

    fn exported(&self, name: &str, dead: bool) -> Result<String, String> {
        self.ask(Request::Export(self.export(name, dead)), |answer| match answer {
            Answer::Exported(result) => Some(result),
            _ => None,
        })
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// Files in the folder that are not the mirror's.
    fn files(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.folder.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| !name.starts_with("mirror.db")).collect()
    }
}

#[tokio::test]
async fn deleted_records_come_by_keyset_with_what_they_were() {
    let scene = scene().await;
    let ask = |place| {
        let query = scene.export("x", true).query;
        let request = Request::Page { ticket: 7, query, place, limit: 2, anew: false, dead: true };
        scene.ask(request, |answer| match answer {
            Answer::Page { ticket: 7, page } => Some(page.unwrap()),
            _ => None,
        })
    };
    let page = ask(Place::Top);
    let ids: Vec<_> = page.sheet.rows.iter().map(|row| row.id.clone()).collect();
    assert_eq!((ids, page.hits), (vec![RecordId::Int(2), RecordId::Int(3)], Some(3)));
    assert_eq!(page.sheet.rows[0].session, 2);
    assert!(page.gone[0].known && page.gone[0].at.is_some() && page.sheet.rows[0].data.contains("1.50"));
    let (first, below) = (page.sheet.first, page.sheet.below.unwrap());
    assert_eq!((first, page.sheet.above), (Some(0), None));
    let page = ask(below);
    assert_eq!((page.sheet.rows.len(), page.gone[0].known, page.sheet.below), (1, false, None));
    let page = ask(Place::Bottom);
    assert_eq!((page.sheet.rows.len(), page.sheet.first), (2, Some(1)));
    assert_eq!(ask(page.sheet.above.unwrap()).sheet.rows[0].id, RecordId::Int(2));
}

#[tokio::test]
async fn a_story_knows_its_sessions_and_what_became_of_its_acks() {
    let scene = scene().await;
    let of = Reference { kind: "contact".into(), id: RecordId::Int(2) };
    let told = scene.ask(Request::Story { of }, |answer| match answer {
        Answer::Story { told, .. } => Some(told.unwrap()),
        _ => None,
    });
    assert_eq!((told.scenes.len(), told.left_out), (2, 0));
    assert!(told.scenes.iter().all(|scene| scene.at.is_some()));
    assert_eq!(told.scenes[1].acked, Acked::Pending, "nothing was acknowledged yet");
    assert_eq!(told.scenes[0].acked, Acked::Unknown, "its page is not known");
}

#[tokio::test]
async fn files_say_what_is_there_and_what_is_not_any_more() {
    let scene = scene().await;
    assert!(scene.exported("all.csv", false).unwrap().starts_with("1 row "));
    assert_eq!(scene.read("all.csv"), "id,revision,name\n1,1,a\n");
    scene.exported("dead.csv", true).unwrap();
    let dead = scene.read("dead.csv");
    let lines: Vec<&str> = dead.lines().collect();
    assert_eq!(lines[0], "id,revision,deleted_by_session,deleted_at,name");
    assert!(lines[1].starts_with("2,2,2,20") && lines[1].ends_with(r#","b, ""c""""#), "{dead}");
    assert!(lines[3].starts_with("9,2,2,20") && lines[3].ends_with(','), "{dead}");
    scene.exported("dead.ndjson", true).unwrap();
    let dead = scene.read("dead.ndjson");
    let lines: Vec<serde_json::Value> =
        dead.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["deleted_by_session"], &lines[2]["data"]), (3, &2.into(), &().into()));
    assert!(dead.contains(r#""v":1.50"#), "values stay as received: {dead}");
    // Nothing is written over.
    let error = scene.exported("all.csv", false).unwrap_err();
    assert!(error.contains("there already"), "{error}");
    assert_eq!(scene.read("all.csv"), "id,revision,name\n1,1,a\n");
    assert_eq!(scene.files().len(), 3, "no draft is left: {:?}", scene.files());
}

#[tokio::test]
async fn a_file_that_is_stopped_leaves_nothing() {
    let scene = scene().await;
    let reader = Reader::open(&scene.folder.path().join("mirror.db")).unwrap();
    let (_sender, requests) = mpsc::channel();
    let stop = Arc::new(Stop::default());
    let desk = Desk {
        mirror: scene.folder.path().join("mirror.db"),
        inbox: Arc::clone(&scene.inbox),
        requests,
        stop: Arc::clone(&stop),
        reader: None,
        formulas: crate::spreadsheet::Formulas::Exact,
    };
    let mut number = 0;
    for (dead, name) in [(false, "a.csv"), (false, "a.ndjson"), (true, "b.csv"), (true, "b.ndjson")] {
        // Another question has been asked since: it is heard behind the first row.
        number += 1;
        stop.up_to(number);
        let stopped = file::write(&desk, &reader, number, &scene.export(name, dead));
        assert!(matches!(stopped, Err(MirrorError::Stopped)), "{name}: {stopped:?}");
        assert_eq!(scene.files(), [""; 0], "{name}");
        let rows = file::write(&desk, &reader, number + 1, &scene.export(name, dead)).unwrap().unwrap();
        assert_eq!((rows, scene.files()), (if dead { 3 } else { 1 }, vec![name.to_owned()]));
        std::fs::remove_file(scene.folder.path().join(name)).unwrap();
    }
    let nowhere = scene.export("no/such/folder/a.csv", false);
    assert!(file::write(&desk, &reader, number + 1, &nowhere).unwrap().is_err());
}

#[tokio::test]
async fn a_row_with_a_text_is_found_and_a_search_can_be_stopped() {
    let scene = scene().await;
    let search = |ticket, text: &str, back| {
        let query = scene.export("x", false).query;
        let from = crate::mirror::find::From { id: None, with: true, back };
        Request::Search(Search { ticket, query, text: text.to_owned(), edition: 1, from })
    };
    let ask = |ticket, text| {
        scene.ask(search(ticket, text, false), |answer| match answer {
            Answer::Spotted { ticket: of, found } if of == ticket => Some(found.unwrap()),
            _ => None,
        })
    };
    let spotted = ask(1, "A").unwrap();
    assert_eq!((spotted.hit.id, spotted.hit.no, spotted.of), (RecordId::Int(1), 0, 1));
    assert_eq!(ask(2, "nothing like that"), None);
    // What is stopped answers nothing, and what is asked behind it is answered.
    scene.library.ask(search(3, "A", true));
    scene.library.ask(Request::NoSearch);
    assert!(ask(4, "1.5").is_some());
}
