//! A sight of which only counts what is new: help texts hold the same words as answers do.
//!
//! Never takes what stood on the page when the wait began for its end: that counts after it had gone, or where a message says it anew.

use super::sight::{LOOK, Sight, WATCH, says_nothing};
use super::site::Site;
use super::stage::Stage;
use crate::base::{Fault, Message, Until};
use crate::browser::Browser;
use crate::browser::page::{Mark, Where};

/// Looks that must not find the words before they count as gone: a page that is just moving on shows nothing for a moment.
const UNSEEN: u8 = 2;

/// A word that stood there at the beginning.
struct Old {
    /// The list it belongs to.
    list: usize,
    word: String,
    /// The text around it.
    text: String,
    unseen: u8,
}

/// What to look for, without what stood there at the beginning.
pub(super) struct Fresh {
    sight: Sight,
    old: Vec<Old>,
    /// A sight without words, seen at the beginning and ever since.
    there: bool,
}

impl Fresh {
    /// What of `sight` shows now counts only after it had gone.
    pub(super) async fn of(stage: &Stage<'_>, sight: Sight) -> Result<Fresh, Fault> {
        let mut fresh = Fresh { sight, old: Vec::new(), there: false };
        match fresh.note(stage).await {
            // A page that cannot be read now shows nothing either.
            Err(fault) if says_nothing(stage.browser, &fault, &stage.until) => Ok(fresh),
            noted => noted.map(|()| fresh),
        }
    }

    async fn note(&mut self, stage: &Stage<'_>) -> Result<(), Fault> {
        if self.sight.look(stage.browser, stage.site, None, &stage.until).await?.is_none() {
            return Ok(());
        }
        self.there = self.sight.lists.is_empty();
        for (list, words) in self.sight.lists.iter_mut().enumerate() {
            while let Some(seen) = stage.browser.seen_text(words, None, &stage.until).await? {
                if seen.place != Where::Page {
                    break;
                }
                self.old.push(Old { list, word: words.remove(seen.which), text: seen.text, unseen: 0 });
            }
        }
        Ok(())
    }

    /// One look: what was seen, in words, or none. Messages count from `since`.
    pub(super) async fn look(
        &mut self,
        browser: &Browser,
        site: &Site,
        since: Mark,
        until: &Until,
    ) -> Result<Option<Message>, Fault> {
        self.there = self.there && self.sight.look(browser, site, None, until).await?.is_some();
        let mut at = 0;
        while let Some(old) = self.old.get_mut(at) {
            match browser.seen_text(std::slice::from_ref(&old.word), Some(since), until).await? {
                Some(seen) if seen.place == Where::Page && seen.text == old.text => old.unseen = 0,
                Some(_) => old.unseen = UNSEEN,
                None => old.unseen += 1,
            }
            if old.unseen < UNSEEN {
                at += 1;
            } else {
                let Old { list, word, .. } = self.old.remove(at);
                self.sight.lists[list].push(word);
            }
        }
        if self.there || self.sight.lists.iter().any(Vec::is_empty) {
            return Ok(None);
        }
        self.sight.look(browser, site, Some(since), until).await
    }

    /// Looks until it is seen. A page that moves on, and a dialog that the person answers, are waited out.
    pub(super) async fn wait(&mut self, browser: &Browser, site: &Site, since: Mark, until: &Until) -> Result<(), Fault> {
        let waiting_for = crate::say!("您完成网页上的操作", "you to finish on the page");
        loop {
            match self.look(browser, site, since, &until.within(LOOK)).await {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => {}
                Err(fault) if says_nothing(browser, &fault, until) => {}
                Err(fault) => return Err(fault),
            }
            until.pause(WATCH, &waiting_for).await?;
        }
    }
}
