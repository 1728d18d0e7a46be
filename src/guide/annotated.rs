//! Annotated pictures: the page, boxes, number, callout, and the watermark, in a place where nothing is marked if there is one.
//!
//! Never over the picture of the proof: each is a file of its own, and says 演示.

use super::layout;
use super::marks;
use super::painter::{self, Painter};
use super::story::{Mark, Scene, Story};
use crate::base::{Fault, Lang};

/// Size of the watermark's words, and the room round them.
const SIZE: f64 = 18.0;
const PADDING: f64 = 10.0;
/// From the edges of the picture.
const EDGE: f64 = 12.0;

/// The picture of a scene, as a PNG file.
///
/// # Errors
/// As [`painter::pixels`] and [`Painter::paint`].
pub(super) fn png(story: &Story, scene: &Scene, lang: Lang, painter: &Painter) -> Result<Vec<u8>, Fault> {
    let mut picture = painter::pixels(&scene.still)?;
    painter.draw(&marks::overlay(scene, lang), (0.0, 0.0), 1.0, &mut picture)?;
    let place = watermark(story, scene, lang);
    painter.draw(&sign(story.demo().get(lang), (place.width, place.height)), (place.x, place.y), 1.0, &mut picture)?;
    painter::png(&picture)
}

/// Where the watermark stands: in the first corner, or middle of an edge, without a mark, else where it covers least of one.
pub(super) fn watermark(story: &Story, scene: &Scene, lang: Lang) -> Mark {
    let (most, tall) = (f64::from(scene.still.width), f64::from(scene.still.height));
    let (width, height) = sign_size(story.demo().get(lang));
    let (left, right, middle) = (EDGE, (most - width - EDGE).max(0.0), (most - width) / 2.0);
    let (top, bottom) = (EDGE, (tall - height - EDGE).max(0.0));
    let taken = marks::places(scene, lang);
    let all = [(right, bottom), (left, bottom), (middle, bottom), (right, top), (left, top), (middle, top)];
    let place = |(x, y)| Mark { x, y, width, height };
    // Where none is free, the one that covers least.
    let covers = |place: &Mark| taken.iter().map(|taken| marks::common(place, taken)).sum::<f64>();
    all.into_iter().map(place).min_by(|a, b| covers(a).total_cmp(&covers(b))).unwrap_or(place(all[0]))
}

fn sign_size(words: &str) -> (f64, f64) {
    (layout::width(words) * SIZE + 2.0 * PADDING, SIZE + 2.0 * PADDING - 4.0)
}

/// The watermark: it lets the page shine through, and can be read on any.
fn sign(words: &str, (width, height): (f64, f64)) -> String {
    let mut body = String::new();
    layout::rect(&mut body, (0.0, 0.0), (width, height), 8, "sign");
    layout::text(&mut body, (width / 2.0, height / 2.0 + SIZE * 0.36), SIZE, "words", &[words.to_owned()]);
    layout::drawing((width, height), ".sign{fill:#1f2733;fill-opacity:.82}.words{fill:#fff;text-anchor:middle}", &body)
}
