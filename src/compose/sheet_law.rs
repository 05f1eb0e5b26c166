//! How likely each chord and note of a written sheet is under a style's laws, given what stands before it and given all
//! else.
//!
//! The law is the plain one, without a plan: the chart's chain over the page, times the melody's over the chart, from the
//! first note to the last, section after section. Where notes and chords start and how long they are stays as it is
//! written: the law of rhythm knows no pitch and no chord, so it has no say in what could stand there instead.

use super::chart_law::ChartLaw;
use super::chart_place::PageSection;
use super::melody_lattice::{MelodyLattice, Settled, melody_lattice};
use super::melody_law::MelodyLaw;
use super::rhythm_law::RhythmLaw;
use super::structure::Segment;
use crate::constraint::Frame;
use crate::markov::messages::entries;
use crate::markov::{Emission, Kernel};
use crate::music::{Chart, ChordChange, ChordSymbol, Duration, LeadSheet, Note};
use crate::style::Style;

/// Why a sheet has no law.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Lawless {
    #[error("bar {0} is of another meter: a style's law knows sheets of one meter")]
    Meter(usize),
    #[error("bar {0} is not as long as its meter says: a style's law knows full bars")]
    Bar(usize),
    #[error("there are more kinds of chords than the {0} that a law can tell apart")]
    Chords(usize),
    #[error("it has no bars")]
    Empty,
}

/// The page of a sheet that is written out in full: what places mean on it.
///
/// # Errors
/// When its bars are not full bars of one meter; the last may be short.
pub fn page_of(sheet: &LeadSheet) -> Result<Frame, Lawless> {
    let form = sheet.form();
    let meter = form.bars.first().ok_or(Lawless::Empty)?.meter;
    for (index, bar) in form.bars.iter().enumerate() {
        let is_last = index + 1 == form.bars.len();
        if bar.meter != meter {
            return Err(Lawless::Meter(index + 1));
        }
        if bar.length > meter.bar_length() || (bar.length < meter.bar_length() && !is_last) {
            return Err(Lawless::Bar(index + 1));
        }
    }
    let sections =
        (0..form.sections.len()).map(|index| (form.sections[index].label.clone(), form.section_bars(index)));
    let sections = sections.filter(|(_, bars)| !bars.is_empty()).collect();
    let (key, pickup, bars) = (sheet.key(), form.pickup, form.bars.len());
    Ok(Frame { key, meter, pickup, bars, sections })
}

/// A chord of the chart, with how likely others are in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct ChordCell {
    /// Where it starts.
    pub from: Duration,
    /// Where it ends.
    pub to: Duration,
    /// What is written.
    pub written: ChordSymbol,
    /// Every chord of the law with its probability given all else, the likeliest first.
    pub chords: Vec<(ChordSymbol, f64)>,
}

/// A note of the melody, with how likely others are in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct NoteCell {
    /// What is written.
    pub written: Note,
    /// The probability of its pitch given the notes before it and the chords.
    pub before: f64,
    /// Every pitch of the law (MIDI) with its probability given all else, the likeliest first.
    pub pitches: Vec<(i32, f64)>,
}

impl NoteCell {
    /// The probability of its pitch given all else.
    pub fn after(&self) -> f64 {
        let own = self.pitches.iter().find(|(midi, _)| *midi == self.written.pitch.midi());
        own.map_or(0.0, |own| own.1)
    }
}

/// The laws of a style, on the page of a sheet.
#[derive(Debug)]
pub struct SheetLaw<'a> {
    frame: Frame,
    chart: Chart,
    notes: Vec<Note>,
    sections: Vec<Segment>,
    /// For each section where its notes and its rests (true) start.
    starts: Vec<Vec<(Duration, bool)>>,
    chart_law: ChartLaw<'a>,
    /// For each chord of the chart its symbol, and the context it stands in.
    chords: Vec<(u16, u32)>,
    melody_law: MelodyLaw<'a>,
    rhythm: RhythmLaw<'a>,
    kernel: Kernel,
    /// For each note its symbol, and the context it stands in.
    sung: Vec<(u16, u32)>,
    lattices: Vec<MelodyLattice>,
}

