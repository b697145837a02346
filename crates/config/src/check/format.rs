//! The well-known forms of texts: CIDR blocks, ARNs, regions, accounts, versions.

use ipnet::IpNet;

use crate::nearest::nearest;

/// How a text fails its form.
pub(super) struct Mistake {
    pub label: String,
    pub help: String,
}

impl Mistake {
    fn new(label: &str, help: impl Into<String>) -> Self {
        Self { label: label.to_owned(), help: help.into() }
    }
}

/// What is wrong with a text of that form. Forms that are not known here are not checked.
pub(super) fn check(format: &str, text: &str) -> Option<Mistake> {
    match format {
        "cidr" => cidr(text),
        "arn" => arn(text),
        "region" => region(text),
        "account" => account(text),
        _ => None,
    }
}

fn cidr(text: &str) -> Option<Mistake> {
    match text.parse::<IpNet>() {
        Ok(net) if net.trunc() == net => None,
        // AWS refuses a block whose address is not the network's own.
        Ok(net) => {
            Some(Mistake::new("bits are set outside of the prefix", format!("the network is `{}`", net.trunc())))
        }
        Err(_) if text.parse::<std::net::IpAddr>().is_ok() => {
            let prefix = if text.contains(':') { 128 } else { 32 };
            Some(Mistake::new("the prefix length is missing", format!("one address alone is `{text}/{prefix}`")))
        }
        Err(_) => Some(Mistake::new("not a network", "write an address and a prefix length, as in `10.0.0.0/16`")),
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
fn arn(text: &str) -> Option<Mistake> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let good = match parts.as_slice() {
        ["arn", partition, service, _, _, resource] => {
            partition.starts_with("aws")
                && !service.is_empty()
                && !resource.is_empty()
                && !text.contains(char::is_whitespace)
        }
        _ => false,
    };
    let help =
        "an ARN is `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`; refer to one of this environment by `${kind.name.arn}`";
    (!good).then(|| Mistake::new("not an ARN", help))
}

/// New regions appear every year, so only the form is checked: `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`.
fn region(text: &str) -> Option<Mistake> {
    let mut parts: Vec<&str> = text.split('-').collect();
    let number = parts.pop().unwrap_or_default();
    let good = (2..=3).contains(&parts.len())
        && parts.iter().all(|part| part.len() >= 2 && part.chars().all(|next| next.is_ascii_lowercase()))
        && (1..=2).contains(&number.len())
        && number.chars().all(|next| next.is_ascii_digit());
    let help = || match nearest(text, REGIONS.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "a region is named as in `us-east-1`".to_owned(),
    };
    (!good).then(|| Mistake::new("not a region", help()))
}

fn account(text: &str) -> Option<Mistake> {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if digits == 12 && text.len() == 12 {
        return None;
    }
    let label = if digits == text.len() {
        format!("{digits} digit{}", if digits == 1 { "" } else { "s" })
    } else {
        "not 12 digits".to_owned()
    };
    Some(Mistake::new(&label, "an account id is 12 digits in quotes, leading zeros included, as in `\"123456789012\"`"))
}

/// To suggest from.
const REGIONS: [&str; 33] = [
    "af-south-1",
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(format: &str, text: &str) -> Option<String> {
        check(format, text).map(|mistake| format!("{}; {}", mistake.label, mistake.help))
    }

    #[test]
    fn what_aws_takes_passes() {
        for (format, texts) in [
            ("cidr", vec!["10.0.0.0/16", "0.0.0.0/0", "192.168.7.3/32", "2001:db8::/32", "::/0"]),
            (
                "arn",
                vec![
                    "arn:aws:s3:::bucket/*",
                    "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1-2",
                    "arn:aws:iam::aws:policy/ReadOnlyAccess",
                ],
            ),
            ("region", vec!["us-east-1", "us-gov-west-1", "eusc-de-east-1", "ap-southeast-7", "us-iso-east-1"]),
            ("account", vec!["012345678901"]),
        ] {
            for text in texts {
                assert_eq!(complaint(format, text), None, "{format} {text}");
            }
        }
        for region in REGIONS {
            assert_eq!(complaint("region", region), None);
        }
    }

    #[test]
    fn what_aws_refuses_is_refused() {
        for (format, text, expected) in [
            ("cidr", "10.0.1.5/16", "bits are set outside of the prefix; the network is `10.0.0.0/16`"),
            ("cidr", "10.0.1.5", "the prefix length is missing; one address alone is `10.0.1.5/32`"),
            ("cidr", "10.0.0.0/33", "not a network; write an address and a prefix length, as in `10.0.0.0/16`"),
            ("region", "us-east1", "not a region; did you mean `us-east-1`?"),
            ("region", "Frankfurt", "not a region; a region is named as in `us-east-1`"),
            (
                "account",
                "1234",
                "4 digits; an account id is 12 digits in quotes, leading zeros included, as in `\"123456789012\"`",
            ),
        ] {
            assert_eq!(complaint(format, text).as_deref(), Some(expected));
        }
        for text in ["", "alias/x", "arn:aws:s3", "arn:aws::::x", "arn:aws:kms:us-east-1:1:", "arn:aws:s3:::a b"] {
            assert!(complaint("arn", text).is_some(), "{text}");
        }
    }
}
