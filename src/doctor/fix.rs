//! What Ruku may put right by itself: nothing is taken away from anybody, and doing it twice does no harm.

use super::{Finding, State, machine};
use crate::base::{Fault, FaultKind, files};
use crate::say;

/// Whether Ruku can put this finding right.
pub fn can_fix(finding: &Finding) -> bool {
    finding.state != State::Ok && ["temporary", "card-service"].contains(&finding.id)
}

/// Puts a finding right, as far as that is safe. Whether it helped shows when everything is looked at again.
///
/// # Errors
/// [`FaultKind::Setup`] when this machine does not let it; [`FaultKind::Io`].
pub async fn fix(finding: &Finding) -> Result<(), Fault> {
    match finding.id {
        "temporary" => files::make_private(&files::users_temporary()),
        "card-service" if machine::start_card_service().await => Ok(()),
        _ => Err(Fault::new(
            FaultKind::Setup,
            say!(
                "智能卡服务没能启动。请用管理员身份执行 systemctl start pcscd.socket（Windows 上 net start SCardSvr）；Debian/Ubuntu 上还没有安装的，先执行 apt install pcscd。",
                "it does not start; have an administrator run `systemctl start pcscd.socket` (`net start SCardSvr` on Windows); where it is not installed, on Debian/Ubuntu, `apt install pcscd` first"
            ),
        )),
    }
}
