//! The drift report.

use maud::{Markup, PreEscaped, html};
use provision_config::Severity;
use provision_config::shown::safe;
use provision_graph::{Detail, Graph, Mark, Tone as MarkTone};
use provision_reconciler::drift::{Drift, Finding, What};

use crate::anchor::{self, Anchors};
use crate::html::finding::card;
use crate::html::parts::{Tone, cell, chip, code, figure, prose, table};
use crate::html::{Page, failed, heading};
use crate::model::{Checked, DriftLook, DriftReport, Outcome};
use crate::prose::Prose;
use crate::tally::DriftTally;
use crate::text::{count, time};
use crate::wording::{drift_headline, drift_lede, in_capitals};

/// An environment with the names of the places in its part of the page.
struct Part<'a> {
    checked: &'a Checked<DriftLook>,
    id: String,
    /// Of each finding, in their order.
    findings: Vec<String>,
}

/// The page.
pub fn page(report: &DriftReport) -> String {
    let tally = DriftTally::all(report);
    let mut anchors = Anchors::default();
    let parts: Vec<Part<'_>> = report.environments.iter().map(|checked| Part::new(checked, &mut anchors)).collect();
    let mut pictures = Vec::new();
    let sections: Vec<Markup> = parts.iter().map(|part| section(part, &mut pictures)).collect();
    let [high, ..] = tally.by_severity;
    let tone = match tally {
        DriftTally { environments: 0, .. } => Tone::Quiet,
        DriftTally { failed: 1.., .. } => Tone::Alarm,
        DriftTally { drifted: 0, .. } => Tone::Good,
        _ if high > 0 => Tone::Alarm,
        _ => Tone::Warning,
    };
    let page = Page {
        kind: "Drift report",
        headline: drift_headline(&tally),
        lede: drift_lede(&tally),
        tone,
        checked_at: report.checked_at,
        engine: &report.engine,
        contents: (parts.len() > 1).then(|| contents(&parts)),
        body: html! {
            (summary(&tally, &parts))
            @for section in &sections { (section) }
        },
        pictures,
    };
    page.render()
}

impl<'a> Part<'a> {
    fn new(checked: &'a Checked<DriftLook>, anchors: &mut Anchors) -> Self {
        let id = anchors.name(&["env", &checked.name]);
        let findings = checked.look().map(|look| look.drift.findings.as_slice()).unwrap_or_default();
        let mut name = |finding| anchors.name(&["finding", &checked.name, &anchor::of_finding(finding)]);
        let findings = findings.iter().map(&mut name).collect();
        Self { checked, id, findings }
    }

    fn state(&self) -> Markup {
        match self.checked.look() {
            None => chip(Tone::Alarm, "Not looked at"),
            Some(look) if look.drift.is_none() => chip(Tone::Good, "No drift"),
            Some(look) => {
                let gravest = look.drift.findings.iter().map(|finding| finding.severity).max();
                chip(gravest.map_or(Tone::Warning, Tone::of), "Drift")
            }
        }
    }
}

