//! Takes: charts and melodies drawn on a page, exactly under the constraints.

use rand_chacha::ChaCha8Rng;

use super::charts::Charts;
use super::infeasible::Infeasible;
use super::melody_lattice::{MelodyLattice, Settled, melody_lattice};
use super::prepare::{Prepared, Refusal};
use super::seams::{Edge, Edges, SeamLaw, Seams};
use crate::constraint::{Constraint, Layer};
use crate::markov::draw::{seeded, unit};
use crate::markov::{Event, Messages};
use crate::music::lead_sheet::Header;
use crate::music::spelling::spell_melody;
use crate::music::{Bar, Chart, Duration, Form, LeadSheet, Melody, Note, Plan, Section};

/// How many melodies are drawn for one take, segment by segment, in the hope that their seams fit; then the seams are
/// drawn first. The law of the take is the same, but the second way costs as much as some tens of the first.
const HOPEFUL: usize = 400;
/// How many are drawn where the seams are too intertwined to be drawn first.
const MOST_MELODIES: usize = 100_000;
/// How many melodies that copy a passage of the style's songs are passed over before one is taken all the same: what
/// is asked may leave nothing else.
const UNCOPIED: usize = 2000;

/// A lead sheet that was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// The sheet, written out in full.
    pub sheet: LeadSheet,
    /// The natural logarithm of its probability in the style before conditioning, given the page.
    pub log_probability: f64,
    /// The natural logarithm of the probability that a melody over its chart meets the constraints.
    pub log_melody_mass: f64,
    /// How many melodies were drawn until the seams fitted, or to choose from.
    pub draws: usize,
    /// What takes up what; `None` for a take without a plan.
    pub plan: Option<Plan>,
    /// For a take that was chosen from several by weight, their effective number (Kish 1965) and how many there were;
    /// `None` for a single draw.
    pub effective: Option<(f64, usize)>,
    /// Whether it shares a passage of nine notes with one of the style's songs all the same, as nothing else was found.
    pub copied: bool,
}

/// The melody lattices of a chart's segments.
type Melodies = Vec<((MelodyLattice, Messages), f64)>;

