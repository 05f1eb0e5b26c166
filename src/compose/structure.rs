//! The structure of a form: which bars are composed, and where each is written again.
//!
//! Bars that must be equal (equal sections, `same as`) are composed once. Cutting the form wherever written-out bars
//! meet neighbours that differ from use to use leaves **segments**: stretches that are composed as a whole and
//! written once or several times. Between two uses lies a **seam**.

use crate::constraint::Frame;
use crate::music::Duration;
use crate::viewpoint::PhrasePlace;

/// The place in phrase and section of a bar (from 0) of a page; −1 is the pickup.
pub fn phrase_place(frame: &Frame, bar: i64) -> PhrasePlace {
    let Ok(bar) = usize::try_from(bar) else { return PhrasePlace::PICKUP };
    let section = frame.section_of(bar);
    PhrasePlace::new(bar - section.start, section.len())
}

/// A span of bars that must equal another of the same length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Equal {
    /// First bar (from 0) of one span.
    pub a: usize,
    /// First bar of the other.
    pub b: usize,
    /// Bars in each.
    pub bars: usize,
}

/// A stretch of bars that is composed as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Segment {
    /// Where its first use starts, from the downbeat of bar 1.
    pub from: Duration,
    /// Where its first use ends.
    pub to: Duration,
    /// How far each use lies behind the first; the first entry is zero.
    pub shifts: Vec<Duration>,
}

/// The segments of a form and the order of their uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// The segments by first use.
    pub segments: Vec<Segment>,
    /// The uses in order of time: (segment, which of its shifts).
    pub uses: Vec<(usize, usize)>,
}

impl Structure {
    /// The structure of a page on which sections of equal label and length are equal, and so are the given spans.
    pub fn new(frame: &Frame, equal: &[Equal]) -> Structure {
        Structure::parted(frame, equal, &[])
    }

    /// The same, cut besides before some bars (from 0), wherever they and what stands before them come.
    pub fn parted(frame: &Frame, equal: &[Equal], parts: &[usize]) -> Structure {
        let bars = frame.bars;
        let roots = roots(frame, equal);
        let has_pickup = frame.pickup.is_positive();
        let mut cuts = cuts(&roots, has_pickup);
        for &part in parts {
            for bar in 1..bars {
                let follows = part > 0 && part <= bars && roots[bar - 1] == roots[part - 1];
                cuts[bar] |= follows || roots.get(part) == Some(&roots[bar]);
            }
            cuts[0] |= part == 0 && has_pickup;
        }
        let mut structure = Structure { segments: Vec::new(), uses: Vec::new() };
        if has_pickup && (bars == 0 || cuts[0]) {
            structure.open(-frame.pickup, Duration::ZERO);
        }
        let mut bar = 0;
        while bar < bars {
            let length = (bar + 1..bars).take_while(|&next| !cuts[next]).count() + 1;
            let start = frame.bar_line(bar);
            if roots[bar] == bar {
                let from = if bar == 0 && has_pickup && !cuts[0] { -frame.pickup } else { start };
                structure.open(from, frame.bar_line(bar + length));
            } else {
                let first = frame.bar_line(roots[bar]);
                let found = structure.segments.iter().position(|segment| segment.from == first);
                if let Some(segment) = found {
                    structure.segments[segment].shifts.push(start - first);
                    structure.uses.push((segment, structure.segments[segment].shifts.len() - 1));
                }
            }
            bar += length;
        }
        structure
    }

    /// Whether a stretch lies within one use of one segment.
    pub fn covers(&self, from: Duration, to: Duration) -> bool {
        self.uses.iter().any(|&(segment, shift)| {
            let segment = &self.segments[segment];
            let shift = segment.shifts[shift];
            segment.from + shift <= from && to <= segment.to + shift
        })
    }

    /// How far a stretch lies behind the first stretch of the same segments; `None` if it is not one of whole uses.
    pub fn behind(&self, from: Duration, to: Duration) -> Option<Duration> {
        let spans: Vec<(Duration, Duration)> = self.uses.iter().map(|used| self.span(*used)).collect();
        let first = spans.iter().position(|span| span.0 == from)?;
        let last = spans.iter().position(|span| span.1 == to).filter(|&last| last >= first)?;
        let segments: Vec<usize> = self.uses.iter().map(|used| used.0).collect();
        let earliest = segments.windows(last - first + 1).position(|some| *some == segments[first..=last])?;
        Some(from - spans[earliest].0)
    }

    /// The segment that is written in a stretch first, where there is one such: all else of the stretch is written
    /// elsewhere, earlier.
    pub fn only_new(&self, from: Duration, to: Duration) -> Option<usize> {
        let within = |used: &&(usize, usize)| {
            let span = self.span(**used);
            used.1 == 0 && from <= span.0 && span.1 <= to
        };
        let mut new = self.uses.iter().filter(within);
        new.next().filter(|_| new.next().is_none()).map(|used| used.0)
    }

    /// Where a use begins and ends.
    fn span(&self, (segment, shift): (usize, usize)) -> (Duration, Duration) {
        let segment = &self.segments[segment];
        (segment.from + segment.shifts[shift], segment.to + segment.shifts[shift])
    }

    fn open(&mut self, from: Duration, to: Duration) {
        self.uses.push((self.segments.len(), 0));
        self.segments.push(Segment { from, to, shifts: vec![Duration::ZERO] });
    }
}

