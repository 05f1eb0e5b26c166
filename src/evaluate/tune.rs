//! Tuning a style: its weights are turned until what it composes measures what its songs do.

use super::composed::compose_sheets;
use crate::compose::Request;
use crate::music::{LeadSheet, Meter};
use crate::portrait::{Figure, Portrait, Portrayed};
use crate::style::keys::Keys;
use crate::style::tuning::{MOST, Turned};
use crate::style::{Dial, Style, Tuning, portrait_of_sheets};
use crate::viewpoint::interval;

/// Bars of each sheet.
const BARS: usize = 32;
/// The seed of the first sheet: far from those that sheets are measured with.
const SEED: u64 = 1 << 40;
/// After so many steps each is half as long as the first.
const SLOWING: f64 = 5.0;
/// How far the weight of an interval or a length goes towards what would make its share right were there no others.
const PACE: f64 = 0.5;
/// No step turns a weight further than this, in natural logarithms.
const FARTHEST: f64 = 0.5;
/// Shares of intervals, and lengths a bar, smaller than this say little.
const LITTLE: f64 = 0.004;

/// How long and on how much a style is tuned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Steps; the second half of them is averaged (Polyak and Juditsky 1992).
    pub steps: u32,
    /// Sheets composed for each.
    pub sheets: u64,
    /// Whether note lengths are tuned in the style's other meters too.
    pub all_meters: bool,
}

/// The portraits of songs that a style is tuned to, in order.
pub fn models(style: &Style, schedule: Schedule) -> Vec<Portrayed> {
    let usual = style.usual_meter();
    let mut portraits = style.figures.portraits.clone();
    portraits.sort_by_key(|portrayed| Some(portrayed.corpus.meter) != usual);
    portraits.truncate(if schedule.all_meters { portraits.len() } else { 1 });
    portraits
}

/// One step: the meter, its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The meter that was tuned in.
    pub meter: Meter,
    /// The step's number, from 1.
    pub number: u32,
}

/// Tunes a style to the songs whose figures it keeps, from the tuning that it has: everything in its usual meter,
/// then note lengths alone in the others. Composes as many sheets as the schedule says for each step and meter, without
/// regard to threads or time: the same style and schedule give the same tuning. `done` is called after each step.
///
/// The weights follow θ ← θ + a·(songs − composed), with falling a (Robbins and Monro, "A stochastic approximation
/// method", Annals of Mathematical Statistics 22, 1951).
pub fn tune(style: &Style, schedule: Schedule, done: &mut dyn FnMut(Step)) -> Tuning {
    let mut style = style.clone();
    for (place, Portrayed { corpus, .. }) in models(&style, schedule).iter().enumerate() {
        let mut turned = style.figures.tuning.turned();
        let mut late = Tuning::default().turned();
        let from = schedule.steps / 2;
        for number in 0..schedule.steps {
            style.figures.tuning = turned.stored();
            let sheets = composed(&style, corpus.meter, number, schedule);
            let (portrait, _) = portrait_of_sheets(&sheets, corpus.meter, Keys::Given);
            let rate = 1.0 / (1.0 + f64::from(number) / SLOWING);
            if place == 0 {
                turn(&mut turned, corpus, &portrait, rate);
            }
            turn_lengths(&mut turned, &style, corpus, &portrait, rate);
            if number >= from {
                late.add(&turned, 1.0 / f64::from(schedule.steps - from));
            }
            done(Step { meter: corpus.meter, number: number + 1 });
        }
        if schedule.steps > 0 {
            style.figures.tuning = late.stored();
        }
    }
    style.figures.tuning
}

fn composed(style: &Style, meter: Meter, number: u32, schedule: Schedule) -> Vec<LeadSheet> {
    let request = Request {
        bars: Some(BARS),
        meter: Some(meter),
        seed: SEED + u64::from(number) * schedule.sheets,
        ..Request::default()
    };
    compose_sheets(style, &request, schedule.sheets, &|| ()).sheets
}

