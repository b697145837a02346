//! What the file says of an instance's EBS volumes.

use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a `gp3` volume has without being asked. <https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html>
const GP3_IOPS: i32 = 3000;
const GP3_THROUGHPUT: i32 = 125;

/// An EBS volume.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EbsBlockDevice.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// The size in GiB. A volume only grows, and the file system on it is grown from inside the instance. Unset, of the root volume: that of
    /// the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65536))]
    pub volume_size: Option<i32>,
    /// The type.
    #[serde(default)]
    pub volume_type: VolumeType,
    /// Input and output operations per second, of `gp3` (3000 unless said), `io1` and `io2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100, max = 256000))]
    pub iops: Option<i32>,
    /// MiB per second, of `gp3` (125 unless said).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 125, max = 2000))]
    pub throughput: Option<i32>,
    /// Whether it is encrypted.
    #[serde(default = "yes")]
    #[schemars(extend("immutable" = true))]
    #[schemars(extend("severity" = "high"))]
    pub encrypted: bool,
    /// The ARN of the KMS key that encrypts it. Unset: the account's default key for EBS, and not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("immutable" = true, "pattern" = "^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+$"))]
    #[schemars(extend("severity" = "high"))]
    pub kms_key: Option<String>,
    /// Whether it goes with its instance.
    #[serde(default = "yes")]
    pub delete_on_termination: bool,
    /// AWS's id of it. Only ever read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub volume_id: Option<String>,
}

/// A type of EBS volume. <https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VolumeType {
    /// General purpose SSD.
    #[default]
    Gp3,
    /// General purpose SSD of the generation before; its speed follows from its size.
    Gp2,
    /// Provisioned IOPS SSD.
    Io2,
    /// Provisioned IOPS SSD of the generation before.
    Io1,
    /// Hard disk for throughput.
    St1,
    /// Hard disk for what is seldom read.
    Sc1,
    /// Magnetic, of the first generation.
    Standard,
}

fn yes() -> bool {
    true
}

impl Default for Volume {
    fn default() -> Self {
        Self {
            volume_size: None,
            volume_type: VolumeType::Gp3,
            iops: None,
            throughput: None,
            encrypted: true,
            kms_key: None,
            delete_on_termination: true,
            volume_id: None,
        }
    }
}

impl VolumeType {
    /// Whether its IOPS can be set.
    pub(super) fn has_iops(self) -> bool {
        matches!(self, Self::Gp3 | Self::Io1 | Self::Io2)
    }

    /// Whether its throughput can be set.
    pub(super) fn has_throughput(self) -> bool {
        self == Self::Gp3
    }
}

impl Volume {
    pub(super) fn problems(&self, pointer: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let volume_type = crate::values::to_aws(&self.volume_type);
        match self.iops {
            None if matches!(self.volume_type, VolumeType::Io1 | VolumeType::Io2) => {
                let problem = Problem::new(pointer, format!("a volume of type {volume_type} needs `iops`"));
                problems.push(problem.help("say how many operations a second, as in `iops = 3000`"));
            }
            Some(_) if !self.volume_type.has_iops() => {
                let message = format!("the IOPS of type {volume_type} cannot be set");
                let problem = Problem::new(format!("{pointer}/iops"), message);
                problems.push(problem.help("leave it out, or choose `gp3`"));
            }
            _ => {}
        }
        if self.throughput.is_some() && !self.volume_type.has_throughput() {
            let message = format!("the throughput of type {volume_type} cannot be set");
            let problem = Problem::new(format!("{pointer}/throughput"), message);
            problems.push(problem.help("leave it out, or choose `gp3`"));
        }
        if self.kms_key.is_some() && !self.encrypted {
            let problem = Problem::new(format!("{pointer}/kms_key"), "a volume that is not encrypted has no key");
            problems.push(problem.help("leave out `encrypted = false`"));
        }
        problems
    }

    /// With AWS's own defaults, which depend on the type.
    pub(super) fn complete(&mut self) {
        if self.volume_type == VolumeType::Gp3 {
            self.iops.get_or_insert(GP3_IOPS);
            self.throughput.get_or_insert(GP3_THROUGHPUT);
        }
    }
}
