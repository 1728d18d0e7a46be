//! Templates of the pages, compiled in.
//!
//! Never shows a value unescaped: every template is HTML and the engine escapes by itself.

use minijinja::Environment;
use minijinja::value::{Serde, Value};

use crate::base::{Fault, FaultKind};

/// Templates by name, those of the later portals beside their own code.
type Templates = &'static [(&'static str, &'static str)];

const TEMPLATES: [Templates; 4] = [COMMON, super::ca_auth::PAGES, super::registry::PAGES, super::member::PAGES];

const COMMON: Templates = &[
    ("head.html", include_str!("pages/head.html")),
    ("error.html", include_str!("pages/error.html")),
    ("admin.html", include_str!("pages/admin.html")),
    ("mini.html", include_str!("pages/mini.html")),
    ("hohhot/base.html", include_str!("pages/hohhot/base.html")),
    ("hohhot/home.html", include_str!("pages/hohhot/home.html")),
    ("hohhot/list.html", include_str!("pages/hohhot/list.html")),
    ("hohhot/article.html", include_str!("pages/hohhot/article.html")),
    ("hohhot/search.html", include_str!("pages/hohhot/search.html")),
    ("hohhot/closed.html", include_str!("pages/hohhot/closed.html")),
    ("ca/base.html", include_str!("pages/ca/base.html")),
    ("ca/home.html", include_str!("pages/ca/home.html")),
    ("ca/bind.html", include_str!("pages/ca/bind.html")),
    ("ca/unbind.html", include_str!("pages/ca/unbind.html")),
    ("ca/closed.html", include_str!("pages/ca/closed.html")),
];

/// The compiled templates.
pub(crate) struct Pages(Environment<'static>);

impl Pages {
    pub(crate) fn compiled() -> Result<Pages, Fault> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        for &(name, source) in TEMPLATES.into_iter().flatten() {
            environment.add_template(name, source).map_err(|error| {
                Fault::new(FaultKind::Setup, crate::say!("页面模板 {name} 有误：{error:#}", "page template {name}: {error:#}"))
            })?;
        }
        Ok(Pages(environment))
    }

    pub(crate) fn render(&self, name: &str, values: serde_json::Value) -> Result<String, minijinja::Error> {
        self.0.get_template(name)?.render(Value::from(Serde(&values)))
    }
}

/// The time zone the portals' dates are in: China's, which has had no summer time since 1991.
pub(crate) fn zone() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::fixed(jiff::tz::offset(8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        let pages = Pages::compiled().unwrap();
        let html = pages.render("error.html", serde_json::json!({"title": "<b>", "words": "x", "status": 404})).unwrap();
        assert!(html.contains("&lt;b&gt;") && !html.contains("<b>"));
        assert!(html.contains("模拟平台"), "every page carries the watermark's words");
    }
}
