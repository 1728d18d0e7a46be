//! Why a command ends early, as an exit code tells it, and the files that a person names on the command line.

use std::path::{Path, PathBuf};

use crate::base::{Fault, FaultKind, Message, files};
use crate::playbook;

/// Why a command ends without having done its work.
#[derive(Debug)]
pub(super) enum Stop {
    /// A text is wrong; what is wrong has been printed.
    Told,
    /// An argument is wrong, or a file that it names.
    Wrong(Message),
    /// The world said no.
    Fault(Fault),
}

impl Stop {
    /// What is wrong with the one who is run, where the same arguments are right for others.
    pub(super) fn of_one(self) -> Stop {
        match self {
            Stop::Wrong(message) => Stop::Fault(Fault::new(FaultKind::Precondition, message)),
            other => other,
        }
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Fault(fault)
    }
}

/// Reads a file that the person named: when it cannot be read, the argument is wrong and not this machine.
pub(super) fn read_named(path: &Path) -> Result<Vec<u8>, Stop> {
    std::fs::read(path).map_err(|error| {
        let shown = path.display();
        Stop::Wrong(if error.kind() == std::io::ErrorKind::NotFound {
            crate::say!("没有文件 {shown}。请核对路径。", "there is no file {shown}; check the path")
        } else if files::is_held(&error) {
            crate::say!(
                "{shown} 正被别的程序使用（如 Excel、WPS）。请在那里关闭后重试。",
                "another program, such as Excel or WPS, uses {shown}; close it there and try again"
            )
        } else {
            crate::say!(
                "无法读取 {shown}（{error}）。请核对路径和读取权限。",
                "{shown} cannot be read ({error}); check the path and who may read it"
            )
        })
    })
}

/// The file of the playbook that the person named.
pub(super) fn find_playbook(folder: &Path, name: &str) -> Result<PathBuf, Stop> {
    let named = playbook::find(folder, name).map_err(|fault| match fault.kind {
        FaultKind::Setup => Stop::Wrong(fault.message),
        _ => Stop::Fault(fault),
    });
    // Whoever writes a path means a file: a list of playbooks is no answer.
    match named {
        Err(Stop::Wrong(_)) if is_path(name) => read_named(Path::new(name)).map(|_| name.into()),
        named => named,
    }
}

/// Whether a name is that of a file, and not a section or the name of a playbook.
fn is_path(name: &str) -> bool {
    name.contains(['/', '\\']) || [".yaml", ".yml"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_one_ends_no_batch() {
        let one = Stop::Wrong(crate::say!("文件不在", "the file is not there")).of_one();
        assert!(matches!(&one, Stop::Fault(fault) if fault.exit_code() == 6), "{one:?}");
        assert!(matches!(Stop::Told.of_one(), Stop::Told));
    }

    #[test]
    fn a_file_that_is_not_there_is_a_wrong_argument() {
        let folder = tempfile::tempdir().unwrap();
        let Err(Stop::Wrong(message)) = read_named(&folder.path().join("资料.yaml")) else { panic!("a wrong argument") };
        assert!(message.zh.contains("没有文件") && !message.zh.contains("磁盘"), "{}", message.zh);
        let Err(Stop::Wrong(message)) = read_named(folder.path()) else { panic!("a wrong argument") };
        assert!(message.en.contains("cannot be read"), "{}", message.en);
        let Err(Stop::Wrong(message)) = find_playbook(folder.path(), "9.9") else { panic!("a wrong argument") };
        assert!(message.en.contains("9.9"), "{}", message.en);
        assert!(matches!(find_playbook(&folder.path().join("none"), "9.9"), Err(Stop::Fault(_))));
    }

    #[test]
    fn a_slip_in_a_name_is_guessed_and_a_path_is_a_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("onboarding.yaml"), "").unwrap();
        let said = |name: &str| match find_playbook(folder.path(), name) {
            Err(Stop::Wrong(message)) => message.zh,
            other => panic!("{other:?}"),
        };
        assert!(said("onbording").contains("是不是想写「onboarding」？"), "{}", said("onbording"));
        assert!(said("nope.yaml").contains("没有文件 nope.yaml"), "{}", said("nope.yaml"));
    }
}
