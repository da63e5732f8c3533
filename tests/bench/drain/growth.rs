//! Growth: what a record, a look and a small session cost on copies of all sizes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::service::Service;
use super::{Took, drainboard};

/// Records that change before the small session.
const CHANGES: usize = 10;

/// Prints a line a size: 10,000 and each tenfold, up to `most`, and `most` itself.
pub(super) fn table(most: usize) {
    println!(
        "{:>10} {:>9} {:>10} {:>8} {:>8} | {:>12} {:>12} {:>9} | {:>9}",
        "records",
        "made in",
        "drained in",
        "a record",
        "memory",
        "10 changes",
        "at the start",
        "service",
        "status"
    );
    let mut size = 10_000;
    loop {
        line(size.min(most));
        if size >= most {
            return;
        }
        size *= 10;
    }
}

fn line(records: usize) {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(records, folder.path());
    let mirror = folder.path().join("mirror.db");
    let first = drainboard(&service, &mirror);
    edit(&service);
    let before = service.processor();
    let second = drainboard(&service, &mirror);
    let served = service.processor() - before;
    let third = drainboard(&service, &mirror);
    let status = status(&mirror);
    println!(
        "{records:>10} {:>7.2} s {:>8.2} s {:>5.1} µs {:>4.0} MiB | {:>9.0} ms {:>9.0} ms {:>6.0} ms | {:>6.0} ms",
        service.ready.as_secs_f64(),
        first.time.as_secs_f64(),
        first.time.as_secs_f64() * 1e6 / records as f64,
        first.memory,
        milliseconds(second),
        milliseconds(third),
        served * 1e3,
        status * 1e3,
    );
}

fn milliseconds(took: Took) -> f64 {
    took.time.as_secs_f64() * 1e3
}

/// Somebody edits a few records.
fn edit(service: &Service) {
    let _ = rustls::crypto::ring::default_provider().install_default(); // the first client of a process says which
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let answer = runtime.block_on(async {
        let asked =
            http.post(format!("{}/emulator/edit", service.base())).body(format!(r#"{{"update":{CHANGES}}}"#));
        asked.send().await.unwrap()
    });
    assert!(answer.status().is_success(), "{}", answer.status());
}

/// How long `drainboard status` takes, in seconds.
fn status(mirror: &Path) -> f64 {
    let begun = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_drainboard"))
        .args(["status", "--json", "--mirror"])
        .arg(mirror)
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    begun.elapsed().as_secs_f64()
}
