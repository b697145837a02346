//! That a summary is never refused for its length.

use provision_report::{COMMENT, Checked, Outcome, Report, STEP_SUMMARY};

use crate::samples;

/// GitHub's limit, <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary>.
const MEBIBYTE: usize = 1_048_576;

#[test]
fn a_report_is_no_longer_than_it_may_be() {
    let mut report = samples::drift();
    let one = report.environments[0].clone();
    report.environments.extend((0..300).map(|index| Checked { name: format!("staging-{index}"), ..one.clone() }));
    for limit in [STEP_SUMMARY, COMMENT, 10_000, 600] {
        let markdown = report.markdown_within(limit);
        assert!(markdown.len() <= limit && markdown.len() < MEBIBYTE, "{limit}: {}", markdown.len());
        assert!(markdown.contains("**This is not all.**"), "{limit}");
        // Nothing is cut in its middle.
        assert_eq!(markdown.matches("<details>").count(), markdown.matches("</details>").count());
        assert_eq!(markdown.matches("```").count() % 2, 0);
    }
    let closing = report.markdown_within(20_000);
    insta::assert_snapshot!(closing.rsplit_once("---\n\n").unwrap().1, @"**This is not all.** It would be too long for this place, so that 2,708 findings and 1,505 other parts of the report could not be told in full. The report as HTML has everything.");
}

#[test]
fn a_finding_that_is_too_long_leaves_a_line() {
    let mut report = samples::drift();
    report.environments.truncate(1);
    let Outcome::Looked(look) = &mut report.environments[0].outcome else { panic!("it was looked at") };
    look.drift.findings.truncate(2);
    let provision_reconciler::drift::What::Changed(changed) = &mut look.drift.findings[0].what else {
        panic!("it was changed")
    };
    changed[0].difference.live = "x".repeat(MEBIBYTE).into();
    let markdown = report.markdown();
    assert!(markdown.len() < MEBIBYTE);
    assert!(markdown.contains("**`s3_bucket.data`** changed: 6 fields differ"), "{markdown}");
    // What comes after it is there.
    assert!(markdown.contains("**`dynamodb_table.records`** deleted"));
    assert!(markdown.contains("1 finding of the report could not be told in full"));
}
