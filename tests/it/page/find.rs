//! Finding: every way to name an element, and what must not be found.

use ruku::base::FaultKind;
use ruku::browser::page::{By, Place, Purpose, Target};

use super::{Stage, soon};
use crate::driver::until;

const KINDS: &str = r#"
<a class="mini-button" id="bind" href="javascript:void(0)"><span class="mini-button-text">绑定/登陆</span></a>
<button id="apply">确 认 申 请</button>
<h2>查询结果</h2>
<p>请点击查询按钮</p>
<input type="button" id="query" value="查询">
<ul><li id="menu" style="cursor:pointer"><span>CA互认</span><i>3</i></li></ul>
<table><tr><td id="cell" onclick="1"><b>办理</b></td></tr></table>
<div role="tab" id="tab">自然人</div>
<img src="data:," alt="帮助" onclick="1" id="help">
<form>
<label for="n">姓名：</label><input id="n">
<label>手机号 <input id="m"></label>
<input id="p" placeholder="请输入身份证号">
<input id="aria" aria-label="邮箱"><span id="lab">地址</span><input id="by" aria-labelledby="lab">
<table>
<tr><th>*单位名称：</th><td><input id="left"></td><td>法人</td><td><input id="td"></td></tr>
<tr><td><label for="code">信用代码</label></td><td><span class="mini-textbox" id="code"><span class="mini-textbox-border">
<input class="mini-textbox-input" id="code$text" name="code"></span><input type="hidden"></span></td></tr>
</table>
<div><span>联系人</span><div><input id="contact"></div></div>
<label><input type="checkbox" id="agree"> 我已阅读</label>
<input type="radio" name="s" id="male">男<input type="radio" name="s" id="female">女
<label for="kind">类型</label><select id="kind"><option>企业<option>个人</select>
</form>
<div><span>附件</span><div class="webuploader-container"><div class="webuploader-pick">选择文件</div>
<input type="file" id="file" style="position:absolute;clip:rect(1px 1px 1px 1px)"></div></div>
"#;

/// Gives what is found an outline, reads its id back through the page: finds by words, tells by id.
async fn id_of(stage: &Stage, target: &Target, purpose: Purpose) -> String {
    let found = stage.browser.look(target, purpose, &until()).await.unwrap_or_else(|fault| panic!("{target}: {fault}"));
    let found = found.unwrap_or_else(|| panic!("{target} is not found"));
    for id in [
        "bind",
        "apply",
        "query",
        "menu",
        "cell",
        "tab",
        "help",
        "n",
        "m",
        "p",
        "aria",
        "by",
        "left",
        "td",
        "code\\$text",
        "contact",
        "agree",
        "male",
        "female",
        "kind",
        "file",
        "x",
        "y",
        "z",
    ] {
        let by_id = Target::one(By::Css(format!("#{id}")));
        if let Ok(Some(other)) = stage.browser.look(&by_id, purpose, &until()).await
            && other.rect == found.rect
        {
            return id.to_owned();
        }
    }
    panic!("{target} found something else: {found:?}")
}

