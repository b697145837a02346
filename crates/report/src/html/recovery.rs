//! The recovery report.

use maud::{Markup, html};
use provision_config::shown::{duration, safe};
use provision_reconciler::recovery::{Party, Readiness, Standing};

use crate::anchor::Anchors;
use crate::html::parts::{Tone, cell, chip, code, figure, table};
use crate::html::replica::card;
use crate::html::{Page, failed, heading};
use crate::model::{Checked, Outcome, RecoveryReport};
use crate::tally::RecoveryTally;
use crate::text::count;
use crate::wording::{recovery_headline, recovery_lede};

/// An environment with the names of the places in its part of the page.
struct Part<'a> {
    checked: &'a Checked<Readiness>,
    id: String,
    /// Of each replica, in their order.
    replicas: Vec<String>,
}

/// The page.
pub fn page(report: &RecoveryReport) -> String {
    let tally = RecoveryTally::all(report);
    let mut anchors = Anchors::default();
    let parts: Vec<Part<'_>> = report.environments.iter().map(|checked| Part::new(checked, &mut anchors)).collect();
    let tone = match tally {
        RecoveryTally { findings: 1.., .. } | RecoveryTally { failed: 1.., .. } => Tone::Alarm,
        RecoveryTally { environments: 0, .. } => Tone::Quiet,
        RecoveryTally { replicas: 0, .. } | RecoveryTally { untested: 1.., .. } => Tone::Warning,
        _ => Tone::Good,
    };
    let page = Page {
        kind: "Recovery report",
        headline: recovery_headline(&tally),
        lede: recovery_lede(&tally),
        tone,
        checked_at: report.checked_at,
        engine: &report.engine,
        contents: (parts.len() > 1).then(|| contents(&parts)),
        body: html! {
            (summary(&tally, &parts))
            @for part in &parts { (section(part)) }
        },
        pictures: Vec::new(),
    };
    page.render()
}

/// How something stands, in form and colour.
pub fn tone(standing: Standing) -> Tone {
    match standing {
        Standing::Ready => Tone::Good,
        Standing::AsFarAsTested | Standing::Nothing => Tone::Warning,
        Standing::NotReady => Tone::Alarm,
    }
}

/// What a party is called.
pub fn label(party: &Party) -> Markup {
    crate::html::parts::name(party.label())
}

impl<'a> Part<'a> {
    fn new(checked: &'a Checked<Readiness>, anchors: &mut Anchors) -> Self {
        let id = anchors.name(&["env", &checked.name]);
        let replicas = checked.look().map(|readiness| readiness.replicas.as_slice()).unwrap_or_default();
        let names = replicas
            .iter()
            .map(|replica| anchors.name(&["replica", &checked.name, replica.primary.label(), replica.replica.label()]));
        let replicas = names.collect();
        Self { checked, id, replicas }
    }

