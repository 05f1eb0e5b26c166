//! The runs of chords of a style's songs, kept so that a copy is recognised and no song is written down.

use std::ops::Range;

use super::figures::Figures;
use super::passages::{Opened, Passages, mixed};
use crate::music::{Chart, ChordSymbol, Key, Quality};
use crate::viewpoint::RelativeChord;

/// Chords in a run that is stored.
const RUN: usize = 4;

/// The fewest chords in a row that can be told from others by the runs in them: two runs, which err together once in 16
/// times.
pub const SHORTEST: usize = RUN + 1;

/// One of about `2^RARITY` other runs is taken for a stored one: less than a chord of a known style leaves open, three bits,
/// so that a song cannot be followed from run to run.
const RARITY: u32 = 2;

/// A chord of a run, and which changes of its chart it is: one after the other of the same chord are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunChord {
    /// Which changes.
    pub changes: Range<usize>,
    /// The root's pitch class.
    root: u8,
    /// The quality, as far as the table has it.
    quality: Quality,
    /// Semitones of a slash bass above the root.
    bass: Option<u8>,
}

impl RunChord {
    /// The root's pitch class.
    pub fn root(&self) -> u8 {
        self.root
    }

    /// What it is whatever its root: the quality, and the semitones of a slash bass above the root.
    pub fn kind(&self) -> (Quality, Option<u8>) {
        (self.quality, self.bass)
    }

    fn is_same(&self, other: &RunChord) -> bool {
        (self.root, self.quality, self.bass) == (other.root, other.quality, other.bass)
    }
}

/// The chords of a chart in stretches that no N.C. breaks. How long they hold does not matter.
pub fn stretches(chart: &Chart) -> Vec<Vec<RunChord>> {
    let mut stretches: Vec<Vec<RunChord>> = vec![Vec::new()];
    for (index, change) in chart.changes.iter().enumerate() {
        let Some(chord) = run_chord(index, &change.chord) else {
            stretches.push(Vec::new());
            continue;
        };
        let Some(stretch) = stretches.last_mut() else { continue };
        match stretch.last_mut().filter(|last| last.is_same(&chord)) {
            Some(last) => last.changes.end = index + 1,
            None => stretch.push(chord),
        }
    }
    stretches.retain(|stretch| !stretch.is_empty());
    stretches
}

fn run_chord(index: usize, symbol: &ChordSymbol) -> Option<RunChord> {
    // Seen from C, as styles see chords: what no row of the table has is not told apart.
    let seen = RelativeChord::new(symbol, Key::C_MAJOR);
    let root = seen.root?;
    let bass = seen.bass.map(|bass| (bass + 12 - root) % 12);
    Some(RunChord { changes: index..index + 1, root, quality: seen.quality, bass })
}

/// What is left of a run: how its roots move, its qualities and slash basses, hashed. Two runs have the same if they are
/// the same in some key.
pub fn fingerprint(run: &[RunChord]) -> u64 {
    let first = run.first().map_or(0, |chord| chord.root);
    run.iter().fold(run.len() as u64, |hash, chord| {
        let root = u64::from((chord.root + 12 - first) % 12);
        let bass = chord.bass.map_or(0, |bass| u64::from(bass) + 1);
        // By its tones: the order of the table may change.
        let tones = chord.quality.row().tones.iter().map(|&(_, semitones)| u64::from(semitones));
        tones.fold(mixed(hash, root << 8 | bass), mixed)
    })
}

/// The fingerprints of all so many successive chords of a chart.
pub fn fingerprints_of(chart: &Chart, length: usize) -> Vec<u64> {
    let stretches = stretches(chart);
    stretches.iter().flat_map(|stretch| stretch.windows(length.max(1)).map(fingerprint)).collect()
}

/// The fingerprints of every run of a chart that is stored. Repeats are unfolded by the caller.
pub fn fingerprints(chart: &Chart) -> Vec<u64> {
    fingerprints_of(chart, RUN)
}

/// The runs of charts, each a list of fingerprints as [`fingerprints`] gives them.
pub fn stored(fingerprints: Vec<u64>) -> Passages {
    Passages::with_rarity(fingerprints, RARITY)
}

/// The runs of several styles; none if those of one are not known.
pub fn of_all<'f>(styles: impl Iterator<Item = &'f Figures> + Clone) -> Vec<Passages> {
    let is_known = |figures: &Figures| !figures.chord_runs.is_empty() || figures.chord_pieces == 0;
    let all = styles.clone().all(is_known);
    styles.filter(|_| all).flat_map(|figures| figures.chord_runs.iter().cloned()).collect()
}

/// Runs ready to be asked: those of one style, or of all that a mix is made of.
#[derive(Clone, Debug)]
pub struct Runs {
    sets: Vec<Opened>,
}

