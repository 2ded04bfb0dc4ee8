//! The zip file for Lambda: one program, and nothing that differs between builds.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use libdeflater::{CompressionLvl, Compressor, Crc};
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchiveWriter};

/// Packs a program beside itself.
///
/// # Errors
/// When it cannot be read, or the zip file cannot be written.
pub(super) fn zip(binary: &Path) -> Result<PathBuf> {
    let packed = binary.with_extension("zip");
    let write = || -> Result<()> { Ok(fs::write(&packed, archive(&fs::read(binary)?)?)?) };
    write().with_context(|| format!("failed to pack {}", binary.display()))?;
    Ok(packed)
}

/// A zip file of one program named `bootstrap`, without a time.
fn archive(program: &[u8]) -> Result<Vec<u8>> {
    let mut archive = ZipArchiveWriter::new(Vec::new());
    let file = archive.new_file("bootstrap").compression_method(CompressionMethod::DEFLATE).unix_permissions(0o100_755);
    let (mut entry, _) = file.start()?;
    entry.write_all(&deflated(program)?)?;
    let mut checksum = Crc::new();
    checksum.update(program);
    entry.finish(DataDescriptorOutput::new(checksum.sum(), u64::try_from(program.len())?))?;
    Ok(archive.finish()?)
}

/// libdeflate's best: as small as zopfli's, 3 % less than zlib's, which every cold start is spared.
fn deflated(program: &[u8]) -> Result<Vec<u8>> {
    let mut compressor = Compressor::new(CompressionLvl::best());
    let mut packed = vec![0; compressor.deflate_compress_bound(program.len())];
    let length = compressor.deflate_compress(program, &mut packed)?;
    packed.truncate(length);
    Ok(packed)
}

/// Bytes of a file.
///
/// # Errors
/// When it does not exist.
pub(super) fn bytes(path: &Path) -> Result<u64> {
    Ok(fs::metadata(path).with_context(|| format!("failed to read {}", path.display()))?.len())
}

#[cfg(test)]
mod tests {
    use libdeflater::Decompressor;
    use rawzip::ZipArchive;

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

    #[test]
    fn what_is_packed_can_be_unpacked_and_run() {
        let program: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let packed = archive(&program).unwrap();
        let read = ZipArchive::from_slice(&packed).unwrap();
        let entry = read.entries().next_entry().unwrap().unwrap();
        assert_eq!(entry.file_path().as_ref(), b"bootstrap");
        assert_eq!(entry.mode().permissions(), 0o755);
        let found = read.get_entry(entry.wayfinder()).unwrap();
        let mut unpacked = vec![0; program.len()];
        Decompressor::new().deflate_decompress(found.data(), &mut unpacked).unwrap();
        assert!(unpacked == program);
        let mut checksum = Crc::new();
        checksum.update(&unpacked);
        assert_eq!(entry.crc32(), checksum.sum());
    }
}
