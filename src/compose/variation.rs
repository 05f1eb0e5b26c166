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

/// What is left of that to the bars of a stretch from one place to another, given all other notes of the variation; `None`
/// if these differ too much, or no number of notes is such a share.
fn near_within(vary: &Vary, notes: &[Note], (from, to): (Duration, Duration)) -> Option<MelodyLimit> {
    let stretch = |from: Duration| starting_in(notes, from, from + vary.to - vary.from);
    let MelodyLimit::Near { theme, least, most, .. } = near(vary, stretch(vary.source)) else { return None };
    let (theme, others): (Vec<_>, Vec<_>) = theme.into_iter().partition(|note| from <= note.0 && note.0 < to);
    let known = stretch(vary.from).iter().map(|note| (note.onset, note.pitch.midi()));
    let known: Vec<(Duration, i32)> = known.filter(|note| note.0 < from || note.0 >= to).collect();
    let kept = others.iter().filter(|note| known.contains(note)).count();
    let shared = others.iter().filter(|(at, _)| known.iter().any(|note| note.0 == *at)).count();
    let differ = (others.len() + known.len() - shared - kept) as u32;
    let (least, most) =
        (least.saturating_sub(differ), most.checked_sub(differ).filter(|most| *most + differ >= least)?);
    Some(MelodyLimit::Near { from, to, theme, least, most })
}

/// A melody with its variations.
pub(super) struct Varied {
    pub(super) notes: Vec<Note>,
    pub(super) log_probability: f64,
    /// The natural logarithm of the probability that variations of these themes keep what else is asked of them.
    pub(super) log_weight: f64,
}

/// The notes that start in a stretch.
pub(super) fn starting_in(notes: &[Note], from: Duration, to: Duration) -> &[Note] {
    let first = notes.partition_point(|note| note.onset < from);
    let last = notes.partition_point(|note| note.onset < to);
    &notes[first..last]
}

impl Prepared<'_> {
    /// What a segment varies: as a whole, or as all that is new of the bars that do.
    pub(super) fn variation(&self, segment: usize) -> Option<&Vary> {
        let varies = |vary: &&Vary| self.structure.only_new(vary.from, vary.to) == Some(segment);
        self.limits.vary.iter().find(varies)
    }

    /// Whether more is asked of the bars that a segment is written to than what they vary.
    fn is_asked_more(&self, segment: usize) -> bool {
        let segment = &self.structure.segments[segment];
        let touches = |from: Duration, to: Duration| {
            segment.shifts.iter().any(|&shift| from < segment.to + shift && to > segment.from + shift)
        };
        self.limits.melody.iter().any(|limit| match limit {
            MelodyLimit::Onset { at, .. } => touches(*at, *at + Duration::from_ticks(1)),
            MelodyLimit::Sounding { from, to, .. }
            | MelodyLimit::Note { at: from, to, .. }
            | MelodyLimit::Count { from, to, .. }
            | MelodyLimit::ChordTones { from, to }
            | MelodyLimit::Contour { from, to, .. }
            | MelodyLimit::Near { from, to, .. }
            | MelodyLimit::Leap { from, to, .. } => touches(*from, *to),
            MelodyLimit::First { .. } => {
                touches(self.page.frame.start(), self.page.frame.start() + Duration::from_ticks(1))
            }
            MelodyLimit::Last { .. } => {
                touches(self.page.frame.end() - Duration::from_ticks(1), self.page.frame.end())
            }
        })
    }

    /// Whether themes are led by what is asked of their variations.
    pub(super) fn leads_themes(&self) -> bool {
        (0..self.structure.segments.len())
            .any(|segment| self.variation(segment).is_some() && self.is_asked_more(segment))
    }

    /// Adds the variations to a melody, each drawn exactly from its lattice, given all notes that are known: it goes on from
    /// the note before it as the chain does, and into the next as well as a seam does. What is asked of them weighs the
    /// whole. `None` where there is none, or no more are to be looked for.
    pub(super) fn vary(
        &self,
        chart: &Chart,
        (mut notes, mut log_probability): (Vec<Note>, f64),
        look_for: &mut usize,
        rng: &mut ChaCha8Rng,
    ) -> Option<Varied> {
        let mut log_weight = 0.0;
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
                let segment = &self.structure.segments[index];
                self.variation(index).is_some_and(|vary| {
                    let is_known = !is_open(vary.source, vary.source + vary.to - vary.from);
                    is_known && !is_open(vary.from, segment.from) && !is_open(segment.to, vary.to)
                })
            });
            let index = left.remove(ready?);
            let segment = &self.structure.segments[index];
            let limit = near_within(self.variation(index)?, &notes, (segment.from, segment.to))?;
            *look_for = look_for.checked_sub(1)?;
            let melody = self.varied_lattice(index, chart, (&notes, true), limit.clone())?;
            let messages = Messages::new(&melody.lattice);
            let (events, log_own) = messages.sample(&melody.lattice, rng)?;
            log_probability += log_own;
            if self.is_asked_more(index) {
                let all = self.varied_lattice(index, chart, (&notes, false), limit)?;
                let log_all = Messages::new(&all.lattice).log_partition(&all.lattice);
                log_weight += messages.log_partition(&melody.lattice) - log_all;
            }
            for &shift in &self.structure.segments[index].shifts {
                notes.extend(self.notes_of(&melody, &events, shift).map(|(_, note)| note));
            }
            notes.sort_by_key(|note| note.onset);
        }
        Some(Varied { notes, log_probability, log_weight })
    }

    /// The lattice of a variation among the notes that are known, with or without all else that is asked of it; `None` where
    /// what stands before it cannot be.
    fn varied_lattice(
        &self,
        index: usize,
        chart: &Chart,
        (notes, asked): (&[Note], bool),
        limit: MelodyLimit,
    ) -> Option<MelodyLattice> {
        let law = &self.pitch.law;
        let segment = &self.structure.segments[index];
        let before = &notes[..notes.partition_point(|note| note.onset < segment.from)];
        let symbols = before.iter().map(|note| law.symbol(note.pitch.midi()));
        let context = symbols
            .into_iter()
            .try_fold(law.start(), |context, symbol| self.pitch.kernel.after(context, symbol?))?;
        let mut limits = if asked { self.limits.melody.clone() } else { Vec::new() };
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
            let fit =
                |&(note, next): &(&Note, u16)| match !asked || self.leaps(note.onset, last.abs_diff(next)) {
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
