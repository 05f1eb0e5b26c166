//! Counting which bars of a piece take up which.

use crate::music::plan::BarContent;
use crate::music::{Echo, Plan, Taken};
use crate::viewpoint::length::long_end;
use crate::viewpoint::{PhrasePlace, RelativeChord, echo};

use super::count::Counter;
use super::figures::Figures;
use super::piece::{Piece, PieceBar};
use super::sections::{PieceSection, frames};

/// Shorter sections are no place for a bar to come back.
const SHORTEST: usize = 4;

/// The echoes that are being counted.
#[derive(Default)]
pub(super) struct Echoes {
    melody: Counter,
    chords: Counter,
    chords_under: Counter,
    shape: Counter,
    taken: Counter,
    ends: Counter,
}

impl Echoes {
    /// Counts a piece's echoes, of its melody, its chords, or both.
    pub fn see(&mut self, piece: &Piece, (chords, melody): (bool, bool), number: u32, weight: u32) {
        let chords = chords && !piece.chart.is_empty();
        let melody = melody && !piece.events.is_empty();
        for section in piece.sections.iter().filter(|section| !frames(&section.kind)) {
            let Some((contents, key)) = contents(piece, section) else { continue };
            let sung = contents.iter().filter(|bar| !bar.onsets.is_empty()).count();
            let melody = melody && sung * 4 >= contents.len() * 3;
            let plan = Plan::found(&contents, key);
            if melody {
                let bars = piece.bars.iter().enumerate().skip(section.first_bar).take(section.bars);
                for (index, (number_of_bar, bar)) in bars.enumerate().skip(3).step_by(4) {
                    let closes = number_of_bar + 1 == piece.bars.len();
                    let class = PhrasePlace::new(index, section.bars).class();
                    let long = u16::from(ends_long(piece, bar));
                    let context = if closes { echo::CLOSE } else { class };
                    self.ends.see(&[context], 0, long, number, weight);
                }
            }
            let (mut before, mut chords_before, mut taken_before) = (echo::NEW, echo::NEW, 0);
            for bar in 1..contents.len() {
                let place = echo::place(bar);
                let code = echo::code(plan.melody[bar]);
                let chords_code = echo::chords_code(plan.chords[bar]);
                let taken = plan.melody[bar].map_or(0, |echo| echo::taken_code(echo.taken));
                if melody {
                    self.melody.see(&[place, before], 0, code, number, weight);
                    let root = |bar: usize| contents[bar].chords.first().map(|chord| chord.1.root);
                    let alike = |back: usize| u16::from(root(bar - back) == root(bar));
                    for back in 1..=bar.min(8) {
                        self.chords_under.see(&[0, back as u16], 2, alike(back), number, weight);
                    }
                    if let Some(found) = plan.melody[bar] {
                        let back = usize::from(found.back);
                        self.chords_under.see(&[1, code], 2, alike(back), number, weight);
                        let notes = echo::notes(contents[bar].onsets.len());
                        let context = [echo::distance(found.back), alike(back), notes, taken_before];
                        self.taken.see(&context, 0, taken, number, weight);
                        self.shapes(&contents, bar, found, number, weight);
                    }
                }
                if chords {
                    self.chords.see(&[place, chords_before], 0, chords_code, number, weight);
                }
                (before, taken_before) = (code, taken);
                chords_before = echo::chords_so_far(chords_before, chords_code);
            }
        }
    }

    /// Counts how near the intervals of a bar are to those of the bar whose contour it takes up, and for comparison to
    /// all others of its section that go the same way; and whether a bar on another step has the very intervals.
    fn shapes(
        &mut self,
        contents: &[BarContent<RelativeChord>],
        bar: usize,
        echo: Echo,
        number: u32,
        weight: u32,
    ) {
        let intervals = |bar: usize| contents[bar].onsets.windows(2).map(|two| two[1].1 - two[0].1);
        let source = bar - usize::from(echo.back);
        match echo.taken {
            Taken::Moved => {
                let exact = intervals(bar).eq(intervals(source));
                self.shape.see(&[2], 1, u16::from(exact), number, weight);
            }
            Taken::Contour => {
                let others: Vec<i32> =
                    (0..contents.len()).filter(|&other| other != bar).flat_map(intervals).collect();
                for (own, model) in intervals(bar).zip(intervals(source)) {
                    self.shape.see(&[1], 1, echo::nearness(own, model), number, weight);
                    for &other in others.iter().filter(|other| other.signum() == own.signum()) {
                        self.shape.see(&[0], 1, echo::nearness(own, other), number, weight);
                    }
                }
            }
            Taken::Notes | Taken::Rhythm => {}
        }
    }

    /// Puts what at least `min_pieces` pieces do into the figures.
    pub fn store(self, min_pieces: u16, figures: &mut Figures) {
        figures.echo = self.melody.table(min_pieces);
        figures.chord_echo = self.chords.table(min_pieces);
        figures.echo_chords = self.chords_under.table(min_pieces);
        figures.echo_shape = self.shape.table(min_pieces);
        figures.phrase_end = self.ends.table(min_pieces);
        figures.echo_taken = self.taken.table(min_pieces);
    }
}

/// Whether a bar ends with a rest or a long note.
fn ends_long(piece: &Piece, bar: &PieceBar) -> bool {
    let end = bar.at + bar.length;
    let after = piece.events.partition_point(|event| event.at < end);
    let last = after.checked_sub(1).and_then(|last| piece.events.get(last));
    last.is_none_or(|last| last.pitch.is_none() || last.length >= long_end(bar.length))
}

/// What the bars of a section hold and the key of its first; `None` if it is short or irregular.
fn contents(
    piece: &Piece,
    section: &PieceSection,
) -> Option<(Vec<BarContent<RelativeChord>>, crate::music::Key)> {
    let bars = piece.bars.get(section.first_bar..section.first_bar + section.bars)?;
    let key = bars.first()?.key;
    if bars.len() < SHORTEST || bars.iter().any(|bar| !bar.regular) {
        return None;
    }
    let contents = bars.iter().map(|bar| {
        let end = bar.at + bar.length;
        let first = piece.events.partition_point(|event| event.at < bar.at);
        let events = piece.events.iter().skip(first).take_while(|event| event.at < end);
        let onsets = events.filter_map(|event| Some((i64::from(event.at - bar.at), i32::from(event.pitch?))));
        let after = piece.chart.partition_point(|span| span.at <= bar.at);
        let held = after.checked_sub(1).and_then(|held| piece.chart.get(held));
        let held = held.filter(|span| span.at + span.length > bar.at).map(|span| (0, span.chord));
        let within = piece.chart.iter().skip(after).take_while(|span| span.at < end);
        let mut chords: Vec<(i64, RelativeChord)> = held.into_iter().collect();
        for span in within {
            // Spans are cut at four bars: what goes on is no change.
            if chords.last().is_none_or(|last| last.1 != span.chord) {
                chords.push((i64::from(span.at - bar.at), span.chord));
            }
        }
        BarContent { onsets: onsets.collect(), chords }
    });
    Some((contents.collect(), key))
}
