//! Safe file writing: never through a link, never half a file, readable by the owner alone.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use super::fault::Fault;

/// Creates a folder (and its parents) that only the owner may read. An existing one is left as it is.
pub fn private_dir(path: &Path) -> Result<(), Fault> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| Fault::io("创建文件夹", "create folder", path, &error))
}

/// Creates a file that must not exist yet, readable by the owner alone.
pub fn create_new(path: &Path) -> Result<File, Fault> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| Fault::io("创建文件", "create", path, &error))
}

/// Writes a whole new file and syncs it. The file must not exist yet.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let mut file = create_new(path)?;
    file.write_all(bytes).and_then(|()| file.sync_data()).map_err(|error| Fault::io("写入文件", "write", path, &error))
}

/// Replaces a file in one step: readers see the old bytes or the new ones, never a part.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    // A leftover of a killed process with the same id would make `create_new` fail for ever.
    let _ = std::fs::remove_file(&beside);
    write_new(&beside, bytes)?;
    std::fs::rename(&beside, path).map_err(|error| Fault::io("写入文件", "write", path, &error))?;
    sync_dir(path.parent().unwrap_or(Path::new(".")))
}

/// Makes new names in a folder survive a power cut. Windows has no such call and needs none.
pub fn sync_dir(path: &Path) -> Result<(), Fault> {
    #[cfg(unix)]
    File::open(path).and_then(|dir| dir.sync_all()).map_err(|error| Fault::io("同步文件夹", "sync folder", path, &error))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_never_overwrites() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write_new(&path, b"1").unwrap();
        assert!(write_new(&path, b"2").is_err());
        replace(&path, b"3").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"3");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}
