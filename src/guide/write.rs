//! Writes what is made of a story into a new folder.
//!
//! Never into a run folder, never over anything that is there, and nothing is left of what could not be finished.

use std::path::{Path, PathBuf};

use super::html;
use super::story::Story;
use crate::base::{Fault, FaultKind, Lang, files};
use crate::proof;
use crate::say;

/// Where the pictures lie, below the folder.
const PICTURES: &str = "pictures";

/// What can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A page with its pictures.
    Html,
}

impl Format {
    /// The format of this name on the command line.
    pub fn named(name: &str) -> Option<Format> {
        (name == "html").then_some(Format::Html)
    }
}

/// Makes `formats` of the story in the new folder `to`; gives the files that a person opens, in the order of `formats`.
///
/// # Errors
/// [`FaultKind::Refused`] when `to` is there already, lies in a run folder, or when a picture is not the one of the journal; [`FaultKind::Io`].
pub fn write(story: &Story, formats: &[Format], to: &Path, lang: Lang) -> Result<Vec<PathBuf>, Fault> {
    refuse_place(to)?;
    // Made beside its place and moved there whole.
    let mut name = to.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.new", std::process::id()));
    let making = to.with_file_name(name);
    let made = make(story, formats, &making, lang).and_then(|made| {
        std::fs::rename(&making, to).map_err(|error| Fault::io("写入", "write", to, &error))?;
        Ok(made.into_iter().map(|name| to.join(name)).collect())
    });
    if made.is_err() {
        let _ = std::fs::remove_dir_all(&making);
    }
    made
}

/// Refuses a place where something is, and one in a run folder.
///
/// # Errors
/// [`FaultKind::Refused`].
pub fn refuse_place(to: &Path) -> Result<(), Fault> {
    let place = to.display();
    let why = if to.symlink_metadata().is_ok() {
        say!(
            "{place} 已存在，不会覆盖。请先移走，或换一个名称。",
            "{place} is there already and is not written over; move it away, or choose another name"
        )
    } else if proof::is_in_a_run(to) {
        say!(
            "{place} 在办理档案里面，档案不能改动。请换一个文件夹。",
            "{place} is inside a run folder, which stays as it is; choose another folder"
        )
    } else {
        return Ok(());
    };
    Err(Fault::new(FaultKind::Refused, why))
}

fn make(story: &Story, formats: &[Format], folder: &Path, lang: Lang) -> Result<Vec<PathBuf>, Fault> {
    create(folder)?;
    let mut made = Vec::new();
    for format in formats {
        made.push(match format {
            Format::Html => page(story, folder, lang)?,
        });
    }
    Ok(made)
}

fn page(story: &Story, folder: &Path, lang: Lang) -> Result<PathBuf, Fault> {
    let pictures = folder.join(PICTURES);
    create(&pictures)?;
    for scene in &story.scenes {
        let stills = [(Some(&scene.still), false), (scene.after.as_ref(), true)];
        for (still, after) in stills.into_iter().filter_map(|(still, after)| Some((still?, after))) {
            files::write_new(&pictures.join(html::picture(scene, after)), &still.png()?)?;
        }
    }
    let name = PathBuf::from("index.html");
    files::write_new(&folder.join(&name), html::page(story, PICTURES, lang)?.as_bytes())?;
    Ok(name)
}

fn create(folder: &Path) -> Result<(), Fault> {
    std::fs::create_dir_all(folder).map_err(|error| Fault::io("创建文件夹", "create", folder, &error))
}
