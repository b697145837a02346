//! The drift report.

use provision_config::shown::safe;
use provision_reconciler::Remark;
use provision_reconciler::drift::{Finding, Ignored, What};
use quick_junit::{NonSuccessKind, Property, Report, TestCaseStatus, TestSuite};

use crate::junit::{Names, case, document, error, failure, plain, suite};
use crate::model::{Checked, DriftLook, DriftReport, Outcome};
use crate::text::{count, time};
use crate::wording::in_a_line;

const CLASS: &str = "drift";
/// The test that every environment has. It passes, or the environment could not be looked at.
const REST: &str = "everything else is as last applied";

/// The report.
pub fn render(report: &DriftReport) -> String {
    let mut junit = Report::new("provision drift");
    for environment in &report.environments {
        let suite = suite(&environment.name, report.checked_at, &report.engine);
        junit.add_test_suite(tests(environment, suite));
    }
    document(&junit)
}

fn tests(environment: &Checked<DriftLook>, mut suite: TestSuite) -> TestSuite {
    let name = &environment.name;
    let look = match &environment.outcome {
        Outcome::Failed { message, hint } => {
            suite.add_test_case(case(CLASS, name, REST, error(message, hint.as_deref())));
            return suite;
        }
        Outcome::Looked(look) => look,
    };
    let drift = &look.drift;
    suite.add_property(Property::new("account", safe(&drift.account)));
    if let Some(applied_at) = look.applied_at {
        suite.add_property(Property::new("applied_at", time(applied_at)));
    }
    let mut names = Names::default();
    for finding in &drift.findings {
        let details = plain::whole(finding, name);
        let status = failure(NonSuccessKind::Failure, finding.severity.name(), &in_a_line(finding), &details);
        suite.add_test_case(case(CLASS, name, &names.unique(&self::name(finding)), status));
    }
    let mut rest = case(CLASS, name, REST, TestCaseStatus::success());
    let mut said = vec![format!("{} looked at", count(drift.resources, "resource", "resources"))];
    said.extend(drift.ignored.iter().map(|Ignored { address, path, reason }| {
        format!("ignored: {} {}: {}", safe(&address.to_string()), safe(path), safe(reason))
    }));
    said.extend(
        drift
            .remarks
            .iter()
            .map(|Remark { address, text }| format!("remark: {}: {}", safe(&address.to_string()), safe(text))),
    );
    rest.set_system_out(said.join("\n"));
    suite.add_test_case(rest);
    suite
}

/// What a finding is called: by its address, since AWS chose the rest.
fn name(finding: &Finding) -> String {
    let address = safe(&finding.address.to_string());
    match &finding.what {
        What::Changed(_) | What::Deleted { .. } | What::Unfinished { .. } => address,
        What::Orphan { .. } => format!("{address} has no orphan"),
    }
}
