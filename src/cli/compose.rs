//! `compose`: from a request to lead sheets.

use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::compose::rhythm_law::knows_meter;
use crate::compose::written::Written;
use crate::compose::{Composer, Draft, Prepared, Request, Take, rhythm_source};
use crate::constraint::{Constraint, Keep, read_list};
use crate::format::{Format, text::TextChart};
use crate::music::{Duration, Key, LeadSheet, Meter};
use crate::style::{self, Style};

use super::refusal::refused;
use super::show::plan_lines;
use super::{Failure, Terminal, files};

/// Compose lead sheets in a style.
///
/// Say what you have - a form, a key, chords, notes - and the rest is drawn from the style around it. Without -o the
/// sheet is shown as text.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tunesmith compose --style beatles -o song.musicxml
  tunesmith compose --form AABA --key Eb -c 'bars 7-8: cadence half' -c 'ends on 1'
  tunesmith compose --form A12 -c 'bar 1: chord C7' -c 'bar 1.1: note E4' --seed 7
  tunesmith compose --style songbook --takes 5 -o takes/
  tunesmith compose --from verse.musicxml --keep melody -o harmonised.musicxml
  tunesmith compose --from song.musicxml --keep 'bars 1-8' --keep 'bars 9-16 chords'
  tunesmith compose --from verse.musicxml --keep melody --likeliest --takes 3 -o harmonised/

The constraints are described in docs/constraints.md. The same style, request and --seed give the same sheet.")]
pub struct Args {
    /// The style, or a folder that holds one, or a mix: 'beatles*0.7+songbook*0.3'; `tunesmith styles` lists them
    #[arg(short, long, value_name = "NAME", default_value = "beatles", help_heading = "What to write")]
    style: String,

    /// The form: letters are sections (AABA), with bars if you like (A8 A8 B4 A8); equal letters are equal music, A'
    /// varies A, and A8(1,2) has a first and a second ending
    #[arg(short, long, help_heading = "What to write")]
    form: Option<String>,

    /// How many bars in all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512), help_heading = "What to write")]
    bars: Option<u16>,

    /// The key: 'Eb major', 'F# minor', Dm, C
    #[arg(short, long, help_heading = "What to write")]
    key: Option<Key>,

    /// The meter: 4/4, 3/4, 6/8 ...
    #[arg(short, long, help_heading = "What to write")]
    meter: Option<Meter>,

    /// Beats a minute, as the meter is felt: quarters in 4/4, halves in 2/2, dotted quarters in 6/8
    #[arg(short, long, value_name = "BPM", value_parser = clap::value_parser!(u16).range(20..=400), help_heading = "What to write")]
    tempo: Option<u16>,

    /// The title
    #[arg(long, help_heading = "What to write")]
    title: Option<String>,

    /// Beats before bar 1, counted as the meter's lower figure; 0 for none
    #[arg(long, value_name = "BEATS", help_heading = "What to write")]
    pickup: Option<Duration>,

