//! Giving files to a file field.
//!
//! Never presses the field: that would open a window of the operating system. Never keeps a field from one file to the next: upload
//! kits put a new one in its place after each.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::super::Browser;
use super::press::{Hit, Permit};
use super::target::{Found, Purpose, Target};
use crate::base::{Fault, FaultKind, Ladder, Until, files};
use crate::say;

/// A page in which nothing has changed for so long stands still.
const QUIET: Duration = Duration::from_millis(300);
/// How long a page that never stands still is waited for.
const STILL: Duration = Duration::from_secs(5);

impl Browser {
    /// Copies an open file into the run's own folder and gives the copy's path: the browser opens files by name, when it wants to, and
    /// what stands under that name outside could be another file by then. The copy goes with the folder at the end of the run.
    ///
    /// # Errors
    /// [`FaultKind::Io`].
    pub fn keep_for_upload(&self, file: &mut File, name: &str) -> Result<PathBuf, Fault> {
        let uploads = self.options.work.join("uploads");
        // The portal sees the name, so each copy has a folder of its own; nobody else makes any here.
        let folder = (1u32..).map(|number| uploads.join(number.to_string())).find(|folder| !folder.exists()).unwrap_or(uploads);
        files::private_dir(&folder)?;
        let path = folder.join(name);
        let mut copy = files::create_new(&path)?;
        let copied = file.seek(SeekFrom::Start(0)).and_then(|_| std::io::copy(file, &mut copy));
        copied.map_err(|error| Fault::io("复制文件", "copy the file to", &path, &error))?;
        Ok(path)
    }

    /// Gives files to the field, if `permit` lets it: all at once where it takes several, else one after another.
    ///
    /// # Errors
    /// As [`Browser::find`]; [`FaultKind::Refused`] when the element is no file field.
    pub async fn upload(&self, target: &Target, paths: &[&Path], permit: &Permit<'_>, until: &Until) -> Result<Found, Fault> {
        let (found, mut rest) = (self.find(target, Purpose::Upload, until).await?, paths);
        self.stands_still(&found, until).await?;
        // The kit may have put another field in its place meanwhile.
        let mut found = self.find(target, Purpose::Upload, until).await?;
        while !rest.is_empty() {
            permit(&Hit::field(&found))?;
            // The page may show what it was given: a scan of an identity card.
            self.now_personal(&found.document);
            let (field, several) = self.file_field(&found, target, until).await?;
            let now = if several { rest.len() } else { 1 };
            let names: Vec<_> = rest[..now].iter().map(|path| path.display().to_string()).collect();
            let params = json!({"context": found.context, "element": field, "files": names});
            self.unless_dialog(self.bidi.command("input.setFiles", params, &say!("上传文件", "give files to the page"), until))
                .await?;
            rest = &rest[now..];
            if !rest.is_empty() {
                found = self.find(target, Purpose::Upload, until).await?;
            }
        }
        Ok(found)
    }

    /// Scrolls to the button over the field, for a picture of it, and says where it is then; none where the page has no such field now.
    ///
    /// # Errors
    /// Those of a look at a page.
    pub async fn show_picker(&self, target: &Target, until: &Until) -> Result<Option<Found>, Fault> {
        let Some(found) = self.look(target, Purpose::Upload, until).await? else { return Ok(None) };
        self.ask(&found.context, "ruku.revealPicker(args[0])", &[json!(found.key)], until).await?;
        self.look(target, Purpose::Upload, until).await
    }

    /// Waits until the page around the field stands still, but not for ever: scripts of upload kits come some time after their fields, and a
    /// file that is given before is lost without a word. It must not be given twice, so it is not given too early.
    async fn stands_still(&self, found: &Found, until: &Until) -> Result<(), Fault> {
        let (doing, patience, mut ladder) =
            (say!("网页静止，以便上传", "the page to stand still for an upload"), until.within(STILL), Ladder::default());
        while self.ask(&found.context, "ruku.settled(args[0])", &[json!(QUIET.as_millis())], until).await? != true {
            match patience.climb(&mut ladder, &doing).await {
                Err(fault) if fault.kind == FaultKind::TimedOut && !until.expired() => break,
                paused => paused?,
            }
        }
        Ok(())
    }

    async fn file_field(&self, found: &Found, target: &Target, until: &Until) -> Result<(serde_json::Value, bool), Fault> {
        let told = self.ask(&found.context, "ruku.fileField(args[0])", &[json!(found.key)], until).await?;
        match told["state"].as_str() {
            Some("field") => Ok((told["node"].clone(), told["several"] == true)),
            Some("wrong") => {
                let (zh, en) = (target.words().zh, target.words().en);
                Err(Fault::new(FaultKind::Refused, say!("{zh}不是上传文件的栏目。", "{en} takes no files")))
            }
            _ => Err(super::ready::not_ready(target, &told)),
        }
    }
}
