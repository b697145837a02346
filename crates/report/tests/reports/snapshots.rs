//! Every form of the samples.

use insta::assert_snapshot;
use provision_report::Report;

use crate::samples;

/// The page with a line for each element, and without what is not its own: the style sheet, and pictures, which have tests where they
/// are drawn.
fn readable(html: &str) -> String {
    let mut html = html.to_owned();
    for (open, close, stands_for) in [
        ("<style>:root", "</style>", "<style>…</style>"),
        ("<svg xmlns=", "\n</svg>", "<svg class=\"pg\">…</svg>"),
        ("<svg class=\"icon\"", "</svg>", "<svg/>"),
        ("'sha256-", "'", "'sha256-…'"),
    ] {
        let mut rest = html.as_str();
        let mut without = String::new();
        while let Some((before, after)) = rest.split_once(open) {
            without.push_str(before);
            without.push_str(stands_for);
            rest = after.split_once(close).unwrap().1;
        }
        without.push_str(rest);
        html = without;
    }
    html.replace("><", ">\n<").replace("<wbr>\n", "<wbr>")
}

#[test]
fn drift() {
    let report = samples::drift();
    assert_snapshot!("drift.html", readable(&report.html()));
    assert_snapshot!("drift.md", report.markdown());
    assert_snapshot!("drift.xml", report.junit());
}

#[test]
fn no_drift() {
    let report = samples::no_drift();
    assert_snapshot!("no-drift.html", readable(&report.html()));
    assert_snapshot!("no-drift.md", report.markdown());
    assert_snapshot!("no-drift.xml", report.junit());
}

#[test]
fn recovery() {
    let report = samples::recovery();
    assert_snapshot!("recovery.html", readable(&report.html()));
    assert_snapshot!("recovery.md", report.markdown());
    assert_snapshot!("recovery.xml", report.junit());
}

#[test]
fn ready() {
    let report = samples::recovery_ready();
    assert_snapshot!("ready.html", readable(&report.html()));
    assert_snapshot!("ready.md", report.markdown());
    assert_snapshot!("ready.xml", report.junit());
}
