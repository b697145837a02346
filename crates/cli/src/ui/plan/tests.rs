use super::*;
use crate::ui::json_schema::samples::sample;

fn shown(plan: &Plan, verbose: bool, style: Style) -> String {
    let catalog = Catalog { kinds: [("s3_bucket".to_owned(), sample())].into() };
    render_with(plan, &View { style, verbose }, &catalog).replace('\u{1b}', "^")
}

#[test]
fn a_plan_at_a_glance() {
    insta::assert_snapshot!("plan", shown(&samples::plan(), false, Style::PLAIN));
}

#[test]
fn a_plan_with_every_call() {
    insta::assert_snapshot!("plan_verbose", shown(&samples::plan(), true, Style { colour: false, unicode: true }));
}

#[test]
fn a_plan_in_colour() {
    insta::assert_snapshot!("plan_rich", shown(&samples::plan(), false, Style::RICH));
}

#[test]
fn a_plan_that_cannot_be_carried_out() {
    insta::assert_snapshot!("plan_refused", shown(&samples::refused(), false, Style::PLAIN));
}

#[test]
fn nothing_to_do_is_one_line() {
    let plan = |unchanged| Plan { unchanged, ..Plan::default() };
    assert_eq!(shown(&plan(23), true, Style::PLAIN), "No changes. 23 resources are as the file says.\n");
    assert_eq!(shown(&plan(1), true, Style::PLAIN), "No changes. 1 resource is as the file says.\n");
    assert_eq!(shown(&plan(0), true, Style::PLAIN), "No changes. There is nothing to do.\n");
}

#[test]
fn what_changes_only_the_state_is_said_to() {
    let plan = samples::plan().retain(|address| address.name == "found");
    insta::assert_snapshot!(shown(&plan, false, Style::PLAIN), @r#"
    dev (account 123456789012, eu-west-1)

      > s3_bucket.found["eu"]  acme-dev-found  (is there already, made by an earlier run; only the state changes)

    note: ec2_instance.worker: there is a newer image, ami-2; it runs ami-1, and `replace_on_new_image = true` replaces it
    No changes in AWS. Only the state is brought up to date, for 1 resource; 17 unchanged.
    "#);
}

/// The new one first; and what an earlier run left of such a replacement.
#[test]
fn in_which_order_something_is_replaced_is_said() {
    let mut plan = samples::plan().retain(|address| address.name == "events");
    plan.changes.values_mut().for_each(|change| change.creates_first = true);
    let text = shown(&plan, false, Style::PLAIN);
    assert!(text.contains("+/- kinesis_stream.events  acme-dev-events -> acme-dev-log"), "{text}");
    assert!(text.contains("(made anew, then the old one deleted: AWS cannot change name in place)"), "{text}");
    for change in plan.changes.values_mut() {
        (change.reason, change.id, change.identity) = (Reason::Superseded, Some("acme-dev-log".to_owned()), None);
        change.differences.clear();
        change.steps.truncate(1);
    }
    let text = shown(&plan, false, Style::PLAIN);
    assert!(text.contains("+/- kinesis_stream.events  acme-dev-log"), "{text}");
    assert!(text.contains("(an earlier run made it anew; deletes acme-dev-events)"), "{text}");
}

#[test]
fn no_secret_and_no_mark_is_ever_shown() {
    for verbose in [false, true] {
        let text = shown(&samples::plan(), verbose, Style::PLAIN);
        assert!(!text.contains("$sha256") && !text.contains("never"), "{text}");
        assert!(!text.contains(provision_config::unknown::OPEN) && text.contains("(known after apply)"), "{text}");
    }
}
