//! What is told: a subject, a text for people, and a document for machines.

use provision_state::watch::{Change, Letter, News};
use serde::Serialize;

use crate::ui::table;

/// The longest subject that an e-mail from SNS may have, in characters.
/// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
const LONGEST_SUBJECT: usize = 100;
/// How many pieces of news a text lists one by one.
const LISTED: usize = 30;

/// `provision.notification/1`: what has changed since the last time.
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
    news: Vec<Item>,
    #[serde(skip)]
    subject: String,
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
    pub fn new(check: &'static str, environment: &str, account: &str, letter: &Letter) -> Self {
        let subject = format!("provision {check} {environment}: {}", counts(&letter.news));
        let lines = letter.news.iter().take(LISTED).map(line);
        let mut text = std::iter::once(subject.clone()).chain(lines).collect::<Vec<_>>().join("\n");
        if letter.news.len() > LISTED {
            text.push_str(&format!("\nand {} more", letter.news.len() - LISTED));
        }
        let item = |news: &News| Item {
            change: news.change,
            title: news.title.clone(),
            severity: news.severity.clone(),
            detail: Some(news.detail.clone()).filter(|detail| !detail.is_empty()),
            first_seen: news.first_seen.to_string(),
            after: news.after.map(|after| after.to_string()),
        };
        Self {
            format: "provision.notification/1",
            id: letter.id.to_string(),
            check,
            environment: environment.to_owned(),
            account: account.to_owned(),
            written_at: letter.written_at.to_string(),
            text,
            news: letter.news.iter().map(item).collect(),
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
    let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
    format!("{word} [{severity}] {title}{detail}{when}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

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
            id: uuid::Uuid::nil(),
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
            delivered: Default::default(),
        };
        let message = Message::new("drift", "dev", "123456789012", &letter);
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
}
