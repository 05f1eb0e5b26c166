//! What a take may not copy: passages of the songs that its style was learned from.

use std::collections::BTreeSet;
use std::ops::Range;

use rustc_hash::FxHashSet;

use crate::constraint::{ConstraintError, Limits, MelodyLimit};
use crate::music::unfold::unfolded;
use crate::music::{Duration, LeadSheet, Note};
use crate::style::figures::Figures;
use crate::style::passages::{LENGTH, Repertoire, SHORTEST, Sound, fingerprints_of, line};

/// How many notes in a row a take may share with one song of the style if nothing else is asked.
pub const USUAL: u32 = LENGTH as u32 - 1;
/// The smallest limit that a style of figures can keep.
pub const LEAST: u32 = SHORTEST as u32 - 1;

/// The passages of a style's songs, how much of them may be taken, and the notes that a request names itself.
pub struct Copies {
    known: Known,
    named: BTreeSet<Duration>,
    most: u32,
}

/// What is known of the songs.
enum Known {
    /// The passages of the style's figures.
    Figures(Repertoire),
    /// Every passage that is too long, of songs at hand.
    Songs(FxHashSet<u64>),
}

impl Copies {
    /// What may not be copied, unless every note of it is asked for by name: more than [`USUAL`] notes in a row.
    pub fn new(figures: &Figures, limits: &[MelodyLimit]) -> Copies {
        let known = Known::Figures(Repertoire::new(&figures.passages));
        Copies { known, named: named(limits), most: USUAL }
    }

    /// The same with a limit of `most` notes.
    ///
    /// # Errors
    /// [`ConstraintError::Unfit`] below [`LEAST`]: fingerprints of longer passages cannot tell.
    pub fn at_most(figures: &Figures, limits: &[MelodyLimit], most: u32) -> Result<Copies, ConstraintError> {
        if most < LEAST {
            let reason = format!(
                "a style keeps fingerprints of its songs, not the songs, and these tell no fewer than {LEAST} notes: ask \
                 for 'copy <= {LEAST} notes' or more; a lower limit needs the songs themselves, which are at hand for \
                 styles whose songs come with the program (chorale, irish) or lie where they were learned"
            );
            return Err(ConstraintError::Unfit { text: format!("copy <= {most} notes"), reason });
        }
        Ok(Copies { most, ..Copies::new(figures, limits) })
    }

    /// The same against songs at hand, repeats as written: no limit is too low.
    pub fn of_songs<'s>(
        songs: impl IntoIterator<Item = &'s LeadSheet>,
        limits: &[MelodyLimit],
        most: u32,
    ) -> Copies {
        let mut passages = FxHashSet::default();
        for song in songs {
            let line: Vec<Sound> = line(&unfolded(song)).into_iter().map(|(sound, _)| sound).collect();
            passages.extend(fingerprints_of(&line, too_long(most)));
        }
        Copies { known: Known::Songs(passages), named: named(limits), most }
    }

    /// What a request's limits let be copied of the melodies of a style of figures.
    ///
    /// # Errors
    /// As [`at_most`](Self::at_most).
    pub fn asked(figures: &Figures, limits: &Limits) -> Result<Copies, ConstraintError> {
        Copies::at_most(figures, &limits.melody, limits.copied_notes.unwrap_or(USUAL))
    }

    /// Where bars are written again so much later, the notes that are named in them are named there too.
    pub fn written_again(&mut self, from: Duration, to: Duration, by: Duration) {
        let again: Vec<Duration> = self.named.range(from..to.max(from)).map(|&onset| onset + by).collect();
        self.named.extend(again);
    }

    /// How many notes in a row may be taken.
    pub fn most(&self) -> u32 {
        self.most
    }

    /// Whether the last notes of a melody, so far, are one more in a row of a song's than may be taken.
    pub fn end(&self, notes: &[Note]) -> bool {
        notes.len().checked_sub(too_long(self.most)).is_some_and(|start| self.are_in(&notes[start..]))
    }

    /// Whether a melody holds more in a row of one of the songs.
    pub fn are_in(&self, notes: &[Note]) -> bool {
        self.first(notes).is_some()
    }

    /// The first notes in a row that are too many: one more than may be taken.
    pub fn first(&self, notes: &[Note]) -> Option<Range<usize>> {
        let length = too_long(self.most);
        let asked =
            |range: &Range<usize>| notes[range.clone()].iter().all(|note| self.named.contains(&note.onset));
        match &self.known {
            Known::Figures(repertoire) => repertoire.copies_of(notes, length).find(|copy| !asked(copy)),
            Known::Songs(passages) => {
                let line: Vec<Sound> = notes.iter().map(Sound::from).collect();
                let starts = 0..(notes.len() + 1).saturating_sub(length);
                let mut ranges = starts.map(|start| start..start + length);
                ranges.find(|range| {
                    let copied =
                        fingerprints_of(&line[range.clone()], length).any(|own| passages.contains(&own));
                    copied && !asked(range)
                })
            }
        }
    }
}

