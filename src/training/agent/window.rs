//! The agent's own PIN window, outside the browser as those of real CA drivers are.
//!
//! Never keeps a PIN: it comes through a pipe of the dialog program, or is handed over by the trainer, and goes to the caller. Never
//! open twice at a time, and never longer than its caller waits. Without a display there is nothing to see, and only a PIN that is
//! handed over answers.

use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::sync::{oneshot, watch};
use zeroize::Zeroizing;

use super::reply::Code;
use crate::base::Secret;

/// The dialog program: small, and shows Chinese as GTK does.
const DIALOG: &str = "yad";
const TITLE: &str = "互认助手 — 请输入CA锁密码（模拟）";
/// The exit code of 取消. The program itself ends with [`CLOSED`] when its window is closed, and with 1 when it cannot open one.
const CANCELLED: i32 = 2;
const CLOSED: i32 = 252;
/// More than any PIN. The buffer never grows, so that no copy of it stays behind.
const LONGEST: usize = 256;

/// A PIN on its way into the open window, and the word that it was taken.
type Handed = (Secret, oneshot::Sender<()>);

/// The window, open or not.
#[derive(Default)]
pub(super) struct PinWindow {
    open: watch::Sender<bool>,
    /// While it is open, until a PIN is handed in: where to.
    hand_in: Mutex<Option<oneshot::Sender<Handed>>>,
}

/// Shuts the window however its caller ends.
struct Open<'a>(&'a PinWindow);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        *self.0.hand_in() = None;
        self.0.open.send_replace(false);
    }
}

impl PinWindow {
    fn hand_in(&self) -> MutexGuard<'_, Option<oneshot::Sender<Handed>>> {
        self.hand_in.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the window and waits: for the PIN that is typed or handed in; 9010 when the person closes it, 9008 when `pulled` ends first
    /// or another call has the window open.
    pub(super) async fn ask(&self, pulled: impl Future<Output = ()>) -> Result<Secret, Code> {
        let (hand_in, handed) = oneshot::channel();
        let opened = self.open.send_if_modified(|open| {
            let free = !*open;
            if free {
                *open = true;
                *self.hand_in() = Some(hand_in);
            }
            free
        });
        if !opened {
            return Err(Code::NotOpened);
        }
        let _open = Open(self);
        tracing::info!("the PIN window is open");
        tokio::select! {
            biased;
            () = pulled => Err(Code::NotOpened),
            Ok((pin, taken)) = handed => {
                // Who handed it in may have gone.
                let _ = taken.send(());
                Ok(pin)
            }
            typed = typed() => typed.ok_or(Code::NoPin),
        }
    }

    /// Hands a PIN in, as if it were typed; waits `allowed` for a window to be opened. Says whether one took it.
    pub(super) async fn hand_over(&self, pin: Secret, allowed: Duration) -> bool {
        let mut open = self.open.subscribe();
        let (taken, was_taken) = oneshot::channel();
        // Open but without a place to hand it in: another one was faster, and this is its window no more.
        let opened = open.wait_for(|open| *open && self.hand_in().is_some());
        let Ok(Ok(_)) = tokio::time::timeout(allowed, opened).await.map(|opened| opened.map(drop)) else { return false };
        let Some(hand_in) = self.hand_in().take() else { return false };
        hand_in.send((pin, taken)).is_ok() && was_taken.await.is_ok()
    }
}

/// What the person types into the dialog; none when it is closed. Never ends where no dialog can be shown.
async fn typed() -> Option<Secret> {
    let shown = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if !shown {
        return std::future::pending().await;
    }
    loop {
        match dialog().await {
            Ok((Some(0), pin)) if !pin.expose().is_empty() => return Some(pin),
            // 确定 without a PIN asks again.
            Ok((Some(0), _)) => {}
            Ok((Some(CANCELLED | CLOSED), _)) => return None,
            failed => {
                let why = failed.map(|(code, _)| format!("{code:?}")).unwrap_or_else(|error| error.to_string());
                tracing::warn!("{DIALOG} showed no window ({why}); install it with drivers/setup --tests");
                return std::future::pending().await;
            }
        }
    }
}

/// Shows the dialog once: its exit code, and what was typed. Ended with its caller.
async fn dialog() -> std::io::Result<(Option<i32>, Secret)> {
    let mut child = Command::new(DIALOG)
        .args(["--title", TITLE, "--class=ruku-training-agent", "--window-icon=dialog-password"])
        .args(["--center", "--on-top", "--skip-taskbar", "--borders=16", "--width=380"])
        .args(["--text", "模拟助手：请输入 CA 锁密码，完成后点击确定。"])
        .args(["--entry", "--hide-text", "--entry-label=CA锁密码"])
        .args(["--button=取消:2", "--button=确定:0"])
        // It reads its arguments in the locale's encoding.
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut typed = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    if let Some(out) = child.stdout.take() {
        out.take(LONGEST as u64).read_to_end(&mut typed).await?;
    }
    let code = child.wait().await?.code();
    let pin = std::str::from_utf8(&typed).unwrap_or_default().trim_end_matches('\n');
    Ok((code, Secret::new(pin)))
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_pin_that_is_handed_over_waits_for_the_window_but_not_for_ever() {
        let window = PinWindow::default();
        assert!(!window.hand_over(Secret::new("1"), Duration::from_secs(15)).await, "no window");
        let hand_over = window.hand_over(Secret::new("482913"), Duration::from_secs(15));
        let (used, typed) = tokio::join!(hand_over, window.ask(pending()));
        assert_eq!((used, typed.unwrap().expose()), (true, "482913"));
        assert!(!window.hand_over(Secret::new("1"), Duration::ZERO).await, "shut again");
    }

    #[tokio::test]
    async fn there_is_one_window_and_a_pulled_lock_shuts_it() {
        let window = PinWindow::default();
        let (pull, pulled) = oneshot::channel::<()>();
        let second = async {
            assert_eq!(window.ask(pending()).await.err(), Some(Code::NotOpened), "one is open");
            drop(pull);
        };
        let first = window.ask(async { drop(pulled.await) });
        let (first, ()) = tokio::join!(first, second);
        assert_eq!(first.err(), Some(Code::NotOpened));
        assert!(!*window.open.borrow());
    }
}
