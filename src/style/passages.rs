//! The passages of a style's songs, kept so that a copy is recognised and no song is written down.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::music::{LeadSheet, Note};
use crate::viewpoint::place::ticks;

use super::piece::{SnappedNote, first_bar_is_pickup, main_meter, snapped_notes};
use super::rice::{Bits, Reader};

/// So many notes in a row shared with a song are a copy; one fewer are not.
pub const LENGTH: usize = 9;

/// Notes in a passage that is stored.
const PASSAGE: usize = 7;

/// The fewest notes in a row that can be told from others by the passages in them: two passages, which err together once in
/// 64 times.
pub const SHORTEST: usize = PASSAGE + 1;

/// One of about `2^RARITY` other passages is taken for a stored one.
const RARITY: u32 = 3;

/// The passages of seven successive notes that a corpus holds, as fingerprints: what is stored of them.
///
/// Two passages are the same if their intervals in semitones are the same and their lengths stand in the same
/// proportions, whatever the key and tempo. A passage has one length fewer than notes (how long the last one is held
/// does not matter), and is stored under two readings of them: from onset to onset, and as sounding, so that neither
/// adding nor leaving out rests hides a copy.
///
/// Notes in a row are a copy if all their passages are stored: three of [`LENGTH`] notes. Each alone says so little (3 bits,
/// less than a note of a known style leaves open) that a song cannot be followed through them, but all three err together
/// only once in some 600 times. Of more notes more passages must be stored, of fewer only two: see [`SHORTEST`].
///
/// The fingerprints are a sorted set of hashes with Golomb codes for the gaps (Putze, Sanders, Singler: Cache-, hash- and
/// space-efficient Bloom filters, JEA 2009): 4.6 bits a passage.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Passages {
    /// How many.
    count: u32,
    /// The gaps between their fingerprints, which lie below `count · 2^rarity`.
    gaps: Vec<u8>,
}

impl Passages {
    /// The passages of melodies, each a list of fingerprints as [`fingerprints`] gives them.
    pub fn new(fingerprints: Vec<u64>) -> Passages {
        Passages::with_rarity(fingerprints, RARITY)
    }

    /// Fingerprints of which one errs once in `2^rarity` times.
    pub(super) fn with_rarity(mut fingerprints: Vec<u64>, rarity: u32) -> Passages {
        fingerprints.sort_unstable();
        fingerprints.dedup();
        fingerprints.truncate(u32::MAX as usize);
        let count = fingerprints.len() as u32;
        let mut gaps = Bits::default();
        let mut last = 0;
        // Scaling keeps the order.
        for value in fingerprints.into_iter().map(|fingerprint| scaled(fingerprint, count, rarity)) {
            gaps.write(value - last, rarity);
            last = value;
        }
        Passages { count, gaps: gaps.bytes }
    }

    /// How many passages there are; those of two songs, or of two readings, that are the same count once.
    pub fn count(&self) -> usize {
        self.count as usize
    }

    /// How many bytes they take.
    pub fn size(&self) -> usize {
        self.gaps.len()
    }
}

/// The fingerprints of every passage of a sheet's melody, on the grid that is learned. Repeats are unfolded by the
/// caller.
pub fn fingerprints(sheet: &LeadSheet) -> Vec<u64> {
    let line: Vec<Sound> = line(sheet).into_iter().map(|(sound, _)| sound).collect();
    fingerprints_of(&line, PASSAGE).collect()
}

/// The notes of a sheet on the grid that is learned, each with its bar: from 1, as written, the pickup being bar 0.
pub fn line(sheet: &LeadSheet) -> Vec<(Sound, usize)> {
    let form = sheet.form();
    let starts = form.bar_starts();
    let first = usize::from(first_bar_is_pickup(sheet));
    let origin = starts.get(first).copied().unwrap_or_default();
    let tick = |place| ticks(place - origin);
    let end = starts.last().copied().map_or(0, tick);
    let meter = main_meter(sheet).ok().or(form.bars.first().map(|bar| bar.meter));
    let compound = meter.is_some_and(|meter| meter.is_compound() || meter.unit() >= 8);
    let bars: Vec<i32> = starts.iter().take(form.bars.len()).map(|&start| tick(start)).collect();
    let notes = snapped_notes(sheet, tick, end, compound);
    notes.iter().map(|note| (Sound::from(note), bars.partition_point(|&bar| bar <= note.at))).collect()
}

