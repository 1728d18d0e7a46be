//! Lists of all kinds: native, layui, in the shape of MiniUI, radio buttons, levels that depend on each other.

use ruku::base::FaultKind;
use ruku::browser::page::{By, Purpose, Rect, Target};

use super::{Stage, soon};
use crate::driver::until;

const LAYUI: &str = r#"
<link rel="stylesheet" href="/npm/layui/dist/css/layui.css">
<form class="layui-form" lay-filter="f">
<div class="layui-form-item"><label class="layui-form-label">企业类型</label><div class="layui-input-block">
<select name="kind" lay-filter="kind"><option value="">请选择</option><option>有限责任公司</option><option>股份有限公司</option></select></div></div>
<div class="layui-form-item"><label class="layui-form-label">所属辖区</label>
<div class="layui-input-inline"><select name="l0" lay-filter="l0"><option value="">请选择</option><option>内蒙古自治区</option><option>山西省</option></select></div>
<div class="layui-input-inline"><select name="l1" lay-filter="l1"><option value="">请选择</option></select></div>
<div class="layui-input-inline"><select name="l2" lay-filter="l2"><option value="">请选择</option></select></div></div>
<div class="layui-form-item"><label class="layui-form-label">是否上市</label><div class="layui-input-block">
<input type="radio" name="listed" value="1" title="是"><input type="radio" name="listed" value="0" title="否" checked></div></div>
<div class="layui-form-item"><div class="layui-input-block"><input type="checkbox" name="ok" title="我已阅读并同意" lay-skin="primary"></div></div>
</form><p id="log"></p>
<div class="webuploader-container" style="position:relative;display:inline-block"><div class="webuploader-pick">选择文件</div>
<div style="position:absolute;top:0;left:0;width:40px;height:16px;overflow:hidden"><input type="file" style="position:absolute;clip:rect(1px 1px 1px 1px)">
<label style="opacity:0;display:block"></label></div></div>
<script src="/npm/layui/dist/layui.js"></script>
<script>
const below = { 内蒙古自治区: ["包头市", "呼和浩特市"], 山西省: ["太原市"], 呼和浩特市: ["新城区", "回民区"], 包头市: ["昆都仑区"] };
layui.use(["form"], (form) => {
  const offer = (name, of) => setTimeout(() => {
    const list = document.querySelector(`[name=${name}]`);
    list.innerHTML = `<option value="">请选择</option>` + (below[of] ?? []).map((one) => `<option>${one}</option>`).join("");
    form.render("select", "f");
  }, 300);
  form.on("select(l0)", (data) => { offer("l1", data.value); offer("l2", ""); });
  form.on("select(l1)", (data) => offer("l2", data.value));
  form.on("select(kind)", (data) => (document.getElementById("log").textContent += data.value + ";"));
  form.render();
});
</script>"#;

async fn read(stage: &Stage, label: &str) -> String {
    stage.browser.read(&Target::label(label), &until()).await.unwrap_or_else(|fault| panic!("{fault}"))
}

async fn chosen(stage: &Stage, label: &str, option: &str) -> (String, String) {
    let chosen = stage
        .browser
        .choose(&Target::label(label), option, &|_| Ok(()), &until())
        .await
        .unwrap_or_else(|fault| panic!("{fault}"));
    (chosen.old, chosen.new)
}

fn pair(old: &str, new: &str) -> (String, String) {
    (old.to_owned(), new.to_owned())
}

