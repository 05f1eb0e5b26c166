//! The grammar of what stands between a chord's root and its slash bass.

use super::chord::{natural_semitones, sounding};
use super::chord_quality::{Degree, DegreeChange};

/// What goes wrong while reading: the column, counted from 1, and what was expected there.
pub(super) type Misread = (usize, &'static str);

/// The tones that the text after a root asks for, as (degree, semitones above the root); its first character stands
/// in the given column.
pub(super) fn tones_of(body: &str, first_column: usize) -> Result<Vec<(u8, u8)>, Misread> {
    let marks = marks(body, first_column)?;
    let mut reader = Reader::new(&marks, first_column + body.chars().count());
    reader.read()?;
    Ok(sounding(&reader.tones, &reader.alterations))
}

/// The smallest parts of what stands after the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Major,
    Delta,
    Minor,
    Augmented,
    Diminished,
    HalfDiminished,
    Dominant,
    Suspended,
    Altered,
    Add,
    Omit,
    Sharp,
    Flat,
    Plus,
    Minus,
    Number(u8),
    Open,
    Close,
    /// A comma, or a slash as in `6/9`.
    Separator,
}

/// Words, in any case, the longer before those they begin with.
const WORDS: [(&str, Mark); 19] = [
    ("half-diminished", Mark::HalfDiminished),
    ("halfdim", Mark::HalfDiminished),
    ("half-dim", Mark::HalfDiminished),
    ("hdim", Mark::HalfDiminished),
    ("diminished", Mark::Diminished),
    ("dim", Mark::Diminished),
    ("augmented", Mark::Augmented),
    ("aug", Mark::Augmented),
    ("major", Mark::Major),
    ("maj", Mark::Major),
    ("minor", Mark::Minor),
    ("min", Mark::Minor),
    ("mi", Mark::Minor),
    ("dom", Mark::Dominant),
    ("sus", Mark::Suspended),
    ("alt", Mark::Altered),
    ("add", Mark::Add),
    ("omit", Mark::Omit),
    ("no", Mark::Omit),
];

/// Cuts a text into marks, each with its column.
fn marks(body: &str, first_column: usize) -> Result<Vec<(usize, Mark)>, Misread> {
    let mut marks = Vec::new();
    let (mut rest, mut column) = (body, first_column);
    while let Some(first) = rest.chars().next() {
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else {
            let (mark, length) = first_mark(rest, first)
                .ok_or((column, "a quality, an alteration such as #9, or a slash bass"))?;
            marks.push((column, mark));
            length
        };
        column += rest[..length].chars().count();
        rest = &rest[length..];
    }
    Ok(marks)
}

/// The mark a text starts with, and its length in bytes.
fn first_mark(text: &str, first: char) -> Option<(Mark, usize)> {
    let begins = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if let Some((word, mark)) = WORDS.iter().find(|(word, _)| begins(word)) {
        return Some((*mark, word.len()));
    }
    if begins("ma") && !begins("madd") && !begins("maug") {
        return Some((Mark::Major, 2));
    }
    if let Some(number) = ["10", "11", "12", "13"].into_iter().find(|number| begins(number)) {
        return Some((Mark::Number(number.parse().ok()?), 2));
    }
    let mark = match first {
        'M' => Mark::Major,
        'Δ' | '△' | '∆' | '^' | 'j' => Mark::Delta,
        'm' => Mark::Minor,
        // Where there is no °, a zero stands for it.
        'o' | '°' | 'º' | '˚' | '0' => Mark::Diminished,
        'ø' | 'Ø' | 'h' => Mark::HalfDiminished,
        '#' | '♯' => Mark::Sharp,
        'b' | '♭' => Mark::Flat,
        '+' => Mark::Plus,
        '-' | '−' | '–' => Mark::Minus,
        '(' | '[' => Mark::Open,
        ')' | ']' => Mark::Close,
        ',' | '/' => Mark::Separator,
        '2'..='9' => Mark::Number(first.to_digit(10)? as u8),
        _ => return None,
    };
    Some((mark, first.len_utf8()))
}

/// What has been read of a chord so far.
struct Reader<'a> {
    marks: &'a [(usize, Mark)],
    next: usize,
    /// The column after the last character.
    end: usize,
    /// Tones that the quality asks for.
    tones: Vec<(u8, u8)>,
    /// What is changed about them.
    alterations: Vec<Degree>,
    /// Semitones of a seventh, were one written next.
    seventh: u8,
    /// Whether a figure such as 7 or 6 has been read that may stand only once.
    has_figure: bool,
}

