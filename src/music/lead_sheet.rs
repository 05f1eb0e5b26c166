//! The lead sheet: the page a songwriter writes.

use serde::{Deserialize, Serialize};

use super::chart::Chart;
use super::duration::Duration;
use super::form::Form;
use super::interval::Interval;
use super::key::Key;
use super::melody::Melody;
use super::meter::Meter;
use super::pitch::NoteName;

/// How fast: so many beats of a note value in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tempo {
    /// The note value that is counted, a quarter or a dotted quarter as a rule.
    pub beat: Duration,
    /// Beats in a minute, 1 to 999.
    pub per_minute: u16,
}

impl Tempo {
    /// So many quarters a minute.
    pub fn quarters(per_minute: u16) -> Tempo {
        Tempo { beat: Duration::QUARTER, per_minute }
    }

    /// Microseconds that a length takes.
    pub fn microseconds(self, length: Duration) -> i64 {
        let per_beat = i128::from(60_000_000 / i64::from(self.per_minute.max(1)));
        (i128::from(length.ticks()) * per_beat / i128::from(self.beat.ticks().max(1))) as i64
    }
}

/// How eighths are felt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Feel {
    /// As written.
    #[default]
    Straight,
    /// Long, short.
    Swing,
}

/// What stands at the head of the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The title; may be empty.
    pub title: String,
    /// Who wrote the music.
    pub composer: Option<String>,
    /// Who wrote the words.
    pub lyricist: Option<String>,
    /// The rights line.
    pub rights: Option<String>,
    /// The key at the start.
    pub key: Key,
    /// The tempo, if one is written.
    pub tempo: Option<Tempo>,
    /// The feel.
    pub feel: Feel,
}

impl Header {
    /// A header with a title and key and nothing else.
    pub fn new(title: impl Into<String>, key: Key) -> Header {
        Header {
            title: title.into(),
            composer: None,
            lyricist: None,
            rights: None,
            key,
            tempo: None,
            feel: Feel::Straight,
        }
    }
}

/// Title, key, meter, tempo, form, chart and melody: what is written, never what sounds.
///
/// Built only by [`LeadSheet::new`], which checks that everything lies within the form, in order and without
/// overlap; so a sheet in hand is a sheet that can be printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct LeadSheet {
    header: Header,
    form: Form,
    chart: Chart,
    melody: Melody,
}

/// Why parts do not make a lead sheet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum LeadSheetError {
    #[error("a lead sheet needs at least one bar")]
    NoBars,
    #[error("bar {bar} has no length, or more than {} quarters", LeadSheet::MAX_BAR.as_quarters_f64())]
    BarLength { bar: usize },
    #[error("the pickup is {0} quarters long: it must be shorter than the first bar and not negative")]
    Pickup(Duration),
    #[error("bar {bar}: an ending needs the passes it is played on, counted from 1")]
    Ending { bar: usize },
    #[error("bar {bar}: a repeat must be played between 2 and 32 times")]
    Repeat { bar: usize },
    #[error("section '{0}' starts outside the form or out of order")]
    Section(String),
    #[error("the chord at {at} quarters is outside the form or out of order")]
    ChordPlace { at: Duration },
    #[error("the note at {at} quarters is outside the form, empty, or overlaps the one before")]
    NotePlace { at: Duration },
    #[error("the tempo must be 1 to 999 beats a minute")]
    Tempo,
}

impl LeadSheet {
    /// The longest bar that is accepted.
    pub const MAX_BAR: Duration = Duration::quarters(256);

    /// A lead sheet of these parts.
    ///
    /// # Errors
    /// The first thing that is wrong: bars without length, notes or chords outside the form, out of order or
    /// overlapping, sections out of order, endings without passes.
    pub fn new(
        header: Header,
        form: Form,
        chart: Chart,
        melody: Melody,
    ) -> Result<LeadSheet, LeadSheetError> {
        check_form(&form)?;
        if header.tempo.is_some_and(|t| !(1..=999).contains(&t.per_minute) || !t.beat.is_positive()) {
            return Err(LeadSheetError::Tempo);
        }
        let (start, end) = (-form.pickup, form.end());
        let mut last = None;
        for change in &chart.changes {
            if change.at < start || change.at >= end || last.is_some_and(|last| change.at <= last) {
                return Err(LeadSheetError::ChordPlace { at: change.at });
            }
            last = Some(change.at);
        }
        let mut free_from = start;
        for note in &melody.notes {
            if note.onset < free_from || !note.duration.is_positive() || note.end() > end {
                return Err(LeadSheetError::NotePlace { at: note.onset });
            }
            free_from = note.end();
        }
        Ok(LeadSheet { header, form, chart, melody })
    }

