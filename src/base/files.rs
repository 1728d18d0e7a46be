//! Safe file writing: never through a link, never half a file, readable by the owner alone.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::cost;
use super::fault::Fault;
use super::random;

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
    file.write_all(bytes)
        .and_then(|()| cost::timed(cost::SYNCS, || file.sync_data()))
        .map_err(|error| Fault::io("写入文件", "write", path, &error))
}

/// Replaces a file in one step: readers see the old bytes or the new ones, never a part.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let beside = beside(path);
    write_beside(&beside, bytes)?;
    if let Err(error) = rename(&beside, path) {
        let _ = std::fs::remove_file(&beside);
        return Err(Fault::io("写入文件", "write", path, &error));
    }
    sync_dir(folder_of(path))
}

/// Refuses a place where something is.
///
/// # Errors
/// [`super::FaultKind::Refused`].
pub fn refuse_taken(place: &Path) -> Result<(), Fault> {
    if place.symlink_metadata().is_err() {
        return Ok(());
    }
    let place = place.display();
    Err(Fault::new(
        super::FaultKind::Refused,
        crate::say!(
            "{place} 已存在，不会覆盖。请先移走，或换一个名称。",
            "{place} is there already and is not written over; move it away, or choose another name"
        ),
    ))
}

/// Gives a file or folder another name in one step; a file takes the place of one that is there.
///
/// # Errors
/// As [`std::fs::rename`].
#[cfg(not(windows))]
pub fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::rename(from, to)
}

/// The same. Virus scanners and indexers hold what was just written for a moment, and Windows renames nothing then, nor a folder around it.
///
/// # Errors
/// As [`std::fs::rename`], also when it is held longer.
#[cfg(windows)]
pub fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    use std::time::{Duration, Instant};
    const HELD: Duration = Duration::from_secs(2);
    const LOOK: Duration = Duration::from_millis(20);
    // Of a file that would be written over, Windows says only that it is not allowed.
    let held = |error: &std::io::Error| is_held(error) || error.kind() == std::io::ErrorKind::PermissionDenied;
    let begun = Instant::now();
    loop {
        match std::fs::rename(from, to) {
            // Nobody tells when they let go: only trying again does.
            Err(error) if held(&error) && begun.elapsed() < HELD => std::thread::park_timeout(LOOK),
            done => return done,
        }
    }
}

/// Writes a file that is not there yet, in one step and to the disk: it is there whole or not at all. Whoever comes second leaves what is
/// there alone.
///
/// # Errors
/// [`super::FaultKind::Io`].
pub fn write_once(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let beside = beside(path);
    write_beside(&beside, bytes)?;
    let linked = std::fs::hard_link(&beside, path);
    let _ = std::fs::remove_file(&beside);
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(Fault::io("写入文件", "write", path, &error)),
        _ => sync_dir(folder_of(path)),
    }
}

/// Writes it, or leaves nothing: on a full disk a part would stay.
fn write_beside(beside: &Path, bytes: &[u8]) -> Result<(), Fault> {
    write_new(beside, bytes).inspect_err(|_| {
        let _ = std::fs::remove_file(beside);
    })
}

/// The name under which a file is written before it takes its place: of this writer alone, and free to be written.
fn beside(path: &Path) -> PathBuf {
    static WRITERS: AtomicU64 = AtomicU64::new(0);
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}-{}.new", std::process::id(), WRITERS.fetch_add(1, Ordering::Relaxed)));
    let beside = path.with_file_name(name);
    // A leftover of a killed process with the same id would make `create_new` fail for ever.
    let _ = std::fs::remove_file(&beside);
    beside
}

/// The name of the file that one of this name was to become, when a writer left it (see [`replace`]).
pub fn written_for(name: &str) -> Option<&str> {
    let (own, writer) = name.strip_suffix(".new")?.rsplit_once('.')?;
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    writer.split_once('-').is_some_and(|(process, file)| number(process) && number(file)).then_some(own)
}

