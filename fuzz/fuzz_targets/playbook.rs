//! A playbook from a stranger.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let (Some(playbook), _, source) = ruku::playbook::read("t.yaml", bytes) {
        let _ = (ruku::playbook::Plan::of(&playbook), source);
    }
});
