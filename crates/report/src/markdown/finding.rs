//! A finding.

use provision_config::shown::safe;
use provision_reconciler::drift::{Changed, Finding, What};

use crate::lines::Shown;
use crate::markdown::escape::{code, details, fence, html, prose, words};
use crate::markdown::table;
use crate::text::{count, grouped};
use crate::wording::{self, GONE, Remedy, UNFINISHED, happened, in_a_line, since, since_when};

/// A value that is longer stands below the table.
const LONG: usize = 120;
/// More lines than these are folded.
const MANY_LINES: usize = 16;

/// All of a finding of an environment.
pub fn whole(finding: &Finding, environment: &str) -> String {
    let mut text = format!("**{}** {}\n\n", code(&finding.address.to_string()), facts(finding));
    match &finding.what {
        What::Changed(changed) => text.push_str(&fields(changed, finding)),
        What::Deleted { .. } => text.push_str(&format!("{GONE}\n\n")),
        What::Unfinished { .. } => text.push_str(&format!("{UNFINISHED}\n\n")),
        What::Orphan { .. } => {
            for sentence in wording::orphan(finding) {
                text.push_str(&format!("{}\n\n", prose(&sentence)));
            }
        }
    }
    text.push_str(&remedy(&Remedy::of(finding, environment)));
    text
}

/// A finding in a line: what is left of one that is too long.
pub fn short(finding: &Finding) -> String {
    let said: String = in_a_line(finding).chars().take(LONG).collect();
    format!("**{}** {}: {} …\n\n", code(&finding.address.to_string()), finding.word(), words(&said))
}

fn facts(finding: &Finding) -> String {
    let mut facts = vec![finding.word().to_owned(), code(&finding.id)];
    if let What::Orphan { orphan, .. } = &finding.what {
        facts.push(code(&orphan.arn));
    }
    facts.push(words(&safe(&finding.region)));
    facts.extend(since_when(finding).map(|when| since(happened(finding), when)));
    facts.join(" · ")
}

fn fields(changed: &[Changed], finding: &Finding) -> String {
    let when_each = since_when(finding).is_none();
    let mut below = String::new();
    let mut rows = Vec::new();
    for one in changed {
        let difference = &one.difference;
        let path = code(&difference.path);
        let summary = |what: &str| format!("<code>{}</code>: {what}", html(&safe(&difference.path)));
        let (expected, found) = match Shown::of(difference) {
            Shown::Sensitive => ("(sensitive)".to_owned(), "(sensitive, and not as expected)".to_owned()),
            Shown::Values { expected, found } if is_short(&expected) && is_short(&found) => {
                (code(&expected), code(&found))
            }
            Shown::Values { expected, found } => {
                let long = [format!("- {expected}"), format!("+ {found}")];
                below.push_str(&details(&summary("what was expected, and what was found"), &fence("diff", &long)));
                below.push('\n');
                let length = |value: &str| match is_short(value) {
                    true => code(value),
                    false => format!("{} characters, below", grouped(value.chars().count())),
                };
                (length(&expected), length(&found))
            }
            Shown::Lines(lines) => {
                let marked: Vec<String> = lines.iter().map(crate::lines::Line::marked).collect();
                let fence = fence("diff", &marked);
                let block = if lines.len() > MANY_LINES {
                    details(&summary(&count(lines.len(), "line", "lines")), &fence)
                } else {
                    format!("{path}: − expected, + found\n\n{fence}")
                };
                below.push_str(&block);
                below.push('\n');
                ("see below".to_owned(), "see below".to_owned())
            }
        };
        let mut notes = Vec::new();
        if difference.severity != finding.severity {
            notes.push(difference.severity.to_string());
        }
        if !one.rules.is_empty() {
            let rules: Vec<String> = one.rules.iter().map(|rule| code(rule)).collect();
            notes.push(format!("breaks {}", rules.join(", ")));
        }
        notes.extend(one.since.filter(|_| when_each).map(|when| since("changed", when)));
        rows.push([path, expected, found, notes.join("; ")]);
    }
    format!("{}\n{below}", table(["Field", "Expected", "Found", "Note"], 0, &rows))
}

fn is_short(value: &str) -> bool {
    value.chars().count() <= LONG
}

fn remedy(remedy: &Remedy) -> String {
    let mut text = String::from("To mend it:\n\n");
    for (call, fields) in &remedy.calls {
        let fields: Vec<String> = fields.iter().map(|field| code(field)).collect();
        let fields = if fields.is_empty() { String::new() } else { format!(" (for {})", fields.join(", ")) };
        let summary = prose(&crate::prose::Prose::of(&call.summary));
        text.push_str(&format!("- {} {summary}{fields}\n", code(&call.action)));
    }
    for sentence in &remedy.advice {
        text.push_str(&format!("- {}\n", prose(sentence)));
    }
    text.push('\n');
    text
}
