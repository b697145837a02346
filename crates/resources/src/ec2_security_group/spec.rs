//! What the file says of a security group.

use std::collections::BTreeMap;

use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rule::{Direction, Rule};
use crate::tags::Tags;

/// A firewall around network interfaces. It lets nothing through, in either direction, but what its rules name. (The rule with
/// which AWS makes every group, all traffic to everywhere, is taken away.) A rule that the file does not have is taken
/// away too.
///
/// Two rules that let the same traffic through are one to AWS. Two groups that let each other in refer to each other in a
/// circle, which no file can: name the address ranges in one of them.
///
/// ```toml
/// [ec2_security_group.app]
/// group_name = "acme-${environment.name}-app"
/// description = "The application's instances"
/// vpc_id = "${ec2_vpc.main.vpc_id}"
/// egress = [
///     { ip_protocol = "tcp", from_port = 443, to_port = 443, cidr_ipv4 = "0.0.0.0/0", description = "AWS APIs" },
/// ]
/// ```
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroupSpec {
    /// The name, unique in its VPC (whether upper or lower case): up to 255 letters, digits, spaces and
    /// `._-:/()#,@[]+=&;{}!$*`.
    #[schemars(extend("immutable" = true, "pattern" = "^[a-zA-Z0-9 ._:/()#,@\\[\\]+=&;{}!$*-]{1,255}$"))]
    pub group_name: String,
    /// What the group is for, in the same characters. Where others use the group, change `group_name` with it: then the new group
    /// is made first, and the old one deleted once nothing uses it.
    #[schemars(extend("immutable" = true, "pattern" = "^[a-zA-Z0-9 ._:/()#,@\\[\\]+=&;{}!$*-]{1,255}$"))]
    #[schemars(extend("severity" = "low"))]
    pub description: String,
    /// The VPC.
    #[schemars(extend("immutable" = true, "pattern" = "^vpc-[0-9a-f]{8,17}$"))]
    pub vpc_id: String,
    /// The traffic that may come in. Answers to what may go out always may.
    #[serde(default)]
    #[schemars(extend("set" = "rule"))]
    #[schemars(extend("severity" = "high"))]
    pub ingress: Vec<Rule>,
    /// The traffic that may go out. Answers to what may come in always may.
    #[serde(default)]
    #[schemars(extend("set" = "rule"))]
    #[schemars(extend("severity" = "high"))]
    pub egress: Vec<Rule>,
    /// Tags, besides the environment's.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
}

impl SecurityGroupSpec {
    /// The rules of one direction.
    pub(super) fn rules(&self, direction: Direction) -> &[Rule] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }

    /// With every rule in the one form in which AWS answers it. `account` is the group's own.
    pub(super) fn complete(self, account: &str) -> Self {
        let complete = |rules: Vec<Rule>, direction| {
            let rules = rules.into_iter().map(|rule| rule.within(account).complete(direction));
            rules.collect()
        };
        Self {
            ingress: complete(self.ingress, Direction::Ingress),
            egress: complete(self.egress, Direction::Egress),
            ..self
        }
    }

    /// What is wrong with it beyond what its schema can say.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = name_problem(&self.group_name).into_iter().collect();
        if self.description.trim() != self.description {
            let problem = Problem::new("/description", "AWS drops the spaces around it");
            problems.push(problem.help("leave them out"));
        }
        for (direction, field) in [(Direction::Ingress, "/ingress"), (Direction::Egress, "/egress")] {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for (index, rule) in self.rules(direction).iter().enumerate() {
                let pointer = format!("{field}/{index}");
                let mistakes = rule.problems(&pointer);
                let is_clear = mistakes.is_empty();
                problems.extend(mistakes);
                let name = rule.clone().complete(direction).rule;
                if let Some(first) = seen.insert(name.clone(), index).filter(|_| is_clear) {
                    let message = format!("`{name}` is there twice, first as number {}", first + 1);
                    let help =
                        "keep one of them: AWS tells rules apart by what they let through, not by their description";
                    problems.push(Problem::new(pointer, message).help(help));
                }
            }
        }
        problems
    }
}

