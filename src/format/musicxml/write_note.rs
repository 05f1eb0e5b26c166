//! Notes, rests and chord symbols as MusicXML elements.

use musicxml::datatypes as d;
use musicxml::elements as e;

use super::beams::Beam;
use super::bricks::{safe, tie, tied, token, tuplet, value_name};
use super::harmony::{self, Change};
use super::notate::Piece;
use super::values::Value;
use crate::music::{ChordSymbol, Key, NoteName, Pitch, Step};

/// The accidentals that hold in a bar: those of the signature and those written so far.
#[derive(Clone, Debug)]
pub struct Accidentals {
    key: Key,
    written: Vec<(i32, i8)>,
}

impl Accidentals {
    /// Those at the start of a bar.
    pub fn at_bar_start(key: Key) -> Accidentals {
        Accidentals { key, written: Vec::new() }
    }

    /// The accidental that a note needs, if any; it holds from then on.
    fn needed(&mut self, pitch: Pitch) -> Option<d::AccidentalValue> {
        let place = pitch.diatonic();
        let alter = pitch.name.alter;
        let holding = self.written.iter().find(|(written, _)| *written == place).map(|(_, alter)| *alter);
        if holding.unwrap_or_else(|| self.key.signature_alter(pitch.name.step)) == alter {
            return None;
        }
        self.written.retain(|(written, _)| *written != place);
        self.written.push((place, alter));
        Some(match alter {
            ..=-3 => d::AccidentalValue::TripleFlat,
            -2 => d::AccidentalValue::FlatFlat,
            -1 => d::AccidentalValue::Flat,
            0 => d::AccidentalValue::Natural,
            1 => d::AccidentalValue::Sharp,
            2 => d::AccidentalValue::DoubleSharp,
            3.. => d::AccidentalValue::TripleSharp,
        })
    }
}

/// `<note>` for a written note (with its pitch) or a rest (without).
pub fn note(
    piece: &Piece,
    pitch: Option<Pitch>,
    divisions: u32,
    beams: &[Beam],
    lyric: Option<e::Lyric>,
    accidentals: &mut Accidentals,
) -> e::MeasureElement {
    let mut ties = Vec::new();
    let mut notations = Vec::new();
    if piece.tied_back {
        ties.push(tie(d::StartStop::Stop));
        notations.push(tied(d::StartStopContinue::Stop));
    }
    if piece.tied_on {
        ties.push(tie(d::StartStop::Start));
        notations.push(tied(d::StartStopContinue::Start));
    }
    if piece.opens_tuplet {
        notations.push(tuplet(d::StartStop::Start));
    }
    if piece.closes_tuplet {
        notations.push(tuplet(d::StartStop::Stop));
    }
    let accidental = pitch.filter(|_| !piece.tied_back).and_then(|pitch| accidentals.needed(pitch));
    let typed = |value: Value| e::Type {
        attributes: e::TypeAttributes::default(),
        content: value_name(value.halvings),
    };
    let notations = (!notations.is_empty()).then(|| e::Notations {
        attributes: e::NotationsAttributes::default(),
        content: e::NotationsContents { footnote: None, level: None, notations },
    });
    let beams = beams.iter().zip(1..).map(|(beam, level)| e::Beam {
        attributes: e::BeamAttributes { number: Some(d::BeamLevel(level)), ..e::BeamAttributes::default() },
        content: match beam {
            Beam::Begin => d::BeamValue::Begin,
            Beam::Continue => d::BeamValue::Continue,
            Beam::End => d::BeamValue::End,
            Beam::ForwardHook => d::BeamValue::ForwardHook,
            Beam::BackwardHook => d::BeamValue::BackwardHook,
        },
    });
    e::MeasureElement::Note(e::Note {
        attributes: e::NoteAttributes::default(),
        content: e::NoteContents {
            info: e::NoteType::Normal(e::NormalInfo {
                chord: None,
                audible: audible(piece, pitch),
                duration: e::Duration {
                    attributes: (),
                    content: d::PositiveDivisions(in_divisions(piece.length, divisions).unsigned_abs()),
                },
                tie: ties,
            }),
            instrument: Vec::new(),
            footnote: None,
            level: None,
            voice: Some(e::Voice { attributes: (), content: safe("1") }),
            r#type: piece.value.map(typed),
            dot: (0..piece.value.map_or(0, |value| value.dots)).map(|_| dot()).collect(),
            accidental: accidental
                .map(|content| e::Accidental { attributes: e::AccidentalAttributes::default(), content }),
            time_modification: time_modification(piece),
            stem: None,
            notehead: None,
            notehead_text: None,
            staff: None,
            beam: beams.collect(),
            notations: notations.into_iter().collect(),
            lyric: lyric.into_iter().collect(),
            play: None,
            listen: None,
        },
    })
}

