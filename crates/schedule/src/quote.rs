//! Writing a text so that it is read back as it was, by the rules of the place where it stands.
//!
//! None of these takes a control character: [`Schedule::problems`](crate::Schedule::problems) refuses them beforehand
//! (but for the line breaks of `install`, which is written by `yaml::block` and `groovy::text`).

pub mod crontab;
pub mod github;
pub mod groovy;
pub mod shell;
pub mod systemd;
pub mod yaml;
