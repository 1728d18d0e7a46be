//! Which browser and driver this machine has: environment variable, then the candidates of `drivers/browsers/*.yaml`, then PATH (on
//! Windows the folder of this program before it).
//!
//! Never downloads anything, never guesses a version: the driver itself says when it does not fit the browser (and the doctor asks both).

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::base::{Fault, FaultKind, Message};
use crate::say;

/// One file of `drivers/browsers`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kind {
    pub(super) name: String,
    order: u32,
    browser_name: String,
    options_key: String,
    binary: Places,
    driver: Places,
    install: Install,
    command_limit_seconds: u64,
    arguments: Arguments,
    #[serde(default)]
    preferences: Map<String, Value>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
}

/// How a person installs both, per operating system.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Install {
    linux: Message,
    windows: Message,
    macos: Message,
}

/// Candidates per operating system, best first.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Places {
    #[serde(default)]
    linux: Vec<String>,
    #[serde(default)]
    windows: Vec<String>,
    #[serde(default)]
    macos: Vec<String>,
}

/// Switches of the browser.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    always: Vec<String>,
    #[serde(default)]
    headless: Vec<String>,
    #[serde(default)]
    as_root: Vec<String>,
}

/// A browser and the driver for it, both present on this machine.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    pub(super) kind: Kind,
    pub(super) binary: PathBuf,
    pub(super) driver: PathBuf,
}

/// Finds the first kind whose browser *and* driver are here. `variables` reads the environment (a parameter so that tests
/// need not change their own).
pub(super) fn find(drivers: &Path, variables: &dyn Fn(&str) -> Option<String>) -> Result<Installed, Fault> {
    let kinds = read(&drivers.join("browsers"))?;
    let given_binary = given("RUKU_BROWSER", variables)?;
    let given_driver = given("RUKU_DRIVER", variables)?;
    let mut missing = Vec::new();
    for kind in &kinds {
        // A binary or driver named by the person decides the kind where its file name tells.
        let unlike = |path: &Option<PathBuf>, places: &Places| {
            path.as_ref().is_some_and(|path| {
                !places.names_file(path) && kinds.iter().any(|k| k.binary.names_file(path) || k.driver.names_file(path))
            })
        };
        if unlike(&given_binary, &kind.binary) || unlike(&given_driver, &kind.driver) {
            continue;
        }
        let binary = given_binary.clone().or_else(|| kind.binary.first(variables));
        let driver = given_driver.clone().or_else(|| kind.driver.first(variables));
        match (binary, driver) {
            (Some(binary), Some(driver)) => return Ok(Installed { kind: kind.clone(), binary, driver }),
            (binary, driver) => missing.push((kind, binary, driver)),
        }
    }
    Err(nothing_found(drivers, &missing))
}

/// Reads every kind, in the order they are to be tried.
fn read(folder: &Path) -> Result<Vec<Kind>, Fault> {
    let entries =
        std::fs::read_dir(folder).map_err(|error| Fault::io("读取浏览器配置", "read browser drivers", folder, &error))?;
    let mut kinds = Vec::new();
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        if path.extension() != Some(OsStr::new("yaml")) {
            continue;
        }
        let text =
            std::fs::read_to_string(&path).map_err(|error| Fault::io("读取浏览器配置", "read browser driver", &path, &error))?;
        let kind: Kind = serde_yaml::from_str(&text).map_err(|error| {
            let file = path.display();
            Fault::new(
                FaultKind::Setup,
                say!(
                    "浏览器配置 {file} 有误：{error}。请恢复原来的文件。",
                    "the browser driver file {file} is wrong: {error}; restore it"
                ),
            )
        })?;
        kinds.push(kind);
    }
    kinds.sort_by(|a, b| (a.order, &a.name).cmp(&(b.order, &b.name)));
    Ok(kinds)
}

/// A program named by an environment variable. It must exist: silently taking another one would surprise.
fn given(variable: &str, variables: &dyn Fn(&str) -> Option<String>) -> Result<Option<PathBuf>, Fault> {
    let Some(value) = variables(variable).filter(|value| !value.is_empty()) else { return Ok(None) };
    locate(&value, variables).map(Some).ok_or_else(|| {
        Fault::new(
            FaultKind::Setup,
            say!(
                "环境变量 {variable} 指向的程序不存在：{value}。请改正或取消该变量。",
                "the environment variable {variable} names a program that does not exist: {value}; correct or unset it"
            ),
        )
    })
}

/// The program a candidate means, if it is here.
fn locate(candidate: &str, variables: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let path = PathBuf::from(expand(candidate, variables)?);
    if path.components().count() > 1 {
        return path.is_file().then_some(path);
    }
    let search = variables("PATH");
    let listed = search.iter().flat_map(|search| std::env::split_paths(search).collect::<Vec<_>>());
    beside_ruku()
        .into_iter()
        .chain(listed)
        .flat_map(|folder| {
            let plain = folder.join(&path);
            let exe = plain.with_extension("exe");
            if cfg!(windows) { [exe, plain] } else { [plain, exe] }
        })
        .find(|program| program.is_file())
}

