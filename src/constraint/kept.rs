//! What is kept of a sheet that a request starts from: notes and chords exactly where they stand.

use std::fmt;
use std::str::FromStr;

use super::error::ConstraintError;
use super::frame::{Frame, Span};
use super::limits::{ChartLimit, Limits, MelodyLimit};
use super::pitch_set::PitchSet;
use super::place::Place;
use super::reader::Reader;
use super::{ChordSet, Kind};
use crate::music::{Chart, ChordChange, ChordSymbol, Duration, LeadSheet, Melody, Note};

/// What to keep of a sheet: `melody`, `chords`, `bars 1-8`, `section B melody`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Keep {
    /// Which bars.
    pub place: Place,
    /// Which part of them.
    pub part: Part,
}

/// A part of a sheet that can be kept on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Part {
    /// Notes and chords.
    Both,
    /// The notes.
    Melody,
    /// The chords.
    Chords,
}

impl FromStr for Keep {
    type Err = ConstraintError;

    fn from_str(text: &str) -> Result<Keep, ConstraintError> {
        let mut reader = Reader::new(text);
        let start = reader.clone();
        let place = Place::read(&mut reader, label)?;
        if matches!(place, Place::Beat(..)) {
            return Err(start.expected("whole bars, as in 'bar 4' or 'bars 1-8 melody'"));
        }
        reader.eat(":");
        let part = if reader.eat_word("melody") {
            Part::Melody
        } else if reader.eat_word("chords") {
            Part::Chords
        } else {
            Part::Both
        };
        if part == Part::Both && place == Place::Everywhere {
            return Err(reader.expected("melody, chords, or bars such as 'bars 1-8' or 'bars 1-8 melody'"));
        }
        if part == Part::Both && !reader.rest().is_empty() {
            return Err(reader.expected("melody, chords or nothing more"));
        }
        reader.end().map(|()| Keep { place, part })
    }
}

/// How long the label is with which a text begins: what stands before a colon, `melody` or `chords`.
fn label(text: &str) -> usize {
    let words = text.find(':').map_or(text, |colon| &text[..colon]).trim_end();
    let before = |part: &str| {
        let (rest, word) = words.split_at_checked(words.len().checked_sub(part.len())?)?;
        (word.eq_ignore_ascii_case(part) && rest.ends_with(char::is_whitespace))
            .then_some(rest.trim_end().len())
    };
    before("melody").or_else(|| before("chords")).unwrap_or(words.len())
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.place, self.part) {
            (Place::Everywhere, Part::Both) => f.write_str("everything"),
            (Place::Everywhere, Part::Melody) => f.write_str("melody"),
            (Place::Everywhere, Part::Chords) => f.write_str("chords"),
            (place, Part::Both) => place.fmt(f),
            (place, Part::Melody) => write!(f, "{place} melody"),
            (place, Part::Chords) => write!(f, "{place} chords"),
        }
    }
}

/// Stretches of a sheet that are kept, with what stands there. A note that sounds in them is kept whole, also where it
/// reaches beyond them; a chord that is held over into them sounds there, wherever it was written before.
///
/// It has no line in the constraint language, for it holds the music itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kept {
    name: String,
    place: Place,
    spans: Vec<Span>,
    notes: Option<Vec<Note>>,
    chords: Option<Vec<ChordChange>>,
    /// Bar lines over which nothing can be held while composing, as bars that meet there meet others elsewhere.
    seams: Vec<Duration>,
    /// Whether the sheet is over before the stretches, which fill up its last bar.
    beyond: bool,
}

impl Kept {
    /// What stands in stretches of a sheet; `seams` are the bar lines where what is held over is composed in two parts.
    pub fn new(keep: &Keep, spans: Vec<Span>, chart: &Chart, melody: &Melody, seams: &[Duration]) -> Kept {
        let inside = |note: &&Note| spans.iter().any(|span| note.onset < span.1 && note.end() > span.0);
        let notes = melody.notes.iter().filter(inside).copied().collect();
        Kept {
            name: keep.to_string(),
            place: keep.place.clone(),
            notes: (keep.part != Part::Chords).then_some(notes),
            chords: (keep.part != Part::Melody).then(|| chart.changes.clone()),
            spans,
            seams: seams.to_vec(),
            beyond: false,
        }
    }

