//! The real client against the real service over HTTP: what the two halves of the protocol mean, meets.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use drainboard::client::{Client, ClientConfig, Failure, FailureKind, MAX_PAGE, Started, Taken, Verdict};
use drainboard::protocol::{DeviceUuid, EventType, QueueName, RecordId, Session, SessionId};
use drainboard::service::{Edit, Options, Serve as _, Service};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A service on loopback; it ends with the test's runtime.
struct Running {
    service: Service,
    url: String,
}

async fn serve(options: Options) -> Running {
    let service = tokio::task::spawn_blocking(|| Service::open(options)).await.unwrap().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(service.clone().serve(listener, std::future::pending()));
    Running { service, url }
}

impl Running {
    /// A client of a device that the service has never seen.
    fn device(&self) -> Client {
        Self::client(&self.url, self.service.token())
    }

    fn client(url: &str, token: &str) -> Client {
        Client::new(ClientConfig {
            base_url: url.to_owned(),
            token: token.into(),
            token_source: "the test".to_owned(),
            device: DeviceUuid::fresh(),
            max_page: MAX_PAGE,
            door: drainboard::client::Door::Options,
        })
        .unwrap()
    }

    async fn edit(&self, edit: Edit) -> Edit {
        let service = self.service.clone();
        tokio::task::spawn_blocking(move || service.edit(edit)).await.unwrap().unwrap()
    }
}

/// What was taken, in any order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Drained {
    keys: BTreeSet<String>,
    items: Vec<(String, Option<RecordId>, EventType)>,
}

impl Drained {
    fn kinds(&self) -> BTreeMap<String, u64> {
        let mut kinds = BTreeMap::new();
        for (kind, ..) in &self.items {
            *kinds.entry(kind.clone()).or_default() += 1;
        }
        kinds
    }
}

async fn session(client: &Client) -> Session {
    match client.start().await.unwrap().value {
        Started::Session(session) => session,
        Started::UpToDate => panic!("up to date"),
    }
}

async fn is_up_to_date(client: &Client) -> bool {
    matches!(client.start().await.unwrap().value, Started::UpToDate)
}

/// Drains all queues of a session with four workers, each to its own 204.
async fn drain(client: &Client, session: &Session) -> Drained {
    let mut workers = JoinSet::new();
    for queue in &session.queues {
        for _ in 0..4 {
            workers.spawn(work(client.clone(), session.id.clone(), queue.name.clone()));
        }
    }
    let mut all = Drained::default();
    for part in workers.join_all().await {
        let Drained { keys, items } = part.unwrap();
        let before = all.keys.len() + keys.len();
        all.keys.extend(keys);
        assert_eq!(all.keys.len(), before, "two workers got one key");
        all.items.extend(items);
    }
    all
}

async fn work(client: Client, session: SessionId, queue: QueueName) -> Result<Drained, Failure> {
    let mut part = Drained::default();
    while let Taken::Page(page) = client.take(&session, &queue).await?.value {
        assert!(page.failed.is_empty());
        for item in page.items() {
            part.keys.extend(item.ack_key.map(str::to_owned));
            part.items.push((item.kind.to_owned(), item.id.cloned(), item.event));
        }
    }
    Ok(part)
}

/// Acknowledges in packs that are larger than a page.
async fn acknowledge(client: &Client, drained: &Drained) {
    let keys: Vec<_> = drained.keys.iter().cloned().collect();
    for pack in keys.chunks(333) {
        assert_eq!(client.acknowledge(pack).await.unwrap().status, 202);
    }
}