/// The fingerprints of all so many successive notes of a line, under both readings of their lengths.
pub fn fingerprints_of(line: &[Sound], length: usize) -> impl Iterator<Item = u64> {
    let passages = line.windows(length.max(1));
    passages.flat_map(|passage| Reading::BOTH.map(|reading| fingerprint(passage, reading)))
}

/// Passages ready to be asked: those of one style, or of all that a mix is made of.
#[derive(Clone, Debug, Default)]
pub struct Repertoire {
    sets: Vec<Opened>,
}

/// Fingerprints in order, below a bound for so many.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    count: u32,
    rarity: u32,
    values: Vec<u64>,
}

impl Repertoire {
    /// Opens stored passages: about a millisecond for a hundred thousand.
    pub fn new(passages: &[Passages]) -> Repertoire {
        Repertoire { sets: passages.iter().map(|passages| Opened::new(passages, RARITY)).collect() }
    }

    /// Whether these [`LENGTH`] successive notes, in order, stand in a song, in any key and tempo. Notes that do not are
    /// taken for some that do once in some 600 times, oftener if their passages stand in several songs. Any other number
    /// of notes is no copy.
    pub fn contains(&self, notes: &[Note]) -> bool {
        let line: Vec<Sound> = notes.iter().map(Sound::from).collect();
        line.len() == LENGTH && self.knows(&line)
    }

    /// The places in a list of notes where [`LENGTH`] of them are copied, from the start. Where more notes in a row are a
    /// song's, the ranges overlap.
    pub fn copies(&self, notes: &[Note]) -> impl Iterator<Item = Range<usize>> {
        self.copies_of(notes, LENGTH)
    }

    /// The places where so many notes in a row are copied. Of fewer than [`SHORTEST`] this cannot be told: of as many as a
    /// passage has, one of eight is taken for a copy that is none, and of fewer no copy is found.
    pub fn copies_of(&self, notes: &[Note], length: usize) -> impl Iterator<Item = Range<usize>> {
        let line: Vec<Sound> = notes.iter().map(Sound::from).collect();
        let starts = 0..(notes.len() + 1).saturating_sub(length);
        let ranges = starts.map(move |start| start..start + length);
        ranges.filter(move |range| line.get(range.clone()).is_some_and(|notes| self.knows(notes)))
    }

    /// The longest stretches of at least [`LENGTH`] notes in a row all of whose passages are stored.
    pub fn stretches(&self, notes: &[Note]) -> Vec<Range<usize>> {
        let line: Vec<Sound> = notes.iter().map(Sound::from).collect();
        let mut found: Vec<Range<usize>> = Vec::new();
        for (set, reading) in self.sets.iter().flat_map(|set| Reading::BOTH.map(|reading| (set, reading))) {
            let mut stored = line.windows(PASSAGE).map(|passage| set.holds(fingerprint(passage, reading)));
            let mut start = 0;
            while let Some(is_stored) = stored.next() {
                let run =
                    if is_stored { 1 + stored.by_ref().take_while(|stored| *stored).count() } else { 0 };
                let stretch = start..start + run + PASSAGE - 1;
                if stretch.len() >= LENGTH {
                    found.push(stretch);
                }
                // A run ends with a passage that is not stored, or with the line.
                start += run + 1;
            }
        }
        found.sort_by_key(|stretch| (stretch.start, std::cmp::Reverse(stretch.end)));
        let mut furthest = 0;
        found.retain(|stretch| {
            let reaches = stretch.end > furthest;
            furthest = furthest.max(stretch.end);
            reaches
        });
        found
    }

    /// The first of the [`copies`](Self::copies) in a list of notes.
    pub fn first_copy(&self, notes: &[Note]) -> Option<Range<usize>> {
        self.copies(notes).next()
    }

