//! When what is seen, as plain data: one timeline feeds film, animation and captions. People's pauses are not in it: it has its own time.
//!
//! Never leaves a scene out, and never presses before the pointer stands on the middle of the place.

use super::frame::Frame;
use crate::base::Lang;
use crate::guide::story::{Scene, Story};

/// A place in the frame, in pixels.
pub(super) type Point = (f64, f64);

/// How fast it goes, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Frames in a second.
    pub(crate) fps: u32,
    /// How long the name of a chapter stands.
    card: f64,
    /// Before the pointer moves.
    lead: f64,
    /// The shortest and the longest way of the pointer.
    glide: (f64, f64),
    /// How long the pointer stands on a place before it goes on or presses.
    stand: f64,
    /// The ring of a press.
    press: f64,
    /// A step is shown for at least so long.
    least: f64,
    /// So many Chinese characters are read in a second; of English letters three times as many.
    read: f64,
    /// No step is shown for longer than this, however many words it has.
    most: f64,
    /// How long the page afterwards is shown.
    after: f64,
    /// So many places of a step are visited by the pointer, evenly chosen; all have a box.
    visits: usize,
}

impl Pace {
    /// For a film that is watched and listened to.
    pub(crate) const FILM: Pace = Pace {
        fps: 25,
        card: 2.0,
        lead: 0.6,
        glide: (0.6, 1.2),
        stand: 0.4,
        press: 0.6,
        least: 2.0,
        read: 6.0,
        most: 15.0,
        after: 1.4,
        visits: 6,
    };
    /// For a short animation.
    pub(crate) const BRISK: Pace = Pace {
        fps: 10,
        card: 1.0,
        lead: 0.2,
        glide: (0.4, 0.6),
        stand: 0.2,
        press: 0.5,
        least: 1.0,
        read: 14.0,
        most: 4.0,
        after: 0.7,
        visits: 2,
    };

    /// Whole frames, at least one.
    fn frames(&self, seconds: f64) -> u32 {
        (seconds * f64::from(self.fps)).round().max(1.0) as u32
    }
}

/// What is seen, frame by frame.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timeline {
    /// Frames in a second.
    pub(crate) fps: u32,
    /// Whether there is a pointer: a run that kept no places has none.
    pub(super) pointer: bool,
    /// One after the other, without a gap.
    pub(super) spans: Vec<Span>,
}

/// A piece in which one thing happens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Span {
    /// The scene: its place in the story.
    pub(super) scene: usize,
    /// The first frame.
    pub(super) start: u32,
    /// How many frames; never none.
    pub(super) frames: u32,
    /// What happens.
    pub(super) what: What,
}

/// What happens in a span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum What {
    /// The name of a chapter is shown.
    Card,
    /// The pointer stands on the page, or on the page afterwards.
    Stand { at: Point, after: bool },
    /// The pointer goes from one place to the other; in the last frame it is there.
    Glide { from: Point, to: Point },
    /// The pointer presses: the first frame is the press.
    Press { at: Point },
}

impl Timeline {
    /// The timeline of the story in this frame.
    pub(super) fn of(story: &Story, frame: &Frame, lang: Lang, pace: &Pace) -> Timeline {
        let pointer = story.scenes.iter().any(|scene| !scene.marks.is_empty());
        let mut timeline = Timeline { fps: pace.fps, pointer, spans: Vec::new() };
        let mut pointer = frame.start();
        for (index, scene) in story.scenes.iter().enumerate() {
            if scene.chapter.is_some() {
                timeline.add(index, pace.frames(pace.card), What::Card);
            }
            timeline.scene(index, scene, &mut pointer, frame, lang, pace);
        }
        timeline
    }

