//! The part of the memory that says what the 呼和浩特市公共资源交易平台（新版）会员端 knows of each applicant.

use serde::{Deserialize, Serialize};

/// This part, as it is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Member {}
