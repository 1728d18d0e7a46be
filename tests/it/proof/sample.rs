//! A run of 2.1.1 and 2.2 on the training portals, by a fictitious person.

use std::collections::BTreeMap;
use std::path::Path;

use ruku::base::{Lang, Message, Redactor, redact::BLOCK};
use ruku::picture::{Cover, MaskRect, MaskedShot, RawShot};
use ruku::proof::{Event, LockChange, Mode, OnceOutcome, PlaybookRef, RunFolder, RunResult, RunStart, StepResult};

/// The fictitious person.
pub(crate) const NAME: &str = "云小鹿";

/// The exact bytes of the playbook.
const PLAYBOOK: &[u8] = b"guide: \"2.2\"\nsteps: []\n";

/// Knows what is personal in [`bound`].
pub(crate) fn redactor() -> Redactor {
    let redactor = Redactor::default();
    redactor.add(NAME);
    redactor.add("13800001234");
    redactor
}

/// The first event.
pub(crate) fn start() -> Event {
    Event::RunStart(RunStart {
        run: "any".into(),
        ruku: "0.1.0".into(),
        playbooks: vec![PlaybookRef {
            file: "2.2-ca-bind.yaml".into(),
            sha256: hash(PLAYBOOK),
            parts: Default::default(),
            guide: "2.2".into(),
            edition: "V1.0 2020-12-01".into(),
            title: Message::new("CA 证书绑定", "Bind the CA certificate"),
        }],
        site: "training".into(),
        site_title: Some(Message::new("模拟平台", "Training portals")),
        site_sha256: None,
        training: true,
        mode: Mode::Auto,
        lang: Lang::Zh,
        machine: BTreeMap::from([("browser".to_owned(), "Chromium 156".to_owned()), ("os".to_owned(), "Debian 12".to_owned())]),
        subject: format!("{NAME}（p1）"),
        continues: None,
    })
}

fn hash(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(bytes))
}

/// A small picture, different for each number, with one painted mask.
pub(crate) fn shot(number: u8) -> MaskedShot {
    let picture = image::RgbImage::from_fn(40, 24, |x, y| image::Rgb([number.wrapping_mul(40), (x * 6) as u8, (y * 10) as u8]));
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let mask = MaskRect { x: 4, y: 4, width: 12, height: 5, reason: "personal".into(), how: Cover::Paint };
    RawShot::from_browser(png.into_inner()).mask(&[mask]).unwrap()
}

fn say(zh: &str, en: &str) -> Message {
    Message::new(zh, en)
}

/// A folder with its start, its playbook, one begun step and one picture.
pub(crate) fn opened(under: &Path, name: &str, redactor: &Redactor) -> RunFolder {
    let mut folder = RunFolder::create(under, name, redactor.clone()).unwrap();
    folder.record(start()).unwrap();
    folder.keep_file("2.2-ca-bind.yaml", PLAYBOOK).unwrap();
    step(&mut folder, 1, "open", say("进入 CA 互认系统", "Open the CA system"));
    folder
        .record(Event::Warning {
            step: Some(1),
            message: say("证书 30 天内到期，请尽快续期。", "the certificate ends within 30 days; renew it"),
        })
        .unwrap();
    folder
        .keep_shot(
            Some(1),
            &shot(1),
            "http://ca-mutual.localhost:8080/?ticket=ticket-of-the-session",
            "CA 互认系统",
            false,
            Vec::new(),
        )
        .unwrap();
    folder
}

pub(crate) fn step(folder: &mut RunFolder, step: u32, action: &str, title: Message) {
    folder.record(Event::StepStart { step, playbook: "2.2".into(), action: action.into(), title }).unwrap();
}

pub(crate) fn done(folder: &mut RunFolder, step: u32) {
    folder.record(Event::StepEnd { step, result: StepResult::Done, why: None }).unwrap();
}

