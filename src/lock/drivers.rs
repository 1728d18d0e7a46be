//! `drivers/locks/*.yaml` and `drivers/agents/*.yaml`: what Ruku may ask of a card, and how a local CA agent lists its locks.
//!
//! The list is the permission: a card that no driver names is never sent anything. Never guesses: a file with a fault stops the reading,
//! and all faults of all files are told at once.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::atr::{Aid, AtrPattern};
use crate::base::{Diagnostic, Fault, FaultKind, Lang, Message, Source, Spanned, diagnostic};
use crate::say;

/// What may be read from a card without a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateRead {
    /// Nothing: presence and ATR only.
    #[default]
    None,
    /// The certificate of PIV key 9A.
    #[serde(rename = "piv-9a")]
    Piv9a,
}

/// What may be done with a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PinUse {
    /// Nothing: every real lock.
    #[default]
    None,
    /// VERIFY and signing, for the virtual lock of the training portals alone.
    TrainingPiv,
}

/// One kind of lock that Ruku knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockDriver {
    /// The file's name without `.yaml`.
    pub name: String,
    /// What a person reads.
    pub title: Message,
    /// The cards meant.
    pub atr: AtrPattern,
    /// The application that holds the certificate.
    pub aid: Option<Aid>,
    /// What may be read.
    pub read_certificate: CertificateRead,
    /// What may be done with a PIN.
    pub pin: PinUse,
    /// Whether the card tells its remaining tries on an empty VERIFY without spending one.
    pub ask_tries: bool,
}

impl LockDriver {
    /// Whether the certificate may be read.
    pub fn reads_certificate(&self) -> bool {
        self.read_certificate == CertificateRead::Piv9a
    }

    /// Reads one driver from a text; `source.name` is shown in the faults, its file name is the driver's name.
    ///
    /// # Errors
    /// All faults of the text.
    pub fn read(source: &Source) -> Result<LockDriver, Vec<Diagnostic>> {
        let text: LockText = parse(source)?;
        let mut faults = named(source, &text.name);
        if *text.read_certificate == CertificateRead::Piv9a && text.aid.is_none() {
            let told = say!("读取证书需要应用标识 aid。", "reading the certificate needs the application identifier `aid`");
            faults.push(Diagnostic::error("aid-missing", told, Some(text.read_certificate.span.clone())));
        }
        if *text.pin == PinUse::TrainingPiv && *text.read_certificate != CertificateRead::Piv9a {
            let told = say!(
                "pin: training-piv 需要 read_certificate: piv-9a：先要认出模拟证书。",
                "`pin: training-piv` needs `read_certificate: piv-9a`: the training certificate is recognised first"
            );
            faults.push(Diagnostic::error("pin-without-certificate", told, Some(text.pin.span.clone())));
        }
        if *text.ask_tries && *text.pin != PinUse::TrainingPiv {
            let told = say!(
                "ask_tries 只能用于 pin: training-piv 的锁：有的锁会因为询问而扣一次次数。",
                "`ask_tries` is only for locks with `pin: training-piv`: some locks spend a try on the question"
            );
            faults.push(Diagnostic::error("tries-of-a-real-lock", told, Some(text.ask_tries.span.clone())));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(LockDriver {
            name: text.name.value,
            title: text.title.into(),
            atr: text.atr,
            aid: text.aid,
            read_certificate: text.read_certificate.value,
            pin: text.pin.value,
            ask_tries: text.ask_tries.value,
        })
    }
}

/// The ports of an agent on this machine, all on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentPorts {
    /// Answers listing and certificate.
    pub list: u16,
    /// Answers the health call.
    pub health: u16,
}

/// The ways in which agents list their locks. Only calls that need no PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListShape {
    /// POST; `data.userlist` = `name||containerId&&&…`; then `data.certBase64` for `{certType, containerId}`; code `9001` is "none".
    RsUserList,
}

/// The calls by which an agent lists its locks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentList {
    /// How the answers look.
    pub shape: ListShape,
    /// Path of the call that lists.
    pub users: String,
    /// Path of the call that gives one certificate.
    pub certificate: String,
}

/// One kind of local CA agent that Ruku knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentDriver {
    /// The file's name without `.yaml`.
    pub name: String,
    /// What a person reads.
    pub title: Message,
    /// Its usual ports.
    pub ports: AgentPorts,
    /// Path of a call that any living agent of this kind answers with JSON.
    pub health: String,
    /// How it lists.
    pub list: AgentList,
}

