//! Telling others what a check has found: a webhook, an SNS topic, or a command.

mod command;
mod message;
mod webhook;

use std::fmt;
use std::str::FromStr;

use provision_resources::{Aws, notification};

pub use message::Message;

use crate::exit::Exit;
use crate::failure::Failure;

/// Whom to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    text: String,
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Webhook,
    Topic,
    Command,
}

/// What `--notify` was given: whom to tell, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given(Option<Target>);

impl FromStr for Given {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let hint = |error: String| format!("{error}; if it is an environment, name it before `--notify`");
        Ok(Self(Some(text.parse().map_err(hint)?)))
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
        let way = if text.starts_with("https://") || is_local(text) {
            Way::Webhook
        } else if text.starts_with("http://") {
            return Err("a webhook is reached through https://, except on this very machine".to_owned());
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

/// Whether an address is on this very machine, where nobody listens in.
fn is_local(text: &str) -> bool {
    let authority = text.strip_prefix("http://").and_then(|rest| rest.split(['/', '?']).next());
    authority.is_some_and(|authority| {
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        ["127.0.0.1", "[::1]", "localhost"].contains(&host)
    })
}

/// What may be shown of it: the address of a webhook is as good as a password.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.way {
            Way::Webhook => {
                let host = self.text.split(['/', '?']).nth(2).unwrap_or_default();
                write!(f, "the webhook at {host}")
            }
            Way::Topic => write!(f, "the topic {}", self.text),
            Way::Command => f.write_str("the command"),
        }
    }
}

impl Targets {
    /// These, or else those that the environment variable `PROVISION_NOTIFY` names, one to a line.
    ///
    /// # Errors
    /// If the variable names something that is none. That it names nobody is none: it is then only remembered what was seen.
    pub fn new(given: &[Given]) -> Result<Self, Failure> {
        let given: Vec<Target> = given.iter().filter_map(|one| one.0.clone()).collect();
        if !given.is_empty() {
            return Ok(Self(given));
        }
        let named = std::env::var("PROVISION_NOTIFY").unwrap_or_default();
        let named = named.lines().filter(|line| !line.trim().is_empty()).map(str::parse);
        let named = named.collect::<Result<_, String>>().map_err(|error| {
            Failure::new(format!("PROVISION_NOTIFY names somebody who cannot be told: {error}"))
                .code("arguments")
                .exit_with(Exit::INVALID)
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
            let outcome = match target.way {
                Way::Webhook => webhook::post(&target.text, message).await,
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn whom_to_tell_is_told_by_its_form_and_its_secrets_are_not_shown() {
        for (text, shown) in [
            ("https://hooks.example.com/services/T0/B0/secret", "the webhook at hooks.example.com"),
            ("http://127.0.0.1:8080/x", "the webhook at 127.0.0.1:8080"),
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
            "command:",
            "arn:aws:s3:::b",
        ] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
