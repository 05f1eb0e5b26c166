//! Reads sheets from any path and writes files so that an error or a kill leaves the old file whole.

use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use crate::format::{self, Format, FormatError, Reading};
use crate::music::LeadSheet;
use crate::session::{self, Session};

use super::{Failure, Terminal};

/// Larger files are refused rather than read into memory: no sheet comes near, and `/dev/zero` never ends.
pub const MAX_BYTES: u64 = 256 << 20;

/// The path that stands for standard input or standard output.
pub fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A path as it is named in messages.
pub fn named(path: &Path, dash: &str) -> String {
    if is_dash(path) { dash.to_string() } else { format!("'{}'", path.display()) }
}

/// The bytes of a file, or of standard input for `-`.
///
/// # Errors
/// When there is no such file, it is a folder, may not be read, or is larger than [`MAX_BYTES`].
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = match is_dash(path) {
        true => at_most(MAX_BYTES, std::io::stdin().lock()),
        false => at_most(MAX_BYTES, open(path)?),
    };
    read.map_err(|error| unreadable(path, &error))
}

/// A file to be read bit by bit.
///
/// # Errors
/// When there is no such file, it is a folder or may not be read.
pub fn open(path: &Path) -> Result<std::fs::File, Failure> {
    let opened = std::fs::File::open(path).and_then(|file| match file.metadata()?.is_dir() {
        true => Err(std::io::Error::from(ErrorKind::IsADirectory)),
        false => Ok(file),
    });
    opened.map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("cannot read {}: {}", named(path, "standard input"), said(error)))
}

fn at_most(limit: u64, reader: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match reader.take(limit + 1).read_to_end(&mut bytes)? as u64 > limit {
        true => Err(std::io::Error::from(ErrorKind::FileTooLarge)),
        false => Ok(bytes),
    }
}

/// The lead sheets of a file in any format that is read, or of standard input for `-`, at least one; what was left
/// out or repaired is said on the terminal.
///
/// # Errors
/// When the file cannot be read, is not understood, or holds no tune.
pub fn read_sheets(path: &Path, terminal: &Terminal) -> Result<Vec<LeadSheet>, Failure> {
    let reading = read_silently(path)?;
    for remark in &reading.remarks {
        terminal.remark(&format!("{}: {remark}", named(path, "standard input")));
    }
    Ok(reading.sheets)
}

/// The same, for whoever wants to count the remarks instead of printing them.
///
/// # Errors
/// When the file cannot be read, is not understood, or holds no tune.
pub fn read_silently(path: &Path) -> Result<Reading, Failure> {
    if is_session(path) {
        let (session, _) = read_session(path)?;
        return Ok(Reading { sheets: vec![session.song().sheet.clone()], remarks: Vec::new() });
    }
    let bytes = read_bytes(path)?;
    let reading = understand(path, &bytes).and_then(|reading| match reading.sheets.is_empty() {
        true => Err(FormatError::new("there is no tune in it")),
        false => Ok(reading),
    });
    reading.map_err(|error| Failure::Usage(format!("{}: {error}", named(path, "standard input"))))
}

/// Whether a path names a session.
pub fn is_session(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tune")
}

/// The session in a file, with what its journal adds, and how many changes it has seen.
///
/// # Errors
/// When the file cannot be read, was written by a later program, or is damaged.
pub fn read_session(path: &Path) -> Result<(Session, u64), Failure> {
    session_with(path, &std::fs::read(journal_of(path)).unwrap_or_default())
}

/// The session in a file with what a journal adds, and how many changes it has seen.
///
/// # Errors
/// When the file cannot be read, was written by a later program, or is damaged.
pub fn session_with(path: &Path, journal: &[u8]) -> Result<(Session, u64), Failure> {
    let name = named(path, "standard input");
    let text = String::from_utf8(read_bytes(path)?)
        .map_err(|_| Failure::Usage(format!("{name}: it is not text (UTF-8)")))?;
    let (mut session, seen) =
        session::file::read(&text).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
    let changes = session::file::replay(&mut session, seen, &String::from_utf8_lossy(journal));
    Ok((session, changes))
}

