//! A slow reading of compiled limits: the sheet looked at moment by moment on a fine grid.

use tunesmith::constraint::{ChartLimit, Layer, Limits, MelodyLimit, Same, Shape, Vary};
use tunesmith::music::{ChordSymbol, Duration, LeadSheet, Note};

/// The grid: every place in the sheets tried, and every edge of a limit, must be a whole number of these. (A limit on
/// a single moment is one tick long, and has its start on the grid.)
const STEP: Duration = Duration::from_ticks(Duration::TICKS_PER_QUARTER / 4);

/// Whether a sheet is within all limits, copies of songs apart: those are not seen in the sheet.
pub fn within(limits: &Limits, sheet: &LeadSheet) -> bool {
    limits.chart.iter().all(|limit| chart_within(limit, sheet))
        && limits.melody.iter().all(|limit| melody_within(limit, sheet))
        && limits.same.iter().all(|same| repeats(same, sheet))
        && limits.vary.iter().all(|vary| varies(vary, sheet))
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
        MelodyLimit::Note { at, to, allowed } => {
            let start = onset(sheet, *at);
            start.is_some_and(|note| allowed.contains(note.pitch.midi()))
                && moments(*at, *to).all(|moment| note(sheet, moment) == start)
                && note(sheet, *to) != start
        }
        MelodyLimit::ChordTones { from, to } => moments(*from, *to).all(|at| {
            let tones = chord(sheet, at).map_or(0, ChordSymbol::pitch_classes);
            match onset(sheet, at) {
                Some(note) if is_strong(sheet, at) && tones != 0 => {
                    (0..12).any(|class| tones >> class & 1 == 1 && (note.pitch.midi() - class) % 12 == 0)
                }
                _ => true,
            }
        }),
        MelodyLimit::Contour { from, to, shape } => {
            let line: Vec<i32> =
                moments(*from, *to).filter_map(|at| onset(sheet, at)).map(|note| note.pitch.midi()).collect();
            goes(&line, *shape)
        }
        MelodyLimit::Near { from, to, theme, least, most } => {
            let there = |at| theme.iter().find(|(place, _)| *place == at).map(|(_, midi)| *midi);
            let here = |at| onset(sheet, at).map(|note| note.pitch.midi());
            let edits = moments(*from, *to).filter(|&at| here(at) != there(at)).count();
            (*least..=*most).contains(&(edits as u32))
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

/// The downbeat, and the half of a bar that has one.
fn is_strong(sheet: &LeadSheet, at: Duration) -> bool {
    let meter = sheet.meter();
    let bar = meter.bar_length();
    let in_bar = moments(-bar, at).filter(|moment| (0..9).any(|count| *moment == bar * (count - 1))).last();
    let in_bar =
        if (0..9).any(|count| at == bar * (count - 1)) { Duration::ZERO } else { at - in_bar.unwrap() };
    let halved = match meter.to_string().as_str() {
        "2/4" | "2/2" => true,
        "3/4" | "3/8" => false,
        other => panic!("the strong beats of {other} are not written down here"),
    };
    in_bar == Duration::ZERO || (halved && in_bar == bar / 2)
}

/// Whether a line goes as a shape says: for some turning point, what stands before it goes one way and what stands after
/// it the other way.
fn goes(line: &[i32], shape: Shape) -> bool {
    let (up, down) = (|pair: &[i32]| pair[1] - pair[0], |pair: &[i32]| pair[0] - pair[1]);
    let one_way = |line: &[i32], step: fn(&[i32]) -> i32| {
        line.windows(2).all(|pair| step(pair) >= 0) && line.windows(2).any(|pair| step(pair) > 0)
    };
    let turns = |first: fn(&[i32]) -> i32, then: fn(&[i32]) -> i32| {
        (0..line.len()).any(|turn| one_way(&line[..=turn], first) && one_way(&line[turn..], then))
    };
    match shape {
        Shape::Up => one_way(line, up),
        Shape::Down => one_way(line, down),
        Shape::Arch => turns(up, down),
        Shape::Valley => turns(down, up),
    }
}

fn varies(vary: &Vary, sheet: &LeadSheet) -> bool {
    let length = vary.to - vary.from;
    assert!(
        vary.source + length <= vary.from || vary.to <= vary.source,
        "{vary:?} lies apart from its source"
    );
    let at_both = moments(Duration::ZERO, length).map(|at| {
        let heard = |at| onset(sheet, at).map(|note| note.pitch.midi());
        (heard(vary.from + at), heard(vary.source + at))
    });
    let at_both: Vec<_> = at_both.collect();
    let notes = at_both.iter().filter(|(_, there)| there.is_some()).count() as u32;
    let edits = at_both.iter().filter(|(here, there)| here != there).count() as u32;
    // The least and most edits in whole numbers, found by counting up.
    let least = (0..).find(|edits| edits * 100 >= vary.least * notes).unwrap();
    let most = (0..=notes).filter(|edits| edits * 100 <= vary.most * notes).max().unwrap();
    least <= edits && edits <= most
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
