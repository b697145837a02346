//! A finding as a card.

use maud::{Markup, html};
use provision_reconciler::drift::{Changed, Finding, What};

use crate::html::parts::{Tone, chip, code, here, lines, name, prose, severity_chip};
use crate::lines::Shown;
use crate::text::count;
use crate::wording::{self, GONE, Remedy, UNFINISHED, happened, since, since_when};

/// A finding of an environment.
pub fn card(finding: &Finding, id: &str, environment: &str) -> Markup {
    let tone = Tone::of(finding.severity);
    let when = since_when(finding);
    html! {
        article class={ "card " (tone.class()) } aria-labelledby=(id) {
            header.card-head {
                h4 id=(id) { (name(&finding.address.to_string())) (here(id)) }
                p.chips {
                    (severity_chip(finding.severity))
                    span.chip.plain { (word(finding)) }
                }
            }
            dl.facts {
                div { dt { "in AWS" } dd { (code(&finding.id)) } }
                @if let What::Orphan { orphan, .. } = &finding.what { div { dt { "ARN" } dd { (code(&orphan.arn)) } } }
                div { dt { "region" } dd { (code(&finding.region)) } }
                @if let Some(when) = when { div { dt { "when" } dd { (since(happened(finding), when)) } } }
            }
            @match &finding.what {
                What::Changed(changed) => ul.fields {
                    @for one in changed { (field(one, finding, when.is_none())) }
                },
                What::Deleted { .. } => div.said { (GONE) },
                What::Unfinished { .. } => div.said { (UNFINISHED) },
                What::Orphan { .. } => @for sentence in wording::orphan(finding) { div.said { (prose(&sentence)) } },
            }
            (remedy(&Remedy::of(finding, environment)))
        }
    }
}

fn word(finding: &Finding) -> String {
    match &finding.what {
        What::Changed(changed) => format!("{} changed", count(changed.len(), "field", "fields")),
        What::Deleted { .. } | What::Unfinished { .. } | What::Orphan { .. } => finding.word().to_owned(),
    }
}

fn field(one: &Changed, finding: &Finding, with_when: bool) -> Markup {
    let difference = &one.difference;
    html! {
        li.field {
            @let shown = Shown::of(difference);
            div.field-head {
                p.field-name {
                    (name(&difference.path))
                    @if difference.severity != finding.severity { " " (severity_chip(difference.severity)) }
                }
                @if let Shown::Lines(_) = shown { p.legend { del { "− expected" } " " ins { "+ found" } } }
            }
            @match shown {
                Shown::Sensitive => div.said { "A sensitive value is not as expected. It is not shown." },
                Shown::Values { expected, found } => dl.values {
                    div.expected { dt { "expected" } dd { (code(&expected)) } }
                    div.found { dt { "found" } dd { (code(&found)) } }
                },
                Shown::Lines(all) => (lines(&all)),
            }
            @if !one.rules.is_empty() {
                div.rules {
                    (chip(Tone::Alarm, if one.rules.len() == 1 { "Breaks a security rule" } else { "Breaks security rules" }))
                    @for rule in &one.rules { " " (code(rule)) }
                }
            }
            @if let Some(when) = one.since.filter(|_| with_when) { p.when { (since("changed", when)) } }
        }
    }
}

fn remedy(remedy: &Remedy) -> Markup {
    html! {
        div.mend {
            p.label { "To mend it" }
            @if !remedy.calls.is_empty() {
                ul.calls {
                    @for (call, fields) in &remedy.calls {
                        li {
                            (code(&call.action)) " " (prose(&crate::prose::Prose::of(&call.summary)))
                            @if !fields.is_empty() {
                                " "
                                div.of { "for " @for (index, field) in fields.iter().enumerate() {
                                    @if index > 0 { ", " }
                                    (code(field))
                                } }
                            }
                        }
                    }
                }
            }
            @for sentence in &remedy.advice { div.said { (prose(sentence)) } }
        }
    }
}