#[tokio::test]
async fn a_device_drains_the_account_and_is_up_to_date() {
    let running = serve(Options { items: 2_000, ..Options::default() }).await;
    let client = running.device();
    let session = session(&client).await;
    let drained = drain(&client, &session).await;
    let counts: BTreeMap<_, _> = running.service.counts().unwrap().into_iter().collect();
    assert_eq!(drained.kinds(), counts);
    assert_eq!(
        session.queues.iter().filter_map(|q| q.total_count).sum::<u64>(),
        counts.values().sum::<u64>()
    );
    assert_eq!(drained.keys.len(), drained.items.len(), "every instruction has a key of its own");
    assert!(drained.items.iter().all(|(_, _, event)| *event == EventType::Created));
    acknowledge(&client, &drained).await;
    assert!(is_up_to_date(&client).await);
    acknowledge(&client, &drained).await;
    assert!(is_up_to_date(&client).await, "repeating a key is harmless");
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again() {
    let running = serve(Options { items: 500, ..Options::default() }).await;
    let client = running.device();
    let first = drain(&client, &session(&client).await).await;
    let mut second = drain(&client, &session(&client).await).await;
    assert_eq!(second.keys.len(), first.keys.len());

    let rest = second.keys.split_off(&second.keys.iter().nth(100).unwrap().clone());
    assert_eq!(second.keys.len(), 100);
    acknowledge(&client, &second).await;
    let third = drain(&client, &session(&client).await).await;
    assert_eq!(third.items.len(), rest.len());
    acknowledge(&client, &third).await;
    assert!(is_up_to_date(&client).await);
}

#[tokio::test]
async fn after_edits_only_the_edits_come() {
    let running = serve(Options { items: 1_000, ..Options::default() }).await;
    let (client, other) = (running.device(), running.device());
    for client in [&client, &other] {
        let drained = drain(client, &session(client).await).await;
        acknowledge(client, &drained).await;
        assert!(is_up_to_date(client).await);
    }
    let done = running.edit(Edit { create: 3, update: 5, delete: 2 }).await;
    assert_eq!(done, Edit { create: 3, update: 5, delete: 2 });
    for client in [&client, &other] {
        let drained = drain(client, &session(client).await).await;
        let records: BTreeSet<_> =
            drained.items.iter().map(|(kind, id, _)| (kind.clone(), id.clone())).collect();
        assert_eq!(records.len(), drained.items.len(), "only the freshest state, no history");
        assert!((1..=10).contains(&drained.items.len()), "{:?}", drained.items);
        let deleted = drained.items.iter().filter(|(_, _, event)| *event == EventType::Deleted).count();
        assert!((1..=2).contains(&deleted), "{:?}", drained.items);
        acknowledge(client, &drained).await;
        assert!(is_up_to_date(client).await);
    }
}

#[tokio::test]
async fn every_refusal_of_the_service_is_understood() {
    let running = serve(Options { items: 50, ..Options::default() }).await;
    let code = |failure: &Failure| failure.code.clone().unwrap_or_default();

    let nobody = Running::client(&running.url, "nobody").start().await.unwrap_err();
    assert_eq!((nobody.verdict, nobody.status), (Verdict::Refused, Some(401)), "{nobody}");
    assert_eq!(code(&nobody), "unauthorized");
    assert!(nobody.request_id.as_ref().is_some_and(|id| nobody.message.contains(id)), "{nobody}");

    let unscoped = running.service.accesses().pop().unwrap().token;
    let unscoped = Running::client(&running.url, &unscoped).start().await.unwrap_err();
    assert_eq!((unscoped.verdict, unscoped.status), (Verdict::Refused, Some(403)), "{unscoped}");
    assert_eq!(code(&unscoped), "insufficient_scope");

    let lost = format!("{}/prefix", running.url);
    let lost = Running::client(&lost, running.service.token()).start().await.unwrap_err();
    assert_eq!((lost.verdict, lost.status), (Verdict::WrongAddress, Some(404)), "{lost}");

    let client = running.device();
    for id in ["6b1f0000-0000-0000-0000-000000000000", "../../start", "a/b?c#d", "%2e%2e", "\u{0}"] {
        let gone = client.take(&SessionId(id.into()), &QueueName("main".into())).await.unwrap_err();
        assert_eq!((gone.verdict, gone.kind), (Verdict::NewSession, FailureKind::Status), "{id:?}: {gone}");
    }
    let stolen = session(&client).await;
    let stolen = running.device().take(&stolen.id, &stolen.queues[0].name).await.map(|_| ()).unwrap_err();
    assert_eq!(stolen.verdict, Verdict::NewSession, "another device's session: {stolen}");
}

#[tokio::test]
async fn the_documented_limit_is_a_retry() {
    let running = serve(Options { items: 50, rate: Some(1), ..Options::default() }).await;
    let client = running.device();
    let session = session(&client).await;
    let mut refused = None;
    for _ in 0..50 {
        refused = client.take(&session.id, &session.queues[0].name).await.err();
        if refused.is_some() {
            break;
        }
    }
    let failure = refused.expect("fifty requests in a row pass one a second");
    assert_eq!((failure.verdict, failure.status), (Verdict::Retry, Some(429)), "{failure}");
    assert_eq!(failure.code.as_deref(), Some("rate_limit_exceeded"));
    running.service.set_rate(None);
    assert!(client.take(&session.id, &session.queues[0].name).await.is_ok());
}
