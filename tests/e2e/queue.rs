//! Many who want the lock at once.

use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use provision_testkit::project::said;
use provision_testkit::proxy::Fault;
use serde_json::{Value, json};

use crate::boto::python;
use crate::world::World;

/// How many.
const CONTENDERS: usize = 20;

/// What the file of one of them says of a secret whose value the others' files leave to others.
fn secret(number: usize) -> String {
    format!("one_{number:02}")
}

#[test]
fn twenty_changes_at_once_land_one_after_another() {
    let world = World::new();
    // Apply makes AWS as its own file says. For twenty files to agree, each must say nothing of what the others change: here, of the
    // value of all secrets but one.
    let mut secrets = String::new();
    for number in 0..CONTENDERS {
        let name = secret(number);
        write!(
            secrets,
            "[secretsmanager_secret.{name}]\nname = \"${{vars.project}}-${{environment.name}}-{name}\"\n\
             kms_key = \"${{kms_key.secrets.arn}}\"\nprotect = false\n\n"
        )
        .unwrap();
    }
    world.edit("dev.toml", "[vars]", &format!("{secrets}[vars]"));
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    let before = history(&world);
    let files: Vec<String> = (0..CONTENDERS)
        .map(|number| {
            let name = secret(number);
            let value = world.folder().join("environments").join(&name);
            fs::write(&value, format!("the value of {name}")).unwrap();
            let file = world.folder().join("environments").join(format!("{name}.toml"));
            let line = format!("secretsmanager_secret.{name}.value = {{ file = \"{name}\" }}");
            fs::write(&file, format!("extends = \"dev.toml\"\n{line}\n")).unwrap();
            file.to_string_lossy().into_owned()
        })
        .collect();
    world.proxy().clear();

    // The first to have the lock keeps it until the others have come: no more than that depends on it.
    let first = AtomicBool::new(true);
    world.proxy().with(move |call| {
        let holds = call.operation == "PutSecretValue" && first.swap(false, Ordering::SeqCst);
        holds.then_some(Fault::Delay(Duration::from_secs(20)))
    });
    let all: Vec<_> = files
        .iter()
        .enumerate()
        .map(|(number, file)| {
            let child = world.start(&["--json", "apply", file, "--yes", "--lock-timeout", "1200s"]);
            // Twenty programs that start in the same moment keep a small machine so busy that a lease may run out.
            until_so_many_have_come(&world, number + 1);
            child
        })
        .collect();
    // Nobody may wait because nobody reads what it says.
    let all: Vec<_> = std::thread::scope(|scope| {
        let readers: Vec<_> =
            all.into_iter().map(|one| scope.spawn(|| said(one.wait_with_output().unwrap()))).collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });

    let mut waited = 0;
    for said in all {
        let said = said.expect_exit(0);
        waited += usize::from(said.stderr.contains("waiting for the lock"));
        let applied: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(applied["calls"], 1, "{applied:#}");
    }
    assert!(waited > 0, "nobody had to wait");
    let made: Vec<String> = world.changes().into_iter().map(|call| call.action).collect();
    assert_eq!(made, vec!["secretsmanager:PutSecretValue"; CONTENDERS]);
    let live = python(
        &world.account,
        &format!(
            "sm = client('secretsmanager')\n\
             result = [sm.get_secret_value(SecretId=f'acme-dev-one_{{number:02}}')['SecretString'] for number in range({CONTENDERS})]"
        ),
    );
    let expected: Vec<Value> =
        (0..CONTENDERS).map(|number| json!(format!("the value of {}", secret(number)))).collect();
    assert_eq!(live, Value::Array(expected));
    serials_and_fencing_numbers_grow(&history(&world), &before);
    for file in &files {
        world.run(&["plan", file]).expect_exit(0);
    }
    world.run(&["drift", "dev"]).expect_exit(0);
    assert_eq!(world.json(&["lock", "status", "dev"], 0)["held"], false);
}

/// Each asks who it is before it asks for the lock.
fn until_so_many_have_come(world: &World, number: usize) {
    let start = Instant::now();
    while world.proxy().calls().iter().filter(|call| call.operation == "GetCallerIdentity").count() < number {
        assert!(start.elapsed() < Duration::from_secs(120), "number {number} did not come within two minutes");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The versions of the state, the oldest first.
fn history(world: &World) -> Vec<Value> {
    let mut history = world.json(&["state", "history", "dev", "--limit", "1000"], 0);
    let Value::Array(mut versions) = history["versions"].take() else { panic!("{history}") };
    versions.reverse();
    versions
}

/// The state has as many writers more as there were contenders. Each of its versions has a greater serial than the one before; each
/// writer a greater fencing number, and all its versions in a row.
fn serials_and_fencing_numbers_grow(after: &[Value], before: &[Value]) {
    assert_eq!(
        &after[..before.len()].iter().map(|version| &version["version"]).collect::<Vec<_>>(),
        &before.iter().map(|version| &version["version"]).collect::<Vec<_>>()
    );
    let number = |version: &Value, of: &str| version[of].as_u64().unwrap_or_else(|| panic!("no {of}: {version:#}"));
    let mut writers: Vec<(u64, &Value)> = Vec::new();
    for pair in after.windows(2) {
        assert!(number(&pair[0], "serial") < number(&pair[1], "serial"), "{pair:#?}");
    }
    for version in &after[before.len()..] {
        let writer = (number(version, "fencing"), &version["operation"]);
        if writers.last() != Some(&writer) {
            writers.push(writer);
        }
    }
    assert_eq!(writers.len(), CONTENDERS, "{writers:#?}");
    let last = before.last().map(|version| number(version, "fencing"));
    assert!(last < Some(writers[0].0), "{last:?} {writers:#?}");
    assert!(writers.windows(2).all(|pair| pair[0].0 < pair[1].0), "{writers:#?}");
    assert!(after.iter().all(|version| version["lineage"] == after[0]["lineage"]));
}
