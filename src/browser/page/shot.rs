//! Pictures of the window, masked before they exist.
//!
//! Never gives a picture whose masks were not in place before and after the capture: any doubt is [`FaultKind::Mask`], and no picture.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::Browser;
use super::super::script::Frame;
use super::target::Found;
use super::world::View;
use crate::base::until::rung;
use crate::base::{Fault, FaultKind, Until, cost};
use crate::picture::{Cover, MaskRect, MaskedShot, RawShot};
use crate::say;

/// How often a picture is tried on a page that keeps moving.
const TRIES: usize = 8;
/// How long a page may take to lift its masks where the limit of the picture is up.
const LIFT: Duration = Duration::from_secs(3);
/// How often masks are placed in one try: a frame may turn out personal, and a shadow root may hold another.
const ROUNDS: usize = 6;

/// A picture with the place it shows.
#[derive(Debug)]
pub struct Shot {
    /// The picture.
    pub picture: MaskedShot,
    /// The address, without personal values.
    pub url: String,
    /// The title, without personal values.
    pub title: String,
}

impl Browser {
    /// Takes a picture of what the window shows: fonts ready, caret hidden, two equal frames, masks placed, captured, masks unmoved.
    ///
    /// # Errors
    /// [`FaultKind::Mask`] when the masks could not be placed or did not stay; [`FaultKind::Dialog`] while a native dialog is open;
    /// otherwise as [`Browser::current`].
    pub async fn shot(&self, until: &Until) -> Result<Shot, Fault> {
        if let Some(dialog) = self.dialog() {
            return Err(super::super::fault::dialog_open(&dialog.text));
        }
        let taken = self.masked_picture(until).await;
        // After a fault they may still stand: the page must not stay black for the person.
        if taken.is_err()
            && let Err(fault) = self.ask_all("ruku.liftMasks()", &[], &until.renewed(LIFT)).await
        {
            tracing::debug!(%fault, "the masks went with their page");
        }
        let picture = taken?;
        let page = self.current(until).await?;
        let redactor = &self.options.redactor;
        Ok(Shot { picture, url: redactor.hide(&page.url), title: redactor.hide(&page.title) })
    }

    /// For how long nothing that shows has changed in any frame of the window.
    ///
    /// # Errors
    /// As [`Browser::call`].
    pub async fn still_for(&self, until: &Until) -> Result<Duration, Fault> {
        let mut shortest = f64::INFINITY;
        for view in self.ask_all("ruku.stillFor()", &[], until).await? {
            // A frame that is just loading has only begun to change.
            shortest = shortest.min(view.answer.ok().and_then(|millis| millis.as_f64()).unwrap_or_default());
        }
        Ok(Duration::try_from_secs_f64(shortest / 1000.0).unwrap_or_default())
    }

    async fn masked_picture(&self, until: &Until) -> Result<MaskedShot, Fault> {
        let waiting = say!("网页静止，以便截屏", "the page to stand still for a picture");
        let mut why = None;
        for attempt in 0..TRIES {
            until.pause(rung(attempt), &waiting).await?;
            if !self.options.masking {
                return RawShot::from_browser(self.raw_png(until).await?).mask(&[]);
            }
            let before = match self.place_masks(until).await {
                Ok(before) => before,
                Err(fault) if matches!(fault.kind, FaultKind::Dialog | FaultKind::Stopped) || self.took_away().is_some() => {
                    return Err(fault);
                }
                Err(fault) => {
                    why = Some(fault);
                    continue;
                }
            };
            let raw = RawShot::from_browser(self.raw_png(until).await?);
            let (same, picture) = cost::timed_async(cost::MASKS, self.take_masks(&before, raw, until)).await;
            match same {
                Ok(true) => return picture,
                Ok(false) => why = None,
                Err(fault) if self.took_away().is_some() || fault.kind == FaultKind::Dialog => return Err(fault),
                Err(fault) => why = Some(fault),
            }
        }
        // A page that moves says so itself.
        Err(why.filter(|fault| fault.kind != FaultKind::Mask).map_or_else(unsteady, |fault| {
            let (zh, en) = (fault.message.zh, fault.message.en);
            Fault::new(
                FaultKind::Mask,
                say!("遮盖个人信息失败，没有截屏：{zh}", "personal data could not be covered, so no picture was taken: {en}"),
            )
        }))
    }

    /// Places the masks in every frame: again where closed shadow roots were learnt of, and where one frame is personal and another was not
    /// yet treated so. What the page takes to stand still counts as stillness, all the rest as masks.
    async fn place_masks(&self, until: &Until) -> Result<Covered, Fault> {
        let redactor = &self.options.redactor;
        let mut personal = self.taken_over;
        let (begun, mut still) = (Instant::now(), None);
        for _ in 0..ROUNDS {
            let given = json!({
                "values": redactor.values(),
                "shown": redactor.shown(),
                "harmless": self.options.harmless_pictures,
                "origins": self.personal_origins(),
                "personal": personal,
            });
            let frames = self.frames(until).await?;
            let views = self.ask_frames(frames.clone(), "ruku.placeMasks(args[0])", &[given], until).await;
            let (asked, mut again, mut looked) = (begun.elapsed(), false, 0.0_f64);
            for view in &views {
                let Ok(answer) = &view.answer else { continue };
                looked += answer["spent"].as_f64().unwrap_or_default();
                if answer["known"] == true {
                    self.now_personal(&view.document);
                }
                let closed = answer["hosts"].as_array().into_iter().flatten().filter(|host| host["closed"].is_object());
                let roots: Vec<Value> = closed.map(|host| json!([host, host["closed"]])).collect();
                if !roots.is_empty() {
                    self.ask(&view.context, "ruku.learnRoots(args[0])", &[Value::Array(roots)], until).await?;
                    again = true;
                }
            }
            // Further rounds are on the masks' account, all of them.
            let looked = Duration::try_from_secs_f64(looked / 1000.0).unwrap_or_default();
            let still = *still.get_or_insert(asked.saturating_sub(looked));
            let treated =
                |treated: bool| views.iter().any(|view| view.answer.as_ref().is_ok_and(|answer| answer["personal"] == treated));
            if treated(true) && treated(false) {
                (personal, again) = (true, true);
            }
            if !again {
                cost::spent(cost::STILL, still);
                cost::spent(cost::MASKS, begun.elapsed().saturating_sub(still));
                return covered(frames, &views, |answer| answer["state"].as_str());
            }
        }
        Err(unsteady())
    }

