//! Requests that mean no good cost little, and break nothing for the others.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::wire::{Running, kept, options, read, run};

/// Sends these bytes as they are; the answer's first line.
async fn raw(running: &Running, head: &str, body: &[u8]) -> String {
    let address = running.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    // Whoever is refused early may find the connection closed while it still sends.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

fn head(running: &Running, path: &str, length: u64) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nUser-Agent: t\r\nConnection: close\r\n\
         X-Basecrm-Device-UUID: 00000000-0000-4000-8000-000000000009\r\nContent-Length: {length}\r\n\r\n",
        running.service.token()
    )
}

#[tokio::test]
async fn a_body_that_says_it_is_huge_is_refused_unread() {
    let running = run(options(60)).await;
    let answer = raw(&running, &head(&running, "/v2/sync/ack", 1 << 40), b"{").await;
    assert!(answer.contains("413"), "{answer}");
    let answer = raw(&running, &head(&running, "/emulator/edit", 1 << 20), b"{").await;
    assert!(answer.contains("413"), "{answer}");
    running.stop().await;
}

#[tokio::test]
async fn a_body_without_a_length_ends_at_the_bound() {
    let running = run(options(60)).await;
    let device = running.device(1);
    let pieces = futures_util::stream::iter((0..200).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1_000])));
    let body = reqwest::Body::wrap_stream(pieces);
    let sent = device.http.post(format!("{}/emulator/edit", running.base)).body(body).send().await;
    // The answer may come before all is sent; then the connection may break instead.
    assert!(sent.is_err() || sent.unwrap().status() == 413);
    assert_eq!(device.start().await.status, 201);
    running.stop().await;
}

/// A browser on this machine runs the pages of strangers, and they may post anywhere.
#[tokio::test]
async fn no_web_page_edits_the_account() {
    let running = run(options(60)).await;
    let before = running.service.counts().unwrap();
    let port = running.base.rsplit_once(':').unwrap().1;
    let body = r#"{"delete":5}"#;
    let ask = |method: &str, path: &str, headers: &str| {
        format!(
            "{method} {path} HTTP/1.1\r\n{headers}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
    };
    for headers in [
        format!("Host: localhost:{port}\r\nOrigin: https://evil.example\r\nContent-Type: text/plain"),
        format!("Host: localhost:{port}\r\nOrigin: null\r\nContent-Type: application/x-www-form-urlencoded"),
        format!(
            "Host: localhost:{port}\r\nOrigin: http://localhost:{port}\r\nContent-Type: application/json"
        ),
        // Their own name, which they made lead here.
        format!("Host: evil.example:{port}\r\nContent-Type: application/json"),
        format!("Host: localhost.evil.example:{port}\r\nContent-Type: application/json"),
        format!("Host: 127.0.0.1.evil.example:{port}\r\nContent-Type: application/json"),
        "Host: \r\nContent-Type: application/json".to_owned(),
    ] {
        for (method, path) in [
            ("POST", "/emulator/edit"),
            ("POST", "/emulator/fault"),
            ("DELETE", "/emulator/fault"),
            ("POST", "/emulator/sight"),
            ("GET", "/emulator/status"),
        ] {
            let answer = raw(&running, &ask(method, path, &headers), body.as_bytes()).await;
            assert!(answer.contains(" 403 "), "{method} {path}: {headers}: {answer}");
        }
    }
    assert_eq!(running.service.counts().unwrap(), before);
    // What `curl -d` sends to each of the names that this machine has for itself.
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        let headers = format!("Host: {host}:{port}\r\nContent-Type: application/x-www-form-urlencoded");
        let answer = raw(&running, &ask("POST", "/emulator/edit", &headers), body.as_bytes()).await;
        assert!(answer.contains(" 200 "), "{host}: {answer}");
    }
    assert_ne!(running.service.counts().unwrap(), before);
    running.stop().await;
}

#[tokio::test]
async fn deep_and_odd_bodies_are_an_answer_and_no_crash() {
    let running = run(options(60)).await;
    let device = running.device(1);
    let deep = "[".repeat(500_000);
    let deep_inside =
        format!(r#"{{"data":{{"ack_keys":[],"x":{}{}}}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for (body, expected) in [
        (deep.clone(), 400..=422),
        (format!(r#"{{"data":{deep}"#), 400..=422),
        (deep_inside, 202..=422),
        (r#"{"data":{"ack_keys":["", "-", "--", "A--1", "User-1-1", "Account-100000011-2", "A-1-18446744073709551615", "A-1-1x.9", "\u0000-1-1"]}}"#.into(), 202..=202),
    ] {
        let answer = read(device.request("POST", "/v2/sync/ack").body(body)).await;
        assert!(expected.contains(&answer.status), "{answer:?}");
    }
    for path in ["/emulator/edit", "/emulator/fault", "/emulator/sight"] {
        let answer = read(device.request("POST", path).body(deep[..60_000].to_owned())).await;
        assert_eq!(answer.status, 400, "{path}");
    }
    assert_eq!(device.drain_count().await, 60);
    running.stop().await;
}

#[tokio::test]
async fn what_is_in_flight_at_the_end_is_answered_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("account.db");
    let running = run(kept(60, &path)).await;
    let device = running.device(1);
    let session = device.session().await.unwrap();
    let page = device.page(&session).await.unwrap();
    running.service.set_latency(Duration::from_millis(200));
    let keys = crate::wire::keys(&page);
    let body = serde_json::json!({"data": {"ack_keys": keys}}).to_string();
    let asked = tokio::spawn(device.request("POST", "/v2/sync/ack").body(body).send());
    // It is in flight once the service has what it acknowledges.
    let status = format!("{}/emulator/status", running.base);
    while read(device.http.get(&status)).await.json()["requests"] != 3 {
        tokio::task::yield_now().await;
    }
    running.stop().await;
    assert_eq!(asked.await.unwrap().unwrap().status(), 202);

    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["account.db"], "no log and no lock is left");
    let running = run(kept(60, &path)).await;
    assert_eq!(running.device(1).start().await.status, 204);
    running.stop().await;
}
