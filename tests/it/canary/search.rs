//! The search itself: words in whatever spelling, in files, names, links and pictures. Never takes a file that it could not read for an
//! empty one; only what is gone by the time that it is read, as a living browser's files may be, is passed over.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// What is looked for: the kind of it, and its words.
pub(super) type Planted = Vec<(&'static str, String)>;

/// Kinds of what was found.
pub(super) type Kinds = BTreeSet<&'static str>;

/// So many pictures are read at a time.
const AT_ONCE: usize = 4;

/// Every way in which a program may spell a word.
fn spellings(word: &str) -> BTreeSet<Vec<u8>> {
    let percent = |bytes: &[u8]| bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let utf16: Vec<u16> = word.encode_utf16().collect();
    let escaped: String = utf16.iter().map(|unit| format!("\\u{unit:04x}")).collect();
    let mut all = BTreeSet::from([
        word.as_bytes().to_vec(),
        utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
    ]);
    if !word.is_ascii() {
        let percent = percent(word.as_bytes());
        all.extend([percent.to_lowercase().into_bytes(), percent.into_bytes(), escaped.into_bytes()]);
    }
    // In base64 a word looks in three ways, by where it begins; only what does not hang on its neighbours is looked for.
    for before in 0..3 {
        let text = BASE64.encode([vec![0; before], word.as_bytes().to_vec()].concat());
        let inner = &text[(before * 8).div_ceil(6)..(before + word.len()) * 8 / 6];
        all.insert(inner.as_bytes().to_vec());
    }
    all
}

/// The kinds that stand somewhere in the bytes. A number as short as a PIN must stand alone: hashes are full of such.
pub(super) fn kinds_in(bytes: &[u8], planted: &Planted) -> Kinds {
    let mut begins = vec![Vec::new(); 1 << 16];
    for (kind, word) in planted {
        for spelling in spellings(word) {
            let begin = usize::from(spelling[0]) << 8 | usize::from(spelling[1]);
            let short = word.len() <= 6 && spelling == word.as_bytes();
            begins[begin].push((*kind, short, spelling));
        }
    }
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    let mut found = Kinds::new();
    for (at, two) in bytes.windows(2).enumerate() {
        for (kind, short, spelling) in &begins[usize::from(two[0]) << 8 | usize::from(two[1])] {
            let alone = || !(digit(at.checked_sub(1)) || digit(Some(at + spelling.len())));
            if bytes[at..].starts_with(spelling) && (!short || alone()) {
                found.insert(*kind);
            }
        }
    }
    found
}

/// What was looked at in one place, and what stood there.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// Files (or texts, or pictures) with something in them.
    pub(super) full: usize,
    /// All bytes that were looked at.
    pub(super) bytes: usize,
    /// The kinds, and where each stood.
    pub(super) found: Vec<(PathBuf, Kinds)>,
}

impl Looked {
    /// A text that a program printed.
    pub(super) fn at_text(text: &str, planted: &Planted) -> Looked {
        let mut looked = Looked::default();
        looked.take(Path::new("(printed)"), text.as_bytes(), planted);
        looked
    }

    /// Everything below a folder, which must be there.
    pub(super) fn below(folder: &Path, planted: &Planted) -> Looked {
        assert!(folder.is_dir(), "{} is not there to be looked at", folder.display());
        let mut looked = Looked::default();
        looked.enter(folder, planted);
        looked
    }

    /// The kinds of all of it.
    pub(super) fn kinds(&self) -> Kinds {
        self.found.iter().flat_map(|(_, kinds)| kinds).copied().collect()
    }

    /// The same of several places.
    pub(super) fn and(mut self, other: Looked) -> Looked {
        (self.full, self.bytes) = (self.full + other.full, self.bytes + other.bytes);
        self.found.extend(other.found);
        self
    }

    fn enter(&mut self, folder: &Path, planted: &Planted) {
        for entry in there(std::fs::read_dir(folder), folder).into_iter().flatten() {
            let Some(path) = there(entry, folder).map(|entry| entry.path()) else { continue };
            let name = kinds_in(path.file_name().unwrap().as_encoded_bytes(), planted);
            if !name.is_empty() {
                self.found.push((path.clone(), name));
            }
            let Some(metadata) = there(std::fs::symlink_metadata(&path), &path) else { continue };
            if metadata.is_dir() {
                self.enter(&path, planted);
            } else if metadata.is_symlink() {
                let target = there(std::fs::read_link(&path), &path).unwrap_or_default();
                self.take(&path, target.as_os_str().as_encoded_bytes(), planted);
            } else if metadata.is_file() {
                self.take(&path, &there(std::fs::read(&path), &path).unwrap_or_default(), planted);
            }
        }
    }

    fn take(&mut self, path: &Path, bytes: &[u8], planted: &Planted) {
        (self.full, self.bytes) = (self.full + usize::from(!bytes.is_empty()), self.bytes + bytes.len());
        let kinds = kinds_in(bytes, planted);
        if !kinds.is_empty() {
            self.found.push((path.to_owned(), kinds));
        }
    }
}

/// What was read, or nothing where it is gone meanwhile. Everything else that keeps from looking ends the test.
fn there<T>(read: std::io::Result<T>, path: &Path) -> Option<T> {
    match read {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        read => Some(read.unwrap_or_else(|error| panic!("{} cannot be looked at: {error}", path.display()))),
    }
}

/// What a stranger reads in pictures, as one text without spaces.
pub(super) fn read(pictures: &[PathBuf]) -> String {
    let mut all = String::new();
    for some in pictures.chunks(AT_ONCE) {
        let reading = some.iter().map(|picture| {
            let mut command = Command::new("tesseract");
            // One thread each: several are read at a time.
            command.env("OMP_THREAD_LIMIT", "1").arg(picture).args(["-", "-l", "chi_sim", "--psm", "11"]);
            command.stderr(Stdio::null()).stdout(Stdio::piped()).spawn().expect("tesseract is installed")
        });
        for (child, picture) in reading.collect::<Vec<_>>().into_iter().zip(some) {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{} was not read", picture.display());
            all.push_str(&String::from_utf8_lossy(&output.stdout));
        }
    }
    all.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The pictures of a run, in their order.
pub(super) fn pictures_of(run: &Path) -> Vec<PathBuf> {
    let mut pictures: Vec<PathBuf> =
        std::fs::read_dir(run.join("data/shots")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pictures.sort();
    pictures
}

mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn what_cannot_be_read_is_not_taken_for_empty() {
        let folder = tempfile::tempdir().unwrap();
        let planted: Planted = vec![("name", "王建国".to_owned())];
        std::fs::write(folder.path().join("a"), "王建国").unwrap();
        std::os::unix::fs::symlink("/nowhere/王建国", folder.path().join("link")).unwrap();
        let looked = Looked::below(folder.path(), &planted);
        assert_eq!((looked.full, looked.found.len()), (2, 2), "{looked:?}");
        let gone = std::io::Error::from(ErrorKind::NotFound);
        assert!(there(Err::<(), _>(gone), folder.path()).is_none());
        let refused =
            std::panic::catch_unwind(|| there(Err::<(), _>(std::io::Error::from(ErrorKind::PermissionDenied)), Path::new("a")));
        assert!(refused.is_err());
        assert!(std::panic::catch_unwind(|| Looked::below(Path::new("/nowhere"), &Planted::new())).is_err());
    }
}
