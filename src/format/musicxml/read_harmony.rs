//! `<harmony>` elements as chord symbols, whichever program wrote them.

use roxmltree::Node;

use super::clock::{decimal, rounded};
use super::harmony::{self, Change, Degree};
use super::remarks::Remarks;
use super::walk::{child, child_text};
use crate::music::{ChordSymbol, NamedChord, NoteName, Step};

/// The chord of a `<harmony>`, or `None` (with a remark) if it names none.
pub fn chord(element: Node<'_, '_>, measure: &str, remarks: &mut Remarks) -> Option<ChordSymbol> {
    if element.attribute("type") == Some("alternate") {
        remarks.count("Alternative chords left out", measure);
        return None;
    }
    let kind = child(element, "kind");
    let name = kind.and_then(|kind| kind.text()).unwrap_or("").trim();
    let text = kind.and_then(|kind| kind.attribute("text")).unwrap_or("").trim();
    if name == "none" {
        return Some(ChordSymbol::NoChord);
    }
    let Some(root) = child(element, "root").and_then(|root| note_name(root, "root")) else {
        remarks.count("Chords without a root left out", measure);
        return None;
    };
    if element.children().filter(|node| node.tag_name().name() == "root").count() > 1 {
        remarks.count("Chords over chords, of which the first is kept", measure);
    }
    let bass = child(element, "bass").and_then(|bass| note_name(bass, "bass"));
    let degrees: Vec<Degree> = element.children().filter_map(degree).collect();
    // Some programs tell an altered chord by its text alone.
    if degrees.is_empty()
        && text.contains("alt")
        && let Some(chord) = parsed(root, text, bass)
    {
        return Some(chord);
    }
    match harmony::decode(root, name, &degrees, bass) {
        Some((chord, exact)) => {
            if !exact {
                remarks.count("Chords that have no usual symbol, given as the nearest", measure);
            }
            Some(ChordSymbol::Chord(chord))
        }
        None => {
            let chord = parsed(root, text, bass).or_else(|| parsed(root, name, bass));
            Some(chord.unwrap_or_else(|| {
                remarks.count("Chords of an unknown kind, given as the nearest", measure);
                let quality = harmony::nearest(if name == "other" { text } else { name });
                ChordSymbol::Chord(NamedChord::from_parts(root, quality, &[], bass))
            }))
        }
    }
}

/// The chord that a text after the root spells, unless it is empty.
fn parsed(root: NoteName, text: &str, bass: Option<NoteName>) -> Option<ChordSymbol> {
    let text = if text.is_empty() || text == "other" { return None } else { text };
    let bass = bass.map(|bass| format!("/{bass}")).unwrap_or_default();
    format!("{root}{text}{bass}").parse().ok().filter(|chord| *chord != ChordSymbol::NoChord)
}

/// The note of a `<root>` or `<bass>`.
fn note_name(node: Node<'_, '_>, what: &str) -> Option<NoteName> {
    let step = child_text(node, if what == "root" { "root-step" } else { "bass-step" })?.trim();
    let alter = child_text(node, if what == "root" { "root-alter" } else { "bass-alter" }).and_then(decimal);
    // Old programs put the accidental into the step.
    let name: NoteName = step.parse().or_else(|_| step.chars().take(1).collect::<String>().parse()).ok()?;
    let alter = rounded(alter.unwrap_or(0)).0.clamp(-3, 3) as i32;
    Some(if alter == 0 { name } else { NoteName::new(Step::from_index(name.step.index()), alter) })
}

fn degree(node: Node<'_, '_>) -> Option<Degree> {
    if node.tag_name().name() != "degree" {
        return None;
    }
    let number = child_text(node, "degree-value")?.trim().parse().ok()?;
    let alter = child_text(node, "degree-alter").and_then(decimal).unwrap_or(0);
    let alter = rounded(alter).0.clamp(-12, 12) as i16;
    let change = match child_text(node, "degree-type").unwrap_or("add").trim() {
        "alter" => Change::Alter,
        "subtract" => Change::Subtract,
        _ => Change::Add,
    };
    Some(Degree { number, alter, change, hidden: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inside: &str) -> (Option<String>, usize) {
        let text = format!("<harmony>{inside}</harmony>");
        let document = roxmltree::Document::parse(&text).expect(inside);
        let mut remarks = Remarks::default();
        let chord = chord(document.root_element(), "1", &mut remarks);
        (chord.map(|chord| chord.to_string()), remarks.into_sentences().len())
    }

    fn named(chord: &str) -> (Option<String>, usize) {
        (Some(chord.to_string()), 0)
    }

    #[test]
    fn kinds_texts_and_degrees_of_many_programs_are_read() {
        let root = "<root><root-step>E</root-step><root-alter> -1 </root-alter></root>";
        let read = |rest: &str| read(&format!("{root}{rest}"));
        assert_eq!(read("<kind>dominant</kind>"), named("Eb7"));
        assert_eq!(read("<kind text='7alt'>dominant</kind>"), named("Eb7alt"));
        assert_eq!(read("<kind text='m7'>other</kind>"), named("Ebm7"));
        assert_eq!(
            read("<kind>min7</kind><bass><bass-step>B</bass-step><bass-alter>-1.0</bass-alter></bass>"),
            named("Ebm7/Bb")
        );
        assert_eq!(read("<kind/>").0, named("Eb").0);
        assert_eq!(read("<kind>dominant-seventh</kind>"), (Some("Eb7".to_string()), 1));
        let degree = "<degree><degree-value>9</degree-value><degree-alter>1</degree-alter><degree-type>add</degree-type></degree>";
        assert_eq!(read(&format!("<kind text='7'>dominant</kind>{degree}")), named("Eb7(#9)"));
    }

    #[test]
    fn no_chord_and_chords_without_root() {
        assert_eq!(
            read("<root><root-step text=''>C</root-step></root><kind text='N.C.'>none</kind>"),
            named("N.C.")
        );
        assert_eq!(read("<function>V</function><kind>major</kind>"), (None, 1));
        assert_eq!(read("<root><root-step>Bb</root-step></root><kind>major</kind>"), named("Bb"));
    }
}
