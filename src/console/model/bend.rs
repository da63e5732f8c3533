//! The panel that bends the demo's service: its levers as they stood last, and the chosen one.

use jiff::Timestamp;

use super::super::Lever;

/// The panel.
#[derive(Debug, Clone, Default)]
pub struct Bend {
    /// The levers.
    pub levers: Vec<Lever>,
    /// The chosen one.
    pub at: usize,
    /// When they were asked for last.
    pub asked: Option<Timestamp>,
}
