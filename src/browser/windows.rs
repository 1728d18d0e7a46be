//! Addresses, windows, dialogs and the size of the page.
//!
//! Never changes the window a person works in by itself: switching is always the caller's word.

use fantoccini::Client;
use serde_json::{Value, json};

use super::events::DialogInfo;
use super::fault;
use super::session::Browser;
use crate::base::{Fault, FaultKind, Until};
use crate::say;

/// How often a visible window is corrected before the screen counts as too small.
const FITTING_ROUNDS: usize = 6;

/// Where the current window is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageInfo {
    /// Its address.
    pub url: String,
    /// Its title; empty when the page cannot answer: behind a dialog, while it changes, in the browser's own viewers.
    pub title: String,
}

/// One window or tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowInfo {
    /// What [`Browser::switch_to`] takes.
    pub handle: String,
    /// Its address.
    pub url: String,
    /// Its title; empty when the page cannot answer: behind a dialog, while it changes, in the browser's own viewers.
    pub title: String,
}

impl Browser {
    /// Goes to `url` in the current window and waits until the document is there (its pictures may still load).
    ///
    /// # Errors
    /// [`FaultKind::Dialog`] when the page opens a dialog meanwhile; [`FaultKind::Refused`] when the address cannot be reached.
    pub async fn goto(&self, url: &str, until: &Until) -> Result<(), Fault> {
        let doing = say!("打开 {url}", "open {url}");
        let params = json!({"context": self.current_context(), "url": url, "wait": "interactive"});
        self.unless_dialog(self.bidi.command("browsingContext.navigate", params, &doing, until)).await.map(drop)
    }

    /// Address and title of the current window.
    pub async fn current(&self, until: &Until) -> Result<PageInfo, Fault> {
        let context = self.current_context();
        let params = json!({"root": context, "maxDepth": 0});
        let tree = self.bidi.command("browsingContext.getTree", params, &say!("读取地址", "read the address"), until).await?;
        let url = tree["contexts"][0]["url"].as_str().unwrap_or_default().to_owned();
        Ok(PageInfo { url, title: self.title(&context, until).await? })
    }

    async fn title(&self, context: &str, until: &Until) -> Result<String, Fault> {
        match self.call(context, "() => document.title", &[], until).await {
            Ok(title) => Ok(title.as_str().unwrap_or_default().to_owned()),
            Err(fault) if matches!(fault.kind, FaultKind::Dialog | FaultKind::Refused) => Ok(String::new()),
            Err(fault) if fault.kind == FaultKind::Gone && self.took_away().is_none() => Ok(String::new()),
            Err(fault) => Err(fault),
        }
    }

    /// All windows and tabs.
    pub async fn windows(&self, until: &Until) -> Result<Vec<WindowInfo>, Fault> {
        let doing = say!("列出窗口", "list the windows");
        let tree = self.bidi.command("browsingContext.getTree", json!({"maxDepth": 0}), &doing, until).await?;
        let mut windows = Vec::new();
        for window in tree["contexts"].as_array().into_iter().flatten() {
            let word = |key: &str| window[key].as_str().unwrap_or_default().to_owned();
            let (handle, url) = (word("context"), word("url"));
            let title = self.title(&handle, until).await?;
            windows.push(WindowInfo { handle, url, title });
        }
        Ok(windows)
    }

    /// Makes the window `handle` the current one and brings it to the front.
    pub async fn switch_to(&self, handle: &str, until: &Until) -> Result<(), Fault> {
        let doing = say!("切换窗口", "switch to the window");
        let window = handle.to_owned();
        self.classic(doing.clone(), until, async move |client: Client| {
            let window = fantoccini::wd::WindowHandle::try_from(window.clone())
                .map_err(|_| fantoccini::error::CmdError::InvalidArgument("handle".into(), window))?;
            client.switch_to_window(window).await
        })
        .await?;
        self.bidi.command("browsingContext.activate", json!({"context": handle}), &doing, until).await?;
        self.set_current(handle);
        Ok(())
    }

    /// Closes the window `handle`. If it was the current one, the caller switches to another.
    pub async fn close_window(&self, handle: &str, until: &Until) -> Result<(), Fault> {
        let doing = say!("关闭窗口", "close the window");
        self.bidi.command("browsingContext.close", json!({"context": handle}), &doing, until).await.map(drop)
    }