impl AgentDriver {
    /// Reads one driver from a text, as [`LockDriver::read`] does.
    ///
    /// # Errors
    /// All faults of the text.
    pub fn read(source: &Source) -> Result<AgentDriver, Vec<Diagnostic>> {
        let text: AgentText = parse(source)?;
        let mut faults = named(source, &text.name);
        for path in [&*text.health, &text.list.users, &text.list.certificate] {
            if !path.starts_with('/') || path.contains(char::is_whitespace) {
                let told =
                    say!("调用路径“{path}”应以 / 开头且不含空格。", "the call path `{path}` must start with / and hold no space");
                faults.push(Diagnostic::error(
                    "call-path",
                    told,
                    Some(text.health.span.clone()).filter(|_| *path == *text.health),
                ));
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let AgentText { name, title, ports, health, list } = text;
        Ok(AgentDriver { name: name.value, title: title.into(), ports, health: health.value, list })
    }
}

/// Every driver of locks and agents.
#[derive(Debug, Clone, Default)]
pub struct Drivers {
    /// Kinds of locks, by name.
    pub locks: Vec<LockDriver>,
    /// Kinds of agents, by name.
    pub agents: Vec<AgentDriver>,
}

impl Drivers {
    /// Reads `locks/*.yaml` and `agents/*.yaml` below `folder`; a missing subfolder holds none.
    ///
    /// # Errors
    /// [`FaultKind::Setup`] with all faults of all files, with places; [`FaultKind::Io`] when a file cannot be read.
    pub fn read(folder: &Path) -> Result<Drivers, Fault> {
        let mut faults = Vec::new();
        let locks = every(&folder.join("locks"), LockDriver::read, &mut faults)?;
        let agents = every(&folder.join("agents"), AgentDriver::read, &mut faults)?;
        if faults.is_empty() {
            return Ok(Drivers { locks, agents });
        }
        let told = |lang| faults.iter().map(|(source, found)| diagnostic::render(source, found, lang)).collect::<String>();
        let (zh, en) = (told(Lang::Zh), told(Lang::En));
        Err(Fault::new(
            FaultKind::Setup,
            say!("驱动文件有误，请改正：\n{zh}", "driver files have faults, please correct them:\n{en}"),
        ))
    }
}

fn every<T>(
    folder: &Path,
    read: fn(&Source) -> Result<T, Vec<Diagnostic>>,
    faults: &mut Vec<(Source, Vec<Diagnostic>)>,
) -> Result<Vec<T>, Fault> {
    let trouble = |path: &Path, error: &std::io::Error| Fault::io("读取驱动文件", "read drivers", path, error);
    let mut files = match std::fs::read_dir(folder) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| trouble(folder, &error))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(trouble(folder, &error)),
    };
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let mut good = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).map_err(|error| trouble(&path, &error))?;
        let source = Source { name: path.display().to_string(), text };
        match read(&source) {
            Ok(driver) => good.push(driver),
            Err(found) => faults.push((source, found)),
        }
    }
    Ok(good)
}

/// Reads the YAML; the reader stops at its first fault.
fn parse<T: DeserializeOwned>(source: &Source) -> Result<T, Vec<Diagnostic>> {
    serde_yaml::from_str(&source.text).map_err(|error| {
        let error = error.without_snippet();
        let place = error.location().and_then(|place| {
            let (start, length) = (place.span().byte_offset()? as usize, place.span().byte_len().unwrap_or(0) as usize);
            Some(start..start + length)
        });
        let detail = error.to_string();
        vec![Diagnostic::error("driver-text", say!("写法有误：{detail}", "{detail}"), place)]
    })
}

