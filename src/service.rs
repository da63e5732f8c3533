//! The Sync service: the other half of the protocol. Accounts, what each device acknowledged, sessions with queues,
//! access; all in SQLite, surviving a restart. Owns axum. Knows `protocol` and `text` alone: somebody else could run
//! it.
//!
//! In reading order: `routes` (the way of a request) and `request` (reading one), `queue`, `session` and `page` (what is
//! handed out), `ack` and `ledger` (what a device has), `sight` (what a change of rights does), `account`, `record` and
//! `store` (memory and file), `edit`, `demo` and `import` (where records come from), `emulator` (what its owner asks over
//! HTTP), `fault` and `panel` (what goes wrong on purpose), `script` (when), `listen` (connections), `watch` and
//! `standing` (for whoever looks on), `serve` (all of it on a listener). `conformance` is another service, scripted, that
//! examines clients; `replay` serves a recording again.
//!
//! Guessed about the real service, since nothing documents it: the 101st active session is a 429; a session expires
//! after [`Options::session_idle`] without use; a queue holds what changed before its session started; a pack may have
//! any size; an ack key that the service never made is accepted and ignored.

mod access;
mod account;
mod ack;
pub mod conformance;
mod demo;
mod edit;
mod emulator;
mod fault;
mod import;
mod ledger;
mod listen;
mod made;
mod packed;
mod page;
mod panel;
mod queue;
mod rate;
mod record;
mod replay;
mod reply;
mod request;
mod routes;
mod script;
mod serve;
mod session;
mod sight;
mod standing;
mod store;
mod watch;

use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

pub use access::{Access, Sight};
use account::Account;
pub use fault::Bends;
pub use replay::Replay;
use reply::Problem;
pub use script::Script;
pub use serve::Serve;
pub use standing::{DeviceStanding, Standing};
pub use watch::{Answered, Head, Watch, Watched};

/// What a service is made of.
#[derive(Debug, Clone)]
pub struct Options {
    /// The account's file, made where it is missing; none = a temporary one. A mirror or NDJSON is read and left as
    /// it is: see [`Self::state`].
    pub account: Option<PathBuf>,
    /// Where the account lives that a mirror or NDJSON gives; none = a temporary file. One that is there goes on as it
    /// is, and the mirror or NDJSON is not read again.
    pub state: Option<PathBuf>,
    /// Records of a generated account.
    pub items: u64,
    /// The seed of a generated account.
    pub seed: u64,
    /// Requests a second for one token; none = no limit.
    pub rate: Option<u32>,
    /// Added to each answer.
    pub latency: Duration,
    /// The token; none = one made from the seed (64 letters and digits).
    pub token: Option<String>,
    /// Items a page.
    pub page: usize,
    /// Pages as gzip, where the client takes that. Over loopback it costs more than it brings.
    pub gzip: bool,
    /// How long a session lives without being used; a guess.
    pub session_idle: Duration,
    /// What goes wrong on purpose.
    pub faults: Vec<PlannedFault>,
}

/// A fault and when it meets requests, from words like `503 page every=5`; the help of `serve` lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFault(fault::Plan);

impl std::str::FromStr for PlannedFault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            account: None,
            state: None,
            items: 12_000,
            seed: 1,
            rate: None,
            latency: Duration::ZERO,
            token: None,
            page: 100,
            gzip: false,
            session_idle: Duration::from_mins(15),
            faults: Vec::new(),
        }
    }
}

/// Edits to make to the account, each on records that exist (or, for `create`, are new).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Edit {
    /// Records to create.
    pub create: u64,
    /// Records to update.
    pub update: u64,
    /// Records to delete.
    pub delete: u64,
}

/// Why a service cannot run.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ServiceError(pub String);

/// A service, ready to accept connections. Clones share it.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

/// What the connections share.
struct Inner {
    account: Arc<Account>,
    token: String,
    accesses: RwLock<Vec<Access>>,
    limiter: Mutex<rate::Limiter>,
    latency: RwLock<Duration>,
    faults: fault::Faults,
    /// Requests to the Sync API that were done, whatever came of them.
    requests: AtomicU64,
    page: usize,
    gzip: bool,
    session_idle: Duration,
}

impl std::fmt::Debug for Service {
    /// Without the token: it never reaches a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("account", &self.inner.account.store).finish_non_exhaustive()
    }
}

