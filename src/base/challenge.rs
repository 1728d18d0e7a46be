//! The challenge by which a training instance proves to be one: a fresh nonce, answered with the key of its own 0600 file.
//!
//! Never lets anybody have other words signed: only nonces are answered.

use std::time::Duration;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::fault::{Fault, FaultKind};
use super::secret::Secret;
use super::{http, random};

/// Asks whoever listens on `127.0.0.1:port` to prove that it is the training that holds `key` (hex).
///
/// # Errors
/// [`FaultKind::Refused`] when the answer is wrong, [`FaultKind::Gone`] when there is none.
pub async fn prove(port: u16, key: &Secret, allowed: Duration) -> Result<(), Fault> {
    let nonce = random::hex()?;
    let body = serde_json::json!({"nonce": nonce}).to_string().into_bytes();
    let headers = [("content-type", "application/json")];
    let answer = http::request("POST", port, "admin.localhost", "/challenge", &headers, body, allowed).await?;
    let mac = answer.json().ok().and_then(|json| hex::decode(json["mac"].as_str()?).ok());
    let mac = mac.filter(|_| answer.status == 200).unwrap_or_default();
    keyed(key, &nonce)?.verify_slice(&mac).map_err(|_| {
        Fault::new(
            FaultKind::Refused,
            crate::say!(
                "127.0.0.1:{port} 上的服务没有通过模拟平台的验证，已停止。脚本操作人只能用于模拟平台；请重新执行 ruku training serve。",
                "what answers on 127.0.0.1:{port} did not prove to be this training; the scripted operator works on training portals only; start `ruku training serve` again"
            ),
        )
    })
}

/// The answer to a challenge: HMAC-SHA256 over the nonce's characters, in hex.
pub fn answer(key: &Secret, nonce: &str) -> Result<String, Fault> {
    Ok(hex::encode(keyed(key, nonce)?.finalize().into_bytes()))
}

/// Whether a nonce is worth answering: 32 to 128 hex characters, so that nothing else of meaning is ever signed.
pub fn is_nonce(nonce: &str) -> bool {
    (32..=128).contains(&nonce.len()) && nonce.bytes().all(|b| b.is_ascii_hexdigit())
}

fn keyed(key: &Secret, nonce: &str) -> Result<Hmac<Sha256>, Fault> {
    let mut mac = hex::decode(key.expose()).ok().and_then(|key| Hmac::<Sha256>::new_from_slice(&key).ok()).ok_or_else(|| {
        Fault::new(
            FaultKind::Setup,
            crate::say!(
                "training.json 中的密钥已损坏。请重新执行 ruku training serve。",
                "the key in training.json is damaged; start `ruku training serve` again"
            ),
        )
    })?;
    mac.update(nonce.as_bytes());
    Ok(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_hmac_sha256_of_the_nonce() {
        // RFC 4231, test case 2, whose key is not hex there.
        let key = Secret::new(hex::encode("Jefe"));
        assert_eq!(
            answer(&key, "what do ya want for nothing?").unwrap(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn only_nonces_are_answered() {
        assert!(is_nonce(&random::hex().unwrap()));
        assert!(!is_nonce("确认申请") && !is_nonce("") && !is_nonce(&"a".repeat(200)));
    }
}
