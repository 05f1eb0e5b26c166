//! The form as a graph: its sections, and what each of them is to others.
//!
//! Equal letters repeat, endings apart; a primed letter varies the first section of its letter, unless something else is
//! asked of it; other sections are free. What the request asks of whole stretches (`same as`, `vary`) joins them. Nothing
//! may vary what it is itself made from.

use std::collections::BTreeMap;
use std::ops::Range;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use super::chart_lattice::{stretch, touches};
use super::form_text::{FormError, usual_ending};
use super::page::Page;
use super::structure::Equal;
use crate::constraint::{ChartLimit, Frame, Layer, Limits, Vary};
use crate::music::Duration;

/// Per cent of its notes in which a primed section differs from the one it varies, at least and at most.
const PRIMED: (u32, u32) = (10, 30);

/// A stretch of bars that has a name: a section, or bars that the request names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// `section A`, or `bars 9-12`.
    pub name: String,
    /// Its bars, from 0.
    pub bars: Range<usize>,
}

/// What a stretch is to the one that it takes up. A section without any is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Its first bars, so many, are the same; all but its ending.
    Repeat(usize),
    /// It has the same melody, whatever its chords.
    SameMelody,
    /// It has the same chords, whatever its melody.
    SameChords,
    /// Its notes differ in so many per cent, at least and at most.
    Vary(u32, u32),
}

/// The stretches of a page and their relations; an edge goes from what is taken up to what takes it up.
#[derive(Clone, Debug)]
pub struct FormGraph {
    pub(super) graph: DiGraph<Stretch, Relation>,
    /// The variations that nobody asked for in words: those of primed letters.
    primed: Vec<(NodeIndex, NodeIndex)>,
    text: String,
    pub(super) bars: usize,
    bar_length: Duration,
}

/// What a form asks of the bars of a page.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Relations {
    /// Bars that have the same chords.
    pub chords: Vec<Equal>,
    /// Bars that have the same melody.
    pub melody: Vec<Equal>,
    /// The variations of primed letters; those that the request asks for stand among its limits.
    pub primed: Vec<Vary>,
}

impl FormGraph {
    /// The graph of a page under what is asked.
    pub fn new(page: &Page, limits: &Limits) -> FormGraph {
        let frame = &page.frame;
        let mut graph = FormGraph {
            graph: DiGraph::new(),
            primed: Vec::new(),
            text: page.form(),
            bars: frame.bars,
            bar_length: frame.meter.bar_length(),
        };
        let labels = frame.sections.iter().map(|(label, _)| label.as_str());
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let sections: Vec<NodeIndex> = labels
            .zip(&frame.sections)
            .map(|(label, (_, bars))| {
                let several = frame.sections.iter().filter(|(other, _)| other == label).count() > 1;
                let number = seen.entry(label).or_default();
                *number += 1;
                let name =
                    if several { format!("section {label}{number}") } else { format!("section {label}") };
                graph.graph.add_node(Stretch { name, bars: bars.clone() })
            })
            .collect();
        match &page.written {
            Some(written) => graph.tie_written_bars(written),
            None => {
                graph.tie_labels(page, &sections);
                graph.vary_primed(frame, &sections, limits);
            }
        }
        graph.join_asked(limits);
        graph
    }

    /// Played bars that stand on one written bar are the same.
    fn tie_written_bars(&mut self, written: &[usize]) {
        let mut bar = 0;
        while bar < written.len() {
            let first = written.iter().position(|&other| other == written[bar]).unwrap_or(bar);
            let mut bars = 1;
            if first < bar {
                let on = |bars: usize| {
                    bar + bars < written.len()
                        && first + bars < bar
                        && written[bar + bars] == written[first + bars]
                };
                while on(bars) {
                    bars += 1;
                }
                self.relate(first..first + bars, bar..bar + bars, Relation::Repeat(bars));
            }
            bar += bars;
        }
    }

