//! The zip file that Lambda takes: one program, and nothing that differs from build to build.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Zopfli, six rounds: a minute for 3.5 %, which every cold start is spared.
const ZOPFLI: i64 = 15;

/// Packs a program beside itself.
///
/// # Errors
/// When it cannot be read, or the zip file not written.
pub(super) fn zip(binary: &Path) -> Result<PathBuf> {
    let packed = binary.with_extension("zip");
    let write = || -> Result<()> {
        let mut archive = ZipWriter::new(BufWriter::new(File::create(&packed)?));
        // 1980, the zip format's own beginning.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(ZOPFLI))
            .last_modified_time(DateTime::default())
            .unix_permissions(0o755);
        archive.start_file("bootstrap", options)?;
        io::copy(&mut File::open(binary)?, &mut archive)?;
        Ok(archive.finish()?.flush()?)
    };
    write().with_context(|| format!("{} cannot be packed", binary.display()))?;
    Ok(packed)
}

/// Bytes of a file.
///
/// # Errors
/// When it is not there.
pub(super) fn bytes(path: &Path) -> Result<u64> {
    Ok(fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_program_makes_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let pack = |name: &str| {
            let home = folder.path().join(name);
            fs::create_dir(&home).unwrap();
            fs::write(home.join("bootstrap"), [7; 10_000]).unwrap();
            fs::read(zip(&home.join("bootstrap")).unwrap()).unwrap()
        };
        let first = pack("one");
        assert!(first.len() < 1_000, "it is not compressed");
        assert_eq!(first, pack("two"));
    }
}
