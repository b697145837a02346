//! Looking at an account, and meddling with it, through boto3: somebody else's eyes and hands.

use std::process::Command;

use provision_testkit::emulator::{Account, Emulator};
use serde_json::Value;

/// Runs Python in which `client(service)` makes a boto3 client and `result` is to be set; gives it back.
pub fn python(account: &Account, code: &str) -> Value {
    let script = format!(
        "import boto3, json\n\
         client = lambda service, region='us-east-1': boto3.client(service, region_name=region)\n\
         result = None\n{code}\nprint(json.dumps(result, default=str))\n"
    );
    let output = Command::new(Emulator::shared().python())
        .args(["-c", &script])
        .envs(account.environment.iter().cloned())
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{code}\n{stderr}");
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"))
}
