//! What a person at the terminal reads while a run goes on: `tests/cases/progress/`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::golden::Golden;
use crate::world::{Running, World};

#[test]
fn progress_lines_read_well() {
    let world = World::start(62);
    let mut golden = Golden::default();
    for (lang, viewport) in [("zh", None), ("en", Some("1280x720"))] {
        // Both runs bind: the second one in a training that has forgotten the first.
        world.admin("/reset", &serde_json::json!({}));
        let mut command = world.run_in(lang, &["2.1.1", "2.2"]);
        command.args(viewport.iter().flat_map(|viewport| ["--viewport", viewport]));
        let (code, said, events) = Running::start(command).end();
        assert_eq!(code, 0, "{said}");
        let sizes: BTreeSet<_> = events
            .iter()
            .filter(|event| event["type"] == "shot")
            .map(|shot| (&shot["width"], &shot["height"]))
            .map(|(width, height)| format!("{width}x{height}"))
            .collect();
        assert_eq!(sizes, BTreeSet::from([viewport.unwrap_or("1280x800").to_owned()]), "the pictures show the page whole");
        let folder = world.newest_run().display().to_string();
        assert!(said.contains(&folder), "{said}");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cases/progress/bind.{lang}.txt"));
        world.training(&["pull"]);
        golden.compare(&file, &said.replace(&folder, "RUN-FOLDER"));
    }
    golden.close();
}
