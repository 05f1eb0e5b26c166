//! `learn`: a style of the user's own sheets.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::style::keys::Keys;
use crate::style::shelf::{self, CARD};
use crate::style::{Card, Corpus, CorpusSheet, Figures, Fold, Options, Place, Report, Source, learn, save};

use super::{Failure, Terminal};

/// Learn a style from lead sheets of your own.
///
/// Each PATH is a sheet or a folder of sheets in any format that is read (MusicXML, MIDI, ABC, text, neutral JSON).
/// The style keeps counts of what follows what - chords, intervals, rhythms - and of forms, meters and keys; every
/// sheet is seen from its own key, so keys need not agree.
///
/// Write PATH*0.3 to let sheets count for less, PATH@1958-1969 to take only songs of those years (where a file says the
/// year), and PATH@titles.txt to take only songs that titles.txt lists, one title a line.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tunesmith learn my-songs/ --name mine\n  tunesmith compose --style mine\n\n  \
    tunesmith learn --chords band.json --melody band-leads.json --melody 'decade.json*0.3@1958-1969' \\\n      \
    --min-pieces 3 --name band"
)]
pub struct Args {
    /// Sheets and folders to learn everything from
    #[arg(value_name = "PATH", required_unless_present_any = ["chords", "melody"])]
    paths: Vec<Place>,

    /// Learn only chords, their rhythm and forms from this; may be repeated
    #[arg(long, value_name = "PATH")]
    chords: Vec<Place>,

    /// Learn only melody (over the chords it stands on) from this; may be repeated
    #[arg(long, value_name = "PATH")]
    melody: Vec<Place>,

    /// What to call the style: letters, figures, - and _
    #[arg(long, value_name = "NAME")]
    name: String,

    /// A title for lists (the name otherwise)
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,

    /// How far back the melody looks, in notes; the chords look one less
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=5))]
    order: u8,

    /// Keep only what at least this many songs do; from 2 on, no song can be read off the style
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    min_pieces: u16,

    /// Leave out part K of N of the songs, by title, to measure the style on them: `evaluate --fold`
    #[arg(long, value_name = "K/N")]
    fold: Option<Fold>,

    /// Where a sheet's key comes from
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    keys: KeyChoice,

    /// The folder to put the style in (your own styles otherwise)
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
}

/// Where the key of a sheet comes from, as an option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum KeyChoice {
    /// As written, unless the notes and chords clearly say otherwise
    #[default]
    Checked,
    /// As written, always
    Given,
    /// From the notes and chords, whatever is written
    Found,
}

/// Learns the style and saves it.
///
/// # Errors
/// When a path cannot be read, nothing could be learned, or the style cannot be written.
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    if !shelf::is_name(&args.name) {
        return Err(Failure::Usage(shelf::StyleError::Name(args.name.clone()).to_string()));
    }
    let own = || {
        shelf::user_styles()
            .ok_or_else(|| Failure::Usage("this system names no home folder: say --into".into()))
    };
    let styles = args.into.clone().map_or_else(own, Ok)?;
    let mut corpus = Corpus::open(&sources(args)).map_err(|error| Failure::Usage(error.to_string()))?;
    let options = Options {
        order: usize::from(args.order),
        min_pieces: args.min_pieces,
        keys: match args.keys {
            KeyChoice::Checked => Keys::Checked,
            KeyChoice::Given => Keys::Given,
            KeyChoice::Found => Keys::Found,
        },
        ..Options::default()
    };
    let bar = terminal.progress(0, "learning");
    let held_out =
        |song: &CorpusSheet| args.fold.is_some_and(|fold| fold.has(song.sheet.title(), &song.file));
    let (figures, report) =
        learn(corpus.by_ref().filter(|song| !held_out(song)), &options, &mut |done, total| {
            bar.set_length(total.unwrap_or(done) as u64);
            bar.set_position(done as u64);
        });
    bar.finish_and_clear();
    tell(terminal, &corpus, &report);
    if figures.pieces() == 0 {
        return Err(Failure::Usage(
            "nothing could be learned: no sheet has chords or melody to learn from".into(),
        ));
    }
    let folder = shelve(&styles, &args.name, args.title.as_deref(), &sources(args), &figures)?;
    terminal.progress_note(&summary(args, &figures, &report, &folder));
    Ok(())
}

/// What the arguments ask to learn from.
fn sources(args: &Args) -> Vec<Source> {
    let whole = args.paths.iter().map(|place| Source { place: place.clone(), chords: true, melody: true });
    let chords = args.chords.iter().map(|place| Source { place: place.clone(), chords: true, melody: false });
    let melody = args.melody.iter().map(|place| Source { place: place.clone(), chords: false, melody: true });
    whole.chain(chords).chain(melody).collect()
}

/// Saves the style; a card that stands there already is the user's and stays.
///
/// # Errors
/// When it cannot be written.
pub fn shelve(
    styles: &Path,
    name: &str,
    title: Option<&str>,
    sources: &[Source],
    figures: &Figures,
) -> Result<PathBuf, Failure> {
    let stands = styles.join(name).join(CARD).is_file();
    let mut card = Card::new(title.unwrap_or(name));
    card.description = format!("Learned from {} songs.", figures.pieces());
    card.sources = sources.iter().map(|source| source.place.to_string()).collect();
    let card = Some(&card).filter(|_| !stands);
    save(styles, name, card, figures).map_err(|error| Failure::Usage(error.to_string()))
}

/// Says what was skipped and why.
fn tell(terminal: &Terminal, corpus: &Corpus, report: &Report) {
    for (path, why) in &corpus.unreadable {
        terminal.remark(&format!("{}: {why}", path.display()));
    }
    for (list, title) in corpus.unheard_titles() {
        terminal.remark(&format!("{}: there is no sheet called '{title}'", list.display()));
    }
    for (title, why) in &report.skipped {
        terminal.remark(&format!("'{title}' was skipped: {why}"));
    }
    for (path, remark) in &corpus.remarks {
        terminal.detail(&format!("{}: {remark}", path.display()));
    }
    for (title, written, found) in &report.rekeyed {
        terminal.detail(&format!("'{title}' is in {found}, not in {written} as written"));
    }
}

fn summary(args: &Args, figures: &Figures, report: &Report, folder: &Path) -> String {
    let transitions: usize = figures.tables().iter().map(|(_, table)| table.len()).sum();
    format!(
        "learned '{}' from {} sheets ({} songs with chords, {} with melody): {transitions} transitions\n\
         {} sheets skipped, {} in another key than written\nit is in '{}'",
        args.name,
        report.learned,
        figures.chord_pieces,
        figures.melody_pieces,
        report.skipped.len(),
        report.rekeyed.len(),
        folder.display()
    )
}
