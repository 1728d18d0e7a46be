//! What a killed Ruku may have left running, and how it is ended.
//!
//! Never signals a process by number alone: numbers are given out again, so the start time must agree as well.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::session::BrowserFacts;
use crate::base::{Fault, files};

/// Where the numbers of running processes are kept, inside the work folder.
pub(super) const RECORD: &str = "processes.json";

/// How long killed processes may take to end. The kernel needs milliseconds; a swapping machine more.
const ENDED_WITHIN: Duration = Duration::from_secs(10);

/// A process that cannot be mistaken for a later one with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) pid: u32,
    /// Start time in clock ticks since boot; none where the system does not tell.
    pub(super) started: Option<u64>,
}

/// What [`reap`] needs to know, and what a resumed run needs to attach again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) driver: Option<Mark>,
    pub(super) browser: Option<Mark>,
    /// The shell that ends them all some time after Ruku was killed.
    #[serde(default)]
    pub(super) guard: Option<Mark>,
    /// Address of the driver.
    pub(super) url: String,
    pub(super) session: String,
    /// Address of the session's BiDi socket.
    #[serde(default)]
    pub(super) socket: String,
    /// Name and versions, as the session told them at its start.
    #[serde(default)]
    pub(super) facts: BrowserFacts,
}

impl Record {
    /// Writes the record into the work folder, readable by the owner alone.
    pub(super) fn write(&self, work: &Path) -> Result<(), Fault> {
        let path = work.join(RECORD);
        let bytes = serde_json::to_vec(self)
            .map_err(|error| Fault::io("写入进程记录", "write the process record", &path, &std::io::Error::other(error)))?;
        files::replace(&path, &bytes)
    }

    /// The record in the work folder; an empty one where there is none, or a torn one, which names nothing that could be ended safely.
    pub(super) fn read(work: &Path) -> Result<Option<Record>, Fault> {
        let path = work.join(RECORD);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).unwrap_or_default())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Fault::io("读取进程记录", "read process record", &path, &error)),
        }
    }

    /// Kills what the record names and all of the driver's group, as far as it surely is that. Returns who was killed, and the leader
    /// of the group if that was.
    pub(super) fn kill(&self) -> (Vec<Mark>, Option<Mark>) {
        let left: Vec<Mark> = [self.driver, self.browser].into_iter().flatten().filter(|mark| mark.alive()).collect();
        let leader = self.kill_group(&left);
        left.iter().for_each(|mark| mark.kill());
        // A guard of an adopted browser stands outside of the group.
        if let Some(guard) = self.guard {
            guard.kill_all();
        }
        (left, leader)
    }

    /// Kills the driver's group, where one of it that is known to run proves that the group is ours, and gives its leader.
    #[cfg(target_os = "linux")]
    fn kill_group(&self, left: &[Mark]) -> Option<Mark> {
        let driver = self.driver?;
        // Renderers and other children are in the driver's group.
        let ours = |mark: &Mark| mark.alive() && group_of(mark.pid) == Some(driver.pid);
        if !left.iter().chain(&self.guard).any(ours) {
            return None;
        }
        let _ = rustix::process::kill_process_group(pid_of(driver.pid)?, rustix::process::Signal::KILL);
        Some(driver)
    }

    /// Only Linux tells whose a group is.
    #[cfg(not(target_os = "linux"))]
    fn kill_group(&self, _left: &[Mark]) -> Option<Mark> {
        None
    }
}

impl Mark {
    /// The process that has this number now.
    pub(super) fn of(pid: u32) -> Mark {
        Mark { pid, started: start_time(pid) }
    }

    /// Whether this very process still runs. A zombie does not.
    pub(super) fn alive(self) -> bool {
        self.started.is_some() && start_time(self.pid) == self.started
    }

    /// Kills this very process, if it still runs.
    #[cfg(unix)]
    pub(super) fn kill(self) {
        if let (true, Some(pid)) = (self.alive(), pid_of(self.pid)) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }

    /// The same with what it has started, where it leads a group of its own.
    pub(super) fn kill_all(self) {
        #[cfg(target_os = "linux")]
        if let (true, Some(true), Some(group)) = (self.alive(), group_of(self.pid).map(|own| own == self.pid), pid_of(self.pid)) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        self.kill();
    }

    /// On Windows the job object ends what is left.
    #[cfg(not(unix))]
    pub(super) fn kill(self) {}
}

