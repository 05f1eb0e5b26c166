//! The figures: one line each, in the order of the table.

/// One figure of a portrait. All but the last three are measured on excerpts of eight bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// Share of melody time (over a chord) that stands on tones of the chord of the moment.
    ChordTones,
    /// Share of melody time a semitone above a chord tone, and on none.
    SemitoneAbove,
    /// Share of non-chord tones (off the chord for more than half their time) that a step of 1 or 2 semitones leaves.
    LeftByStep,
    /// Share of bars with the onsets of the bar before.
    Rhythm1,
    /// Share of bars with the onsets of the bar two before.
    Rhythm2,
    /// Share of bars with the onsets of the bar four before.
    Rhythm4,
    /// Different sets of onsets among the eight bars.
    Rhythms,
    /// Share of three-note figures (two intervals and the times between the onsets) that were heard before.
    HeardAgain,
    /// Share of bars with the onsets, lengths and pitches of the bar before.
    Exact1,
    /// Share of bars with the onsets, lengths and pitches of the bar two before.
    Exact2,
    /// Share of bars with the onsets, lengths and pitches of the bar four before.
    Exact4,
    /// Share of bars 4 and 8 that end on a note of at least a dotted quarter, or on a rest.
    PhraseEnds,
    /// Semitones from the lowest note to the highest.
    Range,
    /// Notes that start, by bar.
    Notes,
    /// Share of notes at the pitch of the one before.
    Repeated,
    /// Share of bars whose downbeat a note is held over.
    TiedOver,
    /// Chords that start, by bar; the first bar's counts in any case.
    Chords,
    /// Share of bars with the chords of the bar before.
    Chords1,
    /// Share of bars with the chords of the bar two before.
    Chords2,
    /// Share of bars with the chords of the bar four before.
    Chords4,
    /// Share of tunes whose last note is the tonic.
    EndsOnTonic,
    /// Share of tunes whose last note is a tone of its chord.
    EndsOnChordTone,
    /// Share of tunes whose last chord stands on the tonic.
    EndsOnOne,
}

impl Figure {
    /// Every figure, in the order of the table.
    pub const ALL: [Figure; 23] = [
        Figure::ChordTones,
        Figure::SemitoneAbove,
        Figure::LeftByStep,
        Figure::Rhythm1,
        Figure::Rhythm2,
        Figure::Rhythm4,
        Figure::Rhythms,
        Figure::HeardAgain,
        Figure::Exact1,
        Figure::Exact2,
        Figure::Exact4,
        Figure::PhraseEnds,
        Figure::Range,
        Figure::Notes,
        Figure::Repeated,
        Figure::TiedOver,
        Figure::Chords,
        Figure::Chords1,
        Figure::Chords2,
        Figure::Chords4,
        Figure::EndsOnTonic,
        Figure::EndsOnChordTone,
        Figure::EndsOnOne,
    ];

    /// Its name in JSON.
    pub fn key(self) -> &'static str {
        self.names().0
    }

    /// Its name in the table.
    pub fn title(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Figure::ChordTones => ("chord_tones", "melody on chord tones"),
            Figure::SemitoneAbove => ("semitone_above", "melody a semitone above one"),
            Figure::LeftByStep => ("left_by_step", "non-chord tones left by step"),
            Figure::Rhythm1 => ("rhythm_1", "rhythm of the bar before"),
            Figure::Rhythm2 => ("rhythm_2", "rhythm of 2 bars before"),
            Figure::Rhythm4 => ("rhythm_4", "rhythm of 4 bars before"),
            Figure::Rhythms => ("rhythms", "different bar rhythms of 8"),
            Figure::HeardAgain => ("heard_again", "three-note figures heard again"),
            Figure::Exact1 => ("exact_1", "bar before exactly again"),
            Figure::Exact2 => ("exact_2", "2 bars before exactly again"),
            Figure::Exact4 => ("exact_4", "4 bars before exactly again"),
            Figure::PhraseEnds => ("phrase_ends", "bars 4 and 8 end long"),
            Figure::Range => ("range", "range in semitones"),
            Figure::Notes => ("notes", "notes a bar"),
            Figure::Repeated => ("repeated", "repeated notes"),
            Figure::TiedOver => ("tied_over", "downbeats tied over"),
            Figure::Chords => ("chords", "chords a bar"),
            Figure::Chords1 => ("chords_1", "chords of the bar before"),
            Figure::Chords2 => ("chords_2", "chords of 2 bars before"),
            Figure::Chords4 => ("chords_4", "chords of 4 bars before"),
            Figure::EndsOnTonic => ("ends_on_tonic", "tunes that end on the tonic"),
            Figure::EndsOnChordTone => ("ends_on_chord_tone", "tunes that end on a chord tone"),
            Figure::EndsOnOne => ("ends_on_one", "charts that end on I"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_at_their_own_places_under_names_of_their_own() {
        for (place, figure) in Figure::ALL.into_iter().enumerate() {
            assert_eq!(figure as usize, place);
        }
        let keys: std::collections::BTreeSet<&str> = Figure::ALL.iter().map(|figure| figure.key()).collect();
        assert_eq!(keys.len(), Figure::ALL.len());
    }
}
