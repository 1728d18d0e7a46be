//! Where Ruku's own files lie: `playbooks/` and `drivers/`.

use std::path::{Path, PathBuf};

use super::Context;
use crate::base::{Fault, FaultKind, Secret, files, random};

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
    let path = folder.join("installation.key");
    if !path.exists() {
        let key = random::hex()?;
        // Two first runs at once: the one that comes second finds the file and uses it.
        if let Err(fault) = files::write_new(&path, key.as_bytes())
            && !path.exists()
        {
            return Err(fault);
        }
    }
    std::fs::read_to_string(&path).map(Secret::new).map_err(|error| Fault::io("读取", "read", &path, &error))
}