impl Runs {
    /// Opens stored runs.
    pub fn new(runs: &[Passages]) -> Runs {
        Runs { sets: runs.iter().map(|runs| Opened::new(runs, RARITY)).collect() }
    }

    /// Whether these chords in a row, [`SHORTEST`] or more, stand in a song, in any key. Others are taken for some that do
    /// once in 16 times, of each chord more once in four times as many.
    pub fn hold(&self, run: &[RunChord]) -> bool {
        let all: Vec<u64> = run.windows(RUN).map(fingerprint).collect();
        let in_set = |set: &Opened| all.iter().all(|&fingerprint| set.holds(fingerprint));
        !all.is_empty() && self.sets.iter().any(in_set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{ChordChange, Duration};

    fn chart(chords: &str) -> Chart {
        let change = |(at, chord): (usize, &str)| ChordChange {
            at: Duration::WHOLE * at as i64,
            chord: chord.parse().expect(chord),
        };
        Chart { changes: chords.split(' ').enumerate().map(change).collect() }
    }

    #[test]
    fn a_run_is_the_same_in_any_key_however_often_its_chords_are_struck() {
        let song = "C Am7 Dm7 G7/B C F#m7b5";
        let known = fingerprints_of(&chart(song), 5);
        assert_eq!(known.len(), 2);
        for (other, same) in [
            ("Eb Cm7 Fm7 Bb7/D Eb Am7b5", true),
            ("D# Cm7 E#m7 Bb7/D D# Gxm7b5", true),
            ("C C Am7 Dm7 Dm7 G7/B C C F#m7b5", true),
            ("C Am7 Dm7 G7 C F#m7b5", false),
            ("C Am Dm7 G7/B C F#m7b5", false),
            ("C Am7 Dm7 G7/B D F#m7b5", false),
        ] {
            assert_eq!(fingerprints_of(&chart(other), 5) == known, same, "{other}");
        }
        assert!(
            fingerprints_of(&chart("C Am7 Dm7 N.C. G7/B C F#m7b5"), 4).is_empty(),
            "silence breaks a run"
        );
        let merged: Vec<Range<usize>> =
            stretches(&chart("C C F N.C. C C")).into_iter().flatten().map(|chord| chord.changes).collect();
        assert_eq!(merged, [0..2, 2..3, 4..6]);
    }

    #[test]
    fn a_mix_knows_the_runs_of_all_its_styles_or_none() {
        let style = |chords: &str| {
            let chord_runs = vec![stored(fingerprints(&chart(chords)))];
            Figures { chord_pieces: 1, chord_runs, ..Figures::default() }
        };
        let (one, other) = (style("C Am F G C"), style("C Eb Ab Bb C"));
        let (old, no_chords) = (Figures { chord_pieces: 1, ..Figures::default() }, Figures::default());
        let both = Runs::new(&of_all([&one, &no_chords, &other].into_iter()));
        for chords in ["D Bm G A D", "E G C D E"] {
            assert!(both.hold(&stretches(&chart(chords))[0]), "{chords}");
        }
        assert!(of_all([&one, &old].into_iter()).is_empty());
    }

    #[test]
    fn what_is_stored_is_known_and_little_else() {
        let qualities = ["", "m", "7", "m7", "maj7"];
        // Every chord but of five qualities on twelve roots, in some order.
        let song: Vec<String> = (0..200)
            .map(|at: usize| {
                let root =
                    ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"][at * at * 7 / 3 % 12];
                format!("{root}{}", qualities[at * at / 5 % 5])
            })
            .collect();
        let song = chart(&song.join(" "));
        let runs = stored(fingerprints(&song));
        assert!(runs.size() * 8 < runs.count() * 5, "{} bytes for {}", runs.size(), runs.count());
        let known = Runs::new(&[runs]);
        let stretch = &stretches(&song)[0];
        assert!(stretch.windows(SHORTEST).all(|run| known.hold(run)));
        assert!(!known.hold(&stretch[..RUN - 1]), "fewer chords than are stored tell nothing");
        let others = (0..2000).filter(|&at: &usize| {
            let chords: Vec<String> = (0..SHORTEST)
                .map(|step| {
                    let root = ["C", "D", "E", "F#", "Ab", "Bb"][(at * 5 + step * step * at / 3) % 6];
                    format!("{root}{}", ["dim", "aug", "m6", "9"][(at / 7 + step * at) % 4])
                })
                .collect();
            let run = stretches(&chart(&chords.join(" "))).remove(0);
            run.len() == SHORTEST && known.hold(&run)
        });
        let errs = others.count();
        assert!(errs < 2000 / 8, "{errs} of 2000");
    }
}
