//! A sheet to start from: the page it gives, and what of it is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::form_text::MOST_BARS;
use crate::constraint::{Constraint, ConstraintError, Frame, Keep, Kept, Span};
use crate::music::unfold::{PlayedBar, played_bars, unfolded};
use crate::music::{Chart, Duration, Feel, Form, LeadSheet, Melody, Meter, Tempo, Words};

/// A sheet to start from. Its bars are written out as they are played, and are the same where the sheet writes them once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// As it was read.
    sheet: LeadSheet,
    frame: Frame,
    /// For each bar of the frame which written one it is.
    written: Vec<usize>,
    /// The music on the frame.
    chart: Chart,
    melody: Melody,
    /// What is sung in the pickup and in each bar of the frame.
    words: (Words, Vec<Words>),
    /// How far the written bars lie before those of the frame: the length of a first bar that is a pickup.
    shift: Duration,
    /// Where the music ends, if that is before the last bar does.
    end: Duration,
}

/// Why a sheet cannot be started from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DraftError(String);

impl Draft {
    /// The draft that a sheet gives.
    ///
    /// # Errors
    /// When its meter or key changes, a bar is shorter or longer than its meter says and does not make a full one with
    /// its neighbours, or it is too long; the bar is named.
    pub fn new(sheet: &LeadSheet) -> Result<Draft, DraftError> {
        let played = played_bars(sheet.form());
        let music = unfolded(sheet);
        let fail = |reason: String| Err(DraftError(reason));
        let (meter, key) =
            (usual_meter(sheet.form()), sheet.bar_keys().first().copied().unwrap_or(sheet.key()));
        if played.is_empty() || music.form().bars.len() != played.len() {
            return fail("its repeats cannot be written out".to_string());
        }
        for (number, (bar, own)) in (1..).zip(sheet.form().bars.iter().zip(sheet.bar_keys())) {
            let way = "a sheet to start from has one throughout; leave those bars out of it";
            // MIDI has no other way to write a pickup or a last bar without its end.
            let at_edge = number == 1 || number == sheet.form().bars.len();
            if bar.meter != meter && !(at_edge && bar.length < meter.bar_length()) {
                return fail(format!("bar {number}: the meter changes from {meter} to {}: {way}", bar.meter));
            }
            if own != key {
                return fail(format!("bar {number}: the key changes from {key} to {own}: {way}"));
            }
        }
        let (groups, shift) = full_bars(&played, meter, music.form().pickup).map_err(DraftError)?;
        let bars = groups.len();
        if bars > MOST_BARS {
            return fail(format!("it has {bars} bars, written out; {MOST_BARS} are the most"));
        }
        let mut known: BTreeMap<Vec<(usize, bool)>, usize> = BTreeMap::new();
        let written: Vec<usize> = groups
            .iter()
            .map(|group| {
                let parts = played[group.clone()].iter().map(|bar| (bar.bar, bar.pickup_follows));
                let next = known.len();
                *known.entry(parts.collect()).or_insert(next)
            })
            .collect();
        let pickup = music.form().pickup + shift;
        let sections = sections(sheet.form(), music.form(), &played, &groups);
        let words = words(&music, &groups);
        let (_, form, mut chart, mut melody) = music.into_parts();
        chart.changes.iter_mut().for_each(|change| change.at -= shift);
        melody.notes.iter_mut().for_each(|note| note.onset -= shift);
        let end = form.end() - shift;
        let frame = Frame { key, meter, pickup, bars, sections };
        Ok(Draft { sheet: sheet.clone(), frame, written, chart, melody, words, shift, end })
    }

    /// The page: key, meter, pickup, bars and sections, written out in full.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// For each bar of the page which written one it is: bars of one number are the same.
    pub fn written(&self) -> &[usize] {
        &self.written
    }

    /// What is sung in the pickup, and in each bar of the page.
    pub fn words(&self) -> (&Words, &[Words]) {
        (&self.words.0, &self.words.1)
    }

    /// The sheet as it was read.
    pub fn sheet(&self) -> &LeadSheet {
        &self.sheet
    }

    /// How far the written bars lie before those of the page.
    pub fn shift(&self) -> Duration {
        self.shift
    }

    /// The title.
    pub fn title(&self) -> &str {
        self.sheet.title()
    }

    /// The tempo, if one is written.
    pub fn tempo(&self) -> Option<Tempo> {
        self.sheet.header().tempo
    }

