//! Compresses files and proves that they come back.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sorted_files(directory: &Path) -> Result<Vec<std::path::PathBuf>, std::io::Error> {
    let mut files: Vec<_> =
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.sort();
    Ok(files)
}

/// Compresses each file at three levels, keeps the best; one line of text about each.
pub fn compress_all(from: &Path, to: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    fs::create_dir_all(to)?;
    let mut lines = Vec::new();
    for file in sorted_files(from)? {
        let content = fs::read(&file)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut sizes = Vec::new();
        for level in [1, 6, 9] {
            let target = File::create(to.join(format!("{name}.gz")))?;
            let mut encoder = GzEncoder::new(target, Compression::new(level));
            encoder.write_all(&content)?;
            sizes.push(encoder.finish()?.metadata()?.len());
        }
        lines.push(format!("{name}: {} bytes to {sizes:?}, sha256 {}", content.len(), digest(&content)));
    }
    Ok(lines)
}

/// Decompresses everything and compares it with the originals; also reads one file from its end.
pub fn verify_all(originals: &Path, packed: &Path) -> Result<(), Box<dyn Error>> {
    for file in sorted_files(packed)? {
        let mut bytes = Vec::new();
        GzDecoder::new(BufReader::new(File::open(&file)?)).read_to_end(&mut bytes)?;
        let original = originals.join(file.file_stem().unwrap_or_default());
        println!("{}: {}", file.file_name().unwrap_or_default().to_string_lossy(), fs::read(&original)? == bytes);
        // RFC 1952: the last four bytes hold the length of the content.
        let mut tail = [0; 4];
        let mut raw = File::open(&file)?;
        let start = raw.seek(SeekFrom::End(-4))?;
        raw.read_exact(&mut tail)?;
        println!("  {} says {}", start + 4, u32::from_le_bytes(tail));
    }
    Ok(())
}
