//! What is drawn over a picture: a box round each place, the number of the step, a callout that never covers a place. One drawing, SVG,
//! for the guide in HTML, the annotated pictures and the films.
//!
//! Never changes the picture: that is the proof's.

use std::fmt::Write as _;

use super::layout::{self, LEADING, lines};
use super::story::{Mark, Scene};
use crate::base::Lang;

/// Between a place and the box round it.
const AROUND: f64 = 6.0;
/// Between the box and the callout.
const AWAY: f64 = 22.0;
/// Size of the callout's words, and the room round them.
const SIZE: f64 = 20.0;
const PADDING: f64 = 12.0;
/// Characters of a callout's line, in squares.
const LINE: f64 = 18.0;
/// Radius of the badge.
const BADGE: f64 = 17.0;

/// The drawing over the picture of a scene, without a background.
pub(super) fn overlay(scene: &Scene, lang: Lang) -> String {
    let mut body = boxes(scene);
    let words = words(scene, lang);
    match callout(&scene.marks, size(scene), &words) {
        Some(place) => draw_callout(&mut body, scene, &place, &words),
        // A place as large as the page: the number stands in its corner.
        None => {
            let near = |at: f64, most: f64| at.clamp(BADGE + 4.0, (most - BADGE - 4.0).max(BADGE + 4.0));
            let corner = scene.marks.first().map_or((0.0, 0.0), |mark| (mark.x, mark.y));
            badge(&mut body, scene, (near(corner.0, size(scene).0), near(corner.1, size(scene).1)));
        }
    }
    layout::drawing(size(scene), STYLE, &body)
}

/// The boxes alone: in a film the words stand below the picture.
#[cfg(feature = "film")]
pub(super) fn only_boxes(scene: &Scene) -> String {
    layout::drawing(size(scene), STYLE, &boxes(scene))
}

/// The places that [`overlay`] covers or points at.
#[cfg(feature = "film")]
pub(super) fn places(scene: &Scene, lang: Lang) -> Vec<Mark> {
    let callout = callout(&scene.marks, size(scene), &words(scene, lang));
    scene.marks.iter().map(|mark| grown(mark, AROUND)).chain(callout).collect()
}

fn size(scene: &Scene) -> (f64, f64) {
    (f64::from(scene.still.width), f64::from(scene.still.height))
}

fn words(scene: &Scene, lang: Lang) -> Vec<String> {
    lines(scene.title.get(lang), LINE)
}

fn boxes(scene: &Scene) -> String {
    let mut body = String::new();
    for mark in &scene.marks {
        let Mark { x, y, width, height } = grown(mark, AROUND);
        for class in ["halo", "box"] {
            layout::rect(&mut body, (x, y), (width, height), 6, class);
        }
    }
    body
}

/// White on the strong colours has a contrast of more than 4.5 to 1; the box is not told by its colour alone, it has a number.
const STYLE: &str = ".halo{fill:none;stroke:#fff;stroke-width:7}.box{fill:none;stroke:#c5221f;stroke-width:3.5}.line{stroke:#c5221f;stroke-width:3;fill:none}.under{stroke:#fff;stroke-width:7;fill:none}.badge{fill:#c5221f;stroke:#fff;stroke-width:2.5}.callout{fill:#fff;stroke:#c5221f;stroke-width:2.5}.number{fill:#fff;font-weight:700}.words{fill:#1f2733}";

fn grown(mark: &Mark, by: f64) -> Mark {
    Mark { x: mark.x - by, y: mark.y - by, width: mark.width + 2.0 * by, height: mark.height + 2.0 * by }
}

/// Where the callout of these lines stands: beside the first place, else at an edge of the picture, as where nothing is marked; none when it
/// would cover a place wherever it stood.
fn callout(marks: &[Mark], (width, height): (f64, f64), words: &[String]) -> Option<Mark> {
    let widest = words.iter().map(|line| layout::width(line)).fold(0.0, f64::max);
    let room = widest * SIZE + 2.0 * PADDING + 2.0 * BADGE + 8.0;
    let tall = (words.len() as f64 * SIZE * LEADING + 2.0 * PADDING).max(2.0 * BADGE + PADDING);
    let (far, aside) =
        (AROUND + AWAY, |middle: f64, long: f64, most: f64| (middle - long / 2.0).clamp(8.0, (most - long - 8.0).max(8.0)));
    let beside = |first: &Mark| {
        let (x, y) = first.middle();
        [
            (aside(x, room, width), first.y + first.height + far),
            (aside(x, room, width), first.y - far - tall),
            (first.x + first.width + far, aside(y, tall, height)),
            (first.x - far - room, aside(y, tall, height)),
        ]
    };
    let edges = [height, 0.0].into_iter().flat_map(|y| [0.0, width / 2.0, width].map(|x| (x, y)));
    let edges = edges.map(|(x, y)| (aside(x, room, width), aside(y, tall, height)));
    marks.first().into_iter().flat_map(beside).chain(edges).map(|(x, y)| Mark { x, y, width: room, height: tall }).find(|place| {
        let inside =
            place.x >= 4.0 && place.y >= 4.0 && place.x + place.width <= width - 4.0 && place.y + place.height <= height - 4.0;
        inside && marks.iter().all(|mark| apart(place, &grown(mark, AROUND)))
    })
}

