//! Beams by the beat, with partial beams for what is shorter.

use super::notate::{Measure, Piece};
use crate::music::Duration;

/// What one of a note's beams does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words are MusicXML's")]
pub enum Beam {
    Begin,
    Continue,
    End,
    ForwardHook,
    BackwardHook,
}

/// The beams of every piece of a bar, outermost first; none for rests, long notes and notes alone in their beat.
pub fn beams(measure: &Measure) -> Vec<Vec<Beam>> {
    let mut beams = vec![Vec::new(); measure.pieces.len()];
    let pulses = measure.meter.pulses();
    let bar = measure.meter.bar_length();
    let groups: Vec<Option<Duration>> =
        measure.pieces.iter().map(|piece| group(piece, &pulses, bar)).collect();
    let mut first = 0;
    while first < groups.len() {
        let last = (first..groups.len())
            .take_while(|&at| groups[at].is_some() && groups[at] == groups[first])
            .last();
        let last = last.unwrap_or(first);
        if last > first {
            let flags: Vec<u8> =
                measure.pieces[first..=last].iter().map(|p| p.value.map_or(0, |v| v.flags())).collect();
            for (at, beams) in beams[first..=last].iter_mut().enumerate() {
                *beams = of_note(&flags, at, &measure.pieces[first + at]);
            }
        }
        first = last + 1;
    }
    beams
}

/// The beat that a short note is beamed with: where it starts. A tuplet of several beats is one group.
fn group(piece: &Piece, pulses: &[Duration], bar: Duration) -> Option<Duration> {
    if piece.note.is_none() || piece.value.is_none_or(|value| value.flags() == 0) {
        return None;
    }
    let whole_bars = bar * piece.beat.div_floor(bar);
    let mut start = whole_bars;
    let mut length = bar;
    for pulse in pulses {
        if piece.beat < start + *pulse {
            length = *pulse;
            break;
        }
        start += *pulse;
    }
    match piece.tuplet {
        Some(tuplet) if tuplet.length > length => Some(tuplet.start),
        _ => Some(start),
    }
}

fn of_note(flags: &[u8], at: usize, piece: &Piece) -> Vec<Beam> {
    let has = |index: Option<usize>, level: u8| index.and_then(|i| flags.get(i)).is_some_and(|f| *f >= level);
    let before = at.checked_sub(1);
    let levels = 1..=flags.get(at).copied().unwrap_or(0);
    let beam = |level: u8| match (has(before, level), has(Some(at + 1), level)) {
        (true, true) => Beam::Continue,
        (true, false) => Beam::End,
        (false, true) => Beam::Begin,
        (false, false) if before.is_none() => Beam::ForwardHook,
        (false, false) if at + 1 == flags.len() => Beam::BackwardHook,
        // In the middle it points to the note that it completes an eighth (a 16th, …) with.
        (false, false) => {
            let longer = Duration::WHOLE / (1 << (level + 1).min(8));
            let ends =
                piece.tuplet.map_or(piece.beat + piece.length, |t| t.written(piece.beat + piece.length));
            if ends.rem_floor(longer) == Duration::ZERO { Beam::BackwardHook } else { Beam::ForwardHook }
        }
    };
    levels.map(beam).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::musicxml::notate::notate;
    use crate::music::{Chart, Form, Key, LeadSheet, Melody, Note, Pitch};

    /// The beams of a bar of notes with these lengths in 16ths: `b`egin, `c`ontinue, `e`nd, `>` and `<` hooks.
    fn drawn(meter: &str, sixteenths: &[(i64, i64)]) -> String {
        let mut at = Duration::ZERO;
        let mut notes = Vec::new();
        for &(length, divided) in sixteenths {
            let duration = Duration::SIXTEENTH * length / divided;
            notes.push(Note { onset: at, duration, pitch: "C5".parse::<Pitch>().expect("a pitch") });
            at += duration;
        }
        let header = crate::music::lead_sheet::Header::new("", Key::C_MAJOR);
        let form = Form::plain(meter.parse().expect("a meter"), 1);
        let sheet = LeadSheet::new(header, form, Chart::default(), Melody { notes }).expect("a sheet");
        let measures = notate(&sheet, &mut Vec::new()).expect("notes");
        let letter = |beam: &Beam| match beam {
            Beam::Begin => 'b',
            Beam::Continue => 'c',
            Beam::End => 'e',
            Beam::ForwardHook => '>',
            Beam::BackwardHook => '<',
        };
        let of_notes: Vec<String> =
            beams(&measures[0]).iter().map(|beams| beams.iter().map(letter).collect()).collect();
        of_notes.join(" ")
    }

    #[test]
    fn eighths_are_beamed_by_the_beat() {
        assert_eq!(drawn("4/4", &[(2, 1); 8]), "b e b e b e b e");
        assert_eq!(drawn("6/8", &[(2, 1); 6]), "b c e b c e");
        assert_eq!(drawn("3/8", &[(2, 1); 3]), "b c e");
        assert_eq!(drawn("5/8", &[(2, 1); 5]), "b c e b e");
        assert_eq!(drawn("2/4", &[(2, 1), (4, 1), (2, 1)]), "  ");
    }

    #[test]
    fn shorter_notes_get_hooks_on_the_right_side() {
        assert_eq!(drawn("2/4", &[(3, 1), (1, 1), (1, 1), (3, 1)]), "b e< b> e");
        assert_eq!(drawn("2/4", &[(1, 1), (2, 1), (1, 1), (4, 1)]), "b> c e< ");
        assert_eq!(drawn("2/4", &[(1, 1), (1, 1), (2, 1), (2, 1), (1, 1), (1, 1)]), "bb ce e b cb ee");
        assert_eq!(drawn("6/8", &[(3, 1), (1, 1), (2, 1), (6, 1)]), "b c< e ");
    }

    #[test]
    fn triplets_are_beamed_together() {
        assert_eq!(drawn("2/4", &[(4, 3), (4, 3), (4, 3), (4, 1)]), "b c e ");
        assert_eq!(drawn("2/4", &[(8, 7), (8, 7), (8, 7), (8, 7), (8, 7), (8, 7), (8, 7)]), "b c c c c c e");
    }
}
