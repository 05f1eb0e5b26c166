//! How likely a style is to meet a changed request.

use super::infeasible::Infeasible;
use super::prepare::{Prepared, prepare};
use super::request::Request;
use crate::markov::Messages;
use crate::markov::draw::seeded;
use crate::style::Style;

/// How many charts are drawn at most for one that a melody fits.
const MOST_CHARTS: usize = 4;

/// Weighs the mends of a refused request, and puts the likeliest first; those of which nothing is found out come last.
/// This takes far longer than finding them.
pub fn weigh(style: &Style, rhythm: &Style, request: &Request, refused: &mut Infeasible) {
    for mend in &mut refused.mends {
        let changed = mend.request(request);
        let mass = prepare(style, rhythm, &changed).ok().and_then(|prepared| prepared.log_mass());
        mend.log_mass = mass.map(|mass| mass.0);
        mend.is_estimate = mass.is_some_and(|mass| mass.1);
    }
    let worth = |mass: Option<f64>| mass.unwrap_or(f64::NEG_INFINITY);
    refused.mends.sort_by(|a, b| worth(b.log_mass).total_cmp(&worth(a.log_mass)));
}

impl Prepared<'_> {
    /// The natural logarithm of the probability that a sheet of the style on this page meets what is asked, and whether
    /// that is an estimate: exact if nothing is asked of the melody, else that of the chart and of melodies over one
    /// chart, seams not counted.
    pub(super) fn log_mass(&self) -> Option<(f64, bool)> {
        let log_chart = self.log_chart_mass();
        if self.limits.melody.is_empty() {
            return Some((log_chart, false));
        }
        let mut rng = seeded(self.request.seed);
        let mut melodies = (0..MOST_CHARTS).map_while(|_| {
            let (chart, _) = self.plain_charts().draw(&self.chart_law, &self.chart_structure, &mut rng)?;
            let logs = (0..self.structure.segments.len()).map(|segment| {
                let melody = self.melody_lattice(segment, &chart);
                Messages::new(&melody.lattice).log_partition(&melody.lattice)
            });
            Some(logs.sum::<f64>())
        });
        melodies.find(|log| log.is_finite()).map(|log_melody| (log_chart + log_melody, true))
    }
}
