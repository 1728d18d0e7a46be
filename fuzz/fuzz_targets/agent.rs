//! A local agent's answers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    ruku::lock::fuzz::agent(bytes);
});
