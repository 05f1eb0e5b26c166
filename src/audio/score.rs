//! What is struck at which frame: the sounds of a performance from one place to another, and the metronome.

use crate::music::performance::Sound;
use crate::music::unfold::PlayedBar;
use crate::music::{Duration, Meter, Performance};

use super::RATE;
use super::synthesizer::{Synthesizer, Voice};
use super::timeline::{Timeline, frames};

/// Which voices are heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voices {
    /// The melody.
    pub melody: bool,
    /// The chords above the bass.
    pub chords: bool,
    /// The bass.
    pub bass: bool,
}

/// What is to be heard of a performance, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hearing {
    /// Where it begins; what sounds on from before is struck there. `None`: at the start.
    pub from: Option<Duration>,
    /// Where it ends. `None`: at the end.
    pub to: Option<Duration>,
    /// Where between the two the first time through begins, as at `from`. `None`: there.
    pub enter: Option<Duration>,
    /// Whether it is played over and over.
    pub repeat: bool,
    /// Whether a bar is counted first: one whole bar and, before a pickup, what is missing to it.
    pub count_in: bool,
    /// Whether the metronome goes along.
    pub metronome: bool,
    /// Per cent of the performance's tempo, 1 to 1000.
    pub speed: u16,
    /// Which voices are heard.
    pub voices: Voices,
}

impl Default for Hearing {
    /// All of it, once, as it is.
    fn default() -> Hearing {
        Hearing {
            from: None,
            to: None,
            enter: None,
            repeat: false,
            count_in: false,
            metronome: false,
            speed: 100,
            voices: Voices { melody: true, chords: true, bass: true },
        }
    }
}

/// Something that a synthesiser is told to do. What is let go at a frame goes before what is struck there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stroke {
    Release(Voice, u8),
    Strike(Voice, u8, u8),
    Click { downbeat: bool },
}

impl Stroke {
    /// Does it.
    pub fn apply(self, synthesizer: &mut dyn Synthesizer) {
        match self {
            Stroke::Release(voice, pitch) => synthesizer.release(voice, pitch),
            Stroke::Strike(voice, pitch, velocity) => synthesizer.strike(voice, pitch, velocity),
            Stroke::Click { downbeat } => synthesizer.click(downbeat),
        }
    }
}

/// Strokes by frame, in order.
pub type Strokes = Vec<(u64, Stroke)>;

/// A performance in frames.
#[derive(Clone, Debug)]
pub struct Score {
    /// The count-in.
    pub lead_in: Strokes,
    /// Once through the music, from its first frame.
    pub pass: Strokes,
    pub timeline: Timeline,
}

impl Score {
    /// The strokes of what is to be heard.
    pub fn of(performance: &Performance, hearing: &Hearing) -> Score {
        let from = hearing.from.unwrap_or(Duration::ZERO).max(Duration::ZERO);
        let to = hearing.to.unwrap_or(performance.end).min(performance.end).max(from);
        let at = |length: Duration| frames(performance.tempo, hearing.speed, length);
        let mut timeline = Timeline {
            tempo: performance.tempo,
            speed: hearing.speed,
            from,
            lead_in: 0,
            entry: 0,
            pass: at(to - from),
            repeat: hearing.repeat,
        };
        let entry = hearing.enter.and_then(|place| Some((place, timeline.frame_of(place)?)));
        let (begins, entry) = entry.unwrap_or((from, 0));
        timeline.entry = entry;
        let mut pass = Strokes::new();
        let voices = [
            (hearing.voices.melody, Voice::Melody, &performance.melody),
            (hearing.voices.chords, Voice::Chords, &performance.chords),
            (hearing.voices.bass, Voice::Bass, &performance.bass),
        ];
        for (_, voice, sounds) in voices.into_iter().filter(|(heard, ..)| *heard) {
            for sound in sounds {
                pass.extend(
                    strokes(sound, voice, timeline.pass, |place| at(place - from)).into_iter().flatten(),
                );
            }
        }
        let mut lead_in = Strokes::new();
        if hearing.metronome {
            let beats = beats(performance).into_iter().filter(|(place, _)| (from..to).contains(place));
            pass.extend(beats.map(|(place, downbeat)| (at(place - from), Stroke::Click { downbeat })));
        }
        if hearing.count_in {
            let (start, beats) = count_in(performance, begins);
            timeline.lead_in = at(begins - start);
            lead_in.extend(beats.map(|(place, downbeat)| (at(place - start), Stroke::Click { downbeat })));
        }
        pass.sort_unstable();
        Score { lead_in, pass, timeline }
    }
}

