//! Text in a drawing: how wide it is, where it breaks, and how it is written into SVG.

use std::fmt::Write as _;

/// The families to draw with, the usual one of each system first.
pub(super) const FONTS: &str = "Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif";

/// The width of a text in units of its size. A renderer without the family may differ by a little, so boxes leave room.
pub(super) fn width(text: &str) -> f64 {
    text.chars().map(|c| if wide(c) { 1.0 } else { 0.62 }).sum()
}

/// Whether a character takes a whole square, as Chinese ones and their punctuation do.
fn wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{2014}'..='\u{2026}')
}

/// Breaks a text into lines of at most `room` units: between words, and between any two Chinese characters; inside a word only where it alone
/// is wider.
pub(super) fn lines(text: &str, room: f64) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for piece in pieces(text).into_iter().flat_map(|piece| parts(piece, room)) {
        if !line.is_empty() && width(&line) + width(piece.trim_end()) > room {
            line.truncate(line.trim_end().len());
            lines.push(std::mem::replace(&mut line, piece.trim_start().to_owned()));
        } else {
            line.push_str(piece);
        }
    }
    lines.push(line);
    lines
}

/// The piece, cut where it would be wider than a line.
fn parts(mut piece: &str, room: f64) -> Vec<&str> {
    let mut parts = Vec::new();
    while width(piece.trim_end()) > room {
        let mut wide = 0.0;
        let mut cut = piece.char_indices().skip_while(|(_, c)| {
            wide += width(c.encode_utf8(&mut [0; 4]));
            wide <= room
        });
        // At least one character a line, however narrow it is.
        let first = piece.chars().next().map_or(0, char::len_utf8);
        let at = cut.next().map_or(piece.len(), |(at, _)| at).max(first);
        if at >= piece.len() {
            break;
        }
        parts.push(&piece[..at]);
        piece = &piece[at..];
    }
    parts.push(piece);
    parts
}

/// What must stay on one line: a word with the space behind it, a Chinese character with the punctuation behind it.
fn pieces(text: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    let mut before = None;
    for (at, c) in text.char_indices() {
        let breaks = match before {
            None => false,
            Some(' ') => c != ' ',
            Some(last) => {
                (wide(last) || wide(c))
                    && !matches!(c, '，' | '。' | '、' | '；' | '：' | '）' | '」' | '”' | '？' | ' ')
                    && !matches!(last, '（' | '「' | '“')
            }
        };
        if breaks {
            cuts.push(at);
        }
        before = Some(c);
    }
    cuts.push(text.len());
    cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).filter(|piece| !piece.is_empty()).collect()
}

/// A text as it stands between tags or in an attribute.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What is drawn, as a picture of this size on nothing; the words beside it say the same, so it is hidden from those who listen to a page.
pub(super) fn drawing((width, height): (f64, f64), style: &str, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\" aria-hidden=\"true\">\n<style>{style}</style>\n{body}</svg>\n"
    )
}

/// A rectangle with round corners, its upper left one at the point.
pub(super) fn rect(svg: &mut String, (x, y): (f64, f64), (width, height): (f64, f64), radius: u32, class: &str) {
    let _ = writeln!(
        svg,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius}\" class=\"{class}\"/>"
    );
}

/// Lines of text one below the other; `y` is the base line of the first.
pub(super) fn text(svg: &mut String, (x, y): (f64, f64), size: f64, class: &str, lines: &[String]) {
    for (index, line) in lines.iter().enumerate() {
        let y = y + index as f64 * size * LEADING;
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" class=\"{class}\">{}</text>", escaped(line));
    }
}

/// The distance of base lines in units of the size.
pub(super) const LEADING: f64 = 1.35;

#[cfg(test)]
mod tests {
    use super::{escaped, lines, width};

    #[test]
    fn nothing_is_lost_and_nothing_too_wide_where_lines_break() {
        for text in [
            "内蒙古公共资源交易平台 CA 互认系统（模拟），再来一句。",
            "Keep the company's data in the regional registry",
            "2.2 CA 证书绑定",
            "等待“当前状态”为「主体库已入库」",
        ] {
            for room in [6.0, 9.5, 14.0] {
                let broken = lines(text, room);
                assert_eq!(broken.concat().replace(' ', ""), text.replace(' ', ""));
                assert!(
                    broken.iter().all(|line| width(line) <= room + 1.0 && !line.starts_with(['，', '。', '）', '”'])),
                    "{broken:?}"
                );
            }
        }
    }

    #[test]
    fn words_stay_whole() {
        assert_eq!(lines("Bind the CA certificate", 8.0), ["Bind the CA", "certificate"]);
        assert_eq!(
            lines("to https://a.example/b", 5.0),
            ["to", "https://", "a.exampl", "e/b"],
            "unless one is wider than a line"
        );
        assert_eq!(lines("字字", 0.5), ["字", "字"]);
        assert_eq!(escaped("<a & \"b\">"), "&lt;a &amp; &quot;b&quot;&gt;");
    }
}