fn contents(parts: &[Part<'_>]) -> Markup {
    html! {
        nav.contents aria-labelledby="contents" {
            h2 #contents { "Environments" }
            ul {
                @for part in parts {
                    li {
                        a href={ "#" (part.id) } { (safe(&part.checked.name)) }
                        " " (part.state())
                        @if let Some(look) = part.checked.look() {
                            @if !part.findings.is_empty() {
                                ul {
                                    @for (finding, id) in look.drift.findings.iter().zip(&part.findings) {
                                        li { a href={ "#" (id) } {
                                            (Tone::of(finding.severity).icon())
                                            (safe(&finding.address.to_string()))
                                        } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn summary(tally: &DriftTally, parts: &[Part<'_>]) -> Markup {
    let [high, medium, low] = tally.by_severity;
    html! {
        section.summary aria-labelledby="summary" {
            h2 #summary { "Summary" }
            dl.figures {
                (figure(tally.environments, if tally.environments == 1 { "environment" } else { "environments" }, Tone::Quiet))
                @if tally.failed > 0 { (figure(tally.failed, "failed", Tone::Alarm)) }
                (figure(tally.resources, if tally.resources == 1 { "resource" } else { "resources" }, Tone::Quiet))
                (figure(high, "high", Tone::Alarm))
                (figure(medium, "medium", Tone::Warning))
                (figure(low, "low", Tone::Note))
                (figure(tally.deleted, "deleted", Tone::Alarm))
                (figure(tally.orphans, if tally.orphans == 1 { "orphan" } else { "orphans" }, Tone::Warning))
                (figure(tally.ignored, "ignored", Tone::Quiet))
            }
            @if parts.len() > 1 { (overview(parts)) }
            @if tally.by_severity.iter().filter(|number| **number > 0).count() > 1 { (filter(tally)) }
        }
    }
}

fn overview(parts: &[Part<'_>]) -> Markup {
    let head = ["Environment", "State", "Resources", "High", "Medium", "Low", "Deleted", "Orphans", "Ignored"];
    let rows = html! {
        @for part in parts {
            tr {
                th scope="row" { a href={ "#" (part.id) } { (safe(&part.checked.name)) } }
                td { (part.state()) }
                @match part.checked.look() {
                    Some(look) => {
                        @let tally = DriftTally::of(&look.drift);
                        (cell(tally.resources))
                        @for number in tally.by_severity { (cell(number)) }
                        (cell(tally.deleted)) (cell(tally.orphans)) (cell(tally.ignored))
                    }
                    None => @for _ in 0..7 { td.number { span.zero { "–" } } },
                }
            }
        }
    };
    table("overview", "By environment", &head, &rows)
}

/// Boxes to tick off. What they hide is hidden by the style sheet: without it, everything is there.
fn filter(tally: &DriftTally) -> Markup {
    html! {
        fieldset.filter {
            legend { "Show" }
            @for (severity, number) in Severity::ALL.into_iter().zip(tally.by_severity) {
                @if number > 0 {
                    label {
                        input type="checkbox" checked id={ "show-" (severity) };
                        " " (in_capitals(severity)) " " span.number { (number) }
                    }
                }
            }
        }
    }
}

fn section(part: &Part<'_>, pictures: &mut Vec<String>) -> Markup {
    html! {
        section.environment aria-labelledby=(part.id) {
            header.environment-head {
                h2 id=(part.id) { (safe(&part.checked.name)) }
                (part.state())
            }
            @match &part.checked.outcome {
                Outcome::Failed { message, hint } => (failed(message, hint.as_deref())),
                Outcome::Looked(look) => (looked(part, look, pictures)),
            }
        }
    }
}

fn looked(part: &Part<'_>, look: &DriftLook, pictures: &mut Vec<String>) -> Markup {
    let drift = &look.drift;
    let graph = look.graph.as_ref().map(|graph| picture(graph, drift));
    let of = |severity: Severity| {
        let all = drift.findings.iter().zip(&part.findings);
        all.filter(move |(finding, _)| finding.severity == severity).collect::<Vec<_>>()
    };
    pictures.extend(graph.clone());
    html! {
        div.meta {
            (count(drift.resources, "resource", "resources")) " looked at in account " (code(&drift.account))
            @if let Some(applied_at) = look.applied_at { ", last applied " (time(applied_at)) }
        }
        @if drift.is_none() {
            div.notice.good {
                p { (Tone::Good.icon()) strong { "No drift." } " Everything is as last applied." }
            }
        }
        @for severity in Severity::ALL {
            @let findings = of(severity);
            @if !findings.is_empty() {
                div class={ "severity show-" (severity) } {
                    (heading(&format!("{}-{severity}", part.id), in_capitals(severity), findings.len()))
                    @for (finding, id) in findings { (card(finding, id, &part.checked.name)) }
                }
            }
        }
        @if !drift.ignored.is_empty() { (ignored(part, drift)) }
        @if !drift.remarks.is_empty() { (remarks(part, drift)) }
        @if let Some(graph) = &graph {
            h3 id={ (part.id) "-graph" } { "What depends on what" }
            @if !drift.is_none() { p.meta.above { "What has drifted is marked." } }
            div.graph.scroll role="region" tabindex="0" aria-labelledby={ (part.id) "-graph" } { (PreEscaped(graph)) }
        }
    }
}

fn ignored(part: &Part<'_>, drift: &Drift) -> Markup {
    let id = format!("{}-ignored", part.id);
    let rows = html! {
        @for one in &drift.ignored {
            tr {
                th scope="row" { (code(&one.address.to_string())) }
                td { (code(&one.path)) }
                td.words { (prose(&Prose::of(&one.reason))) }
            }
        }
    };
    html! {
        (heading(&id, "Ignored", drift.ignored.len()))
        (table(&format!("{id}-table"), "These differ, and the file says that it is nobody's concern.", &["Resource", "Field", "Why"], &rows))
    }
}

fn remarks(part: &Part<'_>, drift: &Drift) -> Markup {
    html! {
        (heading(&format!("{}-remarks", part.id), "Remarks", drift.remarks.len()))
        ul.remarks {
            @for remark in &drift.remarks {
                li { (Tone::Note.icon()) div { (code(&remark.address.to_string())) " " (prose(&Prose::of(&remark.text))) } }
            }
        }
    }
}

/// The graph as a picture. What the names in it are made of is as little to be trusted as anything.
fn picture(graph: &Graph, drift: &Drift) -> String {
    let picture = marked(graph, drift).svg(Detail::Readable);
    picture.lines().map(safe).collect::<Vec<_>>().join("\n")
}

/// The graph with what has drifted marked. The gravest come last, so that they are what is seen where an address has several.
fn marked(graph: &Graph, drift: &Drift) -> Graph {
    let mut graph = graph.clone();
    for finding in drift.findings.iter().rev() {
        graph.mark(&finding.address, mark(finding));
    }
    graph
}

fn mark(finding: &Finding) -> Mark {
    let text = match &finding.what {
        What::Changed(changed) => count(changed.len(), "change", "changes"),
        What::Deleted { .. } => "deleted".to_owned(),
        What::Unfinished { .. } => "unfinished".to_owned(),
        What::Orphan { .. } => "orphan".to_owned(),
    };
    let tone = match (&finding.what, finding.severity) {
        (What::Deleted { .. }, _) | (_, Severity::High) => MarkTone::Alarm,
        (_, Severity::Medium | Severity::Low) => MarkTone::Warning,
    };
    Mark { text, tone }
}
