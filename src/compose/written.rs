//! A take as it goes on the page: what is played several times written once, between repeat signs.

use super::chart_lattice::MOMENT;
use super::page::Page;
use super::prepare::Prepared;
use super::take::Take;
use crate::constraint::Frame;
use crate::music::lead_sheet::Header;
use crate::music::unfold::{PlayedBar, played_bars, unfolded};
use crate::music::{Bar, Chart, ChordChange, Duration, Form, LeadSheet, Melody, Note, Section};

/// The most times that a passage is written to be played.
const MOST_TIMES: usize = 32;

/// A sheet as it goes on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The sheet.
    pub sheet: LeadSheet,
    /// What could not be written as it was wished.
    pub remark: Option<String>,
}

impl Prepared<'_> {
    /// A take as it goes on the page: with the repeats of the sheet that the request starts from, the endings that
    /// its form asks for, and repeat signs where it wants them; otherwise written out in full. Played it is the take; only
    /// a chord that is held may be written again.
    pub fn written(&self, take: &Take) -> Written {
        let plain = || Written { sheet: take.sheet.clone(), remark: None };
        let Some(draft) = &self.request.draft else {
            if self.page.endings.is_empty() && !self.request.repeats {
                return plain();
            }
            let form = repeat_signs(&take.sheet, &self.page, self.request.repeats);
            return match folded(&take.sheet, &form) {
                Some(sheet) => Written { sheet, remark: None },
                None => {
                    Written { remark: Some(in_full("what repeats is not the same each time")), ..plain() }
                }
            };
        };
        let (_, _, chart, melody) = take.sheet.clone().into_parts();
        let (_, form, _, _) = draft.sheet().clone().into_parts();
        let mut header: Header = draft.sheet().header().clone();
        header.title = take.sheet.title().to_string();
        header.tempo = take.sheet.header().tempo;
        let (chart, melody) = moved(chart, melody, draft.shift());
        if let Some(sheet) = fold(&header, &form, (&chart, &melody), Some(draft.sheet())) {
            return Written { sheet, remark: None };
        }
        let in_full_bars = unfolded(draft.sheet()).form().clone();
        match LeadSheet::new(header, in_full_bars, chart, melody) {
            Ok(sheet) => {
                Written { sheet, remark: Some(in_full("what the sheet repeats is not the same each time")) }
            }
            Err(_) => Written { remark: Some(in_full("it does not fit the bars of the sheet")), ..plain() },
        }
    }
}

fn in_full(why: &str) -> String {
    format!("written out in full: {why}")
}

/// Music moved to later by so much.
fn moved(mut chart: Chart, mut melody: Melody, by: Duration) -> (Chart, Melody) {
    chart.changes.iter_mut().for_each(|change| change.at += by);
    melody.notes.iter_mut().for_each(|note| note.onset += by);
    (chart, melody)
}

/// The sheet in a form that is played as it: its music on the bars where that is written. `None` if no sheet in this
/// form is played so.
pub fn folded(sheet: &LeadSheet, form: &Form) -> Option<LeadSheet> {
    fold(sheet.header(), form, (sheet.chart(), sheet.melody()), None)
}

