//! Any MusicXML score as a lead sheet: which part, which bars, and the head of the page.

use std::collections::BTreeMap;

use roxmltree::{Document, Node, ParsingOptions};

use super::decode;
use super::line::{Line, line};
use super::lyrics;
use super::marks::one_line;
use super::read_form::{self, Layout};
use super::remarks::Remarks;
use super::walk::{RawPart, child, child_text, walk};
use crate::format::{FormatError, Reading};
use crate::music::lead_sheet::Header;
use crate::music::{Chart, ChordChange, ChordSymbol, Duration, Feel, Key, LeadSheet, Melody};

/// Elements and texts of a file that are read at most.
const MOST_NODES: u32 = 8_000_000;
/// Measures that are read at most.
const MOST_MEASURES: usize = 50_000;
/// Parts of a score-timewise that are looked at at most.
const MOST_TIMEWISE_PARTS: usize = 100;

/// The lead sheet in the bytes of an XML file.
///
/// # Errors
/// When it is no XML, no score, has nothing to read, or lengths that make no sense; with the line or measure.
pub fn read(bytes: &[u8]) -> Result<Reading, FormatError> {
    let mut sentences = Vec::new();
    let text = decode::text(bytes, &mut sentences)?;
    decode::check(&text)?;
    let options = ParsingOptions { allow_dtd: true, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&text, options).map_err(broken)?;
    let mut remarks = Remarks::default();
    let sheet = score(document.root_element(), &mut remarks)?;
    sentences.extend(remarks.into_sentences());
    Ok(Reading { sheets: vec![sheet], remarks: sentences })
}

fn broken(error: roxmltree::Error) -> FormatError {
    if matches!(error, roxmltree::Error::NodesLimitReached) {
        let message = format!("the score has more than {} million elements", MOST_NODES / 1_000_000);
        return FormatError::new(message).help("export fewer bars or parts");
    }
    let (place, message) = (error.pos(), error.to_string());
    // The parser's message ends with its own "at 1:2".
    let message = message.rsplit_once(" at ").map_or(message.as_str(), |(message, _)| message);
    FormatError::new(format!("the XML is broken: {message}"))
        .at(format!("line {}, column {}", place.row, place.col))
        .help("export or download the file again")
}

/// A measure's own element, which has its number, and the element that has the part's contents.
type MeasureNodes<'a, 'i> = (Node<'a, 'i>, Option<Node<'a, 'i>>);

