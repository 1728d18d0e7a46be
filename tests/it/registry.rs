//! The registry: what its server takes and refuses, and the runs of 3.2 by the real program.

use serde_json::{Value, json};

use crate::portals::{Page, Visitor};
use crate::world::{Running, World, block_on, find_words, rand_seed};

const SAVE: &str = "/rest/registryAction/save";
const SUBMIT: &str = "/rest/registryAction/submit";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nfictitious";
const PDF: &[u8] = b"%PDF-1.4 fictitious";

/// A visitor who came in by a ticket, with the token of its pages.
struct Entrant {
    visitor: Visitor,
    token: String,
}

fn ticket(world: &World, site: &str, applicant: &str) -> String {
    world.ticket(site, applicant)["ticket"].as_str().unwrap().to_owned()
}

/// Everything that the registry wants of the applicant of this number is there, and nothing is handed in.
pub(crate) fn filled_in(world: &World, number: usize) {
    let mut entrant = Entrant::enter_as(world, &format!("p{number}"));
    let saved = entrant.save(&good_of(world, number), &staff());
    assert_eq!(saved["msg"], "保存成功", "{saved}");
    entrant.upload_all();
}

impl Entrant {
    /// Somebody who has not logged in.
    fn outside(world: &World) -> Entrant {
        let port = u16::try_from(world.instance()["port"].as_u64().unwrap()).unwrap();
        let origin = Some(format!("http://registry.localhost:{port}"));
        let visitor = Visitor { port, host: "registry.localhost", cookie: String::new(), origin };
        Entrant { visitor, token: String::new() }
    }

    fn enter(world: &World) -> Entrant {
        Entrant::enter_as(world, "p1")
    }

    fn enter_as(world: &World, applicant: &str) -> Entrant {
        let (mut entrant, ticket) = (Entrant::outside(world), ticket(world, "registry", applicant));
        entrant.look(&format!("/sso/entry?ticket={ticket}"));
        assert_eq!(entrant.post("/sso/confirm", &[("ticket", &ticket)]).status, 303);
        entrant.look("/");
        entrant
    }

    fn look(&mut self, path: &str) -> Page {
        let page = block_on(self.visitor.get(path));
        if let Some(after) = page.body.split("_common_hidden_viewdata\" value=\"").nth(1) {
            self.token = after.split('"').next().unwrap().to_owned();
        }
        page
    }

    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.token.clone();
        let all: Vec<(&str, &str)> = [("_common_hidden_viewdata", token.as_str())].iter().chain(fields).copied().collect();
        block_on(self.visitor.post(path, &all))
    }

    fn call(&mut self, path: &str, fields: &[(&str, &str)]) -> Value {
        self.post(path, fields).json()
    }

    /// 保存 of these values and rows.
    fn save(&mut self, values: &Value, staff: &Value) -> Value {
        let dto = json!({ "values": values, "staff": staff }).to_string();
        self.call(SAVE, &[("commonDto", &dto)])
    }

    fn upload(&mut self, category: &str, name: &str, bytes: &[u8]) -> Value {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("_common_hidden_viewdata", self.token.as_str()), ("category", category), ("name", name)])
            .finish();
        let path = format!("/rest/fileAction/upload?{query}");
        block_on(self.visitor.ask("POST", &path, "application/octet-stream", bytes)).json()
    }

    /// Files for every category that wants some.
    fn upload_all(&mut self) {
        for (category, name, bytes) in [
            ("license", "营业执照.png", PNG),
            ("legal_id", "人像面.png", PNG),
            ("legal_id", "国徽面.png", PNG),
            ("permit", "开户许可证.pdf", PDF),
            ("qualification", "资质证书.pdf", PDF),
        ] {
            assert_eq!(self.upload(category, name, bytes)["msg"], "上传成功", "{name}");
        }
    }
}

/// Values that the registry takes, for p1.
fn good(world: &World) -> Value {
    good_of(world, 1)
}

