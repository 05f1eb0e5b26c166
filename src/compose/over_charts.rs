//! The melodies over charts, segment by segment: their lattices, masses and messages, made on all processors.

use std::sync::Arc;

use rayon::prelude::*;

use super::melody_lattice::{MelodyLattice, Settled};
use super::melody_law::MelodyLaw;
use super::prepare::Prepared;
use super::rhythm_lattice::{Edge, RhythmLattice};
use super::structure::Segment;
use crate::constraint::{Frame, MelodyLimit};
use crate::markov::{Kernel, Messages, log_partition};
use crate::music::Chart;

/// The melodies of a chart's segments, each with the natural logarithm of their mass; `None` for a segment that varies
/// another, whose melodies depend on the other's.
pub(super) type Melodies = Vec<Option<((MelodyLattice, Messages), f64)>>;

/// All that the melodies over a chart are made from, to be read on any thread.
pub(super) struct OverCharts<'p> {
    laws: (&'p MelodyLaw<'p>, &'p Kernel),
    frame: &'p Frame,
    limits: &'p [MelodyLimit],
    /// The segments with their rhythms; without them where one varies another.
    segments: Vec<(&'p Segment, Option<Arc<RhythmLattice>>)>,
}

impl OverCharts<'_> {
    /// The melodies over a chart.
    fn melodies(&self, chart: &Chart) -> Melodies {
        let melodies = self.segments.par_iter().map(|segment| {
            let melody = self.melody(segment, chart)?;
            let messages = Messages::new(&melody.lattice);
            let mass = messages.log_partition(&melody.lattice);
            Some(((melody, messages), mass))
        });
        melodies.collect()
    }

    /// The lattices of the melodies over a chart.
    pub(super) fn lattices(&self, chart: &Chart) -> Vec<Option<MelodyLattice>> {
        self.segments.par_iter().map(|segment| self.melody(segment, chart)).collect()
    }

    /// The natural logarithm of their mass, without their messages.
    pub(super) fn log_mass(&self, chart: &Chart) -> f64 {
        let melodies = self.segments.iter().filter_map(|segment| self.melody(segment, chart));
        melodies.map(|melody| log_partition(&melody.lattice)).sum()
    }

    fn melody(
        &self,
        (segment, rhythms): &(&Segment, Option<Arc<RhythmLattice>>),
        chart: &Chart,
    ) -> Option<MelodyLattice> {
        let settled = Settled::nothing(self.laws.0, segment);
        Some(rhythms.as_ref()?.over(self.laws, self.frame, segment, chart, self.limits, &settled))
    }
}

impl Prepared<'_> {
    /// What the melodies over any chart are made from, under limits.
    pub(super) fn over_charts<'p>(&'p self, limits: &'p [MelodyLimit]) -> OverCharts<'p> {
        let frame = &self.page.frame;
        let (laws, rhythms) = ((&self.pitch.law, &*self.rhythm), &self.rhythms);
        let varies = |index: usize| self.variation(index).is_some();
        let segments = self.structure.segments.iter().enumerate();
        let segments: Vec<_> = segments
            .map(|(index, segment)| (segment, (!varies(index)).then(|| self.rhythm_edge(index))))
            .collect();
        let segments = segments.into_par_iter().map(|(segment, edge)| {
            (segment, edge.map(|edge| rhythms.get(laws, frame, segment, edge, limits)))
        });
        OverCharts {
            laws: (&self.pitch.law, &self.pitch.kernel),
            frame,
            limits,
            segments: segments.collect(),
        }
    }

    /// The melodies over a chart under limits.
    pub(super) fn melodies_under(&self, chart: &Chart, limits: &[MelodyLimit]) -> Melodies {
        self.over_charts(limits).melodies(chart)
    }

    /// The lattice of a segment that stands for itself.
    pub(super) fn melody_lattice(&self, segment: usize, chart: &Chart) -> MelodyLattice {
        let (laws, limits) = ((&self.pitch.law, &self.pitch.kernel), &self.limits.melody);
        let edge = self.rhythm_edge(segment);
        let segment = &self.structure.segments[segment];
        let rhythms =
            self.rhythms.get((&self.pitch.law, &*self.rhythm), &self.page.frame, segment, edge, limits);
        let settled = Settled::nothing(&self.pitch.law, segment);
        rhythms.over(laws, &self.page.frame, segment, chart, limits, &settled)
    }

    /// How the rhythms go on at the edges of a segment that stands for itself.
    fn rhythm_edge(&self, segment: usize) -> Edge<'static> {
        let (is_first, is_last) = self.edge(segment);
        Edge { is_first, is_last, rhythm: None, ends_there: false }
    }
}