fn score(root: Node<'_, '_>, remarks: &mut Remarks) -> Result<LeadSheet, FormatError> {
    let timewise = match root.tag_name().name() {
        "score-partwise" => false,
        "score-timewise" => true,
        "opus" => {
            let error = FormatError::new("the file is an opus, a list of scores");
            return Err(error.help("open the scores that it names one by one"));
        }
        other => {
            let other: String = other.chars().take(40).collect();
            return Err(FormatError::new(format!(
                "the file's outermost element is '{other}', not a MusicXML score"
            )));
        }
    };
    let parts = if timewise { timewise_parts(root) } else { partwise_parts(root) };
    let longest = parts.iter().map(|part| part.1.len()).max().unwrap_or(0);
    if longest > MOST_MEASURES {
        return Err(FormatError::new(format!("the score has more than {MOST_MEASURES} measures")));
    }
    let has = |part: &(String, Vec<MeasureNodes<'_, '_>>), wanted: fn(Node<'_, '_>) -> bool| {
        part.1.iter().filter_map(|measure| measure.1).any(|content| content.children().any(wanted))
    };
    let sings = |node: Node<'_, '_>| {
        let plain = child(node, "grace").is_none() && child(node, "cue").is_none();
        node.tag_name().name() == "note" && plain && child(node, "pitch").is_some()
    };
    let melodic = parts.iter().position(|part| has(part, sings));
    let harmonic = parts.iter().position(|part| has(part, |node| node.tag_name().name() == "harmony"));
    let chosen = melodic.or(harmonic).unwrap_or(0);
    let Some((id, nodes)) = parts.get(chosen).filter(|part| !part.1.is_empty()) else {
        return Err(FormatError::new("the score has no measures").help("export it again"));
    };
    match melodic {
        Some(0) => {}
        Some(_) => {
            remarks.say(format!("The melody is that of part '{}', the first with notes.", name(root, id)))
        }
        None => remarks.say("The score has no notes of definite pitch."),
    }
    if parts.len() > 1 && melodic.is_some() {
        remarks.say(format!("Notes of {} other parts were left out.", parts.len() - 1));
    }
    let part = walk(nodes, remarks)?;
    let chords = match harmonic.and_then(|index| parts.get(index)) {
        Some((id, nodes)) if harmonic != Some(chosen) => {
            remarks.say(format!("The chords are those of part '{}'.", name(root, id)));
            // What is odd about that part's notes concerns no one.
            Some(walk(nodes, &mut Remarks::default())?)
        }
        _ => None,
    };
    let mut layout = read_form::layout(&part, remarks);
    let Line { notes, lyrics } = line(&part, &layout.starts, layout.form.end(), remarks);
    layout.form.set_words(&notes, &lyrics::sung(&notes, &lyrics));
    let stray = part.lyrics.iter().filter(|lyric| lyric.syllable.is_some()).count()
        - lyrics.iter().flatten().filter(|lyric| lyric.syllable.is_some()).count();
    if stray > 0 {
        remarks.say(format!("Syllables that stand under no note of the melody were left out: {stray}."));
    }
    let melody = Melody { notes };
    let chart = chart(chords.as_ref().unwrap_or(&part), &layout, remarks);
    let header = header(root, &part, chords.as_ref(), remarks);
    LeadSheet::new(header, layout.form, chart, melody)
        .map_err(|error| FormatError::new(format!("the score is no lead sheet: {error}")))
}

/// The parts of a score-partwise: id and measures.
fn partwise_parts<'a, 'i>(root: Node<'a, 'i>) -> Vec<(String, Vec<MeasureNodes<'a, 'i>>)> {
    let parts = root.children().filter(|node| node.tag_name().name() == "part");
    let measures = |part: Node<'a, 'i>| {
        let measures = part.children().filter(|node| node.tag_name().name() == "measure");
        measures.map(|measure| (measure, Some(measure))).collect()
    };
    parts.map(|part| (part.attribute("id").unwrap_or("").to_string(), measures(part))).collect()
}

/// The parts of a score-timewise, in the order they first appear; in measures that a part sits out it has no contents.
fn timewise_parts<'a, 'i>(root: Node<'a, 'i>) -> Vec<(String, Vec<MeasureNodes<'a, 'i>>)> {
    let measures = root.children().filter(|node| node.tag_name().name() == "measure");
    let measures: Vec<Node<'a, 'i>> = measures.take(MOST_MEASURES + 1).collect();
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut parts: Vec<(String, Vec<MeasureNodes<'a, 'i>>)> = Vec::new();
    for (index, measure) in measures.iter().enumerate() {
        for content in measure.children().filter(|node| node.tag_name().name() == "part") {
            let id = content.attribute("id").unwrap_or("");
            let number = *numbers.entry(id).or_insert(parts.len());
            if number == parts.len() {
                if parts.len() >= MOST_TIMEWISE_PARTS {
                    continue;
                }
                parts.push((id.to_string(), measures.iter().map(|measure| (*measure, None)).collect()));
            }
            if let Some(slot) = parts.get_mut(number).and_then(|(_, measures)| measures.get_mut(index)) {
                slot.1 = slot.1.or(Some(content));
            }
        }
    }
    parts
}

