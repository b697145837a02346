//! Which emulator serves what.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, programs};

/// Which emulators serve which services.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// MiniStack for every service but EC2, IAM and SSM, which are on moto.
    #[default]
    Pair,
    /// Everything on moto.
    Moto,
}

/// One of the programs that imitate AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Emulator {
    /// <https://ministack.org>
    Ministack,
    /// <https://docs.getmoto.org>
    Moto,
}

impl Lane {
    /// The emulators of this lane.
    pub fn emulators(self) -> &'static [Emulator] {
        match self {
            Self::Pair => &[Emulator::Ministack, Emulator::Moto],
            Self::Moto => &[Emulator::Moto],
        }
    }

    /// What this lane is made of, packages, programs and patches, in short: sandboxes of equal builds behave alike.
    pub fn build(self) -> String {
        self.emulators().iter().map(|emulator| programs::build(*emulator)).collect::<Vec<_>>().join("-")
    }

    /// Who serves what, by the SDKs' names of the services; `*` stands for all others.
    pub(crate) fn services(self) -> &'static [(&'static str, Emulator)] {
        match self {
            Self::Pair => {
                &[("*", Emulator::Ministack), ("ec2", Emulator::Moto), ("iam", Emulator::Moto), ("ssm", Emulator::Moto)]
            }
            Self::Moto => &[("*", Emulator::Moto)],
        }
    }
}

impl Emulator {
    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ministack => "ministack",
            Self::Moto => "moto",
        }
    }

    /// Its name as its makers write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ministack => "MiniStack",
            Self::Moto => "moto",
        }
    }

    /// Whether what it holds is still there after a stop and a start.
    pub fn persists(self) -> bool {
        self == Self::Ministack
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pair => "pair",
            Self::Moto => "moto",
        })
    }
}

impl FromStr for Lane {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "pair" => Ok(Self::Pair),
            "moto" => Ok(Self::Moto),
            _ => Err(Error::UnknownLane { found: text.to_owned() }),
        }
    }
}
