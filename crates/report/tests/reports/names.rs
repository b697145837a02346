//! That what a CI system or a link knows a finding by is the same from run to run.

use std::collections::BTreeSet;

use provision_config::Severity;
use provision_report::{DriftReport, Outcome, RecoveryReport, Report};
use serde_json::json;

use crate::samples;

fn tests(xml: &str) -> Vec<(String, String)> {
    let document = roxmltree::Document::parse(xml).unwrap();
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let attribute = |node: &roxmltree::Node<'_, '_>, name| node.attribute(name).unwrap_or_default().to_owned();
    cases.map(|case| (attribute(&case, "classname"), attribute(&case, "name"))).collect()
}

/// The report with everything that AWS chose chosen otherwise, another day.
fn another_day(mut report: DriftReport) -> DriftReport {
    report.checked_at = "2027-01-01T00:00:00Z".parse().unwrap();
    for environment in &mut report.environments {
        let Outcome::Looked(look) = &mut environment.outcome else { continue };
        look.drift.account = "000000000000".to_owned();
        for finding in &mut look.drift.findings {
            finding.id = format!("other-{}", finding.id);
            match &mut finding.what {
                provision_reconciler::drift::What::Changed(changed) => {
                    changed.iter_mut().for_each(|one| one.difference.live = json!("other"));
                }
                provision_reconciler::drift::What::Orphan { orphan, .. } => orphan.arn.push_str("-other"),
                provision_reconciler::drift::What::Deleted { .. }
                | provision_reconciler::drift::What::Unfinished { .. } => {}
            }
        }
    }
    report
}

#[test]
fn tests_have_the_same_names_whatever_aws_chose() {
    let report = samples::drift();
    let names = tests(&report.junit());
    assert_eq!(names, tests(&another_day(report).junit()));
    let mut recovery = samples::recovery();
    let of = |report: &RecoveryReport| tests(&report.junit());
    let before = of(&recovery);
    for environment in &mut recovery.environments {
        let Outcome::Looked(readiness) = &mut environment.outcome else { continue };
        for replica in &mut readiness.replicas {
            replica.primary.id.push_str("-other");
            replica.replica.id.push_str("-other");
        }
    }
    assert_eq!(before, of(&recovery));
    for all in [names, before] {
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "a name is given twice");
    }
}

#[test]
fn the_test_of_the_rest_is_there_whatever_happened() {
    for report in [samples::drift(), samples::no_drift()] {
        let names = tests(&report.junit());
        let rests = names.iter().filter(|(_, name)| name == "everything else is as last applied").count();
        assert_eq!(rests, report.environments.len());
    }
}

fn ids(html: &str) -> BTreeSet<String> {
    let page = scraper::Html::parse_document(html);
    let any = scraper::Selector::parse("article h4[id]").unwrap();
    page.select(&any).filter_map(|element| element.attr("id")).map(str::to_owned).collect()
}

#[test]
fn a_link_to_a_finding_leads_there_whatever_else_was_found() {
    let report = samples::drift();
    let mut fewer = report.clone();
    fewer.environments.swap(0, 3);
    for environment in &mut fewer.environments {
        let Outcome::Looked(look) = &mut environment.outcome else { continue };
        look.drift.findings.retain(|finding| finding.severity != Severity::High);
    }
    let (all, fewer) = (ids(&report.html()), ids(&fewer.html()));
    assert!(fewer.is_subset(&all) && fewer.len() == 5, "{fewer:?} of {all:?}");
    assert!(all.contains("finding-staging-s3_bucket.data"), "{all:?}");
}

#[test]
fn what_is_sensitive_is_said_nowhere() {
    let mut report = samples::drift();
    let Outcome::Looked(look) = &mut report.environments[0].outcome else { panic!("it was looked at") };
    let mut planted = 0;
    for finding in &mut look.drift.findings {
        let provision_reconciler::drift::What::Changed(changed) = &mut finding.what else { continue };
        for one in changed.iter_mut().filter(|one| one.difference.sensitive) {
            one.difference.live = json!("hunter2");
            one.difference.desired = json!({ "password": "hunter3" });
            planted += 1;
        }
        for one in changed.iter_mut().filter(|one| !one.difference.sensitive) {
            one.difference.live =
                json!({ "name": 1, "secret": { "$sha256": { "salt": "hunter4", "hash": "hunter5" } } });
        }
    }
    assert_eq!(planted, 1);
    for text in [report.html(), report.markdown(), report.junit()] {
        assert!(!text.contains("hunter") && text.contains("sensitive"));
    }
}
