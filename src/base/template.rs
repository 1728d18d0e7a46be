//! Values in playbooks: `{{ 姓名 }}` and conditions, by minijinja.
//!
//! Data is never compiled as a template: only text that stands in a playbook or site profile is.

use std::collections::BTreeSet;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::text::Lang;

/// A template fault: what is wrong and where in the template (byte range), if known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFault {
    /// The engine's own words, English.
    pub detail: String,
    /// Byte range inside the template.
    pub range: Option<std::ops::Range<usize>>,
}

impl From<minijinja::Error> for TemplateFault {
    fn from(error: minijinja::Error) -> TemplateFault {
        TemplateFault { detail: error.detail().unwrap_or(&error.kind().to_string()).to_owned(), range: error.range() }
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // A playbook may come from a stranger: a loop must end.
    environment.set_fuel(Some(20_000));
    environment
}

/// The top-level names a template reads, or its syntax fault.
pub fn names(template: &str) -> Result<BTreeSet<String>, TemplateFault> {
    let environment = environment();
    let compiled = environment.template_from_str(template)?;
    Ok(compiled.undeclared_variables(false).into_iter().collect())
}

/// The names with their dotted paths (`lock.serial`) that a template reads, or its syntax fault.
pub fn paths(template: &str) -> Result<BTreeSet<String>, TemplateFault> {
    let environment = environment();
    let compiled = environment.template_from_str(template)?;
    Ok(compiled.undeclared_variables(true).into_iter().collect())
}

/// The same for an expression (`when:`).
pub fn expression_paths(expression: &str) -> Result<BTreeSet<String>, TemplateFault> {
    let environment = environment();
    let compiled = environment.compile_expression(expression)?;
    Ok(compiled.undeclared_variables(true).into_iter().collect())
}

/// The top-level names an expression (`when:`) reads, or its syntax fault.
pub fn expression_names(expression: &str) -> Result<BTreeSet<String>, TemplateFault> {
    let environment = environment();
    let compiled = environment.compile_expression(expression)?;
    Ok(compiled.undeclared_variables(false).into_iter().collect())
}

/// Renders a template with `values`; a missing value is a fault, never an empty string.
pub fn render(template: &str, values: &serde_json::Value) -> Result<String, TemplateFault> {
    if !template.contains("{{") && !template.contains("{%") {
        return Ok(template.to_owned());
    }
    Ok(environment().render_str(template, minijinja::value::Value::from(minijinja::value::Serde(values)))?)
}

/// Renders an HTML page of the program's own: everything is escaped but what the template calls `safe`, `t(zh, en)` says it in `lang`, and
/// `tag` is the language's name for HTML.
pub fn page(template: &str, lang: Lang, values: &impl Serialize) -> Result<String, TemplateFault> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?);
    environment.add_function("t", move |zh: String, en: String| if lang == Lang::Zh { zh } else { en });
    environment.add_global("tag", lang.tag());
    Ok(environment.template_from_str(template)?.render(minijinja::value::Value::from(minijinja::value::Serde(values)))?)
}

/// Whether an expression holds for `values`.
pub fn holds(expression: &str, values: &serde_json::Value) -> Result<bool, TemplateFault> {
    let environment = environment();
    let compiled = environment.compile_expression(expression)?;
    Ok(compiled.eval(minijinja::value::Value::from(minijinja::value::Serde(values)))?.is_true())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_names_work_and_missing_ones_are_faults() {
        let values = serde_json::json!({"企业": {"名称": "青城试验公司"}});
        assert_eq!(render("{{ 企业.名称 }}。", &values).unwrap(), "青城试验公司。");
        assert!(render("{{ 姓名 }}", &values).is_err());
        assert_eq!(names("{{ 姓名 }}{{ 手机号 }}").unwrap().len(), 2);
        assert!(holds("企业.名称 == '青城试验公司'", &values).unwrap());
    }

    #[test]
    fn data_is_never_a_template() {
        let values = serde_json::json!({"姓名": "{{ 1 + 1 }}"});
        assert_eq!(render("{{ 姓名 }}", &values).unwrap(), "{{ 1 + 1 }}");
    }

    #[test]
    fn an_endless_loop_runs_out_of_fuel() {
        assert!(
            render("{% for i in range(10000) %}{% for j in range(10000) %}x{% endfor %}{% endfor %}", &serde_json::json!({}))
                .is_err()
        );
    }
}