    /// Looks again after the capture and lifts the masks; meanwhile the picture is painted, and is good only where every frame covers what it
    /// covered `before` and no frame has come or gone.
    async fn take_masks(
        &self,
        before: &Covered,
        raw: RawShot,
        until: &Until,
    ) -> (Result<bool, Fault>, Result<MaskedShot, Fault>) {
        let rects = before.rects.clone();
        let painted = tokio::task::spawn_blocking(move || raw.mask(&rects));
        let taken = self.ask_frames(before.frames.clone(), "ruku.takeMasks()", &[], until);
        let (views, frames, painted) = tokio::join!(taken, self.frames(until), painted);
        let same = frames.and_then(|frames| covered(frames, &views, Value::as_str)).map(|after| after == *before);
        // Only a painter that panicked gives none.
        (same, painted.unwrap_or_else(|_| Err(unsteady())))
    }

    fn personal_origins(&self) -> Vec<String> {
        self.personal.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// From now on every page of this origin counts as personal.
    pub(super) fn now_personal(&self, origin: &str) {
        self.personal.lock().unwrap_or_else(PoisonError::into_inner).insert(origin.to_owned());
    }

    /// Takes note of what is about to be put into a field: a page that is given personal values may draw them.
    pub(super) fn entering(&self, field: &Found, value: &str) {
        if !self.options.redactor.is_clean(value) {
            self.now_personal(&field.document);
        }
    }
}

/// What the frames of a window cover.
#[derive(PartialEq)]
struct Covered {
    /// All frames that there are.
    frames: Vec<Frame>,
    /// Of each: where it lies, and its own state.
    states: Vec<Value>,
    /// The covered places in device pixels of the window.
    rects: Vec<MaskRect>,
}

/// Takes the state out of what every frame answered.
fn covered(frames: Vec<Frame>, views: &[View], state: impl Fn(&Value) -> Option<&str>) -> Result<Covered, Fault> {
    let mut ratio = 1.0;
    let (mut states, mut rects) = (Vec::new(), Vec::new());
    for view in views {
        let answer = view.answer.as_ref().map_err(Fault::clone)?;
        let state = state(answer).ok_or_else(unsteady)?;
        let told: Value = serde_json::from_str(state).map_err(|_| unsteady())?;
        if view.parent.is_none() {
            ratio = told["ratio"].as_f64().unwrap_or(1.0);
        }
        rects.extend(told["boxes"].as_array().into_iter().flatten().filter_map(|one| rect_of(view, one, ratio)));
        states.push(json!([view.origin.0, view.origin.1, state]));
    }
    Ok(Covered { frames, states, rects })
}

/// A covered place in the picture, rounded outwards; none when its frame is not seen or clips it away.
fn rect_of(view: &View, one: &Value, ratio: f64) -> Option<MaskRect> {
    if !view.shown {
        return None;
    }
    let (x, y, width, height) = view.to_window(one);
    let (left, top) = (x.max(view.clip.0), y.max(view.clip.1));
    let (right, bottom) = ((x + width).min(view.clip.2), (y + height).min(view.clip.3));
    if right <= left || bottom <= top {
        return None;
    }
    let (left, top) = ((left * ratio).floor(), (top * ratio).floor());
    let (width, height) = ((right * ratio).ceil() - left, (bottom * ratio).ceil() - top);
    let reason = one["reason"].as_str().unwrap_or("personal").to_owned();
    let how = if reason == "background" { Cover::LeftOut } else { Cover::Css };
    // Pictures are far smaller than the range of these types; `as` saturates.
    Some(MaskRect { x: left as i32, y: top as i32, width: width as u32, height: height as u32, reason, how })
}

fn unsteady() -> Fault {
    Fault::new(
        FaultKind::Mask,
        say!(
            "网页一直在变化，遮盖个人信息的位置对不上，没有截屏。请等网页静止后再试。",
            "the page keeps changing, so personal data could not be covered for certain and no picture was taken; try again when it stands still"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_rounded_outwards_and_clipped_by_their_frame() {
        let view = View {
            document: String::new(),
            context: String::new(),
            parent: None,
            index: 0,
            origin: (10.5, 20.5),
            scale: 1.0,
            clip: (10.5, 20.5, 60.0, 1e9),
            shown: true,
            answer: Ok(Value::Null),
        };
        let one = json!({"x": 0, "y": 0, "width": 100, "height": 10, "reason": "secret"});
        let rect = rect_of(&view, &one, 2.0).unwrap();
        assert_eq!((rect.x, rect.y, rect.width, rect.height), (21, 41, 99, 20));
        assert!(rect_of(&View { shown: false, ..view }, &one, 2.0).is_none());
    }
}
