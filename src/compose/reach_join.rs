//! Whether a page has any melody under limits: what the segments may begin and end with, joined at the seams.

use std::collections::BTreeMap;

use super::contours::{Meaning, Sounding, is_over_seam, join_contours};
use super::reach::{Firsts, Ground, Reached};
use super::reach_limits::{Bound, first_and_last};
use super::structure::Structure;
use crate::constraint::{MelodyLimit, PitchSet};
use crate::markov::{Elimination, Factor};
use crate::music::Duration;

/// With more segments than this that may be silent, the ways to be silent are not told apart.
const MOST_SILENT: usize = 10;

/// The melody of a page under limits.
pub(super) struct Melody<'a> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) structure: &'a Structure,
    pub(super) limits: &'a [MelodyLimit],
    /// The range, lowest and highest.
    pub(super) range: (i32, i32),
    /// What may start on a strong beat for the chords that can sound there.
    pub(super) tones: &'a dyn Fn(Duration) -> PitchSet,
}

/// A segment with what was found of it.
struct Part {
    places: Vec<Duration>,
    bound: Bound,
}

/// What a segment may begin and end with, first notes told apart.
struct Edges {
    firsts: Firsts,
    /// The numbers of the first notes that there are.
    there: Vec<usize>,
    /// The last notes, with how the parts of contours go.
    lasts: Vec<(i32, Vec<u16>)>,
    /// For each first note whether each last one goes with it.
    pairs: Vec<bool>,
    silent: bool,
}

impl Meaning for [Edges] {
    fn first_note(&self, segment: usize, value: usize) -> i32 {
        let edges = &self[segment];
        edges.firsts.range.0 + (edges.there[value] % edges.firsts.pitches()) as i32
    }

    fn last_note(&self, segment: usize, value: usize) -> (i32, &[u16]) {
        let (midi, lines) = &self[segment].lasts[value];
        (*midi, lines)
    }
}

