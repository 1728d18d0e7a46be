//! A run of 2.1.1 and 2.2 on the training portals, by a fictitious person.

use std::collections::BTreeMap;
use std::path::Path;

use ruku::base::{Lang, Message, Redactor, redact::BLOCK};
use ruku::picture::{MaskRect, MaskedShot, RawShot};
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
            guide: "2.2".into(),
            edition: "V1.0 2020-12-01".into(),
            title: Message::new("CA 证书绑定", "Bind the CA certificate"),
        }],
        site: "training".into(),
        training: true,
        mode: Mode::Auto,
        lang: Lang::Zh,
        machine: BTreeMap::from([("browser".to_owned(), "Chromium 156".to_owned()), ("os".to_owned(), "Debian 12".to_owned())]),
        subject: format!("{NAME}（p1）"),
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
    let mask = MaskRect { x: 4, y: 4, width: 12, height: 5, reason: "personal".into(), by_css: false };
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
    folder.keep_shot(Some(1), &shot(1), "http://ca-mutual.localhost:8080/?ticket=ticket-of-the-session", "CA 互认系统").unwrap();
    folder
}

fn step(folder: &mut RunFolder, step: u32, action: &str, title: Message) {
    folder.record(Event::StepStart { step, playbook: "2.2".into(), action: action.into(), title }).unwrap();
}

fn done(folder: &mut RunFolder, step: u32) {
    folder.record(Event::StepEnd { step, result: StepResult::Done, why: None }).unwrap();
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
        .keep_shot(Some(3), &shot(3), "http://ca-mutual.localhost:8080/%E4%BA%91%E5%B0%8F%E9%B9%BF", &format!("您好，{NAME}"))
        .unwrap();
    done(&mut folder, 3);
    step(&mut folder, 4, "click", say("点击“确认申请”", "Press “确认申请”"));
    let key = "training/p1/2.2/bind".to_owned();
    let action = say("确认申请：绑定 CA 证书", "Confirm the application: bind the CA certificate");
    folder.record(Event::OnceIntent { step: 4, key: key.clone(), action, revision: 0 }).unwrap();
    folder.record(Event::Message { step: Some(4), text: "绑定成功！\u{7f}\u{1}".into(), kind: "toast".into() }).unwrap();
    let evidence = say("页面显示“绑定成功”", "the page shows “绑定成功”");
    folder.record(Event::OnceOutcome { step: 4, key, outcome: OnceOutcome::Done, evidence }).unwrap();
    folder.keep_shot(Some(4), &shot(4), "about:blank", BLOCK).unwrap();
    done(&mut folder, 4);
    step(&mut folder, 5, "close", say("关闭提示", "Close the notice"));
    let why = say("没有提示", "there was no notice");
    folder.record(Event::StepEnd { step: 5, result: StepResult::Skipped, why: Some(why) }).unwrap();
    folder.keep_shot(None, &shot(5), "http://ca-mutual.localhost:8080/#/home?who=x", "首页").unwrap();
    let message = say("CA 证书已绑定", "The CA certificate is bound");
    folder.record(Event::Milestone { name: "bound".into(), message }).unwrap();
    folder.end(RunResult::Done, None, 0).unwrap();
    folder
}
