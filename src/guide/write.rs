//! Writes what is made of a story into a new folder.
//!
//! Never into a run folder, never over anything that is there, and nothing is left of what could not be finished.

use std::path::{Path, PathBuf};

use super::html;
use super::making::Making;
use super::story::Story;
use crate::base::{Fault, FaultKind, Lang, files};
use crate::proof;
use crate::say;

/// Where the pictures lie, below the folder.
const PICTURES: &str = "pictures";

/// Where the annotated pictures lie.
#[cfg(feature = "film")]
const ANNOTATED: &str = "annotated";

/// What can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A page with its pictures.
    Html,
    /// A picture for each step, with what is marked drawn over it.
    Png,
    /// A film, with captions beside it.
    Mp4,
    /// A short animation.
    Gif,
}

impl Format {
    /// Their names on the command line.
    pub const NAMES: [(&str, Format); 4] =
        [("html", Format::Html), ("png", Format::Png), ("mp4", Format::Mp4), ("gif", Format::Gif)];

    /// The format of this name.
    pub fn named(name: &str) -> Option<Format> {
        Format::NAMES.into_iter().find(|(own, _)| *own == name).map(|(_, format)| format)
    }
}

/// Makes `formats` of the story in the new folder `to`; gives the files and folders that a person opens.
///
/// # Errors
/// [`FaultKind::Refused`] when `to` is there already, lies in a run folder, when a picture is not the one of the journal, or when this build
/// draws no pictures; [`FaultKind::Setup`] when no font here has the letters; [`FaultKind::Stopped`] when `making` is; [`FaultKind::Io`].
pub fn write(story: &Story, formats: &[Format], to: &Path, lang: Lang, making: &Making) -> Result<Vec<PathBuf>, Fault> {
    refuse_place(to)?;
    // Made beside its place and moved there whole.
    let mut name = to.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.new", std::process::id()));
    let unfinished = to.with_file_name(name);
    let made = make(story, formats, &unfinished, lang, making).and_then(|made| {
        files::rename(&unfinished, to).map_err(|error| Fault::io("写入", "write", to, &error))?;
        Ok(made.into_iter().map(|name| to.join(name)).collect())
    });
    if made.is_err() {
        let _ = std::fs::remove_dir_all(&unfinished);
    }
    made
}

/// Refuses a place where something is, and one in a run folder.
///
/// # Errors
/// [`FaultKind::Refused`].
pub fn refuse_place(to: &Path) -> Result<(), Fault> {
    files::refuse_taken(to)?;
    if !proof::is_in_a_run(to) {
        return Ok(());
    }
    let place = to.display();
    Err(Fault::new(
        FaultKind::Refused,
        say!(
            "{place} 在办理档案里面，档案不能改动。请换一个文件夹。",
            "{place} is inside a run folder, which stays as it is; choose another folder"
        ),
    ))
}

fn make(story: &Story, formats: &[Format], folder: &Path, lang: Lang, making: &Making) -> Result<Vec<PathBuf>, Fault> {
    create(folder)?;
    let mut made = Vec::new();
    let mut painted = formats.to_vec();
    painted.retain(|format| *format != Format::Html);
    painted.sort_unstable();
    painted.dedup();
    if formats.contains(&Format::Html) {
        made.push(page(story, folder, lang, making)?);
    }
    if !painted.is_empty() {
        made.extend(paint(story, &painted, folder, lang, making)?);
    }
    Ok(made)
}

#[cfg(feature = "film")]
fn paint(story: &Story, formats: &[Format], folder: &Path, lang: Lang, making: &Making) -> Result<Vec<PathBuf>, Fault> {
    use super::{annotated, film, painter::Painter};
    let painter = Painter::new()?;
    let mut made = Vec::new();
    for format in formats {
        match format {
            Format::Html => {}
            Format::Png => {
                let pictures = folder.join(ANNOTATED);
                create(&pictures)?;
                for (index, scene) in story.scenes.iter().enumerate() {
                    making.at(*format, index, story.scenes.len())?;
                    let name = html::picture(scene, false);
                    files::write_new(&pictures.join(name), &annotated::png(story, scene, lang, &painter)?)?;
                }
                made.push(ANNOTATED.into());
            }
            Format::Mp4 => {
                let film = film::film(story, lang, &painter, making)?;
                files::write_new(&folder.join("film.mp4"), &film.mp4)?;
                // Players take the captions of that name by themselves.
                files::write_new(&folder.join("film.vtt"), film.captions.as_bytes())?;
                files::write_new(&folder.join("film.chapters.vtt"), film.chapters.as_bytes())?;
                made.extend(["film.mp4".into(), "film.vtt".into(), "film.chapters.vtt".into()]);
            }
            Format::Gif => {
                files::write_new(&folder.join("film.gif"), &film::gif(story, lang, &painter, making)?)?;
                made.push("film.gif".into());
            }
        }
    }
    Ok(made)
}

#[cfg(not(feature = "film"))]
fn paint(_: &Story, _: &[Format], _: &Path, _: Lang, _: &Making) -> Result<Vec<PathBuf>, Fault> {
    Err(without_film())
}

/// A drawing as a PNG picture, twice as large as its own size: sharp on paper.
///
/// # Errors
/// [`FaultKind::Refused`] when this build draws no pictures; [`FaultKind::Setup`] when no font here has the letters; [`FaultKind::Io`].
#[cfg(feature = "film")]
pub fn picture(svg: &str) -> Result<Vec<u8>, Fault> {
    use super::painter::{self, Painter};
    painter::png(&Painter::new()?.paint(svg, 2.0)?)
}

/// Says that this build draws no pictures.
///
/// # Errors
/// [`FaultKind::Refused`].
#[cfg(not(feature = "film"))]
pub fn picture(_: &str) -> Result<Vec<u8>, Fault> {
    Err(without_film())
}

#[cfg(not(feature = "film"))]
fn without_film() -> Fault {
    Fault::new(
        FaultKind::Refused,
        say!(
            "这个 ruku 在编译时没有包含图片和影片功能（feature film），只能生成 HTML 指南和 SVG 流程图。请用 cargo build --release 重新编译。",
            "this ruku was built without pictures and films (feature film) and makes HTML guides and SVG charts only; build it again with cargo build --release"
        ),
    )
}

fn page(story: &Story, folder: &Path, lang: Lang, making: &Making) -> Result<PathBuf, Fault> {
    let pictures = folder.join(PICTURES);
    create(&pictures)?;
    for (index, scene) in story.scenes.iter().enumerate() {
        making.at(Format::Html, index, story.scenes.len())?;
        let stills = [(Some(&scene.still), false), (scene.after.as_ref(), true)];
        for (still, after) in stills.into_iter().filter_map(|(still, after)| Some((still?, after))) {
            files::write_new(&pictures.join(html::picture(scene, after)), &still.png()?)?;
        }
    }
    if let Some(chart) = &story.chart {
        files::write_new(&folder.join(html::CHART), chart.as_bytes())?;
    }
    let name = PathBuf::from("index.html");
    files::write_new(&folder.join(&name), html::page(story, PICTURES, lang)?.as_bytes())?;
    Ok(name)
}

fn create(folder: &Path) -> Result<(), Fault> {
    std::fs::create_dir_all(folder).map_err(|error| Fault::io("创建文件夹", "create", folder, &error))
}
