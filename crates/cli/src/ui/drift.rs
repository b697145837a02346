//! What was changed in AWS behind our back.

use provision_reconciler::Remark;
use provision_reconciler::diff::Difference;
use provision_reconciler::drift::Drifted;

use crate::ui::plan::{self, policy};
use crate::ui::value::{document, known, line};
use crate::ui::{Style, table};

/// Every resource that is not as it was left, and a summary. `resources` is how many were looked at.
pub fn render(environment: &str, drifted: &[Drifted], remarks: &[Remark], resources: usize, style: Style) -> String {
    let remarks = plan::remarks(remarks, style);
    if drifted.is_empty() {
        let count = table::count(resources, "resource is", "resources are");
        return format!("{remarks}{} {count} as last applied.\n", style.good("No drift."));
    }
    let mut text = String::new();
    for resource in drifted {
        let symbol = if resource.deleted { style.bad("-") } else { style.warn("~") };
        let address = style.strong(&known(&resource.address.to_string()));
        let region = style.faint(&resource.region);
        text.push_str(&format!("  {symbol} {address}  {}  {region}", known(&resource.id)));
        text.push_str(&if resource.deleted { style.bad("  (deleted)") } else { String::new() });
        text.push('\n');
        for field in resource.differences.iter().flat_map(|difference| self::difference(difference, style)) {
            text.push_str(&format!("      {}\n", field.trim_end()));
        }
    }
    let deleted = drifted.iter().filter(|resource| resource.deleted).count();
    text.push_str(&format!(
        "\n{remarks}{} {} of {} changed in AWS since the last apply, {deleted} deleted. `provision apply {environment}` mends it.\n",
        style.strong("Drift:"),
        drifted.len() - deleted,
        table::count(resources, "resource", "resources"),
    ));
    text
}

/// `versioning: expected true, found false`.
fn difference(difference: &Difference, style: Style) -> Vec<String> {
    let path = known(&difference.path);
    if difference.sensitive {
        return vec![format!("{path}: a sensitive value is not as expected")];
    }
    if let (Some(expected), Some(actual)) = (document(&difference.desired), document(&difference.live)) {
        // Told as what happened: from what was expected to what there is now.
        let changed = policy::diff(&expected, &actual, style).into_iter().map(|line| format!("  {line}"));
        return std::iter::once(format!("{path}: changed from what was expected")).chain(changed).collect();
    }
    let (expected, actual) = (line(&difference.desired), line(&difference.live));
    vec![format!("{path}: expected {}, found {}", style.good(&expected), style.bad(&actual))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::plan::samples;

    #[test]
    fn drift_names_address_field_expected_and_actual() {
        insta::assert_snapshot!("drift", render("dev", &samples::drifted(), &[], 9, Style::PLAIN));
        insta::assert_snapshot!(
            "drift_rich",
            render("dev", &samples::drifted(), &[], 9, Style::RICH).replace('\u{1b}', "^")
        );
    }

    #[test]
    fn what_should_be_known_is_told_all_the_same() {
        let text =
            "there is a newer image, ami-2; it runs ami-1, and `replace_on_new_image = true` replaces it".to_owned();
        let remarks = [Remark { address: samples::address("ec2_instance.worker"), text }];
        insta::assert_snapshot!(render("dev", &[], &remarks, 9, Style::PLAIN), @r#"
    note: ec2_instance.worker: there is a newer image, ami-2; it runs ami-1, and `replace_on_new_image = true` replaces it
    No drift. 9 resources are as last applied.
    "#);
    }

    #[test]
    fn no_drift_is_one_line() {
        assert_eq!(render("dev", &[], &[], 9, Style::PLAIN), "No drift. 9 resources are as last applied.\n");
        assert_eq!(render("dev", &[], &[], 1, Style::PLAIN), "No drift. 1 resource is as last applied.\n");
    }
}
