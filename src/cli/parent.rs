//! A run that was started by a batch ends in order when the batch dies: nobody would see it, and it holds the terminal.

use crate::base::Fault;

/// Ends this process in order, as Ctrl-C does, once the process `parent` that started it is gone.
///
/// # Errors
/// When the system does not promise it, or `parent` is gone already.
#[cfg(target_os = "linux")]
pub(super) fn end_with(parent: u32) -> Result<(), Fault> {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    let failed =
        |error: std::io::Error| Fault::io("跟随批量办理", "follow the batch", std::path::Path::new("ruku batch"), &error);
    set_parent_process_death_signal(Some(Signal::TERM)).map_err(|error| failed(error.into()))?;
    // It may have died before it was asked about.
    let lives = getppid().is_some_and(|id| id.as_raw_nonzero().get().cast_unsigned() == parent);
    if lives { Ok(()) } else { Err(crate::base::until::stopped()) }
}

/// Other systems promise nothing of the kind: the run goes on to its end, and the next batch waits for it.
#[cfg(not(target_os = "linux"))]
pub(super) fn end_with(_parent: u32) -> Result<(), Fault> {
    Ok(())
}