/// For each bar the earliest bar it must equal.
pub fn roots(frame: &Frame, equal: &[Equal]) -> Vec<usize> {
    let mut roots: Vec<usize> = (0..frame.bars).collect();
    fn find(roots: &[usize], mut bar: usize) -> usize {
        while roots[bar] != bar {
            bar = roots[bar];
        }
        bar
    }
    let mut join = |a: usize, b: usize| {
        if a < roots.len() && b < roots.len() {
            let (a, b) = (find(&roots, a), find(&roots, b));
            roots[a.max(b)] = a.min(b);
        }
    };
    for (index, (label, bars)) in frame.sections.iter().enumerate() {
        let earlier = &frame.sections[..index];
        if let Some((_, first)) =
            earlier.iter().find(|(other, range)| other == label && range.len() == bars.len())
        {
            (0..bars.len()).for_each(|bar| join(first.start + bar, bars.start + bar));
        }
    }
    for span in equal {
        (0..span.bars).for_each(|bar| join(span.a + bar, span.b + bar));
    }
    (0..roots.len()).map(|bar| find(&roots, bar)).collect()
}

/// For each bar whether the boundary before it is a cut: whether the two bars that meet there (or, somewhere else,
/// the bars they equal) have other neighbours too. The pickup is the neighbour before bar 0.
fn cuts(roots: &[usize], has_pickup: bool) -> Vec<bool> {
    let bars = roots.len();
    let (mut before, mut after) = (vec![None; bars], vec![None; bars]);
    let mut mixed_before = vec![false; bars];
    let mut mixed_after = vec![false; bars];
    for bar in 0..bars {
        let root = roots[bar];
        let previous = bar.checked_sub(1).map(|previous| roots[previous]);
        let next = roots.get(bar + 1).copied();
        if before[root].replace(previous).is_some_and(|known| known != previous) {
            mixed_before[root] = true;
        }
        if after[root].replace(next).is_some_and(|known| known != next) {
            mixed_after[root] = true;
        }
    }
    let inner = |bar: usize| {
        let (previous, root) = (roots[bar - 1], roots[bar]);
        root != previous + 1 || mixed_before[root] || mixed_after[previous]
    };
    (0..bars).map(|bar| if bar == 0 { has_pickup && mixed_before[0] } else { inner(bar) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Key, Meter};

    fn page(form: &[(&str, usize)], pickup: Duration) -> Frame {
        let mut sections = Vec::new();
        let mut bar = 0;
        for (label, bars) in form {
            sections.push((label.to_string(), bar..bar + bars));
            bar += bars;
        }
        Frame { key: Key::C_MAJOR, meter: Meter::COMMON, pickup, bars: bar, sections }
    }

    /// Segments as (first bar, bars, uses), and the order of uses.
    fn read(structure: &Structure) -> (Vec<(i64, i64, usize)>, Vec<usize>) {
        let bar = Duration::WHOLE;
        let segment = |s: &Segment| (s.from.div_floor(bar), (s.to - s.from).div_floor(bar), s.shifts.len());
        (
            structure.segments.iter().map(segment).collect(),
            structure.uses.iter().map(|&(segment, _)| segment).collect(),
        )
    }

    #[test]
    fn different_sections_are_one_stretch() {
        let structure = Structure::new(&page(&[("A", 8), ("B", 8)], Duration::ZERO), &[]);
        assert_eq!(read(&structure), (vec![(0, 16, 1)], vec![0]));
    }

    #[test]
    fn aaba_is_two_segments() {
        let structure = Structure::new(&page(&[("A", 8), ("A", 8), ("B", 8), ("A", 8)], Duration::ZERO), &[]);
        assert_eq!(read(&structure), (vec![(0, 8, 3), (16, 8, 1)], vec![0, 0, 1, 0]));
        assert_eq!(structure.segments[0].shifts[2], Duration::WHOLE * 24);
    }

    #[test]
    fn a_pickup_joins_a_first_bar_that_is_written_once() {
        let once = Structure::new(&page(&[("A", 4), ("B", 4)], Duration::QUARTER), &[]);
        assert_eq!((once.segments.len(), once.segments[0].from), (1, -Duration::QUARTER));
        let twice = Structure::new(&page(&[("A", 4), ("A", 4)], Duration::QUARTER), &[]);
        assert_eq!(read(&twice).1, [0, 1, 1]);
        assert_eq!(twice.segments[0].to, Duration::ZERO);
    }

    #[test]
    fn bars_inside_a_section_may_equal_each_other() {
        let equal = [Equal { a: 4, b: 0, bars: 2 }];
        let structure = Structure::new(&page(&[("A", 8), ("A", 8)], Duration::ZERO), &equal);
        assert_eq!(read(&structure), (vec![(0, 2, 4), (2, 2, 2), (6, 2, 2)], vec![0, 1, 0, 2, 0, 1, 0, 2]));
    }

    #[test]
    fn overlapping_equalities_repeat_one_bar() {
        let equal = [Equal { a: 1, b: 0, bars: 3 }];
        let structure = Structure::new(&page(&[("A", 4)], Duration::ZERO), &equal);
        assert_eq!(read(&structure), (vec![(0, 1, 4)], vec![0, 0, 0, 0]));
    }

    #[test]
    fn every_bar_is_written_by_exactly_one_use() {
        let equal = [Equal { a: 9, b: 2, bars: 3 }, Equal { a: 20, b: 10, bars: 2 }];
        let page = page(&[("A", 8), ("B", 7), ("A", 8), ("C", 3)], Duration::QUARTER);
        let structure = Structure::new(&page, &equal);
        let mut covered = Vec::new();
        for &(segment, shift) in &structure.uses {
            let segment = &structure.segments[segment];
            covered.push((segment.from + segment.shifts[shift], segment.to + segment.shifts[shift]));
        }
        assert_eq!(covered.first().map(|span| span.0), Some(-Duration::QUARTER));
        assert!(covered.windows(2).all(|pair| pair[0].1 == pair[1].0), "{covered:?}");
        assert_eq!(covered.last().map(|span| span.1), Some(page.end()));
    }
}
