//! Faults of the CA lock, in a training with its virtual locks.

use ruku::base::Fault;

use super::Book;
use crate::world::{Running, World};

#[test]
fn faults_of_the_lock_read_well() {
    let world = World::start(61);
    let mut book = Book::default();
    // Somebody else's lock takes the only place.
    world.training(&["insert", "p2"]);
    let (code, said, events) = Running::start(world.unpictured(&["2.1.1", "2.2"])).end();
    let event = events.iter().find(|event| event["type"] == "fault").unwrap_or_else(|| panic!("{said}"));
    let fault: Fault = serde_json::from_value(event.clone()).unwrap();
    assert_eq!(code, i32::from(fault.exit_code()));
    book.fault("reader-taken", &fault);
    book.close();
}
