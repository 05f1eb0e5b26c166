//! Finding the bar lines of a transcription that says how long bars are but not where they stand.
//!
//! Chord changes, section starts and long notes favour a bar line; bars of another length than the usual one cost. The
//! best sequence of bars is found by dynamic programming over places a sixteenth apart.

use crate::music::Duration;

/// What is known about a song's bars before they are placed.
pub struct Hints {
    /// The usual bar.
    pub usual: Duration,
    /// The step in which an unlisted bar's length may vary: a beat.
    pub beat: Duration,
    /// Other lengths that occur, and how often among all bars (0 to 1). `None`: unknown, any whole number of beats may
    /// occur, at a price.
    pub others: Option<Vec<(Duration, f64)>>,
    /// Where something first and last sounds.
    pub span: (Duration, Duration),
    /// Places and how much each speaks for a bar line.
    pub evidence: Vec<(Duration, f32)>,
}

/// Placed bars: the first downbeat, at or less than a bar after the start of the span, and each bar's length.
#[derive(Debug, PartialEq)]
pub struct Placed {
    /// The first downbeat.
    pub first_downbeat: Duration,
    /// The bars up to at least the end of the span.
    pub lengths: Vec<Duration>,
}

/// What a bar of an unlisted length costs; a chord change on a downbeat earns 0.5 to 1.
const UNLISTED: f32 = 4.0;
const GRID: Duration = Duration::SIXTEENTH;
/// More places than any song has; beyond it bars are simply counted.
const MOST_PLACES: i64 = 40_000;

/// The best bars; `None` if the usual bar has no length or the span is beyond reason.
pub fn place(hints: &Hints) -> Option<Placed> {
    let (start, end) = hints.span;
    let usual = hints.usual;
    if usual < GRID * 4 || end <= start {
        return None;
    }
    let places = (end - start).div_floor(GRID) + 1;
    if places > MOST_PLACES || usual.rem_floor(GRID) != Duration::ZERO {
        return Some(regular(start, usual, start, end));
    }
    let places = places as usize;
    let mut evidence = vec![0f32; places];
    for (at, weight) in &hints.evidence {
        let index = (*at - start + GRID / 2).div_floor(GRID);
        if let Some(sum) = usize::try_from(index).ok().and_then(|index| evidence.get_mut(index)) {
            *sum += weight;
        }
    }
    let lengths = lengths(hints);
    let first_bar = usual.div_floor(GRID) as usize;
    // best[i]: the best score of bars whose last bar line stands at place i; from[i]: the length before it.
    let mut best = vec![f32::NEG_INFINITY; places];
    let mut from = vec![0usize; places];
    for at in 0..places {
        let mut score =
            if at < first_bar { (if at == 0 { 0.5 } else { 0.0 }, 0) } else { (f32::NEG_INFINITY, 0) };
        for (length, cost) in &lengths {
            if *length <= at && best[at - length] - cost > score.0 {
                score = (best[at - length] - cost, *length);
            }
        }
        best[at] = score.0 + evidence[at];
        from[at] = score.1;
    }
    // The last bar line stands less than a usual bar before the end.
    let last = (places.saturating_sub(first_bar)..places).fold(None, |top: Option<usize>, at| {
        if top.is_some_and(|top| best[top] >= best[at]) { top } else { Some(at) }
    })?;
    let mut steps = Vec::new();
    let mut at = last;
    while from[at] > 0 {
        steps.push(from[at]);
        at -= from[at];
    }
    let first_downbeat = start + GRID * at as i64;
    let mut bars = Vec::new();
    for step in steps.into_iter().rev() {
        let length = GRID * step as i64;
        let whole = length.div_floor(usual);
        // A held "bar" of several usual ones is written as those.
        if whole > 1 && length.rem_floor(usual) == Duration::ZERO {
            bars.extend(std::iter::repeat_n(usual, whole as usize));
        } else {
            bars.push(length);
        }
    }
    let mut reached = first_downbeat + bars.iter().copied().sum();
    while reached < end || bars.is_empty() {
        bars.push(usual);
        reached += usual;
    }
    Some(Placed { first_downbeat, lengths: bars })
}

fn lengths(hints: &Hints) -> Vec<(usize, f32)> {
    let places = |length: Duration| (length >= GRID).then(|| length.div_floor(GRID) as usize);
    let mut lengths: Vec<(usize, f32)> =
        places(hints.usual).map(|length| (length, 0.0)).into_iter().collect();
    let others = match &hints.others {
        // The rarer, the dearer: as evidence counts, its negative logarithm.
        Some(listed) => {
            let cost = |share: f64| (1.0 - 0.6 * libm::log(share.clamp(1e-4, 1.0))) as f32;
            listed.iter().map(|(length, share)| (*length, cost(*share))).collect()
        }
        None => {
            let beats = hints.usual.div_floor(hints.beat).clamp(0, 16);
            (1..beats * 2).map(|count| (hints.beat * count, UNLISTED)).collect::<Vec<_>>()
        }
    };
    for (length, cost) in others {
        let Some(length) = places(length).filter(|length| *length <= 1024) else { continue };
        if lengths.iter().all(|(known, _)| *known != length) {
            lengths.push((length, cost));
        }
    }
    lengths
}

/// Bars of one length with a downbeat at a place.
fn regular(downbeat: Duration, usual: Duration, start: Duration, end: Duration) -> Placed {
    let first_downbeat = start + (downbeat - start).rem_floor(usual);
    let count = (end - first_downbeat + usual - Duration::from_ticks(1)).div_floor(usual).clamp(1, 100_000);
    Placed { first_downbeat, lengths: vec![usual; count as usize] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quarters(list: &[(i64, f32)]) -> Vec<(Duration, f32)> {
        list.iter().map(|(at, weight)| (Duration::quarters(*at), *weight)).collect()
    }

    fn hints(evidence: &[(i64, f32)], end: i64, others: Option<Vec<(Duration, f64)>>) -> Hints {
        Hints {
            usual: Duration::WHOLE,
            beat: Duration::QUARTER,
            others,
            span: (Duration::ZERO, Duration::quarters(end)),
            evidence: quarters(evidence),
        }
    }

    #[test]
    fn a_pickup_is_found_from_the_chord_changes() {
        let placed = place(&hints(&[(1, 1.0), (5, 1.0), (7, 0.7), (9, 1.0)], 13, None)).expect("bars");
        assert_eq!(placed.first_downbeat, Duration::QUARTER);
        assert_eq!(placed.lengths, vec![Duration::WHOLE; 3]);
    }

    #[test]
    fn a_listed_short_bar_is_put_where_the_changes_shift() {
        let changes: Vec<(i64, f32)> = [0, 4, 8, 10, 14, 18, 22].map(|at| (at, 1.0)).into();
        let placed = place(&hints(&changes, 26, Some(vec![(Duration::HALF, 0.15)]))).expect("bars");
        let quarters: Vec<i64> = placed.lengths.iter().map(|l| l.div_floor(Duration::QUARTER)).collect();
        assert_eq!(quarters, [4, 4, 2, 4, 4, 4, 4]);
    }

    #[test]
    fn changes_within_bars_do_not_break_them() {
        let changes: Vec<(i64, f32)> = [0, 2, 4, 8, 10, 12, 15, 16, 20].map(|at| (at, 1.0)).into();
        let placed = place(&hints(&changes, 24, None)).expect("bars");
        assert_eq!(placed, Placed { first_downbeat: Duration::ZERO, lengths: vec![Duration::WHOLE; 6] });
    }
}