/// A driver is named like its file, so that a person finds it.
fn named(source: &Source, name: &Spanned<String>) -> Vec<Diagnostic> {
    let file = Path::new(&source.name).file_stem().unwrap_or_default().to_string_lossy();
    if **name == *file {
        return Vec::new();
    }
    let told = say!("name 应与文件名一致：{file}", "`name` must be the file's name: {file}");
    vec![Diagnostic::error("driver-name", told, Some(name.span.clone()))]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LockText {
    name: Spanned<String>,
    title: Title,
    atr: AtrPattern,
    aid: Option<Aid>,
    #[serde(default)]
    read_certificate: Spanned<CertificateRead>,
    #[serde(default)]
    pin: Spanned<PinUse>,
    #[serde(default)]
    ask_tries: Spanned<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgentText {
    name: Spanned<String>,
    title: Title,
    ports: AgentPorts,
    health: Spanned<String>,
    list: AgentList,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Title {
    zh: String,
    en: String,
}

impl From<Title> for Message {
    fn from(title: Title) -> Message {
        Message::new(title.zh, title.en)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = "name: training\ntitle: { zh: 模拟CA锁, en: training lock }\natr: 3B 95 .. 81\naid: A0 00 00 03 08\n\
                        read_certificate: piv-9a\npin: training-piv\nask_tries: true\n";

    fn source(name: &str, text: &str) -> Source {
        Source { name: name.to_owned(), text: text.to_owned() }
    }

    /// A driver that allows everything.
    pub(in crate::lock) fn training() -> LockDriver {
        LockDriver::read(&source("training.yaml", GOOD)).unwrap()
    }

    fn codes(text: &str) -> Vec<&'static str> {
        LockDriver::read(&source("training.yaml", text)).unwrap_err().iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn a_driver_allows_only_what_it_says() {
        let all = training();
        assert!(all.reads_certificate() && all.pin == PinUse::TrainingPiv && all.ask_tries);
        let least = "name: training\ntitle: { zh: 甲, en: a }\natr: 3B 00\n";
        let least = LockDriver::read(&source("training.yaml", least)).unwrap();
        assert!(!least.reads_certificate() && least.pin == PinUse::None && !least.ask_tries);
    }

    #[test]
    fn faults_of_a_driver_are_told_together_and_with_their_place() {
        let wrong = GOOD.replace("name: training", "name: other").replace("aid: A0 00 00 03 08\n", "");
        assert_eq!(codes(&wrong), ["driver-name", "aid-missing"]);
        assert_eq!(codes(&GOOD.replace("pin: training-piv", "pin: none")), ["tries-of-a-real-lock"]);
        assert_eq!(codes(&GOOD.replace("piv-9a", "none")), ["pin-without-certificate"]);
        let source = source("drivers/locks/training.yaml", &GOOD.replace("pin:", "pim:"));
        let faults = LockDriver::read(&source).unwrap_err();
        let told = diagnostic::render(&source, &faults, Lang::En);
        assert!(told.contains("drivers/locks/training.yaml:6:1") && told.contains("pim"), "{told}");
        assert_eq!(codes(&GOOD.replace("3B 95 .. 81", ".. ..")), ["driver-text"]);
    }

    #[test]
    fn the_drivers_that_ship_are_good() {
        let drivers = Drivers::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers")).unwrap();
        assert!(drivers.locks.iter().any(|driver| driver.name == "training"));
        assert!(drivers.agents.iter().any(|driver| driver.name == "huzhushou"));
        let pins = drivers.locks.iter().filter(|driver| driver.pin != PinUse::None);
        assert!(pins.into_iter().all(|driver| driver.name == "training"), "a PIN is only ever sent to the training lock");
    }

    #[test]
    fn a_folder_tells_the_faults_of_all_its_files() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Drivers::read(folder.path()).unwrap().locks.is_empty());
        std::fs::create_dir(folder.path().join("locks")).unwrap();
        std::fs::create_dir(folder.path().join("agents")).unwrap();
        std::fs::write(folder.path().join("locks/a.yaml"), "name: b").unwrap();
        std::fs::write(folder.path().join("agents/c.yaml"), "nome: c").unwrap();
        let fault = Drivers::read(folder.path()).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Setup);
        assert!(fault.message.zh.contains("a.yaml") && fault.message.zh.contains("c.yaml"), "{}", fault.message.zh);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "[ -~\\n甲锁]{0,200}") {
            let _ = LockDriver::read(&source("training.yaml", &text));
            let _ = AgentDriver::read(&source("training.yaml", &text));
        }

        #[test]
        fn a_damaged_driver_never_gains_a_permission(at in 0..GOOD.len(), by in any::<u8>()) {
            let mut bytes = GOOD.replace("training-piv", "none").replace("true", "false").into_bytes();
            let at = at.min(bytes.len() - 1);
            bytes[at] = by;
            if let Ok(text) = String::from_utf8(bytes)
                && let Ok(driver) = LockDriver::read(&source("training.yaml", &text))
            {
                prop_assert!(driver.pin == PinUse::None && !driver.ask_tries);
            }
        }
    }
}
