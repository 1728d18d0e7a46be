//! What a person at the terminal reads while a run goes on: `tests/cases/progress/`.

use std::path::Path;

use crate::golden::Golden;
use crate::world::{Running, World};

#[test]
fn progress_lines_read_well() {
    let world = World::start(62);
    let mut golden = Golden::default();
    for lang in ["zh", "en"] {
        // Both runs bind: the second one in a training that has forgotten the first.
        world.admin("/reset", &serde_json::json!({}));
        let (code, said, _) = Running::start(world.run_in(lang, &["2.1.1", "2.2"])).end();
        assert_eq!(code, 0, "{said}");
        let folder = world.newest_run().display().to_string();
        assert!(said.contains(&folder), "{said}");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cases/progress/bind.{lang}.txt"));
        world.training(&["pull"]);
        golden.compare(&file, &said.replace(&folder, "RUN-FOLDER"));
    }
    golden.close();
}
