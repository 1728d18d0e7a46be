//! What a player sees: films, animations and captions read back, and what is wrong with them.

use openh264::decoder::Decoder;
use openh264::formats::YUVSource;

use super::super::canvas::{self, Area};
use super::super::frame::Set;
use super::super::timeline::Timeline;
use super::super::yuv::Yuv;
use crate::guide::painter::Pixmap;

/// The brightness of one frame.
#[derive(Clone)]
pub(super) struct Bright {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) y: Vec<u8>,
}

impl Bright {
    fn of(picture: &Pixmap) -> Bright {
        let mut yuv = Yuv::new(picture.width(), picture.height());
        yuv.take(picture, Area::whole(picture));
        Bright { width: yuv.width, height: yuv.height, y: yuv.y }
    }

    /// How many pixels round the place are plainly not those of the picture.
    pub(super) fn differs(&self, picture: &Pixmap, (x, y): (f64, f64), by: f64) -> usize {
        let own = Bright::of(picture);
        let near = |at: f64, most: usize| (at - by).max(0.0) as usize..((at + by) as usize).min(most);
        let places = near(y, self.height).flat_map(|y| near(x, self.width).map(move |x| y * self.width + x));
        places.filter(|at| self.y[*at].abs_diff(own.y[*at]) > 40).count()
    }

    /// The squares in which it is another picture by more than `by` of 255 on average, by their left upper corners.
    fn squares_off(&self, other: &Bright, by: usize) -> impl Iterator<Item = (usize, usize)> {
        const SQUARE: usize = 16;
        let corners =
            (0..self.height).step_by(SQUARE).flat_map(|top| (0..self.width).step_by(SQUARE).map(move |left| (left, top)));
        corners.filter(move |(left, top)| {
            let (bottom, right) = ((top + SQUARE).min(self.height), (left + SQUARE).min(self.width));
            let rows = (*top..bottom).map(|y| y * self.width + left..y * self.width + right);
            let pixels = rows.flat_map(|row| self.y[row.clone()].iter().zip(&other.y[row]));
            let off: usize = pixels.map(|(own, other)| usize::from(own.abs_diff(*other))).sum();
            off > by * (bottom - top) * (right - left)
        })
    }
}

/// The frames of a film.
pub(super) struct Shown {
    pub(super) frames: Vec<Bright>,
}

impl Shown {
    /// Those of a film, decoded.
    pub(super) fn decode(mp4: &[u8]) -> Shown {
        let mut decoder = Decoder::new().unwrap();
        let mut frames = Vec::new();
        for sample in samples(mp4) {
            if let Some(picture) = decoder.decode(&sample).unwrap() {
                let ((width, height), (stride, ..)) = (picture.dimensions(), picture.strides());
                let rows = picture.y().chunks(stride).take(height);
                frames.push(Bright { width, height, y: rows.flat_map(|row| &row[..width]).copied().collect() });
            }
        }
        Shown { frames }
    }

    /// Those that were painted: what a film without any loss shows.
    pub(super) fn painted(set: &Set, timeline: &Timeline) -> Shown {
        let mut frames = Vec::new();
        let mut yuv = Yuv::new(set.frame.width, set.frame.height);
        canvas::paint(set, timeline, &mut |piece| {
            yuv.take(piece.shown, piece.changed);
            let frame = Bright { width: yuv.width, height: yuv.height, y: yuv.y.clone() };
            frames.extend(std::iter::repeat_n(frame, piece.frames as usize));
            Ok(())
        })
        .unwrap();
        Shown { frames }
    }

    /// The same with one frame changed.
    pub(super) fn with_one(&self, index: usize, change: impl Fn(&mut Bright)) -> Shown {
        let mut frames = self.frames.clone();
        change(&mut frames[index]);
        Shown { frames }
    }
}

