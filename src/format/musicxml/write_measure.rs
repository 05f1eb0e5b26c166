//! Measures: signatures, marks, bar lines and what stands between them.

use musicxml::datatypes as d;
use musicxml::elements as e;

use super::beams::beams;
use super::bricks::{barline, direction, ending, new_system, rehearsal, repeat, token, value_name, words};
use super::lyrics;
use super::notate::Measure;
use super::values::Value;
use super::write_note::{self, Accidentals, in_divisions};
use crate::music::{Feel, Jump, Key, LeadSheet, Meter, Mode, Tempo};

/// Bars on a line.
const BARS_ON_A_LINE: usize = 4;

/// All measures of the part.
pub fn measures(
    sheet: &LeadSheet,
    measures: &[Measure],
    divisions: u32,
    remarks: &mut Vec<String>,
) -> Vec<e::Measure> {
    let keys = sheet.bar_keys();
    let mut lyrics = lyrics::of(sheet);
    let mut before: Option<(Key, Meter)> = None;
    let mut written = Vec::with_capacity(measures.len());
    for measure in measures {
        let key =
            signature(measure.bar.and_then(|bar| keys.get(bar).copied()).unwrap_or(sheet.key()), remarks);
        let mut content = Vec::new();
        if measure.bar.is_some_and(|bar| starts_line(sheet, bar)) {
            content.push(new_system());
        }
        content.extend(measure.bar.and_then(|bar| left_barline(sheet, bar)));
        content.extend(attributes(before, (key, measure.meter), divisions));
        if before.is_none() {
            content.extend(tempo(sheet, remarks));
        }
        if let Some(bar) = measure.bar {
            content.extend(opening_marks(sheet, bar));
        }
        notes(sheet, measure, key, divisions, &mut lyrics, &mut content);
        if let Some(bar) = measure.bar {
            content.extend(closing_marks(sheet, bar));
            content.extend(right_barline(sheet, bar));
        }
        before = Some((key, measure.meter));
        let irregular = measure.bar.is_none() || measure.length != measure.meter.bar_length();
        written.push(e::Measure {
            attributes: e::MeasureAttributes {
                number: token(&measure.bar.map_or(0, |bar| bar + 1).to_string()),
                id: None,
                implicit: irregular.then_some(d::YesNo::Yes),
                non_controlling: None,
                text: None,
                width: None,
            },
            content,
        });
    }
    written
}

/// The key as its signature can be printed.
fn signature(key: Key, remarks: &mut Vec<String>) -> Key {
    let printed = key.simplified();
    if printed != key {
        let remark = format!("The key {key} has no printable signature; {printed} is written.");
        if !remarks.contains(&remark) {
            remarks.push(remark);
        }
    }
    printed
}

fn starts_line(sheet: &LeadSheet, bar: usize) -> bool {
    let first = sheet.form().section_of(bar).map_or(0, |section| section.first_bar);
    bar > 0 && (bar - first).is_multiple_of(BARS_ON_A_LINE)
}

fn attributes(before: Option<(Key, Meter)>, now: (Key, Meter), divisions: u32) -> Option<e::MeasureElement> {
    let key = before.is_none_or(|before| before.0 != now.0).then(|| key(now.0));
    let time = before.is_none_or(|before| before.1 != now.1).then(|| time(now.1));
    if key.is_none() && time.is_none() {
        return None;
    }
    let clef = || e::Clef {
        attributes: e::ClefAttributes::default(),
        content: e::ClefContents {
            sign: e::Sign { attributes: (), content: d::ClefSign::G },
            line: Some(e::Line { attributes: (), content: d::StaffLinePosition(2) }),
            clef_octave_change: None,
        },
    };
    Some(e::MeasureElement::Attributes(e::Attributes {
        attributes: (),
        content: e::AttributesContents {
            divisions: before
                .is_none()
                .then_some(e::Divisions { attributes: (), content: d::PositiveDivisions(divisions) }),
            key: key.into_iter().collect(),
            time: time.into_iter().collect(),
            clef: if before.is_none() { vec![clef()] } else { Vec::new() },
            ..e::AttributesContents::default()
        },
    }))
}

fn key(key: Key) -> e::Key {
    let mode = match key.mode {
        Mode::Major => d::Mode::Major,
        Mode::Minor => d::Mode::Minor,
        Mode::Dorian => d::Mode::Dorian,
        Mode::Phrygian => d::Mode::Phrygian,
        Mode::Lydian => d::Mode::Lydian,
        Mode::Mixolydian => d::Mode::Mixolydian,
        Mode::Locrian => d::Mode::Locrian,
    };
    e::Key {
        attributes: e::KeyAttributes::default(),
        content: e::KeyContents::Explicit(e::ExplicitKeyContents {
            cancel: None,
            fifths: e::Fifths { attributes: (), content: d::Fifths(key.fifths().clamp(-7, 7) as i8) },
            mode: Some(e::Mode { attributes: (), content: mode }),
            key_octave: Vec::new(),
        }),
    }
}

