//! Floor 4: YAML to nodes, checked, to a plan. No browser.