/// Whether a file cannot be used because another program has it open: only Windows says so, and has no kind for it.
pub fn is_held(error: &std::io::Error) -> bool {
    const SHARING_VIOLATION: i32 = 32;
    const LOCK_VIOLATION: i32 = 33;
    cfg!(windows) && matches!(error.raw_os_error(), Some(SHARING_VIOLATION | LOCK_VIOLATION))
}

/// A path as this system writes it: what was put together with `/` has `\` on Windows.
pub fn native(path: &Path) -> PathBuf {
    path.components().collect()
}

/// The folder that a path lies in: the current one for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes a file and what killed writers of it left beside it. Nothing there is fine. Nobody may be writing it.
///
/// # Errors
/// [`super::FaultKind::Io`].
pub fn remove(path: &Path) -> Result<(), Fault> {
    let own = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = std::fs::read_dir(folder_of(path)).into_iter().flatten().flatten();
    let leftovers =
        beside.filter(|entry| written_for(&entry.file_name().to_string_lossy()) == Some(&own)).map(|entry| entry.path());
    let mut done = Ok(());
    for path in std::iter::once(path.to_owned()).chain(leftovers) {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                done = done.and(Err(Fault::io("删除文件", "remove", &path, &error)));
            }
            _ => {}
        }
    }
    done
}

/// Makes sure that so many bytes can be written beside what is there: writes them to `probe`, which a killed process may have left, and
/// takes them away again.
///
/// # Errors
/// [`super::FaultKind::Io`] when they cannot.
pub fn prove_room(probe: &Path, bytes: usize) -> Result<(), Fault> {
    let _ = std::fs::remove_file(probe);
    let filled = cost::timed(cost::SYNCS, || fill(probe, bytes));
    let removed = std::fs::remove_file(probe).map_err(|error| Fault::io("删除文件", "remove", probe, &error));
    filled.and(removed)
}

/// Really written: what is only reserved can be taken by others, and zeros take no room on some disks.
fn fill(probe: &Path, bytes: usize) -> Result<(), Fault> {
    let mut file = create_new(probe)?;
    let block = random::bytes::<{ 1 << 16 }>()?;
    let written = (0..bytes.div_ceil(block.len())).try_for_each(|_| file.write_all(&block)).and_then(|()| file.sync_data());
    written.map_err(|error| Fault::io("写入文件", "write", probe, &error))
}

/// Makes new names in a folder survive a power cut. Windows has no such call and needs none.
pub fn sync_dir(path: &Path) -> Result<(), Fault> {
    #[cfg(unix)]
    File::open(path)
        .and_then(|dir| cost::timed(cost::SYNCS, || dir.sync_all()))
        .map_err(|error| Fault::io("同步文件夹", "sync folder", path, &error))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// The variable that says where temporary files go.
pub const TEMPORARY: &str = if cfg!(windows) { "TMP" } else { "TMPDIR" };

/// This user's own folder for temporary files, made or not. Short: sockets of the browser lie below it.
pub fn users_temporary() -> PathBuf {
    users_folder(&std::env::temp_dir())
}

/// This user's own folder in `temporary`.
#[cfg(unix)]
pub fn users_folder(temporary: &Path) -> PathBuf {
    temporary.join(format!("ruku-{}", rustix::process::geteuid().as_raw()))
}

/// Windows has a temporary folder for each user.
#[cfg(not(unix))]
pub fn users_folder(temporary: &Path) -> PathBuf {
    temporary.join("ruku")
}

/// Makes a folder this user's alone.
///
/// # Errors
/// [`crate::base::FaultKind::Setup`] when it is another's, or no folder, or when something lies in it that others could have put there:
/// nobody knows what hides there. `Io`.
#[cfg(unix)]
pub fn make_private(path: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |error: &std::io::Error| Fault::io("修改文件夹权限", "change the mode of", path, error);
    let found = std::fs::symlink_metadata(path).map_err(|error| failed(&error))?;
    if !is_owned_by(&found, rustix::process::geteuid().as_raw()) {
        return Err(not_ours(path));
    }
    let set = |mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(|error| failed(&error));
    let empty = || std::fs::read_dir(path).map(|mut inside| inside.next().is_none());
    let mode = found.permissions().mode();
    if mode & 0o022 == 0 {
        return set(0o700);
    }
    if !empty().map_err(|error| failed(&error))? {
        return Err(not_ours(path));
    }
    set(0o700)?;
    // Again, now that nobody else can add to it any more.
    if empty().is_ok_and(|empty| empty) {
        return Ok(());
    }
    set(mode)?;
    Err(not_ours(path))
}

/// On Windows the folder above is this user's alone; what lies there instead of a folder is not Ruku's.
///
/// # Errors
/// [`crate::base::FaultKind::Setup`].
#[cfg(not(unix))]
pub fn make_private(path: &Path) -> Result<(), Fault> {
    if path.is_dir() { Ok(()) } else { Err(not_ours(path)) }
}

fn not_ours(path: &Path) -> Fault {
    let path = path.display();
    Fault::new(
        super::FaultKind::Setup,
        crate::say!(
            "{path} 不是您自己的文件夹，或者别人可以往里面放东西，Ruku 不去动它。请把 {TEMPORARY} 设为另一个文件夹；确是您自己的，也可以删除它。",
            "{path} is no folder of yours, or others could have put things into it, so Ruku leaves it alone; set {TEMPORARY} to another folder, or remove it if it is yours"
        ),
    )
}

/// Whether it is a folder, no link, of this user and of nobody else.
pub fn is_private(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|metadata| is_private_folder(&metadata))
}

