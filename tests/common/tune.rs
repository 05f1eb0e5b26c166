//! A tune of one section, with a chart drawn by the program, and its melody lattice.

#![allow(dead_code, reason = "the tests and the bench use a part each")]

use tunesmith::compose::melody_lattice::{MelodyLattice, Settled, melody_lattice};
use tunesmith::compose::melody_law::MelodyLaw;
use tunesmith::compose::rhythm_law::RhythmLaw;
use tunesmith::compose::structure::Segment;
use tunesmith::compose::{Page, Request, prepare};
use tunesmith::constraint::{Constraint, Limits};
use tunesmith::markov::Kernel;
use tunesmith::music::{Chart, Duration};
use tunesmith::style::{self, Style};

/// The page and the chart.
pub struct Tune {
    pub style: Style,
    pub page: Page,
    pub chart: Chart,
}

impl Tune {
    /// A tune of so many bars in a style that comes with the program.
    #[allow(clippy::expect_used, reason = "without them there is nothing to measure or to test")]
    pub fn new(name: &str, bars: usize) -> Tune {
        let style = style::load(name).expect("the style comes with the program");
        let request = Request {
            form: Some(format!("A{bars}")),
            key: "C".parse().ok(),
            meter: "4/4".parse().ok(),
            pickup: Some(Duration::ZERO),
            seed: 1,
            ..Request::default()
        };
        let prepared = prepare(&style, &style, &request).expect("nothing is asked that could not be");
        let (page, chart) = (prepared.page.clone(), prepared.take(1).expect("a take").sheet.chart().clone());
        Tune { style, page, chart }
    }

    /// The laws of its notes.
    pub fn laws(&self) -> (MelodyLaw<'_>, RhythmLaw<'_>) {
        let Style { figures, card, .. } = &self.style;
        let (lowest, highest) = self.page.range;
        let (key, centre) = (self.page.frame.key, (lowest + highest) / 2);
        let law = MelodyLaw::new(figures, card.weights.clone(), key, lowest, highest, centre);
        (law, RhythmLaw::new(figures, self.page.frame.meter))
    }

    /// The lattice of its melody under constraints.
    pub fn lattice(&self, laws: (&MelodyLaw<'_>, &RhythmLaw<'_>, &Kernel), asked: &[&str]) -> MelodyLattice {
        let frame = &self.page.frame;
        let mut limits = Limits::default();
        for text in asked {
            let constraint: Result<Constraint, _> = text.parse();
            let compiled = constraint.ok().and_then(|wish| wish.compile(frame, &mut limits).ok());
            assert!(compiled.is_some(), "{text}");
        }
        let segment = Segment { from: frame.start(), to: frame.end(), shifts: vec![Duration::ZERO] };
        let settled = Settled::nothing(laws.0, &segment);
        melody_lattice(laws, frame, &segment, (true, true), &self.chart, &limits.melody, &settled)
    }

    /// The same from laws made for it.
    pub fn melody(&self, asked: &[&str]) -> MelodyLattice {
        let (law, rhythm) = self.laws();
        self.lattice((&law, &rhythm, &law.kernel()), asked)
    }
}
