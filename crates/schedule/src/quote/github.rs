//! A text in a workflow that is no expression ([Expressions], "Literals").
//!
//! [Expressions]: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions

/// GitHub puts in the value of every `${{ … }}` before anybody else reads the text, a shell's comments and quotes
/// included. The only way to say `${{` is an expression whose value it is.
pub fn literal(text: &str) -> String {
    text.replace("${{", "${{ '${{' }}")
}
