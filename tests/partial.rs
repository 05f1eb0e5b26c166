//! What a songwriter may rely on when starting from a sheet: what is kept is kept exactly, the rest is composed, and the
//! form comes back as it was written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

use tunesmith::compose::{Draft, Refusal, Request, prepare};
use tunesmith::constraint::{Constraint, Keep};
use tunesmith::format::{Format, abc::Abc, text::TextChart};
use tunesmith::music::unfold::unfolded;
use tunesmith::music::{ChordChange, Duration, LeadSheet, Note};
use tunesmith::style::{self, Style};

/// Eight bars with a pickup, a note held over a bar line, triplets, a syncopation off the grid of most songs, and
/// spellings that are not those of the key.
const TUNE: &str = "X:1\nT:Half an Idea\nM:4/4\nL:1/8\nQ:1/4=104\nK:F\nC2 | \
\"F\"F2 A2 c3 d- | d2 (3cAF \"C7\"G4 | \"Dm\"A3/2B/ c2 \"G#dim7\"^G4 | \"Gm7\"G2 z2 \"C7/E\"E4 | \
\"F\"F2 A2 c3 d- | \"Bb\"d2 f2 \"Bbm6\"_d4 | \"F/C\"c2 A2 \"C7\"G2 E2 | \"F\"F6 |]\n";

/// The same with repeats and endings: A with a note held over into its second ending alone, and B.
const REPEATED: &str = "X:1\nT:Twice\nM:4/4\nL:1/4\nQ:1/4=90\nK:G\nP:A\n|: \"G\"G A B c | \"C\"e2 d2 | \"Am\"c c B A- \
|1 A2 \"D7\"F2 :|2 A4 |\nP:B\n|: \"Em\"B2 G2- | G2 \"D7\"A2 :|\nP:A\n\"G\"G A B c | \"D7\"d4 | \"G\"g4 |]\n";

fn sheet(abc: &str) -> LeadSheet {
    Abc.read(abc.as_bytes()).unwrap().sheets.remove(0)
}

fn beatles() -> Style {
    style::load("beatles").unwrap()
}

fn request(abc: &str, keep: &[&str], seed: u64) -> Request {
    let keep: Vec<Keep> = keep.iter().map(|keep| keep.parse().expect(keep)).collect();
    let draft = Draft::new(&sheet(abc)).unwrap();
    Request { seed, ..Request::default() }.from_draft(draft, &keep).unwrap()
}

/// The sheet of a take as it goes on the page, and the take's own.
fn composed(style: &Style, request: &Request) -> (LeadSheet, LeadSheet) {
    let prepared = prepare(style, style, request).unwrap_or_else(|refusal| panic!("{refusal}"));
    let take = prepared.take(0).unwrap_or_else(|refusal| panic!("{refusal}"));
    for constraint in &request.constraints {
        assert!(constraint.holds(&take.sheet, &prepared.page.frame), "{constraint}");
    }
    let written = prepared.written(&take);
    assert_eq!(written.remark, None);
    (written.sheet, take.sheet)
}

fn notes_in(sheet: &LeadSheet, from: i64, to: i64) -> Vec<Note> {
    let (from, to) = (Duration::WHOLE * from, Duration::WHOLE * to);
    sheet.melody().notes.iter().filter(|note| note.onset < to && note.end() > from).copied().collect()
}

fn chords_in(sheet: &LeadSheet, from: i64, to: i64) -> Vec<ChordChange> {
    sheet.chart().written_in(Duration::WHOLE * from, Duration::WHOLE * to).to_vec()
}

#[test]
fn a_melody_is_harmonised_without_a_note_changed() {
    let original = sheet(TUNE);
    for seed in 0..3 {
        let (written, _) = composed(&beatles(), &request(TUNE, &["melody"], seed));
        assert_eq!(written.melody(), original.melody());
        assert_eq!(written.form(), original.form());
        assert_eq!(written.header(), original.header());
        assert!(written.chart().changes.len() >= 2);
    }
}

#[test]
fn a_melody_is_written_to_chords() {
    let original = sheet(TUNE);
    let mut melodies = Vec::new();
    for seed in 0..3 {
        let (written, _) = composed(&beatles(), &request(TUNE, &["chords"], seed));
        assert_eq!(written.chart(), original.chart());
        assert_eq!(written.form(), original.form());
        assert!(written.melody().notes.len() > 8);
        melodies.push(written.melody().clone());
    }
    assert!(melodies[0] != melodies[1] && melodies[1] != melodies[2]);
}

