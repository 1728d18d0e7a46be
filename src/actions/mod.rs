//! Floor 3: one file per leaf verb, and one list.
//!
//! An action knows its shape in YAML, its words, its risk, what must be checked before a run, and how it is carried out.
//! Never knows about playbooks, control flow, the journal's order or the once gate: those are the loop's.

use serde::Deserialize;

use crate::base::{Fault, Message};
use crate::browser::page::Purpose;

pub mod condition;
pub mod fields;
pub mod place;
pub mod sight;
pub mod site;
pub mod stage;

mod cell;
pub(crate) mod check_holder;
mod choose;
mod click;
pub(crate) mod collect;
mod compare;
mod confirm;
mod date;
mod dialog;
pub(crate) mod doctor;
mod enter_pin;
mod expect;
mod fill;
mod fresh;
mod insert_lock;
mod milestone;
mod open;
mod person;
mod press;
pub(crate) mod read;
mod receipt;
mod seal;
mod tick;
mod upload;
mod window;

pub use condition::Condition;
pub use place::{Bilingual, LongPlace, Place, Words};
pub use stage::Stage;

/// What an action may do to the world, as the site profile may allow or forbid it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Looks and waits.
    Look,
    /// Changes the page, nothing that lasts.
    Change,
    /// Presses something: may be irreversible, so words of the site profile can make it a once-step.
    Press,
    /// Asks the person to do something.
    Person,
}

/// Receives everything inside an action that can be checked before the run.
pub trait Inspect {
    /// A text with `{{ }}` in it.
    fn words(&mut self, words: &Words);
    /// The name of a site of the site profile.
    fn site(&mut self, name: &Words);
    /// The name of a text list of the site profile (`bind.success`).
    fn site_text(&mut self, name: &Words);
    /// A target as a whole, before its texts.
    fn target(&mut self, _place: &place::LongPlace) {}
    /// A condition as a whole, before its parts.
    fn condition(&mut self, _seen: &condition::Seen) {}
}

/// One leaf verb.
pub trait Action: for<'de> Deserialize<'de> + schemars::JsonSchema {
    /// The key in YAML.
    const WORD: &'static str;
    /// What the manual says: Chinese, English.
    const DOC: (&'static str, &'static str);
    /// What it may do.
    const RISK: Risk;

    /// The step in words, with templates as they stand.
    fn title(&self) -> Message;
    /// Shows everything checkable to `inspect`.
    fn inspect(&self, inspect: &mut dyn Inspect);
    /// What it presses first, for whoever shows it beforehand; `true` when the place in its short form is a field's label.
    fn points_at(&self) -> Option<(LongPlace, bool)> {
        None
    }
    /// Where it enters something, or the person does.
    fn enters(&self) -> Vec<Entered> {
        Vec::new()
    }
    /// Carries it out on `stage`.
    fn run(&self, stage: &mut Stage<'_>) -> impl Future<Output = Result<(), Fault>>;
}

/// Where something is entered, for whoever shows it.
#[derive(Debug, Clone)]
pub enum Entered {
    /// A field, and what kind it is.
    Field(Box<LongPlace>, Purpose),
    /// A cell of a grid.
    Cell {
        /// A text in its row, or the number of the row.
        row: Words,
        /// The heading of its column.
        column: Words,
    },
}

macro_rules! actions {
    ($($module:ident :: $kind:ident),+ $(,)?) => {
        /// Every action, as read from YAML.
        #[derive(Debug, Clone)]
        pub enum Act { $(
            #[doc = concat!("See `actions::", stringify!($module), "`.")]
            $kind(Box<$module::$kind>)
        ),+ }

        /// The words of all actions, in the order of the manual.
        pub const WORDS: &[&str] = &[$(<$module::$kind as Action>::WORD),+];

        impl Act {
            /// Reads the action called `word` from its YAML value; none when there is no such action.
            pub fn read<'de, D: serde::Deserializer<'de>>(word: &str, value: D) -> Option<Result<Act, D::Error>> {
                $(if word == <$module::$kind as Action>::WORD {
                    return Some(<$module::$kind as Deserialize>::deserialize(value).map(|act| Act::$kind(Box::new(act))));
                })+
                None
            }

            /// Word and documentation (zh, en) of every action, in the order of the manual.
            pub fn words() -> &'static [(&'static str, (&'static str, &'static str))] {
                &[$((<$module::$kind as Action>::WORD, <$module::$kind as Action>::DOC)),+]
            }

            /// The key in YAML.
            pub fn word(&self) -> &'static str {
                match self { $(Act::$kind(_) => <$module::$kind as Action>::WORD),+ }
            }

            /// What it may do.
            pub fn risk(&self) -> Risk {
                match self { $(Act::$kind(_) => <$module::$kind as Action>::RISK),+ }
            }

            /// The step in words, with templates as they stand.
            pub fn title(&self) -> Message {
                match self { $(Act::$kind(action) => action.title()),+ }
            }

            /// Shows everything checkable to `inspect`.
            pub fn inspect(&self, inspect: &mut dyn Inspect) {
                match self { $(Act::$kind(action) => action.inspect(inspect)),+ }
            }

            /// What it presses first; `true` when the place in its short form is a field's label.
            pub fn points_at(&self) -> Option<(LongPlace, bool)> {
                match self { $(Act::$kind(action) => action.points_at()),+ }
            }

            /// Where it enters something, or the person does.
            pub fn enters(&self) -> Vec<Entered> {
                match self { $(Act::$kind(action) => action.enters()),+ }
            }

            /// Carries it out on `stage`.
            pub async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
                match self { $(Act::$kind(action) => action.run(stage).await),+ }
            }

            /// Word, documentation (zh, en) and JSON Schema of every action, for the manual and the schema.
            pub fn catalogue(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, (&'static str, &'static str), schemars::Schema)> {
                vec![$((<$module::$kind as Action>::WORD, <$module::$kind as Action>::DOC, generator.subschema_for::<$module::$kind>())),+]
            }
        }
    };
}

actions! {
    open::Open,
    click::Click,
    window::Window,
    fill::Fill,
    choose::Choose,
    date::Date,
    cell::Cell,
    tick::Tick,
    upload::Upload,
    dialog::Dialog,
    read::Read,
    expect::Expect,
    insert_lock::InsertLock,
    check_holder::CheckHolder,
    enter_pin::EnterPin,
    seal::Seal,
    confirm::Confirm,
    person::Person,
    collect::Collect,
    compare::Compare,
    receipt::Receipt,
    milestone::Milestone,
    doctor::Doctor,
}
