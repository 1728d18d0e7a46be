//! Where Ruku's own files lie: `playbooks/` and `drivers/`.

use std::path::{Path, PathBuf};

use super::Context;
use crate::base::{Fault, FaultKind, Secret, files, random};
use crate::run::LEDGER;

/// The folder with `playbooks/` and `drivers/`: what was given, else the nearest one above the program, else above the
/// current folder.
pub(super) fn find(context: &Context) -> Result<PathBuf, Fault> {
    let complete = |folder: &Path| folder.join("playbooks/sites").is_dir() && folder.join("drivers").is_dir();
    let started = [std::env::current_exe().ok(), std::env::current_dir().ok()];
    let above = started.iter().flatten().flat_map(|place| place.ancestors());
    let mut places = context.home.iter().map(PathBuf::as_path).chain(above.filter(|_| context.home.is_none()));
    places.find(|folder| complete(folder)).map(Path::to_path_buf).ok_or_else(|| {
        Fault::new(
            FaultKind::Setup,
            crate::say!(
                "找不到 playbooks/ 和 drivers/ 文件夹。请用 --home 指明 Ruku 所在的文件夹。",
                "playbooks/ and drivers/ were not found; name Ruku's folder with --home"
            ),
        )
    })
}

/// This user's folder for what Ruku keeps between runs.
pub(super) fn data() -> Result<PathBuf, Fault> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = if cfg!(windows) {
        set("LOCALAPPDATA").map(|folder| folder.join("Ruku"))
    } else {
        set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share"))).map(|folder| folder.join("ruku"))
    };
    folder.ok_or_else(|| {
        Fault::new(
            FaultKind::Setup,
            crate::say!("找不到用户文件夹（HOME 未设置）。", "the user's folder is unknown (HOME is not set)"),
        )
    })
}

/// Key of this installation, made at first use: it keeps once-keys from telling whom they are about.
pub(super) fn installation_key() -> Result<Secret, Fault> {
    let folder = data()?;
    files::private_dir(&folder)?;
    key_at(&folder.join("installation.key"))
}

fn key_at(path: &Path) -> Result<Secret, Fault> {
    if !path.exists() {
        // With another key nothing of it would be recognised, and what is open there would be pressed again.
        let ledger = path.with_file_name(LEDGER);
        if ledger.metadata().is_ok_and(|data| data.len() > 0) {
            let (path, ledger) = (path.display(), ledger.display());
            return Err(Fault::new(
                FaultKind::Setup,
                crate::say!(
                    "{path} 不见了，而本机的办理记录 {ledger} 还在，没有它就认不出办过什么。请从备份恢复；确实找不回的，先到各平台核对，再把办理记录移走。",
                    "{path} is gone while {ledger}, what this machine did before, is still there and cannot be read without it; bring it back from a backup; if it is lost, check the portals first and move the ledger away"
                ),
            ));
        }
        // Two first runs at once: the one that comes second uses what the first has written.
        files::write_once(path, random::hex()?.as_bytes())?;
    }
    let key = std::fs::read_to_string(path).map_err(|error| Fault::io("读取", "read", path, &error))?;
    if key.len() < 32 || !key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let path = path.display();
        return Err(Fault::new(
            FaultKind::Setup,
            crate::say!(
                "{path} 已损坏，不能使用：防重复提交的记录靠它辨认。请从备份恢复；本机从未办理过的，可删除后重试。",
                "{path} is damaged: what this machine did before is recognised by it; bring it back from a backup, or delete it if nothing was ever done here"
            ),
        ));
    }
    Ok(Secret::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_never_taken_broken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("installation.key");
        let keys: Vec<String> = std::thread::scope(|scope| {
            let made: Vec<_> = (0..8).map(|_| scope.spawn(|| key_at(&path).unwrap().expose().to_owned())).collect();
            made.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0] && key.len() >= 32), "{keys:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
        // A ledger without its key: nothing in it would be recognised.
        std::fs::remove_file(&path).unwrap();
        std::fs::write(folder.path().join(LEDGER), "").unwrap();
        assert!(key_at(&path).is_ok(), "an empty one holds nothing");
        std::fs::remove_file(&path).unwrap();
        std::fs::write(folder.path().join(LEDGER), "{}\n").unwrap();
        assert_eq!((key_at(&path).unwrap_err().kind, path.exists()), (FaultKind::Setup, false));
        // As a power cut would leave it.
        for broken in ["", "0123", "not a key, and long enough to be taken for one"] {
            std::fs::write(&path, broken).unwrap();
            assert_eq!(key_at(&path).unwrap_err().kind, FaultKind::Setup, "{broken}");
        }
    }
}
