//! The same folder is the same package, whatever is around it.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{Cursor, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use provision_package::{Architecture, Package, PackageError, Source};

fn source(folder: &Path) -> Source {
    Source { folder: folder.to_owned(), runtime: "python3.12".into(), architecture: Architecture::X86_64 }
}

fn no_vendor() -> Result<provision_package::Vendor, PackageError> {
    panic!("nothing is to be vendored")
}

fn build(folder: &Path) -> Package {
    Package::build_with(&source(folder), no_vendor).unwrap()
}

fn write(folder: &Path, path: &str, content: impl AsRef<[u8]>) {
    let file = folder.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
}

/// A small folder with everything that is special.
fn fixture(folder: &Path) {
    write(folder, "handler.py", "def handler(event, context):\n    return event\n");
    write(folder, "bin/run", "#!/bin/sh\nexit 0\n");
    write(folder, "bootstrap", b"\x7fELF\x02\x01\x01");
    write(folder, "lib/a.py", "");
    write(folder, "lib-b.py", "B = 1\n");
    write(folder, "daten/größe.txt", "ä\n");
}

/// If this test fails, every function of every environment would be updated. Find out why; if it has to be, raise
/// `FORMAT` in `source.rs`.
#[test]
fn golden() {
    let folder = tempfile::tempdir().unwrap();
    fixture(folder.path());
    let package = build(folder.path());
    let hashes = [package.sha256.as_str(), &package.code_sha256, &package.source_hash].join("\n");
    insta::assert_snapshot!(hashes, @"
    0463de9b8e31a2b71969fcd106b651885e2ed947c66a4375cda3daeccf97c1b5
    BGPem44xorcZafzRBrZRiF4u2UfGakN1zaPa7M+XwbU=
    7d74f2de1d511d8792a8be7341406b2af72cd4ebbae671b11398e1664cd989f9
    ");
}

#[test]
fn time_umask_modes_order_and_place_do_not_matter() {
    let one = tempfile::tempdir().unwrap();
    fixture(one.path());
    let expected = build(one.path());

    // Made by another process, with another umask, in another order.
    let other = tempfile::tempdir().unwrap();
    let place = other.path().join("somewhere/else");
    let script = r#"umask 077; mkdir -p "$1"; cd "$1"; mkdir daten lib bin
        printf 'ä\n' > daten/größe.txt; printf 'B = 1\n' > lib-b.py; : > lib/a.py
        printf '\177ELF\002\001\001' > bootstrap; printf '#!/bin/sh\nexit 0\n' > bin/run
        printf 'def handler(event, context):\n    return event\n' > handler.py"#;
    assert!(Command::new("sh").args(["-c", script, "sh"]).arg(&place).status().unwrap().success());
    assert_eq!(fs::metadata(place.join("handler.py")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(build(&place), expected);

    for (mode, days) in [(0o777, 1), (0o400, 20_000), (0o666, 3)] {
        for file in ["handler.py", "bin/run", "lib/a.py"] {
            let file = place.join(file);
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * days);
            File::options().append(true).open(&file).unwrap().set_modified(time).unwrap();
            fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        }
        assert_eq!(build(&place).bytes, expected.bytes, "mode {mode:o}");
    }

    // What is left out leaves no trace.
    fs::create_dir_all(place.join("empty/emptier")).unwrap();
    write(&place, "__pycache__/handler.cpython-312.pyc", "x");
    write(&place, "tests/test_handler.py", "x");
    write(&place, ".env", "SECRET=x");
    write(&place, ".git/HEAD", "x");
    std::os::unix::fs::symlink("nowhere", place.join(".venv")).unwrap();
    assert_eq!(build(&place), expected);

    // The place may be named in any way.
    std::os::unix::fs::symlink(&place, other.path().join("link")).unwrap();
    assert_eq!(build(&other.path().join("link")), expected);
    assert_eq!(build(&other.path().join("somewhere/../somewhere/else/")), expected);
}

#[test]
fn one_changed_byte_or_name_changes_both_hashes() {
    let folder = tempfile::tempdir().unwrap();
    fixture(folder.path());
    let before = build(folder.path());
    assert_eq!(source(folder.path()).hash().unwrap(), before.source_hash);

    write(folder.path(), "lib-b.py", "B = 2\n");
    let changed = build(folder.path());
    assert_ne!(changed.sha256, before.sha256);
    assert_ne!(changed.code_sha256, before.code_sha256);
    assert_ne!(changed.source_hash, before.source_hash);
    assert_eq!(source(folder.path()).hash().unwrap(), changed.source_hash);

    write(folder.path(), "lib-b.py", "B = 1\n");
    fs::rename(folder.path().join("lib-b.py"), folder.path().join("lib-c.py")).unwrap();
    let renamed = build(folder.path());
    assert_ne!(renamed.sha256, before.sha256);
    assert_ne!(renamed.source_hash, before.source_hash);
}

/// Read by another program than the one that wrote it, field by field.
#[test]
fn the_zip_has_what_the_documentation_says_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    fixture(folder.path());
    let package = build(folder.path());
    let zip = folder.path().join("package.zip");
    fs::write(&zip, &package.bytes).unwrap();
    let script = "
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as zip:
    assert zip.testzip() is None
    assert zip.comment == b''
    for e in zip.infolist():
        assert e.date_time == (1980, 1, 1, 0, 0, 0) and e.compress_type == zipfile.ZIP_STORED, e
        assert e.extra == b'' and e.comment == b'' and e.create_system == 3 and e.internal_attr == 0, e
        assert e.flag_bits & ~0x800 == 0, e
        print(f'{e.external_attr >> 16:o} {e.file_size} {e.filename}')
";
    let output = Command::new("python3").args(["-c", script]).arg(&zip).env("PYTHONUTF8", "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @"
    100755 17 bin/run
    100755 7 bootstrap
    100644 3 daten/größe.txt
    100644 46 handler.py
    100644 6 lib-b.py
    100644 0 lib/a.py
    ");
    // The central headers follow the local ones: neither has room for an extra field.
    let names: usize = package.files.iter().map(|file| file.path.len()).sum();
    let size = package.uncompressed as usize + 76 * package.files.len() + 2 * names + 22;
    assert_eq!(package.bytes.len(), size);
}

#[test]
fn the_list_of_files_is_what_is_in_the_zip() {
    let folder = tempfile::tempdir().unwrap();
    fixture(folder.path());
    let package = build(folder.path());
    let listed: Vec<_> =
        package.files.iter().map(|file| (file.path.clone(), file.size, Some(0o100_000 | file.mode))).collect();
    let mut zip = zip::ZipArchive::new(Cursor::new(&package.bytes)).unwrap();
    let zipped: Vec<_> = (0..zip.len())
        .map(|index| {
            let file = zip.by_index(index).unwrap();
            (file.name().unwrap().into_owned(), file.size(), file.unix_mode())
        })
        .collect();
    assert_eq!(listed, zipped);
    assert_eq!(package.uncompressed, listed.iter().map(|(_, size, _)| size).sum::<u64>());
}

/// Paths of which none is a folder of another, each with its content.
fn tree() -> impl Strategy<Value = BTreeMap<String, Vec<u8>>> {
    let name = "[a-zA-Z0-9 _.äß-]{1,6}\\.x";
    let path = (prop::collection::vec("d[a-z0-9_-]{0,3}", 0..4), name)
        .prop_map(|(folders, name)| folders.into_iter().chain([name]).collect::<Vec<_>>().join("/"));
    let content = prop_oneof![prop::collection::vec(any::<u8>(), 0..64), Just(b"#!/bin/sh\n".to_vec())];
    prop::collection::btree_map(path, content, 1..12)
}

fn with_orders() -> impl Strategy<Value = (BTreeMap<String, Vec<u8>>, Vec<String>, Vec<String>)> {
    tree().prop_flat_map(|tree| {
        let paths: Vec<_> = tree.keys().cloned().collect();
        (Just(tree), Just(paths.clone()).prop_shuffle(), Just(paths).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_made_in_any_order_is_one_package_and_unpacks_to_itself((tree, first, second) in with_orders()) {
        // macOS takes two names that differ in case for one.
        let folded: std::collections::BTreeSet<_> = tree.keys().map(|path| path.to_lowercase()).collect();
        prop_assume!(folded.len() == tree.len());
        // `._x` and `.#x` are leftovers.
        prop_assume!(tree.keys().all(|path| !path.split('/').any(|part| part.starts_with("._") || part.starts_with(".#"))));
        prop_assume!(tree.keys().all(|path| !path.split('/').any(|part| part.starts_with(".env."))));
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        for (folder, order) in folders.iter().zip([&first, &second]) {
            for path in order {
                write(folder.path(), path, &tree[path]);
            }
        }
        let package = build(folders[0].path());
        prop_assert_eq!(&package, &build(folders[1].path()));
        let mut zip = zip::ZipArchive::new(Cursor::new(&package.bytes)).unwrap();
        let mut unpacked = Vec::new();
        for index in 0..zip.len() {
            let mut file = zip.by_index(index).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            unpacked.push((file.name().unwrap().into_owned(), content));
        }
        // In the order of the bytes of their paths, which is that of the map.
        prop_assert_eq!(unpacked, tree.into_iter().collect::<Vec<_>>());
    }
}
