//! Boxes that a page draws over itself, such as a question with 确定 and 取消.
//!
//! Never answers one: that is a press, and the caller's word.

use serde_json::{Value, json};

use super::super::Browser;
use super::target::Found;
use crate::base::{Fault, Until};

/// A box that is open.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnBox {
    /// What it says, at most 400 characters.
    pub text: String,
    /// The words of its buttons.
    pub buttons: Vec<String>,
    /// The button that was asked for; none when the box has no such button, or several.
    pub button: Option<Found>,
}

impl Browser {
    /// The topmost open box with a button that reads `button`; without such a one the topmost box, and none when none is open.
    ///
    /// # Errors
    /// As [`Browser::look`].
    pub async fn drawn_box(&self, button: &str, until: &Until) -> Result<Option<DrawnBox>, Fault> {
        let mut any = None;
        for view in self.ask_all("ruku.drawnBox(args[0])", &[json!(button)], until).await? {
            let told = match &view.answer {
                Ok(told) => told,
                Err(fault) if self.passing(fault) && view.parent.is_some() => continue,
                Err(fault) => return Err(fault.clone()),
            };
            let Some(text) = told["text"].as_str().filter(|_| view.shown) else { continue };
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let found = &told["button"];
            let drawn = DrawnBox {
                text: text.to_owned(),
                buttons: told["buttons"].as_array().into_iter().flatten().map(word).collect(),
                button: found["key"].as_u64().map(|key| Found {
                    words: format!("「{}」({})", word(&found["text"]), word(&found["kind"])),
                    alternative: 0,
                    rect: view.to_window(&found["rect"]),
                    text: word(&found["text"]),
                    document: view.document.clone(),
                    context: view.context.clone(),
                    key,
                }),
            };
            // A box of the page around lies over those of its frames.
            if drawn.button.is_some() {
                return Ok(Some(drawn));
            }
            any = any.or(Some(drawn));
        }
        Ok(any)
    }
}
