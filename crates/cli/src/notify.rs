//! Telling others what a check has found: a webhook, an SNS topic, or a command.

mod command;
mod message;
mod webhook;

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use provision_resources::{Aws, notification};

pub use message::{About, Message};

use crate::exit::Exit;
use crate::failure::Failure;

/// Whom to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    text: String,
    way: Way,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// The host is what may be shown of it.
    Webhook {
        host: String,
    },
    Topic,
    Command,
}

/// What `--notify` was given: whom to tell, nothing, or what is no target. Of that it is told later what is wrong with it: the parser of
/// the command line would print it, and it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given(Option<Result<Target, String>>);

impl FromStr for Given {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self((!text.is_empty()).then(|| text.parse())))
    }
}

/// Everybody who is to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets(Vec<Target>);

/// What came of telling some.
#[derive(Debug, Default)]
pub struct Told {
    /// Those who were told, as they were given.
    pub told: Vec<String>,
    /// Why others were not.
    pub failures: Vec<Failure>,
}

impl Target {
    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let way = if text.starts_with("https://") || text.starts_with("http://") {
            Way::Webhook { host: webhook::host_of(text)? }
        } else if text.starts_with("arn:") && text.split(':').nth(2) == Some("sns") && text.split(':').count() == 6 {
            Way::Topic
        } else if text.strip_prefix("command:").is_some_and(|command| !command.trim().is_empty()) {
            Way::Command
        } else {
            let forms = "expected the https:// address of a webhook, the ARN of an SNS topic, or `command:` and a shell command";
            return Err(forms.to_owned());
        };
        Ok(Self { text: text.to_owned(), way })
    }
}

/// What may be shown of it: the address of a webhook is as good as a password.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.way {
            Way::Webhook { host } => write!(f, "the webhook at {host}"),
            Way::Topic => write!(f, "the topic {}", self.text),
            Way::Command => f.write_str("the command"),
        }
    }
}

impl Targets {
    /// These, or else those that the environment variable `PROVISION_NOTIFY` names.
    ///
    /// # Errors
    /// If one is none.
    pub fn new(given: &[Given]) -> Result<Self, Failure> {
        let given = given.iter().filter_map(|one| one.0.clone()).collect::<Result<Vec<Target>, String>>();
        let given = given.map_err(|error| {
            invalid(format!("--notify names somebody who cannot be told: {error}"))
                .hint("if it is meant to be an environment, name that before --notify")
        })?;
        if !given.is_empty() {
            return Ok(Self(given));
        }
        let named = std::env::var("PROVISION_NOTIFY").unwrap_or_default();
        let named = words(&named).map(str::parse).collect::<Result<Vec<Target>, String>>();
        let named = named.map_err(|error| {
            invalid(format!("PROVISION_NOTIFY names somebody who cannot be told: {error}"))
                .hint("write one target to a line")
        })?;
        Ok(Self(named))
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Target> {
        self.0.iter()
    }

    /// Tells some of them, one after the other. One that cannot be told does not keep the others from it.
    pub async fn tell<'a>(
        &self,
        targets: impl Iterator<Item = &'a Target>,
        aws: &Aws,
        region: &str,
        message: &Message,
    ) -> Told {
        let mut told = Told::default();
        for target in targets {
            let outcome = match &target.way {
                Way::Webhook { .. } => webhook::post(&target.text, message).await,
                Way::Topic => {
                    let publication = notification::Publication {
                        topic_arn: &target.text,
                        region,
                        subject: &message.subject(),
                        text: &message.text(),
                        json: &message.json(),
                    };
                    notification::publish(aws, publication).await.map_err(Failure::from)
                }
                Way::Command => command::run(target.text.trim_start_matches("command:"), message).await,
            };
            match outcome {
                Ok(()) => told.told.push(target.text.clone()),
                Err(failure) => told.failures.push(failure.doing(&format!("tell {target}"))),
            }
        }
        told
    }
}

/// The targets that a text names: one to a line, or several with spaces between them, which no address and no ARN contains. A command
/// goes on to the end of its line.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let mut rest = line.trim();
        std::iter::from_fn(move || {
            let is_command = rest.starts_with("command:");
            let end = rest.find(char::is_whitespace).filter(|_| !is_command).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after.trim_start();
            (!word.is_empty()).then_some(word)
        })
    })
}

fn invalid(message: String) -> Failure {
    Failure::new(message).code("arguments").exit_with(Exit::INVALID)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn whom_to_tell_is_told_by_its_form_and_its_secrets_are_not_shown() {
        for (text, shown) in [
            ("https://hooks.example.com/services/T0/B0/secret", "the webhook at hooks.example.com"),
            ("http://127.0.0.1:8080/x", "the webhook at 127.0.0.1"),
            ("http://localhost/x", "the webhook at localhost"),
            ("arn:aws:sns:us-east-1:123456789012:drift", "the topic arn:aws:sns:us-east-1:123456789012:drift"),
            ("command: mail -s drift ops@example.com", "the command"),
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), shown);
        }
        for text in [
            "",
            "hooks.example.com",
            "http://example.com/x",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1:80@evil.example/",
            "http://localhost\\@evil.example/",
            "https://user:pass@hooks.example.com/x",
            "https:///x",
            "https://hooks.example.com/a b",
            "command:",
            "arn:aws:s3:::b",
        ] {
            let error = text.parse::<Target>().expect_err(text);
            assert!(!error.contains("pass@"), "{error}");
        }
    }

    #[test]
    fn a_line_may_name_several_but_only_one_command() {
        let named = |text| words(text).collect::<Vec<_>>();
        assert_eq!(named("https://a/1\r\n\n  arn:aws:sns:r:1:t \n"), ["https://a/1", "arn:aws:sns:r:1:t"]);
        assert_eq!(
            named("https://a/1 arn:aws:sns:r:1:t\tcommand:curl https://b/2 | cat\nhttps://c/3"),
            ["https://a/1", "arn:aws:sns:r:1:t", "command:curl https://b/2 | cat", "https://c/3"]
        );
        assert_eq!(named(" \n"), [""; 0]);
    }

    #[test]
    fn what_is_no_target_is_not_repeated() {
        let given: Given = "https://user:pass@hooks.example.com/x".parse().unwrap();
        let failure = Targets::new(&[given]).unwrap_err();
        assert_eq!(failure.exit(), Exit::INVALID);
        assert!(!failure.to_string().contains("pass@"), "{failure}");
    }
}
