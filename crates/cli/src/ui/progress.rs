//! What happens while a plan is carried out: bars on a terminal, plain lines elsewhere. On stderr.

mod bars;
mod lines;

use std::sync::Arc;

use provision_reconciler::execute::Event;
use provision_reconciler::plan::Plan;

use crate::ui::Printer;
use bars::Bars;

/// Shows an execution as it happens. What it has drawn is gone once it is dropped; finished lines stay.
pub struct Progress {
    listener: Arc<dyn Fn(Event) + Send + Sync>,
    bars: Option<Arc<Bars>>,
}

impl Progress {
    /// Begins to show the execution of a plan.
    pub fn start(printer: &Printer, plan: &Plan) -> Self {
        if printer.has_bars() {
            let bars = Arc::new(Bars::new(printer.drawing(), plan.changes.len(), printer.error_style()));
            let shown = Arc::clone(&bars);
            return Self { listener: Arc::new(move |event| shown.show(&event)), bars: Some(bars) };
        }
        let printer = *printer;
        let listener = move |event: Event| {
            if let Some(line) = lines::line(&event) {
                printer.note(&line);
            }
        };
        Self { listener: Arc::new(listener), bars: None }
    }

    /// Who is to be told of every event.
    pub fn listener(&self) -> Arc<dyn Fn(Event) + Send + Sync> {
        Arc::clone(&self.listener)
    }

    /// Takes away what is drawn.
    pub fn finish(self) {}
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bars) = &self.bars {
            bars.clear();
        }
    }
}
