//! Dates: laydate read-only and not, the browser's own picker, a calendar in the shape of MiniUI, plain text.

use ruku::base::FaultKind;
use ruku::browser::page::Target;

use super::Stage;
use crate::driver::until;

const PAGE: &str = r##"
<link rel="stylesheet" href="/npm/layui/dist/css/layui.css">
<style>.mini-popup { position: absolute; background: #fff; border: 1px solid } .mini-calendar-date { cursor: pointer }</style>
<table><tr><td>成立日期</td><td><input id="founded" readonly></td></tr><tr><td>营业期限</td><td><input id="until"></td></tr>
<tr><td>核准日期</td><td><input id="approved"></td></tr>
<tr><td>开户日期</td><td><input type="date"></td></tr><tr><td>发证日期</td><td><span class="mini-buttonedit"><input class="mini-buttonedit-input" id="issued" readonly></span></td></tr></table>
<script src="/npm/layui/dist/layui.js"></script>
<script>
layui.use(["laydate"], (laydate) => {
  laydate.render({ elem: "#founded", max: "2024-12-31", btns: ["clear", "confirm"] });
  laydate.render({ elem: "#approved", format: "yyyy年MM月dd日" });
  document.title = "ready";
});
const issued = document.getElementById("issued");
issued.addEventListener("click", () => {
  let [year, month] = [2022, 11];
  const popup = document.createElement("div");
  popup.className = "mini-popup";
  const draw = () => (popup.innerHTML = `<div class="mini-calendar"><span class="mini-calendar-yearPrev">«</span><span class="mini-calendar-monthPrev">‹</span>
<span class="mini-calendar-title">${year}年${month}月</span><span class="mini-calendar-monthNext">›</span><span class="mini-calendar-yearNext">»</span><br>
<span class="mini-calendar-date mini-calendar-othermonth">31</span>${Array.from({ length: 31 }, (_, at) => `<span class="mini-calendar-date">${at + 1}</span> `).join("")}</div>`);
  popup.addEventListener("click", ({ target }) => {
    const step = { yearPrev: [-1, 0], yearNext: [1, 0], monthPrev: [0, -1], monthNext: [0, 1] }[target.className.replace("mini-calendar-", "")];
    if (step) [year, month] = [year + step[0], month + step[1]];
    else if (target.className === "mini-calendar-date") {
      issued.value = `${year}-${String(month).padStart(2, "0")}-${target.textContent.padStart(2, "0")}`;
      return popup.remove();
    }
    draw();
  });
  draw();
  document.body.append(popup);
});
</script>"##;

#[tokio::test]
async fn dates_go_in_however_the_page_wants_them() {
    let stage = Stage::page(PAGE).await;
    stage.eventually_title("ready").await;
    let before = stage.browser.mark();
    let enter = async |label: &str, value: &str| {
        let filled = stage
            .browser
            .enter_date(&Target::label(label), value, &|_| Ok(()), &until())
            .await
            .unwrap_or_else(|fault| panic!("{label}: {fault}"));
        (filled.old, filled.new)
    };
    let pair = |old: &str, new: &str| (old.to_owned(), new.to_owned());
    assert_eq!(enter("成立日期", "1998-01-31").await, pair("", "1998-01-31"));
    assert_eq!(enter("成立日期", "1998年1月31日").await, pair("1998-01-31", "1998-01-31"));
    assert_eq!(enter("核准日期", "2020-02-29").await, pair("", "2020年02月29日"));
    assert_eq!(stage.browser.messages_since(before), [], "a calendar says nothing");
    assert_eq!(enter("营业期限", "长期").await, pair("", "长期"));
    assert_eq!(enter("营业期限", "2030-01-31").await, pair("长期", "2030-01-31"));
    assert_eq!(enter("开户日期", "2020/1/31").await, pair("", "2020-01-31"));
    assert_eq!(enter("发证日期", "2020-12-31").await, pair("", "2020-12-31"));
    let late = stage.browser.enter_date(&Target::label("成立日期"), "2025-03-01", &|_| Ok(()), &until()).await.unwrap_err();
    assert!(late.kind == FaultKind::Refused && late.message.zh.contains("不允许"), "{late:?}");
    stage.end().await;
}