/// The folder of this program, where it is easier to put a driver than to change PATH: on Windows alone, which looks there first itself.
fn beside_ruku() -> Option<PathBuf> {
    let program = std::env::current_exe().ok().filter(|_| cfg!(windows))?;
    program.parent().map(Path::to_owned)
}

/// `$NAME` (at the start) and `%NAME%` replaced; none when such a variable is not set.
fn expand(text: &str, variables: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    if let Some(rest) = text.strip_prefix('$') {
        let end = rest.find(['/', '\\']).unwrap_or(rest.len());
        return Some(variables(&rest[..end])? + &rest[end..]);
    }
    match text.strip_prefix('%').and_then(|rest| rest.split_once('%')) {
        Some((name, rest)) => Some(variables(name)? + rest),
        None => Some(text.to_owned()),
    }
}

/// What is meant for this operating system.
fn here<'a, T: ?Sized>(linux: &'a T, windows: &'a T, macos: &'a T) -> &'a T {
    match std::env::consts::OS {
        "windows" => windows,
        "macos" => macos,
        _ => linux,
    }
}

impl Install {
    fn here(&self) -> &Message {
        here(&self.linux, &self.windows, &self.macos)
    }
}

impl Places {
    fn here(&self) -> &[String] {
        here(&self.linux, &self.windows, &self.macos)
    }

    fn first(&self, variables: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
        self.here().iter().find_map(|candidate| locate(candidate, variables))
    }

    /// Whether a candidate has the file name of `path`.
    fn names_file(&self, path: &Path) -> bool {
        let stem = path.file_stem().map(OsStr::to_ascii_lowercase);
        self.here().iter().any(|candidate| {
            let name = candidate.rsplit(['/', '\\']).next().unwrap_or(candidate);
            Path::new(name).file_stem().map(OsStr::to_ascii_lowercase) == stem
        })
    }
}

fn nothing_found(drivers: &Path, missing: &[(&Kind, Option<PathBuf>, Option<PathBuf>)]) -> Fault {
    let folder = drivers.display();
    let Some((kind, binary, driver)) =
        missing.iter().max_by_key(|(kind, binary, driver)| (binary.is_some() || driver.is_some(), std::cmp::Reverse(kind.order)))
    else {
        return Fault::new(
            FaultKind::Setup,
            say!(
                "{folder} 中没有可用的浏览器配置。请重新安装 Ruku。",
                "no browser driver file fits in {folder}; install Ruku anew"
            ),
        );
    };
    let (name, Message { zh, en }) = (&kind.name, kind.install.here());
    let message = match (binary, driver) {
        (Some(binary), None) => {
            let binary = binary.display();
            say!(
                "找到了浏览器 {binary}，但没有找到它的驱动程序。请安装：{zh}；或用环境变量 RUKU_DRIVER 指定。",
                "the browser {binary} is here, but not its driver. Install it: {en}; or name it in RUKU_DRIVER"
            )
        }
        (None, Some(driver)) => {
            let driver = driver.display();
            say!(
                "找到了浏览器驱动程序 {driver}，但没有找到浏览器。请安装：{zh}；或用环境变量 RUKU_BROWSER 指定。",
                "the browser driver {driver} is here, but no browser. Install it: {en}; or name it in RUKU_BROWSER"
            )
        }
        _ => say!(
            "没有找到浏览器（{name}）及其驱动程序。请安装：{zh}；或用环境变量 RUKU_BROWSER、RUKU_DRIVER 指定。",
            "found neither a browser ({name}) nor its driver. Install them: {en}; or name them in RUKU_BROWSER and RUKU_DRIVER"
        ),
    };
    Fault::new(FaultKind::Setup, message)
}

impl Installed {
    /// How long a classic command may take before the driver counts as hung.
    pub(super) fn command_limit(&self) -> Duration {
        Duration::from_secs(self.kind.command_limit_seconds)
    }

    /// Environment variables for driver and browser.
    pub(super) fn environment(&self, work: &Path) -> Vec<(String, String)> {
        self.kind.environment.iter().map(|(name, value)| (name.clone(), in_work(value, work))).collect()
    }

    /// The W3C capabilities for a new session.
    pub(super) fn capabilities(&self, headed: bool, as_root: bool, viewport: (u32, u32), work: &Path) -> Map<String, Value> {
        let given = &self.kind.arguments;
        let mut arguments: Vec<String> = given.always.iter().map(|argument| in_work(argument, work)).collect();
        if !headed {
            arguments.extend(given.headless.iter().cloned());
        }
        if as_root {
            arguments.extend(given.as_root.iter().cloned());
        }
        arguments.push(format!("--window-size={},{}", viewport.0, viewport.1));
        let preferences: Map<String, Value> = self
            .kind
            .preferences
            .iter()
            .map(|(name, value)| {
                let value = value.as_str().map_or_else(|| value.clone(), |text| Value::from(in_work(text, work)));
                (name.clone(), value)
            })
            .collect();
        let mut capabilities = Map::new();
        capabilities.insert("browserName".into(), json!(self.kind.browser_name));
        capabilities.insert("webSocketUrl".into(), json!(true));
        // Dialogs belong to the page and the person: the driver must not answer them by itself.
        capabilities.insert("unhandledPromptBehavior".into(), json!("ignore"));
        capabilities.insert(
            self.kind.options_key.clone(),
            json!({"binary": self.binary.to_string_lossy(), "args": arguments, "prefs": preferences}),
        );
        capabilities
    }
}

