//! Whether constraints leave a page any sheet: by what can be reached, without a law or a weight.

use std::collections::BTreeMap;

use super::chart_law::{offered, offered_beside};
use super::chart_reach::{ChartReach, Palette};
use super::form_graph::FormGraph;
use super::page::{Page, compass};
use super::prepare::parts;
use super::reach::Ground;
use super::reach_join::Melody;
use super::reach_limits::strong_beats;
use super::rhythm_law::RhythmSupport;
use super::structure::Structure;
use crate::constraint::{Constraint, ConstraintError, Frame, Layer, Limits, MelodyLimit, PitchSet};
use crate::music::{ChordSymbol, Duration};
use crate::style::Style;

/// The part of a sheet that cannot be written to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The chords.
    Chart,
    /// The notes.
    Melody,
}

impl Part {
    /// Its name: `chart`, `melody`.
    pub fn name(self) -> &'static str {
        match self {
            Part::Chart => "chart",
            Part::Melody => "melody",
        }
    }
}

/// Numbers of constraints, in order, and of sections that stand for themselves.
type Case = (Vec<usize>, Vec<usize>);

/// A page, and constraints of which any set can be asked whether it leaves a sheet.
#[derive(Debug)]
pub struct Possible<'a> {
    page: &'a Page,
    range: (i32, i32),
    ground: Ground<'a>,
    offered: Vec<ChordSymbol>,
    asked: Vec<(Constraint, Limits)>,
    known: BTreeMap<(Part, Case), bool>,
}

impl<'a> Possible<'a> {
    /// A page in a style, with the rhythm of that or another one, and with no constraints yet.
    pub fn new(style: &Style, rhythm: &'a RhythmSupport<'a>, page: &'a Page) -> Possible<'a> {
        Possible {
            page,
            range: page.range,
            ground: Ground { frame: &page.frame, rhythm },
            offered: offered(&style.figures, page.frame.key),
            asked: Vec::new(),
            known: BTreeMap::new(),
        }
    }

    /// The page.
    pub fn page(&self) -> &'a Page {
        self.page
    }

    /// The constraint of a number.
    pub fn constraint(&self, number: usize) -> &Constraint {
        &self.asked[number].0
    }

    /// Lets the melody keep to another range where nothing is said of it.
    pub fn keep_to(&mut self, range: (i32, i32)) {
        self.range = range;
        self.known.retain(|(part, _), _| *part == Part::Chart);
    }

    /// Takes up a constraint; the number is for the other questions.
    ///
    /// # Errors
    /// When the page does not have its place.
    pub fn add(&mut self, constraint: &Constraint) -> Result<usize, ConstraintError> {
        if let Some(known) = self.asked.iter().position(|(known, _)| known == constraint) {
            return Ok(known);
        }
        let mut limits = Limits::default();
        constraint.compile(&self.page.frame, &mut limits)?;
        self.asked.push((constraint.clone(), limits));
        Ok(self.asked.len() - 1)
    }

    /// Whether some constraints leave a sheet; the sections of some numbers need not be like others of their name.
    pub fn leave_any(&mut self, numbers: &[usize], apart: &[usize]) -> bool {
        let (chart, melody) = self.halves(numbers, apart);
        for (part, case) in [(Part::Chart, chart), (Part::Melody, melody)] {
            let key = (part, case);
            let any = match self.known.get(&key) {
                Some(&known) => known,
                None => {
                    let any = self.stops_in(part, &key.1, false).is_none();
                    self.known.insert(key, any);
                    any
                }
            };
            if !any {
                return false;
            }
        }
        true
    }

    /// Where the forward support of some constraints ends, and in which part of the sheet; `None` if there is a sheet.
    pub fn parting(&self, numbers: &[usize], apart: &[usize]) -> Option<(Part, Duration)> {
        let (chart, melody) = self.halves(numbers, apart);
        let chart = || self.stops_in(Part::Chart, &chart, true).map(|at| (Part::Chart, at));
        let melody = || self.stops_in(Part::Melody, &melody, true).map(|at| (Part::Melody, at));
        chart().or_else(melody)
    }

