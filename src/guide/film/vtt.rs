//! The words of a film beside it, as WebVTT: captions for those who do not see or cannot read the picture, chapters to go to.
//!
//! Never a value: only what the scenes say.

use std::fmt::Write as _;

use super::frame;
use super::timeline::Timeline;
use crate::base::Lang;
use crate::guide::story::Story;

/// What is done, step by step, with the names of the chapters.
pub(super) fn captions(story: &Story, timeline: &Timeline, lang: Lang) -> String {
    let mut vtt = head(story, lang);
    for (index, scene) in story.scenes.iter().enumerate() {
        if scene.chapter.is_some() {
            cue(&mut vtt, &format!("chapter-{}", scene.number), timeline.card(index), timeline.fps, &frame::chapter(scene, lang));
        }
        let sign = frame::sign(scene).map(|sign| format!(" [{}]", sign.get(lang))).unwrap_or_default();
        let words = format!("{}. {}{sign}", scene.number, scene.title.get(lang));
        cue(&mut vtt, &format!("step-{}", scene.number), timeline.caption(index), timeline.fps, &words);
    }
    vtt
}

/// The chapters, each as long as it takes.
pub(super) fn chapters(story: &Story, timeline: &Timeline, lang: Lang) -> String {
    let mut vtt = head(story, lang);
    let begins: Vec<_> = story.scenes.iter().enumerate().filter(|(_, scene)| scene.chapter.is_some()).collect();
    for (place, (index, scene)) in begins.iter().enumerate() {
        let end = begins.get(place + 1).map_or(timeline.frames(), |(next, _)| timeline.card(*next).0);
        let name = format!("chapter-{}", scene.number);
        cue(&mut vtt, &name, (timeline.card(*index).0, end), timeline.fps, &frame::chapter(scene, lang));
    }
    vtt
}

fn head(story: &Story, lang: Lang) -> String {
    format!("WEBVTT\n\nNOTE {} · {}\n", escaped(story.title.get(lang)), story.demo().get(lang))
}

fn cue(vtt: &mut String, name: &str, (start, end): (u32, u32), fps: u32, words: &str) {
    // At the upper edge: below are the film's own words.
    let _ = write!(vtt, "\n{name}\n{} --> {} line:0\n{}\n", time(start, fps), time(end, fps), escaped(words));
}

fn time(frame: u32, fps: u32) -> String {
    let millis = u64::from(frame) * 1000 / u64::from(fps.max(1));
    let (seconds, millis) = (millis / 1000, millis % 1000);
    format!("{:02}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// One line, without anything that would be a tag, or the arrow between times.
fn escaped(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
