//! The official Ruby, Java and PHP clients, byte for byte as their sources write requests and read answers: headers,
//! bodies, connections, what each does at a 204 and what each needs of an error. (The Python client runs itself:
//! `tests/official`.) No HTTP library here: it would be politer than they are.

use std::collections::BTreeMap;

use drainboard::service::Options;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;

use super::wire::{options, run};

const DEVICE: &str = "9b8e1b5a-5b0e-4b8e-8d8a-3f1a2a0b6c11";

/// How a client writes its requests.
#[derive(Clone, Copy)]
struct Manners {
    /// What it sends with every request, `TOKEN` and `DEVICE` to be filled in.
    headers: &'static [&'static str],
    /// What it sends beside where a `POST` has no body: a length of 0, or not even that.
    empty: &'static [&'static str],
    /// Whether all requests take one connection.
    keeps: bool,
    /// Whether a large body waits until the service wants it.
    expects: bool,
    /// Whether names of headers are looked up in the letters' case.
    cased: bool,
    /// How it writes a `/` in JSON.
    slash: &'static str,
}

/// basecrm-ruby 2.0.0: Faraday 1 over Net::HTTP, a connection a request.
const RUBY: Manners = Manners {
    headers: &[
        "User-Agent: BaseCRM/v2 Ruby/2.0.0",
        "Accept: application/json",
        "X-Basecrm-Device-UUID: DEVICE",
        "X-Client-Type: api",
        "X-Client-Version: 2.0.0",
        "X-Device-Id: Ruby",
        "Authorization: Bearer TOKEN",
        "Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3",
        "Connection: close",
    ],
    // What Net::HTTP says of an empty form, though it is none.
    empty: &["Content-Type: application/x-www-form-urlencoded", "Content-Length: 0"],
    keeps: false,
    expects: false,
    cased: false,
    slash: "/",
};

/// basecrm-java 1.5.2: Jersey 2.17 over HttpURLConnection, which keeps the connection and says no length of nothing.
const JAVA: Manners = Manners {
    headers: &[
        "Accept: application/json",
        "User-Agent: BaseCRM/v2 Java/1.5.2",
        "X-Client-Type: api",
        "X-Basecrm-Device-UUID: DEVICE",
        "Authorization: Bearer TOKEN",
        "Connection: keep-alive",
    ],
    empty: &[],
    keeps: true,
    expects: false,
    cased: true,
    slash: "/",
};

/// basecrm-php 1.4.4: a handle of libcurl a request, its method set by hand.
const PHP: Manners = Manners {
    headers: &[
        "User-Agent: BaseCRM/v2 PHP/1.4.4",
        "Authorization: Bearer TOKEN",
        "Accept: application/json",
        "X-Basecrm-Device-UUID: DEVICE",
    ],
    empty: &[],
    keeps: false,
    expects: true,
    cased: false,
    slash: "\\/",
};

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

struct Client {
    manners: Manners,
    host: String,
    token: String,
    open: Option<BufStream<TcpStream>>,
}

impl Client {
    fn new(manners: Manners, base: &str, token: &str) -> Self {
        let host = base.strip_prefix("http://").unwrap().to_owned();
        Self { manners, host, token: token.to_owned(), open: None }
    }

    /// A header of an answer, looked up as this client does.
    fn header<'a>(&self, answer: &'a Answer, name: &str) -> Option<&'a str> {
        let same =
            |known: &str| if self.manners.cased { known == name } else { known.eq_ignore_ascii_case(name) };
        answer.headers.iter().find(|(known, _)| same(known)).map(|(_, value)| value.as_str())
    }

    async fn ask(&mut self, method: &str, path: &str, body: Option<&str>) -> Answer {
        let mut stream = match self.open.take() {
            Some(stream) => stream,
            None => BufStream::new(TcpStream::connect(&self.host).await.unwrap()),
        };
        let waits = self.manners.expects && body.is_some_and(|body| body.len() > 1_024);
        let mut head = vec![format!("{method} {path} HTTP/1.1"), format!("Host: {}", self.host)];
        let own = self.manners.headers.iter();
        head.extend(own.map(|line| line.replace("TOKEN", &self.token).replace("DEVICE", DEVICE)));
        match body {
            Some(body) => {
                head.push("Content-Type: application/json".to_owned());
                head.push(format!("Content-Length: {}", body.len()));
                head.extend(waits.then(|| "Expect: 100-continue".to_owned()));
            }
            None if method == "POST" => {
                head.extend(self.manners.empty.iter().map(|line| (*line).to_owned()));
            }
            None => {}
        }
        let head = head.join("\r\n");
        stream.write_all(format!("{head}\r\n\r\n").as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        if waits {
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            assert_eq!(line, "HTTP/1.1 100 Continue\r\n", "it wants the body");
            stream.read_line(&mut line).await.unwrap();
        }
        stream.write_all(body.unwrap_or_default().as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        let answer = answer(&mut stream).await;
        if self.manners.keeps {
            self.open = Some(stream);
        }
        answer
    }

    /// A session, as each of them reads it; none at 204.
    async fn start(&mut self) -> Option<String> {
        let answer = self.ask("POST", "/v2/sync/start", None).await;
        if answer.status == 204 {
            self.is_nothing(&answer);
            return None;
        }
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert!(self.header(&answer, "Content-Type").unwrap().contains("json"));
        let session = answer.json();
        for queue in session["data"]["queues"].as_array().unwrap() {
            let queue = &queue["data"];
            assert!(queue["name"].is_string(), "{session}");
            // Java has 32 bits for these two, and fails without either.
            for guide in ["pages", "total_count"] {
                assert!(queue[guide].as_i64().is_some_and(|n| i32::try_from(n).is_ok()), "{session}");
            }
        }
        Some(session["data"]["id"].as_str().unwrap().to_owned())
    }

    /// A page's items; none at 204.
    async fn fetch(&mut self, session: &str) -> Option<Vec<Value>> {
        let answer = self.ask("GET", &format!("/v2/sync/{session}/queues/main"), None).await;
        if answer.status == 204 {
            self.is_nothing(&answer);
            return None;
        }
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(self.header(&answer, "Content-Type").unwrap().contains("json"));
        let page = answer.json();
        let items = page["items"].as_array().unwrap().clone();
        for item in &items {
            let sync = &item["meta"]["sync"];
            assert!(item["data"].is_object() && item["meta"]["type"].is_string(), "{item}");
            assert!(sync["event_type"].is_string() && sync["ack_key"].is_string(), "{item}");
            assert!(sync["revision"].is_i64(), "{item}");
        }
        Some(items)
    }

    async fn ack(&mut self, keys: &[String]) -> u16 {
        let body =
            serde_json::json!({"data": {"ack_keys": keys}}).to_string().replace('/', self.manners.slash);
        self.ask("POST", "/v2/sync/ack", Some(&body)).await.status
    }

    /// An answer of nothing says of no body that it is JSON: Ruby would read it.
    fn is_nothing(&self, answer: &Answer) {
        assert_eq!((self.header(answer, "Content-Type"), answer.body.as_str()), (None, ""));
    }
}

async fn line(stream: &mut BufStream<TcpStream>) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    line.trim_end().to_owned()
}

