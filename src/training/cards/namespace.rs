//! What only Linux has: the namespaces the card host lives in, and the private pcscd.
//!
//! Nothing here touches the machine outside: every mount is private to the namespace, and so is every port.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::mount::{MountFlags, mount, mount_bind};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, recv, sendto, socket};
use tokio::process::{Child, Command};

use crate::base::{Fault, FaultKind, files};

/// Tells the host in which net namespace its owner lives, so that it can refuse to work in that one.
const OWNER_NET: &str = "RUKU_CARDS_OWNER_NET";
/// Where distributions put vpcd's driver, below the folder of pcscd's USB drivers.
const DRIVERS: [&str; 4] =
    ["/usr/lib/pcsc/drivers", "/usr/lib64/pcsc/drivers", "/usr/lib/x86_64-linux-gnu/pcsc/drivers", "/usr/local/lib/pcsc/drivers"];
const VPCD: &str = "libifdvpcd.so";

/// The command that starts `exe training-cards --dir dir` in namespaces of its own, with the working folder `dir`. As root directly; for
/// others through a user namespace. The pid namespace makes sure that nothing in it outlives the host.
pub(super) fn command(dir: &Path, exe: &Path) -> Result<Command, Fault> {
    let unshare = program("unshare").ok_or_else(|| missing("unshare", "util-linux"))?;
    let mut command = Command::new(unshare);
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command
        .args(["--mount", "--net", "--pid", "--fork", "--kill-child", "--"])
        .arg(exe)
        .args(["training-cards", "--dir"])
        .arg(dir)
        .current_dir(dir)
        .env(OWNER_NET, net()?)
        // Ctrl-C is for the owner, who then closes the pipe.
        .process_group(0);
    Ok(command)
}

/// Whether all programs are there; the fault says what to install.
pub(super) fn check() -> Result<(), Fault> {
    program("unshare").ok_or_else(|| missing("unshare", "util-linux"))?;
    program("pcscd").ok_or_else(|| missing("pcscd", "pcscd"))?;
    drivers().map(|_| ())
}

/// Prepares the namespace this process is in (working folder: the host's): a `/run` of its own with `pcscd`'s socket folder bound to
/// `pcsc/`, no USB drivers, loopback up.
///
/// # Errors
/// [`FaultKind::Setup`], also when this process is *not* in a net namespace of its own.
pub(super) fn prepare() -> Result<(), Fault> {
    if std::env::var_os(OWNER_NET).is_none_or(|owner| net().is_ok_and(|own| own == owner)) {
        return Err(Fault::new(
            FaultKind::Setup,
            crate::say!(
                "模拟锁程序须由“ruku training”启动，不能单独运行。",
                "the host of the training locks is started by “ruku training”, not by itself"
            ),
        ));
    }
    let drivers = drivers()?;
    let step = |what: &'static str| move |error: rustix::io::Errno| refused(&format!("{what}: {error}"));
    mount("tmpfs", "/run", "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, None).map_err(step("mount /run"))?;
    for folder in ["/run/pcscd", "/run/vpcd", "/run/empty", "/run/readers"] {
        files::private_dir(Path::new(folder))?;
    }
    mount_bind("pcsc", "/run/pcscd").map_err(step("bind /run/pcscd"))?;
    mount_bind(drivers.join("serial"), "/run/vpcd").map_err(step("bind vpcd"))?;
    // Without USB drivers this pcscd cannot take a real lock away from the machine's own.
    mount_bind("/run/empty", &drivers).map_err(step("hide USB drivers"))?;
    let reader = format!(
        "FRIENDLYNAME \"Ruku Training Lock\"\nDEVICENAME /dev/null:{port:#X}\nLIBPATH /run/vpcd/{VPCD}\nCHANNELID {port:#X}\n",
        port = super::vpcd::FIRST_PORT
    );
    files::write_new(Path::new("/run/readers/vpcd"), reader.as_bytes())?;
    loopback_up().map_err(step("loopback up"))
}

/// Starts the private pcscd; its words go to `pcscd.log` in the working folder.
pub(super) fn start_pcscd() -> Result<Child, Fault> {
    let pcscd = program("pcscd").ok_or_else(|| missing("pcscd", "pcscd"))?;
    // Left over by a host that was killed: pcscd would take them for a living one.
    for stale in ["pcsc/pcscd.comm", "pcsc/pcscd.pid", "pcscd.log"] {
        let _ = std::fs::remove_file(stale);
    }
    let log = Path::new("pcscd.log");
    let out = files::create_new(log)?;
    let err = out.try_clone().map_err(|error| Fault::io("写入文件", "write", log, &error))?;
    let mut command = Command::new(&pcscd);
    command.args(["--foreground", "--config", "/run/readers"]);
    // Newer ones ask polkit, which is not to be had in here; the socket's folder is private anyway.
    if help(&pcscd).contains("--disable-polkit") {
        command.arg("--disable-polkit");
    }
    command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| refused(&format!("pcscd: {error}")))
}