    /// Title, composer, key, tempo, feel.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Bars, sections, repeats.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// Chord symbols.
    pub fn chart(&self) -> &Chart {
        &self.chart
    }

    /// Notes.
    pub fn melody(&self) -> &Melody {
        &self.melody
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.header.title
    }

    /// The key at the start.
    pub fn key(&self) -> Key {
        self.header.key
    }

    /// The meter of the first bar.
    pub fn meter(&self) -> Meter {
        self.form.bars.first().map_or(Meter::COMMON, |bar| bar.meter)
    }

    /// The key in force in each bar.
    pub fn bar_keys(&self) -> Vec<Key> {
        let mut key = self.header.key;
        let bars = self.form.bars.iter();
        bars.map(|bar| {
            key = bar.key_change.unwrap_or(key);
            key
        })
        .collect()
    }

    /// The sheet moved by a spelled interval: keys, chords and melody. Where the key would have more than seven
    /// sharps or flats everything is spelled in the key that sounds the same. Notes that would leave the octaves −1 to
    /// 9 stay at their edge.
    pub fn transpose(&self, by: Interval) -> LeadSheet {
        // Ten octaves are more than there are; beyond them sums could overflow.
        let by = Interval::new(by.steps.clamp(-70, 70), by.semitones.clamp(-120, 120));
        let key = self.header.key.transpose(by);
        let spelled = self.header.key.tonic.transpose(by);
        let by = if key.tonic == spelled {
            by
        } else {
            Interval::new(by.steps + letters_between(spelled, key.tonic), by.semitones)
        };
        let mut sheet = self.clone();
        sheet.header.key = key;
        for bar in &mut sheet.form.bars {
            bar.key_change = bar.key_change.map(|key| key.transpose(by));
        }
        for change in &mut sheet.chart.changes {
            change.chord = change.chord.transpose(by);
        }
        for note in &mut sheet.melody.notes {
            note.pitch = note.pitch.transpose(by);
        }
        sheet
    }

    /// The sheet with the words of another of as many bars in place of its own.
    pub fn with_words_of(&self, other: &LeadSheet) -> LeadSheet {
        let mut sheet = self.clone();
        sheet.form.pickup_words.clone_from(&other.form.pickup_words);
        for (bar, other) in sheet.form.bars.iter_mut().zip(&other.form.bars) {
            bar.words.clone_from(&other.words);
        }
        sheet
    }

    /// The parts, to change and build anew.
    pub fn into_parts(self) -> (Header, Form, Chart, Melody) {
        (self.header, self.form, self.chart, self.melody)
    }
}

/// Letter steps from a name to an enharmonic one, the shorter way.
fn letters_between(from: NoteName, to: NoteName) -> i32 {
    (to.step.index() - from.step.index() + 3).rem_euclid(7) - 3
}

fn check_form(form: &Form) -> Result<(), LeadSheetError> {
    let first = form.bars.first().ok_or(LeadSheetError::NoBars)?;
    if form.pickup < Duration::ZERO || form.pickup >= first.meter.bar_length().max(first.length) {
        return Err(LeadSheetError::Pickup(form.pickup));
    }
    for (index, bar) in form.bars.iter().enumerate() {
        let number = index + 1;
        if !bar.length.is_positive() || bar.length > LeadSheet::MAX_BAR {
            return Err(LeadSheetError::BarLength { bar: number });
        }
        let ascending = |passes: &Vec<u8>| passes.windows(2).all(|pair| pair[0] < pair[1]);
        if bar
            .ending
            .as_ref()
            .is_some_and(|passes| passes.first().is_none_or(|&p| p == 0) || !ascending(passes))
        {
            return Err(LeadSheetError::Ending { bar: number });
        }
        if bar.repeat_end.is_some_and(|times| !(2..=32).contains(&times)) {
            return Err(LeadSheetError::Repeat { bar: number });
        }
    }
    let mut earliest = 0;
    for section in &form.sections {
        if section.first_bar < earliest || section.first_bar >= form.bars.len() {
            return Err(LeadSheetError::Section(section.label.clone()));
        }
        earliest = section.first_bar + 1;
    }
    Ok(())
}

