//! Reads a file and the layers that it extends, and merges them into one tree.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostics;
use crate::nearest::suggestion;
use crate::report::{Problem, Report};
use crate::source::{Place, Sources};
use crate::syntax;
use crate::tree::{Data, Entry, Node, Table};

/// Reads a file with all its layers, merged. What is wrong with any of them goes into the report.
///
/// # Errors
/// If the file itself cannot be read: then there is nothing to go on with.
pub(crate) fn read(path: &Path, report: &Report) -> Result<(Sources, Table), Diagnostics> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error).without_place())?;
    let mut reader = Reader { report, sources: Sources::default(), trail: Vec::new(), done: HashMap::new() };
    let table = reader.layer(path, &identity(path), bytes);
    Ok((reader.sources, table))
}

/// Lays the nearer table over the farther one: tables merge key by key, everything else is replaced.
pub(crate) fn merge(farther: Table, nearer: Table) -> Table {
    let mut merged = farther;
    for (name, entry) in nearer {
        let entry = match (merged.remove(&name), entry) {
            (
                Some(Entry { node: Node { data: Data::Table(farther), .. }, .. }),
                Entry { key, node: Node { at, data: Data::Table(nearer) } },
            ) => Entry { key, node: Node { at, data: Data::Table(merge(farther, nearer)) } },
            (_, entry) => entry,
        };
        merged.insert(name, entry);
    }
    merged
}

struct Reader<'a> {
    report: &'a Report,
    sources: Sources,
    /// The files being read, from the first to the one at hand: as named, and as they really are.
    trail: Vec<(PathBuf, PathBuf)>,
    /// Each layer that was read, merged, so that one that is extended twice is read (and complained of) once.
    done: HashMap<PathBuf, Table>,
}

impl Reader<'_> {
    fn layer(&mut self, path: &Path, identity: &Path, bytes: Vec<u8>) -> Table {
        let (text, invalid) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(at))
            }
        };
        let file = self.sources.add(path.to_owned(), &text);
        if let Some(start) = invalid {
            let place = Place { file, start, end: start + char::REPLACEMENT_CHARACTER.len_utf8() };
            let problem = Problem::new("config::encoding", "the file is not UTF-8").label("not a UTF-8 character");
            self.report.add(place, problem.help("save the file as UTF-8"));
            return Table::new();
        }
        let mut own = syntax::parse(&text, file, self.report);
        let extends = own.remove("extends");
        self.trail.push((path.to_owned(), identity.to_owned()));
        let mut merged = Table::new();
        let layers = extends.iter().flat_map(|entry| self.extended(&entry.node));
        for node in layers.collect::<Vec<_>>() {
            if let Some(layer) = self.extend(path, node) {
                merged = merge(merged, layer);
            }
        }
        self.trail.pop();
        merge(merged, own)
    }

    /// The layers that `extends` names, the farthest first.
    fn extended<'n>(&self, extends: &'n Node) -> Vec<&'n Node> {
        let nodes: Vec<&Node> = match &extends.data {
            Data::List(items) => items.iter().collect(),
            _ => vec![extends],
        };
        let (texts, others): (Vec<&Node>, Vec<&Node>) = nodes.into_iter().partition(|node| node.as_text().is_some());
        for other in others.into_iter().filter(|other| !other.is_broken()) {
            let message = format!("`extends`: expected a file, found {}", other.describe(true));
            let problem = Problem::new("config::type", message).label("not a file");
            self.report.add(
                other.at,
                problem.help("write `extends = \"base.toml\"` or `extends = [\"base.toml\", \"network.toml\"]`"),
            );
        }
        texts
    }

    fn extend(&mut self, from: &Path, node: &Node) -> Option<Table> {
        let name = node.as_text()?;
        let path = from.parent().unwrap_or(Path::new("")).join(name);
        let identity = identity(&path);
        if let Some(done) = self.done.get(&identity) {
            return Some(done.clone());
        }
        if let Some(start) = self.trail.iter().position(|(_, one)| *one == identity) {
            let names = self.trail.iter().skip(start).map(|(path, _)| path.display().to_string());
            let path: Vec<String> = names.chain([self.trail[start].0.display().to_string()]).collect();
            let message = format!("the layers extend each other: {}", path.join(" -> "));
            let problem = Problem::new("config::extends_cycle", message).label("comes back to where it began");
            self.report.add(node.at, problem.help("a layer may only extend files that do not extend it"));
            return None;
        }
        match fs::read(&path) {
            Ok(bytes) => {
                let table = self.layer(&path, &identity, bytes);
                self.done.insert(identity, table.clone());
                Some(table)
            }
            Err(error) => {
                self.report.add(node.at, unreadable(&path, &error).label("extended here"));
                None
            }
        }
    }
}