#[tokio::test]
async fn every_way_to_name_an_element() {
    let stage = Stage::page(KINDS).await;
    let text = |words: &str| Target::text(words);
    let label = |words: &str| Target::label(words);
    for (target, purpose, id) in [
        (text("绑定/登录"), Purpose::Press, "bind"),
        (text("确认申请"), Purpose::Press, "apply"),
        (text("查询"), Purpose::Press, "query"),
        (text("ＣＡ互认"), Purpose::Press, "menu"),
        (text("办理"), Purpose::Press, "cell"),
        (text("自然人"), Purpose::Press, "tab"),
        (text("帮助"), Purpose::Press, "help"),
        (label("姓名"), Purpose::Fill, "n"),
        (text("姓名"), Purpose::Fill, "n"),
        (label("手机号"), Purpose::Fill, "m"),
        (label("身份证号"), Purpose::Fill, "p"),
        (label("邮箱"), Purpose::Fill, "aria"),
        (label("地址"), Purpose::Fill, "by"),
        (label("单位名称"), Purpose::Fill, "left"),
        (label("法人"), Purpose::Fill, "td"),
        (label("信用代码"), Purpose::Fill, "code\\$text"),
        (label("联系人"), Purpose::Fill, "contact"),
        (label("我已阅读"), Purpose::Choose, "agree"),
        (label("女"), Purpose::Choose, "female"),
        (label("类型"), Purpose::Choose, "kind"),
        (text("选择文件"), Purpose::Upload, "file"),
        (label("附件"), Purpose::Upload, "file"),
        (Target::one(By::Role("tab".into())), Purpose::Press, "tab"),
        (Target::one(By::Css("#code".into())), Purpose::Fill, "code\\$text"),
        (Target::one(By::Xpath("//input[@value='查询']".into())), Purpose::Press, "query"),
    ] {
        assert_eq!(id_of(&stage, &target, purpose).await, id, "{target}");
    }
    let bad = stage.browser.look(&Target::one(By::Css("#[".into())), Purpose::Press, &until()).await.unwrap_err();
    assert_eq!(bad.kind, FaultKind::Refused);
    stage.end().await;
}

#[tokio::test]
async fn rows_neighbours_alternatives_and_crowds() {
    let stage = Stage::page(
        r#"<table><tr><td><table>
        <tr><td>云小鹿</td><td><a id=x href="?x">删除</a></td></tr>
        <tr><td>云小鹿的公司</td><td><a id=y href="?y">删除</a></td></tr>
        <tr><td>白 桦</td><td><a id=z href="?z">删除</a></td></tr></table></td></tr></table>
        <button hidden>确认</button><button style="opacity:0">确认</button><button style="position:absolute;left:-9999px">确认</button>
        <a href="?w">主体库（测试）</a><button style="visibility:hidden">确认</button><div style="width:0;height:0;overflow:hidden"></div>"#,
    )
    .await;
    let place = |change: &dyn Fn(&mut Place)| {
        let mut target = Target::text("删除");
        change(&mut target.any[0]);
        target
    };
    let row = place(&|place| place.row = Some("云小鹿".into()));
    assert_eq!(id_of(&stage, &row, Purpose::Press).await, "x", "the exact cell wins");
    let row = place(&|place| place.row = Some("白桦".into()));
    assert_eq!(id_of(&stage, &row, Purpose::Press).await, "z");
    let after = place(&|place| place.after = Some("云小鹿的公司".into()));
    assert_eq!(id_of(&stage, &after, Purpose::Press).await, "y", "the nearest one after");
    let before = place(&|place| place.before = Some("白桦".into()));
    assert_eq!(id_of(&stage, &before, Purpose::Press).await, "y", "the nearest one before");

    let crowd = stage.browser.look(&Target::text("删除"), Purpose::Press, &until()).await.unwrap_err();
    assert_eq!(crowd.kind, FaultKind::Many);
    assert!(crowd.message.zh.contains("3 处"), "{}", crowd.message.zh);
    assert_eq!(crowd.message.zh.matches("「删除」(link)").count(), 3, "{}", crowd.message.zh);

    assert_eq!(stage.browser.look(&Target::text("确认"), Purpose::Press, &until()).await.unwrap(), None, "decoys never count");
    let hidden = stage.browser.find(&Target::text("确认"), Purpose::Press, &soon()).await.unwrap_err();
    assert_eq!(hidden.kind, FaultKind::NotFound);
    assert!(hidden.message.zh.contains("没有显示") && hidden.message.en.contains("does not show"), "{hidden:?}");

    let mut whole = Target::text("主体库");
    for purpose in [Purpose::Press, Purpose::See] {
        whole.any[0].whole = false;
        let longer = stage.browser.look(&whole, purpose, &until()).await.unwrap().expect("what only contains the words");
        assert!(longer.text.contains("测试"), "{longer:?}");
        whole.any[0].whole = true;
        assert_eq!(stage.browser.look(&whole, purpose, &until()).await.unwrap(), None, "a longer name is another");
        let mut own = Target::text("主体库 (测试)");
        own.any[0].whole = true;
        assert!(stage.browser.look(&own, purpose, &until()).await.unwrap().is_some(), "full-width forms are folded");
    }

    let target = Target { any: vec![Place::of(By::Text("没有这个".into())), row.any[0].clone()] };
    let found = stage.browser.find(&target, Purpose::Press, &until()).await.unwrap();
    assert_eq!((found.alternative, found.words.as_str()), (1, "「删除」(link)"));
    stage.end().await;
}