    /// Start from a sheet, in any format that is read: its meter, key, pickup, bars and tempo hold
    #[arg(long, value_name = "SHEET", conflicts_with_all = ["form", "bars", "key", "meter", "pickup", "repeats"],
        help_heading = "What to write")]
    from: Option<PathBuf>,

    /// Which step of a session (.tune) to start from, as it counts them; else where it stands
    #[arg(long, value_name = "N", requires = "from", value_parser = clap::value_parser!(u32).range(1..), help_heading = "What to write")]
    step: Option<u32>,

    /// Which tune to start from, when the file holds several
    #[arg(long, value_name = "N", requires = "from", value_parser = clap::value_parser!(u32).range(1..), help_heading = "What to write")]
    tune: Option<u32>,

    /// With --from: what stays as it is. melody, chords, 'bars 1-8', 'bars 1-8 melody', 'section B chords'; may be
    /// given again and again. The rest is composed
    #[arg(long, value_name = "WHAT", requires = "from", help_heading = "What must hold")]
    keep: Vec<Keep>,

    /// Write equal sections that follow each other once, between repeat signs
    #[arg(long, help_heading = "Where it goes")]
    repeats: bool,

    /// Something that must hold, such as 'bar 4: chord Dm7'; may be given again and again
    #[arg(short, long = "constraint", value_name = "TEXT", help_heading = "What must hold")]
    constraints: Vec<Constraint>,

    /// A file of constraints, one a line
    #[arg(long = "constraints", value_name = "FILE", help_heading = "What must hold")]
    constraints_file: Option<PathBuf>,

    /// Draw without a repetition plan: nothing comes back but what is asked and sections of one name
    #[arg(long)]
    no_plan: bool,

    /// The likeliest instead of drawn ones, without a plan (as --no-plan): the likeliest chart that keeps what is asked and
    /// the likeliest melody over it; with --takes N the N likeliest, in falling order. Over a melody that is kept
    /// throughout, the likeliest of the 64 charts (--particles) that suit its notes best one by one. What is not said of
    /// the page (form, key, tempo ...) is drawn all the same. Nothing that varies, no 'rhythm as'
    #[arg(long, help_heading = "How it is drawn")]
    likeliest: bool,

    /// How wild: 1 is the style itself, 0.7 closer to what it does most, 1.4 wilder
    #[arg(long, value_name = "T", value_parser = temperature, help_heading = "How it is drawn")]
    temperature: Option<u16>,

    /// How many charts are weighed for a take without a plan, where something is asked of the melody [default: 8], or
    /// ranked with --likeliest over a melody that is kept [default: 64]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000), help_heading = "How it is drawn")]
    particles: Option<u16>,

    /// Where the draws start; drawn and told if left out
    #[arg(long, value_name = "N", help_heading = "How it is drawn")]
    seed: Option<u64>,

    /// How many different sheets
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000), help_heading = "How it is drawn")]
    takes: u32,

    /// The file to write (its name tells the format), `-` for standard output; with --takes a folder
    #[arg(short, long, value_name = "PATH", help_heading = "Where it goes")]
    output: Option<PathBuf>,

    /// The format of the files, where the path does not tell: musicxml, mxl, mid, abc, txt, json
    #[arg(long, value_name = "FORMAT", help_heading = "Where it goes")]
    format: Option<String>,

    /// Replace files that exist
    #[arg(long, help_heading = "Where it goes")]
    force: bool,

    /// Print a report of what was drawn, as JSON
    #[arg(long, help_heading = "Where it goes")]
    json: bool,
}

