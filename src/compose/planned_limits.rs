//! What is asked of the bars of a planned melody, and which bars are on the same harmony.

use crate::constraint::{Frame, MelodyLimit, PitchSet, Vary};
use crate::music::{Chart, ChordSymbol, Duration, Plan};

/// The limits on each composed bar in all its uses, cut at its bar lines; the pickup first. A bar that must take up a
/// rhythm asks its source for notes where it wants them itself.
pub(super) fn by_bar(
    frame: &Frame,
    roots: &[usize],
    plan: &Plan,
    limits: &[MelodyLimit],
) -> Vec<Vec<MelodyLimit>> {
    let length = frame.meter.bar_length();
    let mut of_bars: Vec<Vec<MelodyLimit>> = vec![Vec::new(); frame.bars + 1];
    for limit in limits {
        if matches!(limit, MelodyLimit::First { .. } | MelodyLimit::Last { .. }) {
            let first = matches!(limit, MelodyLimit::First { .. });
            let bars = if first { 0..2 } else { roots.last().map_or(0..0, |&root| root + 1..root + 2) };
            of_bars[bars].iter_mut().for_each(|bar| bar.push(limit.clone()));
            continue;
        }
        of_bars[0].extend(cut(limit, frame.start(), Duration::ZERO, Duration::ZERO));
        for (bar, &root) in roots.iter().enumerate() {
            let (from, to) = (frame.bar_line(bar), frame.bar_line(bar + 1));
            let own = cut(limit, from, to, length * (bar - root) as i64);
            let new = own.filter(|own| !of_bars[root + 1].contains(own));
            of_bars[root + 1].extend(new);
        }
    }
    let echoes = plan.melody.iter().enumerate().rev();
    for (bar, echo) in echoes {
        let source = echo.and_then(|echo| bar.checked_sub(usize::from(echo.back)));
        let Some(source) = source.map(|source| roots[source]) else { continue };
        let rhythm = rhythm_only(&of_bars[bar + 1], length * (bar as i64 - source as i64));
        let new: Vec<MelodyLimit> =
            rhythm.into_iter().filter(|limit| !of_bars[source + 1].contains(limit)).collect();
        of_bars[source + 1].extend(new);
    }
    of_bars
}

/// The limits that hold only as a whole, moved to the first bars that theirs are the same as; `None` where these are not
/// one stretch.
pub(super) fn as_wholes(
    frame: &Frame,
    roots: &[usize],
    limits: &[MelodyLimit],
    vary: &[Vary],
) -> Option<(Vec<MelodyLimit>, Vec<Vary>)> {
    let (mut wholes, mut variations): (Vec<MelodyLimit>, Vec<Vary>) = (Vec::new(), Vec::new());
    for limit in limits {
        let Some((from, to)) = whole(limit) else { continue };
        let limit = moved(limit, back(frame, roots, from, to)?);
        if !wholes.contains(&limit) {
            wholes.push(limit);
        }
    }
    for vary in vary {
        let back = back(frame, roots, vary.from, vary.to)?;
        let vary = Vary { from: vary.from - back, to: vary.to - back, ..*vary };
        // The theme is to be drawn first.
        if vary.source + (vary.to - vary.from) > vary.from {
            return None;
        }
        if !variations.contains(&vary) {
            variations.push(vary);
        }
    }
    Some((wholes, variations))
}

/// The stretch of a limit that cannot be cut at bar lines.
pub(super) fn whole(limit: &MelodyLimit) -> Option<(Duration, Duration)> {
    match limit {
        MelodyLimit::Note { at, to, .. } => Some((*at, *to)),
        MelodyLimit::Contour { from, to, .. } | MelodyLimit::Near { from, to, .. } => Some((*from, *to)),
        _ => None,
    }
}

