//! The library used to harmonise: reads tunes and writes them as an ABC tunebook with chord symbols of a style.
//!
//! The chords are the most likely ones under the style's figures (Viterbi's algorithm over spans of chords, the "hidden
//! semi-Markov model" of Ferguson 1980): which chord follows which, which stand where in phrase and section, how long
//! they hold, and how the tune's notes lie over them. Each span starts on a downbeat or at half a bar. Chords that the
//! tunes have already are left out. The same tunes and figures give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use tunesmith::format;
use tunesmith::music::{Bar, Chart, ChordChange, Form, LeadSheet, Melody, Meter, Section};
use tunesmith::style::{self, Figures, Table};
use tunesmith::viewpoint::{self, PhrasePlace, RelativeChord, START, chord_tone, length, meter, place};

/// Put chords under tunes.
#[derive(Parser, Debug)]
struct Options {
    /// Sheets in any format that is read.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The style whose figures say what chords do.
    #[arg(long, default_value = "folk")]
    style: String,
    /// Only the tunes that this ABC file has, by its `T:` lines; of several settings of one title the first.
    #[arg(long)]
    titles: Option<PathBuf>,
    /// A line about the book, written into each tune (`S:`).
    #[arg(long, default_value = "")]
    source: String,
    /// What the notes weigh against the habits of chords.
    #[arg(long, default_value_t = 0.8)]
    notes: f64,
    /// Instead of tunes, write how often the chords found agree with those that the sheets have.
    #[arg(long)]
    compare: bool,
}

/// The most bars that a chord holds.
const MOST_BARS: usize = 4;
/// What the last chord loses by not being the tonic, as a logarithm.
const AWAY_FROM_HOME: f64 = 5.0;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<String, String> {
    let figures = style::load(&options.style).map_err(|error| error.to_string())?.figures;
    let wanted = options.titles.as_deref().map(titles_of).transpose()?;
    let mut taken = BTreeSet::new();
    let mut book =
        "%abc-2.1\n% Traditional tunes; their chords are our own harmonisation. See SOURCES.md.\n\n"
            .to_string();
    let (mut agreed, mut compared) = (0.0, 0.0);
    for path in &options.files {
        let fail = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let bytes = std::fs::read(path).map_err(|error| fail(&error))?;
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let format = format::by_extension(extension).ok_or_else(|| fail(&"not a format that is read"))?;
        let fields = fields_by_title(&String::from_utf8_lossy(&bytes));
        for sheet in format.read(&bytes).map_err(|error| fail(&error))?.sheets {
            let title = tidy_title(sheet.title());
            let name = plain(&title);
            if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&name)) || !taken.insert(name) {
                continue;
            }
            let given = sheet.clone();
            let sheet = in_common_time(sheet).map_err(|error| fail(&error))?;
            let Some(sheet) = harmonised(sheet, &figures, options.notes) else { continue };
            if options.compare {
                let (same, all) = agreement(&given, &sheet);
                (agreed, compared) = (agreed + same, compared + all);
            } else {
                let own = fields.get(&plain(given.title())).cloned().unwrap_or_default();
                book += &tune(taken.len(), &title, &sheet, &own, &options.source)?;
            }
        }
    }
    if options.compare {
        return Ok(format!("the same root for {:.3} of the time\n", agreed / f64::max(compared, 1.0)));
    }
    Ok(book.trim_end().to_string() + "\n")
}

/// A tune of the book as text; `number` is its `X:`.
fn tune(
    number: usize,
    title: &str,
    sheet: &LeadSheet,
    fields: &[String],
    source: &str,
) -> Result<String, String> {
    let abc = format::by_extension("abc").ok_or("ABC is not written")?;
    let written = abc.write(sheet).map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&written.bytes).into_owned();
    // The writer gives X: and T:; the rest of the header follows.
    let rest = text.lines().skip(2).collect::<Vec<_>>().join("\n");
    let mut head = vec![format!("X:{number}"), format!("T:{title}")];
    head.extend(fields.iter().cloned());
    head.extend((!source.is_empty()).then(|| format!("S:{source}")));
    head.push("N:Chords: our own harmonisation".to_string());
    Ok(format!("{}\n{rest}\n\n", head.join("\n")))
}

