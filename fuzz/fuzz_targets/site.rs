//! A site profile from a stranger.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = ruku::playbook::site::read("t.yaml", bytes);
});
