//! Floor 3: the stand-in portals, the virtual CA lock and its local agent. Knows nothing of the robot.

pub mod agent;
pub mod cards;
pub mod portals;
