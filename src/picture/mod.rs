//! Floor 1: a raw shot becomes a masked shot.
//!
//! Never lets unmasked pixels out: a [`RawShot`] has no way to its bytes; only a [`MaskedShot`] can be written. Evidence is never drawn on or
//! re-encoded without need: when CSS has already covered every mask, the browser's very bytes are kept.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageFormat, ImageReader, Limits, RgbaImage};
use sha2::{Digest, Sha256};

use crate::base::{Fault, FaultKind};

/// Red, green and blue of a mask: opaque black, by CSS and by paint alike. Blur and mosaic can be undone; a solid fill cannot.
pub const MASK_COLOUR: [u8; 3] = [0, 0, 0];

/// No picture is wider or higher, in pixels: a portal page of 100 screens at four times the density still fits.
const LONGEST_SIDE: u32 = 40_000;

/// A decoded picture takes at most this many bytes.
const LARGEST: u64 = 1 << 30;

/// A picture as the browser took it: it may show personal data, so nothing but [`RawShot::mask`] can be done with it.
///
/// It cannot be written:
/// ```compile_fail,E0277
/// let raw = ruku::picture::RawShot::from_browser(Vec::new());
/// let _ = std::fs::write("shot.png", raw);
/// ```
/// and its bytes cannot be reached:
/// ```compile_fail,E0616
/// let raw = ruku::picture::RawShot::from_browser(Vec::new());
/// let _ = raw.png.len();
/// ```
/// What can be written is a masked one:
/// ```
/// let masked = ruku::picture::RawShot::from_browser(b"not a picture".to_vec()).mask(&[]);
/// assert!(masked.is_err(), "and only when it could be read");
/// ```
pub struct RawShot {
    png: Vec<u8>,
}

impl std::fmt::Debug for RawShot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawShot({} bytes)", self.png.len())
    }
}

/// One covered place of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskRect {
    /// Left edge, in device pixels of the picture; may be negative when the element is partly outside.
    pub x: i32,
    /// Top edge, likewise.
    pub y: i32,
    /// Width in device pixels.
    pub width: u32,
    /// Height in device pixels.
    pub height: u32,
    /// Why it is covered: `personal`, `secret`, `picture` (no script can read it), `background` (the same, behind text).
    pub reason: String,
    /// How it is covered. Going in: how the page claims to have done it. In [`MaskedShot::masks`]: how it was.
    pub how: Cover,
}

/// How a place of a picture is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// Solid, by the page's style.
    Css,
    /// Solid, painted into the picture because no style covers it.
    Paint,
    /// The page leaves out what it would draw behind its text there: nothing solid stands there, and the text stays.
    LeftOut,
}

/// A picture with every mask in place: the only kind that a writer takes.
#[derive(Clone)]
pub struct MaskedShot {
    png: Vec<u8>,
    sha256: String,
    masks: Vec<MaskRect>,
    width: u32,
    height: u32,
}

impl std::fmt::Debug for MaskedShot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MaskedShot")
            .field("sha256", &self.sha256)
            .field("width", &self.width)
            .field("height", &self.height)
            .field("masks", &self.masks)
            .finish_non_exhaustive()
    }
}

/// The part of a mask that lies inside the picture: left, top, right, bottom; right and bottom are outside of it.
#[derive(Clone, Copy)]
struct Area {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Area {
    fn of(mask: &MaskRect, width: u32, height: u32) -> Option<Area> {
        let clip = |edge: i64, limit: u32| edge.clamp(0, i64::from(limit)) as u32;
        let (x, y) = (i64::from(mask.x), i64::from(mask.y));
        let area = Area {
            left: clip(x, width),
            top: clip(y, height),
            right: clip(x + i64::from(mask.width), width),
            bottom: clip(y + i64::from(mask.height), height),
        };
        (area.left < area.right && area.top < area.bottom).then_some(area)
    }

    /// Without its outermost pixels, where browsers blend a fractional edge with the page; the whole area when it is that thin.
    fn inner(self) -> Area {
        if self.right - self.left <= 2 || self.bottom - self.top <= 2 {
            return self;
        }
        Area { left: self.left + 1, top: self.top + 1, right: self.right - 1, bottom: self.bottom - 1 }
    }

    fn is_covered(self, picture: &RgbaImage) -> bool {
        let [red, green, blue] = MASK_COLOUR;
        (self.top..self.bottom).all(|y| (self.left..self.right).all(|x| picture.get_pixel(x, y).0 == [red, green, blue, u8::MAX]))
    }

