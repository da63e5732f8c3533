//! The parts alone: one frame of every screen at 200x60, a page read, a record walked.
//!
//! `cargo bench --bench parts`; a frame's bound is 2 ms.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[path = "../console/debugging.rs"]
#[expect(dead_code, reason = "the rest is for the tests")]
mod debugging;
#[path = "../console/every.rs"]
mod every;
#[path = "../console/models.rs"]
mod models;
#[path = "../console/serving.rs"]
mod serving;
#[path = "../console/statements.rs"]
mod statements;

use std::fmt::Write as _;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use drainboard::console::message::Message;
use drainboard::console::view::view;
use drainboard::protocol::{Page, record};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

fn main() {
    divan::main();
}

/// Draws a screen's frame into its cells, as each change of the state does; nothing is sent.
#[divan::bench(args = every::MODELS.map(|(name, _)| name))]
fn frame_200x60(bencher: Bencher<'_, '_>, name: &str) {
    let (_, make) = every::MODELS.into_iter().find(|(of, _)| *of == name).unwrap();
    let mut model = make();
    debugging::answered(&mut model, Message::Resized(200, 60));
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).unwrap();
    bencher.bench_local(|| terminal.draw(|frame| view(&model, frame)).unwrap().count);
}

/// Reads a page of 100 instructions, about 1 KB each.
#[divan::bench]
fn page_of_100(bencher: Bencher<'_, '_>) {
    let body = body();
    let input = bencher.counter(BytesCount::of_slice(&body)).counter(ItemsCount::new(100_usize));
    input.with_inputs(|| body.clone()).bench_local_values(|body| Page::parse(body).unwrap());
}

/// Walks the top-level fields of each of its records.
#[divan::bench]
fn fields_of_100(bencher: Bencher<'_, '_>) {
    let page = Page::parse(body()).unwrap();
    bencher.counter(ItemsCount::new(100_usize)).bench_local(|| {
        let mut fields = 0;
        for item in page.items() {
            record::each_field(black_box(item.data), |_, _| fields += 1);
        }
        fields
    });
}

fn body() -> Vec<u8> {
    let mut items = Vec::new();
    for id in 0..100 {
        let mut item = format!(r#"{{"data":{{"id":{id},"name":"Ada Lovelace {id}""#);
        for field in 0..20 {
            write!(item, r#","field_{field}":"a value of some length, {:x}""#, id * 7919 + field).unwrap();
        }
        write!(
            item,
            r#"}},"meta":{{"type":"contact","sync":{{"event_type":"created","ack_key":"Contact-{id}-1","revision":1}}}}}}"#
        )
        .unwrap();
        items.push(item);
    }
    format!(r#"{{"items":[{}],"meta":{{"type":"collection","count_left":0}}}}"#, items.join(",")).into_bytes()
}
