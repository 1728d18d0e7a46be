//! Actions carried out by whole runs, against small pages with the kits that portals use.

mod forms;
mod frames;
mod fresh;
mod outcomes;
mod presses;
mod uploads;
mod values;

use std::path::Path;

use crate::trial::{Ended, Trial};

/// Runs `steps` (YAML below `steps:`) on the page `html` at the site `portal`; nobody is asked anything.
async fn run(html: &str, steps: &str, inputs: &[(&str, &str)], files: Option<&Path>) -> Ended {
    Trial { inputs, files, ..Trial::new(html, steps) }.run().await
}
