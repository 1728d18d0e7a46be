//! The part of the memory that says what the 自治区公共资源交易主体信息库 knows of each applicant.

use serde::{Deserialize, Serialize};

/// This part, as it is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Registry {}
