//! Floor 2: events, journal, fold, verification and report. Plain data, never a browser.
