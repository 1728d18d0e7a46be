//! Opening a file below a folder that a person chose, and nowhere else.
//!
//! Never follows a link and never leaves the folder: each part of the path is opened inside the one before. What was checked is what is
//! read: the open file is handed out, not its name.

use std::fs::File;
use std::path::{Component, Path};

use super::fault::{Fault, FaultKind};

/// Opens the file `inside` below `folder` for reading. `inside` is a relative path without `..`; both `/` and the system's own separator
/// divide it. Neither it nor a folder on the way may be a link; the file must be a plain one and not empty.
pub fn open_below(folder: &Path, inside: &str) -> Result<File, Fault> {
    let parts = parts(inside)?;
    let file = walk(folder, &parts).map_err(|error| not_opened(inside, &error))?;
    let told = file.metadata().map_err(|error| not_opened(inside, &error))?;
    if !told.is_file() {
        return Err(refused(inside, ("不是普通文件", "is no plain file")));
    }
    if told.len() == 0 {
        return Err(refused(inside, ("是空文件", "is empty")));
    }
    Ok(file)
}

/// The names on the way; the last one is the file's.
fn parts(inside: &str) -> Result<Vec<&str>, Fault> {
    let mut parts = Vec::new();
    for component in Path::new(inside).components() {
        match component.as_os_str().to_str() {
            // A colon names a drive or a hidden stream on Windows.
            Some(part) if matches!(component, Component::Normal(_)) && !part.contains([':', '\0']) => parts.push(part),
            _ if matches!(component, Component::CurDir) => {}
            _ => return Err(refused(inside, ("不是所选文件夹中的路径", "does not lead into the chosen folder"))),
        }
    }
    if parts.is_empty() || inside.contains('\\') && !cfg!(windows) {
        return Err(refused(inside, ("不是文件名", "is no file name")));
    }
    Ok(parts)
}

#[cfg(unix)]
fn walk(folder: &Path, parts: &[&str]) -> std::io::Result<File> {
    use rustix::fs::{Mode, OFlags, openat};
    let mut at = rustix::fs::open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    for (index, part) in parts.iter().enumerate() {
        // Without NONBLOCK a named pipe would hold up the run before it could be refused.
        let kind = if index + 1 < parts.len() { OFlags::DIRECTORY } else { OFlags::NONBLOCK };
        at = openat(&at, *part, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | kind, Mode::empty())?;
    }
    Ok(File::from(at))
}

/// Windows has no `openat`: no part may be a reparse point (link, junction), the last one is opened as it is, and where it really lies is
/// compared afterwards.
#[cfg(windows)]
fn walk(folder: &Path, parts: &[&str]) -> std::io::Result<File> {
    use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
    const REPARSE_POINT: u32 = 0x400;
    const OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    let link = || std::io::Error::other("a link stands in the path");
    let mut path = folder.canonicalize()?;
    let root = path.clone();
    for part in parts {
        path.push(part);
        if path.symlink_metadata()?.file_attributes() & REPARSE_POINT != 0 {
            return Err(link());
        }
    }
    let file = std::fs::OpenOptions::new().read(true).custom_flags(OPEN_REPARSE_POINT).open(&path)?;
    let plain = file.metadata()?.file_attributes() & REPARSE_POINT == 0;
    if plain && path.canonicalize()?.starts_with(&root) { Ok(file) } else { Err(link()) }
}

fn not_opened(inside: &str, error: &std::io::Error) -> Fault {
    if error.kind() == std::io::ErrorKind::NotFound {
        return refused(inside, ("不在所选文件夹中", "is not in the chosen folder"));
    }
    Fault::new(
        FaultKind::Refused,
        crate::say!(
            "「{inside}」没有上传：打不开，或路径中有链接（{error}）。请把文件本身放进所选文件夹。",
            "“{inside}” was not uploaded: it cannot be opened, or a link stands in its path ({error}); put the file itself into the chosen folder"
        ),
    )
}

fn refused(inside: &str, (zh, en): (&str, &str)) -> Fault {
    Fault::new(
        FaultKind::Refused,
        crate::say!(
            "「{inside}」没有上传：{zh}。请把文件放进所选文件夹，并写它在其中的相对路径。",
            "“{inside}” was not uploaded: it {en}; put the file into the chosen folder and give its path inside it"
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn only_plain_files_below_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("chosen");
        std::fs::create_dir_all(folder.join("证件")).unwrap();
        std::fs::write(dir.path().join("outside.pdf"), "x").unwrap();
        std::fs::write(folder.join("证件/营业执照.pdf"), "正文").unwrap();
        std::fs::write(folder.join("empty.pdf"), "").unwrap();
        let mut text = String::new();
        open_below(&folder, "./证件/营业执照.pdf").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "正文");
        let outside = dir.path().join("outside.pdf");
        for bad in [
            "../outside.pdf",
            "证件/../../outside.pdf",
            outside.to_str().unwrap(),
            "",
            ".",
            "证件",
            "empty.pdf",
            "none.pdf",
            "c:x",
        ] {
            let fault = open_below(&folder, bad).map(drop).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Refused, "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed_wherever_it_stands() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("chosen");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(dir.path().join("secret.pdf"), "x").unwrap();
        symlink(dir.path().join("secret.pdf"), folder.join("file.pdf")).unwrap();
        symlink(dir.path(), folder.join("folder")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, folder.join("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        for bad in ["file.pdf", "folder/secret.pdf", "pipe"] {
            assert_eq!(open_below(&folder, bad).map(drop).unwrap_err().kind, FaultKind::Refused, "{bad}");
        }
    }
}
