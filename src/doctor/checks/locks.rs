//! Card service, readers, locks and their certificates. No reader does not mean no lock: many CA locks are seen by their agent alone.

use jiff::SignedDuration;

use super::{listed, not_ok, ok};
use crate::base::Message;
use crate::doctor::{Facts, Finding, LockFact, State};
use crate::say;

/// A certificate that ends within this time is told beforehand.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The smart card service runs.
pub(super) fn service(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("card-service", say!("智能卡服务", "smart card service"));
    match &facts.service_absent {
        None => ok(id, title, say!("在运行", "runs")),
        Some(why) => not_ok(
            id,
            title,
            State::Warning,
            why.clone(),
            say!(
                "CA 锁只由 CA 助手识别时可以不管；否则执行 ruku doctor --fix 试着启动该服务。",
                "no matter where the lock is seen by its CA agent alone; else `ruku doctor --fix` tries to start the service"
            ),
        ),
    }
}

/// There are readers.
pub(super) fn readers(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("readers", say!("读卡器", "card readers"));
    if facts.service_absent.is_some() {
        return None;
    }
    if facts.readers.is_empty() {
        let seen = say!("没有读卡器。", "no reader");
        let remedy = say!(
            "多数 CA 锁自带读卡器，插上才会出现；也有的锁只有 CA 助手才能看到，没有读卡器不等于没有锁。",
            "most CA locks bring their own reader, which shows when they are plugged in; some are seen by their CA agent alone: no reader does not mean no lock"
        );
        return not_ok(id, title, State::Unknown, seen, remedy);
    }
    ok(id, title, listed(&facts.readers.iter().map(Message::same).collect::<Vec<_>>()))
}

/// A lock is in.
pub(super) fn present(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("lock", say!("CA 锁", "CA lock"));
    if facts.locks.is_empty() {
        let seen = say!("没有检测到 CA 锁。", "no CA lock is seen");
        let remedy = say!(
            "现在不必插；办理到“请插入 CA 锁”时再插。想现在检查证书：插好后再检查一次。",
            "it need not be in yet: plug it in when the run asks for it; to check its certificate now, plug it in and check again"
        );
        return not_ok(id, title, State::Unknown, seen, remedy);
    }
    let trouble: Vec<Message> = facts.locks.iter().filter_map(|lock| Some(at(lock, lock.trouble.as_ref()?))).collect();
    if !trouble.is_empty() {
        let remedy = say!("处理后再检查一次。", "deal with it, then check again");
        return not_ok(id, title, State::Warning, joined(&trouble), remedy);
    }
    let places = listed(&facts.locks.iter().map(|lock| lock.place.clone()).collect::<Vec<_>>());
    let count = facts.locks.len();
    ok(id, title, Message::new(format!("{count} 把：{}", places.zh), format!("{count}: {}", places.en)))
}

/// No certificate has expired or is about to.
pub(super) fn certificate(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("certificate", say!("证书有效期", "validity of certificates"));
    let judged: Vec<(State, Message)> = facts.locks.iter().filter_map(|lock| judge(lock, facts)).collect();
    let state = judged.iter().map(|(state, _)| *state).max()?;
    let seen = joined(&judged.into_iter().map(|(_, message)| message).collect::<Vec<_>>());
    match state {
        State::Failed => not_ok(
            id,
            title,
            state,
            seen,
            say!(
                "请联系 CA 公司续期，续期后序列号会变，可能需要重新绑定（2.2）；证书没有过期的话，请核对本机时间。",
                "have the CA renew it; a renewed certificate has another serial number and may have to be bound again (2.2); if it has not expired, check this machine's clock"
            ),
        ),
        State::Warning => not_ok(
            id,
            title,
            state,
            seen,
            say!("可以办理，请尽早联系 CA 公司续期。", "a run may go on; have the CA renew the certificate soon"),
        ),
        _ => ok(id, title, seen),
    }
}

fn judge(lock: &LockFact, facts: &Facts) -> Option<(State, Message)> {
    let (now, not_after) = (facts.now, lock.not_after?);
    let day = not_after.to_zoned(facts.time_zone()).strftime("%Y-%m-%d").to_string();
    let left = not_after.duration_since(now);
    let days = left.as_hours() / 24;
    Some(if lock.not_before.is_some_and(|begin| begin > now) {
        (State::Failed, at(lock, &say!("证书尚未生效", "the certificate is not valid yet")))
    } else if left.is_negative() {
        (State::Failed, at(lock, &say!("证书已于 {day} 过期", "the certificate expired on {day}")))
    } else if left < SOON {
        (State::Warning, at(lock, &say!("证书还有 {days} 天到期（{day}）", "the certificate expires in {days} days ({day})")))
    } else {
        (State::Ok, at(lock, &say!("证书有效期至 {day}", "the certificate is valid to {day}")))
    })
}

/// What is said of the lock in one place.
fn at(lock: &LockFact, what: &Message) -> Message {
    Message::new(format!("{}：{}", lock.place.zh, what.zh), format!("{}: {}", lock.place.en, what.en))
}

fn joined(items: &[Message]) -> Message {
    let of = |word: fn(&Message) -> &str, gap: &str| {
        items.iter().map(|item| word(item).trim_end_matches('。')).collect::<Vec<_>>().join(gap)
    };
    Message::new(format!("{}。", of(|item| &item.zh, "；")), of(|item| &item.en, "; "))
}
