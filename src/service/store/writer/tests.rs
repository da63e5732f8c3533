//! What a caller hears of a write, and what is in the file by then.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::file::prepare;
use super::*;

fn account() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let connection = prepare(&folder.path().join("account.db"), |_| Ok(())).unwrap();
    (folder, connection)
}

fn insert(user: i64) -> (Job, mpsc::Receiver<Result<(), String>>) {
    work_for(move |file| {
        file.execute("INSERT INTO sight (user, everything) VALUES (?1, 1)", [user]).map(|_| ())
    })
}

fn users(connection: &Connection) -> Vec<i64> {
    let mut statement = connection.prepare("SELECT user FROM sight ORDER BY user").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

/// Does jobs and tells their answers; whether they were committed.
fn done(
    connection: &mut Connection,
    jobs: impl Iterator<Item = Job>,
    reread: impl Fn(&Connection) -> rusqlite::Result<()>,
) -> bool {
    let (answers, committed) = group(connection, jobs, &reread);
    for answer in answers {
        answer(committed.clone());
    }
    committed.is_ok()
}

/// There is nothing in memory to be read again.
const NOTHING: fn(&Connection) -> rusqlite::Result<()> = |_| Ok(());

#[test]
fn a_transaction_that_cannot_begin_says_why() {
    let (folder, mut connection) = account();
    connection.busy_timeout(Duration::ZERO).unwrap();
    let other = Connection::open(folder.path().join("account.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ((one, first), (two, second)) = (insert(1), insert(2));
    assert!(!done(&mut connection, [one, two].into_iter(), NOTHING));
    for told in [first, second] {
        assert_eq!(told.recv().unwrap(), Err("database is locked".to_owned()));
    }
}

#[test]
fn a_failure_takes_back_its_own_work_alone() {
    let (_folder, mut connection) = account();
    let ((one, first), (two, second), (again, third)) = (insert(1), insert(2), insert(1));
    assert!(done(&mut connection, [one, again, two].into_iter(), NOTHING));
    assert_eq!((first.recv().unwrap(), second.recv().unwrap()), (Ok(()), Ok(())));
    assert!(third.recv().unwrap().unwrap_err().contains("UNIQUE"));
    assert_eq!(users(&connection), [1, 2]);
}

/// What is kept in memory is read again before the next job, as the transaction has it by then.
#[test]
fn the_job_behind_a_failure_finds_memory_as_the_file_is() {
    let (_folder, mut connection) = account();
    let memory = Arc::new(Mutex::new(Vec::new()));
    let (seen, looked) = (Arc::clone(&memory), Arc::clone(&memory));
    let look = work_for(move |_| Ok(looked.lock().unwrap().clone()));
    let ((one, _), (again, _), (look, found)) = (insert(1), insert(1), look);
    let reread = |file: &Connection| {
        *seen.lock().unwrap() = users(file);
        Ok(())
    };
    assert!(done(&mut connection, [one, again, look].into_iter(), reread));
    assert_eq!(found.recv().unwrap(), Ok(vec![1]));
}

/// A disk that is full takes back the whole transaction: nobody in it is told that it worked, nothing runs behind
/// it and outside of it, and what is told is the disk.
#[test]
fn a_transaction_that_sqlite_took_back_is_the_end_of_its_group() {
    let (_folder, mut connection) = account();
    connection.pragma_update(None, "max_page_count", 20).unwrap();
    let full = work_for(|file| {
        file.execute("INSERT INTO setting (name, value) VALUES ('large', zeroblob(10000000))", []).map(|_| ())
    });
    let ((one, first), (large, second), (two, third)) = (insert(1), full, insert(2));
    let mut jobs = [one, large, two].into_iter();
    assert!(!done(&mut connection, jobs.by_ref(), NOTHING));
    for told in [first, second] {
        assert_eq!(told.recv().unwrap(), Err("database or disk is full".to_owned()));
    }
    assert!(users(&connection).is_empty());
    assert!(done(&mut connection, jobs, NOTHING));
    assert_eq!(third.recv().unwrap(), Ok(()));
    assert_eq!(users(&connection), [2]);
}
