//! The recovery report.

use provision_config::shown::safe;
use provision_reconciler::recovery::{Aspect, Readiness, Replica, Verdict};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::junit::{Names, case, document, error, failure, suite};
use crate::model::{Checked, Outcome, RecoveryReport};
use crate::text::count;
use crate::wording::{asked, route};

const CLASS: &str = "recovery";
/// The test that every environment has. It passes, or the environment could not be looked at.
const LOOKED: &str = "replicas are looked at";

/// The report.
pub fn render(report: &RecoveryReport) -> String {
    let mut junit = Report::new("provision dr check");
    for environment in &report.environments {
        let suite = suite(&environment.name, report.checked_at, &report.engine);
        junit.add_test_suite(tests(environment, suite));
    }
    document(&junit)
}

fn tests(environment: &Checked<Readiness>, mut suite: TestSuite) -> TestSuite {
    let name = &environment.name;
    let readiness = match &environment.outcome {
        Outcome::Failed { message, hint } => {
            suite.add_test_case(case(CLASS, name, LOOKED, error(message, hint.as_deref())));
            return suite;
        }
        Outcome::Looked(readiness) => readiness,
    };
    suite.add_property(Property::new("account", safe(&readiness.account)));
    suite.add_property(Property::new("region", safe(&readiness.region)));
    suite.add_property(Property::new("objective", asked(readiness.objective)));
    let mut names = Names::default();
    for replica in &readiness.replicas {
        for aspect in &replica.aspects {
            let name_of_test = names.unique(&format!("{}: {}", route(replica), safe(&aspect.name)));
            suite.add_test_case(test(name, &name_of_test, replica, aspect));
        }
    }
    let mut looked = case(CLASS, name, LOOKED, TestCaseStatus::success());
    let mut said = vec![format!("{} looked at", count(readiness.replicas.len(), "replica", "replicas"))];
    said.extend(
        readiness
            .unreplicated
            .iter()
            .map(|address| format!("not copied anywhere, and holds data: {}", safe(&address.to_string()))),
    );
    looked.set_system_out(said.join("\n"));
    suite.add_test_case(looked);
    suite
}

fn test(environment: &str, name: &str, replica: &Replica, aspect: &Aspect) -> TestCase {
    let facts = format!(
        "primary: {} in {}\nreplica: {} in {}\ndeclared: {}\nfound: {}",
        safe(&replica.primary.id),
        safe(&replica.primary.region),
        safe(&replica.replica.id),
        safe(&replica.replica.region),
        safe(&aspect.declared),
        safe(&aspect.found),
    );
    match &aspect.verdict {
        Verdict::Good => case(CLASS, environment, name, TestCaseStatus::success()),
        Verdict::Note(text) => {
            let mut case = case(CLASS, environment, name, TestCaseStatus::success());
            case.set_system_out(format!("note: {}\n\n{facts}", safe(text)));
            case
        }
        Verdict::Finding(finding) => {
            let message = safe(&finding.message);
            let details = format!("{message}\n\nwhat to do: {}\n\n{facts}", safe(&finding.hint));
            let status = failure(NonSuccessKind::Failure, finding.code, &message, &details);
            case(CLASS, environment, name, status)
        }
        Verdict::Untested(why) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(safe(why));
            case(CLASS, environment, name, status)
        }
    }
}
