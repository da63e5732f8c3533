//! The client against a server that says exactly the bytes it is told to: verdicts, bounds, and where the token goes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod server;
mod tls;

use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use drainboard::client::{
    Answer, Client, ClientConfig, Failure, FailureKind, Limits, MAX_PAGE, Operation, Started, Taken, Verdict,
};
use drainboard::protocol::{DeviceUuid, QueueName, SessionId};
use server::{Act, Server, bytes, http};

const TOKEN: &str = "t0ken-that-nobody-may-see";
const DEVICE: &str = "4f0c6f0e-6d5e-4a7e-9d6c-0a5f6d1b2c3d";
const SESSION: &str = include_str!("../wire/start.json");
const PAGE: &str = include_str!("../wire/page.json");

fn config(base_url: &str) -> ClientConfig {
    ClientConfig {
        base_url: base_url.to_owned(),
        token: TOKEN.into(),
        token_source: "BASECRM_ACCESS_TOKEN".to_owned(),
        device: DEVICE.parse::<DeviceUuid>().unwrap(),
        max_page: 1024 * 1024,
        door: drainboard::client::Door::Options,
    }
}

fn client(server: &Server) -> Client {
    Client::new(config(&server.url())).unwrap()
}

/// Limits that let a test see a deadline pass.
fn hasty(server: &Server, limits: Limits) -> Client {
    Client::with_limits(config(&server.url()), limits).unwrap()
}

async fn take(client: &Client) -> Result<Answer<Taken>, Failure> {
    client.take(&SessionId("s1".into()), &QueueName("main".into())).await
}

/// The failure of one exchange of `operation` that a server answers with `act`.
async fn failure(operation: Operation, act: Act) -> Failure {
    let server = Server::start([act]).await;
    let client = client(&server);
    let failure = match operation {
        Operation::Start => client.start().await.map(|_| ()),
        Operation::Take => take(&client).await.map(|_| ()),
        Operation::Acknowledge => client.acknowledge(&["k".into()]).await.map(|_| ()),
        Operation::Other => unreachable!("no client asks for it"),
    }
    .expect_err("a failure");
    assert_eq!(failure.operation, operation);
    assert_eq!(server.requests().len(), 1, "the client never retries: {failure}");
    assert!(!failure.message.contains(TOKEN), "{failure}");
    assert!(!failure.message.contains(char::is_control), "{:?}", failure.message);
    failure
}

fn header<'a>(request: &'a str, name: &str) -> Vec<&'a str> {
    let head = request.split("\r\n\r\n").next().unwrap();
    head.lines()
        .skip(1)
        .filter_map(|l| l.split_once(": "))
        .filter(|(n, _)| *n == name)
        .map(|(_, v)| v)
        .collect()
}

