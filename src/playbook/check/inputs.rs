//! The inputs that a playbook declares: their names, what can be chosen for them, and whether they are used.

use super::super::input::{Input, InputType, Inputs};
use super::super::model::Playbook;
use super::super::node::{Work, walk};
use super::{Check, template};
use crate::actions::Words;
use crate::say;

impl Check<'_> {
    pub(super) fn inputs(&mut self, inputs: &Inputs) {
        for (name, input) in inputs {
            self.input_name(name);
            self.choices(name, input);
        }
    }

    fn input_name(&mut self, name: &Words) {
        let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_numeric());
        if !plain || template::RESERVED.contains(&name.as_str()) {
            self.error(
                "input-name",
                say!("「{}」不能作资料名。", "“{}” cannot be the name of an input", name.value),
                &name.span,
                say!(
                    "只用汉字、字母、数字和下划线，不以数字开头，也不用 {}。",
                    "use Chinese characters, letters, digits and underscores, no digit first, and none of {}",
                    template::RESERVED.join(" ")
                ),
            );
        }
    }

    fn choices(&mut self, name: &Words, input: &Input) {
        let name = &name.value;
        if let Some(first) = input.choices.first()
            && !matches!(input.kind, InputType::Choice | InputType::Date)
        {
            self.error(
                "choices-of-no-choice",
                say!("「{name}」写了 choices，类型却不是 choice 或 date。", "“{name}” has choices, but is no choice and no date"),
                &first.span,
                say!("改成 type: choice，或删去 choices。", "write type: choice, or remove the choices"),
            );
        }
        for (at, choice) in input.choices.iter().enumerate() {
            let again = input.choices[..at].iter().any(|before| before.value == choice.value);
            if again || choice.trim().is_empty() {
                self.error(
                    "wrong-choice",
                    say!(
                        "「{name}」的 choices 里有空的或重复的一项。",
                        "the choices of “{name}” have one that is empty or there twice"
                    ),
                    &choice.span,
                    say!("写上列表中的原文，或删去。", "write the words of the list, or remove it"),
                );
            }
        }
    }

    pub(super) fn unused(&mut self, playbook: &Playbook) {
        let mut acts = false;
        walk(&playbook.steps, &mut |node| acts |= matches!(&node.work, Work::Step(step) if step.once.is_some()));
        for (name, input) in &playbook.inputs {
            // An identity number tells irreversible acts of different people apart, whether or not it is typed anywhere.
            let names_the_subject = acts && input.kind == InputType::CnId;
            if !self.used.contains(&name.value) && !names_the_subject {
                self.warning(
                    "unused-input",
                    say!("资料「{}」没有用到。", "the input “{}” is not used", name.value),
                    &name.span,
                    say!("删去，或在步骤里写 {{{{ {} }}}}。", "remove it, or write {{{{ {} }}}} in a step", name.value),
                );
            }
        }
    }
}
