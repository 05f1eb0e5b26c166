//! Directions and bar lines: sections, repeats, endings, jumps, tempo and feel.

use roxmltree::Node;

use super::clock::decimal;
use super::walk::{child, child_text};
use crate::music::{Duration, Jump, Tempo};

/// What the directions and bar lines of a measure say.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Rehearsal marks.
    pub rehearsals: Vec<String>,
    /// Signs and instructions.
    pub jumps: Vec<Jump>,
    /// Instructions known by their sound alone, so that *al Coda* or *al Fine* is open.
    pub vague: bool,
    /// A repeat starts here.
    pub repeat_start: bool,
    /// A repeat starts after this measure.
    pub repeat_start_after: bool,
    /// A repeat ends here, played so many times in all.
    pub repeat_end: Option<u8>,
    /// A repeat ends before this measure.
    pub repeat_end_before: Option<u8>,
    /// An ending bracket starts here: its passes, empty if they are not told.
    pub ending_start: Option<Vec<u8>>,
    /// An ending bracket ends here.
    pub ending_stop: bool,
    /// The first metronome mark, or what the sound says.
    pub tempo: Option<Tempo>,
    /// Whether the tempo is a metronome mark.
    pub tempo_printed: bool,
    /// *Swing* is written.
    pub swing: bool,
}

/// Reads a `<direction>` or a `<sound>` of its own; `begun` once notes of the measure have gone before.
pub fn direction(element: Node<'_, '_>, begun: bool, marks: &mut Marks) {
    let mut words = String::new();
    let mut signs = Vec::new();
    for node in element.children().filter(|node| node.tag_name().name() == "direction-type") {
        for sign in node.children() {
            match sign.tag_name().name() {
                "rehearsal" => {
                    let label = one_line(sign.text().unwrap_or(""));
                    if !label.is_empty() {
                        marks.rehearsals.push(label);
                    }
                }
                "words" => words.push_str(sign.text().unwrap_or("")),
                "segno" => signs.push(Jump::Segno),
                "coda" => signs.push(Jump::Coda),
                "metronome" => metronome(sign, marks),
                _ => {}
            }
        }
    }
    let sound = if element.has_tag_name("sound") { Some(element) } else { child(element, "sound") };
    if let Some(sound) = sound {
        if let Some(tempo) = sound.attribute("tempo").and_then(decimal).filter(|_| marks.tempo.is_none()) {
            marks.tempo = per_minute(tempo).map(Tempo::quarters);
        }
        let swing = child(sound, "swing").filter(|swing| child(*swing, "straight").is_none());
        let parts = swing.map(|swing| (child_text(swing, "first"), child_text(swing, "second")));
        marks.swing |= parts.is_some_and(|(first, second)| first.is_some() && first != second);
    }
    let lower = words.to_lowercase();
    marks.swing |= lower.contains("swing") && !lower.contains("no swing") && !lower.contains("straight");
    let mut jumps: Vec<Jump> = jump_of_words(&words).into_iter().collect();
    if jumps.is_empty() {
        jumps = sound.map(jumps_of_sound).unwrap_or_default();
        marks.vague |= jumps.iter().any(|jump| matches!(jump, Jump::DaCapo | Jump::DalSegno));
    }
    if jumps.is_empty() {
        // A coda sign after the notes says where to leave, one before them where to arrive.
        let leaves = |sign| if sign == Jump::Coda && begun { Jump::ToCoda } else { sign };
        jumps = signs.into_iter().map(leaves).collect();
    }
    for jump in jumps {
        add(marks, jump);
    }
}

fn add(marks: &mut Marks, jump: Jump) {
    if !marks.jumps.contains(&jump) {
        marks.jumps.push(jump);
    }
}