/// The kind of tune and the transcriber that a file says of each title, as fields to write; addresses left out.
fn fields_by_title(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for tune in text.split("\nX:") {
        let field = |name: &str| {
            let line = tune.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim().trim_matches('"').to_string()
        };
        let title = plain(&field("T:"));
        let (rhythm, credit) = (field("R:").to_lowercase(), credit(&field("Z:")));
        let lines = [("R:", rhythm), ("Z:", credit)].into_iter().filter(|(_, text)| !text.is_empty());
        let lines: Vec<String> = lines.map(|(name, text)| format!("{name}{text}")).collect();
        all.entry(title).or_insert(lines);
    }
    all
}

/// Who transcribed a tune, without dates and addresses; an address that stands for the name leaves the name in it. Empty
/// where the text is about something else.
fn credit(text: &str) -> String {
    let is_address = |word: &&str| {
        word.contains(['@', '<', '>', ':'])
            || word.contains("http")
            || word.starts_with(|c: char| c.is_ascii_digit())
    };
    let words = text.split_whitespace().filter(|word| !is_address(word));
    let mut credit = words.collect::<Vec<_>>().join(" ").trim_end_matches([',', ' ', '-', '(']).to_string();
    if credit.ends_with(" by") {
        let name = text.split_whitespace().find_map(|word| word.split_once('@')).map_or("", |(name, _)| name);
        credit = format!("{credit} {}", name.replace('.', " "));
    }
    let lower = credit.to_lowercase();
    let names = ["transcribed", "contributed", "by "].iter().any(|start| lower.starts_with(start));
    if names || lower.split(' ').count() <= 3 { credit.trim().to_string() } else { String::new() }
}

/// A title as it is printed in a book of songs: not all in capitals, without the kind of tune behind a dash.
fn tidy_title(title: &str) -> String {
    let title = title.split(" -- ").next().unwrap_or(title).trim();
    let title = title.trim_end_matches("- Jig").trim_end_matches("- Reel").trim_end_matches(['.', ' ']);
    if title.chars().any(char::is_lowercase) {
        return title.to_string();
    }
    let small = ["a", "an", "and", "at", "by", "for", "in", "of", "o'", "on", "or", "the", "to", "with"];
    let words = title.split_whitespace().enumerate().map(|(index, word)| {
        let lower = word.to_lowercase();
        if index > 0 && small.contains(&lower.as_str()) {
            return lower;
        }
        let mut up = true;
        lower
            .chars()
            .map(|letter| {
                let shown = if up { letter.to_ascii_uppercase() } else { letter };
                up = !letter.is_alphanumeric() && letter != '\'' && letter != '\u{2019}';
                shown
            })
            .collect()
    });
    words.collect::<Vec<String>>().join(" ")
}

/// What is compared of a title: letters and figures in lower case.
fn plain(title: &str) -> String {
    title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn titles_of(path: &Path) -> Result<BTreeSet<String>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.lines().filter_map(|line| line.strip_prefix("T:")).map(plain).collect())
}

/// The same tune in 4/4 if it is written in 2/2: reels are printed both ways and played the same.
fn in_common_time(sheet: LeadSheet) -> Result<LeadSheet, String> {
    let (header, mut form, chart, melody) = sheet.into_parts();
    for bar in form.bars.iter_mut().filter(|bar| (bar.meter.beats(), bar.meter.unit()) == (2, 2)) {
        bar.meter = Meter::COMMON;
    }
    LeadSheet::new(header, form, chart, melody).map_err(|error| error.to_string())
}

