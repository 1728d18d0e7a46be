//! What the process that started the agent may ask of it: one JSON line on standard input, one JSON line on standard output.
//!
//! Never travels by arguments, environment or file: an order may carry the PIN of a training lock.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::base::Secret;
use crate::training::people::secret_text;

/// How long an order to type a PIN waits for the window to be opened.
pub(super) const WINDOW_OPENS: Duration = Duration::from_secs(15);

/// To the agent.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Order {
    /// Its answer carries the same number.
    pub(super) number: u64,
    /// The PIN to be typed into the agent's window.
    #[serde(with = "secret_text")]
    pub(super) type_pin: Secret,
}

/// From the agent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Done {
    pub(super) number: u64,
    /// Whether a window was open, or was opened in time, and took the PIN.
    pub(super) used: bool,
}

impl Order {
    /// The line, wiped when dropped.
    pub(super) fn line(&self) -> Zeroizing<Vec<u8>> {
        // Large enough from the start: growing would leave a copy behind.
        let mut line = Zeroizing::new(Vec::with_capacity(1024));
        // Numbers and texts can always be written.
        let _ = serde_json::to_writer(&mut *line, self);
        line.push(b'\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_one_line_and_reads_back() {
        let line = Order { number: 3, type_pin: Secret::new("48\n29\"13") }.line();
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        let order: Order = serde_json::from_slice(&line).unwrap();
        assert_eq!((order.number, order.type_pin.expose()), (3, "48\n29\"13"));
    }
}
