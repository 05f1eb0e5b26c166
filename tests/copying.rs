//! Nothing composed shares more notes with one song than its limit, by a checker of its own: it reads the songs that come
//! with the program and lays every sheet beside every one of them, note by note.
//!
//! `TUNESMITH_CASES=1000 cargo test --release --test copying` composes more.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "common/chords.rs"]
mod chords;

use std::path::{Path, PathBuf};

use tunesmith::compose::{Request, prepare};
use tunesmith::evaluate::SongIndex;
use tunesmith::format::{Format, abc::Abc};
use tunesmith::music::{LeadSheet, unfold::unfolded};
use tunesmith::style::{self, Card, Corpus, Options, Source, Style, learn};

use chords::most_shared_chords;

/// The limit that holds if nothing is said.
const MOST: usize = 8;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)
}

/// The songs of a folder, written out in full.
fn songs(name: &str) -> Vec<LeadSheet> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| Abc.read(&std::fs::read(file).unwrap()).unwrap().sheets;
    files.iter().flat_map(read).map(|sheet| unfolded(&sheet)).collect()
}

/// A melody laid bare: its pitches, and its lengths from onset to onset and as they sound, all but the last.
struct Bare {
    pitches: Vec<i32>,
    lengths: [Vec<i64>; 2],
}

impl Bare {
    fn of(sheet: &LeadSheet) -> Bare {
        let notes = &sheet.melody().notes;
        let to_next = notes.windows(2).map(|two| (two[1].onset - two[0].onset).ticks());
        let sounding = notes.windows(2).map(|two| two[0].duration.ticks());
        Bare {
            pitches: notes.iter().map(|note| note.pitch.midi()).collect(),
            lengths: [to_next.collect(), sounding.collect()],
        }
    }
}

/// The most notes in a row that two melodies share: the same intervals, and lengths in the same proportions, however the
/// length of a note is taken. From each note of one and each of the other, as far as it goes.
fn longest_shared(one: &Bare, other: &Bare) -> usize {
    let mut longest = 0;
    for (own, others) in
        one.lengths.iter().flat_map(|own| other.lengths.iter().map(move |others| (own, others)))
    {
        for from in 0..one.pitches.len() {
            for at in 0..other.pitches.len() {
                let goes_on = |step: &usize| {
                    let (here, there) = (from + step, at + step);
                    here + 1 < one.pitches.len()
                        && there + 1 < other.pitches.len()
                        && one.pitches[here + 1] - one.pitches[here]
                            == other.pitches[there + 1] - other.pitches[there]
                        && own[here] * others[at] == others[there] * own[from]
                };
                longest = longest.max((0..).take_while(goes_on).count() + 1);
            }
        }
    }
    longest
}

#[test]
fn the_checker_knows_a_copy_in_any_key_and_tempo() {
    let all = songs("songs");
    let bare: Vec<Bare> = all.iter().map(Bare::of).collect();
    for (index, one) in bare.iter().enumerate().step_by(5) {
        let mut copy = Bare::of(&all[index]);
        copy.pitches.iter_mut().for_each(|pitch| *pitch += 5);
        copy.lengths.iter_mut().flatten().for_each(|length| *length *= 3);
        assert_eq!(longest_shared(&copy, one), one.pitches.len());
        // One note elsewhere in the middle, and the run is broken there.
        let middle = copy.pitches.len() / 2;
        copy.pitches[middle] += 1;
        let broken = longest_shared(&copy, one);
        assert!(broken >= middle && broken < one.pitches.len(), "{broken} of {}", one.pitches.len());
    }
}

/// A style learned from a folder of songs, and the songs.
fn learned(name: &str) -> (Style, Vec<LeadSheet>) {
    let place = folder(name).to_str().unwrap().parse().unwrap();
    let corpus = Corpus::open(&[Source { place, chords: true, melody: true }]).unwrap();
    let (figures, _) = learn(corpus, &Options::default(), &mut |_, _| ());
    let style = Style { name: name.into(), card: Card::new(name), figures, folder: None, parts: Vec::new() };
    (style, songs(name))
}

