//! The local agent in the shape of 互助手 (`RS_*` calls).
