//! `bar 5: Dm7 e4 f8 g8`: chords and notes written from a place on.
//!
//! A capital begins a chord, a small letter a note. A note says how long it is as `1 2 4 8 16` (a whole note to a sixteenth),
//! with dots, with `t` for a triplet's, and `+` for a tie (`e4+8`); without that it is as long as the one before it, or as what
//! stood there. The key says which notes are sharp or flat where `#`, `b` or `n` (natural) does not. It is the nearest of its name to the note before it, and each `'` or `,` moves it by an octave. `r` is a rest,
//! `|` goes on at the next bar, `%` takes a chord away. A chord stands where the notes are; chords in a row stand a bar each, or as
//! many quarters as they say: `Dm7:2 G7:2`.

use std::fmt;

use crate::constraint::Place;
use crate::music::pitch::{Step, take_note_name};
use crate::music::{ChordSymbol, Duration, Key, LeadSheet, Note, NoteName, Pitch};

use super::page::Page;
use super::place::{Line, span};
use super::{EditError, Way};
use crate::session::{Song, Take};

/// Something that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A chord, and how long until the next one that follows it.
    Chord(ChordSymbol, Option<Duration>),
    /// The chord that was written there goes.
    NoChange,
    /// A note: its letter, what alters it if that is not left to the key, octaves from the nearest one, and how long.
    Note(Step, Option<i8>, i32, Option<Duration>),
    /// A rest.
    Rest(Option<Duration>),
    /// On to the next bar.
    Bar,
}

/// Chords and notes from a place on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Write {
    place: Place,
    tokens: Vec<Token>,
}

/// Reads what is written in a row.
///
/// # Errors
/// The first word that is neither a chord nor a note.
pub fn tokens(text: &str) -> Result<Vec<Token>, EditError> {
    text.split_whitespace().map(token).collect()
}

fn token(word: &str) -> Result<Token, EditError> {
    let wrong = || {
        EditError::Wrong(format!(
            "'{word}' is neither a chord (Dm7, N.C.) nor a note (e4 for a quarter, f#8., bb'2, r4 for a rest)"
        ))
    };
    let first = word.chars().next().ok_or_else(wrong)?;
    let plain: String = word
        .chars()
        .map(|c| {
            if c == '♭' {
                'b'
            } else if c == '♯' {
                '#'
            } else {
                c
            }
        })
        .collect();
    match first {
        '|' if word == "|" => Ok(Token::Bar),
        '%' if word == "%" => Ok(Token::NoChange),
        'A'..='Z' => {
            let (chord, length) = match plain.rsplit_once(':') {
                Some((chord, length)) => (chord, Some(length.parse::<Duration>().map_err(|_| wrong())?)),
                None => (plain.as_str(), None),
            };
            let length = length.map(|length| length.is_positive().then_some(length).ok_or_else(wrong));
            Ok(Token::Chord(chord.parse().map_err(|_| wrong())?, length.transpose()?))
        }
        'r' => Ok(Token::Rest(length(&plain[1..]).ok_or_else(wrong)?)),
        'a'..='g' => {
            let step = Step::from_letter(first.to_ascii_uppercase()).ok_or_else(wrong)?;
            let behind = plain.get(1..).unwrap_or_default();
            let (alter, rest) = match behind.strip_prefix('n') {
                Some(rest) => (Some(0), rest),
                None => {
                    let text = format!("C{behind}");
                    let (name, rest) = take_note_name(&text).ok_or_else(wrong)?;
                    let signs = behind.len() - rest.len();
                    ((signs > 0).then_some(name.alter), &behind[signs..])
                }
            };
            let figures = rest.trim_start_matches(['\'', ',']);
            let marks = &rest[..rest.len() - figures.len()];
            let octaves = marks.matches('\'').count() as i32 - marks.matches(',').count() as i32;
            Ok(Token::Note(step, alter, octaves, length(figures).ok_or_else(wrong)?))
        }
        _ => Err(wrong()),
    }
}

