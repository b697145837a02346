//! Texts that name files and folders.

use serde_json::Value;

use super::{Checker, Way};
use crate::files;
use crate::report::Problem;
use crate::tree::Node;
use crate::unknown;

impl Checker<'_> {
    /// A path from the folder of the file in which the field stands, made to start from the working directory.
    pub(super) fn path(&mut self, node: &Node, text: &str, way: &Way<'_>) -> Option<Value> {
        let path = self.existing(node, text, &way.name);
        if let Err(problem) = path {
            self.report.add(node.at, problem);
            self.left_out = Some(node.at);
            return None;
        }
        path.ok().map(Value::from)
    }

    fn existing(&self, node: &Node, text: &str, name: &str) -> Result<String, Problem> {
        if unknown::is_unknown(text) {
            let message = format!("`{name}` must be known before anything exists");
            let problem = Problem::new("config::unknown_setting", message).label("an output, which AWS will choose");
            return Err(problem.help("write the path out, or refer to `vars`, `environment` or an input"));
        }
        if text.is_empty() {
            let problem = Problem::new("config::length", format!("`{name}`: the path is empty")).label("empty");
            return Err(problem.help("the folder of this file is `.`"));
        }
        let folder = self.resolver.sources().folder(node.at);
        let path = files::rooted(&folder, text);
        if let Some(problem) = files::missing(&path, &folder, text) {
            return Err(problem);
        }
        path.into_os_string().into_string().map_err(|path| {
            let message = format!("`{name}`: {} is not UTF-8", path.display());
            Problem::new("config::encoding", message).help("rename the folder that is not UTF-8")
        })
    }
}
