//! One press as the run allows it: on a known portal, in a window and a frame of its own, on nothing that the site profile calls
//! irreversible unless the step is once.
//!
//! Never presses twice by itself. Messages of the page count from just before the press, not earlier.

use super::Stage;
use super::dialog::meaning;
use super::site::Site;
use crate::base::{Fault, FaultKind};
use crate::browser::page::{Found, Hit, Mark, Permit, Pressed, Target};

/// Presses once. From the moment an input event may have left, the stage knows that the step was pressed.
pub(super) async fn press(stage: &mut Stage<'_>, target: &Target) -> Result<(), Fault> {
    stage.allowed_here().await?;
    let (site, once) = (stage.site, stage.once);
    let before = stage.browser.mark();
    let pressed = stage.browser.press_if(target, &|hit| permit(site, once, hit), &stage.until).await;
    pressed_so(stage, before, pressed)
}

/// The same for an element that was found already, called `words`.
pub(super) async fn press_found(stage: &mut Stage<'_>, found: &Found, words: &str) -> Result<(), Fault> {
    stage.allowed_here().await?;
    let (site, once) = (stage.site, stage.once);
    let before = stage.browser.mark();
    let pressed = stage.browser.press_found(&Target::text(words), found, &|hit| permit(site, once, hit), &stage.until).await;
    pressed_so(stage, before, pressed)
}

/// The same rule for an action that enters something: into no frame of a stranger, and with presses on nothing irreversible, where the
/// words of the field itself are no button's.
pub(super) fn entering(site: &Site, once: bool) -> Box<Permit<'_>> {
    Box::new(move |hit| allowed(site, once, hit, []))
}

fn permit(site: &Site, once: bool, hit: &Hit<'_>) -> Result<(), Fault> {
    allowed(site, once, hit, [&hit.found.words, &hit.found.text])
}

fn allowed<const N: usize>(site: &Site, once: bool, hit: &Hit<'_>, own: [&String; N]) -> Result<(), Fault> {
    in_portal(site, hit.found)?;
    if once {
        return Ok(());
    }
    // To say no to a question takes nothing that cannot be taken back.
    let question = (meaning(&hit.found.text) != Some(false)).then_some(&hit.question);
    let mut words = own.into_iter().chain(&hit.words).chain(question);
    words.find_map(|words| site.once_word(words)).map_or(Ok(()), |word| Err(irreversible(word)))
}

/// Refuses what is in a frame that the site profile does not know: a page of the portal may hold anybody's.
pub(super) fn in_portal(site: &Site, found: &Found) -> Result<(), Fault> {
    let (words, frame) = (&found.words, &found.document);
    if site.knows(frame) {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::Refused,
        crate::say!(
            "{words}不在平台自己的网页里，而在其中嵌入的 {frame} 里，它不属于平台配置中的任何平台，没有点击也没有填写。请本人核对这一部分；确属平台的，请联系支持人员补进平台配置。",
            "{words} is not on the portal's own page but in a frame of {frame} inside it, which belongs to no portal of the site profile; nothing was pressed or filled in; look at that part yourself, or have support add it to the profile"
        ),
    ))
}

fn pressed_so(stage: &mut Stage<'_>, before: Mark, pressed: Result<Pressed, Fault>) -> Result<(), Fault> {
    match pressed {
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

/// Refuses to answer a box while the sign of success shows already: the box itself may hold it.
pub(super) async fn not_done_yet(stage: &mut Stage<'_>, button: &str) -> Result<(), Fault> {
    let Some(done_when) = stage.done_when else { return Ok(()) };
    let Some(evidence) = stage.look(done_when, None).await? else { return Ok(()) };
    Err(Fault::new(
        FaultKind::Precondition,
        crate::say!(
            "确认框里就有完成标志 {}，按下后无法分辨是否成功，因此没有点「{button}」。请在平台配置中换一个更明确的成功提示。",
            "the confirm box itself shows the sign of success {}, so “{button}” was not pressed; give the site profile a clearer success text",
            evidence.zh
        ),
    ))
}

pub(super) fn irreversible(word: &str) -> Fault {
    Fault::new(
        FaultKind::Refused,
        crate::say!(
            "要按的元素含「{word}」，平台配置规定按下后不可撤回，而本步骤没有写 once，因此没有点击。请联系支持人员修改流程。",
            "the element has “{word}” on it, which the site profile calls irreversible, and the step has no `once`; nothing was pressed; ask support to correct the playbook"
        ),
    )
}
