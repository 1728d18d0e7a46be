//! `training.json`: how others on this machine find a running training, and the challenge by which it proves to be one.
//!
//! Never readable by other users: it holds the token of the admin page, the challenge key and the PINs of the training locks.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::people::{Applicant, secret_text};
use crate::base::{Fault, FaultKind, Secret, files};

/// A virtual host of the training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Site {
    /// 呼和浩特公共资源交易监督管理局官网（新版）.
    Hohhot,
    /// 内蒙古公共资源交易平台 CA 互认系统.
    CaMutual,
    /// 内蒙古自治区 CA 统一认证平台.
    CaAuth,
    /// 自治区公共资源交易主体信息库.
    Registry,
    /// 呼和浩特市公共资源交易平台（新版）, its 会员端.
    Member,
    /// The trainer's page and the interface for programs.
    Admin,
}

impl Site {
    /// All of them.
    pub const ALL: [Site; 6] = [Site::Hohhot, Site::CaMutual, Site::CaAuth, Site::Registry, Site::Member, Site::Admin];

    /// The host name without port.
    pub fn host(self) -> &'static str {
        match self {
            Site::Hohhot => "hohhot.localhost",
            Site::CaMutual => "ca-mutual.localhost",
            Site::CaAuth => "ca-auth.localhost",
            Site::Registry => "registry.localhost",
            Site::Member => "member.localhost",
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
    /// Port of a second agent, of another vendor's kind, while the trainer has one running.
    #[serde(default)]
    pub second_agent: Option<u16>,
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

    /// Where programs may keep what they know of this training: it is gone as soon as the portals forget.
    pub fn visitors(&self) -> PathBuf {
        self.dir.join("visitors")
    }

    /// Reads `dir/training.json`. The instance may be gone: [`crate::base::challenge::prove`] tells.
    pub fn read(dir: &Path) -> Result<Instance, Fault> {
        Instance::read_file(&Instance::path(dir))
    }

    /// Reads a `training.json` under the name that it was given.
    pub fn read_file(path: &Path) -> Result<Instance, Fault> {
        let shown = path.display();
        let bytes = std::fs::read(path).map_err(|error| {
            let unread = crate::say!(
                "模拟平台的信息文件 {shown} 打不开。请核对路径和读取权限。",
                "{shown} cannot be opened ({error}); check the path and who may read it"
            );
            let absent = crate::say!(
                "没有找到模拟平台的信息文件 {shown}。请先执行 ruku training serve，用它打印的文件名。",
                "there is no training at {shown}; run `ruku training serve` first and name the file that it prints"
            );
            Fault::new(FaultKind::Setup, if error.kind() == std::io::ErrorKind::NotFound { absent } else { unread })
        })?;
        serde_json::from_slice::<Instance>(&bytes).ok().filter(|instance| instance.version == 1).ok_or_else(|| {
            Fault::new(
                FaultKind::Setup,
                crate::say!(
                    "模拟平台的信息文件 {shown} 无法读取。请重新执行 ruku training serve。",
                    "{shown} cannot be read; start `ruku training serve` again"
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
}
