//! The portals of the guide as a memory and a page of words: what they have done, where the browser stands, what can be read there.
//!
//! Never does an act by itself: each has its press, and counts.

use std::collections::{BTreeMap, BTreeSet};

/// What cannot be taken back, by the key of the count.
pub(crate) type Counts = BTreeMap<&'static str, u32>;

/// Platforms behind the sign-on: name, host, key of the authorisation, key of the activation.
const PLATFORMS: [Platform; 2] = [
    Platform {
        name: "自治区公共资源交易主体信息库",
        host: "registry",
        authorise: "registry.authorise",
        activate: "registry.activate",
    },
    Platform {
        name: "呼和浩特市公共资源交易平台（新版）",
        host: "member",
        authorise: "member.authorise",
        activate: "member.activate",
    },
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Platform {
    name: &'static str,
    host: &'static str,
    authorise: &'static str,
    activate: &'static str,
}

/// Documents to seal: the words of the row, the key.
pub(crate) const SEALS: [(&str, &str); 2] = [("诚信承诺书", "member.seal.promise"), ("平台使用告知书", "member.seal.notice")];

/// Where the browser stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Blank,
    Site,
    Mutual,
    Binding,
    Unbinding,
    SignOn,
    Certificate,
    Platforms,
    Authorise(Platform),
    Confirm(Platform),
    Overview,
    Editing,
    Preview,
    Submitted,
    MemberLogin,
    Member,
    Unit,
}

/// How far a company is with the registry.
const STATUS: [&str; 3] = ["待提交", "待验证", "验证通过"];

/// What outlives every browser.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store {
    /// How often each act was done.
    pub(crate) done: Counts,
    /// An index of [`STATUS`].
    status: usize,
    /// Whether the registry has what the member side has not.
    stale: bool,
    /// Fields as they were saved.
    saved: BTreeMap<String, String>,
    files: BTreeMap<String, usize>,
}

/// One person's portals and the one window that is open there.
#[derive(Debug)]
pub(crate) struct Portal {
    pub(crate) store: Store,
    holder: String,
    port: u16,
    /// Where a new browser begins.
    start: Page,
    pub(crate) page: Page,
    logged_in: bool,
    /// Filled in and not saved.
    fields: BTreeMap<String, String>,
    ticked: BTreeSet<String>,
    read_certificate: bool,
    unbound: bool,
    saved_here: bool,
    /// A file that waits for its second button.
    waiting: bool,
    /// The act that a box on the page asks about.
    box_open: Option<&'static str>,
    /// The seal whose window is open.
    pub(crate) sealing: Option<&'static str>,
    /// What was just done, as the page says.
    said: Option<&'static str>,
    /// What was done before the case.
    before: Counts,
}

