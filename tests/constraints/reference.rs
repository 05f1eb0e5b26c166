//! A slow reading of compiled limits: the sheet looked at moment by moment on a fine grid.

use tunesmith::constraint::{ChartLimit, Layer, Limits, MelodyLimit, Same};
use tunesmith::music::{ChordSymbol, Duration, LeadSheet, Note};

/// The grid: every place in the sheets tried, and every edge of a limit, must be a whole number of these. (A limit on
/// a single moment is one tick long, and has its start on the grid.)
const STEP: Duration = Duration::from_ticks(Duration::TICKS_PER_QUARTER / 4);

/// Whether a sheet is within all limits.
pub fn within(limits: &Limits, sheet: &LeadSheet) -> bool {
    limits.chart.iter().all(|limit| chart_within(limit, sheet))
        && limits.melody.iter().all(|limit| melody_within(limit, sheet))
        && limits.same.iter().all(|same| repeats(same, sheet))
}

/// The moments of a span.
fn moments(from: Duration, to: Duration) -> impl Iterator<Item = Duration> {
    std::iter::successors(Some(from), |&at| Some(at + STEP)).take_while(move |&at| at < to)
}

fn all_moments(sheet: &LeadSheet) -> impl Iterator<Item = Duration> {
    moments(-sheet.form().pickup, sheet.form().end())
}

/// The chord written exactly here.
fn written(sheet: &LeadSheet, at: Duration) -> Option<&ChordSymbol> {
    sheet.chart().changes.iter().find(|change| change.at == at).map(|change| &change.chord)
}

/// The chord that sounds: the last one written so far.
fn chord(sheet: &LeadSheet, at: Duration) -> Option<&ChordSymbol> {
    all_moments(sheet).take_while(|&moment| moment <= at).filter_map(|moment| written(sheet, moment)).last()
}

/// The note that sounds.
fn note(sheet: &LeadSheet, at: Duration) -> Option<&Note> {
    sheet.melody().notes.iter().find(|note| note.onset <= at && at < note.onset + note.duration)
}

/// The note that starts exactly here.
fn onset(sheet: &LeadSheet, at: Duration) -> Option<&Note> {
    note(sheet, at).filter(|note| note.onset == at)
}

fn chart_within(limit: &ChartLimit, sheet: &LeadSheet) -> bool {
    match limit {
        ChartLimit::Begun { by } => chord(sheet, *by).is_some(),
        ChartLimit::Sounding { from, to, allowed } => {
            moments(*from, *to).all(|at| chord(sheet, at).is_none_or(|chord| allowed.contains(chord)))
        }
        ChartLimit::Run { from, to, chords } => {
            let begun: Vec<_> = moments(*from, *to).filter_map(|at| written(sheet, at)).collect();
            written(sheet, *from).is_some()
                && begun.len() == chords.len()
                && begun.iter().zip(chords).all(|(chord, wanted)| chord.sounds_like(wanted))
        }
        ChartLimit::Count { from, to, min, max } => {
            let begin = moments(*from, *to).filter(|&at| written(sheet, at).is_some()).count() as u32;
            let held = written(sheet, *from).is_none() && chord(sheet, *from).is_some();
            *min <= begin && begin + u32::from(held) <= *max
        }
        ChartLimit::Arrival { from, to, before, arrive } => {
            let Some(at) = moments(*from, *to).filter(|&at| written(sheet, at).is_some()).last() else {
                return false;
            };
            let earlier = chord(sheet, at - STEP);
            chord(sheet, at).is_some_and(|chord| arrive.contains(chord))
                && earlier.is_some_and(|chord| before.contains(chord))
        }
    }
}

fn melody_within(limit: &MelodyLimit, sheet: &LeadSheet) -> bool {
    let onsets = || all_moments(sheet).filter_map(|at| onset(sheet, at));
    match limit {
        MelodyLimit::Sounding { from, to, allowed } => moments(*from, *to)
            .all(|at| note(sheet, at).is_none_or(|note| allowed.contains(note.pitch.midi()))),
        MelodyLimit::Onset { at, allowed } => {
            onset(sheet, *at).is_some_and(|note| allowed.contains(note.pitch.midi()))
        }
        MelodyLimit::Count { from, to, min, max } => {
            let count = moments(*from, *to).filter(|&at| onset(sheet, at).is_some()).count() as u32;
            (*min..=*max).contains(&count)
        }
        MelodyLimit::Leap { from, to, max } => moments(*from, *to).all(|at| {
            let before =
                all_moments(sheet).take_while(|&moment| moment < at).filter_map(|at| onset(sheet, at)).last();
            match (before, onset(sheet, at)) {
                (Some(before), Some(note)) => before.pitch.midi().abs_diff(note.pitch.midi()) <= *max,
                _ => true,
            }
        }),
        MelodyLimit::First { allowed } => {
            onsets().next().is_some_and(|note| allowed.contains(note.pitch.midi()))
        }
        MelodyLimit::Last { allowed } => {
            onsets().last().is_some_and(|note| allowed.contains(note.pitch.midi()))
        }
    }
}

fn repeats(same: &Same, sheet: &LeadSheet) -> bool {
    assert!(same.source + (same.to - same.from) <= same.from, "{same:?} is over before its copy begins");
    moments(same.from, same.to).all(|at| {
        let source = same.source + (at - same.from);
        let melody = || {
            let heard = |at| note(sheet, at).map(|note| (note.pitch.midi(), note.onset == at));
            heard(at) == heard(source)
        };
        let chords = || {
            let alike = match (chord(sheet, at), chord(sheet, source)) {
                (Some(a), Some(b)) => a.sounds_like(b),
                (a, b) => a.is_none() && b.is_none(),
            };
            alike && written(sheet, at).is_some() == written(sheet, source).is_some()
        };
        match same.layer {
            Layer::Both => melody() && chords(),
            Layer::Rhythm => onset(sheet, at).is_some() == onset(sheet, source).is_some(),
            Layer::Melody => melody(),
            Layer::Chords => chords(),
        }
    })
}