impl Melody<'_> {
    /// Where the melody comes to an end; `None` if one can be written to the end, or where that is too hard to tell.
    /// Without `place` it may be any place.
    pub(super) fn stops(&self, place: bool) -> Option<Duration> {
        if self.limits.is_empty() {
            return None;
        }
        let (start, end) = (self.ground.frame.start(), self.ground.frame.end());
        let parts: Vec<Part> = (self.structure.segments.iter())
            .map(|segment| {
                let bound = Bound::new(self.ground.frame, segment, self.limits, self.tones);
                Part { places: self.ground.places(segment, &bound), bound }
            })
            .collect();
        let range = PitchSet::range(self.range.0..=self.range.1);
        let (first, last) = first_and_last(self.limits);
        let alone = self.structure.uses.len() == 1;
        let mut stops = None;
        for part in &parts {
            let opening = first.filter(|_| alone).unwrap_or(PitchSet::ALL);
            let reached = self.ground.reach(&part.places, &part.bound, (range, opening), None);
            let closing = last.filter(|_| alone).unwrap_or(PitchSet::ALL);
            let must_sound = alone && (first.is_some() || last.is_some());
            let ends_well = !reached.lasts[0].intersection(closing).is_empty();
            if !ends_well && (must_sound || !reached.silent) {
                let at =
                    if reached.furthest < end { reached.furthest } else { end - Duration::from_ticks(1) };
                stops = Some(stops.map_or(at, |known: Duration| known.min(at)));
            }
        }
        if stops.is_some() || alone || !self.is_bound() {
            return stops;
        }
        let edges = parts.iter().zip(&self.structure.segments).map(|(part, segment)| {
            let leaps: Vec<(Duration, Duration, u32)> = self.leaps().collect();
            let firsts = Firsts::new(segment, &part.places, &leaps, self.range);
            let reached = self.ground.reach(&part.places, &part.bound, (range, PitchSet::ALL), Some(&firsts));
            Edges::new(firsts, reached, &part.bound)
        });
        let edges: Vec<Edges> = edges.collect();
        let uses = &self.structure.uses;
        if self.can_be_joined(&edges, uses.len()) {
            return None;
        }
        if !place {
            return Some(start);
        }
        // The first use that cannot be joined to those before it; if each can, what is asked of the end is in the way.
        let first_bad = (1..uses.len()).find(|&count| !self.can_be_joined(&edges, count));
        let at = first_bad.map_or(end - Duration::from_ticks(1), |count| {
            let (segment, shift) = uses[count - 1];
            let segment = &self.structure.segments[segment];
            segment.from + segment.shifts[shift]
        });
        Some(at)
    }

    fn leaps(&self) -> impl Iterator<Item = (Duration, Duration, u32)> {
        self.limits.iter().filter_map(|limit| match limit {
            MelodyLimit::Leap { from, to, max } => Some((*from, *to, *max)),
            _ => None,
        })
    }

    /// Whether any limit says something about notes on both sides of a seam.
    fn is_bound(&self) -> bool {
        let (first, last) = first_and_last(self.limits);
        let contour = self.limits.iter().any(|limit| is_over_seam(limit, self.structure));
        first.is_some() || last.is_some() || contour || self.leaps().next().is_some()
    }

    /// Whether so many uses from the first on can follow each other; true where that is too hard to tell.
    fn can_be_joined(&self, edges: &[Edges], uses: usize) -> bool {
        let in_use = |segment: usize| self.structure.uses[..uses].iter().any(|used| used.0 == segment);
        let may_be_silent: Vec<usize> =
            (0..edges.len()).filter(|&segment| edges[segment].silent && in_use(segment)).collect();
        if may_be_silent.len() > MOST_SILENT {
            return true;
        }
        // First with as much sound as there can be.
        (0..1u32 << may_be_silent.len()).any(|pattern| {
            let at = |segment| may_be_silent.iter().position(|&other| other == segment);
            let is_silent = |segment| at(segment).is_some_and(|at| pattern >> at & 1 == 1);
            let sounding: Vec<usize> =
                (0..edges.len()).filter(|&segment| in_use(segment) && !is_silent(segment)).collect();
            if sounding.iter().any(|&segment| edges[segment].there.is_empty()) {
                return false;
            }
            let Some((domains, factors)) = self.factors(edges, &sounding, uses) else { return false };
            Elimination::new(&domains, factors).is_none_or(|joined| joined.log_mass > f64::NEG_INFINITY)
        })
    }

    /// The variables (for each sounding segment its first note, then its last) and what they must meet together; `None`
    /// if silence leaves no note where there must be one.
    fn factors(&self, edges: &[Edges], sounding: &[usize], uses: usize) -> Option<(Vec<usize>, Vec<Factor>)> {
        let is = |fits: bool| f64::from(u8::from(fits));
        let number = |segment: usize| sounding.binary_search(&segment).ok();
        let sizes =
            sounding.iter().flat_map(|&segment| [edges[segment].there.len(), edges[segment].lasts.len()]);
        let mut domains: Vec<usize> = sizes.collect();
        let pairs = sounding.iter().enumerate().map(|(number, &segment)| Factor {
            variables: vec![2 * number, 2 * number + 1],
            weights: edges[segment].pairs.iter().map(|&fits| is(fits)).collect(),
        });
        let mut factors: Vec<Factor> = pairs.collect();
        let heard: Vec<Sounding> = (self.structure.uses[..uses].iter())
            .filter_map(|&(segment, shift)| {
                let number = number(segment)?;
                Some(Sounding { segment, shift, first: 2 * number, last: 2 * number + 1 })
            })
            .collect();
        for pair in heard.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            let (lasts, edges) = (&edges[before.segment].lasts, &edges[after.segment]);
            let near = |last: i32, first: usize| {
                let (kind, midi) = (first / edges.firsts.pitches(), first % edges.firsts.pitches());
                let midi = edges.firsts.range.0 + midi as i32;
                edges.firsts.leaps[kind][after.shift].is_none_or(|widest| last.abs_diff(midi) <= widest)
            };
            let weights = lasts
                .iter()
                .flat_map(|last| edges.there.iter().map(move |&first| (last.0, first)))
                .map(|(last, first)| is(near(last, first)));
            factors.push(Factor { variables: vec![before.last, after.first], weights: weights.collect() });
        }
        let (first, last) = first_and_last(self.limits);
        if let Some(allowed) = first {
            let used = heard.first()?;
            let firsts = 0..edges[used.segment].there.len();
            let weights =
                firsts.map(|first| is(allowed.contains(edges.first_note(used.segment, first)))).collect();
            factors.push(Factor { variables: vec![used.first], weights });
        }
        if let Some(allowed) = last.filter(|_| uses == self.structure.uses.len()) {
            let used = heard.last()?;
            let lasts = edges[used.segment].lasts.iter();
            let weights = lasts.map(|last| is(allowed.contains(last.0))).collect();
            factors.push(Factor { variables: vec![used.last], weights });
        }
        // Of contours those that are over by then.
        let end = self.structure.uses[..uses].last().map(|&(segment, shift)| {
            let segment = &self.structure.segments[segment];
            segment.to + segment.shifts[shift]
        });
        let limits = (self.limits, end);
        let joined = join_contours(self.structure, limits, &heard, edges, (&mut domains, &mut factors));
        joined.then_some((domains, factors))
    }
}

