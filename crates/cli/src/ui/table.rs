//! Small tables, and counts with their nouns.

use crate::ui::Style;

/// Rows under headings, each column as wide as its widest entry. Empty if there are no rows.
pub fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]], style: Style) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let row = |cells: [&str; N]| {
        let cells = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        line.trim_end().to_owned()
    };
    let mut text = format!("{}\n", style.faint(&row(headings)));
    for cells in rows {
        text.push_str(&row(cells.each_ref().map(String::as_str)));
        text.push('\n');
    }
    text
}

/// A number with its noun: `1 call`, `2 calls`.
pub fn count(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_entry() {
        let rows = [["s3_bucket.data".to_owned(), "acme".to_owned()], ["kms_key.é".to_owned(), "x".to_owned()]];
        insta::assert_snapshot!(table(["ADDRESS", "ID"], &rows, Style::PLAIN), @r"
        ADDRESS         ID
        s3_bucket.data  acme
        kms_key.é       x
        ");
        assert_eq!(table(["ADDRESS"], &[], Style::PLAIN), "");
    }
}