/// So many notes in a row are a copy.
fn too_long(most: u32) -> usize {
    (most as usize).saturating_add(1)
}

/// Where notes start that are asked for by name.
fn named(limits: &[MelodyLimit]) -> BTreeSet<Duration> {
    let named = limits.iter().filter_map(|limit| match limit {
        MelodyLimit::Onset { at, allowed } | MelodyLimit::Note { at, allowed, .. } if allowed.len() == 1 => {
            Some(*at)
        }
        _ => None,
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraint::PitchSet;
    use crate::music::lead_sheet::Header;
    use crate::music::{Chart, Form, Key, Melody, Meter};
    use crate::style::passages::{Passages, fingerprints};

    /// Sixteen notes from (eighths, MIDI), no two passages of which are the same.
    const SONG: [(i64, i32); 16] = [
        (2, 60),
        (1, 62),
        (1, 64),
        (3, 67),
        (1, 65),
        (2, 64),
        (2, 62),
        (4, 69),
        (1, 67),
        (1, 60),
        (2, 66),
        (6, 61),
        (2, 70),
        (1, 59),
        (3, 68),
        (2, 62),
    ];

    fn notes(line: &[(i64, i32)], up: i32) -> Vec<Note> {
        let mut onset = Duration::ZERO;
        let note = |&(eighths, midi): &(i64, i32)| {
            let duration = Duration::EIGHTH * eighths;
            onset += duration;
            Note { onset: onset - duration, duration, pitch: Key::C_MAJOR.spell_midi(midi + up) }
        };
        line.iter().map(note).collect()
    }

    fn song() -> LeadSheet {
        let (header, form) = (Header::new("Test", Key::C_MAJOR), Form::plain(Meter::COMMON, 8));
        LeadSheet::new(header, form, Chart::default(), Melody { notes: notes(&SONG, 0) }).expect("a sheet")
    }

    fn figures() -> Figures {
        Figures { passages: vec![Passages::new(fingerprints(&song()))], ..Figures::default() }
    }

    #[test]
    fn so_many_notes_may_be_taken_and_not_one_more() {
        for most in LEAST..16 {
            let by_figures = Copies::at_most(&figures(), &[], most).expect("a limit that can be kept");
            let song = song();
            for copies in [by_figures, Copies::of_songs([&song], &[], most)] {
                let most = most as usize;
                assert!(!copies.are_in(&notes(&SONG[..most], 3)), "{most}");
                assert_eq!(copies.first(&notes(&SONG[..=most], 3)), Some(0..most + 1), "{most}");
            }
            // Figures err once in eight times where one passage tells; songs do not.
            let otherwise = notes(&[&SONG[..most as usize], &[(5, 90)]].concat(), 0);
            assert!(!Copies::of_songs([&song], &[], most).are_in(&otherwise), "{most}");
        }
        assert_eq!(Copies::new(&figures(), &[]).most(), 8);
    }

    #[test]
    fn songs_at_hand_keep_lower_limits_than_figures() {
        let refused =
            Copies::at_most(&figures(), &[], 6).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("copy <= 6 notes") && refused.contains("'copy <= 7 notes'"), "{refused}");
        let song = song();
        for most in 1..LEAST {
            let copies = Copies::of_songs([&song], &[], most);
            let most = most as usize;
            assert!(copies.are_in(&notes(&SONG[3..most + 4], -5)), "{most}");
            if most > 2 {
                assert!(!copies.are_in(&notes(&[&SONG[3..most + 3], &[(5, 90)]].concat(), 0)), "{most}");
            }
        }
        assert_eq!(Copies::asked(&figures(), &Limits::default()).map(|copies| copies.most()), Ok(USUAL));
    }

    #[test]
    fn what_is_asked_note_by_note_is_no_copy() {
        let song = notes(&SONG, 0);
        let allowed = |note: &Note| PitchSet::one(note.pitch.midi());
        let limits: Vec<MelodyLimit> = (song[..12].iter().enumerate())
            .map(|(index, note)| match index % 2 {
                0 => MelodyLimit::Onset { at: note.onset, allowed: allowed(note) },
                _ => MelodyLimit::Note { at: note.onset, to: note.end(), allowed: allowed(note) },
            })
            .collect();
        let mut copies = Copies::new(&figures(), &limits);
        assert_eq!(copies.first(&song[..12]), None);
        assert_eq!(copies.first(&song), Some(4..13), "the first with a note that was not asked for");
        // The same bars once more.
        let by = Duration::WHOLE * 20;
        let later: Vec<Note> =
            song[..12].iter().map(|note| Note { onset: note.onset + by, ..*note }).collect();
        assert_eq!(copies.first(&later), Some(0..9));
        copies.written_again(Duration::ZERO, Duration::WHOLE * 8, by);
        assert_eq!(copies.first(&later), None);
    }
}