    /// The feel.
    pub fn feel(&self) -> Feel {
        self.sheet.header().feel
    }

    /// A range as wide as the one given, or wider, about the notes of the sheet; the given one if there are none.
    pub fn range_about(&self, (low, high): (i32, i32)) -> (i32, i32) {
        let pitches = || self.melody.notes.iter().map(|note| note.pitch.midi());
        let (Some(lowest), Some(highest)) = (pitches().min(), pitches().max()) else { return (low, high) };
        let centre = (lowest + highest) / 2;
        let half = (high - low) / 2;
        (lowest.min(centre - half).max(0), highest.max(centre + half).min(127))
    }

    /// What is kept, as one thing that is asked. Of a bar that is written once and played again the same is kept each
    /// time.
    ///
    /// # Errors
    /// When the sheet does not have the place.
    pub fn kept(&self, keep: &Keep) -> Result<Constraint, ConstraintError> {
        let line = |bar: usize| self.frame.meter.bar_length() * bar as i64;
        let mut bars: BTreeSet<usize> = BTreeSet::new();
        let mut spans: Vec<Span> = Vec::new();
        for (from, to) in self.frame.spans(&keep.place)? {
            if from < Duration::ZERO {
                spans.push((from, Duration::ZERO));
            }
            let named = (0..self.frame.bars).filter(|&bar| line(bar) < to && line(bar + 1) > from);
            bars.extend(named);
        }
        let ids: BTreeSet<usize> = bars.iter().map(|&bar| self.written[bar]).collect();
        for bar in (0..self.frame.bars).filter(|&bar| ids.contains(&self.written[bar])) {
            match spans.last_mut() {
                Some(last) if last.1 == line(bar) => last.1 = line(bar + 1),
                _ => spans.push((line(bar), line(bar + 1))),
            }
        }
        Ok(Constraint::Kept(Kept::new(keep, spans, &self.chart, &self.melody, &self.seams())))
    }

    /// That the last bar is as short as the sheet has it, if it is.
    pub fn short_last_bar(&self) -> Option<Constraint> {
        let end = self.frame.end();
        (self.end < end).then(|| Constraint::Kept(Kept::short_last_bar((self.end, end))))
    }

    /// The bar lines between bars that also meet other bars elsewhere.
    fn seams(&self) -> Vec<Duration> {
        let bars = &self.written;
        let before = |bar: usize| bar.checked_sub(1).map(|before| bars[before]);
        let mixed = |bar: usize| {
            let own = (0..bars.len()).filter(|&other| bars[other] == bars[bar]);
            let earlier = bar.checked_sub(1).map(|earlier| bars[earlier]);
            let mut of_earlier = (0..bars.len()).filter(|&other| Some(bars[other]) == earlier);
            { own }.any(|other| before(other) != earlier)
                || of_earlier.any(|other| bars.get(other + 1) != Some(&bars[bar]))
        };
        let seams = (0..bars.len()).filter(|&bar| mixed(bar));
        seams.map(|bar| self.frame.meter.bar_length() * bar as i64).collect()
    }
}

/// The meter of a form; that of its second bar where the first is shorter.
fn usual_meter(form: &Form) -> Meter {
    let second = form.bars.get(1).filter(|second| form.bars[0].length < second.length);
    second.or(form.bars.first()).map_or(Meter::COMMON, |bar| bar.meter)
}

/// Played bars put together to full ones, and how long a first one is that is a pickup.
fn full_bars(
    played: &[PlayedBar],
    meter: Meter,
    pickup: Duration,
) -> Result<(Vec<Range<usize>>, Duration), String> {
    let full = meter.bar_length();
    let opens = |bar: &PlayedBar| pickup == Duration::ZERO && bar.length < full;
    let shift = played.first().filter(|_| played.len() > 1).filter(|bar| opens(bar));
    // A first bar that is short and made whole by the next is one written in two.
    let shift = shift.filter(|first| played[1].length + first.length != full);
    let mut groups: Vec<Range<usize>> = Vec::with_capacity(played.len());
    let mut first = usize::from(shift.is_some());
    while first < played.len() {
        let (mut end, mut length) = (first, Duration::ZERO);
        while end < played.len() && length < full {
            length += played[end].length;
            end += 1;
        }
        if length > full || (length < full && groups.is_empty()) {
            let beats = |length: Duration| {
                format!("{} beats", length.ticks() as f64 / meter.unit_length().ticks() as f64)
            };
            return Err(format!(
                "bar {} has {} and not the {} of {meter}, nor has it with those behind; write it as full bars",
                played[first].bar + 1,
                beats(played[first].length),
                meter.beats()
            ));
        }
        groups.push(first..end);
        first = end;
    }
    Ok((groups, shift.map_or(Duration::ZERO, |bar| bar.length)))
}

