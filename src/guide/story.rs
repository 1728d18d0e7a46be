//! A run as a story: chapters and scenes, each with a picture, what to mark in it, and words. Everything that trainers hand out is made of it.
//!
//! Never asks the world, and never shows more than the run folder does: its pictures are masked already.

use std::path::PathBuf;

use crate::base::{Fault, Message};
use crate::proof;
use crate::say;

/// What is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// What the whole is called.
    pub title: Message,
    /// Whether it was made on the training portals.
    pub training: bool,
    /// Whether the run came to its end; else the story ends where it stopped.
    pub finished: bool,
    /// The flow chart of the whole way, SVG, in the language of what is made; none where the playbooks are not at hand.
    pub chart: Option<String>,
    /// Its scenes in their order; never none.
    pub scenes: Vec<Scene>,
}

impl Story {
    /// What everything made of it says of itself: it is no proof, and perhaps not the whole.
    pub fn demo(&self) -> Message {
        let demo =
            if self.training { say!("演示 · 模拟平台", "DEMO · training portals") } else { say!("演示", "DEMO") };
        let Message { zh, en } = demo;
        if self.finished { Message { zh, en } } else { say!("{zh} · 未办完", "{en} · NOT FINISHED") }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// From 1, without gaps.
    pub number: u32,
    /// Section and title of the procedure that begins with this scene; none inside of one.
    pub chapter: Option<(String, Message)>,
    /// What is done.
    pub title: Message,
    /// The page where it is done.
    pub still: Still,
    /// The page afterwards, where that is another picture.
    pub after: Option<Still>,
    /// Where on `still` something is pressed or entered, in the order of doing.
    pub marks: Vec<Mark>,
    /// Whether the (only) mark is pressed, and not filled in.
    pub press: bool,
    /// Whether the person did it: Ruku waited.
    pub person: bool,
    /// Whether it cannot be taken back.
    pub irreversible: bool,
}

/// A picture of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Still {
    /// The run folder that it lies in.
    pub run: PathBuf,
    /// The PNG file, from there.
    pub file: String,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Still {
    /// Its bytes: those that the journal names, or none.
    ///
    /// # Errors
    /// As [`proof::picture`].
    pub fn png(&self) -> Result<Vec<u8>, Fault> {
        proof::picture(&self.run, &self.file, &self.sha256)
    }
}

/// A place in a picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Mark {
    /// Its middle.
    pub fn middle(&self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }
}
