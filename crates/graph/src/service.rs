//! Services: what they are called in a picture, and their colours.

/// The service that a kind of resource belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Service {
    /// What a person calls it, as in `DynamoDB`.
    name: &'static str,
    /// Its colour, dark enough to carry white text.
    colour: Colour,
}

/// A colour: red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Colour(pub u8, pub u8, pub u8);

/// By the beginning of the kinds' names. Far apart in hue where they often stand side by side.
const SERVICES: [(&str, Service); 15] = [
    // EC2's API has both; to a person, machines and networks are different things.
    ("ec2_instance", Service { name: "EC2", colour: Colour(0x0e, 0x74, 0x90) }),
    ("ec2_", Service { name: "VPC", colour: Colour(0x4f, 0x46, 0xc8) }),
    ("s3_", Service { name: "S3", colour: Colour(0x3a, 0x7d, 0x22) }),
    ("dynamodb_", Service { name: "DynamoDB", colour: Colour(0x1d, 0x66, 0xc1) }),
    ("kinesis_", Service { name: "Kinesis", colour: Colour(0x8e, 0x3b, 0xb8) }),
    ("lambda_", Service { name: "Lambda", colour: Colour(0xc2, 0x4f, 0x0c) }),
    ("kms_", Service { name: "KMS", colour: Colour(0x8a, 0x67, 0x00) }),
    ("iam_", Service { name: "IAM", colour: Colour(0xc0, 0x29, 0x42) }),
    ("secretsmanager_", Service { name: "Secrets", colour: Colour(0xb0, 0x24, 0x7c) }),
    ("logs_", Service { name: "Logs", colour: Colour(0x51, 0x5c, 0x6b) }),
    ("cloudwatch_", Service { name: "CloudWatch", colour: Colour(0x9d, 0x17, 0x4d) }),
    ("events_", Service { name: "EventBridge", colour: Colour(0xa2, 0x1c, 0xaf) }),
    ("sns_", Service { name: "SNS", colour: Colour(0xbe, 0x18, 0x5d) }),
    ("sqs_", Service { name: "SQS", colour: Colour(0x86, 0x19, 0x8f) }),
    ("cloudtrail_", Service { name: "CloudTrail", colour: Colour(0x0f, 0x76, 0x6e) }),
];

const OTHER: Service = Service { name: "other", colour: Colour(0x5f, 0x5f, 0x5f) };

/// What is not written in small letters.
const ABBREVIATIONS: [&str; 7] = ["acl", "dhcp", "eip", "eni", "nat", "vpc", "vpn"];

impl Service {
    /// The service of a kind, as in `s3_bucket`. One that is not known here is drawn in grey.
    pub fn of(kind: &str) -> Self {
        SERVICES.iter().find(|(prefix, _)| kind.starts_with(prefix)).map_or(OTHER, |(_, service)| *service)
    }

    /// What a person calls it, as in `DynamoDB`.
    pub fn name(self) -> &'static str {
        self.name
    }

    pub(crate) fn colour(self) -> Colour {
        self.colour
    }

    /// The name that it has in classes, as in `dynamodb`.
    pub(crate) fn class(self) -> String {
        self.name.to_lowercase()
    }

    /// What a person calls the resources of a kind: `Lambda event source mapping`.
    pub(crate) fn full(self, kind: &str) -> String {
        if self == OTHER {
            return self.thing(kind);
        }
        format!("{} {}", self.name, self.thing(kind)).trim_end().to_owned()
    }

    /// The same beside the service's own name: `event source mapping`. Empty where that says it all.
    pub(crate) fn thing(self, kind: &str) -> String {
        let words = match kind.split_once('_') {
            Some((_, words)) if self != OTHER => words,
            _ => kind,
        };
        let word = |word: &str| if ABBREVIATIONS.contains(&word) { word.to_uppercase() } else { word.to_owned() };
        let thing = words.split('_').map(word).collect::<Vec<_>>().join(" ");
        // Not "VPC VPC endpoint".
        match thing.strip_prefix(self.name) {
            Some("") => String::new(),
            Some(rest) if rest.starts_with(' ') => rest.trim_start().to_owned(),
            _ => thing,
        }
    }
}

impl Colour {
    /// This much of it, from 0 to 1, on another colour.
    pub fn on(self, ground: Self, much: f64) -> Self {
        let mix = |top: u8, under: u8| {
            let mixed = f64::from(top) * much + f64::from(under) * (1.0 - much);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
            let byte = mixed.round() as u8;
            byte
        };
        Self(mix(self.0, ground.0), mix(self.1, ground.1), mix(self.2, ground.2))
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contrast of white text on a colour, as WCAG 2.1 measures it.
    fn contrast_of_white(colour: Colour) -> f64 {
        let linear = |byte: u8| {
            let value = f64::from(byte) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = 0.2126 * linear(colour.0) + 0.7152 * linear(colour.1) + 0.0722 * linear(colour.2);
        1.05 / (luminance + 0.05)
    }

    #[test]
    fn white_text_can_be_read_on_every_service() {
        for (_, service) in SERVICES.iter().chain([&("", OTHER)]) {
            let contrast = contrast_of_white(service.colour);
            assert!(contrast >= 4.5, "{}: {contrast:.2}", service.name);
        }
    }

    #[test]
    fn kinds_in_words() {
        let say = |kind: &str| Service::of(kind).full(kind);
        assert_eq!(say("ec2_instance"), "EC2 instance");
        assert_eq!(say("ec2_nat_gateway"), "VPC NAT gateway");
        assert_eq!(say("ec2_vpc"), "VPC");
        assert_eq!(say("ec2_vpc_endpoint"), "VPC endpoint");
        assert_eq!(say("lambda_event_source_mapping"), "Lambda event source mapping");
        assert_eq!(say("rds_cluster"), "rds cluster");
    }
}