/// Whether pcscd is ready: its socket is there and vpcd listens for both slots.
pub(super) fn pcscd_ready() -> bool {
    let Ok(table) = std::fs::read_to_string("/proc/self/net/tcp") else { return false };
    let listens = |port: u16| {
        table.lines().filter_map(|line| line.split_whitespace().nth(1)).any(|local| local.ends_with(&format!(":{port:04X}")))
    };
    (super::vpcd::FIRST_PORT..).take(super::SLOTS).all(listens) && Path::new("pcsc/pcscd.comm").exists()
}

/// The last words of a log in the working folder or below `dir`, for a fault.
pub(super) fn last_words(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(3)..].join("; ")
}

/// The machine does not let us have namespaces, or something in them failed.
pub(super) fn refused(detail: &str) -> Fault {
    Fault::new(
        FaultKind::Setup,
        crate::say!(
            "模拟锁无法启动（{detail}）。请以 root 身份运行，或允许普通用户使用命名空间（容器需 --privileged；\
             Ubuntu：sysctl kernel.apparmor_restrict_unprivileged_userns=0）。",
            "the training lock does not start ({detail}); run as root or allow user namespaces (a container needs --privileged; \
             Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0)"
        ),
    )
}

fn missing(what: &str, package: &str) -> Fault {
    Fault::new(
        FaultKind::Setup,
        crate::say!(
            "缺少 {what}，模拟锁无法启动。请运行 drivers/setup，或安装软件包 {package}。",
            "{what} is missing, the training lock cannot start; run drivers/setup or install the package {package}"
        ),
    )
}

/// The folder of pcscd's drivers that has vpcd's in `serial/`.
fn drivers() -> Result<PathBuf, Fault> {
    DRIVERS
        .iter()
        .map(PathBuf::from)
        .find(|folder| folder.join("serial").join(VPCD).exists())
        .ok_or_else(|| missing(VPCD, "vsmartcard-vpcd"))
}

/// A program on the path, or where system programs are for people whose path lacks them.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

fn help(program: &Path) -> String {
    let output = std::process::Command::new(program).arg("--help").stdin(Stdio::null()).output();
    output.map(|output| String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()).unwrap_or_default()
}

/// The name of this process's net namespace.
fn net() -> Result<std::ffi::OsString, Fault> {
    let path = Path::new("/proc/self/ns/net");
    let name = std::fs::read_link(path).map_err(|error| Fault::io("读取", "read", path, &error))?;
    Ok(name.into_os_string())
}

/// Brings the loopback interface of this namespace up, by one netlink message (rtnetlink(7)): `ip` is not on every machine.
fn loopback_up() -> rustix::io::Result<()> {
    const RTM_NEWLINK: u16 = 16;
    const REQUEST_AND_ACKNOWLEDGE: u16 = 1 | 4;
    const INTERFACE_UP: u32 = 1;
    // In every net namespace loopback is number one.
    const LOOPBACK: i32 = 1;
    let mut message = Vec::with_capacity(32);
    message.extend(32_u32.to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(REQUEST_AND_ACKNOWLEDGE.to_ne_bytes());
    message.extend([0; 8]); // sequence, sender
    message.extend([0; 4]); // family, padding, device type
    message.extend(LOOPBACK.to_ne_bytes());
    message.extend(INTERFACE_UP.to_ne_bytes());
    message.extend(INTERFACE_UP.to_ne_bytes()); // the flags to change
    // No protocol is protocol 0, NETLINK_ROUTE.
    let socket = socket(AddressFamily::NETLINK, SocketType::RAW, None)?;
    sendto(&socket, &message, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut answer = [0_u8; 1024];
    let (_, length) = recv(&socket, &mut answer, RecvFlags::empty())?;
    // The acknowledgement is an error message whose code, behind the 16-byte header, is zero.
    match answer[..length].get(16..20).and_then(|code| code.try_into().ok()).map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        code => Err(rustix::io::Errno::from_raw_os_error(-code.unwrap_or(-5))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_of_a_namespace_nothing_is_prepared() {
        assert_eq!(prepare().unwrap_err().kind, FaultKind::Setup);
    }

    #[test]
    fn what_is_missing_is_named_with_its_package() {
        let fault = missing("pcscd", "pcscd");
        assert!(fault.message.zh.contains("drivers/setup") && fault.message.en.contains("pcscd is missing"));
        assert!(program("sh").is_some() && program("no-such-program-anywhere").is_none());
    }
}
