//! Faults of pages, in one real session.

use std::time::Duration;

use ruku::base::{Fault, FaultKind, Redactor, Until};
use ruku::browser::page::Target;
use ruku::browser::{Browser, BrowserOptions};
use tokio_util::sync::CancellationToken;

use super::Book;
use crate::driver::{kill, options, recorded, until};

/// How long is waited for what never comes, in seconds: long enough for several looks, and on a machine so busy that it was not, longer.
const SHORT: [u64; 3] = [2, 20, 90];

fn within(seconds: u64) -> Until {
    Until::after(Duration::from_secs(seconds), CancellationToken::new())
}

const FORM: &str = r##"<style>@keyframes m{from{margin-left:0}to{margin-left:300px}} #m{animation:m .7s linear infinite}</style>
<button disabled>提交申请</button> <button style="opacity:0">确认</button> <button id=m>下一步</button>
<p><label>企业名称 <input readonly value="虚构公司"></label> <label>密码 <input type=password></label>
<label>企业类型 <select><option>请选择<option>有限责任公司<option>股份有限公司</select></label></p>
<table><tr><th>设备名称</th><th>数量</th></tr><tr><td>挖掘机</td><td><input value=1></td></tr><tr><td>挖掘机</td><td><input value=2></td></tr></table>
<table><tr><td>云小鹿</td><td><a href="?1">删除</a></td></tr><tr><td>云小羊</td><td><a href="?2">删除</a></td></tr></table>"##;
const COVERED: &str =
    r#"<button>读取证书</button><div class="mini-mask" style="position:fixed;inset:0;background:#0003">正在加载，请稍候</div>"#;
const SLIDING: &str = r#"<div id=gap style="height:0"></div><button style="display:block;height:40px">解绑</button>
<button style="display:block;height:40px" id=ok>查询</button><script>ok.addEventListener("pointerover", () => { gap.style.height = "40px" })</script>"#;
const RUNNING: &str = r#"<button id=b style="display:block;height:40px">签到</button>
<script>b.addEventListener("pointerdown", () => setTimeout(() => b.style.marginTop = "300px"));
b.addEventListener("pointerdown", () => { for (const end = performance.now() + 5; performance.now() < end;); b.style.marginTop = "300px" })</script>"#;
const DIALOG: &str = r#"<button onclick="confirm('确定保存吗？')">保存</button>"#;
const RESTLESS: &str = r#"<p id=t style="position:absolute">云小鹿</p>
<script>let n = 0; const run = () => { t.style.left = (n = (n + 7) % 400) + "px"; requestAnimationFrame(run) }; run()</script>"#;

async fn fault<T: std::fmt::Debug>(work: impl Future<Output = Result<T, Fault>>) -> Fault {
    work.await.unwrap_err()
}

/// The fault of what never comes, once a look has said why.
async fn never<T: std::fmt::Debug>(act: impl AsyncFn(Until) -> Result<T, Fault>) -> Fault {
    let mut told = act(within(SHORT[0])).await.unwrap_err();
    for seconds in &SHORT[1..] {
        if told.kind == FaultKind::TimedOut {
            told = act(within(*seconds)).await.unwrap_err();
            // The cases are those of a machine that had the time.
            let as_in_case = |text: &str, words: fn(u64) -> String| text.replace(&words(*seconds), &words(SHORT[0]));
            told.message.zh = as_in_case(&told.message.zh, |seconds| format!("已等待 {seconds} 秒"));
            told.message.en = as_in_case(&told.message.en, |seconds| format!("waited {seconds} s"));
        }
    }
    told
}

