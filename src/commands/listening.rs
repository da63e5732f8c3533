//! Where a service of ours listens: the address is taken, and said in one line that others wait for.

use std::io::Write as _;

use tokio::net::TcpListener;

use super::output::{self, Failure};

/// Takes the address.
pub(super) async fn bind(address: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| Failure {
        // An address that is none was written wrongly; one that is taken was not.
        status: if error.kind() == std::io::ErrorKind::InvalidInput { 2 } else { 1 },
        message: format!("cannot listen on {address}: {error}; --listen names another address"),
    })
}

/// Says where and with which token; others wait for this line.
pub(super) fn ready(listener: &TcpListener, token: &str) -> Result<(), Failure> {
    let address = listener.local_addr().map_err(Failure::other)?;
    let mut out = output::stdout();
    // Somebody may have stopped reading: that is no reason to stop serving.
    let _ = writeln!(out, "listening on http://{address}  token {token}").and_then(|()| out.flush());
    Ok(())
}
