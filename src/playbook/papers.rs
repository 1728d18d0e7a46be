//! Whether the file that an input names is there to be uploaded, looked at before anything is done.
//!
//! What it allows is what an upload will open: it asks the same opener. Never says a file's name, in which names of people stand.

use std::path::{Component, Path};

use super::input::{Input, InputType};
use crate::base::Message;
use crate::base::below::open_below;
use crate::say;

impl Input {
    /// Why the file that `value` names cannot be uploaded from `folder`; none when it can, or when the input is no file. `name` is the
    /// input's name.
    pub fn refuses_file(&self, name: &str, value: &str, folder: &Path) -> Option<Message> {
        if self.kind != InputType::File || value.trim().is_empty() || open_below(folder, value).is_ok() {
            return None;
        }
        if let Some(out) = leads_out(name, value) {
            return Some(out);
        }
        if folder.join(value).symlink_metadata().is_ok() {
            return Some(say!(
                "「{name}」所写的不是能上传的文件：打不开，或是空文件、文件夹、链接。请放入文件本身。",
                "“{name}” names nothing that can be uploaded: it cannot be opened, or is empty, a folder or a link; put the file itself there"
            ));
        }
        Some(match other_ending(&folder.join(value)) {
            Some(ending) => say!(
                "「{name}」所写的文件不在材料文件夹里；有同名而扩展名是 .{ending} 的。请核对扩展名。",
                "the folder of files does not have what “{name}” names, but one of that name with the ending .{ending}: check the ending"
            ),
            None => say!(
                "「{name}」所写的文件不在材料文件夹里。请核对文件名和扩展名。",
                "the folder of files does not have what “{name}” names: check the name and its ending"
            ),
        })
    }
}

/// Why a path cannot be one inside a folder.
pub(super) fn leads_out(name: &str, value: &str) -> Option<Message> {
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    (!Path::new(value.trim()).components().all(inside)).then(|| {
        say!(
            "「{name}」所写的路径不在材料文件夹之内。请把文件放进材料文件夹，只写它在其中的路径。",
            "“{name}” leads out of the folder of files: put the file into it, and write its path inside"
        )
    })
}

/// The ending of a file beside it that is called the same but for that.
fn other_ending(path: &Path) -> Option<String> {
    let beside = std::fs::read_dir(path.parent()?).ok()?.flatten().map(|entry| entry.path());
    let mut same = beside.filter(|other| other.file_stem() == path.file_stem());
    // What is none of the usual endings may be part of a name.
    let usual = |ending: &&str| ending.len() <= 5 && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    same.find_map(|other| Some(other.extension()?.to_str().filter(usual)?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_go_up_is_told_without_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("企业甲");
        std::fs::create_dir_all(folder.join("证件.d")).unwrap();
        std::fs::write(folder.join("张三.png"), "x").unwrap();
        std::fs::write(folder.join("空.png"), "").unwrap();
        std::fs::write(dir.path().join("外.png"), "x").unwrap();
        let input = Input { kind: InputType::File, ..Input::default() };
        let told = |value: &str| input.refuses_file("身份证人像面", value, &folder);
        assert_eq!(told("张三.png"), None);
        let absolute = dir.path().join("外.png");
        for (value, cause) in [
            ("../外.png", "不在材料文件夹之内"),
            (absolute.to_str().unwrap(), "不在材料文件夹之内"),
            ("张三.jpg", "扩展名是 .png"),
            ("李四.png", "所写的文件不在材料文件夹里。"),
            ("空.png", "空文件"),
            ("证件.d", "文件夹"),
        ] {
            let told = told(value).unwrap_or_else(|| panic!("{value}"));
            assert!(told.zh.contains(cause), "{value}: {told:?}");
            assert!(!["张三", "李四", "外"].iter().any(|name| told.zh.contains(&format!("{name}."))), "{told:?}");
        }
        let text = Input { kind: InputType::Text, ..Input::default() };
        assert_eq!(text.refuses_file("x", "../外.png", &folder), None);
    }
}
