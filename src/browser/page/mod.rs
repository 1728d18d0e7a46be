//! Targets, actionability, masks and shots: everything that looks into the page.
