//! The flow against a simulated world: promises 1, 2 and 4 of the crate under every schedule of faults that a seed
//! gives (`simulation`), and rule by rule (`rules`).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "flow/full.rs"]
mod full;
#[path = "flow/hold.rs"]
mod hold;
#[path = "flow/look.rs"]
mod look;
#[path = "flow/model.rs"]
mod model;
#[path = "flow/rules.rs"]
mod rules;
#[path = "flow/shrink.rs"]
mod shrink;
#[path = "flow/simulation.rs"]
mod simulation;
#[path = "flow/twin.rs"]
mod twin;
#[path = "flow/wire.rs"]
mod wire;
#[path = "flow/world.rs"]
mod world;