impl<'a> SheetLaw<'a> {
    /// The law of a sheet that is written out in full. A chord that is written again without a section starting is held.
    /// The melody may lie as high and as low as the style's card lets it, or as it is written, whichever is further; it
    /// lies about the middle of what is written.
    ///
    /// # Errors
    /// When its bars are not full bars of one meter, or it has more kinds of chords than a law holds.
    pub fn new(style: &'a Style, sheet: &LeadSheet) -> Result<SheetLaw<'a>, Lawless> {
        let frame = page_of(sheet)?;
        let mut chart = Chart::default();
        for change in &sheet.chart().changes {
            let bar = change.at.div_floor(frame.meter.bar_length());
            let opens = change.at.rem_floor(frame.meter.bar_length()) == Duration::ZERO
                && usize::try_from(bar).is_ok_and(|bar| frame.opens_section(bar));
            let held =
                chart.changes.last().is_some_and(|last: &ChordChange| last.chord.sounds_like(&change.chord));
            if opens || !held {
                chart.changes.push(change.clone());
            }
        }
        let pitches = || sheet.melody().notes.iter().map(|note| note.pitch.midi());
        let card = (style.card.range.low.midi(), style.card.range.high.midi());
        let (low, high) = (pitches().min().unwrap_or(card.0), pitches().max().unwrap_or(card.1));
        let compass = (low.min(card.0), high.max(card.1), (low + high) / 2);
        SheetLaw::on_page(style, frame, chart, sheet.melody().notes.clone(), compass)
    }

    /// The same of a chart and melody on a page, as they are; with the lowest pitch, the highest, and the one that the
    /// melody lies about (MIDI).
    ///
    /// # Errors
    /// When there are more kinds of chords than a law holds.
    pub fn on_page(
        style: &'a Style,
        frame: Frame,
        chart: Chart,
        notes: Vec<Note>,
        (lowest, highest, centre): (i32, i32, i32),
    ) -> Result<SheetLaw<'a>, Lawless> {
        let (figures, weights) = (&style.figures, &style.card.weights);
        let mut named: Vec<ChordSymbol> = Vec::new();
        for change in &chart.changes {
            if !named.iter().any(|known| known.sounds_like(&change.chord)) {
                named.push(change.chord.clone());
            }
        }
        let chart_law = ChartLaw::weighed(figures, weights, frame.key, &named);
        let melody_law = MelodyLaw::new(figures, weights.clone(), frame.key, lowest, highest, centre);
        let kernel = melody_law.kernel();
        let rhythm = RhythmLaw::new(figures, frame.meter);
        let sections = sections(&frame);
        let starts = sections.iter().map(|section| starts(section, &notes)).collect();
        let mut law = SheetLaw {
            frame,
            chart,
            notes,
            sections,
            starts,
            chart_law,
            chords: Vec::new(),
            melody_law,
            rhythm,
            kernel,
            sung: Vec::new(),
            lattices: Vec::new(),
        };
        let mut context = law.chart_law.start();
        for at in 0..law.chart.changes.len() {
            let chord = &law.chart.changes[at].chord;
            let symbol = law.chart_law.chords.iter().position(|known| known.sounds_like(chord));
            let symbol = symbol.ok_or(Lawless::Chords(law.chart_law.chords.len()))? as u16;
            law.chords.push((symbol, context));
            context = law.chord_row(at, context).get(usize::from(symbol)).map_or(context, |entry| entry.1);
        }
        let mut context = law.melody_law.start();
        for note in &law.notes {
            let symbol = (note.pitch.midi() - lowest).max(0) as u16;
            law.sung.push((symbol, context));
            context = law.kernel.after(context, symbol).unwrap_or(context);
        }
        law.lattices = (0..law.sections.len()).map(|section| law.lattice(section, &law.chart)).collect();
        Ok(law)
    }

    /// The page.
    pub fn page(&self) -> &Frame {
        &self.frame
    }

    /// The chord that sounds at a place: its number in the chart.
    pub fn chord_at(&self, place: Duration) -> Option<usize> {
        self.chart.changes.partition_point(|change| change.at <= place).checked_sub(1)
    }

    /// The note that starts at a place: its number in the melody.
    pub fn note_at(&self, place: Duration) -> Option<usize> {
        self.notes.iter().position(|note| note.onset == place)
    }

