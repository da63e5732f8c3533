//! Connections: accepted, served, and at the end finished within a second.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::{Inner, routes};

/// How long what is in flight may take once the service is to stop.
const GRACE: Duration = Duration::from_secs(1);
/// The pause after a failed accept: it is mostly a lack of file descriptors, which passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `shutdown` completes.
pub(super) async fn serve(
    service: Arc<Inner>,
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
                Ok((stream, peer)) => connect(&mut connections, &graceful, Arc::clone(&service), stream, peer),
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
    service: Arc<Inner>,
    stream: TcpStream,
    peer: SocketAddr,
) {
    // Without it small answers wait for the peer's delayed acknowledgement; where it fails they are only slower.
    let _ = stream.set_nodelay(true);
    let cut = Arc::new(Notify::new());
    let cutter = Arc::clone(&cut);
    let answer = axum::Router::new().fallback(move |request: Request<Body>| {
        routes::answer(Arc::clone(&service), peer, Arc::clone(&cutter), request)
    });
    let connection = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(answer))
        .into_owned();
    let watched = graceful.watch(connection);
    connections.spawn(async move {
        tokio::select! {
            // A client that goes away, or speaks no HTTP, is no trouble of ours.
            _ = watched => {}
            () = cut.notified() => {}
        }
    });
}
