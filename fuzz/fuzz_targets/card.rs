//! A card's answers to APDUs.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    ruku::lock::fuzz::card(bytes);
});
