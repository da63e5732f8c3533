//! What the environment says: a variable that is empty says nothing, and one that is no text cannot be meant.

use std::ffi::OsString;

use super::Surroundings;
use crate::client::ConfigError;

/// A variable's value; an empty one says nothing.
pub(super) fn lookup(around: Surroundings<'_>, name: &str) -> Option<OsString> {
    (around.env)(name).filter(|value| !value.is_empty())
}

/// A variable's value as text.
pub(super) fn words(around: Surroundings<'_>, name: &str) -> Result<Option<String>, ConfigError> {
    let text = lookup(around, name).map(OsString::into_string).transpose();
    text.map_err(|_| ConfigError(format!("{name} is no UTF-8 text; set it again or unset it")))
}
