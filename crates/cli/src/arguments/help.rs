//! What stands after the options in `--help`: examples, and what a newcomer should know.

use crate::exit::Exit;

pub(super) const AFTER: &str = "\
Examples:
  provision apply dev --sandbox    make `environments/dev.toml` in the local AWS, no account needed
  provision plan staging           what would change; exit code 2 if anything
  provision apply staging          show it, ask, do it

`provision COMMAND --help` says more, with examples.";

/// The same with the exit codes and the variables.
pub(super) fn after_long() -> String {
    let codes: Vec<String> =
        Exit::MEANINGS.iter().map(|(exit, meaning)| format!("  {:>3}  {meaning}", exit.code())).collect();
    format!(
        "{AFTER}\n\nExit codes:\n{}\n\n\
         Environment variables:\n  \
         AWS_PROFILE, AWS_ACCESS_KEY_ID, …  as for the AWS CLI, AWS_ENDPOINT_URL included\n  \
         PROVISION_SANDBOX=1                the same as --sandbox\n  \
         PROVISION_SANDBOX_DIR              where the local AWS keeps its data\n  \
         PROVISION_SANDBOX_LANE             which it is: pair (MiniStack and moto) or moto\n  \
         PROVISION_NOTIFY                   whom --notify tells, one target to a line\n  \
         PROVISION_LOG                      what is logged, as in provision_resources=debug\n  \
         NO_COLOR                           the same as --no-color\n\n\
         With --json, stdout has one document of a stable, versioned form (as in\n\
         `\"format\": \"provision.plan/1\"`), errors included; progress stays on stderr.",
        codes.join("\n")
    )
}

pub(super) const NEW: &str = "\
Examples:
  provision new dev
  provision new staging --account 123456789012 --region eu-central-1 --project pipeline

It writes `environments/NAME.toml` and, if there is none yet, `environments/base.toml`. What several
environments share belongs into the base; the file of an environment says only what differs.
An existing file is never overwritten.";

pub(super) const VALIDATE: &str = "\
Examples:
  provision validate dev
  provision validate dev staging prod
  provision validate dev --json        the errors with code, file, line, column and help

All errors of all files are shown at once. Exit code 3 if there are any.";

pub(super) const POLICY: &str = "\
Examples:
  provision policy check staging
  provision policy check dev staging prod --json

Each finding names the rule, the resource and what to do, and how CIS, Security Hub,
Prowler, Checkov and Trivy call it. Exit code 5 if there are any.";

pub(super) const GRAPH: &str = "\
Examples:
  provision graph staging                        a Mermaid flowchart, for Markdown
  provision graph staging --out docs/graph.svg   a picture
  provision graph staging --format dot | dot -Tpdf > graph.pdf
  provision graph staging --json                 nodes and edges

An arrow leads from a resource to what it needs. Each region has a frame of its own, each service
its colour. Instead of an arrow to a KMS key, the key's name stands on what it encrypts; and an
arrow that follows from others is left out. With --all, every dependency is an arrow.";

pub(super) const PLAN: &str = "\
Examples:
  provision plan staging
  provision plan staging -v                with every AWS call that would be made
  provision plan staging --out plan.json   saved for `provision apply staging --plan plan.json`
  provision plan staging --destroy         what `destroy` would do

Each line that differs says why: (config) the file was changed, (drift) somebody changed AWS.
Exit codes: 0 no difference, 2 differences, 1 it cannot be carried out as things are.";

pub(super) const APPLY: &str = "\
Examples:
  provision apply dev --sandbox --yes      in the local AWS, without asking
  provision apply staging                  shows the plan and asks
  provision apply staging --plan plan.json exactly the plan that was saved and reviewed

Independent resources are changed at once; one that fails stops only what depends on it. Ctrl-C
begins nothing new, lets what is under way finish and keeps what was done: the next run continues
from there.
Exit code 4 if another run holds the lock for longer than --lock-timeout.";

pub(super) const DESTROY: &str = "\
Examples:
  provision destroy dev --sandbox
  provision destroy dev --delete-data --empty-buckets      with all that it holds

What holds data is protected: first set `protect = false` on it, and apply. Then --delete-data allows
it to go.";

pub(super) const SCHEDULE: &str = "\
Examples:
  provision schedule systemd --all --every 1h --out /etc/systemd/system
  provision schedule crontab staging prod --notify arn:aws:sns:eu-west-1:123456789012:drift
  provision schedule github --all --every 1d --at 05:30 --out .
  provision schedule kubernetes --all --check dr --every 12h --image registry.example/provision:0.1 | kubectl apply -f -

The files are right as they stand, and say what they are for. That a check found something (exit code 2) and that
it could not look are two things, and each scheduler shows both. Nothing of AWS is touched.";

pub(super) const DRIFT: &str = "\
Examples:
  provision drift staging
  provision drift --all --out drift.html --out drift.xml      for a browser, and for a CI system
  provision drift --all --notify                              from cron: tells what is new, and only that
  provision drift staging --fix                               sets it back, and leaves the file's own changes alone
  provision drift staging --json | jq '.environments[].findings[].address'

It compares AWS with what was last applied, whatever the file says by now, and searches AWS for what carries the
environment's tags and is in no state. Without --fix it changes nothing and takes no lock. The gravest comes first: what
decides who gets at something, whether it can be read, or whether it survives. What `[drift] ignore` of the file names is
left out, and said to be.
Exit codes: 0 no drift, 2 drift, 1 an environment could not be looked at.";

pub(super) const DR: &str = "\
Examples:
  provision dr check staging              would the replicas serve?
  provision dr restore-state staging      if the region is lost
  provision plan staging --dr             then every command works from the other region
  provision dr return-state staging       once the region is back";

