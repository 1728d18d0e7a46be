//! What the card service says, in words for a person: what happened and what to do.

use pcsc::Error;

use crate::base::{Fault, FaultKind, Message};
use crate::say;

/// Why a card could not be looked at.
pub(super) fn card(error: Error) -> Message {
    match error {
        Error::SharingViolation => say!(
            "CA 锁正被其他程序独占使用（如 CA 驱动或签章窗口）。请关闭该程序或等它用完，Ruku 会自动再看。",
            "another program (CA driver, seal window) holds the CA lock for itself; close it or let it finish, Ruku looks again by itself"
        ),
        Error::RemovedCard | Error::NoSmartcard => {
            say!("CA 锁已被拔出。请重新插入 CA 锁。", "the CA lock was pulled out; please insert it again")
        }
        Error::UnknownReader | Error::ReaderUnavailable => {
            say!("读卡器已不可用。请重新插好读卡器或 CA 锁。", "the card reader is gone; plug the reader or the CA lock in again")
        }
        Error::UnresponsiveCard | Error::UnpoweredCard => {
            say!("CA 锁没有反应。请拔出后重新插入。", "the CA lock does not respond; pull it out and insert it again")
        }
        Error::ResetCard => say!(
            "CA 锁刚被其他程序复位。请稍候再试。",
            "another program has just reset the CA lock; please try again in a moment"
        ),
        Error::NoService | Error::ServiceStopped | Error::InvalidHandle | Error::CommError => service(error),
        other => say!(
            "读取 CA 锁失败（{other}）。请拔出后重新插入；仍不行请联系 CA 公司。",
            "the CA lock could not be read ({other}); insert it again, then ask its issuer"
        ),
    }
}

/// Why there is no card service.
pub(super) fn service(error: Error) -> Message {
    match error {
        Error::NoService | Error::ServiceStopped => say!(
            "本机的智能卡服务没有运行，无法通过读卡器看到 CA 锁；CA 助手仍可看到。Linux 请启动 pcscd；Windows 插入读卡器后服务会自动启动。",
            "the smart card service of this machine is not running, so no lock is seen through readers (a CA agent may still see it); \
             on Linux start pcscd, on Windows it starts when a reader is plugged in"
        ),
        other => say!(
            "与智能卡服务的联系中断（{other}）。Ruku 会自动重新连接；Linux 请查看 pcscd 是否在运行。",
            "the connection to the smart card service broke ({other}); Ruku reconnects by itself; on Linux check that pcscd is running"
        ),
    }
}

/// The same as a fault.
pub(super) fn fault(error: Error) -> Fault {
    Fault::new(FaultKind::Card, card(error))
}

/// The fault for a card that answered something else than the norm says.
pub(super) fn answer(doing_zh: &str, doing_en: &str, status: u16) -> Fault {
    Fault::new(
        FaultKind::Card,
        say!(
            "{doing_zh}时 CA 锁回答了 {status:04X}。请拔出后重新插入；仍不行请联系 CA 公司。",
            "the CA lock answered {status:04X} to {doing_en}; insert it again, then ask its issuer"
        ),
    )
}
