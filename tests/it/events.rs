//! What a run prints with `--json`, for the tests and for the soak.

use std::io::{BufRead, BufReader};
use std::process::ChildStdout;
use std::sync::mpsc;

use serde_json::Value;

/// The events of a run, as they come. Once nobody listens, the reading end is closed.
pub(crate) fn events_of(out: ChildStdout) -> mpsc::Receiver<Value> {
    let (sender, events) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if let Ok(event) = serde_json::from_str(&line)
                && sender.send(event).is_err()
            {
                return;
            }
        }
    });
    events
}