fn time(meter: Meter) -> e::Time {
    let beats = e::TimeBeatContents {
        beats: e::Beats { attributes: (), content: meter.beats().to_string() },
        beat_type: e::BeatType { attributes: (), content: meter.unit().to_string() },
    };
    e::Time {
        attributes: e::TimeAttributes::default(),
        content: e::TimeContents { beats: vec![beats], ..e::TimeContents::default() },
    }
}

/// Feel and tempo in one direction, as programs expect them.
fn tempo(sheet: &LeadSheet, remarks: &mut Vec<String>) -> Option<e::MeasureElement> {
    let header = sheet.header();
    let swing = (header.feel == Feel::Swing).then(|| words("Swing"));
    let metronome = header.tempo.map(|tempo| metronome(tempo, remarks));
    let sound = header.tempo.map(|tempo| e::SoundAttributes {
        tempo: Some(d::NonNegativeDecimal(f64::from(tempo.per_minute) * tempo.beat.as_quarters_f64())),
        ..e::SoundAttributes::default()
    });
    let types: Vec<e::DirectionTypeContents> = swing.into_iter().chain(metronome).collect();
    (!types.is_empty()).then(|| direction(types, sound))
}

fn metronome(tempo: Tempo, remarks: &mut Vec<String>) -> e::DirectionTypeContents {
    let (value, per_minute) = match Value::of(tempo.beat) {
        Some(value) => (value, tempo.per_minute.to_string()),
        None => {
            remarks.push(format!(
                "A beat of {} quarters is no note value; the tempo is in quarters.",
                tempo.beat
            ));
            let quarters = f64::from(tempo.per_minute) * tempo.beat.as_quarters_f64();
            (Value { halvings: 2, dots: 0 }, format!("{}", quarters.round()))
        }
    };
    e::DirectionTypeContents::Metronome(e::Metronome {
        attributes: e::MetronomeAttributes {
            parentheses: Some(d::YesNo::No),
            ..e::MetronomeAttributes::default()
        },
        content: e::MetronomeContents::BeatBased(e::BeatBased {
            beat_unit: e::BeatUnit { attributes: (), content: value_name(value.halvings) },
            beat_unit_dot: (0..value.dots).map(|_| e::BeatUnitDot { attributes: (), content: () }).collect(),
            beat_unit_tied: Vec::new(),
            equals: e::BeatEquation::BPM(e::PerMinute {
                attributes: e::PerMinuteAttributes::default(),
                content: per_minute,
            }),
        }),
    })
}

/// Rehearsal marks and the signs that are jumped to.
fn opening_marks(sheet: &LeadSheet, bar: usize) -> Vec<e::MeasureElement> {
    let mut marks = Vec::new();
    let section = sheet.form().section_of(bar).filter(|section| section.first_bar == bar);
    if let Some(section) = section.filter(|section| !section.label.trim().is_empty()) {
        marks.push(direction(vec![rehearsal(section.label.trim())], None));
    }
    let jumps = sheet.form().bars.get(bar).map_or(&[][..], |bar| &bar.jumps);
    marks.extend(jumps.iter().filter(|jump| jump.is_target()).map(|jump| self::jump(*jump)));
    marks
}

/// The instructions at the end of a bar.
fn closing_marks(sheet: &LeadSheet, bar: usize) -> Vec<e::MeasureElement> {
    let jumps = sheet.form().bars.get(bar).map_or(&[][..], |bar| &bar.jumps);
    jumps.iter().filter(|jump| !jump.is_target()).map(|jump| self::jump(*jump)).collect()
}

fn jump(jump: Jump) -> e::MeasureElement {
    let mut sound = e::SoundAttributes::default();
    let segno = || Some(token("segno1"));
    let coda = || Some(token("coda1"));
    let sign = match jump {
        Jump::Segno => {
            sound.segno = segno();
            let segno = e::Segno { attributes: e::SegnoAttributes::default(), content: () };
            e::DirectionTypeContents::Segno(vec![segno])
        }
        Jump::Coda => {
            sound.coda = coda();
            e::DirectionTypeContents::Coda(vec![e::Coda {
                attributes: e::CodaAttributes::default(),
                content: (),
            }])
        }
        Jump::ToCoda => {
            sound.tocoda = coda();
            words(jump.words())
        }
        Jump::Fine => {
            sound.fine = Some(token("yes"));
            words(jump.words())
        }
        Jump::DaCapo | Jump::DaCapoAlFine | Jump::DaCapoAlCoda => {
            sound.dacapo = Some(d::YesNo::Yes);
            words(jump.words())
        }
        Jump::DalSegno | Jump::DalSegnoAlFine | Jump::DalSegnoAlCoda => {
            sound.dalsegno = segno();
            words(jump.words())
        }
    };
    direction(vec![sign], Some(sound))
}

