//! Whatever AWS or a file says, a report has the same parts as with harmless words, and says it.

use proptest::prelude::*;
use provision_config::shown::safe;
use provision_config::unknown::{CLOSE, OPEN};
use provision_report::Report;
use pulldown_cmark::{Event, Options, Parser};
use scraper::{Html, Node};

use crate::plant::{drift_report, recovery_report};

/// Texts that have done harm somewhere.
const NASTY: [&str; 30] = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' onclick='alert(1)",
    "</style></title></textarea></pre></code>",
    "<!-- ",
    "-->",
    "]]>",
    "<![CDATA[",
    "&lt;b&gt;&amp;&#60;",
    "<?xml version=\"1.0\"?>",
    "\0\u{1}\u{8}\u{b}\u{c}\u{7f}\u{85}\u{9f}\u{fffe}\u{ffff}",
    "\u{1b}[2J\u{1b}]8;;http://a.example\u{7}",
    "one\r\ntwo\nthree\r",
    "\u{202e}gpj.exe\u{2066}\u{2029}\u{feff}\u{200b}",
    "| a | b |\n|---|---|\n| c | d |",
    "\\| \\\\| \\",
    "`` ` ``` `",
    "```\n</details>\n# heading",
    "# heading",
    "1. one",
    "- [ ] task",
    "![image](http://a.example/x.png) [link](javascript:alert(1))",
    "**bold** _it_ ~~no~~ $x$ <b>x</b>",
    "@somebody #123 https://a.example www.a.example",
    "[^1]: note",
    "  two spaces  ",
    "",
    "null",
    "😀 終 مرحبا e\u{301}",
];

fn text() -> impl Strategy<Value = String> {
    let mark = format!("{OPEN}kms_key.s3.arn{CLOSE}/* {OPEN}{CLOSE} {OPEN}");
    prop_oneof![
        4 => proptest::sample::select(NASTY.to_vec()).prop_map(str::to_owned),
        1 => Just(mark),
        3 => proptest::collection::vec(any::<char>(), 0..30).prop_map(String::from_iter),
        3 => "[-<>&\"'`|\\\\*_\\[\\]()#~!{}@:/=+ \na1]{0,24}",
        1 => (proptest::sample::select(NASTY.to_vec()), 20_usize..60).prop_map(|(text, times)| format!("long {}", text.repeat(times))),
    ]
}

/// Harmless words of the same length, in the same lines, with code between backticks in the same places.
fn harmless(text: &str) -> String {
    let letter = |next: char| match next {
        '`' => next,
        next if next.is_alphanumeric() || next.is_whitespace() => next,
        // Other signs become other letters, so that what differed still does.
        next => char::from_u32(0x4e00 + u32::from(next) % 0x5000).unwrap(),
    };
    text.split('\n').map(|line| safe(line).chars().map(letter).collect::<String>()).collect::<Vec<_>>().join("\n")
}

fn all(texts: &[String], of: impl Fn(&str) -> String) -> Vec<String> {
    texts.iter().map(|text| of(text)).collect()
}

/// What a page is made of: its elements with their depths, classes and the names of their attributes. A place where a line may be
/// broken is none.
fn elements(html: &str) -> Vec<String> {
    let page = Html::parse_document(html);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    let mut elements = Vec::new();
    for node in page.tree.root().descendants() {
        match node.value() {
            Node::Element(element) if element.name() != "wbr" => {
                let mut attributes: Vec<&str> = element.attrs().map(|(name, _)| name).collect();
                attributes.sort_unstable();
                for (name, value) in element.attrs() {
                    assert!(!value.contains(['<', '>', '"', '&']) && value == safe(value), "{name}: {value}");
                    if matches!(name, "id" | "aria-labelledby") {
                        let is_plain = |next: char| next.is_ascii_alphanumeric() || "-_.".contains(next);
                        assert!(value.chars().all(is_plain), "{name}: {value}");
                    }
                }
                let (depth, classes) = (node.ancestors().count(), element.attr("class").unwrap_or_default());
                elements.push(format!("{depth} {} {classes} {attributes:?}", element.name()));
            }
            Node::Comment(comment) => panic!("a comment: {comment:?}"),
            _ => {}
        }
    }
    elements
}

fn page_text(html: &str) -> String {
    let page = Html::parse_document(html);
    let texts = page.tree.root().descendants().filter_map(|node| node.value().as_text().map(|text| text.to_string()));
    texts.collect()
}

