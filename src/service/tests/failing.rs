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

#[test]
fn a_queue_is_not_at_its_end_because_memory_forgot_its_device() {
    let (service, id) = begun(300);
    let account = &service.inner.account;
    let claims = account.store.read(|file| {
        let first = account.claim(file, &id, device(), 100)?;
        account.reload().unwrap(); // what another request's failed write does
        Ok((
            first,
            account.claim(file, &id, device(), 100)?,
            account.claim(file, "no such session", device(), 1)?,
        ))
    });
    assert_eq!(claims.unwrap(), (Some(vec![(1, 100)]), Some(vec![(101, 200)]), None));
}
