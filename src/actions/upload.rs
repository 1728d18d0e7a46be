//! `upload`: gives files of the folder that the person chose to a file field, and waits until the portal shows them.
//!
//! Never takes a file from anywhere else, never uploads again what the portal shows already nor leaves it there without a word, never
//! keeps a file's content in the record.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::press::entering;
use super::stage::Change;
use super::{Action, Condition, Entered, Inspect, Place, Risk, Stage, Words};
use crate::base::below::open_below;
use crate::base::{Fault, FaultKind, Ladder, Message};
use crate::browser::page::{Mark, Purpose, Target};
use crate::proof::{Event, UPLOAD};

/// Words with which upload kits and portals refuse a file; what pops up after the upload and holds one of them is a refusal.
const REFUSALS: [&str; 12] =
    ["过大", "过多", "类型错误", "格式", "不支持", "不允许", "超出", "超过", "失败", "出错", "错误", "重复"];

/// `upload: { to: 营业执照, file: "{{ 营业执照 }}", done: { text: 上传成功 } }`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    /// 上传栏目：标签或按钮文字 · The file field: its label, or the button over it.
    pub to: Place,
    /// 文件在所选文件夹中的路径 · The file, as a path inside the folder that the person chose.
    #[serde(default)]
    pub file: Option<Words>,
    /// 多个文件 · Several files.
    #[serde(default)]
    pub files: Vec<Words>,
    /// 上传后看到什么；已看到则不再上传 · What is seen when they are there; if it is seen before, nothing is uploaded.
    pub done: Condition,
    /// 看到什么就是被拒绝 · What is seen when the portal refuses them.
    #[serde(default)]
    pub refused_when: Option<Condition>,
}

/// One file, checked and kept for the browser.
struct Kept {
    name: String,
    path: PathBuf,
    sha256: String,
    size: u64,
}

impl Upload {
    /// What people call the field: the row that a button stands in says more than the button.
    fn field(&self) -> &str {
        match &self.to.row {
            Some(row) => row,
            None => self.to.words(),
        }
    }

    /// The paths as the playbook writes them.
    pub fn names(&self) -> impl Iterator<Item = &Words> {
        self.file.iter().chain(&self.files)
    }
}

impl Action for Upload {
    const WORD: &'static str = "upload";
    const DOC: (&'static str, &'static str) = (
        "上传所选文件夹中的文件，直到平台显示已上传（已有则不再上传）",
        "Upload files of the chosen folder and wait until the portal shows them",
    );
    const RISK: Risk = Risk::Change;

    fn title(&self) -> Message {
        crate::say!("上传「{}」", "upload “{}”", self.field())
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        self.to.inspect(inspect);
        self.names().for_each(|name| inspect.words(name));
        self.done.inspect(inspect);
        self.refused_when.iter().for_each(|seen| seen.inspect(inspect));
    }

    fn enters(&self) -> Vec<Entered> {
        vec![Entered::Field(Box::new(self.to.0.clone()), Purpose::Upload)]
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        stage.allowed_here().await?;
        let target = stage.target(&self.to, true)?;
        let mut names = self.names().map(|name| stage.render(name)).collect::<Result<Vec<_>, Fault>>()?;
        // An optional file that nobody gave.
        names.retain(|name| !name.trim().is_empty());
        if names.is_empty() {
            return Ok(());
        }
        if self.already(stage, &target).await? {
            return self.left_alone(stage);
        }
        let folder = stage.files.ok_or_else(no_folder)?;
        let kept = names.iter().map(|name| keep(stage, folder, name)).collect::<Result<Vec<_>, Fault>>()?;
        let (mark, paths) = (stage.browser.mark(), kept.iter().map(|one| one.path.as_path()).collect::<Vec<_>>());
        *stage.since = Some(mark);
        match stage.browser.upload(&target, &paths, &entering(stage.site, stage.once), &stage.until).await {
            Ok(found) => {
                stage.pressed = true;
                stage.matched(&found)?;
            }
            // The portal answers at once with a box; what it says is looked at below.
            Err(fault) if fault.kind == FaultKind::Dialog => stage.pressed = true,
            Err(fault) => return Err(fault),
        }
        self.wait(stage, mark).await?;
        for one in &kept {
            let step = Some(stage.step);
            let text = format!("{} · {} bytes · SHA-256 {}", one.name, one.size, one.sha256);
            stage.record(Event::Message { step, text, kind: UPLOAD.to_owned() })?;
        }
        let files = kept.into_iter().map(|one| one.name).collect();
        stage.changes.push(Change::Uploaded { field: self.field().to_owned(), files });
        Ok(())
    }
}

impl Upload {
    /// Says that what the portal has stays there: it may be the very file that was to be replaced.
    fn left_alone(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let field = self.field();
        stage.changes.push(Change::Kept { field: field.to_owned() });
        stage.warn(crate::say!(
            "「{field}」已有，未上传。要更换的，请在网页上删除已有的，再次执行。",
            "“{field}” is there already, so nothing was uploaded; to replace it, delete it on the page and run again"
        ))
    }

