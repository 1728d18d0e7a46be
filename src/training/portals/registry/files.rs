//! 电子件: the categories, and what a file must be to be taken in.
//!
//! Never believes a file's name: its first bytes must be those of its type.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::training::store::StoredFile;

/// Largest file of any category, in bytes.
pub(super) const LARGEST: u64 = 5 * 1024 * 1024;

/// One row of the dialog.
#[derive(Debug, Serialize)]
pub(super) struct Category {
    pub(super) key: &'static str,
    pub(super) label: &'static str,
    /// How many there must be, and may be.
    pub(super) least: usize,
    pub(super) most: usize,
    /// Endings that are taken.
    pub(super) types: &'static [&'static str],
    /// Bytes.
    pub(super) largest: u64,
    /// Sent as soon as it is chosen; else a second button sends it.
    pub(super) auto: bool,
}

/// All categories.
#[rustfmt::skip]
pub(super) const CATEGORIES: &[Category] = &[
    Category { key: "license", label: "营业执照", least: 1, most: 1, types: &["jpg", "png", "pdf"], largest: LARGEST, auto: true },
    Category { key: "legal_id", label: "法定代表人身份证", least: 2, most: 2, types: &["jpg", "png"], largest: 2 * 1024 * 1024, auto: true },
    Category { key: "permit", label: "开户许可证", least: 1, most: 1, types: &["jpg", "png", "pdf"], largest: LARGEST, auto: true },
    Category { key: "qualification", label: "资质证书", least: 1, most: 5, types: &["pdf"], largest: LARGEST, auto: false },
    Category { key: "other", label: "其他材料", least: 0, most: 10, types: &["jpg", "png", "pdf"], largest: LARGEST, auto: true },
];

/// The category with this key.
pub(super) fn category(key: &str) -> Option<&'static Category> {
    CATEGORIES.iter().find(|category| category.key == key)
}

/// The type that the first bytes tell.
fn type_of(bytes: &[u8]) -> Option<&'static str> {
    let begins = |with: &[u8]| bytes.starts_with(with);
    match () {
        () if begins(b"\x89PNG\r\n\x1a\n") => Some("png"),
        () if begins(b"\xff\xd8\xff") => Some("jpg"),
        () if begins(b"%PDF-") => Some("pdf"),
        () => None,
    }
}

/// Why a file is not taken, in the portal's words.
pub(super) fn refusal(category: &Category, name: &str, bytes: &[u8], there: usize) -> Option<String> {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase().replace("jpeg", "jpg")).unwrap_or_default();
    if there >= category.most {
        return Some(format!("选择的文件过多！最多可上传{}个文件", category.most));
    }
    if !category.types.contains(&ending.as_str()) || type_of(bytes) != Some(ending.as_str()) {
        return Some(format!("选择的文件类型错误！仅支持{}格式", category.types.join("、")));
    }
    if bytes.len() as u64 > category.largest {
        return Some(format!("选择的文件过大！单个文件不能超过{}M", category.largest / 1024 / 1024));
    }
    None
}

/// Labels of categories that lack files.
pub(super) fn missing(files: &[StoredFile]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    files.iter().for_each(|file| *counts.entry(&file.category).or_default() += 1);
    let lacking = CATEGORIES.iter().filter_map(|category| {
        let there = counts.get(category.key).copied().unwrap_or_default();
        (there < category.least).then(|| format!("{}（应上传{}个，已上传{there}个）", category.label, category.least))
    });
    lacking.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_are() {
        let license = category("license").unwrap();
        let png = b"\x89PNG\r\n\x1a\nrest";
        assert_eq!(refusal(license, "a.png", png, 0), None);
        assert!(refusal(license, "a.pdf", png, 0).unwrap().contains("文件类型错误"));
        assert!(refusal(license, "a.txt", b"text", 0).unwrap().contains("文件类型错误"));
        assert!(refusal(license, "a.png", png, 1).unwrap().contains("文件过多"));
        let large = [png.as_slice(), &vec![0; usize::try_from(LARGEST).unwrap()]].concat();
        assert!(refusal(license, "a.png", &large, 0).unwrap().contains("文件过大"));
        assert_eq!(refusal(category("legal_id").unwrap(), "a.JPEG", b"\xff\xd8\xff\xe0", 1), None);
    }

    #[test]
    fn what_lacks_is_named() {
        let lacking = missing(&[]);
        assert!(lacking.len() == 4 && lacking[1].contains("应上传2个，已上传0个"), "{lacking:?}");
    }
}
