//! `Until`: one deadline and one cancel token that go down every call.
//!
//! Every wait says what it waits for, so that a time-out tells a person more than "timed out".

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::fault::{Fault, FaultKind};
use super::text::Message;

/// Pauses between two looks at the world, in milliseconds, as Playwright takes them; the last one repeats.
const RUNGS: [u64; 6] = [0, 20, 50, 100, 100, 500];

/// The pause before look number `look`.
pub fn rung(look: usize) -> Duration {
    Duration::from_millis(RUNGS[look.min(RUNGS.len() - 1)])
}

/// Looks that are taken again and again: the pauses between them grow to half a second and never end.
#[derive(Debug, Default)]
pub struct Ladder(usize);

impl Ladder {
    /// The next pause.
    pub fn rung(&mut self) -> Duration {
        let rung = rung(self.0);
        self.0 += 1;
        rung
    }
}

/// How long a call may take, and the token that stops it earlier. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Until {
    deadline: Instant,
    allowed: Duration,
    cancel: CancellationToken,
    goal: Option<Arc<Message>>,
}

impl Until {
    /// A new limit, `allowed` from now, stopped by `cancel`.
    pub fn after(allowed: Duration, cancel: CancellationToken) -> Until {
        Until { deadline: Instant::now() + allowed, allowed, cancel, goal: None }
    }

    /// The same token with a deadline `allowed` from now, but never later than this one.
    pub fn within(&self, allowed: Duration) -> Until {
        Until { deadline: self.deadline.min(Instant::now() + allowed), allowed, ..self.clone() }
    }

    /// The same token with a deadline of its own: for a gate, whose patience is not the step's.
    pub fn renewed(&self, allowed: Duration) -> Until {
        Until { deadline: Instant::now() + allowed, allowed, ..self.clone() }
    }

    /// The same limit, which says `goal` when it passes, whatever was under way then: looks at a page take most of the time of a wait,
    /// so that mostly one of them meets the deadline.
    #[must_use]
    pub fn awaiting(&self, goal: &Message) -> Until {
        Until { goal: Some(Arc::new(goal.clone())), ..self.clone() }
    }

    fn passed(&self, waiting_for: &Message) -> Fault {
        timed_out(self.goal.as_deref().unwrap_or(waiting_for))
    }

    /// The time that this limit was made with.
    pub fn allowed(&self) -> Duration {
        self.allowed
    }

    /// Time left; zero when past.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Whether the deadline has passed.
    pub fn expired(&self) -> bool {
        self.remaining().is_zero()
    }

    /// The cancel token.
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Runs `work` until it ends, the deadline passes ([`FaultKind::TimedOut`], saying `waiting_for`) or the token is cancelled
    /// ([`FaultKind::Stopped`]).
    pub async fn run<T>(&self, waiting_for: &Message, work: impl Future<Output = T>) -> Result<T, Fault> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(stopped()),
            done = work => Ok(done),
            () = tokio::time::sleep_until(self.deadline) => Err(self.passed(waiting_for)),
        }
    }

    /// Pauses between two looks at the world (a rung of a polling ladder); ends early on cancel or deadline.
    pub async fn pause(&self, rung: Duration, waiting_for: &Message) -> Result<(), Fault> {
        let rung = rung.min(self.remaining());
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => return Err(stopped()),
            () = tokio::time::sleep(rung) => {}
        }
        if self.expired() { Err(self.passed(waiting_for)) } else { Ok(()) }
    }

    /// The next pause of `ladder`, as [`Until::pause`].
    pub async fn climb(&self, ladder: &mut Ladder, waiting_for: &Message) -> Result<(), Fault> {
        self.pause(ladder.rung(), waiting_for).await
    }
}

/// The fault for a cancelled run.
pub fn stopped() -> Fault {
    Fault::new(
        FaultKind::Stopped,
        crate::say!("办理已按要求停止。需要时可重新办理。", "the run was stopped as asked; start it again when needed"),
    )
}

/// The fault for a passed deadline; says what was waited for.
pub fn timed_out(waiting_for: &Message) -> Fault {
    Fault::new(
        FaultKind::TimedOut,
        Message::new(
            format!("等待超时，没有等到：{}。请看看网页或窗口上有什么提示，再决定是否重试。", waiting_for.zh),
            format!("timed out waiting for {}; see what the page or window says before you try again", waiting_for.en),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ladder_never_ends() {
        let mut ladder = Ladder::default();
        let pauses: Vec<u128> = (0..8).map(|_| ladder.rung().as_millis()).collect();
        assert_eq!(pauses, [0, 20, 50, 100, 100, 500, 500, 500]);
    }

    #[tokio::test]
    async fn a_deadline_says_what_the_whole_wait_was_for() {
        let until = Until::after(Duration::ZERO, CancellationToken::new());
        let look = Message::same("a look");
        let told =
            until.awaiting(&Message::same("the goal")).within(Duration::ZERO).run(&look, std::future::pending::<()>()).await;
        assert!(told.unwrap_err().message.en.contains("the goal"));
        assert!(until.run(&look, std::future::pending::<()>()).await.unwrap_err().message.en.contains("a look"));
    }
}