    fn paint(self, picture: &mut RgbaImage) {
        let [red, green, blue] = MASK_COLOUR;
        for y in self.top..self.bottom {
            for x in self.left..self.right {
                picture.put_pixel(x, y, image::Rgba([red, green, blue, u8::MAX]));
            }
        }
    }
}

impl RawShot {
    /// Takes the PNG bytes that the browser sent.
    pub fn from_browser(png: Vec<u8>) -> RawShot {
        RawShot { png }
    }

    /// Puts every mask in place. A mask that CSS has covered already is left as it is; any other is painted solid. Places outside of the
    /// picture are dropped. Fails with [`FaultKind::Mask`] when the picture cannot be read or a mask cannot be placed: then there is none.
    pub fn mask(self, masks: &[MaskRect]) -> Result<MaskedShot, Fault> {
        let mut picture = decode(&self.png)?;
        let (width, height) = picture.dimensions();
        let mut placed = Vec::with_capacity(masks.len());
        let mut painted = Vec::new();
        for mask in masks {
            let Some(area) = Area::of(mask, width, height) else { continue };
            let how = match mask.how {
                Cover::Css if !area.inner().is_covered(&picture) => Cover::Paint,
                how => how,
            };
            if how == Cover::Paint {
                painted.push(area);
            }
            placed.push(MaskRect { how, ..mask.clone() });
        }
        let png = if painted.is_empty() {
            self.png
        } else {
            // After all looks at the pixels: a painted neighbour must not make a mask look covered by CSS.
            painted.iter().for_each(|area| area.paint(&mut picture));
            let png = encode(&picture)?;
            let again = decode(&png)?;
            if !painted.iter().all(|area| area.is_covered(&again)) {
                return Err(unmaskable("the paint did not reach the file"));
            }
            png
        };
        let sha256 = hex::encode(Sha256::digest(&png));
        Ok(MaskedShot { png, sha256, masks: placed, width, height })
    }
}

impl MaskedShot {
    /// The PNG bytes, ready to be written.
    pub fn png(&self) -> &[u8] {
        &self.png
    }

    /// SHA-256 of [`MaskedShot::png`], lower-case hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The masks that lie in the picture, in the order given, and how each was covered.
    pub fn masks(&self) -> &[MaskRect] {
        &self.masks
    }

    /// How many masks had to be painted because CSS had not covered them.
    pub fn painted(&self) -> usize {
        self.masks.iter().filter(|mask| mask.how == Cover::Paint).count()
    }

