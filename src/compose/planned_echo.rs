//! Bars of a planned melody that take something up of an earlier one.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;

use super::melody_lattice::Recalled;
use super::plan::Freedom;
use super::planned_limits::same_harmony;
use super::planned_melody::{Drawing, Start};
use super::planned_notes::Over;
use crate::markov::draw::choose;
use crate::markov::messages::entries;
use crate::markov::{Lattice, Messages};
use crate::music::plan::moved;
use crate::music::{Duration, Echo, Taken};
use crate::style::Dial;
use crate::style::smoothing::interpolate;
use crate::viewpoint::echo;

/// How much likelier a bar's very notes or intervals come again than the style's bars say: songs also take up halves of
/// bars and figures within them, which are no echoes here (measured on what is heard again in composed sheets).
const WHOLE: f64 = 3.0;
/// The widest move of a bar that is taken up on another step of the scale, in steps.
const WIDEST_MOVE: i32 = 5;

impl Drawing<'_, '_> {
    /// What a bar takes up of the one that it echoes, drawn when that one is known: by its chords, how many notes it
    /// has, and what the bar before takes up.
    pub(super) fn taken(&mut self, bar: usize, echo: Echo, rng: &mut ChaCha8Rng) -> Taken {
        let of = self.of;
        let Some(source) = bar.checked_sub(usize::from(echo.back)) else { return echo.taken };
        if !self.settled[bar] && of.freedom[bar] != Freedom::New {
            let alike = same_harmony(of.chart, of.frame, bar, source);
            let notes = echo::notes(self.rhythm(source).len());
            let before = bar.checked_sub(1).and_then(|before| self.drawn.echoes[before]);
            let before = before.map_or(0, |echo| echo::taken_code(echo.taken));
            let distance = echo::distance(echo.back);
            let context = [distance, u16::from(alike), notes, before];
            let base = [0.0, 0.1, 0.1, 0.3, 0.5];
            let contexts: [&[u16]; 5] = [&[], &context[..1], &context[..2], &context[..3], &context];
            let mut law = interpolate(&base, &of.laws.figures.echo_taken, of.laws.figures.unit, &contexts);
            let closes = of.roots.last() == Some(&bar);
            for (code, weight) in law.iter_mut().enumerate() {
                let may = match echo::taken(code as u16) {
                    Some(Taken::Notes | Taken::Moved) if closes => false,
                    Some(Taken::Notes) => {
                        notes > 0
                            && of.freedom[bar] == Freedom::Any
                            && self.sits(bar, source, usize::from(alike))
                    }
                    Some(Taken::Moved) => notes > 1 && of.freedom[bar] == Freedom::Any,
                    Some(Taken::Contour) => notes > 2,
                    Some(Taken::Rhythm) => true,
                    None => false,
                };
                *weight = if may { *weight } else { 0.0 };
            }
            law[..3].iter_mut().for_each(|weight| *weight *= WHOLE);
            let again = [Dial::Again1, Dial::Again2, Dial::Again4].get(usize::from(distance));
            let notes = usize::from(echo::taken_code(Taken::Notes));
            law[notes] *= again.map_or(1.0, |&dial| of.laws.figures.tuning.factor(dial));
            let taken = choose(rng, &law).and_then(|code| echo::taken(code as u16)).unwrap_or(Taken::Rhythm);
            self.drawn.echoes[bar] = Some(Echo { taken, ..echo });
        }
        self.settled[bar] = true;
        self.drawn.echoes[bar].map_or(echo.taken, |echo| echo.taken)
    }

    /// A bar that takes something up of an earlier one.
    pub(super) fn echo(
        &mut self,
        bar: usize,
        source: usize,
        taken: Taken,
        rng: &mut ChaCha8Rng,
    ) -> Option<()> {
        if taken == Taken::Notes {
            return self.again(bar, source);
        }
        let mut earlier = self.moved_to(bar, source);
        let line = self.of.frame.bar_line(bar);
        let cut_off = self.is_cut_off(bar) && earlier.first().is_none_or(|start| start.0 > line);
        if earlier.is_empty() {
            return if cut_off { self.follow(&[(line, None)]) } else { Some(()) };
        }
        if cut_off {
            earlier.insert(0, (line, None));
        }
        let limits = &self.of.limits[bar + 1];
        let mut over = Over {
            bar: bar as i64,
            rhythm: &earlier,
            stop: self.of.frame.bar_line(bar + 1),
            shape: if taken == Taken::Contour { shape(&earlier) } else { BTreeMap::new() },
            recalled: Recalled::new(),
        };
        let mut rhythm_only = false;
        if taken == Taken::Moved {
            let plain = self.lattice(&over, limits);
            if let Some((symbols, weight)) =
                self.moved(&earlier, self.on_tones(self.starts_of(source)), &plain, rng)
            {
                self.drawn.log_probability += libm::log(weight);
                let starts: Vec<Start> = earlier.iter().map(|start| start.0).zip(symbols).collect();
                return self.follow(&starts);
            }
            // No step of the scale will do: the rhythm alone is taken up, and so it is told.
            rhythm_only = true;
        }
        over.recalled = self.recalled(&earlier);
        let mut bound = self.lattice(&over, limits);
        let mut messages = Messages::new(&bound);
        if messages.log_partition(&bound) == f64::NEG_INFINITY && !over.shape.is_empty() {
            // The contour leaves the range: likewise.
            rhythm_only = true;
            over.shape.clear();
            bound = self.lattice(&over, limits);
            messages = Messages::new(&bound);
        }
        if !limits.is_empty() {
            // What pulls is the plan's and the style's: the weight is that of what is asked alone.
            let free = self.lattice(&over, &[]);
            self.drawn.log_weight +=
                messages.log_partition(&bound) - Messages::new(&free).log_partition(&free);
        }
        if let Some(echo) = self.drawn.echoes[bar].as_mut().filter(|_| rhythm_only) {
            echo.taken = Taken::Rhythm;
        }
        let way = self.notes_over(&over, &bound, &messages, true, rng)?;
        self.drawn.log_probability += way.log;
        self.follow(&way.starts)
    }

