//! Where the notes and rests of a segment may start or stop.

use super::structure::Segment;
use super::unroll::Counter;
use crate::constraint::Frame;
use crate::music::Duration;

/// Notes that are asked for are not put closer together than this.
const FINEST: Duration = Duration::from_ticks(Duration::TICKS_PER_QUARTER / 64);

/// The places of a segment where notes or rests may start or stop, rising, both ends among them: those of the bar that a
/// style uses, those that are marked, and closer ones where more notes are counted than there are places.
pub fn places<'c>(
    onsets: &[Duration],
    frame: &Frame,
    segment: &Segment,
    marks: impl Iterator<Item = Duration>,
    counters: impl Iterator<Item = &'c Counter>,
) -> Vec<Duration> {
    let bar_length = frame.meter.bar_length();
    let mut places = vec![segment.from, segment.to];
    let mut bar = segment.from - segment.from.rem_floor(bar_length);
    while bar < segment.to {
        places.extend(onsets.iter().map(|&onset| bar + onset));
        bar += bar_length;
    }
    places.extend(marks);
    places.retain(|&at| segment.from <= at && at <= segment.to);
    places.sort_unstable();
    places.dedup();
    for counter in counters {
        let (from, to) = (counter.from.max(segment.from), counter.to.min(segment.to));
        let mut step = frame.meter.unit_length();
        let within = |places: &[Duration]| places.iter().filter(|&&at| from <= at && at < to).count();
        while within(&places) < counter.min as usize && step.ticks() % 2 == 0 && step > FINEST {
            step = step / 2;
            let first = from - from.rem_floor(step);
            let count = (to - first).div_floor(step);
            let finer = (0..count).map(|n| first + step * n).filter(|&at| from <= at && at < to);
            places.extend(finer);
            places.sort_unstable();
            places.dedup();
        }
    }
    places
}