/// What Markdown is made of, with what it says in each part. Code is code, between backticks or as HTML.
fn parts(markdown: &str) -> Vec<(String, String)> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_MATH;
    let mut parts: Vec<(String, String)> = Vec::new();
    let mut code: Option<String> = None;
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Text(text) => match &mut code {
                Some(code) => code.push_str(&text),
                None => match parts.last_mut() {
                    Some((what, before)) if what == "text" => before.push_str(&text),
                    _ => parts.push(("text".to_owned(), text.into_string())),
                },
            },
            Event::Code(text) => parts.push(("code".to_owned(), text.into_string())),
            Event::InlineHtml(tag) if &*tag == "<code>" => code = Some(String::new()),
            Event::InlineHtml(tag) if &*tag == "</code>" => parts.push(("code".to_owned(), code.take().unwrap())),
            Event::Html(html) => {
                let tags = html.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag);
                parts.push((format!("html {:?}", tags.collect::<Vec<_>>()), String::new()));
            }
            other => parts.push((format!("{other:?}"), String::new())),
        }
    }
    parts
}

fn kinds(markdown: &str) -> Vec<String> {
    // Text that is empty in one and not in the other is no part.
    parts(markdown).into_iter().filter(|(what, _)| what != "text").map(|(what, _)| what).collect()
}

/// What a document is made of.
fn nodes(xml: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(xml).unwrap();
    let elements = document.descendants().filter(roxmltree::Node::is_element);
    let names = elements.map(|node| {
        let attributes: Vec<&str> = node.attributes().map(|attribute| attribute.name()).collect();
        format!("{} {} {attributes:?}", node.ancestors().count(), node.tag_name().name())
    });
    names.collect()
}

fn xml_text(xml: &str) -> String {
    let document = roxmltree::Document::parse(xml).unwrap();
    let mut all = String::new();
    for node in document.descendants() {
        all.extend(node.attributes().map(|attribute| format!("{}\n", attribute.value())));
        all.push_str(node.text().unwrap_or_default());
    }
    all
}

/// Whether a text is said somewhere. One with backticks is taken apart, as one of several lines is.
fn is_said(said: &str, text: &str) -> bool {
    text.contains(['`', '\n']) || said.contains(&safe(text))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn pages_have_the_same_elements(texts in proptest::collection::vec(text(), 7..40)) {
        let (drift, recovery) = (drift_report(&texts).html(), recovery_report(&texts).html());
        let twin = all(&texts, harmless);
        prop_assert_eq!(elements(&drift), elements(&drift_report(&twin).html()));
        prop_assert_eq!(elements(&recovery), elements(&recovery_report(&twin).html()));
        let said = [page_text(&drift), page_text(&recovery)].concat();
        for text in &texts {
            prop_assert!(is_said(&said, text), "{:?}", text);
        }
        prop_assert!(!said.contains([OPEN, CLOSE]));
    }

    #[test]
    fn markdown_has_the_same_parts(texts in proptest::collection::vec(text(), 7..40)) {
        let (drift, recovery) = (drift_report(&texts).markdown(), recovery_report(&texts).markdown());
        let twin = all(&texts, harmless);
        prop_assert_eq!(kinds(&drift), kinds(&drift_report(&twin).markdown()), "{}", drift);
        prop_assert_eq!(kinds(&recovery), kinds(&recovery_report(&twin).markdown()), "{}", recovery);
        let said: String = [drift, recovery].iter().flat_map(|one| parts(one)).map(|(_, text)| text).collect();
        // Nobody is told, and nothing linked.
        let said = said.replace('\u{200b}', "");
        for text in &texts {
            prop_assert!(is_said(&said, text), "{:?}: {}", text, said);
        }
        prop_assert!(!said.contains([OPEN, CLOSE]));
    }

    #[test]
    fn xml_has_the_same_nodes(texts in proptest::collection::vec(text(), 7..40)) {
        let (drift, recovery) = (drift_report(&texts).junit(), recovery_report(&texts).junit());
        let twin = all(&texts, harmless);
        prop_assert_eq!(nodes(&drift), nodes(&drift_report(&twin).junit()));
        prop_assert_eq!(nodes(&recovery), nodes(&recovery_report(&twin).junit()));
        let said = [xml_text(&drift), xml_text(&recovery)].concat();
        for text in &texts {
            prop_assert!(is_said(&said, text), "{:?}", text);
        }
        prop_assert!(!said.contains([OPEN, CLOSE]));
    }
}
