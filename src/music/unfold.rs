//! The order in which bars are played: repeats, endings and jumps followed, and written out.

use std::collections::BTreeSet;

use super::chart::{Chart, ChordChange};
use super::chord::ChordSymbol;
use super::duration::Duration;
use super::form::{Bar, Form, Jump, Section};
use super::lead_sheet::LeadSheet;
use super::melody::{Melody, Note};
use super::meter::Meter;
use super::words::Words;

/// The most bars that are played; a longer road map is cut off there.
pub const MOST_BARS: usize = 20_000;
/// The most notes and chords that a sheet is written out to; where they would be more it is cut off at a bar line.
const MOST_EVENTS: usize = 1_000_000;

/// A bar as played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayedBar {
    /// The written bar, counted from 0.
    pub bar: usize,
    /// Where it starts, from the first downbeat that is played.
    pub start: Duration,
    /// Its length; the pickup is included where it sounds at the end of this bar.
    pub length: Duration,
    /// How it is counted.
    pub meter: Meter,
    /// Whether the pickup is played again at its end: a short last bar that leads back to bar 1 makes room for it.
    pub pickup_follows: bool,
}

/// The written bars in the order they are played, counted from 0.
///
/// A jump back is taken once, after the repeats of its passage; after it repeats are not played and last endings are
/// taken, until the coda. Without `al Fine` or `al Coda` both a Fine and a To Coda hold. At most [`MOST_BARS`], or as
/// many as are written if that is more.
pub fn unfold(form: &Form) -> Vec<usize> {
    let most = MOST_BARS.max(form.bars.len());
    let mut road = Road { bars: &form.bars, repeat_from: 0, pass: 1, jumped: None, taken: BTreeSet::new() };
    let mut played = Vec::new();
    let mut at = 0;
    while let Some(bar) = form.bars.get(at) {
        road.enter(at);
        if !road.is_played(at) {
            at += 1;
            continue;
        }
        played.push(at);
        if played.len() >= most {
            break;
        }
        match road.after(at, bar) {
            Some(next) => at = next,
            None => break,
        }
    }
    played
}

/// The bars as played, with their places.
pub fn played_bars(form: &Form) -> Vec<PlayedBar> {
    let order = unfold(form);
    let mut start = Duration::ZERO;
    let mut played = Vec::with_capacity(order.len());
    for (index, &number) in order.iter().enumerate() {
        let Some(bar) = form.bars.get(number) else { continue };
        let leads_back = number > 0 && order.get(index + 1) == Some(&0);
        let room = bar.meter.bar_length() - bar.length;
        let pickup_follows = leads_back && form.pickup.is_positive() && room == form.pickup;
        let length = if pickup_follows { bar.length + form.pickup } else { bar.length };
        played.push(PlayedBar { bar: number, start, length, meter: bar.meter, pickup_follows });
        start += length;
    }
    played
}

/// How the road map stands while it is followed.
struct Road<'a> {
    bars: &'a [Bar],
    /// Where the next repeat sign leads back to.
    repeat_from: usize,
    /// Which time the passage is played, from 1.
    pass: u8,
    /// The jump that was taken last, until its coda.
    jumped: Option<Jump>,
    /// Bars whose instruction has been followed.
    taken: BTreeSet<usize>,
}

