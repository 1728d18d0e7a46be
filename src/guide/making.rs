//! What goes on while something is made: it is told as it goes, and stops when nobody wants it any more.

use tokio_util::sync::CancellationToken;

use super::write::Format;
use crate::base::{Fault, FaultKind};
use crate::say;

/// Goes down every call that takes long.
pub struct Making<'m> {
    cancel: CancellationToken,
    tell: &'m (dyn Fn(Format, u32, u32) + Sync),
}

impl<'m> Making<'m> {
    /// Calls `tell` with what is being made, how much of it there is, and of how much; ends when `cancel` is.
    pub fn new(cancel: CancellationToken, tell: &'m (dyn Fn(Format, u32, u32) + Sync)) -> Making<'m> {
        Making { cancel, tell }
    }

    /// Tells nobody, and is never stopped.
    pub fn quiet() -> Making<'static> {
        Making::new(CancellationToken::new(), &|_, _, _| ())
    }

    /// So much is done.
    ///
    /// # Errors
    /// [`FaultKind::Stopped`] when it is not wanted any more.
    pub(super) fn at(&self, format: Format, done: usize, of: usize) -> Result<(), Fault> {
        if self.cancel.is_cancelled() {
            return Err(Fault::new(
                FaultKind::Stopped,
                say!("已按要求停止，没有留下未完成的文件。", "stopped as asked; nothing unfinished is left behind"),
            ));
        }
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        (self.tell)(format, small(done), small(of));
        Ok(())
    }
}
