//! A client by hand: the three endpoints, and what a device would keep.

use std::collections::BTreeMap;
use std::path::Path;

use drainboard::service::{Options, Serve as _, Service};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A running service.
pub(crate) struct Running {
    pub(crate) service: Service,
    pub(crate) base: String,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<std::io::Result<()>>,
}

/// A small account that is generated for each test.
pub(crate) fn options(items: u64) -> Options {
    Options { items, seed: 7, ..Options::default() }
}

/// The same, in a file that stays.
pub(crate) fn kept(items: u64, path: &Path) -> Options {
    Options { account: Some(path.to_owned()), ..options(items) }
}

pub(crate) async fn run(options: Options) -> Running {
    let service = Service::open(options).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(service.clone().serve(listener, async {
        let _ = stopped.await;
    }));
    Running { service, base, stop: Some(stop), served }
}

impl Running {
    /// Stops it and waits until its file is closed.
    pub(crate) async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.served.await.unwrap().unwrap();
    }

    /// A device of the user who sees everything.
    pub(crate) fn device(&self, number: u32) -> Device {
        self.device_of(number, 0)
    }

    /// A device of the user whose token is the n-th.
    pub(crate) fn device_of(&self, number: u32, access: usize) -> Device {
        Device {
            base: self.base.clone(),
            uuid: format!("00000000-0000-4000-8000-{number:012}"),
            token: self.service.accesses()[access].token.clone(),
            http: http(),
            has: BTreeMap::new(),
        }
    }
}

pub(crate) fn http() -> reqwest::Client {
    // A second install is refused, and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

/// A device with its mirror in memory: by type and id, the revision and the data.
pub(crate) struct Device {
    pub(crate) base: String,
    pub(crate) uuid: String,
    pub(crate) token: String,
    pub(crate) http: reqwest::Client,
    pub(crate) has: BTreeMap<(String, String), (i64, String)>,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.text().await.unwrap() }
}

/// One instruction: event, type, data, key.
pub(crate) type Instruction = (String, String, Value, String);

impl Device {
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method.parse().unwrap(), format!("{}{path}", self.base))
            .bearer_auth(&self.token)
            .header("X-Basecrm-Device-UUID", &self.uuid)
            .header("User-Agent", "drainboard tests")
            .header("Accept", "application/json")
    }

    pub(crate) async fn start(&self) -> Answer {
        read(self.request("POST", "/v2/sync/start")).await
    }

    /// Starts a session; its id, or none where nothing is to do.
    pub(crate) async fn session(&self) -> Option<String> {
        let answer = self.start().await;
        if answer.status == 204 {
            assert_eq!(answer.body, "");
            assert!(!answer.headers.contains_key("content-type"));
            return None;
        }
        assert_eq!(answer.status, 201, "{answer:?}");
        Some(answer.json()["data"]["id"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn take(&self, session: &str) -> Answer {
        read(self.request("GET", &format!("/v2/sync/{session}/queues/main"))).await
    }

    pub(crate) async fn ack(&self, keys: &[String]) -> Answer {
        let body = json!({"data": {"ack_keys": keys}}).to_string();
        read(self.request("POST", "/v2/sync/ack").header("Content-Type", "application/json").body(body)).await
    }

    /// The instructions of a page; none at the end of the queue.
    pub(crate) async fn page(&self, session: &str) -> Option<Vec<Instruction>> {
        let answer = self.take(session).await;
        if answer.status == 204 {
            return None;
        }
        assert_eq!(answer.status, 200, "{answer:?}");
        let page = answer.json();
        let items = page["items"].as_array().unwrap();
        assert_eq!(page["meta"]["type"], "collection");
        assert_eq!(page["meta"]["count"], items.len());
        assert!(!items.is_empty(), "an empty page ends the official clients' drain");
        Some(items.iter().map(instruction).collect())
    }

    /// One session, taken and acknowledged whole; what it brought.
    pub(crate) async fn drain(&mut self) -> Vec<Instruction> {
        let mut brought = Vec::new();
        let Some(session) = self.session().await else { return brought };
        while let Some(page) = self.page(&session).await {
            self.apply(&page);
            assert_eq!(self.ack(&keys(&page)).await.status, 202);
            brought.extend(page);
        }
        brought
    }

    /// Whether two devices have the same; the first difference where they have not.
    pub(crate) fn same_as(&self, other: &Self, when: &str) {
        let differs = |pair: &(_, _)| self.has.get(pair.0) != other.has.get(pair.0);
        let here = self.has.iter().find(differs);
        let there = other.has.iter().find(differs);
        assert_eq!((here, there), (None, None), "{when}");
    }

    /// Does what the instructions say.
    pub(crate) fn apply(&mut self, page: &[Instruction]) {
        for (event, kind, data, key) in page {
            // What has no id of its own is known by its key, as far as the number.
            let id =
                data.get("id").map_or_else(|| key.rsplit_once('-').unwrap().0.to_owned(), Value::to_string);
            let identity = (kind.clone(), id);
            if event == "deleted" {
                self.has.remove(&identity);
            } else {
                let state = key.rsplit_once('-').unwrap().1;
                let revision = state.split('.').next().unwrap().parse().unwrap();
                self.has.insert(identity, (revision, data.to_string()));
            }
        }
    }
}

pub(crate) fn keys(page: &[Instruction]) -> Vec<String> {
    page.iter().map(|item| item.3.clone()).collect()
}

fn instruction(item: &Value) -> Instruction {
    let sync = &item["meta"]["sync"];
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{item}")).to_owned();
    assert!(sync["revision"].is_i64(), "{item}");
    (text(&sync["event_type"]), text(&item["meta"]["type"]), item["data"].clone(), text(&sync["ack_key"]))
}

impl Device {
    /// How much a session brings, unacknowledged.
    pub(crate) async fn drain_count(&self) -> usize {
        let Some(session) = self.session().await else { return 0 };
        let mut count = 0;
        while let Some(page) = self.page(&session).await {
            count += page.len();
        }
        count
    }
}
