//! One frame of a film: the page above, and a band below it with number, words, who does it, and the watermark. The band lies outside of the
//! page, so it never covers a place.

use std::fmt::Write as _;

use super::timeline::Point;
use crate::base::{Fault, Lang, Message};
use crate::guide::layout::{self, LEADING, lines};
use crate::guide::making::Making;
use crate::guide::marks;
use crate::guide::painter::{self, Painter, Pixmap};
use crate::guide::story::{Scene, Still, Story};
use crate::guide::write::Format;
use crate::say;

/// Behind pages that are smaller than the frame.
const BEHIND: [u8; 3] = [226, 230, 236];
/// The names of chapters.
const CARD: [u8; 3] = [18, 48, 90];
/// Sizes are for a frame of this width; narrower ones have smaller letters.
const WIDE: f64 = 1280.0;
const BAND: f64 = 84.0;
/// Below that no caption can be read.
const LEAST: u32 = 640;

/// How large a frame is, and what is where in it. Width and height are even, as H.264 wants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    /// In pixels.
    pub(crate) width: u32,
    /// In pixels, with the band.
    pub(crate) height: u32,
    /// Where the band begins.
    page: u32,
    /// One pixel of a frame of [`WIDE`].
    unit: f64,
}

/// Where a still stands in the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fit {
    pub(super) scale: f64,
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Fit {
    /// Where a place of the still is in the frame.
    pub(super) fn at(&self, (x, y): Point) -> Point {
        (self.x + x * self.scale, self.y + y * self.scale)
    }
}

impl Frame {
    /// A frame that the largest still of the story fits into, made smaller where the page would be larger than `most`.
    pub(super) fn of(story: &Story, most: (u32, u32)) -> Frame {
        let stills = || story.scenes.iter().flat_map(|scene| std::iter::once(&scene.still).chain(&scene.after));
        let largest = |side: fn(&Still) -> u32| stills().map(side).max().unwrap_or(1).max(1);
        let (width, height) = (largest(|still| still.width), largest(|still| still.height));
        // As wide as allowed first: a page that is much taller than the others does not make those smaller.
        let across = (f64::from(most.0) / f64::from(width)).min(1.0);
        let width = even((f64::from(width) * across).round()).max(LEAST.min(most.0));
        let unit = (f64::from(width) / WIDE).clamp(0.5, 1.0);
        let page = even((f64::from(height) * across).round().min(f64::from(most.1)));
        Frame { width, height: page + even(BAND * unit), page, unit }
    }

    /// Where the pointer comes from at the beginning.
    pub(super) fn start(&self) -> Point {
        (f64::from(self.width) * 0.5, f64::from(self.page) * 0.85)
    }

    /// Where this still stands: in the middle.
    pub(super) fn of_still(&self, still: &Still) -> Fit {
        let share = |room: u32, side: u32| f64::from(room) / f64::from(side.max(1));
        let scale = share(self.width, still.width).min(share(self.page, still.height)).min(1.0);
        let middle = |room: u32, side: u32| ((f64::from(room) - f64::from(side) * scale) / 2.0).floor().max(0.0);
        Fit { scale, x: middle(self.width, still.width), y: middle(self.page, still.height) }
    }

    /// What one pixel of a wide frame is here.
    pub(super) fn unit(&self) -> f64 {
        self.unit
    }

    /// Where the watermark stands in every frame: left, top, width, height.
    #[cfg(test)]
    pub(super) fn watermark(&self, demo: &str) -> (f64, f64, f64, f64) {
        let (size, wide) = (16.0 * self.unit, layout::width(demo) * 16.0 * self.unit);
        let right = f64::from(self.width) - 18.0 * self.unit;
        (right - wide, f64::from(self.height) - 16.0 * self.unit - size, wide, size * 1.3)
    }
}

fn even(side: f64) -> u32 {
    (side.max(2.0) as u32).next_multiple_of(2)
}

/// Section and name of the chapter that begins with the scene.
pub(super) fn chapter(scene: &Scene, lang: Lang) -> String {
    scene.chapter.as_ref().map(|(section, title)| format!("{section} {}", title.get(lang)).trim().to_owned()).unwrap_or_default()
}

/// What is special about a step.
pub(super) fn sign(scene: &Scene) -> Option<Message> {
    match (scene.person, scene.irreversible) {
        (true, false) => Some(say!("由本人操作", "by the person")),
        (false, true) => Some(say!("不可撤回", "irreversible")),
        (true, true) => Some(say!("由本人操作 · 不可撤回", "by the person · irreversible")),
        (false, false) => None,
    }
}

/// Paints the frames of a story that nothing moves in.
pub(super) struct Set<'s> {
    pub(super) story: &'s Story,
    pub(super) frame: Frame,
    pub(super) lang: Lang,
    pub(super) painter: &'s Painter,
    /// What every frame says of the whole.
    pub(super) demo: String,
    /// Told at each span.
    pub(super) making: &'s Making<'s>,
    /// What is made of it.
    pub(super) format: Format,
}