/// Music written in a form that is played as it, where chords are said again as in another sheet of that form; `None` if
/// there is none.
fn fold(
    header: &Header,
    form: &Form,
    (chart, melody): (&Chart, &Melody),
    like: Option<&LeadSheet>,
) -> Option<LeadSheet> {
    let played = played_bars(form);
    let starts = form.bar_starts();
    let (mut written_chart, mut written_melody) = (Chart::default(), Melody::default());
    let pickup = -form.pickup;
    written_chart.changes.extend_from_slice(chart.written_in(pickup, Duration::ZERO));
    written_melody.notes.extend_from_slice(melody.starting_in(pickup, Duration::ZERO));
    for (number, (bar, &start)) in form.bars.iter().zip(&starts).enumerate() {
        let plays: Vec<&PlayedBar> = played.iter().filter(|played| played.bar == number).collect();
        // A bar that is never played stays as it was.
        let Some(first) = plays.first() else {
            let (from, to) = (start, start + bar.length);
            written_chart
                .changes
                .extend_from_slice(like.map_or(&[], |like| like.chart().written_in(from, to)));
            written_melody
                .notes
                .extend_from_slice(like.map_or(&[], |like| like.melody().starting_in(from, to)));
            continue;
        };
        let (from, to) = (first.start, first.start + bar.length);
        // Where the music comes from elsewhere, the page says which chord is held; unless it says so already, and that
        // was enough for the sheet to start from.
        let leaps = played.iter().position(|other| other.start == from).is_some_and(|index| {
            index
                .checked_sub(1)
                .and_then(|before| played.get(before))
                .is_some_and(|before| before.bar + 1 != number)
        });
        let mut changes = chart.written_in(from, to);
        if let Some(held) = chart.sounding_at(from).filter(|_| leaps) {
            changes = chart.written_in(from + MOMENT, to);
            let is_said = written_chart.changes.last().is_some_and(|last| last.chord == *held);
            let was_enough =
                like.is_some_and(|like| like.chart().written_in(start, start + MOMENT).is_empty());
            if !is_said || !was_enough {
                written_chart.changes.push(ChordChange { at: start, chord: held.clone() });
            }
        }
        written_chart.changes.extend(
            changes
                .iter()
                .map(|change| ChordChange { at: change.at - from + start, chord: change.chord.clone() }),
        );
        for (index, note) in melody.starting_in(from, to).iter().enumerate() {
            // Held on as far as it ever is: where the music goes on elsewhere it ends by itself.
            let lengths = plays.iter().filter_map(|play| {
                let notes = melody.starting_in(play.start, play.start + bar.length);
                notes.get(index).filter(|other| other.onset - play.start == note.onset - from)
            });
            let duration = lengths.map(|note| note.duration).max().unwrap_or(note.duration);
            written_melody.notes.push(Note { onset: note.onset - from + start, duration, pitch: note.pitch });
        }
    }
    let sheet = LeadSheet::new(header.clone(), form.clone(), written_chart, written_melody).ok()?;
    let again = unfolded(&sheet);
    (sounding(again.chart()) == sounding(chart) && again.melody() == melody).then_some(sheet)
}

/// The changes that change something: not those that write a chord again.
fn sounding(chart: &Chart) -> Vec<&ChordChange> {
    let mut changes: Vec<&ChordChange> = Vec::with_capacity(chart.changes.len());
    for change in &chart.changes {
        if changes.last().is_none_or(|last| last.chord != change.chord) {
            changes.push(change);
        }
    }
    changes
}

/// The form of a page with its endings, and, if asked, with repeat signs where sections that follow each other have the
/// same music.
pub fn repeat_signs(sheet: &LeadSheet, page: &Page, repeats: bool) -> Form {
    let frame = &page.frame;
    let mut form = Form { pickup: frame.pickup, ..Form::default() };
    let mut index = 0;
    while index < frame.sections.len() {
        if let Some((endings, 0)) = page.endings_of(index) {
            let first = form.bars.len();
            let length = frame.sections[index].1.len();
            write_section(&mut form, frame, index);
            form.bars[first].repeat_start = true;
            form.bars.truncate(first + length - endings.bars);
            for pass in 1..=endings.passes {
                let mut bar = Bar::full(frame.meter);
                bar.ending = Some(vec![pass as u8]);
                form.bars.extend(vec![bar; endings.bars]);
                if pass < endings.passes {
                    let last = form.bars.len() - 1;
                    form.bars[last].repeat_end = Some(2);
                }
            }
            index += endings.passes;
            continue;
        }
        let (length, times) = if repeats { block(sheet, page, index) } else { (1, 1) };
        let first = form.bars.len();
        (index..index + length).for_each(|section| write_section(&mut form, frame, section));
        if times > 1 {
            let last = form.bars.len() - 1;
            form.bars[first].repeat_start = true;
            form.bars[last].repeat_end = Some(times as u8);
        }
        index += length * times;
    }
    form
}

fn write_section(form: &mut Form, frame: &Frame, section: usize) {
    let (label, bars) = &frame.sections[section];
    form.sections.push(Section { label: label.clone(), first_bar: form.bars.len() });
    form.bars.extend(vec![Bar::full(frame.meter); bars.len()]);
}