    /// Sections of one label and length are the same, those with endings but for these; one without endings ends as
    /// the last pass does.
    fn tie_labels(&mut self, page: &Page, sections: &[NodeIndex]) {
        let frame = &page.frame;
        // A pass that is not the last has an ending of its own.
        let version = |index: usize| {
            page.endings_of(index).and_then(|(endings, pass)| (pass + 1 < endings.passes).then_some(pass))
        };
        let ending = |index: usize| page.endings_of(index).map_or(0, |(endings, _)| endings.bars);
        for (index, (label, bars)) in frame.sections.iter().enumerate() {
            let alike = |other: &usize| {
                let (other, range) = &frame.sections[*other];
                other == label && range.len() == bars.len()
            };
            let earlier: Vec<usize> = (0..index).filter(alike).collect();
            let same = earlier.iter().find(|&&other| version(other) == version(index));
            if let Some(&same) = same {
                self.add(sections[same], sections[index], Relation::Repeat(bars.len()));
            }
            if let Some(&first) = earlier.first()
                && same.is_none_or(|&same| same != first)
            {
                let shared = bars.len() - ending(first).max(ending(index));
                self.add(sections[first], sections[index], Relation::Repeat(shared));
            }
        }
    }

    /// A section with a prime more or less varies the first of its letter, unless the request says what it does.
    fn vary_primed(&mut self, frame: &Frame, sections: &[NodeIndex], limits: &Limits) {
        let stem = |label: &str| label.trim_end_matches('\'').to_string();
        for (index, (label, bars)) in frame.sections.iter().enumerate() {
            let family = stem(label);
            let first = frame.sections[..index].iter().position(|(other, _)| stem(other) == family);
            let Some(first) = first.filter(|&first| frame.sections[first].0 != *label) else { continue };
            // What repeats a section of its own label varies as that does.
            let repeats =
                |(other, range): &(String, Range<usize>)| other == label && range.len() == bars.len();
            if frame.sections[..index].iter().any(repeats) {
                continue;
            }
            let (from, to) = (frame.bar_line(bars.start), frame.bar_line(bars.end));
            let is_asked = limits.vary.iter().any(|vary| vary.from < to && vary.to > from)
                || limits.same.iter().any(|same| {
                    let source = (same.source, same.source + (same.to - same.from));
                    let touches = |(start, end): (Duration, Duration)| start < to && end > from;
                    matches!(same.layer, Layer::Both | Layer::Melody)
                        && (touches((same.from, same.to)) || touches(source))
                });
            if !is_asked {
                self.add(sections[first], sections[index], Relation::Vary(PRIMED.0, PRIMED.1));
                self.primed.push((sections[first], sections[index]));
                self.share_chords(frame, (first, index), limits);
            }
        }
    }

    /// A primed section has the chords of the one that it varies, but for its ending and bars of which other chords are
    /// asked.
    fn share_chords(&mut self, frame: &Frame, (first, index): (usize, usize), limits: &Limits) {
        let (source, copy) = (frame.sections[first].1.clone(), frame.sections[index].1.clone());
        let (length, section) = (self.bar_length, self.bar_length * copy.len() as i64);
        let is_asked = |bar: usize| {
            let (from, to) = (length * bar as i64, length * (bar as i64 + 1));
            let chart = limits.chart.iter().any(|limit| {
                let short = stretch(limit).is_some_and(|(start, end)| end - start < section);
                short && !matches!(limit, ChartLimit::Count { .. }) && touches(limit, from, to)
            });
            chart
                || limits
                    .same
                    .iter()
                    .any(|same| same.layer == Layer::Chords && same.from < to && same.to > from)
        };
        let body = copy.len().min(source.len()) - usual_ending(copy.len()).min(source.len());
        let mut bar = 0;
        while bar < body {
            let bars = (bar..body).take_while(|&bar| !is_asked(copy.start + bar)).count();
            if bars > 0 {
                let (from, to) = (source.start + bar, copy.start + bar);
                self.relate(from..from + bars, to..to + bars, Relation::SameChords);
            }
            bar += bars + 1;
        }
    }

