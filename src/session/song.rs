//! The song at hand: what one step of a session changes as a whole.

use serde::{Deserialize, Serialize};

use super::locks::Locks;
use crate::constraint::{Constraint, Frame};
use crate::music::LeadSheet;

/// A song with all that is said of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Song {
    /// The style, as `--style` takes it.
    pub style: String,
    /// The sheet.
    pub sheet: LeadSheet,
    /// What of it stays.
    #[serde(default)]
    pub locks: Locks,
    /// What is asked of it.
    #[serde(default)]
    pub wanted: Vec<Wanted>,
    /// How wild, in per cent.
    #[serde(default = "usual")]
    pub temperature: u16,
}

/// A constraint that can be switched off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// The constraint.
    pub constraint: Constraint,
    /// Whether it binds.
    pub on: bool,
}

/// The style's own law.
fn usual() -> u16 {
    100
}

impl Song {
    /// A song in a style, of which nothing is locked or asked.
    pub fn new(style: impl Into<String>, sheet: LeadSheet) -> Song {
        let (locks, wanted) = (Locks::default(), Vec::new());
        Song { style: style.into(), sheet, locks, wanted, temperature: usual() }
    }

    /// The number of bars, the pickup not counted.
    pub fn bars(&self) -> usize {
        self.sheet.form().bars.len()
    }

    /// The page that places of constraints mean; `None` if the sheet's bars are not those of one meter.
    pub fn frame(&self) -> Option<Frame> {
        crate::compose::sheet_law::page_of(&self.sheet).ok()
    }

    /// Whether a constraint holds of the sheet; `None` where that cannot be told.
    pub fn holds(&self, wanted: &Wanted) -> Option<bool> {
        let frame = self.frame()?;
        Some(wanted.constraint.holds(&self.sheet, &frame))
    }

    /// For each bar (from 0) the first one that is the same because its section is the same: sections of one name and length,
    /// as far as they stand alike.
    pub fn same_bars(&self) -> Vec<usize> {
        let form = self.sheet.form();
        let mut first: Vec<usize> = (0..form.bars.len()).collect();
        for (number, section) in form.sections.iter().enumerate() {
            let bars = form.section_bars(number);
            let like = (0..number).find(|&earlier| {
                form.sections[earlier].label == section.label
                    && form.section_bars(earlier).len() == bars.len()
            });
            let Some(like) = like else { continue };
            for (bar, source) in bars.zip(form.section_bars(like)) {
                if self.stand_alike(bar, source) {
                    first[bar] = first[source];
                }
            }
        }
        first
    }

    /// Whether two bars (from 0) have the same chords and notes.
    fn stand_alike(&self, one: usize, other: usize) -> bool {
        let starts = self.sheet.form().bar_starts();
        let (from, to) = ((starts[one], starts[one + 1]), (starts[other], starts[other + 1]));
        let by = to.0 - from.0;
        let notes = |span: (crate::music::Duration, crate::music::Duration)| {
            self.sheet.melody().notes.iter().filter(move |note| span.0 <= note.onset && note.onset < span.1)
        };
        let sounding = |at| self.sheet.chart().sounding_at(at);
        let changes = |span: (crate::music::Duration, crate::music::Duration)| {
            self.sheet.chart().changes.iter().filter(move |change| span.0 <= change.at && change.at < span.1)
        };
        // A chord that begins is not one that is held: the constraint that keeps bars the same knows them apart.
        sounding(from.0) == sounding(to.0)
            && changes(from)
                .map(|change| (change.at + by, &change.chord))
                .eq(changes(to).map(|change| (change.at, &change.chord)))
            && notes(from)
                .map(|note| (note.onset + by, note.duration, note.pitch))
                .eq(notes(to).map(|note| (note.onset, note.duration, note.pitch)))
    }
}
