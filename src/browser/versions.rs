//! Which versions browser and driver have, without starting a session: for the doctor.
//!
//! Never opens a window: on Windows the browser's program would, so its folder is looked at instead.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::installed;
use crate::base::{Fault, Until};
use crate::say;

/// A program that takes longer to say its version does not tell it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A program and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The file.
    pub path: PathBuf,
    /// Four numbers; none when it does not tell.
    pub version: Option<String>,
}

/// The browser and the driver that a run would use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// Kind, such as `chromium`.
    pub kind: String,
    /// The browser.
    pub browser: Program,
    /// Its driver.
    pub driver: Program,
}

/// Finds browser and driver as a run would, and asks for their versions.
///
/// # Errors
/// [`crate::base::FaultKind::Setup`] when one of them is missing, saying how to install it; [`crate::base::FaultKind::Stopped`] by `until`.
pub async fn versions(drivers: &Path, until: &Until) -> Result<Versions, Fault> {
    let installed = installed::find(drivers, &|name| std::env::var(name).ok())?;
    let waiting_for = say!("浏览器报告版本", "the browser to tell its version");
    let asking = async { tokio::join!(browser_version(&installed.binary), told(&installed.driver)) };
    let (browser, driver) = until.run(&waiting_for, asking).await?;
    Ok(Versions {
        kind: installed.kind.name.clone(),
        browser: Program { path: installed.binary, version: browser },
        driver: Program { path: installed.driver, version: driver },
    })
}

async fn browser_version(program: &Path) -> Option<String> {
    if cfg!(windows) { newest_folder(program.parent()?) } else { told(program).await }
}

/// What `--version` prints.
async fn told(program: &Path) -> Option<String> {
    let mut command = tokio::process::Command::new(program);
    command.arg("--version").stdin(std::process::Stdio::null()).stderr(std::process::Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    version(&String::from_utf8_lossy(&output.stdout))
}

/// The first word that looks like a version.
fn version(text: &str) -> Option<String> {
    text.split_whitespace().find(|word| numbers(word).is_some()).map(str::to_owned)
}

fn numbers(word: &str) -> Option<Vec<u32>> {
    let parts: Vec<u32> = word.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    (parts.len() > 1).then_some(parts)
}

/// Chrome and Edge keep each version in a folder named after it; during an update there are two.
fn newest_folder(folder: &Path) -> Option<String> {
    let names = std::fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| Some((numbers(&name)?, name))).max().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_programs_and_folders_tell_them() {
        assert_eq!(version("Chromium 156.0.8078.108 built on Debian").as_deref(), Some("156.0.8078.108"));
        assert_eq!(
            version("ChromeDriver 156.0.8078.108 (730482-refs/branch-heads/8078@{#2244})").as_deref(),
            Some("156.0.8078.108")
        );
        assert_eq!(version("no version"), None);
        let folder = tempfile::tempdir().unwrap();
        for name in ["99.0.1.2", "101.0.1.2", "Dictionaries"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        assert_eq!(newest_folder(folder.path()).as_deref(), Some("101.0.1.2"));
    }
}