fn good_of(world: &World, number: usize) -> Value {
    let person = &world.instance()["applicants"][number - 1];
    let known = [("contact", "姓名"), ("contact_id", "身份证号"), ("contact_mobile", "手机号"), ("account_name", "企业名称")];
    let drawn = [
        ("unit_kind", "单位性质"),
        ("industry", "所属行业"),
        ("roles", "主体角色"),
        ("scale", "企业规模"),
        ("founded", "成立日期"),
        ("license_until", "营业期限至"),
        ("capital", "注册资本"),
        ("currency", "注册资本币种"),
        ("region", "注册地区"),
        ("address", "注册地址"),
        ("registrar", "登记机关"),
        ("english_name", "英文名称"),
        ("phone", "固定电话"),
        ("fax", "传真"),
        ("email", "电子邮箱"),
        ("postcode", "邮政编码"),
        ("office_region", "办公地区"),
        ("office_address", "办公地址"),
        ("website", "单位网址"),
        ("legal_name", "法定代表人姓名"),
        ("legal_id", "法定代表人证件号码"),
        ("legal_sex", "法定代表人性别"),
        ("legal_birth", "法定代表人出生日期"),
        ("legal_mobile", "法定代表人手机"),
        ("legal_title", "法定代表人职务"),
        ("legal_education", "法定代表人学历"),
        ("main_business", "主营业务"),
        ("scope", "经营范围"),
        ("employees", "从业人数"),
        ("assets", "资产总额"),
        ("revenue", "上年度营业收入"),
        ("taxpayer", "纳税人类型"),
        ("tax_authority", "主管税务机关"),
        ("certified", "质量管理体系认证"),
        ("achievements", "主要业绩"),
        ("summary", "单位简介"),
        ("bank", "基本户开户银行"),
        ("account", "基本户账号"),
        ("bank_code", "开户行联行号"),
        ("account_kind", "账户性质"),
        ("account_opened", "开户日期"),
        ("permit", "开户许可证核准号"),
    ];
    let mut values = json!({ "legal_id_kind": "居民身份证" });
    known.iter().for_each(|(key, name)| values[key] = person[name].clone());
    drawn.iter().for_each(|(key, name)| values[key] = person["profile"][name].clone());
    values
}

fn staff() -> Value {
    json!([["文虚构", "工程师", "XG12345678"]])
}

/// What the registry has of p1.
fn entry(world: &World) -> Value {
    world.store()["registry"]["entries"]["p1"].clone()
}

#[test]
fn nobody_is_in_without_a_ticket_and_a_login_ends() {
    let world = World::start(rand_seed());
    let mut outside = Entrant::outside(&world);
    for path in ["/", "/page/overview", "/page/edit", "/page/files", "/page/preview", "/page/result"] {
        let page = outside.look(path);
        assert!(page.status == 401 && page.body.contains("登录已超时，请重新登录"), "{path}");
    }
    for path in [SAVE, SUBMIT, "/rest/registryAction/check", "/rest/fileAction/remove"] {
        assert_eq!(outside.post(path, &[]).status, 401, "{path}");
    }
    let foreign = ticket(&world, "member", "p1");
    outside.look(&format!("/sso/entry?ticket={foreign}"));
    assert_eq!(outside.post("/sso/confirm", &[("ticket", &foreign)]).status, 403, "a ticket of another platform");

    let mut entrant = Entrant::enter(&world);
    let page = entrant.look("/");
    let holder = world.instance()["applicants"][0]["姓名"].as_str().unwrap().to_owned();
    assert!(page.status == 200 && page.body.contains("当前登录人") && page.body.contains(&holder));
    let ids = |page: &Page| page.body.split("id=\"mini-").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_ne!(ids(&entrant.look("/page/edit")), ids(&entrant.look("/page/edit")), "ids change");
    entrant.visitor.origin = Some("http://elsewhere.localhost".to_owned());
    assert_eq!(entrant.post(SUBMIT, &[]).status, 401, "from another site's page");
    let mut entrant = Entrant::enter(&world);
    world.admin("/session", &json!({ "expire": true }));
    assert_eq!((entrant.look("/").status, entrant.post(SAVE, &[]).status), (401, 401));
    assert_eq!(entry(&world), Value::Null, "nothing happened");
}

#[test]
fn one_wrong_field_and_nothing_is_saved() {
    let world = World::start(rand_seed());
    let mut entrant = Entrant::enter(&world);
    let wrong = [
        ("unit_kind", "一人公司", "请选择单位性质"),
        ("capital", "-1", "注册资本（万元）应为不小于0的数字"),
        ("founded", "2020/01/01", "成立日期格式不正确，应为yyyy-MM-dd"),
        ("region", "内蒙古自治区 / 呼和浩特市", "请选择注册地区到区县"),
        ("contact_id", "150199199001010000", "联系人证件号码格式不正确，请核对后重新填写"),
        ("contact_mobile", "1990000000", "联系人手机格式不正确，应为11位手机号"),
        ("phone", "4710000000", "固定电话格式不正确，应为“区号-号码”"),
        ("email", "nobody", "电子邮箱格式不正确"),
        ("postcode", "01000", "邮政编码应为6位数字"),
        ("account_name", "别的公司", "基本户账户名称应与单位名称一致"),
        ("account", "12", "基本户账号应为12至20位数字"),
        ("permit", "J1", "开户许可证核准号应为J加13位数字"),
    ];
    for (key, value, words) in wrong {
        let mut values = good(&world);
        values[key] = value.into();
        let told = entrant.save(&values, &staff());
        assert_eq!(
            (&told["code"], &told["data"][0]["field"], &told["data"][0]["words"]),
            (&json!("9204"), &json!(key), &json!(words))
        );
    }
    let told = entrant.save(&good(&world), &json!([["文虚构", "", "XG12345678"]]));
    assert_eq!(told["data"][0]["words"], "从业人员第1行的职称不能为空");
    assert_eq!(entry(&world), Value::Null);
    let mut values = good(&world);
    values["company"] = "冒名公司".into();
    assert_eq!(entrant.save(&values, &staff())["msg"], "保存成功");
    assert_eq!(
        entry(&world)["values"]["company"],
        world.instance()["applicants"][0]["企业名称"],
        "the certificate's, not the browser's"
    );
}

