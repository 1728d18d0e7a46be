//! A display of a test's own, a person's hands on it (`xdotool`), and eyes that measure where things are.
//!
//! The eyes look through the browser's own debugging port; the hands never do: keys and clicks come from the X server, as a person's do.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::world::{block_on, call, first_line, until};

const PATIENCE: Duration = Duration::from_secs(30);

/// A display of its own.
pub(crate) struct Screen {
    server: Child,
    pub(crate) display: String,
}

impl Screen {
    pub(crate) fn start() -> Screen {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb: run drivers/setup --tests");
        let number = first_line(server.stdout.take().unwrap());
        // Made first, so that it is ended even when it never said its number.
        let mut screen = Screen { server, display: String::new() };
        screen.display = format!(":{}", number.expect("Xvfb did not start"));
        screen
    }

    fn hand(&self) -> Command {
        let mut command = Command::new("xdotool");
        command.env("DISPLAY", &self.display);
        command
    }

    /// `xdotool` with these words; what it printed.
    fn xdotool(&self, words: &[&str]) -> Option<String> {
        let output = self.hand().args(words).output().expect("xdotool: run drivers/setup --tests");
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }

    /// Clicks at a point of the screen.
    pub(crate) fn click(&self, (x, y): (i64, i64)) {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string(), "click", "1"]).unwrap();
    }

    /// Presses a key by its X name.
    pub(crate) fn press(&self, key: &str) {
        self.xdotool(&["key", key]).unwrap();
    }

    /// Types a text into whatever has the focus. It goes by a pipe: arguments are seen by everybody.
    pub(crate) fn type_text(&self, text: &str) {
        let mut typing = self.hand().args(["type", "--file", "-"]).stdin(Stdio::piped()).spawn().unwrap();
        typing.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(typing.wait().unwrap().success());
    }

    /// Waits for a window with this title and gives it the keyboard, as a window manager would. There is none here.
    pub(crate) fn focus_window(&self, title: &str) {
        until(&format!("a window “{title}”"), || {
            let found = self.xdotool(&["search", "--onlyvisible", "--name", title]).unwrap_or_default();
            found.lines().next().is_some_and(|id| self.xdotool(&["windowfocus", "--sync", id]).is_some())
        });
    }

    /// Whether a window with this title is there.
    pub(crate) fn has_window(&self, title: &str) -> bool {
        self.xdotool(&["search", "--onlyvisible", "--name", title]).is_some_and(|ids| !ids.is_empty())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Looks at one page of a browser whose work folder lies below a folder.
pub(crate) struct Eyes {
    port: u16,
    host: String,
}

impl Eyes {
    /// Eyes for pages of `host`, such as `ca-auth.localhost`.
    pub(crate) fn of(folder: &Path, host: &str) -> Eyes {
        let mut port = None;
        until("the browser to open its debugging port", || {
            let file = find(folder, "DevToolsActivePort").and_then(|path| std::fs::read_to_string(path).ok());
            port = file.and_then(|text| text.lines().next()?.parse().ok());
            port.is_some()
        });
        Eyes { port: port.unwrap(), host: host.to_owned() }
    }

    fn socket(&self) -> Option<String> {
        let pages = call("GET", self.port, "127.0.0.1", "/json/list", &[], b"", PATIENCE)?.json().ok()?;
        let page = pages.as_array()?.iter().find(|page| page["url"].as_str().is_some_and(|url| url.contains(&self.host)))?;
        page["webSocketDebuggerUrl"].as_str().map(str::to_owned)
    }

    /// The value of a script in the page, now; null when there is no such page or it stands still.
    pub(crate) fn see(&self, script: &str) -> Value {
        let Some(url) = self.socket() else { return Value::Null };
        let looking = async {
            let stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
            let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.ok()?;
            let params = json!({"expression": script, "returnByValue": true, "awaitPromise": true});
            let order = json!({"id": 1, "method": "Runtime.evaluate", "params": params}).to_string();
            socket.send(Message::text(order)).await.ok()?;
            while let Some(Ok(message)) = socket.next().await {
                let answer: Value = serde_json::from_str(message.to_text().ok()?).ok()?;
                if answer["id"] == 1 {
                    return Some(answer["result"]["result"]["value"].clone());
                }
            }
            None
        };
        let seen = block_on(async { tokio::time::timeout(Duration::from_secs(2), looking).await });
        seen.ok().flatten().unwrap_or(Value::Null)
    }

    /// The middle of the element that `script` evaluates to, in pixels of the screen; waits until it is there, stands still for three
    /// frames (a layer grows for a third of a second before it can be hit) and nothing lies over it. What is off the page is scrolled to.
    pub(crate) fn place(&self, script: &str) -> (i64, i64) {
        let place = format!(
            "(async () => {{
              const look = () => {{ const e = {script}; if (!e) return null;
                e.scrollIntoView({{ block: 'nearest' }}); const r = e.getBoundingClientRect();
                const [x, y] = [r.x + r.width / 2, r.y + r.height / 2];
                return e.contains(document.elementFromPoint(x, y)) ? [screenX + x, screenY + outerHeight - innerHeight + y] : null; }};
              const first = look();
              for (let frame = 0; first && frame < 3; frame++) {{
                await new Promise(requestAnimationFrame);
                if (String(look()) !== String(first)) return null;
              }}
              return first; }})()"
        );
        let mut at = Value::Null;
        until(&format!("{script} on the page"), || {
            at = self.see(&place);
            at.is_array()
        });
        let pixel = |number: &Value| format!("{:.0}", number.as_f64().unwrap()).parse().unwrap();
        (pixel(&at[0]), pixel(&at[1]))
    }
}

/// The first file of this name below a folder; what vanishes meanwhile is passed over.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            if let Some(found) = find(&path, name) {
                return Some(found);
            }
        } else if entry.file_name() == name {
            return Some(path);
        }
    }
    None
}