    /// The constraints that the chart hangs on, and those that the melody does.
    fn halves(&self, numbers: &[usize], apart: &[usize]) -> (Case, Case) {
        let mut numbers = numbers.to_vec();
        numbers.sort_unstable();
        numbers.dedup();
        let of = |number: &usize| &self.asked[*number].1;
        let tied = |number: &usize| !of(number).same.is_empty() || !of(number).vary.is_empty();
        let minds_tones = |limit: &MelodyLimit| matches!(limit, MelodyLimit::ChordTones { .. });
        if numbers.iter().any(|number| of(number).melody.iter().any(minds_tones)) {
            return ((numbers.clone(), apart.to_vec()), (numbers, apart.to_vec()));
        }
        let part = |is_bound: &dyn Fn(&Limits) -> bool| {
            let numbers = numbers.iter().copied();
            let numbers: Vec<usize> = numbers.filter(|number| tied(number) || is_bound(of(number))).collect();
            (numbers, apart.to_vec())
        };
        (part(&|limits| !limits.chart.is_empty()), part(&|limits| !limits.melody.is_empty()))
    }

    fn stops_in(&self, part: Part, (numbers, apart): &Case, place: bool) -> Option<Duration> {
        let mut limits = Limits::default();
        for (_, own) in numbers.iter().map(|&number| &self.asked[number]) {
            limits.chart.extend(own.chart.iter().cloned());
            limits.melody.extend(own.melody.iter().cloned());
            limits.same.extend(own.same.iter().copied());
            limits.vary.extend(own.vary.iter().copied());
        }
        let more = mirrored(&limits);
        limits.melody.extend(more);
        stops(self, part, &limits, apart, place)
    }
}

/// What stretches ask of others whose notes start where theirs do, and, of variations in which nothing differs, are the
/// same notes.
fn mirrored(limits: &Limits) -> Vec<MelodyLimit> {
    let alike = limits.vary.iter().filter(|vary| vary.most == 0);
    let alike = alike.map(|vary| (vary.from, vary.to, vary.source, true));
    let in_rhythm = limits.same.iter().filter(|same| same.layer == Layer::Rhythm);
    let in_rhythm = in_rhythm.map(|same| (same.from, same.to, same.source, false));
    let pairs: Vec<_> = alike.chain(in_rhythm).collect();
    let mut mirrored: Vec<MelodyLimit> = Vec::new();
    // What is asked of one may go on to a third.
    for _ in 0..pairs.len() {
        for &(from, to, source, notes) in &pairs {
            for (own, other) in [(from, source), (source, from)] {
                let known = limits.melody.iter().chain(&mirrored);
                let seen =
                    known.filter_map(|limit| starts_alike(limit, (own, own + to - from), other - own, notes));
                let new: Vec<MelodyLimit> = seen.collect();
                for limit in new {
                    if !limits.melody.contains(&limit) && !mirrored.contains(&limit) {
                        mirrored.push(limit);
                    }
                }
            }
        }
    }
    mirrored
}

/// What a limit within a stretch asks of one that lies so much later and whose notes start alike: at the same places, or
/// as the same notes.
pub(super) fn starts_alike(
    limit: &MelodyLimit,
    (from, to): (Duration, Duration),
    later: Duration,
    notes: bool,
) -> Option<MelodyLimit> {
    let of_note = |allowed: PitchSet| if notes { allowed } else { PitchSet::ALL };
    let within = |start: Duration, end: Duration| from <= start && end <= to;
    let moment = Duration::from_ticks(1);
    let (start, end, alike) = match *limit {
        MelodyLimit::Onset { at, allowed } | MelodyLimit::Note { at, allowed, .. } => {
            (at, at + moment, MelodyLimit::Onset { at: at + later, allowed: of_note(allowed) })
        }
        MelodyLimit::Count { from, to, min, max } => {
            (from, to, MelodyLimit::Count { from: from + later, to: to + later, min, max })
        }
        MelodyLimit::Sounding { from, to, allowed } if allowed.is_empty() => {
            (from, to, MelodyLimit::Count { from: from + later, to: to + later, min: 0, max: 0 })
        }
        MelodyLimit::Contour { from, to, shape } if notes => {
            (from, to, MelodyLimit::Contour { from: from + later, to: to + later, shape })
        }
        _ => return None,
    };
    within(start, end).then_some(alike)
}

