//! Everything that a person sees, and its machine form: pure functions from data to text, and a thin printer.

pub mod applied;
pub mod confirm;
pub mod diagnostics;
pub mod drift;
pub mod errors;
pub mod graph;
pub mod json;
pub mod json_schema;
pub mod lock;
pub mod output;
pub mod plan;
mod printer;
pub mod progress;
pub mod recovery;
pub mod sandbox;
pub mod schedule;
pub mod schema;
pub mod state;
mod style;
pub mod table;
mod value;
pub mod verify;

pub use printer::Printer;
pub use style::Style;