#[tokio::test]
async fn faults_of_pages_read_well() {
    let mut book = Book::default();
    let work = tempfile::tempdir().unwrap();
    let drivers = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers");
    let redactor = Redactor::default();
    redactor.add("云小鹿");
    let browser = Browser::start(BrowserOptions { redactor, ..options(work.path(), &drivers) }, &until())
        .await
        .unwrap_or_else(|fault| panic!("{fault}"));
    let pages = [
        ("a/form", FORM),
        ("a/covered", COVERED),
        ("a/sliding", SLIDING),
        ("a/running", RUNNING),
        ("a/dialog", DIALOG),
        ("a/restless", RESTLESS),
        ("a/window", "<button onclick=\"open('/form', 'other', 'width=500,height=400')\">打开</button>"),
    ];
    let port = crate::page::serve(&pages).await;
    let open = async |page: &str| browser.goto(&format!("http://a.localhost:{port}/{page}"), &until()).await.unwrap();
    let (text, label) = (|words: &str| Target::text(words), |words: &str| Target::label(words));

    open("form").await;
    book.fault("absent", &never(async |until| browser.press(&text("绑定/登陆"), &until).await).await);
    book.fault("hidden", &never(async |until| browser.press(&text("确认"), &until).await).await);
    book.fault("option", &never(async |until| browser.choose(&label("企业类型"), "合伙企业", &|_| Ok(()), &until).await).await);
    book.fault("column", &never(async |until| browser.set_cell("1", "单价", "1", &|_| Ok(()), &until).await).await);
    book.fault("rows", &fault(browser.set_cell("挖掘机", "数量", "1", &|_| Ok(()), &until())).await);
    book.fault("buttons", &fault(browser.press(&text("删除"), &until())).await);
    book.fault("disabled", &never(async |until| browser.press(&text("提交申请"), &until).await).await);
    book.fault("moving", &never(async |until| browser.press(&text("下一步"), &until).await).await);
    book.fault("read-only", &never(async |until| browser.fill(&label("企业名称"), "别的公司", &|_| Ok(()), &until).await).await);
    book.fault("password-field", &fault(browser.fill(&label("密码"), "1", &|_| Ok(()), &until())).await);

    open("covered").await;
    book.fault("mask", &never(async |until| browser.press(&text("读取证书"), &until).await).await);
    open("sliding").await;
    book.fault("slid-under", &fault(browser.press(&text("查询"), &until())).await);
    open("running").await;
    book.fault("moved-away", &fault(browser.press(&text("签到"), &until())).await);
    open("restless").await;
    book.fault("restless", &fault(browser.shot(&until())).await);

    open("dialog").await;
    browser.press(&text("保存"), &until()).await.unwrap();
    book.fault("open", &fault(browser.press(&text("保存"), &until())).await);
    browser.answer_dialog(false, &until()).await.unwrap();

    // A port that nobody listens on: one that was just given back.
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let nobody = fault(browser.goto(&format!("http://127.0.0.1:{free}/"), &until())).await;
    book.replaced("address", &nobody, &[(&free.to_string(), "PORT")]);
    let cancel = CancellationToken::new();
    cancel.cancel();
    let stopped = Until::after(Duration::from_secs(60), cancel);
    book.fault("cancelled", &fault(browser.wait_text(&["绑定成功".to_owned()], None, &stopped)).await);
    open("form").await;
    book.fault("page", &fault(browser.wait_text(&["绑定成功".to_owned(), "已绑定".to_owned()], None, &within(SHORT[0]))).await);

    open("window").await;
    let main = browser.windows(&until()).await.unwrap()[0].handle.clone();
    browser.press(&text("打开"), &until()).await.unwrap();
    let limit = until();
    let other = loop {
        if let Some(other) = browser.windows(&until()).await.unwrap().into_iter().find(|window| window.handle != main) {
            break other.handle;
        }
        limit.pause(Duration::from_millis(30), &ruku::base::Message::same("the window")).await.unwrap();
    };
    browser.close_window(&other, &until()).await.unwrap();
    book.fault("window", &fault(browser.switch_to(&other, &until())).await);
    browser.switch_to(&main, &until()).await.unwrap();

    kill(recorded(work.path(), "driver"));
    let gone = loop {
        if let Some(gone) = browser.took_away() {
            break gone;
        }
        limit.pause(Duration::from_millis(30), &ruku::base::Message::same("the end of the driver")).await.unwrap();
    };
    book.fault("driver", &gone);
    browser.end().await;
    book.close();
}
