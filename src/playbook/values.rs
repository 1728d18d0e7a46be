//! The file of inputs: names and values as a person wrote them. Every value stays text, so that no digit is lost.

use std::collections::BTreeMap;

use super::guess;
use crate::base::{Diagnostic, Source, tree};

/// Reads a file of inputs, `name: value`. Faults name the place; the rendering shows that line, which the person wrote.
pub fn read_inputs(source_name: &str, bytes: &[u8]) -> (BTreeMap<String, String>, Vec<Diagnostic>, Source) {
    let reading = tree::read::<BTreeMap<String, String>>(source_name, bytes, guess::guess);
    (reading.value.unwrap_or_default(), reading.diagnostics, reading.source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_survive() {
        let (inputs, faults, _) =
            read_inputs("inputs.yaml", "手机号: 13900000000\n身份证号: 11010519491231002X\n编号: 007\n".as_bytes());
        assert!(faults.is_empty());
        assert_eq!((inputs["手机号"].as_str(), inputs["编号"].as_str()), ("13900000000", "007"));
    }

    #[test]
    fn a_wrong_line_does_not_take_the_others_along() {
        let (inputs, faults, _) = read_inputs("inputs.yaml", "姓名: [甲]\n手机号: 1\n".as_bytes());
        assert_eq!((inputs.len(), faults.len()), (1, 1));
    }
}
