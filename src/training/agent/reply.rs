//! The agent's answers: `{"code":"0000","msg":"successful","data":{…}}`, or a four-digit code.

use serde_json::{Value, json};

/// The codes of 互助手 that the training agent answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    /// No lock is in.
    NoLock,
    /// Several locks are in and the call does not say which.
    SeveralLocks,
    /// No lock that is in has this container.
    OtherLock,
    /// The lock cannot be opened: busy, pulled out, or not the one that was listed.
    NotOpened,
    /// No PIN came with the call, or its window was closed without one.
    NoPin,
    /// The PIN was wrong; it cost a try.
    WrongPin,
    /// A signature was asked for before any login.
    LoginFirst,
    /// The login is over: the lock was pulled out or reset since.
    LoginOver,
    /// Anything else; also a locked PIN, as the model answers it.
    Unknown,
}

impl Code {
    fn parts(self) -> (&'static str, &'static str) {
        match self {
            Code::NoLock => ("9001", "未检测到UKEY证书"),
            Code::SeveralLocks => ("9002", "检测到多个UKEY证书"),
            Code::OtherLock => ("9004", "唯一标识与当前UKEY证书不符"),
            Code::NotOpened => ("9008", "打开当前UKEY证书失败"),
            Code::NoPin => ("9010", "未接收到证书口令"),
            Code::WrongPin => ("9011", "密码错误"),
            Code::LoginFirst => ("9013", "需先验证证书口令"),
            Code::LoginOver => ("9028", "未验证UKEY证书口令"),
            Code::Unknown => ("9999", "未知错误"),
        }
    }
}

/// What one call comes to.
pub(super) type Reply = Result<Value, Code>;

/// The JSON that a page gets.
pub(super) fn json_of(reply: Reply) -> Value {
    match reply {
        Ok(data) => json!({ "code": "0000", "msg": "successful", "data": data }),
        Err(code) => {
            let (code, msg) = code.parts();
            json!({ "code": code, "msg": msg, "data": {} })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_model() {
        let all = [
            (Code::NoLock, "9001"),
            (Code::SeveralLocks, "9002"),
            (Code::OtherLock, "9004"),
            (Code::NotOpened, "9008"),
            (Code::NoPin, "9010"),
            (Code::WrongPin, "9011"),
            (Code::LoginFirst, "9013"),
            (Code::LoginOver, "9028"),
            (Code::Unknown, "9999"),
        ];
        for (code, number) in all {
            assert_eq!(json_of(Err(code))["code"], number);
        }
        let good = json_of(Ok(json!({ "retryCount": 3 })));
        assert_eq!((&good["code"], &good["msg"], &good["data"]["retryCount"]), (&json!("0000"), &json!("successful"), &json!(3)));
    }
}
