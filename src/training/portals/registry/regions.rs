//! Regions that the form offers: 省 / 市 / 区县.
//!
//! Never the whole country: enough to choose wrongly.

/// Cities with their districts.
type Cities = &'static [(&'static str, &'static [&'static str])];

const TREE: &[(&str, Cities)] = &[
    (
        "内蒙古自治区",
        &[
            ("呼和浩特市", &["新城区", "回民区", "玉泉区", "赛罕区", "土默特左旗", "托克托县"]),
            ("包头市", &["昆都仑区", "青山区", "东河区"]),
            ("鄂尔多斯市", &["东胜区", "康巴什区"]),
            ("赤峰市", &["红山区", "新城区"]),
        ],
    ),
    ("北京市", &[("市辖区", &["东城区", "西城区", "海淀区"])]),
    ("山西省", &[("大同市", &["平城区", "云冈区"]), ("太原市", &["小店区", "迎泽区"])]),
];

/// What can be chosen below `path`, which is empty, a province, or `province / city`.
pub(super) fn below(path: &str) -> Vec<&'static str> {
    let mut levels = path.split(" / ").map(str::trim).filter(|level| !level.is_empty());
    let Some(province) = levels.next() else { return TREE.iter().map(|(name, _)| *name).collect() };
    let cities = TREE.iter().find(|(name, _)| *name == province).map_or(&[][..], |(_, cities)| cities);
    match (levels.next(), levels.next()) {
        (None, _) => cities.iter().map(|(name, _)| *name).collect(),
        (Some(city), None) => cities.iter().find(|(name, _)| *name == city).map_or(Vec::new(), |(_, areas)| areas.to_vec()),
        _ => Vec::new(),
    }
}

/// Whether `path` is a region down to its last level.
pub(super) fn exists(path: &str) -> bool {
    path.rsplit_once(" / ").is_some_and(|(upper, last)| upper.contains(" / ") && below(upper).contains(&last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_three_levels() {
        assert!(exists("内蒙古自治区 / 呼和浩特市 / 新城区"));
        assert!(!exists("内蒙古自治区 / 呼和浩特市") && !exists("内蒙古自治区 / 北京市 / 新城区") && !exists(""));
        assert_eq!(below("北京市"), ["市辖区"]);
    }
}