pub(super) const DR_CHECK: &str = "\
Examples:
  provision dr check staging
  provision dr check --all --out dr.html --notify
  provision dr check staging --json | jq '.environments[].replicas[].aspects[] | select(.verdict == \"finding\")'

For every bucket that is replicated, key and secret that has a replica, and for the state itself: what the
primary declares against what the replica has (replication rule and role, versioning, encryption and the
state of its key, public access, policy, lifecycle); then the proof: an object is put into the primary, awaited
in the replica, timed against `[dr] rpo`, read back there with the replica's key, and deleted at both ends with
all versions. How far S3 has come with what is there already is told from a sample of the objects and from S3's
replication metrics.
Exit codes: 0 every replica would serve, 2 one would not, 1 it could not be checked.";

pub(super) const DR_RESTORE: &str = "\
Examples:
  provision dr restore-state staging
  provision plan staging --dr
  provision apply staging --dr

It reads the state from the bucket that S3 copies it to, takes the lock of that region (`[dr] lock_table`), whose
number it raises above the state's, writes the state there under a key of its own, and shows what an apply would
do. What was done just before and was not copied is looked for, by name and by tags. What is in the lost region is
left alone, and remembered. It refuses if the region still answers, unless --force is given; then it takes the
lock of that region too.";

pub(super) const DR_RETURN: &str = "\
Examples:
  provision dr return-state staging

It takes both locks and makes one state of two: what is in the lost region as it was left behind, everything else
as it was left by whoever worked from the other region. Then it removes the restored state; its versions stay.
Until then, whatever changes the environment without --dr is refused.";

pub(super) const VERIFY: &str = "\
Examples:
  provision apply staging && provision verify staging
  provision verify staging --json | jq '.resources[].checks[] | select(.result == \"failed\")'

Buckets, tables, streams, keys, secrets and functions are tested by use: an object is put and read
back, its encryption and version looked at, and plain HTTP tried; an item is written and read; a
record goes through the stream; a key encrypts and decrypts; a secret's value is read, and never
shown; a function is invoked with {\"check\": true} and must answer {\"ok\": true}.
What a test makes it deletes again, with all versions. Only a record cannot be deleted: it expires
with the stream's retention period, and the pipeline passes over it.
It tests what was last applied, and takes no lock. Exit codes: 0 all passed, 1 any failed.";

pub(super) const OUTPUT: &str = "\
Examples:
  provision output staging
  provision output staging s3_bucket.data
  aws s3 ls \"s3://$(provision output staging s3_bucket.data.bucket --raw)\"";

pub(super) const STATE: &str = "\
Examples:
  provision state list staging
  provision state show staging s3_bucket.data
  provision state history staging
  provision state mv staging s3_bucket.data s3_bucket.archive
  provision state rebuild staging                 if it is gone or damaged

The state is what was last applied. It is kept in the bucket that [state] names, encrypted, and has no
secrets in it. What changes it takes the lock, changes nothing in AWS, and is listed in the history.";

pub(super) const STATE_HISTORY: &str = "\
Examples:
  provision state history staging
  provision state history staging --limit 100 --json

The history is the versions of the object in S3, damaged ones too. An apply writes two: when it begins and when
it ends.";

pub(super) const STATE_ROLLBACK: &str = "\
Examples:
  provision state rollback staging 41
  provision state rollback staging 3HL4kqtJvjVBH40Nrjfkd

An earlier state knows nothing of what was made since. So what AWS has is read and looked for by names and
tags, and what only the present state knows stays remembered. Nothing in AWS changes: to bring that back, too,
change the file and apply.";

pub(super) const STATE_REBUILD: &str = "\
Examples:
  provision state rebuild staging
  provision state rebuild staging --from-tags

Everything that provision makes carries tags that say whose it is. What the file names is looked for by its
name or its tags; what is as the file says is remembered as applied. It begins with the state as it is, or with
its newest version that can be read, for what the file does not name any more.";

pub(super) const STATE_MV: &str = "\
Examples:
  provision state mv staging s3_bucket.data s3_bucket.archive
  provision state mv staging 's3_bucket.data[\"eu\"]' s3_bucket.data_eu

Rename it in the file, too. The next apply brings the tag that names the address up to date; until then the
state alone knows of the new address.";

pub(super) const STATE_RM: &str = "\
Examples:
  provision state rm staging s3_bucket.data

Take it out of the file, too: what the file names is found by its name or its tags, and remembered again.";

pub(super) const LOCK: &str = "\
Examples:
  provision lock status staging
  provision lock release staging

Whoever changes an environment holds its lock, and renews it all the time. If that run dies, the lock
is free after its lease, by itself.";

pub(super) const SANDBOX: &str = "\
Examples:
  provision apply dev --sandbox            starts it if need be
  eval \"$(provision sandbox env)\"          then the AWS CLI, boto3 and Terraform look at it too
  provision sandbox status
  provision sandbox stop

PROVISION_SANDBOX_LANE=moto has all services on moto instead of on MiniStack and moto together.
PROVISION_SANDBOX_DIR=DIR gives one that shares nothing with the others.";

pub(super) const SCHEMA: &str = "\
Examples:
  provision schema                   the kinds
  provision schema s3_bucket         its fields, defaults and outputs
  provision schema --json            a JSON Schema of environment files, for editors";

pub(super) const COMPLETIONS: &str = "\
Examples:
  provision completions bash > ~/.local/share/bash-completion/completions/provision
  provision completions zsh > ~/.zfunc/_provision
  provision completions fish > ~/.config/fish/completions/provision.fish";
