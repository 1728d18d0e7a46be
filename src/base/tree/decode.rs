//! Bytes to text. Never guesses at a wrong encoding: it says which one it looks like and how to save the file.

use super::MAX_BYTES;
use crate::base::diagnostic::Diagnostic;
use crate::say;

/// The text of a file, without a byte order mark.
pub(super) fn text(bytes: &[u8]) -> Result<String, Box<Diagnostic>> {
    if bytes.len() > MAX_BYTES {
        let size = bytes.len() / 1024;
        return Err(whole(
            "too-large",
            say!("文件有 {size} KB，超过上限 {} KB。", "the file has {size} KB, more than the limit of {} KB", MAX_BYTES / 1024),
            say!(
                "请确认选对了文件；办理流程和平台配置只有几 KB。",
                "check that this is the right file; playbooks and site profiles have a few KB"
            ),
        ));
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(whole(
            "not-utf-8",
            say!(
                "文件是 UTF-16（记事本的“Unicode”）编码，无法读取。",
                "the file is UTF-16 (Notepad's “Unicode”) and cannot be read"
            ),
            save_as(),
        ));
    }
    let body = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    match std::str::from_utf8(body) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let good = &body[..error.valid_up_to()];
            let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
            Err(whole(
                "not-utf-8",
                say!(
                    "第 {line} 行有不是 UTF-8 的内容，文件多半是 GBK（记事本的“ANSI”）编码。",
                    "line {line} is not UTF-8; the file is probably GBK (Notepad's “ANSI”)"
                ),
                save_as(),
            ))
        }
    }
}

fn save_as() -> crate::base::Message {
    say!(
        "用记事本打开，“另存为”，编码选“UTF-8”，再试一次。",
        "open it in Notepad, “Save as”, choose the encoding “UTF-8”, and try again"
    )
}

fn whole(code: &'static str, message: crate::base::Message, help: crate::base::Message) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(code, message, None).help(help))
}
