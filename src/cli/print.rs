//! What commands print.
//!
//! Never fails: a closed terminal or a reader that has gone (`| head`) must not stop a run that is in the middle of something, as
//! `println!` would by its panic.

use std::fmt::Display;
use std::io::Write;

/// A line on standard output.
pub(super) fn out(line: impl Display) {
    line_to(&mut std::io::stdout().lock(), &line);
}

/// A line on standard error.
pub(super) fn err(line: impl Display) {
    line_to(&mut std::io::stderr().lock(), &line);
}

/// Text on standard output that brings its own line ends.
pub(super) fn out_text(text: &str) {
    text_to(&mut std::io::stdout().lock(), text);
}

/// Text on standard error that brings its own line ends.
pub(super) fn err_text(text: &str) {
    text_to(&mut std::io::stderr().lock(), text);
}

fn line_to(to: &mut dyn Write, line: &dyn Display) {
    // One write a line, so that the lines of two programs on one terminal do not mix.
    text_to(to, &format!("{line}\n"));
}

fn text_to(to: &mut dyn Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_reader_that_has_gone_stops_nothing() {
        line_to(&mut Closed, &"line");
        let mut open = Vec::new();
        line_to(&mut open, &"line");
        assert_eq!(open, b"line\n");
    }
}
