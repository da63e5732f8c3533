//! Whoever watches a service sees every exchange whole, and changes none.

use std::sync::{Arc, Mutex};

use drainboard::service::{Answered, Head, Serve as _, Service, Watch, Watched};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::wire::{options, run};

/// What was seen of one exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    head: String,
    asked: Vec<u8>,
    status: u16,
    answered: Vec<u8>,
    on_purpose: Option<String>,
    ended: bool,
}

#[derive(Default, Clone)]
struct Notes(Arc<Mutex<Vec<Seen>>>);

struct Line(Notes, usize);

impl Line {
    fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.0.0.lock().unwrap()[self.1]);
    }
}

impl Watch for Notes {
    fn begin(&self, head: &Head<'_>) -> Box<dyn Watched> {
        let mut all = self.0.lock().unwrap();
        all.push(Seen {
            head: format!("{} {}", head.method, head.target),
            asked: Vec::new(),
            status: 0,
            answered: Vec::new(),
            on_purpose: None,
            ended: false,
        });
        Box::new(Line(self.clone(), all.len() - 1))
    }
}

impl Watched for Line {
    fn asked(&mut self, body: &[u8]) {
        self.change(|seen| seen.asked = body.to_vec());
    }

    fn answered(&mut self, head: &Answered<'_>) {
        self.change(|seen| seen.status = head.status);
    }

    fn end(self: Box<Self>, body: &[u8], on_purpose: Option<String>) {
        self.change(|seen| {
            (seen.answered, seen.on_purpose, seen.ended) = (body.to_vec(), on_purpose, true);
        });
    }
}

impl Notes {
    fn last(&self) -> Seen {
        self.0.lock().unwrap().last().unwrap().clone()
    }
}

/// Serves an account, watched.
async fn watched(notes: &Notes) -> (Service, String) {
    let service = Service::open(options(250)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = listener.local_addr().unwrap().to_string();
    let serving = service.clone().watched_by(Some(Arc::new(notes.clone())));
    tokio::spawn(serving.serve(listener, std::future::pending()));
    (service, base)
}

/// One request on a connection of its own: all bytes of the answer.
async fn ask(address: &str, token: &str, request: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let text = format!(
        "{request} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nUser-Agent: t\r\n\
         X-Basecrm-Device-UUID: 00000000-0000-4000-8000-000000000001\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that breaks has sent what it has sent.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Without what is different each time.
fn plain(answer: &str) -> String {
    let own = |line: &&str| !line.starts_with("X-Request-Id:") && !line.starts_with("Date:");
    let lines: Vec<_> = answer.split("\r\n").filter(own).collect();
    let text = lines.join("\n");
    let ids =
        text.split(['"', '/', ' ']).filter(|word| word.len() == 36).map(str::to_owned).collect::<Vec<_>>();
    ids.iter().fold(text, |text, id| text.replace(id, "ID"))
}

/// The session that a start named.
fn session(answer: &str) -> String {
    let body = answer.split("\r\n\r\n").nth(1).unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    body["data"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_sees_all_and_changes_nothing() {
    let notes = Notes::default();
    let (service, address) = watched(&notes).await;
    let alone = run(options(250)).await;
    let token = service.token().to_owned();
    let other = alone.base.strip_prefix("http://").unwrap().to_owned();
    let starts = (
        ask(&address, &token, "POST /v2/sync/start", "").await,
        ask(&other, &token, "POST /v2/sync/start", "").await,
    );
    assert_eq!(plain(&starts.0), plain(&starts.1));
    let queues =
        [&starts.0, &starts.1].map(|start| format!("GET /v2/sync/{}/queues/main?limit=7", session(start)));
    let keys = json!({"data": {"ack_keys": ["User-1-7"]}}).to_string();
    for (fault, request, body) in [
        ("", "queue", ""),
        ("", "POST /v2/sync/ack", keys.as_str()),
        ("", "POST /v2/sync/ack", "{"),
        ("", "GET /v2/contacts", ""),
        ("cut page", "queue", ""),
        ("empty", "queue", ""),
        ("html page", "queue", ""),
        ("502", "queue", ""),
        ("ack200 times=1", "POST /v2/sync/ack", keys.as_str()),
        ("reset", "queue", ""),
        ("", "queue", ""),
        ("json204 times=1", "queue", ""),
        ("", "queue", ""),
    ] {
        if !fault.is_empty() {
            for address in [&address, &other] {
                let told = ask(address, &token, "POST /emulator/fault", fault).await;
                assert!(told.starts_with("HTTP/1.1 202"), "{fault}: {told}");
            }
        }
        let of = |which: usize| if request == "queue" { queues[which].clone() } else { request.to_owned() };
        let (seen, unseen) =
            (ask(&address, &token, &of(0), body).await, ask(&other, &token, &of(1), body).await);
        assert_eq!(plain(&seen), plain(&unseen), "{fault} {request}");
        let last = notes.last();
        assert_eq!(last.head, of(0), "{fault}");
        assert_eq!(String::from_utf8_lossy(&last.asked), body);
        assert!(last.ended, "{fault} {request}: {last:?}");
        assert_eq!(last.on_purpose.is_some(), !fault.is_empty(), "{fault}: {last:?}");
        let status = if seen.is_empty() { 0 } else { seen[9..12].parse().unwrap() };
        assert_eq!(last.status, status, "{fault} {request}");
        if !seen.contains("chunked") && status != 0 {
            let body = seen.split_once("\r\n\r\n").unwrap().1;
            assert_eq!(String::from_utf8_lossy(&last.answered), body, "{fault} {request}");
        }
    }
    alone.stop().await;
}

/// Waits until it is so, a minute at the most.
async fn until(so: impl Fn() -> bool) {
    let wait = async {
        while !so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), wait).await.expect("it is not so");
}

/// Who asks and does not wait for the answer has gone away: nothing says that the exchange was whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_leaves_no_end() {
    let notes = Notes::default();
    let (service, address) = watched(&notes).await;
    service.set_latency(std::time::Duration::from_hours(1));
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let text = "POST /v2/sync/start HTTP/1.1\r\nHost: h\r\n\r\n";
    stream.write_all(text.as_bytes()).await.unwrap();
    let line = Arc::clone(&notes.0);
    until(|| !line.lock().unwrap().is_empty()).await;
    // The notes and the exchange under way hold them: when the exchange is dropped, one is left.
    let holders = || Arc::strong_count(&line);
    let before = holders();
    drop(stream);
    until(|| holders() < before).await;
    assert!(!notes.last().ended);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_the_account_stands_is_told() {
    let running = run(options(250)).await;
    let mut device = running.device(1);
    let standing = || running.service.standing().unwrap();
    assert_eq!((standing().records, standing().devices), (250, 0));
    let session = device.session().await.unwrap();
    let page = device.page(&session).await.unwrap();
    device.apply(&page);
    let at_work = &standing().lately[0];
    assert_eq!((at_work.sessions, at_work.left, at_work.unacknowledged), (1, 150, 100));
    assert_eq!(device.ack(&super::wire::keys(&page)).await.status, 202);
    assert_eq!(standing().lately[0].unacknowledged, 0);
    while let Some(page) = device.page(&session).await {
        device.ack(&super::wire::keys(&page)).await;
    }
    let done = &standing().lately[0];
    assert_eq!((done.sessions, done.left, done.unacknowledged), (0, 0, 0), "{done:?}");
    running.stop().await;
}
