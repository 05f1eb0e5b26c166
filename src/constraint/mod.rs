//! What the user asks: one file per kind of constraint, an enum over them, and their one-line text form.
//!
//! To add a kind: write its file, with the fields, `read`, `Display`, `holds`, `compile` and tests, and add its lines
//! here: a module, a variant, an arm of `kind`, and a row of [`WORDINGS`]. Help, errors and suggestions follow from the
//! row.
//!
//! `holds` reads the finished sheet and never what `compile` made, so that each can be tested against the other.

use std::fmt;

use crate::music::LeadSheet;

mod cadence;
mod chord;
mod chord_name;
mod chord_set;
mod chord_tones;
mod chords_per_bar;
mod chords_run;
mod chords_same_as;
mod contour;
mod copy;
mod density;
mod ends_on;
mod error;
mod frame;
mod kept;
mod language;
mod leap;
mod limits;
mod melody_run;
mod melody_same_as;
pub mod nearest;
mod no_chord;
mod no_note;
mod note;
mod notes_in;
mod pitch_set;
mod place;
mod range;
mod reader;
mod rest;
mod rhythm_as;
mod rhythm_run;
mod same_as;
mod starts_on;
mod timed;
mod tone;
mod vary;

#[cfg(test)]
mod test_sheet;

pub use cadence::{Cadence, Close};
pub use chord::ChordIn;
pub use chord_name::{ChordName, ChordNameError};
pub use chord_set::ChordSet;
pub use chord_tones::ChordTones;
pub use chords_per_bar::ChordsPerBar;
pub use chords_run::ChordsRun;
pub use chords_same_as::ChordsSameAs;
pub use contour::Contour;
pub use copy::{Copied, CopyLimit};
pub use density::Density;
pub use ends_on::EndsOn;
pub use error::{ConstraintError, ListError};
pub use frame::{Frame, Span};
pub use kept::{Keep, Kept, Part};
pub use language::read_list;
pub use leap::Leap;
pub use limits::{ChartLimit, Layer, Limits, MelodyLimit, Same, Shape, Vary};
pub use melody_run::MelodyRun;
pub use melody_same_as::MelodySameAs;
pub use no_chord::NoChord;
pub use no_note::NoNote;
pub use note::NoteAt;
pub use notes_in::NotesIn;
pub use pitch_set::PitchSet;
pub use place::{Beat, Place};
pub use range::PitchRange;
pub use rest::Rest;
pub use rhythm_as::RhythmAs;
pub use rhythm_run::RhythmRun;
pub use same_as::SameAs;
pub use starts_on::StartsOn;
pub use timed::{LONGEST_NOTE, Timed};
pub use tone::Tone;
pub use vary::VaryBy;

use reader::Reader;

/// One thing the user asks of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
#[allow(missing_docs, reason = "each kind's own type says what it means")]
pub enum Constraint {
    Chord(ChordIn),
    ChordsRun(ChordsRun),
    NoChord(NoChord),
    ChordsPerBar(ChordsPerBar),
    Note(NoteAt),
    NotesIn(NotesIn),
    NoNote(NoNote),
    Rest(Rest),
    MelodyRun(MelodyRun),
    RhythmRun(RhythmRun),
    Range(PitchRange),
    Leap(Leap),
    Density(Density),
    Contour(Contour),
    ChordTones(ChordTones),
    StartsOn(StartsOn),
    EndsOn(EndsOn),
    Cadence(Cadence),
    SameAs(SameAs),
    MelodySameAs(MelodySameAs),
    ChordsSameAs(ChordsSameAs),
    RhythmAs(RhythmAs),
    Kept(Kept),
    Vary(VaryBy),
    Copy(CopyLimit),
}

/// What every kind of constraint does; printing gives its text form, the place included.
trait Kind: fmt::Display {
    /// Where it binds.
    fn place(&self) -> &Place;

    /// Whether a finished sheet meets it; an error if the page does not have the place.
    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError>;

    /// Adds what it asks to the limits.
    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError>;
}

impl Constraint {
    fn kind(&self) -> &dyn Kind {
        match self {
            Constraint::Chord(kind) => kind,
            Constraint::ChordsRun(kind) => kind,
            Constraint::NoChord(kind) => kind,
            Constraint::ChordsPerBar(kind) => kind,
            Constraint::Note(kind) => kind,
            Constraint::NotesIn(kind) => kind,
            Constraint::NoNote(kind) => kind,
            Constraint::Rest(kind) => kind,
            Constraint::MelodyRun(kind) => kind,
            Constraint::RhythmRun(kind) => kind,
            Constraint::Range(kind) => kind,
            Constraint::Leap(kind) => kind,
            Constraint::Density(kind) => kind,
            Constraint::Contour(kind) => kind,
            Constraint::ChordTones(kind) => kind,
            Constraint::StartsOn(kind) => kind,
            Constraint::EndsOn(kind) => kind,
            Constraint::Cadence(kind) => kind,
            Constraint::SameAs(kind) => kind,
            Constraint::MelodySameAs(kind) => kind,
            Constraint::ChordsSameAs(kind) => kind,
            Constraint::RhythmAs(kind) => kind,
            Constraint::Kept(kind) => kind,
            Constraint::Vary(kind) => kind,
            Constraint::Copy(kind) => kind,
        }
    }

