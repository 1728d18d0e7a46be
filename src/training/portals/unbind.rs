//! CA 证书解绑: the form, the code by SMS, and the end of a binding.
//!
//! Never unbinds anybody but the person whose name, identity number and mobile number are those of the binding, with the code that
//! was sent to that number.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::application::Wrong;
use super::rest::{broken, expired, posted, refused, reply};
use super::{Portals, ca_mutual};
use crate::base::Fault;
use crate::training::instance::Site;
use crate::training::numbers;
use crate::training::store::Sms;

/// Reasons that the form offers.
const REASONS: [&str; 4] = ["CA 锁遗失", "CA 锁损坏", "CA 锁被盗用", "其他"];

/// `GET /unbind`.
pub(crate) async fn page(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    let values = serde_json::json!({"reasons": REASONS, "ids": fastrand::u32(20..9000)});
    ca_mutual::visit(&portals, &headers, "ca/unbind.html", values)
}

/// What the form posts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Request {
    #[serde(rename = "_common_hidden_viewdata")]
    csrf: String,
    person_name: String,
    id_number: String,
    mobile: String,
    sms_code: String,
    reason: String,
    promised: String,
}

impl Request {
    /// Everything that is wrong, in the order of the form.
    fn wrong(&self, sent: Option<&Sms>) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut check = |field, ok: bool, words: &str| {
            if !ok {
                wrong.push(Wrong { field, words: words.to_owned() });
            }
        };
        check("person_name", (1..=100).contains(&self.person_name.chars().count()), "请填写姓名");
        check("id_number", numbers::id_number_ok(&self.id_number), "身份证号格式不正确，请核对后重新填写");
        check("mobile", numbers::mobile_ok(&self.mobile), "手机号格式不正确");
        let code_ok = sent.is_some_and(|sent| sent.mobile == self.mobile && sent.code == self.sms_code);
        check("sms_code", code_ok, "短信验证码错误或已失效，请重新获取");
        check("reason", REASONS.contains(&self.reason.as_str()), "请选择原因");
        check("promised", self.promised == "true", "请先阅读并勾选承诺");
        wrong
    }
}

/// `POST /rest/unbindAction/sendCode`: 获取验证码. Nothing is sent anywhere: the trainer reads the code in the store.
pub(crate) async fn send_code(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Request>) -> Response {
    if posted(&portals, Site::CaMutual, &headers, &asked.csrf).is_none() {
        return expired();
    }
    if !numbers::mobile_ok(&asked.mobile) {
        return refused("9401", "手机号格式不正确");
    }
    let code = format!("{:06}", fastrand::u32(..1_000_000));
    match portals.store().send_sms(Sms { mobile: asked.mobile, code }) {
        Ok(()) => reply("0000", "验证码已发送，请注意查收", serde_json::Value::Null),
        Err(fault) => broken(&fault),
    }
}

/// `POST /rest/unbindAction/apply`: 提交解绑申请.
pub(crate) async fn apply(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Request>) -> Response {
    if posted(&portals, Site::CaMutual, &headers, &asked.csrf).is_none() {
        return expired();
    }
    unbind(&portals, &asked).unwrap_or_else(|fault| broken(&fault))
}

fn unbind(portals: &Portals, asked: &Request) -> Result<Response, Fault> {
    let mut store = portals.store();
    let wrong = asked.wrong(store.sms());
    if !wrong.is_empty() {
        return Ok(reply("9402", "请更正填写有误的内容", serde_json::json!(wrong)));
    }
    Ok(match store.unbind(&asked.id_number, &asked.person_name, &asked.mobile)? {
        true => reply("0000", "解绑成功", serde_json::Value::Null),
        false => refused("9403", "未查询到与所填信息一致的绑定记录，请核对后重新填写"),
    })
}
