//! What is counted of a melody's pitches, note by note.

use crate::viewpoint::{chord_tone, degree, interval};

use super::count::Counter;
use super::figures::Figures;
use super::heard::Heard;

/// Height codes: 24 semitones either way of the middle, and the middle itself.
pub const HEIGHTS: usize = 49;

/// Counts of pitches under the contexts that their experts know.
#[derive(Default)]
pub struct MelodyTables {
    interval: Counter,
    line: Counter,
    degree: Counter,
    opening: Counter,
    ending: Counter,
    chord_tone: Counter,
    over_root: Counter,
    approach: Counter,
    into_root: Counter,
    held: Counter,
    resolve: Counter,
    lean: Counter,
    height: Vec<u32>,
    middles: Vec<u32>,
}

impl MelodyTables {
    /// Counts a note of a piece. Pieces must come in order.
    pub fn see(&mut self, note: &Heard, piece: u32, weight: u32) {
        let own_degree = degree::code(note.pitch, note.tonic);
        if note.regular {
            self.degree.see(&[note.mode, note.place, note.long], 1, own_degree, piece, weight);
        }
        for (is_end, of_piece, counter) in
            [(note.opens, note.starts, &mut self.opening), (note.ends, note.closes, &mut self.ending)]
        {
            if is_end {
                counter.see(&[note.mode, u16::from(of_piece)], 1, own_degree, piece, weight);
            }
        }
        self.over_chords(note, piece, weight);
        if let (Some((before, _)), Some(&last)) = (note.line(), note.before.first()) {
            let came: Vec<u16> = note.before.windows(2).map(|two| interval::code(two[0] - two[1])).collect();
            let code = interval::code(note.pitch - last);
            let mut context = vec![note.mode, before];
            context.extend(&came);
            self.interval.see(&context, 1, code, piece, weight);
            let mut context = vec![note.mode];
            context.extend(came.first());
            self.line.see(&context, 1, code, piece, weight);
            if let Some(from_tone) = note.from_tone() {
                let context = [u16::from(from_tone), note.strength, note.long];
                self.resolve.see(&context, 1, code, piece, weight);
            }
            if let Some(on_tone) = note.on_tone(note.pitch) {
                let context = [code, note.from(), note.strength, note.long];
                self.lean.see(&context, 1, u16::from(on_tone), piece, weight);
            }
        }
        self.height.resize(HEIGHTS, 0);
        if let Some(count) = self.height.get_mut(height_code(note.height)) {
            *count = count.saturating_add(weight);
        }
    }

    /// Counts where the middles of a piece's excerpts lie about the piece's own.
    pub fn see_middles(&mut self, offsets: impl Iterator<Item = i32>, weight: u32) {
        self.middles.resize(HEIGHTS, 0);
        for offset in offsets {
            if let Some(count) = self.middles.get_mut(height_code(offset)) {
                *count = count.saturating_add(weight);
            }
        }
    }

    fn over_chords(&mut self, note: &Heard, piece: u32, weight: u32) {
        if let Some((chord, _)) = note.under.first().filter(|(_, share)| *share >= 8) {
            let above = chord_tone::code(note.pitch, chord.root);
            self.chord_tone.see(&[chord.family, note.strength, note.long], 1, above, piece, weight);
            let root = degree::code(i32::from(chord.root), note.tonic);
            let context = [note.mode, root, chord.family, note.strength];
            self.over_root.see(&context, 2, above, piece, weight);
        }
        if let [(_, first), .., (chord, _)] = note.under.as_slice() {
            let above = chord_tone::code(note.pitch, chord.root);
            self.held.see(&[chord.family, u16::from(*first < 8)], 1, above, piece, weight);
        }
        if let Some(chord) = note.into {
            let above = chord_tone::code(note.pitch, chord.root);
            self.approach.see(&[chord.family, note.long], 1, above, piece, weight);
            let root = degree::code(i32::from(chord.root), note.tonic);
            self.into_root.see(&[note.mode, root, chord.family], 2, above, piece, weight);
        }
    }

    /// Puts the counts into figures, without what fewer than `min_pieces` pieces have.
    pub fn fill(self, figures: &mut Figures, min_pieces: u16) {
        figures.interval = self.interval.table(min_pieces);
        figures.line = self.line.table(min_pieces);
        figures.degree = self.degree.table(min_pieces);
        figures.opening = self.opening.table(min_pieces);
        figures.ending = self.ending.table(min_pieces);
        figures.chord_tone = self.chord_tone.table(min_pieces);
        figures.over_root = self.over_root.table(min_pieces);
        figures.approach = self.approach.table(min_pieces);
        figures.into_root = self.into_root.table(min_pieces);
        figures.held = self.held.table(min_pieces);
        figures.resolve = self.resolve.table(min_pieces);
        figures.lean = self.lean.table(min_pieces);
        figures.height = self.height;
        figures.middles = self.middles;
    }
}

/// The code of a height in semitones above the middle.
pub fn height_code(height: i32) -> usize {
    (height + 24).clamp(0, 48) as usize
}
