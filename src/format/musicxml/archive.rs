//! `.mxl`: a score in a zip file.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::decode;
use crate::format::FormatError;

/// The name of the score in the archive: plain ASCII, since some programs fail on anything else.
const SCORE: &str = "score.musicxml";
const CONTAINER: &str = "META-INF/container.xml";
const MIME: &str = "application/vnd.recordare.musicxml";
/// Files in an archive that are looked at at most.
const MOST_FILES: usize = 10_000;

/// Whether the bytes are a zip file.
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// A zip file with the score. The same score gives the same bytes: the times in it are fixed.
///
/// # Errors
/// When the zip file cannot be made.
pub fn pack(score: &[u8]) -> Result<Vec<u8>, FormatError> {
    let container = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<container>\n  <rootfiles>\n    <rootfile full-path=\"{SCORE}\" \
         media-type=\"{MIME}+xml\"/>\n  </rootfiles>\n</container>\n"
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let files = [
        ("mimetype", MIME.as_bytes(), CompressionMethod::Stored),
        (CONTAINER, container.as_bytes(), CompressionMethod::Deflated),
        (SCORE, score, CompressionMethod::Deflated),
    ];
    for (name, bytes, method) in files {
        let options =
            SimpleFileOptions::default().compression_method(method).last_modified_time(DateTime::default());
        zip.start_file(name, options).map_err(unwritable)?;
        zip.write_all(bytes).map_err(unwritable)?;
    }
    Ok(zip.finish().map_err(unwritable)?.into_inner())
}

fn unwritable(error: impl std::fmt::Display) -> FormatError {
    FormatError::new(format!("the zip file cannot be made: {error}"))
}

/// The score in a zip file: the one that its container names, else its first MusicXML file.
///
/// # Errors
/// When the zip file is broken, holds no score, or one that unpacks to more than is read.
pub fn unpack(bytes: &[u8]) -> Result<Vec<u8>, FormatError> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if zip.len() > MOST_FILES {
        return Err(FormatError::new(format!("the zip file holds more than {MOST_FILES} files")));
    }
    let named = file(&mut zip, CONTAINER).ok().and_then(|container| rootfile(&container));
    if let Some(name) = named
        && zip.index_for_name(&name).is_some()
    {
        return file(&mut zip, &name);
    }
    let is_score = |name: &str| {
        let lower = name.to_ascii_lowercase();
        let hidden = lower.starts_with("meta-inf/") || lower.starts_with("__macosx/") || lower.contains("/.");
        !hidden && (lower.ends_with(".musicxml") || lower.ends_with(".xml"))
    };
    let names = zip.file_names().filter_map(Result::ok).filter(|name| is_score(name));
    match names.min().map(|name| name.to_string()) {
        Some(name) => file(&mut zip, &name),
        None => Err(FormatError::new("the zip file holds no MusicXML score").help("export the score again")),
    }
}

fn file(zip: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<Vec<u8>, FormatError> {
    let entry = zip.by_name(name).map_err(broken)?;
    let mut bytes = Vec::new();
    // What the archive says about sizes may be a lie, so the bytes are counted as they come.
    entry.take(decode::LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(broken)?;
    if bytes.len() > decode::LARGEST { Err(decode::too_large()) } else { Ok(bytes) }
}

fn broken(error: impl std::fmt::Display) -> FormatError {
    FormatError::new(format!("the zip file is broken: {error}")).help("export or download it again")
}

/// The score's name in a container.
fn rootfile(container: &[u8]) -> Option<String> {
    let text = decode::text(container, &mut Vec::new()).ok()?;
    decode::check(&text).ok()?;
    let options = roxmltree::ParsingOptions { allow_dtd: true, nodes_limit: 10_000, ..Default::default() };
    let document = roxmltree::Document::parse_with_options(&text, options).ok()?;
    let rootfiles = document.descendants().filter(|node| node.tag_name().name() == "rootfile");
    { rootfiles }.find_map(|node| node.attribute("full-path")).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_and_always_the_same() {
        let packed = pack(b"<score/>").expect("a zip file");
        assert!(is_zip(&packed));
        assert_eq!(&packed[30..38], b"mimetype");
        assert_eq!(unpack(&packed).expect("a score"), b"<score/>");
        assert_eq!(pack(b"<score/>"), Ok(packed));
    }

    #[test]
    fn a_score_is_found_without_a_container_and_its_size_is_limited() {
        let zip = |name: &str, bytes: &[u8]| {
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            zip.start_file(name, SimpleFileOptions::default()).expect("a file");
            zip.write_all(bytes).expect("bytes");
            zip.finish().expect("a zip file").into_inner()
        };
        assert_eq!(unpack(&zip("song.xml", b"<score/>")).expect("a score"), b"<score/>");
        assert!(unpack(&zip("song.txt", b"<score/>")).is_err());
        let bomb = zip("song.xml", &vec![b' '; decode::LARGEST + 1]);
        assert!(bomb.len() < decode::LARGEST / 500);
        assert_eq!(unpack(&bomb), Err(decode::too_large()));
        let packed = pack(b"<score/>").expect("a zip file");
        for length in 0..packed.len() {
            assert!(unpack(&packed[..length]).is_err(), "{length}");
        }
    }
}