/// Where the takes go.
enum Target {
    /// Shown as text.
    Shown,
    /// One file, or standard output.
    File(PathBuf, &'static dyn Format),
    /// A folder that gets 01.musicxml, 02.musicxml …
    Folder(PathBuf, &'static dyn Format),
}

/// Composes and writes.
///
/// # Errors
/// No solution, with the conflict; or a style, constraint, form or file that will not do, before anything is written.
#[allow(clippy::disallowed_methods, reason = "the report tells how long things took; no note depends on it")]
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let target = target(args)?;
    let seed = args.seed.unwrap_or_else(fresh_seed);
    let begin = std::time::Instant::now();
    let style = load(&args.style)?;
    let request = request(args, seed, terminal)?;
    let rhythm = rhythm_source(&style, request.meter, terminal)?;
    let loaded = begin.elapsed();
    let begin = std::time::Instant::now();
    let rhythm_of = rhythm.as_ref().unwrap_or(&style);
    let refused = |refusal| refused(refusal, (&style, rhythm_of), &request, args.json, terminal);
    let with_defaults = request
        .with_defaults_of(&style)
        .map_err(|error| Failure::Usage(format!("the card of {}: {error}", style.name)))?;
    let composer = Composer::new(&style, rhythm_of);
    let prepared = match with_defaults.as_ref().map(|request| composer.prepare(request)) {
        Some(Ok(prepared)) => prepared,
        // What a style usually does yields to what is asked.
        _ => composer.prepare(&request).map_err(&refused)?,
    };
    let preparing = begin.elapsed();
    let mut takes = Vec::new();
    let mut times = Vec::new();
    let mut ranked = None;
    if args.likeliest {
        let begin = std::time::Instant::now();
        let likeliest = prepared.likeliest(args.takes as usize).map_err(&refused)?;
        times.push(milliseconds(begin.elapsed()));
        if let Some(remark) = likeliest.remark(args.takes as usize) {
            terminal.remark(&remark);
        }
        (takes, ranked) = (likeliest.takes, Some(likeliest.among));
    } else {
        for number in 0..u64::from(args.takes) {
            let begin = std::time::Instant::now();
            takes.push(prepared.take(number).map_err(&refused)?);
            times.push(milliseconds(begin.elapsed()));
        }
    }
    for (number, _) in (1..).zip(&takes).filter(|(_, take)| take.unvaried) {
        terminal.remark(&format!(
            "take {number}: what is asked leaves the primed sections no variation; they are as those without primes"
        ));
    }
    let pages: Vec<Written> = takes.iter().map(|take| prepared.written(take)).collect();
    let files = write(&takes, &pages, &target, args, terminal)?;
    if args.seed.is_none() {
        terminal.remark(&format!("seed {seed}"));
    }
    if args.json {
        let ms = json!({"load": milliseconds(loaded), "prepare": milliseconds(preparing), "takes": times});
        let report = report(&prepared, (&takes, ranked), &files, seed, ms, rhythm.as_ref());
        let text =
            serde_json::to_string_pretty(&report).map_err(|error| Failure::Usage(error.to_string()))?;
        terminal.result(text + "\n")?;
    }
    Ok(())
}

fn target(args: &Args) -> Result<Target, Failure> {
    let format = args.format.as_deref().map(files::format_named).transpose()?;
    let Some(path) = &args.output else {
        if let Some(format) = format.filter(|_| !args.json) {
            return Ok(Target::File(PathBuf::from("-"), format));
        }
        return Ok(Target::Shown);
    };
    if files::is_dash(path) {
        if args.json {
            return Err(Failure::Usage(
                "standard output holds either the sheet or the --json report: \
                                       give -o a file, or leave one out"
                    .into(),
            ));
        }
        if args.takes > 1 {
            return Err(Failure::Usage("several takes need a folder: -o takes/".into()));
        }
        let format = format.ok_or_else(|| {
            Failure::Usage(
                "say the format of standard output with --format, such as --format musicxml".into(),
            )
        })?;
        return Ok(Target::File(path.clone(), format));
    }
    let is_folder = path.is_dir() || path.as_os_str().to_string_lossy().ends_with(std::path::MAIN_SEPARATOR);
    if args.takes > 1 || is_folder {
        let format = format.map_or_else(|| files::format_named("musicxml"), Ok)?;
        for number in 1..=args.takes {
            files::refuse_existing(&take_path(path, number, format), args.force)?;
        }
        return Ok(Target::Folder(path.clone(), format));
    }
    let format = format.map_or_else(|| files::format_for(path), Ok)?;
    files::refuse_existing(path, args.force)?;
    Ok(Target::File(path.clone(), format))
}

fn take_path(folder: &Path, number: u32, format: &dyn Format) -> PathBuf {
    folder.join(format!("{number:02}.{}", format.extensions().first().unwrap_or(&"")))
}

fn load(name: &str) -> Result<Style, Failure> {
    style::load(name).map_err(|error| Failure::Usage(error.to_string()))
}

fn request(args: &Args, seed: u64, terminal: &Terminal) -> Result<Request, Failure> {
    let mut constraints = Vec::new();
    if let Some(path) = &args.constraints_file {
        let bytes = files::read_bytes(path)?;
        let name = files::named(path, "standard input");
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::Usage(format!("{name}: it is not text (UTF-8)")))?;
        constraints = read_list(&text).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
    }
    constraints.extend(args.constraints.iter().cloned());
    let request = Request {
        form: args.form.clone(),
        bars: args.bars.map(usize::from),
        key: args.key,
        meter: args.meter,
        tempo: args.tempo,
        pickup: args.pickup,
        title: args.title.clone(),
        constraints,
        no_plan: args.no_plan || args.likeliest,
        temperature: args.temperature,
        particles: args.particles.map(usize::from),
        draft: None,
        repeats: args.repeats,
        seed,
    };
    let Some(path) = &args.from else { return Ok(request) };
    let name = files::named(path, "standard input");
    let sheets = match args.step {
        Some(step) => vec![sheet_of_step(path, step)?],
        None => files::read_sheets(path, terminal)?,
    };
    if sheets.len() > 1 && args.tune.is_none() {
        return Err(Failure::Usage(format!(
            "{name} holds {} tunes; say which one to start from, such as --tune 1",
            sheets.len()
        )));
    }
    let chosen = super::convert::chosen(&sheets, args.tune)?;
    let Some((_, sheet)) = chosen.first() else {
        return Err(Failure::Usage(format!("{name}: there is no tune in it")));
    };
    let draft = Draft::new(sheet).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
    request.from_draft(draft, &args.keep).map_err(|error| Failure::Usage(format!("--keep {error}")))
}

