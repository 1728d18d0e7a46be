//! The part of the memory that says who may sign on to which platform, who was unbound, and how the sign-on page behaves.
//!
//! Never counts an authorisation twice: one applicant authorises one platform once, however often the page is sent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Binding, Confirm, Store};
use crate::base::Fault;
use crate::training::instance::Site;

/// This part, as it is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SignOn {
    #[serde(flatten)]
    switches: Switches,
    /// When each platform was authorised, by applicant.
    authorised: BTreeMap<String, BTreeMap<Site, jiff::Timestamp>>,
    /// The code that was "sent" by SMS for CA 证书解绑; it stands nowhere else.
    sms: Option<Sms>,
}

/// How the sign-on page behaves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Switches {
    /// The agent's own window asks for the PIN; the page has no field for it.
    pub pin_window: bool,
    /// The page wants the characters of a picture before it logs in.
    pub captcha: bool,
    /// After the login the page warns of risk control, and lets nobody in.
    pub stop_words: bool,
    /// How 确认授权 asks "are you sure".
    pub confirm: Confirm,
}

/// A code by SMS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sms {
    /// The mobile number that it went to.
    pub mobile: String,
    /// Six digits.
    pub code: String,
}

impl Store {
    /// How the sign-on page behaves.
    pub fn switches(&self) -> &Switches {
        &self.state.sign_on.switches
    }

    /// Changes how the sign-on page behaves.
    pub fn set_switches(&mut self, switches: Switches) -> Result<(), Fault> {
        self.change(|state| state.sign_on.switches = switches)
    }

    /// The binding of an applicant, whichever certificate it names.
    pub fn binding_of(&self, subject: &str) -> Option<&Binding> {
        self.state.bindings.get(subject)
    }

    /// When `subject` authorised the platform.
    pub fn authorised(&self, subject: &str, platform: Site) -> Option<jiff::Timestamp> {
        self.state.sign_on.authorised.get(subject).and_then(|platforms| platforms.get(&platform)).copied()
    }

    /// 确认授权, once: the second time nothing changes and nothing is counted.
    pub fn authorise(&mut self, subject: &str, platform: Site) -> Result<(), Fault> {
        if self.authorised(subject, platform).is_some() {
            return Ok(());
        }
        self.change(|state| {
            let platforms = state.sign_on.authorised.entry(subject.to_owned()).or_default();
            platforms.insert(platform, jiff::Timestamp::now());
            state.count(subject, |counters| counters.authorise += 1);
        })
    }

    /// The code that was sent last.
    pub fn sms(&self) -> Option<&Sms> {
        self.state.sign_on.sms.as_ref()
    }

    /// Remembers the code that is sent now; an earlier one is good no longer.
    pub fn send_sms(&mut self, sms: Sms) -> Result<(), Fault> {
        self.change(|state| state.sign_on.sms = Some(sms))
    }

    /// CA 证书解绑: forgets the binding of the person with this identity number, name and mobile number. False when there is none.
    pub fn unbind(&mut self, id_number: &str, name: &str, mobile: &str) -> Result<bool, Fault> {
        let is_it =
            |known: &Binding| known.id_number.eq_ignore_ascii_case(id_number) && known.name == name && known.mobile == mobile;
        let subject = self.state.bindings.iter().find(|(_, known)| is_it(known)).map(|(subject, _)| subject.clone());
        let Some(subject) = subject else { return Ok(false) };
        self.change(|state| {
            state.bindings.remove(&subject);
            state.sign_on.sms = None;
            state.count(&subject, |counters| counters.unbind += 1);
        })?;
        Ok(true)
    }
}