#[tokio::test]
async fn the_row_next_door_speaks_for_itself() {
    let stage = Stage::page(
        r#"<table><tr><td>诚信文件</td><td><table>
        <tr><td><a href="?a">签章</a></td><td>诚信承诺书</td><td>未签章</td></tr>
        <tr><td><a href="?b">签章</a></td><td><ul><li>平台使用告知书</ul></td><td>已签章</td></tr></table></td></tr></table>"#,
    )
    .await;
    for (row, sealed) in [("诚信承诺书", false), ("平台使用告知书", true), ("诚信文件", true)] {
        let mut target = Target::text("已签章");
        target.any[0].row = Some(row.into());
        let seen = stage.browser.look(&target, Purpose::See, &until()).await.unwrap();
        assert_eq!(seen.is_some(), sealed, "{row}: {seen:?}");
    }
    stage.end().await;
}

#[tokio::test]
async fn frames_windows_and_shadow_roots() {
    let stage = Stage::with(
        &[
            (
                "a/",
                r#"<div style="height:40px"></div><iframe src="http://b.localhost:{port}/f" style="border:7px solid;margin-left:50px"></iframe>
                <iframe src="/same"></iframe><iframe src="/same" style="display:none"></iframe><div id=host></div>
                <button onclick="open('http://c.localhost:{port}/pop','w','width=500,height=400')">打开窗口</button>
                <script>document.getElementById("host").attachShadow({mode:"open"}).innerHTML="<button onclick='document.title=`shadow`'>影子</button>"</script>"#,
            ),
            ("b/f", r#"<iframe src="http://a.localhost:{port}/deep" style="margin:20px"></iframe>"#),
            ("a/deep", r#"<button onclick="document.body.append('深处已按')">深处</button>"#),
            ("a/same", r#"<input aria-label="同站"><b>同站文字</b>"#),
            ("c/pop", r#"<button onclick="window.close()">关闭本窗</button><p>新窗口内容</p>"#),
        ],
        ruku::base::Redactor::default(),
        true,
    )
    .await;
    let browser = &stage.browser;
    let deep = browser.press(&Target::text("深处"), &until()).await.unwrap();
    assert!(deep.found.rect.0 > 77.0 && deep.found.rect.1 > 67.0, "the frames' borders and margins count: {deep:?}");
    browser.wait_text(&["深处已按".into()], None, &until()).await.unwrap();
    browser.press(&Target::text("影子"), &until()).await.unwrap();
    stage.eventually_title("shadow").await;
    browser.fill(&Target::label("同站"), "内蒙古", &|_| Ok(()), &until()).await.unwrap();
    assert_eq!(browser.read(&Target::label("同站"), &until()).await.unwrap(), "内蒙古");

    let main = browser.windows(&until()).await.unwrap()[0].handle.clone();
    browser.press(&Target::text("打开窗口"), &until()).await.unwrap();
    let popup = loop {
        if let Some(other) = browser.windows(&until()).await.unwrap().into_iter().find(|window| window.handle != main) {
            break other.handle;
        }
        until().pause(std::time::Duration::from_millis(30), &ruku::base::Message::same("pop-up")).await.unwrap();
    };
    browser.switch_to(&popup, &until()).await.unwrap();
    browser.wait_text(&["新窗口内容".into()], None, &until()).await.unwrap();
    browser.press(&Target::text("关闭本窗"), &until()).await.unwrap();
    browser.switch_to(&main, &until()).await.unwrap();
    browser.find(&Target::text("打开窗口"), Purpose::Press, &until()).await.unwrap();
    stage.end().await;
}
