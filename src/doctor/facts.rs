//! What the checks judge: facts about this machine, as plain data. Never holds a name of a person or a password.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::base::Message;

/// Everything that was looked at, at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Browser and driver.
    pub browser: BrowserFact,
    /// Why the smart card service is not there; none when it runs.
    pub service_absent: Option<Message>,
    /// Names of the readers.
    pub readers: Vec<String>,
    /// The locks that are in.
    pub locks: Vec<LockFact>,
    /// The agents that Ruku can ask for their locks.
    pub agents: Vec<AgentFact>,
    /// The CA software that was found on this machine, by vendor.
    pub vendors: Vec<VendorFact>,
    /// Whether this desktop is seen from another machine.
    pub remote: Option<Remote>,
    /// A font with Chinese characters.
    pub font: Font,
    /// Where Ruku writes.
    pub disks: Vec<DiskFact>,
    /// The machine's clock.
    pub now: Timestamp,
    /// Its time zone, by its IANA name where it has one.
    pub zone: String,
    /// Proxies that the environment names.
    pub proxies: Vec<ProxyFact>,
    /// Whether the environment excepts this machine from them.
    pub proxy_spares_loopback: bool,
    /// The site profile that a run would use; none when none was named.
    pub site: Option<SiteFact>,
    /// Whether a policy lets pages reach programs of this machine without a question.
    pub local_network_allowed: bool,
    /// This user's temporary folder.
    pub temporary: PathBuf,
    /// Whether nobody else can get at it, or could once it exists; none when nobody can tell.
    pub temporary_private: Option<bool>,
}

impl Facts {
    /// The machine's time zone.
    pub(super) fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or_else(|_| TimeZone::system())
    }
}

/// Browser and driver of this machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrowserFact {
    /// Kind, such as `chromium`.
    pub kind: String,
    /// The browser.
    pub browser: Option<ProgramFact>,
    /// Its driver.
    pub driver: Option<ProgramFact>,
    /// What is missing and how to install it.
    pub missing: Option<Message>,
}

/// A program: where it is and what it says it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramFact {
    /// The file; none when the program is known by its running session only.
    pub path: Option<PathBuf>,
    /// Its version; none when it does not tell.
    pub version: Option<String>,
}

/// One lock, without the name of its holder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockFact {
    /// Reader or agent that sees it.
    pub place: Message,
    /// Its certificate is valid from; none when it cannot be read.
    pub not_before: Option<Timestamp>,
    /// Its certificate is valid to.
    pub not_after: Option<Timestamp>,
    /// Why it cannot be looked at.
    pub trouble: Option<Message>,
}

/// A CA agent that Ruku can ask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentFact {
    /// What a person calls it.
    pub title: Message,
    /// Whether it answers.
    pub answers: bool,
    /// Why its list cannot be read although it answers.
    pub trouble: Option<Message>,
}

/// CA software of one vendor, and how it was noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorFact {
    /// What a person calls it.
    pub title: Message,
    /// Whether it runs now, or is only installed.
    pub runs: bool,
    /// By what it was noticed, such as a port.
    pub noticed: Vec<Message>,
}

/// How a desktop is seen from another machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Remote {
    /// Windows remote desktop.
    Rdp,
    /// xrdp on Linux.
    Xrdp,
    /// A shell from another machine.
    Ssh,
}

/// Whether Chinese characters can be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Font {
    /// With this font or font file.
    Found(String),
    /// No.
    Missing,
    /// Nobody could tell.
    Unknown,
}

/// A folder and the space left for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiskFact {
    /// The folder.
    pub folder: PathBuf,
    /// The nearest one above it that is there, where it is not there itself yet: that one's disk was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<PathBuf>,
    /// Bytes left for this user; none when nobody tells.
    pub free: Option<u64>,
}

/// A proxy of the environment. Never its user name or password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyFact {
    /// The variable.
    pub variable: String,
    /// Host and port.
    pub host: String,
}

/// What matters of a site profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteFact {
    /// What people call it.
    pub title: Message,
    /// Whether it is the training portals.
    pub training: bool,
    /// How many portals it has.
    pub portals: usize,
    /// Portals without an address.
    pub missing: Vec<Message>,
    /// Portals whose address is plain http.
    pub plain: Vec<Message>,
    /// Where its portals are; empty for the training portals, which run on this machine.
    #[serde(default)]
    pub hosts: Vec<HostFact>,
}

/// Where a portal is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostFact {
    /// What people call the portal.
    pub portal: Message,
    /// Name or number of the host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it takes a connection; none when it was not asked, as where a proxy is in between.
    #[serde(default)]
    pub answers: Option<bool>,
}
