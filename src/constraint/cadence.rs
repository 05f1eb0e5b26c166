//! `bars 7-8: cadence authentic`: how a phrase closes.

use std::fmt;

use super::chord_set::ChordSet;
use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{ChartLimit, Limits};
use super::nearest::nearest;
use super::place::Place;
use super::reader::Reader;
use super::{Constraint, Kind};
use crate::music::chord_quality::Family;
use crate::music::{ChordSymbol, Interval, Key, LeadSheet};

/// The last two chords of the bars make a cadence, and the second of them begins in the last bar and sounds to its
/// end. The melody is free. In each section, where a label recurs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cadence {
    /// Which bars.
    pub place: Place,
    /// From where to where.
    pub close: Close,
}

/// The four cadences. V is a chord of the major or dominant family on the fifth degree, I one of the tonic's own
/// family (major or minor) on the first; alterations and the bass are free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Close {
    /// V, I.
    Authentic,
    /// To V, from any chord that is not V itself, N.C. excepted.
    Half,
    /// IV (or iv), I.
    Plagal,
    /// V, vi; in minor V, VI (F in A minor).
    Deceptive,
}

impl Close {
    /// Every cadence.
    pub const ALL: [Close; 4] = [Close::Authentic, Close::Half, Close::Plagal, Close::Deceptive];

    /// Its name in a constraint.
    pub fn name(self) -> &'static str {
        match self {
            Close::Authentic => "authentic",
            Close::Half => "half",
            Close::Plagal => "plagal",
            Close::Deceptive => "deceptive",
        }
    }
}

impl Cadence {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        let close = Close::ALL.into_iter().find(|close| reader.eat_word(close.name()));
        let meant = || nearest(reader.peek(), Close::ALL.map(Close::name)).map(str::to_string);
        let close =
            close.ok_or_else(|| reader.expected_rather("authentic, half, plagal or deceptive", meant()))?;
        Ok(Constraint::Cadence(Cadence { place, close }))
    }
}

impl Kind for Cadence {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let closes = |before: &ChordSymbol, last: &ChordSymbol| {
            let minor = frame.key.mode.is_minor();
            let (before, last) = (Function::of(before, frame.key), Function::of(last, frame.key));
            match self.close {
                Close::Authentic => before.is_dominant() && last.is_tonic(minor),
                Close::Half => !before.is_dominant() && before != Function::Silence && last.is_dominant(),
                Close::Plagal => before.is_subdominant() && last.is_tonic(minor),
                Close::Deceptive => before.is_dominant() && last.is_submediant(minor),
            }
        };
        Ok(frame.last_bars(&self.place)?.into_iter().all(|(from, to)| {
            let written = sheet.chart().changes.iter().rev().skip_while(|change| change.at >= to).take(2);
            match written.collect::<Vec<_>>().as_slice() {
                [last, before] => last.at >= from && closes(&before.chord, &last.chord),
                _ => false,
            }
        }))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        for (from, to) in frame.last_bars(&self.place)? {
            let (before, arrive) = chords_of(self.close, frame.key);
            limits.chart.push(ChartLimit::Arrival { from, to, before, arrive });
        }
        Ok(())
    }
}

/// The chords before and after a close.
fn chords_of(close: Close, key: Key) -> (ChordSet, ChordSet) {
    let root = |steps, semitones| key.tonic.transpose(Interval::new(steps, semitones));
    let minor = key.mode.is_minor();
    let home = if minor { Family::Minor } else { Family::Major };
    let five = vec![(root(4, 7), vec![Family::Dominant, Family::Major])];
    let one = ChordSet::Rooted(vec![(root(0, 0), vec![home])]);
    match close {
        Close::Authentic => (ChordSet::Rooted(five), one),
        Close::Half => (ChordSet::NotRooted(five.clone()), ChordSet::Rooted(five)),
        Close::Plagal => (ChordSet::Rooted(vec![(root(3, 5), vec![Family::Major, Family::Minor])]), one),
        Close::Deceptive => {
            let six =
                if minor { (root(5, 8), vec![Family::Major]) } else { (root(5, 9), vec![Family::Minor]) };
            (ChordSet::Rooted(five), ChordSet::Rooted(vec![six]))
        }
    }
}

