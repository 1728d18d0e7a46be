//! The part of the memory that says who may sign on to which platform, and how the sign-on page behaves.

use serde::{Deserialize, Serialize};

/// This part, as it is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SignOn {}
