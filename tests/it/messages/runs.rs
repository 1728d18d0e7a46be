//! Faults that end a whole run: of conditions, presses that count, gates, PIN and seal. Each run has a browser, so few stand side by side.

use std::time::Duration;

use futures_util::StreamExt;
use ruku::base::Secret;
use ruku::operator::{Answer, GateKind};

use super::Book;
use crate::trial::{Person, Trial};

/// Machines have two cores.
const SIDE_BY_SIDE: usize = 2;

const HOLDER: &str = "<p>证书持有人：<b>云小鹿</b></p><table><tr><td>证书持有人</td><td>云小鹿</td></tr></table>";
const CHECK: &str = "  - check_holder: { shown: { label: 证书持有人 }, expected: \"{{ 姓名 }}\" }\n";
const NAME: &[(&str, &str)] = &[("姓名", "云小鹿")];

/// Agrees to what is about to be pressed, and is silent otherwise.
fn agrees(kind: GateKind) -> Option<Answer> {
    (kind == GateKind::Confirm).then_some(Answer::Go)
}

fn saw_nothing(kind: GateKind) -> Option<Answer> {
    match kind {
        GateKind::Unsure => Some(Answer::Pick(2)),
        other => agrees(other),
    }
}

fn saw_that_it_failed(kind: GateKind) -> Option<Answer> {
    match kind {
        GateKind::Unsure => Some(Answer::Pick(1)),
        other => agrees(other),
    }
}

/// A page with a holder and a button, and a run that presses it once.
fn once<'a>(page: &'a str, steps: &'a str, answers: fn(GateKind) -> Option<Answer>) -> Trial<'a> {
    Trial { person: Person::who(answers), ..Trial::new(page, steps) }
}

/// The same with the holder compared first.
fn checked<'a>(page: &'a str, steps: &'a str, answers: fn(GateKind) -> Option<Answer>) -> Trial<'a> {
    Trial { inputs: NAME, ..once(page, steps, answers) }
}