impl Road<'_> {
    /// A passage begins at a repeat sign and after an ending.
    fn enter(&mut self, at: usize) {
        let is_ending = |index: usize| self.bars.get(index).is_some_and(|bar| bar.ending.is_some());
        let after_ending = at > 0 && is_ending(at - 1) && !is_ending(at);
        let begins = after_ending || self.bars.get(at).is_some_and(|bar| bar.repeat_start);
        if begins && at != self.repeat_from {
            self.repeat_from = at;
            self.pass = 1;
        }
    }

    fn is_played(&self, at: usize) -> bool {
        let ending = self.bars.get(at).and_then(|bar| bar.ending.as_ref());
        let pass = if self.jumped.is_some() { self.passes(at) } else { self.pass };
        ending.is_none_or(|passes| passes.contains(&pass))
    }

    /// How many times the passage that ends at a bar is played, by its sign and by the endings beside it.
    fn passes(&self, at: usize) -> u8 {
        let last_pass = |bar: &Bar| {
            let ending = bar.ending.as_ref().and_then(|passes| passes.last().copied());
            bar.repeat_end.unwrap_or(1).max(ending.unwrap_or(1))
        };
        if self.bars.get(at).is_none_or(|bar| bar.ending.is_none()) {
            return self.bars.get(at).map_or(1, last_pass);
        }
        let before = self.bars[..at].iter().rev().take_while(|bar| bar.ending.is_some());
        let after = self.bars[at..].iter().take_while(|bar| bar.ending.is_some());
        before.chain(after).map(last_pass).max().unwrap_or(1)
    }

    /// The bar after the one just played, or `None` at the end.
    fn after(&mut self, at: usize, bar: &Bar) -> Option<usize> {
        if bar.repeat_end.is_some() && self.jumped.is_none() {
            if self.pass < self.passes(at) {
                self.pass += 1;
                return Some(self.repeat_from);
            }
            // A second ending may follow; the pass counts on until the endings are over.
            if bar.ending.is_none() {
                self.repeat_from = at + 1;
                self.pass = 1;
            }
        }
        for jump in &bar.jumps {
            match jump {
                Jump::Fine if self.jumped.is_some_and(|jump| !is_to_coda(jump)) => return None,
                Jump::ToCoda if self.jumped.is_some_and(|jump| !is_to_fine(jump)) => {
                    if let Some(coda) = self.bars.iter().rposition(|bar| bar.jumps.contains(&Jump::Coda)) {
                        self.jumped = None;
                        return Some(self.land(coda));
                    }
                }
                Jump::Segno | Jump::Coda | Jump::Fine | Jump::ToCoda => {}
                _ => {
                    if let Some(target) = self.target(*jump, at)
                        && self.taken.insert(at)
                    {
                        self.jumped = Some(*jump);
                        return Some(self.land(target));
                    }
                }
            }
        }
        Some(at + 1)
    }

    fn land(&mut self, at: usize) -> usize {
        self.repeat_from = at;
        self.pass = 1;
        at
    }

    /// Where an instruction at a bar leads: the beginning, or the segno before it.
    fn target(&self, jump: Jump, at: usize) -> Option<usize> {
        let is_segno = |bar: &Bar| bar.jumps.contains(&Jump::Segno);
        match jump {
            Jump::DaCapo | Jump::DaCapoAlFine | Jump::DaCapoAlCoda => Some(0),
            Jump::DalSegno | Jump::DalSegnoAlFine | Jump::DalSegnoAlCoda => {
                self.bars.iter().take(at + 1).rposition(is_segno)
            }
            Jump::Segno | Jump::Coda | Jump::ToCoda | Jump::Fine => None,
        }
    }
}

fn is_to_coda(jump: Jump) -> bool {
    matches!(jump, Jump::DaCapoAlCoda | Jump::DalSegnoAlCoda)
}

fn is_to_fine(jump: Jump) -> bool {
    matches!(jump, Jump::DaCapoAlFine | Jump::DalSegnoAlFine)
}

/// The sheet with its repeats, endings and jumps written out, bar after bar as played.
///
/// A note held over a bar line ends there where the music goes on elsewhere. Where it goes on under a chord that was
/// written before, that chord is written again.
pub fn unfolded(sheet: &LeadSheet) -> LeadSheet {
    let played = played_bars(sheet.form());
    let runs = unbroken_runs(&played);
    let first_run = if played.first().is_some_and(|bar| bar.bar == 0) { runs.first().copied() } else { None };
    let mut page = Page::new(sheet, first_run.unwrap_or(0));
    let mut before = None;
    for (index, (bar, unbroken)) in played.iter().zip(&runs).enumerate() {
        if page.chart.changes.len() + page.melody.notes.len() > MOST_EVENTS {
            break;
        }
        let pickup_run = if bar.pickup_follows { runs.get(index + 1).copied() } else { None };
        page.write(bar, before, *unbroken, pickup_run);
        before = Some(bar);
    }
    LeadSheet::new(sheet.header().clone(), page.form, page.chart, page.melody)
        .unwrap_or_else(|_| sheet.clone())
}

