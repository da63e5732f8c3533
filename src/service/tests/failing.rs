//! What a write that failed leaves behind: nothing that a request could be wrong about.

use super::super::queue::Started;
use super::*;

/// An account whose device was never here before, and a session of it.
fn begun(items: u64) -> (Service, String) {
    let service = Service::open(Options { items, ..Options::default() }).unwrap();
    let started = service.inner.account.start(device(), Sight::Everything, IDLE).unwrap();
    let Started::Session { id, total } = started else { panic!("{started:?}") };
    assert_eq!(total, items);
    (service, id)
}

/// A write that fails.
fn fail(account: &Account) {
    account.store.write(|_| Err::<(), _>(rusqlite::Error::InvalidQuery)).unwrap_err();
}

/// From now on nothing of this kind is written into the sessions: `INSERT`, `UPDATE`, `DELETE`; with none all is again.
fn forbid(account: &Account, deed: Option<&'static str>) {
    let done = account.store.write(move |file| {
        file.execute_batch("DROP TRIGGER IF EXISTS temp.forbidden")?;
        let Some(deed) = deed else { return Ok(()) };
        file.execute_batch(&format!(
            "CREATE TEMP TRIGGER forbidden BEFORE {deed} ON main.session BEGIN SELECT RAISE(ABORT, 'no'); END"
        ))
    });
    done.unwrap();
}

/// The next page of a session.
fn page(account: &Arc<Account>, id: &str) -> Result<queue::Taken, ServiceError> {
    account.take(id, device(), Sight::Everything, 100, IDLE)
}

#[test]
fn a_session_that_could_not_be_written_is_not_there() {
    let (service, first) = begun(300);
    let account = &service.inner.account;
    forbid(account, Some("INSERT"));
    assert!(account.start(device(), Sight::Everything, IDLE).is_err());
    forbid(account, None);
    assert_eq!(account.state().sessions.keys().collect::<Vec<_>>(), [&first]);
}

#[test]
fn sessions_that_could_not_be_ended_go_on() {
    let (service, id) = begun(300);
    let account = &service.inner.account;
    assert!(matches!(page(account, &id), Ok(queue::Taken::Page(_))));
    forbid(account, Some("DELETE"));
    assert!(account.expire_all().is_err());
    assert_eq!(account.active(), 1);
    // Nobody has used it for no time at all: it would be dropped before the next one starts.
    assert!(account.start(device(), Sight::Everything, Duration::ZERO).is_err());
    assert_eq!(account.active(), 1);
    forbid(account, None);
    assert_eq!(account.expire_all().unwrap(), 1);
    assert!(matches!(page(account, &id), Ok(queue::Taken::Unknown)));
}

#[test]
fn a_session_goes_on_where_it_was_after_a_failed_write() {
    let (service, id) = begun(300);
    let account = &service.inner.account;
    let mut pages = 0;
    while let queue::Taken::Page(_) = page(account, &id).unwrap() {
        pages += 1;
        fail(account);
    }
    assert_eq!(pages, 3);
}

#[test]
fn a_queue_is_not_at_its_end_because_memory_forgot_its_device() {
    let (service, id) = begun(300);
    let account = &service.inner.account;
    let claims = account.store.read(|file| {
        let first = account.claim(file, &id, device(), 100)?;
        fail(account); // another request's
        Ok((
            first,
            account.claim(file, &id, device(), 100)?,
            account.claim(file, "no such session", device(), 1)?,
        ))
    });
    assert_eq!(claims.unwrap(), (Some(vec![(1, 100)]), Some(vec![(101, 200)]), None));
}
