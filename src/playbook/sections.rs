//! The sections of the guide 《诚信库入库流程 操作手册》 V1.0 that a playbook may name. From the guide's own table of contents.

/// Number and title of every section, in the guide's order.
pub const SECTIONS: &[(&str, &str)] = &[
    ("流程图", "诚信库入库流程图"),
    ("1", "系统前期准备"),
    ("2.1.1", "门户网站登陆"),
    ("2.1.2", "新点检测工具(内蒙古互通版)进行登陆"),
    ("2.2", "CA 证书绑定"),
    ("2.3", "CA 证书解绑"),
    ("3.1", "自治区主体信息库激活"),
    ("3.2.1", "自治区主体库信息维护"),
    ("4.1", "呼和浩特市公共资源交易平台激活"),
    ("4.2.1", "登陆"),
    ("4.2.2", "同步诚信库"),
];

/// The edition these sections are of.
pub const EDITION: &str = "V1.0 2020-12-01";

/// The title of a section.
pub fn title(number: &str) -> Option<&'static str> {
    SECTIONS.iter().find(|(own, _)| *own == number).map(|(_, title)| *title)
}