    /// Whether the portal shows the files before anything is given to it; looks until the page has the field or shows them.
    async fn already(&self, stage: &mut Stage<'_>, target: &Target) -> Result<bool, Fault> {
        let (waiting_for, mut ladder) = (target.words(), Ladder::default());
        stage.until = stage.until.awaiting(&waiting_for);
        loop {
            let field = match stage.browser.look(target, Purpose::Upload, &stage.until).await {
                Err(fault) if stage.passing(&fault) => None,
                looked => looked?,
            };
            // After the field: a page that is not all there yet shows no files.
            if stage.glimpse(&self.done, None).await?.is_some() {
                return Ok(true);
            }
            if field.is_some() {
                return Ok(false);
            }
            stage.until.climb(&mut ladder, &waiting_for).await?;
        }
    }

    /// Waits until the portal shows the files, or says why it does not take them.
    async fn wait(&self, stage: &mut Stage<'_>, mark: Mark) -> Result<(), Fault> {
        let waiting_for = stage.site.in_words(&self.done.title());
        stage.until = stage.until.awaiting(&waiting_for);
        let (mut ladder, mut said) = (Ladder::default(), None);
        loop {
            stage.stop_words().await?;
            match stage.glimpse(&self.done, Some(mark)).await {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => {}
                Err(fault) if fault.kind == FaultKind::Dialog => {}
                Err(fault) => return Err(fault),
            }
            if let Some(seen) = &self.refused_when
                && let Some(evidence) = stage.glimpse(seen, Some(mark)).await?
            {
                return Err(refused(&evidence.zh));
            }
            let heard = heard(stage, mark).await?;
            if let Some(text) = heard.iter().find(|text| REFUSALS.iter().any(|word| text.contains(word))) {
                return Err(refused(text));
            }
            said = heard.into_iter().next_back().or(said);
            stage.until.climb(&mut ladder, &waiting_for).await.map_err(|fault| match &said {
                Some(text) if fault.kind == FaultKind::TimedOut => also_said(fault, text),
                _ => fault,
            })?;
        }
    }
}

/// What the page has said since the files were given to it: messages that pop up, boxes that are open.
async fn heard(stage: &Stage<'_>, mark: Mark) -> Result<Vec<String>, Fault> {
    let mut texts: Vec<String> = stage.browser.messages_since(mark).into_iter().map(|(_, text)| text).collect();
    if let Some(dialog) = stage.browser.dialog() {
        texts.push(dialog.text);
        return Ok(texts);
    }
    match stage.browser.drawn_box("", &stage.until).await {
        Ok(drawn) => texts.extend(drawn.map(|drawn| drawn.text)),
        Err(fault) if stage.passing(&fault) || fault.kind == FaultKind::Dialog => {}
        Err(fault) => return Err(fault),
    }
    Ok(texts)
}

fn keep(stage: &Stage<'_>, folder: &Path, name: &str) -> Result<Kept, Fault> {
    let mut file = open_below(folder, name)?;
    let own = Path::new(name).file_name().and_then(|own| own.to_str()).unwrap_or(name).to_owned();
    // The portal shows it without the folder that it lay in.
    stage.hide_as_shown(name, &own);
    let path = stage.browser.keep_for_upload(&mut file, &own)?;
    // Of the copy: that is what the portal gets.
    let (sha256, size) = digest(&path).map_err(|error| Fault::io("读取文件", "read", &path, &error))?;
    Ok(Kept { name: own, path, sha256, size })
}

fn digest(path: &Path) -> std::io::Result<(String, u64)> {
    let (mut file, mut hash, mut size) = (File::open(path)?, Sha256::new(), 0);
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => return Ok((hex::encode(hash.finalize()), size)),
            read => {
                hash.update(&block[..read]);
                size += read as u64;
            }
        }
    }
}

fn no_folder() -> Fault {
    Fault::new(
        FaultKind::Refused,
        crate::say!(
            "没有选定可上传文件的文件夹，因此没有上传。请用 --files 文件夹 重新办理。",
            "no folder of files was chosen, so nothing was uploaded; run again with --files FOLDER"
        ),
    )
}

fn refused(text: &str) -> Fault {
    // What was seen on the page stands in quotes already.
    let text = text.trim_matches(['「', '」']);
    Fault::new(
        FaultKind::Refused,
        crate::say!(
            "平台没有接收文件，提示“{text}”。请按提示换一个文件。",
            "the portal did not take the file and says “{text}”; choose another one accordingly"
        ),
    )
}

fn also_said(fault: Fault, text: &str) -> Fault {
    let said = fault.message.phrase();
    let (zh, en) = (said.zh, said.en);
    Fault::new(fault.kind, crate::say!("{zh}；平台提示“{text}”。", "{en}; the portal says “{text}”"))
}