#[tokio::test]
async fn the_three_exchanges_are_what_the_protocol_says() {
    let server = Server::start([
        http(201, "x-request-id: r-1\r\n", SESSION),
        http(200, "", PAGE),
        http(204, "content-type: application/json\r\n", ""),
        http(202, "", "{}"),
        http(204, "", ""),
    ])
    .await;
    let client = Client::new(config(&format!("{}/pre/fix/", server.url()))).unwrap();

    let started = client.start().await.unwrap();
    assert_eq!((started.status, started.bytes), (201, SESSION.len() as u64));
    assert_eq!(started.request_id.as_deref(), Some("r-1"));
    let Started::Session(session) = started.value else { panic!("a session") };
    let page = client.take(&session.id, &session.queues[0].name).await.unwrap();
    let Taken::Page(items) = page.value else { panic!("a page") };
    assert_eq!((items.len(), items.body()), (2, PAGE));
    assert!(matches!(take(&client).await.unwrap().value, Taken::Drained));
    assert_eq!(client.acknowledge(&["User-1-7".into(), "ключ\"\n".into()]).await.unwrap().status, 202);
    assert!(matches!(client.start().await.unwrap().value, Started::UpToDate));

    let requests = server.requests();
    let lines: Vec<&str> = requests.iter().filter_map(|r| r.lines().next()).collect();
    assert_eq!(
        lines,
        [
            "POST /pre/fix/v2/sync/start HTTP/1.1",
            "GET /pre/fix/v2/sync/6b1f2c1e-session/queues/main HTTP/1.1",
            "GET /pre/fix/v2/sync/s1/queues/main HTTP/1.1",
            "POST /pre/fix/v2/sync/ack HTTP/1.1",
            "POST /pre/fix/v2/sync/start HTTP/1.1",
        ]
    );
    for request in &requests {
        assert_eq!(header(request, "authorization"), [format!("Bearer {TOKEN}")]);
        assert_eq!(header(request, "x-basecrm-device-uuid"), [DEVICE]);
        assert_eq!(header(request, "user-agent"), [concat!("drainboard/", env!("CARGO_PKG_VERSION"))]);
        assert_eq!(header(request, "accept"), ["application/json"]);
        let codings = header(request, "accept-encoding").concat();
        assert!(codings.contains("gzip") && codings.contains("br"), "{codings}");
    }
    let typed: Vec<_> = requests.iter().map(|r| header(r, "content-type")).collect();
    assert_eq!(typed, [vec![], vec![], vec![], vec!["application/json"], vec![]]);
    assert_eq!(header(&requests[0], "content-length"), ["0"], "a POST without a body says so");
    let body = requests[3].split("\r\n\r\n").nth(1).unwrap();
    assert_eq!(body, r#"{"data":{"ack_keys":["User-1-7","ключ\"\n"]}}"#);
}

#[tokio::test]
async fn every_status_has_its_verdict() {
    use Operation::{Acknowledge, Start, Take};
    use Verdict::{Halve, NewSession, Refused, Rejected, Retry, WrongAddress};
    let table = [
        (Start, Retry, &[200, 202, 408, 425, 429, 500, 502, 503, 504, 599][..]),
        (Start, Refused, &[401, 403]),
        (Start, WrongAddress, &[301, 302, 303, 307, 308, 404, 405]),
        (Start, Rejected, &[400, 415, 422]),
        (Take, Retry, &[201, 202, 206, 408, 429, 500, 502, 503, 504]),
        (Take, Refused, &[401, 403]),
        (Take, NewSession, &[404, 410]),
        (Take, WrongAddress, &[301, 302, 307]),
        (Take, Rejected, &[400, 413, 422]),
        (Acknowledge, Retry, &[200, 201, 204, 408, 429, 500, 502, 503, 504]),
        (Acknowledge, Refused, &[401, 403]),
        (Acknowledge, WrongAddress, &[302, 404]),
        (Acknowledge, Halve, &[400, 413, 422]),
    ];
    for (operation, verdict, statuses) in table {
        for status in statuses {
            let failure = failure(operation, http(*status, "", "{}")).await;
            let got = (failure.kind, failure.verdict, failure.status);
            assert_eq!(got, (FailureKind::Status, verdict, Some(*status)), "{operation:?}: {failure}");
            assert!(failure.message.contains(&status.to_string()), "{failure}");
        }
    }
}

#[tokio::test]
async fn a_refusal_says_what_happened_and_what_to_do() {
    let body = include_str!("../wire/error_401.json");
    let failure401 = failure(Operation::Start, http(401, "", body)).await;
    assert_eq!(failure401.code.as_deref(), Some("unauthorized"));
    assert_eq!(failure401.request_id.as_deref(), Some("ref-401"));
    for part in ["401", "unauthorized", "could not authenticate", "ref-401", "BASECRM_ACCESS_TOKEN"] {
        assert!(failure401.message.contains(part), "{part} in {failure401}");
    }
    let failure403 = failure(Operation::Start, http(403, "x-request-id: r-403\r\n", "")).await;
    assert!(failure403.message.contains("`sync` scope"), "{failure403}");
    assert_eq!(failure403.request_id.as_deref(), Some("r-403"));
    let accepted = failure(Operation::Acknowledge, http(200, "", "{}")).await;
    assert!(accepted.message.contains("202 is expected"), "{accepted}");
}

#[tokio::test]
async fn odd_error_bodies_hide_nothing_and_break_nothing() {
    let bodies = [
        "",
        "null",
        "[]",
        "{\"errors\":null}",
        "{\"errors\":[null, 1]}",
        "{\"errors\":[{\"error\":{\"code\":7,\"message\":[]}}],\"meta\":\"?\"}",
        "\u{0}\u{1b}[2J",
        "{\"errors\":[",
    ];
    for body in bodies {
        let failure = failure(Operation::Take, http(503, "", body)).await;
        assert_eq!(failure.verdict, Verdict::Retry, "{body}");
    }
    let html = include_str!("../wire/gateway_502.html");
    let gateway = failure(Operation::Acknowledge, http(502, "content-type: text/html\r\n", html)).await;
    assert_eq!(gateway.verdict, Verdict::Retry);
    assert!(gateway.message.contains("HTML"), "{gateway}");
    assert!(!gateway.message.contains('<'), "{gateway}");
    assert!(gateway.message.contains("; try again in a while"), "{gateway}");
    // Nothing says that a conflict passes.
    let conflict = failure(Operation::Start, http(409, "", "")).await;
    assert_eq!(conflict.verdict, Verdict::Rejected, "{conflict}");
    let hostile = "{\"errors\":[{\"error\":{\"code\":\"a\\u001b[31m\",\"message\":\"b\\u202ec\\nd\"}}]}";
    let visible = failure(Operation::Start, http(500, "", hostile)).await;
    assert_eq!(visible.code.as_deref(), Some("a␛[31m"));
}

#[tokio::test]
async fn an_echoed_token_reaches_no_message() {
    let body = format!(
        r#"{{"errors":[{{"error":{{"code":"{TOKEN}","message":"bad {TOKEN}!","details":"{TOKEN}"}}}}],"meta":{{"logref":"{TOKEN}"}}}}"#
    );
    let echo = failure(Operation::Start, http(401, &format!("x-request-id: {TOKEN}\r\n"), body)).await;
    assert!(!format!("{echo:?}").contains(TOKEN), "{echo:?}");
    assert!(echo.message.contains("bad [token]!"), "{echo}");
    let headers = format!("location: http://{TOKEN}/{TOKEN}\r\n");
    let moved = failure(Operation::Start, http(302, &headers, "")).await;
    assert!(!format!("{moved:?}").contains(TOKEN), "{moved:?}");
    let quoted = failure(Operation::Start, http(201, "", format!("{{\"data\":\"{TOKEN}\"}}"))).await;
    assert!(!format!("{quoted:?}").contains(TOKEN), "{quoted:?}");
    let client = Client::new(config("http://127.0.0.1:9")).unwrap();
    assert!(!format!("{client:?} {:?}", config("http://127.0.0.1:9")).contains(TOKEN));
}

#[tokio::test]
async fn no_redirect_is_followed_and_no_token_travels() {
    let other = Server::start([http(204, "", "")]).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: http://127.0.0.1:{}/v2/sync/start?secret=1\r\n", other.port);
        let failure = failure(Operation::Start, http(status, &location, "")).await;
        assert_eq!(failure.verdict, Verdict::WrongAddress);
        assert!(failure.message.contains(&format!("127.0.0.1:{}", other.port)), "{failure}");
        assert!(!failure.message.contains("secret"), "{failure}");
    }
    assert_eq!(other.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn retry_after_reaches_the_failure() {
    let asked = |headers: &'static str| async move {
        failure(Operation::Take, http(429, headers, "")).await.retry_after
    };
    assert_eq!(asked("retry-after: 7\r\n").await, Some(Duration::from_secs(7)));
    let date = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: Sun, 06 Nov 1994 08:49:40 GMT\r\n";
    assert_eq!(asked(date).await, Some(Duration::from_secs(3)));
    assert_eq!(asked("retry-after: soon\r\n").await, None);
    assert_eq!(asked("").await, None);
}

#[tokio::test]
async fn what_is_no_page_is_no_page() {
    let html = include_str!("../wire/gateway_502.html");
    let cases = [
        http(200, "content-type: text/html\r\n", html),
        http(200, "", ""),
        http(200, "", "{}"),
        http(200, "", &PAGE[..PAGE.len() / 2]),
        http(200, "", SESSION),
        http(200, "", "{\"items\":[]} {\"items\":[]}"),
        http(200, "content-encoding: gzip\r\n", PAGE),
    ];
    for act in cases {
        let failure = failure(Operation::Take, act).await;
        assert_eq!((failure.kind, failure.verdict), (FailureKind::Body, Verdict::Retry), "{failure}");
    }
    let portal = failure(Operation::Start, http(201, "", html)).await;
    assert!(portal.message.contains("HTML") && portal.message.contains("--base-url"), "{portal}");
    for id in ["", ".", ".."] {
        let body = format!(r#"{{"data":{{"id":"{id}","queues":[]}}}}"#);
        assert_eq!(failure(Operation::Start, http(201, "", body)).await.kind, FailureKind::Body, "{id}");
    }
}

#[tokio::test]
async fn a_cut_answer_is_cut() {
    let whole = bytes(200, "", PAGE);
    let gzip = bytes(200, "content-encoding: gzip\r\n", &gzip(PAGE.as_bytes())[..40]);
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"ite\r\n".to_vec();
    let cuts = [
        vec![],
        b"HTTP/1.1 200 O".to_vec(),
        b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec(),
        whole[..whole.len() - 1].to_vec(),
        whole[..whole.len() - PAGE.len()].to_vec(),
        chunked,
        gzip,
    ];
    for cut in cuts {
        let shown = String::from_utf8_lossy(&cut).into_owned();
        let failure = failure(Operation::Take, Act::SayAndClose(cut)).await;
        assert_eq!((failure.kind, failure.verdict), (FailureKind::Cut, Verdict::Retry), "{failure}: {shown}");
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_compressed_page_is_a_page() {
    let server = Server::start([http(200, "content-encoding: gzip\r\n", gzip(PAGE.as_bytes()))]).await;
    let answer = take(&client(&server)).await.unwrap();
    assert_eq!(answer.bytes, PAGE.len() as u64);
    let Taken::Page(page) = answer.value else { panic!("a page") };
    assert_eq!(page.body(), PAGE);
}

#[tokio::test]
async fn a_large_page_is_a_page() {
    let filler = " ".repeat(3 * 1024 * 1024);
    let server = Server::start([http(200, "", format!("{PAGE}{filler}"))]).await;
    let config = ClientConfig { max_page: MAX_PAGE, ..config(&server.url()) };
    let answer = take(&Client::new(config).unwrap()).await.unwrap();
    let Taken::Page(page) = answer.value else { panic!("a page") };
    assert_eq!((page.len(), page.bytes()), (2, PAGE.len() + filler.len()));
}

#[tokio::test]
async fn a_body_is_bounded_after_decompression() {
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let mut chunk = b"10000\r\n".to_vec();
    chunk.extend(std::iter::repeat_n(b' ', 0x1_0000));
    chunk.extend_from_slice(b"\r\n");
    let cases = [
        http(200, "content-encoding: gzip\r\n", gzip(&vec![b' '; 64 * 1024 * 1024])),
        Act::Say(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_vec()),
        Act::Flood(chunked, chunk),
    ];
    for act in cases {
        let failure = failure(Operation::Take, act).await;
        assert_eq!(
            (failure.kind, failure.verdict),
            (FailureKind::TooLarge, Verdict::RetryTooLarge),
            "{failure}"
        );
        assert!(failure.message.contains("1.00 MiB") && failure.message.contains("--max-page"), "{failure}");
    }
    let exact = format!("{PAGE}{}", " ".repeat(1024 * 1024 - PAGE.len()));
    let mut over = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n", exact.len() + 1);
    over.push_str(&exact);
    over.push_str(" \r\n0\r\n\r\n");
    let server = Server::start([http(200, "", &exact), Act::Say(over.into_bytes())]).await;
    assert_eq!(take(&client(&server)).await.unwrap().bytes, 1024 * 1024);
    assert_eq!(take(&client(&server)).await.unwrap_err().kind, FailureKind::TooLarge);
}

/// The end of an exchange that a limit must end; a test that fails must end too.
async fn ended<T>(exchange: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), exchange).await.expect("no limit ended the exchange")
}

#[tokio::test]
async fn every_exchange_ends() {
    let short = Duration::from_millis(150);
    let long = Duration::from_mins(10);
    let drip = Act::Drip(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{".to_vec());
    let drip_error = Act::Drip(b"HTTP/1.1 503 No\r\ncontent-length: 100000\r\n\r\n{".to_vec());
    let drip_ack = Act::Drip(b"HTTP/1.1 202 Yes\r\ncontent-length: 100000\r\n\r\n{".to_vec());
    let by_deadline =
        Limits { exchange: short, silence: long, each_mib: Duration::ZERO, ..Limits::default() };
    let by_silence = Limits { exchange: long, silence: short, ..Limits::default() };
    let by_epilogue = Limits { epilogue: short, ..Limits::default() };
    // A server each: on a busy machine a limit may pass before the server says anything, and it says it to nobody else.
    for (act, limits) in [(drip, by_deadline), (Act::Silence, by_deadline), (Act::Silence, by_silence)] {
        let server = Server::start([act]).await;
        let failure = ended(take(&hasty(&server, limits))).await.unwrap_err();
        assert_eq!((failure.kind, failure.verdict), (FailureKind::Timeout, Verdict::Retry), "{failure}");
    }
    let server = Server::start([drip_error]).await;
    let failure = ended(take(&hasty(&server, by_epilogue))).await.unwrap_err();
    assert_eq!(failure.status, Some(503), "the status counts, not its body");
    let server = Server::start([drip_ack]).await;
    let accepted = ended(hasty(&server, by_epilogue).acknowledge(&["k".into()])).await;
    assert!(accepted.is_ok(), "the status counts, not its body");
}

#[tokio::test]
async fn a_body_after_a_204_does_no_harm() {
    let server = Server::start([]).await;
    let client = client(&server);
    for _ in 0..20 {
        server.then(Act::Say(
            b"HTTP/1.1 204 No Content\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
                .to_vec(),
        ));
        assert!(matches!(take(&client).await.unwrap().value, Taken::Drained));
    }
}

#[tokio::test]
async fn nobody_there_is_a_connect_failure() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = Client::new(config(&format!("http://{free}"))).unwrap();
    let failure = client.start().await.unwrap_err();
    assert_eq!((failure.kind, failure.verdict), (FailureKind::Connect, Verdict::Retry), "{failure}");
    assert!(failure.message.contains(&free.to_string()) && failure.message.contains("refused"), "{failure}");
}

#[tokio::test]
async fn localhost_is_this_machine() {
    let server = Server::start([http(204, "", "")]).await;
    let client = Client::new(config(&format!("http://localhost:{}", server.port))).unwrap();
    assert!(matches!(client.start().await.unwrap().value, Started::UpToDate));
}

#[tokio::test]
async fn a_hostile_session_stays_below_the_base_url() {
    let server = Server::start([http(204, "", ""), http(204, "", "")]).await;
    let client = Client::new(config(&format!("{}/base", server.url()))).unwrap();
    let take = |session: &str, queue: &str| {
        let (session, queue) = (SessionId(session.into()), QueueName(queue.into()));
        let client = client.clone();
        async move { client.take(&session, &queue).await }
    };
    take("../../admin", "a/b?c#d").await.unwrap();
    take("http://evil.example/", "\r\nx: y").await.unwrap();
    assert_eq!(take("..", "main").await.unwrap_err().verdict, Verdict::Rejected);
    assert_eq!(take("s", ".").await.unwrap_err().verdict, Verdict::Rejected);
    assert_eq!(take("s", "").await.unwrap_err().verdict, Verdict::Rejected);
    let lines: Vec<String> = server.requests().iter().map(|r| r.lines().next().unwrap().to_owned()).collect();
    assert_eq!(
        lines,
        [
            "GET /base/v2/sync/..%2F..%2Fadmin/queues/a%2Fb%3Fc%23d HTTP/1.1",
            "GET /base/v2/sync/http%3A%2F%2Fevil.example%2F/queues/%0D%0Ax%3A%20y HTTP/1.1",
        ]
    );
    let long = take(&"x".repeat(100_000), "main").await.unwrap_err();
    assert!(long.message.len() < 500, "{long}");
}

#[test]
fn a_token_or_url_that_cannot_be_used_is_refused_at_once() {
    for token in ["", "  ", "with blank", "line\nbreak", "tab\t", "ümlaut", "\u{1b}[31m"] {
        let config = ClientConfig { token: token.into(), ..config("http://127.0.0.1:9") };
        let said = Client::new(config).unwrap_err().0;
        assert!(said.contains("BASECRM_ACCESS_TOKEN"), "{said}");
        assert!(token.trim().is_empty() || !said.contains(token), "{said}");
    }
    for url in ["http://api.getbase.com", "http://127.0.0.1.example.com", "http://u:p@127.0.0.1", "nonsense"]
    {
        assert!(Client::new(config(url)).is_err(), "{url}");
    }
}

/// Runs one test of this binary again in an environment of its own.
fn again(test: &str, environment: &[(&str, &str)]) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .envs(environment.iter().copied())
        .env("DRAINBOARD_TEST_AGAIN", "1")
        .output()
        .unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn is_again() -> bool {
    std::env::var_os("DRAINBOARD_TEST_AGAIN").is_some()
}

#[tokio::test]
async fn loopback_passes_by_every_proxy() {
    let server = Server::start([http(204, "", "")]).await;
    if is_again() {
        assert!(matches!(client(&server).start().await.unwrap().value, Started::UpToDate));
        return;
    }
    let url = server.url();
    let environment = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, url.clone()));
    tokio::task::spawn_blocking(move || {
        let environment = environment.each_ref().map(|(name, url)| (*name, url.as_str()));
        again("loopback_passes_by_every_proxy", &environment);
    })
    .await
    .unwrap();
    assert_eq!(server.requests(), Vec::<String>::new(), "the proxy heard of it");
}

#[tokio::test]
async fn a_machine_without_certificates_is_told_what_to_install() {
    if is_again() {
        let server = Server::start([http(204, "", "")]).await;
        client(&server).start().await.expect("plain loopback needs no certificates");
        let said = Client::new(config("https://api.getbase.com")).unwrap_err().0;
        assert!(said.contains("ca-certificates") && said.contains("SSL_CERT_FILE"), "{said}");
        return;
    }
    let environment = [("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/dev/null")];
    again("a_machine_without_certificates_is_told_what_to_install", &environment);
}

#[tokio::test]
async fn what_speaks_no_tls_is_a_tls_failure() {
    // TLS needs certificates to trust; where the machine has none, the test before this one has spoken.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let Ok(client) = Client::new(config(&format!("https://{}", listener.local_addr().unwrap()))) else {
        return;
    };
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        stream.writable().await.unwrap();
        stream.try_write(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        stream
    });
    let failure = client.start().await.unwrap_err();
    assert_eq!((failure.kind, failure.verdict), (FailureKind::Tls, Verdict::Retry), "{failure}");
    drop(server);
}
