//! What every command is given beside its own arguments.

use crate::arguments::GlobalArguments;
use crate::ui::Printer;

/// What every command is given beside its own arguments.
pub struct Context {
    /// The options that go for every command.
    pub global: GlobalArguments,
    /// The way to the person.
    pub printer: Printer,
}

impl Context {
    /// The context of a run with these options.
    pub fn new(global: GlobalArguments) -> Self {
        let printer = Printer::new(&global);
        Self { global, printer }
    }

    /// Whether plans and the like are to be shown in full.
    pub fn verbose(&self) -> bool {
        self.global.verbose > 0
    }
}
