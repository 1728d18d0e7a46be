//! 签章: a window of its own in which the lock signs a document's digest.
//!
//! Never seals on a word of the page: the signature is verified over this window's own challenge, and the lock must be the one that the
//! document wants. 盖章 signs, only 完成 makes it count.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::super::rest::{broken, expired, posted, refused, reply};
use super::super::signer::Signed;
use super::super::{Portals, User};
use crate::base::{Fault, random};
use crate::training::instance::Site;
use crate::training::store::Document;

/// A window that says nothing for so long is closed.
const CLOSED: Duration = Duration::from_secs(10);

/// One seal window.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub(super) key: String,
    pub(super) user: User,
    pub(super) document: Document,
    /// Whoever has to sign.
    pub(super) signer: String,
    /// Holder of the lock that has signed.
    pub(super) stamped: Option<String>,
    /// Whether its seal counts.
    done: bool,
    /// When it said last that it is open.
    heard: Instant,
}

/// All seal windows, and the one that was asked for and did not open.
#[derive(Default)]
pub(crate) struct SealWindows {
    known: Mutex<HashMap<String, Window>>,
    /// By applicant: what was kept from opening, and whether it may open now.
    blocked: Mutex<HashMap<String, (Document, bool)>>,
    opened: tokio::sync::Notify,
}

impl SealWindows {
    fn known(&self) -> MutexGuard<'_, HashMap<String, Window>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn blocked(&self) -> MutexGuard<'_, HashMap<String, (Document, bool)>> {
        self.blocked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A window that opens now.
    pub(super) fn open(&self, user: User, document: Document, signer: String) -> Result<Window, Fault> {
        let window = Window { key: random::hex()?, user, document, signer, stamped: None, done: false, heard: Instant::now() };
        let mut known = self.known();
        known.retain(|_, other| other.heard.elapsed() < CLOSED);
        known.insert(window.key.clone(), window.clone());
        drop(known);
        self.opened.notify_waiters();
        Ok(window)
    }

    /// A window that is open and waits for its seal; waits for one.
    pub(super) async fn newest(&self) -> Window {
        loop {
            let opened = self.opened.notified();
            let waits = |one: &&Window| !one.done && one.heard.elapsed() < CLOSED;
            let newest = self.known().values().filter(waits).max_by_key(|one| one.heard).cloned();
            match newest {
                Some(window) => return window,
                None => opened.await,
            }
        }
    }

    /// The window, which thereby says that it is open.
    fn hear(&self, key: &str) -> Option<Window> {
        let mut known = self.known();
        let window = known.get_mut(key)?;
        window.heard = Instant::now();
        Some(window.clone())
    }

    fn change(&self, key: &str, change: impl FnOnce(&mut Window)) {
        if let Some(window) = self.known().get_mut(key) {
            change(window);
        }
    }

    /// Remembers that a window was kept from opening.
    fn block(&self, subject: &str, document: Document) {
        self.blocked().insert(subject.to_owned(), (document, false));
    }

    /// Lets every window open that was kept from it; false when there was none.
    pub(super) fn unblock(&self) -> bool {
        let mut blocked = self.blocked();
        blocked.values_mut().for_each(|(_, open)| *open = true);
        !blocked.is_empty()
    }

    /// The document whose window may open now after all.
    pub(super) fn take_unblocked(&self, subject: &str) -> Option<Document> {
        let mut blocked = self.blocked();
        blocked.remove(subject).and_then(|(document, open)| {
            if !open {
                blocked.insert(subject.to_owned(), (document, false));
            }
            open.then_some(document)
        })
    }
}

/// The text of a document, paragraph by paragraph.
pub(super) fn text(document: Document) -> &'static [&'static str] {
    match document {
        Document::Commitment => &[
            "本人（本单位）自愿申请加入呼和浩特市公共资源交易平台诚信库，并郑重承诺：",
            "一、所提交的信息和电子件真实、准确、完整、有效，与主体信息库一致。",
            "二、遵守公共资源交易的法律法规和交易规则，不弄虚作假，不围标串标。",
            "三、信息发生变化的，及时在主体信息库中修改，并在本平台同步。",
            "四、违反上述承诺的，自愿承担相应责任。",
        ],
        Document::Notice => &[
            "欢迎使用呼和浩特市公共资源交易平台（新版）。使用本平台前，请阅读以下内容：",
            "一、CA 锁及其密码由持有人妥善保管，使用 CA 锁进行的操作视为持有人本人的操作。",
            "二、诚信库信息来自自治区公共资源交易主体信息库，会员端不可以直接修改。",
            "三、平台维护期间部分功能暂停使用，以平台公告为准。",
            "四、咨询电话：400-998-0000。",
        ],
    }
}

/// SHA-256 of a document's text, lower hex.
pub(super) fn digest(document: Document) -> String {
    let whole = format!("{}\n{}", document.title(), text(document).join("\n"));
    hex::encode(Sha256::digest(whole.as_bytes()))
}