#[test]
fn files_have_limits_and_a_stuck_one_has_no_number() {
    let world = World::start(rand_seed());
    let mut entrant = Entrant::enter(&world);
    for (category, name, bytes, words) in [
        ("license", "a.txt", PDF, "选择的文件类型错误！"),
        ("license", "a.png", PDF, "选择的文件类型错误！"),
        ("legal_id", "a.pdf", PDF, "选择的文件类型错误！"),
        ("nothing", "a.pdf", PDF, "电子件分类不存在"),
    ] {
        assert!(entrant.upload(category, name, bytes)["msg"].as_str().unwrap().contains(words), "{category} {name}");
    }
    let large = [PDF, &vec![b' '; 5 * 1024 * 1024]].concat();
    assert!(entrant.upload("license", "a.pdf", &large)["msg"].as_str().unwrap().contains("选择的文件过大！"));
    world.admin("/registry/switch", &json!({ "stuck_upload": true }));
    assert_eq!(entrant.upload("license", "a.pdf", PDF)["data"]["fileGuid"], "");
    assert_eq!(entry(&world), Value::Null, "nothing was stored");
    let guid = entrant.upload("license", "a.pdf", PDF)["data"]["fileGuid"].as_str().unwrap().to_owned();
    let file = entry(&world)["files"][0].clone();
    // sha256sum of the text
    assert_eq!((&file["guid"], &file["size"], &file["name"]), (&json!(guid), &json!(PDF.len()), &json!("a.pdf")));
    assert!(entrant.upload("license", "b.pdf", PDF)["msg"].as_str().unwrap().contains("最多可上传1个文件"));
    assert_eq!(entrant.call("/rest/fileAction/remove", &[("fileGuid", "none")])["code"], "9303");
    assert_eq!(entrant.call("/rest/fileAction/remove", &[("fileGuid", &guid)])["msg"], "删除成功");
    assert_eq!(entry(&world)["files"], json!([]));
}

#[test]
fn a_submission_is_whole_and_counts_once_a_revision() {
    let world = World::start(rand_seed());
    world.admin("/registry/switch", &json!({ "verify_millis": 3_600_000 }));
    let mut entrant = Entrant::enter(&world);
    let lacking = entrant.call(SUBMIT, &[]);
    let list = lacking["data"].as_array().unwrap().iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
    assert!(lacking["code"] == "9206" && list.contains("注册地址不能为空") && list.contains("电子件缺少：营业执照"), "{list}");
    entrant.save(&good(&world), &staff());
    assert_eq!(entrant.call("/rest/registryAction/check", &[])["code"], "9206", "the files");
    entrant.upload_all();
    assert_eq!(entrant.call("/rest/registryAction/check", &[])["code"], "0000");
    let told = entrant.call(SUBMIT, &[]);
    assert_eq!((&told["msg"], &told["data"]["number"]), (&json!("提交成功"), &entry(&world)["number"]));
    assert!(entrant.look("/page/overview").body.contains("待验证"));
    for refused in [entrant.call(SUBMIT, &[]), entrant.save(&good(&world), &json!([]))] {
        assert!(refused["msg"].as_str().unwrap().contains("请勿重复提交"), "{refused}");
    }
    assert!(entrant.upload("other", "a.pdf", PDF)["msg"].as_str().unwrap().contains("正在验证中"));
    assert_eq!((world.counter("submit"), &entry(&world)["submit_requests"]), (1, &json!(3)));
    world.admin("/registry/verdict", &json!({ "verdict": "reject", "reasons": ["营业执照扫描件不清晰"] }));
    assert!(entrant.look("/page/overview").body.contains("退回原因：营业执照扫描件不清晰"));
    assert_eq!(entrant.call(SUBMIT, &[])["msg"], "提交成功");
    world.admin("/registry/verdict", &json!({ "verdict": "pass" }));
    let overview = entrant.look("/page/overview").body;
    assert!(overview.contains("验证通过") && overview.contains("主体库已入库") && !overview.contains("退回原因"));
    assert_eq!((world.counter("submit"), &entry(&world)["revision"]), (2, &json!(2)));
    assert!(entrant.call(SUBMIT, &[])["msg"].as_str().unwrap().contains("请勿重复提交"), "nothing was changed since");
    assert_eq!(world.counter("submit"), 2);
}