#[test]
fn kept_bars_are_the_same_to_the_letter() {
    let original = sheet(TUNE);
    let (written, _) =
        composed(&beatles(), &request(TUNE, &["bars 2-3", "bars 6-7 chords", "bar 8 melody"], 1));
    // The note that is held over into bar 2 is kept from where it starts.
    assert_eq!(notes_in(&written, 1, 3), notes_in(&original, 1, 3));
    assert_eq!(chords_in(&written, 5, 7), chords_in(&original, 5, 7));
    assert_eq!(notes_in(&written, 7, 8), notes_in(&original, 7, 8));
    let inside = Duration::WHOLE + Duration::QUARTER;
    assert_eq!(written.chart().sounding_at(inside), original.chart().sounding_at(inside), "F is held over");
    assert_eq!(chords_in(&written, 2, 3), chords_in(&original, 2, 3));
    let line = |sheet: &LeadSheet, bar: &str| {
        let text = String::from_utf8(TextChart.write(sheet).unwrap().bytes).unwrap();
        text.lines().find(|line| line.starts_with(bar)).map(str::to_string).unwrap()
    };
    for bar in ["bar 2:", "bar 3:", "bar 8:"] {
        assert_eq!(line(&written, bar), line(&original, bar));
    }
    assert!(written.melody() != original.melody() && written.chart() != original.chart());
}

#[test]
fn the_form_alone_may_be_taken() {
    let (written, _) = composed(&beatles(), &request(TUNE, &[], 4));
    let original = sheet(TUNE);
    assert_eq!((written.form(), written.header()), (original.form(), original.header()));
    assert!(written.melody().notes.iter().all(|note| note.end() <= original.form().end()));
}

#[test]
fn repeats_and_endings_come_back_as_they_were_written() {
    let original = sheet(REPEATED);
    for (keep, seed) in [("melody", 1), ("chords", 2), ("section B", 3)] {
        let (written, take) = composed(&beatles(), &request(REPEATED, &[keep], seed));
        assert_eq!(written.form(), original.form(), "{keep}");
        let again = unfolded(&written);
        assert_eq!((again.melody(), again.chart()), (take.melody(), take.chart()), "{keep}");
        match keep {
            "melody" => assert_eq!(written.melody(), original.melody()),
            "chords" => assert_eq!(written.chart(), original.chart()),
            _ => assert_eq!(chords_in(&take, 8, 12), chords_in(&unfolded(&original), 8, 12)),
        }
    }
}

#[test]
fn bars_that_are_never_played_stay() {
    let abc = "X:1\nT:Odd\nM:4/4\nL:1/4\nQ:1/4=90\nK:G\n\"G\"G A B c | d4 | G4 | A4 | [7 \"C\"B4 | c4 |]\n";
    let original = sheet(abc);
    assert!(unfolded(&original).form().bars.len() < original.form().bars.len());
    let (written, _) = composed(&beatles(), &request(abc, &["melody"], 1));
    assert_eq!((written.melody(), written.form()), (original.melody(), original.form()));
    assert_eq!(chords_in(&written, 4, 6), chords_in(&original, 4, 6));
}

