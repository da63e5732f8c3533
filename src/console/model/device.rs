//! The question before the mirror becomes a new device: its first eight characters have to be typed.

use super::super::edit::Line;
use crate::protocol::DeviceUuid;

/// What is typed, and for which device.
#[derive(Debug, Clone, Default)]
pub struct Replacing {
    /// The device that goes.
    pub device: Option<DeviceUuid>,
    /// What is typed.
    pub line: Line,
}

impl Replacing {
    /// Whether what is typed names the device.
    pub fn agreed(&self) -> bool {
        self.device.is_some_and(|device| self.line.text().trim().eq_ignore_ascii_case(&device.short()))
    }
}