#[tokio::test]
async fn lists_of_layui() {
    let stage = Stage::page(LAYUI).await;
    assert_eq!(chosen(&stage, "企业类型", "股份有限公司").await, pair("", "股份有限公司"));
    assert_eq!(chosen(&stage, "企业类型", "股份有限公司").await, pair("股份有限公司", "股份有限公司"));
    assert_eq!(stage.text("#log").await, "股份有限公司;", "the kit's own event came once");
    let region = "内蒙古自治区 / 呼和浩特市 / 新城区";
    assert_eq!(chosen(&stage, "所属辖区", region).await, pair("", region));
    assert_eq!(chosen(&stage, "所属辖区", "内蒙古自治区 / 呼和浩特市 / 回民区").await.0, region);
    assert_eq!(chosen(&stage, "是否上市", "是").await, pair("否", "是"));
    assert_eq!(
        (read(&stage, "所属辖区").await, read(&stage, "是否上市").await),
        (region.replace("新城", "回民"), "是".to_owned())
    );
    for _ in 0..2 {
        stage
            .browser
            .tick(&Target::label("我已阅读并同意"), true, &|_| Ok(()), &until())
            .await
            .unwrap_or_else(|fault| panic!("{fault}"));
    }
    // Where films point: at what a person sees, not at the fields that kits hide.
    let shown = async |target: &Target, purpose| stage.browser.look(target, purpose, &until()).await.unwrap().unwrap().rect;
    let listed = shown(&Target::label("是否上市"), Purpose::List).await;
    assert!(within(shown(&Target::one(By::Css(".layui-form-radioed".into())), Purpose::See).await, listed), "{listed:?}");
    let region = shown(&Target::label("所属辖区"), Purpose::List).await;
    for level in ["内蒙古自治区", "呼和浩特市", "回民区"] {
        assert!(within(shown(&Target::text(level), Purpose::See).await, region), "{level}: {region:?}");
    }
    let button = shown(&Target::text("选择文件"), Purpose::Upload).await;
    assert!(within(shown(&Target::one(By::Css(".webuploader-pick".into())), Purpose::See).await, button), "{button:?}");
    for (.., width, height) in [listed, button] {
        assert!(width < 200.0 && height < 60.0, "{listed:?} {button:?}");
    }
    let wrong = stage.browser.choose(&Target::label("企业类型"), "合伙企业", &|_| Ok(()), &soon()).await.unwrap_err();
    assert!(wrong.kind == FaultKind::Business && wrong.message.zh.contains("有限责任公司、股份有限公司"), "{wrong:?}");
    stage.end().await;
}

/// Whether the first lies in the second, but for a pixel.
fn within((x, y, width, height): Rect, (left, top, wide, high): Rect) -> bool {
    x >= left - 1.0 && y >= top - 1.0 && x + width <= left + wide + 1.0 && y + height <= top + high + 1.0
}