/// Reads a `<barline>`; `begun` once time has gone by in the measure.
pub fn barline(element: Node<'_, '_>, begun: bool, marks: &mut Marks) {
    let left = match element.attribute("location") {
        Some("left") => true,
        Some("right") => false,
        Some(_) => return,
        None => {
            !begun
                && child(element, "repeat").is_some_and(|node| node.attribute("direction") == Some("forward"))
        }
    };
    if child(element, "segno").is_some() || element.has_attribute("segno") {
        add(marks, Jump::Segno);
    }
    if child(element, "coda").is_some() || element.has_attribute("coda") {
        add(marks, if left { Jump::Coda } else { Jump::ToCoda });
    }
    if let Some(ending) = child(element, "ending") {
        match ending.attribute("type").map(str::trim) {
            Some("start") => {
                let number = passes(ending.attribute("number").unwrap_or(""));
                let text = || passes(ending.text().unwrap_or(""));
                marks.ending_start = Some(if number.is_empty() { text() } else { number });
            }
            _ => marks.ending_stop = true,
        }
    }
    if let Some(repeat) = child(element, "repeat") {
        let times = repeat.attribute("times").and_then(|times| times.trim().parse::<u8>().ok());
        let times = times.unwrap_or(2).clamp(2, 32);
        match (repeat.attribute("direction").map(str::trim), left) {
            (Some("forward"), true) => marks.repeat_start = true,
            (Some("forward"), false) => marks.repeat_start_after = true,
            (Some("backward"), false) => marks.repeat_end = Some(times),
            (Some("backward"), true) => marks.repeat_end_before = Some(times),
            _ => {}
        }
    }
}

/// Passes as `1`, `1, 2`, `1.-3.`: ascending, from 1 to 32.
fn passes(text: &str) -> Vec<u8> {
    let mut passes = Vec::new();
    for part in text.split([',', ' ', ';']) {
        let numbers: Vec<u8> = part
            .split(['-', '–'])
            .filter_map(|number| number.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok())
            .filter(|number| (1..=32).contains(number))
            .collect();
        if let (Some(first), Some(last)) = (numbers.first(), numbers.last()) {
            passes.extend(*first..=*last.max(first));
        }
    }
    passes.sort_unstable();
    passes.dedup();
    passes
}

/// The instruction that words give, in the spellings of many programs.
fn jump_of_words(words: &str) -> Option<Jump> {
    let plain: String = words.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    match plain.as_str() {
        "fine" => return Some(Jump::Fine),
        "coda" => return Some(Jump::Coda),
        "segno" => return Some(Jump::Segno),
        "tocoda" | "alcoda" | "dacoda" => return Some(Jump::ToCoda),
        _ => {}
    }
    let start = |starts: &[&str]| starts.iter().find_map(|start| plain.strip_prefix(start));
    let (rest, [alone, fine, coda]) = if let Some(rest) = start(&["dacapo", "dc"]) {
        (rest, [Jump::DaCapo, Jump::DaCapoAlFine, Jump::DaCapoAlCoda])
    } else {
        let rest = start(&["dalsegno", "ds"])?;
        (rest, [Jump::DalSegno, Jump::DalSegnoAlFine, Jump::DalSegnoAlCoda])
    };
    match rest {
        "" => Some(alone),
        _ if !rest.starts_with("al") && !rest.starts_with("to") && !rest.starts_with("then") => None,
        _ if rest.contains("coda") => Some(coda),
        _ if rest.contains("fine") => Some(fine),
        _ => Some(alone),
    }
}

fn jumps_of_sound(sound: Node<'_, '_>) -> Vec<Jump> {
    let names = [
        ("segno", Jump::Segno),
        ("tocoda", Jump::ToCoda),
        ("coda", Jump::Coda),
        ("fine", Jump::Fine),
        ("dacapo", Jump::DaCapo),
        ("dalsegno", Jump::DalSegno),
    ];
    let given = |name: &str| sound.attribute(name).is_some_and(|value| value != "no");
    { names }.into_iter().filter(|(name, _)| given(name)).map(|(_, jump)| jump).collect()
}