/// How many sections from one on are played several times in a row, and how often: those that save most bars, the
/// fewest of them.
fn block(sheet: &LeadSheet, page: &Page, first: usize) -> (usize, usize) {
    let sections = &page.frame.sections;
    let plain = (first..sections.len()).take_while(|&section| page.endings_of(section).is_none()).count();
    let mut best = (0, (1, 1));
    for length in 1..=plain / 2 {
        let again = |time: &usize| {
            (0..length).all(|part| same(sheet, &page.frame, first + part, first + time * length + part))
        };
        let times = 1 + (1..(plain / length).min(MOST_TIMES)).take_while(again).count();
        let bars = sections[first + length - 1].1.end - sections[first].1.start;
        let saved = bars * (times - 1);
        if saved > best.0 {
            best = (saved, (length, times));
        }
    }
    best.1
}

/// Whether two sections have one name and the same music.
fn same(sheet: &LeadSheet, frame: &Frame, one: usize, other: usize) -> bool {
    let (one, other) = (&frame.sections[one], &frame.sections[other]);
    if one.0 != other.0 || one.1.len() != other.1.len() {
        return false;
    }
    let (from, to) = (frame.bar_line(one.1.start), frame.bar_line(one.1.end));
    let shift = frame.bar_line(other.1.start) - from;
    let notes = sheet.melody().starting_in(from, to).iter();
    let notes = notes.map(|note| Note { onset: note.onset + shift, ..*note });
    let chords = sheet.chart().written_in(from, to).iter();
    let chords = chords.map(|change| ChordChange { at: change.at + shift, chord: change.chord.clone() });
    notes.eq(sheet.melody().starting_in(from + shift, to + shift).iter().copied())
        && chords.eq(sheet.chart().written_in(from + shift, to + shift).iter().cloned())
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::Rng;

    use super::super::form_text::{lay_out, read_form};
    use super::*;
    use crate::markov::draw::seeded;
    use crate::music::{ChordSymbol, Feel, Key, Meter, Tempo};

    fn page(form: &str) -> Page {
        let layout = lay_out(form, &read_form(form).expect(form), 8, None).expect(form);
        let (key, meter, pickup, bars) = (Key::C_MAJOR, Meter::COMMON, Duration::ZERO, layout.bars());
        let frame = Frame { key, meter, pickup, bars, sections: layout.sections };
        let (tempo, feel) = (Tempo::quarters(100), Feel::Straight);
        Page { frame, endings: layout.endings, written: None, primed: true, tempo, feel, range: (60, 72) }
    }

    /// A sheet on a page in which bars of one number are the same.
    fn sheet(page: &Page, bars: &[u32]) -> LeadSheet {
        let mut form = Form::default();
        (0..page.frame.sections.len()).for_each(|section| write_section(&mut form, &page.frame, section));
        let (mut chart, mut melody) = (Chart::default(), Melody::default());
        for (bar, &number) in bars.iter().enumerate() {
            let mut rng = seeded(u64::from(number));
            let at = page.frame.bar_line(bar);
            let chord = ["C", "Dm", "G7", "F"][rng.next_u32() as usize % 4];
            let chord: ChordSymbol = chord.parse().expect(chord);
            chart.changes.push(ChordChange { at, chord });
            for beat in 0..4 {
                let pitch = ["C4", "E4", "G4", "A4", "Bb4"][rng.next_u32() as usize % 5];
                let note = Note {
                    onset: at + Duration::QUARTER * beat,
                    duration: Duration::QUARTER,
                    pitch: pitch.parse().expect(pitch),
                };
                melody.notes.extend((rng.next_u32() & 3 > 0).then_some(note));
            }
        }
        LeadSheet::new(Header::new("", Key::C_MAJOR), form, chart, melody).expect("a sheet")
    }

    /// The bars of a form: `|` for a bar, with repeat signs and endings.
    fn drawn(form: &Form) -> String {
        let bar = |bar: &Bar| {
            let ending = bar.ending.as_ref().map(|passes| format!("[{}", passes[0])).unwrap_or_default();
            let start = if bar.repeat_start { "|:" } else { "" };
            let end = bar.repeat_end.map(|times| format!(":{times}")).unwrap_or_default();
            format!("{start}{ending}-{end}")
        };
        form.bars.iter().map(bar).collect::<Vec<_>>().join(" ")
    }

    fn folds(form: &str, bars: &[u32], repeats: bool) -> String {
        let page = page(form);
        let sheet = sheet(&page, bars);
        let written = repeat_signs(&sheet, &page, repeats);
        let folded = folded(&sheet, &written).expect("it can be folded");
        assert_eq!(unfolded(&folded), sheet, "{form}");
        drawn(&written)
    }

    #[test]
    fn sections_that_follow_each_other_are_repeated() {
        assert_eq!(folds("A1 A1 B1 A1", &[1, 1, 2, 1], true), "|:-:2 - -");
        assert_eq!(folds("A1 A1 B1 A1", &[1, 1, 2, 1], false), "- - - -");
        assert_eq!(folds("A1 B2 A1 B2 C1 B2", &[1, 2, 3, 1, 2, 3, 4, 2, 3], true), "|:- - -:2 - - -");
        assert_eq!(folds("A2 A2 A2", &[1, 2, 1, 2, 1, 2], true), "|:- -:3");
        assert_eq!(folds("A1 A1 B1 B1", &[1, 1, 2, 2], true), "|:-:2 |:-:2");
        assert_eq!(folds("A1 A1", &[1, 2], true), "- -", "equal names with other music");
    }

    #[test]
    fn endings_are_written_where_the_form_asks_for_them() {
        assert_eq!(folds("A3(1,2) B1", &[1, 2, 3, 1, 2, 4, 5], false), "|:- - [1-:2 [2- -");
        assert_eq!(
            folds("A3(1,2,3:2)", &[1, 2, 3, 1, 4, 5, 1, 6, 7], false),
            "|:- [1- [1-:2 [2- [2-:2 [3- [3-"
        );
        assert_eq!(
            folds("B1 B1 A2(1,2) B1", &[9, 9, 1, 2, 1, 3, 9], true),
            "|:-:2 |:- [1-:2 [2- -",
            "beside repeats"
        );
        assert_eq!(folds("A2(1,2) A2(1,2)", &[1, 2, 1, 3, 1, 2, 1, 3], false), "|:- [1-:2 [2- |:- [1-:2 [2-");
    }

    #[test]
    fn a_chord_that_is_held_into_the_second_ending_is_written_there() {
        let page = page("A2(1,2)");
        let (header, form, mut chart, melody) = sheet(&page, &[1, 2, 1, 3]).into_parts();
        let chords = ["C", "G", "C"].iter().zip([0, 1, 2]);
        chart.changes = chords
            .map(|(chord, bar)| ChordChange {
                at: page.frame.bar_line(bar),
                chord: chord.parse().expect(chord),
            })
            .collect();
        let sheet = LeadSheet::new(header, form, chart, melody).expect("a sheet");
        let folded = folded(&sheet, &repeat_signs(&sheet, &page, false)).expect("it can be folded");
        let last = folded.chart().changes.last().expect("chords");
        assert_eq!((last.chord.to_string().as_str(), last.at), ("C", page.frame.bar_line(2)));
        let again = unfolded(&folded);
        assert_eq!(sounding(again.chart()), sounding(sheet.chart()));
    }

    #[test]
    fn what_is_not_the_same_is_not_folded() {
        let page = page("A3(1,2)");
        let sheet = sheet(&page, &[1, 2, 3, 1, 9, 4]);
        assert_eq!(folded(&sheet, &repeat_signs(&sheet, &page, false)), None);
    }

    #[test]
    fn any_take_with_any_repeats_folds_and_unfolds_to_itself() {
        let mut rng = seeded(7);
        let mut below = |most: u32| rng.next_u32() % most;
        for _ in 0..300 {
            let mut text = Vec::new();
            for _ in 0..=below(5) {
                let letter = char::from(b'A' + below(3) as u8);
                let bars = 2 + below(4);
                let endings = ["", "", "(1,2)", "(1,2,3)"][below(4) as usize];
                text.push(format!("{letter}{bars}{endings}"));
            }
            let text = text.join(" ");
            let page = page(&text);
            let graph = super::super::form_graph::FormGraph::new(&page, &Default::default());
            let equal = graph.relations().expect("letters alone").melody;
            let untied = Frame { sections: Vec::new(), ..page.frame.clone() };
            let roots = super::super::structure::roots(&untied, &equal);
            let bars: Vec<u32> = roots.into_iter().map(|root| root as u32).collect();
            for repeats in [false, true] {
                folds(&text, &bars, repeats);
            }
        }
    }
}