/// Notes and rests, each after the chord symbols that stand at it or under it.
fn notes(
    sheet: &LeadSheet,
    measure: &Measure,
    key: Key,
    divisions: u32,
    lyrics: &mut [Option<e::Lyric>],
    content: &mut Vec<e::MeasureElement>,
) {
    let mut accidentals = Accidentals::at_bar_start(key);
    for (piece, beams) in measure.pieces.iter().zip(beams(measure)) {
        let start = measure.start + piece.start;
        for change in sheet.chart().written_in(start, start + piece.length) {
            content.push(write_note::harmony(&change.chord, in_divisions(change.at - start, divisions)));
        }
        let pitch = piece.note.and_then(|note| sheet.melody().notes.get(note)).map(|note| note.pitch);
        // The first of tied notes has the syllable.
        let lyric = piece.note.and_then(|note| lyrics.get_mut(note)).and_then(Option::take);
        content.push(write_note::note(piece, pitch, divisions, &beams, lyric, &mut accidentals));
    }
}

/// Whether an ending bracket starts and whether it ends at a bar: a repeat sign ends it, and other passes.
fn bracket(sheet: &LeadSheet, bar: usize) -> Option<(&[u8], bool, bool)> {
    let bars = &sheet.form().bars;
    let here = bars.get(bar)?;
    let passes = here.ending.as_ref()?;
    let before = bar.checked_sub(1).and_then(|bar| bars.get(bar));
    let joined = |one: &crate::music::Bar, other: &crate::music::Bar| {
        one.ending == other.ending && one.repeat_end.is_none() && !other.repeat_start
    };
    let starts = before.is_none_or(|before| !joined(before, here));
    let ends = bars.get(bar + 1).is_none_or(|next| !joined(here, next));
    Some((passes, starts, ends))
}

fn left_barline(sheet: &LeadSheet, bar: usize) -> Option<e::MeasureElement> {
    let starts_repeat = sheet.form().bars.get(bar).is_some_and(|bar| bar.repeat_start);
    let bracket = bracket(sheet, bar).filter(|(_, starts, _)| *starts);
    let ending = bracket.map(|(passes, ..)| ending(passes, d::StartStopDiscontinue::Start));
    if !starts_repeat && ending.is_none() {
        return None;
    }
    let style = if starts_repeat { d::BarStyle::HeavyLight } else { d::BarStyle::Regular };
    let repeat = starts_repeat.then(|| repeat(d::BackwardForward::Forward, 2));
    Some(barline(d::RightLeftMiddle::Left, style, ending, repeat))
}

fn right_barline(sheet: &LeadSheet, bar: usize) -> Option<e::MeasureElement> {
    let form = sheet.form();
    let times = form.bars.get(bar).and_then(|bar| bar.repeat_end);
    let bracket = bracket(sheet, bar).filter(|(_, _, ends)| *ends);
    let ending = bracket.map(|(passes, ..)| {
        let kind = match times {
            Some(_) => d::StartStopDiscontinue::Stop,
            None => d::StartStopDiscontinue::Discontinue,
        };
        ending(passes, kind)
    });
    let next_repeats = form.bars.get(bar + 1).is_some_and(|bar| bar.repeat_start);
    let next_section = form.section_of(bar + 1).is_some_and(|section| section.first_bar == bar + 1);
    let ends_section = next_section && !next_repeats;
    let style = match () {
        () if times.is_some() || bar + 1 == form.bars.len() => d::BarStyle::LightHeavy,
        () if ends_section => d::BarStyle::LightLight,
        () if ending.is_some() => d::BarStyle::Regular,
        () => return None,
    };
    let repeat = times.map(|times| repeat(d::BackwardForward::Backward, times));
    Some(barline(d::RightLeftMiddle::Right, style, ending, repeat))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::lead_sheet::Header;
    use crate::music::{Chart, Duration, Form, Melody};

    #[test]
    fn brackets_join_bars_of_the_same_passes_up_to_the_repeat() {
        let mut form = Form::plain(Meter::COMMON, 5);
        for (bar, pass) in [(1, 1), (2, 1), (3, 2)] {
            form.bars[bar].ending = Some(vec![pass]);
        }
        form.bars[2].repeat_end = Some(2);
        let sheet = LeadSheet::new(Header::new("", Key::C_MAJOR), form, Chart::default(), Melody::default())
            .expect("a sheet");
        let brackets: Vec<_> = (0..5).map(|bar| bracket(&sheet, bar).map(|(_, s, e)| (s, e))).collect();
        let expected = [None, Some((true, false)), Some((false, true)), Some((true, true)), None];
        assert_eq!(brackets, expected);
        assert!((0..5).all(|bar| starts_line(&sheet, bar) == (bar == 4)));
        assert_eq!(in_divisions(Duration::QUARTER * 3, 24), 72);
    }
}