    /// Width in device pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in device pixels.
    pub fn height(&self) -> u32 {
        self.height
    }
}

fn unmaskable(detail: impl std::fmt::Display) -> Fault {
    Fault::new(
        FaultKind::Mask,
        crate::say!(
            "无法确认截图中的个人信息已遮盖，因此没有保存截图（{detail}）。请重试；若仍失败，请联系支持人员。",
            "could not make sure that personal data is covered, so no picture was kept ({detail}); try again, then ask support"
        ),
    )
}

fn decode(png: &[u8]) -> Result<RgbaImage, Fault> {
    let mut reader = ImageReader::with_format(Cursor::new(png), ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(LARGEST);
    reader.limits(limits);
    Ok(reader.decode().map_err(unmaskable)?.into_rgba8())
}

fn encode(picture: &RgbaImage) -> Result<Vec<u8>, Fault> {
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Adaptive)
        .write_image(picture.as_raw(), picture.width(), picture.height(), ExtendedColorType::Rgba8)
        .map_err(unmaskable)?;
    Ok(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: [u8; 4] = [200, 210, 220, 255];
    const BLACK: [u8; 4] = [0, 0, 0, 255];

    /// A picture of 20×10 pixels that shows "personal data" (a page-coloured field) with CSS masks at `covered`.
    fn shot(covered: &[(u32, u32, u32, u32)]) -> Vec<u8> {
        let mut picture = RgbaImage::from_pixel(20, 10, image::Rgba(PAGE));
        for &(x, y, width, height) in covered {
            Area { left: x, top: y, right: x + width, bottom: y + height }.paint(&mut picture);
        }
        encode(&picture).unwrap()
    }

    fn rect(x: i32, y: i32, width: u32, height: u32, by_css: bool) -> MaskRect {
        MaskRect { x, y, width, height, reason: "personal".into(), how: if by_css { Cover::Css } else { Cover::Paint } }
    }

    fn pixel(shot: &MaskedShot, x: u32, y: u32) -> [u8; 4] {
        decode(shot.png()).unwrap().get_pixel(x, y).0
    }

    #[test]
    fn without_masks_the_bytes_stay_as_the_browser_sent_them() {
        let png = shot(&[]);
        let masked = RawShot::from_browser(png.clone()).mask(&[]).unwrap();
        assert_eq!(masked.png(), png);
        assert_eq!(masked.sha256(), hex::encode(Sha256::digest(&png)));
        assert_eq!((masked.width(), masked.height(), masked.painted()), (20, 10, 0));
    }

    #[test]
    fn what_css_has_covered_is_left_as_it_is() {
        let png = shot(&[(2, 2, 8, 4)]);
        let masked = RawShot::from_browser(png.clone()).mask(&[rect(2, 2, 8, 4, true)]).unwrap();
        assert_eq!((masked.png(), masked.painted()), (&png[..], 0));
        assert_eq!(masked.masks()[0].how, Cover::Css);
    }

    #[test]
    fn a_blended_edge_is_not_a_leak_but_a_single_pixel_inside_is() {
        let png = shot(&[(3, 3, 6, 2)]);
        let masked = RawShot::from_browser(png.clone()).mask(&[rect(2, 2, 8, 4, true)]).unwrap();
        assert_eq!((masked.png(), masked.painted()), (&png[..], 0), "only the outermost pixels differ");

        let mut picture = decode(&shot(&[(2, 2, 8, 4)])).unwrap();
        picture.put_pixel(5, 4, image::Rgba([0, 0, 1, 255]));
        let masked = RawShot::from_browser(encode(&picture).unwrap()).mask(&[rect(2, 2, 8, 4, true)]).unwrap();
        assert_eq!(masked.painted(), 1);
        assert_eq!(pixel(&masked, 5, 4), BLACK);
    }

    #[test]
    fn what_css_has_not_covered_is_painted_and_nothing_else_changes() {
        let masked = RawShot::from_browser(shot(&[])).mask(&[rect(2, 2, 8, 4, true), rect(15, 0, 2, 2, false)]).unwrap();
        assert_eq!(masked.painted(), 2);
        assert!(masked.masks().iter().all(|mask| mask.how == Cover::Paint));
        for y in 0..10 {
            for x in 0..20 {
                let inside = (2..10).contains(&x) && (2..6).contains(&y) || (15..17).contains(&x) && y < 2;
                assert_eq!(pixel(&masked, x, y), if inside { BLACK } else { PAGE }, "{x},{y}");
            }
        }
        assert_eq!(masked.sha256(), hex::encode(Sha256::digest(masked.png())));
    }

    #[test]
    fn what_the_page_leaves_out_is_told_and_not_painted() {
        let png = shot(&[]);
        let left_out = MaskRect { how: Cover::LeftOut, ..rect(2, 2, 8, 4, true) };
        let masked = RawShot::from_browser(png.clone()).mask(std::slice::from_ref(&left_out)).unwrap();
        assert_eq!((masked.png(), masked.painted(), masked.masks()), (&png[..], 0, &[left_out][..]));
    }

    #[test]
    fn masks_are_clipped_and_those_outside_are_dropped() {
        let masks =
            [rect(-5, -5, 7, 7, false), rect(40, 2, 8, 4, false), rect(3, 3, 0, 9, false), rect(18, 8, 900, u32::MAX, false)];
        let masked = RawShot::from_browser(shot(&[])).mask(&masks).unwrap();
        assert_eq!(masked.masks(), [masks[0].clone(), masks[3].clone()]);
        assert_eq!((pixel(&masked, 0, 0), pixel(&masked, 2, 2), pixel(&masked, 19, 9)), (BLACK, PAGE, BLACK));
    }

    #[test]
    fn an_unreadable_picture_is_a_mask_fault() {
        let mut cut = shot(&[]);
        cut.truncate(cut.len() / 2);
        for bytes in [Vec::new(), b"GIF89a".to_vec(), cut] {
            let fault = RawShot::from_browser(bytes).mask(&[]).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Mask);
        }
    }

    #[test]
    fn debug_shows_no_pixels() {
        let raw = RawShot::from_browser(vec![1, 2, 3]);
        assert_eq!(format!("{raw:?}"), "RawShot(3 bytes)");
    }
}