#[cfg(unix)]
fn pid_of(number: u32) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(number.cast_signed())
}

/// The group that a process is in.
#[cfg(target_os = "linux")]
fn group_of(pid: u32) -> Option<u32> {
    stat(pid)?.get(2)?.parse().ok()
}

/// Fields of `/proc/PID/stat` after the name in parentheses (which may hold anything): state is 0, group 2, start time 19.
#[cfg(target_os = "linux")]
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let rest = &text[text.rfind(')')? + 1..];
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

/// When a process started, in clock ticks since boot; none when it does not run or the system does not tell.
#[cfg(target_os = "linux")]
fn start_time(pid: u32) -> Option<u64> {
    let fields = stat(pid)?;
    if matches!(fields.first()?.as_str(), "Z" | "X") {
        return None;
    }
    fields.get(19)?.parse().ok()
}

/// Whether anybody in the group of this leader still lives, or a crash handler: those leave the group, and end by themselves
/// when their browser does.
#[cfg(target_os = "linux")]
fn somebody_lives(leader: Option<Mark>, work: &Path) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else { return false };
    let crashes = work.join("crashes").to_string_lossy().into_owned();
    processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).any(|pid: u32| {
        let Some(fields) = stat(pid) else { return false };
        let field = |at: usize| fields.get(at).map(String::as_str).unwrap_or_default();
        // Nobody may be there to wait for zombies, as in many containers.
        if matches!(field(0), "Z" | "X") {
            return false;
        }
        leader.is_some_and(|leader| field(2).parse() == Ok(leader.pid))
            || std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(&crashes))
    })
}

#[cfg(not(target_os = "linux"))]
fn somebody_lives(_leader: Option<Mark>, _work: &Path) -> bool {
    false
}

/// Looks until none of `marks`, nobody in the group of `leader` and no crash handler of `work` lives any more; false after
/// `allowed`.
pub(super) async fn until_gone(marks: &[Mark], leader: Option<Mark>, work: &Path, allowed: Duration) -> bool {
    let gone = async {
        while marks.iter().any(|mark| mark.alive()) || somebody_lives(leader, work) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(allowed, gone).await.is_ok()
}

#[cfg(not(target_os = "linux"))]
fn start_time(_pid: u32) -> Option<u64> {
    None
}

/// Ends driver and browser that a killed Ruku left in `work`, and forgets them. Returns how many recorded processes still ran.
///
/// Only for the folder of a run that is dead: it would end the browser of a living one as well.
/// Acts only where number and start time agree, which only Linux tells; elsewhere guard or job object have done the work.
///
/// # Errors
/// [`crate::base::FaultKind::Io`] when the record cannot be read.
pub async fn reap(work: &Path) -> Result<usize, Fault> {
    let path = work.join(RECORD);
    let Some(record) = Record::read(work)? else { return Ok(0) };
    let (left, leader) = record.kill();
    if !until_gone(&left, leader, work, ENDED_WITHIN).await {
        tracing::warn!("processes of an earlier run did not end in time");
    }
    std::fs::remove_file(&path).map_err(|error| Fault::io("删除进程记录", "remove process record", &path, &error))?;
    Ok(left.len())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn another_process_with_the_same_number_is_left_alone() {
        let work = tempfile::tempdir().unwrap();
        let mut other = tokio::process::Command::new("sleep").arg("1000").kill_on_drop(true).spawn().unwrap();
        let mut mark = Mark::of(other.id().unwrap());
        mark.started = mark.started.map(|ticks| ticks - 1);
        Record { driver: Some(mark), browser: Some(mark), ..Record::default() }.write(work.path()).unwrap();
        assert_eq!(reap(work.path()).await.unwrap(), 0);
        assert!(other.try_wait().unwrap().is_none(), "the stranger still runs");

        Record { browser: Some(Mark::of(other.id().unwrap())), ..Record::default() }.write(work.path()).unwrap();
        assert_eq!(reap(work.path()).await.unwrap(), 1);
        other.wait().await.unwrap();
    }

    #[tokio::test]
    async fn a_torn_record_names_nobody() {
        let work = tempfile::tempdir().unwrap();
        std::fs::write(work.path().join(RECORD), br#"{"driver":{"pid":1"#).unwrap();
        assert_eq!(reap(work.path()).await.unwrap(), 0);
        assert!(!work.path().join(RECORD).exists());
    }
}
