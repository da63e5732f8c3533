//! How fast pages leave, measured by hand: `cargo test --release --test service speed -- --ignored --nocapture`.

use std::time::Instant;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::wire::{options, run};

/// Takes pages over one connection and throws them away, until the queue is drained; pages and bytes.
async fn pull(address: String, session: String, token: String, uuid: String) -> (u64, u64) {
    let mut stream = BufReader::with_capacity(1 << 18, TcpStream::connect(&address).await.unwrap());
    let request = format!(
        "GET /v2/sync/{session}/queues/main HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         X-Basecrm-Device-UUID: {uuid}\r\nUser-Agent: t\r\n\r\n"
    );
    let (mut pages, mut bytes, mut line, mut body) = (0, 0, String::new(), Vec::new());
    loop {
        stream.get_mut().write_all(request.as_bytes()).await.unwrap();
        let (mut status, mut length) = (String::new(), 0);
        loop {
            line.clear();
            stream.read_line(&mut line).await.unwrap();
            if status.is_empty() {
                status.clone_from(&line);
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        if status.contains("204") {
            return (pages, bytes);
        }
        assert!(status.contains("200"), "{status}");
        body.resize(length, 0);
        stream.read_exact(&mut body).await.unwrap();
        pages += 1;
        bytes += length as u64;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: run it in release"]
async fn pages_leave_faster_than_a_mirror_writes() {
    let items = std::env::var("ITEMS").map_or(1_000_000, |items| items.parse().unwrap());
    let began = Instant::now();
    let running = run(options(items)).await;
    println!("{items} records generated in {:.2?}", began.elapsed());
    for connections in [1, 4, 4] {
        let device = running.device(connections);
        let began = Instant::now();
        let session = device.session().await.unwrap();
        let started = began.elapsed();
        let began = Instant::now();
        let address = running.base.strip_prefix("http://").unwrap().to_owned();
        let pulls: Vec<_> = (0..connections)
            .map(|_| {
                let (token, uuid) = (device.token.clone(), device.uuid.clone());
                tokio::spawn(pull(address.clone(), session.clone(), token, uuid))
            })
            .collect();
        let (mut pages, mut bytes) = (0, 0);
        for pull in pulls {
            let got = pull.await.unwrap();
            pages += got.0;
            bytes += got.1;
        }
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "{connections} connections: start {started:.2?}; {pages} pages, {} MB, {:.0} records/s",
            bytes / 1_000_000,
            items as f64 / seconds
        );
    }
    running.stop().await;
}
