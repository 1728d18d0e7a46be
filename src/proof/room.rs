//! Whether a run folder can still take what an irreversible act will leave in it.
//!
//! Never lets an act begin whose outcome could not be recorded: the folder must be there, and must hold what is written into it.

use std::path::Path;

use super::layout;
use crate::base::{Fault, FaultKind, files};

/// Bytes that an act and the end of its run need at most: outcome, pictures, reports, manifests.
const ROOM: usize = 4 << 20;
/// Put aside and taken away again; leftovers of this ending go with the next writer.
const PROBE: &str = "data/room.new";

/// `length` is how many bytes the journal has by its writer.
pub(super) fn check(folder: &Path, length: u64) -> Result<(), Fault> {
    // A file that was removed can still be written to; nobody would ever read it.
    if std::fs::metadata(folder.join(layout::LOG)).map(|log| log.len()).ok() != Some(length) {
        let folder = folder.display();
        return Err(Fault::new(
            FaultKind::Io,
            crate::say!(
                "办理档案 {folder} 被移走、删除或改动了，因此没有点击。请查明原因，再重新办理。",
                "the run folder {folder} was moved, deleted or changed, so nothing was pressed; find out why, then run again"
            ),
        ));
    }
    files::prove_room(&folder.join(PROBE), ROOM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_gone_or_changed_takes_no_act() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join(layout::LOG);
        files::private_dir(log.parent().unwrap()).unwrap();
        std::fs::write(&log, "123").unwrap();
        check(dir.path(), 3).unwrap();
        assert!(!dir.path().join(PROBE).exists());
        assert_eq!(check(dir.path(), 2).unwrap_err().kind, FaultKind::Io);
        std::fs::remove_file(&log).unwrap();
        assert!(check(dir.path(), 3).unwrap_err().message.zh.contains("没有点击"));
    }
}
