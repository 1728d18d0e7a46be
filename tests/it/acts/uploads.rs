//! Files of the chosen folder, through WebUploader as portals set it up.

use ruku::proof::Event;

use super::run;

const PAGE: &str = r##"
<link rel="stylesheet" href="/npm/webuploader/dist/webuploader.css">
<p>仅支持 pdf 格式，大小不超过 1K</p><div id="picker">选择文件</div><ul id="list"></ul>
<script src="/npm/jquery/dist/jquery.min.js"></script><script src="/npm/webuploader/dist/webuploader.html5only.js"></script>
<script>
const uploader = WebUploader.create({ auto: true, server: "/upload", pick: "#picker", fileNumLimit: 2, fileSingleSizeLimit: 1024,
  duplicate: true, accept: { title: "pdf", extensions: "pdf", mimeTypes: "application/pdf" } });
uploader.on("uploadSuccess", (file) => $("<li class='mini-uploader-item success'>").text(file.name + " 已上传").appendTo("#list"));
uploader.on("error", (type) => alert({ Q_EXCEED_NUM_LIMIT: "选择的文件过多！最多可上传2个文件", F_EXCEED_SIZE: "选择的文件过大！",
  Q_TYPE_DENIED: "选择的文件类型错误！" }[type] ?? type));
</script>"##;

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("证件")).unwrap();
    for (name, text) in
        [("证件/营业执照.pdf", "甲"), ("b.pdf", "乙"), ("c.pdf", "丙"), ("d.txt", "丁"), ("big.pdf", &"大".repeat(500))]
    {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn upload(file: &str, done: &str) -> String {
    format!("  - upload: {{ to: 选择文件, file: '{file}', done: {{ text: {done} 已上传 }} }}\n")
}

#[tokio::test]
async fn files_go_up_once_and_the_record_knows_them_by_their_hash() {
    let folder = folder();
    let steps = [
        upload("{{ 执照 }}", "营业执照.pdf"),
        upload("{{ 执照 }}", "营业执照.pdf"),
        upload("b.pdf", "b.pdf"),
        upload("c.pdf", "c.pdf"),
    ];
    let ended = run(PAGE, &steps.concat(), &[("执照", "证件/营业执照.pdf")], Some(folder.path())).await;
    assert!(ended.why().contains("选择的文件过多！最多可上传2个文件"), "{}", ended.why());
    assert_eq!(ended.outcome.exit_code, 6);
    let told = ended.messages("upload");
    assert_eq!(told.len(), 2, "the second step left the first file alone: {told:?}");
    // sha256sum of 甲
    assert!(told[0].contains("3 bytes"), "{told:?}");
}

#[tokio::test]
async fn a_file_that_may_be_up_is_not_given_again() {
    let folder = folder();
    let page = PAGE.replace("已上传", "上传失败");
    // The refusal ends the step; the handler shows what a second try would have done.
    let handlers = "handlers:\n  - when_seen: 上传失败\n    then:\n      - click: 清除\n";
    let page = page
        + r#"<button onclick="document.querySelectorAll('#list li').forEach((one) => one.remove()); window.n = (window.n || 0) + 1; document.title = 'n' + n">清除</button>"#;
    let ended = run(&page, &(upload("b.pdf", "b.pdf") + handlers), &[], Some(folder.path())).await;
    assert!(!ended.why().is_empty());
    let clicks = ended.events.iter().filter(|event| matches!(event, Event::Target { matched, .. } if matched.contains("清除")));
    assert_eq!(clicks.count(), 0, "the handler opened the way for a second upload");
}

/// A field whose script comes some time after it, when the page has done building itself.
const LATE: &str = r#"<label>附件 <input type=file id=f></label><p id=p></p><ul id=rows></ul><script>
const build = () => {
  rows.append(document.createElement("li"));
  if (rows.children.length < 30) return setTimeout(build, 30);
  f.addEventListener("change", () => { p.textContent = f.files[0].name + " 已上传"; });
};
build();
</script>"#;

#[tokio::test]
async fn a_file_is_not_given_before_the_page_listens() {
    let folder = folder();
    let step = "  - upload: { to: 附件, file: b.pdf, done: { text: b.pdf 已上传 } }\n";
    let ended = run(LATE, step, &[], Some(folder.path())).await;
    assert_eq!(ended.outcome.exit_code, 0, "{}", ended.why());

    // A page that takes no notice is not given the file again, and what was waited for is said.
    let step = format!("{step}    within: 8s\n");
    let ended = run("<label>附件 <input type=file></label>", &step, &[], Some(folder.path())).await;
    assert!(ended.why().contains("b.pdf 已上传"), "{}", ended.why());
}

#[tokio::test]
async fn what_the_portal_does_not_take_is_said_in_its_own_words() {
    let folder = folder();
    for (file, said) in [("d.txt", "选择的文件类型错误！"), ("big.pdf", "选择的文件过大！"), ("../x.pdf", "所选文件夹")]
    {
        let ended = run(PAGE, &upload(file, file), &[], Some(folder.path())).await;
        assert!(ended.why().contains(said), "{file}: {}", ended.why());
    }
    let ended = run(PAGE, &upload("b.pdf", "b.pdf"), &[], None).await;
    assert!(ended.why().contains("--files"), "{}", ended.why());
}
