//! What a chart may not copy: runs of chords of the songs that its style was learned from.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rustc_hash::FxHashSet;

use super::charts::{Case, Variant, changes, put_together};
use super::prepare::Prepared;
use crate::constraint::{ChartLimit, ChordSet, ConstraintError, Limits};
use crate::markov::Event;
use crate::music::unfold::unfolded;
use crate::music::{Chart, Duration, LeadSheet};
use crate::style::chord_runs::{RunChord, Runs, SHORTEST, fingerprint, fingerprints_of, stretches};
use crate::style::figures::Figures;

/// More chords in a row than these, shared with one song, are worth telling: so many are everybody's. Takes hold to a limit
/// on chords only where one is asked for.
pub const USUAL: u32 = 8;
/// The smallest limit that a style of figures can keep.
pub const LEAST: u32 = SHORTEST as u32 - 1;
/// How many charts that hold a copy, or segments of charts, are passed over before none is taken to hold none.
const MOST_PASSED_OVER: usize = 50_000;

/// Why there is nothing to draw a melody over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Groundless {
    /// All charts that were drawn hold copies.
    Copies,
    /// No chart was found that leaves what is asked a melody.
    Nothing,
}

/// The runs of a style's songs, how many chords of them may be taken, and where a request names the chords itself.
pub struct ChordCopies {
    known: Known,
    named: Vec<(Duration, Duration)>,
    most: u32,
}

/// What is known of the songs.
enum Known {
    /// The runs of the style's figures.
    Figures(Runs),
    /// Every run that is too long, of songs at hand.
    Songs(FxHashSet<u64>),
}

impl ChordCopies {
    /// The runs of songs at hand, repeats as written: no limit is too low.
    pub fn of_songs<'s>(
        songs: impl IntoIterator<Item = &'s LeadSheet>,
        limits: &Limits,
        most: u32,
    ) -> ChordCopies {
        let runs = |song: &LeadSheet| fingerprints_of(unfolded(song).chart(), too_long(most));
        let known = Known::Songs(songs.into_iter().flat_map(runs).collect());
        ChordCopies { known, named: named(limits), most }
    }

    /// The runs of a style of figures.
    ///
    /// # Errors
    /// [`ConstraintError::Unfit`] below [`LEAST`], and where the figures are of a time before runs were kept.
    pub fn of_figures(figures: &Figures, limits: &Limits, most: u32) -> Result<ChordCopies, ConstraintError> {
        let unfit = |reason: String| {
            let plural = if most == 1 { "" } else { "s" };
            Err(ConstraintError::Unfit { text: format!("copy <= {most} chord{plural}"), reason })
        };
        if figures.chord_runs.is_empty() {
            return unfit(
                "the style's figures hold no runs of chords, so they cannot tell: learn the style anew, or ask it of a \
                 style whose songs are at hand (chorale, irish)"
                    .to_string(),
            );
        }
        if most < LEAST {
            return unfit(format!(
                "a style keeps fingerprints of its songs, not the songs, and these tell no fewer than {LEAST} chords: ask \
                 for 'copy <= {LEAST} chords' or more; a lower limit needs the songs themselves, which are at hand for \
                 styles whose songs come with the program (chorale, irish) or lie where they were learned"
            ));
        }
        let known = Known::Figures(Runs::new(&figures.chord_runs));
        Ok(ChordCopies { known, named: named(limits), most })
    }

    /// Where bars are written again so much later, the chords that are named in them are named there too.
    pub fn written_again(&mut self, from: Duration, to: Duration, by: Duration) {
        let again = self.named.iter().filter(|named| named.0 < to && named.1 > from);
        let again: Vec<_> = again.map(|named| (named.0.max(from) + by, named.1.min(to) + by)).collect();
        self.named.extend(again);
    }

    /// Whether a chart holds more chords in a row of one of the songs.
    pub fn are_in(&self, chart: &Chart) -> bool {
        self.first(chart).is_some()
    }

    /// The first chords in a row that are too many, as changes of the chart.
    pub fn first(&self, chart: &Chart) -> Option<Range<usize>> {
        let is_named = |chord: &RunChord| {
            let from = chart.changes[chord.changes.start].at;
            let to = chart.changes.get(chord.changes.end).map(|next| next.at);
            self.named.iter().any(|named| from < named.1 && to.is_none_or(|to| named.0 < to))
        };
        let is_copied = |run: &[RunChord]| match &self.known {
            Known::Figures(runs) => runs.hold(run),
            Known::Songs(runs) => runs.contains(&fingerprint(run)),
        };
        let stretches = stretches(chart);
        let mut runs = stretches.iter().flat_map(|stretch| stretch.windows(too_long(self.most)));
        let copy = runs.find(|run| is_copied(run) && !run.iter().all(is_named))?;
        Some(copy.first()?.changes.start..copy.last()?.changes.end)
    }
}

