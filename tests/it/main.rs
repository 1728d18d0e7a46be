//! The one integration binary.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod acts;
mod agent;
mod batch;
mod canary;
mod card;
mod cases;
mod crash;
mod doctor;
mod driver;
mod events;
mod fake_driver;
mod faults;
mod first_path;
mod golden;
mod guide;
mod hand_over;
mod handout;
mod hooks;
mod house;
mod human;
mod lock;
mod member;
mod messages;
mod newcomer;
mod page;
mod pin;
mod portals;
mod proof;
mod record;
mod refusals;
mod registry;
mod resume;
mod screen;
mod sign_on;
mod situations;
mod tables;
mod told;
mod trial;
mod words;
mod world;
