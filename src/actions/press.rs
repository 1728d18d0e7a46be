//! One press as the run allows it: on a known portal, on nothing that the site profile calls irreversible unless the step is once.
//!
//! Never presses twice by itself. Messages of the page count from just before the press, not earlier.

use super::Stage;
use crate::base::{Fault, FaultKind};
use crate::browser::page::{Found, Target};

/// Presses once. From the moment an input event may have left, the stage knows that the step was pressed.
pub(super) async fn press(stage: &mut Stage<'_>, target: &Target) -> Result<(), Fault> {
    stage.allowed_here().await?;
    let (site, once) = (stage.site, stage.once);
    let permit = |found: &Found| {
        let word = site.once_word(&found.words).or_else(|| site.once_word(&found.text));
        match word {
            Some(word) if !once => Err(irreversible(word)),
            _ => Ok(()),
        }
    };
    let before = stage.browser.mark();
    match stage.browser.press_if(target, &permit, &stage.until).await {
        Ok(pressed) => {
            stage.pressed = true;
            *stage.since = Some(pressed.at);
            stage.matched(&pressed.found)
        }
        Err(fault) => {
            if fault.kind == FaultKind::Unsure {
                stage.pressed = true;
                *stage.since = Some(before);
            }
            Err(fault)
        }
    }
}

fn irreversible(word: &str) -> Fault {
    Fault::new(
        FaultKind::Refused,
        crate::say!(
            "要按的元素含「{word}」，平台配置规定按下后不可撤回，而本步骤没有写 once，因此没有点击。",
            "the element has “{word}” on it, which the site profile calls irreversible, and the step has no `once`; nothing was pressed"
        ),
    )
}