/// `4`, `8.`, `4+8`, `8t`; nothing is no length. `None` where it is none of these.
fn length(text: &str) -> Option<Option<Duration>> {
    if text.is_empty() {
        return Some(None);
    }
    let parts = text.split('+').map(|part| {
        let figures = part.trim_end_matches(['.', 't']);
        let signs = &part[figures.len()..];
        let plain = match figures {
            "1" | "2" | "4" | "8" | "16" | "32" => Duration::from_ratio(4, figures.parse().ok()?)?,
            _ => return None,
        };
        match signs {
            "" => Some(plain),
            "." => Duration::from_ratio(3 * plain.ticks(), 2 * Duration::TICKS_PER_QUARTER),
            ".." => Duration::from_ratio(7 * plain.ticks(), 4 * Duration::TICKS_PER_QUARTER),
            "t" => Duration::from_ratio(2 * plain.ticks(), 3 * Duration::TICKS_PER_QUARTER),
            _ => None,
        }
    });
    let parts: Option<Vec<Duration>> = parts.collect();
    Some(Some(parts?.into_iter().sum()))
}

/// A length as it is written; as few parts as can be.
fn figures(length: Duration) -> String {
    let mut named: Vec<(Duration, String)> = Vec::new();
    for figure in ["1", "2", "4", "8", "16", "32"] {
        for sign in ["..", ".", "", "t"] {
            let text = format!("{figure}{sign}");
            if let Some(Some(length)) = self::length(&text) {
                named.push((length, text));
            }
        }
    }
    named.sort_by_key(|(length, _)| -*length);
    // Plain lengths before triplets: a remainder that no plain one fills is a triplet's.
    if let Some((_, text)) = named.iter().find(|(named, _)| *named == length) {
        return text.clone();
    }
    let mut parts = Vec::new();
    let mut rest = length;
    for (named, text) in named.iter().filter(|(_, text)| !text.ends_with('t')) {
        while *named <= rest {
            parts.push(text.as_str());
            rest -= *named;
        }
    }
    if let Some((_, text)) = named.iter().find(|(named, _)| *named == rest) {
        parts.push(text);
    }
    parts.join("+")
}

/// A note as it is typed at a place of a sheet: `f'` for the F an octave above the nearest one.
pub fn note_word(sheet: &LeadSheet, at: Duration, midi: i32) -> String {
    let pen = Pen::at(at, Page::of(sheet));
    let pitch = pen.key().spell_midi(midi);
    let octaves = i32::from(pitch.octave) - i32::from(pen.nearest(pitch.name, 0).octave);
    let step = pitch.name.step;
    let alter = Some(pitch.name.alter).filter(|alter| *alter != pen.key().signature_alter(step));
    Token::Note(step, alter, octaves, None).to_string()
}

impl Way for Write {
    const FORM: &'static str = "bar 5.2: Dm7 e4 f8 g8 (chords and notes from there on)";

    fn read(line: &Line<'_>) -> Option<Result<Write, EditError>> {
        let place = line.place.clone()?;
        let read = tokens(line.words).and_then(|tokens| match tokens.is_empty() {
            true => {
                Err(EditError::Wrong("write chords and notes behind the place: bar 5: Dm7 e4 f8 g8".into()))
            }
            false => Ok(Write { place, tokens }),
        });
        Some(read)
    }

    fn apply(&self, song: &Song, _: &[Take]) -> Result<Song, EditError> {
        let sheet = &song.sheet;
        let mut pen = Pen::at(span(sheet, &self.place)?.0, Page::of(sheet));
        for (number, token) in self.tokens.iter().enumerate() {
            pen.write(token, number.checked_sub(1).and_then(|last| self.tokens.get(last)))?;
        }
        pen.page.into_song(song)
    }
}

/// Where is being written.
struct Pen {
    page: Page,
    starts: Vec<Duration>,
    /// Where the next note goes.
    at: Duration,
    /// How long the last note was.
    length: Option<Duration>,
    /// Where the next chord goes, behind a chord.
    chord_at: Option<Duration>,
}

impl Pen {
    fn at(at: Duration, page: Page) -> Pen {
        let starts = page.form.bar_starts();
        Pen { page, starts, at, length: None, chord_at: None }
    }

    fn next_bar(&self, at: Duration) -> Duration {
        self.starts.iter().copied().find(|&start| start > at).unwrap_or(at)
    }

