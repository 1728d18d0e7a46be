//! Cells of grids: a layui table, one in the shape of MiniUI, a plain table with fields.

use ruku::base::FaultKind;

use super::{Stage, soon};
use crate::driver::until;

const PAGE: &str = r##"
<link rel="stylesheet" href="/npm/layui/dist/css/layui.css">
<table id="people"></table>
<div class="mini-grid"><table><tr><td class="mini-grid-headerCell" style="width:120px">设备名称</td><td class="mini-grid-headerCell" style="width:120px">数量</td></tr></table>
<table><tr class="mini-grid-row"><td class="mini-grid-cell" style="width:120px"><div class="mini-grid-cell-inner">挖掘机</div></td><td class="mini-grid-cell" style="width:120px"><div class="mini-grid-cell-inner">1</div></td></tr>
<tr class="mini-grid-row"><td class="mini-grid-cell"><div class="mini-grid-cell-inner">装载机</div></td><td class="mini-grid-cell"><div class="mini-grid-cell-inner">2</div></td></tr></table></div>
<table><tr><th>年度</th><th>营业额</th><th>币种</th></tr><tr><td>2019</td><td><input value="10"></td><td><select><option>人民币<option>美元</select></td></tr>
<tr><td>2020</td><td><input></td><td><select><option>人民币<option>美元</select></td></tr></table>
<script src="/npm/layui/dist/layui.js"></script>
<script>
layui.use(["table"], (table) => table.render({ elem: "#people", width: 600, cols: [[{ field: "name", title: "姓名" }, { field: "mobile", title: "手机号", edit: "text" },
  { field: "note", title: "备注" }]], data: [{ name: "云小鹿", mobile: "1", note: "甲" }, { name: "云小羊", mobile: "2", note: "甲" }] }));
document.querySelectorAll(".mini-grid-cell").forEach((cell) => cell.addEventListener("click", () => {
  if (document.querySelector(".mini-grid-editwrap")) return;
  const box = cell.getBoundingClientRect(), inner = cell.firstElementChild;
  const wrap = document.createElement("div");
  wrap.className = "mini-grid-editwrap";
  wrap.style.cssText = `position:absolute;left:${box.left + scrollX}px;top:${box.top + scrollY}px;width:${box.width}px`;
  wrap.innerHTML = `<input class="mini-textbox-input" style="width:100px">`;
  document.body.append(wrap);
  const field = wrap.firstElementChild;
  field.value = inner.textContent;
  field.addEventListener("blur", () => { inner.textContent = field.value; wrap.remove(); });
  setTimeout(() => field.focus(), 50);
}));
</script>"##;

#[tokio::test]
async fn a_cell_is_found_by_its_row_and_heading() {
    let stage = Stage::page(PAGE).await;
    let set = async |row: &str, column: &str, value: &str| {
        let filled = stage
            .browser
            .set_cell(row, column, value, &|_| Ok(()), &until())
            .await
            .unwrap_or_else(|fault| panic!("{row} {column}: {fault}"));
        (filled.old, filled.new)
    };
    let pair = |old: &str, new: &str| (old.to_owned(), new.to_owned());
    assert_eq!(set("云小羊", "手机号", "13800001234").await, pair("2", "13800001234"));
    assert_eq!(set("云小羊", "手机号", "13800001234").await, pair("13800001234", "13800001234"));
    assert_eq!(set("装载机", "数量", "7").await, pair("2", "7"));
    assert_eq!(set("挖掘机", "设备名称", "推土机").await, pair("挖掘机", "推土机"));
    assert_eq!(set("2020", "营业额", "99.50").await, pair("", "99.50"));
    assert_eq!(set("1", "币种", "美元").await, pair("人民币", "美元"));
    let cell = stage.browser.cell("1", "币种", &until()).await.unwrap().unwrap();
    assert!(cell.text.contains("美元") && cell.rect.2 > 10.0, "{cell:?}");
    assert_eq!(stage.browser.cell("1", "住址", &until()).await.unwrap(), None);
    let many = stage.browser.set_cell("甲", "手机号", "1", &|_| Ok(()), &until()).await.unwrap_err();
    assert_eq!(many.kind, FaultKind::Many);
    let fixed = stage.browser.set_cell("云小鹿", "备注", "乙", &|_| Ok(()), &until()).await.unwrap_err();
    assert_eq!(fixed.kind, FaultKind::NotReady, "{fixed:?}");
    let none = stage.browser.set_cell("云小鹿", "住址", "乙", &|_| Ok(()), &soon()).await.unwrap_err();
    assert!(none.kind == FaultKind::NotFound && none.message.zh.contains("手机号"), "{none:?}");
    stage.end().await;
}