    /// The stretches of which the notes are kept.
    pub fn spans_of_notes(&self) -> &[Span] {
        if self.notes.is_some() { &self.spans } else { &[] }
    }

    /// That the last bar is as short as it is: nothing sounds in what is missing of it.
    pub fn short_last_bar(missing: Span) -> Kept {
        Kept {
            name: "the length of the last bar".to_string(),
            place: Place::LastBar,
            spans: vec![missing],
            notes: Some(Vec::new()),
            chords: None,
            seams: Vec::new(),
            beyond: true,
        }
    }

    /// The place after `from` where a thing that lasts until `to` is cut while composing.
    fn cut(&self, from: Duration, to: Duration) -> Duration {
        self.seams.iter().copied().filter(|&seam| from < seam && seam < to).min().unwrap_or(to)
    }

    /// The chords of a stretch: from, to, the chord (if any) and whether it begins there.
    fn chords_in(
        chords: &[ChordChange],
        (from, to): Span,
    ) -> Vec<(Duration, Duration, Option<&ChordSymbol>, bool)> {
        let before = chords.iter().rev().find(|change| change.at < from).map(|change| &change.chord);
        let within = chords.iter().filter(|change| from <= change.at && change.at < to);
        let mut parts: Vec<_> = vec![(from, to, before, false)];
        for change in within {
            if let Some(last) = parts.last_mut() {
                last.1 = change.at;
            }
            parts.push((change.at, to, Some(&change.chord), true));
        }
        parts.retain(|part| part.0 < part.1);
        parts
    }

    /// Gives what was composed for the stretches the spelling that the sheet has, ties what was cut at seams, and takes
    /// off chords that say again what sounds already. What is not what was kept stays as it is.
    pub fn restore(&self, chart: &mut Chart, melody: &mut Melody) {
        for kept in self.notes.iter().flatten() {
            let index = melody.notes.partition_point(|note| note.onset < kept.onset);
            let free_to = melody.notes.get(index + 1).map_or(kept.end(), |next| next.onset);
            let cut = self.cut(kept.onset, kept.end());
            if let Some(note) = melody.notes.get_mut(index)
                && (note.onset, note.pitch.midi()) == (kept.onset, kept.pitch.midi())
                && note.end() == cut
                && free_to >= kept.end()
            {
                *note = *kept;
            }
        }
        if self.beyond {
            chart.changes.retain(|change| self.spans.iter().all(|span| change.at < span.0));
        }
        let Some(chords) = &self.chords else { return };
        for &span in &self.spans {
            for (from, to, chord, begins) in Kept::chords_in(chords, span) {
                let same = |other: &ChordSymbol| chord.unwrap_or(&ChordSymbol::NoChord).sounds_like(other);
                let mut kept = Vec::with_capacity(chart.changes.len());
                for mut change in std::mem::take(&mut chart.changes) {
                    let inside = from <= change.at && change.at < to && same(&change.chord);
                    let first = begins && change.at == from;
                    let sounds = kept.last().map(|last: &ChordChange| &last.chord);
                    let again = sounds.map_or(chord.is_none(), same);
                    if inside && !first && again {
                        continue;
                    }
                    if let Some(chord) = chord.filter(|_| inside) {
                        change.chord = chord.clone();
                    }
                    kept.push(change);
                }
                chart.changes = kept;
            }
        }
    }
}

