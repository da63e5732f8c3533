//! What a request costs, in steps of SQLite's machine: the same on a small account and on a large one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::*;
use crate::protocol::DeviceUuid;

mod failing;

const IDLE: Duration = Duration::from_mins(1);

fn device() -> DeviceUuid {
    "00000000-0000-4000-8000-000000000001".parse().unwrap()
}

/// A service whose device has everything.
fn drained(items: u64, sight: Sight) -> Service {
    let service = Service::open(Options { items, ..Options::default() }).unwrap();
    let account = &service.inner.account;
    let heads: Vec<record::Head> = account
        .store
        .read(|file| {
            file.prepare(page::heads())?.query_map([1, items as i64], record::Head::from_row)?.collect()
        })
        .unwrap();
    let key = |head: &record::Head| format!("{}-{}-{}", account.kinds[&head.kind].word, head.id, head.seq);
    let keys = heads.iter().map(key).collect();
    service.inner.account.acknowledge(device(), sight, keys).unwrap();
    service
}

/// How many steps SQLite's machine takes for `job`, on a connection of its own.
fn steps<T>(account: &Account, job: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T>) -> (u64, T) {
    let count = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&count);
    let mut file = rusqlite::Connection::open(account.store.path()).unwrap();
    let step = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        false
    };
    file.progress_handler(1, Some(step)).unwrap();
    let done = job(&file).unwrap();
    (count.load(Ordering::Relaxed), done)
}

fn start_after_edits(items: u64, sight: Sight) -> (u64, u64) {
    let service = drained(items, sight);
    service.edit(Edit { create: 4, update: 4, delete: 2 }).unwrap();
    let account = &service.inner.account;
    let (cost, started) = steps(account, |file| account.start_in(file, device(), sight, IDLE));
    match started {
        queue::Started::Session { total, .. } => (cost, total),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_start_costs_what_changed_and_not_what_there_is() {
    let (small, owed_small) = start_after_edits(300, Sight::Everything);
    let (large, owed_large) = start_after_edits(30_000, Sight::Everything);
    assert!((8..=10).contains(&owed_small) && (8..=10).contains(&owed_large));
    assert!(large < small + 500, "{small} steps at 300 records, {large} at 30,000");
}

#[test]
fn an_edit_costs_the_same_whatever_the_size() {
    let cost = |items| {
        let service = Service::open(Options { items, ..Options::default() }).unwrap();
        let edit = Edit { create: 5, update: 5, delete: 5 };
        steps(&service.inner.account, |file| edit::edit(&service.inner.account, file, edit)).0
    };
    let (small, large) = (cost(300), cost(30_000));
    assert!(large < small * 3, "{small} steps at 300 records, {large} at 30,000");
}

#[test]
fn a_ledger_is_a_few_rows_and_never_one_a_key() {
    let service = drained(20_000, Sight::Everything);
    let (rows, bytes): (i64, i64) = service
        .inner
        .account
        .store
        .read(|file| {
            file.query_row("SELECT count(*), sum(length(bits)) FROM acked", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
        })
        .unwrap();
    assert_eq!(rows, 5);
    assert!(bytes <= 2 * 512, "full chunks are stored as nothing: {bytes}");
}