/// The share of the time in which two sheets' chords have the same root, as (time that agrees, time compared), in ticks.
fn agreement(given: &LeadSheet, found: &LeadSheet) -> (f64, f64) {
    let root = |sheet: &LeadSheet, at| {
        let before = sheet.chart().changes.partition_point(|change| change.at <= at);
        let change = before.checked_sub(1).and_then(|index| sheet.chart().changes.get(index))?;
        RelativeChord::new(&change.chord, given.key()).root
    };
    let half = viewpoint::place::TICK * 6;
    let halves = given.form().end().ticks() / half.ticks();
    let roots = (0..halves).map(|index| (root(given, half * index), root(found, half * index)));
    let roots: Vec<_> = roots.filter(|(given, _)| given.is_some()).collect();
    (roots.iter().filter(|(given, found)| given == found).count() as f64, roots.len() as f64)
}

/// The sheet with chords and with its repeated parts lettered; `None` if it has no bar that chords can stand on.
fn harmonised(sheet: LeadSheet, figures: &Figures, weight: f64) -> Option<LeadSheet> {
    let (header, mut form, _, melody) = sheet.into_parts();
    form.sections = parts(&form);
    let slots = slots(&form, &melody);
    let harmony = Harmony::new(figures, &header.key, &slots, weight);
    let spans = harmony.best()?;
    let changes = spans.into_iter().filter_map(|(slot, chord)| {
        Some(ChordChange { at: slots.get(slot)?.at, chord: chord.symbol(header.key) })
    });
    let mut changes: Vec<ChordChange> = changes.collect();
    changes.dedup_by(|later, earlier| later.chord == earlier.chord);
    LeadSheet::new(header, form, Chart { changes }, melody).ok()
}

/// The parts between repeat signs, lettered; none where nothing is repeated.
fn parts(form: &Form) -> Vec<Section> {
    let mut starts = vec![0];
    for (index, two) in form.bars.windows(2).enumerate() {
        let (here, next): (&Bar, &Bar) = (&two[0], &two[1]);
        if next.repeat_start || (here.repeat_end.is_some() && next.ending.is_none()) {
            starts.push(index + 1);
        }
    }
    if form.bars.iter().all(|bar| bar.repeat_end.is_none()) {
        return Vec::new();
    }
    let letters = ('A'..='Z').map(|letter| letter.to_string());
    letters.zip(starts).map(|(label, first_bar)| Section { label, first_bar }).collect()
}

/// A place where a chord may start.
struct Slot {
    at: tunesmith::music::Duration,
    /// In the meter's units: where in the bar, and how long to the next slot.
    beat: u16,
    units: u16,
    meter: Meter,
    phrase: PhrasePlace,
    /// Whether a part starts here.
    opens: bool,
    /// The notes that start before the next slot: pitch, strength, length class.
    notes: Vec<(i32, u16, u16)>,
}

/// Downbeats, and the middles of bars that have one.
fn slots(form: &Form, melody: &Melody) -> Vec<Slot> {
    let mut slots = Vec::new();
    let first_bars: Vec<usize> = if form.sections.is_empty() {
        (0..form.bars.len()).step_by(8).collect()
    } else {
        form.sections.iter().map(|section| section.first_bar).collect()
    };
    for (index, (bar, start)) in form.bars.iter().zip(form.bar_starts()).enumerate() {
        let section = first_bars.partition_point(|&first| first <= index).saturating_sub(1);
        let first = first_bars.get(section).copied().unwrap_or_default();
        let end = first_bars.get(section + 1).copied().unwrap_or(form.bars.len());
        let phrase = PhrasePlace::new(index - first, end - first);
        let unit = bar.meter.unit_length();
        let units = (bar.length.ticks() / unit.ticks()).max(1);
        let whole = units == i64::from(bar.meter.beats());
        let middle = if whole && bar.meter.pulses().len().is_multiple_of(2) { units / 2 } else { units };
        for (from, to) in [(0, middle), (middle, units)] {
            if to <= from {
                continue;
            }
            let (at, last) = (start + unit * from, to == units);
            let stop = if last { start + bar.length } else { start + unit * to };
            let sounding = melody.notes.iter().filter(|note| note.onset >= at && note.onset < stop);
            let notes = sounding.map(|note| {
                let strength = place::strength(bar.meter, note.onset - start);
                (note.pitch.midi(), strength, length::class(place::ticks(note.duration)))
            });
            slots.push(Slot {
                at,
                beat: from as u16,
                units: (to - from) as u16,
                meter: bar.meter,
                phrase,
                opens: from == 0 && first == index,
                notes: notes.collect(),
            });
        }
    }
    slots
}

