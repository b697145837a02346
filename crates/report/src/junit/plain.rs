//! A finding as plain text.

use provision_config::shown::safe;
use provision_reconciler::drift::{Changed, Finding, What};

use crate::lines::Shown;
use crate::wording::{self, GONE, Remedy, UNFINISHED, happened, since, since_when};

/// All of a finding of an environment.
pub fn whole(finding: &Finding, environment: &str) -> String {
    let address = safe(&finding.address.to_string());
    let mut lines = vec![format!("{address}: {} in {}", safe(&finding.id), safe(&finding.region))];
    lines.extend(since_when(finding).map(|when| since(happened(finding), when)));
    lines.push(String::new());
    match &finding.what {
        What::Changed(changed) => {
            let when_each = since_when(finding).is_none();
            lines.extend(changed.iter().flat_map(|one| field(one, when_each)));
        }
        What::Deleted { .. } => lines.push(GONE.to_owned()),
        What::Unfinished { .. } => lines.push(UNFINISHED.to_owned()),
        What::Orphan { orphan, .. } => {
            lines.push(safe(&orphan.arn));
            lines.extend(wording::orphan(finding).iter().map(crate::prose::Prose::plain));
        }
    }
    let Remedy { calls, advice } = Remedy::of(finding, environment);
    lines.extend([String::new(), "to mend it:".to_owned()]);
    for (call, fields) in calls {
        let fields: Vec<String> = fields.iter().map(|field| safe(field)).collect();
        let fields = if fields.is_empty() { String::new() } else { format!(" (for {})", fields.join(", ")) };
        lines.push(format!("  {} {}{fields}", safe(&call.action), safe(&call.summary)));
    }
    lines.extend(advice.iter().map(|sentence| format!("  {}", sentence.plain())));
    lines.join("\n")
}

fn field(one: &Changed, with_when: bool) -> Vec<String> {
    let difference = &one.difference;
    let path = safe(&difference.path);
    let mut lines = match Shown::of(difference) {
        Shown::Sensitive => vec![format!("{path} ({}): a sensitive value is not as expected", difference.severity)],
        Shown::Values { expected, found } => {
            vec![
                format!("{path} ({})", difference.severity),
                format!("  expected {expected}"),
                format!("  found    {found}"),
            ]
        }
        Shown::Lines(all) => std::iter::once(format!("{path} ({}): - expected, + found", difference.severity))
            .chain(all.iter().map(|line| format!("  {}", line.marked())))
            .collect(),
    };
    if !one.rules.is_empty() {
        let rules: Vec<String> = one.rules.iter().map(|rule| safe(rule)).collect();
        lines.push(format!("  breaks {}", rules.join(", ")));
    }
    lines.extend(one.since.filter(|_| with_when).map(|when| format!("  {}", since("changed", when))));
    lines
}