    fn state(&self) -> Markup {
        match self.checked.look() {
            None => chip(Tone::Alarm, "Not looked at"),
            Some(readiness) => {
                let standing = readiness.standing();
                chip(tone(standing), standing.words())
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
                        @if let Some(readiness) = part.checked.look() {
                            @if !part.replicas.is_empty() {
                                ul {
                                    @for (replica, id) in readiness.replicas.iter().zip(&part.replicas) {
                                        li { a href={ "#" (id) } {
                                            (tone(replica.standing()).icon())
                                            (safe(replica.replica.label()))
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

fn summary(tally: &RecoveryTally, parts: &[Part<'_>]) -> Markup {
    html! {
        section.summary aria-labelledby="summary" {
            h2 #summary { "Summary" }
            dl.figures {
                (figure(tally.environments, if tally.environments == 1 { "environment" } else { "environments" }, Tone::Quiet))
                @if tally.failed > 0 { (figure(tally.failed, "failed", Tone::Alarm)) }
                (figure(tally.replicas, if tally.replicas == 1 { "replica" } else { "replicas" }, Tone::Quiet))
                (figure(tally.broken, "not ready", Tone::Alarm))
                (figure(tally.findings, if tally.findings == 1 { "finding" } else { "findings" }, Tone::Alarm))
                (figure(tally.notes, if tally.notes == 1 { "note" } else { "notes" }, Tone::Note))
                (figure(tally.untested, "untested", Tone::Warning))
                (figure(tally.unreplicated, "not copied", Tone::Warning))
            }
            @if parts.len() > 1 { (overview(parts)) }
        }
    }
}

fn overview(parts: &[Part<'_>]) -> Markup {
    let head = ["Environment", "State", "RPO", "Replicas", "Findings", "Notes", "Untested", "Not copied"];
    let rows = html! {
        @for part in parts {
            tr {
                th scope="row" { a href={ "#" (part.id) } { (safe(&part.checked.name)) } }
                td { (part.state()) }
                @match part.checked.look() {
                    Some(readiness) => {
                        @let tally = RecoveryTally::of(readiness);
                        td.number { (duration(readiness.objective.rpo)) }
                        (cell(tally.replicas)) (cell(tally.findings)) (cell(tally.notes))
                        (cell(tally.untested)) (cell(tally.unreplicated))
                    }
                    None => @for _ in 0..6 { td.number { span.zero { "–" } } },
                }
            }
        }
    };
    table("overview", "By environment", &head, &rows)
}

fn section(part: &Part<'_>) -> Markup {
    html! {
        section.environment aria-labelledby=(part.id) {
            header.environment-head {
                h2 id=(part.id) { (safe(&part.checked.name)) }
                (part.state())
            }
            @match &part.checked.outcome {
                Outcome::Failed { message, hint } => (failed(message, hint.as_deref())),
                Outcome::Looked(readiness) => (looked(part, readiness)),
            }
        }
    }
}

fn looked(part: &Part<'_>, readiness: &Readiness) -> Markup {
    html! {
        div.meta {
            "Account " (code(&readiness.account)) ", prepared for the loss of " (code(&readiness.region)) ". "
            "Replicas may be " strong { (duration(readiness.objective.rpo)) } " behind (RPO); what was put into a primary was awaited for up to "
            (duration(readiness.objective.patience)) "."
        }
        @match readiness.standing() {
            Standing::Nothing => div.notice.warning { p { (Tone::Warning.icon()) strong { "No replicas." } " Nothing here is copied anywhere." } },
            Standing::Ready => div.notice.good {
                p { (Tone::Good.icon()) strong { "Ready." } " Every replica would serve." }
            },
            Standing::AsFarAsTested | Standing::NotReady => {},
        }
        @if !readiness.replicas.is_empty() { (replicas(part, readiness)) }
        @for (replica, id) in readiness.replicas.iter().zip(&part.replicas) { (card(replica, id)) }
        @if !readiness.unreplicated.is_empty() {
            (heading(&format!("{}-unreplicated", part.id), "Without a replica", readiness.unreplicated.len()))
            div.notice.warning {
                p { (Tone::Warning.icon()) (count(readiness.unreplicated.len(), "resource holds", "resources hold"))
                    " data, as far as its kind goes, and is not copied anywhere:" }
                ul.names { @for address in &readiness.unreplicated { li { (code(&address.to_string())) } } }
            }
        }
    }
}

fn replicas(part: &Part<'_>, readiness: &Readiness) -> Markup {
    let rows = html! {
        @for (replica, id) in readiness.replicas.iter().zip(&part.replicas) {
            @let standing = replica.standing();
            tr {
                th scope="row" { (label(&replica.primary)) div.where { (safe(&replica.primary.region)) } }
                // Second, so that it is seen on a phone too.
                td { (chip(tone(standing), standing.words())) }
                td { a href={ "#" (id) } { (label(&replica.replica)) } div.where { (safe(&replica.replica.region)) } }
                (cell(replica.findings().count()))
                (cell(replica.aspects.len()))
            }
        }
    };
    html! {
        h3 id={ (part.id) "-replicas" } { "Replicas " span.number { (readiness.replicas.len()) } }
        (table(
            &format!("{}-replicas-table", part.id),
            "What is copied where, and whether the copy would serve.",
            &["Primary", "State", "Replica", "Findings", "Looked at"],
            &rows,
        ))
    }
}
