//! Passwords, with the rules of `GetRandomPassword` but made here: a value that is made where it is stored from goes over the
//! wire once.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html>

use provision_reconciler::{CloudError, ErrorClass, Problem};
use ring::rand::{SecureRandom, SystemRandom};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const LOWERCASE: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPERCASE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const NUMBERS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// A password that is generated when the secret is made, and never again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Generate {
    /// The number of characters.
    #[serde(default = "default_length")]
    #[schemars(range(min = 8, max = 4096))]
    pub length: u32,
    /// Without a to z.
    #[serde(default)]
    pub exclude_lowercase: bool,
    /// Without A to Z.
    #[serde(default)]
    pub exclude_uppercase: bool,
    /// Without 0 to 9.
    #[serde(default)]
    pub exclude_numbers: bool,
    /// Without ``! " # $ % & ' ( ) * + , - . / : ; < = > ? @ [ \ ] ^ _ ` { | } ~``.
    #[serde(default)]
    pub exclude_punctuation: bool,
    /// With the space character.
    #[serde(default)]
    pub include_space: bool,
    /// Without these characters.
    #[serde(default)]
    pub exclude_characters: String,
    /// With at least one character of each sort that is not excluded.
    #[serde(default = "yes")]
    pub require_each_included_type: bool,
}

impl Generate {
    /// The characters to choose from, by sort.
    fn sorts(&self) -> Vec<Vec<char>> {
        let sorts = [
            (!self.exclude_lowercase, LOWERCASE),
            (!self.exclude_uppercase, UPPERCASE),
            (!self.exclude_numbers, NUMBERS),
            (!self.exclude_punctuation, PUNCTUATION),
            (self.include_space, " "),
        ];
        let wanted = |characters: &str| -> Vec<char> {
            characters.chars().filter(|one| !self.exclude_characters.contains(*one)).collect()
        };
        let sorts = sorts.into_iter().filter(|(included, _)| *included).map(|(_, characters)| wanted(characters));
        sorts.filter(|characters| !characters.is_empty()).collect()
    }

    pub(super) fn problem(&self) -> Option<Problem> {
        // Fewer than that can be guessed, however long the password is.
        let few = self.sorts().iter().map(Vec::len).sum::<usize>() < 10;
        few.then(|| {
            let problem = Problem::new("/value/generate", "fewer than ten characters are left to choose from");
            problem.help("exclude less")
        })
    }

    /// A new password.
    pub(super) fn password(&self, action: &str) -> Result<Zeroizing<String>, CloudError> {
        let random = SystemRandom::new();
        let sorts = self.sorts();
        let all: Vec<char> = sorts.concat();
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        loop {
            let mut password = Zeroizing::new(String::with_capacity(length * 4));
            for _ in 0..length {
                password.push(all[below(&random, all.len(), action)?]);
            }
            // Drawn anew until it has all of them, so that every password that has them is as likely as any other. With the rules'
            // bounds this takes some thousand attempts at worst, and usually one or two.
            let complete = sorts.iter().all(|sort| password.chars().any(|one| sort.contains(&one)));
            if complete || !self.require_each_included_type {
                return Ok(password);
            }
        }
    }
}

/// A random number below a limit, all alike.
fn below(random: &SystemRandom, limit: usize, action: &str) -> Result<usize, CloudError> {
    let limit = u32::try_from(limit).unwrap_or(u32::MAX).max(1);
    loop {
        let mut bytes = [0; 4];
        random
            .fill(&mut bytes)
            .map_err(|_| CloudError::new(action, ErrorClass::Refused, "this system gives no random numbers"))?;
        let number = u32::from_le_bytes(bytes);
        // The last, incomplete run of numbers would make some more likely.
        if number < u32::MAX - u32::MAX % limit {
            return Ok(usize::try_from(number % limit).unwrap_or_default());
        }
    }
}

fn default_length() -> u32 {
    32
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn generate(table: serde_json::Value) -> Generate {
        serde_json::from_value(table).unwrap()
    }

    #[test]
    fn the_default_has_every_sort_and_no_two_are_alike() {
        let rules = generate(json!({}));
        let password = rules.password("test").unwrap();
        assert_eq!(password.chars().count(), 32);
        for sort in [LOWERCASE, UPPERCASE, NUMBERS, PUNCTUATION] {
            assert!(password.chars().any(|one| sort.contains(one)));
        }
        assert!(!password.contains(' '));
        assert_ne!(password, rules.password("test").unwrap());
    }

    #[test]
    fn too_few_characters_are_refused() {
        let digits = json!({ "exclude_lowercase": true, "exclude_uppercase": true, "exclude_punctuation": true });
        assert_eq!(generate(digits.clone()).problem(), None);
        let mut fewer = digits;
        fewer["exclude_characters"] = json!("0");
        assert!(generate(fewer).problem().is_some());
    }

    proptest! {
        #[test]
        fn what_is_excluded_is_not_there_and_what_is_required_is(
            length in 8..64_u32,
            flags in any::<[bool; 5]>(),
            exclude in "[a-f0-4!-/]{0,6}",
            each in any::<bool>(),
        ) {
            let [lower, upper, numbers, punctuation, space] = flags;
            let rules = generate(json!({
                "length": length, "exclude_lowercase": lower, "exclude_uppercase": upper, "exclude_numbers": numbers,
                "exclude_punctuation": punctuation, "include_space": space, "exclude_characters": exclude,
                "require_each_included_type": each,
            }));
            prop_assume!(rules.problem().is_none());
            let password = rules.password("test").unwrap();
            prop_assert_eq!(password.chars().count(), length as usize);
            let all = rules.sorts();
            prop_assert!(password.chars().all(|one| all.iter().any(|sort| sort.contains(&one))));
            prop_assert!(!password.chars().any(|one| exclude.contains(one)));
            prop_assert!(!each || all.iter().all(|sort| password.chars().any(|one| sort.contains(&one))));
        }
    }
}