/// Who has to sign a document for this user.
pub(super) fn signer(portals: &Portals, user: &User, document: Document) -> String {
    let store = portals.store();
    let legal = store.member_switches().legal_seal && document == Document::Notice;
    let applicant = store.applicants().iter().find(|applicant| applicant.id == user.subject);
    match applicant {
        Some(applicant) if legal => applicant.legal.name.clone(),
        _ => user.certificate.holder.clone(),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Prepare {
    #[serde(rename = "_common_hidden_viewdata")]
    csrf: String,
    document: Document,
}

/// `POST /rest/sealAction/prepare`: whether the page may open the window.
pub(super) async fn prepare(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Prepare>) -> Response {
    let user = posted(&portals, Site::Member, &headers, &asked.csrf).and_then(|session| session.user);
    let Some(user) = user else { return expired() };
    let (sealed, switches) = {
        let store = portals.store();
        (store.standing(&user.subject).seals.contains_key(&asked.document), store.member_switches().clone())
    };
    if sealed {
        return refused("9401", "该文件已签章，无需重复签章");
    }
    if switches.needs_ie {
        return refused("9402", "未安装签章控件，请使用IE浏览器（兼容模式）登录后签章");
    }
    if switches.popup_blocked {
        portals.seals.block(&user.subject, asked.document);
        return reply("9403", "", serde_json::Value::Null);
    }
    reply("0000", "successful", serde_json::Value::Null)
}

/// A post of a seal window.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OfWindow {
    #[serde(rename = "_common_hidden_viewdata")]
    csrf: String,
    key: String,
}

/// The window that posts, if it belongs to whoever is logged in.
fn window(portals: &Portals, headers: &HeaderMap, csrf: &str, key: &str) -> Option<Window> {
    let user = posted(portals, Site::Member, headers, csrf)?.user?;
    portals.seals.hear(key).filter(|window| window.user.subject == user.subject)
}

/// What the lock signs in this window.
pub(super) fn message(portals: &Portals, window: &Window) -> Result<Vec<u8>, Fault> {
    let asks = format!("{} {} {}", Site::Member.origin(portals.port), window.document.title(), digest(window.document));
    portals.sign_on.challenge(&window.key, &asks)
}

/// `POST /rest/sealAction/challenge`: what the lock has to sign, in base64.
pub(super) async fn challenge(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<OfWindow>) -> Response {
    let Some(window) = window(&portals, &headers, &asked.csrf, &asked.key) else { return expired() };
    match message(&portals, &window) {
        Ok(message) => reply("0000", "successful", serde_json::json!({"challenge": STANDARD.encode(message)})),
        Err(fault) => broken(&fault),
    }
}

/// `POST /rest/sealAction/stamp`: 盖章.
pub(super) async fn stamp(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Signed>) -> Response {
    let Some(window) = window(&portals, &headers, &asked.csrf, &asked.key) else { return expired() };
    match stamped(&portals, &window, &asked) {
        Ok(_) => reply("0000", "盖章成功", serde_json::Value::Null),
        Err((code, words)) => refused(code, words),
    }
}

/// Verifies the signature of a window and keeps it: the window as it is then; else code and words.
pub(super) fn stamped(portals: &Portals, window: &Window, signed: &Signed) -> Result<Window, (&'static str, &'static str)> {
    let message = portals.sign_on.take_challenge(&window.key).ok_or(("9203", "签章请求已失效，请重新盖章"))?;
    if portals.store().member_switches().no_seal {
        return Err(("9404", "未读取到印章，请联系CA机构制作电子印章"));
    }
    let identity = signed.by(&message, &portals.ca_der)?;
    let now = jiff::Timestamp::now();
    if now < identity.not_before || now > identity.not_after {
        return Err(("9208", "证书不在有效期内，请联系CA机构办理延期"));
    }
    if identity.holder != window.signer {
        return Err(("9405", "当前CA锁不能签署本文件，请更换CA锁"));
    }
    let stamped = Some(identity.holder);
    portals.seals.change(&window.key, |window| window.stamped.clone_from(&stamped));
    Ok(Window { stamped, ..window.clone() })
}

/// `POST /rest/sealAction/complete`: 完成.
pub(super) async fn complete(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<OfWindow>) -> Response {
    let Some(window) = window(&portals, &headers, &asked.csrf, &asked.key) else { return expired() };
    match completed(&portals, &window) {
        Ok(true) => reply("0000", "签章完成", serde_json::Value::Null),
        Ok(false) => refused("9406", "请先盖章，再点击完成"),
        Err(fault) => broken(&fault),
    }
}

/// Makes the seal of a window count. False when it was not set.
pub(super) fn completed(portals: &Portals, window: &Window) -> Result<bool, Fault> {
    let Some(holder) = window.stamped.clone() else { return Ok(false) };
    portals.store().seal(&window.user.subject, window.document, Some(holder))?;
    portals.seals.change(&window.key, |window| window.done = true);
    Ok(true)
}

/// `POST /rest/sealAction/state`: how the seal stands; the window asks while it is open.
pub(super) async fn state(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<OfWindow>) -> Response {
    let Some(window) = window(&portals, &headers, &asked.csrf, &asked.key) else { return expired() };
    let sealed = portals.store().standing(&window.user.subject).seals.contains_key(&window.document);
    reply("0000", "successful", serde_json::json!({"stamped": window.stamped.is_some(), "sealed": sealed}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_digests_of_their_own() {
        assert_ne!(digest(Document::Commitment), digest(Document::Notice));
        assert_eq!(digest(Document::Notice).len(), 64);
    }

    #[test]
    fn a_window_that_did_not_open_opens_once_when_it_is_let() {
        let windows = SealWindows::default();
        assert!(!windows.unblock());
        windows.block("p1", Document::Notice);
        assert_eq!(windows.take_unblocked("p1"), None);
        assert!(windows.unblock());
        assert_eq!(windows.take_unblocked("p1"), Some(Document::Notice));
        assert_eq!(windows.take_unblocked("p1"), None);
    }
}
