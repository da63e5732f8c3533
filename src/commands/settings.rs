//! From options to settings: what the command line says, over the environment and the configuration file.

use std::path::PathBuf;

use super::arguments::{Common, Pacing};
use super::output::Failure;
use crate::engine::Settings;

/// Whose data it is and where it lies.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The mirror's file.
    pub(super) mirror: PathBuf,
    /// What the console calls the place.
    pub(super) title: String,
    /// The base URL's host.
    pub(super) host: String,
    /// The user's keymap file.
    pub(super) keymap: Option<PathBuf>,
}

pub(super) fn place(_common: &Common) -> Result<Place, Failure> {
    todo!()
}

pub(super) fn engine(_place: &Place, _pacing: &Pacing) -> Result<Settings, Failure> {
    todo!()
}

pub(super) fn engine_without_token(_place: &Place, _pacing: &Pacing) -> Result<Settings, Failure> {
    todo!()
}

pub(super) fn token_of_environment() -> Option<String> {
    std::env::var("BASECRM_ACCESS_TOKEN").ok().filter(|token| !token.is_empty())
}
