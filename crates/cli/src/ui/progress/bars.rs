//! Bars on a terminal: one for the whole, and a line for each resource that is being changed.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use provision_config::Address;
use provision_reconciler::execute::Event;

use super::lines::{doing, last};
use crate::ui::Style;
use crate::ui::value::known;

/// How often the elapsed times are drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// The bars of one execution.
pub struct Bars {
    drawing: MultiProgress,
    whole: ProgressBar,
    running: Mutex<BTreeMap<Address, Running>>,
    style: Style,
}

/// The line of one resource.
struct Running {
    line: ProgressBar,
    steps: usize,
}

impl Bars {
    /// Bars for this many changes.
    pub fn new(drawing: MultiProgress, changes: usize, style: Style) -> Self {
        let whole = ProgressBar::new(u64::try_from(changes).unwrap_or(u64::MAX));
        whole.set_style(template("{bar:30.green} {pos}/{len}  {elapsed}", "━╸ ", style));
        let whole = drawing.add(whole);
        whole.enable_steady_tick(TICK);
        Self { drawing, whole, running: Mutex::default(), style }
    }

    /// Shows an event.
    pub fn show(&self, event: &Event) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { address, action, steps, resumed } => {
                // What goes on has its line already.
                let running =
                    running.entry(address.clone()).or_insert_with(|| Running { line: self.line(address), steps: 0 });
                running.steps = *steps;
                running.line.set_message(format!("{}…", doing(*action, *resumed)));
            }
            // The first step of a first run comes without a start: it is made before there is a lock.
            Event::Step { address, index, summary, .. } => {
                let running =
                    running.entry(address.clone()).or_insert_with(|| Running { line: self.line(address), steps: 0 });
                let step = match running.steps {
                    0 | 1 => String::new(),
                    // In front, where a narrow terminal does not cut it off.
                    steps => self.style.faint(&format!("{}/{steps} ", index + 1)),
                };
                running.line.set_message(format!("{step}{}", known(summary)));
            }
            Event::Note { address, text } => {
                if let Some(running) = running.get(address) {
                    running.line.set_message(known(text));
                }
            }
            Event::Finished { address, .. } | Event::Failed { address, .. } | Event::Skipped { address, .. } => {
                if let Some(running) = running.remove(address) {
                    running.line.finish_and_clear();
                    self.drawing.remove(&running.line);
                }
                self.whole.inc(1);
                if let Some(line) = last(event, self.style) {
                    // Whether it could be drawn makes no difference to the run.
                    let _ = self.drawing.println(line);
                }
            }
            Event::Recorded { .. } => {}
        }
    }

    /// Takes away all that is not finished.
    pub fn clear(&self) {
        for (_, running) in std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner)) {
            running.line.finish_and_clear();
        }
        self.whole.finish_and_clear();
        let _ = self.drawing.clear();
    }

    fn line(&self, address: &Address) -> ProgressBar {
        let line = ProgressBar::new_spinner();
        line.set_style(template("{spinner:.cyan} {prefix}  {wide_msg} {elapsed:>4}", "", self.style));
        line.set_prefix(self.style.strong(&address.to_string()));
        let line = self.drawing.insert_before(&self.whole, line);
        line.enable_steady_tick(TICK);
        line
    }
}

fn template(template: &str, characters: &str, style: Style) -> ProgressStyle {
    let plain;
    let template = if style.colour {
        template
    } else {
        plain = template.replace(".green", "").replace(":.cyan", "");
        &plain
    };
    // A template that does not parse is a mistake; then indicatif's own is good enough.
    let parsed = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    if characters.is_empty() { parsed } else { parsed.progress_chars(characters) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use indicatif::{InMemoryTerm, ProgressDrawTarget};
    use provision_reconciler::plan::Action;

    use super::*;
    use crate::ui::plan::samples;

    fn bars() -> (InMemoryTerm, Bars) {
        let terminal = InMemoryTerm::new(12, 100);
        let drawing =
            MultiProgress::with_draw_target(ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), 255));
        (terminal, Bars::new(drawing, 4, Style { colour: false, unicode: true }))
    }

    #[test]
    fn bars_show_what_runs_and_leave_what_is_finished() {
        let (terminal, bars) = bars();
        let events = samples::events();
        for event in events.iter().take(6) {
            bars.show(event);
        }
        let contents = terminal.contents();
        assert!(contents.contains("turn on versioning"), "{contents}");
        for event in events.iter().skip(6) {
            bars.show(event);
        }
        bars.clear();
        let contents = terminal.contents();
        assert!(contents.contains("✓ s3_bucket.data created"), "{contents}");
        assert!(contents.contains("✗ kinesis_stream.events"), "{contents}");
        assert!(!contents.contains("turn on versioning"), "{contents}");
    }

    /// The key of the state is made before there is a state, and completed with the rest.
    #[test]
    fn what_goes_on_keeps_its_line() {
        let (terminal, bars) = bars();
        let key = samples::address("kms_key.audit");
        for resumed in [false, true] {
            bars.show(&Event::Started { address: key.clone(), action: Action::Create, steps: 1, resumed });
        }
        let contents = terminal.contents();
        assert_eq!(contents.matches("kms_key.audit").count(), 1, "{contents}");
        assert!(contents.contains("completing…"), "{contents}");
        bars.show(&Event::Finished { address: key, action: Action::Create, took: Duration::ZERO });
        assert_eq!(bars.running.lock().unwrap().len(), 0);
    }
}