/// The words of the pickup, and those on full bars; of bars that are put together each on its own notes.
fn words(music: &LeadSheet, groups: &[Range<usize>]) -> (Words, Vec<Words>) {
    let (form, starts) = (music.form(), music.form().bar_starts());
    let notes = |from: Duration, to: Duration| music.melody().starting_in(from, to).len();
    let in_one = |bars: Range<usize>, before: Words, from: Duration| {
        let own = form.bars[bars.clone()].iter().zip(&starts[bars]);
        own.fold(before, |words, (bar, start)| words.followed_by(&bar.words, notes(from, *start)))
    };
    let first = groups.first().map_or(0, |group| group.start);
    let pickup = in_one(0..first, form.pickup_words.clone(), -form.pickup);
    let bars = groups.iter().map(|group| {
        let (head, rest) = (form.bars[group.start].words.clone(), group.start + 1..group.end);
        in_one(rest, head, starts[group.start])
    });
    (pickup, bars.collect())
}

/// The sections on full bars: those that are written, or one from each repeat to the next, lettered.
fn sections(
    form: &Form,
    music: &Form,
    played: &[PlayedBar],
    groups: &[Range<usize>],
) -> Vec<(String, Range<usize>)> {
    let mut starts: Vec<(String, usize)> = Vec::new();
    let mut open = |label: String, index: usize| {
        let bar = groups.iter().position(|group| group.end > index).unwrap_or(0);
        if starts.last().is_none_or(|last| last.1 < bar) {
            starts.push((label, bar));
        }
    };
    if form.sections.is_empty() {
        let is_ending = |bar: usize| form.bars.get(bar).is_some_and(|bar| bar.ending.is_some());
        let ends = |bar: usize| form.bars.get(bar).is_some_and(|bar| bar.repeat_end.is_some());
        let begins = |bar: usize| {
            bar == 0
                || form.bars.get(bar).is_some_and(|bar| bar.repeat_start)
                || (!is_ending(bar) && (is_ending(bar - 1) || ends(bar - 1)))
        };
        let mut letters: Vec<usize> = Vec::new();
        for (index, bar) in played.iter().enumerate() {
            if begins(bar.bar) {
                let known = letters.iter().position(|&letter| letter == bar.bar);
                let letter = known.unwrap_or(letters.len());
                if known.is_none() {
                    letters.push(bar.bar);
                }
                open(letter_of(letter), index);
            }
        }
    } else {
        if music.sections.first().is_none_or(|first| first.first_bar > 0) {
            open("Intro".to_string(), 0);
        }
        music.sections.iter().for_each(|section| open(section.label.clone(), section.first_bar));
    }
    let ends: Vec<usize> = starts.iter().skip(1).map(|start| start.1).chain([groups.len()]).collect();
    starts.into_iter().zip(ends).map(|((label, first), end)| (label, first..end)).collect()
}

