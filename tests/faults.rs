//! The built program on disks that fail, files that are damaged, in a system that gives no more, and told to stop at
//! any moment: what DESIGN promises where everything below the program breaks its own promises.
//!
//! The default run takes samples, the same each time; `DRAINBOARD_SEED=S` takes others. Every single
//! call: `cargo test --release --test faults every -- --ignored --nocapture`, some ten minutes.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail by panicking, and tell their seeds"
)]

#[path = "faults/clock.rs"]
mod clock;
#[path = "faults/disk.rs"]
mod disk;
#[path = "faults/files.rs"]
mod files;
#[path = "crash/gate.rs"]
#[expect(dead_code, reason = "the tests of kills use all of it")]
mod gate;
#[path = "faults/lasting.rs"]
mod lasting;
#[path = "faults/limits.rs"]
mod limits;
#[path = "faults/nth.rs"]
mod nth;
#[path = "faults/power.rs"]
mod power;
#[path = "crash/scene.rs"]
mod scene;
#[path = "faults/signals.rs"]
mod signals;
#[path = "faults/wal.rs"]
mod wal;