/// Reads an answer by its length, and no further.
async fn answer(stream: &mut BufStream<TcpStream>) -> Answer {
    let first = line(stream).await;
    let status = first.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {first:?}")).parse().unwrap();
    let mut headers = Vec::new();
    loop {
        let line = line(stream).await;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    Answer { status, headers, body: String::from_utf8(body).unwrap() }
}

/// The whole flow, as each of the three high-level wrappers does it: a page, its keys, the next page, up to the 204.
async fn synchronize(manners: Manners) {
    let running = run(Options { page: 100, ..options(1_150) }).await;
    let mut client = Client::new(manners, &running.base, running.service.token());
    let session = client.start().await.unwrap();
    let mut seen = BTreeMap::new();
    while let Some(items) = client.fetch(&session).await {
        let mut keys = Vec::new();
        for item in items {
            let key = item["meta"]["sync"]["ack_key"].as_str().unwrap().to_owned();
            assert_eq!(seen.insert(key.clone(), item["meta"]["type"].clone()), None, "{key} came twice");
            keys.push(key);
        }
        assert_eq!(client.ack(&keys).await, 202);
    }
    assert_eq!(seen.len(), 1_150);
    assert_eq!(client.start().await, None, "all is acknowledged");
    assert_eq!(running.service.standing().unwrap().lately[0].unacknowledged, 0);
    // A key with a slash in it is the same key however JSON is written.
    assert_eq!(client.ack(&["Note-1/2-3".to_owned()]).await, 202);
    running.stop().await;
}

#[tokio::test]
async fn the_ruby_client_is_served() {
    synchronize(RUBY).await;
}

#[tokio::test]
async fn the_java_client_is_served() {
    synchronize(JAVA).await;
}

#[tokio::test]
async fn the_php_client_is_served() {
    synchronize(PHP).await;
}

/// What they make of an error: each reads the list, Ruby and PHP fail where `meta.logref` is missing, Java looks for
/// `Content-Type` and `X-Request-Id` in exactly these letters.
#[tokio::test]
async fn an_error_is_one_to_each_of_them() {
    let running = run(options(150)).await;
    for manners in [RUBY, JAVA, PHP] {
        let mut client = Client::new(manners, &running.base, running.service.token());
        let session = client.start().await.unwrap();
        running.service.fail_next(1, 429);
        let limited = client.ask("GET", &format!("/v2/sync/{session}/queues/main"), None).await;
        let gone = client.ask("GET", "/v2/sync/nobody/queues/main", None).await;
        let shapeless = client.ask("POST", "/v2/sync/ack", Some(r#"{"ack_keys":["A-1-1"]}"#)).await;
        client.token = "0".repeat(64);
        let refused = client.ask("POST", "/v2/sync/start", None).await;
        for (answer, status) in [(limited, 429), (gone, 404), (shapeless, 422), (refused, 401)] {
            assert_eq!(answer.status, status, "{}", answer.body);
            assert!(client.header(&answer, "Content-Type").is_some_and(|kind| kind.contains("json")));
            let envelope = answer.json();
            for error in envelope["errors"].as_array().unwrap() {
                assert!(error["error"]["code"].is_string() && error["error"]["message"].is_string());
                assert!(error["meta"].is_object());
            }
            let logref = envelope["meta"]["logref"].as_str();
            assert!(logref.is_some() && envelope["meta"]["http_status"].is_string(), "{envelope}");
            assert_eq!(client.header(&answer, "X-Request-Id"), logref);
        }
    }
    running.stop().await;
}