    /// Whether the notes of a bar sit on the chords of another as well as on their own, but for so many.
    fn sits(&self, bar: usize, source: usize, but: usize) -> bool {
        self.on_tones(&self.moved_to(bar, source)) + but >= self.on_tones(self.starts_of(source))
    }

    /// How many notes start on a tone of the chord under them.
    fn on_tones(&self, starts: &[Start]) -> usize {
        let notes = starts.iter().filter_map(|&(at, symbol)| Some((at, symbol?)));
        notes.filter(|&(at, symbol)| self.on_tone(at, symbol) == Some(true)).count()
    }

    /// The notes of a bar on another step of the scale, drawn by how likely the chains make each, among those that have
    /// at least so many notes on tones of their chords.
    fn moved(
        &self,
        earlier: &[Start],
        least: usize,
        lattice: &Lattice,
        rng: &mut ChaCha8Rng,
    ) -> Option<(Vec<Option<u16>>, f64)> {
        let (law, key) = (self.of.laws.law, self.of.frame.key);
        let pitches = law.pitches as i32;
        let by = |steps: i32| -> Option<Vec<Option<u16>>> {
            let symbols = earlier.iter().map(|start| match start.1 {
                None => Some(None),
                Some(symbol) => {
                    let there = moved(key, law.midi(symbol), steps)? - law.lowest;
                    (0..pitches).contains(&there).then_some(Some(there as u16))
                }
            });
            symbols.collect()
        };
        let sits = |symbols: &Vec<Option<u16>>| {
            let there: Vec<Start> =
                earlier.iter().zip(symbols).map(|(start, &symbol)| (start.0, symbol)).collect();
            self.on_tones(&there) >= least
        };
        let ways: Vec<Vec<Option<u16>>> =
            (-WIDEST_MOVE..=WIDEST_MOVE).filter(|&steps| steps != 0).filter_map(by).filter(sits).collect();
        let weights: Vec<f64> =
            ways.iter().map(|symbols| path_weight(lattice, self.context, symbols)).collect();
        // How often the very intervals are kept is the style's choice, which step the chains'.
        let share =
            interpolate(&[0.5, 0.5], &self.of.laws.figures.echo_shape, self.of.laws.figures.unit, &[&[2]]);
        let exact: Vec<bool> = ways.iter().map(|symbols| same_intervals(earlier, symbols)).collect();
        let balanced: Vec<f64> =
            (weights.iter().zip(&exact)).map(|(weight, &exact)| weight * share[usize::from(exact)]).collect();
        let drawn = choose(rng, &balanced)?;
        Some((ways.into_iter().nth(drawn)?, weights[drawn]))
    }
}

/// The weight of one path through a lattice with one way out of each layer.
fn path_weight(lattice: &Lattice, start: u32, symbols: &[Option<u16>]) -> f64 {
    let (mut context, mut weight) = (start, 1.0);
    for (layer, wanted) in lattice.layers.iter().zip(symbols) {
        let Some(jump) = layer.jumps.first() else { return 0.0 };
        let mut found = None;
        entries(lattice, jump.emission, context as usize, |symbol, target, entry| {
            if symbol == *wanted {
                found = Some((target, entry));
            }
        });
        let Some((target, entry)) = found else { return 0.0 };
        context = target;
        weight *= entry;
    }
    weight
}

/// Whether symbols go in the very intervals of other starts.
fn same_intervals(starts: &[Start], symbols: &[Option<u16>]) -> bool {
    let mut moves = starts
        .iter()
        .zip(symbols)
        .filter_map(|(start, symbol)| Some(i32::from((*symbol)?) - i32::from(start.1?)));
    let first = moves.next();
    moves.all(|by| Some(by) == first)
}

/// The interval into each note but the first.
fn shape(starts: &[Start]) -> BTreeMap<Duration, i32> {
    let notes: Vec<(Duration, i32)> =
        starts.iter().filter_map(|start| Some((start.0, i32::from(start.1?)))).collect();
    notes.windows(2).map(|two| (two[1].0, two[1].1 - two[0].1)).collect()
}