/// For each played bar, the written bar after the last of those that follow it as written.
fn unbroken_runs(played: &[PlayedBar]) -> Vec<usize> {
    let mut ends: Vec<usize> = played.iter().map(|bar| bar.bar + 1).collect();
    for index in (1..ends.len()).rev() {
        if played[index].bar == ends[index - 1] {
            ends[index - 1] = ends[index];
        }
    }
    ends
}

/// A sheet being written out.
struct Page<'a> {
    sheet: &'a LeadSheet,
    /// Where each written bar starts, and the end.
    starts: Vec<Duration>,
    keys: Vec<super::Key>,
    form: Form,
    chart: Chart,
    melody: Melody,
    section: Option<usize>,
}

impl<'a> Page<'a> {
    fn new(sheet: &'a LeadSheet, unbroken: usize) -> Page<'a> {
        let mut page = Page {
            sheet,
            starts: sheet.form().bar_starts(),
            keys: sheet.bar_keys(),
            form: Form {
                pickup: sheet.form().pickup,
                pickup_words: sheet.form().pickup_words.clone(),
                ..Form::default()
            },
            chart: Chart::default(),
            melody: Melody::default(),
            section: None,
        };
        page.copy_pickup(Duration::ZERO, unbroken);
        page
    }

    /// Writes a played bar, given the one before and the written bar up to which it goes on as written, and the same
    /// for the pickup if that follows.
    fn write(
        &mut self,
        played: &PlayedBar,
        before: Option<&PlayedBar>,
        unbroken: usize,
        pickup_run: Option<usize>,
    ) {
        let Some(bar) = self.sheet.form().bars.get(played.bar) else { return };
        let from = self.starts[played.bar];
        let key = self.keys.get(played.bar).copied().unwrap_or(self.sheet.key());
        let key_before =
            before.and_then(|before| self.keys.get(before.bar)).copied().unwrap_or(self.sheet.key());
        let leaps = before.is_some_and(|before| before.bar + 1 != played.bar);
        if leaps {
            self.recall_chord(from, played.start);
        }
        self.open_section(played.bar, leaps);
        self.form.bars.push(Bar {
            length: played.length,
            key_change: (key != key_before).then_some(key),
            words: self.words(bar, from, pickup_run.is_some()),
            ..Bar::full(bar.meter)
        });
        let held_until = self.starts.get(unbroken).copied().unwrap_or(from + bar.length);
        self.copy(from, from + bar.length, played.start, held_until);
        if let Some(run) = pickup_run {
            self.copy_pickup(played.start + played.length, run);
        }
    }

    /// The words of a written bar, and of the pickup where that follows in it.
    fn words(&self, bar: &Bar, from: Duration, pickup_follows: bool) -> Words {
        let own = self.sheet.melody().starting_in(from, from + bar.length);
        let pickup = &self.sheet.form().pickup_words;
        if pickup_follows { bar.words.followed_by(pickup, own.len()) } else { bar.words.clone() }
    }

    /// Copies the pickup to before a downbeat, after which the music goes on as written up to a bar.
    fn copy_pickup(&mut self, downbeat: Duration, unbroken: usize) {
        let pickup = self.sheet.form().pickup;
        let held_until = self.starts.get(unbroken).copied().unwrap_or_default();
        self.copy(-pickup, Duration::ZERO, downbeat - pickup, held_until);
    }

    /// Copies the notes and chords written from one place to another.
    fn copy(&mut self, from: Duration, to: Duration, at: Duration, held_until: Duration) {
        for change in self.sheet.chart().written_in(from, to) {
            let place = at + (change.at - from);
            // The chord recalled at a landing gives way to one written there.
            self.chart.changes.pop_if(|recalled| recalled.at == place);
            self.chart.changes.push(ChordChange { at: place, chord: change.chord.clone() });
        }
        for note in self.sheet.melody().starting_in(from, to) {
            let duration = note.end().min(held_until) - note.onset;
            if duration.is_positive() {
                self.melody.notes.push(Note { onset: at + (note.onset - from), duration, pitch: note.pitch });
            }
        }
    }

    /// Writes the chord that is in force at a written place, where a jump lands, unless it sounds already.
    fn recall_chord(&mut self, from: Duration, at: Duration) {
        let here = self.sheet.chart().sounding_at(from);
        let sounding = self.chart.changes.last().map(|change| &change.chord);
        if here != sounding && sounding.is_some() {
            let chord = here.cloned().unwrap_or(ChordSymbol::NoChord);
            self.chart.changes.push(ChordChange { at, chord });
        }
    }

    fn open_section(&mut self, bar: usize, leaps: bool) {
        let sections = &self.sheet.form().sections;
        let index = sections.partition_point(|section| section.first_bar <= bar).checked_sub(1);
        let Some(section) = index.and_then(|index| sections.get(index)) else { return };
        if section.first_bar == bar || (leaps && index != self.section) {
            self.form
                .sections
                .push(Section { label: section.label.clone(), first_bar: self.form.bars.len() });
        }
        self.section = index;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Header, Key, Meter};

    /// Bars written as a line of marks: `|:` and `:|` are repeats (`:3|` three times), `[1,2` an ending, words jumps.
    fn form(bars: &str) -> Form {
        let mut form = Form::plain(Meter::COMMON, 0);
        for marks in bars.split(';') {
            let mut bar = Bar::full(Meter::COMMON);
            for mark in marks.split_whitespace() {
                match mark {
                    "|:" => bar.repeat_start = true,
                    ":|" => bar.repeat_end = Some(2),
                    ":3|" => bar.repeat_end = Some(3),
                    _ if mark.starts_with('[') => {
                        bar.ending =
                            Some(mark[1..].split(',').map(|pass| pass.parse().expect(mark)).collect());
                    }
                    "-" => {}
                    _ => {
                        let named = |jump: &&Jump| jump.words().replace(' ', "") == mark;
                        bar.jumps.push(*Jump::ALL.iter().find(named).expect(mark));
                    }
                }
            }
            form.bars.push(bar);
        }
        form
    }

    fn order(bars: &str) -> String {
        unfold(&form(bars)).iter().map(|bar| (bar + 1).to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn repeats_and_endings_are_played_in_order() {
        assert_eq!(order("-;-;-"), "1 2 3");
        assert_eq!(order("-;|:;:|;-"), "1 2 3 2 3 4");
        assert_eq!(order("-;:|;-;:|"), "1 2 1 2 3 4 3 4");
        assert_eq!(order("-;:3|"), "1 2 1 2 1 2");
        assert_eq!(order("|:;[1 :|;[2;-"), "1 2 1 3 4");
        assert_eq!(order("|:;[1 :|;[2 :|;|:;:|"), "1 2 1 3 4 5 4 5");
        assert_eq!(order("|:;[1,2 :|;[3;-"), "1 2 1 2 1 3 4");
        assert_eq!(order("|:;[1 :|;-"), "1 2 1 3");
        assert_eq!(order("|:;[1;[1 :|;[2;[2;|:;[1 :|;[2"), "1 2 3 1 4 5 6 7 6 8");
    }

    #[test]
    fn jumps_are_taken_once_and_without_repeats() {
        assert_eq!(order("-;Fine;D.C.alFine"), "1 2 3 1 2");
        assert_eq!(order("|:;:|;D.C."), "1 2 1 2 3 1 2 3");
        assert_eq!(order("-;Segno;ToCoda;D.S.alCoda;Coda"), "1 2 3 4 2 3 5");
        assert_eq!(order("|:;[1 :|;[2 Fine;-;D.C.alFine"), "1 2 1 3 4 5 1 3");
        assert_eq!(order("ToCoda;D.C.alCoda;Coda |:;:|"), "1 2 1 3 4 3 4");
        assert_eq!(order("-;D.S."), "1 2", "there is no sign to go back to");
        assert_eq!(order("D.C.;D.C."), "1 1 2 1 2", "each instruction once");
    }

    #[test]
    fn hostile_road_maps_end() {
        let many = |bar: &str| unfold(&form(&vec![bar; 30_000].join(";"))).len();
        assert_eq!(many("|: :3|"), 30_000, "cut off");
        assert!(many("|: :3| D.C. ToCoda Coda") < 100, "the last bar's coda ends it");
        assert_eq!(many("Segno D.S. Fine"), 2);
        assert_eq!(many("[2"), 0, "never a first pass");
    }

    fn sheet(form: Form, chords: &[(i64, &str)], notes: &[(i64, i64)]) -> LeadSheet {
        let change = |&(at, chord): &(i64, &str)| ChordChange {
            at: Duration::quarters(at),
            chord: chord.parse().expect(chord),
        };
        let note = |&(onset, length): &(i64, i64)| Note {
            onset: Duration::quarters(onset),
            duration: Duration::quarters(length),
            pitch: "C4".parse().expect("C4"),
        };
        let chart = Chart { changes: chords.iter().map(change).collect() };
        let melody = Melody { notes: notes.iter().map(note).collect() };
        LeadSheet::new(Header::new("", Key::C_MAJOR), form, chart, melody).expect("a sheet")
    }

    fn chords(sheet: &LeadSheet) -> String {
        let changes = sheet.chart().changes.iter();
        changes.map(|change| format!("{}@{}", change.chord, change.at)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_chord_that_holds_across_a_jump_is_written_again() {
        let sheet = unfolded(&sheet(form("-;|:;:|;-"), &[(0, "C"), (8, "F")], &[]));
        assert_eq!(chords(&sheet), "C@0 F@8 C@12 F@16");
        assert_eq!(sheet.form().bars.len(), 6);
        assert!(sheet.form().bars.iter().all(|bar| bar == &Bar::full(Meter::COMMON)));
    }

    #[test]
    fn notes_end_where_the_music_goes_on_elsewhere() {
        let sheet = unfolded(&sheet(form("-;:|;-"), &[], &[(2, 4), (7, 3)]));
        let notes: Vec<String> =
            sheet.melody().notes.iter().map(|n| format!("{}+{}", n.onset, n.duration)).collect();
        assert_eq!(notes.join(" "), "2+4 7+1 10+4 15+3");
    }

    #[test]
    fn a_short_last_bar_leads_back_through_the_pickup() {
        let mut form = form("-;:|");
        form.pickup = Duration::quarters(1);
        form.bars[1].length = Duration::quarters(3);
        (form.pickup_words, form.bars[0].words) = ("Oh".into(), "one".into());
        let sheet = unfolded(&sheet(form, &[(0, "C"), (4, "G")], &[(-1, 1), (0, 2)]));
        let notes: Vec<String> = sheet.melody().notes.iter().map(|note| note.onset.to_string()).collect();
        assert_eq!(notes.join(" "), "-1 0 7 8");
        let words = (0..=4).filter_map(|bar| sheet.form().words(bar));
        assert_eq!(super::super::words::in_a_row(words), "Oh | one | Oh | one");
        assert_eq!(chords(&sheet), "C@0 G@4 C@8 G@12");
        assert_eq!(sheet.form().bars[1].length, Duration::quarters(4));
        assert_eq!(sheet.form().end(), Duration::quarters(15));
    }

    #[test]
    fn sections_and_keys_follow_the_music() {
        let mut form = form("-;:|;-;D.C.");
        form.sections = vec![
            Section { label: "A".to_string(), first_bar: 0 },
            Section { label: "B".to_string(), first_bar: 2 },
        ];
        form.bars[2].key_change = Some("G".parse().expect("G"));
        let sheet = unfolded(&sheet(form, &[], &[]));
        let labels: Vec<String> =
            sheet.form().sections.iter().map(|s| format!("{}{}", s.label, s.first_bar)).collect();
        assert_eq!(labels.join(" "), "A0 A2 B4 A6 B8");
        let keys: Vec<String> = sheet
            .form()
            .bars
            .iter()
            .map(|bar| bar.key_change.map_or("-".to_string(), |key| key.to_string()))
            .collect();
        assert_eq!(keys.join(" "), "- - - - G major - C major - G major -");
    }
}
