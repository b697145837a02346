//! Schedules to try things on.

#![allow(clippy::unwrap_used)]

use crate::{Every, Job, Schedule, Which};

/// As it is without any options.
pub fn plain() -> Schedule {
    Schedule::new(Job::Drift, Which::All, Every::parse("6h").unwrap())
}

/// With every option, and texts that have to be quoted.
pub fn full() -> Schedule {
    Schedule {
        name: "acme-dr".to_owned(),
        program: "/opt/acme tools/100%/provision".to_owned(),
        directory: "/srv/o'brien & söhne".to_owned(),
        folder: "infra/o'brien".to_owned(),
        notify: vec![
            "https://hooks.example.com/a?b=c&d=%20e".to_owned(),
            "command:mail -s \"$SUBJECT\" 'ops' ${{ x }} $(date)".to_owned(),
        ],
        region: "eu-central-1".to_owned(),
        role_arn: Some("arn:aws:iam::123456789012:role/ops/drift".to_owned()),
        user: Some("provision".to_owned()),
        image: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/provision:1.0".to_owned(),
        install: "apt-get update\nmake 'install' PREFIX=~/.cargo # it's C:\\\n".to_owned(),
        runs_on: "self-hosted".to_owned(),
        agent: Some("linux && docker".to_owned()),
        notify_credentials: Some("drift-hooks".to_owned()),
        aws_credentials: Some("drift-aws".to_owned()),
        ..Schedule::new(
            Job::DrCheck,
            Which::Named(vec!["dev".to_owned(), "staging_2".to_owned()]),
            Every::parse("1d").unwrap().at("03:30").unwrap(),
        )
    }
}
