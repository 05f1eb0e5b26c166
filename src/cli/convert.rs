//! `convert`: from any format that is read to any that is written.

use std::path::{Path, PathBuf};

use crate::format::Format;
use crate::music::LeadSheet;
use crate::music::unfold::unfolded;

use super::{Failure, Terminal, files};

/// Convert a lead sheet from one format to another.
///
/// The names tell the formats; what the new format cannot hold is said on standard error.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tunesmith convert song.musicxml song.mid
  tunesmith convert tunes.abc --tune 3 waltz.musicxml
  tunesmith convert tunes.abc sheets/ --to musicxml
  tunesmith convert --expand song.musicxml played-out.musicxml
  curl URL | tunesmith convert - - --to abc")]
pub struct Args {
    /// The sheet to read; `-` reads standard input
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// The file to write, `-` for standard output, or a folder (with --to) that gets every tune
    #[arg(value_name = "OUT")]
    output: PathBuf,

    /// The format to write, where the name of OUT does not tell it: musicxml, mxl, mid, abc, txt, json
    #[arg(long, value_name = "FORMAT")]
    to: Option<String>,

    /// Which tune, when IN holds several
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    tune: Option<u32>,

    /// Write repeats, endings and jumps out, for programs that do not play them
    #[arg(long)]
    expand: bool,

    /// Replace OUT if it exists
    #[arg(long)]
    force: bool,
}

/// Reads, writes, and says what was lost.
///
/// # Errors
/// When IN cannot be read, OUT cannot be written or exists, a format is unknown, or it is not clear which of several
/// tunes is meant.
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let whole_folder = names_a_folder(&args.output);
    let format = match &args.to {
        Some(name) => files::format_named(name)?,
        None if whole_folder => {
            let folder = args.output.display();
            return Err(Failure::Usage(format!(
                "'{folder}' is a folder: say the format of its files with --to"
            )));
        }
        None if files::is_dash(&args.output) => {
            return Err(Failure::Usage(String::from(
                "say the format of standard output with --to, such as --to abc",
            )));
        }
        None => files::format_for(&args.output)?,
    };
    if !whole_folder {
        files::refuse_existing(&args.output, args.force)?;
    }
    let mut all = files::read_sheets(&args.input, terminal)?;
    if args.expand {
        all = all.iter().map(unfolded).collect();
    }
    let sheets = chosen(&all, args.tune)?;
    if whole_folder {
        return write_all(&sheets, format, args, terminal);
    }
    match sheets.as_slice() {
        [(_, sheet)] => {
            let bytes = written(sheet, format, &files::named(&args.output, "standard output"), terminal)?;
            files::write(&args.output, &bytes, args.force, terminal)
        }
        _ => Err(Failure::Usage(format!(
            "{} holds {} tunes: say which with --tune 1 to --tune {}, or give a folder as OUT (sheets/) and --to",
            files::named(&args.input, "standard input"),
            sheets.len(),
            sheets.len(),
        ))),
    }
}

/// The tune that was asked for, counted from 1, or all; each with its number.
///
/// # Errors
/// When there are not so many.
pub fn chosen(sheets: &[LeadSheet], tune: Option<u32>) -> Result<Vec<(usize, &LeadSheet)>, Failure> {
    let numbered = sheets.iter().enumerate().map(|(index, sheet)| (index + 1, sheet));
    let Some(tune) = tune else { return Ok(numbered.collect()) };
    let found: Vec<_> = numbered.filter(|(number, _)| *number == tune as usize).collect();
    match (found.is_empty(), sheets.len()) {
        (false, _) => Ok(found),
        (true, 1) => Err(Failure::Usage(format!("there is no tune {tune}: the file holds one"))),
        (true, count) => Err(Failure::Usage(format!("there is no tune {tune}: the file holds {count}"))),
    }
}

fn names_a_folder(path: &Path) -> bool {
    let ends_in_slash = path.to_str().is_some_and(|text| text.ends_with(std::path::is_separator));
    ends_in_slash || path.is_dir()
}

fn written(
    sheet: &LeadSheet,
    format: &dyn Format,
    name: &str,
    terminal: &Terminal,
) -> Result<Vec<u8>, Failure> {
    let writing = format.write(sheet).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
    for remark in &writing.remarks {
        terminal.remark(&format!("{name}: {remark}"));
    }
    Ok(writing.bytes)
}

/// Every tune into a folder, as `01-title.musicxml`. Existing files are refused before the first is written.
fn write_all(
    sheets: &[(usize, &LeadSheet)],
    format: &'static dyn Format,
    args: &Args,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let extension = format.extensions().first().copied().unwrap_or_default();
    let digits = sheets.last().map_or(1, |(number, _)| number.to_string().len()).max(2);
    let path = |number: usize, sheet: &LeadSheet| {
        args.output.join(format!("{number:0digits$}{}.{extension}", in_a_file_name(sheet.title())))
    };
    for (number, sheet) in sheets {
        files::refuse_existing(&path(*number, sheet), args.force)?;
    }
    files::make_folder(&args.output)?;
    let bar = terminal.progress(sheets.len(), "writing");
    for (number, sheet) in sheets {
        let path = path(*number, sheet);
        let bytes = written(sheet, format, &files::named(&path, ""), terminal)?;
        files::write(&path, &bytes, args.force, terminal)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

/// `-the-title`, of letters and digits that every file system takes; empty for an empty title.
fn in_a_file_name(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words.flat_map(|word| ["-", word]).collect();
    name.to_lowercase().chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_file_names() {
        assert_eq!(in_a_file_name("Rock & Roll / No. 5"), "-rock-roll-no-5");
        assert_eq!(in_a_file_name("../../etc/passwd"), "-etc-passwd");
        assert_eq!(in_a_file_name(""), "");
        assert_eq!(in_a_file_name(&"a".repeat(500)).chars().count(), 60);
    }

    #[test]
    fn a_slash_at_the_end_names_a_folder() {
        assert!(names_a_folder(Path::new("no-such-folder/")));
        assert!(names_a_folder(Path::new("src")));
        assert!(!names_a_folder(Path::new("no-such-file.abc")));
    }
}