    fn scene(&mut self, index: usize, scene: &Scene, pointer: &mut Point, frame: &Frame, lang: Lang, pace: &Pace) {
        let begun = self.frames();
        self.add(index, pace.frames(pace.lead), What::Stand { at: *pointer, after: false });
        let inside = |(x, y): &Point| *x >= 0.0 && *y >= 0.0 && *x < scene.still.width.into() && *y < scene.still.height.into();
        let places: Vec<Point> = scene.marks.iter().map(|mark| mark.middle()).filter(inside).collect();
        for place in evenly(&places, pace.visits) {
            let to = frame.of_still(&scene.still).at(*place);
            // A long way takes longer, but not as much longer as it is long.
            let far = ((to.0 - pointer.0).hypot(to.1 - pointer.1) / f64::from(frame.width)).min(1.0).sqrt();
            let seconds = pace.glide.0 + (pace.glide.1 - pace.glide.0) * far;
            self.add(index, pace.frames(seconds), What::Glide { from: *pointer, to });
            self.add(index, pace.frames(pace.stand), What::Stand { at: to, after: false });
            *pointer = to;
        }
        if scene.press && !places.is_empty() {
            self.add(index, pace.frames(pace.press), What::Press { at: *pointer });
        }
        let letters = scene.title.get(lang).chars().count() as f64;
        let read = letters / if lang == Lang::Zh { pace.read } else { 3.0 * pace.read };
        let shown = self.frames() - begun;
        let rest = pace.frames(read.clamp(pace.least, pace.most)).saturating_sub(shown);
        match &scene.after {
            // The words can be read on while the page afterwards is there.
            Some(_) => self.add(index, rest.max(pace.frames(pace.after)), What::Stand { at: *pointer, after: true }),
            None => self.add(index, rest.max(pace.frames(pace.stand)), What::Stand { at: *pointer, after: false }),
        }
    }

    fn add(&mut self, scene: usize, frames: u32, what: What) {
        self.spans.push(Span { scene, start: self.frames(), frames, what });
    }

    /// How many frames there are.
    pub(crate) fn frames(&self) -> u32 {
        self.spans.last().map_or(0, |span| span.start + span.frames)
    }

    /// How long it takes, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        f64::from(self.frames()) / f64::from(self.fps)
    }

    /// The frames of the scene without the name of its chapter: when its words are shown. First frame, and the first one behind it.
    pub(super) fn caption(&self, scene: usize) -> (u32, u32) {
        self.extent(|span| span.scene == scene && span.what != What::Card)
    }

    /// The frames in which the name of the chapter is shown that begins with the scene.
    pub(super) fn card(&self, scene: usize) -> (u32, u32) {
        self.extent(|span| span.scene == scene && span.what == What::Card)
    }

    fn extent(&self, of: impl Fn(&Span) -> bool) -> (u32, u32) {
        let mut all = self.spans.iter().filter(|span| of(span));
        let first = all.next();
        let last = all.next_back().or(first);
        (first.map_or(0, |span| span.start), last.map_or(0, |span| span.start + span.frames))
    }
}

impl Span {
    /// Where the pointer is in the frame of this span, counted from 0; nowhere while the name of a chapter is shown.
    pub(super) fn pointer(&self, frame: u32) -> Option<Point> {
        match self.what {
            What::Card => None,
            What::Stand { at, .. } | What::Press { at } => Some(at),
            What::Glide { to, .. } if frame + 1 >= self.frames => Some(to),
            What::Glide { from, to } => {
                let time = f64::from(frame + 1) / f64::from(self.frames);
                let way = time * time * (3.0 - 2.0 * time);
                Some((from.0 + (to.0 - from.0) * way, from.1 + (to.1 - from.1) * way))
            }
        }
    }
}

/// At most `most` of the things, with the first and the last one.
pub(super) fn evenly<T>(all: &[T], most: usize) -> Vec<&T> {
    if all.len() <= most {
        return all.iter().collect();
    }
    (0..most).map(|index| &all[index * (all.len() - 1) / most.saturating_sub(1).max(1)]).collect()
}