fn audible(piece: &Piece, pitch: Option<Pitch>) -> e::AudibleType {
    match pitch {
        Some(pitch) => e::AudibleType::Pitch(e::Pitch {
            attributes: (),
            content: e::PitchContents {
                step: e::Step { attributes: (), content: step(pitch.name.step) },
                alter: (pitch.name.alter != 0)
                    .then(|| e::Alter { attributes: (), content: alter(pitch.name) }),
                octave: e::Octave { attributes: (), content: d::Octave(pitch.octave.max(0) as u8) },
            },
        }),
        None => e::AudibleType::Rest(e::Rest {
            attributes: e::RestAttributes { measure: piece.value.is_none().then_some(d::YesNo::Yes) },
            content: e::RestContents { display_step: None, display_octave: None },
        }),
    }
}

fn dot() -> e::Dot {
    e::Dot { attributes: e::DotAttributes::default(), content: () }
}

/// `<time-modification>`; the tuplet's own value is named where the note has another.
fn time_modification(piece: &Piece) -> Option<e::TimeModification> {
    let tuplet = piece.tuplet?;
    let count = |count: i64| d::NonNegativeInteger(count.unsigned_abs() as u32);
    let unit = tuplet.unit_value().filter(|unit| Some(*unit) != piece.value);
    Some(e::TimeModification {
        attributes: (),
        content: e::TimeModificationContents {
            actual_notes: e::ActualNotes { attributes: (), content: count(tuplet.actual) },
            normal_notes: e::NormalNotes { attributes: (), content: count(tuplet.normal) },
            normal_type: unit
                .map(|unit| e::NormalType { attributes: (), content: value_name(unit.halvings) }),
            normal_dot: Vec::new(),
        },
    })
}

/// A length as a count of divisions.
pub fn in_divisions(length: crate::music::Duration, divisions: u32) -> i32 {
    let count = i128::from(length.ticks()) * i128::from(divisions);
    i32::try_from(count / i128::from(crate::music::Duration::TICKS_PER_QUARTER)).unwrap_or(i32::MAX)
}

/// `<harmony>`, so many divisions after the next note's start.
pub fn harmony(chord: &ChordSymbol, offset: i32) -> e::MeasureElement {
    let subcontents = match chord {
        ChordSymbol::NoChord => no_chord(),
        ChordSymbol::Chord(chord) => {
            let encoded = harmony::encode(chord);
            e::HarmonySubcontents {
                root: Some(root(chord.root, None)),
                numeral: None,
                function: None,
                kind: kind(encoded.text, kind_value(encoded.kind)),
                inversion: None,
                bass: chord.bass.map(bass),
                degree: encoded.degrees.iter().map(degree).collect(),
            }
        }
    };
    let offset = (offset != 0)
        .then(|| e::Offset { attributes: e::OffsetAttributes::default(), content: d::Divisions(offset) });
    e::MeasureElement::Harmony(e::Harmony {
        attributes: e::HarmonyAttributes::default(),
        content: e::HarmonyContents { harmony: vec![subcontents], offset, ..e::HarmonyContents::default() },
    })
}

/// N.C. as the specification writes it: a root that prints nothing and the kind none.
fn no_chord() -> e::HarmonySubcontents {
    e::HarmonySubcontents {
        root: Some(root(NoteName::new(Step::C, 0), Some(token("")))),
        numeral: None,
        function: None,
        kind: kind("N.C.", d::KindValue::None),
        inversion: None,
        bass: None,
        degree: Vec::new(),
    }
}