/// How long before the next a note of the melody is let go, so that the two can be told apart: 25 ms...
const BREATH: u64 = RATE as u64 / 40;
/// ...or this part of its length, if that is shorter.
const SHARE: u64 = 6;

/// When a sound is struck and let go within a pass of so many frames; nothing if it is not heard there.
fn strokes(
    sound: &Sound,
    voice: Voice,
    pass: u64,
    at: impl Fn(Duration) -> u64,
) -> Option<[(u64, Stroke); 2]> {
    let end = at(sound.onset + sound.length).min(pass);
    let begin = at(sound.onset);
    // A place before the first is frame 0, so what ended before it has no length here.
    let heard = begin < pass && end > 0 && sound.length.is_positive();
    let strike = Stroke::Strike(voice, sound.pitch, sound.velocity);
    let breath = if voice == Voice::Melody { BREATH.min(end.saturating_sub(begin) / SHARE) } else { 0 };
    let end = end.saturating_sub(breath).max(begin + 1);
    heard.then_some([(begin, strike), (end, Stroke::Release(voice, sound.pitch))])
}

/// Where a bar is counted, and whether it is the first beat.
fn beats_of(meter: Meter, start: Duration, length: Duration) -> impl Iterator<Item = (Duration, bool)> {
    let pulses = meter.pulses();
    // A bar that is longer than its meter is counted on.
    let mut within = Duration::ZERO;
    let mut index = 0;
    std::iter::from_fn(move || {
        let beat = (within < length).then_some((start + within, index == 0));
        let pulse = pulses.get(index % pulses.len().max(1)).copied().unwrap_or(Duration::QUARTER);
        within += pulse.max(Duration::from_ticks(1));
        index += 1;
        beat
    })
}

/// The beats of the metronome, the pickup's with them.
fn beats(performance: &Performance) -> Vec<(Duration, bool)> {
    let first = performance.bars.first();
    let before = first.map(|bar| {
        beats_of(bar.meter, performance.downbeat - bar.meter.bar_length(), bar.meter.bar_length())
    });
    let mut all: Vec<_> =
        before.into_iter().flatten().filter(|(place, _)| *place >= Duration::ZERO).collect();
    for bar in &performance.bars {
        all.extend(beats_of(bar.meter, performance.downbeat + bar.start, bar.length));
    }
    all
}

/// Where counting begins so that the music may begin at `from`, and the beats that are counted.
fn count_in(performance: &Performance, from: Duration) -> (Duration, impl Iterator<Item = (Duration, bool)>) {
    let (meter, bar_start) = bar_at(performance, from)
        .map_or((Meter::COMMON, Duration::ZERO), |bar| (bar.meter, performance.downbeat + bar.start));
    let bar = meter.bar_length();
    let missing = (bar_start - from).rem_floor(bar);
    let lead = if missing.is_positive() { bar + (bar - missing) } else { bar };
    let start = from - lead;
    let counted = beats_of(meter, start, bar).chain(beats_of(meter, start + bar, bar));
    (start, counted.filter(move |(place, _)| *place < from))
}

