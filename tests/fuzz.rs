//! Mutated inputs against whoever reads what others wrote: the page decoder, the apply step, the filter language, the
//! keymap.
//!
//! Each target has promises of its own (see its file) and a corpus under `tests/fuzz/corpus/`, which is tried as it is
//! and then mutated. `cargo test --test fuzz` takes some seconds and is the same each time; `DRAINBOARD_FUZZ=1000000
//! cargo test --release --test fuzz` goes on for longer, from a new seed; `DRAINBOARD_SEED=S` repeats one. What fails
//! is printed, and kept in a file that can be put into the corpus.
//!
//! The console's reader of keys is private, and tried beside its code in the same way.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "fuzz/apply.rs"]
mod apply;
#[path = "fuzz/driver.rs"]
mod driver;
#[path = "fuzz/filter.rs"]
mod filter;
#[path = "fuzz/keymap.rs"]
mod keymap;
#[path = "mirror/kit.rs"]
#[expect(dead_code, reason = "the kit has more than each of its users needs")]
mod kit;
#[path = "find/model.rs"]
#[expect(dead_code, reason = "the naive Browse has more than filters need")]
mod model;
#[path = "fuzz/mutate.rs"]
mod mutate;
#[path = "fuzz/page.rs"]
mod page;
