//! Diagnostics for developers on standard error, only when `RUKU_LOG` asks for them.
//!
//! Never shows a personal value, however much is asked for: every line passes the redactor, and other crates, which would print what goes to
//! the browser byte by byte and in spellings of their own, are not heard at all.

use std::io::Write;

use tracing_subscriber::filter::{EnvFilter, FilterFn, Filtered};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::base::Redactor;

/// Begins to write.
pub(super) fn to_stderr(redactor: &Redactor) {
    let Ok(filter) = EnvFilter::try_from_env("RUKU_LOG") else { return };
    let redactor = redactor.clone();
    let writer = move || Hidden(redactor.clone());
    // Its words about a closed standard error would go there too, and panic.
    let lines = fmt::layer().with_writer(writer).log_internal_errors(false);
    let own = FilterFn::new(|metadata| metadata.target() == "ruku" || metadata.target().starts_with("ruku::"));
    let heard: Filtered<_, _, _> = lines.with_filter(own);
    tracing_subscriber::registry().with(heard).with(filter).init();
}

/// Standard error, with what is personal hidden. The layer writes whole lines.
struct Hidden(Redactor);

impl Write for Hidden {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        std::io::stderr().write_all(self.0.hide(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}
