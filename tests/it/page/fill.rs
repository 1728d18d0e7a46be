//! Filling, choosing, ticking and reading.

use ruku::base::{FaultKind, Secret};
use ruku::browser::page::Target;

use super::{Stage, soon};
use crate::driver::until;

const FORM: &str = r#"
<form onsubmit="document.title = 'submitted'; return false">
<table>
<tr><td>姓名</td><td><span class="mini-textbox" id="name"><span class="mini-textbox-border">
<input class="mini-textbox-input" id="name$text" value="旧值"></span><input type="hidden" id="hidden"></span></td></tr>
<tr><td>手机号</td><td><input id="phone" onblur="this.value=this.value.replace(/(\d{3})(\d{4})(\d{4})/,'$1 $2 $3')"></td></tr>
<tr><td>编号</td><td><input id="cut" maxlength="4"></td></tr>
<tr><td>状态</td><td><input id="ro" readonly value="只读值"></td></tr>
<tr><td>日期</td><td><input id="date" type="date"></td></tr>
<tr><td>说明</td><td><textarea id="area"></textarea></td></tr>
<tr><td>密码</td><td><input id="pin" type="password" value="prefilled"></td></tr>
</table>
</form>
<label for="kind">类型</label><select id="kind"><option>请选择<option>企业（法人）<option>个人<option>个体</select>
<label><input type="checkbox" id="agree" style="opacity:0;position:absolute"> 我已阅读</label><p id="log"></p>
<script>
const log = (words) => document.getElementById("log").textContent += words + ";";
const name_ = document.getElementById("name$text");
let keys = 0;
name_.addEventListener("keydown", (event) => event.isTrusted && keys++);
// A widget that believes keys and blur only.
name_.addEventListener("blur", () => { if (keys > 2) document.getElementById("hidden").value = name_.value; log("blur " + keys); });
document.getElementById("kind").addEventListener("change", (event) => log("kind " + event.target.value));
document.getElementById("pin").addEventListener("change", (event) => log("pin " + event.target.value.length));
</script>"#;

#[tokio::test]
async fn values_are_typed_and_read_back() {
    let stage = Stage::page(FORM).await;
    let browser = &stage.browser;
    let found =
        browser.fill(&Target::label("姓名"), "云小鹿 Ab", &|_| Ok(()), &until()).await.unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!((found.old.as_str(), found.new.as_str(), found.found.words.as_str()), ("旧值", "云小鹿 Ab", "「姓名」(textbox)"));
    assert!(stage.text("#log").await.contains("blur"), "the field was left");
    let found = browser.fill(&Target::label("手机号"), "13800001234", &|_| Ok(()), &until()).await.unwrap();
    assert_eq!(found.new, "138 0000 1234", "formatting is no change");
    let cut = browser.fill(&Target::label("编号"), "123456", &|_| Ok(()), &until()).await.unwrap_err();
    assert_eq!(cut.kind, FaultKind::Refused);
    assert!(cut.message.zh.contains("填写了 6 个字") && !cut.message.zh.contains("1234"), "{}", cut.message.zh);
    let read_only = browser.fill(&Target::label("状态"), "x", &|_| Ok(()), &soon()).await.unwrap_err();
    assert_eq!(read_only.kind, FaultKind::NotReady);
    assert!(read_only.message.zh.contains("只读"), "{}", read_only.message.zh);
    browser.fill(&Target::label("日期"), "2026-11-22", &|_| Ok(()), &until()).await.unwrap();
    browser.fill(&Target::label("说明"), "第一行\n第二行", &|_| Ok(()), &until()).await.unwrap();
    let one = browser.fill(&Target::label("姓名"), "云\n小\t鹿", &|_| Ok(()), &until()).await.unwrap();
    assert_eq!(one.new, "云小鹿");
    assert_eq!(stage.title().await, "测试", "a line end hands in no form");
    browser.fill(&Target::label("姓名"), "", &|_| Ok(()), &until()).await.unwrap();
    assert_eq!(browser.read(&Target::label("姓名"), &until()).await.unwrap(), "");
    stage.end().await;
}

#[tokio::test]
async fn a_password_field_is_neither_read_nor_filled_by_the_way() {
    let stage = Stage::page(FORM).await;
    let browser = &stage.browser;
    let pin = Target::label("密码");
    assert_eq!(browser.fill(&pin, "1234", &|_| Ok(()), &until()).await.unwrap_err().kind, FaultKind::Refused);
    assert_eq!(browser.read(&pin, &until()).await.unwrap_err().kind, FaultKind::Refused);
    let found = browser.fill_secret(&pin, &Secret::new("482913"), &|_| Ok(()), &until()).await.unwrap();
    assert_eq!(found.text, "");
    assert!(stage.text("#log").await.contains("pin 6;"), "typed in place of what was there");
    stage.end().await;
}

#[tokio::test]
async fn lists_and_boxes() {
    let stage = Stage::page(FORM).await;
    let browser = &stage.browser;
    let found = browser.choose(&Target::label("类型"), "企业(法人)", &|_| Ok(()), &until()).await.unwrap();
    assert_eq!((found.old.as_str(), found.new.as_str()), ("", "企业（法人）"));
    assert!(stage.text("#log").await.contains("kind 企业（法人）;"));
    let many = browser.choose(&Target::label("类型"), "个", &|_| Ok(()), &until()).await.unwrap_err();
    assert_eq!(many.kind, FaultKind::Business);
    let none = browser.choose(&Target::label("类型"), "机关", &|_| Ok(()), &soon()).await.unwrap_err();
    assert!(none.kind == FaultKind::Business && none.message.zh.contains("个体"), "{none:?}");
    let agree = Target::label("我已阅读");
    for on in [true, true, false] {
        browser.tick(&agree, on, &|_| Ok(()), &until()).await.unwrap_or_else(|fault| panic!("{fault}"));
    }
    stage.end().await;
}