/// How far behind the bars that they are the same as the bars of a stretch lie.
fn back(frame: &Frame, roots: &[usize], from: Duration, to: Duration) -> Option<Duration> {
    let length = frame.meter.bar_length();
    let last = (to - Duration::from_ticks(1)).max(from).div_floor(length);
    let shift = |bar: i64| match usize::try_from(bar) {
        Err(_) => Some(0),
        Ok(index) => Some(bar - *roots.get(index)? as i64),
    };
    let first = shift(from.div_floor(length))?;
    let alike = (from.div_floor(length)..=last).all(|bar| shift(bar) == Some(first));
    alike.then_some(length * first)
}

fn moved(limit: &MelodyLimit, back: Duration) -> MelodyLimit {
    let mut limit = limit.clone();
    match &mut limit {
        MelodyLimit::Note { at: from, to, .. } | MelodyLimit::Contour { from, to, .. } => {
            *from -= back;
            *to -= back;
        }
        MelodyLimit::Near { from, to, theme, .. } => {
            *from -= back;
            *to -= back;
            theme.iter_mut().for_each(|note| note.0 -= back);
        }
        _ => {}
    }
    limit
}

/// Whether two bars begin on chords of one root.
pub fn same_harmony(chart: &Chart, frame: &Frame, one: usize, other: usize) -> bool {
    let root = |bar: usize| chart.sounding_at(frame.bar_line(bar)).and_then(ChordSymbol::root_class);
    root(one) == root(other)
}

/// Whether two bars have the same chords at the same places.
pub fn same_chords(chart: &Chart, frame: &Frame, one: usize, other: usize) -> bool {
    let content = |bar: usize| {
        let (from, to) = (frame.bar_line(bar), frame.bar_line(bar + 1));
        let within = chart.written_in(from + Duration::from_ticks(1), to).iter();
        let mut chords = vec![(Duration::ZERO, chart.sounding_at(from))];
        chords.extend(within.map(|change| (change.at - from, Some(&change.chord))));
        chords
    };
    content(one) == content(other)
}

/// The part of a limit that lies in a bar, moved back by so much.
pub(super) fn cut(limit: &MelodyLimit, from: Duration, to: Duration, back: Duration) -> Option<MelodyLimit> {
    let within = |start: Duration, end: Duration| {
        let (start, end) = (start.max(from), end.min(to));
        (start < end).then_some((start - back, end - back))
    };
    match limit {
        MelodyLimit::Sounding { from, to, allowed } => {
            within(*from, *to).map(|(from, to)| MelodyLimit::Sounding { from, to, allowed: *allowed })
        }
        MelodyLimit::Onset { at, allowed } if from <= *at && *at < to => {
            Some(MelodyLimit::Onset { at: *at - back, allowed: *allowed })
        }
        MelodyLimit::Count { from, to, min, max } => {
            within(*from, *to).map(|(from, to)| MelodyLimit::Count { from, to, min: *min, max: *max })
        }
        MelodyLimit::Leap { from, to, max } => {
            within(*from, *to).map(|(from, to)| MelodyLimit::Leap { from, to, max: *max })
        }
        MelodyLimit::ChordTones { from, to } => {
            within(*from, *to).map(|(from, to)| MelodyLimit::ChordTones { from, to })
        }
        _ => None,
    }
}

/// What limits ask of the rhythm alone, moved back by so much.
pub(super) fn rhythm_only(limits: &[MelodyLimit], back: Duration) -> Vec<MelodyLimit> {
    let any = PitchSet::ALL;
    let asked = limits.iter().filter_map(|limit| match limit {
        MelodyLimit::Onset { at, .. } => Some(MelodyLimit::Onset { at: *at - back, allowed: any }),
        MelodyLimit::Count { from, to, min, max } => {
            Some(MelodyLimit::Count { from: *from - back, to: *to - back, min: *min, max: *max })
        }
        MelodyLimit::Sounding { from, to, allowed } if allowed.is_empty() => {
            Some(MelodyLimit::Sounding { from: *from - back, to: *to - back, allowed: *allowed })
        }
        _ => None,
    });
    asked.collect()
}