fn kind(text: &str, content: d::KindValue) -> e::Kind {
    e::Kind {
        attributes: e::KindAttributes { text: Some(token(text)), ..e::KindAttributes::default() },
        content,
    }
}

fn root(name: NoteName, text: Option<d::Token>) -> e::Root {
    let attributes = e::RootStepAttributes { text, ..e::RootStepAttributes::default() };
    e::Root {
        attributes: (),
        content: e::RootContents {
            root_step: e::RootStep { attributes, content: step(name.step) },
            root_alter: (name.alter != 0).then(|| e::RootAlter {
                attributes: e::RootAlterAttributes::default(),
                content: alter(name),
            }),
        },
    }
}

fn bass(name: NoteName) -> e::Bass {
    e::Bass {
        attributes: e::BassAttributes::default(),
        content: e::BassContents {
            bass_separator: None,
            bass_step: e::BassStep { attributes: e::BassStepAttributes::default(), content: step(name.step) },
            bass_alter: (name.alter != 0).then(|| e::BassAlter {
                attributes: e::BassAlterAttributes::default(),
                content: alter(name),
            }),
        },
    }
}

fn degree(degree: &harmony::Degree) -> e::Degree {
    let text = degree.hidden.then(|| token(""));
    e::Degree {
        attributes: e::DegreeAttributes { print_object: degree.hidden.then_some(d::YesNo::No) },
        content: e::DegreeContents {
            degree_value: e::DegreeValue {
                attributes: e::DegreeValueAttributes::default(),
                content: d::PositiveInteger(u32::from(degree.number)),
            },
            degree_alter: e::DegreeAlter {
                attributes: e::DegreeAlterAttributes::default(),
                content: d::Semitones(degree.alter),
            },
            degree_type: e::DegreeType {
                attributes: e::DegreeTypeAttributes { text, ..e::DegreeTypeAttributes::default() },
                content: match degree.change {
                    Change::Add => d::DegreeTypeValue::Add,
                    Change::Alter => d::DegreeTypeValue::Alter,
                    Change::Subtract => d::DegreeTypeValue::Subtract,
                },
            },
        },
    }
}

fn step(step: Step) -> d::Step {
    match step {
        Step::C => d::Step::C,
        Step::D => d::Step::D,
        Step::E => d::Step::E,
        Step::F => d::Step::F,
        Step::G => d::Step::G,
        Step::A => d::Step::A,
        Step::B => d::Step::B,
    }
}

fn alter(name: NoteName) -> d::Semitones {
    d::Semitones(i16::from(name.alter))
}

/// The crate's word for a kind that [`harmony::encode`] gives.
fn kind_value(name: &str) -> d::KindValue {
    match name {
        "minor" => d::KindValue::Minor,
        "augmented" => d::KindValue::Augmented,
        "diminished" => d::KindValue::Diminished,
        "dominant" => d::KindValue::Dominant,
        "major-seventh" => d::KindValue::MajorSeventh,
        "minor-seventh" => d::KindValue::MinorSeventh,
        "diminished-seventh" => d::KindValue::DiminishedSeventh,
        "augmented-seventh" => d::KindValue::AugmentedSeventh,
        "half-diminished" => d::KindValue::HalfDiminished,
        "major-minor" => d::KindValue::MajorMinor,
        "major-sixth" => d::KindValue::MajorSixth,
        "minor-sixth" => d::KindValue::MinorSixth,
        "dominant-ninth" => d::KindValue::DominantNinth,
        "major-ninth" => d::KindValue::MajorNinth,
        "minor-ninth" => d::KindValue::MinorNinth,
        "dominant-11th" => d::KindValue::Dominant11th,
        "major-11th" => d::KindValue::Major11th,
        "minor-11th" => d::KindValue::Minor11th,
        "dominant-13th" => d::KindValue::Dominant13th,
        "major-13th" => d::KindValue::Major13th,
        "minor-13th" => d::KindValue::Minor13th,
        "suspended-second" => d::KindValue::SuspendedSecond,
        "suspended-fourth" => d::KindValue::SuspendedFourth,
        "power" => d::KindValue::Power,
        _ => d::KindValue::Major,
    }
}
