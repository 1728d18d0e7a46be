//! What is known about the locks of this machine at one moment: plain data.
//!
//! Never claims that two sightings are one lock unless both show the same certificate.

use crate::base::Message;
use crate::pki::Identity;

/// Who saw a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detector {
    /// The smart card service, in this reader.
    PcSc {
        /// The reader's name as the service gives it.
        reader: String,
    },
    /// A local CA agent.
    Agent {
        /// The name of its driver.
        name: String,
    },
}

/// One lock.
#[derive(Debug, Clone)]
pub struct Lock {
    /// Stable while the lock stays in; another one after every insertion, even when the same lock comes back at once.
    pub id: String,
    /// Who saw it (first of all the card service).
    pub detector: Detector,
    /// Who else saw a lock with the same certificate.
    pub also: Vec<Detector>,
    /// The answer to reset, upper-case hexadecimal; only from the card service.
    pub atr: Option<String>,
    /// The name of the matching file in `drivers/locks`.
    pub kind: Option<String>,
    /// The certificate, where it may be read without a PIN. A lock without one may be the same token as one that an agent lists: count
    /// certificates, not locks.
    pub certificate: Option<Identity>,
    /// Whether its certificate is being read at this moment.
    pub reading: bool,
    /// Why it cannot be looked at, and what to do. Ruku looks again by itself.
    pub trouble: Option<Message>,
}

impl Lock {
    fn certificate_hash(&self) -> Option<&str> {
        self.certificate.as_ref().map(|identity| identity.sha256.as_str())
    }
}

/// The lock's state as compared between two looks: a certificate is its hash.
impl PartialEq for Lock {
    fn eq(&self, other: &Lock) -> bool {
        let rest = |lock: &Lock| (lock.id.clone(), lock.also.clone(), lock.kind.clone(), lock.reading, lock.trouble.clone());
        self.certificate_hash() == other.certificate_hash() && rest(self) == rest(other)
    }
}

/// The smart card service of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// It runs and knows these readers (possibly none).
    Ready {
        /// Names of the readers, sorted.
        readers: Vec<String>,
    },
    /// It does not run; locks may still be seen by agents. Ruku connects again by itself.
    Absent {
        /// What happened and what to do.
        why: Message,
    },
}

/// One agent that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSeen {
    /// The name of its driver.
    pub name: String,
    /// The port of 127.0.0.1 where it was asked for its list.
    pub port: u16,
    /// Whether it answers. Absent is not a fault.
    pub answers: bool,
    /// Why its list cannot be read although it answers.
    pub trouble: Option<Message>,
}

/// All locks at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The locks: those of readers first, by reader name, then those that only agents see.
    pub locks: Vec<Lock>,
    /// The smart card service.
    pub service: Service,
    /// The agents that are asked, in the order of the options.
    pub agents: Vec<AgentSeen>,
    /// Counts the changes. 0 means: nobody has looked yet (see [`crate::lock::LockWatch::looked`]).
    pub generation: u64,
}

impl Snapshot {
    /// Before the first look.
    pub(super) fn unseen() -> Snapshot {
        Snapshot { locks: Vec::new(), service: Service::Ready { readers: Vec::new() }, agents: Vec::new(), generation: 0 }
    }

    /// The lock with this id, if it is still in.
    pub fn lock(&self, id: &str) -> Option<&Lock> {
        self.locks.iter().find(|lock| lock.id == id)
    }

    /// Puts the agents' locks to those of the readers: the same certificate is the same lock.
    pub(super) fn merge(mut locks: Vec<Lock>, from_agents: Vec<Lock>) -> Vec<Lock> {
        for lock in from_agents {
            let hash = lock.certificate_hash();
            match locks.iter_mut().find(|known| hash.is_some() && known.certificate_hash() == hash) {
                Some(known) => known.also.push(lock.detector),
                None => locks.push(lock),
            }
        }
        locks
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::pki;

    /// A certificate of a fictitious person, from a training CA made for it.
    pub(in crate::lock) fn identity(holder: &str) -> Identity {
        let subject =
            pki::PersonSubject { holder: holder.to_owned(), organisation: "青城试验公司".to_owned(), valid_days: 30 };
        pki::read(&pki::TrainingCa::create().unwrap().issue(&subject).unwrap().der).unwrap()
    }

    fn lock(id: &str, detector: Detector, certificate: Option<Identity>) -> Lock {
        Lock { id: id.to_owned(), detector, also: Vec::new(), atr: None, kind: None, certificate, reading: false, trouble: None }
    }

    #[test]
    fn one_certificate_is_one_lock_and_no_certificate_proves_nothing() {
        let (zhang, li) = (identity("张三"), identity("李四"));
        let reader = Detector::PcSc { reader: "R".into() };
        let agent = Detector::Agent { name: "training".into() };
        let merged = Snapshot::merge(
            vec![lock("r1", reader.clone(), Some(zhang.clone())), lock("r2", reader, None)],
            vec![lock("a1", agent.clone(), Some(zhang)), lock("a2", agent.clone(), Some(li)), lock("a3", agent.clone(), None)],
        );
        assert_eq!(merged.iter().map(|lock| lock.id.as_str()).collect::<Vec<_>>(), ["r1", "r2", "a2", "a3"]);
        assert_eq!(merged[0].also, [agent]);
        assert!(merged[1].also.is_empty());
    }
}
