//! Every operation of a first apply in trouble: AWS throttles it, fails, or no longer knows the credentials.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use provision_testkit::project::Said;
use provision_testkit::proxy::{Call, Fault};

use crate::census::expect_as_undisturbed;
use crate::world::World;

/// Does this to the first changing call of every operation of every service, those that keep the state and the lock
/// included. Which those were is in what it gives back.
fn first_of_each(
    world: &World,
    fault: impl Fn(&Call) -> Fault + Send + Sync + 'static,
) -> Arc<Mutex<BTreeSet<String>>> {
    let met = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&met);
    world.proxy().with(move |call| {
        let operation = format!("{}:{}", call.service, call.operation);
        let first = call.mutating && seen.lock().unwrap_or_else(PoisonError::into_inner).insert(operation);
        first.then(|| fault(call))
    });
    met
}

/// One run gets over it: everything is there, once, and nothing is left to do.
fn one_run_gets_over_it(fault: impl Fn(&Call) -> Fault + Send + Sync + 'static) {
    let world = World::new();
    let met = first_of_each(&world, fault);
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    let met = met.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for operation in [
        "dynamodb:CreateTable",
        "dynamodb:PutItem",
        "ec2:AllocateAddress",
        "ec2:CreateVpc",
        "ec2:RunInstances",
        "iam:CreateRole",
        "kinesis:CreateStream",
        "kms:CreateKey",
        "lambda:CreateFunction",
        "lambda:CreateEventSourceMapping",
        "logs:CreateLogGroup",
        "s3:CreateBucket",
        "s3:PutObject",
        "secretsmanager:CreateSecret",
    ] {
        assert!(met.contains(operation), "{operation} was not disturbed, only {met:?}");
    }
    world.run(&["plan", "dev"]).expect_exit(0);
    assert_eq!(world.json(&["lock", "status", "dev"], 0)["held"], false);
    expect_as_undisturbed(&world, "dev");
}

/// What the service answers that has too much to do.
fn throttled(call: &Call) -> Fault {
    let (status, code) = match call.service.as_str() {
        "ec2" => (503, "RequestLimitExceeded"),
        "s3" => (503, "SlowDown"),
        "iam" => (400, "Throttling"),
        "lambda" => (429, "TooManyRequestsException"),
        // Of the control plane; of items, the table's own throughput.
        "dynamodb" if call.operation.ends_with("Item") => (400, "ProvisionedThroughputExceededException"),
        "kinesis" if call.operation.contains("Record") => (400, "ProvisionedThroughputExceededException"),
        _ => (400, "ThrottlingException"),
    };
    Fault::refuse(call, status, code, "Rate exceeded")
}

/// The status and the code of the service that has broken down.
fn broken(call: &Call) -> (u16, &'static str) {
    match call.service.as_str() {
        "ec2" => (503, "Unavailable"),
        "s3" => (500, "InternalError"),
        "iam" => (500, "ServiceFailure"),
        "kms" => (500, "KMSInternalException"),
        "lambda" => (500, "ServiceException"),
        "logs" => (503, "ServiceUnavailableException"),
        "secretsmanager" => (500, "InternalServiceError"),
        "dynamodb" => (500, "InternalServerError"),
        _ => (500, "InternalFailure"),
    }
}

#[test]
fn throttling_of_every_operation_is_outwaited() {
    one_run_gets_over_it(throttled);
}

#[test]
fn every_operation_fails_once_without_having_been_done() {
    one_run_gets_over_it(|call| {
        let (status, code) = broken(call);
        Fault::refuse(call, status, code, "We encountered an internal error. Please try again.")
    });
}

#[test]
fn every_operation_fails_once_after_having_been_done() {
    one_run_gets_over_it(|call| {
        let (status, code) = broken(call);
        Fault::do_and_refuse(call, status, code, "We encountered an internal error. Please try again.")
    });
}

/// An apply of dev whose credentials expire once this many of the calls for which `counts` were made; what it said. With fresh ones
/// the next apply completes it.
fn expires(after: usize, counts: fn(&Call) -> bool, look: impl FnOnce(&World, &Said)) {
    let world = World::new();
    let (fresh, count) = (Arc::new(AtomicBool::new(false)), AtomicUsize::new(0));
    let renewed = Arc::clone(&fresh);
    world.proxy().with(move |call| {
        let number = if counts(call) { count.fetch_add(1, Ordering::SeqCst) + 1 } else { count.load(Ordering::SeqCst) };
        if renewed.load(Ordering::SeqCst) || number <= after {
            return None;
        }
        let code = match call.service.as_str() {
            "ec2" => "RequestExpired",
            "s3" | "iam" | "sts" => "ExpiredToken",
            _ => "ExpiredTokenException",
        };
        let status = if matches!(call.service.as_str(), "iam" | "sts" | "lambda") { 403 } else { 400 };
        Some(Fault::refuse(call, status, code, "The security token included in the request is expired"))
    });
    let first = world.run(&["apply", "dev", "--yes"]).expect_exit(1);
    assert!(first.stderr.contains("The security token included in the request is expired"), "{}", first.stderr);
    says_what_to_do(&first);
    fresh.store(true, Ordering::SeqCst);
    look(&world, &first);
    // It may have to outwait the lease that could not be given back.
    world.run(&["apply", "dev", "--yes", "--lock-timeout", "300s"]).expect_exit(0);
    world.run(&["plan", "dev"]).expect_exit(0);
    assert_eq!(world.json(&["lock", "status", "dev"], 0)["held"], false);
    expect_as_undisturbed(&world, "dev");
}

/// Expired credentials are called that, and what to do is said.
fn says_what_to_do(said: &Said) {
    let hint = "hint: the credentials have expired; sign in again (`aws sso login`) and run the same command";
    assert!(said.stderr.contains(hint), "{}", said.stderr);
}

#[test]
fn what_expired_credentials_left_before_there_was_a_state_is_completed() {
    expires(4, |call| call.operation == "CreateKey", |_, _| {});
}

#[test]
fn what_expired_credentials_left_in_the_middle_is_completed() {
    expires(
        2,
        |call| matches!(call.operation.as_str(), "CreateSubnet" | "CreateStream" | "CreateFunction"),
        |world, first| {
            // What was done is known: from the journal, since the state could no longer be written.
            let listed = world.json(&["state", "list", "dev"], 0);
            let (intended, done) = (&listed["operation"]["intended"], &listed["operation"]["done"]);
            assert!(done.as_u64() > Some(0) && done.as_u64() < intended.as_u64(), "{listed:#}\n{}", first.stderr);
        },
    );
}

#[test]
fn ec2_calls_expired_credentials_an_expired_request() {
    let world = World::applied();
    world.proxy().with(|call| {
        (call.service == "ec2").then(|| Fault::refuse(call, 400, "RequestExpired", "Request has expired."))
    });
    says_what_to_do(&world.run(&["plan", "dev"]).expect_exit(1));
}
