//! Giving a report in the forms that were asked for: printed, and into files.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::arguments::{ReportArguments, ReportFormat};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::json;

/// A report with what this program adds to its forms.
pub trait Report: provision_report::Report {
    /// Its document for machines.
    type Document: Serialize;
    /// Whether everything that could be looked at is as it should be.
    fn is_good(&self) -> bool;
    /// For people, on a terminal.
    fn text(&self, context: &Context) -> String;
    /// For machines.
    fn document(&self) -> Self::Document;
}

/// What is printed, and what is written where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forms {
    printed: ReportFormat,
    files: Vec<(PathBuf, ReportFormat)>,
}

impl Forms {
    /// What the arguments ask for. To be made before anything is looked at.
    ///
    /// # Errors
    /// If they contradict each other, or a file's name does not say what it is to be.
    pub fn new(arguments: &ReportArguments, is_json: bool) -> Result<Self, Failure> {
        let ReportArguments { format, out } = arguments;
        let (printed, for_file) = match (format, out.as_slice()) {
            (Some(ReportFormat::Json) | None, _) if is_json => (ReportFormat::Json, None),
            (Some(_), []) if is_json => {
                return Err(invalid("--json and --format both say what stdout is to be".to_owned())
                    .hint("leave one of them out, or say with --out where the report goes"));
            }
            (Some(format), []) => (*format, None),
            (Some(_), [_, _, ..]) => {
                return Err(invalid("--format cannot say what several files are to be".to_owned())
                    .hint("leave it out: the names of the files say it"));
            }
            (format, _) => (ReportFormat::Text, *format),
        };
        let printed = if is_json { ReportFormat::Json } else { printed };
        let files = out.iter().map(|path| {
            let format = for_file.or(by_extension(path)).ok_or_else(|| {
                invalid(format!("{} does not say what the report is to be", path.display()))
                    .hint("name it .html, .md, .xml or .json, or say --format html, markdown, junit or json")
            })?;
            Ok((path.clone(), format))
        });
        Ok(Self { printed, files: files.collect::<Result<_, Failure>>()? })
    }

    /// Gives the report.
    ///
    /// # Errors
    /// If a file cannot be written; what was to be printed is printed all the same.
    pub fn give(&self, report: &impl Report, context: &Context) -> Result<(), Failure> {
        match self.printed {
            ReportFormat::Text => context.printer.text(&report.text(context)),
            ReportFormat::Json => context.printer.document(&report.document()),
            other => context.printer.raw(&text_of(report, other, context)),
        }
        let mut failures = Vec::new();
        for (path, format) in &self.files {
            let text = text_of(report, *format, context);
            match fs::write(path, text) {
                Ok(()) => context.printer.note(&format!("Written to {}.", path.display())),
                Err(error) => failures.push(Failure::io("write", path, &error)),
            }
        }
        Failure::all(failures).map_or(Ok(()), Err)
    }
}

fn text_of(report: &impl Report, format: ReportFormat, context: &Context) -> String {
    match format {
        ReportFormat::Text => report.text(context),
        ReportFormat::Json => json::to_string(&report.document()),
        ReportFormat::Markdown => report.markdown(),
        ReportFormat::Html => report.html(),
        ReportFormat::Junit => report.junit(),
    }
}

fn by_extension(path: &Path) -> Option<ReportFormat> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "html" | "htm" => Some(ReportFormat::Html),
        "md" | "markdown" => Some(ReportFormat::Markdown),
        "xml" => Some(ReportFormat::Junit),
        "json" => Some(ReportFormat::Json),
        "txt" => Some(ReportFormat::Text),
        _ => None,
    }
}

fn invalid(message: String) -> Failure {
    Failure::new(message).code("arguments").exit_with(Exit::INVALID)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn forms(format: Option<ReportFormat>, out: &[&str], is_json: bool) -> Result<Forms, String> {
        let out = out.iter().map(PathBuf::from).collect();
        Forms::new(&ReportArguments { format, out }, is_json).map_err(|failure| failure.to_string())
    }

    #[test]
    fn what_is_printed_and_what_is_written_where() {
        use ReportFormat::{Html, Json, Junit, Markdown, Text};
        let files = |forms: Result<Forms, String>| {
            let forms = forms.unwrap();
            (forms.printed, forms.files.into_iter().map(|(_, format)| format).collect::<Vec<_>>())
        };
        assert_eq!(files(forms(None, &[], false)), (Text, vec![]));
        assert_eq!(files(forms(None, &[], true)), (Json, vec![]));
        assert_eq!(files(forms(Some(Markdown), &[], false)), (Markdown, vec![]));
        assert_eq!(files(forms(None, &["a.html", "b.XML", "c.md"], false)), (Text, vec![Html, Junit, Markdown]));
        assert_eq!(files(forms(None, &["a.html"], true)), (Json, vec![Html]));
        // The name of a step summary says nothing.
        assert_eq!(files(forms(Some(Markdown), &["step_summary_0"], false)), (Text, vec![Markdown]));
        assert_eq!(files(forms(Some(Html), &["a"], true)), (Json, vec![Html]));
        for (refused, why) in [
            (forms(Some(Html), &[], true), "--json and --format"),
            (forms(Some(Html), &["a", "b"], false), "several files"),
            (forms(None, &["report"], false), "does not say"),
        ] {
            assert!(refused.clone().unwrap_err().contains(why), "{refused:?}");
        }
    }
}
