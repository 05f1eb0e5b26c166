//! The lead sheet: the page a songwriter writes.

use serde::{Deserialize, Serialize};

use super::chart::Chart;
use super::duration::Duration;
use super::form::Form;
use super::key::Key;
use super::melody::Melody;
use super::meter::Meter;

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

    /// The parts, to change and build anew.
    pub fn into_parts(self) -> (Header, Form, Chart, Melody) {
        (self.header, self.form, self.chart, self.melody)
    }
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
