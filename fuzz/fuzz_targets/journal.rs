//! The journal of a run folder.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    ruku::proof::fuzz(bytes);
});
