//! A short animation for a chat or a slide: GIF within a budget of seconds and bytes. It shows the steps that matter most when not all fit, and
//! says so.
//!
//! Never the only carrier of what it shows: the page of the guide has all steps in words.

use std::collections::HashMap;

use ::gif::{DisposalMethod, Encoder, Frame as Picture, Repeat};
use color_quant::NeuQuant;

use super::canvas::{self, Area, Piece};
use super::frame::{Frame, Set};
use super::timeline::{Pace, Timeline, evenly};
use crate::base::{Fault, FaultKind, Lang};
use crate::guide::making::Making;
use crate::guide::painter::{Painter, Pixmap};
use crate::guide::story::{Scene, Story};
use crate::guide::write::Format;
use crate::say;

/// What chats take without making it smaller, and people watch to the end.
pub(super) const BYTES: usize = 5_000_000;
pub(super) const SECONDS: f64 = 30.0;
/// The frame is at most so large.
pub(super) const MOST: (u32, u32) = (800, 800);
/// One index is kept for “as before”.
pub(super) const COLOURS: usize = 128;
/// Of how many pixels one is looked at for the colours.
const SAMPLE: i32 = 10;

/// The animation of the story.
///
/// # Errors
/// As [`super::film`]; [`FaultKind::Refused`] when not even one step fits.
pub(crate) fn gif(story: &Story, lang: Lang, painter: &Painter, making: &Making) -> Result<Vec<u8>, Fault> {
    within(story, lang, painter, making, BYTES)
}

/// The animation with at most that many bytes.
pub(super) fn within(story: &Story, lang: Lang, painter: &Painter, making: &Making, bytes: usize) -> Result<Vec<u8>, Fault> {
    let mut count = story.scenes.len();
    while count > 0 {
        let part = chosen(story, count);
        let frame = Frame::of(&part, MOST);
        let timeline = Timeline::of(&part, &frame, lang, &Pace::BRISK);
        if timeline.seconds() > SECONDS {
            count -= 1;
            continue;
        }
        let mut demo = story.demo().get(lang).to_owned();
        if count < story.scenes.len() {
            demo.push_str(say!(" · 节选", " · excerpt").get(lang));
        }
        let set = Set { story: &part, frame, lang, painter, demo, making, format: Format::Gif };
        let made = animate(&set, &timeline)?;
        if made.len() <= bytes {
            return Ok(made);
        }
        count = count * 3 / 4;
    }
    let most = bytes / 1_000_000;
    Err(Fault::new(
        FaultKind::Refused,
        say!(
            "截图过大，一个步骤的动图也超过 {most} MB。请改用 --to mp4，或用较小的 --viewport 重新办理一次。",
            "the pictures are so large that not even one step fits into {most} MB of GIF; use --to mp4, or run it again with a smaller --viewport"
        ),
    ))
}

/// The story with so many of its scenes: what cannot be taken back first, then what is pressed, then what has a place; evenly among equals.
pub(super) fn chosen(story: &Story, count: usize) -> Story {
    let rank = |scene: &Scene| match scene {
        scene if scene.irreversible => 0,
        scene if scene.press && !scene.marks.is_empty() => 1,
        scene if !scene.marks.is_empty() => 2,
        _ => 3,
    };
    let mut taken = vec![false; story.scenes.len()];
    for want in 0..4 {
        let left = count - taken.iter().filter(|taken| **taken).count();
        let equals: Vec<usize> = (0..story.scenes.len()).filter(|index| rank(&story.scenes[*index]) == want).collect();
        for index in evenly(&equals, left) {
            taken[*index] = true;
        }
    }
    let mut chapter = None;
    let mut part = Story { scenes: Vec::new(), ..story.clone() };
    for (scene, taken) in story.scenes.iter().zip(taken) {
        // A chapter begins with the first of its scenes that is shown.
        chapter = scene.chapter.clone().or(chapter);
        if taken {
            part.scenes.push(Scene { chapter: chapter.take(), ..scene.clone() });
        }
    }
    part
}