fn name_problem(name: &str) -> Option<Problem> {
    let problem = |message: &str, help: &str| Some(Problem::new("/group_name", message).help(help));
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("sg-") {
        problem("a name cannot begin with `sg-`, as ids do", "choose another name")
    } else if lower == "default" {
        problem("every VPC has a group of this name already, its default one", "choose another name")
    } else if name.trim() != name {
        problem("AWS drops the spaces around a name", "leave them out")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use provision_config::Shape;
    use provision_reconciler::{Kind, fields_of};
    use serde_json::{Value, json};

    use super::*;
    use crate::ec2_security_group::Ec2SecurityGroup;

    fn problems(field: &str, value: Value) -> String {
        let mut table = json!({ "group_name": "app", "description": "The app", "vpc_id": "vpc-0123456789abcdef0" });
        table[field] = value;
        let spec = serde_json::from_value(table).unwrap_or_else(|error| panic!("{error}"));
        let problems = Ec2SecurityGroup::check(&spec).into_iter();
        problems.map(|one| format!("{}: {}", one.pointer, one.message)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn names_that_aws_would_refuse_or_change_are_problems() {
        assert_eq!(problems("group_name", json!("app (blue) #2")), "");
        insta::assert_snapshot!(problems("group_name", json!("SG-app")), @"/group_name: a name cannot begin with `sg-`, as ids do");
        insta::assert_snapshot!(problems("group_name", json!("Default")), @"/group_name: every VPC has a group of this name already, its default one");
        insta::assert_snapshot!(problems("group_name", json!("app ")), @"/group_name: AWS drops the spaces around a name");
        insta::assert_snapshot!(problems("description", json!(" app")), @"/description: AWS drops the spaces around it");
    }

    #[test]
    fn the_same_traffic_twice_is_a_problem_however_it_is_written() {
        let rules = json!([
            { "ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv6": "2001:DB8:0::/32", "description": "a" },
            { "ip_protocol": "udp", "from_port": 443, "to_port": 443, "cidr_ipv6": "2001:db8::/32", "description": "b" },
            { "ip_protocol": "6", "from_port": 443, "to_port": 443, "cidr_ipv6": "2001:db8::/32", "description": "c" },
        ]);
        insta::assert_snapshot!(problems("ingress", rules.clone()), @"/ingress/2: `tcp 443 from 2001:db8::/32` is there twice, first as number 1");
        insta::assert_snapshot!(problems("egress", rules), @"/egress/2: `tcp 443 to 2001:db8::/32` is there twice, first as number 1");
    }

    /// What the schema must say, since `check` does not: host bits in a CIDR block, a missing description, its characters.
    #[test]
    fn the_schema_wants_networks_and_descriptions() {
        let fields = fields_of::<SecurityGroupSpec>();
        let Some(Shape::Set { item, key: Some(key) }) = fields.get("ingress").map(|field| &field.shape) else {
            panic!("rules are a set")
        };
        let Shape::Table(rule) = &**item else { panic!("a rule is a table") };
        assert_eq!(key, "rule");
        assert!(rule.get("rule").is_none(), "a file cannot set what a rule is named by");
        for field in ["cidr_ipv4", "cidr_ipv6"] {
            let Some(Shape::Text(text)) = rule.get(field).map(|field| &field.shape) else {
                panic!("{field} is a text")
            };
            assert_eq!(text.format.as_deref(), Some("cidr"));
        }
        let required: Vec<&str> =
            rule.0.iter().filter(|(_, field)| field.required).map(|(name, _)| name.as_str()).collect();
        assert_eq!(required, ["description", "ip_protocol"]);
        assert!(rule.get("self").is_some());
    }
}
