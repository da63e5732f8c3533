//! Parse, hand over, exit status: nothing else.

fn main() {}
