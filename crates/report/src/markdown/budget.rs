//! What still fits.

/// Room for the line that says what was left out.
const CLOSING: usize = 500;

/// A text that grows until it is as long as it may be.
#[derive(Debug)]
pub struct Budget {
    text: String,
    limit: usize,
    /// The findings that are not in it.
    findings: usize,
    /// Whatever else is not in it.
    others: usize,
}

impl Budget {
    /// An empty text that may grow to so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self { text: String::new(), limit: bytes.saturating_sub(CLOSING), findings: 0, others: 0 }
    }

    /// Adds a piece, unless it is too long.
    fn add(&mut self, piece: &str) -> bool {
        let fits = self.text.len() + piece.len() <= self.limit;
        if fits {
            self.text.push_str(piece);
        }
        fits
    }

    /// Adds something that is no finding.
    pub fn push(&mut self, piece: &str) {
        if !self.add(piece) {
            self.others += 1;
        }
    }

    /// Adds a finding: whole, or else in a line.
    pub fn finding(&mut self, whole: &str, in_a_line: &str) {
        if !self.add(whole) {
            self.findings += 1;
            self.add(in_a_line);
        }
    }

    /// The text, with what was left out.
    pub fn close(self) -> String {
        let Self { mut text, findings, others, .. } = self;
        let mut left_out = Vec::new();
        if findings > 0 {
            left_out.push(crate::text::count(findings, "finding", "findings"));
        }
        if others > 0 {
            left_out.push(crate::text::count(others, "other part", "other parts"));
        }
        if !left_out.is_empty() {
            let what = crate::text::list(&left_out);
            text.push_str(&format!(
                "\n---\n\n**This is not all.** It would be too long for this place, so that {what} of the report could not be told in full. \
                 The report as HTML has everything.\n"
            ));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut budget = Budget::new(CLOSING + 20);
        budget.push("head\n");
        budget.finding(&"x".repeat(30), "one\n");
        budget.finding("two\n", "");
        budget.push(&"y".repeat(30));
        let text = budget.close();
        insta::assert_snapshot!(text, @r"
        head
        one
        two

        ---

        **This is not all.** It would be too long for this place, so that 1 finding and 1 other part of the report could not be told in full. The report as HTML has everything.
        ");
        assert!(text.len() <= CLOSING + 20);
    }
}