#[tokio::test]
async fn faults_of_whole_runs_read_well() {
    let press = |script: &str, more: &str| {
        let page = format!("{HOLDER}<button onclick=\"{script}\">提交申请</button>");
        (page, format!("{CHECK}  - click: 提交申请\n    once: {{ done_when: {{ text: 提交成功 }}{more} }}\n    within: 3s\n"))
    };
    let (quiet, quiet_steps) = press("1", "");
    let (refusing, refusing_steps) = press(
        "document.body.insertAdjacentHTML('beforeend', '<p>统一社会信用代码与企业名称不符</p>')",
        ", refused_when: { text: 不符 }",
    );
    let done_page = format!("{quiet}<p>提交成功</p>");
    let unchecked = "  - click: 提交申请\n    once: { done_when: { text: 提交成功 } }\n";
    let pin = |next: &str| {
        format!(
            "  - enter_pin: {{ field: CA锁密码, press: 立即登录, next: {{ text: {next} }}, wrong: pin.wrong, blocked: pin.blocked, tries: pin.tries }}\n"
        )
    };
    let pin = pin("进入系统");
    let pins = "{ pin.wrong: [密码错误], pin.blocked: [锁已锁定], pin.tries: [剩余次数] }";
    let login =
        "<label>CA锁密码 <input type=password></label><button onclick=\"document.body.append('密码错误')\">立即登录</button>";
    let (blocked, few) = (format!("{login}<p>CA锁已锁定</p>"), format!("{login}<p>剩余次数：2</p>"));
    let with_pin = || Person { answers: |_| None, pin: Some(Secret::new("482913")) };
    let seals = "{ seal.none: [未读取到印章], seal.elsewhere: [请使用IE], seal.legal: [法定代表人] }";
    let seal = format!(
        "{CHECK}  - seal: {{ press: 签章, done: {{ text: 已盖印 }}, none: seal.none, elsewhere: seal.elsewhere, legal: seal.legal, legal_holder: \"{{{{ 法定代表人姓名 }}}}\" }}\n    once: {{ done_when: {{ target: {{ css: '#sealed' }} }} }}\n"
    );
    let no_seal = format!("{HOLDER}<button onclick=\"document.body.append('未读取到印章')\">签章</button>");
    let boxes = r#"<button onclick="confirm('确认删除该附件吗？')">删除</button>"#;
    let drawn = r#"<style>.mini-window { position: fixed; top: 80px; left: 80px; z-index: 900; background: #fff }</style>
        <div class="mini-window mini-messagebox"><table><tr><td class="mini-messagebox-content-text">资料尚未保存</td></tr></table>
        <div class="mini-messagebox-buttons"><a class="mini-button" href="javascript:void(0)">放弃</a></div></div>"#;
    let files = tempfile::tempdir().unwrap();
    std::fs::write(files.path().join("a.pdf"), "甲").unwrap();
    let attach = "<p>附件</p><label>附件 <input type=file onchange=\"document.body.insertAdjacentHTML('beforeend', '<p>文件过大，最大 2MB</p>')\"></label>";
    let notice = "<div id=n>系统公告</div><button>关闭公告</button>";
    let handler = "handlers:\n  - when_seen: { text: 系统公告 }\n    times: 1\n    then:\n      - click: 关闭公告\n";
    let link = "<a href=\"http://b.localhost:{port}/\">友情链接</a>";

    let trials: Vec<(&str, Trial<'_>)> = vec![
        ("expect", Trial::new("<p>待验证</p>", "  - expect: { text: 验证通过 }\n    within: 2s\n")),
        (
            "repeat",
            Trial::new(
                "<button>刷新</button>",
                "  - repeat: { times: 1, until: { text: 验证通过 } }\n    steps:\n      - click: 刷新\n",
            ),
        ),
        ("not-entered", Trial { head: "requires: [entered: portal]\n", ..Trial::new("", "  - click: 登录\n") }),
        (
            "page-says",
            Trial::new(
                "<p>您的单位尚未在主体信息库入库</p>",
                "  - refuse_when: { text: 尚未在主体信息库入库 }\n    reason: { zh: 请先按手册 3.2 完成主体库信息维护, en: Complete section 3.2 of the guide first }\n",
            ),
        ),
        ("already-done", checked(&done_page, &quiet_steps, agrees)),
        ("portal-refused", checked(&refusing, &refusing_steps, agrees)),
        ("no-sign", checked(&quiet, &quiet_steps, saw_nothing)),
        ("seen-by-person", checked(&quiet, &quiet_steps, saw_that_it_failed)),
        ("no-consent", Trial { inputs: NAME, ..Trial::new(&quiet, &quiet_steps) }),
        (
            "silence",
            Trial {
                patience: Duration::from_secs(1),
                ..once("<p>平台使用告知书</p>", "  - person: { to: 阅读平台使用告知书, kind: read }\n", |_| None)
            },
        ),
        ("no-holder", once(&quiet, unchecked, agrees)),
        ("no-once", Trial::new(&quiet, "  - click: { on: { css: button } }\n")),
        ("stop-words", Trial::new("<p>该单位已被列入黑名单</p><button>查询</button>", "  - click: 查询\n")),
        (
            "portal-unknown",
            Trial {
                stranger: "外部网站<button>领取</button>",
                ..Trial::new(link, "  - click: 友情链接\n  - expect: { text: 外部网站 }\n  - click: 领取\n")
            },
        ),
        (
            "frame-unknown",
            Trial {
                stranger: "<label>姓名 <input></label>",
                inputs: NAME,
                ..Trial::new("<iframe src=\"http://b.localhost:{port}/\"></iframe>", "  - fill: { 姓名: \"{{ 姓名 }}\" }\n")
            },
        ),
        ("handler", Trial { head: handler, ..Trial::new(notice, "  - click: 下一步\n") }),
        ("box-says-other", Trial::new(boxes, "  - click: 删除\n  - dialog: { answer: 确定, text: 保存成功 }\n")),
        ("other-buttons", Trial::new(boxes, "  - click: 删除\n  - dialog: 以后再说\n")),
        ("box-button", Trial::new(drawn, "  - dialog: 保存\n    within: 6s\n")),
        ("upload-no-folder", Trial::new(attach, "  - upload: { to: 附件, file: a.pdf, done: { text: 上传成功 } }\n")),
        (
            "upload-outside",
            Trial {
                files: Some(files.path()),
                ..Trial::new(attach, "  - upload: { to: 附件, file: ../a.pdf, done: { text: 上传成功 } }\n")
            },
        ),
        (
            "upload-portal",
            Trial {
                files: Some(files.path()),
                ..Trial::new(
                    attach,
                    "  - upload: { to: 附件, file: a.pdf, done: { text: 上传成功 }, refused_when: { text: 文件过大 } }\n",
                )
            },
        ),
        ("page", Trial { inputs: &[("姓名", "云小羊")], ..Trial::new(HOLDER, CHECK) }),
        ("wrong-pin", Trial { texts: pins, person: with_pin(), ..Trial::new(login, &pin) }),
        ("blocked", Trial { texts: pins, person: with_pin(), ..Trial::new(&blocked, &pin) }),
        ("few-tries", Trial { texts: pins, person: with_pin(), ..Trial::new(&few, &pin) }),
        (
            "no-seal",
            Trial {
                texts: seals, inputs: &[("姓名", "云小鹿"), ("法定代表人姓名", "白云")], ..once(&no_seal, &seal, agrees)
            },
        ),
    ];
    let running = trials.into_iter().map(async |(cause, trial)| (cause, trial.run().await));
    let ended: Vec<_> = futures_util::stream::iter(running).buffer_unordered(SIDE_BY_SIDE).collect().await;
    let mut book = Book::default();
    for (cause, ended) in ended {
        let port = ended.port.to_string();
        let parts: &[(&str, &str)] = if matches!(cause, "portal-unknown" | "frame-unknown") { &[(&port, "PORT")] } else { &[] };
        book.replaced(cause, &ended.fault(), parts);
    }
    book.close();
}
