//! That a page can be read by whoever reads it: by its headings, its landmarks, its tables.

use provision_report::Report;
use scraper::{ElementRef, Html, Selector};

use crate::samples;

fn pages() -> Vec<(&'static str, String)> {
    vec![
        ("drift", samples::drift().html()),
        ("no drift", samples::no_drift().html()),
        ("recovery", samples::recovery().html()),
        ("ready", samples::recovery_ready().html()),
    ]
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

#[test]
fn headings_go_down_one_by_one() {
    for (what, html) in pages() {
        let page = Html::parse_document(&html);
        let levels: Vec<u8> =
            all(&page, "h1, h2, h3, h4, h5, h6").iter().map(|one| one.value().name().as_bytes()[1] - b'0').collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "{what}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{what}: {levels:?}");
    }
}

#[test]
fn everything_has_its_name() {
    for (what, html) in pages() {
        let page = Html::parse_document(&html);
        assert_eq!(all(&page, "html[lang=en] > head > title").len(), 1, "{what}");
        assert_eq!(all(&page, "head > meta[name=viewport]").len(), 1, "{what}");
        for landmark in ["body > header", "main", "body > footer"] {
            assert_eq!(all(&page, landmark).len(), 1, "{what}: {landmark}");
        }
        assert_eq!(all(&page, "table").len(), all(&page, "table > caption").len(), "{what}");
        assert!(all(&page, "th").iter().all(|one| one.attr("scope").is_some()), "{what}");
        let ids: Vec<&str> = all(&page, "[id]").iter().filter_map(|one| one.attr("id")).collect();
        for one in all(&page, "[aria-labelledby]") {
            assert!(ids.contains(&one.attr("aria-labelledby").unwrap()), "{what}: {one:?}");
        }
        assert!(
            all(&page, "section, article, nav, [role=region]").iter().all(|one| one.attr("aria-labelledby").is_some())
        );
        assert!(all(&page, "svg.icon").iter().all(|one| one.attr("aria-hidden") == Some("true")));
        assert!(all(&page, "svg.pg > title").len() == all(&page, "svg.pg").len(), "{what}");
    }
}

#[test]
fn nothing_is_run_or_loaded() {
    for (what, html) in pages() {
        let page = Html::parse_document(&html);
        assert!(
            all(&page, "script, link, img, iframe, object, embed, form, base, [style], [src], [onclick]").is_empty(),
            "{what}"
        );
        assert!(all(&page, "a").iter().all(|one| one.attr("href").is_some_and(|href| href.starts_with('#'))), "{what}");
        let policy = all(&page, "meta[http-equiv]")[0].attr("content").unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(
            html.matches("http://").count(),
            html.matches("http://www.w3.org/2000/svg").count() + html.matches("http://203.0.113.7").count()
        );
        assert!(!html.contains("https://"), "{what}");
    }
}

#[test]
fn there_are_contents_where_there_are_several() {
    let pages: Vec<usize> = pages().iter().map(|(_, html)| all(&Html::parse_document(html), "nav").len()).collect();
    assert_eq!(pages, [1, 0, 1, 0]);
}
