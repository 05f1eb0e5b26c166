//! What a songwriter changes by hand, each said in a line: `bar 5: Dm7 e4 f8 g8`, `transpose 2`, `delete bars 5-8`.
//!
//! The screen makes these lines out of keys, the command `edit` takes them from the shell, and both read them here.

mod clear;
mod copy;
mod delete;
mod form;
mod head;
mod insert;
mod meter;
mod page;
mod pickup;
mod place;
mod rearrange;
mod shift;
mod take;
mod transpose;
mod words;
mod write;

use std::fmt;
use std::str::FromStr;

use super::change::Take;
use super::song::Song;
use crate::music::lead_sheet::LeadSheetError;
use place::Line;

pub use write::{Token, note_word, tokens};

/// Why a line is none, or cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The line is none that is known.
    #[error("'{0}' is no edit. Edits are: {forms}", forms = FORMS.join("; "))]
    Unknown(String),
    /// The line is one, but for something in it.
    #[error("{0}")]
    Wrong(String),
    /// What came of it would be no lead sheet.
    #[error("that would be no lead sheet: {0}")]
    Sheet(#[from] LeadSheetError),
}

/// One way to change a song by hand.
trait Way: Sized + fmt::Display {
    /// How it is written, for messages.
    const FORM: &'static str;

    /// Reads it; `None` if the line is another.
    fn read(line: &Line<'_>) -> Option<Result<Self, EditError>>;

    /// The song after it.
    fn apply(&self, song: &Song, takes: &[Take]) -> Result<Song, EditError>;
}

/// Makes the enum of edits out of `Name(module)`: the module holds a type of that name which is a [`Way`].
macro_rules! edits {
    ($($name:ident($module:ident)),* $(,)?) => {
        /// A change that is made by hand.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(private_interfaces, missing_docs, reason = "each is explained in its file; lines make them")]
        pub enum Edit {
            $($name($module::$name)),*
        }

        /// How each is written.
        const FORMS: &[&str] = &[$(<$module::$name as Way>::FORM),*];

        impl Edit {
            /// The song after it; takes are those of its session.
            ///
            /// # Errors
            /// When the song has no such place or take, or what would come of it is no lead sheet.
            pub fn apply(&self, song: &Song, takes: &[Take]) -> Result<Song, EditError> {
                match self {
                    $(Edit::$name(edit) => edit.apply(song, takes)),*
                }
            }
        }

        impl FromStr for Edit {
            type Err = EditError;
            fn from_str(text: &str) -> Result<Edit, EditError> {
                let line = Line::new(text)?;
                $(if let Some(read) = <$module::$name as Way>::read(&line) {
                    return read.map(Edit::$name);
                })*
                Err(EditError::Unknown(text.trim().to_string()))
            }
        }

        impl fmt::Display for Edit {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Edit::$name(edit) => edit.fmt(f)),*
                }
            }
        }
    };
}

// A line is the first of these that knows it; what is written into bars knows all that stands behind a place.
edits! {
    Head(head),
    Transpose(transpose),
    Meter(meter),
    Pickup(pickup),
    Form(form),
    Insert(insert),
    Delete(delete),
    Copy(copy),
    Shift(shift),
    Clear(clear),
    Take(take),
    Words(words),
    Write(write),
}

/// How each edit is written, for help.
pub fn forms() -> &'static [&'static str] {
    FORMS
}

#[cfg(test)]
mod tests {
    use super::super::change::tests::song as empty;
    use super::*;
    use crate::music::LeadSheet;

    pub(super) fn edited(song: &Song, lines: &[&str]) -> Song {
        lines.iter().fold(song.clone(), |song, line| {
            let edit: Edit = line.parse().expect(line);
            assert_eq!(edit.to_string().parse(), Ok(edit.clone()), "{line}");
            edit.apply(&song, &[]).expect(line)
        })
    }

    fn refused(song: &Song, line: &str) -> String {
        let edit: Result<Edit, EditError> = line.parse();
        edit.and_then(|edit| edit.apply(song, &[])).expect_err(line).to_string()
    }

    /// Chords and notes as `0 C | 0 E4 1 | 1 G4 1`, in quarters.
    fn heard(sheet: &LeadSheet) -> String {
        let chords = sheet.chart().changes.iter().map(|change| format!("{} {}", change.at, change.chord));
        let notes = sheet
            .melody()
            .notes
            .iter()
            .map(|note| format!("{} {} {}", note.onset, note.pitch, note.duration));
        chords.chain(notes).collect::<Vec<_>>().join(" | ")
    }