/// The sheet of a step of a session.
///
/// # Errors
/// When it is no session, cannot be read, or has no such step.
pub(super) fn sheet_of_step(path: &Path, step: u32) -> Result<LeadSheet, Failure> {
    let name = files::named(path, "standard input");
    if !files::is_session(path) {
        return Err(Failure::Usage(format!("{name}: only a session (.tune) has steps; leave out --step")));
    }
    let (session, _) = files::read_session(path)?;
    let steps = session.history.steps();
    let found = (step as usize).checked_sub(1).and_then(|step| steps.get(step));
    let found =
        found.ok_or_else(|| Failure::Usage(format!("{name} has steps 1 to {}, not {step}", steps.len())))?;
    Ok(found.song.sheet.clone())
}

/// The style whose rhythm serves a meter that the chosen one never saw; that is told.
fn rhythm_source(style: &Style, meter: Option<Meter>, terminal: &Terminal) -> Result<Option<Style>, Failure> {
    let Some(meter) = meter.filter(|&meter| !knows_meter(&style.figures, meter)) else { return Ok(None) };
    let other = rhythm_source::rhythm_source(style, Some(meter));
    let other = other.map_err(|error| Failure::Usage(error.to_string()))?;
    terminal.remark(&match &other {
        Some(other) => format!("{} has no {meter}: its rhythm is that of {}", style.name, other.name),
        None => format!(
            "no style has {meter}: its rhythm is put together from the meters that {} has",
            style.name
        ),
    });
    Ok(other)
}

/// A temperature from 0.25 to 4, in per cent.
fn temperature(text: &str) -> Result<u16, String> {
    let per_cent = text.parse::<f64>().ok().map(|number| (number * 100.0).round());
    match per_cent {
        Some(per_cent) if (25.0..=400.0).contains(&per_cent) => Ok(per_cent as u16),
        _ => Err("a temperature is a number from 0.25 (closer to the style) to 4 (wilder)".to_string()),
    }
}

/// A seed short enough to type again.
pub(super) fn fresh_seed() -> u64 {
    std::hash::RandomState::new().build_hasher().finish() % 1_000_000
}

fn milliseconds(time: std::time::Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 100.0
}

