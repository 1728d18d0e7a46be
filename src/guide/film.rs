//! Films of a run: pages that stand still, a pointer that goes where the hand went, words below. Made without a browser, from the pictures that
//! the run left.
//!
//! Never shows more than those pictures, and says 演示 in every frame.

mod canvas;
mod encode;
mod frame;
mod gif;
#[cfg(test)]
mod tests;
mod timeline;
mod vtt;
mod yuv;

use std::sync::mpsc;

pub(super) use gif::gif;

use self::encode::Recorder;
use self::frame::{Frame, Set};
use self::timeline::{Pace, Timeline};
use self::yuv::Yuv;
use super::painter::Painter;
use super::story::Story;
use crate::base::{Fault, FaultKind, Lang};
use crate::guide::making::Making;
use crate::guide::write::Format;
use crate::say;

/// The largest page that a film shows as it is.
const MOST: (u32, u32) = (1920, 1200);
/// Pictures that wait to be encoded: some megabytes each.
const WAITING: usize = 4;

/// A film with what belongs beside it.
pub(super) struct Film {
    /// H.264 in MP4.
    pub(super) mp4: Vec<u8>,
    /// WebVTT.
    pub(super) captions: String,
    /// WebVTT, for the kind `chapters`.
    pub(super) chapters: String,
}

/// The film of the story.
///
/// # Errors
/// [`FaultKind::Refused`] when a picture is not the one of the journal; [`FaultKind::Setup`] when letters cannot be drawn;
/// [`FaultKind::Stopped`]; [`FaultKind::Io`].
pub(super) fn film(story: &Story, lang: Lang, painter: &Painter, making: &Making) -> Result<Film, Fault> {
    let frame = Frame::of(story, MOST);
    let timeline = Timeline::of(story, &frame, lang, &Pace::FILM);
    let size = (frame.width, frame.height);
    let demo = story.demo().get(lang).to_owned();
    let set = Set { story, frame, lang, painter, demo, making, format: Format::Mp4 };
    let language = if lang == Lang::Zh { "zho" } else { "eng" };
    let recorder = Recorder::new(size, timeline.fps, story.title.get(lang), language)?;
    let mp4 = record(&set, &timeline, recorder)?;
    let (captions, chapters) = (vtt::captions(story, &timeline, lang), vtt::chapters(story, &timeline, lang));
    Ok(Film { mp4, captions, chapters })
}

/// Paints in one thread and encodes in this one.
fn record(set: &Set, timeline: &Timeline, mut recorder: Recorder) -> Result<Vec<u8>, Fault> {
    let (sender, pictures) = mpsc::sync_channel(WAITING);
    std::thread::scope(|threads| {
        let painting = threads.spawn(move || {
            let mut yuv = Yuv::new(set.frame.width, set.frame.height);
            canvas::paint(set, timeline, &mut |piece| {
                yuv.take(piece.shown, piece.changed);
                // Nobody takes it any more when the encoder has failed, which says why.
                sender.send((yuv.clone(), piece.begins, piece.frames)).map_err(|_| ended())
            })
        });
        let encoded = move || {
            for (yuv, begins, frames) in pictures {
                recorder.show(&yuv, begins, frames)?;
            }
            Ok(recorder)
        };
        let encoded = encoded();
        let painted = painting.join().unwrap_or_else(|_| Err(ended()));
        let recorder: Recorder = encoded?;
        painted?;
        recorder.finish()
    })
}

fn ended() -> Fault {
    Fault::new(
        FaultKind::Io,
        say!("影片生成中断。请重试，或联系支持人员。", "making the film broke off; try again, or ask support"),
    )
}
