//! What can be served: an account, a recording, an examination; each with somebody who watches or without.

use std::future::Future;
use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::listen::{self, Answers};
use super::watch::{Over, Watch};

/// Whatever answers a client's requests.
pub trait Serve: Answers {
    /// The same, with somebody who is told every exchange; none = nobody.
    fn watched_by(self, watch: Option<Arc<dyn Watch>>) -> Over<Self> {
        Over { answers: self, watch }
    }

    /// Answers requests until `shutdown` completes, then finishes what is in flight.
    ///
    /// # Errors
    /// An I/O error of the listener, or what could not be written at the end.
    fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = io::Result<()>> + Send {
        async move {
            let served = listen::serve(self.clone(), listener, shutdown).await;
            self.ended().await?;
            served
        }
    }
}

impl<A: Answers> Serve for A {}
