//! What sounds: a lead sheet with its repeats played, its eighths swung and its chords voiced.

use std::collections::{BTreeMap, BTreeSet};

use super::chord::{ChordSymbol, NamedChord};
use super::duration::Duration;
use super::lead_sheet::{Feel, LeadSheet, Tempo};
use super::unfold::{PlayedBar, played_bars, unfolded};
use super::voicing::{bass_note, voicing};

/// A note that sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sound {
    /// When it starts, from the start of the performance.
    pub onset: Duration,
    /// How long it sounds.
    pub length: Duration,
    /// MIDI note number, 0 to 127; 60 is middle C.
    pub pitch: u8,
    /// How hard it is struck, 1 to 127.
    pub velocity: u8,
}

/// A lead sheet as it sounds. Places count from its first sound's bar: the pickup's start, or the first downbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Performance {
    /// The written tempo, or a moderate one.
    pub tempo: Tempo,
    /// The bars in the order played; their starts count from the first downbeat, see [`downbeat`](Self::downbeat).
    pub bars: Vec<PlayedBar>,
    /// When the first downbeat comes: the length of the pickup.
    pub downbeat: Duration,
    /// The melody.
    pub melody: Vec<Sound>,
    /// The chords above the bass, struck where they are written and again at each downbeat.
    pub chords: Vec<Sound>,
    /// The bass of the chords.
    pub bass: Vec<Sound>,
    /// When the last bar ends.
    pub end: Duration,
}

/// How hard the chords and the bass are struck; the melody lies above.
const CHORD_VELOCITY: u8 = 56;
const BASS_VELOCITY: u8 = 72;

impl Performance {
    /// The performance of a sheet.
    pub fn of(sheet: &LeadSheet) -> Performance {
        let bars = played_bars(sheet.form());
        let written_out = unfolded(sheet);
        let downbeat = written_out.form().pickup;
        let clock = Clock { downbeat, late: late_eighths(&written_out) };
        let (chords, bass) = comping(&written_out, &clock);
        Performance {
            tempo: sheet.header().tempo.unwrap_or_else(|| moderate_tempo(sheet)),
            bars,
            downbeat,
            melody: melody(&written_out, &clock),
            chords,
            bass,
            end: downbeat + written_out.form().end(),
        }
    }

    /// Every sound of the three voices, by onset.
    pub fn sounds(&self) -> Vec<Sound> {
        let mut sounds = [self.melody.as_slice(), &self.chords, &self.bass].concat();
        sounds.sort_unstable();
        sounds
    }
}

fn moderate_tempo(sheet: &LeadSheet) -> Tempo {
    if sheet.meter().is_compound() {
        Tempo { beat: sheet.meter().unit_length() * 3, per_minute: 88 }
    } else {
        Tempo::quarters(if sheet.header().feel == Feel::Swing { 132 } else { 112 })
    }
}

/// Written places as they sound.
struct Clock {
    downbeat: Duration,
    /// Off-beats that come late.
    late: BTreeSet<Duration>,
}

impl Clock {
    /// When a written place sounds. A swung off-beat eighth comes on the last third of its beat.
    fn sounding(&self, place: Duration) -> Duration {
        let late = if self.late.contains(&place) { Duration::QUARTER / 6 } else { Duration::ZERO };
        place + late + self.downbeat
    }

    fn sound(&self, from: Duration, to: Duration, pitch: i32, velocity: u8) -> Sound {
        let onset = self.sounding(from);
        let length = self.sounding(to) - onset;
        Sound { onset, length, pitch: pitch.clamp(0, 127) as u8, velocity: velocity.clamp(1, 127) }
    }
}

/// The off-beat eighths of a swung sheet, but for beats that are divided otherwise (triplets, sixteenths) and meters
/// that are not counted in quarters or halves.
fn late_eighths(sheet: &LeadSheet) -> BTreeSet<Duration> {
    let mut late = BTreeSet::new();
    if sheet.header().feel == Feel::Straight {
        return late;
    }
    let ends = sheet.melody().notes.iter().flat_map(|note| [note.onset, note.end()]);
    let places = ends.chain(sheet.chart().changes.iter().map(|change| change.at));
    let starts = sheet.form().bar_starts();
    // Beats by their start: whether an eighth divides them, and whether anything else does.
    let mut beats: BTreeMap<Duration, (bool, bool)> = BTreeMap::new();
    for place in places {
        let bar = starts.partition_point(|start| *start <= place).saturating_sub(1);
        let downbeat = starts.get(bar).copied().unwrap_or_default();
        if sheet.form().bars.get(bar).is_some_and(|bar| bar.meter.unit() > 4) {
            continue;
        }
        let within = (place - downbeat).rem_floor(Duration::QUARTER);
        let (eighth, other) = beats.entry(place - within).or_default();
        *eighth |= within == Duration::EIGHTH;
        *other |= within != Duration::EIGHTH && within != Duration::ZERO;
    }
    late.extend(
        beats
            .iter()
            .filter(|(_, (eighth, other))| *eighth && !other)
            .map(|(beat, _)| *beat + Duration::EIGHTH),
    );
    late
}