/// A part's printed name, or its id.
fn name(root: Node<'_, '_>, id: &str) -> String {
    let list = child(root, "part-list");
    let entry = list.and_then(|list| list.children().find(|node| node.attribute("id") == Some(id)));
    let name = entry.and_then(|entry| child_text(entry, "part-name")).map(one_line).unwrap_or_default();
    if name.is_empty() { id.chars().take(40).collect() } else { name.chars().take(40).collect() }
}

/// The chord symbols at their places in the sheet, at most one at each.
fn chart(part: &RawPart, layout: &Layout, remarks: &mut Remarks) -> Chart {
    let (first, end) = (-layout.form.pickup, layout.form.end());
    let mut placed: Vec<(Duration, bool, ChordSymbol, &str)> = Vec::new();
    for (index, measure) in part.measures.iter().enumerate() {
        let Some(start) = layout.starts.get(index) else { break };
        let next = layout.starts.get(index + 1).copied().unwrap_or(end);
        for (place, chord) in &measure.chords {
            let at = (*start + *place).clamp(first, end - Duration::from_ticks(1));
            // A chord beyond its measure yields to one that stands where it would come.
            placed.push((at, at >= next, chord.clone(), &measure.number));
        }
    }
    placed.sort_by_key(|placed| (placed.0, placed.1));
    let mut changes: Vec<ChordChange> = Vec::with_capacity(placed.len());
    for (at, _, chord, measure) in placed {
        match changes.last() {
            Some(last) if last.at == at => {
                if last.chord != chord {
                    remarks.count("Chords at the place of another left out", measure);
                }
            }
            _ => changes.push(ChordChange { at, chord }),
        }
    }
    Chart { changes }
}

fn header(root: Node<'_, '_>, part: &RawPart, chords: Option<&RawPart>, remarks: &mut Remarks) -> Header {
    let key = part
        .measures
        .iter()
        .chain(chords.iter().flat_map(|part| &part.measures))
        .find_map(|measure| measure.key);
    if key.is_none() {
        remarks.say("The file names no key; C major is assumed.");
    }
    let mut header = Header::new(title(root), key.unwrap_or(Key::C_MAJOR));
    let identification = child(root, "identification");
    let creators = || {
        let creators = identification.into_iter().flat_map(|node| node.children());
        creators.filter(|node| node.tag_name().name() == "creator")
    };
    let creator = |roles: &[Option<&str>]| {
        let creator = creators().find(|node| roles.contains(&node.attribute("type")));
        creator.and_then(|node| node.text()).map(one_line).filter(|name| !name.is_empty())
    };
    header.composer = creator(&[Some("composer")]).or_else(|| creator(&[None]));
    header.lyricist = creator(&[Some("lyricist"), Some("poet")]);
    header.rights = identification
        .and_then(|node| child_text(node, "rights"))
        .map(one_line)
        .filter(|rights| !rights.is_empty());
    let mut tempi = part.measures.iter().filter_map(|measure| Some((measure, measure.marks.tempo?)));
    header.tempo = tempi.next().map(|(_, tempo)| tempo);
    for (measure, _) in tempi.filter(|(_, tempo)| Some(*tempo) != header.tempo) {
        remarks.count("Changes of tempo left out", &measure.number);
    }
    if part.measures.iter().take(2).any(|measure| measure.marks.swing) {
        header.feel = Feel::Swing;
    }
    header
}

/// The title of the work, else of the movement, else the credit that is one or stands first.
fn title(root: Node<'_, '_>) -> String {
    let credits = || root.children().filter(|node| node.tag_name().name() == "credit");
    let titled =
        || credits().find(|credit| child_text(*credit, "credit-type").map(str::trim) == Some("title"));
    let words = |credit: Node<'_, '_>| child_text(credit, "credit-words").map(one_line);
    let work = child(root, "work").and_then(|work| child_text(work, "work-title")).map(one_line);
    let found = [
        work,
        child_text(root, "movement-title").map(one_line),
        titled().and_then(words),
        credits().find_map(words),
    ];
    found.into_iter().flatten().find(|title| !title.is_empty()).unwrap_or_default()
}