/// So many chords in a row are a copy.
fn too_long(most: u32) -> usize {
    (most as usize).saturating_add(1)
}

/// Where one chord alone may sound, or a run is asked for.
fn named(limits: &Limits) -> Vec<(Duration, Duration)> {
    let named = limits.chart.iter().filter_map(|limit| match limit {
        ChartLimit::Sounding { from, to, allowed: ChordSet::Only(chords) } if chords.len() == 1 => {
            Some((*from, *to))
        }
        ChartLimit::Run { from, to, .. } => Some((*from, *to)),
        _ => None,
    });
    named.collect()
}

impl Prepared<'_> {
    /// Whether a chart holds a copy, where that was asked not to be.
    pub(super) fn copies_chords(&self, chart: &Chart) -> bool {
        self.chord_copies.as_ref().is_some_and(|copies| copies.are_in(chart))
    }

    /// Draws a chart among those that keep what is asked and hold no copy: those that do are passed over, which leaves the
    /// law of the others as it is (rejection sampling, von Neumann 1951). With the natural logarithm of its probability
    /// before conditioning.
    pub(super) fn draw_chart(&self, rng: &mut ChaCha8Rng) -> Result<(Chart, f64), Groundless> {
        let charts = self.charts();
        let mut passed_over = 0;
        loop {
            let drawn = match charts.cases.as_slice() {
                [case] if self.chord_copies.is_some() => self.draw_apart(case, &mut passed_over, rng)?,
                _ => charts.draw(&self.chart_law, &self.chart_structure, rng).ok_or(Groundless::Nothing)?,
            };
            if !self.copies_chords(&drawn.0) {
                return Ok(drawn);
            }
            pass_over(&mut passed_over)?;
        }
    }

    /// Draws each segment among those that hold no copy in themselves. Where limits that reach over seams are taken apart
    /// into several cases this will not do, for it would change how likely each case is.
    fn draw_apart(
        &self,
        case: &Case,
        passed_over: &mut usize,
        rng: &mut ChaCha8Rng,
    ) -> Result<(Chart, f64), Groundless> {
        let (law, structure) = (&self.chart_law, &self.chart_structure);
        let mut log_probability = 0.0;
        let mut drawn: Vec<(&Variant, Vec<Event>)> = Vec::with_capacity(structure.segments.len());
        let segments = structure.segments.iter().zip(&self.charts().variants).zip(&case.variants);
        for ((segment, variants), &variant) in segments {
            let variant = &variants[variant];
            let shift = segment.shifts.first().copied().unwrap_or_default();
            let (events, log_weight) = loop {
                let sampled = variant.messages.sample(&variant.chart.lattice, rng);
                let (events, log_weight) = sampled.ok_or(Groundless::Nothing)?;
                let own = Chart { changes: changes(law, variant, &events, shift) };
                if !self.copies_chords(&own) {
                    break (events, log_weight);
                }
                pass_over(passed_over)?;
            };
            log_probability += log_weight;
            drawn.push((variant, events));
        }
        Ok((put_together(law, structure, &drawn), log_probability))
    }
}