    /// What could stand in place of a chord of the chart: each chord as likely as the law of the whole sheet makes it,
    /// everything else and the place and length of the chord staying as they are; `None` if there is no such chord.
    pub fn chord_cell(&self, number: usize) -> Option<ChordCell> {
        let written = self.chart.changes.get(number)?.clone();
        let (from, to) = (written.at, self.end_of(number));
        let (own, context) = *self.chords.get(number)?;
        // Where the melody does not touch the chord, the chord does not touch the melody.
        let touched: Vec<usize> = (self.sections.iter().enumerate())
            .filter(|(_, section)| section.from <= to && from <= section.to)
            .map(|(section, _)| section)
            .collect();
        let mut logs: Vec<f64> = Vec::with_capacity(self.chart_law.chords.len());
        for symbol in 0..self.chart_law.chords.len() as u16 {
            let mut log = self.log_chords(number, symbol, context);
            for &section in &touched {
                log += if symbol == own {
                    self.log_melody(section, &self.lattices[section])
                } else {
                    let mut chart = self.chart.clone();
                    chart.changes[number].chord = self.chart_law.chords[usize::from(symbol)].clone();
                    self.log_melody(section, &self.lattice(section, &chart))
                };
            }
            logs.push(log);
        }
        let chords = ranked(self.chart_law.chords.iter().cloned().zip(shares(&logs)));
        Some(ChordCell { from, to, written: written.chord, chords })
    }

    /// What could stand in place of a note of the melody, onset and length staying as they are; `None` if there is no
    /// such note.
    pub fn note_cell(&self, number: usize) -> Option<NoteCell> {
        let events = self.events();
        self.cell(number, &events)
    }

    /// The same of all notes.
    pub fn note_cells(&self) -> Vec<NoteCell> {
        let events = self.events();
        (0..self.notes.len()).filter_map(|number| self.cell(number, &events)).collect()
    }

    fn cell(&self, number: usize, events: &[(usize, Emission)]) -> Option<NoteCell> {
        let written = *self.notes.get(number)?;
        let (own, context) = *self.sung.get(number)?;
        let (mut before, mut logs) = (0.0, vec![f64::NEG_INFINITY; self.melody_law.pitches]);
        for (symbol, mut after, weight) in self.row(*events.get(number)?, context) {
            if symbol == own {
                before = weight;
            }
            let mut log = libm::log(weight);
            // A context remembers two notes: once it is the one that is written, what follows is as likely as it was.
            for (&event, &(next, usual)) in events.iter().zip(&self.sung).skip(number + 1) {
                if after == usual {
                    break;
                }
                let (row, usual_row) = (self.row(event, after), self.row(event, usual));
                log += log_of(&row, next) - log_of(&usual_row, next);
                after = target(&row, next).unwrap_or(usual);
            }
            logs[usize::from(symbol)] = log;
        }
        let pitches = (0..self.melody_law.pitches as u16).map(|symbol| self.melody_law.midi(symbol));
        Some(NoteCell { written, before, pitches: ranked(pitches.zip(shares(&logs))) })
    }

    /// The emissions of the notes, with the section of each.
    fn events(&self) -> Vec<(usize, Emission)> {
        let of_lattice = |(section, melody): (usize, &MelodyLattice)| -> Vec<(usize, Emission)> {
            emissions(melody).map(|emission| (section, emission)).collect()
        };
        self.lattices.iter().enumerate().flat_map(of_lattice).collect()
    }

    /// What may sound after a context: symbols, contexts, probabilities.
    fn row(&self, (section, emission): (usize, Emission), context: u32) -> Row {
        row_of(&self.lattices[section], emission, context)
    }

    /// The natural logarithm of the probability of a section's notes under a lattice of it, up to what all lattices of it
    /// share.
    fn log_melody(&self, section: usize, melody: &MelodyLattice) -> f64 {
        let first = self.notes.partition_point(|note| note.onset < self.sections[section].from);
        let sung = self.sung.iter().skip(first);
        emissions(melody)
            .zip(sung)
            .map(|(emission, &(own, context))| log_of(&row_of(melody, emission, context), own))
            .sum()
    }

