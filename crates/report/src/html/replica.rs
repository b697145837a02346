//! A replica as a card.

use maud::{Markup, html};
use provision_config::shown::safe;
use provision_reconciler::recovery::{Aspect, Party, Replica, Verdict};

use crate::html::parts::{Tone, chip, code, here, prose, table};
use crate::html::recovery::{label, tone};
use crate::prose::Prose;

/// A replica, with what is wrong with it first.
pub fn card(replica: &Replica, id: &str) -> Markup {
    let standing = replica.standing();
    let others = replica.aspects.iter().filter(|aspect| aspect.as_finding().is_none());
    let sorted: Vec<&Aspect> = replica.findings().map(|(aspect, _)| aspect).chain(others).collect();
    html! {
        article class={ "card " (tone(standing).class()) } aria-labelledby=(id) {
            header.card-head {
                h4 id=(id) { (label(&replica.primary)) " " span.arrow { "→" } " " (label(&replica.replica)) (here(id)) }
                p.chips { (chip(tone(standing), standing.words())) }
            }
            dl.facts {
                (party("primary", &replica.primary))
                (party("replica", &replica.replica))
            }
            @for (aspect, finding) in replica.findings() {
                div.wrong {
                    p.label { (Tone::Alarm.icon()) (safe(&aspect.name)) }
                    div.said { (prose(&Prose::of(&finding.message))) }
                    div.said { strong { "What to do: " } (prose(&Prose::of(&finding.hint))) }
                    div.code-name { "code " (code(finding.code)) }
                }
            }
            (table(
                &format!("{id}-aspects"),
                "Everything that was looked at.",
                &["What", "Verdict", "Declared", "Found"],
                &html! { @for aspect in sorted { (row(aspect)) } },
            ))
        }
    }
}

fn party(what: &str, party: &Party) -> Markup {
    html! {
        div { dt { (what) } dd { (code(&party.id)) @if !party.region.is_empty() { " in " (code(&party.region)) } } }
    }
}

fn row(aspect: &Aspect) -> Markup {
    let (tone, word) = match &aspect.verdict {
        Verdict::Good => (Tone::Good, "good"),
        Verdict::Note(_) => (Tone::Note, "note"),
        Verdict::Finding(_) => (Tone::Alarm, "finding"),
        Verdict::Untested(_) => (Tone::Quiet, "untested"),
    };
    html! {
        tr class=(tone.class()) {
            th scope="row" {
                (prose(&Prose::of(&aspect.name)))
                @if let Verdict::Note(text) | Verdict::Untested(text) = &aspect.verdict {
                    div.why { (prose(&Prose::of(text))) }
                }
            }
            td { (chip(tone, word)) }
            td { (prose(&Prose::of(&aspect.declared))) }
            td { (prose(&Prose::of(&aspect.found))) }
        }
    }
}