/// Reads a metronome mark of a note value and a number.
fn metronome(element: Node<'_, '_>, marks: &mut Marks) {
    const VALUES: [&str; 9] =
        ["breve", "whole", "half", "quarter", "eighth", "16th", "32nd", "64th", "128th"];
    let unit = child_text(element, "beat-unit").map(str::trim);
    let Some(halvings) = VALUES.iter().position(|value| unit == Some(*value)) else { return };
    let dotted = child(element, "beat-unit-dot").is_some();
    let plain = Duration::WHOLE * 2 / (1 << halvings);
    let beat = if dotted { plain + plain / 2 } else { plain };
    // As in "c. 120" or "120-126".
    let text = child_text(element, "per-minute").unwrap_or("");
    let digits = text.split(|c: char| !c.is_ascii_digit() && c != '.').map(|part| part.trim_matches('.'));
    let number = { digits }.find(|part| part.starts_with(|c: char| c.is_ascii_digit())).and_then(decimal);
    if let (Some(per_minute), false) = (number.and_then(per_minute), marks.tempo_printed) {
        marks.tempo = Some(Tempo { beat, per_minute });
        marks.tempo_printed = true;
    }
}

/// Beats a minute from millionths, if a tempo can be so slow or fast.
fn per_minute(millionths: i64) -> Option<u16> {
    let rounded = super::clock::rounded(millionths).0;
    u16::try_from(rounded).ok().filter(|tempo| (1..=999).contains(tempo))
}

/// Text with every run of white space as one blank.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood_in_many_spellings() {
        for jump in Jump::ALL {
            assert_eq!(jump_of_words(jump.words()), Some(jump));
        }
        for (words, jump) in [
            ("D. S. al Coda", Some(Jump::DalSegnoAlCoda)),
            ("dal segno al fine", Some(Jump::DalSegnoAlFine)),
            ("DC", Some(Jump::DaCapo)),
            ("Da Capo al Fine", Some(Jump::DaCapoAlFine)),
            ("TO CODA", Some(Jump::ToCoda)),
            ("fine tuning", None),
            ("dolce", None),
            ("D.C. Blues", None),
            ("", None),
        ] {
            assert_eq!(jump_of_words(words), jump, "{words}");
        }
    }

    #[test]
    fn passes_are_read_from_any_list() {
        for (text, expected) in [
            ("1", &[1][..]),
            ("1, 2", &[1, 2]),
            ("1.-3.", &[1, 2, 3]),
            ("2,1,1", &[1, 2]),
            ("", &[]),
            ("0,99", &[]),
        ] {
            assert_eq!(passes(text), expected, "{text}");
        }
    }

    #[test]
    fn directions_give_tempo_swing_and_jumps() {
        let read = |xml: &str, begun| {
            let document = roxmltree::Document::parse(xml).expect(xml);
            let mut marks = Marks::default();
            direction(document.root_element(), begun, &mut marks);
            marks
        };
        let marks = read(
            "<direction><direction-type><words>Medium Swing</words></direction-type><direction-type><metronome>\
             <beat-unit>quarter</beat-unit><beat-unit-dot/><per-minute>c. 84</per-minute></metronome>\
             </direction-type><sound tempo='126'/></direction>",
            false,
        );
        assert!(marks.swing);
        assert_eq!(marks.tempo, Some(Tempo { beat: Duration::EIGHTH * 3, per_minute: 84 }));
        let sign = "<direction><direction-type><coda/></direction-type></direction>";
        assert_eq!(read(sign, true).jumps, [Jump::ToCoda]);
        assert_eq!(read(sign, false).jumps, [Jump::Coda]);
        assert_eq!(read("<sound dalsegno='s'/>", true).jumps, [Jump::DalSegno]);
        assert_eq!(read("<sound tempo='0'/>", true).tempo, None);
    }
}
