//! Troubles on order: slow pages, one failure for the next request below a path, and one request that is held at the gate.
//!
//! Never touches the pages' own styles and scripts unless the path names them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

/// No answer is delayed longer than this, in milliseconds.
const LONGEST: u64 = 120_000;

/// Every answer below `path` waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Slow {
    /// Milliseconds; 0 ends it.
    pub(crate) millis: u64,
    /// Prefix of the request's path.
    #[serde(default = "everywhere")]
    pub(crate) path: String,
}

/// The next request below `path` is answered with `status`, or with half an answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FailOnce {
    /// Prefix of the request's path.
    #[serde(default = "everywhere")]
    pub(crate) path: String,
    /// HTTP status, 400 to 599.
    #[serde(default = "bad_gateway")]
    pub(crate) status: u16,
    /// The request is carried out and only its answer is lost.
    #[serde(default)]
    pub(crate) after: bool,
    /// The request is carried out; then the connection breaks off.
    #[serde(default)]
    pub(crate) cut: Cut,
}

/// Where a connection breaks off.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Cut {
    /// Nowhere.
    #[default]
    No,
    /// After half of the answer.
    Half,
    /// After half of the answer, and in good order: a portal that failed in the middle of a page.
    Short,
    /// Before its first byte.
    All,
}

/// The next request below `path` stands still until it is let go.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Hold {
    /// Prefix of the request's path.
    #[serde(default = "everywhere")]
    pub(crate) path: String,
    /// It is carried out first, and its answer stands still.
    #[serde(default)]
    pub(crate) after: bool,
}

/// What becomes of a request that was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LetGo {
    /// It is thrown away: not carried out unless it was, and never answered.
    #[serde(default)]
    pub(crate) lost: bool,
}

fn everywhere() -> String {
    "/".to_owned()
}

fn bad_gateway() -> u16 {
    502
}

/// The troubles that are ordered now.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Trouble {
    slow: Option<Slow>,
    fail_once: Vec<FailOnce>,
    hold: Option<Hold>,
    #[serde(skip)]
    held: Vec<oneshot::Sender<LetGo>>,
}

/// What a request waits for at the gate, and whether it was carried out before.
pub(crate) type Held = (oneshot::Receiver<LetGo>, bool);

impl Trouble {
    pub(crate) fn slow(&mut self, slow: Slow) {
        self.slow = (slow.millis > 0).then_some(slow);
    }

    pub(crate) fn fail_once(&mut self, fail: FailOnce) {
        self.fail_once.push(fail);
    }

    pub(crate) fn hold(&mut self, hold: Hold) {
        self.hold = Some(hold);
    }

    /// How many requests are held and still wanted by whoever sent them.
    pub(crate) fn held(&self) -> usize {
        self.held.iter().filter(|held| !held.is_closed()).count()
    }

    /// Lets all of them go, and holds no other.
    pub(crate) fn let_go(&mut self, how: LetGo) {
        self.hold = None;
        for held in self.held.drain(..) {
            // Whoever sent it may have gone meanwhile.
            let _ = held.send(how);
        }
    }

    /// The gate before a request to `path`, if it is to be held.
    pub(crate) fn stop(&mut self, path: &str) -> Option<Held> {
        let hold = self.hold.take_if(|hold| meets(path, &hold.path))?;
        let (go, gate) = oneshot::channel();
        self.held.push(go);
        Some((gate, hold.after))
    }

    /// What the next request to `path` meets; a failure is used up.
    pub(crate) fn take(&mut self, path: &str) -> (Option<Duration>, Option<FailOnce>) {
        let slow = self.slow.as_ref().filter(|slow| meets(path, &slow.path));
        let pause = slow.map(|slow| Duration::from_millis(slow.millis.min(LONGEST)));
        let at = self.fail_once.iter().position(|fail| meets(path, &fail.path));
        (pause, at.map(|at| self.fail_once.remove(at)))
    }
}

fn meets(path: &str, prefix: &str) -> bool {
    path.starts_with(prefix) && (prefix.starts_with("/assets") || !path.starts_with("/assets"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_used_up_and_styles_are_spared() {
        let mut trouble = Trouble::default();
        trouble.fail_once(FailOnce { path: "/".into(), status: 503, after: false, cut: Cut::No });
        trouble.slow(Slow { millis: 50, path: "/bind".into() });
        assert!(trouble.take("/assets/ca.css").1.is_none());
        assert!(trouble.take("/").1.is_some());
        assert!(trouble.take("/").1.is_none());
        assert_eq!(trouble.take("/bind/person").0, Some(Duration::from_millis(50)));
        assert_eq!(trouble.take("/").0, None);
        trouble.slow(Slow { millis: 0, path: "/".into() });
        assert_eq!(trouble.take("/bind/person").0, None);
    }

    #[test]
    fn one_request_is_held_until_it_is_let_go() {
        let mut trouble = Trouble::default();
        trouble.hold(Hold { path: "/rest".into(), after: true });
        assert!(trouble.stop("/").is_none());
        let (mut gate, after) = trouble.stop("/rest/apply").unwrap();
        assert!(after && trouble.stop("/rest/apply").is_none(), "one only");
        assert_eq!((trouble.held(), gate.try_recv().is_err()), (1, true));
        trouble.let_go(LetGo { lost: true });
        assert_eq!((trouble.held(), gate.try_recv()), (0, Ok(LetGo { lost: true })));
    }
}
