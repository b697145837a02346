//! The reports in a real browser: that they load nothing, run nothing, fit on a phone, can be read in light and in dark.
//!
//! Without a browser it is skipped, unless `PROVISION_REQUIRE_BROWSER=1`. `PROVISION_PICTURES=FOLDER` has it take pictures.

#![allow(clippy::unwrap_used)]

mod chromium;
mod samples;

use std::fs;
use std::path::{Path, PathBuf};

use chromium::Browser;
use provision_report::Report;
use serde_json::Value;
use tempfile::TempDir;

/// The narrowest phone, a phone, a desktop.
const WIDTHS: [u32; 3] = [360, 390, 1280];

/// How light something is, as WCAG 2.1 measures it, and how much it stands out from what is behind it.
const CONTRAST: &str = r#"(() => {
  const parse = colour => {
    const numbers = colour.match(/[\d.]+/g).map(Number);
    return { red: numbers[0], green: numbers[1], blue: numbers[2], alpha: numbers[3] ?? 1 };
  };
  const luminance = ({ red, green, blue }) => {
    const [r, g, b] = [red, green, blue].map(byte => byte / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const over = (top, under, alpha) => ({
    red: top.red * alpha + under.red * (1 - alpha),
    green: top.green * alpha + under.green * (1 - alpha),
    blue: top.blue * alpha + under.blue * (1 - alpha),
  });
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.alpha === 1) return colour;
    }
    return { red: 255, green: 255, blue: 255 };
  };
  const faint = [];
  for (const element of document.querySelectorAll('body *:not(svg *)')) {
    const has_text = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!has_text || !element.checkVisibility()) continue;
    let opacity = 1;
    for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
    const ground = behind(element);
    const ink = over(parse(getComputedStyle(element).color), ground, opacity);
    const [light, dark] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) faint.push(`${element.tagName}.${element.className}: ${contrast.toFixed(2)}: ${element.textContent.trim().slice(0, 40)}`);
  }
  return [...new Set(faint)];
})()"#;

/// How light the page's ground is, from 0 to 255.
const GROUND: &str =
    "Math.max(...getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).slice(0, 3).map(Number))";

/// What sticks out to the right, other than what scrolls inside itself.
const STICKS_OUT: &str = r#"(() => {
  const room = document.documentElement.clientWidth;
  const out = document.documentElement.scrollWidth > room ? [`the page is ${document.documentElement.scrollWidth} wide`] : [];
  for (const element of document.querySelectorAll('body *')) {
    if (element.closest('.scroll > *, .diff > *, .skip') || !element.checkVisibility()) continue;
    const { right, width } = element.getBoundingClientRect();
    if (width > 0 && right > room + 0.5) out.push(`${element.tagName}.${element.className}: ${right}`);
  }
  return out;
})()"#;

/// Links that lead nowhere.
const NOWHERE: &str = "[...document.querySelectorAll('a')].map(a => a.getAttribute('href')).filter(href => !href.startsWith('#') || !document.getElementById(href.slice(1)))";

/// What has a name that something else has too.
const TWICE: &str =
    "[...document.querySelectorAll('[id]')].map(one => one.id).filter((id, index, all) => all.indexOf(id) !== index)";

fn browser() -> Option<Browser> {
    match chromium::installed() {
        Some(program) => Some(Browser::start(&program)),
        None => {
            assert!(
                std::env::var_os("PROVISION_REQUIRE_BROWSER").is_none_or(|value| value != "1"),
                "no browser is installed"
            );
            println!("skipped: no browser is installed");
            None
        }
    }
}

fn pages(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let pages = [
        ("drift", samples::drift().html()),
        ("no-drift", samples::no_drift().html()),
        ("recovery", samples::recovery().html()),
        ("ready", samples::recovery_ready().html()),
    ];
    let write = |(name, html): (&'static str, String)| {
        let file = folder.join(format!("{name}.html"));
        fs::write(&file, html).unwrap();
        (name, file)
    };
    pages.into_iter().map(write).collect()
}

fn none() -> Value {
    Value::Array(Vec::new())
}

#[test]
fn the_reports_in_a_browser() {
    let Some(mut browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    let pictures = std::env::var_os("PROVISION_PICTURES").map(PathBuf::from);
    for (name, file) in pages(folder.path()) {
        for (width, dark) in WIDTHS.iter().flat_map(|width| [(*width, false), (*width, true)]) {
            let what = format!("{name}, {width} px wide, {}", if dark { "dark" } else { "light" });
            browser.look(width, dark);
            browser.open(&file);
            if let Some(pictures) = &pictures {
                fs::create_dir_all(pictures).unwrap();
                let scheme = if dark { "dark" } else { "light" };
                browser.picture(&pictures.join(format!("{name}-{width}-{scheme}.png")));
            }
            assert_eq!(browser.evaluate(STICKS_OUT), none(), "{what}");
            let ground = browser.evaluate(GROUND).as_f64().unwrap();
            assert!(if dark { ground < 32.0 } else { ground > 224.0 }, "{what}: {ground}");
            assert_eq!(browser.evaluate(CONTRAST), none(), "{what}");
            assert_eq!(browser.evaluate(NOWHERE), none(), "{what}");
            assert_eq!(browser.evaluate(TWICE), none(), "{what}");
            // With everything unfolded.
            browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");
            assert_eq!(browser.evaluate(STICKS_OUT), none(), "{what}, unfolded");
            assert_eq!(browser.complaints(), Vec::<String>::new(), "{what}");
            assert_eq!(browser.requested(), [format!("file://{}", file.display())], "{what}");
        }
    }
}

#[test]
fn what_is_hidden_is_hidden_without_scripts() {
    let Some(mut browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    let (_, file) = pages(folder.path()).remove(0);
    browser.look(1280, false);
    browser.open(&file);
    let cards = "[...document.querySelectorAll('.card')].filter(card => card.checkVisibility()).length";
    let all = browser.evaluate(cards).as_u64().unwrap();
    browser.evaluate("document.getElementById('show-high').click()");
    let fewer = browser.evaluate(cards).as_u64().unwrap();
    let high = samples::drift()
        .environments
        .iter()
        .filter_map(|one| one.look())
        .map(|look| look.drift.count(provision_config::Severity::High))
        .sum::<usize>();
    assert_eq!((all - fewer) as usize, high);
}

/// That the checks above would see what they look for.
#[test]
fn what_the_policy_forbids_is_noticed() {
    let Some(mut browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    let html = samples::no_drift().html();
    let injected = [
        "<script>document.title = 'run'</script>",
        "<style>body { background: red }</style>",
        "<p style='width: 3000px'>wide</p>",
        "<img src='https://example.com/x.png' alt=''>",
        "<p onclick='alert(1)'>click</p>",
    ];
    for what in injected {
        let file = folder.path().join("injected.html");
        fs::write(&file, html.replacen("</main>", &format!("{what}</main>"), 1)).unwrap();
        browser.look(1280, false);
        browser.open(&file);
        assert!(!browser.complaints().is_empty(), "{what}");
        assert_ne!(browser.evaluate("document.title"), "run");
        assert_eq!(browser.evaluate(STICKS_OUT), none(), "{what}");
        // The policy lets nothing out: what was not allowed is asked of nobody.
        assert!(browser.requested().iter().all(|url| url.starts_with("file://") || url.contains("example.com")));
    }
}
