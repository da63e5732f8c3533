//! What a service says to a token, found out without changing anything: it is asked for the page of a session that does
//! not exist, and its refusal tells that it is there, that it takes the token and that the token has the scope.

use std::time::Duration;

use crate::client::{Client, Failure as Refusal, Verdict};
use crate::protocol::{QueueName, SessionId};

/// A session that no service has.
const NO_SESSION: &str = "00000000-0000-0000-0000-000000000000";

/// Between two tries of a service that has trouble.
const WAITS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// What it said.
pub(super) enum Probe {
    /// As the Sync API does; and how long it took.
    Fine(Duration),
    /// 404, but in other words than the Sync API's.
    Odd(Duration),
    /// An answer where none can be; its status.
    Strange(u16),
    /// Too many requests just now, in words.
    Busy(String),
    /// The token is wrong or may not, in words.
    Refused(String),
    /// It has trouble of its own (5xx), which mostly passes; in words.
    Troubled(String),
    /// It is not there, is no Sync API, or fails; in words.
    Failed(String),
}

/// Asks once.
pub(super) async fn ask(client: &Client) -> Probe {
    let refusal = match client.take(&SessionId(NO_SESSION.into()), &QueueName("main".into())).await {
        // A queue of a session that nobody has: whatever it is, it is reachable and takes the token.
        Ok(answer) => return Probe::Strange(answer.status),
        Err(refusal) => refusal,
    };
    let took = refusal.elapsed;
    match refusal {
        Refusal { verdict: Verdict::NewSession, code: Some(_), .. } => Probe::Fine(took),
        Refusal { verdict: Verdict::NewSession, .. } => Probe::Odd(took),
        Refusal { verdict: Verdict::Refused, message, .. } => Probe::Refused(message),
        Refusal { status: Some(429), message, .. } => Probe::Busy(message),
        Refusal { status: Some(500..), message, .. } => Probe::Troubled(message),
        Refusal { message, .. } => Probe::Failed(message),
    }
}

/// Asks again a few times where the service has trouble.
pub(super) async fn ask_patiently(client: &Client) -> Probe {
    for wait in WAITS {
        match ask(client).await {
            Probe::Troubled(_) => tokio::time::sleep(wait).await,
            other => return other,
        }
    }
    ask(client).await
}