/// The bar that is played at a place; the first for the pickup.
fn bar_at(performance: &Performance, place: Duration) -> Option<&PlayedBar> {
    let after = performance.bars.partition_point(|bar| performance.downbeat + bar.start <= place);
    performance.bars.get(after.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Chart, ChordChange, Form, Header, Key, LeadSheet, Melody, Note, Tempo};

    /// Two bars with a pickup of a quarter and a note on each beat.
    fn performance(meter: &str) -> Performance {
        let meter: Meter = meter.parse().expect(meter);
        let mut form = Form::plain(meter, 2);
        form.pickup = Duration::QUARTER;
        let notes = (-1..form.end().div_floor(Duration::QUARTER)).map(|beat| Note {
            onset: Duration::QUARTER * beat,
            duration: Duration::QUARTER,
            pitch: "C5".parse().expect("C5"),
        });
        let melody = Melody { notes: notes.collect() };
        let chart =
            Chart { changes: vec![ChordChange { at: Duration::ZERO, chord: "C".parse().expect("C") }] };
        let header = Header { tempo: Some(Tempo::quarters(60)), ..Header::new("", Key::C_MAJOR) };
        Performance::of(&LeadSheet::new(header, form, chart, melody).expect("a sheet"))
    }

    fn clicks(strokes: &Strokes) -> String {
        let click = |(frame, stroke): &(u64, Stroke)| match stroke {
            Stroke::Click { downbeat } => {
                Some(format!("{}{}", *frame as f64 / 44_100.0, if *downbeat { "!" } else { "" }))
            }
            _ => None,
        };
        strokes.iter().filter_map(click).collect::<Vec<_>>().join(" ")
    }

    fn struck(score: &Score, wanted: Voice) -> Vec<f64> {
        let strikes = score.pass.iter().filter_map(|(frame, stroke)| match stroke {
            Stroke::Strike(voice, ..) if *voice == wanted => Some(*frame as f64 / 44_100.0),
            _ => None,
        });
        strikes.collect()
    }

    #[test]
    fn each_note_that_is_struck_is_let_go_within_the_pass() {
        let score = Score::of(&performance("4/4"), &Hearing::default());
        assert_eq!(struck(&score, Voice::Melody), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        let (mut held, mut most) = (0, 0);
        for (frame, stroke) in &score.pass {
            assert!(*frame <= score.timeline.pass());
            held += match stroke {
                Stroke::Strike(..) => 1,
                Stroke::Release(..) => -1,
                Stroke::Click { .. } => 0,
            };
            most = most.max(held);
        }
        assert_eq!((held, most), (0, 5));
    }

    #[test]
    fn from_the_middle_what_sounds_on_is_struck_there() {
        let (from, to) = (Some(Duration::quarters(3)), Some(Duration::quarters(5)));
        let score = Score::of(&performance("4/4"), &Hearing { from, to, ..Hearing::default() });
        assert_eq!(struck(&score, Voice::Melody), [0.0, 1.0]);
        assert_eq!(struck(&score, Voice::Bass), [0.0]);
        assert_eq!(score.timeline.pass(), 88_200);
        let melody = Voices { melody: true, chords: false, bass: false };
        let score =
            Score::of(&performance("4/4"), &Hearing { from, to, voices: melody, ..Hearing::default() });
        assert!(struck(&score, Voice::Bass).is_empty() && struck(&score, Voice::Chords).is_empty());
    }

    #[test]
    fn the_metronome_counts_pulses_and_the_pickup() {
        let hearing = Hearing { metronome: true, ..Hearing::default() };
        assert_eq!(clicks(&Score::of(&performance("4/4"), &hearing).pass), "0 1! 2 3 4 5! 6 7 8");
        assert_eq!(clicks(&Score::of(&performance("6/8"), &hearing).pass), "1! 2.5 4! 5.5");
    }

    #[test]
    fn a_bar_is_counted_in_and_a_pickup_begins_in_its_bar() {
        let hearing = Hearing { count_in: true, ..Hearing::default() };
        let score = Score::of(&performance("4/4"), &hearing);
        assert_eq!(clicks(&score.lead_in), "0! 1 2 3 4! 5 6");
        assert_eq!(score.timeline.lead_in(), 7 * 44_100);
        let from = Some(Duration::quarters(5));
        let score = Score::of(&performance("4/4"), &Hearing { from, ..hearing });
        assert_eq!(clicks(&score.lead_in), "0! 1 2 3");
    }

    #[test]
    fn nothing_is_heard_from_the_end_on() {
        let from = Some(Duration::quarters(500));
        let score = Score::of(&performance("4/4"), &Hearing { from, repeat: true, ..Hearing::default() });
        assert!(score.pass.is_empty() && score.timeline.pass() == 0);
    }
}