#[test]
fn composed_sheets_keep_their_limit() {
    let count: usize =
        std::env::var("TUNESMITH_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40);
    let styles = [
        learned("songs"),
        (style::load("chorale").unwrap(), songs("chorales")),
        (style::load("irish").unwrap(), songs("fiddle")),
    ];
    let mut at_the_limit = 0;
    for (number, (style, songs)) in styles.iter().enumerate() {
        let bare: Vec<Bare> = songs.iter().map(Bare::of).collect();
        let index = SongIndex::new(songs.iter().map(|song| (song, song.title()))).unwrap();
        for seed in (number..count).step_by(styles.len()) {
            let request = Request { bars: Some(16), seed: seed as u64, ..Request::default() };
            let take = prepare(style, style, &request).unwrap().take(0).unwrap();
            let own = Bare::of(&take.sheet);
            let longest = bare.iter().map(|song| longest_shared(&own, song)).max().unwrap();
            // Where nothing but a copy is found, the take says so.
            assert!(longest <= MOST || take.copied, "{}, seed {seed}: {longest} notes", style.name);
            at_the_limit += usize::from(longest == MOST);
            let passages = index.passages(&take.sheet.melody().notes, 2);
            let told = passages.iter().map(|passage| passage.notes.len()).max().unwrap_or(1);
            assert_eq!(told, longest, "what `explain` tells of {}, seed {seed}", style.name);
        }
    }
    assert!(at_the_limit > 0, "the limit is never reached, so nothing was tested");
}

#[test]
fn a_limit_too_low_for_figures_is_kept_where_the_songs_are_at_hand() {
    let low = Request {
        form: Some("A8".into()),
        constraints: vec!["copy <= 5 notes".parse().unwrap()],
        seed: 5,
        ..Request::default()
    };
    let (irish, folk) = (style::load("irish").unwrap(), style::load("folk").unwrap());
    let bare: Vec<Bare> = songs("fiddle").iter().map(Bare::of).collect();
    let prepared = prepare(&irish, &irish, &low).unwrap();
    for number in 0..3 {
        let take = prepared.take(number).unwrap();
        let own = Bare::of(&take.sheet);
        let longest = bare.iter().map(|song| longest_shared(&own, song)).max().unwrap();
        assert!(longest <= 5 && !take.copied, "{longest} notes");
    }
    let refused = prepare(&folk, &folk, &low).map(|_| ()).expect_err("folk has no songs at hand");
    assert!(refused.to_string().contains("copy <= 7 notes"), "{refused}");
}

#[test]
fn charts_keep_their_limit_by_songs_and_by_figures() {
    let count: usize =
        std::env::var("TUNESMITH_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40);
    // The songs of the first two are at hand; of the last the figures alone are known.
    let styles = [
        (style::load("irish").unwrap(), songs("fiddle"), 5..=8),
        (style::load("chorale").unwrap(), songs("chorales"), 3..=6),
        (learned("songs").0, songs("songs"), 4..=7),
    ];
    let mut at_the_limit = 0;
    for (number, (style, songs, limits)) in styles.iter().enumerate() {
        for seed in (number..count).step_by(styles.len()) {
            let most = limits.start() + seed / styles.len() % limits.clone().count();
            let limit = format!("copy <= {most} chords").parse().unwrap();
            let request = Request {
                form: Some("A8 B8 A8".to_string()),
                no_plan: seed % 2 == 0,
                constraints: vec![limit],
                seed: seed as u64,
                ..Request::default()
            };
            let take = prepare(style, style, &request).unwrap().take(0);
            let take = take.unwrap_or_else(|refusal| panic!("{}, seed {seed}: {refusal}", style.name));
            let shared = songs.iter().map(|song| most_shared_chords(take.sheet.chart(), song.chart()));
            let longest = shared.max().unwrap();
            assert!(longest <= most, "{}, seed {seed}: {longest} chords, not {most}", style.name);
            at_the_limit += usize::from(longest == most);
        }
    }
    assert!(at_the_limit > 0, "the limit is never reached, so nothing was tested");
}

#[test]
fn without_a_limit_charts_do_copy() {
    let (irish, songs) = (style::load("irish").unwrap(), songs("fiddle"));
    let longest = (0..10).map(|seed| {
        let request = Request { form: Some("A8 B8 A8".to_string()), seed, ..Request::default() };
        let take = prepare(&irish, &irish, &request).unwrap().take(0).unwrap();
        songs.iter().map(|song| most_shared_chords(take.sheet.chart(), song.chart())).max().unwrap()
    });
    assert!(longest.max().unwrap() > 8);
}

#[test]
fn chords_that_are_asked_for_are_no_copy() {
    let (irish, songs) = (style::load("irish").unwrap(), songs("fiddle"));
    // The first chords of a song, which is no style of its own.
    let runs = songs.iter().filter_map(|song| {
        let names: Vec<String> = song.chart().changes.iter().map(|change| change.chord.to_string()).collect();
        let mut run = names;
        run.dedup();
        (run.len() >= 8).then(|| (song.key(), run[..8].join(" ")))
    });
    let (key, run) = runs.into_iter().next().unwrap();
    let copies = |constraints: &[&str]| {
        let request = Request {
            form: Some("A4 B4".to_string()),
            key: Some(key),
            meter: Some("4/4".parse().unwrap()),
            constraints: constraints.iter().map(|text| text.parse().unwrap()).collect(),
            seed: 3,
            ..Request::default()
        };
        let take = prepare(&irish, &irish, &request).unwrap().take(0).unwrap();
        songs.iter().map(|song| most_shared_chords(take.sheet.chart(), song.chart())).max().unwrap()
    };
    let longest = copies(&[&format!("bars 1-4: chords {run}"), "copy <= 5 chords"]);
    assert!(longest >= 8, "a run that was asked for is kept: {longest}");
    assert!(copies(&["bar 1: chord I", "copy <= 5 chords"]) <= 5);
}

#[test]
fn a_limit_on_chords_that_leaves_nothing_is_named() {
    let (irish, beatles) = (style::load("irish").unwrap(), style::load("beatles").unwrap());
    let request = |no_plan: bool, most: u32| Request {
        form: Some("A8".to_string()),
        key: Some("C".parse().unwrap()),
        constraints: vec![
            format!("copy <= {most} chords").parse().unwrap(),
            "chords per bar 2".parse().unwrap(),
            "chord in C G".parse().unwrap(),
        ],
        no_plan,
        ..Request::default()
    };
    for no_plan in [true, false] {
        let refused = prepare(&irish, &irish, &request(no_plan, 2)).unwrap().take(0).expect_err("C G C G");
        assert!(refused.to_string().contains("copy <= 2 chords"), "{refused}");
    }
    let refused = prepare(&beatles, &beatles, &request(true, 3)).map(|_| ()).expect_err("figures alone");
    assert!(refused.to_string().contains("'copy <= 4 chords'"), "{refused}");
    let mut old = beatles;
    old.figures.chord_runs.clear();
    let refused = prepare(&old, &old, &request(true, 8)).map(|_| ()).expect_err("figures of old");
    assert!(refused.to_string().contains("learn the style anew"), "{refused}");
}