fn pass_over(passed_over: &mut usize) -> Result<(), Groundless> {
    *passed_over += 1;
    if *passed_over < MOST_PASSED_OVER { Ok(()) } else { Err(Groundless::Copies) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::lead_sheet::Header;
    use crate::music::{ChordChange, ChordSymbol, Form, Key, Melody, Meter};
    use crate::style::chord_runs::{fingerprints, stored};

    const SONG: &str = "C Am7 Dm7 G7 C7 F Fm C";

    fn chart(chords: &str, from: i64) -> Chart {
        let change = |(at, chord): (usize, &str)| ChordChange {
            at: Duration::WHOLE * (from + at as i64),
            chord: chord.parse().expect(chord),
        };
        Chart { changes: chords.split(' ').enumerate().map(change).collect() }
    }

    fn copies(limits: &Limits, most: u32) -> [ChordCopies; 2] {
        let (header, form) = (Header::new("Test", Key::C_MAJOR), Form::plain(Meter::COMMON, 8));
        let song = LeadSheet::new(header, form, chart(SONG, 0), Melody::default()).expect("a sheet");
        let chord_runs = vec![stored(fingerprints(song.chart()))];
        let figures = Figures { chord_runs, ..Figures::default() };
        let by_figures = ChordCopies::of_figures(&figures, limits, most).expect("a limit that can be kept");
        [by_figures, ChordCopies::of_songs([&song], limits, most)]
    }

    #[test]
    fn so_many_chords_may_be_taken_and_not_one_more() {
        for most in LEAST..8 {
            for copies in copies(&Limits::default(), most) {
                let chords: Vec<&str> = SONG.split(' ').collect();
                let most = most as usize;
                assert!(!copies.are_in(&chart(&chords[..most].join(" "), 0)));
                assert_eq!(copies.first(&chart(&chords[..=most].join(" "), 0)), Some(0..most + 1));
                assert!(copies.are_in(&chart("D Bm7 Em7 A7 D7 G Gm D", 0)), "in another key");
                assert_eq!(copies.first(&chart("B C C Am7 Dm7 G7 C7 F Fm C", 0)), Some(1..most + 3));
            }
        }
    }

    #[test]
    fn chords_that_are_asked_for_are_no_copy() {
        let chord = |at: i64, chord: &str| {
            let (from, chord): (Duration, ChordSymbol) = (Duration::WHOLE * at, chord.parse().expect(chord));
            ChartLimit::Sounding {
                from,
                to: from + Duration::from_ticks(1),
                allowed: ChordSet::Only(vec![chord]),
            }
        };
        let (from, to) = (Duration::ZERO, Duration::WHOLE * 2);
        let run = ["C", "Am7"].map(|chord| chord.parse().expect(chord)).to_vec();
        let asked =
            [ChartLimit::Run { from, to, chords: run }, chord(2, "Dm7"), chord(3, "G7"), chord(4, "C7")];
        let all = Limits { chart: asked.to_vec(), ..Limits::default() };
        let fewer = Limits { chart: asked[..3].to_vec(), ..Limits::default() };
        let five = "C Am7 Dm7 G7 C7";
        for (limits, copied) in [(all.clone(), None), (fewer, Some(0..5))] {
            for copies in copies(&limits, 4) {
                assert_eq!(copies.first(&chart(five, 0)), copied);
            }
        }
        for mut copies in copies(&all, 4) {
            assert_eq!(
                copies.first(&chart(SONG, 0)),
                Some(1..6),
                "the first with a chord that was not asked for"
            );
            assert!(copies.are_in(&chart(five, 16)));
            copies.written_again(Duration::ZERO, Duration::WHOLE * 8, Duration::WHOLE * 16);
            assert!(!copies.are_in(&chart(five, 16)));
        }
    }
}
