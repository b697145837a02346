#![allow(clippy::unwrap_used)]

use std::fs;

use super::*;
use crate::commands::new;

#[test]
fn every_rule_is_about_a_field_that_there_is() {
    let catalog = load::offline().catalog();
    for rule in rules() {
        let kind = catalog.kinds.get(rule.kind).unwrap_or_else(|| panic!("{}: there is no {}", rule.name, rule.kind));
        // What a rule that looks at other resources names is what those refer to.
        let is_there = kind.fields.get(rule.field).is_some() || kind.outputs.contains_key(rule.field);
        assert!(is_there, "{}: {} has no `{}`", rule.name, rule.kind, rule.field);
    }
}

/// The rules that the managed policies of a file break.
fn broken(text: &str) -> Vec<&'static str> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("odd.toml");
    fs::write(folder.path().join("base.toml"), new::base_file("acme")).unwrap();
    fs::write(&file, new::environment_file("odd", "123456789012", "us-east-1") + text).unwrap();
    let environment = complete(load::environment(file.to_str().unwrap()).unwrap(), &load::offline());
    let broken = provision_policy::check(&environment).into_iter().filter_map(|finding| match finding {
        Finding::Broken { rule, .. } if rule.kind == "iam_managed_policy" => Some(rule.name),
        Finding::Broken { .. } | Finding::Unused { .. } => None,
    });
    broken.collect()
}

#[test]
fn policies_are_read_in_whatever_form_they_are_written() {
    for policy in [
        r#"{ statements = [{ actions = ["s3:*"], resources = ["*"] }] }"#,
        r#"{ Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] }"#,
        r#"'{ "Statement": { "Effect": "Allow", "Action": ["s3:*"], "Resource": "*" } }'"#,
    ] {
        let managed = format!("\n[iam_managed_policy.odd]\npolicy_name = \"odd\"\npolicy = {policy}\n");
        assert_eq!(broken(&managed), ["iam-managed-policy-no-wildcards"], "{policy}");
    }
    let narrow = "\n[iam_managed_policy.odd]\npolicy_name = \"odd\"\n\
                  policy.statements = [{ actions = [\"s3:GetObject\"], resources = [\"*\"] }]\n";
    assert_eq!(broken(narrow), [""; 0]);
}
