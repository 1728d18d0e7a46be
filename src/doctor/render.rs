//! The findings as a table for a terminal: state, what was checked, what was seen, and the remedy below it.

use super::{Finding, State};
use crate::base::{Lang, Message};

fn word(state: State) -> Message {
    match state {
        State::Ok => crate::say!("正常", "ok"),
        State::Unknown => crate::say!("不明", "unknown"),
        State::Warning => crate::say!("注意", "warning"),
        State::Failed => crate::say!("不通过", "FAILED"),
    }
}

/// The table in `lang`, each line with its end.
pub fn render(findings: &[Finding], lang: Lang) -> String {
    let zh = lang == Lang::Zh;
    let widest = findings.iter().map(|finding| width(finding.title.get(lang))).max().unwrap_or(0);
    let states = [State::Ok, State::Unknown, State::Warning, State::Failed];
    let first = states.iter().map(|state| width(word(*state).get(lang))).max().unwrap_or(0);
    let mut text = String::new();
    for finding in findings {
        let (state, title) = (word(finding.state), finding.title.get(lang));
        text.push_str(&format!("{}  {}  {}\n", padded(state.get(lang), first), padded(title, widest), finding.seen.get(lang)));
        if let Some(remedy) = &finding.remedy {
            let label = if zh { "→ " } else { "-> " };
            text.push_str(&format!("{}  {label}{}\n", " ".repeat(first), remedy.get(lang)));
        }
    }
    let count = |state: State| findings.iter().filter(|finding| finding.state == state).count();
    let counts: Vec<String> = states
        .iter()
        .filter(|state| count(**state) > 0)
        .map(|state| format!("{} {}", word(*state).get(lang), count(*state)))
        .collect();
    text.push_str(&if zh {
        format!("共检查 {} 项：{}。\n", findings.len(), counts.join("，"))
    } else {
        format!("{} checks: {}\n", findings.len(), counts.join(", "))
    });
    text
}

fn padded(text: &str, wide: usize) -> String {
    format!("{text}{}", " ".repeat(wide.saturating_sub(width(text))))
}

/// Columns on a terminal: Chinese characters take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{20000}'..='\u{3fffd}') { 2 } else { 1 }).sum()
}
