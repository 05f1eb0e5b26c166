//! `bar 4: chord Dbmaj7`, `bars 5-8: chord in F Dm Am`: which chords may sound.

use std::fmt;

use super::chord_name::{ChordName, in_key, listed};
use super::chord_set::ChordSet;
use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{ChartLimit, Limits};
use super::place::Place;
use super::reader::Reader;
use super::{Constraint, Kind};
use crate::music::{Duration, LeadSheet};

/// On a bar or a beat: the chord that sounds at its start is one of these. On several bars or a section: a chord
/// sounds at the start, and every chord that sounds anywhere in them is one of these. Everywhere: every chord is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChordIn {
    /// Where.
    pub place: Place,
    /// The chords allowed, one or more.
    pub chords: Vec<ChordName>,
}

impl ChordIn {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        let several = reader.eat_word("in");
        let start = reader.clone();
        let chords = reader.chords_up_to(if several { usize::MAX } else { 1 })?;
        if !reader.rest().is_empty() {
            let meant = format!("in {}", start.peek());
            return Err(start.expected_rather("one chord, or 'in' and several", Some(meant)));
        }
        Ok(Constraint::Chord(ChordIn { place, chords }))
    }

    /// Whether only the start of the place is bound.
    fn binds_a_moment(&self) -> bool {
        matches!(self.place, Place::Bar(_) | Place::Beat(..) | Place::LastBar)
    }
}

impl Kind for ChordIn {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let allowed = in_key(&self.chords, frame.key);
        let fits = |chord| allowed.iter().any(|one| one.sounds_like(chord));
        Ok(frame.spans(&self.place)?.into_iter().all(|(from, to)| {
            let at_start = sheet.chart().sounding_at(from);
            let begun = self.place == Place::Everywhere || at_start.is_some();
            let later = || sheet.chart().written_in(from, to).iter().all(|change| fits(&change.chord));
            begun && at_start.is_none_or(fits) && (self.binds_a_moment() || later())
        }))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        for (from, to) in frame.spans(&self.place)? {
            let to = if self.binds_a_moment() { from + Duration::from_ticks(1) } else { to };
            if self.place != Place::Everywhere {
                limits.chart.push(ChartLimit::Begun { by: from });
            }
            let allowed = ChordSet::Only(in_key(&self.chords, frame.key));
            limits.chart.push(ChartLimit::Sounding { from, to, allowed });
        }
        Ok(())
    }
}

impl fmt::Display for ChordIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let among = if self.chords.len() == 1 { "" } else { "in " };
        write!(f, "{}chord {among}{}", self.place.prefix(), listed(&self.chords))
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{holds, page, sheet};

    #[test]
    fn a_bar_binds_its_start_by_sound() {
        let sheet = sheet("C 0, C#7 4, F 6, Fmaj7 8", "");
        for (text, wanted) in [
            ("bar 1: chord C", true),
            ("bar 2: chord Db7", true),
            ("bar 2: chord F", false),
            ("bar 2.3: chord F", true),
            ("bar 2.2+1/2: chord C#7", true),
            ("bar 3: chord F", false),
            ("bar 3: chord in F Fmaj7", true),
            ("bar 4: chord IVmaj7", true),
            ("last bar: chord V", false),
            ("bar 9: chord Fmaj7", false),
        ] {
            assert_eq!(holds(text, &sheet, &page()), wanted, "{text}");
        }
    }

    #[test]
    fn bars_and_sections_bind_all_that_sounds_in_them() {
        let sheet = sheet("C 0, F 6, G 8, C 12", "");
        for (text, wanted) in [
            ("bars 2-2: chord F", false),
            ("bars 2-2: chord in C F", true),
            ("bars 1-3: chord in C F G", true),
            ("section B: chord in G C", true),
            ("section B: chord G", false),
            ("chord in C F G", true),
            ("chord in C F", false),
        ] {
            assert_eq!(holds(text, &sheet, &page()), wanted, "{text}");
        }
    }

    #[test]
    fn where_nothing_sounds_only_everywhere_is_content() {
        let sheet = sheet("C 4", "");
        assert!(holds("chord C", &sheet, &page()));
        assert!(!holds("bar 1: chord C", &sheet, &page()));
        assert!(!holds("bars 1-2: chord C", &sheet, &page()));
        assert!(holds("bars 2-4: chord C", &sheet, &page()));
    }
}