#[test]
fn what_is_kept_and_what_is_asked_may_collide() {
    let mut request = request(TUNE, &["bars 3-4 melody", "chords"], 1);
    request.constraints.push("bar 4: no chord C7/E".parse::<Constraint>().unwrap());
    request.constraints.push("ends on 1".parse::<Constraint>().unwrap());
    match prepare(&beatles(), &beatles(), &request).map(|_| ()) {
        Err(Refusal::Infeasible(found)) => {
            let text = found.to_string();
            assert!(text.contains("kept: chords") && text.contains("no chord C7/E"), "{text}");
            assert!(!text.contains("bars 3-4") && !text.contains("ends on"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_kept_melody_that_collides_is_named() {
    let mut request = request(TUNE, &["bars 3-4 melody"], 1);
    request.constraints.push("bar 4: rest".parse::<Constraint>().unwrap());
    let style = beatles();
    let refusal = prepare(&style, &style, &request).and_then(|prepared| prepared.take(0)).unwrap_err();
    assert!(refusal.to_string().contains("kept: bars 3-4 melody"), "{refusal}");
}

#[test]
fn the_songs_of_the_corpus_are_harmonised_and_their_chords_get_melodies() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/songs");
    let style = style::load("songbook").unwrap();
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "abc"));
    paths.sort();
    let mut count = 0;
    for path in paths.iter().step_by(7) {
        let text = std::fs::read_to_string(path).unwrap();
        let original = sheet(&text);
        for keep in ["melody", "chords"] {
            let (written, _) = composed(&style, &request(&text, &[keep], 5));
            assert_eq!(written.form(), original.form(), "{path:?}");
            match keep {
                "melody" => assert_eq!(written.melody(), original.melody(), "{path:?}"),
                _ => assert_eq!(written.chart(), original.chart(), "{path:?}"),
            }
            count += 1;
        }
    }
    assert!(count >= 10, "{count}");
}

/// What came of a command: exit code, standard output, standard error.
fn tunesmith(folder: &std::path::Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_tunesmith"));
    let output = command.current_dir(folder).env("HOME", folder).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_command_line_starts_from_any_sheet() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tune.abc"), TUNE).unwrap();
    let run = |arguments: &[&str]| tunesmith(folder.path(), arguments);
    for other in ["tune.musicxml", "tune.mid", "tune.json", "tune.txt"] {
        assert_eq!(run(&["convert", "tune.abc", other]).0, 0);
        let out = format!("from-{other}.abc");
        let (code, _, err) =
            run(&["compose", "--from", other, "--keep", "melody", "--seed", "3", "-o", &out]);
        assert_eq!(code, 0, "{other}: {err}");
        let text = std::fs::read_to_string(folder.path().join(&out)).unwrap();
        let pitches = |sheet: &LeadSheet| -> Vec<_> {
            sheet.melody().notes.iter().map(|note| (note.onset, note.duration, note.pitch.midi())).collect()
        };
        assert_eq!(pitches(&sheet(&text)), pitches(&sheet(TUNE)), "{other}");
    }
    let (_, out, _) = run(&["compose", "--from", "tune.abc", "--keep", "chords", "--seed", "3", "--json"]);
    assert!(out.contains("\"text\": \"kept: chords\"") && out.contains("\"holds\": true"), "{out}");
}

#[test]
fn what_cannot_be_started_from_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tune.abc"), TUNE).unwrap();
    std::fs::write(folder.path().join("two.abc"), format!("{TUNE}\n{}", REPEATED.replace("X:1", "X:2")))
        .unwrap();
    let change = "X:1\nT:Change\nM:4/4\nL:1/4\nK:C\nC4 |\nM:3/4\nC3 | C3 |]\n";
    std::fs::write(folder.path().join("change.abc"), change).unwrap();
    let asked = |arguments: &[&str]| tunesmith(folder.path(), &[&["compose", "-q"], arguments].concat());
    for (arguments, code, says) in [
        (vec!["--keep", "melody"], 2, "--from"),
        (vec!["--from", "tune.abc", "--keep", "harmony"], 2, "melody, chords, or bars"),
        (vec!["--from", "tune.abc", "--keep", "bars 7-9"], 2, "the form has 8 bars"),
        (vec!["--from", "tune.abc", "--keep", "section Z"], 2, "section Z"),
        (vec!["--from", "tune.abc", "--form", "AABA"], 2, "--form"),
        (vec!["--from", "none.abc"], 2, "none.abc"),
        (vec!["--from", "two.abc"], 2, "holds 2 tunes"),
        (vec!["--from", "two.abc", "--tune", "3"], 2, "there is no tune 3"),
        (vec!["--from", "change.abc"], 2, "bar 2: the meter changes from 4/4 to 3/4"),
        (vec!["--from", "tune.abc", "--keep", "bar 3", "-c", "bar 3: rest"], 1, "kept: bar 3"),
    ] {
        let (found, out, err) = asked(&arguments);
        assert_eq!((found, out.as_str()), (code, ""), "{arguments:?}: {err}");
        assert!(err.contains(says), "{arguments:?}: {err}");
    }
    assert_eq!(asked(&["--from", "two.abc", "--tune", "2", "--keep", "chords"]).0, 0);
}

#[test]
fn endings_and_repeat_signs_are_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let asked = |arguments: &[&str]| {
        let arguments = [&["compose", "-q", "--seed", "2", "--format", "musicxml"], arguments].concat();
        tunesmith(folder.path(), &arguments).1
    };
    let endings = asked(&["--form", "A8(1,2) B8 A8"]);
    assert!(endings.contains("<ending number=\"2\"") && endings.contains("direction=\"backward\""));
    assert!(asked(&["--form", "AABA", "--repeats"]).contains("direction=\"backward\""));
    assert!(!asked(&["--form", "AABA"]).contains("direction=\"backward\""));
}
