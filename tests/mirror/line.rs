//! The whole line once: apply, outbox, packs, history, reading.

use drainboard::mirror::reader::{From, Value};
use drainboard::mirror::{Counts, Outbox, SessionEnd, Settlement};
use drainboard::protocol::RecordId;

use crate::kit::{Scratch, item, page, session, text};

#[tokio::test]
async fn a_page_is_rows_and_keys_in_one_go() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let no = mirror.begin_session(&session()).await.unwrap();
    let receipt = mirror
        .apply(
            no,
            page(&[
                item("contact", "created", "c1", 3, r#"{"id": 1, "name": "Ada", "city": "NY", "n": 1.10}"#),
                item("contact", "created", "c2", 4, r#"{"id": "1", "name": "Åsa", "city": null}"#),
                item("deal", "deleted", "d9", 9, r#"{"id": 9}"#),
            ]),
        )
        .await
        .unwrap();
    assert_eq!((receipt.page, receipt.keys, receipt.changed, receipt.pending), (1, 3, 3, 3));
    assert_eq!(
        receipt.kinds,
        vec![
            ("contact".to_owned(), Counts { created: 2, ..Counts::default() }),
            ("deal".to_owned(), Counts { deleted: 1, absent: 1, ..Counts::default() })
        ]
    );
    // A reader sees it while the writer is open.
    assert_eq!(scratch.rows("SELECT name FROM contact WHERE city = 'NY'"), vec![vec![text("Ada")]]);
    assert_eq!(scratch.one("SELECT typeof(id) FROM contact WHERE name = 'Åsa'"), text("text"));

    let pack = mirror.next_pack(2).await.unwrap().unwrap();
    assert_eq!(pack.keys, ["c1", "c2"]);
    let outbox = mirror.settle(pack.no, Settlement::Accepted).await.unwrap();
    assert_eq!(outbox, Outbox { pending: 1, refused: 0, held: 0 });
    mirror.end_session(no, SessionEnd::Drained, 2, 1, None).await.unwrap();
    mirror.close().await.unwrap();
    assert!(!scratch.folder().join("mirror.db-wal").exists());

    let reader = scratch.reader();
    let status = reader.status().unwrap();
    assert_eq!(status.outbox.pending, 1);
    assert_eq!((status.tombstones, status.unkeyed), (1, 0));
    assert_eq!(
        status.kinds.iter().map(|k| (k.name.as_str(), k.rows)).collect::<Vec<_>>(),
        [("contact", 2), ("deal", 0)]
    );
    assert_eq!(status.sessions[0].end, Some(SessionEnd::Drained));
    assert_eq!(
        (status.sessions[0].created, status.sessions[0].deleted, status.sessions[0].retries),
        (2, 1, 2)
    );
    let window = reader.window("contact", &From::Top, 10).unwrap();
    assert_eq!(
        window.rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>(),
        [RecordId::Int(1), RecordId::Text("1".into())]
    );
    assert_eq!(window.rows[0].data, r#"{"id": 1, "name": "Ada", "city": "NY", "n": 1.10}"#);
    assert_eq!(scratch.one("SELECT count(*) FROM _history"), Value::Integer(0));
    drop(reader);
    assert!(!scratch.folder().join("mirror.db-wal").exists(), "a reader leaves no WAL either");
}
