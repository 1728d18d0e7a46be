//! The container: a BagIt 1.0 bag (RFC 8493), written and read strictly. Its manifests are what `sha256sum -c` takes.
//!
//! Never follows a link, never takes a path that could lead out of the folder or mean two files on another system.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::canonical;
use crate::base::{Fault, FaultKind};

/// The declaration of every bag.
pub(super) const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
/// Every file below `data/` and its hash.
pub(super) const MANIFEST: &str = "manifest-sha256.txt";
/// The three files below and their hashes. Written last: a folder that has it was sealed.
pub(super) const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";
/// What the bag says of itself.
pub(super) const INFO: &str = "bag-info.txt";
/// The declaration's file.
pub(super) const BAGIT: &str = "bagit.txt";
/// The files of [`TAG_MANIFEST`].
pub(super) const TAG_FILES: [&str; 3] = [INFO, BAGIT, MANIFEST];

/// Whether a path from the run folder is safe everywhere: relative, forward slashes, ASCII letters, digits, `.`, `_` and `-` only, no part
/// that begins with a dot or ends with one, or is a device on Windows.
pub(super) fn is_safe(path: &str) -> bool {
    !path.is_empty()
        && path.len() <= 240
        && path.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.ends_with('.')
                && !is_device(part)
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
        })
}

/// Whether Windows takes a name for a device, whatever it ends in: no folder can hold such a file there.
pub(super) fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = |kind: &str| matches!(stem.strip_prefix(kind).map(str::as_bytes), Some([b'1'..=b'9']));
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

/// What lies in a folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Regular files: path from the folder, with forward slashes, and size in bytes.
    pub(super) files: BTreeMap<String, u64>,
    /// Folders, likewise.
    pub(super) folders: BTreeSet<String>,
    /// Links, devices, sockets, and names that are no UTF-8: nothing of that belongs into a bag.
    pub(super) strange: BTreeSet<String>,
}

/// Lists everything below `folder` without following a link.
pub(super) fn list(folder: &Path) -> Result<Listing, Fault> {
    fn walk(folder: &Path, prefix: &str, listing: &mut Listing) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let path = format!("{prefix}{}", name.to_string_lossy());
            let kind = entry.file_type()?;
            if name.to_str().is_none() || kind.is_symlink() {
                listing.strange.insert(path);
            } else if kind.is_dir() {
                walk(&entry.path(), &format!("{path}/"), listing)?;
                listing.folders.insert(path);
            } else if kind.is_file() {
                listing.files.insert(path, entry.metadata()?.len());
            } else {
                listing.strange.insert(path);
            }
        }
        Ok(())
    }
    let mut listing = Listing::default();
    walk(folder, "", &mut listing).map_err(|error| Fault::io("读取文件夹", "read folder", folder, &error))?;
    Ok(listing)
}

/// SHA-256 of a file, read in pieces; lower-case hex.
pub(super) fn hash_file(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            count => hasher.update(&piece[..count]),
        }
    }
}

/// A manifest of `paths` below `run`, sorted by path.
pub(super) fn manifest<'a>(run: &Path, paths: impl Iterator<Item = &'a str>) -> Result<String, Fault> {
    let mut sorted: Vec<&str> = paths.collect();
    sorted.sort_unstable();
    let mut out = String::new();
    for path in sorted {
        if !is_safe(path) {
            return Err(Fault::new(
                FaultKind::Io,
                crate::say!(
                    "办理档案中有名称不合规的文件：{path}。请移走后重试。",
                    "the run folder holds a file whose name is not allowed: {path}; move it away and try again"
                ),
            ));
        }
        let file = run.join(path);
        let hash = hash_file(&file).map_err(|error| Fault::io("读取文件", "read", &file, &error))?;
        out.push_str(&format!("{hash}  {path}\n"));
    }
    Ok(out)
}

/// Why a manifest was not accepted, and on which line (from 1).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// Not `<64 hex>␠␠<path>␊`.
    Shape(usize),
    /// A path that is not safe.
    Path(usize),
    /// A path that an earlier line has too, perhaps in other case.
    Twice(usize),
    /// Nothing in it.
    Empty,
}

/// Reads a manifest strictly: line feeds only, two spaces, safe paths, no path twice even where case does not count.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, String>, Unfit> {
    let mut out = BTreeMap::new();
    let mut folded = BTreeSet::new();
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let number = at + 1;
        let (hash, path) = line.strip_suffix('\n').and_then(|line| line.split_once("  ")).ok_or(Unfit::Shape(number))?;
        if !canonical::is_sha256(hash) {
            return Err(Unfit::Shape(number));
        }
        if !is_safe(path) {
            return Err(Unfit::Path(number));
        }
        if !folded.insert(path.to_ascii_lowercase()) {
            return Err(Unfit::Twice(number));
        }
        out.insert(path.to_owned(), hash.to_owned());
    }
    if out.is_empty() { Err(Unfit::Empty) } else { Ok(out) }
}

/// Reads `bag-info.txt` as Ruku writes it: `Label: value` lines, no label twice.
pub(super) fn parse_info(text: &str) -> Option<BTreeMap<&str, &str>> {
    let mut out = BTreeMap::new();
    for line in text.split_inclusive('\n') {
        let (label, value) = line.strip_suffix('\n')?.split_once(": ")?;
        if value.trim() != value || out.insert(label, value).is_some() {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_safe() {
        for good in ["data/log.jsonl", "data/shots/0001.png", "data/playbooks/2.1.1-login.yaml", "data/console.yaml", "com10"] {
            assert!(is_safe(good), "{good}");
        }
        for bad in [
            "",
            "/etc/passwd",
            "data/../x",
            "data/./x",
            "data//x",
            "data\\x",
            "C:/x",
            "data/中.yaml",
            ".hidden",
            "data/x.",
            "data/a b",
            "data/",
            "data/Nul.yaml",
            "con/x",
            "data/com1",
            "LPT9.a.b",
        ] {
            assert!(!is_safe(bad), "{bad}");
        }
    }

    #[test]
    fn manifests_are_read_strictly() {
        let hash = "0".repeat(64);
        let parsed = |text: &str| parse(&text.replace('H', &hash));
        assert_eq!(parsed("H  data/a\nH  data/b\n").unwrap().len(), 2);
        assert_eq!(parsed("H  data/a\r\n"), Err(Unfit::Path(1)));
        assert_eq!(parsed("H  data/a\nH *data/b\n"), Err(Unfit::Shape(2)));
        assert_eq!(parsed("H  data/a"), Err(Unfit::Shape(1)));
        assert_eq!(parsed("H  ../a\n"), Err(Unfit::Path(1)));
        assert_eq!(parsed("H  data/a\nH  data/A\n"), Err(Unfit::Twice(2)));
        assert_eq!(parsed("\\H  data/a\n"), Err(Unfit::Shape(1)));
        assert_eq!(parsed(""), Err(Unfit::Empty));
        assert_eq!(parse_info("A: 1\nA: 2\n"), None);
        assert_eq!(parse_info("A: 1\r\n"), None);
        assert_eq!(parse_info("A: 1\nB: x: y\n").unwrap()["B"], "x: y");
    }
}
