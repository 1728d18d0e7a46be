//! Troubles on order: slow pages, and one failure for the next request below a path.
//!
//! Never touches the pages' own styles and scripts unless the path names them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

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
    /// Before its first byte.
    All,
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
}

impl Trouble {
    pub(crate) fn slow(&mut self, slow: Slow) {
        self.slow = (slow.millis > 0).then_some(slow);
    }

    pub(crate) fn fail_once(&mut self, fail: FailOnce) {
        self.fail_once.push(fail);
    }

    /// What the next request to `path` meets; a failure is used up.
    pub(crate) fn take(&mut self, path: &str) -> (Option<Duration>, Option<FailOnce>) {
        let meets = |prefix: &str| path.starts_with(prefix) && (prefix.starts_with("/assets") || !path.starts_with("/assets"));
        let pause =
            self.slow.as_ref().filter(|slow| meets(&slow.path)).map(|slow| Duration::from_millis(slow.millis.min(LONGEST)));
        let at = self.fail_once.iter().position(|fail| meets(&fail.path));
        (pause, at.map(|at| self.fail_once.remove(at)))
    }
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
}
