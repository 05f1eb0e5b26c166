//! The sections of a piece: as labelled, or found by what returns; and the form they make.

use super::piece::{PieceBar, SnappedNote, SoundingChord};

/// A section of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PieceSection {
    /// `verse`, `bridge`, `refrain` …, or a letter.
    pub kind: String,
    /// Its first bar, from 0.
    pub first_bar: usize,
    /// How many bars it has, at least 1.
    pub bars: usize,
    /// Whether it was found by what returns rather than labelled.
    pub found: bool,
}

/// Bars in a section where none are labelled.
pub(super) const BLOCK: usize = 8;
/// How alike two blocks are that carry one letter: the share of their notes that they have in common.
const ALIKE: f64 = 0.5;

/// The sections of a piece, in order, without gaps, from its labels (kind and first bar); without any, blocks of eight
/// bars, lettered by what returns.
pub(super) fn of_piece<'a>(
    given: impl Iterator<Item = (&'a str, usize)>,
    bars: &[PieceBar],
    notes: &[SnappedNote],
    chords: &[SoundingChord],
) -> Vec<PieceSection> {
    let mut starts: Vec<(String, usize)> =
        given.filter(|&(_, first)| first < bars.len()).map(|(label, first)| (kind(label), first)).collect();
    if starts.len() < 2 {
        return blocks(bars, notes, chords);
    }
    if let Some(first) = starts.first_mut().filter(|first| first.1 > 0) {
        let silent = ("intro".to_string(), 0);
        if first.1 <= 2 { first.1 = 0 } else { starts.insert(0, silent) }
    }
    let ends: Vec<usize> = starts.iter().skip(1).map(|start| start.1).chain([bars.len()]).collect();
    let sections = starts.into_iter().zip(ends).filter(|((_, first), end)| end > first);
    sections
        .map(|((kind, first_bar), end)| PieceSection { kind, first_bar, bars: end - first_bar, found: false })
        .collect()
}

/// The form of the sections, written as `A8 A8 B8 A8`: introductions, codas, solos and breaks left out, and cut after
/// the first return once every part has been heard. `None` where no songwriter would write it so: a single section,
/// fewer than 8 or more than 64 bars, parts of fewer than 4 or more than 24.
pub fn form(sections: &[PieceSection]) -> Option<String> {
    let sung: Vec<&PieceSection> = sections.iter().filter(|section| !frames(&section.kind)).collect();
    let mut kinds: Vec<&str> = Vec::new();
    let mut letters: Vec<usize> = Vec::new();
    for section in &sung {
        let known = kinds.iter().position(|&kind| kind == section.kind);
        letters.push(known.unwrap_or(kinds.len()));
        if known.is_none() {
            kinds.push(&section.kind);
        }
    }
    let heard = letters.iter().position(|&letter| letter + 1 == kinds.len())? + 1;
    let back = letters.iter().skip(heard).position(|&letter| letter == 0);
    let mut length = letters.len();
    if let Some(back) = back.filter(|_| kinds.len() > 1) {
        length = heard + back + 1;
    }
    letters.truncate(length);
    // A whole form played again is one form.
    while letters.len() >= 4 && letters.len().is_multiple_of(2) {
        let (half, rest) = letters.split_at(letters.len() / 2);
        if half != rest || half.len() < 2 {
            break;
        }
        letters.truncate(letters.len() / 2);
    }
    let bars: Vec<usize> = kinds.iter().map(|kind| usual_length(&sung, kind)).collect();
    let total: usize = letters.iter().filter_map(|&letter| bars.get(letter)).sum();
    let sensible = (2..=8).contains(&letters.len())
        && kinds.len() <= 4
        && (8..=64).contains(&total)
        && letters.iter().all(|&letter| bars.get(letter).is_some_and(|bars| (4..=24).contains(bars)));
    let written = letters.iter().map(|&letter| {
        let name = char::from(b'A' + letter as u8);
        format!("{name}{}", bars.get(letter).copied().unwrap_or_default())
    });
    sensible.then(|| written.collect::<Vec<_>>().join(" "))
}

/// Whether sections of a kind stand round the song rather than in it.
pub fn frames(kind: &str) -> bool {
    matches!(kind, "intro" | "outro" | "solo" | "break" | "silence")
}

/// The commonest length of a kind's sections; the shorter of two as common.
fn usual_length(sections: &[&PieceSection], kind: &str) -> usize {
    let of_kind = sections.iter().filter(|section| section.kind == kind);
    // A found block that is a little longer or shorter is one with an ending or a turn too many.
    let length = |section: &&PieceSection| match section.bars {
        6..12 if section.found => BLOCK,
        bars => bars,
    };
    let lengths: Vec<usize> = of_kind.map(length).collect();
    let count = |bars: usize| lengths.iter().filter(|&&other| other == bars).count();
    lengths.iter().copied().max_by_key(|&bars| (count(bars), std::cmp::Reverse(bars))).unwrap_or_default()
}

