//! A caption at the foot of the page, for people who watch.
//!
//! Never in the way of a press, never read as words of the page, never in a picture: whoever takes pictures takes it away first.

use serde_json::json;

use super::super::Browser;
use crate::base::{Fault, Until};

impl Browser {
    /// Shows `words` at the foot of the current window; empty words take the caption away.
    ///
    /// # Errors
    /// As [`Browser::look`]: the page may be moving on.
    pub async fn caption(&self, words: &str, until: &Until) -> Result<(), Fault> {
        let window = self.current_context();
        self.ask(&window, "ruku.caption(args[0])", &[json!(words)], until).await.map(drop)
    }
}