/// How many pixels two places have in common.
#[cfg(feature = "film")]
pub(super) fn common(a: &Mark, b: &Mark) -> f64 {
    let along = |a: f64, to_a: f64, b: f64, to_b: f64| (to_a.min(to_b) - a.max(b)).max(0.0);
    along(a.x, a.x + a.width, b.x, b.x + b.width) * along(a.y, a.y + a.height, b.y, b.y + b.height)
}

/// Whether two places have nothing in common.
pub(super) fn apart(a: &Mark, b: &Mark) -> bool {
    a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
}

fn draw_callout(body: &mut String, scene: &Scene, place: &Mark, words: &[String]) {
    if let Some(first) = scene.marks.first() {
        draw_line(body, first, place);
    }
    let Mark { x, y, width, height } = *place;
    layout::rect(body, (x, y), (width, height), 8, "callout");
    let (cx, cy) = (x + PADDING + BADGE - 4.0, y + height / 2.0);
    badge(body, scene, (cx, cy));
    let top = y + (height - words.len() as f64 * SIZE * LEADING) / 2.0 + SIZE;
    layout::text(body, (cx + BADGE + 8.0, top), SIZE, "words", words);
}

/// The number of the step in a circle.
fn badge(body: &mut String, scene: &Scene, (cx, cy): (f64, f64)) {
    let _ = writeln!(body, "<circle cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"{BADGE}\" class=\"badge\"/>");
    let number = scene.number.to_string();
    let size = if number.len() > 2 { 15.0 } else { 18.0 };
    let left = cx - layout::width(&number) * size / 2.0;
    layout::text(body, (left, cy + size * 0.36), size, "number", &[number]);
}

/// From the callout's nearest edge to the box round the place.
fn draw_line(body: &mut String, first: &Mark, place: &Mark) {
    let near = |from: f64, long: f64, to: f64| to.clamp(from + 12.0, (from + long - 12.0).max(from + 12.0));
    let ((x, y), box_) = (first.middle(), grown(first, AROUND));
    let (start, end) = if place.y >= box_.y + box_.height {
        let at = near(place.x, place.width, x);
        ((at, place.y), (at.clamp(box_.x, box_.x + box_.width), box_.y + box_.height))
    } else if place.y + place.height <= box_.y {
        let at = near(place.x, place.width, x);
        ((at, place.y + place.height), (at.clamp(box_.x, box_.x + box_.width), box_.y))
    } else if place.x >= box_.x + box_.width {
        let at = near(place.y, place.height, y);
        ((place.x, at), (box_.x + box_.width, at.clamp(box_.y, box_.y + box_.height)))
    } else {
        let at = near(place.y, place.height, y);
        ((place.x + place.width, at), (box_.x, at.clamp(box_.y, box_.y + box_.height)))
    };
    for class in ["under", "line"] {
        let _ = writeln!(body, "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" class=\"{class}\"/>", start.0, start.1, end.0, end.1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_callout_covers_no_place_and_stays_in_the_picture(
            marks in proptest::collection::vec((-50.0..1250.0f64, -50.0..780.0f64, 1.0..900.0f64, 1.0..300.0f64), 1..5),
            title in "[填写点击a-z ]{1,60}",
        ) {
            let marks: Vec<Mark> = marks.into_iter().map(|(x, y, width, height)| Mark { x, y, width, height }).collect();
            if let Some(place) = callout(&marks, (1280.0, 800.0), &lines(&title, LINE)) {
                prop_assert!(place.x >= 0.0 && place.y >= 0.0 && place.x + place.width <= 1280.0 && place.y + place.height <= 800.0);
                for mark in &marks {
                    prop_assert!(apart(&place, mark), "{place:?} covers {mark:?}");
                }
            }
        }
    }

    #[test]
    fn an_ordinary_button_has_a_callout() {
        let words = lines("点击「确认申请」", LINE);
        for (x, y) in [(10.0, 10.0), (1180.0, 760.0), (600.0, 400.0), (10.0, 760.0)] {
            let mark = Mark { x, y, width: 90.0, height: 32.0 };
            assert!(callout(&[mark], (1280.0, 800.0), &words).is_some(), "{x} {y}");
        }
        assert!(callout(&[], (1280.0, 800.0), &words).is_some(), "its words stand at an edge");
        let all = Mark { x: 0.0, y: 0.0, width: 1280.0, height: 800.0 };
        assert!(callout(&[all], (1280.0, 800.0), &words).is_none(), "it would cover what it points at");
    }
}
