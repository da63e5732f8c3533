//! The writer's thread: what waits to be written, committed together.
//!
//! Promises: a job's answer comes after its transaction is committed, or says why it is not. Jobs that wait together are
//! committed together, so that a flood of acknowledgements costs one commit and not thousands. A job that fails takes
//! back its own work alone; where SQLite takes back all, all are told, and nothing runs behind it. What is kept in memory
//! of the file is read again after a failure, before the next job runs.

use std::sync::{OnceLock, mpsc};

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// Jobs that one transaction takes at most.
const GROUP: usize = 256;

/// Reads again what is kept in memory of the file.
pub(in crate::service) type Reread = Box<dyn Fn(&Connection) -> rusqlite::Result<()> + Send + Sync>;
/// What a caller wants done, told the transaction to do it in, or why there is none.
pub(super) type Job = Box<dyn FnOnce(Result<&Transaction<'_>, String>) -> Done + Send>;
/// What tells a waiting caller how its transaction ended.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;

/// A job that was done, or failed, within a transaction that is not committed yet.
pub(super) struct Done {
    /// Why it failed.
    failure: Option<String>,
    answer: Answer,
}

/// Work as a job, and where its answer will be.
pub(super) fn work_for<T: Send + 'static>(
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
) -> (Job, mpsc::Receiver<Result<T, String>>) {
    let (tell, told) = mpsc::sync_channel(1);
    let job = move |transaction: Result<&Transaction<'_>, String>| {
        let done =
            transaction.and_then(|transaction| in_savepoint(transaction, work).map_err(|e| e.to_string()));
        let failure = done.as_ref().err().cloned();
        let answer = move |committed: Result<(), String>| {
            // Nobody waits any more: the work is done all the same.
            let _ = tell.send(done.and_then(|value| committed.map(|()| value)));
        };
        Done { failure, answer: Box::new(answer) as Answer }
    };
    (Box::new(job), told)
}

/// The writer's thread: takes what waits, commits it at once, then answers.
pub(super) fn write(mut connection: Connection, queue: &mpsc::Receiver<Job>, reread: &OnceLock<Reread>) {
    let reread = |file: &Connection| reread.get().map_or(Ok(()), |reread| reread(file));
    let mut outdated = false;
    while let Ok(first) = queue.recv() {
        let jobs = std::iter::once(first).chain(queue.try_iter().take(GROUP - 1));
        let sound = if outdated { reread(&connection) } else { Ok(()) };
        let (answers, committed) = match sound {
            Ok(()) => group(&mut connection, jobs, &reread),
            Err(e) => refused(jobs, &e),
        };
        outdated = committed.is_err() && reread(&connection).is_err();
        for answer in answers {
            answer(committed.clone());
        }
    }
}

/// Does jobs in one transaction, and commits it. Ends with the job at which SQLite rolled all of it back by itself, as
/// it does where the disk is full: what comes behind would run outside of it. The jobs that are left are the next
/// group's.
fn group(
    connection: &mut Connection,
    jobs: impl Iterator<Item = Job>,
    reread: &impl Fn(&Connection) -> rusqlite::Result<()>,
) -> (Vec<Answer>, Result<(), String>) {
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(e) => return refused(jobs, &e),
    };
    let mut answers = Vec::new();
    for job in jobs {
        let Done { failure, answer } = job(Ok(&transaction));
        answers.push(answer);
        let Some(why) = failure else { continue };
        if transaction.is_autocommit() {
            return (answers, Err(why));
        }
        if let Err(e) = reread(&transaction) {
            return (answers, Err(e.to_string())); // the next job would go by what is not so
        }
    }
    (answers, transaction.commit().map_err(|e| e.to_string()))
}

/// Jobs for which there is no transaction.
fn refused(jobs: impl Iterator<Item = Job>, why: &rusqlite::Error) -> (Vec<Answer>, Result<(), String>) {
    let why = why.to_string();
    (jobs.map(|job| job(Err(why.clone())).answer).collect(), Err(why))
}

/// Does a job so that its failure takes back its own work alone; where that cannot be done, all of the transaction's.
/// What is told is the first error.
fn in_savepoint<T>(
    transaction: &Transaction<'_>,
    job: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    transaction.execute_batch("SAVEPOINT job")?;
    let done = job(transaction).and_then(|value| {
        transaction.execute_batch("RELEASE job")?;
        Ok(value)
    });
    if done.is_err()
        && !transaction.is_autocommit()
        && transaction.execute_batch("ROLLBACK TO job; RELEASE job").is_err()
    {
        // Nobody can say what of the job is in the transaction; should this fail too, its end will.
        let _ = transaction.execute_batch("ROLLBACK");
    }
    done
}

#[cfg(test)]
mod tests;