    fn write(&mut self, token: &Token, last: Option<&Token>) -> Result<(), EditError> {
        match token {
            Token::Chord(chord, length) => {
                let at = self.chord_at.unwrap_or(self.at);
                self.is_within(at)?;
                // What follows it in a row stands behind it.
                self.page.write_chord(at, chord.clone());
                let next = length.map_or_else(|| self.next_bar(at), |length| at + length);
                self.chord_at = Some(next);
            }
            Token::NoChange => {
                let at = self.chord_at.unwrap_or(self.at);
                self.page.changes.retain(|change| change.at != at);
                self.chord_at = Some(self.next_bar(at));
            }
            Token::Bar => {
                let reached = self.chord_at.take().unwrap_or(self.at);
                // Behind what fills its bar the next one is reached already.
                let stays = !matches!(last, None | Some(Token::Bar)) && self.starts.contains(&reached);
                self.at = if stays { reached } else { self.next_bar(reached) };
            }
            Token::Rest(length) => {
                let length = self.length_of(*length);
                self.fill(length, None)?;
            }
            Token::Note(step, alter, octaves, length) => {
                let length = self.length_of(*length);
                let alter = alter.unwrap_or_else(|| self.key().signature_alter(*step));
                let pitch = self.nearest(NoteName::new(*step, i32::from(alter)), *octaves);
                self.fill(length, Some(pitch))?;
            }
        }
        Ok(())
    }

    /// The key in force.
    fn key(&self) -> Key {
        let bar = self.starts.partition_point(|&start| start <= self.at);
        let mut changes = self.page.form.bars.iter().take(bar).rev().filter_map(|bar| bar.key_change);
        changes.next().unwrap_or(self.page.header.key)
    }

    fn is_within(&self, at: Duration) -> Result<(), EditError> {
        match at < self.page.form.end() {
            true => Ok(()),
            false => Err(EditError::Wrong(format!(
                "bar {} is the last: there is no room behind it",
                self.page.form.bars.len()
            ))),
        }
    }

    fn length_of(&mut self, said: Option<Duration>) -> Duration {
        let there = self.page.notes.iter().find(|note| note.onset == self.at).map(|note| note.duration);
        let bar = self.starts.partition_point(|&start| start <= self.at).saturating_sub(1);
        let beat = self.page.form.bars.get(bar).map(|bar| bar.meter.unit_length());
        let length = said.or(self.length).or(there).or(beat).unwrap_or(Duration::QUARTER);
        self.length = Some(length);
        length
    }

    fn fill(&mut self, length: Duration, pitch: Option<Pitch>) -> Result<(), EditError> {
        let span = (self.at, self.at + length);
        self.is_within(span.1 - Duration::from_ticks(1))?;
        let note = pitch.map(|pitch| Note { onset: span.0, duration: length, pitch });
        self.page.write_melody(span, note);
        (self.at, self.chord_at) = (span.1, None);
        Ok(())
    }

    /// The pitch of a name that is nearest to the note before; or in the middle, as E4 to D5.
    fn nearest(&self, name: NoteName, octaves: i32) -> Pitch {
        let before = self.page.notes.iter().rev().find(|note| note.onset < self.at);
        let middle = before.map_or(Pitch::new(NoteName::new(Step::A, 0), 4), |note| note.pitch).diatonic();
        let nearest = (-1..=9)
            .map(|octave| Pitch::new(name, octave))
            .min_by_key(|pitch| ((pitch.diatonic() - middle).abs(), pitch.octave));
        let nearest = nearest.unwrap_or(Pitch::new(name, 4));
        Pitch::new(name, i32::from(nearest.octave) + octaves)
    }
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.place)?;
        self.tokens.iter().try_for_each(|token| write!(f, " {token}"))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let long = |length: &Option<Duration>| length.map(figures).unwrap_or_default();
        match self {
            Token::Chord(chord, None) => write!(f, "{chord}"),
            Token::Chord(chord, Some(length)) => write!(f, "{chord}:{length}"),
            Token::NoChange => f.write_str("%"),
            Token::Bar => f.write_str("|"),
            Token::Rest(length) => write!(f, "r{}", long(length)),
            Token::Note(step, alter, octaves, length) => {
                let mark = if *octaves < 0 { "," } else { "'" };
                let marks = mark.repeat(octaves.unsigned_abs() as usize);
                let signs = match alter {
                    None => String::new(),
                    Some(0) => "n".to_string(),
                    Some(alter) => {
                        (if *alter < 0 { "b" } else { "#" }).repeat(usize::from(alter.unsigned_abs()))
                    }
                };
                write!(f, "{}{signs}{marks}{}", step.letter().to_ascii_lowercase(), long(length))
            }
        }
    }
}