/// The same parts before they are checked: what a file holds.
#[derive(Serialize, Deserialize)]
struct Unchecked {
    header: Header,
    form: Form,
    chart: Chart,
    melody: Melody,
}

impl From<LeadSheet> for Unchecked {
    fn from(sheet: LeadSheet) -> Unchecked {
        let (header, form, chart, melody) = sheet.into_parts();
        Unchecked { header, form, chart, melody }
    }
}

impl TryFrom<Unchecked> for LeadSheet {
    type Error = LeadSheetError;
    fn try_from(parts: Unchecked) -> Result<LeadSheet, LeadSheetError> {
        LeadSheet::new(parts.header, parts.form, parts.chart, parts.melody)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Bar, ChordChange, ChordSymbol, Note, Section};

    fn parts() -> (Header, Form, Chart, Melody) {
        let mut form = Form::plain(Meter::COMMON, 4);
        form.pickup = Duration::QUARTER;
        form.sections = vec![
            Section { label: "A".to_string(), first_bar: 0 },
            Section { label: "B".to_string(), first_bar: 2 },
        ];
        form.bars[1].repeat_end = Some(2);
        form.bars[2].key_change = Some("A minor".parse().expect("A minor"));
        let chords = [(-1, "G7"), (0, "C"), (8, "E7(b9)/G#"), (15, "N.C.")];
        let changes = chords.map(|(at, chord)| ChordChange {
            at: Duration::quarters(at),
            chord: chord.parse().expect(chord),
        });
        let notes = [(-1, 1, "G4"), (0, 8, "C5"), (8, 1, "G#4")].map(|(onset, length, pitch)| Note {
            onset: Duration::quarters(onset),
            duration: Duration::quarters(length),
            pitch: pitch.parse().expect(pitch),
        });
        let header = Header { tempo: Some(Tempo::quarters(120)), ..Header::new("Tune", Key::C_MAJOR) };
        (header, form, Chart { changes: changes.to_vec() }, Melody { notes: notes.to_vec() })
    }

    fn build(
        (header, form, chart, melody): (Header, Form, Chart, Melody),
    ) -> Result<LeadSheet, LeadSheetError> {
        LeadSheet::new(header, form, chart, melody)
    }

    fn refused(spoil: impl Fn(&mut (Header, Form, Chart, Melody))) -> LeadSheetError {
        let mut parts = parts();
        spoil(&mut parts);
        build(parts).expect_err("the parts are spoiled")
    }

    #[test]
    fn good_parts_make_a_sheet() {
        let sheet = build(parts()).expect("a sheet");
        assert_eq!(sheet.meter(), Meter::COMMON);
        assert_eq!(
            sheet.bar_keys().iter().map(Key::to_string).collect::<Vec<_>>().join(", "),
            "C major, C major, A minor, A minor"
        );
        assert_eq!(build(sheet.clone().into_parts()), Ok(sheet));
    }

    #[test]
    fn bars_without_a_sensible_length_are_refused() {
        assert_eq!(refused(|parts| parts.1.bars.clear()), LeadSheetError::NoBars);
        for length in [Duration::ZERO, -Duration::QUARTER, LeadSheet::MAX_BAR + Duration::from_ticks(1)] {
            assert_eq!(
                refused(|parts| parts.1.bars[1].length = length),
                LeadSheetError::BarLength { bar: 2 }
            );
        }
    }

    #[test]
    fn impossible_pickups_are_refused() {
        for pickup in [-Duration::QUARTER, Duration::WHOLE] {
            assert_eq!(refused(|parts| parts.1.pickup = pickup), LeadSheetError::Pickup(pickup));
        }
    }