    /// What the request asks of stretches.
    fn join_asked(&mut self, limits: &Limits) {
        let length = self.bar_length;
        let bars = |from: Duration, to: Duration| -> Option<Range<usize>> {
            let bar = |at: Duration| usize::try_from(at.div_floor(length)).ok();
            Some(bar(from)?..bar(to)?)
        };
        for same in &limits.same {
            let (copy, source) =
                (bars(same.from, same.to), bars(same.source, same.source + (same.to - same.from)));
            let (Some(copy), Some(source)) = (copy, source) else { continue };
            match same.layer {
                Layer::Both => self.relate(source, copy.clone(), Relation::Repeat(copy.len())),
                Layer::Melody => self.relate(source, copy, Relation::SameMelody),
                Layer::Chords => self.relate(source, copy, Relation::SameChords),
                Layer::Rhythm => {}
            }
        }
        for vary in &limits.vary {
            let source = bars(vary.source, vary.source + (vary.to - vary.from));
            let (Some(copy), Some(source)) = (bars(vary.from, vary.to), source) else { continue };
            self.relate(source, copy, Relation::Vary(vary.least, vary.most));
        }
    }

    fn relate(&mut self, source: Range<usize>, copy: Range<usize>, relation: Relation) {
        let (source, copy) = (self.stretch(source), self.stretch(copy));
        self.add(source, copy, relation);
    }

    fn add(&mut self, source: NodeIndex, copy: NodeIndex, relation: Relation) {
        self.graph.add_edge(source, copy, relation);
    }

    /// The stretch of these bars, named as a section if it is one.
    fn stretch(&mut self, bars: Range<usize>) -> NodeIndex {
        let known = self.graph.node_indices().find(|&node| self.graph[node].bars == bars);
        known.unwrap_or_else(|| {
            let name = match bars.len() {
                1 => format!("bar {}", bars.end),
                _ => format!("bars {}-{}", bars.start + 1, bars.end),
            };
            self.graph.add_node(Stretch { name, bars })
        })
    }

    /// The stretches and their relations.
    pub fn graph(&self) -> &DiGraph<Stretch, Relation> {
        &self.graph
    }

    /// What the form asks of the bars.
    ///
    /// # Errors
    /// When something varies what it is made from, or has not as many bars as what it varies; the relations are told.
    pub fn relations(&self) -> Result<Relations, FormError> {
        self.check_lengths()?;
        self.check_cycles()?;
        let mut relations = Relations::default();
        for edge in self.graph.edge_references() {
            let (source, copy) = (&self.graph[edge.source()], &self.graph[edge.target()]);
            let equal = |bars: usize| Equal { a: copy.bars.start, b: source.bars.start, bars };
            match *edge.weight() {
                Relation::Repeat(bars) => {
                    relations.chords.push(equal(bars));
                    relations.melody.push(equal(bars));
                }
                Relation::SameMelody => relations.melody.push(equal(copy.bars.len())),
                Relation::SameChords => relations.chords.push(equal(copy.bars.len())),
                Relation::Vary(least, most) if self.primed.contains(&(edge.source(), edge.target())) => {
                    let place = |bar: usize| self.bar_length * bar as i64;
                    let (from, to) = (place(copy.bars.start), place(copy.bars.end));
                    relations.primed.push(Vary { from, to, source: place(source.bars.start), least, most });
                }
                _ => {}
            }
        }
        Ok(relations)
    }

    fn check_lengths(&self) -> Result<(), FormError> {
        for edge in self.graph.edge_references() {
            let (source, copy) = (&self.graph[edge.source()], &self.graph[edge.target()]);
            if matches!(edge.weight(), Relation::Vary(..)) && source.bars.len() != copy.bars.len() {
                return Err(self.error(format!(
                    "{} has {} bars, {} that it varies has {}; give them one length, or name the section \
                     otherwise",
                    copy.name,
                    copy.bars.len(),
                    source.name,
                    source.bars.len()
                )));
            }
        }
        Ok(())
    }