    /// Four bars: C, F with a note over the line, G7, C.
    fn song() -> Song {
        let lines = ["delete bars 5-8", "bar 1: C e4 f4 g2 F a2 g4 b4+4 r4 f2 C e1", "bar 3: G7"];
        edited(&empty(), &lines)
    }

    #[test]
    fn notes_and_chords_are_written() {
        assert_eq!(
            heard(&song().sheet),
            "0 C | 4 F | 8 G7 | 12 C | 0 E4 1 | 1 F4 1 | 2 G4 2 | 4 A4 2 | 6 G4 1 | 7 B4 2 | 10 F4 2 | 12 E4 4"
        );
        let over = edited(&song(), &["bar 2.2: bb,8 c''8t %"]);
        assert_eq!(
            heard(&over.sheet),
            "0 C | 4 F | 8 G7 | 12 C | 0 E4 1 | 1 F4 1 | 2 G4 2 | 4 A4 1 | 5 Bb3 1/2 | 5+1/2 C6 1/3 | 6 G4 1 | 7 B4 2 | 10 F4 2 | 12 E4 4"
        );
    }

    #[test]
    fn the_key_alters_notes_that_say_nothing() {
        let sheet = edited(&empty(), &["key D", "bar 1: f4 fn c c# | bb2 b"]).sheet;
        assert_eq!(heard(&sheet), "0 F#4 1 | 1 F4 1 | 2 C#4 1 | 3 C#4 1 | 4 Bb3 2 | 6 B3 2");
    }

    #[test]
    fn chords_in_a_row_stand_a_bar_each_unless_they_say_how_long() {
        let chords = edited(&empty(), &["bar 1: Dm7 G7 Cmaj7:2 A7:2 Dm7 | | N.C."]);
        assert_eq!(heard(&chords.sheet), "0 Dm7 | 4 G7 | 8 Cmaj7 | 10 A7 | 12 Dm7 | 20 N.C.");
        assert_eq!(heard(&edited(&chords, &["bar 2: %"]).sheet).matches("G7").count(), 0);
    }

    #[test]
    fn notes_go_up_and_down_the_scale() {
        let up = edited(&song(), &["bars 1-2: up 2", "bar 3: down an octave", "key D", "bar 4: up 1"]);
        assert_eq!(
            heard(&up.sheet),
            "0 C | 4 F | 8 G7 | 12 C | 0 G4 1 | 1 A4 1 | 2 B4 2 | 4 C5 2 | 6 B4 1 | 7 D5 2 | 10 F3 2 | 12 F#4 4"
        );
    }

    #[test]
    fn bars_come_and_go_with_what_is_locked_and_asked_of_them() {
        let mut before = song();
        before.locks.set(3, crate::constraint::Part::Both, true);
        for text in ["bar 3: chord G7", "bars 2-3: same as bars 1-2", "bar 1.2: note F4", "leap <= 9"] {
            before.wanted.push(super::super::Wanted { constraint: text.parse().expect(text), on: true });
        }
        let wanted =
            |song: &Song| song.wanted.iter().map(|wanted| wanted.constraint.to_string()).collect::<Vec<_>>();
        let more = edited(&before, &["insert 2 bars before bar 3"]);
        assert_eq!(
            heard(&more.sheet),
            "0 C | 4 F | 16 G7 | 20 C | 0 E4 1 | 1 F4 1 | 2 G4 2 | 4 A4 2 | 6 G4 1 | 7 B4 1 | 18 F4 2 | 20 E4 4",
            "what was held over the line ends there"
        );
        assert!(more.locks.hold(5, crate::constraint::Part::Both) && more.locks.bars() == 1);
        assert_eq!(wanted(&more), ["bar 5: chord G7", "bar 1.2: note F4", "leap <= 9"]);
        let fewer = edited(&before, &["delete bar 2"]);
        assert_eq!(heard(&fewer.sheet), "0 C | 4 G7 | 8 C | 0 E4 1 | 1 F4 1 | 2 G4 2 | 6 F4 2 | 8 E4 4");
        assert_eq!(wanted(&fewer), ["bar 2: chord G7", "bar 1.2: note F4", "leap <= 9"]);
        let twice = edited(&before, &["copy bars 2-3 at the end"]);
        assert!(
            heard(&twice.sheet).ends_with("16 A4 2 | 18 G4 1 | 19 B4 2 | 22 F4 2"),
            "{}",
            heard(&twice.sheet)
        );
        assert_eq!(twice.wanted, before.wanted);
        assert_eq!(edited(&more, &["delete bars 3-4"]).sheet.chart(), before.sheet.chart());
    }

