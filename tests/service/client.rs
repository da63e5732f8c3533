//! A small Sync client with a flaw to choose, for the examination to find.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::wire::{Answer, http};

pub(crate) struct Client {
    base: String,
    token: String,
    device: String,
    flaw: String,
    http: reqwest::Client,
    unsent: BTreeSet<String>,
    dropped: BTreeSet<String>,
}

/// What an exchange came to; none where it failed for good.
type Got = Option<Answer>;

impl Client {
    pub(crate) fn of(flaw: &str) -> Self {
        let variable = |name| std::env::var(name).unwrap();
        Self {
            base: variable("BASE_URL"),
            token: variable("BASECRM_ACCESS_TOKEN"),
            device: variable("BASECRM_DEVICE_UUID"),
            flaw: flaw.to_owned(),
            http: http(),
            unsent: BTreeSet::new(),
            dropped: BTreeSet::new(),
        }
    }

    fn is(&self, flaw: &str) -> bool {
        self.flaw == flaw
    }

    /// Sessions until `start` answers 204, or until one brings nothing new.
    pub(crate) async fn synchronize(mut self) -> Option<()> {
        for _ in 0..5 {
            let answer = self.ask("POST", "/v2/sync/start", None, &[201, 204]).await?;
            if answer.status == 204 {
                self.believe(&answer);
                return Some(());
            }
            let session = answer.json()["data"].clone();
            let id = session["id"].as_str().unwrap().to_owned();
            let mut new = false;
            for queue in session["queues"].as_array().unwrap() {
                new |= self.drain(&id, queue["data"]["name"].as_str().unwrap()).await?;
            }
            if !new && self.is("drops unknown") {
                return Some(());
            }
            match self.flaw.as_str() {
                "one session" | "believes a 204's type" => return Some(()),
                "one session, says so" => return None,
                _ => {}
            }
        }
        None
    }

    /// Takes pages until 204; whether something new came.
    async fn drain(&mut self, session: &str, queue: &str) -> Option<bool> {
        let (mut new, mut empties) = (false, 0);
        loop {
            let path = format!("/v2/sync/{session}/queues/{queue}");
            let answer = self.ask("GET", &path, None, &[200, 204, 404, 0]).await?;
            let page: Value = match answer.status {
                204 => {
                    self.believe(&answer);
                    return Some(new);
                }
                404 => return Some(new),
                // Lost or cut: the next session has it.
                0 => continue,
                _ => answer.json(),
            };
            let items = page["items"].as_array().unwrap();
            if items.is_empty() {
                if self.is("stops at empty") {
                    std::process::exit(0);
                }
                empties += 1;
                tokio::time::sleep(Duration::from_millis(100 * empties)).await;
            }
            for item in items {
                let key = item["meta"]["sync"]["ack_key"].as_str().unwrap().to_owned();
                if self.is("drops unknown") && item["meta"]["type"] == "hologram" {
                    self.dropped.insert(key);
                } else {
                    new = true;
                    self.unsent.insert(key);
                }
            }
            if !self.unsent.is_empty() {
                self.acknowledge().await?;
            }
        }
    }

    async fn acknowledge(&mut self) -> Option<()> {
        let body = json!({"data": {"ack_keys": self.unsent}});
        if self.is("ignores acks") {
            self.once("POST", "/v2/sync/ack", Some(&body)).await;
        } else {
            self.ask("POST", "/v2/sync/ack", Some(&body), &[202]).await?;
        }
        self.unsent.clear();
        Some(())
    }

    /// Reads what a 204's type promises, as the official clients for Python and Ruby do.
    fn believe(&self, answer: &Answer) {
        if self.is("believes a 204's type") && answer.headers.contains_key("content-type") {
            let words = format!("no JSON in a body of {} bytes\n\tfrom here\n", answer.body.len());
            let _ = std::io::Write::write_all(&mut std::io::stderr(), words.as_bytes());
            std::process::exit(1);
        }
    }

    /// Asks until the answer is one of those; 0 is none at all. A refusal is the end.
    async fn ask(&self, method: &str, path: &str, body: Option<&Value>, wanted: &[u16]) -> Got {
        let mut pause = Duration::from_millis(150);
        for _ in 0.. {
            let answer = self.once(method, path, body).await;
            if wanted.contains(&answer.status) {
                return Some(answer);
            }
            if self.is("retries for ever") {
                continue;
            }
            if matches!(answer.status, 401 | 403) {
                return None;
            }
            let asked = answer.headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
            tokio::time::sleep(asked.map_or(pause, Duration::from_secs)).await;
            pause *= 2;
        }
        None
    }

    /// Asks once; without an answer the status is 0.
    async fn once(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self
            .http
            .request(method.parse().unwrap(), format!("{}{path}", self.base))
            .bearer_auth(&self.token)
            .header("X-Basecrm-Device-UUID", &self.device)
            .header("User-Agent", "a client of the tests");
        if !self.is("waits for ever") {
            request = request.timeout(Duration::from_secs(6));
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        let nothing = Answer { status: 0, headers: reqwest::header::HeaderMap::new(), body: String::new() };
        let Ok(response) = request.send().await else { return nothing };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        match response.text().await {
            Ok(body) => Answer { status, headers, body },
            Err(_) => nothing,
        }
    }
}
