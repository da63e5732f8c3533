//! The service as a process of its own, and what a process took.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use super::Took;
use super::process::Served;

/// A running `drainboard serve`; it ends with this.
pub(super) struct Service {
    served: Served,
    /// How long it took to make the account and to listen.
    pub(super) ready: Duration,
}

impl Service {
    /// Serves a new account of so many records, kept in `folder`, at that rate and with that latency.
    pub(super) fn start(records: usize, folder: &Path, rate: &str, latency: &str) -> Self {
        let begun = Instant::now();
        let (items, account) = (records.to_string(), format!("account{records}.db"));
        let options = ["--rate", rate, "--latency", latency, "--items", &items, "--account", &account];
        let served = Served::at(folder, &options);
        Self { served, ready: begun.elapsed() }
    }

    /// Asks what only our own service has.
    fn emulator(&self, method: reqwest::Method, path: &str, body: String) -> String {
        let _ = rustls::crypto::ring::default_provider().install_default(); // the first client of a process says which
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        runtime.block_on(async {
            let asked = http.request(method, format!("{}/emulator/{path}", self.base())).body(body);
            let answer = asked.send().await.unwrap();
            assert!(answer.status().is_success(), "{}", answer.status());
            answer.text().await.unwrap()
        })
    }

    /// Somebody edits so many records.
    pub(super) fn edit(&self, records: usize) {
        self.emulator(reqwest::Method::POST, "edit", format!(r#"{{"update":{records}}}"#));
    }

    /// Requests of the Sync API that it has answered.
    pub(super) fn requests(&self) -> u64 {
        let status = self.emulator(reqwest::Method::GET, "status", String::new());
        serde_json::from_str::<serde_json::Value>(&status).unwrap()["requests"].as_u64().unwrap()
    }

    /// `http://127.0.0.1:PORT`.
    pub(super) fn base(&self) -> &str {
        &self.served.url
    }

    pub(super) fn token(&self) -> &str {
        &self.served.token
    }

    /// Processor time that the service has used, in seconds.
    pub(super) fn processor(&self) -> f64 {
        processor(self.served.id())
    }
}

/// Waits for a process that began then, and says what it took.
pub(super) fn ended(mut child: Child, begun: Instant) -> Took {
    watched(&mut child, begun, || {})
}

/// The same, and does something every few milliseconds.
pub(super) fn watched(child: &mut Child, begun: Instant, mut each: impl FnMut()) -> Took {
    let (mut used, mut memory) = (0.0, 0.0_f64);
    loop {
        // Read before it is waited for: afterwards there is nothing to read.
        used = processor(child.id()).max(used);
        memory = memory.max(most_memory(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return Took { time: begun.elapsed(), processor: used, memory };
        }
        each();
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Processor time in seconds; 0 where the system has no /proc.
pub(super) fn processor(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<u32>().ok()).map(f64::from).sum::<f64>() / 100.0
}

/// The most memory a process had, in MiB; 0 where the system has no /proc.
fn most_memory(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}