impl Prepared<'_> {
    /// The take of a number, from 0: each is drawn from its own stream of the seed, whatever others are asked for.
    ///
    /// # Errors
    /// When no draw meets the constraints across seams, after very many.
    pub fn take(&self, number: u64) -> Result<Take, Refusal> {
        let mut rng = seeded(self.request.seed);
        rng.set_stream(number + 1);
        let tied = self.limits.same.iter().any(|same| same.layer == Layer::Rhythm);
        if tied || !self.request.no_plan {
            match self.planned(&mut rng) {
                Some(take) => return Ok(take),
                None if tied => return Err(self.rhythms_in_the_way()),
                None => {}
            }
        }
        let constraints = &self.request.constraints;
        let mut broken = vec![0usize; constraints.len()];
        if let Some((chart, log_chart)) = self.charts().draw(&self.chart_law, &self.structure, &mut rng) {
            // One chart stands for its share of all: it is kept until a melody fits, so that no chart is favoured for
            // melodies that are easy to find.
            let melodies = self.melodies(&chart);
            let log_melody_mass: f64 = melodies.iter().map(|(_, mass)| mass).sum();
            let mut joined: Option<(Vec<Edges>, Seams)> = None;
            for draws in 1..=MOST_MELODIES {
                if draws == HOPEFUL {
                    joined = self.join(&melodies);
                }
                let drawn = match &joined {
                    None => self.draw_melody(&melodies, &mut rng),
                    Some((edges, seams)) => self.draw_joined(&melodies, edges, seams, &mut rng),
                };
                let Some((melody, log_melody)) = drawn else { continue };
                let copied = self.copies.are_in(&melody);
                if copied && draws < UNCOPIED {
                    continue;
                }
                let sheet = self.sheet(chart.clone(), melody);
                let frame = &self.page.frame;
                match constraints.iter().position(|constraint| !constraint.holds(&sheet, frame)) {
                    None => {
                        let log_probability = log_chart + log_melody;
                        let (plan, effective) = (None, None);
                        return Ok(Take {
                            sheet,
                            log_probability,
                            log_melody_mass,
                            draws,
                            plan,
                            effective,
                            copied,
                        });
                    }
                    Some(constraint) => broken[constraint] += 1,
                }
            }
        }
        let hardest = broken.iter().zip(constraints).filter(|(count, _)| **count > 0);
        let conflict = hardest.map(|(_, constraint)| constraint);
        Err(Refusal::Infeasible(Box::new(Infeasible::unexplained(conflict, self.page.form()))))
    }

    /// That no sheet was found in which bars have the rhythms of others.
    fn rhythms_in_the_way(&self) -> Refusal {
        let constraints = self.request.constraints.iter();
        let tied = constraints.filter(|constraint| matches!(constraint, Constraint::RhythmAs(_)));
        Refusal::Infeasible(Box::new(Infeasible::unexplained(tied, self.page.form())))
    }

    /// All charts of the page.
    pub(super) fn charts(&self) -> &Charts {
        let limits = &self.limits.chart;
        self.charts.get_or_init(|| Charts::new(&self.chart_law, &self.page.frame, &self.structure, limits))
    }

    /// The natural logarithm of the probability that a chart meets the constraints.
    pub fn log_chart_mass(&self) -> f64 {
        if self.limits.chart.is_empty() { 0.0 } else { self.charts().log_mass }
    }

    pub(super) fn seam_law(&self) -> SeamLaw<'_> {
        SeamLaw { law: &self.melody_law, structure: &self.structure, limits: &self.limits.melody }
    }

    /// The melodies of a chart by what their seams see; `None` if the seams are too intertwined.
    fn join(&self, melodies: &Melodies) -> Option<(Vec<Edges>, Seams)> {
        let law = self.seam_law();
        let edges: Vec<Edges> =
            melodies.iter().enumerate().map(|(index, ((melody, _), _))| law.weigh(index, melody)).collect();
        let seams = law.join(&edges, |last, first| self.melody_law.seam(last, first))?;
        (seams.log_mass > f64::NEG_INFINITY).then_some((edges, seams))
    }

    pub(super) fn melody_lattices(&self, chart: &Chart) -> Vec<MelodyLattice> {
        let uses = &self.structure.uses;
        let (first, last) = (uses.first().map(|entry| entry.0), uses.last().map(|entry| entry.0));
        let segments = self.structure.segments.iter().enumerate().map(|(index, segment)| {
            let edge = (Some(index) == first, Some(index) == last);
            let law = (&self.melody_law, &self.rhythm, &self.kernel);
            let settled = Settled::nothing(&self.melody_law, segment);
            melody_lattice(law, &self.page.frame, segment, edge, chart, &self.limits.melody, &settled)
        });
        segments.collect()
    }

    fn melodies(&self, chart: &Chart) -> Melodies {
        let segments = self.melody_lattices(chart).into_iter().map(|melody| {
            let messages = Messages::new(&melody.lattice);
            let mass = messages.log_partition(&melody.lattice);
            ((melody, messages), mass)
        });
        segments.collect()
    }

    /// Draws the melody of every segment and puts the uses together; `None` if a seam refuses. A seam accepts with
    /// the probability of its interval over that of the likeliest, so what is accepted follows the product of the
    /// segments' laws and the seams' (rejection sampling, von Neumann 1951).
    fn draw_melody(&self, melodies: &Melodies, rng: &mut ChaCha8Rng) -> Option<(Vec<Note>, f64)> {
        let mut drawn = Vec::with_capacity(melodies.len());
        let mut log_probability = 0.0;
        for ((melody, messages), _) in melodies {
            let (events, log_weight) = messages.sample(&melody.lattice, rng)?;
            log_probability += log_weight;
            drawn.push(events);
        }
        let (notes, fits) = self.put_together(melodies, &drawn);
        for fit in fits {
            if unit(rng) >= fit {
                return None;
            }
            log_probability += libm::log(fit);
        }
        Some((notes, log_probability))
    }

    /// Draws what stands at the seams, then the melody of every segment given that: the same law without a miss.
    fn draw_joined(
        &self,
        melodies: &Melodies,
        edges: &[Edges],
        seams: &Seams,
        rng: &mut ChaCha8Rng,
    ) -> Option<(Vec<Note>, f64)> {
        let ends: Vec<Edge> = seams.draw(rng)?;
        let mut drawn = Vec::with_capacity(melodies.len());
        let mut log_probability = 0.0;
        for (index, ((melody, _), _)) in melodies.iter().enumerate() {
            let filled = self.seam_law().fill(index, melody, &edges[index], ends[index], rng);
            let (events, log_weight) = filled?;
            log_probability += log_weight;
            drawn.push(events);
        }
        let (notes, fits) = self.put_together(melodies, &drawn);
        Some((notes, log_probability + fits.into_iter().map(libm::log).sum::<f64>()))
    }

    /// The notes of all uses in order, and how well the first note of each use fits the note before it.
    fn put_together(&self, melodies: &Melodies, drawn: &[Vec<Event>]) -> (Vec<Note>, Vec<f64>) {
        let (mut notes, mut fits): (Vec<Note>, Vec<f64>) = (Vec::new(), Vec::new());
        let mut before: Option<u16> = None;
        let key = self.page.frame.key;
        for &(segment, shift) in &self.structure.uses {
            let shift = self.structure.segments[segment].shifts[shift];
            let ((melody, _), _) = &melodies[segment];
            let mut at_seam = true;
            for event in &drawn[segment] {
                let Some(symbol) = event.symbol else { continue };
                fits.extend(before.filter(|_| at_seam).map(|last| self.melody_law.seam(last, symbol)));
                at_seam = false;
                before = Some(symbol);
                let (from, to) = (melody.places[event.from as usize], melody.places[event.to as usize]);
                let pitch = key.spell_midi(self.melody_law.midi(symbol));
                notes.push(Note { onset: from + shift, duration: to - from, pitch });
            }
        }
        (notes, fits)
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
        let mut header = Header::new(self.title.clone(), frame.key);
        header.tempo = Some(self.page.tempo);
        header.feel = self.page.feel;
        let sections = frame
            .sections
            .iter()
            .map(|(label, bars)| Section { label: label.clone(), first_bar: bars.start });
        let form = Form {
            pickup: frame.pickup,
            bars: vec![Bar::full(frame.meter); frame.bars],
            sections: sections.collect(),
        };
        match LeadSheet::new(header, form, chart, melody) {
            Ok(sheet) => sheet,
            Err(fault) => unreachable!("events of a lattice lie within its page, in order: {fault}"),
        }
    }

    /// The natural logarithm of the probability that a sheet of the style on this page meets the constraints: exact
    /// for the chart, and for the melody the mean over the charts of the takes.
    pub fn log_partition(&self, takes: &[Take]) -> f64 {
        let largest = takes.iter().map(|take| take.log_melody_mass).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = takes.iter().map(|take| libm::exp(take.log_melody_mass - largest)).sum();
        self.log_chart_mass() + largest + libm::log(sum / takes.len().max(1) as f64)
    }
}

impl From<Vec<Note>> for Melody {
    fn from(notes: Vec<Note>) -> Melody {
        Melody { notes }
    }
}
