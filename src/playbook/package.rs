//! The hand-over package: a folder that support prepares and the customer's Ruku runs, playbooks, site profile and inputs in it.
//!
//! Never holds a secret input. Never overwrites. A package whose texts are not those of its manifest is refused; the manifest is in the form
//! of `sha256sum`, and its code can be compared on the phone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Playbook, Privacy};
use crate::base::{Fault, FaultKind, Message, files};
use crate::say;

const MANIFEST: &str = "manifest-sha256.txt";
const CONTENTS: &str = "package.json";
const README: &str = "README.txt";
const SITE: &str = "site.yaml";
const INPUTS: &str = "inputs.yaml";
const PLAYBOOKS: &str = "playbooks";
const PARTS: &str = "playbooks/parts";
/// Where the customer's run folders land; they are no part of the manifest.
const RUNS: &str = "runs";

/// `package.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    /// Of this file's shape; 1.
    version: u32,
    /// The version of Ruku that made it.
    ruku: String,
    /// What is run, in order: file names below `playbooks/`.
    run: Vec<String>,
    /// Inputs that were given and are not in the package.
    left_out: Vec<String>,
}

/// What goes into a package. File names are without folders.
#[derive(Debug, Default)]
pub struct Texts<'a> {
    /// What is run, in order, by file name.
    pub run: Vec<String>,
    /// Every playbook, those of sequences too, by file name.
    pub playbooks: BTreeMap<String, &'a [u8]>,
    /// Their shared lists of steps, by name.
    pub parts: BTreeMap<String, &'a [u8]>,
    /// The site profile.
    pub site: &'a [u8],
    /// The inputs that may travel.
    pub inputs: BTreeMap<String, String>,
    /// Names of those that may not.
    pub left_out: Vec<String>,
}

/// A package that is as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The package itself.
    pub folder: PathBuf,
    /// The playbooks to run, in order.
    pub run: Vec<PathBuf>,
    /// Its `playbooks/`, for parts and sequences.
    pub playbooks: PathBuf,
    /// The site profile.
    pub site: PathBuf,
    /// The inputs.
    pub inputs: PathBuf,
    /// Where run folders go.
    pub runs: PathBuf,
    /// Sixteen hexadecimal digits of the manifest, `ab12-cd34-ef56-0789`: the same on both sides.
    pub code: String,
}

/// The inputs that may travel, and the names of those that stay: secret ones, and what no playbook asks for.
pub fn travelling(playbooks: &[&Playbook], inputs: BTreeMap<String, String>) -> (BTreeMap<String, String>, Vec<String>) {
    let declared =
        |name: &str| playbooks.iter().filter_map(|playbook| playbook.inputs.get(name)).map(|input| input.privacy).max();
    let (travel, stay): (BTreeMap<_, _>, BTreeMap<_, _>) =
        inputs.into_iter().partition(|(name, _)| declared(name).is_some_and(|privacy| privacy < Privacy::Secret));
    (travel, stay.into_keys().collect())
}

/// Makes the package in `folder`, which must be new or empty.
///
/// # Errors
/// `Refused` when the folder holds something, `Io` when it cannot be written.
pub fn write(folder: &Path, texts: &Texts<'_>) -> Result<Package, Fault> {
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file() {
        let shown = folder.display();
        return refuse(say!("{shown} 已有内容。请指定一个新的文件夹。", "{shown} is not empty; name a new folder"));
    }
    let contents = Contents {
        version: 1,
        ruku: env!("CARGO_PKG_VERSION").to_owned(),
        run: texts.run.clone(),
        left_out: texts.left_out.clone(),
    };
    let contents = serde_json::to_vec_pretty(&contents).map_err(|error| broken(CONTENTS, &error))?;
    let mut all: BTreeMap<String, Vec<u8>> = BTreeMap::from([
        (CONTENTS.to_owned(), contents),
        (README.to_owned(), readme(texts).into_bytes()),
        (SITE.to_owned(), texts.site.to_vec()),
        (INPUTS.to_owned(), inputs_text(&texts.inputs).into_bytes()),
    ]);
    all.extend(texts.playbooks.iter().map(|(name, bytes)| (format!("{PLAYBOOKS}/{name}"), bytes.to_vec())));
    all.extend(texts.parts.iter().map(|(name, bytes)| (format!("{PARTS}/{name}.yaml"), bytes.to_vec())));
    for sub in ["", PLAYBOOKS, PARTS, RUNS] {
        files::private_dir(&folder.join(sub))?;
    }
    let mut manifest = String::new();
    for (name, bytes) in &all {
        files::write_new(&folder.join(name), bytes)?;
        manifest.push_str(&format!("{}  {name}\n", hex::encode(Sha256::digest(bytes))));
    }
    // Last: a package that was broken off half-way has none.
    files::write_new(&folder.join(MANIFEST), manifest.as_bytes())?;
    files::sync_dir(folder)?;
    open(folder)
}