fn in_work(text: &str, work: &Path) -> String {
    text.replace("{work}", &work.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with the project's own files and an empty PATH folder beside it.
    fn bench() -> (tempfile::TempDir, PathBuf) {
        let bench = tempfile::tempdir().unwrap();
        (bench, Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers"))
    }

    fn program(folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, "").unwrap();
        path
    }

    #[test]
    fn a_named_program_wins_over_path_and_decides_the_kind() {
        let (bench, drivers) = bench();
        let found = |pairs: &[(&str, &Path)]| {
            let path = bench.path().to_string_lossy().into_owned();
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.to_string_lossy().into_owned())).collect();
            find(&drivers, &move |name| {
                pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.clone()).or((name == "PATH").then(|| path.clone()))
            })
        };
        let edge_driver = program(bench.path(), "msedgedriver");
        let edge = program(bench.path(), if cfg!(windows) { "msedge.exe" } else { "microsoft-edge" });
        let chromedriver = program(bench.path(), "chromedriver");
        let own = program(bench.path(), "my-own-build");
        let installed = found(&[("RUKU_BROWSER", &edge)]).unwrap();
        assert_eq!((installed.kind.name.as_str(), &installed.driver), ("edge", &edge_driver));
        let installed = found(&[("RUKU_BROWSER", &own)]).unwrap();
        assert_eq!((installed.kind.name.as_str(), &installed.binary, &installed.driver), ("chromium", &own, &chromedriver));
        let wrong = found(&[("RUKU_DRIVER", &bench.path().join("absent"))]).unwrap_err();
        assert!(wrong.kind == FaultKind::Setup && wrong.message.zh.contains("RUKU_DRIVER"), "{wrong:?}");
    }

    #[test]
    fn what_is_missing_is_named_with_the_remedy() {
        let bench = tempfile::tempdir().unwrap();
        let kind = include_str!("../../drivers/browsers/chromium.yaml").replace("[chromium, ", "[").replace("/snap/bin/", "");
        std::fs::create_dir(bench.path().join("browsers")).unwrap();
        // Only names, so that programs of this machine do not count.
        let names: String = kind
            .lines()
            .map(|line| if line.contains("linux: [") { "  linux: [ruku-browser]\n".into() } else { format!("{line}\n") })
            .collect();
        std::fs::write(bench.path().join("browsers/a.yaml"), names).unwrap();
        let path = bench.path().to_string_lossy().into_owned();
        let look = || find(bench.path(), &|name| (name == "PATH").then(|| path.clone()));
        if cfg!(target_os = "linux") {
            let neither = look().unwrap_err();
            assert!(neither.kind == FaultKind::Setup && neither.message.en.contains("apt install chromium"), "{neither:?}");
        }
        std::fs::write(bench.path().join("browsers/a.yaml"), "nmae: x").unwrap();
        let wrong = look().unwrap_err();
        assert!(wrong.kind == FaultKind::Setup && wrong.message.zh.contains("a.yaml"), "{wrong:?}");
    }

    #[test]
    fn variables_are_filled_in() {
        let variables = |name: &str| (name == "HOME").then(|| "/h".to_owned());
        assert_eq!(expand("$HOME/x", &variables).unwrap(), "/h/x");
        assert_eq!(expand("%HOME%\\x", &variables).unwrap(), "/h\\x");
        assert_eq!(expand("%ABSENT%\\x", &variables), None);
        assert_eq!(expand("plain", &variables).unwrap(), "plain");
    }

    #[test]
    fn capabilities_keep_everything_in_the_work_folder() {
        let (_, drivers) = bench();
        let kinds = read(&drivers.join("browsers")).unwrap();
        assert_eq!(kinds.iter().map(|kind| kind.name.as_str()).collect::<Vec<_>>(), ["chromium", "edge"]);
        for kind in kinds {
            let key = kind.options_key.clone();
            let installed = Installed { kind, binary: "/b".into(), driver: "/d".into() };
            let text = Value::from(installed.capabilities(false, true, (800, 600), Path::new("/w"))).to_string();
            for part in
                ["--user-data-dir=/w/profile", "/w/downloads", "--no-sandbox", "--headless=new", "--window-size=800,600", &key]
            {
                assert!(text.contains(part), "{part} in {text}");
            }
            let headed = Value::from(installed.capabilities(true, false, (800, 600), Path::new("/w"))).to_string();
            assert!(!headed.contains("--headless") && !headed.contains("--no-sandbox"));
            assert!(!format!("{text}{:?}", installed.environment(Path::new("/w"))).contains("{work}"));
        }
    }
}
