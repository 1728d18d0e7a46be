//! The ledger of irreversible acts.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    ruku::run::fuzz(bytes);
});
