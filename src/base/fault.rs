//! `Fault`: the world said no. A closed set of causes, each with what happens next and a sentence for a person.
//!
//! A wrong *text* (playbook, site profile, table) is never a fault: that is a [`crate::base::Diagnostic`].

use serde::{Deserialize, Serialize};

use super::text::{Lang, Message};

/// What went wrong, as a closed set that code may match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// Nothing on the page matches the target.
    NotFound,
    /// More than one equally good match.
    Many,
    /// The element is there but hidden, disabled, read-only or still moving.
    NotReady,
    /// Something else would receive the click.
    Covered,
    /// A native dialog (alert, confirm) is open.
    Dialog,
    /// The time allowed has passed; the message says what was waited for.
    TimedOut,
    /// Browser, driver, window, frame or element went away.
    Gone,
    /// The portal, the site profile or a rule of Ruku refuses.
    Refused,
    /// An irreversible act was started and its outcome is not known.
    Unsure,
    /// A person or a signal stopped the run.
    Stopped,
    /// The CA lock, its reader or the card service.
    Card,
    /// The holder of the lock is not the person expected.
    WrongHolder,
    /// A page or a precondition is not what the playbook requires.
    Precondition,
    /// The portal says no for a reason that lies outside this run: no seal in the lock, the company activated by somebody else, a value that is
    /// not in the portal's list.
    Business,
    /// A masked value could not be covered, so no picture was taken.
    Mask,
    /// Disk, permissions, sockets of this machine.
    Io,
    /// A program that must be installed is missing or does not start.
    Setup,
}

/// What may happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Next {
    /// Trying again is safe.
    Again,
    /// A person has to decide.
    Ask,
    /// The run ends here.
    Stop,
}

/// One refusal of the world: its kind and a sentence that tells a person what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", message.en)]
pub struct Fault {
    /// The cause.
    pub kind: FaultKind,
    /// What happened and what to do, in both languages.
    pub message: Message,
}

impl Fault {
    /// A fault of `kind` that says `message`.
    pub fn new(kind: FaultKind, message: Message) -> Fault {
        Fault { kind, message }
    }

    /// What may happen next after a fault of this kind.
    pub fn next(&self) -> Next {
        match self.kind {
            FaultKind::NotFound | FaultKind::NotReady | FaultKind::Covered | FaultKind::TimedOut => Next::Again,
            FaultKind::Many
            | FaultKind::Dialog
            | FaultKind::Unsure
            | FaultKind::Card
            | FaultKind::WrongHolder
            | FaultKind::Precondition
            | FaultKind::Business => Next::Ask,
            FaultKind::Gone | FaultKind::Refused | FaultKind::Stopped | FaultKind::Mask | FaultKind::Io | FaultKind::Setup => {
                Next::Stop
            }
        }
    }

    /// The process exit code for this cause: 3 page, 4 lock or person, 5 result unsure, 6 refused, 7 machine, 130 stopped.
    /// (0 is success, 2 is wrong text or wrong arguments.)
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            FaultKind::NotFound
            | FaultKind::Many
            | FaultKind::NotReady
            | FaultKind::Covered
            | FaultKind::Dialog
            | FaultKind::TimedOut
            | FaultKind::Gone => 3,
            FaultKind::Card | FaultKind::WrongHolder => 4,
            FaultKind::Unsure => 5,
            FaultKind::Refused | FaultKind::Precondition | FaultKind::Business => 6,
            FaultKind::Mask | FaultKind::Io | FaultKind::Setup => 7,
            FaultKind::Stopped => 130,
        }
    }

    /// The sentence in `lang`.
    pub fn text(&self, lang: Lang) -> &str {
        self.message.get(lang)
    }

    /// An I/O error at a named place of this machine.
    pub fn io(doing_zh: &str, doing_en: &str, path: &std::path::Path, error: &std::io::Error) -> Fault {
        let path = super::files::native(path);
        let path = path.display();
        let Message { zh, en } = of_disk(error);
        Fault::new(FaultKind::Io, crate::say!("{doing_zh}失败：{path}（{zh}。", "could not {doing_en} {path} ({en}"))
    }
}

/// Why the disk said no, and what to do: in words where there are any, else as the system says it. Closes the bracket it stands in.
fn of_disk(error: &std::io::Error) -> Message {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => crate::say!("不存在）。请核对路径", "it does not exist); check the path"),
        _ if super::files::is_held(error) => crate::say!(
            "正被别的程序使用，如 Excel、WPS 或杀毒软件）。请在那里关闭后重试",
            "another program uses it, such as Excel, WPS or a virus scanner); close it there and try again"
        ),
        // Windows also says so of a file that is to be replaced while it is open.
        ErrorKind::PermissionDenied if cfg!(windows) => crate::say!(
            "没有权限，或正被别的程序打开）。请关闭打开它的程序，或换一个文件夹",
            "no permission, or another program has it open); close that program, or use another folder"
        ),
        ErrorKind::InvalidFilename => {
            crate::say!(
                "名称太长，或含有不允许的字符）。请换一个名称",
                "a name too long, or with characters that are not allowed); use another name"
            )
        }
        ErrorKind::PermissionDenied => {
            crate::say!("没有权限）。请换一个文件夹，或请管理员授权", "no permission); use another folder or ask for access")
        }
        ErrorKind::StorageFull => crate::say!("磁盘已满）。请清理磁盘", "the disk is full); make room"),
        ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            crate::say!(
                "超出了允许的大小或配额）。请清理磁盘，或请管理员放宽",
                "more than the quota or the largest file allowed); make room or ask for more"
            )
        }
        ErrorKind::ReadOnlyFilesystem => {
            crate::say!("磁盘是只读的）。请换一个文件夹", "the disk is read-only); use another folder")
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            crate::say!("该处已有同名的文件）。请换一个文件夹", "a file of that name is in the way); use another folder")
        }
        _ => crate::say!("{error}）。请检查磁盘空间和权限", "{error}); check disk space and permissions"),
    }
}