/// A training whose p1 is bound.
fn bound(seed: u64) -> World {
    let world = World::start(seed);
    world.admin("/prepare", &json!({ "applicant": "p1", "bound": true }));
    world
}

fn run(world: &World, playbooks: &[&str]) -> (i32, String, Vec<Value>) {
    Running::start(world.unpictured(playbooks)).end()
}

fn actions<'e>(events: &'e [Value], action: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["type"] == "step.start" && event["action"] == action).collect()
}

/// After 3.2 of p1, as these events tell: everything is at the portal, with its number, and nothing of it in the run folder.
pub(crate) fn everything_was_handed_in(world: &World, events: &[Value]) {
    let kept = entry(world);
    let wanted = good(world);
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(&kept["values"][key], value, "{key}");
    }
    assert_eq!((kept["files"].as_array().unwrap().len(), kept["staff"].as_array().unwrap().len()), (5, 1));
    assert_eq!(kept["status"], "verified");
    let receipt = events.iter().find(|event| event["type"] == "receipt" && !event["values"]["受理编号"].is_null()).unwrap();
    assert_eq!(receipt["values"]["受理编号"], kept["number"]);
    let milestone = events.iter().find(|event| event["type"] == "milestone").unwrap();
    assert_eq!((&milestone["name"], &milestone["message"]["zh"]), (&json!("registry.verified"), &json!("主体库已入库完成")));
    let person = &world.instance()["applicants"][0];
    let personal =
        ["法定代表人姓名", "法定代表人证件号码", "法定代表人手机", "基本户账号", "注册地址", "固定电话", "从业人员证书编号"];
    let words = personal.map(|key| person["profile"][key].as_str().unwrap().to_owned());
    assert_eq!(find_words(&world.newest_run(), &words), []);
}

#[test]
fn what_waits_for_days_is_parked_and_goes_on_without_a_second_submission() {
    let mut world = bound(rand_seed());
    world.admin("/registry/switch", &json!({ "verify_millis": 3_600_000 }));
    // Somebody who has nothing to say where nothing has to be said.
    let optional = [
        ("english_name", "英文名称"),
        ("fax", "传真"),
        ("website", "单位网址"),
        ("achievements", "主要业绩"),
        ("summary", "单位简介"),
    ];
    let mut instance = world.instance();
    let profile = instance["applicants"][0]["profile"].as_object_mut().unwrap();
    assert!(optional.iter().all(|(_, name)| profile.remove(*name).is_some()));
    let other = world.folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("training.json"), instance.to_string()).unwrap();
    world.file = other.join("training.json");
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks");
    let parts = world.folder.path().join("parts");
    std::fs::create_dir(&parts).unwrap();
    for part in std::fs::read_dir(home.join("parts")).unwrap().map(Result::unwrap) {
        std::fs::copy(part.path(), parts.join(part.file_name())).unwrap();
    }
    let text = std::fs::read_to_string(home.join("3.2-registry-maintenance.yaml")).unwrap();
    assert_eq!(text.matches("within: 60s").count(), 1);
    let impatient = world.write("3.2-impatient.yaml", &text.replace("within: 60s", "within: 3s"));
    let (code, said, events) = run(&world, &["3.1", &impatient]);
    assert_eq!((code, world.counter("submit"), &entry(&world)["status"]), (8, 1, &json!("pending")), "{said}");
    assert!(said.contains("待验证") && said.contains("再次执行"), "{said}");
    assert_eq!(optional.map(|(key, _)| entry(&world)["values"][key].clone()), optional.map(|_| json!("")));
    assert_eq!(events.last().unwrap()["result"], "parked");
    world.admin("/registry/verdict", &json!({ "verdict": "pass" }));
    let (code, said, events) = run(&world, &["3.1", &impatient]);
    assert_eq!((code, world.counter("submit")), (0, 1), "{said}");
    assert_eq!((actions(&events, "fill").len(), actions(&events, "upload").len()), (0, 0));
}
