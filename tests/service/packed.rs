//! Pages as gzip: only where it was asked for on both sides, and the same page.

use std::io::Read as _;

use drainboard::service::Options;
use flate2::read::GzDecoder;

use crate::wire::{Running, options, run};

/// The first page that a device gets who says that it takes these codings, as it is on the wire; whether it is packed.
async fn page(running: &Running, number: u32, takes: Option<&str>) -> (Vec<u8>, bool) {
    let mut device = running.device(number);
    device.http = reqwest::Client::builder().no_proxy().no_gzip().no_brotli().build().unwrap();
    let session = device.session().await.unwrap();
    let mut take = device.request("GET", &format!("/v2/sync/{session}/queues/main"));
    if let Some(takes) = takes {
        take = take.header("Accept-Encoding", takes);
    }
    let answer = take.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (200, JSON));
    let packed = answer.headers().get("content-encoding").map(|coding| coding == "gzip");
    (answer.bytes().await.unwrap().to_vec(), packed.unwrap_or(false))
}

const JSON: &str = "application/json; charset=utf-8";

#[tokio::test]
async fn a_page_is_packed_for_whom_that_takes_it_and_only_where_it_was_asked_for() {
    let (plain, packing) = (run(options(200)).await, run(Options { gzip: true, ..options(200) }).await);
    let (expected, packed) = page(&plain, 1, Some("gzip, br")).await;
    assert!(!packed, "nobody asked for it");
    let (bytes, packed) = page(&packing, 1, Some("br, gzip;q=0.8")).await;
    assert!(packed && bytes.len() * 3 < expected.len(), "{} of {} bytes", bytes.len(), expected.len());
    let mut unpacked = Vec::new();
    GzDecoder::new(&bytes[..]).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == expected, "it is another page");
    for (number, takes) in [(2, None), (3, Some("br")), (4, Some("gzip;q=0"))] {
        let (bytes, packed) = page(&packing, number, takes).await;
        assert!(!packed && bytes == expected, "{takes:?}");
    }
    // Beside pages nothing is: an end has no body, and an error is short.
    let device = packing.device(5);
    assert_eq!(device.drain_count().await, 200);
    assert_eq!(device.take("gone").await.status, 404);
    plain.stop().await;
    packing.stop().await;
}
