//! The mirror's promises, through its public face.

#[path = "mirror/kit.rs"]
mod kit;
#[path = "mirror/line.rs"]
mod line;
#[path = "mirror/model.rs"]
mod model;
