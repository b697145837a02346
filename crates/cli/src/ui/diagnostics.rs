//! What is wrong with an environment file: each mistake with its line, what was meant by it, and how to mend it.

use std::collections::BTreeSet;
use std::fmt::{self, Display};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use provision_config::{Diagnostic, Diagnostics};

use crate::ui::value::known_lines;
use crate::ui::{Style, errors};

/// How wide the explanations may get.
const WIDTH: usize = 110;

/// Every mistake, and how many there are.
pub fn render(diagnostics: &Diagnostics, style: Style) -> String {
    let theme = match (style.unicode, style.colour) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, _) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(WIDTH);
    let mut text = String::new();
    for diagnostic in &diagnostics.0 {
        if diagnostic.location.is_none() {
            text.push_str(&errors::problem(&diagnostic.message, diagnostic.help.as_deref(), style));
            continue;
        }
        let report = Report::new(diagnostic);
        if handler.render_report(&mut text, &report).is_err() {
            text.push_str(&format!("{}\n", diagnostic.message));
        }
        text.push('\n');
    }
    if diagnostics.0.iter().any(|diagnostic| diagnostic.location.is_some()) {
        text.push_str(&style.bad(&count(diagnostics)));
        text.push('\n');
    }
    text
}

/// `3 errors in environments/dev.toml and environments/base.toml`.
fn count(diagnostics: &Diagnostics) -> String {
    let files: BTreeSet<String> = diagnostics
        .0
        .iter()
        .filter_map(|diagnostic| diagnostic.location.as_ref())
        .map(|location| location.path.display().to_string())
        .collect();
    let errors = match diagnostics.0.len() {
        1 => "1 error".to_owned(),
        count => format!("{count} errors"),
    };
    format!("{errors} in {}", files.into_iter().collect::<Vec<_>>().join(" and "))
}

/// A diagnostic as miette wants it.
#[derive(Debug)]
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    message: String,
    source: Option<NamedSource<String>>,
}

impl<'a> Report<'a> {
    fn new(diagnostic: &'a Diagnostic) -> Self {
        let source = diagnostic.location.as_ref();
        let source =
            source.map(|location| NamedSource::new(location.path.display().to_string(), location.text.to_string()));
        Self { diagnostic, message: known_lines(&diagnostic.message), source }
    }
}

impl Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code(&self) -> Option<Box<dyn Display + '_>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn help(&self) -> Option<Box<dyn Display + '_>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(known_lines(help)) as Box<dyn Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let location = self.diagnostic.location.as_ref()?;
        let span = LabeledSpan::new_with_span(self.diagnostic.label.clone(), location.span.clone());
        Some(Box::new(std::iter::once(span)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use provision_config::Location;

    use super::*;

    fn sample() -> Diagnostics {
        let text: Arc<str> =
            "[s3_bucket.data]\nbukket = \"acme\"\n\n[kms_key.s3]\nrotation_period_in_days = 5\n".into();
        let at = |span| Some(Location { path: "environments/dev.toml".into(), text: Arc::clone(&text), span });
        Diagnostics(vec![
            Diagnostic {
                code: "config::unknown_field",
                message: "`s3_bucket` has no field `bukket`".to_owned(),
                location: at(17..23),
                label: Some("not a field of s3_bucket".to_owned()),
                help: Some("did you mean `bucket`?".to_owned()),
            },
            Diagnostic {
                code: "config::value",
                message: "5 is too small".to_owned(),
                location: at(72..73),
                label: None,
                help: Some("expected a whole number from 90 to 2560".to_owned()),
            },
        ])
    }

    #[test]
    fn mistakes_are_shown_in_their_lines() {
        insta::assert_snapshot!("mistakes_plain", render(&sample(), Style::PLAIN));
        insta::assert_snapshot!("mistakes_rich", render(&sample(), Style::RICH).replace('\u{1b}', "^"));
    }

    #[test]
    fn a_mistake_without_a_file_is_shown_too() {
        let mut diagnostics = sample();
        diagnostics.0.truncate(1);
        diagnostics.0[0].location = None;
        insta::assert_snapshot!(render(&diagnostics, Style::PLAIN), @r"
        error: `s3_bucket` has no field `bukket`
         hint: did you mean `bucket`?
        ");
    }
}
