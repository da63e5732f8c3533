//! Browse's data, through the mirror's public face: what is found, in which order, page by page; by index and without;
//! who refers to whom; what a session changed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "find/changes.rs"]
mod changes;
#[path = "find/deeds.rs"]
mod deeds;
#[path = "find/index.rs"]
mod index;
#[path = "mirror/kit.rs"]
#[expect(dead_code, reason = "the kit has more than each of its users needs")]
mod kit;
#[path = "find/model.rs"]
mod model;
#[path = "find/refs.rs"]
mod refs;
#[path = "find/stops.rs"]
mod stops;
#[path = "find/story.rs"]
mod story;
#[path = "find/views.rs"]
mod views;
