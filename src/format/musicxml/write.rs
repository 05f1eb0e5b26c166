//! A lead sheet as a MusicXML 3.1 score of one part.

use musicxml::datatypes as d;
use musicxml::elements as e;

use super::bricks::{safe, supports, token};
use super::notate::{self, Measure};
use super::write_measure;
use crate::format::{FormatError, Writing};
use crate::music::{Duration, LeadSheet};

/// The first lines of the file. The crate writes those of version 3.0.
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<!DOCTYPE score-partwise PUBLIC \
\"-//Recordare//DTD MusicXML 3.1 Partwise//EN\" \"http://www.musicxml.org/dtds/partwise.dtd\">\n";

/// The sheet as the bytes of a `.musicxml` file.
///
/// # Errors
/// When a bar's length cannot be written in note values, or a note lies below or above what MusicXML can name.
pub fn write(sheet: &LeadSheet) -> Result<Writing, FormatError> {
    let mut remarks = Vec::new();
    let measures = notate::notate(sheet, &mut remarks)?;
    if let Some(note) = sheet.melody().notes.iter().find(|note| note.pitch.octave < 0) {
        let message = format!("the note {} is too low for MusicXML, which begins at C0", note.pitch);
        return Err(FormatError::new(message).help("transpose the sheet up"));
    }
    remarks.extend(sheet.unsung_remark());
    let divisions = divisions(sheet, &measures);
    let part = e::Part {
        attributes: e::PartAttributes { id: d::IdRef("P1".to_string()) },
        content: write_measure::measures(sheet, &measures, divisions, &mut remarks)
            .into_iter()
            .map(e::PartElement::Measure)
            .collect(),
    };
    let score = e::ScorePartwise {
        attributes: e::ScorePartwiseAttributes { version: Some(token("3.1")) },
        content: e::ScorePartwiseContents {
            work: work(sheet),
            movement_number: None,
            movement_title: None,
            identification: Some(identification(sheet)),
            defaults: None,
            credit: Vec::new(),
            part_list: part_list(),
            part: vec![part],
        },
    };
    let mut text = String::from(HEAD);
    text.push_str(&musicxml::parser::parse_to_xml_str(&score, true));
    text.push('\n');
    Ok(Writing { bytes: text.into_bytes(), remarks })
}

/// Divisions of a quarter: a multiple of 24 that every written length and every chord's place is a whole number of.
fn divisions(sheet: &LeadSheet, measures: &[Measure]) -> u32 {
    let lengths = measures.iter().flat_map(|m| m.pieces.iter().flat_map(|piece| [piece.start, piece.length]));
    let places = sheet.chart().changes.iter().map(|change| change.at);
    let starts = measures.iter().map(|measure| measure.start);
    lengths.chain(places).chain(starts).fold(24, |divisions: i64, length: Duration| {
        let denominator = length.as_ratio().1;
        divisions / gcd(divisions, denominator) * denominator
    }) as u32
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn work(sheet: &LeadSheet) -> Option<e::Work> {
    let title = safe(sheet.title().trim());
    if title.is_empty() {
        return None;
    }
    let title = e::WorkTitle { attributes: (), content: title };
    let content = e::WorkContents { work_number: None, work_title: Some(title), opus: None };
    Some(e::Work { attributes: (), content })
}

fn identification(sheet: &LeadSheet) -> e::Identification {
    let header = sheet.header();
    let creators = [("composer", &header.composer), ("lyricist", &header.lyricist)];
    let creator = creators.into_iter().filter_map(|(role, name)| {
        let content = safe(name.as_ref()?.trim());
        let attributes = e::CreatorAttributes { r#type: Some(token(role)) };
        (!content.is_empty()).then_some(e::Creator { attributes, content })
    });
    let rights = header.rights.as_ref().map(|rights| safe(rights.trim())).filter(|rights| !rights.is_empty());
    let software = concat!("Tunesmith ", env!("CARGO_PKG_VERSION"));
    e::Identification {
        attributes: (),
        content: e::IdentificationContents {
            creator: creator.collect(),
            rights: rights
                .map(|content| e::Rights { attributes: e::RightsAttributes { r#type: None }, content })
                .into_iter()
                .collect(),
            encoding: Some(e::Encoding {
                attributes: (),
                content: vec![
                    e::EncodingContents::Software(e::Software {
                        attributes: (),
                        content: software.to_string(),
                    }),
                    supports("accidental", None),
                    supports("beam", None),
                    supports("print", Some("new-system")),
                ],
            }),
            ..e::IdentificationContents::default()
        },
    }
}

fn part_list() -> e::PartList {
    let instrument = "P1-I1".to_string();
    let score_instrument = e::ScoreInstrument {
        attributes: e::ScoreInstrumentAttributes { id: d::Id(instrument.clone()) },
        content: e::ScoreInstrumentContents {
            instrument_name: e::InstrumentName { attributes: (), content: "Piano".to_string() },
            instrument_abbreviation: None,
            instrument_sound: None,
            solo: None,
            ensemble: None,
            virtual_instrument: None,
        },
    };
    let midi_instrument = e::MidiInstrument {
        attributes: e::MidiInstrumentAttributes { id: d::IdRef(instrument) },
        content: e::MidiInstrumentContents {
            midi_channel: Some(e::MidiChannel { attributes: (), content: d::Midi16(1) }),
            midi_program: Some(e::MidiProgram { attributes: (), content: d::Midi128(1) }),
            ..e::MidiInstrumentContents::default()
        },
    };
    let name = e::PartNameAttributes { print_object: Some(d::YesNo::No), ..e::PartNameAttributes::default() };
    let part = e::ScorePart {
        attributes: e::ScorePartAttributes { id: d::Id("P1".to_string()) },
        content: e::ScorePartContents {
            identification: None,
            part_link: Vec::new(),
            part_name: e::PartName { attributes: name, content: "Melody".to_string() },
            part_name_display: None,
            part_abbreviation: None,
            part_abbreviation_display: None,
            group: Vec::new(),
            score_instrument: vec![score_instrument],
            player: Vec::new(),
            midi_device: Vec::new(),
            midi_instrument: vec![midi_instrument],
        },
    };
    e::PartList {
        attributes: (),
        content: e::PartListContents { content: vec![e::PartListElement::ScorePart(part)] },
    }
}