impl Portal {
    pub(crate) fn new(holder: &str, port: u16, start: Page, done: &[&'static str]) -> Portal {
        let mut store = Store { done: done.iter().map(|key| (*key, 1)).collect(), ..Store::default() };
        store.status = if done.contains(&"registry.submit") { 2 } else { 0 };
        let mut portal = Portal {
            store,
            holder: holder.to_owned(),
            port,
            start,
            page: start,
            logged_in: false,
            fields: BTreeMap::new(),
            ticked: BTreeSet::new(),
            read_certificate: false,
            unbound: false,
            saved_here: false,
            waiting: false,
            box_open: None,
            sealing: None,
            said: None,
            before: done.iter().map(|key| (*key, 1)).collect(),
        };
        portal.new_browser();
        portal
    }

    /// A browser that knows nothing of the last one, but stands where the case begins.
    pub(crate) fn new_browser(&mut self) {
        self.go(self.start);
        self.logged_in = matches!(self.start, Page::Overview | Page::Member);
        self.fields = self.store.saved.clone();
    }

    fn done(&self, key: &str) -> bool {
        self.store.done.get(key).is_some_and(|times| *times > 0)
    }

    fn go(&mut self, page: Page) {
        self.page = page;
        (self.box_open, self.said, self.saved_here, self.waiting, self.sealing) = (None, None, false, false, None);
        (self.read_certificate, self.unbound) = (false, false);
        self.ticked.clear();
    }

    /// Does an act, as the server does it.
    pub(crate) fn commit(&mut self, key: &'static str) {
        *self.store.done.entry(key).or_default() += 1;
        (self.box_open, self.sealing) = (None, None);
        match key {
            "bind" => self.said = Some("绑定成功"),
            "registry.authorise" | "member.authorise" => {
                if let Page::Authorise(platform) = self.page {
                    self.go(Page::Confirm(platform));
                }
            }
            "registry.activate" => self.go(Page::Overview),
            "member.activate" => self.go(Page::Member),
            "registry.submit" => {
                (self.store.status, self.store.stale) = (1, self.done("member.sync"));
                self.go(Page::Submitted);
            }
            "member.sync" => {
                self.store.stale = false;
                self.said = Some("诚信库同步成功");
            }
            _ => {}
        }
    }

    pub(crate) fn url(&self) -> String {
        let (host, place) = match self.page {
            Page::Blank => return "about:blank".to_owned(),
            Page::Site => ("hohhot", ""),
            Page::Mutual => ("ca-mutual", ""),
            Page::Binding => ("ca-mutual", "bind"),
            Page::Unbinding => ("ca-mutual", "unbind"),
            Page::SignOn => ("ca-auth", ""),
            Page::Certificate => ("ca-auth", "certificate"),
            Page::Platforms => ("ca-auth", "platforms"),
            Page::Authorise(_) => ("ca-auth", "authorise"),
            Page::Confirm(platform) => (platform.host, "confirm"),
            Page::Overview => ("registry", "overview"),
            Page::Editing => ("registry", "edit"),
            Page::Preview => ("registry", "preview"),
            Page::Submitted => ("registry", "submitted"),
            Page::MemberLogin => ("member", ""),
            Page::Member => ("member", "home"),
            Page::Unit => ("member", "unit"),
        };
        format!("{}/{place}", self.origin_of(host))
    }

    fn origin_of(&self, host: &str) -> String {
        format!("http://{host}.localhost:{}", self.port)
    }

    pub(crate) fn origin(&self) -> String {
        self.url().split('/').take(3).collect::<Vec<_>>().join("/")
    }

    /// Goes to an address. Inside of a portal only whoever is logged in.
    pub(crate) fn navigate(&mut self, url: &str) {
        let host = url.trim_start_matches("http://").split('.').next().unwrap_or_default();
        let inside = self.logged_in && url.trim_end_matches('/').split('/').count() > 3;
        let page = match host {
            "hohhot" => Page::Site,
            "ca-mutual" => Page::Mutual,
            "registry" if inside => Page::Overview,
            "member" if inside => Page::Member,
            "member" => Page::MemberLogin,
            _ => Page::SignOn,
        };
        self.go(page);
    }

    /// All that can be read.
    pub(crate) fn text(&self) -> String {
        let binding = match (self.read_certificate, self.done("bind")) {
            (false, _) => "",
            (true, false) => "未绑定",
            (true, true) if self.said.is_some() => "",
            (true, true) => "已绑定 该证书已绑定",
        };
        let words = match self.page {
            Page::Blank => String::new(),
            Page::Site => "统一登陆 互认平台".to_owned(),
            Page::Mutual => "绑定/登陆 主体登录 CA 证书解绑".to_owned(),
            Page::Binding => format!("自然人绑定 证书持有人 {binding}"),
            Page::Unbinding if self.unbound => "解绑成功".to_owned(),
            Page::Unbinding => "流程说明 提交解绑申请".to_owned(),
            Page::SignOn => "立即登录 当前证书".to_owned(),
            Page::Certificate => "数字证书基本信息 持有人 进入授权".to_owned(),
            Page::Platforms => PLATFORMS.map(|platform| platform.name).join(" "),
            Page::Authorise(platform) => format!("确认授权 申请平台 {}", platform.name),
            Page::Confirm(_) => "第三方交易平台信息确认 登录人 确认登录".to_owned(),
            Page::Overview => format!("当前登录人 当前状态 {}", STATUS[self.store.status]),
            Page::Editing => format!("当前登录人 主体信息编辑 {}", if self.saved_here { "保存成功" } else { "" }),
            Page::Preview => "当前登录人 我已阅读并承诺 提交信息".to_owned(),
            Page::Submitted => "当前登录人 提交成功 受理编号 提交时间".to_owned(),
            Page::MemberLogin => "会员登录 CA锁密码".to_owned(),
            Page::Member => "会员端首页 当前登录人".to_owned(),
            Page::Unit => {
                let sync = match (self.done("member.sync"), self.store.stale) {
                    (false, _) => "同步状态：未同步",
                    (true, true) => "主体库信息已更新",
                    (true, false) => "已同步主体库最新信息",
                };
                let registry = if self.store.status == 2 { "验证通过" } else { "未入库" };
                format!("当前登录人 自然人基本信息编辑页面 主体库状态：{registry} {sync}")
            }
        };
        format!("{words} {}", self.said.unwrap_or_default())
    }

    /// Whether these words stand somewhere as a whole.
    pub(crate) fn shows(&self, words: &str) -> bool {
        self.text().contains(words) || self.store.saved.values().any(|value| value == words)
    }

    /// Whether there is an element of these words, in the row of `row`.
    pub(crate) fn has(&self, words: &str, row: Option<&str>) -> bool {
        match row {
            Some("当前状态") => self.page == Page::Overview && words == STATUS[self.store.status],
            Some("申请平台") => matches!(self.page, Page::Authorise(platform) if platform.name == words),
            Some(row) if SEALS.iter().any(|(own, _)| *own == row) => match words {
                "未签章" => !self.sealed(row),
                "已签章" => self.sealed(row),
                _ => true,
            },
            Some(row) => match words {
                "等待上传" => self.waiting,
                "选择文件" | "开始上传" => true,
                words => {
                    let files = self.store.files.get(row).copied().unwrap_or_default();
                    words == format!("已上传{files}个") || files > 0 && words == "已上传"
                }
            },
            // What a page may have or not: by what can be read there.
            None => match words {
                "确定" => self.box_open.is_some(),
                "验证码" | "证件类型" | "刷新证书" | "list" | "我已阅读" => false,
                "刷新" => self.page == Page::Overview,
                "确认授权" | "立即登录" | "CA锁密码" | "证书持有人" | "登录人" | "持有人" | "当前登录人" => {
                    self.text().split(' ').any(|part| part == words)
                }
                _ => true,
            },
        }
    }

    fn sealed(&self, row: &str) -> bool {
        SEALS.iter().any(|(own, key)| *own == row && self.done(key))
    }

    /// What stands beside a label.
    pub(crate) fn value(&self, label: &str) -> String {
        match label {
            "证书持有人" | "登录人" | "持有人" | "当前登录人" => self.holder.clone(),
            "受理编号" => "NM2020120100001".to_owned(),
            "提交时间" => "2020-12-01 09:30".to_owned(),
            label => self.fields.get(label).cloned().unwrap_or_default(),
        }
    }

    pub(crate) fn enter(&mut self, label: &str, value: &str) {
        self.fields.insert(label.to_owned(), value.to_owned());
    }

    pub(crate) fn is_ticked(&self, label: &str) -> bool {
        self.ticked.contains(label)
    }

    pub(crate) fn give_files(&mut self, row: &str, count: usize) {
        if row == "资质证书" {
            self.waiting = true;
        } else {
            *self.store.files.entry(row.to_owned()).or_default() += count;
        }
    }

    /// The text of the box that is open.
    pub(crate) fn asks(&self) -> Option<&'static str> {
        self.box_open.map(|_| "确定要办理吗？")
    }

