//! What each message comes to.