/// The letter of a number from 0: A to Z, then `Part 27` and so on.
fn letter_of(number: usize) -> String {
    match u8::try_from(number) {
        Ok(letter) if letter < 26 => char::from(b'A' + letter).to_string(),
        _ => format!("Part {}", number + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, abc::Abc};

    fn abc(body: &str) -> LeadSheet {
        let text = format!("X:1\nT:Draft\nM:4/4\nL:1/4\nQ:1/4=90\nK:G\n{body}\n");
        Abc.read(text.as_bytes()).expect("a tune").sheets.remove(0)
    }

    fn draft(body: &str) -> Draft {
        Draft::new(&abc(body)).expect(body)
    }

    fn form(draft: &Draft) -> String {
        super::super::form_text::print_form(&draft.frame.sections, &[])
    }

    fn bars(places: &[Duration]) -> Vec<i64> {
        places.iter().map(|place| place.div_floor(Duration::WHOLE)).collect()
    }

    #[test]
    fn words_stand_on_the_bars_of_the_page() {
        // Twice through, with a last bar that the pickup completes; then bars that are written in two.
        for (body, expected) in [
            (
                "|: GABc | d4 :| e4 |]\nw: one two | three | four",
                "| one two | three | one two | three | four",
            ),
            (
                "D | GABc | dcB :|\nw: Oh | one * two | three",
                "Oh | one * two | three * * Oh | one * two | three",
            ),
            (
                "GABc | d2 |: c2 | GABc | d2 :| c2 |]\nw: one | two | three | four | five | six",
                "| one | two three | four | five three | four | five six",
            ),
            (
                "GABc | d2 || c2 :| e4 |]\nw: one | two | three | four",
                "| one | two three | one | two three | four",
            ),
        ] {
            let draft = draft(body);
            let (pickup, bars) = draft.words();
            assert_eq!(
                crate::music::words::in_a_row(std::iter::once(pickup).chain(bars)),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn a_page_is_written_out_and_remembers_what_was_written_once() {
        let draft = draft("|: GABc | d4 :| e4 | g4 |]");
        assert_eq!((draft.frame.bars, draft.frame.pickup), (6, Duration::ZERO));
        assert_eq!((draft.frame.key.to_string(), draft.frame.meter), ("G major".into(), Meter::COMMON));
        assert_eq!(draft.written, [0, 1, 0, 1, 2, 3]);
        assert_eq!(form(&draft), "A2 A2 B2");
        assert_eq!(bars(&draft.seams()), [0, 2, 4]);
    }

    #[test]
    fn endings_are_seams_and_no_sections() {
        let draft = draft("|: GABc | d4 |1 e4 :|2 g4 |]");
        assert_eq!(draft.written, [0, 1, 2, 0, 1, 3]);
        assert_eq!(form(&draft), "A3 A3");
        assert_eq!(bars(&draft.seams()), [0, 2, 3, 5]);
    }

    #[test]
    fn labels_are_sections() {
        assert_eq!(form(&draft("P:A\nG4|G4|\nP:B\nG4|\nP:A\nG4|]")), "A2 B1 A1");
        assert_eq!(form(&draft("G4|G4|\nP:B\nG4|]")), "Intro2 B1");
    }

    #[test]
    fn a_pickup_and_the_bar_that_it_shortens() {
        let draft = draft("D | GABc | d3 |]");
        assert_eq!((draft.frame.pickup, draft.frame.bars), (Duration::QUARTER, 2));
        let short = draft.short_last_bar().expect("it is short").to_string();
        assert_eq!(short, "kept: the length of the last bar");
        assert_eq!(self::draft("D | GABc | d4 |]").short_last_bar(), None);
        assert!(self::draft("D | GABc |\nM:3/4\nd3 |]").short_last_bar().is_some(), "as MIDI has it");
    }

    #[test]
    fn a_bar_that_is_written_in_two_is_one() {
        let draft = draft("D |: GABc | d3 :| D | GABc | d3 |]");
        assert_eq!(draft.frame.bars, 6, "{:?}", draft.written);
        assert_eq!(draft.frame.pickup, Duration::QUARTER);
    }

    #[test]
    fn what_a_page_cannot_be_is_told_by_its_bar() {
        for (body, says) in [
            ("G4 | G4 |\nM:3/4\nG3 | G3 |]", "bar 3: the meter changes from 4/4 to 3/4"),
            ("G4 | G4 |\nM:5/4\nG5 |]", "bar 3: the meter changes from 4/4 to 5/4"),
            ("G4 |\nK:D\nG4 |]", "bar 2: the key changes from G major to D major"),
            ("G4 | G2 | G4 | G4 |]", "bar 2 has 2 beats and not the 4 of 4/4"),
        ] {
            let error = Draft::new(&abc(body)).expect_err(body).to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn what_the_sheet_lacks_cannot_be_kept() {
        let draft = draft("P:A\nG4|G4|]");
        for (keep, says) in [("bars 2-3", "the form has 2 bars"), ("section B melody", "has the sections A")]
        {
            let error = draft.kept(&keep.parse().expect(keep)).expect_err(keep).to_string();
            assert!(error.contains(says), "{error}");
        }
        assert_eq!(
            draft.kept(&"bars 1-2 melody".parse().expect("bars")).expect("it has").to_string(),
            "kept: bars 1-2 melody"
        );
    }

    #[test]
    fn the_range_goes_with_the_notes() {
        let draft = draft("G,,4 | A,,4 |]");
        let (low, high) = draft.range_about((60, 76));
        assert!(low <= 43 && high - low >= 15 && high < 60, "{low} {high}");
        assert_eq!(self::draft("z4 |]").range_about((60, 76)), (60, 76));
    }
}
