//! Writing the zip.

use std::io::{self, Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// The mode of most files: anyone may read them.
pub(crate) const READABLE: u32 = 0o644;

/// The mode of programs.
pub(crate) const EXECUTABLE: u32 = 0o755;

/// The mode of a file in the package, by its content.
pub(crate) fn mode(content: &[u8]) -> u32 {
    if content.starts_with(b"#!") || content.starts_with(b"\x7fELF") { EXECUTABLE } else { READABLE }
}

/// A zip of these paths and contents, in their order.
pub(crate) fn write<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        // Everything is said, even where it is the default: a default may be another one in the next version, or on Windows.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::DEFAULT)
            .system(System::Unix)
            .unix_permissions(mode(content))
            .large_file(false);
        zip.start_file(path, options)?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}
