//! Which key a sheet of a corpus is in: as written, checked, or found.

use crate::music::chord_quality::Family;
use crate::music::{ChordSymbol, Duration, Key, LeadSheet, Mode};

/// Where the key of a sheet comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Keys {
    /// As written.
    Given,
    /// As written, unless what sounds clearly contradicts it.
    #[default]
    Checked,
    /// As found from what sounds.
    Found,
}

/// How much better than the written key another must fit before it is believed: in another mode, on another tonic.
const CLEARLY: [f64; 2] = [0.4, 0.7];

/// Krumhansl and Kessler's probe-tone profiles (Krumhansl, "Cognitive Foundations of Musical Pitch", 1990), from the
/// tonic up: major and minor.
const PROFILES: [[f64; 12]; 2] = [
    [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
    [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
];

/// The key of a sheet.
pub fn of(sheet: &LeadSheet, keys: Keys) -> Key {
    let written = sheet.key();
    if keys == Keys::Given {
        return written;
    }
    let evidence = Evidence::of(sheet);
    let candidates = (0..12).flat_map(|tonic| [Mode::Major, Mode::Minor].map(|mode| (tonic, mode)));
    let scored = candidates.map(|(tonic, mode)| (evidence.fit(tonic, mode), tonic, mode));
    let Some((best, tonic, mode)) = scored.reduce(|best, next| if next.0 > best.0 { next } else { best })
    else {
        return written;
    };
    let written_mode = if written.mode.is_minor() { Mode::Minor } else { Mode::Major };
    let written_tonic = written.tonic.pitch_class();
    let as_written = (tonic, mode) == (written_tonic, written_mode);
    let margin = match keys {
        Keys::Found => 0.0,
        _ => CLEARLY[usize::from(tonic != written_tonic)],
    };
    if as_written || best <= evidence.fit(written_tonic, written_mode) + margin {
        return written;
    }
    Key::from_pitch_class(tonic, mode)
}

/// What speaks for a key.
struct Evidence {
    /// Time that each pitch class sounds, in melody and chords.
    sounding: [f64; 12],
    /// Share of the chords' time on a root, under a minor third or not.
    chords: [[f64; 2]; 12],
    first: Option<(u8, bool)>,
    last: Option<(u8, bool)>,
    last_note: Option<u8>,
}

impl Evidence {
    fn of(sheet: &LeadSheet) -> Evidence {
        let mut sounding = [0.0; 12];
        let mut add = |pitch_class: u8, length: Duration, weight: f64| {
            if let Some(sum) = sounding.get_mut(usize::from(pitch_class % 12)) {
                *sum += length.as_quarters_f64().max(0.0) * weight;
            }
        };
        for note in &sheet.melody().notes {
            add(note.pitch.name.pitch_class(), note.duration, 1.0);
        }
        let mut chords = [[0.0; 2]; 12];
        let mut roots: Vec<(u8, bool)> = Vec::new();
        let changes = &sheet.chart().changes;
        let ends = changes.iter().skip(1).map(|change| change.at).chain([sheet.form().end()]);
        let mut total = 0.0;
        for (change, end) in changes.iter().zip(ends) {
            let ChordSymbol::Chord(chord) = &change.chord else { continue };
            let root = chord.root.pitch_class();
            let family = chord.quality.family();
            let minor = matches!(family, Family::Minor | Family::HalfDiminished | Family::Diminished);
            let length = (end - change.at).as_quarters_f64().max(0.0);
            total += length;
            if let Some(time) =
                chords.get_mut(usize::from(root)).and_then(|modes| modes.get_mut(usize::from(minor)))
            {
                *time += length;
            }
            roots.push((root, minor));
            for tone in (0..12u8).filter(|tone| change.chord.pitch_classes() & 1 << tone != 0) {
                add(tone, end - change.at, 0.3);
            }
        }
        if total > 0.0 {
            chords.iter_mut().flatten().for_each(|time| *time /= total);
        }
        let last_note = sheet.melody().notes.last().map(|note| note.pitch.name.pitch_class());
        Evidence { sounding, chords, first: roots.first().copied(), last: roots.last().copied(), last_note }
    }

    /// How well a key fits: the correlation of what sounds with the key's profile, and how much the tonic chord and
    /// note stand where tonics stand.
    fn fit(&self, tonic: u8, mode: Mode) -> f64 {
        let minor = mode.is_minor();
        let profile = PROFILES.get(usize::from(minor)).copied().unwrap_or_default();
        let turned: [f64; 12] = std::array::from_fn(|above| {
            self.sounding.get((above + usize::from(tonic)) % 12).copied().unwrap_or_default()
        });
        let share = |minor: bool| {
            let modes = self.chords.get(usize::from(tonic)).copied().unwrap_or_default();
            modes.get(usize::from(minor)).copied().unwrap_or_default()
        };
        let here = Some((tonic, minor));
        correlation(&turned, &profile)
            + if self.last == here { 0.3 } else { 0.0 }
            + if self.first == here { 0.15 } else { 0.0 }
            + if self.last_note == Some(tonic) { 0.15 } else { 0.0 }
            + (share(minor) - share(!minor)) * 0.6
    }
}

/// Pearson's correlation; 0 where one side does not vary.
fn correlation(one: &[f64; 12], other: &[f64; 12]) -> f64 {
    let mean = |values: &[f64; 12]| values.iter().sum::<f64>() / 12.0;
    let (mean_one, mean_other) = (mean(one), mean(other));
    let (mut both, mut square_one, mut square_other) = (0.0, 0.0, 0.0);
    for (a, b) in one.iter().zip(other) {
        let (a, b) = (a - mean_one, b - mean_other);
        both += a * b;
        square_one += a * a;
        square_other += b * b;
    }
    let spread = (square_one * square_other).sqrt();
    if spread > 0.0 { both / spread } else { 0.0 }
}