impl<'a> Reader<'a> {
    fn new(marks: &'a [(usize, Mark)], end: usize) -> Reader<'a> {
        let tones = vec![(1, 0), (3, 4), (5, 7)];
        Reader { marks, next: 0, end, tones, alterations: Vec::new(), seventh: 10, has_figure: false }
    }

    fn read(&mut self) -> Result<(), Misread> {
        let mut open = false;
        // Right after a bracket or separator a bare figure is an addition: `7(13)`, `6/9`.
        let mut listed = false;
        while let Some(mark) = self.take() {
            let listing = std::mem::take(&mut listed);
            match mark {
                Mark::Open if !open => (open, listed) = (true, true),
                Mark::Close if open && !listing => open = false,
                Mark::Separator if !listing && self.peek().is_some() => listed = true,
                Mark::Number(9) if !open && self.tones.contains(&(6, 9)) => self.figure(9)?,
                Mark::Number(number @ (2 | 4..=7 | 9 | 11 | 13)) if listing || open => self.add(number, 0)?,
                Mark::Number(_) if listing || open => self.fail("a degree such as 9, 11 or 13")?,
                mark => self.read_part(mark, open)?,
            }
        }
        if open || listed { Err((self.end, if listed { "an alteration" } else { "')'" })) } else { Ok(()) }
    }

    fn read_part(&mut self, mark: Mark, listed: bool) -> Result<(), Misread> {
        let first = self.next == 1;
        match mark {
            Mark::Minor => self.triad(first, 3, 7, 10),
            Mark::Minus if first && self.peek() != Some(Mark::Number(5)) => self.triad(first, 3, 7, 10),
            Mark::HalfDiminished => {
                self.triad(first, 3, 6, 10)?;
                self.tones.push((7, 10));
                self.take_if(Mark::Number(7));
                Ok(())
            }
            Mark::Major | Mark::Delta => self.major(mark == Mark::Delta, first, listed),
            Mark::Augmented | Mark::Plus => self.raised(first, mark == Mark::Plus),
            Mark::Minus | Mark::Flat => self.lowered(),
            Mark::Diminished if !first && self.peek() == Some(Mark::Number(5)) => self.lowered(),
            Mark::Diminished => self.triad(first, 3, 6, 9),
            Mark::Sharp => self.number("the degree that is raised").and_then(|number| {
                // A raised seventh is the major one, as in Cm#7.
                self.add(number, 1)
            }),
            Mark::Dominant => {
                if !matches!(self.peek(), Some(Mark::Number(_))) {
                    self.figure(7)?;
                }
                Ok(())
            }
            Mark::Suspended => self.suspended(),
            Mark::Altered => {
                self.take_if(Mark::Number(7));
                self.tones = vec![(1, 0), (3, 4), (7, 10), (9, 13), (9, 15), (11, 18), (13, 20)];
                Ok(())
            }
            Mark::Add => self.added(listed),
            Mark::Omit => {
                let number = self.number("the degree that is left out")?;
                self.alterations.push(Degree { number, alter: 0, change: DegreeChange::Omit });
                Ok(())
            }
            Mark::Number(number) => self.figure(number),
            Mark::Open | Mark::Close | Mark::Separator => self.fail("a quality or an alteration"),
        }
    }

    /// A triad named by a word or sign right after the root.
    fn triad(&mut self, first: bool, third: u8, fifth: u8, seventh: u8) -> Result<(), Misread> {
        // In brackets it may be the first part too: C(m7).
        let first = first || (self.next == 2 && self.marks.first().is_some_and(|mark| mark.1 == Mark::Open));
        if !first {
            return self.fail("an alteration, a slash bass or the end");
        }
        self.tones = vec![(1, 0), (3, third), (5, fifth)];
        self.seventh = seventh;
        Ok(())
    }

    /// `maj`, `M` or `Δ`: alone a major triad or, as `Δ` and after a minor triad, a major seventh chord.
    fn major(&mut self, delta: bool, first: bool, listed: bool) -> Result<(), Misread> {
        if listed {
            let figure = match self.peek() {
                Some(Mark::Number(figure)) => {
                    self.next += 1;
                    figure
                }
                _ => 7,
            };
            return self.stack(figure, |reader, number| reader.add(number, i8::from(number == 7)));
        }
        if std::mem::replace(&mut self.seventh, 11) == 11 {
            return self.fail("an alteration, a slash bass or the end");
        }
        match self.peek() {
            Some(Mark::Number(_)) => Ok(()),
            // C7M is Cmaj7.
            _ if self.has_figure && self.tones.contains(&(7, 10)) => {
                self.tones.retain(|tone| tone.0 != 7);
                self.tones.push((7, 11));
                Ok(())
            }
            _ if self.has_figure => self.fail("an alteration, a slash bass or the end"),
            _ if delta || !first => self.figure(7),
            _ => Ok(()),
        }
    }

    /// `+` and `aug`: a raised fifth, or before 9 and 11 that degree raised, as in `7+9`.
    fn raised(&mut self, first: bool, plus: bool) -> Result<(), Misread> {
        match self.peek() {
            Some(Mark::Number(number)) if !first || (plus && number == 5) => {
                self.next += 1;
                self.add(number, 1)
            }
            _ if first => {
                self.tones = vec![(1, 0), (3, 4), (5, 8)];
                Ok(())
            }
            _ => self.add(5, 1),
        }
    }

    /// `b` or `-` before a degree, `dim` before the fifth.
    fn lowered(&mut self) -> Result<(), Misread> {
        let twice = self.take_if(Mark::Flat);
        match self.number("the degree that is lowered")? {
            // A flat seventh is the minor one, twice flat the diminished.
            7 => self.add(7, if twice { -1 } else { 0 }),
            _ if twice => self.fail("one flat: only a seventh has two"),
            number => self.add(number, -1),
        }
    }

    /// `sus`, `sus4`, `sus2`, `sus24`; a bare `sus` may stand before 7, 9 or 13.
    fn suspended(&mut self) -> Result<(), Misread> {
        self.alterations.push(Degree { number: 3, alter: 0, change: DegreeChange::Omit });
        let second = self.take_if(Mark::Number(2));
        let fourth = self.take_if(Mark::Number(4)) || !second;
        self.tones.extend([(2, 2)].iter().filter(|_| second));
        self.tones.extend([(4, 5)].iter().filter(|_| fourth));
        Ok(())
    }

    /// What follows `add`: `add9`, `addb9`, `add#11`, `addmaj7`. Outside brackets a natural degree is part of the
    /// quality, as in the table's `add9`.
    fn added(&mut self, listed: bool) -> Result<(), Misread> {
        match self.peek() {
            Some(Mark::Sharp) => {
                self.next += 1;
                let number = self.number("the degree that is added")?;
                self.add(number, 1)
            }
            Some(Mark::Flat) => {
                self.next += 1;
                self.lowered()
            }
            Some(Mark::Major | Mark::Delta) => {
                self.next += 1;
                let number = self.number("7")?;
                self.add(number, i8::from(number == 7))
            }
            _ => {
                let number = self.number("the degree that is added")?;
                if listed {
                    return self.add(number, 0);
                }
                self.tones.push((number, natural_semitones(number)));
                Ok(())
            }
        }
    }

    /// A bare figure after the triad: `6`, `7`, `9`, `13`, `5`, `2`.
    fn figure(&mut self, figure: u8) -> Result<(), Misread> {
        let only = self.next == 1;
        if std::mem::replace(&mut self.has_figure, true) && !(figure == 9 && self.tones.contains(&(6, 9))) {
            return self.fail("an alteration, a slash bass or the end");
        }
        match figure {
            5 if only => self.tones.retain(|tone| tone.0 != 3),
            2 | 4 if only => {
                self.has_figure = false;
                self.next -= 1;
                self.suspended()?;
            }
            6 => self.tones.push((6, 9)),
            9 if self.tones.contains(&(6, 9)) => self.tones.push((9, 14)),
            2 | 4 => self.add(figure, 0)?,
            _ => {
                let seventh = self.seventh;
                self.stack(figure, |reader, number| {
                    let semitones = match number {
                        7 => seventh,
                        9 => 14,
                        11 => 17,
                        _ => 21,
                    };
                    reader.tones.push((number, semitones));
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// Calls `push` with the degrees that a figure stands for: 11 is the seventh, ninth and eleventh.
    fn stack(
        &mut self,
        figure: u8,
        push: impl Fn(&mut Self, u8) -> Result<(), Misread>,
    ) -> Result<(), Misread> {
        let degrees: &[u8] = match figure {
            7 => &[7],
            9 => &[7, 9],
            11 => &[7, 9, 11],
            13 => &[7, 9, 13],
            _ => return self.fail("6, 7, 9, 11 or 13"),
        };
        degrees.iter().try_for_each(|&degree| push(self, degree))
    }

    fn add(&mut self, number: u8, alter: i8) -> Result<(), Misread> {
        self.alterations.push(Degree { number, alter, change: DegreeChange::Add });
        Ok(())
    }

    fn peek(&self) -> Option<Mark> {
        self.marks.get(self.next).map(|mark| mark.1)
    }

    fn take(&mut self) -> Option<Mark> {
        let mark = self.peek()?;
        self.next += 1;
        Some(mark)
    }

    fn take_if(&mut self, mark: Mark) -> bool {
        let found = self.peek() == Some(mark);
        self.next += usize::from(found);
        found
    }

    fn number(&mut self, expected: &'static str) -> Result<u8, Misread> {
        match self.take() {
            Some(Mark::Number(number)) => Ok(number),
            taken => {
                self.next += usize::from(taken.is_none());
                self.fail(expected)
            }
        }
    }

    /// An error at the mark that was taken last.
    fn fail<T>(&self, expected: &'static str) -> Result<T, Misread> {
        let column =
            self.next.checked_sub(1).and_then(|last| self.marks.get(last)).map_or(self.end, |mark| mark.0);
        Err((column, expected))
    }
}
