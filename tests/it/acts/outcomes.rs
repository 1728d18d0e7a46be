//! What becomes of a press that counts: words of refusal settle first, and what nobody saw to its end is unsure.

use ruku::operator::{Answer, GateKind};
use ruku::proof::OnceOutcome;

use super::Ended;
use super::presses::outcomes;
use crate::trial::{Person, Trial};

/// One press that counts, on a page that then says these words, each so many milliseconds after it.
async fn press(words: &[(u32, &str)]) -> Ended {
    let says: String = words.iter().map(|(at, words)| format!("setTimeout(() => says.textContent = '{words}', {at});")).collect();
    let page = format!("<p>证书持有人：<span>云小鹿</span></p><p id=says></p><button onclick=\"{says}\">提交</button>");
    let steps = "  - check_holder: { shown: { label: 证书持有人 }, expected: \"{{ 姓名 }}\" }\n  - click: 提交\n    once: { done_when: 办理成功, refused_when: 提交失败 }\n    within: 6s\n";
    let person = Person::who(|kind| match kind {
        GateKind::Confirm => Some(Answer::Go),
        GateKind::Unsure => Some(Answer::Pick(2)),
        _ => Some(Answer::Stop),
    });
    Trial { person, inputs: &[("姓名", "云小鹿")], ..Trial::new(&page, steps) }.run().await
}

#[tokio::test]
async fn words_of_refusal_late_in_a_step_settle_like_any_others() {
    // The step's own time ends in between.
    let ended = press(&[(4200, "提交失败（正在重试）"), (6400, "办理成功")]).await;
    assert_eq!((outcomes(&ended), ended.why()), (vec![OnceOutcome::Done], String::new()));
}

#[tokio::test]
async fn what_ends_the_settling_leaves_the_outcome_unsure() {
    let ended = press(&[(100, "提交失败（正在重试）"), (1500, "黑名单")]).await;
    assert_eq!((outcomes(&ended), ended.outcome.exit_code), (vec![OnceOutcome::Unsure], 5), "{}", ended.why());
}