impl Kind for Kept {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, _: &Frame) -> Result<bool, ConstraintError> {
        let sounds = |note: &Note| (note.onset, note.duration, note.pitch.midi());
        let of = |notes: &[Note], (from, to): Span| -> Vec<_> {
            notes.iter().filter(|note| note.onset < to && note.end() > from).map(sounds).collect()
        };
        let melody = |notes: &Vec<Note>| {
            self.spans.iter().all(|&span| of(notes, span) == of(&sheet.melody().notes, span))
        };
        let alike = |one: Option<&ChordSymbol>, other: Option<&ChordSymbol>| {
            let none = ChordSymbol::NoChord;
            one.unwrap_or(&none).sounds_like(other.unwrap_or(&none))
        };
        let chart = |chords: &Vec<ChordChange>| {
            self.spans.iter().all(|&span| {
                let (kept, found) =
                    (Kept::chords_in(chords, span), Kept::chords_in(&sheet.chart().changes, span));
                kept.len() == found.len()
                    && kept.iter().zip(&found).all(|(kept, found)| {
                        // A chord that was held over may be written where the stretch begins.
                        (kept.0, kept.1) == (found.0, found.1)
                            && alike(kept.2, found.2)
                            && (kept.3 == found.3 || (!kept.3 && kept.0 == span.0))
                    })
            })
        };
        Ok(self.notes.as_ref().is_none_or(melody) && self.chords.as_ref().is_none_or(chart))
    }

    fn compile(&self, _: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        let silent = |from, to| MelodyLimit::Sounding { from, to, allowed: PitchSet::EMPTY };
        if let Some(notes) = &self.notes {
            for note in notes {
                let (at, to) = (note.onset, self.cut(note.onset, note.end()));
                let allowed = PitchSet::one(note.pitch.midi());
                limits.melody.push(MelodyLimit::Note { at, to, allowed });
                if to < note.end() {
                    limits.melody.push(silent(to, note.end()));
                }
            }
            for &(from, to) in &self.spans {
                let mut free = from;
                for note in notes.iter().filter(|note| note.onset < to && note.end() > from) {
                    if free < note.onset {
                        limits.melody.push(silent(free, note.onset));
                    }
                    free = free.max(note.end());
                }
                if free < to {
                    limits.melody.push(silent(free, to));
                }
            }
        }
        for &span in self.spans.iter().filter(|_| self.chords.is_some()) {
            for (from, to, chord, begins) in Kept::chords_in(self.chords.as_deref().unwrap_or_default(), span)
            {
                let chord = chord.unwrap_or(&ChordSymbol::NoChord);
                if !begins {
                    let allowed = ChordSet::Only(vec![chord.clone()]);
                    limits.chart.push(ChartLimit::Sounding { from, to, allowed });
                    continue;
                }
                let mut from = from;
                while from < to {
                    let end = self.cut(from, to);
                    limits.chart.push(ChartLimit::Run { from, to: end, chords: vec![chord.clone()] });
                    from = end;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kept: {}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_sheet::{page, sheet};
    use super::*;

    const CHORDS: &str = "C 0, G7 6, Am 8";
    const NOTES: &str = "E4 0 3, F#4 3 2, G4 6.5 0.5, C5 8 8/3, D5 32/3 8/3";

    fn span(from: i64, to: i64) -> Span {
        (Duration::quarters(from), Duration::quarters(to))
    }

    fn kept(keep: &str, spans: &[Span], seams: &[i64]) -> Kept {
        let whole = sheet(CHORDS, NOTES);
        let seams: Vec<Duration> = seams.iter().map(|&seam| Duration::quarters(seam)).collect();
        Kept::new(&keep.parse().expect(keep), spans.to_vec(), whole.chart(), whole.melody(), &seams)
    }

    fn limits(kept: &Kept) -> Limits {
        let mut limits = Limits::default();
        kept.compile(&page(), &mut limits).expect("any page");
        limits
    }

    /// The melody's limits as `60 0 4` for notes and `- 0 4` for rests.
    fn melody_limits(kept: &Kept) -> String {
        let limit = |limit: &MelodyLimit| match limit {
            MelodyLimit::Note { at, to, allowed } => {
                let pitches: Vec<String> = allowed.iter().map(|pitch| pitch.to_string()).collect();
                format!("{} {at} {to}", pitches.join("/"))
            }
            MelodyLimit::Sounding { from, to, allowed } if allowed.is_empty() => format!("- {from} {to}"),
            other => format!("{other:?}"),
        };
        limits(kept).melody.iter().map(limit).collect::<Vec<_>>().join(", ")
    }

    /// The chart's limits as `C 0 4` for a chord that begins and `(C) 0 4` for one that sounds.
    fn chart_limits(kept: &Kept) -> String {
        let limit = |limit: &ChartLimit| match limit {
            ChartLimit::Run { from, to, chords } => format!("{} {from} {to}", chords[0]),
            ChartLimit::Sounding { from, to, allowed } => format!("({}) {from} {to}", allowed.named()[0]),
            other => format!("{other:?}"),
        };
        limits(kept).chart.iter().map(limit).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn what_to_keep_is_read_and_printed() {
        for text in [
            "melody",
            "chords",
            "bars 1-8",
            "bar 3",
            "bars 1-8 melody",
            "section B chords",
            "section Verse 2 melody",
            "section A",
            "last bar",
        ] {
            assert_eq!(text.parse::<Keep>().map(|keep| keep.to_string()), Ok(text.to_string()));
        }
        let alike = |one: &str, other: &str| assert_eq!(one.parse::<Keep>(), other.parse::<Keep>());
        alike("Bars 1 - 8:  Melody", "bars 1-8 melody");
        for (text, column) in
            [("", 1), ("harmony", 1), ("bars 1-8 harmony", 10), ("bar 4.3", 1), ("melody x", 8)]
        {
            let error = text.parse::<Keep>().map_err(|error| error.to_string()).expect_err(text);
            assert!(error.contains(&format!("column {column}:")), "{error}");
        }
    }

    #[test]
    fn notes_are_kept_whole_and_rests_between_them() {
        let all = "64 0 3, 66 3 5, 67 6+1/2 7, 72 8 10+2/3, 74 10+2/3 13+1/3";
        let of = |text: &str| text.to_string();
        assert_eq!(
            melody_limits(&kept("melody", &[span(0, 16)], &[])),
            format!("{all}, - 5 6+1/2, - 7 8, - 13+1/3 16")
        );
        // The note over the bar line belongs to both bars.
        assert_eq!(melody_limits(&kept("bar 1", &[span(0, 4)], &[])), of("64 0 3, 66 3 5"));
        assert_eq!(
            melody_limits(&kept("bar 2", &[span(4, 8)], &[])),
            of("66 3 5, 67 6+1/2 7, - 5 6+1/2, - 7 8")
        );
        assert_eq!(melody_limits(&kept("chords", &[span(0, 16)], &[])), "");
    }

    #[test]
    fn what_is_held_over_a_seam_is_composed_in_two_parts() {
        assert_eq!(melody_limits(&kept("bar 1", &[span(0, 4)], &[4])), "64 0 3, 66 3 4, - 4 5");
        assert_eq!(
            chart_limits(&kept("chords", &[span(0, 16)], &[4, 12])),
            "C 0 4, C 4 6, G7 6 8, Am 8 12, Am 12 16"
        );
    }

    #[test]
    fn chords_are_kept_where_they_stand() {
        assert_eq!(chart_limits(&kept("chords", &[span(0, 16)], &[])), "C 0 6, G7 6 8, Am 8 16");
        assert_eq!(chart_limits(&kept("bar 2", &[span(4, 8)], &[])), "(C) 4 6, G7 6 8");
        let late = sheet("F 2", "");
        let late =
            Kept::new(&"chords".parse().expect("chords"), vec![span(0, 4)], late.chart(), late.melody(), &[]);
        assert_eq!(chart_limits(&late), "(N.C.) 0 2, F 2 4");
    }

    #[test]
    fn what_is_kept_holds_exactly_where_it_is_the_same() {
        let holds = |keep: &str, spans: &[Span], chords: &str, notes: &str| {
            kept(keep, spans, &[]).holds(&sheet(chords, notes), &page()).expect("any page")
        };
        let bar_2 = [span(4, 8)];
        assert!(holds("melody", &[span(0, 16)], "", NOTES));
        assert!(holds("bar 2", &bar_2, CHORDS, NOTES));
        // Elsewhere anything may stand, and spelling is not sound.
        assert!(holds("bar 2", &bar_2, "F 0, C 3, G7 6, F 11", "A4 0 1, Gb4 3 2, G4 6.5 0.5, B4 9 1"));
        // A chord that is held over may be written at the bar line.
        assert!(holds("bar 2", &bar_2, "F 0, C 4, G7 6", NOTES));
        for (chords, notes) in [
            ("F 0, G7 6", NOTES),
            ("C 0, C 5, G7 6", NOTES),
            ("C 0, G7 6.5", NOTES),
            ("C 0, G 6", NOTES),
            (CHORDS, "F#4 4 1, G4 6.5 0.5"),
            (CHORDS, "F#4 3 3, G4 6.5 0.5"),
            (CHORDS, "F#4 3 2, G4 6.5 0.5, G4 7 1"),
            (CHORDS, "F#4 3 2, G4 6.5 1"),
            (CHORDS, "F#4 3 2, G5 6.5 0.5"),
        ] {
            assert!(!holds("bar 2", &bar_2, chords, notes), "{chords} / {notes}");
        }
        assert!(holds("bar 2 melody", &bar_2, "", NOTES) && holds("bar 2 chords", &bar_2, CHORDS, ""));
    }

    fn restored(kept: &Kept, chords: &str, notes: &str) -> (String, String) {
        let (_, _, mut chart, mut melody) = sheet(chords, notes).into_parts();
        kept.restore(&mut chart, &mut melody);
        let chords = chart.changes.iter().map(|change| format!("{} {}", change.chord, change.at));
        let notes =
            melody.notes.iter().map(|note| format!("{} {} {}", note.pitch, note.onset, note.duration));
        (chords.collect::<Vec<_>>().join(", "), notes.collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn spelling_and_ties_are_restored() {
        let own = kept("bars 1-2", &[span(0, 8)], &[4]);
        let (chords, notes) =
            restored(&own, "C 0, C 4, G7 6, Am 8, Am 12", "Fb4 0 3, Gb4 3 1, G4 6.5 0.5, B#4 8 1");
        assert_eq!(chords, "C 0, G7 6, Am 8, Am 12");
        assert_eq!(notes, "E4 0 3, F#4 3 2, G4 6+1/2 1/2, B#4 8 1");
        // What was not kept stays, so that it is seen.
        let (chords, notes) = restored(&own, "F 0, C 4, G7 6", "F4 0 3, F#4 3 1, A4 4 1, G4 6.5 1");
        assert_eq!(chords, "F 0, C 4, G7 6");
        assert_eq!(notes, "F4 0 3, F#4 3 1, A4 4 1, G4 6+1/2 1");
    }

    #[test]
    fn before_the_first_chord_nothing_is_written() {
        let late = sheet("F 2", "");
        let late =
            Kept::new(&"chords".parse().expect("chords"), vec![span(0, 4)], late.chart(), late.melody(), &[]);
        assert_eq!(restored(&late, "N.C. 0, F 2, G 4", "").0, "F 2, G 4");
        assert!(late.holds(&sheet("F 2, G 4", ""), &page()).expect("any page"));
        assert!(!late.holds(&sheet("C 0, F 2", ""), &page()).expect("any page"));
    }

    #[test]
    fn nothing_stands_behind_a_short_last_bar() {
        let short = Kept::short_last_bar(span(15, 16));
        assert_eq!(melody_limits(&short), "- 15 16");
        assert_eq!(restored(&short, "C 0, G 15", "").0, "C 0");
        assert_eq!(short.to_string(), "kept: the length of the last bar");
    }
}
