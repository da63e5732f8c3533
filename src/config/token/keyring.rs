//! The token in the keyring of the system: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows.
//!
//! Promises: the keyring is asked by somebody who needs a token that nothing else gives, and at a start only where
//! nothing at all is configured, to tell a first start from one whose token is here; nobody waits for it for ever,
//! whatever hangs behind it; a machine without one is told apart from a keyring that fails; what is kept for one
//! service is not given to another.

#[cfg(feature = "keyring")]
mod system;

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::text::visible;

/// The name that this program's entries are kept under.
pub(super) const SERVICE: &str = "drainboard";
/// How long a keyring may take that somebody asked for: a person may have to unlock it.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);
/// How long it may take where it is only the last place to look at.
pub(super) const GLANCE: Duration = Duration::from_secs(15);

/// How long it may take at a start that has nothing else to go by: whoever looks at an empty screen waits no longer.
pub(super) const BLINK: Duration = Duration::from_secs(2);

/// What keeps secrets for a user; each call may take long.
pub trait Keyring: Send + Sync {
    /// What is kept for an account; none where nothing is.
    ///
    /// # Errors
    /// [`Trouble`], as for the others.
    fn get(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble>;

    /// Keeps a secret for an account, in place of what was kept.
    ///
    /// # Errors
    /// [`Trouble`]
    fn set(&self, account: &str, secret: &[u8]) -> Result<(), Trouble>;

    /// Forgets what is kept for an account; whether there was something.
    ///
    /// # Errors
    /// [`Trouble`]
    fn forget(&self, account: &str) -> Result<bool, Trouble>;
}

/// Why a keyring does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// There is none on this machine, or none for this session.
    Absent(String),
    /// There is one, and it refuses or fails.
    Failed(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(why) => write!(f, "no keyring can be reached here ({})", visible(why)),
            Self::Failed(why) => write!(f, "the keyring refuses ({})", visible(why)),
        }
    }
}

/// The keyring of the system; none where this program was built without.
pub fn keyring() -> Option<Arc<dyn Keyring>> {
    #[cfg(feature = "keyring")]
    return Some(Arc::new(system::System));
    #[cfg(not(feature = "keyring"))]
    None
}

/// The place in a keyring where a token is kept, or would be.
#[derive(Clone)]
pub struct Entry {
    keyring: Arc<dyn Keyring>,
    account: String,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("account", &self.account).finish_non_exhaustive()
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the keyring (service {SERVICE}, account {})", visible(&self.account))
    }
}

impl Entry {
    pub(super) fn new(keyring: Arc<dyn Keyring>, account: String) -> Self {
        Self { keyring, account }
    }

    /// What is kept here; none where nothing is.
    pub(super) fn get(&self, patience: Duration) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        self.within(patience, |keyring, account| keyring.get(account))
    }

    /// Keeps a token, in place of what was kept. Waits a minute at the most.
    ///
    /// # Errors
    /// [`Trouble`]
    pub fn set(&self, token: SecretString) -> Result<(), Trouble> {
        self.within(PATIENCE, move |keyring, account| keyring.set(account, token.expose_secret().as_bytes()))
    }

    /// Forgets the token; whether there was one. Waits a minute at the most.
    ///
    /// # Errors
    /// [`Trouble`]
    pub fn forget(&self) -> Result<bool, Trouble> {
        self.within(PATIENCE, |keyring, account| keyring.forget(account))
    }

    /// Asks on a thread of its own, which is left behind where it hangs.
    fn within<T: Send + 'static>(
        &self,
        patience: Duration,
        ask: impl FnOnce(&dyn Keyring, &str) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let (sender, answer) = channel();
        let Self { keyring, account } = self.clone();
        let asked = thread::Builder::new().name("keyring".to_owned()).spawn(move || {
            let _ = sender.send(ask(&*keyring, &account)); // nobody may wait any more
        });
        asked.map_err(|e| Trouble::Failed(format!("the system gives no thread for it: {e}")))?;
        answer.recv_timeout(patience).unwrap_or_else(|e| {
            Err(Trouble::Failed(match e {
                RecvTimeoutError::Timeout => format!("no answer within {} s", patience.as_secs()),
                RecvTimeoutError::Disconnected => "it failed on the way".to_owned(),
            }))
        })
    }
}

#[cfg(test)]
mod tests;