    /// The native dialog that is open, if any. Looks at what the browser told; asks nothing.
    pub fn dialog(&self) -> Option<DialogInfo> {
        self.events.dialog()
    }

    /// Answers the open dialog and waits until it is closed. For "leave this page?", accept means leave.
    ///
    /// # Errors
    /// [`FaultKind::NotFound`] when none is open.
    pub async fn answer_dialog(&self, accept: bool, until: &Until) -> Result<(), Fault> {
        let doing = say!("处理对话框", "answer the dialog");
        let Some(dialog) = self.events.dialog() else {
            return Err(fault::of_bidi("no such alert", "", &doing).0);
        };
        let mut dialogs = self.events.dialogs();
        let params = json!({"context": dialog.context, "accept": accept});
        self.bidi.command("browsingContext.handleUserPrompt", params, &doing, until).await?;
        let closed = async {
            // The page may have opened the next dialog already: another one is as good as none.
            let _ = dialogs.wait_for(|open| open.as_ref() != Some(&dialog)).await;
            Ok(())
        };
        self.life.run(until, &doing, closed).await?;
        // The press that opened it could not put its guards down itself.
        self.put_down_guards(until).await;
        Ok(())
    }

    /// Gives the page exactly the wanted size; in a visible window, the window.
    pub(super) async fn fit_viewport(&self, until: &Until) -> Result<(), Fault> {
        let (width, height) = self.options.viewport;
        let doing = say!("设置窗口大小", "set the size of the window");
        if self.options.headed {
            return self.fit_window(until).await;
        }
        // New headless windows are smaller than --window-size; pop-ups choose their own size. Pictures need one size.
        let params = json!({"userContexts": ["default"], "viewport": {"width": width, "height": height}});
        self.bidi.command("browsingContext.setViewport", params, &doing, until).await?;
        let measured = self.inner_size(until).await?;
        if measured != (width, height) {
            let (w, h) = measured;
            return Err(Fault::new(
                FaultKind::Setup,
                say!(
                    "浏览器没有采用 {width}×{height} 的窗口大小（实为 {w}×{h}）。请更新浏览器与驱动程序。",
                    "the browser did not take the size {width}×{height} (it is {w}×{h}); update browser and driver"
                ),
            ));
        }
        Ok(())
    }

    /// A visible window is resized, not emulated: the person must see what Ruku sees. A small screen may limit it.
    async fn fit_window(&self, until: &Until) -> Result<(), Fault> {
        let (width, height) = self.options.viewport;
        let doing = say!("设置窗口大小", "set the size of the window");
        // Bars of the browser come and go while it starts; each round corrects what the last one met.
        for _ in 0..FITTING_ROUNDS {
            let (w, h) = self.settled_size(until).await?;
            if (w, h) == (width, height) {
                return Ok(());
            }
            self.classic(doing.clone(), until, async move |client: Client| {
                let (_, _, outer_width, outer_height) = client.get_window_rect().await?;
                let grown = |outer: u64, wanted: u32, inner: u32| {
                    u32::try_from(outer).unwrap_or(u32::MAX).saturating_add(wanted).saturating_sub(inner)
                };
                client.set_window_rect(0, 0, grown(outer_width, width, w), grown(outer_height, height, h)).await
            })
            .await?;
        }
        tracing::warn!(width, height, "the screen is too small for the wanted size of the page");
        Ok(())
    }

    /// Width and height once they have kept still for some frames; a promise of the page waits for it.
    async fn settled_size(&self, until: &Until) -> Result<(u32, u32), Fault> {
        let function = "async () => {
            const size = () => innerWidth + ' ' + innerHeight;
            for (let last = size(), same = 0; same < 5;) {
                await new Promise(next => setTimeout(next, 40));
                same = size() === last ? same + 1 : 0;
                last = size();
            }
        }";
        self.call(&self.current_context(), function, &[], until).await?;
        self.inner_size(until).await
    }

    /// Width and height of the current page in CSS pixels.
    async fn inner_size(&self, until: &Until) -> Result<(u32, u32), Fault> {
        let size = self.call(&self.current_context(), "() => [innerWidth, innerHeight]", &[], until).await?;
        let side = |value: &Value| value.as_u64().and_then(|side| u32::try_from(side).ok()).unwrap_or_default();
        Ok((side(&size[0]), side(&size[1])))
    }
}