/// A run of 3.2 that the portal keeps waiting after one refusal and one submission, with every kind of gate.
pub(crate) fn parked(under: &Path, name: &str, redactor: &Redactor) -> RunFolder {
    let mut folder = opened(under, name, redactor);
    done(&mut folder, 1);
    let gates = [
        ("address", "text", say("请粘贴检测工具打开的网址。", "Paste the address that the tool opened.")),
        ("precondition", "go", say("前提条件：已完成 CA 互认绑定。是这样吗？", "precondition: the CA is bound; is that so?")),
        ("read", "go", say("请阅读平台使用告知书。", "read the notice of use")),
        ("pick-lock", "pick 2", say("插着不止一把 CA 锁，请选择。", "more than one CA lock is inserted; pick one")),
        ("pin", "seen", say("请在网页中输入密码，并由您本人点击登录。", "type the PIN into the page and log in yourself")),
        ("captcha", "seen", say("请完成页面上的验证。", "solve the captcha of the page")),
        ("reinsert-lock", "seen", say("CA 锁已拔出，请重新插入。", "the CA lock was pulled out; insert it again")),
        ("swap-lock", "seen", say("请换上法定代表人的 CA 锁。", "swap to the legal representative's lock")),
        ("seal", "seen", say("请在签章窗口中完成签章。", "set the seal in its window")),
        ("act", "seen", say("请在网页上补齐附件。", "add the missing attachments on the page")),
        ("unsure", "pick 1", say("请到平台核实结果。", "look at the portal for the result")),
        ("confirm", "go", say("即将点击“提交信息”。确认无误吗？", "about to press “提交信息”; is everything right?")),
    ];
    for (number, (kind, answer, message)) in (1..).zip(gates) {
        folder.record(Event::GateOpen { gate: number, kind: kind.into(), message }).unwrap();
        folder.record(Event::GateClose { gate: number, answer: answer.into() }).unwrap();
    }
    step(&mut folder, 2, "click", say("点击“提交信息”", "Press “提交信息”"));
    let act = say("点击“提交信息”", "press “提交信息”");
    for (revision, outcome, evidence) in [
        (1, OnceOutcome::NotDone, say("「统一社会信用代码与企业名称不符」", "“统一社会信用代码与企业名称不符”")),
        (2, OnceOutcome::Done, say("「提交成功」", "“提交成功”")),
    ] {
        let key = format!("training/3.2#9/r{revision}/0011223344556677");
        folder.record(Event::OnceIntent { step: 2, key: key.clone(), action: act.clone(), revision }).unwrap();
        folder.record(Event::OnceOutcome { step: 2, key, outcome, evidence }).unwrap();
    }
    done(&mut folder, 2);
    step(&mut folder, 3, "receipt", say("记录受理编号", "Keep the number of the application"));
    let values = [("受理编号", "ZT2020-000731"), ("提交时间", "2020-12-01 10:32")];
    let values = values.map(|(label, value)| (label.to_owned(), value.to_owned())).into();
    folder.record(Event::Receipt { step: Some(3), values }).unwrap();
    done(&mut folder, 3);
    let submitted = say("主体库信息已提交，等待验证", "the registry has the data and verifies them");
    folder.record(Event::Milestone { name: "submitted".into(), message: submitted }).unwrap();
    step(&mut folder, 4, "park", say("等待平台出现「验证通过」", "wait for the portal to show “验证通过”"));
    let why =
        say("主体库正在验证。已挂起，之后再次执行即可接着办理。", "the registry verifies; parked, run it again later to go on");
    folder.record(Event::StepEnd { step: 4, result: StepResult::Parked, why: Some(why.clone()) }).unwrap();
    folder.end(RunResult::Parked, Some(why), 8).unwrap();
    folder
}

/// A whole run up to `run.end`, not sealed.
pub(crate) fn bound(under: &Path, name: &str, redactor: &Redactor) -> RunFolder {
    let mut folder = opened(under, name, redactor);
    done(&mut folder, 1);
    step(&mut folder, 2, "insert_lock", say("插入 CA 锁", "Insert the CA lock"));
    let gate = say(&format!("请插入{NAME}的 CA 锁。"), &format!("Insert the CA lock of {NAME}."));
    folder.record(Event::GateOpen { gate: 1, kind: "insert-lock".into(), message: gate }).unwrap();
    let not_after = "2027-11-21T16:00:00Z".parse().ok();
    let (reader, holder, serial) = (Some("Virtual PCD 00".into()), Some(NAME.into()), Some("4B2F01".into()));
    folder.record(Event::Lock { change: LockChange::Inserted, reader, holder, serial, not_after }).unwrap();
    folder.record(Event::GateClose { gate: 1, answer: "done".into() }).unwrap();
    done(&mut folder, 2);
    step(&mut folder, 3, "fill", say(&format!("填写 姓名：{NAME}，手机号：138 0000 1234"), "Fill in name and mobile number"));
    folder.record(Event::Target { step: 3, matched: "文本框“手机号码”".into(), alternative: 1 }).unwrap();
    folder
        .keep_shot(
            Some(3),
            &shot(3),
            "http://ca-mutual.localhost:8080/%E4%BA%91%E5%B0%8F%E9%B9%BF",
            &format!("您好，{NAME}"),
            false,
            Vec::new(),
        )
        .unwrap();
    done(&mut folder, 3);
    step(&mut folder, 4, "click", say("点击“确认申请”", "Press “确认申请”"));
    let key = "training/p1/2.2/bind".to_owned();
    let action = say("确认申请：绑定 CA 证书", "Confirm the application: bind the CA certificate");
    folder.record(Event::OnceIntent { step: 4, key: key.clone(), action, revision: 0 }).unwrap();
    folder.record(Event::Message { step: Some(4), text: "绑定成功！\u{7f}\u{1}".into(), kind: "toast".into() }).unwrap();
    let evidence = say("页面显示“绑定成功”", "the page shows “绑定成功”");
    folder.record(Event::OnceOutcome { step: 4, key, outcome: OnceOutcome::Done, evidence }).unwrap();
    folder.keep_shot(Some(4), &shot(4), "about:blank", BLOCK, false, Vec::new()).unwrap();
    done(&mut folder, 4);
    step(&mut folder, 5, "close", say("关闭提示", "Close the notice"));
    let why = say("没有提示", "there was no notice");
    folder.record(Event::StepEnd { step: 5, result: StepResult::Skipped, why: Some(why) }).unwrap();
    folder.keep_shot(None, &shot(5), "http://ca-mutual.localhost:8080/#/home?who=x", "首页", false, Vec::new()).unwrap();
    let message = say("CA 证书已绑定", "The CA certificate is bound");
    folder.record(Event::Milestone { name: "bound".into(), message }).unwrap();
    folder.end(RunResult::Done, None, 0).unwrap();
    folder
}
