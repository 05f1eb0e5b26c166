//! Learning a style beside the screen, with progress, until it is stopped.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::cli::learn;
use crate::style::shelf;
use crate::style::{Corpus, Place, Source};

/// What is to be learned.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// What the style is to be called.
    pub name: String,
    /// Files and folders of songs.
    pub paths: Vec<PathBuf>,
    /// The folder of styles that it is put into; none for the user's own.
    pub into: Option<PathBuf>,
    /// Whether it is to be stopped.
    pub stop: Arc<AtomicBool>,
}

/// How far a lesson is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The style.
    pub name: String,
    /// How far.
    pub stage: Stage,
}

/// How far a lesson is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// So many sheets were read, of so many if that is known.
    Reading(usize, Option<usize>),
    /// It is over: what was learned, or why nothing was.
    Done(Result<String, String>),
}

/// Learns on a thread of its own, and tells how far it is.
///
/// # Errors
/// When the system gives no thread.
pub fn begin(lesson: Lesson, tell: impl Fn(Progress) + Send + 'static) -> std::io::Result<()> {
    let work = move || {
        let name = lesson.name.clone();
        let told = |stage| tell(Progress { name: name.clone(), stage });
        let outcome = teach(&lesson, &mut |done, total| told(Stage::Reading(done, total)));
        told(Stage::Done(outcome));
    };
    thread::Builder::new().name("learner".into()).spawn(work).map(drop)
}

fn teach(lesson: &Lesson, tell: &mut dyn FnMut(usize, Option<usize>)) -> Result<String, String> {
    let own = lesson
        .into
        .clone()
        .or_else(shelf::user_styles)
        .ok_or("this system names no home folder: learn on the command line, with --into")?;
    let sources = lesson.paths.iter().map(|path| {
        let place: Place = path.to_string_lossy().parse().map_err(|error| format!("{error}"))?;
        Ok(Source { place, chords: true, melody: true })
    });
    let sources: Vec<Source> = sources.collect::<Result<_, String>>()?;
    let mut corpus = Corpus::open(&sources).map_err(|error| error.to_string())?;
    let stopped = || lesson.stop.load(Ordering::Relaxed);
    let options = crate::style::learn::Options::default();
    let sheets = Until { sheets: corpus.by_ref(), stopped: &stopped };
    let (figures, report) = crate::style::learn(sheets, &options, tell);
    if stopped() {
        return Err(format!("{} was not learned", lesson.name));
    }
    if figures.pieces() == 0 {
        return Err("nothing could be learned: no sheet has chords or melody to learn from".to_string());
    }
    let files = corpus.unreadable.len();
    learn::shelve(&own, &lesson.name, None, &sources, &figures).map_err(|failure| failure.to_string())?;
    let unread = if files > 0 { format!(", {files} files could not be read") } else { String::new() };
    let skipped = report.skipped.len();
    let skipped = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    Ok(format!("learned {} from {} sheets{skipped}{unread}", lesson.name, report.learned))
}

/// Sheets until it is to be stopped; how many are left is told.
struct Until<'a, I> {
    sheets: I,
    stopped: &'a dyn Fn() -> bool,
}

impl<I: Iterator> Iterator for Until<'_, I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        if (self.stopped)() { None } else { self.sheets.next() }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.sheets.size_hint()
    }
}
