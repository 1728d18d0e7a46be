//! What only a debug build may know: the variables by which tests kill it at a write, or take its masks off. Looked for in the bytes of the
//! program itself, so that no word of the source has to be believed.

use std::path::Path;

/// The variables.
pub(crate) const HOOKS: [&str; 2] = ["RUKU_CRASH_AT", "RUKU_TEST_UNMASKED"];

/// Those of [`HOOKS`] that a program knows.
pub(crate) fn known(program: &Path) -> Vec<&'static str> {
    let bytes = std::fs::read(program).unwrap();
    // One pass for all, which takes a second where nothing is optimised.
    let begins: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'R').collect();
    let knows = |hook: &&str| begins.iter().any(|at| bytes[*at..].starts_with(hook.as_bytes()));
    HOOKS.into_iter().filter(knows).collect()
}
