//! stub
use super::{MirrorError, Reader};
/// Index
#[derive(Debug)]
pub struct Index;
impl Index {
    pub(super) fn candidates(
        &self,
        _: &Reader,
        _: &str,
        _: &[&str],
    ) -> Result<Option<Vec<i64>>, MirrorError> {
        Ok(None)
    }
}
