//! Themes led by what is asked of their variations.
//!
//! A theme without the notes that are asked of its variation may leave none, or hardly any. So half of the themes are drawn
//! from those on which the same is asked, where that leaves any, and each is weighed by how much oftener it is drawn so
//! than by its own law (a defensive mixture: Hesterberg 1995).

use super::over_charts::Melodies;
use super::possible::starts_alike;
use super::prepare::Prepared;
use super::variation::starting_in;
use crate::constraint::{MelodyLimit, Shape};
use crate::music::{Chart, Duration, Note};

/// The melodies of a chart in which themes have what is asked of their variations.
#[derive(Debug)]
pub(super) struct Leading {
    /// The melodies by segment.
    pub(super) melodies: Melodies,
    limits: Vec<MelodyLimit>,
    /// The natural logarithm of the mass of all melodies over that of these.
    log_odds: f64,
}

impl Leading {
    /// The natural logarithm of how much oftener a melody is drawn, up to a constant, than by its own law.
    pub(super) fn log_share(&self, melody: &[Note]) -> f64 {
        if !self.limits.iter().all(|limit| keeps(melody, limit)) {
            return 0.0;
        }
        self.log_odds.max(0.0) + libm::log1p(libm::exp(-self.log_odds.abs()))
    }
}

impl Prepared<'_> {
    /// The melodies of a chart in which themes are led; `None` if nothing leads them, or to nothing.
    pub(super) fn leading(&self, chart: &Chart, all: &Melodies) -> Option<Leading> {
        let limits = self.leads();
        if limits.is_empty() {
            return None;
        }
        let melodies = self.melodies_under(chart, &[self.limits.melody.as_slice(), &limits].concat());
        let log_mass = |melodies: &Melodies| melodies.iter().flatten().map(|melody| melody.1).sum::<f64>();
        let log_odds = log_mass(all) - log_mass(&melodies);
        log_odds.is_finite().then_some(Leading { melodies, limits, log_odds })
    }

    /// What is asked of themes so: notes where the style has notes, and lines, within segments that vary nothing.
    fn leads(&self) -> Vec<MelodyLimit> {
        let onsets = self.rhythm.support().onsets();
        let bar = self.page.frame.meter.bar_length();
        let stands_alone = |from: Duration, to: Duration| {
            self.structure.uses.iter().any(|&(number, shift)| {
                let segment = &self.structure.segments[number];
                let shift = segment.shifts[shift];
                self.variation(number).is_none() && segment.from + shift <= from && to <= segment.to + shift
            })
        };
        let mut leads: Vec<MelodyLimit> = Vec::new();
        for vary in &self.limits.vary {
            for limit in &self.limits.melody {
                let by = vary.source - vary.from;
                let Some(limit) = starts_alike(limit, (vary.from, vary.to), by, true) else { continue };
                let may = match &limit {
                    MelodyLimit::Onset { at, .. } => {
                        onsets.contains(&at.rem_floor(bar))
                            && stands_alone(*at, *at + Duration::from_ticks(1))
                    }
                    MelodyLimit::Contour { from, to, .. } => stands_alone(*from, *to),
                    _ => false,
                };
                if may && !leads.contains(&limit) && !self.limits.melody.contains(&limit) {
                    leads.push(limit);
                }
            }
        }
        leads
    }
}

/// Whether a melody has what leads it.
fn keeps(melody: &[Note], limit: &MelodyLimit) -> bool {
    match limit {
        MelodyLimit::Onset { at, allowed } => starting_in(melody, *at, *at + Duration::from_ticks(1))
            .first()
            .is_some_and(|note| allowed.contains(note.pitch.midi())),
        MelodyLimit::Contour { from, to, shape } => {
            let heights = starting_in(melody, *from, *to).iter().map(|note| note.pitch.midi());
            let heights: Vec<i32> = heights.collect();
            let steps = heights.windows(2).map(|pair| (pair[1] - pair[0]).signum());
            let mut steps: Vec<i32> = steps.filter(|step| *step != 0).collect();
            steps.dedup();
            match shape {
                Shape::Up => steps == [1],
                Shape::Down => steps == [-1],
                Shape::Arch => steps == [1, -1],
                Shape::Valley => steps == [-1, 1],
            }
        }
        _ => true,
    }
}