/// Opens a package and makes sure that every text is the one that support put there, and that there is no other.
///
/// # Errors
/// `Refused` for a folder that is no package, and for a changed one, naming the files.
pub fn open(folder: &Path) -> Result<Package, Fault> {
    let shown = folder.display();
    let Ok(manifest) = std::fs::read_to_string(folder.join(MANIFEST)) else {
        return refuse(say!(
            "{shown} 不是完整的交接包（缺少 {MANIFEST}）。请把支持人员给的整个文件夹解压后再试。",
            "{shown} is no complete hand-over package ({MANIFEST} is missing); unpack the whole folder that support gave you and try again"
        ));
    };
    let mut listed = BTreeSet::new();
    let mut changed = BTreeSet::new();
    for line in manifest.lines() {
        let Some((hash, name)) = line.split_once("  ").filter(|(_, name)| is_inside(name)) else {
            return refuse(say!(
                "交接包的 {MANIFEST} 有误。请向支持人员重新索取。",
                "the package's {MANIFEST} is wrong; ask support for it again"
            ));
        };
        listed.insert(name.to_owned());
        if read(&folder.join(name)).is_none_or(|bytes| hex::encode(Sha256::digest(&bytes)) != hash) {
            changed.insert(name.to_owned());
        }
    }
    changed.extend(texts_in(folder).into_iter().filter(|name| !listed.contains(name)));
    changed.extend([CONTENTS, SITE, INPUTS].into_iter().filter(|name| !listed.contains(*name)).map(str::to_owned));
    if !changed.is_empty() {
        let names = changed.into_iter().collect::<Vec<_>>();
        let (zh, en) = (names.join("、"), names.join(", "));
        return refuse(say!(
            "交接包被改动过，不能使用：{zh}。请不要编辑其中的文件；内容要改时请支持人员重新制作。",
            "the hand-over package was changed and is not used: {en}; do not edit its files, have support make it anew"
        ));
    }
    let bytes = read(&folder.join(CONTENTS)).unwrap_or_default();
    let contents: Contents = serde_json::from_slice(&bytes).map_err(|error| broken(CONTENTS, &error))?;
    let playbooks = folder.join(PLAYBOOKS);
    let run: Vec<PathBuf> = contents.run.iter().map(|name| playbooks.join(name)).collect();
    let strange = contents.run.iter().find(|name| !listed.contains(&format!("{PLAYBOOKS}/{name}")));
    if contents.version != 1 || run.is_empty() || strange.is_some() {
        return refuse(say!(
            "这个 Ruku 看不懂这个交接包。请与支持人员使用同一版本。",
            "this Ruku does not understand this package; use the version that support uses"
        ));
    }
    Ok(Package {
        folder: folder.to_owned(),
        run,
        playbooks,
        site: folder.join(SITE),
        inputs: folder.join(INPUTS),
        runs: folder.join(RUNS),
        code: code(manifest.as_bytes()),
    })
}

/// Reads a file that is no link.
fn read(path: &Path) -> Option<Vec<u8>> {
    let plain = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    plain.then(|| std::fs::read(path).ok()).flatten()
}

/// Whether a name of the manifest stays inside the package.
fn is_inside(name: &str) -> bool {
    // A colon names a drive or a hidden stream on Windows.
    !name.is_empty()
        && !name.contains(['\\', ':'])
        && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Every text that a run could read, as the manifest names it.
fn texts_in(folder: &Path) -> Vec<String> {
    let names = |sub: &'static str| {
        let entries = std::fs::read_dir(folder.join(sub)).into_iter().flatten().filter_map(Result::ok);
        entries.map(move |entry| format!("{sub}/{}", entry.file_name().to_string_lossy()))
    };
    names(PLAYBOOKS).chain(names(PARTS)).filter(|name| name != PARTS).collect()
}