/// What is wrong with a film.
pub(super) fn faults(shown: &Shown, set: &Set, timeline: &Timeline) -> Vec<String> {
    let mut faults = Vec::new();
    if shown.frames.len() != timeline.frames() as usize {
        faults.push(format!("{} frames instead of {}", shown.frames.len(), timeline.frames()));
    }
    let expected = Bright::of(&set.card(0).unwrap());
    let (x, y, width, height) = set.frame.watermark(&set.demo);
    for (index, frame) in shown.frames.iter().enumerate() {
        if (frame.width, frame.height) != (set.frame.width as usize, set.frame.height as usize) {
            faults.push(format!("frame {index}: size {} x {}", frame.width, frame.height));
            continue;
        }
        let some = || frame.y.iter().step_by(7);
        let (darkest, brightest) = (some().min(), some().max());
        if brightest < Some(&40) {
            faults.push(format!("frame {index}: black"));
        } else if darkest.zip(brightest).is_none_or(|(darkest, brightest)| brightest - darkest < 60) {
            faults.push(format!("frame {index}: empty"));
        }
        // The same words in every frame, whatever is above.
        let places = (y as usize..(y + height) as usize).flat_map(|y| (x as usize..(x + width) as usize).map(move |x| (x, y)));
        let places: Vec<usize> = places.map(|(x, y)| y * frame.width + x).collect();
        let off = places.iter().map(|at| f64::from(frame.y[*at].abs_diff(expected.y[*at]))).sum::<f64>() / places.len() as f64;
        if off > 6.0 {
            faults.push(format!("frame {index}: watermark off by {off:.1}"));
        }
    }
    if faults.is_empty() {
        remains(shown, set, timeline, &mut faults);
    }
    faults
}

/// Compares the frames with what was painted, square by square: letters may be a little less sharp, but nothing of an earlier page remains.
fn remains(shown: &Shown, set: &Set, timeline: &Timeline, faults: &mut Vec<String>) {
    let mut next = 0;
    canvas::paint(set, timeline, &mut |piece| {
        next += piece.frames as usize;
        if piece.frames == 1 {
            // What remains is there as well when nothing moves any more.
            return Ok(());
        }
        let (frame, painted) = (&shown.frames[next - 1], Bright::of(piece.shown));
        let off = frame.squares_off(&painted, 8);
        faults.extend(off.map(|(left, top)| format!("frame {}: another picture at {left}, {top}", next - 1)));
        Ok(())
    })
    .unwrap();
}

/// The samples of the one track of an MP4 file, as the decoder takes them.
fn samples(mp4: &[u8]) -> Vec<Vec<u8>> {
    let tables = ["moov", "trak", "mdia", "minf", "stbl"].iter().fold(mp4, |inside, name| content(inside, name));
    let word = |bytes: &[u8], at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    // Behind the head of the table and of its one entry: the parameters that go before the first sample.
    let parameters = content(&content(tables, "stsd")[8 + 8 + 78..], "avcC");
    let mut first = Vec::new();
    let mut at = 6;
    for _ in 0..2 {
        let long = usize::from(u16::from_be_bytes([parameters[at], parameters[at + 1]]));
        first.extend([&[0, 0, 0, 1], &parameters[at + 2..at + 2 + long]].concat());
        // Behind the first set stands the number of those of the second kind.
        at += 2 + long + 1;
    }
    let (sizes, chunks, places) = (content(tables, "stsz"), content(tables, "stsc"), content(tables, "stco"));
    let in_chunk = |chunk: usize| {
        let entry = (0..word(chunks, 4)).rfind(|entry| word(chunks, 8 + entry * 12) <= chunk + 1).unwrap();
        word(chunks, 8 + entry * 12 + 4)
    };
    let (mut samples, mut index) = (Vec::new(), 0);
    for chunk in 0..word(places, 4) {
        let mut at = word(places, 8 + chunk * 4);
        for _ in 0..in_chunk(chunk) {
            let size = word(sizes, 12 + index * 4);
            let (mut sample, mut unit) = (std::mem::take(&mut first), at);
            while unit < at + size {
                let long = word(mp4, unit);
                sample.extend([&[0, 0, 0, 1], &mp4[unit + 4..unit + 4 + long]].concat());
                unit += 4 + long;
            }
            samples.push(sample);
            (at, index) = (at + size, index + 1);
        }
    }
    assert_eq!(index, word(sizes, 8), "every sample lies in a chunk");
    samples
}

