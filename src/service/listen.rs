//! Connections: accepted, served, and at the end finished within a second.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// How long what is in flight may take once the service is to stop.
const GRACE: Duration = Duration::from_secs(1);
/// The pause after a failed accept: it is mostly a lack of file descriptors, which passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A request, who sent it, and what ends its connection.
#[derive(Debug)]
pub struct Asked {
    pub(super) peer: SocketAddr,
    pub(super) cut: Arc<Notify>,
    pub(super) request: Request<Body>,
}

/// Whoever answers requests. Clones answer from the same state.
pub trait Answers: Clone + Send + Sync + 'static {
    /// The answer to one request.
    fn answer(&self, asked: Asked) -> impl Future<Output = Response<Body>> + Send;

    /// What is left to do once all is answered.
    ///
    /// # Errors
    /// What could not be written.
    fn ended(&self) -> impl Future<Output = std::io::Result<()>> + Send {
        std::future::ready(Ok(()))
    }
}

/// Ends the connection, and with it this exchange.
pub(super) async fn broken(cut: &Notify) -> Response<Body> {
    cut.notify_one();
    std::future::pending().await
}

/// Has requests answered until `shutdown` completes, and finishes what is in flight.
pub(super) async fn serve(
    answers: impl Answers,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    listener.local_addr()?;
    let graceful = GracefulShutdown::new();
    let mut connections = tokio::task::JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            // A connection that ended took its trouble with it.
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => connect(&mut connections, &graceful, answers.clone(), stream, peer),
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        connections.shutdown().await;
    }
    Ok(())
}

fn connect(
    connections: &mut tokio::task::JoinSet<()>,
    graceful: &GracefulShutdown,
    answers: impl Answers,
    stream: TcpStream,
    peer: SocketAddr,
) {
    // Without it small answers wait for the peer's delayed acknowledgement; where it fails they are only slower.
    let _ = stream.set_nodelay(true);
    let cut = Arc::new(Notify::new());
    let cutter = Arc::clone(&cut);
    let answer = axum::Router::new().fallback(move |request: Request<Body>| {
        let (answers, cut) = (answers.clone(), Arc::clone(&cutter));
        async move { answers.answer(Asked { peer, cut, request }).await }
    });
    let mut server = auto::Builder::new(TokioExecutor::new());
    // As the real service's: the official Java client looks for `X-Request-Id` in these letters.
    server.http1().title_case_headers(true);
    let connection =
        server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(answer)).into_owned();
    let watched = graceful.watch(connection);
    connections.spawn(async move {
        tokio::select! {
            // A client that goes away, or speaks no HTTP, is no trouble of ours.
            _ = watched => {}
            () = cut.notified() => {}
        }
    });
}
