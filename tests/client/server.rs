//! A server that answers with exactly the bytes that a test gives it, as no HTTP library would.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the server does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Writes the bytes and reads the next request.
    Say(Vec<u8>),
    /// Writes the bytes and closes the connection.
    SayAndClose(Vec<u8>),
    /// Writes the bytes, then a byte every few milliseconds for as long as somebody listens.
    Drip(Vec<u8>),
    /// Writes the bytes, then the second ones again and again for as long as somebody listens.
    Flood(Vec<u8>, Vec<u8>),
    /// Says nothing and keeps the connection.
    Silence,
}

/// A server on loopback; it ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) port: u16,
    acts: Arc<Mutex<VecDeque<Act>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        Self::begin(acts, None).await
    }

    /// A server that speaks TLS first.
    pub(crate) async fn start_tls(acts: impl IntoIterator<Item = Act>, tls: TlsAcceptor) -> Self {
        Self::begin(acts, Some(tls)).await
    }

    async fn begin(acts: impl IntoIterator<Item = Act>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            acts: Arc::new(Mutex::new(acts.into_iter().collect())),
            requests: Arc::default(),
        };
        let (acts, requests) = (Arc::clone(&server.acts), Arc::clone(&server.requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acts, requests, tls) = (Arc::clone(&acts), Arc::clone(&requests), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => talk(stream, acts, requests).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                talk(stream, acts, requests).await;
                            }
                        }
                    }
                });
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn then(&self, act: Act) {
        self.acts.lock().unwrap().push_back(act);
    }

    /// The requests so far, head and body, as they came.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    acts: Arc<Mutex<VecDeque<Act>>>,
    requests: Arc<Mutex<Vec<String>>>,
) {
    while let Some(request) = read_request(&mut stream).await {
        requests.lock().unwrap().push(request);
        let act = acts.lock().unwrap().pop_front();
        let said = match act {
            Some(Act::Say(bytes)) => stream.write_all(&bytes).await,
            Some(Act::SayAndClose(bytes)) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Some(Act::Drip(bytes)) => {
                let _ = stream.write_all(&bytes).await;
                while stream.write_all(b" ").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                return;
            }
            Some(Act::Flood(head, more)) => {
                let _ = stream.write_all(&head).await;
                while stream.write_all(&more).await.is_ok() {}
                return;
            }
            Some(Act::Silence) => std::future::pending().await,
            None => return,
        };
        if said.is_err() {
            return;
        }
    }
}

async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        request.push(byte[0]);
    }
    let head = String::from_utf8(request).unwrap();
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse().unwrap())
        })
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(head + &String::from_utf8(body).unwrap())
}

/// An answer with a body and the right length.
pub(crate) fn http(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Act {
    Act::Say(bytes(status, headers, body))
}

/// The bytes of such an answer.
pub(crate) fn bytes(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let mut out = format!("HTTP/1.1 {status} Some Words\r\n{length}{headers}\r\n").into_bytes();
    out.extend_from_slice(body);
    out
}