impl Service {
    /// Opens the account, generating it where it is empty. Blocks.
    ///
    /// # Errors
    /// [`ServiceError`] where the account's file cannot be used.
    pub fn open(options: Options) -> Result<Self, ServiceError> {
        let Options { account, state, items, seed, rate, latency, token, page, gzip, session_idle, faults } =
            options;
        let source = account.as_deref().map_or(Ok(import::Source::Account), import::Source::of)?;
        let store = match (account, state) {
            (Some(from), state) if source != import::Source::Account => {
                continues(state.as_deref())?;
                store::Store::open(state.as_deref(), |file| source.fill(file, &from, seed))?
            }
            (_, Some(state)) => {
                return Err(ServiceError(format!(
                    "The state {} has nothing to keep: an account of the service's own keeps all in its own file.",
                    state.display()
                )));
            }
            (account, None) => {
                store::Store::open(account.as_deref(), |file| Ok(demo::fill(file, items, seed)?))?
            }
        };
        let accesses = edit::accesses(&store, token)?;
        let mut limiter = rate::Limiter::default();
        limiter.set(rate);
        let planned = fault::Faults::default();
        for PlannedFault(plan) in faults {
            if !planned.plan(plan) {
                return Err(ServiceError("There are too many faults.".to_owned()));
            }
        }
        let inner = Inner {
            account: Arc::new(Account::load(store)?),
            token: accesses.first().map(|access| access.token.clone()).unwrap_or_default(),
            accesses: RwLock::new(accesses),
            limiter: Mutex::new(limiter),
            latency: RwLock::new(latency),
            faults: planned,
            requests: AtomicU64::new(0),
            page: page.max(1),
            gzip,
            session_idle,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The token of the user who sees everything.
    pub fn token(&self) -> &str {
        &self.inner.token
    }

    /// Whether all ends with the service: its account is in a temporary file.
    pub fn is_temporary(&self) -> bool {
        self.inner.account.store.is_temporary()
    }

    /// All tokens: first [`Self::token`], then one of a user who sees only what is theirs, then one without the
    /// `sync` scope.
    pub fn accesses(&self) -> Vec<Access> {
        self.inner.accesses()
    }

    /// Edits the account, so that the next session has work; what was really done comes back. Blocks.
    ///
    /// # Errors
    /// [`ServiceError`] where the account cannot be written.
    pub fn edit(&self, edit: Edit) -> Result<Edit, ServiceError> {
        self.inner.edit(edit)
    }

    /// Lets a user see everything, or only what is theirs. Blocks.
    ///
    /// # Errors
    /// [`ServiceError`] where no token is that user's, or the account cannot be written.
    pub fn set_sight(&self, user: i64, everything: bool) -> Result<(), ServiceError> {
        self.inner.set_sight(user, everything)
    }

    /// Requests to the Sync API that were done so far.
    pub fn requests(&self) -> u64 {
        self.inner.requests.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Changes the rate limit for all following requests.
    pub fn set_rate(&self, rate: Option<u32>) {
        self.inner.limiter.lock().unwrap_or_else(PoisonError::into_inner).set(rate);
    }

    /// Changes the latency for all following answers.
    pub fn set_latency(&self, latency: Duration) {
        *self.inner.latency.write().unwrap_or_else(PoisonError::into_inner) = latency;
    }

    /// The account's records a type. Blocks.
    ///
    /// # Errors
    /// [`ServiceError`] where the account cannot be read.
    pub fn counts(&self) -> Result<Vec<(String, u64)>, ServiceError> {
        self.inner.counts()
    }
}

/// A state that is there must be one.
fn continues(state: Option<&std::path::Path>) -> Result<(), ServiceError> {
    let Some(state) = state else { return Ok(()) };
    match std::fs::metadata(state) {
        Ok(found) if found.len() > 0 && !import::is_taken_over(state) => Err(ServiceError(format!(
            "The state {} is another program's file, or an account of its own; name another --state.",
            state.display()
        ))),
        _ => Ok(()),
    }
}

impl Inner {
    /// Does what blocks where blocking is allowed.
    async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, Problem> {
        let inner = Arc::clone(self);
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(done) => done.map_err(|e| Problem::server(&e)),
            Err(e) => Err(Problem::server(&ServiceError(format!("A request failed: {e}.")))),
        }
    }

    fn accesses(&self) -> Vec<Access> {
        self.accesses.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a token opens.
    fn access(&self, token: &str) -> Option<Access> {
        let accesses = self.accesses.read().unwrap_or_else(PoisonError::into_inner);
        accesses.iter().find(|access| access.token == token).cloned()
    }

    fn admit(&self, token: &str, now: Instant) -> bool {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner).admit(token, now)
    }

    /// Waits as long as each answer is to take.
    async fn wait(&self) {
        let latency = *self.latency.read().unwrap_or_else(PoisonError::into_inner);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
    }

    fn edit(&self, edit: Edit) -> Result<Edit, ServiceError> {
        let account = Arc::clone(&self.account);
        self.account.store.write(move |file| edit::edit(&account, file, edit))
    }

    /// Whether a token is this user's: only then does it matter what they see. What is wrong comes back.
    fn has_user(&self, user: i64) -> Result<(), String> {
        let users: Vec<i64> = self.accesses().iter().map(|access| access.user).collect();
        if users.contains(&user) {
            return Ok(());
        }
        let known = users.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        Err(format!("no token is of a user {user}; those that have one are {known}"))
    }

    fn set_sight(&self, user: i64, everything: bool) -> Result<(), ServiceError> {
        self.has_user(user).map_err(|why| ServiceError(format!("The sight cannot be changed: {why}.")))?;
        self.account.store.write(move |file| edit::set_sight(file, user, everything))?;
        let mut accesses = self.accesses.write().unwrap_or_else(PoisonError::into_inner);
        for access in accesses.iter_mut().filter(|access| access.user == user) {
            access.sight = if everything { Sight::Everything } else { Sight::Own(user) };
        }
        Ok(())
    }

    fn counts(&self) -> Result<Vec<(String, u64)>, ServiceError> {
        self.account.store.read(|file| {
            file.prepare_cached(
                "SELECT name, sum(live) AS n FROM tally JOIN kind USING (kind) GROUP BY kind HAVING n > 0 ORDER BY kind",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?
            .collect()
        })
    }
}

#[cfg(test)]
mod tests;
