//! The wire tap's promises, on real exchanges: what is recorded, that the token is nowhere, and what exports say.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "tap/exports.rs"]
mod exports;
#[path = "tap/recorded.rs"]
mod recorded;
#[path = "client/server.rs"]
#[expect(dead_code, reason = "shared with the client's tests, which use all of it")]
mod server;

use drainboard::client::{Client, ClientConfig, Limits, MAX_PAGE, Tap};
use drainboard::protocol::{QueueName, SessionId};
use server::Server;

const TOKEN: &str = "0a1B2c3D4e5F60718293a4b5c6d7e8f90A1b2C3d4E5f60718293A4B5C6D7E8F9";
const DEVICE: &str = "4f0c6f0e-6d5e-4a7e-9d6c-0a5f6d1b2c3d";
const SESSION: &str = include_str!("wire/start.json");
const PAGE: &str = include_str!("wire/page.json");

fn config(base_url: &str, token: &str) -> ClientConfig {
    ClientConfig {
        base_url: base_url.to_owned(),
        token: token.into(),
        token_source: "BASECRM_ACCESS_TOKEN".to_owned(),
        device: DEVICE.parse().unwrap(),
        max_page: MAX_PAGE,
        door: drainboard::client::Door::Options,
    }
}

fn tapped(server: &Server) -> (Client, Tap) {
    with_token(server, TOKEN)
}

fn with_token(server: &Server, token: &str) -> (Client, Tap) {
    let tap = Tap::new();
    let client = Client::with_limits(config(&server.url(), token), Limits::default()).unwrap();
    (client.with_tap(tap.clone()), tap)
}

fn names() -> (SessionId, QueueName) {
    (SessionId("s1".into()), QueueName("main".into()))
}
