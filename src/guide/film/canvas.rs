//! The moving picture: a page that stands still, and over it what moves. Only where something moved is painted again.
//!
//! Never paints a page twice in a row: as long as nothing moves, one picture stands for many frames.

use std::fmt::Write as _;

use super::frame::Set;
use super::timeline::{Point, Span, Timeline, What};
use crate::base::Fault;
use crate::guide::painter::{self, Painter, Pixmap};

/// A part of the picture, in pixels; all four are even.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Area {
    pub(super) fn whole(picture: &Pixmap) -> Area {
        Area { x: 0, y: 0, width: picture.width(), height: picture.height() }
    }

    /// The part of `picture` that another one of `size` covers with its corner at the point.
    fn under(picture: &Pixmap, (x, y): (i64, i64), size: (u32, u32)) -> Area {
        let clip = |at: i64, most: u32| at.clamp(0, i64::from(most)) as u32;
        let (left, top) = (clip(x, picture.width()) & !1, clip(y, picture.height()) & !1);
        let right = clip(x + i64::from(size.0), picture.width()).next_multiple_of(2).min(picture.width());
        let bottom = clip(y + i64::from(size.1), picture.height()).next_multiple_of(2).min(picture.height());
        Area { x: left, y: top, width: right.saturating_sub(left), height: bottom.saturating_sub(top) }
    }

    /// The smallest one that has both in it.
    fn with(self, other: Area) -> Area {
        if self.width == 0 || self.height == 0 {
            return other;
        }
        if other.width == 0 || other.height == 0 {
            return self;
        }
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = (self.x + self.width).max(other.x + other.width);
        let bottom = (self.y + self.height).max(other.y + other.height);
        Area { x, y, width: right - x, height: bottom - y }
    }
}

/// What is shown from one moment to the next.
pub(super) struct Piece<'c> {
    pub(super) shown: &'c Pixmap,
    /// Where it differs from the piece before.
    pub(super) changed: Area,
    /// Whether a chapter begins.
    pub(super) begins: bool,
    /// For how many frames.
    pub(super) frames: u32,
}

/// Paints the timeline, piece by piece.
///
/// # Errors
/// As [`Set::page`], and those of `sink`.
pub(super) fn paint(set: &Set, timeline: &Timeline, sink: &mut dyn FnMut(&Piece) -> Result<(), Fault>) -> Result<(), Fault> {
    let sprites = Sprites::new(set.painter, set.frame.unit())?;
    let mut canvas: Option<(Ground, Canvas)> = None;
    for span in &timeline.spans {
        set.making.at(set.format, span.start as usize, timeline.frames() as usize)?;
        let ground = Ground::of(span);
        let fresh = canvas.as_ref().is_none_or(|(own, _)| *own != ground);
        if fresh {
            let base = match ground {
                Ground::Card(scene) => set.card(scene)?,
                Ground::Page(scene, after) => set.page(scene, after)?,
            };
            canvas = Some((ground, Canvas::new(base)));
        }
        let Some((_, canvas)) = &mut canvas else { continue };
        let whole = Area::whole(&canvas.base);
        let begins = span.what == What::Card;
        let mut piece = |over: &[(&Pixmap, (i64, i64))], fresh: bool, frames: u32| {
            let changed = canvas.show(over);
            let changed = if fresh { whole } else { changed };
            sink(&Piece { shown: &canvas.shown, changed, begins, frames })
        };
        match span.what {
            What::Card => piece(&[], fresh, span.frames)?,
            What::Stand { at, .. } => {
                let pointer = timeline.pointer.then(|| sprites.pointer(at));
                piece(pointer.as_slice(), fresh, span.frames)?;
            }
            What::Glide { .. } => {
                for frame in 0..span.frames {
                    let pointer = span.pointer(frame).map(|at| sprites.pointer(at));
                    piece(pointer.as_slice(), fresh && frame == 0, 1)?;
                }
            }
            What::Press { at } => {
                for frame in 0..span.frames {
                    let ring = sprites.ring(frame, span.frames);
                    let ring = (&ring.0, corner(at, ring.1));
                    piece(&[ring, sprites.pointer(at)], fresh && frame == 0, 1)?;
                }
            }
        }
    }
    Ok(())
}

