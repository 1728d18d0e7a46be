//! What only the operating system tells. Each answer is none or empty where it does not tell; never a fault.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::facts::{DiskFact, Font, ProxyFact, Remote};
use crate::base::files;

/// A program of the system that takes longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads the environment; a parameter so that tests need not change their own.
pub(super) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a program of the system prints on standard output; none when it is not there or fails.
async fn printed(program: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).stdin(std::process::Stdio::null()).stderr(std::process::Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    output.status.success().then_some(output.stdout)
}

/// Starts the smart card service, as far as this user may, without asking for a password.
pub(super) async fn start_card_service() -> bool {
    let (program, arguments): (&str, &[&str]) = if cfg!(windows) {
        ("net", &["start", "SCardSvr"])
    } else {
        ("systemctl", &["--no-ask-password", "start", "pcscd.socket"])
    };
    printed(program, arguments).await.is_some()
}

/// Whether somebody takes connections there within so much time.
pub(super) async fn answers(host: &str, port: u16, patience: Duration) -> bool {
    let connecting = tokio::net::TcpStream::connect((host, port));
    matches!(tokio::time::timeout(patience, connecting).await, Ok(Ok(_)))
}

/// Whether the session comes from another machine.
pub(super) fn remote(variables: Variables<'_>) -> Option<Remote> {
    let set = |name: &str| variables(name).is_some_and(|value| !value.is_empty());
    if variables("SESSIONNAME").is_some_and(|name| name.to_ascii_uppercase().starts_with("RDP-")) {
        return Some(Remote::Rdp);
    }
    if set("XRDP_SESSION") {
        return Some(Remote::Xrdp);
    }
    set("SSH_CONNECTION").then_some(Remote::Ssh)
}

/// Proxies of the environment, and whether it excepts this machine from them.
pub(super) fn proxies(variables: Variables<'_>) -> (Vec<ProxyFact>, bool) {
    let either = |name: &str| {
        let upper = name.to_ascii_uppercase();
        [name, upper.as_str()].into_iter().find_map(|name| Some((name.to_owned(), variables(name).filter(|v| !v.is_empty())?)))
    };
    let named = ["http_proxy", "https_proxy", "all_proxy"].into_iter().filter_map(either);
    let proxies = named.map(|(variable, value)| ProxyFact { variable, host: host(&value) }).collect();
    let spared = either("no_proxy").is_some_and(|(_, list)| {
        let words: Vec<&str> = list.split([',', ' ']).map(str::trim).collect();
        words.contains(&"*") || (words.contains(&"localhost") && words.contains(&"127.0.0.1"))
    });
    (proxies, spared)
}

/// Host and port of a proxy; what else stands there may be a password.
fn host(value: &str) -> String {
    let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    rest.split('/').next().unwrap_or_default().to_owned()
}

/// A font with Chinese characters: what fontconfig says, else what the usual folders hold.
pub(super) async fn font(variables: Variables<'_>) -> Font {
    if !cfg!(windows)
        && let Some(listed) = printed("fc-list", &[":lang=zh", "family"]).await
    {
        let text = String::from_utf8_lossy(&listed);
        return text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .map_or(Font::Missing, |line| Font::Found(line.split(',').next().unwrap_or(line).to_owned()));
    }
    let folders: Vec<PathBuf> = if cfg!(windows) {
        // Those of the system, and those that this user has installed alone.
        let places = [("WINDIR", "Fonts"), ("LOCALAPPDATA", "Microsoft/Windows/Fonts")];
        places.into_iter().filter_map(|(root, folder)| Some(Path::new(&variables(root)?).join(folder))).collect()
    } else {
        let own =
            variables("HOME").into_iter().flat_map(|home| [".local/share/fonts", ".fonts"].map(|f| Path::new(&home).join(f)));
        own.chain(["/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts"].map(PathBuf::from))
            .collect()
    };
    match folders.iter().find_map(|folder| chinese_font(folder, 4)) {
        Some(name) => Font::Found(name),
        None if folders.iter().any(|folder| folder.is_dir()) => Font::Missing,
        None => Font::Unknown,
    }
}

/// Parts of the file names of fonts with Chinese characters.
const FONT_FILES: [&str; 12] = [
    "cjk",
    "notosanssc",
    "notosanshans",
    "sourcehan",
    "wqy",
    "droidsansfallback",
    "msyh",
    "simsun",
    "simhei",
    "deng",
    "pingfang",
    "hiragino sans gb",
];

fn chinese_font(folder: &Path, depth: u32) -> Option<String> {
    let entries: Vec<_> = std::fs::read_dir(folder).ok()?.filter_map(Result::ok).collect();
    let of_name = |name: String| {
        let low = name.to_lowercase();
        FONT_FILES.iter().any(|part| low.contains(part)).then_some(name)
    };
    let files = entries.iter().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let found = files.filter_map(|entry| entry.file_name().into_string().ok()).find_map(of_name);
    let deeper = || entries.iter().filter(|entry| entry.path().is_dir()).find_map(|entry| chinese_font(&entry.path(), depth - 1));
    found.or_else(|| if depth > 0 { deeper() } else { None })
}

/// Whether this user alone may enter `folder`, or could if it were made; none when nobody can tell.
#[cfg(unix)]
pub(super) fn is_private(folder: &Path, _: Variables<'_>) -> Option<bool> {
    Some(!folder.exists() || files::is_private(folder))
}

