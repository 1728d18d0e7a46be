//! What the bureau's site has to read. All of it invented for practice.
//!
//! Never names a real project, price, person or phone number besides the one printed in the guide.

use serde::Serialize;

/// Sections of the site: path and name, in the order of the navigation.
pub(crate) const SECTIONS: [(&str, &str); 6] = [
    ("affairs", "政务公开"),
    ("notices", "通知公告"),
    ("trades", "交易信息"),
    ("policies", "政策法规"),
    ("guides", "办事指南"),
    ("downloads", "下载中心"),
];

/// The name of a section.
pub(crate) fn section(path: &str) -> Option<&'static str> {
    SECTIONS.iter().find(|(known, _)| *known == path).map(|(_, name)| *name)
}

/// One article.
#[derive(Debug, Serialize)]
pub(crate) struct Article {
    pub(crate) id: u16,
    pub(crate) section: &'static str,
    pub(crate) title: &'static str,
    pub(crate) date: &'static str,
    #[serde(skip)]
    body: &'static [&'static str],
}

impl Article {
    /// Its text; articles without one of their own get their section's.
    pub(crate) fn paragraphs(&self) -> &'static [&'static str] {
        if !self.body.is_empty() {
            return self.body;
        }
        match self.section {
            "trades" => &[
                "本项目已具备交易条件，现面向社会公开发布。项目名称、编号及地点均为模拟平台虚构内容，仅供操作演练使用。",
                "有意参加的市场主体，应先办理 CA 证书并完成主体信息入库，凭 CA 锁登陆交易平台获取交易文件。",
                "逾期未按要求获取交易文件的，不得参加本项目。公告期限为自发布之日起五个工作日。",
            ],
            "downloads" => &["模拟平台不提供安装程序下载。实际办理时，请在交易平台正式网站下载，并核对发布单位与数字签名。"],
            _ => &[
                "各市场主体、各有关单位：",
                "为进一步优化营商环境，规范公共资源交易行为，现将有关事项予以公布，请遵照执行。",
                "执行过程中如遇问题，请及时与平台服务人员联系。本文为模拟平台虚构内容，仅供操作演练使用。",
            ],
        }
    }
}

const fn article(id: u16, section: &'static str, date: &'static str, title: &'static str) -> Article {
    Article { id, section, title, date, body: &[] }
}

/// All articles, newest first within a section.
pub(crate) const ARTICLES: [Article; 40] = [
    Article {
        id: 1201,
        section: "notices",
        date: "2020-12-01",
        title: "关于启用新版公共资源交易平台并开展诚信库入库工作的通知",
        body: &[
            "各市场主体：",
            "新版公共资源交易平台现已启用。各市场主体应先在内蒙古公共资源交易平台 CA 互认系统完成 CA 证书绑定，再激活自治区公共资源交易主体信息库，\
             最后登陆呼和浩特市公共资源交易平台同步诚信信息。",
            "入口：本网站首页右上方“统一登陆”，选择“互认平台”。办理前请准备好已办理的 CA 锁，并安装驱动程序。",
            "咨询电话：400-998-0000。",
        ],
    },
    article(1202, "notices", "2020-11-27", "关于 CA 数字证书跨平台互认有关事项的公告"),
    article(1203, "notices", "2020-11-20", "关于规范电子投标文件制作与上传的通知"),
    article(1204, "notices", "2020-11-16", "关于交易系统夜间例行维护的公告"),
    article(1205, "notices", "2020-11-09", "关于进一步做好开标场所疫情防控工作的通知"),
    article(1206, "notices", "2020-10-30", "关于公开征求《公共资源交易主体信用管理办法》意见的公告"),
    article(1207, "notices", "2020-10-22", "关于开展评标专家信息核验工作的通知"),
    article(1208, "notices", "2020-10-15", "关于调整投标保证金缴纳方式的通知"),
    article(1301, "affairs", "2020-11-30", "公共资源交易“一网通办”改革推进会召开"),
    article(1302, "affairs", "2020-11-24", "远程异地评标常态化运行情况通报"),
    article(1303, "affairs", "2020-11-18", "2020 年第三季度交易运行情况分析"),
    article(1304, "affairs", "2020-11-11", "优化营商环境专题培训班举办"),
    article(1305, "affairs", "2020-11-03", "不见面开标大厅上线试运行"),
    article(1306, "affairs", "2020-10-26", "公共资源交易目录调整说明"),
    article(1401, "trades", "2020-12-01", "敕勒川演练小学教学楼新建工程招标公告"),
    article(1402, "trades", "2020-12-01", "白塔示例园区供热管网改造项目招标公告"),
    article(1403, "trades", "2020-11-30", "云中模拟医院医疗设备采购项目公开招标公告"),
    article(1404, "trades", "2020-11-30", "哈素海演示湿地保护工程中标候选人公示"),
    article(1405, "trades", "2020-11-27", "大黑河虚拟路段绿化养护服务竞争性磋商公告"),
    article(1406, "trades", "2020-11-26", "青城样例产业园国有建设用地使用权挂牌出让公告"),
    article(1407, "trades", "2020-11-25", "盛乐演练开发区污水处理设备更新项目变更公告"),
    article(1408, "trades", "2020-11-24", "武川示例牧场资产租赁项目交易结果公告"),
    article(1501, "policies", "2020-11-19", "公共资源交易平台服务标准（摘要）"),
    article(1502, "policies", "2020-10-28", "电子招标投标办法解读"),
    article(1503, "policies", "2020-10-12", "公共资源交易主体信用信息管理办法"),
    article(1504, "policies", "2020-09-21", "电子签名与数据电文使用规定问答"),
    article(1505, "policies", "2020-09-08", "工程建设项目招标范围和规模标准说明"),
    article(1506, "policies", "2020-08-31", "政府采购促进中小企业发展政策问答"),
    Article {
        id: 1601,
        section: "guides",
        date: "2020-12-01",
        title: "诚信库入库流程说明",
        body: &[
            "一、系统前期准备：按《交易平台-系统配置操作手册》配置电脑，安装驱动程序。",
            "二、在内蒙古公共资源交易平台 CA 互认系统绑定 CA 证书。",
            "三、激活并维护自治区公共资源交易主体信息库，待审核结果。",
            "四、登陆呼和浩特市公共资源交易平台，完成承诺书签章并同步诚信信息。",
        ],
    },
    article(1602, "guides", "2020-11-26", "CA 证书办理指南"),
    article(1603, "guides", "2020-11-12", "市场主体注册常见问题"),
    article(1604, "guides", "2020-10-29", "投标保证金缴纳与退还指南"),
    article(1605, "guides", "2020-10-19", "场地预约办理流程"),
    article(1606, "guides", "2020-09-28", "异议与投诉办理指南"),
    article(1701, "downloads", "2020-12-01", "诚信库入库流程操作手册（V1.0）"),
    article(1702, "downloads", "2020-11-25", "CA 驱动工具（内蒙古互通版）"),
    article(1703, "downloads", "2020-11-10", "投标文件制作软件"),
    article(1704, "downloads", "2020-10-27", "交易平台系统配置操作手册"),
    article(1705, "downloads", "2020-10-16", "电子件扫描与命名规范"),
    article(1706, "downloads", "2020-09-25", "评标专家入库申请表"),
];
