//! Who signed: the one place where a signature of a CA lock is verified.
//!
//! Never believes the page: certificate, issuer and signature are all looked at here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::pki::{self, Identity};

/// What a page posts after the lock has signed; never a PIN.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Signed {
    #[serde(rename = "_common_hidden_viewdata")]
    pub(super) csrf: String,
    /// What is signed, where the page has more than one.
    pub(super) key: String,
    #[serde(rename = "certBase64")]
    pub(super) certificate: String,
    pub(super) signature: String,
}

impl Signed {
    /// The certificate that signed `message`, if the training's CA issued it; else code and words. Says nothing about validity dates.
    pub(super) fn by(&self, message: &[u8], ca_der: &[u8]) -> Result<Identity, (&'static str, &'static str)> {
        let bytes = |text: &str| STANDARD.decode(text.split_whitespace().collect::<String>()).ok();
        let der = bytes(&self.certificate).ok_or(("9201", "证书数据不完整，请重新登录"))?;
        let identity = pki::read(&der).map_err(|_| ("9201", "证书无法解析，请重新登录"))?;
        if !pki::issued_by(&der, ca_der) {
            return Err(("9202", "该证书不是由模拟 CA 签发，模拟平台不予受理"));
        }
        let signature = bytes(&self.signature).unwrap_or_default();
        if !pki::verify(&der, message, &signature) {
            return Err(("9201", "签名验证失败，请重新登录"));
        }
        Ok(identity)
    }
}