/// The journal that lies beside a session.
pub fn journal_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".journal");
    path.with_file_name(name)
}

/// The name of a file tells its format; where it tells none or a wrong one, its bytes do.
fn understand(path: &Path, bytes: &[u8]) -> Result<Reading, FormatError> {
    let by_name = path.extension().and_then(|e| e.to_str()).and_then(format::by_extension);
    let by_content = format::by_content(bytes);
    let (first, second) = match (by_name, by_content) {
        (None, None) => {
            let known = known_extensions();
            return Err(FormatError::new("its format is not known").help(format!("these are read: {known}")));
        }
        (Some(name), content) => (name, content.filter(|format| format.name() != name.name())),
        (None, Some(content)) => (content, None),
    };
    first.read(bytes).or_else(|error| {
        let mut reading = second.and_then(|format| format.read(bytes).ok()).ok_or(error)?;
        let actual = second.map_or("", |format| format.name());
        reading.remarks.push(format!("it is not {} as its name says but {actual}", first.name()));
        Ok(reading)
    })
}

/// The format in which a file of this name is written.
///
/// # Errors
/// When the name has no extension, or one that no format has; the known ones are listed.
pub fn format_for(path: &Path) -> Result<&'static dyn Format, Failure> {
    let extension = path.extension().and_then(|e| e.to_str());
    extension.and_then(format::by_extension).ok_or_else(|| {
        let fault = match extension {
            Some(extension) => format!("no format has the extension '.{extension}'"),
            None => format!("{} has no extension that tells the format", named(path, "standard output")),
        };
        Failure::Usage(format!("{fault}; known are {}", known_extensions()))
    })
}

/// The format with this name or extension, as given to an option: `musicxml`, `mid`, `.abc`.
///
/// # Errors
/// When there is none; the known ones are listed.
pub fn format_named(name: &str) -> Result<&'static dyn Format, Failure> {
    let by_name = || format::FORMATS.iter().copied().find(|format| format.name().eq_ignore_ascii_case(name));
    format::by_extension(name.trim_start_matches('.')).or_else(by_name).ok_or_else(|| {
        Failure::Usage(format!("there is no format '{name}'; known are {}", known_extensions()))
    })
}

/// Every extension of every format: `.musicxml .mxl ...`.
pub fn known_extensions() -> String {
    let all: Vec<String> =
        format::FORMATS.iter().flat_map(|format| format.extensions()).map(|e| format!(".{e}")).collect();
    all.join(" ")
}

/// Writes a file whole or not at all; `-` is standard output.
///
/// The bytes go to a new file in the same folder that then takes the name, so a reader sees the old file or the new
/// one, never half of it. What is no regular file (`/dev/null`, a pipe) is written to as it is.
///
/// # Errors
/// When the file exists and `force` is not set, or cannot be written.
pub fn write(path: &Path, bytes: &[u8], force: bool, terminal: &Terminal) -> Result<(), Failure> {
    if is_dash(path) {
        return terminal.result(bytes);
    }
    refuse_existing(path, force)?;
    let fault = |error: &std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => Failure::Usage(format!("cannot write '{}': {}", path.display(), said(error))),
    };
    match std::fs::metadata(path) {
        Ok(meta) if !meta.is_file() => {
            let mut device =
                std::fs::OpenOptions::new().write(true).open(path).map_err(|error| fault(&error))?;
            device.write_all(bytes).map_err(|error| match error.kind() {
                ErrorKind::BrokenPipe => Failure::Unread,
                _ => fault(&error),
            })
        }
        _ => replace(path, bytes, force).map_err(|error| fault(&error)),
    }
}

/// Says no to an existing file before any work is done for it.
///
/// # Errors
/// When the file exists and `force` is not set, or is a folder.
pub fn refuse_existing(path: &Path, force: bool) -> Result<(), Failure> {
    match std::fs::metadata(path) {
        _ if is_dash(path) => Ok(()),
        Ok(meta) if meta.is_dir() => {
            Err(Failure::Usage(format!("'{}' is a folder; give the name of a file", path.display())))
        }
        Ok(meta) if meta.is_file() && !force => Err(exists(path)),
        _ => Ok(()),
    }
}