    /// Where it binds.
    pub fn place(&self) -> &Place {
        self.kind().place()
    }

    /// Whether a finished sheet, written out in full on this page, meets it. Never if the page lacks its place. What is
    /// copied ([`Copy`](Self::Copy)) cannot be told from the sheet: it always holds here, and is checked by the composer,
    /// which has the style's songs.
    pub fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> bool {
        self.kind().holds(sheet, frame).unwrap_or(false)
    }

    /// Adds what it asks of sheets on this page to the limits.
    ///
    /// # Errors
    /// [`ConstraintError::Unfit`] when the page does not have its place, or bars that should be alike are not of one
    /// length. The limits are then as they were, or hold a part of what it asks.
    pub fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        self.kind().compile(frame, limits)
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(f)
    }
}

/// How a kind of constraint is written.
pub struct Wording {
    /// The words that it begins with, in lower case.
    pub words: &'static str,
    /// A valid line.
    pub example: &'static str,
    /// What the example asks, in a few words.
    pub meaning: &'static str,
    /// The places that can stand before it.
    pub places: Places,
    read: fn(Place, &mut Reader<'_>) -> Result<Constraint, ConstraintError>,
}

/// The places that can stand before a kind of constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places {
    /// Any place, or none.
    Any,
    /// Any place, but there must be one.
    Some,
    /// Bars or sections, or none.
    Bars,
    /// Bars or sections, and there must be some.
    SomeBars,
    /// One bar or one beat.
    Moment,
    /// None: the kind speaks of the whole sheet.
    None,
}

const fn row(
    words: &'static str,
    places: Places,
    read: fn(Place, &mut Reader<'_>) -> Result<Constraint, ConstraintError>,
    example: &'static str,
    meaning: &'static str,
) -> Wording {
    Wording { words, example, meaning, places, read }
}

/// Every kind of constraint, in the order they are offered.
#[rustfmt::skip]
pub static WORDINGS: &[Wording] = &[
    row("chord",                       Places::Any,      ChordIn::read,      "bar 4: chord Dbmaj7",                      "this chord sounds at the start of bar 4"),
    row("chords",                      Places::Bars,     ChordsRun::read,    "bars 7-8: chords ii7 V7 Imaj7",            "exactly this run of chords fills the bars"),
    row("no chord",                    Places::Any,      NoChord::read,      "no chord Bdim",                            "this chord never sounds"),
    row("chords per bar",              Places::Bars,     ChordsPerBar::read, "chords per bar 1..2",                      "one or two chords in each bar"),
    row("note",                        Places::Moment,   NoteAt::read,       "bar 1.1: note E4",                         "this note starts on beat 1 of bar 1"),
    row("notes",                       Places::Any,      NotesIn::read,      "bars 1-4: notes in C D E G A",             "only these notes sound, in any octave"),
    row("no note",                     Places::Any,      NoNote::read,       "no note F#",                               "this note never sounds, in any octave"),
    row("rest",                        Places::Some,     Rest::read,         "bar 2: rest",                              "no note sounds in bar 2"),
    row("melody",                      Places::Some,     MelodyRun::read,    "bars 1-2: melody E4:1 G4:1/2 A4:1/2 G4:1", "the bars begin with exactly these notes"),
    row("rhythm",                      Places::Some,     RhythmRun::read,    "bars 5-6: rhythm 1 1/2 1/2 2",             "the bars begin with notes of these lengths"),
    row("range",                       Places::Any,      PitchRange::read,   "range C4..G5",                             "every note lies between these"),
    row("leap",                        Places::Any,      Leap::read,         "leap <= 7",                                "no leap is wider than 7 semitones"),
    row("density",                     Places::Bars,     Density::read,      "bars 1-4: density 3..6",                   "three to six notes start in each bar"),
    row("contour",                     Places::SomeBars, Contour::read,      "bars 1-4: contour arch",                   "the line rises, then falls"),
    row("chord tones on strong beats", Places::Any,      ChordTones::read,   "chord tones on strong beats",              "the notes there belong to the chord"),
    row("starts on",                   Places::None,     StartsOn::read,     "starts on 5",                              "the first note is the fifth of the key"),
    row("ends on",                     Places::None,     EndsOn::read,       "ends on 1",                                "the last note is the tonic"),
    row("cadence",                     Places::Bars,     Cadence::read,      "bars 7-8: cadence authentic",              "V to I, arriving in bar 8"),
    row("same as",                     Places::SomeBars, SameAs::read,       "bars 9-16: same as bars 1-8",              "melody and chords repeat exactly"),
    row("melody same as",              Places::SomeBars, MelodySameAs::read, "bars 9-16: melody same as bars 1-8",       "the melody repeats exactly"),
    row("chords same as",              Places::SomeBars, ChordsSameAs::read, "bars 9-16: chords same as bars 1-8",       "the chords repeat exactly"),
    row("rhythm as",                   Places::SomeBars, RhythmAs::read,     "bars 5-6: rhythm as bars 1-2",             "notes start where they start there"),
    row("vary",                        Places::SomeBars, VaryBy::read,       "bars 9-16: vary bars 1-8 by 10..30%",      "10 to 30 per cent of the notes differ"),
    row("copy",                        Places::None,     CopyLimit::read,    "copy <= 6 notes",                          "no more notes in a row are those of one song"),
];
