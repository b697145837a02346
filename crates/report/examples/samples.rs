//! Writes sample reports in every form: `cargo run -p provision-report --example samples -- FOLDER`.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::path::PathBuf;
use std::{env, fs, io};

use provision_report::Report;

fn main() -> io::Result<()> {
    let Some(folder) = env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::other("which folder? `cargo run -p provision-report --example samples -- FOLDER`"));
    };
    fs::create_dir_all(&folder)?;
    for (name, report) in [("drift", samples::drift()), ("no-drift", samples::no_drift())] {
        fs::write(folder.join(format!("{name}.html")), report.html())?;
        fs::write(folder.join(format!("{name}.md")), report.markdown())?;
        fs::write(folder.join(format!("{name}.xml")), report.junit())?;
    }
    for (name, report) in [("recovery", samples::recovery()), ("ready", samples::recovery_ready())] {
        fs::write(folder.join(format!("{name}.html")), report.html())?;
        fs::write(folder.join(format!("{name}.md")), report.markdown())?;
        fs::write(folder.join(format!("{name}.xml")), report.junit())?;
    }
    Ok(())
}