    /// The melodies of a section over a chart that have its rhythm.
    fn lattice(&self, section: usize, chart: &Chart) -> MelodyLattice {
        let (law, segment) = (&self.melody_law, &self.sections[section]);
        let settled = Settled { rhythm: Some(&self.starts[section]), ..Settled::nothing(law, segment) };
        let edge = (section == 0, section + 1 == self.sections.len());
        melody_lattice((law, &self.rhythm, &self.kernel), &self.frame, segment, edge, chart, &[], &settled)
    }

    /// Where a chord of the chart ends.
    fn end_of(&self, number: usize) -> Duration {
        self.chart.changes.get(number + 1).map_or(self.frame.end(), |next| next.at)
    }

    /// What may stand in place of a chord of the chart after a context, by symbol.
    fn chord_row(&self, number: usize, context: u32) -> Row {
        let (from, to) = (self.chart.changes[number].at, self.end_of(number));
        self.chart_law.row_at(PageSection::at(&self.frame, from).chord(&self.frame, from, to), context)
    }

    /// The natural logarithm of the probability of the chart with another chord in one place, up to what all these share.
    fn log_chords(&self, number: usize, symbol: u16, context: u32) -> f64 {
        let row = self.chord_row(number, context);
        let mut log = log_of(&row, symbol);
        let mut after = target(&row, symbol).unwrap_or(context);
        for (at, &(next, usual)) in self.chords.iter().enumerate().skip(number + 1) {
            if after == usual {
                break;
            }
            let row = self.chord_row(at, after);
            log += log_of(&row, next) - log_of(&self.chord_row(at, usual), next);
            after = target(&row, next).unwrap_or(usual);
        }
        log
    }
}

/// Symbols, the contexts they lead to, and their probabilities.
type Row = Vec<(u16, u32, f64)>;

fn row_of(melody: &MelodyLattice, emission: Emission, context: u32) -> Row {
    let mut row = Row::new();
    entries(&melody.lattice, Some(emission), context as usize, |symbol, target, weight| {
        row.extend(symbol.map(|symbol| (symbol, target, weight)));
    });
    row
}

fn log_of(row: &Row, symbol: u16) -> f64 {
    row.iter().find(|entry| entry.0 == symbol).map_or(f64::NEG_INFINITY, |entry| libm::log(entry.2))
}

fn target(row: &Row, symbol: u16) -> Option<u32> {
    row.iter().find(|entry| entry.0 == symbol).map(|entry| entry.1)
}

/// What each note of a lattice of one rhythm emits.
fn emissions(melody: &MelodyLattice) -> impl Iterator<Item = Emission> {
    melody.lattice.layers.iter().filter_map(|layer| layer.jumps.first()?.emission)
}

/// The sections of a page as stretches that follow each other, the pickup with the first.
fn sections(frame: &Frame) -> Vec<Segment> {
    let cuts = frame.sections.iter().map(|(_, bars)| bars.start).filter(|&bar| 0 < bar && bar < frame.bars);
    let mut places: Vec<Duration> = vec![frame.start()];
    places.extend(cuts.map(|bar| frame.meter.bar_length() * bar as i64));
    places.push(frame.end());
    let stretch = |two: &[Duration]| Segment { from: two[0], to: two[1], shifts: vec![Duration::ZERO] };
    places.windows(2).map(stretch).filter(|segment| segment.from < segment.to).collect()
}

/// Where the notes (false) and rests (true) of a section start. A note that is held into the next section ends with its
/// own, as it does where styles are learned.
fn starts(section: &Segment, notes: &[Note]) -> Vec<(Duration, bool)> {
    let mut starts = Vec::new();
    let mut free = section.from;
    for note in notes.iter().filter(|note| section.from <= note.onset && note.onset < section.to) {
        if note.onset > free {
            starts.push((free, true));
        }
        starts.push((note.onset, false));
        free = note.end().min(section.to);
    }
    if free < section.to {
        starts.push((free, true));
    }
    starts
}

/// Weights given by their natural logarithms as shares of one.
fn shares(logs: &[f64]) -> Vec<f64> {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return vec![0.0; logs.len()];
    }
    let weights: Vec<f64> = logs.iter().map(|log| libm::exp(log - largest)).collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

/// The likeliest first; of equals the first.
fn ranked<T>(shares: impl Iterator<Item = (T, f64)>) -> Vec<(T, f64)> {
    let mut ranked: Vec<(T, f64)> = shares.collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1));
    ranked
}
