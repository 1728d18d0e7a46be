//! What stood on the page before a wait began is not its end: it counts once it had gone, stands there differently, or is said anew.

use std::time::Duration;

use futures_util::StreamExt;
use ruku::base::{FaultKind, Secret};

use crate::trial::{Person, Trial};

/// The page says 已登录 in its help, before anything is typed; the button does `script` to it.
fn page(script: &str) -> String {
    format!(
        r#"<p id=help>已登录的用户可直接办理</p><label>CA锁密码 <input type=password></label><button id=go>立即登录</button>
<script>
const toast = (words) => document.body.insertAdjacentHTML("beforeend", `<div class="layui-layer-msg" style="position:fixed;top:0">${{words}}</div>`);
go.onclick = () => {{ {script} }};
</script>"#
    )
}

/// How a wait for 已登录 ends that begins when the button is pressed: none when it was seen.
async fn waited(next: &str, script: &str, seconds: u32) -> Option<FaultKind> {
    let steps = format!(
        "  - enter_pin: {{ field: CA锁密码, press: 立即登录, next: {next}, wrong: pin.wrong, blocked: pin.blocked }}\n    within: {seconds}s\n"
    );
    let person = Person { answers: |_| None, pin: Some(Secret::new("482913")) };
    let texts = "{ pin.wrong: [密码错误], pin.blocked: [锁已锁定], in: [已登录, 已进入] }";
    let html = page(script);
    let ended = Trial { texts, person, patience: Duration::from_secs(20), ..Trial::new(&html, &steps) }.run().await;
    (!ended.why().is_empty()).then(|| ended.fault().kind)
}

#[tokio::test]
async fn only_what_is_new_ends_a_wait() {
    let cases = [
        ("it never goes", "已登录", "", Some(FaultKind::TimedOut)),
        // Long enough, again and again, for two looks on a busy machine.
        ("it goes and comes back", "已登录", "setInterval(() => { help.hidden = !help.hidden }, 2000)", None),
        ("it stands there in another sentence", "已登录", "help.textContent = '云小鹿，您已登录'", None),
        ("a message says it", "已登录", "toast('已登录')", None),
        ("another of the list comes", "{ site_text: in }", "document.body.append('已进入')", None),
        ("what has no words stays", "{ target: { css: '#help' } }", "", Some(FaultKind::TimedOut)),
        (
            "what has no words goes and comes back",
            "{ target: { css: '#help' } }",
            "setInterval(() => { help.hidden = !help.hidden }, 2000)",
            None,
        ),
    ];
    let waits = cases.into_iter().map(async |(case, next, script, expected)| {
        // What never comes is not waited for as long as what may come late on a busy machine.
        let seconds = if expected.is_some() { 4 } else { 15 };
        (case, waited(next, script, seconds).await, expected)
    });
    let ended: Vec<_> = futures_util::stream::iter(waits).buffer_unordered(2).collect().await;
    for (case, ended, expected) in ended {
        assert_eq!(ended, expected, "{case}");
    }
}