fn animate(set: &Set, timeline: &Timeline) -> Result<Vec<u8>, Fault> {
    let side = |side: u32| u16::try_from(side).map_err(|_| failed(&side));
    let (width, height) = (side(set.frame.width)?, side(set.frame.height)?);
    let mut encoder = Encoder::new(Vec::new(), width, height, &[]).map_err(|error| failed(&error))?;
    encoder.set_repeat(Repeat::Infinite).map_err(|error| failed(&error))?;
    let (mut before, mut palette): (Option<Pixmap>, Option<Palette>) = (None, None);
    canvas::paint(set, timeline, &mut |piece| {
        // A new page has colours of its own.
        let own = palette.take().filter(|_| piece.changed != Area::whole(piece.shown));
        let mut own = own.unwrap_or_else(|| Palette::of(piece.shown));
        let delay = u16::try_from(piece.frames * 100 / timeline.fps).unwrap_or(u16::MAX);
        let picture = picture(piece, before.as_ref(), &mut own, delay).map_err(|error| failed(&error))?;
        encoder.write_frame(&picture).map_err(|error| failed(&error))?;
        (before, palette) = (Some(piece.shown.clone()), Some(own));
        Ok(())
    })?;
    encoder.into_inner().map_err(|error| failed(&error))
}

/// What differs from before, as a picture that is laid over it.
fn picture(
    piece: &Piece,
    before: Option<&Pixmap>,
    palette: &mut Palette,
    delay: u16,
) -> Result<Picture<'static>, std::num::TryFromIntError> {
    let (shown, row) = (piece.shown.data(), piece.shown.width() as usize * 4);
    let before = before.map(Pixmap::data);
    let line = |pixels: &[u8], y: u32, area: &Area| {
        let from = y as usize * row + area.x as usize * 4;
        pixels[from..from + area.width as usize * 4].to_vec()
    };
    // Rows above and below in which nothing has changed are left away; those between them cost little.
    let same = |y: &u32| before.is_some_and(|before| line(before, *y, &piece.changed) == line(shown, *y, &piece.changed));
    let Area { x, y, width, height } = piece.changed;
    let top = (y..y + height).find(|y| !same(y)).unwrap_or(y);
    let end = (y..y + height).rev().find(|y| !same(y)).map_or(top + 1, |y| y + 1);
    let mut indexes = Vec::with_capacity((end - top) as usize * width as usize);
    for y in top..end {
        let own = line(shown, y, &piece.changed);
        let old = before.map(|before| line(before, y, &piece.changed));
        for (at, pixel) in own.chunks_exact(4).enumerate() {
            let same = old.as_ref().is_some_and(|old| old[at * 4..at * 4 + 4] == *pixel);
            indexes.push(if same { AS_BEFORE } else { palette.index(pixel) });
        }
    }
    Ok(Picture {
        delay,
        dispose: DisposalMethod::Keep,
        transparent: Some(AS_BEFORE),
        left: x.try_into()?,
        top: top.try_into()?,
        width: width.try_into()?,
        height: (end - top).try_into()?,
        palette: Some(palette.table.clone()),
        buffer: indexes.into(),
        ..Picture::default()
    })
}

/// The index of what stays.
const AS_BEFORE: u8 = COLOURS as u8 - 1;

/// The colours of a page.
struct Palette {
    nearest: NeuQuant,
    /// Red, green, blue, one after the other.
    table: Vec<u8>,
    known: HashMap<[u8; 4], u8>,
}

impl Palette {
    fn of(picture: &Pixmap) -> Palette {
        let nearest = NeuQuant::new(SAMPLE, COLOURS - 1, picture.data());
        let mut table = nearest.color_map_rgb();
        table.resize(COLOURS * 3, 0);
        // What is everywhere is shown as it is, and not nearly so: white stays white.
        let mut often: HashMap<&[u8], usize> = HashMap::new();
        let looked = picture.data().chunks_exact(4).step_by(SAMPLE as usize);
        let few = looked.len() / 100;
        looked.for_each(|pixel| *often.entry(pixel).or_default() += 1);
        let mut often: Vec<(&[u8], usize)> = often.into_iter().filter(|(_, times)| *times > few).collect();
        // The most frequent last, whatever order they came in: of two with one place it is the one that stays.
        often.sort_unstable_by_key(|(pixel, times)| (*times, *pixel));
        for (pixel, _) in often {
            let at = nearest.index_of(pixel) * 3;
            table[at..at + 3].copy_from_slice(&pixel[..3]);
        }
        Palette { nearest, table, known: HashMap::new() }
    }

    fn index(&mut self, pixel: &[u8]) -> u8 {
        let key = [pixel[0], pixel[1], pixel[2], pixel[3]];
        *self.known.entry(key).or_insert_with(|| self.nearest.index_of(pixel) as u8)
    }
}

fn failed(why: &dyn std::fmt::Display) -> Fault {
    Fault::new(
        FaultKind::Io,
        say!("动图生成失败（{why}）。请联系支持人员。", "the animation could not be made ({why}); ask support"),
    )
}