impl Edges {
    fn new(firsts: Firsts, reached: Reached, bound: &Bound) -> Edges {
        let numbers = 0..reached.lasts.len();
        let there: Vec<usize> = numbers.filter(|&first| !reached.lasts[first].is_empty()).collect();
        // By how the contours go.
        let mut ends: BTreeMap<Vec<u16>, Vec<PitchSet>> = BTreeMap::new();
        for (watched, own) in reached.ends {
            let known = ends.entry(bound.lines(watched)).or_insert_with(|| vec![PitchSet::EMPTY; own.len()]);
            known.iter_mut().zip(own).for_each(|(known, own)| *known = known.union(own));
        }
        let of_line = |(lines, rows): (&Vec<u16>, &Vec<PitchSet>)| {
            let all = rows.iter().fold(PitchSet::EMPTY, |all, row| all.union(*row));
            all.iter().map(|midi| (midi, lines.clone())).collect::<Vec<_>>()
        };
        let lasts: Vec<(i32, Vec<u16>)> = ends.iter().flat_map(of_line).collect();
        let goes = |first: usize, last: &(i32, Vec<u16>)| ends[&last.1][first].contains(last.0);
        let pairs = there.iter().flat_map(|&first| lasts.iter().map(move |last| (first, last)));
        let pairs = pairs.map(|(first, last)| goes(first, last)).collect();
        Edges { firsts, there, lasts, pairs, silent: reached.silent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::rhythm_law::RhythmSupport;
    use crate::constraint::{Frame, Shape};
    use crate::markov::draw::{seeded, unit};
    use crate::music::Key;
    use crate::style::figures::Figures;
    use rand_chacha::ChaCha8Rng;

    const LOWEST: i32 = 60;
    const PITCHES: i32 = 3;
    const PLACE: Duration = Duration::EIGHTH;

    fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
        ((unit(rng) * bound as f64) as usize).min(bound - 1)
    }

    fn page(form: &[(&str, usize)]) -> Frame {
        let mut sections = Vec::new();
        let mut bar = 0;
        for &(label, bars) in form {
            sections.push((label.to_string(), bar..bar + bars));
            bar += bars;
        }
        let meter = "2/4".parse().expect("a meter");
        Frame { key: Key::C_MAJOR, meter, pickup: Duration::ZERO, bars: bar, sections }
    }

    fn limit(rng: &mut ChaCha8Rng, frame: &Frame) -> MelodyLimit {
        let count = frame.end().div_floor(PLACE) as usize;
        let (one, other) = (below(rng, count), below(rng, count));
        let (from, to) = (PLACE * one.min(other) as i64, PLACE * (one.max(other) as i64 + 1));
        let at = PLACE * one as i64;
        let bar = frame.bar_line(below(rng, frame.bars));
        let allowed: PitchSet =
            (0..PITCHES).filter(|_| below(rng, 2) == 0).map(|pitch| PitchSet::one(LOWEST + pitch)).collect();
        let least = below(rng, 4) as u32;
        match below(rng, 10) {
            0 => MelodyLimit::Sounding { from, to, allowed },
            1 => MelodyLimit::Onset { at, allowed },
            2 => MelodyLimit::Note { at, to: at + PLACE * (1 + below(rng, 3) as i64), allowed },
            3 => MelodyLimit::ChordTones { from, to },
            4 | 5 => {
                let shapes = [Shape::Up, Shape::Down, Shape::Arch, Shape::Valley];
                MelodyLimit::Contour { from, to, shape: shapes[below(rng, 4)] }
            }
            6 => {
                let mut theme: Vec<(Duration, i32)> = Vec::new();
                let mut place = from;
                while place < to {
                    if below(rng, 2) == 0 {
                        theme.push((place, LOWEST + below(rng, 3) as i32));
                    }
                    place += PLACE;
                }
                MelodyLimit::Near { from, to, theme, least, most: least + below(rng, 2) as u32 }
            }
            7 => {
                let to = bar + frame.meter.bar_length();
                MelodyLimit::Count { from: bar, to, min: least, max: least + below(rng, 2) as u32 }
            }
            8 => MelodyLimit::Leap { from, to, max: below(rng, 2) as u32 },
            _ if below(rng, 2) == 0 => MelodyLimit::First { allowed },
            _ => MelodyLimit::Last { allowed },
        }
    }

    /// Whether a melody that is written out keeps a limit; notes last to the next place but where they are asked to last
    /// longer. On strong beats only the lowest pitch is a chord tone.
    fn keeps(frame: &Frame, notes: &[(Duration, i32)], limits: &[MelodyLimit], limit: &MelodyLimit) -> bool {
        let end = |at: Duration| {
            let asked = limits.iter().filter_map(|limit| match limit {
                MelodyLimit::Note { at: from, to, .. } if *from == at => Some(*to),
                _ => None,
            });
            asked.max().unwrap_or(at + PLACE)
        };
        let within =
            |from: Duration, to: Duration| notes.iter().filter(move |note| from <= note.0 && note.0 < to);
        match limit {
            MelodyLimit::Sounding { from, to, allowed } => {
                notes.iter().all(|&(at, midi)| at >= *to || end(at) <= *from || allowed.contains(midi))
            }
            MelodyLimit::Onset { at, allowed } => {
                notes.iter().any(|note| note.0 == *at && allowed.contains(note.1))
            }
            MelodyLimit::Note { at, to, allowed } => {
                let held = notes.iter().all(|note| note.0 <= *at || note.0 >= *to);
                held && end(*at) == *to && notes.iter().any(|note| note.0 == *at && allowed.contains(note.1))
            }
            MelodyLimit::ChordTones { from, to } => within(*from, *to).all(|note| {
                frame.meter.strength(note.0.rem_floor(frame.meter.bar_length())) > 1 || note.1 == LOWEST
            }),
            MelodyLimit::Contour { from, to, shape } => {
                let line: Vec<i32> = within(*from, *to).map(|note| note.1).collect();
                let steps: Vec<i32> =
                    line.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step != 0).collect();
                let turn = steps.iter().position(|step| step.signum() != steps[0].signum());
                let one_turn = turn.is_some_and(|turn| {
                    steps[turn..].iter().all(|step| step.signum() == steps[turn].signum())
                });
                match shape {
                    Shape::Up => turn.is_none() && steps.first().is_some_and(|step| *step > 0),
                    Shape::Down => turn.is_none() && steps.first().is_some_and(|step| *step < 0),
                    Shape::Arch => one_turn && steps[0] > 0,
                    Shape::Valley => one_turn && steps[0] < 0,
                }
            }
            MelodyLimit::Near { from, to, theme, least, most } => {
                let own: Vec<(Duration, i32)> = within(*from, *to).copied().collect();
                let missing = theme.iter().filter(|note| !own.iter().any(|own| own.0 == note.0)).count();
                let other = own.iter().filter(|note| !theme.contains(note)).count();
                (*least..=*most).contains(&((missing + other) as u32))
            }
            MelodyLimit::Count { from, to, min, max } => {
                (*min..=*max).contains(&(within(*from, *to).count() as u32))
            }
            MelodyLimit::Leap { from, to, max } => notes
                .windows(2)
                .all(|pair| pair[1].0 < *from || pair[1].0 >= *to || pair[1].1.abs_diff(pair[0].1) <= *max),
            MelodyLimit::First { allowed } => notes.first().is_some_and(|note| allowed.contains(note.1)),
            MelodyLimit::Last { allowed } => notes.last().is_some_and(|note| allowed.contains(note.1)),
        }
    }