    pub(super) fn error(&self, reason: String) -> FormError {
        FormError { text: self.text.clone(), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::super::form_text::{lay_out, read_form};
    use super::super::structure::roots;
    use super::*;
    use crate::constraint::Same;
    use crate::music::{Feel, Key, Meter, Tempo};

    fn page(form: &str) -> Page {
        let layout = lay_out(form, &read_form(form).expect(form), 8, None).expect(form);
        let (key, meter, pickup, bars) = (Key::C_MAJOR, Meter::COMMON, Duration::ZERO, layout.bars());
        let sections = layout.sections.clone();
        Page {
            frame: Frame { key, meter, pickup, bars, sections },
            endings: layout.endings,
            written: None,
            primed: true,
            tempo: Tempo::quarters(100),
            feel: Feel::Straight,
            range: (60, 72),
        }
    }

    fn bars(first: i64, last: i64) -> (Duration, Duration) {
        (Duration::WHOLE * (first - 1), Duration::WHOLE * last)
    }

    fn same(copy: (i64, i64), source: i64, layer: Layer) -> Same {
        let (from, to) = bars(copy.0, copy.1);
        Same { from, to, source: bars(source, source).0, layer }
    }

    fn vary(copy: (i64, i64), source: i64) -> Vary {
        let (from, to) = bars(copy.0, copy.1);
        Vary { from, to, source: bars(source, source).0, least: 10, most: 30 }
    }

    fn relations(page: &Page, limits: &Limits) -> Result<Relations, String> {
        FormGraph::new(page, limits).relations().map_err(|error| error.to_string())
    }

    /// For each bar, from 1, the first bar that it is the same as.
    fn ties(page: &Page, limits: &Limits) -> Vec<usize> {
        let plain = Frame { sections: Vec::new(), ..page.frame.clone() };
        let equal = relations(page, limits).expect("a form").melody;
        roots(&plain, &equal).into_iter().map(|root| root + 1).collect()
    }

    #[test]
    fn equal_letters_of_one_length_repeat() {
        assert_eq!(ties(&page("A2 A2 B2 A2"), &Limits::default()), [1, 2, 1, 2, 5, 6, 1, 2]);
        assert_eq!(ties(&page("A2 A3 B2 A3"), &Limits::default()), [1, 2, 3, 4, 5, 6, 7, 3, 4, 5]);
        assert_eq!(ties(&page("Verse2 Chorus1 Verse2 Chorus1"), &Limits::default()), [1, 2, 3, 1, 2, 3]);
    }

    #[test]
    fn endings_are_free_and_what_comes_later_ends_as_the_last() {
        let limits = Limits::default();
        assert_eq!(ties(&page("A3(1,2) B2 A3"), &limits), [1, 2, 3, 1, 2, 6, 7, 8, 1, 2, 6]);
        assert_eq!(ties(&page("A3 B1 A3(1,2)"), &limits), [1, 2, 3, 4, 1, 2, 7, 1, 2, 3]);
        assert_eq!(ties(&page("A3(1,2,3:2)"), &limits), [1, 2, 3, 1, 5, 6, 1, 8, 9]);
        assert_eq!(ties(&page("A3(1,2) A3(1,2)"), &limits), [1, 2, 3, 1, 2, 6, 1, 2, 3, 1, 2, 6]);
    }

    #[test]
    fn a_primed_letter_varies_the_first_of_its_letter_once() {
        let found = relations(&page("A4 A'4 B4 A'4 A''4 B'4"), &Limits::default()).expect("a form");
        let varied: Vec<(i64, i64)> = found
            .primed
            .iter()
            .map(|vary| (vary.from.div_floor(Duration::WHOLE), vary.source.div_floor(Duration::WHOLE)))
            .collect();
        assert_eq!(varied, [(4, 0), (16, 0), (20, 8)]);
        assert!(found.primed.iter().all(|vary| (vary.least, vary.most) == PRIMED));
        assert_eq!(found.melody, [Equal { a: 12, b: 4, bars: 4 }]);
        let chords = |a, b, bars| Equal { a, b, bars };
        assert_eq!(found.chords, [chords(12, 4, 4), chords(4, 0, 3), chords(16, 0, 3), chords(20, 8, 3)]);
        assert_eq!(relations(&page("A'4 B4"), &Limits::default()).expect("a form").primed, []);
    }

    #[test]
    fn chords_that_are_asked_of_a_primed_section_are_its_own() {
        let asked = |text: &str| {
            let page = page("A4 A'4");
            let mut limits = Limits::default();
            let constraint: crate::constraint::Constraint = text.parse().expect(text);
            constraint.compile(&page.frame, &mut limits).expect(text);
            let found = relations(&page, &limits).expect("a form").chords;
            found.into_iter().map(|equal| (equal.a, equal.bars)).collect::<Vec<_>>()
        };
        assert_eq!(asked("bar 6: chord F"), [(4, 1), (6, 1)]);
        assert_eq!(asked("no chord Bdim"), [(4, 3)]);
        assert_eq!(asked("chords per bar 1..2"), [(4, 3)]);
        assert_eq!(asked("bar 2: chord F"), [(4, 3)]);
    }

    #[test]
    fn what_is_asked_of_a_primed_section_takes_the_place_of_its_variation() {
        let page = page("A4 A'4 B4");
        for limits in [
            Limits { vary: vec![vary((5, 8), 1)], ..Limits::default() },
            Limits { same: vec![same((5, 8), 1, Layer::Both)], ..Limits::default() },
            Limits { same: vec![same((9, 12), 5, Layer::Melody)], ..Limits::default() },
        ] {
            assert_eq!(relations(&page, &limits).expect("a form").primed, []);
        }
        let chords = Limits { same: vec![same((5, 8), 1, Layer::Chords)], ..Limits::default() };
        assert_eq!(relations(&page, &chords).expect("a form").primed.len(), 1);
    }

    #[test]
    fn a_variation_has_as_many_bars() {
        let error = relations(&page("A8 A'4"), &Limits::default()).expect_err("lengths");
        assert!(error.contains("section A' has 4 bars, section A that it varies has 8"), "{error}");
    }

    #[test]
    fn what_goes_round_in_a_circle_is_shown() {
        let page = page("A4 B4 C4");
        let limits = Limits {
            same: vec![same((5, 8), 1, Layer::Both)],
            vary: vec![vary((5, 8), 1)],
            ..Limits::default()
        };
        let error = relations(&page, &limits).expect_err("a circle");
        assert!(error.contains("section B is the same as section A, section B varies section A"), "{error}");
        let limits =
            Limits { vary: vec![vary((1, 4), 5), vary((5, 8), 9), vary((9, 12), 1)], ..Limits::default() };
        let error = relations(&page, &limits).expect_err("a circle");
        for part in ["section A varies section B", "section B varies section C", "section C varies section A"]
        {
            assert!(error.contains(part), "{error}");
        }
        let limits = Limits {
            same: vec![same((3, 4), 1, Layer::Melody)],
            vary: vec![vary((4, 4), 2)],
            ..Limits::default()
        };
        let error = relations(&page, &limits).expect_err("a circle");
        assert!(error.contains("bars 3-4 has the melody of bars 1-2, bar 4 varies bar 2"), "{error}");
    }

    #[test]
    fn variations_of_variations_are_fine() {
        let limits = Limits { vary: vec![vary((5, 8), 1), vary((9, 12), 5)], ..Limits::default() };
        assert!(relations(&page("A4 B4 C4"), &limits).is_ok());
    }

    #[test]
    fn written_bars_tie_and_labels_then_do_not() {
        let mut page = page("A2 A2 B2");
        page.written = Some(vec![0, 1, 0, 2, 3, 3]);
        assert_eq!(ties(&page, &Limits::default()), [1, 2, 1, 4, 5, 5]);
    }
}
