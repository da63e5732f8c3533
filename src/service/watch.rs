//! Exchanges as the service sees them, for whoever watches: told at the request's head, its body, the answer's head and
//! the end.
//!
//! Promise: what is watched is answered as if nobody did, byte for byte; who watches sees tokens and has to take them
//! out. An exchange that is dropped without an end has lost its client.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream, Bytes, HttpBody as _};
use axum::http::header::{CONTENT_LENGTH, HeaderMap, HeaderValue};
use axum::http::{Request, Response, StatusCode, Version};
use futures_util::{Stream, stream};
use tokio::sync::Notify;

use super::fault::Fault;
use super::listen::{Answers, Asked, broken};
use super::request::MOST_BODY;

/// The head of a request.
#[derive(Debug)]
pub struct Head<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// The headers as they came, with the token.
    pub headers: &'a HeaderMap,
}

/// The head of an answer.
#[derive(Debug)]
pub struct Answered<'a> {
    /// The HTTP status.
    pub status: u16,
    /// `HTTP/1.1` or the like.
    pub version: &'static str,
    /// The headers, without those that the connection makes.
    pub headers: &'a HeaderMap,
}

/// Who watches a service. Called on the way of each exchange: it must not block.
pub trait Watch: Send + Sync {
    /// A request came.
    fn begin(&self, head: &Head<'_>) -> Box<dyn Watched>;
}

/// One exchange that is watched.
pub trait Watched: Send {
    /// Its request's body came.
    fn asked(&mut self, body: &[u8]);
    /// Its answer's head leaves.
    fn answered(&mut self, head: &Answered<'_>);
    /// It is over: what left of the answer's body, and what went wrong on purpose.
    fn end(self: Box<Self>, body: &[u8], on_purpose: Option<String>);
}

/// Whoever answers requests, with somebody who watches or without.
#[derive(Clone)]
pub struct Over<A> {
    pub(super) answers: A,
    pub(super) watch: Option<Arc<dyn Watch>>,
}

impl<A: Answers> Answers for Over<A> {
    async fn answer(&self, asked: Asked) -> Response<Body> {
        match &self.watch {
            None => self.answers.answer(asked).await,
            Some(watch) => watched(watch.as_ref(), &self.answers, asked).await,
        }
    }

    async fn ended(&self) -> io::Result<()> {
        self.answers.ended().await
    }
}

async fn watched(watch: &dyn Watch, answers: &impl Answers, asked: Asked) -> Response<Body> {
    let Asked { peer, cut, request } = asked;
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut seen = watch.begin(&Head { method: parts.method.as_str(), target, headers: &parts.headers });
    let version = version(parts.version);
    let body = read(body, seen.as_mut()).await;
    let ended = Arc::new(Notify::new());
    let request = Request::from_parts(parts, body);
    let answering = answers.answer(Asked { peer, cut: Arc::clone(&ended), request });
    let mut response = tokio::select! {
        response = answering => response,
        () = ended.notified() => {
            seen.end(&[], Some(Fault::Reset.told()));
            return broken(&cut).await;
        }
    };
    let length = response.body().size_hint().exact();
    if let Some(length) = length.filter(|_| response.status() != StatusCode::NO_CONTENT) {
        // As the connection would say; a stream has no length of its own.
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(HeaderValue::from(length));
    }
    seen.answered(&Answered { status: response.status().as_u16(), version, headers: response.headers() });
    told(response, length, seen)
}

/// The whole body of a request, told, and for the service to read again. One that is too long or breaks off is the
/// service's to refuse.
async fn read(body: Body, seen: &mut dyn Watched) -> Body {
    if body.size_hint().lower() > MOST_BODY as u64 {
        return body;
    }
    match axum::body::to_bytes(body, MOST_BODY).await {
        Ok(bytes) => {
            seen.asked(&bytes);
            Body::from(bytes)
        }
        Err(error) => Body::from_stream(stream::iter([Err::<Bytes, _>(error)])),
    }
}

/// The answer, its body told as it leaves.
fn told(response: Response<Body>, length: Option<u64>, seen: Box<dyn Watched>) -> Response<Body> {
    let on_purpose = response.extensions().get::<Fault>().map(|fault| fault.told());
    if length == Some(0) {
        seen.end(&[], on_purpose);
        return response;
    }
    let (parts, body) = response.into_parts();
    let tee = Tee { body: body.into_data_stream(), seen: Some(seen), left: Vec::new(), length, on_purpose };
    Response::from_parts(parts, Body::from_stream(tee))
}

/// A body that is told once it has left.
struct Tee {
    body: BodyDataStream,
    seen: Option<Box<dyn Watched>>,
    left: Vec<u8>,
    /// How long it is to be, where that is known.
    length: Option<u64>,
    on_purpose: Option<String>,
}

impl Tee {
    fn end(&mut self) {
        if let Some(seen) = self.seen.take() {
            seen.end(&self.left, self.on_purpose.take());
        }
    }
}

impl Stream for Tee {
    type Item = Result<Bytes, io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = std::task::ready!(Pin::new(&mut self.body).poll_next(context));
        Poll::Ready(match next {
            Some(Ok(bytes)) => {
                self.left.extend_from_slice(&bytes);
                if self.length.is_some_and(|length| self.left.len() as u64 >= length) {
                    // Nobody asks for more than was announced.
                    self.end();
                }
                Some(Ok(bytes))
            }
            Some(Err(error)) => {
                self.end();
                Some(Err(io::Error::other(error)))
            }
            None => {
                self.end();
                None
            }
        })
    }
}

impl Drop for Tee {
    /// What stops on purpose is left by its client sooner or later; all else has lost its client.
    fn drop(&mut self) {
        if self.on_purpose.is_some() {
            self.end();
        }
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        _ => "HTTP/1.1",
    }
}
