//! What is told: a subject, a text for people, and a document for machines.

use jiff::Timestamp;
use provision_config::Environment;
use provision_config::shown::safe;
use provision_state::watch::{Change, Letter, News};
use serde::Serialize;
use uuid::Uuid;

use crate::ui::table;

/// The longest subject that an e-mail from SNS may have, in characters.
/// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
const LONGEST_SUBJECT: usize = 100;
/// How many pieces of news a text lists one by one.
const LISTED: usize = 30;
/// How much of a name, and of what is seen, a text shows, in characters. A variable with more than 128 KiB keeps a command from being run.
const LONGEST: usize = 300;

/// `provision.notification/1`: what has changed since the last time, or why that is not known.
#[derive(Debug, Serialize)]
pub struct Message {
    format: &'static str,
    /// Tells it from every other one: a message may come twice.
    id: String,
    /// Which check: `drift` or `dr`.
    check: &'static str,
    /// The environment.
    environment: String,
    account: String,
    written_at: String,
    /// All of it for people. Chat services show this field of a webhook.
    text: String,
    /// Why it is not known what has changed; null if it is.
    error: Option<String>,
    news: Vec<Item>,
    #[serde(skip)]
    subject: String,
}

/// What a message is about.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Which check: `drift` or `dr`.
    pub check: &'static str,
    /// The environment.
    pub environment: &'a str,
    /// The account that it lives in.
    pub account: &'a str,
}

impl<'a> About<'a> {
    /// This check of this environment.
    pub fn new(check: &'static str, environment: &'a Environment) -> Self {
        Self { check, environment: &environment.name, account: &environment.account }
    }
}

/// One thing that has changed.
#[derive(Debug, Serialize)]
struct Item {
    change: Change,
    title: String,
    severity: String,
    /// What is seen; null if it is gone.
    detail: Option<String>,
    first_seen: String,
    /// When it was last seen to be otherwise; null if nobody had looked before.
    after: Option<String>,
}

impl Message {
    /// What a letter says.
    pub fn new(about: About<'_>, letter: &Letter) -> Self {
        let lines = letter.news.iter().take(LISTED).map(line);
        let rest = letter.news.len().checked_sub(LISTED).filter(|rest| *rest > 0);
        let lines: Vec<String> = lines.chain(rest.map(|rest| format!("and {rest} more"))).collect();
        let item = |news: &News| Item {
            change: news.change,
            title: news.title.clone(),
            severity: news.severity.clone(),
            detail: Some(news.detail.clone()).filter(|detail| !detail.is_empty()),
            first_seen: news.first_seen.to_string(),
            after: news.after.map(|after| after.to_string()),
        };
        Self {
            news: letter.news.iter().map(item).collect(),
            ..Self::of(about, (letter.id, letter.written_at), &counts(&letter.news), &lines)
        }
    }

    /// That an environment could not be looked at, or what was seen not be remembered: so every run that fails says so.
    pub fn failed(about: About<'_>, error: &str, now: Timestamp) -> Self {
        let error = shortened(&error.lines().map(str::trim).collect::<Vec<_>>().join("; "));
        let what = "could not be checked";
        let message = Self::of(about, (Uuid::new_v4(), now), what, std::slice::from_ref(&error));
        Self { error: Some(error), ..message }
    }

    fn of(about: About<'_>, (id, written_at): (Uuid, Timestamp), what: &str, lines: &[String]) -> Self {
        let About { check, environment, account } = about;
        let subject = format!("provision {check} {environment}: {what}");
        Self {
            format: "provision.notification/1",
            id: id.to_string(),
            check,
            environment: environment.to_owned(),
            account: account.to_owned(),
            written_at: written_at.to_string(),
            text: [std::slice::from_ref(&subject), lines].concat().join("\n"),
            error: None,
            news: Vec::new(),
            subject,
        }
    }

    /// The subject of an e-mail: ASCII on one line.
    pub fn subject(&self) -> String {
        let ascii = self.subject.chars().map(|next| if next.is_ascii() && !next.is_control() { next } else { '?' });
        ascii.take(LONGEST_SUBJECT).collect()
    }

    /// All of it for people.
    pub fn text(&self) -> String {
        self.text.clone()
    }

    /// All of it for machines.
    pub fn json(&self) -> String {
        crate::ui::json::to_string(self)
    }
}

/// `2 first seen, 1 cleared`.
fn counts(news: &[News]) -> String {
    let words = [
        (Change::FirstSeen, "first seen"),
        (Change::ChangedAgain, "changed again"),
        (Change::StillThere, "still there"),
        (Change::Cleared, "cleared"),
    ];
    let counts = words.into_iter().filter_map(|(change, word)| {
        let count = news.iter().filter(|one| one.change == change).count();
        (count > 0).then(|| table::count(count, word, word))
    });
    counts.collect::<Vec<_>>().join(", ")
}

