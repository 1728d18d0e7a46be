//! Reading words in every window of the session, for pages that a person works in while Ruku only watches.
//!
//! Never changes which window is the current one, never brings one to the front.

use serde_json::json;

use super::super::Browser;
use crate::base::{Fault, Until};

impl Browser {
    /// Which of `wanted` stands in any window, visible or behind another one; none when none does. A window that is just moving on
    /// or cannot be asked says nothing.
    ///
    /// # Errors
    /// [`crate::base::FaultKind::Gone`] when the browser is gone; `TimedOut` and `Stopped` as `until` says.
    pub async fn seen_anywhere(&self, wanted: &[String], until: &Until) -> Result<Option<String>, Fault> {
        for context in self.every_frame(until).await? {
            match self.ask(&context, "ruku.seen(args[0])", &[json!(wanted)], until).await {
                Ok(told) => {
                    let which = told[0].as_u64().and_then(|which| wanted.get(usize::try_from(which).ok()?));
                    if let Some(words) = which {
                        return Ok(Some(words.clone()));
                    }
                }
                Err(fault) if self.passing(&fault) || fault.kind == crate::base::FaultKind::Dialog => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(None)
    }
}
