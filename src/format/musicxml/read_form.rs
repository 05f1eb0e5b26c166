//! The form of a score that was read: bars and their lengths, the pickup, sections, repeats, endings and jumps.

use super::remarks::Remarks;
use super::walk::{RawMeasure, RawPart};
use crate::music::{Bar, Duration, Form, Jump, Key, Meter, Section};

/// The form, and where each measure of the file starts in it.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The form.
    pub form: Form,
    /// Starts of the file's measures, from the downbeat of bar 1.
    pub starts: Vec<Duration>,
}

/// The form of a part.
pub fn layout(part: &RawPart, remarks: &mut Remarks) -> Layout {
    let measures = &part.measures;
    let lengths: Vec<Duration> = measures.iter().map(length).collect();
    let pickup = pickup(measures, &lengths);
    let first = usize::from(pickup.is_positive());
    let mut form = Form { pickup, bars: Vec::with_capacity(measures.len()), ..Form::default() };
    let mut key = measures.iter().find_map(|measure| measure.key);
    let mut meter = Meter::COMMON;
    for (measure, length) in measures.iter().zip(&lengths).skip(first) {
        meter = measure.meter.unwrap_or(meter);
        let key_change = measure.key.filter(|now| Some(*now) != key);
        key = measure.key.or(key);
        form.bars.push(Bar { length: *length, key_change, ..Bar::full(meter) });
    }
    sections(measures, first, &mut form, remarks);
    repeats(measures, first, &mut form, remarks);
    endings(measures, first, &mut form);
    jumps(measures, first, &mut form);
    first_bar_key(measures, &mut form);
    let mut starts: Vec<Duration> = if first == 1 { vec![-pickup] } else { Vec::new() };
    starts.extend(form.bar_starts().iter().take(form.bars.len()));
    Layout { form, starts }
}

/// The first bar's key is the sheet's unless a pickup came before in another.
fn first_bar_key(measures: &[RawMeasure], form: &mut Form) {
    let opening: Option<Key> = measures.first().and_then(|measure| measure.key);
    if let Some(bar) = form.bars.first_mut() {
        bar.key_change = bar.key_change.filter(|key| opening.is_some() && Some(*key) != opening);
    }
}

/// A measure lasts as long as its contents, if it has any; a little more or less than its meter is rounding.
fn length(measure: &RawMeasure) -> Duration {
    let Some(meter) = measure.meter else {
        return if measure.content.is_positive() { measure.content } else { Duration::WHOLE };
    };
    let bar = meter.bar_length();
    let content = measure.content;
    let near = |tolerance: Duration| content > bar - tolerance && content < bar + tolerance;
    let on = |unit: Duration| content.rem_floor(unit) == Duration::ZERO;
    let step = Duration::QUARTER / 24;
    // A length that no note values fill comes from sloppy durations.
    let writable = [96, 5, 7, 9].into_iter().any(|parts| on(Duration::QUARTER / parts));
    if !content.is_positive() || near(step) || (!writable && near(Duration::EIGHTH)) {
        bar
    } else if writable {
        content
    } else {
        (step * (content + step / 2).div_floor(step)).max(step)
    }
}

/// The length of the first measure if it is a pickup: shorter than its meter, and no repeat or ending of its own.
fn pickup(measures: &[RawMeasure], lengths: &[Duration]) -> Duration {
    let ([measure, next, ..], [length, next_length, ..]) = (measures, lengths) else { return Duration::ZERO };
    let bar = measure.meter.map_or(*length, |meter| meter.bar_length());
    let next_bar = next.meter.map_or(*next_length, |meter| meter.bar_length()).max(*next_length);
    let marks = &measure.marks;
    let plain =
        marks.repeat_end.is_none() && marks.ending_start.is_none() && next.marks.repeat_end_before.is_none();
    if *length < bar && *length < next_bar && plain { *length } else { Duration::ZERO }
}

