//! Colours and fonts. Plain rules without variables, which more programs understand than browsers alone.

use std::fmt::Write;

use crate::service::{Colour, Service};

const PAPER: Colour = Colour(0xff, 0xff, 0xff);
const NIGHT: Colour = Colour(0x0f, 0x13, 0x1a);

/// What does not depend on a service, in a light surrounding.
const LIGHT: &str = "\
.pg text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}
.pg .pg-page{fill:#ffffff}
.pg .pg-panel{fill:#f6f7f9;stroke:#d5d9e0}
.pg .pg-rule{stroke:#d5d9e0;fill:none}
.pg .pg-title{font-size:20px;font-weight:650;fill:#14181f}
.pg .pg-region{font-size:15px;font-weight:650;fill:#14181f}
.pg .pg-heading{font-size:11px;font-weight:600;fill:#5a6472}
.pg .pg-note{font-size:12px;fill:#5a6472}
.pg .pg-name{font-size:13px;font-weight:600;fill:#14181f}
.pg .pg-thing{font-size:10.5px;fill:#4a5360}
.pg .pg-chip-text{font-size:9.5px;font-weight:600;fill:#ffffff;text-anchor:middle}
.pg .pg-key{fill:none;stroke:#8a6700;stroke-width:1.3}
.pg .pg-key-name{font-size:10.5px;fill:#7a5b00}
.pg .pg-box{stroke-width:1.2}
.pg .pg-line{fill:none;stroke-width:1.4}
.pg .pg-across .pg-line{stroke-width:2;stroke-dasharray:7 4}
.pg .pg-faint{opacity:.3}
.pg .pg-arrow:hover .pg-line{stroke-width:3}
.pg .pg-node:hover .pg-box{stroke-width:2.4}
.pg .pg-marked .pg-box{stroke-width:3}
.pg .pg-pill-text{font-size:10.5px;font-weight:650;fill:#ffffff;text-anchor:middle}
.pg .pg-good .pg-box{stroke:#1a7f37}
.pg .pg-good .pg-pill{fill:#1a7f37}
.pg .pg-warning .pg-box{stroke:#9a6700}
.pg .pg-warning .pg-pill{fill:#9a6700}
.pg .pg-alarm .pg-box{stroke:#cf222e}
.pg .pg-alarm .pg-pill{fill:#cf222e}
";

/// What differs in a dark one.
const DARK: &str = "\
.pg .pg-page{fill:#0f131a}
.pg .pg-panel{fill:#161b24;stroke:#2c3440}
.pg .pg-rule{stroke:#2c3440}
.pg .pg-title,.pg .pg-region,.pg .pg-name{fill:#eef1f5}
.pg .pg-heading,.pg .pg-note{fill:#a3adba}
.pg .pg-thing{fill:#bcc5d0}
.pg .pg-key{stroke:#e0b83c}
.pg .pg-key-name{fill:#e8c65a}
.pg .pg-good .pg-box{stroke:#3fb950}
.pg .pg-warning .pg-box{stroke:#d29922}
.pg .pg-alarm .pg-box{stroke:#ff6b64}
";

/// The style sheet for these services.
pub fn sheet(services: &[Service]) -> String {
    let mut sheet = String::new();
    let mut dark = String::new();
    for service in services {
        let (class, colour) = (service.class(), service.colour());
        let _ = write!(
            sheet,
            ".pg .pg-{class} .pg-chip{{fill:{colour}}}\n\
             .pg .pg-{class} .pg-box{{fill:{};stroke:{}}}\n\
             .pg .pg-{class} .pg-line{{stroke:{line}}}\n\
             .pg .pg-{class} .pg-head{{fill:{line}}}\n",
            colour.on(PAPER, 0.06),
            colour.on(PAPER, 0.6),
            line = colour.on(PAPER, 0.7)
        );
        // On a dark ground a colour is dark: it takes some white.
        let bright = PAPER.on(colour, 0.35);
        let _ = write!(
            dark,
            ".pg .pg-{class} .pg-box{{fill:{};stroke:{}}}\n\
             .pg .pg-{class} .pg-line{{stroke:{line}}}\n\
             .pg .pg-{class} .pg-head{{fill:{line}}}\n",
            colour.on(NIGHT, 0.25),
            bright.on(NIGHT, 0.65),
            line = bright.on(NIGHT, 0.8)
        );
    }
    // Marks come after services, whose borders they replace.
    format!("{sheet}{LIGHT}@media (prefers-color-scheme:dark){{\n{dark}{DARK}}}\n")
}