    /// Whether any melody keeps limits, by writing all out; what reaches over the edge of a use none does.
    fn some_keeps(frame: &Frame, structure: &Structure, limits: &[MelodyLimit]) -> bool {
        let spans: Vec<(usize, Duration, Duration, Duration)> = (structure.uses.iter())
            .map(|&(number, shift)| {
                let segment = &structure.segments[number];
                let shift = segment.shifts[shift];
                (number, segment.from + shift, segment.to + shift, shift)
            })
            .collect();
        let reaches_over = |limit: &MelodyLimit| match limit {
            MelodyLimit::Note { at: from, to, .. } | MelodyLimit::Near { from, to, .. } => {
                !spans.iter().any(|span| *from >= span.1 && *to <= span.2)
            }
            _ => false,
        };
        if limits.iter().any(reaches_over) {
            return false;
        }
        let places: Vec<(usize, Duration)> = (structure.segments.iter().enumerate())
            .flat_map(|(number, segment)| {
                (0..(segment.to - segment.from).div_floor(PLACE))
                    .map(move |n| (number, segment.from + PLACE * n))
            })
            .collect();
        let ways = (PITCHES + 1) as usize;
        (0..ways.pow(places.len() as u32)).any(|code| {
            let mut notes: Vec<(Duration, i32)> = Vec::new();
            for (index, &(number, at)) in places.iter().enumerate() {
                let pitch = (code / ways.pow(index as u32) % ways) as i32;
                let uses = spans.iter().filter(|span| pitch > 0 && span.0 == number);
                notes.extend(uses.map(|span| (at + span.3, LOWEST + pitch - 1)));
            }
            notes.sort_unstable();
            limits.iter().all(|limit| keeps(frame, &notes, limits, limit))
        })
    }

