//! The `RS_*` calls: from a path and form fields to a reply. Knows nothing of HTTP and nothing of PC/SC.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::reply::{Code, Reply};
use crate::base::Secret;
use crate::lock::Tries;
use crate::pki::{self, Identity};

/// The version that the agent tells: a training agent is never taken for the real one.
const VERSION: &str = concat!("training-", env!("CARGO_PKG_VERSION"));

/// Which of the two ports a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    Crypto,
    Info,
}

/// The fields of one form. A value may be a PIN, so none is ever printed.
#[derive(Debug)]
pub(super) struct Form(Vec<(String, Secret)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`.
    pub(super) fn read(body: &[u8]) -> Form {
        Form(url::form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), Secret::new(value))).collect())
    }

    /// A field that is there and not empty.
    fn secret(&self, name: &str) -> Option<&Secret> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value).filter(|value| !value.expose().is_empty())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.secret(name).map(Secret::expose)
    }
}

/// A training lock that is in.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) reader: String,
    pub(super) certificate: Identity,
}

impl Token {
    /// How pages name it: stable for a certificate, telling nothing of its holder.
    pub(super) fn container(&self) -> String {
        self.certificate.sha256.chars().take(32).collect::<String>().to_uppercase()
    }
}

/// The training locks of this machine. The agent uses PC/SC; tests of the replies use a made-up drawer of locks.
pub(super) trait Tokens: Send + Sync + 'static {
    /// Those that are in.
    fn present(&self) -> Vec<Token>;
    /// The tries left.
    fn tries(&self, token: &Token) -> Result<Tries, Code>;
    /// Opens a PIN session: at most one VERIFY.
    fn login(&self, token: &Token, pin: &Secret) -> Result<(), Code>;
    /// Signs the message within a PIN session; DER.
    fn sign(&self, token: &Token, message: &[u8]) -> Result<Vec<u8>, Code>;
}

/// The agent's own PIN window for one lock: the PIN that the person typed into it, or why there is none. Blocks until then.
pub(super) type Ask<'a> = &'a dyn Fn(&Token) -> Result<Secret, Code>;

/// Answers one call; `None` for a path that this port does not have. Only `RS_CertLogin` with `window=1` and without a PIN asks for one.
pub(super) fn answer(tokens: &dyn Tokens, ask: Ask<'_>, port: Port, path: &str, form: &Form) -> Option<Reply> {
    Some(match (port, path) {
        (Port::Crypto, "/RS_GetUserList") => users(tokens),
        (Port::Crypto, "/RS_GetCertBase64String") => {
            chosen(tokens, form).map(|token| json!({ "certBase64": STANDARD.encode(&token.certificate.der) }))
        }
        (Port::Crypto, "/RS_GetCertInfo") => certificate_info(form),
        (Port::Crypto, "/RS_KeyGetKeySn") => chosen(tokens, form).map(|token| json!({ "keySn": token.container() })),
        (Port::Crypto, "/RS_CertLogin") => login(tokens, ask, form),
        (Port::Crypto, "/RS_GetPinRetryCount") => tries(tokens, form),
        (Port::Crypto, "/RS_KeySignByP1") => sign(tokens, form),
        (Port::Info, "/RS_GetVersion" | "/RS_GetHRZSVersion") => Ok(json!({ "version": VERSION })),
        _ => return None,
    })
}

/// The devices that are in, as `/buffer` lists them on both ports: a bare array.
pub(super) fn buffer(tokens: &dyn Tokens) -> Value {
    let device =
        |token: Token| json!({ "Description": "Ruku 模拟CA锁", "HardwareID": "RUKU#TRAINING", "InstanceID": token.reader });
    tokens.present().into_iter().map(device).collect()
}

fn users(tokens: &dyn Tokens) -> Reply {
    let present = tokens.present();
    if present.is_empty() {
        return Err(Code::NoLock);
    }
    let entry = |token: &Token| format!("{}||{}", token.certificate.holder, token.container());
    Ok(json!({ "userlist": present.iter().map(entry).collect::<Vec<_>>().join("&&&") }))
}

/// The lock that `containerId` names; without that field the only one that is in.
fn chosen(tokens: &dyn Tokens, form: &Form) -> Result<Token, Code> {
    let mut present = tokens.present();
    let wanted = form.text("containerId");
    match (present.len(), wanted) {
        (0, _) => Err(Code::NoLock),
        (1, None) => present.pop().ok_or(Code::NoLock),
        (_, None) => Err(Code::SeveralLocks),
        (_, Some(wanted)) => present.into_iter().find(|token| token.container() == wanted).ok_or(Code::OtherLock),
    }
}

fn certificate_info(form: &Form) -> Reply {
    let text: String = form.text("certBase64").unwrap_or_default().split_whitespace().collect();
    let identity = STANDARD.decode(&text).ok().and_then(|der| pki::read(&der).ok()).ok_or(Code::Unknown)?;
    Ok(json!({
        "holder": identity.holder, "organisation": identity.organisation, "issuer": identity.issuer, "serial": identity.serial,
        "notBefore": identity.not_before, "notAfter": identity.not_after,
    }))
}

fn login(tokens: &dyn Tokens, ask: Ask<'_>, form: &Form) -> Reply {
    let token = chosen(tokens, form)?;
    match form.secret("password") {
        Some(pin) => tokens.login(&token, pin)?,
        None if form.text("window") == Some("1") => {
            // Nobody is asked for a PIN that could not be used anyway.
            if !matches!(tokens.tries(&token)?, Tries::Known(_) | Tries::Verified) {
                return Err(Code::Unknown);
            }
            tokens.login(&token, &ask(&token)?)?;
        }
        None => return Err(Code::NoPin),
    }
    Ok(json!({ "containerId": token.container() }))
}

fn tries(tokens: &dyn Tokens, form: &Form) -> Reply {
    let token = chosen(tokens, form)?;
    match tokens.tries(&token)? {
        Tries::Known(left) => Ok(json!({ "retryCount": left })),
        Tries::Blocked => Ok(json!({ "retryCount": 0 })),
        // A count that the card does not tell is never made up.
        Tries::Verified | Tries::Unknown => Err(Code::Unknown),
    }
}

fn sign(tokens: &dyn Tokens, form: &Form) -> Reply {
    let token = chosen(tokens, form)?;
    let text: String = form.text("asn1Msg").ok_or(Code::Unknown)?.split_whitespace().collect();
    let message = STANDARD.decode(&text).map_err(|_| Code::Unknown)?;
    let signature = tokens.sign(&token, &message)?;
    Ok(json!({ "signature": STANDARD.encode(&signature) }))
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Mutex;

    use proptest::prelude::*;

    use super::super::reply::json_of;
    use super::*;

    /// Locks in a drawer: PIN 482913, three tries each.
    pub(in crate::training::agent) struct Drawer {
        tokens: Vec<Token>,
        left: Mutex<u8>,
        open: Mutex<bool>,
        verifies: Mutex<u32>,
    }

    impl Drawer {
        pub(in crate::training::agent) fn of(holders: &[&str]) -> Drawer {
            let ca = pki::TrainingCa::create().unwrap();
            let token = |holder: &&str| {
                let subject =
                    pki::PersonSubject { holder: (*holder).into(), organisation: "青城试验公司".into(), valid_days: 30 };
                Token { reader: format!("reader of {holder}"), certificate: pki::read(&ca.issue(&subject).unwrap().der).unwrap() }
            };
            let tokens = holders.iter().map(token).collect();
            Drawer { tokens, left: Mutex::new(3), open: Mutex::new(false), verifies: Mutex::new(0) }
        }
    }

    impl Tokens for Drawer {
        fn present(&self) -> Vec<Token> {
            self.tokens.clone()
        }
        fn tries(&self, _: &Token) -> Result<Tries, Code> {
            Ok(match *self.left.lock().unwrap() {
                0 => Tries::Blocked,
                left => Tries::Known(left),
            })
        }
        fn login(&self, token: &Token, pin: &Secret) -> Result<(), Code> {
            if self.tries(token)? == Tries::Blocked {
                return Err(Code::Unknown);
            }
            *self.verifies.lock().unwrap() += 1;
            if pin.expose() == "482913" {
                *self.open.lock().unwrap() = true;
                return Ok(());
            }
            *self.left.lock().unwrap() -= 1;
            Err(Code::WrongPin)
        }
        fn sign(&self, _: &Token, message: &[u8]) -> Result<Vec<u8>, Code> {
            if *self.open.lock().unwrap() { Ok(message.to_vec()) } else { Err(Code::LoginFirst) }
        }
    }

    fn asked(drawer: &Drawer, ask: Ask<'_>, path: &str, form: &str) -> Value {
        json_of(answer(drawer, ask, Port::Crypto, path, &Form::read(form.as_bytes())).unwrap())
    }

    fn call(drawer: &Drawer, path: &str, form: &str) -> Value {
        asked(drawer, &|_| Err(Code::NoPin), path, form)
    }

    fn code(drawer: &Drawer, path: &str, form: &str) -> String {
        call(drawer, path, form)["code"].as_str().unwrap().to_owned()
    }

    #[test]
    fn an_empty_drawer_says_9001_to_everything_about_locks() {
        let none = Drawer::of(&[]);
        for path in [
            "RS_GetUserList",
            "RS_GetCertBase64String",
            "RS_KeyGetKeySn",
            "RS_CertLogin",
            "RS_GetPinRetryCount",
            "RS_KeySignByP1",
        ] {
            assert_eq!(code(&none, &format!("/{path}"), "password=1"), "9001", "{path}");
        }
        assert_eq!(buffer(&none), json!([]));
    }

    #[test]
    fn two_locks_are_listed_and_a_call_must_say_which() {
        let two = Drawer::of(&["张三", "李四"]);
        let list = call(&two, "/RS_GetUserList", "");
        let list = list["data"]["userlist"].as_str().unwrap();
        let [first, second] = [two.tokens[0].container(), two.tokens[1].container()];
        assert_eq!(list, format!("张三||{first}&&&李四||{second}"));
        assert_eq!(code(&two, "/RS_GetCertBase64String", "certType=1"), "9002");
        assert_eq!(code(&two, "/RS_GetCertBase64String", &format!("containerId={second}")), "0000");
        assert_eq!(code(&two, "/RS_GetCertBase64String", "containerId=other"), "9004");
        assert_eq!(code(&two, "/RS_CertLogin", "password=482913"), "9002");
        assert_eq!(*two.verifies.lock().unwrap(), 0);
    }

    #[test]
    fn a_login_opens_signing_and_wrong_pins_lead_to_9999() {
        let one = Drawer::of(&["张三"]);
        assert_eq!(code(&one, "/RS_KeySignByP1", "asn1Msg=aGk="), "9013");
        assert_eq!(code(&one, "/RS_CertLogin", ""), "9010");
        assert_eq!(code(&one, "/RS_CertLogin", "password="), "9010");
        assert_eq!(*one.verifies.lock().unwrap(), 0, "no PIN, no try");
        assert_eq!(code(&one, "/RS_CertLogin", "password=482913"), "0000");
        assert_eq!(call(&one, "/RS_KeySignByP1", "asn1Msg=aGk%3D")["data"]["signature"], "aGk=");
        assert_eq!(code(&one, "/RS_KeySignByP1", "asn1Msg=%21"), "9999");
        for left in [2, 1, 0] {
            assert_eq!(code(&one, "/RS_CertLogin", "password=000000"), "9011");
            assert_eq!(call(&one, "/RS_GetPinRetryCount", "")["data"]["retryCount"], left);
        }
        assert_eq!(code(&one, "/RS_CertLogin", "password=482913"), "9999");
        assert_eq!(*one.verifies.lock().unwrap(), 4, "the locked one was not tried");
    }

    #[test]
    fn the_window_is_opened_once_and_its_pin_used_once() {
        let one = Drawer::of(&["张三"]);
        let opened = Mutex::new(0);
        let window = |typed: Result<&'static str, Code>| {
            let ask = |_: &Token| {
                *opened.lock().unwrap() += 1;
                typed.map(Secret::new)
            };
            asked(&one, &ask, "/RS_CertLogin", "window=1")["code"].as_str().unwrap().to_owned()
        };
        let counts = || (*opened.lock().unwrap(), *one.verifies.lock().unwrap());
        assert_eq!((window(Err(Code::NoPin)), counts()), ("9010".into(), (1, 0)), "cancelled: no try");
        assert_eq!((window(Err(Code::NotOpened)), counts()), ("9008".into(), (2, 0)), "pulled: no try");
        assert_eq!((window(Ok("000000")), counts()), ("9011".into(), (3, 1)));
        assert_eq!((window(Ok("482913")), counts()), ("0000".into(), (4, 2)));
        *one.left.lock().unwrap() = 0;
        assert_eq!((window(Ok("482913")), counts()), ("9999".into(), (4, 2)), "a locked one is not asked for its PIN");
        assert_eq!(code(&one, "/RS_CertLogin", "window=0"), "9010");
    }

    #[test]
    fn certificates_travel_in_base64_and_are_explained() {
        let one = Drawer::of(&["张三"]);
        let text = call(&one, "/RS_GetCertBase64String", "certType=1")["data"]["certBase64"].as_str().unwrap().to_owned();
        assert_eq!(STANDARD.decode(&text).unwrap(), one.tokens[0].certificate.der);
        let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("certBase64", &text).finish();
        assert_eq!(call(&one, "/RS_GetCertInfo", &form)["data"]["holder"], "张三");
        assert_eq!(code(&one, "/RS_GetCertInfo", "certBase64=AAAA"), "9999");
    }

    #[test]
    fn each_port_has_its_own_calls() {
        let none = Drawer::of(&[]);
        let has = |port, path| answer(&none, &|_| Err(Code::NoPin), port, path, &Form::read(b"")).is_some();
        assert!(
            has(Port::Info, "/RS_GetVersion") && has(Port::Info, "/RS_GetHRZSVersion") && has(Port::Crypto, "/RS_GetUserList")
        );
        assert!(
            !has(Port::Crypto, "/RS_GetVersion") && !has(Port::Info, "/RS_CertLogin") && !has(Port::Crypto, "/RS_ChangePassWd")
        );
    }

    proptest! {
        #[test]
        fn any_form_is_survived_and_never_printed(body in proptest::collection::vec(any::<u8>(), 0..120)) {
            let form = Form::read(&body);
            let values: Vec<String> = form.0.iter().map(|(_, value)| format!("{value:?}")).collect();
            prop_assert!(values.iter().all(|printed| printed == "***"));
        }
    }
}