/// One name for each file, however it is spelt.
fn identity(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    if error.kind() != io::ErrorKind::NotFound {
        let message = format!("failed to read {}: {}", path.display(), error.kind());
        return Problem::new("config::unreadable", message).help("a layer is a TOML file that may be read");
    }
    let problem = Problem::new("config::missing_file", format!("there is no file {}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let files = toml_files(folder);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    problem.help(suggestion(&name, "files there", files.iter().map(String::as_str)))
}

/// The names of the TOML files in a folder, in order.
pub(crate) fn toml_files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".toml")).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A table as a plain value, without places.
    fn plain(table: &Table) -> String {
        let entry = |(name, entry): (&String, &Entry)| match &entry.node.data {
            Data::Table(inner) => format!("{name}={{{}}}", plain(inner)),
            other => format!("{name}={other:?}"),
        };
        table.iter().map(entry).collect::<Vec<_>>().join(",")
    }

    fn tables() -> impl Strategy<Value = Table> {
        let leaf = (0..100_i64).prop_map(Data::Integer);
        let data = leaf.prop_recursive(3, 24, 4, |inner| {
            proptest::collection::btree_map("[a-d]", inner, 0..4).prop_map(|map| Data::Table(table(map)))
        });
        proptest::collection::btree_map("[a-d]", data, 0..4).prop_map(table)
    }

    fn table(map: std::collections::BTreeMap<String, Data>) -> Table {
        let at = Place::START;
        map.into_iter().map(|(name, data)| (name, Entry { key: at, node: Node { at, data } })).collect()
    }

    proptest! {
        #[test]
        fn merging_is_associative_but_for_a_value_between_two_tables(a in tables(), b in tables(), c in tables()) {
            // A value in the middle layer that hides a table cannot know of the table nearer than it; only layers in
            // which each key is either always or never a table can be merged in any grouping.
            prop_assume!(agree(&a, &b) && agree(&b, &c) && agree(&a, &c));
            let left = merge(merge(a.clone(), b.clone()), c.clone());
            let right = merge(a, merge(b, c));
            prop_assert_eq!(plain(&left), plain(&right));
        }

        #[test]
        fn the_nearer_value_wins_and_the_others_stay(a in tables(), b in tables()) {
            assert_wins(&a, &b, &merge(a.clone(), b.clone()));
        }
    }

    fn agree(a: &Table, b: &Table) -> bool {
        a.iter().all(|(name, entry)| match (&entry.node.data, b.get(name).map(|other| &other.node.data)) {
            (_, None) => true,
            (Data::Table(a), Some(Data::Table(b))) => agree(a, b),
            (Data::Table(_), Some(_)) | (_, Some(Data::Table(_))) => false,
            _ => true,
        })
    }

    fn assert_wins(farther: &Table, nearer: &Table, merged: &Table) {
        for name in farther.keys().chain(nearer.keys()).chain(merged.keys()) {
            let data = |table: &Table| table.get(name).map(|entry| entry.node.data.clone());
            match (data(farther), data(nearer), data(merged)) {
                (Some(Data::Table(a)), Some(Data::Table(b)), Some(Data::Table(c))) => assert_wins(&a, &b, &c),
                (_, Some(nearer), Some(merged)) => assert_eq!(format!("{nearer:?}"), format!("{merged:?}")),
                (Some(farther), None, Some(merged)) => assert_eq!(format!("{farther:?}"), format!("{merged:?}")),
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}