/// What is in the first box of that name.
fn content<'b>(boxes: &'b [u8], name: &str) -> &'b [u8] {
    let mut at = 0;
    while at + 8 <= boxes.len() {
        let long = u32::from_be_bytes(boxes[at..at + 4].try_into().unwrap()) as usize;
        if &boxes[at + 4..at + 8] == name.as_bytes() {
            return &boxes[at + 8..at + long];
        }
        at += long;
    }
    panic!("no {name}")
}

/// Begin and end in seconds, and words, of each cue of a WebVTT file.
pub(super) fn cues(vtt: &str) -> Vec<(f64, f64, String)> {
    let mut blocks = vtt.split("\n\n");
    assert_eq!(blocks.next(), Some("WEBVTT"));
    let time = |text: &str| {
        let parts: Vec<f64> = text.split(':').map(|part| part.parse().unwrap()).collect();
        (parts[0] * 60.0 + parts[1]) * 60.0 + parts[2]
    };
    let cues = blocks.filter(|block| !block.starts_with("NOTE"));
    cues.map(|block| {
        let lines: Vec<&str> = block.lines().collect();
        let [_, times, words] = lines[..] else { panic!("{block}") };
        let (start, end) = times.strip_suffix(" line:0").unwrap().split_once(" --> ").unwrap();
        (time(start), time(end), words.to_owned())
    })
    .collect()
}

/// An animation as it is played.
pub(super) struct Animation {
    pub(super) width: u16,
    pub(super) seconds: f64,
    /// The most colours of a frame.
    pub(super) colours: usize,
    /// What is on the screen after each of its pictures.
    pub(super) frames: Vec<Bright>,
}

pub(super) fn gif(bytes: &[u8]) -> Animation {
    let mut decoder = gif::DecodeOptions::new().read_info(bytes).unwrap();
    let (width, height) = (decoder.width(), decoder.height());
    let mut played = Animation { width, seconds: 0.0, colours: 0, frames: Vec::new() };
    let mut screen = Pixmap::new(width.into(), height.into()).unwrap();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        let palette = frame.palette.as_ref().unwrap();
        played.seconds += f64::from(frame.delay) / 100.0;
        played.colours = played.colours.max(palette.len() / 3);
        assert!(frame.left + frame.width <= width && frame.top + frame.height <= height);
        assert_eq!(frame.dispose, gif::DisposalMethod::Keep);
        for (row, line) in frame.buffer.chunks(frame.width.into()).enumerate() {
            let from = ((usize::from(frame.top) + row) * usize::from(width) + usize::from(frame.left)) * 4;
            for (pixel, index) in screen.data_mut()[from..].chunks_exact_mut(4).zip(line) {
                if Some(*index) != frame.transparent {
                    let colour = usize::from(*index) * 3;
                    pixel[..3].copy_from_slice(&palette[colour..colour + 3]);
                    pixel[3] = 255;
                }
            }
        }
        played.frames.push(Bright::of(&screen));
    }
    played
}

/// What was painted, one picture a piece.
pub(super) fn pieces(set: &Set, timeline: &Timeline) -> Vec<Bright> {
    let mut pieces = Vec::new();
    canvas::paint(set, timeline, &mut |piece| {
        pieces.push(Bright::of(piece.shown));
        Ok(())
    })
    .unwrap();
    pieces
}

/// Where pictures are not those expected, but for the few colours of an animation: the paling ring of a press has none of its own.
pub(super) fn other_pictures(shown: &[Bright], expected: &[Bright]) -> Vec<String> {
    let mut faults = Vec::new();
    if shown.len() != expected.len() {
        faults.push(format!("{} pictures instead of {}", shown.len(), expected.len()));
    }
    for (index, (own, other)) in shown.iter().zip(expected).enumerate() {
        faults.extend(own.squares_off(other, 16).map(|(left, top)| format!("picture {index}: another one at {left}, {top}")));
    }
    faults
}
