//! `evaluate`: how near composed sheets come to the songs of their style.

use serde_json::{Value, json};

use crate::compose::Request;
use crate::evaluate::held_out::{LAWS, Spent, What, held_out};
use crate::evaluate::{Comparison, Row, compare, compose_sheets};
use crate::music::{LeadSheet, Meter};
use crate::portrait::{Portrait, Portrayed};
use crate::style::keys::Keys;
use crate::style::{
    self, Corpus, CorpusSheet, Fold, Options, Place, Source, Style, portrait_of_sheets, portray,
};

use super::{Failure, Terminal};

/// Measure how near composed sheets come to the songs of their style.
///
/// Sheets are composed and measured on excerpts of eight bars that start where phrases start: chord tones, rhythms that
/// return, phrase ends, range and more, beside what the style's songs do and what a plain chain of order 3 does. Each
/// figure is defined in docs/evaluation.md.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("songs").multiple(true)))]
#[command(after_help = "Examples:
  tunesmith evaluate --style songbook
  tunesmith evaluate --style mine --against my-songs/ --meter 3/4
  tunesmith evaluate --style beatles sketches/*.musicxml

A style learned with `learn --fold 0/5` has not seen a fifth of the songs; measure it against those:
  tunesmith evaluate --style mine --against my-songs/ --fold 0/5")]
pub struct Args {
    /// The style, or a folder that holds one
    #[arg(short, long, value_name = "NAME", default_value = "beatles")]
    style: String,

    /// Measure these sheets and folders instead of composing
    #[arg(value_name = "FILES")]
    files: Vec<Place>,

    /// Compare with these sheets instead of the songs the style was learned from; may be repeated
    #[arg(long, value_name = "PATH", group = "songs")]
    against: Vec<Place>,

    /// Instead of composing, say in bits how well the songs of --against, --chords and --melody are foretold by each
    /// other: those of a fold (--fold, or each of five) by all others
    #[arg(long, requires = "songs", conflicts_with = "files")]
    bits: bool,

    /// With --bits: of these songs only the chords; may be repeated
    #[arg(long, value_name = "PATH", requires = "bits", group = "songs")]
    chords: Vec<Place>,

    /// With --bits: of these songs only the melody; may be repeated
    #[arg(long, value_name = "PATH", requires = "bits", group = "songs")]
    melody: Vec<Place>,

    /// With --bits: learn only what at least this many songs do, as the style was learned
    #[arg(long, value_name = "N", default_value_t = 1, requires = "bits",
        value_parser = clap::value_parser!(u16).range(1..=1000))]
    min_pieces: u16,

    /// Of --against, take only part K of N of the songs, by title
    #[arg(long, value_name = "K/N", requires = "songs")]
    fold: Option<Fold>,

    /// How many sheets to compose
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    sheets: u64,

    /// Bars of each
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(8..=512))]
    bars: u16,

    /// The seed of the first sheet; the next take the next
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// The meter (the style's commonest otherwise); sheets in others are left out
    #[arg(short, long, value_name = "METER")]
    meter: Option<Meter>,

    /// Write JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// Parts of which one after the other is held out.
const FOLDS: u64 = 5;

/// Composes or reads, measures, and prints the table.
///
/// # Errors
/// When the style or a path cannot be read, or nothing can be measured.
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    if args.bits {
        return bits(args, terminal);
    }
    let given = read(&sources(&args.files, true, true), None, terminal)?;
    let against = read(&sources(&args.against, true, true), args.fold, terminal)?;
    // Sheets that are held against sheets need no style.
    let needs_style = given.is_none() || against.is_none();
    let load = || style::load(&args.style).map_err(|error| Failure::Usage(error.to_string()));
    let style = needs_style.then(load).transpose()?;
    let portraits = match against {
        None => style.as_ref().map(|style| style.figures.portraits.clone()).unwrap_or_default(),
        Some(songs) => {
            let bar = terminal.progress(songs.len(), "measuring");
            let (portraits, report) = portray(songs.into_iter(), &Options::default(), &mut |done, _| {
                bar.set_position(done as u64);
            });
            bar.finish_and_clear();
            for (title, why) in &report.skipped {
                terminal.detail(&format!("'{title}' was left out: {why}"));
            }
            portraits
        }
    };
    let commonest = portraits.first().map(|portrayed| portrayed.corpus.meter);
    let usual = style.as_ref().and_then(Style::usual_meter).or(commonest);
    let meter = args.meter.or(usual).unwrap_or(Meter::COMMON);
    let of_meter = portraits.iter().find(|portrayed| portrayed.corpus.meter == meter);
    if of_meter.is_none() {
        terminal.remark(&missing(&portraits, meter));
    }
    // What was composed is in the key it says; what is read is taken as songs to learn from are.
    let (sheets, keys) = match (given, &style) {
        (None, Some(style)) => (composed(args, style, meter, false, terminal), Keys::Given),
        (given, _) => (given.into_iter().flatten().map(|song| song.sheet).collect(), Keys::Checked),
    };
    let (portrait, unusable) = portrait_of_sheets(&sheets, meter, keys);
    if unusable > 0 {
        terminal.remark(&format!("{unusable} sheets cannot be measured: too short, or of mixed meters"));
    }
    if portrait.tunes == 0 && portrait.charts == 0 {
        return Err(Failure::Usage(format!(
            "nothing can be measured: no sheet has eight full bars of {meter} with melody or chords in a row; \
             say another --meter"
        )));
    }
    let without_plan = style.as_ref().filter(|_| args.files.is_empty()).map(|style| {
        let sheets = composed(args, style, meter, true, terminal);
        portrait_of_sheets(&sheets, meter, Keys::Given).0
    });
    let rows = compare(&Comparison {
        composed: &portrait,
        corpus: of_meter.map(|portrayed| &portrayed.corpus),
        no_plan: without_plan.as_ref(),
        plain_chain: of_meter.map(|portrayed| &portrayed.plain_chain),
    });
    terminal.result(match args.json {
        true => format!("{:#}\n", report(style.as_ref(), &portrait, of_meter, &rows)),
        false => table(&portrait, of_meter, &rows),
    })
}

/// Files and folders of which so much is read.
fn sources(places: &[Place], chords: bool, melody: bool) -> Vec<Source> {
    places.iter().map(|place| Source { place: place.clone(), chords, melody }).collect()
}

/// The sheets of files and folders; `None` if none are named.
fn read(
    sources: &[Source],
    fold: Option<Fold>,
    terminal: &Terminal,
) -> Result<Option<Vec<CorpusSheet>>, Failure> {
    if sources.is_empty() {
        return Ok(None);
    }
    let mut corpus = Corpus::open(sources).map_err(|error| Failure::Usage(error.to_string()))?;
    let wanted = |song: &CorpusSheet| fold.is_none_or(|fold| fold.has(song.sheet.title(), &song.file));
    let songs: Vec<CorpusSheet> = corpus.by_ref().filter(wanted).collect();
    for (path, why) in &corpus.unreadable {
        terminal.remark(&format!("{}: {why}", path.display()));
    }
    for (path, remark) in &corpus.remarks {
        terminal.detail(&format!("{}: {remark}", path.display()));
    }
    let named = || sources.iter().map(|source| format!("'{}'", source.place)).collect::<Vec<_>>().join(", ");
    match songs.is_empty() {
        true => Err(Failure::Usage(format!("{}: there is no sheet to measure", named()))),
        false => Ok(Some(songs)),
    }
}

/// Prints what the songs cost that each fold's others foretell.
fn bits(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let mut all = sources(&args.against, true, true);
    all.extend(sources(&args.chords, true, false));
    all.extend(sources(&args.melody, false, true));
    let songs = read(&all, None, terminal)?.unwrap_or_default();
    let folds = args.fold.map_or_else(|| Fold::all(FOLDS), |fold| vec![fold]);
    let options = Options { min_pieces: args.min_pieces, ..Options::default() };
    let bar = terminal.progress(folds.len(), "learning and foretelling");
    let spent = held_out(&songs, &folds, &options, &mut |done| bar.set_position(done as u64));
    bar.finish_and_clear();
    let rows = || What::ALL.iter().zip(&spent);
    terminal.result(match args.json {
        true => {
            let of_law = |what: &What, law: &str, spent: &Spent| {
                json!({
                    "what": what.title(), "law": law,
                    "events": spent.events, "bits_per_event": spent.per_event(),
                })
            };
            let row = |(what, spent): (&What, &[Spent; LAWS.len()])| -> Vec<Value> {
                LAWS.iter().zip(spent).map(|(law, spent)| of_law(what, law, spent)).collect()
            };
            format!("{:#}\n", Value::from(rows().flat_map(row).collect::<Vec<_>>()))
        }
        false => {
            let mut text = format!("{:18} {:>9}", "bits each", "events");
            LAWS.iter().for_each(|law| text += &format!(" {law:>9}"));
            let mut line = |title: &str, events: f64, bits: [f64; LAWS.len()]| {
                text += &format!("\n{title:18} {events:>9.0}");
                bits.iter().for_each(|bits| text += &format!(" {bits:>9.3}"));
            };
            let mut a_note = [0.0; LAWS.len()];
            for (what, spent) in rows() {
                let (events, bits) = (spent[0].events, spent.map(Spent::per_event));
                line(what.title(), events, bits);
                if what.is_melody() {
                    a_note.iter_mut().zip(bits).for_each(|(sum, bits)| *sum += bits);
                }
                if *what == What::Length {
                    line("a note in all", events, a_note);
                }
            }
            text + "\n"
        }
    })
}

fn composed(args: &Args, style: &Style, meter: Meter, no_plan: bool, terminal: &Terminal) -> Vec<LeadSheet> {
    let request = Request {
        bars: Some(usize::from(args.bars)),
        meter: Some(meter),
        seed: args.seed,
        no_plan,
        ..Request::default()
    };
    let bar = terminal.progress(args.sheets as usize, "composing");
    let composed = compose_sheets(style, &request, args.sheets, &|| bar.inc(1));
    bar.finish_and_clear();
    if let Some((seed, why)) = composed.refused.first() {
        terminal.remark(&format!("{} seeds gave no sheet; seed {seed}: {why}", composed.refused.len()));
    }
    composed.sheets
}

fn missing(portraits: &[Portrayed], meter: Meter) -> String {
    let meters: Vec<String> = portraits.iter().map(|portrayed| portrayed.corpus.meter.to_string()).collect();
    match meters.is_empty() {
        true => {
            "the style does not say what its songs do: learn it anew, or name songs with --against".into()
        }
        false => format!("no corpus figures for {meter}; there are some for {}", meters.join(", ")),
    }
}

fn report(style: Option<&Style>, portrait: &Portrait, of_meter: Option<&Portrayed>, rows: &[Row]) -> Value {
    let counts = |portrait: &Portrait| {
        json!({
            "melodies": portrait.tunes,
            "charts": portrait.charts,
            "excerpts": portrait.excerpts,
            "lengths": portrait.lengths.iter()
                .map(|(ticks, share)| json!([f64::from(*ticks) / 12.0, share.value()])).collect::<Vec<_>>(),
            "intervals": portrait.intervals.iter()
                .map(|(step, share)| json!([step, share.value()])).collect::<Vec<_>>(),
        })
    };
    let figures = rows.iter().map(|row| {
        json!({
            "figure": row.key,
            "composed": row.composed,
            "composed_error": row.composed_error,
            "corpus": row.corpus,
            "corpus_error": row.corpus_error,
            "difference": row.difference(),
            "within": row.is_within(),
            "no_plan": row.no_plan,
            "plain_chain": row.plain_chain,
        })
    });
    json!({
        "style": style.map(|style| &style.name),
        "meter": portrait.meter.to_string(),
        "composed": counts(portrait),
        "corpus": of_meter.map(|portrayed| counts(&portrayed.corpus)),
        "figures": figures.collect::<Vec<_>>(),
    })
}

fn table(portrait: &Portrait, of_meter: Option<&Portrayed>, rows: &[Row]) -> String {
    let number = |value: Option<f64>| value.map_or("-".to_string(), |value| format!("{value:.3}"));
    let signed = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:+.3}"));
    let said = |within: Option<bool>| within.map_or("", |within| if within { "yes" } else { "NO" });
    let wide = rows.iter().map(|row| row.title.chars().count()).max().unwrap_or_default();
    let sets = |portrait: &Portrait| {
        format!("{} melodies ({} excerpts), {} charts", portrait.tunes, portrait.excerpts, portrait.charts)
    };
    let mut text = format!("{} composed: {}\n", portrait.meter, sets(portrait));
    if let Some(portrayed) = of_meter {
        text += &format!("{} corpus: {}\n", portrait.meter, sets(&portrayed.corpus));
    }
    text += &format!(
        "\n{:wide$} {:>9} {:>9} {:>9} {:>7} {:>9} {:>9}\n",
        "", "composed", "corpus", "diff", "within", "no plan", "chain"
    );
    for row in rows {
        let line = format!(
            "{:wide$} {:>9} {:>9} {:>9} {:>7} {:>9} {:>9}",
            row.title,
            number(row.composed),
            number(row.corpus),
            signed(row.difference()),
            said(row.is_within()),
            number(row.no_plan),
            number(row.plain_chain)
        );
        text += line.trim_end();
        text.push('\n');
    }
    text
}
