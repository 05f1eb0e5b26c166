//! Variations: stretches that differ from others in so many notes, drawn when the others are known.

use rand_chacha::ChaCha8Rng;

use super::melody_lattice::{MelodyLattice, Settled, melody_lattice};
use super::prepare::Prepared;
use crate::constraint::{MelodyLimit, Vary};
use crate::markov::Messages;
use crate::music::{Chart, Duration, Note};

/// What a variation must differ from, given the notes of its theme's stretch in order.
pub(super) fn near(vary: &Vary, theme: &[Note]) -> MelodyLimit {
    let count = theme.len() as u32;
    let theme = theme.iter().map(|note| (note.onset - vary.source + vary.from, note.pitch.midi()));
    MelodyLimit::Near {
        from: vary.from,
        to: vary.to,
        theme: theme.collect(),
        least: (vary.least * count).div_ceil(100),
        most: vary.most * count / 100,
    }
}

/// The notes that start in a stretch.
pub(super) fn starting_in(notes: &[Note], from: Duration, to: Duration) -> &[Note] {
    let first = notes.partition_point(|note| note.onset < from);
    let last = notes.partition_point(|note| note.onset < to);
    &notes[first..last]
}

impl Prepared<'_> {
    /// What a segment varies, if it does so as a whole.
    pub(super) fn variation(&self, segment: usize) -> Option<&Vary> {
        let segment = &self.structure.segments[segment];
        self.limits.vary.iter().find(|vary| vary.from == segment.from && vary.to == segment.to)
    }

    /// Adds the variations to a melody, each drawn exactly from its lattice, given all notes that are known: it goes on from
    /// the note before it as the chain does, and into the next as well as a seam does. `None` where there is none, or no
    /// more are to be looked for.
    pub(super) fn vary(
        &self,
        chart: &Chart,
        (mut notes, mut log_probability): (Vec<Note>, f64),
        look_for: &mut usize,
        rng: &mut ChaCha8Rng,
    ) -> Option<(Vec<Note>, f64)> {
        let mut left: Vec<usize> =
            (0..self.structure.segments.len()).filter(|&index| self.variation(index).is_some()).collect();
        // A theme may be a variation itself: it comes first.
        while !left.is_empty() {
            let is_open = |at: Duration, to: Duration| {
                left.iter().any(|&other| {
                    let segment = &self.structure.segments[other];
                    segment.shifts.iter().any(|&shift| segment.from + shift < to && segment.to + shift > at)
                })
            };
            let ready = left.iter().position(|&index| {
                let length = |vary: &Vary| vary.to - vary.from;
                self.variation(index).is_some_and(|vary| !is_open(vary.source, vary.source + length(vary)))
            });
            let index = left.remove(ready?);
            let vary = self.variation(index)?;
            let limit = near(vary, starting_in(&notes, vary.source, vary.source + vary.to - vary.from));
            // Of few notes there may be no such share.
            if matches!(limit, MelodyLimit::Near { least, most, .. } if least > most) {
                return None;
            }
            *look_for = look_for.checked_sub(1)?;
            let melody = self.varied_lattice(index, chart, &notes, limit)?;
            let messages = Messages::new(&melody.lattice);
            let (events, log_weight) = messages.sample(&melody.lattice, rng)?;
            log_probability += log_weight;
            for &shift in &self.structure.segments[index].shifts {
                notes.extend(self.notes_of(&melody, &events, shift).map(|(_, note)| note));
            }
            notes.sort_by_key(|note| note.onset);
        }
        Some((notes, log_probability))
    }

    /// The lattice of a variation among the notes that are known; `None` where what stands before it cannot be.
    fn varied_lattice(
        &self,
        index: usize,
        chart: &Chart,
        notes: &[Note],
        limit: MelodyLimit,
    ) -> Option<MelodyLattice> {
        let law = &self.pitch.law;
        let segment = &self.structure.segments[index];
        let before = &notes[..notes.partition_point(|note| note.onset < segment.from)];
        let symbols = before.iter().map(|note| law.symbol(note.pitch.midi()));
        let context = symbols
            .into_iter()
            .try_fold(law.start(), |context, symbol| self.pitch.kernel.after(context, symbol?))?;
        let mut limits = self.limits.melody.clone();
        limits.push(limit);
        let settled = Settled { context, ..Settled::nothing(law, segment) };
        let laws = (law, &*self.rhythm, &self.pitch.kernel);
        let mut melody =
            melody_lattice(laws, &self.page.frame, segment, self.edge(index), chart, &limits, &settled);
        let nexts: Vec<(&Note, u16)> = (segment.shifts.iter())
            .filter_map(|&shift| {
                let next = notes.get(notes.partition_point(|note| note.onset < segment.to + shift))?;
                Some((next, law.symbol(next.pitch.midi())?))
            })
            .collect();
        let leads = |last: u16| -> f64 {
            let fit = |&(note, next): &(&Note, u16)| match self.leaps(note.onset, last.abs_diff(next)) {
                true => law.seam(last, next),
                false => 0.0,
            };
            nexts.iter().map(fit).product()
        };
        for ends in &mut melody.lattice.ends {
            for (context, end) in ends.iter_mut().enumerate() {
                *end *= law.last(context as u32).map_or(1.0, leads);
            }
        }
        Some(melody)
    }

    /// Whether a leap of so many semitones into a place is allowed.
    fn leaps(&self, at: Duration, semitones: u16) -> bool {
        self.limits.melody.iter().all(|limit| match limit {
            MelodyLimit::Leap { from, to, max } => at < *from || at >= *to || u32::from(semitones) <= *max,
            _ => true,
        })
    }
}