    #[test]
    fn endings_and_repeats_need_their_passes() {
        for passes in [vec![], vec![0], vec![2, 1], vec![1, 1]] {
            assert_eq!(
                refused(|parts| parts.1.bars[0].ending = Some(passes.clone())),
                LeadSheetError::Ending { bar: 1 },
            );
        }
        for times in [0, 1, 33] {
            assert_eq!(
                refused(|parts| parts.1.bars[3].repeat_end = Some(times)),
                LeadSheetError::Repeat { bar: 4 }
            );
        }
    }

    #[test]
    fn sections_lie_in_the_form_in_order() {
        let section = |label: &str| LeadSheetError::Section(label.to_string());
        assert_eq!(refused(|parts| parts.1.sections[1].first_bar = 4), section("B"));
        assert_eq!(refused(|parts| parts.1.sections[1].first_bar = 0), section("B"));
        assert_eq!(refused(|parts| parts.1.sections[0].first_bar = 3), section("B"));
    }

    #[test]
    fn chords_lie_in_the_form_in_order() {
        for (index, at) in [(0, -2), (3, 16), (2, 0), (1, 9)] {
            let spoil = |parts: &mut (Header, Form, Chart, Melody)| {
                parts.2.changes[index].at = Duration::quarters(at)
            };
            assert!(matches!(refused(spoil), LeadSheetError::ChordPlace { .. }), "{at}");
        }
    }

    #[test]
    fn notes_lie_in_the_form_without_overlap() {
        for (index, onset, length) in
            [(0, -2, 1), (2, 15, 2), (2, 7, 1), (1, 0, 0), (1, 0, -1), (2, i64::MAX, 1)]
        {
            let spoil = |parts: &mut (Header, Form, Chart, Melody)| {
                let note = &mut parts.3.notes[index];
                (note.onset, note.duration) = (Duration::quarters(onset), Duration::quarters(length));
            };
            assert!(matches!(refused(spoil), LeadSheetError::NotePlace { .. }), "{onset}+{length}");
        }
    }

    #[test]
    fn tempi_are_in_range() {
        for (beat, per_minute) in [(Duration::QUARTER, 0), (Duration::QUARTER, 1000), (Duration::ZERO, 100)] {
            assert_eq!(
                refused(|parts| parts.0.tempo = Some(Tempo { beat, per_minute })),
                LeadSheetError::Tempo
            );
        }
        assert_eq!(Tempo::quarters(120).microseconds(Duration::WHOLE), 2_000_000);
    }

    #[test]
    fn what_is_read_from_a_file_is_checked_too() {
        let sheet = build(parts()).expect("a sheet");
        let text = serde_json::to_string(&sheet).expect("sheets can be written");
        assert_eq!(serde_json::from_str::<LeadSheet>(&text).expect("and read"), sheet);
        let spoiled = text.replace("\"per_minute\":120", "\"per_minute\":0");
        assert!(serde_json::from_str::<LeadSheet>(&spoiled).is_err());
    }

    #[test]
    fn transposition_moves_everything() {
        let sheet = build(parts()).expect("a sheet");
        let up = sheet.transpose(Interval::new(2, 3));
        let chords: Vec<String> = up.chart().changes.iter().map(|change| change.chord.to_string()).collect();
        assert_eq!(chords.join(" "), "Bb7 Eb G7(b9)/B N.C.");
        let notes: Vec<String> = up.melody().notes.iter().map(|note| note.pitch.to_string()).collect();
        assert_eq!(notes.join(" "), "Bb4 Eb5 B4");
        assert_eq!(up.key().to_string(), "Eb major");
        assert_eq!(up.bar_keys()[3].to_string(), "C minor");
        assert_eq!(up.transpose(Interval::new(-2, -3)), sheet);
    }

    #[test]
    fn keys_that_no_one_writes_are_respelled_with_all_their_notes() {
        let sharp = build(parts()).expect("a sheet").transpose(Interval::new(4, 8));
        assert_eq!(sharp.key().to_string(), "Ab major");
        assert_eq!(sharp.chart().changes[1].chord, "Ab".parse::<ChordSymbol>().expect("Ab"));
        assert_eq!(sharp.melody().notes[1].pitch.to_string(), "Ab5");
        assert_eq!(Bar::full(Meter::COMMON), sharp.form().bars[0]);
    }
}
