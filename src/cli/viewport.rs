//! `--viewport`: the size of the page in the browser.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::Message;

/// Width and height in CSS pixels. Both are even, as film encoders want them (H.264 halves the colours each way), and a size at which the
/// portals can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Viewport {
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The least and the most of a width, and of a height.
const WIDTHS: std::ops::RangeInclusive<u32> = 1024..=3840;
const HEIGHTS: std::ops::RangeInclusive<u32> = 640..=2160;

/// What was given is no size of a viewport.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoViewport;

impl NoViewport {
    /// What it had to be, to stand at the end of a sentence.
    pub(super) fn words() -> Message {
        let ((least, most), (low, high)) = (WIDTHS.into_inner(), HEIGHTS.into_inner());
        crate::say!(
            "应写成两个偶数，如 1280x720，宽 {least} 到 {most}，高 {low} 到 {high}",
            "two even numbers such as 1280x720, {least} to {most} wide and {low} to {high} high"
        )
    }
}

impl fmt::Display for NoViewport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&NoViewport::words().en)
    }
}

impl std::error::Error for NoViewport {}

impl FromStr for Viewport {
    type Err = NoViewport;

    fn from_str(text: &str) -> Result<Viewport, NoViewport> {
        let (width, height) = text.split_once(['x', 'X', '×', '*']).ok_or(NoViewport)?;
        let even = |text: &str, range: std::ops::RangeInclusive<u32>| {
            let number = text.trim().parse::<u32>().ok();
            number.filter(|number| number % 2 == 0 && range.contains(number)).ok_or(NoViewport)
        };
        Ok(Viewport { width: even(width, WIDTHS)?, height: even(height, HEIGHTS)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_two_even_numbers_that_portals_and_films_can_do_with() {
        for good in ["1280x720", "1280×720", "1280*720", "1280X720"] {
            assert_eq!(good.parse(), Ok(Viewport { width: 1280, height: 720 }), "{good}");
        }
        for bad in [
            "",
            "1280",
            "1281x720",
            "1280x721",
            "0x0",
            "640x480",
            "1280x",
            "x720",
            "-1280x720",
            "99999999999x720",
            "8000x4000",
            "1280x720x2",
        ] {
            assert_eq!(bad.parse::<Viewport>(), Err(NoViewport), "{bad}");
        }
    }
}