fn code(manifest: &[u8]) -> String {
    let digest = Sha256::digest(manifest);
    digest[..8].chunks(2).map(hex::encode).collect::<Vec<_>>().join("-")
}

fn refuse<T>(message: Message) -> Result<T, Fault> {
    Err(Fault::new(FaultKind::Refused, message))
}

fn broken(file: &str, error: &serde_json::Error) -> Fault {
    Fault::new(FaultKind::Refused, say!("交接包的 {file} 有误（{error}）。", "the package's {file} is wrong ({error})"))
}

/// JSON texts are YAML texts, and no value is read as anything but text.
fn inputs_text(inputs: &BTreeMap<String, String>) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let lines = inputs.iter().map(|(name, value)| format!("{}: {}\n", quoted(name), quoted(value)));
    let text: String = lines.collect();
    if text.is_empty() { "{}\n".to_owned() } else { text }
}

/// What the customer does, in both languages. With a byte order mark and the line ends of Windows, so that any editor shows it.
fn readme(texts: &Texts<'_>) -> String {
    let run = texts.run.join("  ");
    let left_out = texts.left_out.join("、");
    let later = |zh: bool| match (left_out.is_empty(), zh) {
        (true, _) => String::new(),
        (false, true) => format!("   以下资料没有放进来，需要时会请您当场填写：{left_out}\n"),
        (false, false) => format!("   Not in the package, asked for where needed: {left_out}\n"),
    };
    let text = format!(
        "入库办理交接包\n\n\
         办理流程：{run}\n\n\
         1. 在插 CA 锁的电脑上装好 Ruku，不要用远程桌面：把支持人员给的 ruku 程序、playbooks 和 drivers 放在同一个文件夹里，\n\
         \u{20}  再装浏览器和驱动程序。Debian：apt install chromium chromium-driver pcscd libpcsclite1 fonts-wqy-microhei；\n\
         \u{20}  Windows：Chrome 或 Edge，以及同一大版本的 ChromeDriver 或 msedgedriver（放在 ruku.exe 旁边）。还缺什么，执行 ruku doctor 就知道。\n\
         2. 打开命令行，进入本文件夹，执行这一条命令（找不到 ruku 时，写它的完整路径，例如 C:\\ruku\\ruku.exe）：\n\n      ruku run --package .\n\n\
         \u{20}  要上传材料（营业执照等）的，在后面加上：--files 材料所在的文件夹\n\
         3. 按提示插锁、在网页上输入 CA 锁密码、签章、确认。密码只由您本人输入，不要告诉任何人。\n{later_zh}\
         4. 办完或中途停下后，把整个文件夹交回支持人员：办理档案在 runs 里。\n\n\
         请不要编辑这里的文件，改动过的交接包会被拒绝。其中有个人信息，交回后请删除。\n\
         开始时会显示校验码和要打开的平台网址：请与支持人员在电话里核对，一致才按回车。平台咨询电话：400-998-0000。\n\n\n\
         Hand-over package\n\n\
         Playbooks: {run}\n\n\
         1. Install Ruku on the computer that the CA lock is plugged into; no remote desktop: put the program ruku, playbooks and drivers,\n\
         \u{20}  as support gave them, into one folder, and install the browser and its driver. Debian: apt install chromium chromium-driver pcscd\n\
         \u{20}  libpcsclite1 fonts-wqy-microhei; Windows: Chrome or Edge, and the ChromeDriver or msedgedriver of the same major version beside ruku.exe.\n\
         \u{20}  ruku doctor says what is still missing.\n\
         2. Open a command line in this folder and run this one command (ruku not found: write its whole path, such as C:\\ruku\\ruku.exe):\n\n      ruku run --package .\n\n\
         \u{20}  Where files are to be uploaded (营业执照 and the like), add: --files FOLDER-WITH-THEM\n\
         3. Insert the lock, type its PIN into the page, seal and confirm as you are asked. The PIN is yours alone: tell nobody.\n{later_en}\
         4. Give the whole folder back to support afterwards, also when it stopped half-way: the record lies in runs.\n\n\
         Do not edit these files: a changed package is refused. They hold personal data: delete them when you have given them back.\n\
         A code and the addresses of the portals are shown at the start: compare them with support on the phone, and press Enter only if they are the same. Platform: 400-998-0000.\n",
        later_zh = later(true),
        later_en = later(false),
    );
    format!("\u{feff}{}", text.replace('\n', "\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Texts<'static> {
        Texts {
            run: vec!["2.2-ca-binding.yaml".into()],
            playbooks: BTreeMap::from([("2.2-ca-binding.yaml".to_owned(), &b"guide: '2.2'\n"[..])]),
            parts: BTreeMap::from([("sign-on".to_owned(), &b"steps: []\n"[..])]),
            site: b"name: s\n",
            inputs: BTreeMap::from([("手机号".to_owned(), "013900000000".to_owned()), ("姓名".to_owned(), "乙\"甲".to_owned())]),
            left_out: vec!["密码".into()],
        }
    }

    #[test]
    fn what_is_packed_comes_out_and_nothing_else_goes_in() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("package");
        let package = write(&folder, &texts()).unwrap();
        assert_eq!(open(&folder).unwrap(), package);
        assert_eq!(package.code.split('-').map(str::len).collect::<Vec<_>>(), [4; 4]);
        assert_eq!(package.run, [folder.join("playbooks/2.2-ca-binding.yaml")]);
        let (inputs, faults, _) = super::super::read_inputs("inputs.yaml", &std::fs::read(&package.inputs).unwrap());
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(inputs, texts().inputs);
        let readme = std::fs::read_to_string(folder.join(README)).unwrap();
        assert!(readme.contains("ruku run --package") && readme.contains("密码"), "{readme}");
        assert!(write(&folder, &texts()).is_err(), "never overwrites");
        #[cfg(unix)]
        for name in [README, SITE, INPUTS, MANIFEST, CONTENTS, "playbooks/parts/sign-on.yaml"] {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_changed_package_is_refused_with_the_files_named() {
        let dir = tempfile::tempdir().unwrap();
        type Change<'a> = &'a dyn Fn(&Path);
        let changes: [(&str, Change<'_>); 5] = [
            ("site.yaml", &|folder| std::fs::write(folder.join("site.yaml"), "name: other\n").unwrap()),
            ("inputs.yaml", &|folder| std::fs::remove_file(folder.join("inputs.yaml")).unwrap()),
            ("playbooks/parts/new.yaml", &|folder| std::fs::write(folder.join("playbooks/parts/new.yaml"), "").unwrap()),
            ("playbooks/2.9-new.yaml", &|folder| std::fs::write(folder.join("playbooks/2.9-new.yaml"), "").unwrap()),
            (MANIFEST, &|folder| std::fs::write(folder.join(MANIFEST), "00  ../site.yaml\n").unwrap()),
        ];
        for (number, (name, change)) in changes.iter().enumerate() {
            let folder = dir.path().join(number.to_string());
            write(&folder, &texts()).unwrap();
            change(&folder);
            let fault = open(&folder).unwrap_err();
            assert!(fault.kind == FaultKind::Refused && fault.message.zh.contains(name), "{name}: {}", fault.message.zh);
        }
        assert!(open(dir.path()).unwrap_err().message.zh.contains("不是完整的交接包"));
        // What the customer's runs leave is no change.
        let folder = dir.path().join("run");
        write(&folder, &texts()).unwrap();
        std::fs::write(folder.join("runs/x"), "").unwrap();
        open(&folder).unwrap();
    }

    #[test]
    fn secrets_and_what_nobody_asks_for_stay() {
        let text = "guide: \"2.2\"\nedition: V1\ntitle: 绑定\ninputs:\n  手机号: {}\n  口令: { privacy: secret }\nsteps:\n  - click: 登录\n";
        let playbook = super::super::read("a.yaml", text.as_bytes()).0.unwrap();
        let inputs = ["手机号", "口令", "别的"].map(|name| (name.to_owned(), "1".to_owned()));
        let (travel, stay) = travelling(&[&playbook], inputs.into_iter().collect());
        assert_eq!(travel.into_keys().collect::<Vec<_>>(), ["手机号"]);
        assert_eq!(stay, ["别的", "口令"]);
    }
}