/// Windows lets nobody else but its administrators into the folder of a user; elsewhere it depends on what somebody has set.
#[cfg(windows)]
pub(super) fn is_private(folder: &Path, variables: Variables<'_>) -> Option<bool> {
    if folder.exists() && !files::is_private(folder) {
        return Some(false);
    }
    // The variables may have a short name, such as `ZHANGS~1`, for what the other spells out.
    let there = folder.ancestors().find_map(|folder| folder.canonicalize().ok())?;
    there.starts_with(Path::new(&variables("USERPROFILE")?).canonicalize().ok()?).then_some(true)
}

/// Space left where `folder` is or will be.
pub(super) fn disk(folder: &Path) -> DiskFact {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let there = absolute.ancestors().find(|folder| folder.is_dir());
    let free = match there {
        Some(folder) => free(folder),
        None => None,
    };
    let instead = there.filter(|there| *there != absolute).map(Path::to_owned);
    DiskFact { folder: folder.to_owned(), instead, free }
}

#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(folder).ok()?;
    Some(told.f_bavail.saturating_mul(told.f_frsize))
}

/// Not what `dir` prints: it knows no folders of the network as a place to be in, and its line is a command line, where `&` and `%` in a
/// name are not the name.
#[cfg(windows)]
fn free(folder: &Path) -> Option<u64> {
    fs4::available_space(folder).ok()
}

/// Names of the programs that run.
#[cfg(target_os = "linux")]
pub(super) async fn programs() -> Vec<String> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let processes = entries.filter_map(Result::ok).map(|entry| entry.path().join("comm"));
    processes.filter_map(|comm| Some(std::fs::read_to_string(comm).ok()?.trim().to_owned())).collect()
}

/// Names of the programs that run.
#[cfg(not(target_os = "linux"))]
pub(super) async fn programs() -> Vec<String> {
    let listed =
        if cfg!(windows) { printed("tasklist", &["/fo", "csv", "/nh"]).await } else { printed("ps", &["-axco", "comm"]).await };
    first_fields(&listed.unwrap_or_default())
}

/// The first field of each line, without its quotes.
#[cfg(any(not(target_os = "linux"), test))]
fn first_fields(csv: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(csv);
    let field = |line: &str| line.trim().trim_start_matches('"').split('"').next().unwrap_or_default().to_owned();
    text.lines().map(field).filter(|name| !name.is_empty()).collect()
}

/// Names of the folders below Program Files; elsewhere nothing is installed that way.
pub(super) fn program_folders() -> Vec<String> {
    if !cfg!(windows) {
        return Vec::new();
    }
    let roots = ["ProgramFiles", "ProgramFiles(x86)"].into_iter().filter_map(std::env::var_os);
    let entries = roots.filter_map(|root| std::fs::read_dir(root).ok()).flatten().filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// Policies that let pages reach programs of this machine.
const POLICIES: [&str; 2] = ["LocalNetworkAccessAllowedForUrls", "LoopbackNetworkAllowedForUrls"];

/// Whether a policy of the browser names pages that may reach programs of this machine.
pub(super) async fn local_network_allowed() -> bool {
    let names_one = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        POLICIES.iter().any(|policy| text.contains(policy))
    };
    if cfg!(windows) {
        for key in [r"HKLM\SOFTWARE\Policies\Google\Chrome", r"HKLM\SOFTWARE\Policies\Microsoft\Edge"] {
            if printed("reg", &["query", key, "/s"]).await.is_some_and(|text| names_one(&text)) {
                return true;
            }
        }
        return false;
    }
    let folders = ["/etc/chromium/policies/managed", "/etc/opt/chrome/policies/managed", "/etc/opt/edge/policies/managed"];
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().filter_map(Result::ok);
    entries.filter_map(|entry| std::fs::read(entry.path()).ok()).any(|text| names_one(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| pairs.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn sessions_from_elsewhere_are_recognised() {
        assert_eq!(remote(&of(&[("SESSIONNAME", "RDP-Tcp#3")])), Some(Remote::Rdp));
        assert_eq!(remote(&of(&[("SESSIONNAME", "Console")])), None);
        assert_eq!(remote(&of(&[("XRDP_SESSION", "1"), ("SSH_CONNECTION", "a b")])), Some(Remote::Xrdp));
        assert_eq!(remote(&of(&[("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")])), Some(Remote::Ssh));
        assert_eq!(remote(&of(&[("SSH_CONNECTION", "")])), None);
    }

    #[test]
    fn a_proxy_is_told_without_its_password() {
        let (proxies, spared) = proxies(&of(&[("HTTPS_PROXY", "http://u:p@proxy.test:3128/"), ("no_proxy", "localhost")]));
        assert_eq!(proxies, [ProxyFact { variable: "HTTPS_PROXY".into(), host: "proxy.test:3128".into() }]);
        assert!(!spared);
        assert!(super::proxies(&of(&[("NO_PROXY", "127.0.0.1, localhost")])).1);
    }

    #[test]
    fn fonts_are_found_by_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("truetype/wqy");
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(chinese_font(folder.path(), 4), None);
        std::fs::write(deep.join("wqy-microhei.ttc"), "").unwrap();
        assert_eq!(chinese_font(folder.path(), 4).as_deref(), Some("wqy-microhei.ttc"));
    }

    #[test]
    fn the_programs_that_windows_lists_are_read() {
        assert_eq!(first_fields(b"\"SKClient.exe\",\"1234\",\"Console\"\r\n\"x.exe\",\"1\"\r\n"), ["SKClient.exe", "x.exe"]);
    }

    #[test]
    fn a_folder_that_is_not_there_yet_has_the_space_of_its_parent() {
        let folder = tempfile::tempdir().unwrap();
        let fact = disk(&folder.path().join("a/b"));
        assert!(fact.free.is_some_and(|free| free > 0));
    }
}