fn sections(measures: &[RawMeasure], first: usize, form: &mut Form, remarks: &mut Remarks) {
    for (index, measure) in measures.iter().enumerate() {
        for label in &measure.marks.rehearsals {
            let bar = index.saturating_sub(first);
            if form.sections.last().is_some_and(|section| section.first_bar == bar) {
                remarks.count("Second rehearsal marks of a measure left out", &measure.number);
            } else {
                form.sections.push(Section { label: label.clone(), first_bar: bar });
            }
        }
    }
}

fn repeats(measures: &[RawMeasure], first: usize, form: &mut Form, remarks: &mut Remarks) {
    for (index, measure) in measures.iter().enumerate() {
        let marks = &measure.marks;
        let bar = index.checked_sub(first);
        if marks.repeat_start {
            if bar.is_none() {
                remarks.say("The repeat that starts in the pickup is taken to start in bar 1.");
            }
            if let Some(bar) = form.bars.get_mut(bar.unwrap_or(0)) {
                bar.repeat_start = true;
            }
        }
        if let Some(bar) =
            form.bars.get_mut(bar.map_or(0, |bar| bar + 1)).filter(|_| marks.repeat_start_after)
        {
            bar.repeat_start = true;
        }
        if let (Some(bar), Some(times)) = (bar.and_then(|bar| form.bars.get_mut(bar)), marks.repeat_end) {
            bar.repeat_end = Some(times);
        }
        let before = bar.and_then(|bar| bar.checked_sub(1)).and_then(|bar| form.bars.get_mut(bar));
        if let (Some(bar), Some(times)) = (before, marks.repeat_end_before) {
            bar.repeat_end = bar.repeat_end.or(Some(times));
        }
    }
}

/// A bracket reaches to where it is closed; one that never is, to its repeat sign or over its first bar alone.
fn endings(measures: &[RawMeasure], first: usize, form: &mut Form) {
    let begins =
        |index: usize| measures.get(index).is_some_and(|measure| measure.marks.ending_start.is_some());
    let mut highest = 0;
    let mut after = 0;
    for start in first..measures.len() {
        let Some(passes) = measures.get(start).and_then(|measure| measure.marks.ending_start.clone()) else {
            continue;
        };
        if start != after {
            highest = 0;
        }
        let passes = if passes.is_empty() { vec![(highest + 1).min(32)] } else { passes };
        highest = passes.last().copied().unwrap_or(1);
        let next = (start + 1..measures.len()).find(|index| begins(*index)).unwrap_or(measures.len());
        let reaches = |closed: fn(&RawMeasure) -> bool| {
            (start..next).find(|index| measures.get(*index).is_some_and(closed))
        };
        let stop = reaches(|measure| measure.marks.ending_stop);
        let last = stop.or_else(|| reaches(|measure| measure.marks.repeat_end.is_some())).unwrap_or(start);
        for bar in start - first..=last - first {
            if let Some(bar) = form.bars.get_mut(bar) {
                bar.ending = Some(passes.clone());
            }
        }
        after = last + 1;
    }
}

fn jumps(measures: &[RawMeasure], first: usize, form: &mut Form) {
    let all = || measures.iter().flat_map(|measure| &measure.marks.jumps);
    let (to_coda, fine) = (all().any(|jump| *jump == Jump::ToCoda), all().any(|jump| *jump == Jump::Fine));
    for (index, measure) in measures.iter().enumerate() {
        let Some(bar) = form.bars.get_mut(index.saturating_sub(first)) else { continue };
        let mut jumps = measure.marks.jumps.clone();
        if measure.marks.vague {
            settle(&mut jumps, to_coda, fine);
        }
        for jump in jumps {
            if !bar.jumps.contains(&jump) {
                bar.jumps.push(jump);
            }
        }
    }
}

/// What an instruction known by its sound alone must mean, given where else one can go.
fn settle(jumps: &mut [Jump], to_coda: bool, fine: bool) {
    for jump in jumps {
        *jump = match (*jump, to_coda, fine) {
            (Jump::DaCapo, true, _) => Jump::DaCapoAlCoda,
            (Jump::DaCapo, false, true) => Jump::DaCapoAlFine,
            (Jump::DalSegno, true, _) => Jump::DalSegnoAlCoda,
            (Jump::DalSegno, false, true) => Jump::DalSegnoAlFine,
            (jump, ..) => jump,
        };
    }
}