/// The search for the best chords.
struct Harmony<'a> {
    figures: &'a Figures,
    mode: u16,
    chords: Vec<RelativeChord>,
    codes: Vec<u16>,
    slots: &'a [Slot],
    /// For each chord the weighed logarithm of how likely the notes before each slot are over it.
    notes: Vec<Vec<f64>>,
}

impl<'a> Harmony<'a> {
    fn new(figures: &'a Figures, key: &tunesmith::music::Key, slots: &'a [Slot], weight: f64) -> Harmony<'a> {
        let plain = |chord: &RelativeChord| {
            chord.bass.is_none() && chord.root.is_some() && ["", "m", "7"].contains(&chord.quality.symbol())
        };
        let mode = viewpoint::mode_code(key.mode);
        let known = figures.chords.iter().enumerate().filter(|(_, chord)| plain(chord));
        let known = known.filter(|&(code, _)| figures.chord.count(&[mode], code as u16) > 0);
        let (codes, chords): (Vec<u16>, Vec<RelativeChord>) =
            known.map(|(code, chord)| (code as u16, *chord)).unzip();
        let tonic = key.tonic.pitch_class();
        let over = |chord: &RelativeChord| {
            let family = chord_tone::family_code(chord.quality.family());
            let root = (chord.root.unwrap_or_default() + tonic) % 12;
            let mut sum = 0.0;
            let mut sums = vec![sum];
            for slot in slots {
                for &(pitch, strength, long) in &slot.notes {
                    let contexts: [&[u16]; 3] = [&[family], &[family, strength], &[family, strength, long]];
                    let tone = chord_tone::code(pitch, root);
                    sum += weight
                        * libm::log(mixed(1.0 / 12.0, &figures.chord_tone, figures.unit, &contexts, tone));
                }
                sums.push(sum);
            }
            sums
        };
        let notes = chords.iter().map(over).collect();
        Harmony { figures, mode, chords, codes, slots, notes }
    }

    /// Where each chord starts, by slot; `None` if there is nothing to harmonise.
    fn best(&self) -> Option<Vec<(usize, RelativeChord)>> {
        let (slots, chords) = (self.slots.len(), self.chords.len());
        // Best score of all that ends before a slot, by last chord and the chord before (or `chords` for none).
        let states = chords * (chords + 1);
        let mut scores = vec![vec![f64::NEG_INFINITY; states]; slots + 1];
        let mut from: Vec<Vec<(usize, usize)>> = vec![vec![(0, usize::MAX); states]; slots + 1];
        for start in 0..slots {
            let spans: Vec<(usize, f64)> = self.spans(start);
            let mut into = vec![(f64::NEG_INFINITY, usize::MAX); states];
            for chord in 0..chords {
                if start == 0 {
                    into[chord * (chords + 1) + chords] =
                        (self.arrival(start, chord, None, None), usize::MAX);
                }
                for state in (0..states).filter(|&state| scores[start][state] > f64::NEG_INFINITY) {
                    let (last, before) = (state / (chords + 1), state % (chords + 1));
                    if last == chord && !self.slots[start].opens {
                        continue;
                    }
                    let before = (before < chords).then_some(before);
                    let score = scores[start][state] + self.arrival(start, chord, Some(last), before);
                    let to = chord * (chords + 1) + last;
                    if score > into[to].0 {
                        into[to] = (score, state);
                    }
                }
            }
            for (state, &(score, came)) in into.iter().enumerate().filter(|(_, (score, _))| score.is_finite())
            {
                let sums = &self.notes[state / (chords + 1)];
                for &(end, span) in &spans {
                    let score = score + span + sums[end] - sums[start];
                    if score > scores[end][state] {
                        scores[end][state] = score;
                        from[end][state] = (start, came);
                    }
                }
            }
        }
        let home = |state: usize| {
            if self.chords[state / (chords + 1)].root == Some(0) { 0.0 } else { AWAY_FROM_HOME }
        };
        let finals = (0..states).map(|state| (scores[slots][state] - home(state), state));
        let (score, mut state) = finals.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        let mut found = Vec::new();
        let mut end = slots;
        while score.is_finite() && end > 0 && state < states {
            let (start, came) = from[end][state];
            found.push((start, self.chords[state / (chords + 1)]));
            (end, state) = (start, came);
        }
        found.reverse();
        Some(found).filter(|found| !found.is_empty())
    }

    /// The logarithm of how likely a chord is after the last two and at its place.
    fn arrival(&self, slot: usize, chord: usize, last: Option<usize>, before: Option<usize>) -> f64 {
        let slot = &self.slots[slot];
        let count = self.figures.chords.len() as f64;
        let code = |index: Option<usize>| index.map_or(START, |index| self.codes[index]);
        let (last, before) = if slot.opens { (START, code(last)) } else { (code(last), code(before)) };
        let mode = self.mode;
        let symbol = self.codes[chord];
        let (table, unit) = (&self.figures.chord, self.figures.unit);
        let after = mixed(1.0 / count, table, unit, &[&[mode], &[mode, last]], symbol);
        let longer = mixed(after, table, unit, &[&[mode, last, before]], symbol);
        let place = [mode, slot.phrase.chord_code(slot.beat == 0), last];
        let placed = mixed(after, &self.figures.chord_place, unit, &[&place], symbol);
        libm::log(longer) + libm::log(placed / after)
    }

    /// The slots at which a chord that starts at a slot may end, with the logarithm of how likely.
    fn spans(&self, start: usize) -> Vec<(usize, f64)> {
        let slot = &self.slots[start];
        let context = meter::code(slot.meter);
        let class = slot.phrase.class();
        let contexts: [&[u16]; 3] = [&[context], &[context, slot.beat], &[context, slot.beat, class]];
        let longest = usize::from(slot.meter.beats()) * MOST_BARS;
        let (table, unit) = (&self.figures.chord_span, self.figures.unit);
        let mut found = Vec::new();
        let mut units = 0;
        for (end, slot) in self.slots.iter().enumerate().skip(start) {
            // A chord is written again where a part starts.
            if (end > start && slot.opens) || units + usize::from(slot.units) > longest {
                break;
            }
            units += usize::from(slot.units);
            let law = mixed(1.0 / longest as f64, table, unit, &contexts, units as u16);
            found.push((end + 1, libm::log(law)));
        }
        found
    }
}

/// The probability of a symbol from counts under ever longer contexts, mixed by the method of Witten and Bell (1991);
/// `base` is its probability before any evidence.
fn mixed(base: f64, table: &Table, unit: u32, contexts: &[&[u16]], symbol: u16) -> f64 {
    contexts.iter().map(|context| table.row(context)).fold(base, |law, row| {
        let total: f64 = row.iter().map(|entry| f64::from(entry.count)).sum();
        let kinds = row.len() as f64 * f64::from(unit);
        let found = row.binary_search_by_key(&symbol, |entry| entry.symbol);
        let seen = found.ok().and_then(|at| row.get(at)).map_or(0.0, |entry| f64::from(entry.count));
        if total > 0.0 { (seen + kinds * law) / (total + kinds) } else { law }
    })
}
