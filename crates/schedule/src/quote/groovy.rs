//! Groovy, as in a Jenkinsfile ([Syntax], "Strings").
//!
//! [Syntax]: https://groovy-lang.org/syntax.html

use std::fmt::Write;

/// A text as a string between single quotes, in which `$` means nothing.
pub fn text(text: &str) -> String {
    format!("'{}'", escape(text).replace('\n', "\\n").replace('\t', "\\t"))
}

/// The lines of a shell script as a string between triple quotes, indented: for a script that does not mind.
pub fn script(lines: &[String], indent: usize) -> String {
    let mut text = String::from("'''\n");
    for line in lines {
        let _ = writeln!(text, "{:width$}{}", "", escape(line), width = indent + 4);
    }
    let _ = write!(text, "{:indent$}'''", "");
    text
}

/// Groovy reads `\uXXXX` before anything else, but not where the backslash is itself escaped, as all of them are here.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}
