//! `present` mode: the same steps, slowly, each with a caption at the foot of the page, for trainers and their audience.
//!
//! A caption says the step in words, never a value, and is taken away before a picture; where it cannot be, there is none: proof
//! is never drawn on.

use std::time::Duration;

use super::keep::When;
use super::{Mode, Node, Step, Walk};
use crate::actions::{Entered, Stage};
use crate::base::{Fault, Until};
use crate::browser::page::{Found, Purpose, Rect};

/// How long a caption stands before its step is done.
const PACE: Duration = Duration::from_millis(1800);
/// How long putting it up may take.
const PUT_UP: Duration = Duration::from_secs(3);

/// How long what is about to be pressed may take to show, before its step looks for it itself.
const POINT: Duration = Duration::from_secs(3);
/// How long the fields of a step may take to be found again.
const AGAIN: Duration = Duration::from_secs(2);

impl Walk<'_> {
    /// Keeps a picture of what the step is about to press, with its place: that is where films and guides point, and after the press the page
    /// may be another. What does not show in time has none.
    pub(super) async fn point(&mut self, number: u32, step: &Step) -> Result<(), Fault> {
        if !self.keeps_places(step) {
            return Ok(());
        }
        let Some((place, label)) = step.act.points_at() else { return Ok(()) };
        let stage = self.stage(POINT);
        let shown = match stage.target(&place, label) {
            Ok(target) => stage.browser.show(&target, &stage.until).await,
            Err(fault) => Err(fault),
        };
        match shown {
            Ok(found) => {
                // A person types first and presses then.
                let mut places = self.entered(step).await;
                places.push(found.rect);
                self.picture(number, When::Before, &places).await
            }
            Err(fault) => {
                tracing::debug!(%fault, "nothing to point at");
                Ok(())
            }
        }
    }

    /// Where the fields are that something is entered in, as far as the page shows them now.
    pub(super) async fn entered(&mut self, step: &Step) -> Vec<Rect> {
        let (mut places, (width, height)) = (Vec::new(), self.options.viewport);
        if !self.keeps_places(step) {
            return places;
        }
        let stage = self.stage(AGAIN);
        for entered in step.act.enters() {
            match again(&stage, &entered).await {
                Ok(found) => places.extend(found.map(|found| found.rect)),
                Err(fault) => tracing::debug!(%fault, "a field that was entered is not found again"),
            }
        }
        places.retain(|(x, y, w, h)| *x + w > 0.0 && *y + h > 0.0 && *x < f64::from(width) && *y < f64::from(height));
        places
    }

    fn keeps_places(&self, step: &Step) -> bool {
        self.options.mode == Mode::Present && self.options.pictures && step.keep_picture && self.browser.dialog().is_none()
    }

    /// Shows what comes next and gives people the time to read it.
    pub(super) async fn present(&mut self, node: &Node) -> Result<(), Fault> {
        if self.options.mode != Mode::Present {
            return Ok(());
        }
        let title = self.title(node);
        if self.browser.dialog().is_none()
            && let Err(fault) = self.caption(title.get(self.options.lang), &self.until(PUT_UP)).await
        {
            // A page that is moving on has none.
            tracing::debug!(%fault, "no caption");
        }
        // The caption is for people: the pause is what they read it in, not a wait for anything.
        self.until(PACE * 2).pause(PACE, &title).await
    }

    /// Puts a caption up; empty words take it away.
    pub(super) async fn caption(&self, words: &str, until: &Until) -> Result<(), Fault> {
        if self.options.mode != Mode::Present {
            return Ok(());
        }
        self.browser.caption(words, &until.within(PUT_UP)).await
    }
}

/// What was entered in, looked for again.
async fn again(stage: &Stage<'_>, entered: &Entered) -> Result<Option<Found>, Fault> {
    match entered {
        Entered::Field(place, Purpose::Upload) => stage.browser.show_picker(&stage.target(place, true)?, &stage.until).await,
        Entered::Field(place, purpose) => stage.browser.look(&stage.target(place, true)?, *purpose, &stage.until).await,
        Entered::Cell { row, column } => stage.browser.cell(&stage.render(row)?, &stage.render(column)?, &stage.until).await,
    }
}
