//! The picture of a captcha: digits as bare strokes, so that no text of the page holds the answer.

use std::fmt::Write;

const WIDTH: u32 = 120;
const HEIGHT: u32 = 38;

/// The strokes of each digit on a field of 16 × 26.
const STROKES: [&str; 10] = [
    "M8 1C2 1 2 25 8 25S14 1 8 1",
    "M4 6L9 1V25M4 25H14",
    "M2 7C2 -1 14 -1 14 7C14 13 5 17 2 25H14",
    "M2 3C8 -1 14 3 12 8C11 12 7 12 7 12C16 12 16 25 7 25C4 25 2 23 2 23",
    "M11 25V1L1 18H15",
    "M13 1H4L3 11C9 8 14 12 14 17C14 25 5 27 2 22",
    "M12 1C5 4 2 11 2 17C2 27 14 27 14 18C14 10 4 10 2 17",
    "M2 1H14C9 8 7 16 6 25",
    "M8 12C1 10 3 1 8 1S15 10 8 12C0 14 1 25 8 25S16 14 8 12",
    "M4 25C11 22 14 15 14 9C14 -1 2 -1 2 8C2 16 12 16 14 9",
];

/// Draws `digits`; everything else is left out.
pub(super) fn picture(digits: &str) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\"><rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#eef3f8\"/>"
    );
    let mut line = |path: &str, place: &str, colour: &str, width: f32| {
        // Writing to a String cannot fail.
        let _ =
            write!(svg, "<path d=\"{path}\" transform=\"{place}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>");
    };
    let mut random = fastrand::Rng::new();
    for _ in 0..5 {
        let mut at = || (random.u32(..WIDTH), random.u32(..HEIGHT));
        let ((a, b), (c, d), (e, f)) = (at(), at(), at());
        line(&format!("M{a} {b}Q{c} {d} {e} {f}"), "", "#9db4cc", 1.2);
    }
    for (at, digit) in digits.chars().filter_map(|c| c.to_digit(10)).enumerate() {
        let (x, y) = (12 + 26 * u32::try_from(at).unwrap_or_default() + random.u32(..5), 4 + random.u32(..5));
        let turn = f64::from(random.i32(-14..=14));
        let colour = ["#1c4f8c", "#a3222a", "#2d6b3f", "#5b3a86"][random.usize(..4)];
        let stroke = STROKES[usize::try_from(digit).unwrap_or_default()];
        line(stroke, &format!("translate({x} {y}) rotate({turn} 8 13)"), colour, 2.6);
    }
    svg.push_str("</svg>");
    svg
}

#[cfg(test)]
mod tests {
    use super::picture;

    #[test]
    fn the_answer_stands_in_no_text() {
        let svg = picture("7777");
        assert_eq!(svg.matches("<path").count(), 9);
        assert!(!svg.contains("7777") && !svg.contains("<text"));
    }
}