    fn knows(&self, notes: &[Sound]) -> bool {
        // A copy is one in one reading, and from one style.
        notes.len() >= PASSAGE
            && Reading::BOTH.into_iter().any(|reading| {
                let mut passages = notes.windows(PASSAGE);
                // Most notes are no copy, and their first passage tells.
                let first = passages.next().map(|passage| fingerprint(passage, reading));
                let holding = self.sets.iter().filter(|set| first.is_some_and(|first| set.holds(first)));
                holding
                    .into_iter()
                    .any(|set| passages.clone().all(|passage| set.holds(fingerprint(passage, reading))))
            })
    }
}

impl Opened {
    /// Opens what was stored with this rarity.
    pub(super) fn new(passages: &Passages, rarity: u32) -> Opened {
        let mut reader = Reader::new(&passages.gaps);
        let mut last: u64 = 0;
        let gaps = std::iter::from_fn(|| reader.read(rarity)).take(passages.count());
        let add = |gap: u64| {
            last = last.saturating_add(gap);
            last
        };
        Opened { count: passages.count, rarity, values: gaps.map(add).collect() }
    }

    pub(super) fn holds(&self, fingerprint: u64) -> bool {
        self.values.binary_search(&scaled(fingerprint, self.count, self.rarity)).is_ok()
    }
}

/// A note as passages see it; the unit of time does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// MIDI note number.
    pub pitch: i32,
    /// Where it starts.
    pub at: i64,
    /// Where it stops.
    pub end: i64,
}

impl Sound {
    /// The lengths of successive notes but the last: from onset to onset, and as they sound.
    pub fn lengths(line: &[Sound]) -> [Vec<i64>; 2] {
        Reading::BOTH.map(|reading| line.windows(2).map(|two| reading.length(two)).collect())
    }
}

impl From<&Note> for Sound {
    fn from(note: &Note) -> Sound {
        Sound { pitch: note.pitch.midi(), at: note.onset.ticks(), end: note.end().ticks() }
    }
}

impl From<&SnappedNote> for Sound {
    fn from(note: &SnappedNote) -> Sound {
        Sound { pitch: i32::from(note.pitch), at: i64::from(note.at), end: i64::from(note.end) }
    }
}

/// What the length of a note is.
#[derive(Clone, Copy)]
enum Reading {
    /// From its onset to the next.
    Onsets,
    /// As it sounds.
    Sounding,
}

impl Reading {
    const BOTH: [Reading; 2] = [Reading::Onsets, Reading::Sounding];

    /// The length of the first of two notes.
    fn length(self, two: &[Sound]) -> i64 {
        match self {
            Reading::Onsets => two[1].at - two[0].at,
            Reading::Sounding => two[0].end - two[0].at,
        }
    }
}

