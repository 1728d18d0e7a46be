//! Pixels as H.264 takes them: brightness for each, colour for each square of four (I420, BT.709, limited range).
//!
//! Never converts what has not changed.

use super::canvas::Area;
use crate::guide::painter::Pixmap;

/// A picture of even width and height.
#[derive(Debug, Clone)]
pub(super) struct Yuv {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) y: Vec<u8>,
    pub(super) u: Vec<u8>,
    pub(super) v: Vec<u8>,
}

impl Yuv {
    /// A black one.
    pub(super) fn new(width: u32, height: u32) -> Yuv {
        let (width, height) = (width as usize, height as usize);
        let colour = vec![128; width / 2 * (height / 2)];
        Yuv { width, height, y: vec![16; width * height], u: colour.clone(), v: colour }
    }

    /// Takes over a part of a picture of the same size that nothing shines through.
    pub(super) fn take(&mut self, picture: &Pixmap, area: Area) {
        let pixels = picture.data();
        let (left, wide) = (area.x as usize, area.width as usize);
        for top in (area.y as usize..(area.y + area.height) as usize).step_by(2) {
            let row = |y: usize| &pixels[(y * self.width + left) * 4..(y * self.width + left + wide) * 4];
            let (upper, lower) = (row(top), row(top + 1));
            let (above, below) = self.y[top * self.width..(top + 2) * self.width].split_at_mut(self.width);
            let colour = top / 2 * (self.width / 2) + left / 2;
            let squares = upper.chunks_exact(8).zip(lower.chunks_exact(8));
            let bright = above[left..left + wide].chunks_exact_mut(2).zip(below[left..left + wide].chunks_exact_mut(2));
            let colours = self.u[colour..colour + wide / 2].iter_mut().zip(&mut self.v[colour..colour + wide / 2]);
            for (((upper, lower), (above, below)), (u, v)) in squares.zip(bright).zip(colours) {
                above[0] = brightness(&upper[..4]);
                above[1] = brightness(&upper[4..]);
                below[0] = brightness(&lower[..4]);
                below[1] = brightness(&lower[4..]);
                let sum =
                    |at: usize| i32::from(upper[at]) + i32::from(upper[at + 4]) + i32::from(lower[at]) + i32::from(lower[at + 4]);
                let (red, green, blue) = (sum(0), sum(1), sum(2));
                *u = tone(-6596 * red - 22189 * green + 28784 * blue);
                *v = tone(28784 * red - 26145 * green - 2639 * blue);
            }
        }
    }
}

/// Of red, green, blue: 16 to 235.
fn brightness(pixel: &[u8]) -> u8 {
    let sum = 11966 * u32::from(pixel[0]) + 40254 * u32::from(pixel[1]) + 4064 * u32::from(pixel[2]);
    (16 + ((sum + 32768) >> 16)) as u8
}

/// A difference of colours, four times too large, around 128.
fn tone(sum: i32) -> u8 {
    (128 + ((sum + (1 << 17)) >> 18)).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::painter;

    #[test]
    fn colours_are_those_of_the_standard() {
        // Red, green, blue and brightness, the two colours of BT.709 in limited range.
        for (rgb, expected) in [
            ([0, 0, 0], (16, 128, 128)),
            ([255, 255, 255], (235, 128, 128)),
            ([255, 0, 0], (63, 102, 240)),
            ([0, 255, 0], (173, 42, 26)),
            ([0, 0, 255], (32, 240, 118)),
        ] {
            let picture = painter::plain(4, 4, rgb).unwrap();
            let mut yuv = Yuv::new(4, 4);
            yuv.take(&picture, Area { x: 2, y: 2, width: 2, height: 2 });
            assert_eq!((yuv.y[15], yuv.u[3], yuv.v[3]), expected, "{rgb:?}");
            assert_eq!((yuv.y[0], yuv.y[9], yuv.u[0], yuv.v[2]), (16, 16, 128, 128), "the rest is as it was");
        }
    }
}
