//! A composer at work in a style: what it has worked out for one request stays for the next.

use std::sync::Arc;

use super::chart_law::ChartLaw;
use super::melody_law::MelodyLaw;
use super::memo::Memo;
use super::prepare::{Prepared, Refusal, prepare_with};
use super::request::Request;
use super::rhythm_law::RhythmLaw;
use crate::markov::Kernel;
use crate::music::{ChordSymbol, Key, Meter};
use crate::style::Style;

/// So many laws of a kind are kept: those of the keys and ranges that are being worked in.
const MOST_LAWS: usize = 4;

/// A style, and one for its rhythm, with the laws of the last requests. A request gives the same takes whatever was asked
/// before it; but where it is of the same key, chords and range, as when four bars are drawn again, it gives them sooner.
#[derive(Clone, Debug)]
pub struct Composer<'a> {
    /// The style.
    pub style: &'a Style,
    /// The style whose rhythm it is.
    pub rhythm: &'a Style,
    laws: Arc<Laws<'a>>,
}

/// Laws by all that they depend on, powers as bits.
#[derive(Debug, Default)]
struct Laws<'a> {
    charts: Memo<(Key, Vec<ChordSymbol>, u64), Arc<ChartLaw<'a>>>,
    melodies: Memo<(Key, [i32; 3], u64), Arc<PitchLaw<'a>>>,
    rhythms: Memo<Meter, Arc<RhythmLaw<'a>>>,
}

/// The law of pitches with its transitions.
#[derive(Debug)]
pub(super) struct PitchLaw<'a> {
    pub(super) law: MelodyLaw<'a>,
    pub(super) kernel: Kernel,
}

impl<'a> Composer<'a> {
    /// A composer of a style with the rhythm of one, the same or another.
    pub fn new(style: &'a Style, rhythm: &'a Style) -> Composer<'a> {
        Composer { style, rhythm, laws: Arc::default() }
    }

    /// Makes a request ready: see [`prepare`](super::prepare::prepare).
    ///
    /// # Errors
    /// The same.
    pub fn prepare(&self, request: &Request) -> Result<Prepared<'a>, Refusal> {
        prepare_with(self, request)
    }

    /// The law of charts in a key with support for some chords by name, its probabilities raised to a power.
    pub(super) fn chart_law(&self, key: Key, named: Vec<ChordSymbol>, power: f64) -> Arc<ChartLaw<'a>> {
        let (figures, weights) = (&self.style.figures, &self.style.card.weights);
        let wanted = (key, named, power.to_bits());
        self.laws.charts.get_among(MOST_LAWS, &wanted, || {
            let mut law = ChartLaw::weighed(figures, weights, key, &wanted.1);
            law.power = power;
            Arc::new(law)
        })
    }

    /// The law of pitches in a key from a lowest to a highest one about a centre, its probabilities raised to a power.
    pub(super) fn pitch_law(&self, key: Key, pitches: [i32; 3], power: f64) -> Arc<PitchLaw<'a>> {
        let (figures, weights) = (&self.style.figures, &self.style.card.weights);
        self.laws.melodies.get_among(MOST_LAWS, &(key, pitches, power.to_bits()), || {
            let [lowest, highest, centre] = pitches;
            let mut law = MelodyLaw::new(figures, weights.clone(), key, lowest, highest, centre);
            law.power = power;
            let kernel = law.kernel();
            Arc::new(PitchLaw { law, kernel })
        })
    }

    /// The law of lengths in a meter.
    pub(super) fn rhythm_law(&self, meter: Meter) -> Arc<RhythmLaw<'a>> {
        let figures = &self.rhythm.figures;
        self.laws.rhythms.get_among(MOST_LAWS, &meter, || Arc::new(RhythmLaw::new(figures, meter)))
    }
}