/// Where a part of a sheet under limits comes to an end.
fn stops(of: &Possible<'_>, part: Part, limits: &Limits, apart: &[usize], place: bool) -> Option<Duration> {
    let frame = &of.page.frame;
    let nothing = match part {
        Part::Chart => limits.chart.is_empty() && limits.melody.is_empty(),
        Part::Melody => limits.melody.is_empty(),
    };
    if nothing {
        return None;
    }
    // The graph alone says which sections are the same; wishes that go round in a circle leave nothing.
    let page = Page { frame: set_apart(frame, apart), ..of.page.clone() };
    let Ok(relations) = FormGraph::new(&page, limits).relations() else { return Some(frame.start()) };
    let untied = Frame { sections: Vec::new(), ..frame.clone() };
    let structure = match part {
        Part::Chart => Structure::new(&untied, &relations.chords),
        Part::Melody => Structure::parted(&untied, &relations.melody, &parts(frame, limits)),
    };
    let palette = || {
        let named = limits.named_chords();
        Palette::new(&of.offered, &named, offered_beside(named.len()))
    };
    match part {
        Part::Chart => {
            let palette = palette();
            let besides = tones_asked(frame, limits);
            let besides: Vec<_> = (besides.into_iter())
                .map(|(at, notes)| (at, palette.that(|chord| goes_with(chord, notes))))
                .collect();
            let (structure, limits) = (&structure, limits.chart.as_slice());
            ChartReach { frame, structure, limits, besides: &besides, palette: &palette }.stops()
        }
        Part::Melody => {
            let page = Page { range: of.range, ..of.page.clone() };
            let minds_tones =
                limits.melody.iter().any(|limit| matches!(limit, MelodyLimit::ChordTones { .. }));
            let palette = minds_tones.then(palette);
            let tones = |at: Duration| match &palette {
                Some(palette) if at >= Duration::ZERO => {
                    let chords = palette.at(&limits.chart, at);
                    (0..128)
                        .filter(|&midi| chords.iter().any(|chord| goes_with(chord, PitchSet::one(midi))))
                        .map(PitchSet::one)
                        .collect()
                }
                _ => PitchSet::ALL,
            };
            let (ground, range) = (&of.ground, compass(&page, limits));
            let melody =
                Melody { ground, structure: &structure, limits: &limits.melody, range, tones: &tones };
            melody.stops(place)
        }
    }
}

/// Whether one of some notes is a tone of a chord; any is under N.C.
fn goes_with(chord: &ChordSymbol, notes: PitchSet) -> bool {
    let tones = chord.pitch_classes();
    tones == 0 || notes.iter().any(|midi| tones >> midi.rem_euclid(12) & 1 == 1)
}

/// The strong beats on which chord tones and a note are asked for, with that note: the chord there must have it.
fn tones_asked(frame: &Frame, limits: &Limits) -> Vec<(Duration, PitchSet)> {
    let mut asked = Vec::new();
    for limit in &limits.melody {
        let MelodyLimit::ChordTones { from, to } = limit else { continue };
        let strong = strong_beats(frame, (*from).max(Duration::ZERO), *to);
        for other in &limits.melody {
            let (at, allowed) = match other {
                MelodyLimit::Onset { at, allowed } | MelodyLimit::Note { at, allowed, .. } => (*at, *allowed),
                _ => continue,
            };
            if strong.contains(&at) {
                asked.push((at, allowed));
            }
        }
    }
    asked
}

/// The page with the sections of some numbers under names of their own.
pub(super) fn set_apart(frame: &Frame, apart: &[usize]) -> Frame {
    let mut frame = frame.clone();
    for &section in apart {
        if let Some((label, _)) = frame.sections.get_mut(section) {
            // A name that no form has.
            *label = format!("{label} {section}");
        }
    }
    frame
}