/// The same by what `symlink_metadata` tells.
#[cfg(unix)]
pub fn is_private_folder(metadata: &Metadata) -> bool {
    is_folder_of(metadata, rustix::process::geteuid().as_raw())
}

#[cfg(unix)]
fn is_folder_of(metadata: &Metadata, user: u32) -> bool {
    use std::os::unix::fs::MetadataExt;
    is_owned_by(metadata, user) && metadata.mode() & 0o777 == 0o700
}

#[cfg(unix)]
fn is_owned_by(metadata: &Metadata, user: u32) -> bool {
    metadata.is_dir() && std::os::unix::fs::MetadataExt::uid(metadata) == user
}

/// The same by what `symlink_metadata` tells.
#[cfg(not(unix))]
pub fn is_private_folder(metadata: &Metadata) -> bool {
    metadata.is_dir()
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

    #[cfg(unix)]
    #[test]
    fn a_private_folder_is_this_users_alone() {
        let dir = tempfile::tempdir().unwrap();
        let folder = users_folder(dir.path());
        private_dir(&folder).unwrap();
        assert!(is_private(&folder));
        let metadata = std::fs::symlink_metadata(&folder).unwrap();
        let user = rustix::process::geteuid().as_raw();
        assert!(is_folder_of(&metadata, user) && !is_folder_of(&metadata, user + 1), "another user's");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        assert!(!is_private(&link), "a link");
    }

    #[cfg(unix)]
    #[test]
    fn what_others_could_put_there_is_not_made_ones_own() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let open_to = |mode| std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        open_to(0o777);
        make_private(dir.path()).unwrap();
        assert!(is_private(dir.path()), "nothing was in it");
        std::fs::write(dir.path().join("a"), "1").unwrap();
        open_to(0o755);
        make_private(dir.path()).unwrap();
        assert!(is_private(dir.path()), "others could only look");
        open_to(0o775);
        assert_eq!(make_private(dir.path()).unwrap_err().kind, super::super::FaultKind::Setup);
        assert!(!is_private(dir.path()));
    }

    /// Where the temporary folder is `/tmp`, the browser's sockets fit below the run's own.
    #[cfg(unix)]
    #[test]
    fn the_path_is_short() {
        let path = users_folder(Path::new("/tmp")).join("20261122-081500-1a2b/tmp");
        assert!(path.as_os_str().len() <= 60, "{}", path.display());
    }
}
