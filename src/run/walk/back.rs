//! Going on in the browser of a killed run: back to the page that its playbook began on, if the login still holds.
//!
//! Never takes the place of a playbook for granted: what it requires is looked at as ever. Never goes on in the middle of one: its steps leave
//! alone what stands there already, and an irreversible act has its turn by the ledger.

use super::{STEP, Walk};
use crate::actions::site::origin;
use crate::base::{Fault, FaultKind};
use crate::proof::Event;
use crate::run::earlier::Entry;

impl Walk<'_> {
    /// Keeps where the playbook `number` begins, for a run that goes on after this one was killed.
    pub(super) async fn remember_entry(&self, number: usize) -> Result<(), Fault> {
        if self.options.command.is_none() {
            return Ok(());
        }
        match self.browser.current(&self.until(STEP)).await {
            Ok(page) => Entry { playbook: number, url: page.url }.keep(self.work),
            // Without it that run begins at the first playbook.
            Err(fault) if self.browser.took_away().is_none() && fault.kind != FaultKind::Stopped => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Goes back to where a playbook began; the first one to walk now.
    pub(super) async fn back_to(&mut self, entry: Entry) -> Result<usize, Fault> {
        let until = self.until(STEP);
        let windows = self.browser.windows(&until).await?;
        if let Some(window) =
            windows.iter().find(|window| origin(&window.url).is_some() && origin(&window.url) == origin(&entry.url))
        {
            self.browser.switch_to(&window.handle, &until).await?;
        }
        let known = self.options.site.knows(&entry.url);
        let there = known && self.holds_there(&entry).await?;
        let message = if there {
            crate::say!("接着用上次的浏览器和登录办理。", "going on in the browser of the last run, with its login")
        } else {
            crate::say!(
                "上次的浏览器还在，但登录已失效：从头走一遍，已办过的事项不会重复提交。",
                "the browser of the last run is still there, but its login is not: everything is gone through again, what was done is not done twice"
            )
        };
        self.folder.record(Event::Warning { step: None, message })?;
        if !there {
            return Ok(0);
        }
        let earlier = self.options.playbooks.iter().take(entry.playbook);
        self.given.extend(earlier.flat_map(|chosen| &chosen.playbook.gives).map(|fact| fact.value.clone()));
        Ok(entry.playbook)
    }

    /// Whether the page opens and shows what the playbook requires.
    async fn holds_there(&mut self, entry: &Entry) -> Result<bool, Fault> {
        let Some(chosen) = self.options.playbooks.get(entry.playbook) else { return Ok(false) };
        match self.browser.goto(&entry.url, &self.until(STEP)).await {
            Ok(()) => {}
            Err(fault) if fault.kind == FaultKind::Stopped || self.browser.took_away().is_some() => return Err(fault),
            Err(_) => return Ok(false),
        }
        for fact in chosen.playbook.requires.iter().filter(|fact| fact.is_on_the_page()) {
            match self.require(fact).await {
                Ok(()) => {}
                Err(fault) if fault.kind == FaultKind::Precondition => return Ok(false),
                Err(fault) => return Err(fault),
            }
        }
        Ok(true)
    }
}