fn write(
    takes: &[Take],
    pages: &[Written],
    target: &Target,
    args: &Args,
    terminal: &Terminal,
) -> Result<Vec<Option<String>>, Failure> {
    let written = |page: &Written, format: &dyn Format, name: &str| {
        page.remark.iter().for_each(|remark| terminal.remark(&format!("{name}: {remark}")));
        let writing =
            format.write(&page.sheet).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
        writing.remarks.iter().for_each(|remark| terminal.remark(&format!("{name}: {remark}")));
        Ok(writing.bytes)
    };
    match target {
        Target::Shown if args.json => Ok(vec![None; takes.len()]),
        Target::Shown => {
            for (index, (take, page)) in takes.iter().zip(pages).enumerate() {
                let between: &[u8] = if index == 0 { b"" } else { b"\n" };
                let text = written(page, &TextChart, "standard output")?;
                let mut plan = take.plan.as_ref().map(plan_lines).unwrap_or_default();
                if page.sheet.form().bars.len() < take.sheet.form().bars.len() {
                    plan = plan.replace("What comes back", "What comes back (bars as they are played)");
                }
                terminal.result([between, &text, plan.as_bytes()].concat())?;
            }
            Ok(vec![None; takes.len()])
        }
        Target::File(path, format) => {
            let mut names = Vec::new();
            for page in pages {
                let bytes = written(page, *format, &files::named(path, "standard output"))?;
                files::write(path, &bytes, args.force, terminal)?;
                names.push(Some(path.display().to_string()));
            }
            Ok(names)
        }
        Target::Folder(folder, format) => {
            // All is made before anything is written.
            let mut sheets = Vec::new();
            for (number, page) in (1..).zip(pages) {
                let path = take_path(folder, number, *format);
                let bytes = written(page, *format, &files::named(&path, ""))?;
                sheets.push((path, bytes));
            }
            std::fs::create_dir_all(folder).map_err(|error| {
                Failure::Usage(format!("cannot make the folder '{}': {error}", folder.display()))
            })?;
            for (path, bytes) in &sheets {
                files::write(path, bytes, args.force, terminal)?;
            }
            Ok(sheets.into_iter().map(|(path, _)| Some(path.display().to_string())).collect())
        }
    }
}

fn report(
    prepared: &Prepared<'_>,
    (takes, likeliest): (&[Take], Option<Option<usize>>),
    files: &[Option<String>],
    seed: u64,
    ms: serde_json::Value,
    rhythm: Option<&Style>,
) -> serde_json::Value {
    let page = &prepared.page;
    let takes_report = (1..).zip(takes).zip(files).map(|((rank, take), file)| {
        let constraints = prepared.request.constraints.iter().map(
            |constraint| json!({"text": constraint.to_string(), "holds": constraint.holds(&take.sheet, &page.frame)}),
        );
        json!({
            "file": file,
            "title": take.sheet.title(),
            "log_probability": take.log_probability,
            "plan": take.plan.as_ref().map(|plan| plan.lines()),
            "rank": likeliest.map(|_| rank),
            "drawn": match take.effective {
                _ if likeliest.is_some() => json!({"how": "likeliest", "among": likeliest.flatten()}),
                None if take.plan.is_some() => json!({"how": "planned"}),
                None => json!({"how": "exact"}),
                Some((effective, of)) => json!({"how": "weighted", "effective": effective, "of": of}),
            },
            "copied": take.copied,
            "unvaried": take.unvaried,
            "constraints": constraints.collect::<Vec<_>>(),
        })
    });
    json!({
        "seed": seed,
        "style": prepared.style.name,
        "rhythm_of": rhythm.map(|style| &style.name),
        "form": page.form(),
        "bars": page.frame.bars,
        "key": page.frame.key.to_string(),
        "meter": page.frame.meter.to_string(),
        "tempo": page.tempo.per_minute,
        "pickup": page.frame.pickup.as_quarters_f64(),
        "likeliest": likeliest.is_some(),
        "log_partition": (prepared.request.power() == 1.0 && likeliest.is_none())
            .then(|| prepared.log_partition(takes))
            .flatten(),
        "ms": ms,
        "takes": takes_report.collect::<Vec<_>>(),
    })
}