fn melody(sheet: &LeadSheet, clock: &Clock) -> Vec<Sound> {
    let starts = sheet.form().bar_starts();
    let sound = |note: &super::Note| {
        let bar = starts.partition_point(|start| *start <= note.onset).saturating_sub(1);
        let meter = sheet.form().bars.get(bar).map_or(sheet.meter(), |bar| bar.meter);
        let place = note.onset - starts.get(bar).copied().unwrap_or_default();
        let velocity = 100 - 4 * meter.strength(place);
        clock.sound(note.onset, note.end(), note.pitch.midi(), velocity)
    };
    sheet.melody().notes.iter().map(sound).collect()
}

/// The chords and their bass: struck where written and at downbeats, held until the next stroke.
fn comping(sheet: &LeadSheet, clock: &Clock) -> (Vec<Sound>, Vec<Sound>) {
    let (mut chords, mut bass) = (Vec::new(), Vec::new());
    let (mut notes, mut bass_before): (Vec<i32>, Option<i32>) = (Vec::new(), None);
    let mut voiced: Option<&NamedChord> = None;
    for (from, to) in strokes(sheet) {
        let Some(ChordSymbol::Chord(chord)) = sheet.chart().sounding_at(from) else { continue };
        if voiced != Some(chord) {
            notes = voicing(chord, &notes, lowest_melody(sheet, from, to));
            bass_before = Some(bass_note(chord, bass_before));
            voiced = Some(chord);
        }
        chords.extend(notes.iter().map(|&pitch| clock.sound(from, to, pitch, CHORD_VELOCITY)));
        bass.extend(bass_before.map(|pitch| clock.sound(from, to, pitch, BASS_VELOCITY)));
    }
    (chords, bass)
}

/// From stroke to stroke: the chord changes and downbeats, in order.
fn strokes(sheet: &LeadSheet) -> Vec<(Duration, Duration)> {
    let mut places: Vec<Duration> = sheet.chart().changes.iter().map(|change| change.at).collect();
    places.extend(sheet.form().bar_starts());
    places.sort_unstable();
    places.dedup();
    places.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

fn lowest_melody(sheet: &LeadSheet, from: Duration, to: Duration) -> Option<i32> {
    let held = sheet.melody().sounding_at(from).into_iter();
    held.chain(sheet.melody().starting_in(from, to)).map(|note| note.pitch.midi()).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Chart, ChordChange, Form, Header, Key, Melody, Meter, Note};

    fn sheet(feel: Feel, meter: &str, chords: &[(&str, &str)], notes: &[(&str, &str)]) -> LeadSheet {
        let length = |text: &str| text.parse::<Duration>().expect(text);
        let changes =
            chords.iter().map(|(at, c)| ChordChange { at: length(at), chord: c.parse().expect(c) }).collect();
        let note = |(onset, duration): &(&str, &str)| Note {
            onset: length(onset),
            duration: length(duration),
            pitch: "C5".parse().expect("C5"),
        };
        let mut form = Form::plain(meter.parse::<Meter>().expect(meter), 2);
        form.pickup = Duration::QUARTER;
        form.bars[1].repeat_end = Some(2);
        let header = Header { feel, ..Header::new("", Key::C_MAJOR) };
        LeadSheet::new(header, form, Chart { changes }, Melody { notes: notes.iter().map(note).collect() })
            .expect("a sheet")
    }

    fn onsets(sounds: &[Sound]) -> String {
        sounds.iter().map(|sound| sound.onset.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn repeats_sound_and_places_count_from_the_pickup() {
        let performance = Performance::of(&sheet(
            Feel::Straight,
            "4/4",
            &[("0", "C"), ("6", "N.C.")],
            &[("-1", "1"), ("0", "1/2")],
        ));
        assert_eq!(onsets(&performance.melody), "0 1 9");
        assert_eq!(onsets(&performance.bass), "1 5 9 13");
        assert_eq!(performance.bass[1].length, Duration::quarters(2));
        assert_eq!(performance.end, Duration::quarters(17));
        assert_eq!(performance.bars.len(), 4);
        assert!(performance.melody[1].velocity > performance.chords[0].velocity);
    }

    #[test]
    fn swung_eighths_come_late_but_triplets_and_sixteenths_as_written() {
        let notes =
            [("0", "1/2"), ("1/2", "1/2"), ("1", "1/3"), ("4/3", "1/3"), ("2+1/2", "1/4"), ("2+3/4", "1/4")];
        let performance = Performance::of(&sheet(Feel::Swing, "4/4", &[], &notes));
        assert_eq!(onsets(&performance.melody[..6]), "1 1+2/3 2 2+1/3 3+1/2 3+3/4");
        assert_eq!(performance.melody[0].length, Duration::from_ratio(2, 3).expect("two thirds"));
        assert_eq!(performance.melody[1].length, Duration::from_ratio(1, 3).expect("a third"));
        let compound = Performance::of(&sheet(Feel::Swing, "6/8", &[], &notes[..2]));
        assert_eq!(onsets(&compound.melody[..2]), "1 1+1/2");
    }

    #[test]
    fn chords_lie_below_the_melody_and_above_the_bass() {
        let performance =
            Performance::of(&sheet(Feel::Straight, "4/4", &[("0", "Cmaj7"), ("4", "G13")], &[("0", "8")]));
        assert!(performance.chords.iter().all(|sound| sound.pitch < 72 && sound.pitch >= 48));
        assert!(performance.bass.iter().all(|sound| sound.pitch < 48));
        assert_eq!(performance.sounds().len(), performance.chords.len() + performance.bass.len() + 2);
    }
}