/// Turns the dials and the intervals.
fn turn(turned: &mut Turned, corpus: &Portrait, composed: &Portrait, rate: f64) {
    let mean = |portrait: &Portrait, figure| portrait.figure(figure).map(|measured| measured.mean.value());
    for (weight, dial) in turned.dials.iter_mut().zip(Dial::all()) {
        let (wanted, found) = (mean(corpus, dial.figure()), mean(composed, dial.figure()));
        if let (Some(wanted), Some(found)) = (wanted, found) {
            *weight = onward(*weight, rate * dial.gain() * (wanted - found));
        }
    }
    let share = |portrait: &Portrait, code: u16| {
        let of_code = portrait.intervals.iter().filter(|(step, _)| interval::code(i32::from(*step)) == code);
        of_code.map(|(_, share)| share.value()).sum::<f64>()
    };
    for (code, weight) in turned.intervals.iter_mut().enumerate() {
        let (wanted, found) = (share(corpus, code as u16), share(composed, code as u16));
        *weight = onward(*weight, rate * PACE * ratio(wanted, found));
    }
}

/// Turns the weights of note lengths: so many of each are wanted in a bar.
fn turn_lengths(turned: &mut Turned, style: &Style, corpus: &Portrait, composed: &Portrait, rate: f64) {
    let a_bar = |portrait: &Portrait, ticks: u16| {
        let notes = portrait.figure(Figure::Notes).map_or(0.0, |measured| measured.mean.value());
        let of_length = portrait.lengths.iter().filter(|(length, _)| *length == ticks);
        notes * of_length.map(|(_, share)| share.value()).sum::<f64>()
    };
    for length in style.figures.lengths.iter().filter(|length| !length.rest) {
        let (wanted, found) = (a_bar(corpus, length.ticks), a_bar(composed, length.ticks));
        let weight = turned.lengths.entry((corpus.meter, length.ticks)).or_default();
        *weight = onward(*weight, rate * PACE * ratio(wanted, found));
    }
}

fn ratio(wanted: f64, found: f64) -> f64 {
    libm::log((wanted + LITTLE) / (found + LITTLE))
}

fn onward(weight: f64, by: f64) -> f64 {
    (weight + by.clamp(-FARTHEST, FARTHEST)).clamp(-MOST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::Figures;

    fn style(tuning: Tuning) -> Style {
        let style = crate::style::load("irish").expect("a shipped style");
        Style { figures: Figures { tuning, ..style.figures.clone() }, ..style }
    }

    #[test]
    fn what_is_out_of_tune_is_turned_back_and_always_alike() {
        let mut turned = Tuning::default().turned();
        let thirds = usize::from(interval::code(4));
        turned.dials[Dial::Memory as usize] = -2.0;
        turned.dials[Dial::Register as usize] = 1.0;
        turned.intervals[thirds] = 2.0;
        let style = style(turned.stored());
        let schedule = Schedule { steps: 2, sheets: 12, all_meters: false };
        let mut steps = Vec::new();
        let tuned = tune(&style, schedule, &mut |step| steps.push(step));
        let found = tuned.turned();
        assert!(found.dials[Dial::Memory as usize] > -2.0 + 0.2, "{found:?}");
        assert!(found.dials[Dial::Register as usize] < 1.0 - 0.1, "{found:?}");
        assert!(found.intervals[thirds] < 2.0 - 0.2, "{found:?}");
        assert!(tuned.is_sound() && !tuned.lengths(Meter::COMMON).is_empty());
        assert_eq!(
            steps.iter().map(|step| (step.meter, step.number)).collect::<Vec<_>>(),
            [(Meter::COMMON, 1), (Meter::COMMON, 2)]
        );
        assert_eq!(tune(&style, schedule, &mut |_| ()), tuned);
    }

    #[test]
    fn a_style_without_figures_of_songs_keeps_its_tuning() {
        let mut style = style(Tuning::default());
        style.figures.portraits.clear();
        let schedule = Schedule { steps: 1, sheets: 1, all_meters: true };
        assert!(tune(&style, schedule, &mut |_| ()).is_empty());
    }
}
