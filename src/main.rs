//! The `ruku` program: everything is in the library.

fn main() {}
