//! `edit`: a sheet changed by hand, as the session does it.

use std::path::PathBuf;

use crate::session::{Change, Edit, Session, Song, Take};
use crate::tui::store::Store;

use super::{Failure, Terminal, convert, files};

/// Change a lead sheet or a session by hand: write notes and chords, transpose, put bars in and take them out.
///
/// Each edit is a line; they are done one after the other. A session (.tune) goes on with a step for each, which undo takes
/// back; with -o it stays as it is, and what comes of it is written as a sheet.
#[derive(Debug, clap::Args)]
#[command(after_help = after_help())]
pub struct Args {
    /// The sheet, in any format that is read, or the session
    #[arg(value_name = "SHEET")]
    sheet: PathBuf,

    /// What is done: 'bar 5: Dm7 e4 f8 g8', 'transpose 2', 'copy bars 1-4 before bar 9'
    #[arg(value_name = "EDIT", required = true)]
    edits: Vec<String>,

    /// The sheet to write
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Which tune, when the file holds several
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    tune: Option<u32>,

    /// Which step of a session to start from, as it counts them; else where it stands
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    step: Option<u32>,

    /// Replace FILE if it exists
    #[arg(long)]
    force: bool,
}

fn after_help() -> String {
    let mut text = String::from("Edits:\n");
    for form in crate::session::edit::forms() {
        text += &format!("  {form}\n");
    }
    text + "
A note is a small letter with its length: e4 a quarter, f#8. a dotted eighth, bb2 a half note, r4 a rest, a4+8 tied; without a
length it is as long as the one before. It is the nearest of its name; ' and , move it by octaves. The key says what is sharp or
flat where #, b or n (natural) does not. A chord is written as ever; chords in a row stand a bar each, or as many quarters as
they say (Dm7:2 G7:2). | goes on at the next bar, % takes a chord away.

Examples:
  tunesmith edit song.musicxml 'transpose to Eb' 'tempo 96' -o lower.musicxml
  tunesmith edit song.tune 'bar 5.1: Dm7 a4 c8 d e2'
  tunesmith edit song.tune 'copy section A at the end'"
}

/// Does the edits and writes what comes of them.
///
/// # Errors
/// When SHEET cannot be read, an edit is none or cannot be done, or the file cannot be written.
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let edits = args.edits.iter().map(|line| line.parse::<Edit>());
    let edits: Vec<Edit> =
        edits.collect::<Result<_, _>>().map_err(|error| Failure::Usage(error.to_string()))?;
    let is_session = files::is_session(&args.sheet);
    if args.step.is_some() && !is_session {
        return Err(Failure::Usage("only a session (.tune) has steps; leave out --step".to_string()));
    }
    match &args.output {
        None if is_session => go_on(args, &edits, terminal),
        None => Err(Failure::Usage("say with -o where the sheet is to be written".to_string())),
        Some(output) => {
            let format = files::format_for(output)?;
            files::refuse_existing(output, args.force)?;
            let (song, takes) = read(args, terminal)?;
            let sheet = edited(song, &takes, &edits)?.sheet;
            let name = files::named(output, "standard output");
            let writing = format.write(&sheet).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
            writing.remarks.iter().for_each(|remark| terminal.remark(&format!("{name}: {remark}")));
            files::write(output, &writing.bytes, args.force, terminal)
        }
    }
}

/// The song to start from, and the takes that edits may name.
fn read(args: &Args, terminal: &Terminal) -> Result<(Song, Vec<Take>), Failure> {
    if files::is_session(&args.sheet) {
        let (mut session, _) = files::read_session(&args.sheet)?;
        to_step(&mut session, args)?;
        return Ok((session.song().clone(), session.takes));
    }
    let sheets = files::read_sheets(&args.sheet, terminal)?;
    match convert::chosen(&sheets, args.tune)?.as_slice() {
        [(_, sheet)] => Ok((Song::new("", (*sheet).clone()), Vec::new())),
        several => Err(Failure::Usage(format!(
            "{} holds {} tunes: say which with --tune 1",
            files::named(&args.sheet, "standard input"),
            several.len()
        ))),
    }
}

fn to_step(session: &mut Session, args: &Args) -> Result<(), Failure> {
    let Some(step) = args.step else { return Ok(()) };
    match (step as usize).checked_sub(1).and_then(|step| session.apply(Change::GoTo(step))) {
        Some(_) => Ok(()),
        None => {
            let (name, count) = (args.sheet.display(), session.history.steps().len());
            Err(Failure::Usage(format!("'{name}' has steps 1 to {count}, not {step}")))
        }
    }
}

fn edited(song: Song, takes: &[Take], edits: &[Edit]) -> Result<Song, Failure> {
    edits.iter().try_fold(song, |song, edit| {
        edit.apply(&song, takes).map_err(|error| Failure::Usage(format!("'{edit}': {error}")))
    })
}

/// The session goes on with a step for each edit: all of them, or none if one cannot be done.
fn go_on(args: &Args, edits: &[Edit], terminal: &Terminal) -> Result<(), Failure> {
    let Some((mut session, mut store)) = Store::open(&args.sheet)? else {
        return Err(Failure::Usage(format!("'{}' does not exist", args.sheet.display())));
    };
    let before = session.clone();
    let mut changes = Vec::new();
    if let Some(step) = args.step {
        to_step(&mut session, args)?;
        changes.push(Change::GoTo(step as usize - 1));
    }
    let done = edits.iter().try_for_each(|edit| {
        let song = edited(session.song().clone(), &session.takes, std::slice::from_ref(edit))?;
        let change = Change::Step { label: edit.to_string(), song: Box::new(song) };
        session.apply(change.clone());
        changes.push(change);
        Ok(())
    });
    if let Err(failure) = done {
        store.close(&before)?;
        return Err(failure);
    }
    for change in &changes {
        store.keep(change, &session)?;
    }
    store.close(&session)?;
    let steps = session.history.at() + 1;
    terminal.progress_note(&format!("'{}' stands at step {steps}", args.sheet.display()));
    Ok(())
}