/// What stands still.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ground {
    Card(usize),
    Page(usize, bool),
}

impl Ground {
    fn of(span: &Span) -> Ground {
        match span.what {
            What::Card => Ground::Card(span.scene),
            What::Stand { after, .. } => Ground::Page(span.scene, after),
            What::Glide { .. } | What::Press { .. } => Ground::Page(span.scene, false),
        }
    }
}

struct Canvas {
    base: Pixmap,
    shown: Pixmap,
    /// Where `shown` is not `base`.
    over: Area,
}

impl Canvas {
    fn new(base: Pixmap) -> Canvas {
        Canvas { shown: base.clone(), base, over: Area { x: 0, y: 0, width: 0, height: 0 } }
    }

    /// Shows these over the ground, and nothing else; says where the picture is another one.
    fn show(&mut self, over: &[(&Pixmap, (i64, i64))]) -> Area {
        let before = self.over;
        let row = self.base.width() as usize * 4;
        for y in before.y..before.y + before.height {
            let from = y as usize * row + before.x as usize * 4;
            let part = from..from + before.width as usize * 4;
            self.shown.data_mut()[part.clone()].copy_from_slice(&self.base.data()[part]);
        }
        self.over = Area { x: 0, y: 0, width: 0, height: 0 };
        for (picture, (x, y)) in over {
            painter::put(picture, (*x as f64, *y as f64), 1.0, &mut self.shown);
            self.over = self.over.with(Area::under(&self.base, (*x, *y), (picture.width(), picture.height())));
        }
        before.with(self.over)
    }
}

/// What moves: the pointer, and the rings of a press.
struct Sprites {
    pointer: Pixmap,
    rings: Vec<(Pixmap, f64)>,
    /// From the corner of the pointer's picture to its point.
    tip: f64,
}

/// So many rings, each larger and paler than the one before.
const RINGS: u32 = 12;

impl Sprites {
    fn new(painter: &Painter, unit: f64) -> Result<Sprites, Fault> {
        let scale = (unit * 1.15).max(0.75);
        let rings = (1..=RINGS).map(|step| {
            let far = f64::from(step) / f64::from(RINGS);
            let (radius, line, strong) = ((8.0 + 30.0 * far) * unit, (6.0 - 4.0 * far) * unit, 1.0 - 0.75 * far);
            let middle = (radius + line).ceil();
            let mut svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{0}\">", 2.0 * middle);
            let _ = write!(
                svg,
                "<circle cx=\"{middle}\" cy=\"{middle}\" r=\"{radius}\" fill=\"#c5221f\" fill-opacity=\"{:.2}\" stroke=\"#c5221f\" stroke-opacity=\"{strong:.2}\" stroke-width=\"{line}\"/></svg>",
                strong * 0.2
            );
            Ok((painter.paint(&svg, 1.0)?, middle))
        });
        Ok(Sprites {
            rings: rings.collect::<Result<_, Fault>>()?,
            pointer: painter.paint(POINTER, scale as f32)?,
            tip: 3.0 * scale,
        })
    }

    /// The pointer, and where its picture stands when it points there.
    fn pointer(&self, at: Point) -> (&Pixmap, (i64, i64)) {
        (&self.pointer, corner(at, self.tip))
    }

    fn ring(&self, frame: u32, of: u32) -> &(Pixmap, f64) {
        let step = (frame + 1) * RINGS / of.max(1);
        &self.rings[step.clamp(1, RINGS) as usize - 1]
    }
}

/// An arrow with its point at 3, 3.
const POINTER: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"32\" height=\"44\"><path d=\"M3 3V33L10.2 26.4L15.2 38.2L21 35.7L16.1 24.2H26Z\" fill=\"#111\" stroke=\"#fff\" stroke-width=\"2.4\" stroke-linejoin=\"round\"/></svg>";

fn corner((x, y): Point, to: f64) -> (i64, i64) {
    ((x - to).round() as i64, (y - to).round() as i64)
}
