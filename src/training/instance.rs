//! `training.json`: how others on this machine find a running training, and the challenge by which it proves to be one.
//!
//! Never readable by other users: it holds the token of the admin page, the challenge key and the PINs of the training locks.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::people::{Applicant, secret_text};
use crate::base::{Fault, FaultKind, Secret, files, http};

/// A virtual host of the training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// 呼和浩特公共资源交易监督管理局官网（新版）.
    Hohhot,
    /// 内蒙古公共资源交易平台 CA 互认系统.
    CaMutual,
    /// The trainer's page and the interface for programs.
    Admin,
}

impl Site {
    /// All of them.
    pub const ALL: [Site; 3] = [Site::Hohhot, Site::CaMutual, Site::Admin];

    /// The host name without port.
    pub fn host(self) -> &'static str {
        match self {
            Site::Hohhot => "hohhot.localhost",
            Site::CaMutual => "ca-mutual.localhost",
            Site::Admin => "admin.localhost",
        }
    }

    /// Scheme, host and port.
    pub fn origin(self, port: u16) -> String {
        format!("http://{}:{port}", self.host())
    }
}

/// What `training.json` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Instance {
    /// Of this file's shape; 1.
    pub version: u32,
    /// The portals' port on 127.0.0.1.
    pub port: u16,
    /// Address of the admin page, token included.
    #[serde(with = "secret_text")]
    pub admin: Secret,
    /// Bearer token of the admin interface.
    #[serde(with = "secret_text")]
    pub token: Secret,
    /// Key of the challenge, 32 bytes in hex.
    #[serde(with = "secret_text")]
    pub key: Secret,
    /// Ports of the local agent: certificates, versions.
    pub agent_ports: [u16; 2],
    /// Socket of the training's own card service, when it has one.
    pub pcsc_socket: Option<PathBuf>,
    /// The process that serves.
    pub pid: u32,
    /// The training's folder.
    pub dir: PathBuf,
    /// Its people.
    pub applicants: Vec<Applicant>,
}

impl Instance {
    /// Where it lies in the training's folder.
    pub fn path(dir: &Path) -> PathBuf {
        dir.join("training.json")
    }

    /// Reads `dir/training.json`. The instance may be gone: [`Instance::prove`] tells.
    pub fn read(dir: &Path) -> Result<Instance, Fault> {
        let path = Instance::path(dir);
        let shown = path.display();
        let bytes = std::fs::read(&path).map_err(|error| {
            Fault::new(
                FaultKind::Setup,
                crate::say!(
                    "没有找到模拟平台的信息文件 {shown}（{error}）。请先运行 ruku training。",
                    "there is no training at {shown} ({error}); run `ruku training` first"
                ),
            )
        })?;
        serde_json::from_slice::<Instance>(&bytes).ok().filter(|instance| instance.version == 1).ok_or_else(|| {
            Fault::new(
                FaultKind::Setup,
                crate::say!(
                    "模拟平台的信息文件 {shown} 无法读取。请重新启动 ruku training。",
                    "{shown} cannot be read; start `ruku training` again"
                ),
            )
        })
    }

    /// Writes `training.json` into its folder, in one step, for the owner alone.
    pub fn write(&self) -> Result<(), Fault> {
        let path = Instance::path(&self.dir);
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| Fault::io("写入文件", "write", &path, &std::io::Error::other(error)))?;
        files::replace(&path, &bytes)
    }

    /// Where `site` is, such as `http://hohhot.localhost:8018`.
    pub fn origin(&self, site: Site) -> String {
        site.origin(self.port)
    }

    /// Asks whoever listens on the port to prove that it is this very training: a fresh nonce, answered with the key of `training.json`.
    /// [`FaultKind::Refused`] when the answer is wrong, [`FaultKind::Gone`] when there is none.
    pub async fn prove(&self, allowed: Duration) -> Result<(), Fault> {
        let nonce = random_hex()?;
        let body = serde_json::json!({"nonce": nonce}).to_string().into_bytes();
        let headers = [("content-type", "application/json")];
        let answer = http::request("POST", self.port, Site::Admin.host(), "/challenge", &headers, body, allowed).await?;
        let mac = answer.json().ok().and_then(|json| hex::decode(json["mac"].as_str()?).ok());
        let mac = mac.filter(|_| answer.status == 200).unwrap_or_default();
        keyed(&self.key, &nonce)?.verify_slice(&mac).map_err(|_| {
            let port = self.port;
            Fault::new(
                FaultKind::Refused,
                crate::say!(
                    "127.0.0.1:{port} 上的服务不是本次模拟平台，已停止。请重新启动 ruku training。",
                    "what answers on 127.0.0.1:{port} is not this training; start `ruku training` again"
                ),
            )
        })
    }
}

/// The answer to a challenge: HMAC-SHA256 over the nonce's characters, in hex.
pub(crate) fn answer(key: &Secret, nonce: &str) -> Result<String, Fault> {
    Ok(hex::encode(keyed(key, nonce)?.finalize().into_bytes()))
}

/// Whether a nonce is worth answering: 32 to 128 hex characters, so that nothing else of meaning is ever signed.
pub(crate) fn is_nonce(nonce: &str) -> bool {
    (32..=128).contains(&nonce.len()) && nonce.bytes().all(|b| b.is_ascii_hexdigit())
}

fn keyed(key: &Secret, nonce: &str) -> Result<Hmac<Sha256>, Fault> {
    let mut mac = hex::decode(key.expose()).ok().and_then(|key| Hmac::<Sha256>::new_from_slice(&key).ok()).ok_or_else(|| {
        Fault::new(
            FaultKind::Setup,
            crate::say!(
                "training.json 中的密钥已损坏。请重新启动 ruku training。",
                "the key in training.json is damaged; start `ruku training` again"
            ),
        )
    })?;
    mac.update(nonce.as_bytes());
    Ok(mac)
}

/// 32 bytes of the system's randomness, in hex.
pub(crate) fn random_hex() -> Result<String, Fault> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        Fault::new(FaultKind::Setup, crate::say!("系统随机数不可用：{error}", "the system gives no randomness: {error}"))
    })?;
    Ok(hex::encode(bytes))
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
        assert!(is_nonce(&random_hex().unwrap()));
        assert!(!is_nonce("确认申请") && !is_nonce("") && !is_nonce(&"a".repeat(200)));
    }
}