/// The kind that a label means: `Verse 2` and `verse_(variant)` are verses; a letter stays a letter.
pub fn kind(label: &str) -> String {
    let label = label.trim().to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| label.contains(word));
    let kind = if has(&["solo", "instrumental", "guitar", "piano"]) {
        "solo"
    } else if has(&["silence", "applause", "talk"]) {
        "silence"
    } else if has(&["intro"]) {
        "intro"
    } else if has(&["outro", "coda", "fade", "ending", "tag"])
        && !has(&["verse", "refrain", "bridge", "chorus"])
    {
        "outro"
    } else if has(&["prechorus", "pre-chorus", "pre chorus"]) {
        "prechorus"
    } else if has(&["verse"]) {
        "verse"
    } else if has(&["chorus"]) {
        "chorus"
    } else if has(&["refrain"]) {
        "refrain"
    } else if has(&["bridge", "middle"]) {
        "bridge"
    } else if has(&["break", "interlude", "link", "trans", "vamp", "build"]) {
        "break"
    } else {
        let letters: String = label.chars().take_while(|letter| letter.is_ascii_alphabetic()).collect();
        return if letters.len() == 1 { letters.to_uppercase() } else { "part".to_string() };
    };
    kind.to_string()
}

/// Blocks of eight bars, the last taking up to four more, lettered by what returns.
fn blocks(bars: &[PieceBar], notes: &[SnappedNote], chords: &[SoundingChord]) -> Vec<PieceSection> {
    let count = ((bars.len() + BLOCK - 5) / BLOCK).max(1);
    let mut sections: Vec<PieceSection> = Vec::with_capacity(count);
    let mut themes: Vec<Vec<(i32, i32)>> = Vec::new();
    for index in 0..count {
        let first_bar = index * BLOCK;
        let last = index + 1 == count;
        let length = if last { bars.len() - first_bar } else { BLOCK };
        let events = contents(bars, first_bar, notes, chords);
        let known = themes.iter().position(|theme| likeness(theme, &events) >= ALIKE);
        let letter = known.unwrap_or(themes.len());
        if known.is_none() {
            themes.push(events);
        }
        let name = char::from(b'A' + (letter % 26) as u8).to_string();
        sections.push(PieceSection { kind: name, first_bar, bars: length, found: true });
    }
    sections
}

/// What the first six bars of a block hold, from its start: pitches by place; without melody, roots by place. The last
/// two bars are left out: first and second endings differ there.
fn contents(
    bars: &[PieceBar],
    first_bar: usize,
    notes: &[SnappedNote],
    chords: &[SoundingChord],
) -> Vec<(i32, i32)> {
    let Some(from) = bars.get(first_bar).map(|bar| bar.at) else { return Vec::new() };
    let to = bars.get(first_bar + BLOCK - 2).or(bars.last()).map_or(from, |bar| bar.at);
    let within = |at: i32| (from..to).contains(&at);
    let pitches =
        notes.iter().filter(|note| within(note.at)).map(|note| (note.at - from, i32::from(note.pitch)));
    let pitches: Vec<(i32, i32)> = pitches.collect();
    if !pitches.is_empty() {
        return pitches;
    }
    let roots = chords.iter().filter(|chord| within(chord.at));
    roots.filter_map(|chord| chord.chord.map(|(root, _, _)| (chord.at - from, i32::from(root)))).collect()
}

/// The share of what two blocks hold that both hold, 0 to 1. Both sides are in order.
fn likeness(one: &[(i32, i32)], other: &[(i32, i32)]) -> f64 {
    let common = one.iter().filter(|event| other.binary_search(event).is_ok()).count();
    let all = one.len() + other.len() - common;
    if all == 0 { 0.0 } else { common as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(parts: &[(&str, usize)]) -> Vec<PieceSection> {
        let mut first_bar = 0;
        let section = |&(label, bars): &(&str, usize)| {
            first_bar += bars;
            PieceSection { kind: kind(label), first_bar: first_bar - bars, bars, found: false }
        };
        parts.iter().map(section).collect()
    }

    #[test]
    fn labels_are_read_as_musicians_mean_them() {
        let kinds = [
            ("verse_(variant)", "verse"),
            ("Verse 2", "verse"),
            ("verse_(guitar_solo)", "solo"),
            ("refrain_with_ending", "refrain"),
            ("PreChorus", "prechorus"),
            ("outro_(fade-out)", "outro"),
            ("A'", "A"),
            ("b2", "B"),
            ("Xyz", "part"),
        ];
        for (label, wanted) in kinds {
            assert_eq!(kind(label), wanted, "{label}");
        }
    }

    #[test]
    fn a_song_is_written_down_to_the_first_return() {
        let song = [
            ("intro", 4),
            ("verse", 8),
            ("verse", 8),
            ("bridge", 8),
            ("verse", 8),
            ("solo", 8),
            ("verse", 8),
            ("outro", 3),
        ];
        assert_eq!(form(&sections(&song)).as_deref(), Some("A8 A8 B8 A8"));
        let song = [("verse", 16), ("chorus", 8), ("verse", 16), ("chorus", 8)];
        assert_eq!(form(&sections(&song)).as_deref(), Some("A16 B8 A16"));
        assert_eq!(
            form(&sections(&[("A", 8), ("A", 8), ("B", 8), ("B", 8)])).as_deref(),
            Some("A8 A8 B8 B8")
        );
    }

    #[test]
    fn what_is_no_form_is_left_out() {
        assert_eq!(form(&sections(&[("intro", 4), ("outro", 4)])), None);
        assert_eq!(form(&sections(&[("verse", 2), ("chorus", 40)])), None);
    }
}