    /// A press, as the page takes it. The act that it does, if it does one: that is the server's to do.
    pub(crate) fn press(&mut self, words: &str, row: Option<&str>, choosing: bool) -> Option<&'static str> {
        if choosing {
            if !self.ticked.remove(words) {
                self.ticked.insert(words.to_owned());
            }
            return None;
        }
        if words == "确定" {
            return self.box_open;
        }
        match (self.page, words) {
            (Page::Site, "互认平台") => self.go(Page::Mutual),
            (Page::Mutual, "绑定/登陆") => self.go(Page::Binding),
            (Page::Mutual, "主体登录") => self.go(if self.logged_in { Page::Certificate } else { Page::SignOn }),
            (Page::Binding, "读取证书") => self.read_certificate = true,
            (Page::Binding, "确认申请") => self.box_open = Some("bind"),
            (Page::Certificate, "进入授权") => self.go(Page::Platforms),
            (Page::Platforms, name) => {
                if let Some(platform) = PLATFORMS.into_iter().find(|platform| platform.name == name) {
                    self.go(if self.done(platform.authorise) { Page::Confirm(platform) } else { Page::Authorise(platform) });
                }
            }
            (Page::Authorise(platform), "确认授权") => self.box_open = Some(platform.authorise),
            // The first login activates.
            (Page::Confirm(platform), "确认登录") if !self.done(platform.activate) => return Some(platform.activate),
            (Page::Confirm(platform), "确认登录") => {
                self.go(if platform.host == "registry" { Page::Overview } else { Page::Member });
            }
            (Page::Overview, "修改信息") => {
                self.go(Page::Editing);
                self.fields = self.store.saved.clone();
            }
            (Page::Overview, "刷新") if self.store.status == 1 => self.store.status = 2,
            (Page::Editing, "保存") => {
                let changed = self.store.saved != self.fields;
                self.store.saved = self.fields.clone();
                if changed && self.store.status == 2 {
                    self.store.status = 0;
                }
                self.saved_here = true;
            }
            (Page::Editing, "开始上传") => {
                self.waiting = false;
                *self.store.files.entry(row.unwrap_or_default().to_owned()).or_default() += 1;
            }
            (Page::Editing, "下一步") => self.go(Page::Preview),
            (Page::Editing | Page::Submitted, "返回单位概况") => {
                // Verified by then, which spares the matrix a wait; who comes otherwise has to look again.
                self.store.status = if self.store.status == 1 { 2 } else { self.store.status };
                self.go(Page::Overview);
            }
            (Page::Preview, "提交信息") => self.box_open = Some("registry.submit"),
            (Page::Member, "单位信息") => self.go(Page::Unit),
            (Page::Unit, "签章") => self.sealing = SEALS.iter().find(|(own, _)| row == Some(own)).map(|(_, key)| *key),
            (Page::Unit, "同步内蒙古主体库诚信信息") => self.box_open = Some("member.sync"),
            _ => {}
        }
        None
    }

    /// What the person does on the page when asked to: types the PIN and logs in, or follows the instructions for unbinding.
    pub(crate) fn person_acts(&mut self) {
        match self.page {
            Page::SignOn => {
                self.logged_in = true;
                self.go(Page::Certificate);
            }
            Page::MemberLogin => {
                self.logged_in = true;
                self.go(Page::Member);
            }
            Page::Mutual => self.go(Page::Unbinding),
            Page::Unbinding => self.unbound = true,
            _ => {}
        }
    }

    /// Whether an act was done since the case began, as a person sees it at the portal.
    pub(crate) fn done_now(&self, key: &str) -> bool {
        let times = |counts: &Counts| counts.get(key).copied().unwrap_or_default();
        times(&self.store.done) > times(&self.before)
    }

    /// What the words of a question are about: the key of the act.
    pub(crate) fn act_in(&self, words: &str) -> Option<&'static str> {
        let platform = match self.page {
            Page::Authorise(platform) | Page::Confirm(platform) => Some(platform),
            _ => None,
        };
        let acts = [
            ("确认申请", Some("bind")),
            ("确认授权", platform.map(|platform| platform.authorise)),
            ("确认登录", platform.map(|platform| platform.activate)),
            ("提交信息", Some("registry.submit")),
            ("同步内蒙古主体库诚信信息", Some("member.sync")),
            (SEALS[0].0, Some(SEALS[0].1)),
            (SEALS[1].0, Some(SEALS[1].1)),
        ];
        acts.into_iter().find(|(own, _)| words.contains(own)).and_then(|(_, key)| key)
    }
}
