//! The table: figures of composed sheets beside those of a corpus, and whether they are near enough.

use crate::portrait::set::overlap;
use crate::portrait::{Figure, Portrait};

/// How near a composed figure must come to the corpus's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// At most so far away.
    Within(f64),
    /// At most so much more; less is as good.
    NoMoreThan(f64),
    /// At most this share of the corpus's figure away.
    Share(f64),
    /// At least so much, whatever the corpus has.
    AtLeast(f64),
    /// Shown, not judged.
    Free,
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name in JSON.
    pub key: &'static str,
    /// Its name in the table.
    pub title: &'static str,
    /// The figure of the composed sheets.
    pub composed: Option<f64>,
    /// Its standard error.
    pub composed_error: Option<f64>,
    /// The figure of the corpus.
    pub corpus: Option<f64>,
    /// Its standard error.
    pub corpus_error: Option<f64>,
    /// The figure of sheets composed without a plan.
    pub no_plan: Option<f64>,
    /// The figure of the plain chain.
    pub plain_chain: Option<f64>,
    /// How near it must be.
    pub tolerance: Tolerance,
}

impl Row {
    /// Composed less corpus; `None` where either is missing, or where the figure compares the two by itself.
    pub fn difference(&self) -> Option<f64> {
        match self.tolerance {
            Tolerance::AtLeast(_) => None,
            _ => Some(self.composed? - self.corpus?),
        }
    }

    /// Whether the composed figure is near enough; `None` where that is not asked, or a figure is missing.
    pub fn is_within(&self) -> Option<bool> {
        // Figures are rounded to millionths: what lies on the edge is within.
        const EDGE: f64 = 1e-6;
        let composed = self.composed?;
        match self.tolerance {
            Tolerance::Within(most) => Some(self.difference()?.abs() <= most + EDGE),
            Tolerance::NoMoreThan(most) => Some(self.difference()? <= most + EDGE),
            Tolerance::Share(most) => Some(self.difference()?.abs() <= most * self.corpus?.abs() + EDGE),
            Tolerance::AtLeast(least) => Some(composed >= least - EDGE),
            Tolerance::Free => None,
        }
    }
}

/// The portraits that are held beside each other.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'p> {
    /// Of the composed sheets, or of those that were given.
    pub composed: &'p Portrait,
    /// Of the corpus.
    pub corpus: Option<&'p Portrait>,
    /// Of sheets composed without a plan.
    pub no_plan: Option<&'p Portrait>,
    /// Of the plain chain.
    pub plain_chain: Option<&'p Portrait>,
}

/// The lines of the table: every figure, then how much the histograms of note lengths and of intervals have in common
/// with the corpus's.
pub fn compare(portraits: &Comparison<'_>) -> Vec<Row> {
    let corpus = portraits.corpus;
    let figures = Figure::ALL.into_iter().map(|figure| {
        let mean = |portrait: &Portrait| portrait.figure(figure).map(|measured| measured.mean.value());
        let error = |portrait: &Portrait| portrait.figure(figure).map(|measured| measured.error.value());
        Row {
            key: figure.key(),
            title: figure.title(),
            composed: mean(portraits.composed),
            composed_error: error(portraits.composed),
            corpus: corpus.and_then(mean),
            corpus_error: corpus.and_then(error),
            no_plan: portraits.no_plan.and_then(mean),
            plain_chain: portraits.plain_chain.and_then(mean),
            tolerance: tolerance(figure),
        }
    });
    let common = |key, title, overlap: &dyn Fn(&Portrait, &Portrait) -> Option<f64>| {
        let with_corpus = |portrait: &Portrait| corpus.and_then(|corpus| overlap(portrait, corpus));
        Row {
            key,
            title,
            composed: with_corpus(portraits.composed),
            composed_error: None,
            corpus: corpus.and_then(|corpus| overlap(corpus, corpus)),
            corpus_error: None,
            no_plan: portraits.no_plan.and_then(with_corpus),
            plain_chain: portraits.plain_chain.and_then(with_corpus),
            tolerance: Tolerance::AtLeast(0.93),
        }
    };
    let lengths = common("length_overlap", "note lengths in common", &|a, b| overlap(&a.lengths, &b.lengths));
    let intervals =
        common("interval_overlap", "intervals in common", &|a, b| overlap(&a.intervals, &b.intervals));
    figures.chain([lengths, intervals]).collect()
}

/// How near each figure must come.
fn tolerance(figure: Figure) -> Tolerance {
    match figure {
        Figure::ChordTones | Figure::LeftByStep | Figure::HeardAgain => Tolerance::Within(0.05),
        Figure::SemitoneAbove => Tolerance::NoMoreThan(0.03),
        Figure::Rhythm1 | Figure::Rhythm2 | Figure::Rhythm4 | Figure::Exact4 => Tolerance::Within(0.06),
        Figure::Rhythms => Tolerance::Within(0.6),
        Figure::PhraseEnds => Tolerance::Within(0.08),
        Figure::Range => Tolerance::Within(1.5),
        Figure::Notes => Tolerance::Share(0.1),
        Figure::Exact1
        | Figure::Exact2
        | Figure::Repeated
        | Figure::TiedOver
        | Figure::Chords
        | Figure::Chords1
        | Figure::Chords2
        | Figure::Chords4
        | Figure::EndsOnTonic
        | Figure::EndsOnChordTone
        | Figure::EndsOnOne => Tolerance::Free,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(composed: f64, corpus: f64, tolerance: Tolerance) -> Row {
        Row {
            key: "key",
            title: "title",
            composed: Some(composed),
            composed_error: None,
            corpus: Some(corpus),
            corpus_error: None,
            no_plan: None,
            plain_chain: None,
            tolerance,
        }
    }

    #[test]
    fn each_tolerance_judges_its_own_way() {
        let judged = |composed, corpus, tolerance| row(composed, corpus, tolerance).is_within();
        assert_eq!(judged(0.55, 0.5, Tolerance::Within(0.05)), Some(true));
        assert_eq!(judged(0.44, 0.5, Tolerance::Within(0.05)), Some(false));
        assert_eq!(judged(0.1, 0.5, Tolerance::NoMoreThan(0.03)), Some(true));
        assert_eq!(judged(0.54, 0.5, Tolerance::NoMoreThan(0.03)), Some(false));
        assert_eq!(judged(3.31, 3.0, Tolerance::Share(0.1)), Some(false));
        assert_eq!(judged(2.71, 3.0, Tolerance::Share(0.1)), Some(true));
        assert_eq!(judged(0.93, 1.0, Tolerance::AtLeast(0.93)), Some(true));
        assert_eq!(judged(0.92, 1.0, Tolerance::AtLeast(0.93)), Some(false));
        assert_eq!(judged(0.92, 1.0, Tolerance::Free), None);
        let missing = Row { corpus: None, ..row(0.5, 0.5, Tolerance::Within(0.05)) };
        assert_eq!((missing.is_within(), missing.difference()), (None, None));
    }
}