/// `first seen [high] s3_bucket.data versioning: expected true, found false`.
fn line(news: &News) -> String {
    let News { change, title, severity, detail, first_seen, after } = news;
    let when = match (change, after) {
        (Change::FirstSeen, Some(after)) => format!(" (not there at {after})"),
        (Change::FirstSeen, None) => String::new(),
        (Change::ChangedAgain | Change::StillThere | Change::Cleared, _) => format!(" (first seen {first_seen})"),
    };
    let word = match change {
        Change::FirstSeen => "first seen",
        Change::ChangedAgain => "changed again",
        Change::StillThere => "still there",
        Change::Cleared => "cleared",
    };
    let detail = if detail.is_empty() { String::new() } else { format!(": {}", shortened(detail)) };
    format!("{word} [{severity}] {}{detail}{when}", shortened(title))
}

/// On one line of no more than a person reads.
fn shortened(text: &str) -> String {
    let text = safe(text);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const DRIFT: About<'_> = About { check: "drift", environment: "dev", account: "123456789012" };

    #[test]
    fn a_message_says_what_has_changed() {
        let news = |change, title: &str, detail: &str, after: Option<&str>| News {
            change,
            title: title.to_owned(),
            severity: "high".to_owned(),
            detail: detail.to_owned(),
            first_seen: "2026-01-02T03:30:00Z".parse().unwrap(),
            after: after.map(|after| after.parse().unwrap()),
        };
        let letter = Letter {
            id: Uuid::nil(),
            written_at: "2026-01-02T03:30:00Z".parse().unwrap(),
            claimed_until: "2026-01-02T03:30:00Z".parse().unwrap(),
            news: vec![
                news(
                    Change::FirstSeen,
                    "s3_bucket.data versioning",
                    "expected true, found false",
                    Some("2026-01-02T03:00:00Z"),
                ),
                news(Change::FirstSeen, "dynamodb_table.a", "deleted", None),
                news(Change::StillThere, "kms_key.b enabled", "expected true, found false", None),
                news(Change::Cleared, "kms_key.ä description", "", None),
            ],
            addressed_to: Default::default(),
            delivered: Default::default(),
        };
        let message = Message::new(DRIFT, &letter);
        assert_eq!(message.subject(), "provision drift dev: 2 first seen, 1 still there, 1 cleared");
        insta::assert_snapshot!(message.text(), @"
        provision drift dev: 2 first seen, 1 still there, 1 cleared
        first seen [high] s3_bucket.data versioning: expected true, found false (not there at 2026-01-02T03:00:00Z)
        first seen [high] dynamodb_table.a: deleted
        still there [high] kms_key.b enabled: expected true, found false (first seen 2026-01-02T03:30:00Z)
        cleared [high] kms_key.ä description (first seen 2026-01-02T03:30:00Z)
        ");
        insta::assert_snapshot!("notification", message.json());
    }

    #[test]
    fn the_text_fits_into_a_variable_whatever_is_seen() {
        let at: Timestamp = "2026-01-02T03:30:00Z".parse().unwrap();
        let much = "\u{1f980}".repeat(100_000) + "\0";
        let (change, severity) = (Change::ChangedAgain, "high".to_owned());
        let news = News { change, title: much.clone(), severity, detail: much, first_seen: at, after: Some(at) };
        let (id, news) = (Uuid::nil(), vec![news; 100]);
        let (addressed_to, delivered) = Default::default();
        let letter = Letter { id, written_at: at, claimed_until: at, news, addressed_to, delivered };
        let text = Message::new(DRIFT, &letter).text();
        assert!(text.len() < 128 * 1024 - "PROVISION_TEXT=".len(), "{}", text.len());
        assert!(!text.contains('\0') && text.ends_with("\nand 70 more"), "{text}");
    }

    #[test]
    fn a_message_says_that_nobody_knows() {
        let at = "2026-01-02T03:30:00Z".parse().unwrap();
        let message = Message::failed(DRIFT, "failed to read the state\n\u{1b}[31mAccessDenied", at);
        assert_eq!(message.subject(), "provision drift dev: could not be checked");
        insta::assert_snapshot!(message.text(), @r"
        provision drift dev: could not be checked
        failed to read the state; \u{1b}[31mAccessDenied
        ");
        let document: serde_json::Value = serde_json::from_str(&message.json()).unwrap();
        assert_eq!(document["news"], serde_json::json!([]));
        assert_eq!(document["error"], "failed to read the state; \\u{1b}[31mAccessDenied");
    }
}
