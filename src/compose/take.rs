//! Takes: lead sheets drawn on a page, under the constraints.

use super::infeasible::Infeasible;
use super::prepare::{Prepared, Refusal};
use crate::constraint::{Constraint, Layer, MelodyLimit};
use crate::markov::draw::seeded;
use crate::music::lead_sheet::Header;
use crate::music::spelling::spell_melody;
use crate::music::{Chart, Duration, Form, LeadSheet, Melody, Note, Plan, Section};

/// A lead sheet that was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// The sheet, written out in full.
    pub sheet: LeadSheet,
    /// The natural logarithm of its probability in the style before conditioning, given the page.
    pub log_probability: f64,
    /// The natural logarithm of the probability that the style meets the constraints on this page, as this take tells it:
    /// exact where it was drawn over the only chart there is, else estimated from the charts that were weighed; `None` for
    /// one along a plan or with variations, which tells nothing of it.
    pub log_mass: Option<f64>,
    /// How many melodies were drawn until the seams fitted, or to choose from.
    pub draws: usize,
    /// What takes up what; `None` for a take without a plan.
    pub plan: Option<Plan>,
    /// For a take that was chosen from several by weight, their effective number (Kish 1965) and how many there were;
    /// `None` for a single draw.
    pub effective: Option<(f64, usize)>,
    /// Whether it shares a passage of nine notes with one of the style's songs all the same, as nothing else was found.
    pub copied: bool,
    /// Whether the variations that primes stand for gave way to what is asked: primed sections are those without primes.
    pub unvaried: bool,
}

impl Prepared<'_> {
    /// The take of a number, from 0: each follows from the seed and its number, whatever others are asked for.
    ///
    /// # Errors
    /// When no draw meets the constraints across seams, after very many.
    pub fn take(&self, number: u64) -> Result<Take, Refusal> {
        let mut rng = seeded(self.request.seed);
        rng.set_stream(number + 1);
        let tied = self.limits.same.iter().any(|same| same.layer == Layer::Rhythm);
        if tied || !(self.request.no_plan || self.is_given()) {
            match self.planned(&mut rng) {
                Some(take) => return Ok(take),
                None if tied => return Err(self.rhythms_in_the_way()),
                None => {}
            }
        }
        // What primes say yields to what is asked.
        self.unplanned(number, &mut rng).or_else(|refusal| self.take_unvaried(number).ok_or(refusal))
    }

    /// Whether most bars have notes that are asked for as they stand: what comes again there is not for a plan to say, and
    /// the charts want to be weighed by all of them.
    fn is_given(&self) -> bool {
        let frame = &self.page.frame;
        let length = frame.meter.bar_length();
        let starts = self.limits.melody.iter().filter_map(|limit| match limit {
            MelodyLimit::Note { at, allowed, .. } if allowed.len() == 1 => {
                usize::try_from(at.div_floor(length)).ok()
            }
            _ => None,
        });
        let bars: std::collections::BTreeSet<usize> = starts.collect();
        bars.len() * 2 > frame.bars
    }

    /// That no sheet was found in which bars have the rhythms of others.
    fn rhythms_in_the_way(&self) -> Refusal {
        let constraints = self.request.constraints.iter();
        let tied = constraints.filter(|constraint| matches!(constraint, Constraint::RhythmAs(_)));
        Refusal::Infeasible(Box::new(Infeasible::unexplained(tied, self.page.form())))
    }

    /// Gives every later use of a segment the spelling of its first: what follows may differ, the page should not.
    fn respell_repeats(&self, melody: &mut Melody) {
        for segment in &self.structure.segments {
            for &shift in segment.shifts.iter().filter(|shift| shift.is_positive()) {
                let names: Vec<_> =
                    melody.starting_in(segment.from, segment.to).iter().map(|note| note.pitch).collect();
                let first = melody.notes.partition_point(|note| note.onset < segment.from + shift);
                for (note, name) in melody.notes[first..].iter_mut().zip(names) {
                    note.pitch = name;
                }
            }
        }
    }

    pub(super) fn sheet(&self, chart: Chart, melody: impl Into<Melody>) -> LeadSheet {
        let frame = &self.page.frame;
        let mut melody: Melody = melody.into();
        let sounds: Vec<(Duration, i32)> =
            melody.notes.iter().map(|note| (note.onset, note.pitch.midi())).collect();
        for (note, pitch) in melody.notes.iter_mut().zip(spell_melody(frame.key, &sounds, &chart)) {
            note.pitch = pitch;
        }
        self.respell_repeats(&mut melody);
        let mut chart = chart;
        self.request.restore(&mut chart, &mut melody);
        let mut header = Header::new(self.title.clone(), frame.key);
        header.tempo = Some(self.page.tempo);
        header.feel = self.page.feel;
        let sections = frame
            .sections
            .iter()
            .map(|(label, bars)| Section { label: label.clone(), first_bar: bars.start });
        let mut form = Form {
            pickup: frame.pickup,
            sections: sections.collect(),
            ..Form::plain(frame.meter, frame.bars)
        };
        if let Some(draft) = &self.request.draft {
            // Words belong to bars: a melody that is composed anew is sung to them.
            let (pickup, bars) = draft.words();
            form.pickup_words.clone_from(pickup);
            form.bars.iter_mut().zip(bars).for_each(|(bar, words)| bar.words.clone_from(words));
        }
        match LeadSheet::new(header, form, chart, melody) {
            Ok(sheet) => sheet,
            Err(fault) => unreachable!("events of a lattice lie within its page, in order: {fault}"),
        }
    }

    /// The natural logarithm of the probability that a sheet of the style on this page meets the constraints: the mean of
    /// what the takes tell, or an estimate of its own where they do not; `None` if none was found.
    pub fn log_partition(&self, takes: &[Take]) -> Option<f64> {
        let told: Option<Vec<f64>> = takes.iter().map(|take| take.log_mass).collect();
        let Some(told) = told.filter(|told| !told.is_empty()) else { return Some(self.log_mass()?.0) };
        let largest = told.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = told.iter().map(|mass| libm::exp(mass - largest)).sum();
        Some(largest + libm::log(sum / told.len() as f64))
    }
}

impl From<Vec<Note>> for Melody {
    fn from(notes: Vec<Note>) -> Melody {
        Melody { notes }
    }
}