    #[test]
    fn a_form_takes_the_bars_of_its_letters() {
        let lines = ["form A2 B2", "form A2 A2 B3 A1"];
        let form = edited(&song(), &lines);
        assert_eq!(
            heard(&form.sheet),
            "0 C | 4 F | 8 C | 12 F | 16 G7 | 20 C | 28 C | 0 E4 1 | 1 F4 1 | 2 G4 2 | 4 A4 2 | 6 G4 1 | 7 B4 1 | 8 E4 1 \
             | 9 F4 1 | 10 G4 2 | 12 A4 2 | 14 G4 1 | 15 B4 2 | 18 F4 2 | 20 E4 4 | 28 E4 1 | 29 F4 1 | 30 G4 2"
        );
        let labels: Vec<_> = form
            .sheet
            .form()
            .sections
            .iter()
            .map(|section| (section.label.as_str(), section.first_bar))
            .collect();
        assert_eq!(labels, [("A", 0), ("A", 2), ("B", 4), ("A", 7)]);
        let copied = edited(&form, &["copy section B before bar 1"]);
        let labels: Vec<_> =
            copied.sheet.form().sections.iter().map(|section| section.label.as_str()).collect();
        assert_eq!((labels, copied.bars()), (vec!["B", "A", "A", "B", "A"], 11));
    }

    #[test]
    fn head_meter_and_pickup_change() {
        let song = edited(
            &song(),
            &["tempo 96", "title Paper Boats", "feel swing", "transpose to Eb", "pickup 1", "bar 0: g8 a8"],
        );
        assert_eq!(song.sheet.key().to_string(), "Eb major");
        assert_eq!(
            (song.sheet.title(), song.sheet.header().tempo.map(|t| t.per_minute)),
            ("Paper Boats", Some(96))
        );
        assert!(heard(&song.sheet).contains("-1 G4 1/2 | -1/2 Ab4 1/2 | 0 G4 1"), "{}", heard(&song.sheet));
        let none = edited(&song, &["pickup 0", "transpose -3"]);
        assert_eq!(none.sheet.chart(), self::song().sheet.chart());
        let three = edited(&self::song(), &["meter 3/4"]);
        assert_eq!(
            heard(&three.sheet),
            "0 C | 3 F | 6 G7 | 9 C | 0 E4 1 | 1 F4 1 | 2 G4 1 | 3 A4 2 | 5 G4 1 | 8 F4 1 | 9 E4 3"
        );
    }

    #[test]
    fn clearing_leaves_what_stands_about_it() {
        let cleared = edited(&song(), &["bars 2-3: clear"]);
        assert_eq!(heard(&cleared.sheet), "0 C | 12 C | 0 E4 1 | 1 F4 1 | 2 G4 2 | 12 E4 4");
        let chords = edited(&song(), &["bar 3 chords: clear"]);
        assert_eq!(heard(&chords.sheet).split(" | ").take(3).collect::<Vec<_>>(), ["0 C", "4 F", "12 C"]);
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let song = song();
        for (line, why) in [
            ("bar 9: C", "4 bars"),
            ("bar 4: c1 d1", "bar 4 is the last"),
            ("bar 1: H7", "'H7'"),
            ("bar 1: e5", "'e5'"),
            ("delete bars 1-4", "one bar"),
            ("insert 900 bars at the end", "more than"),
            ("bar 1: from take 3", "no take 3"),
            ("tempo 0", "1 to 999"),
            ("turn it up", "Edits are"),
            ("", "Edits are"),
            ("bars 3-2: clear", "bars 2-3"),
            ("bar 1.7: c", "beat 7"),
            ("transpose to H", "no key"),
            ("pickup 4", "pickup"),
            ("meter 4/5", "4/5"),
        ] {
            let said = refused(&song, line);
            assert!(said.contains(why), "'{line}': {said}");
        }
    }
}
