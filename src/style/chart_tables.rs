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
    let weighed =
        |(name, piece): &(String, Piece)| Weighed { name: name.clone(), piece: piece.clone(), share };
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
        for (counter, code) in [(&mut self.place, place), (&mut self.close, close), (&mut self.role, role)] {
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
    let events: Vec<(Of, Vec<ChartEvent>)> =
        pieces.iter().map(|&(piece, of)| (of, chart_events::events(piece, &counted, &code))).collect();
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
            let held_out =
                held_out.flat_map(|(of, events)| events.iter().map(|event| (event.clone(), of.weight)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::lead_sheet::Header;
    use crate::music::{Chart, ChordChange, Duration, Form, Key, LeadSheet, Melody, Meter, Section};
    use crate::style::blend::BUCKETS;
    use crate::style::chart_events::{ChartPlace, Close, Role};
    use crate::style::chart_experts::{chain, chord_weights, mixed, opinions, situation};

    /// Songs of eight bars, a chord a bar, which all go alike but for one chord, and close on the tonic.
    fn pieces() -> Vec<(String, Piece)> {
        let roads = ["C F G C F C F C", "C Am G C F C Dm C", "C F G C Am C F C", "C Em G C F C G C"];
        let piece = |index: usize| {
            let chord = |(bar, chord): (usize, &str)| ChordChange {
                at: Duration::WHOLE * bar as i64,
                chord: chord.parse().expect(chord),
            };
            let road = roads[index % roads.len()];
            // A second section goes the same way, and so its last chord is not the only one to close something.
            let bars = road.split(' ').chain(road.split(' ').take(7)).chain(["C"]);
            let changes = bars.enumerate().map(chord).collect();
            let mut form = Form::plain(Meter::COMMON, 16);
            form.sections = [("A", 0), ("B", 8)]
                .map(|(label, first_bar)| Section { label: label.into(), first_bar })
                .into();
            let header = Header::new(format!("Song {index}"), Key::C_MAJOR);
            let sheet = LeadSheet::new(header, form, Chart { changes }, Melody::default()).expect("a sheet");
            (format!("song{index}"), Piece::new(&sheet, Key::C_MAJOR).expect("a piece"))
        };
        (0..12).map(piece).collect()
    }

    #[test]
    fn weights_are_learned_where_there_is_something_to_hold_out() {
        let figures = chart_figures(&pieces(), &Options::default());
        assert_eq!(figures.chord_weights.len(), 4 * 10 * BUCKETS);
        assert_eq!(figures.span_weights.len(), 4 * BUCKETS);
        let few = chart_figures(&pieces()[..3], &Options::default());
        assert!(few.chord_weights.is_empty() && !few.chord_close.is_empty());
        assert_eq!(figures.to_bytes(), chart_figures(&pieces(), &Options::default()).to_bytes());
    }

    #[test]
    fn without_weights_the_mix_is_the_chain() {
        let figures = chart_figures(&pieces()[..3], &Options::default());
        let place = ChartPlace::new(8, 4, 4, 8, Role::First, false);
        let before = [figures.chord_code("0:".parse().expect("a chord")).expect("a code"), START];
        let all = opinions(&figures, 0, &before, place);
        let mix = mixed(&all, &chord_weights(&figures)[0], None);
        let chain = chain(&figures, 0, &before);
        assert!(mix.iter().zip(&chain).all(|(mix, chain)| (mix - chain).abs() < 1e-12), "{mix:?} {chain:?}");
    }

    #[test]
    fn a_close_is_told_from_a_bar_like_it() {
        let figures = chart_figures(&pieces(), &Options::default());
        let code = |text: &str| figures.chord_code(text.parse().expect("a chord")).expect(text);
        let tonic = |close| {
            let place = ChartPlace { close, ..ChartPlace::new(8, 4, 28, 32, Role::Chorus, true) };
            let all = opinions(&figures, 0, &[code("5:"), code("0:")], place);
            mixed(&all, &chord_weights(&figures)[situation(place.codes())], Some(code("5:")))
                [usize::from(code("0:"))]
        };
        assert!(
            tonic(Close::Piece) > tonic(Close::Nothing),
            "{} {}",
            tonic(Close::Piece),
            tonic(Close::Nothing)
        );
    }

    #[test]
    fn what_closes_and_what_the_section_is_are_counted() {
        let figures = chart_figures(&pieces(), &Options::default());
        let tonic = figures.chord_code("0:".parse().expect("a chord")).expect("a code");
        let close = |close: Close| figures.chord_close.count(&[0, close as u16 * 3 + 1], tonic);
        assert_eq!((close(Close::Piece), close(Close::Section)), (12, 12));
        // Each song's first section opens on the tonic, and so does its second, the chorus.
        let opens = |role: Role| figures.chord_role.total(&[0, role as u16 * 4 + 2]);
        assert_eq!((opens(Role::First), opens(Role::Chorus), opens(Role::Bridge)), (12, 12, 0));
        assert_eq!(figures.chord_before.count(&[0, START], figures.chords.len() as u16), 0);
    }
}
