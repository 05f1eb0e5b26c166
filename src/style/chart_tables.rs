//! Counting charts: the tables of the chart chain, and the weights of its experts.

use super::blend;
use super::chart_events::{self, ChartEvent};
use super::chart_experts;
use super::count::Counter;
use super::figures::{Figures, Table};
use super::learn::{Options, Share, Weighed};
use super::piece::Piece;
use super::tables::{self, Of};
use crate::viewpoint::{RelativeChord, START, meter};

/// Parts of the corpus of which each is held out once.
const FOLDS: usize = 5;
/// Chords beyond about so many are not looked at for the weights: every second, third … piece is left out.
const MOST_EVENTS: usize = 40_000;

/// The figures of charts alone, from pieces by name. Pieces of one name are one.
pub fn chart_figures(pieces: &[(String, Piece)], options: &Options) -> Figures {
    let share = Share { melody: false, ..Share::WHOLE };
    let weighed = |(name, piece): &(String, Piece)| Weighed { name: name.clone(), piece: piece.clone(), share };
    let mut pieces: Vec<Weighed> = pieces.iter().map(weighed).collect();
    pieces.sort_by(|a, b| a.name.cmp(&b.name));
    tables::count(&pieces, options)
}

/// The tables of charts that are being counted; chords under provisional codes.
#[derive(Default)]
pub(super) struct ChartCounting {
    chord: Counter,
    place: Counter,
    span: Counter,
    close: Counter,
    role: Counter,
    before: Counter,
    rhythm: Counter,
}

impl ChartCounting {
    fn see(&mut self, event: &ChartEvent, order: usize, of: Of) {
        let with = |start: &[u16], before: &[u16]| {
            let mut context = start.to_vec();
            context.extend(before);
            context
        };
        let (mode, chord) = (event.mode, event.chord);
        let longest = order.saturating_sub(1).max(1).min(event.before.len());
        let context = with(&[mode], &event.before[..longest]);
        self.chord.see(&context, 1, chord, of.piece, of.weight);
        let previous = &event.before[..event.before.len().min(1)];
        let [place, close, role] = event.place.codes();
        for (counter, code) in
            [(&mut self.place, place), (&mut self.close, close), (&mut self.role, role)]
        {
            counter.see(&with(&[mode, code], previous), 2, chord, of.piece, of.weight);
        }
        if let Some(&before) = event.before.get(1) {
            self.before.see(&[mode, before], 2, chord, of.piece, of.weight);
        }
        if let Some(timing) = event.timing {
            let context = [timing.meter, timing.beat, timing.place.class];
            self.span.see(&context, 1, timing.units, of.piece, of.weight);
            let context = [timing.meter, timing.beat, timing.place.before, timing.place.period];
            self.rhythm.see(&context, 3, timing.units, of.piece, of.weight);
        }
    }

    fn into_figures(self, min_pieces: u16, figures: &mut Figures) {
        figures.chord = self.chord.table(min_pieces);
        figures.chord_place = self.place.table(min_pieces);
        figures.chord_span = self.span.table(min_pieces);
        figures.chord_close = self.close.table(min_pieces);
        figures.chord_role = self.role.table(min_pieces);
        figures.chord_before = self.before.table(min_pieces);
        figures.chord_rhythm = self.rhythm.table(min_pieces);
    }
}

/// Counts the charts of pieces into figures, and learns the weights of the experts. `counted` gives the chord as which
/// one is counted, `code` its code among `chords`. Figures know their unit.
pub(super) fn count(
    figures: &mut Figures,
    pieces: &[(&Piece, Of)],
    options: &Options,
    chords: Vec<RelativeChord>,
    counted: impl Fn(RelativeChord) -> RelativeChord,
    code: impl Fn(RelativeChord) -> Option<u16>,
) {
    let events: Vec<(Of, Vec<ChartEvent>)> = pieces
        .iter()
        .map(|&(piece, of)| (of, chart_events::events(piece, &counted, &code)))
        .collect();
    tabled(figures, &events, options, |_| true);
    let mut bars: Vec<(u16, u16)> =
        pieces.iter().map(|(piece, _)| (meter::code(piece.meter), u16::from(piece.meter.beats()))).collect();
    bars.sort_unstable();
    bars.dedup();
    let total: usize = events.iter().map(|(_, events)| events.len()).sum();
    let every = total.div_ceil(MOST_EVENTS).max(1);
    // Of pieces all of one name there is nothing to hold out.
    let names = events.iter().map(|(of, _)| of.piece as usize + 1).max().unwrap_or_default();
    if names < FOLDS {
        return;
    }
    let folds: Vec<(Figures, Vec<(ChartEvent, u32)>)> = (0..FOLDS)
        .map(|fold| {
            let held_out = |of: &Of| blend::fold(of.piece as usize, FOLDS) == fold;
            let mut rest = Figures {
                unit: figures.unit,
                min_pieces: figures.min_pieces,
                chords: chords.clone(),
                ..Figures::default()
            };
            tabled(&mut rest, &events, options, |of| !held_out(of));
            let looked_at = |of: &Of| held_out(of) && (of.piece as usize / FOLDS).is_multiple_of(every);
            let held_out = events.iter().filter(|(of, _)| looked_at(of));
            let held_out = held_out.flat_map(|(of, events)| events.iter().map(|event| (event.clone(), of.weight)));
            (rest, held_out.collect())
        })
        .collect();
    (figures.chord_weights, figures.span_weights) = chart_experts::fit(&folds, &bars);
}

fn tabled(
    figures: &mut Figures,
    events: &[(Of, Vec<ChartEvent>)],
    options: &Options,
    wanted: impl Fn(&Of) -> bool,
) {
    let mut counting = ChartCounting::default();
    for (of, events) in events.iter().filter(|(of, _)| wanted(of)) {
        events.iter().for_each(|event| counting.see(event, options.order, *of));
    }
    counting.into_figures(options.min_pieces, figures);
}

/// Gives the tables of charts other codes of chords.
pub(super) fn recode(figures: &mut Figures, new_chord: impl Fn(u16) -> Option<u16>) {
    let recoded = |table: &Table, fixed: usize| {
        let context = |place: usize, code: u16| {
            if place < fixed || code == START { Some(code) } else { new_chord(code) }
        };
        table.recoded(context, &new_chord)
    };
    figures.chord = recoded(&figures.chord, 1);
    figures.chord_before = recoded(&figures.chord_before, 1);
    for table in [&mut figures.chord_place, &mut figures.chord_close, &mut figures.chord_role] {
        *table = recoded(table, 2);
    }
}
