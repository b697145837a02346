//! Sentences with code in them, which every form sets in its own way.

use provision_config::shown::safe;

/// A sentence, in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prose(pub Vec<Piece>);

/// A piece of a sentence. Safe to show, but not escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words.
    Words(String),
    /// Something to be taken literally: a command, a name.
    Code(String),
}

impl Prose {
    /// What AWS, a file or the engine says, with code between backticks. A backtick that has no other is only that.
    pub fn of(text: &str) -> Self {
        let text = safe(text);
        let parts: Vec<&str> = text.split('`').collect();
        let mut prose = Self::default();
        for (index, part) in parts.iter().enumerate() {
            let is_last = index + 1 == parts.len();
            if index % 2 == 1 && !is_last && !part.is_empty() {
                prose = prose.code(part);
            } else if index % 2 == 1 {
                // What was not closed, or has nothing in it.
                prose = prose.words(&format!("`{part}{}", if is_last { "" } else { "`" }));
            } else {
                prose = prose.words(part);
            }
        }
        prose
    }

    /// With these words, which are our own or safe already.
    #[must_use]
    pub fn words(mut self, words: &str) -> Self {
        match self.0.last_mut() {
            _ if words.is_empty() => {}
            Some(Piece::Words(before)) => before.push_str(words),
            _ => self.0.push(Piece::Words(words.to_owned())),
        }
        self
    }

    /// With this code.
    #[must_use]
    pub fn code(mut self, code: &str) -> Self {
        self.0.push(Piece::Code(safe(code)));
        self
    }

    /// As plain text, with code between backticks.
    pub fn plain(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Words(words) => words.clone(),
            Piece::Code(code) => format!("`{code}`"),
        };
        self.0.iter().map(piece).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code() {
        let words = |text: &str| Piece::Words(text.to_owned());
        let code = |text: &str| Piece::Code(text.to_owned());
        assert_eq!(
            Prose::of("set `protect = false` first").0,
            [words("set "), code("protect = false"), words(" first")]
        );
        for text in ["no code", "`", "a ` b", "``", "`all`", "`a` and `b", "```"] {
            assert_eq!(Prose::of(text).plain(), text);
        }
        assert_eq!(Prose::of("`a` and `b").0, [code("a"), words(" and `b")]);
    }
}