/// What is left of a passage: its intervals and the proportions of its lengths, hashed.
fn fingerprint(passage: &[Sound], reading: Reading) -> u64 {
    let steps =
        || passage.windows(2).map(|two| (i64::from(two[1].pitch - two[0].pitch), reading.length(two)));
    let common =
        steps().fold(0, |common, (_, length)| if common == 1 { 1 } else { gcd(common, length) }).max(1);
    steps().fold(passage.len() as u64, |hash, (interval, length)| {
        mixed(mixed(hash, interval as u64), (length / common) as u64)
    })
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

/// A hash with one more value: the finisher of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
pub(super) fn mixed(hash: u64, value: u64) -> u64 {
    let mut mixed = (hash ^ value).wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ mixed >> 31
}

/// A hash brought below `count · 2^rarity`.
fn scaled(hash: u64, count: u32, rarity: u32) -> u64 {
    let below = u128::from(count) << rarity;
    ((u128::from(hash) * below) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::lead_sheet::Header;
    use crate::music::{Chart, Duration, Form, Key, Melody, Meter};

    /// Notes from (eighths from onset to onset, eighths held, MIDI).
    fn line(notes: &[(i64, i64, i32)]) -> Vec<Note> {
        let mut onset = Duration::ZERO;
        let note = |&(step, held, midi): &(i64, i64, i32)| {
            let note =
                Note { onset, duration: Duration::EIGHTH * held, pitch: Key::C_MAJOR.spell_midi(midi) };
            onset += Duration::EIGHTH * step;
            note
        };
        notes.iter().map(note).collect()
    }

    fn sheet(notes: Vec<Note>) -> LeadSheet {
        let (header, form) = (Header::new("Test", Key::C_MAJOR), Form::plain(Meter::COMMON, 16));
        LeadSheet::new(header, form, Chart::default(), Melody { notes }).expect("a sheet")
    }

    fn repertoire(songs: &[Vec<Note>]) -> Repertoire {
        let heard = songs.iter().flat_map(|song| fingerprints(&sheet(song.clone())));
        Repertoire::new(&[Passages::new(heard.collect())])
    }

    /// Ten notes, one with a rest behind it.
    const SONG: [(i64, i64, i32); 10] = [
        (2, 2, 60),
        (1, 1, 62),
        (1, 1, 64),
        (3, 3, 67),
        (1, 1, 65),
        (2, 1, 64),
        (2, 2, 62),
        (4, 4, 69),
        (1, 1, 67),
        (7, 7, 60),
    ];

    #[test]
    fn a_copy_is_found_in_any_key_and_tempo_with_or_without_its_rests() {
        let known = repertoire(&[line(&SONG)]);
        let changed = |change: &dyn Fn((i64, i64, i32)) -> (i64, i64, i32)| line(&SONG.map(change));
        for (what, copy) in [
            ("as it is", line(&SONG)),
            ("in another key", changed(&|(step, held, midi)| (step, held, midi - 7))),
            ("half as fast", changed(&|(step, held, midi)| (step * 2, held * 2, midi))),
            ("thrice as slow", changed(&|(step, held, midi)| (step * 3, held * 3, midi))),
            ("detached", changed(&|(step, _, midi)| (step * 2, 1, midi))),
            ("held over the rest", changed(&|(step, _, midi)| (step, step, midi))),
        ] {
            assert_eq!(known.copies(&copy).collect::<Vec<_>>(), [0..9, 1..10], "{what}");
            assert!(known.contains(&copy[1..]) && !known.contains(&copy[2..]), "{what}");
        }
        assert_eq!(known.first_copy(&line(&SONG)), Some(0..9));
        assert_eq!(known.first_copy(&[]), None);
    }

    #[test]
    fn eight_notes_are_no_copy() {
        let known = repertoire(&[line(&SONG)]);
        // At its edge one passage of three tells, and errs once in eight times.
        let at_the_edge = (30..60).chain(61..90).filter(|&pitch| {
            let mut notes = SONG[..9].to_vec();
            notes[5] = (2, 2, 64);
            notes[0].2 = pitch;
            known.first_copy(&line(&notes)).is_some()
        });
        assert!((0..15).contains(&at_the_edge.count()));
        let mut notes = SONG[..9].to_vec();
        notes[3] = (2, 2, 67);
        assert_eq!(known.first_copy(&line(&notes)), None, "another rhythm");
        notes = SONG[..9].to_vec();
        notes[8] = (5, 5, 67);
        assert_eq!(known.first_copy(&line(&notes)), Some(0..9), "the last one may be held for any time");
    }

    #[test]
    fn a_copy_of_any_length_is_found_from_eight_notes_on() {
        let known = repertoire(&[line(&SONG)]);
        for length in SHORTEST..=SONG.len() {
            let wanted: Vec<_> = (0..=SONG.len() - length).map(|start| start..start + length).collect();
            assert_eq!(known.copies_of(&line(&SONG), length).collect::<Vec<_>>(), wanted);
        }
        assert_eq!(known.copies_of(&line(&SONG), SONG.len() + 1).count(), 0);
        assert_eq!(known.copies_of(&line(&SONG), PASSAGE - 1).count(), 0, "that cannot be told");
        let whole = 0..SONG.len();
        assert_eq!(known.stretches(&line(&SONG)), std::slice::from_ref(&whole));
        // A song's ten notes, then as many that are none of it.
        let mut notes = SONG.to_vec();
        notes.extend([(1, 1, 40), (5, 5, 80), (7, 7, 41), (1, 1, 79), (9, 9, 43), (2, 2, 90), (11, 11, 50)]);
        assert_eq!(known.stretches(&line(&notes)), std::slice::from_ref(&whole));
        assert!(known.stretches(&line(&SONG[..8])).is_empty());
    }

    #[test]
    fn a_line_knows_its_bars() {
        let sheet = sheet(line(&SONG));
        let bars: Vec<usize> = super::line(&sheet).iter().map(|(_, bar)| *bar).collect();
        assert_eq!(bars, [1, 1, 1, 1, 1, 2, 2, 2, 3, 3]);
    }

    #[test]
    fn a_passage_belongs_to_one_song() {
        let (first, second) = (line(&SONG[..5]), line(&SONG[5..]));
        assert_eq!(repertoire(&[first, second]).first_copy(&line(&SONG)), None);
    }

    #[test]
    fn a_mix_knows_the_songs_of_all_its_styles() {
        let set = |notes: &[(i64, i64, i32)]| Passages::new(fingerprints(&sheet(line(notes))));
        let backwards: Vec<_> = SONG.iter().rev().copied().collect();
        let known = Repertoire::new(&[set(&SONG), set(&backwards), Passages::default()]);
        assert_eq!(known.copies(&line(&SONG)).count(), 2);
        assert_eq!(known.copies(&line(&backwards)).count(), 2);
    }

    /// A long list of hashes without any order.
    fn hashes(count: u64, seed: u64) -> Vec<u64> {
        (0..count).map(|value| mixed(seed << 32, value)).collect()
    }

    #[test]
    fn every_passage_is_found_and_few_others_are() {
        let stored = Passages::new(hashes(20_000, 1));
        assert_eq!(stored.count(), 20_000);
        let bits_each = stored.size() as f64 * 8.0 / 20_000.0;
        assert!((4.4..4.8).contains(&bits_each), "{bits_each}");
        let opened = Repertoire::new(std::slice::from_ref(&stored));
        let found = |hashes: Vec<u64>| hashes.iter().filter(|&&hash| opened.sets[0].holds(hash)).count();
        assert_eq!(found(hashes(20_000, 1)), 20_000);
        let wrong = found(hashes(100_000, 2));
        assert!((11_250..12_250).contains(&wrong), "{wrong} of 100,000 others");
    }

    #[test]
    fn few_other_melodies_are_taken_for_copies() {
        let random = |seed: u64, notes: u64| {
            let note = |at: u64| {
                let hash = mixed(seed << 32, at);
                let long = 1 + (hash >> 32) as i64 % 4;
                (long, long, 60 + (hash % 12) as i32)
            };
            line(&(0..notes).map(note).collect::<Vec<_>>())
        };
        let song: Vec<Sound> = random(1, 4000).iter().map(Sound::from).collect();
        let heard = song.windows(PASSAGE).map(|passage| fingerprint(passage, Reading::Onsets)).collect();
        let known = Repertoire::new(&[Passages::new(heard)]);
        assert_eq!(known.copies(&random(1, 4000)).count(), 4000 - LENGTH + 1);
        let wrong = known.copies(&random(2, 100_000)).count();
        assert!((100..250).contains(&wrong), "{wrong} of 100,000 others");
    }

    #[test]
    fn damaged_bytes_are_read_to_their_end() {
        let whole = Passages::new(hashes(50, 1));
        for (count, gaps) in [
            (u32::MAX, vec![0xff; 100]),
            (u32::MAX, vec![0; 100]),
            (50, whole.gaps[..whole.gaps.len() / 2].to_vec()),
            (0, whole.gaps.clone()),
        ] {
            let opened = Repertoire::new(&[Passages { count, gaps }]);
            assert!(opened.sets[0].values.len() <= 200);
            assert_eq!(opened.first_copy(&line(&SONG)), None);
        }
    }
}