impl Set<'_> {
    /// The page of a scene, with what is marked; or the page afterwards.
    ///
    /// # Errors
    /// As [`painter::pixels`] and [`Painter::paint`].
    pub(super) fn page(&self, index: usize, after: bool) -> Result<Pixmap, Fault> {
        let scene = &self.story.scenes[index];
        let mut picture = painter::plain(self.frame.width, self.frame.height, BEHIND)?;
        let still = scene.after.as_ref().filter(|_| after).unwrap_or(&scene.still);
        let Fit { scale, x, y } = self.frame.of_still(still);
        painter::put(&painter::pixels(still)?, (x, y), scale, &mut picture);
        if !after {
            self.painter.draw(&marks::only_boxes(scene), (x, y), scale, &mut picture)?;
        }
        self.band(Some(scene), &mut picture)?;
        Ok(picture)
    }

    /// The name of the chapter that begins with a scene.
    ///
    /// # Errors
    /// As [`Painter::paint`].
    pub(super) fn card(&self, index: usize) -> Result<Pixmap, Fault> {
        let scene = &self.story.scenes[index];
        let mut picture = painter::plain(self.frame.width, self.frame.height, CARD)?;
        let (width, height, unit) = (f64::from(self.frame.width), f64::from(self.frame.page), self.frame.unit);
        let (section, title) =
            scene.chapter.as_ref().map_or(("", ""), |(section, title)| (section.as_str(), title.get(self.lang)));
        let mut body = String::new();
        let whole = fitted(self.story.title.get(self.lang), width * 0.8, &[(24.0 * unit, 1), (18.0 * unit, 2)]);
        centred(&mut body, (width, height * 0.2), &whole, "whole");
        centred(&mut body, (width, height * 0.42), &(40.0 * unit, vec![section.to_owned()]), "section");
        let title = fitted(title, width * 0.85, &[(52.0 * unit, 1), (40.0 * unit, 3)]);
        centred(&mut body, (width, height * 0.42 + 78.0 * unit), &title, "title");
        self.painter.draw(&layout::drawing((width, height), STYLE, &body), (0.0, 0.0), 1.0, &mut picture)?;
        self.band(None, &mut picture)?;
        Ok(picture)
    }

    fn band(&self, scene: Option<&Scene>, picture: &mut Pixmap) -> Result<(), Fault> {
        let Frame { width, height, page, unit, .. } = self.frame;
        let (width, height) = (f64::from(width), f64::from(height - page));
        let mut body = format!("<rect width=\"{width}\" height=\"{height}\" class=\"band\"/>");
        let small = 16.0 * unit;
        let right = width - 18.0 * unit;
        let wide = |words: &str| layout::width(words) * small;
        let mut left = right - wide(&self.demo);
        if let Some(sign) = scene.and_then(sign) {
            let words = sign.get(self.lang).to_owned();
            let long = wide(&words) + 20.0 * unit;
            layout::rect(&mut body, (right - long, 10.0 * unit), (long, 28.0 * unit), 6, "sign");
            anchored(&mut body, "middle", (right - long / 2.0, 30.0 * unit), (small, &[words]), "sign-words");
            left = left.min(right - long);
        }
        if let Some(scene) = scene {
            let (x, y, radius) = (38.0 * unit, height / 2.0, 22.0 * unit);
            let _ = write!(body, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" class=\"badge\"/>");
            let number = scene.number.to_string();
            let size = if number.len() > 2 { 18.0 } else { 23.0 } * unit;
            anchored(&mut body, "middle", (x, y + size * 0.36), (size, &[number]), "number");
            let from = x + radius + 16.0 * unit;
            let room = left - from - 20.0 * unit;
            let (size, words) = fitted(scene.title.get(self.lang), room, &[(26.0 * unit, 2), (19.0 * unit, 3)]);
            let top = y - words.len() as f64 * size * LEADING / 2.0 + size;
            layout::text(&mut body, (from, top), size, "words", &words);
        }
        anchored(&mut body, "end", (right, height - 16.0 * unit), (small, std::slice::from_ref(&self.demo)), "demo");
        self.painter.draw(&layout::drawing((width, height), STYLE, &body), (0.0, f64::from(page)), 1.0, picture)
    }
}

/// White on all of them has a contrast of more than 4.5 to 1, and so have the dark letters on the sign.
const STYLE: &str = ".band{fill:#1f2733}.badge{fill:#c5221f;stroke:#fff;stroke-width:2}.number{fill:#fff;font-weight:700}.words,.title{fill:#fff}.demo,.whole{fill:#cfd8e3}.section{fill:#ffd54f;font-weight:700}.sign{fill:#ffd54f}.sign-words{fill:#1f2733}";

/// The largest of the sizes in which the text takes no more than that many lines, and its lines; the last one is cut if it must be.
fn fitted(text: &str, room: f64, sizes: &[(f64, usize)]) -> (f64, Vec<String>) {
    let mut broken = (1.0, Vec::new());
    for (size, most) in sizes {
        broken = (*size, lines(text, room / size));
        if broken.1.len() <= *most {
            return broken;
        }
    }
    let most = sizes.last().map_or(1, |(_, most)| *most);
    broken.1.truncate(most);
    if let Some(last) = broken.1.last_mut() {
        last.pop();
        last.push('…');
    }
    broken
}

/// Lines in the middle of the width, the first with its base line at the height.
fn centred(body: &mut String, (width, y): (f64, f64), (size, words): &(f64, Vec<String>), class: &str) {
    anchored(body, "middle", (width / 2.0, y), (*size, words), class);
}

/// Lines that have their middle or their end at the point, however wide the font draws them.
fn anchored(body: &mut String, anchor: &str, at: (f64, f64), (size, words): (f64, &[String]), class: &str) {
    let mut own = String::new();
    layout::text(&mut own, at, size, class, words);
    body.push_str(&own.replace("<text ", &format!("<text text-anchor=\"{anchor}\" ")));
}