const OTHERS: &str = r#"
<style>.mini-popup { position: absolute; background: #fff; border: 1px solid } .mini-buttonedit-border { border: 1px solid }</style>
<ul><li>首页</li><li>有限责任公司</li></ul>
<table>
<tr><td><label for="mini-7">单位性质</label></td><td><span class="mini-buttonedit mini-combobox" id="mini-7"><span class="mini-buttonedit-border"><input type="text"
 class="mini-buttonedit-input" id="mini-7$text" placeholder="请选择" readonly><span class="mini-buttonedit-buttons"></span></span><input type="hidden"></span></td></tr>
<tr><td>行政区域</td><td><input id="area" readonly placeholder="请选择"></td></tr>
<tr><td>类型</td><td><label><input type="radio" name="t"> 企业</label> <label><input type="radio" name="t"> 个人</label></td></tr>
<tr><td>币种</td><td><div id="host"></div></td></tr><tr><td>等级</td><td><select><option>请选择</select></td></tr>
<tr><td>省市</td><td><select id="p"><option>请选择<option>内蒙古<option>山西</select><select id="c"></select></td><td>备注</td><td><select><option>无<option>有</select></td></tr>
</table>
<script>
document.getElementById("host").attachShadow({ mode: "open" }).innerHTML = `<select aria-label="结算币种"><option>人民币<option>美元</select>`;
const close = () => document.querySelectorAll(".mini-popup").forEach((popup) => popup.remove());
const open = (field, items, inside) => {
  const popup = document.createElement("div");
  popup.className = "mini-popup";
  popup.innerHTML = inside(items);
  document.body.append(popup);
  return popup;
};
const combo = document.getElementById("mini-7$text");
combo.parentElement.addEventListener("click", () => {
  close();
  setTimeout(() => open(combo, ["有限责任公司", "个体工商户"], (items) => `<table>${items.map((item) => `<tr class="mini-listbox-item"><td>${item}</td></tr>`).join("")}</table>`)
    .addEventListener("click", (event) => { combo.value = event.target.textContent; close(); }), 150);
});
const area = document.getElementById("area");
const below = { "": ["内蒙古自治区", "北京市"], 内蒙古自治区: ["呼和浩特市", "包头市"], 呼和浩特市: ["新城区", "玉泉区"], 北京市: ["北京市"] };
area.addEventListener("click", () => {
  close();
  const path = [];
  const popup = open(area, [], () => "");
  const column = (of) => popup.insertAdjacentHTML("beforeend", `<ul>${below[of].map((item) => `<li>${item}</li>`).join("")}</ul>`);
  column("");
  popup.addEventListener("click", (event) => {
    path.push(event.target.textContent);
    if (below[path.at(-1)] && path.length < 3) return setTimeout(column, 100, path.at(-1));
    area.value = path.join("/");
    close();
  });
});
document.getElementById("p").addEventListener("change", (event) => setTimeout(() => (document.getElementById("c").innerHTML =
  event.target.value === "内蒙古" ? "<option>请选择<option>呼和浩特<option>包头" : "<option>请选择<option>太原"), 200));
</script>"#;

#[tokio::test]
async fn lists_with_a_popup_and_radio_buttons() {
    let stage = Stage::page(OTHERS).await;
    assert_eq!(chosen(&stage, "单位性质", "有限责任公司").await, pair("", "有限责任公司"));
    let wrong = stage.browser.choose(&Target::label("单位性质"), "机关", &|_| Ok(()), &soon()).await.unwrap_err();
    assert!(wrong.kind == FaultKind::Business && wrong.message.zh.contains("有限责任公司、个体工商户"), "{wrong:?}");
    assert_eq!(chosen(&stage, "单位性质", "个体工商户").await, pair("有限责任公司", "个体工商户"));
    let region = "内蒙古自治区 / 呼和浩特市 / 玉泉区";
    assert_eq!(chosen(&stage, "行政区域", region).await, pair("", region));
    assert_eq!(chosen(&stage, "行政区域", region).await.0, "内蒙古自治区/呼和浩特市/玉泉区", "left alone");
    assert_eq!(read(&stage, "类型").await, "", "nothing is chosen yet");
    assert_eq!(chosen(&stage, "类型", "个人").await, pair("", "个人"));
    assert_eq!((read(&stage, "类型").await, read(&stage, "个人").await), ("个人".to_owned(), "✓".to_owned()));
    assert_eq!(chosen(&stage, "类型", "企业").await, pair("个人", "企业"));
    assert_eq!(chosen(&stage, "省市", "内蒙古 / 包头").await, pair("", "内蒙古 / 包头"));
    assert_eq!(read(&stage, "省市").await, "内蒙古 / 包头");
    assert_eq!(chosen(&stage, "备注", "有").await, pair("无", "有"));
    assert_eq!(chosen(&stage, "结算币种", "美元").await, pair("人民币", "美元"), "straight in a shadow root");
    let early = stage.browser.choose(&Target::label("等级"), "甲级", &|_| Ok(()), &soon()).await.unwrap_err();
    assert!(early.kind == FaultKind::NotFound && early.message.zh.contains("没有出现任何选项"), "{early:?}");
    stage.end().await;
}

/// A kit that draws a list, and its options, anew the first time that a pointer comes down on them.
const REDRAWN: &str = r#"
<table><tr><td>品类</td><td id="kit"></td></tr></table><p id="redrawn"></p>
<script>
const [kit, redrawn] = [document.getElementById("kit"), document.getElementById("redrawn")];
const anew = (element, draw) => element.addEventListener("pointerdown", () => { redrawn.textContent += element.tagName; draw(); }, { once: true });
const field = (fresh) => {
  kit.innerHTML = `<input readonly placeholder="请选择">`;
  const input = kit.firstChild;
  if (fresh) anew(input, () => field(false));
  input.addEventListener("click", () => document.querySelector("ul") || options(true));
};
const options = (fresh) => {
  document.querySelector("ul")?.remove();
  document.body.insertAdjacentHTML("beforeend", "<ul><li>货物</li><li>服务</li></ul>");
  const list = document.querySelector("ul");
  if (fresh) for (const option of list.children) anew(option, () => options(false));
  list.addEventListener("click", (event) => { kit.firstChild.value = event.target.textContent; list.remove(); });
};
field(true);
</script>"#;

#[tokio::test]
async fn a_list_drawn_anew_under_the_pointer_is_chosen_from_all_the_same() {
    let stage = Stage::page(REDRAWN).await;
    assert_eq!(chosen(&stage, "品类", "服务").await, pair("", "服务"));
    assert_eq!((read(&stage, "品类").await, stage.text("#redrawn").await), ("服务".to_owned(), "INPUTLI".to_owned()));
    stage.end().await;
}
