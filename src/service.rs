//! The Sync service: the other half of the protocol. Accounts, what each device acknowledged, sessions with queues,
//! access; all in SQLite, surviving a restart. Owns axum. Knows `protocol` and `text` alone: somebody else could run it.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// What a service is made of.
#[derive(Debug, Clone)]
pub struct Options {
    /// The account's file, made where it is missing; none = a temporary one.
    pub account: Option<PathBuf>,
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
}

impl Default for Options {
    fn default() -> Self {
        Self {
            account: None,
            items: 12_000,
            seed: 1,
            rate: None,
            latency: Duration::ZERO,
            token: None,
            page: 100,
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
#[derive(Debug, Clone)]
pub struct Service {}

impl Service {
    /// Opens the account, generating it where it is empty. Blocks.
    ///
    /// # Errors
    /// [`ServiceError`] where the account's file cannot be used.
    pub fn open(_options: Options) -> Result<Self, ServiceError> {
        todo!()
    }

    /// The token of the user who sees everything.
    pub fn token(&self) -> &str {
        todo!()
    }

    /// Answers requests until `shutdown` completes, then finishes what is in flight.
    ///
    /// # Errors
    /// An I/O error of the listener.
    pub async fn serve(
        self,
        _listener: TcpListener,
        _shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        todo!()
    }

    /// Edits the account, so that the next session has work; what was really done comes back. Blocks.
    ///
    /// # Errors
    /// [`ServiceError`] where the account cannot be written.
    pub fn edit(&self, _edit: Edit) -> Result<Edit, ServiceError> {
        todo!()
    }

    /// Changes the rate limit for all following requests.
    pub fn set_rate(&self, _rate: Option<u32>) {
        todo!()
    }

    /// Changes the latency for all following answers.
    pub fn set_latency(&self, _latency: Duration) {
        todo!()
    }

    /// The account's records a type. Blocks.
    ///
    /// # Errors
    /// [`ServiceError`] where the account cannot be read.
    pub fn counts(&self) -> Result<Vec<(String, u64)>, ServiceError> {
        todo!()
    }
}
