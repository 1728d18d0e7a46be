//! `ruku training tool`: the stand-in for 新点检测工具 at the terminal. The person presses 登陆系统; the address that it opens is printed.

use std::io::BufRead;

use super::training::{call, instance_at, living};
use super::{Context, block_on, print};
use crate::base::{Fault, FaultKind};
use crate::training::{Instance, tool};

use super::stop::Stop;

/// Shows the window until the person closes it; `login` presses 登陆系统 at once.
pub(super) fn main(context: &Context, at: &std::path::Path, login: bool, browser: bool) -> Result<(), Stop> {
    let instance = instance_at(at)?;
    block_on(living(&instance))?;
    if login {
        return open(context, &instance, browser);
    }
    let mut lines = std::io::stdin().lock().lines();
    loop {
        let checks = block_on(async { Ok::<_, Fault>(tool::check(&instance).await) })?;
        print::err_text(&tool::window(&checks, context.lang));
        print::err(context.text(
            "  输入 1 点击「登陆系统」，输入 2 重新检测，输入 q 关闭：",
            "  1 presses 登陆系统, 2 checks again, q closes: ",
        ));
        match lines.next().and_then(Result::ok).as_deref().map(str::trim) {
            Some("1" | "登陆系统") => return open(context, &instance, browser),
            None | Some("q" | "Q") => return Ok(()),
            Some(_) => {}
        }
    }
}

/// Opens the CA 互认系统 as the tool would. The address is good once: whoever opens it first is in, Ruku or another browser.
fn open(context: &Context, instance: &Instance, browser: bool) -> Result<(), Stop> {
    let answer = block_on(call(instance, "POST", "/tool", &serde_json::json!({})))?;
    let told = answer.json()?;
    let address = told["address"]
        .as_str()
        .ok_or_else(|| Fault::new(FaultKind::Gone, crate::say!("模拟平台没有给出网址。", "the training gave no address")))?;
    if browser && desktop_browser(address) {
        return Ok(());
    }
    print::err(context.text(
        "检测工具打开的网址（只能用一次）如下，请整行复制，粘贴给 Ruku：",
        "the tool opens this address (good once); copy the whole line and paste it to Ruku:",
    ));
    print::out(address);
    Ok(())
}

/// Hands the address to the browser of this desktop; says whether there was one.
fn desktop_browser(address: &str) -> bool {
    // Not explorer, which says of every address that it has failed.
    let (program, first) = if cfg!(windows) { ("rundll32", Some("url.dll,FileProtocolHandler")) } else { ("xdg-open", None) };
    let quiet = std::process::Stdio::null;
    let opened =
        std::process::Command::new(program).args(first).arg(address).stdin(quiet()).stdout(quiet()).stderr(quiet()).status();
    opened.is_ok_and(|status| status.success())
}