/// Makes a folder and those above it, if they are missing.
///
/// # Errors
/// When it cannot be made, or a file has its name.
pub fn make_folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|error| {
        Failure::Usage(format!("cannot make the folder '{}': {}", path.display(), said(&error)))
    })
}

fn exists(path: &Path) -> Failure {
    Failure::Usage(format!("'{}' exists already; add --force to replace it", path.display()))
}

fn replace(path: &Path, bytes: &[u8], force: bool) -> std::io::Result<()> {
    // A link keeps being a link: what it points to is replaced.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tunesmith-");
    let old = std::fs::metadata(&target).ok().map(|meta| meta.permissions());
    // Private would be the default of a temporary file; a sheet is as readable as any new file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut aside = builder.tempfile_in(folder)?;
    aside.write_all(bytes)?;
    if let Some(permissions) = old {
        aside.as_file().set_permissions(permissions)?;
    }
    aside.as_file().sync_all()?;
    let placed = if force { aside.persist(&target) } else { aside.persist_noclobber(&target) };
    placed.map(drop).map_err(|error| error.error)
}

/// The operating system's reason without its number.
fn said(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => String::from("there is no such file or folder"),
        ErrorKind::PermissionDenied => String::from("permission denied"),
        ErrorKind::IsADirectory => String::from("it is a folder, not a file"),
        ErrorKind::NotADirectory => String::from("a part of the path is a file, not a folder"),
        ErrorKind::FileTooLarge => {
            format!("it is larger than {} MiB: that is no lead sheet", MAX_BYTES >> 20)
        }
        ErrorKind::StorageFull => String::from("no space is left"),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal() -> Terminal {
        Terminal::new(true, false, super::super::terminal::Color::Never)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder of the test")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_only_by_force_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("a folder to write in");
        let path = folder.path().join("a.txt");
        write(&path, b"one", false, &terminal()).expect("a new file");
        let refused = write(&path, b"two", false, &terminal()).expect_err("it exists");
        assert!(refused.to_string().contains("--force"), "{refused}");
        assert_eq!(std::fs::read(&path).expect("the file"), b"one");
        write(&path, b"two", true, &terminal()).expect("by force");
        assert_eq!(std::fs::read(&path).expect("the file"), b"two");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_the_path() {
        let folder = tempfile::tempdir().expect("a folder to write in");
        let path = folder.path().join("no/a.txt");
        let error = write(&path, b"one", true, &terminal()).expect_err("no folder").to_string();
        assert!(error.contains("a.txt") && error.contains("no such"), "{error}");
        assert!(names(folder.path()).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn replacing_keeps_links_and_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder to write in");
        let (file, link) = (folder.path().join("a.txt"), folder.path().join("b.txt"));
        write(&file, b"one", false, &terminal()).expect("a new file");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("its owner may");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        write(&link, b"two", true, &terminal()).expect("by force");
        assert!(std::fs::symlink_metadata(&link).expect("the link").is_symlink());
        assert_eq!(std::fs::read(&file).expect("the file"), b"two");
        assert_eq!(std::fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o640);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_without_force() {
        write(Path::new("/dev/null"), b"one", false, &terminal()).expect("the device takes all");
    }

    #[test]
    fn a_folder_and_an_endless_file_are_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = read_bytes(folder.path()).expect_err("a folder").to_string();
        assert!(error.contains("it is a folder"), "{error}");
        assert_eq!(at_most(3, &b"abc"[..]).expect("as much as is allowed"), b"abc");
        let error = at_most(1000, std::io::repeat(0)).expect_err("endless");
        assert!(said(&error).contains("larger than 256 MiB"), "{error}");
    }

    #[test]
    fn an_unknown_extension_lists_the_known_ones() {
        for (path, fault) in [("a.wmf", "'.wmf'"), ("a", "'a' has no extension")] {
            let error = format_for(Path::new(path)).err().expect("unknown").to_string();
            assert!(
                error.contains(fault) && error.contains(".musicxml") && error.contains(".mid"),
                "{error}"
            );
        }
        assert!(format_named(".abc").is_ok() && format_named("midi").is_ok() && format_named("wmf").is_err());
    }
}
