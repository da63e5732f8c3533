//! The keyring that the system has. Nothing that it says of a secret's content is repeated.

use keyring::{Entry, Error};
use zeroize::Zeroizing;

use super::{Keyring, SERVICE, Trouble};

/// The keyring of whoever runs this.
pub(super) struct System;

impl Keyring for System {
    fn get(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        match entry(account)?.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    fn set(&self, account: &str, secret: &[u8]) -> Result<(), Trouble> {
        entry(account)?.set_secret(secret).map_err(|e| failed(&e))
    }

    fn forget(&self, account: &str) -> Result<bool, Trouble> {
        match entry(account)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// An account's entry; reaches for the keyring when it is the first.
fn entry(account: &str) -> Result<Entry, Trouble> {
    if let Err(error) = Entry::store_status() {
        return Err(Trouble::Absent(match error {
            Error::PlatformFailure(why) => why.to_string(),
            other => other.to_string(),
        }));
    }
    Entry::new(SERVICE, account).map_err(|e| failed(&e))
}

fn failed(error: &Error) -> Trouble {
    Trouble::Failed(match error {
        Error::PlatformFailure(why) => why.to_string(),
        Error::NoStorageAccess(why) => format!("it stayed locked: {why}"),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            "what it keeps there cannot be read: forget it and set it again".to_owned()
        }
        Error::Ambiguous(entries) => format!("{} entries are there: delete all but one", entries.len()),
        other => other.to_string(),
    })
}
