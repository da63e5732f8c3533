//! A mirror with many rows in one table, as a service would have filled it: names of several scripts, some rare words,
//! a reference, money. The same rows each time.

use std::path::Path;

use drainboard::mirror::index::Indexer;
use drainboard::mirror::{Identity, Mirror};
use drainboard::protocol::{Page, Session};

/// Set in the process that fills.
const FILLING: &str = "DRAINBOARD_FILL";

/// Makes the mirror, and its index where one is wanted, in a process of its own, so that its memory is nobody's here. A
/// file that is there is used again.
pub(crate) fn mirror(path: &Path, rows: u64, index: bool) {
    if std::env::var_os(FILLING).is_some() {
        fill(path, rows);
        if index {
            Indexer::pass(path, &mut |_, _| true).expect("an index");
        }
        std::process::exit(0);
    }
    if !path.exists() {
        let program = std::env::current_exe().expect("this program");
        let mut filling = std::process::Command::new(program);
        filling.arg(rows.to_string()).arg(path).env(FILLING, "1");
        assert!(filling.status().expect("filling").success());
    }
}

const NAMES: [&str; 12] = [
    "Ada", "Grace", "Åsa", "阿部", "Linus", "Margaret", "Dennis", "Barbara", "Edsger", "Radia", "Ken",
    "Sophie",
];
const SURNAMES: [&str; 10] = [
    "Lovelace",
    "Hopper",
    "Lindqvist",
    "花子",
    "Hamilton",
    "Ritchie",
    "Liskov",
    "Perlman",
    "Okafor",
    "Nguyen",
];
const CITIES: [&str; 8] = ["New York", "Kraków", "東京", "Berlin", "São Paulo", "Lagos", "Oslo", "Chicago"];

fn contact(rng: &mut fastrand::Rng, id: u64, rows: u64) -> String {
    let (name, surname) = (NAMES[rng.usize(..NAMES.len())], SURNAMES[rng.usize(..SURNAMES.len())]);
    let rare = if id.is_multiple_of(50_021) { " hanako" } else { "" };
    format!(
        r#"{{"id": {id}, "owner_id": {owner}, "is_organization": false, "contact_id": {parent}, "name": "{name} {surname}{rare}", "first_name": "{name}", "last_name": "{surname}", "email": "{mail:08x}@mail{host}.example", "phone": "+{phone}", "address": {{"line1": "{number} Main Street", "city": "{city}", "country": "US"}}, "city": "{city}", "description": "Met at the {word} fair, asked for {amount} units and a call back", "tags": ["vip", "t{tag}"], "created_at": "20{year}-0{month}-1{day}T0{hour}:2{day}:3{month}Z", "custom_fields": {{"budget": {amount}.50}}}}"#,
        owner = rng.u32(1..300),
        parent = rng.u64(1..rows * 7),
        mail = rng.u32(..),
        host = rng.u8(..40),
        phone = rng.u64(10_000_000_000..99_999_999_999),
        number = rng.u16(1..9_999),
        city = CITIES[rng.usize(..CITIES.len())],
        word = SURNAMES[rng.usize(..3)],
        amount = rng.u32(1..100_000),
        tag = rng.u16(..500),
        year = rng.u8(10..27),
        month = rng.u8(1..10),
        day = rng.u8(..10),
        hour = rng.u8(..10),
    )
}

/// Fills a new mirror; its records have every seventh id from 1 on.
fn fill(path: &Path, rows: u64) {
    const PAGE: u64 = 1_000;
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut rng = fastrand::Rng::with_seed(11);
    let identity = Identity { host: "http://127.0.0.1:1".into(), device: None };
    let mirror = Mirror::open(path, &identity).expect("a new mirror");
    let session = Session::parse(br#"{"data": {"id": "s", "queues": []}}"#.to_vec()).expect("a session");
    runtime.block_on(async {
        let session = mirror.begin_session(&session).await.expect("a session");
        let mut pages: Vec<u64> = (0..rows.div_ceil(PAGE)).collect();
        // Pages arrive a little out of order, as from several workers.
        pages.chunks_mut(4).for_each(|some| rng.shuffle(some));
        for page in pages {
            let ids = (page * PAGE..((page + 1) * PAGE).min(rows)).map(|i| i * 7 + 1);
            let items: Vec<String> = ids
                .map(|id| {
                    let meta = format!(r#""meta": {{"type": "contact", "sync": {{"event_type": "created", "ack_key": "k{id}", "revision": {}}}}}"#, rng.u8(1..20));
                    format!(r#"{{"data": {}, {meta}}}"#, contact(&mut rng, id, rows))
                })
                .collect();
            let page = Page::parse(format!(r#"{{"items": [{}]}}"#, items.join(",")).into_bytes()).expect("a page");
            mirror.apply(session, page).await.expect("applied");
        }
        mirror.close().await.expect("closed");
    });
}