/// What a chord is in a key, as far as cadences care.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Function {
    Silence,
    /// Semitones above the tonic, and the family.
    On(u8, Family),
}

impl Function {
    fn of(chord: &ChordSymbol, key: Key) -> Function {
        match chord {
            ChordSymbol::NoChord => Function::Silence,
            ChordSymbol::Chord(chord) => {
                let above_tonic = (chord.root.pitch_class() + 12 - key.tonic.pitch_class()) % 12;
                Function::On(above_tonic, chord.quality.family())
            }
        }
    }

    fn is_dominant(self) -> bool {
        matches!(self, Function::On(7, Family::Major | Family::Dominant))
    }

    fn is_subdominant(self) -> bool {
        matches!(self, Function::On(5, Family::Major | Family::Minor))
    }

    fn is_tonic(self, minor: bool) -> bool {
        self == Function::On(0, if minor { Family::Minor } else { Family::Major })
    }

    fn is_submediant(self, minor: bool) -> bool {
        self == if minor { Function::On(8, Family::Major) } else { Function::On(9, Family::Minor) }
    }
}

impl fmt::Display for Cadence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}cadence {}", self.place.prefix(), self.close.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Close;
    use crate::constraint::test_sheet::{holds, page, sheet};

    /// The cadences that a chart in C ends with.
    fn closes(chart: &str, key: &str) -> Vec<&'static str> {
        let mut page = page();
        page.key = key.parse().expect(key);
        let sheet = sheet(chart, "");
        let names = Close::ALL.into_iter().map(Close::name);
        names.filter(|name| holds(&format!("bars 3-4: cadence {name}"), &sheet, &page)).collect()
    }

    #[test]
    fn each_cadence_is_itself_alone() {
        for (chart, key, wanted) in [
            ("F 0, G7 8, C 12", "C", vec!["authentic"]),
            ("F 0, G 12, Cmaj7/E 14", "C", vec!["authentic"]),
            ("G7sus4 8, C 12", "C", vec![]),
            ("G7 8, Cm 12", "C", vec![]),
            ("G7 8, Cm6 12", "C minor", vec!["authentic"]),
            ("Gm7 8, Cm 12", "C minor", vec![]),
            ("Dm7 8, G9 12", "C", vec!["half"]),
            ("G 8, G7 12", "C", vec![]),
            ("N.C. 8, G7 12", "C", vec![]),
            ("F 8, C 12", "C", vec!["plagal"]),
            ("Fm6 8, C 12", "C", vec!["plagal"]),
            ("G7 8, Am7 12", "C", vec!["deceptive"]),
            ("G7 8, Ab 12", "C", vec![]),
            ("G7 8, Abmaj7 12", "C minor", vec!["deceptive"]),
            ("C 0, G7 8, C 12, F 15", "C", vec![]),
            ("G7 0, C 8", "C", vec![]),
            ("C 12", "C", vec![]),
        ] {
            assert_eq!(closes(chart, key), wanted, "{chart} in {key}");
        }
    }

    #[test]
    fn a_recurring_section_closes_each_time() {
        let mut page = page();
        page.sections = vec![("A".to_string(), 0..2), ("A".to_string(), 2..4)];
        assert!(holds("section A: cadence authentic", &sheet("G 0, C 4, G 8, C 12", ""), &page));
        assert!(!holds("section A: cadence authentic", &sheet("G 0, C 4, F 8, C 12", ""), &page));
        assert!(holds("cadence plagal", &sheet("G 0, C 4, F 8, C 12", ""), &page));
    }
}