    #[test]
    fn what_can_be_reached_is_what_can_be_written() {
        let mut rng = seeded(5);
        let figures = Figures::default();
        let forms: [&[(&str, usize)]; 4] =
            [&[("A", 1)], &[("A", 1), ("A", 1)], &[("A", 2)], &[("A", 1), ("B", 1), ("A", 1)]];
        let (mut possible, mut impossible) = (0, 0);
        for _ in 0..300 {
            let frame = page(forms[below(&mut rng, forms.len())]);
            let structure = Structure::new(&frame, &[]);
            let limits: Vec<MelodyLimit> =
                (0..1 + below(&mut rng, 4)).map(|_| limit(&mut rng, &frame)).collect();
            let support = RhythmSupport::new(&figures, frame.meter);
            let ground = Ground { frame: &frame, rhythm: &support };
            assert_eq!(support.onsets().len(), 4, "{:?}", support.onsets());
            let range = (LOWEST, LOWEST + PITCHES - 1);
            let tones = |_: Duration| PitchSet::one(LOWEST);
            let melody =
                Melody { ground: &ground, structure: &structure, limits: &limits, range, tones: &tones };
            let stops = melody.stops(true);
            let written = some_keeps(&frame, &structure, &limits);
            assert_eq!(stops.is_none(), written, "{limits:?} on {:?}", frame.sections);
            assert!(stops.is_none_or(|at| at >= frame.start() && at < frame.end()), "{stops:?}");
            *(if written { &mut possible } else { &mut impossible }) += 1;
        }
        assert!(possible > 60 && impossible > 60, "{possible} {impossible}");
    }
}
