//! What a user of the command line can rely on: exit codes, messages, and files that stay whole.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end when something is not as it must be")]

use assert_cmd::Command;

/// Two tunes in the neutral form.
const TUNES: &str = r#"{"meta": {}, "songs": [
    {"title": "First & Foremost", "key": {"tonic": 0, "mode": "major"}, "meter": "4/4", "bars": 2,
     "chords": [[0, 4, "C:maj"], [4, 4, "G:7"]], "melody": [[0, 2, 64], [2, 2, 67], [4, 3, 65], [7, 1, 62]]},
    {"title": "Second", "key": {"tonic": 7, "mode": "major"}, "meter": "3/4", "bars": 1,
     "chords": [[0, 3, "G:maj"]], "melody": [[0, 3, 67]]}]}"#;

/// The first of them alone.
const TUNE: &str = r#"{"meta": {}, "songs": [
    {"title": "First & Foremost", "key": {"tonic": 0, "mode": "major"}, "meter": "4/4", "bars": 2,
     "chords": [[0, 4, "C:maj"], [4, 4, "G:7"]], "melody": [[0, 2, 64], [2, 2, 67], [4, 3, 65], [7, 1, 62]]}]}"#;

/// Two bars that are played twice.
const TWICE: &str = "X:1\nT:Twice\nM:4/4\nL:1/4\nK:C\n|: C D E F | G4 :|\n";

/// What came of a command.
struct Outcome {
    code: i32,
    out: String,
    err: String,
}

impl Outcome {
    #[track_caller]
    fn ends_with(self, code: i32) -> Outcome {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }

    /// The message holds each of these.
    #[track_caller]
    fn says(self, words: &[&str]) -> Outcome {
        words.iter().for_each(|word| assert!(self.err.contains(word), "no '{word}' in: {}", self.err));
        self
    }

    #[track_caller]
    fn says_nothing(self) -> Outcome {
        assert_eq!(self.err, "");
        self
    }

    #[track_caller]
    fn prints(self, words: &[&str]) -> Outcome {
        words.iter().for_each(|word| assert!(self.out.contains(word), "no '{word}' in: {}", self.out));
        self
    }

    #[track_caller]
    fn prints_nothing(self) -> Outcome {
        assert_eq!(self.out, "");
        self
    }
}

/// A folder of its own, in which commands are run.
struct Desk(tempfile::TempDir);

impl Desk {
    fn with(files: &[(&str, &[u8])]) -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, bytes)| std::fs::write(desk.path(name), bytes).unwrap());
        desk
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tunesmith"));
        command.current_dir(self.0.path()).env_remove("NO_COLOR").args(arguments);
        // A home of its own: no style of whoever runs the tests gets in.
        command.env("HOME", self.0.path()).env_remove("XDG_DATA_HOME").env_remove("XDG_CONFIG_HOME");
        command.timeout(std::time::Duration::from_secs(120));
        command
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, "")
    }

    fn run_with(&self, arguments: &[&str], input: impl Into<Vec<u8>>) -> Outcome {
        let output = self.command(arguments).write_stdin(input).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Outcome { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn commands() -> Vec<String> {
    let program = tunesmith::cli::definition();
    program.get_subcommands().map(|command| command.get_name().to_string()).collect()
}

#[test]
fn without_a_command_and_a_terminal_the_help_is_shown_and_the_code_is_2() {
    let outcome = Desk::with(&[])
        .run(&[])
        .ends_with(2)
        .prints_nothing()
        .says(&["Usage: tunesmith", "tunesmith: say which"]);
    let desk = Desk::with(&[]);
    for words in [&["open"][..], &["song.tune"], &["--quiet", "song.tune"]] {
        desk.run(words).ends_with(2).prints_nothing().says(&["needs a terminal"]);
    }
    assert_eq!(desk.names("."), [""; 0], "nothing was begun");
    commands()
        .iter()
        .for_each(|command| assert!(outcome.err.contains(&format!("  {command} ")), "{command}"));
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let desk = Desk::with(&[]);
    for command in commands() {
        let example = format!("tunesmith {command} ");
        desk.run(&[&command, "--help"]).ends_with(0).says_nothing().prints(&["Usage: ", "Example", &example]);
    }
}

#[test]
fn every_command_has_a_manual_page_and_is_completed() {
    let desk = Desk::with(&[]);
    desk.run(&["man"]).ends_with(0).prints(&[".TH tunesmith 1", "tunesmith\\-convert(1)"]);
    for command in commands() {
        desk.run(&["man", &command]).ends_with(0).prints(&[&format!(".TH tunesmith-{command} 1")]);
        for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
            desk.run(&["completions", shell]).ends_with(0).prints(&[&command]);
        }
    }
    desk.run(&["man", "sing"]).ends_with(2).prints_nothing().says(&["no command 'sing'", "convert"]);
}

#[test]
fn the_version_is_a_result() {
    let version = format!("tunesmith {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(Desk::with(&[]).run(&["--version"]).ends_with(0).says_nothing().out, version);
}

#[test]
fn a_mistyped_command_or_option_is_answered_with_the_nearest() {
    let desk = Desk::with(&[]);
    desk.run(&["shwo"]).ends_with(2).prints_nothing().says(&["tunesmith: ", "'shwo'", "'show'"]);
    desk.run(&["convert", "a", "b", "--frce"]).ends_with(2).says(&["tunesmith: ", "--force"]);
    assert!(!desk.run(&["shwo"]).err.contains("error:"), "errors open with the program's name");
}

#[test]
fn a_sheet_is_shown_from_a_file_and_from_standard_input() {
    let desk = Desk::with(&[("tune.json", TUNE.as_bytes())]);
    let from_file = desk.run(&["show", "tune.json"]).ends_with(0).prints(&["First & Foremost", "C", "G7"]);
    let from_input = desk.run_with(&["show", "-"], TUNE).ends_with(0);
    assert_eq!(from_file.out, from_input.out);
}

#[test]
fn of_several_tunes_all_are_shown_or_the_one_asked_for() {
    let desk = Desk::with(&[("tunes.json", TUNES.as_bytes())]);
    desk.run(&["show", "tunes.json"]).ends_with(0).prints(&["First & Foremost", "\n\n", "Second"]);
    let second = desk.run(&["show", "tunes.json", "--tune", "2"]).ends_with(0).prints(&["Second"]);
    assert!(!second.out.contains("First"), "{}", second.out);
    desk.run(&["show", "tunes.json", "--tune", "3"])
        .ends_with(2)
        .prints_nothing()
        .says(&["no tune 3", "holds 2"]);
    desk.run(&["show", "tunes.json", "--tune", "0"]).ends_with(2);
}

#[test]
fn a_sheet_survives_each_format_that_holds_all_of_it() {
    for name in ["tune.musicxml", "tune.mxl", "tune.abc", "tune.txt"] {
        let desk = Desk::with(&[("tune.json", TUNE.as_bytes())]);
        desk.run(&["convert", "tune.json", name]).ends_with(0).prints_nothing();
        desk.run(&["convert", name, "back.json"]).ends_with(0);
        desk.run(&["convert", "tune.json", "straight.json"]).ends_with(0);
        let (back, straight) = (desk.read("back.json"), desk.read("straight.json"));
        assert_eq!(String::from_utf8_lossy(&back), String::from_utf8_lossy(&straight), "through {name}");
    }
}

#[test]
fn what_the_new_format_cannot_hold_is_said_unless_quiet() {
    let desk = Desk::with(&[("twice.abc", TWICE.as_bytes())]);
    desk.run(&["convert", "twice.abc", "tune.mid"]).ends_with(0).says(&["note: 'tune.mid': ", "repeats"]);
    desk.run(&["--quiet", "convert", "twice.abc", "quiet.mid"]).ends_with(0).says_nothing();
    assert_eq!(desk.read("tune.mid"), desk.read("quiet.mid"));
}

#[test]
fn an_existing_file_is_replaced_only_by_force() {
    let desk = Desk::with(&[("tune.json", TUNE.as_bytes()), ("out.abc", b"mine")]);
    desk.run(&["convert", "tune.json", "out.abc"])
        .ends_with(2)
        .prints_nothing()
        .says(&["'out.abc'", "--force"]);
    assert_eq!(desk.read("out.abc"), b"mine");
    desk.run(&["convert", "tune.json", "out.abc", "--force"]).ends_with(0);
    assert!(desk.read("out.abc").starts_with(b"X:"));
    assert_eq!(desk.names("."), ["out.abc", "tune.json"], "nothing is left beside");
}

#[test]
fn an_error_leaves_the_old_file_as_it_was() {
    let desk = Desk::with(&[("broken.musicxml", b"<score-partwise><part"), ("out.abc", b"mine")]);
    desk.run(&["convert", "broken.musicxml", "out.abc", "--force"]).ends_with(2);
    assert_eq!(desk.read("out.abc"), b"mine");
    assert_eq!(desk.names("."), ["broken.musicxml", "out.abc"]);
}

#[test]
fn broken_files_are_named_and_explained() {
    let broken: [(&str, &[u8]); 10] = [
        ("cut.musicxml", b"<?xml version='1.0'?><score-partwise><part id='P1'><measure"),
        ("other.xml", b"<html><body/></html>"),
        ("cut.mxl", b"PK\x03\x04\x14\x00"),
        ("cut.mid", b"MThd\x00\x00\x00\x06\x00\x01"),
        ("cut.json", b"{\"songs\": [{\"title\":"),
        ("list.json", b"[[[[[[[[1"),
        ("binary.abc", b"\x00\x01\x02\xff\xfe"),
        ("empty.musicxml", b""),
        ("empty.mid", b""),
        ("empty.json", b""),
    ];
    let desk = Desk::with(&broken);
    for (name, _) in broken {
        let named = format!("tunesmith: '{name}': ");
        let outcome = desk.run(&["show", name]).ends_with(2).prints_nothing().says(&[&named]);
        assert!(
            outcome.err.starts_with(&named) && outcome.err.trim().len() > named.len() + 5,
            "{}",
            outcome.err
        );
        assert!(!outcome.err.contains("panicked"), "{}", outcome.err);
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    let desk = Desk::with(&[("notes.wmf", b"\x01\x02\x03")]);
    desk.run(&["show", "nowhere.musicxml"])
        .ends_with(2)
        .says(&["cannot read 'nowhere.musicxml'", "no such file"]);
    desk.run(&["show", "."]).ends_with(2).says(&["cannot read '.'", "folder"]);
    desk.run(&["show", "notes.wmf"]).ends_with(2).says(&["'notes.wmf'", "not known", ".musicxml", ".abc"]);
    desk.run_with(&["show", "-"], b"\x01\x02\x03".to_vec()).ends_with(2).says(&["standard input: "]);
}

#[test]
fn a_wrong_ending_does_not_matter_if_the_bytes_tell() {
    let desk = Desk::with(&[("tune.musicxml", TUNE.as_bytes()), ("tune", TUNE.as_bytes())]);
    desk.run(&["show", "tune.musicxml"]).ends_with(0).says(&["it is not MusicXML as its name says but"]);
    desk.run(&["show", "tune"]).ends_with(0).prints(&["First & Foremost"]);
}

#[test]
fn an_unknown_format_lists_the_known_ones_and_reads_nothing() {
    let desk = Desk::with(&[]);
    let known = [".musicxml", ".mxl", ".mid", ".abc", ".txt", ".json"];
    desk.run(&["convert", "nowhere.json", "a.wmf"]).ends_with(2).says(&["'.wmf'"]).says(&known);
    desk.run(&["convert", "nowhere.json", "a"]).ends_with(2).says(&["no extension"]).says(&known);
    desk.run(&["convert", "nowhere.json", "a.abc", "--to", "wmf"]).ends_with(2).says(&["'wmf'"]).says(&known);
}

#[test]
fn standard_output_needs_a_format_and_gets_only_the_result() {
    let desk = Desk::with(&[("tune.json", TUNE.as_bytes())]);
    desk.run(&["convert", "tune.json", "-"]).ends_with(2).prints_nothing().says(&["--to"]);
    let piped = desk.run_with(&["convert", "-", "-", "--to", "musicxml"], TUNE).ends_with(0);
    desk.run(&["convert", "tune.json", "tune.musicxml"]).ends_with(0);
    assert_eq!(piped.out.as_bytes(), desk.read("tune.musicxml"));
    assert_eq!(desk.names("."), ["tune.json", "tune.musicxml"]);
}

#[test]
fn several_tunes_go_into_a_folder_or_one_is_chosen() {
    let desk = Desk::with(&[("tunes.json", TUNES.as_bytes())]);
    desk.run(&["convert", "tunes.json", "out.abc"]).ends_with(2).says(&["2 tunes", "--tune"]);
    desk.run(&["convert", "tunes.json", "two.abc", "--tune", "2"]).ends_with(0);
    assert!(String::from_utf8_lossy(&desk.read("two.abc")).contains("T:Second"));
    desk.run(&["convert", "tunes.json", "all/"]).ends_with(2).says(&["--to"]);
    desk.run(&["convert", "tunes.json", "all/", "--to", "abc"]).ends_with(0).prints_nothing();
    assert_eq!(desk.names("all"), ["01-first-foremost.abc", "02-second.abc"]);
    std::fs::remove_file(desk.path("all/01-first-foremost.abc")).unwrap();
    desk.run(&["convert", "tunes.json", "all", "--to", "abc"])
        .ends_with(2)
        .says(&["02-second.abc", "--force"]);
    assert_eq!(desk.names("all"), ["02-second.abc"], "refused before the first is written");
}

#[test]
fn repeats_are_written_out_when_asked() {
    let desk = Desk::with(&[("twice.abc", TWICE.as_bytes())]);
    desk.run(&["convert", "twice.abc", "once.abc"]).ends_with(0);
    desk.run(&["convert", "twice.abc", "--expand", "played.abc"]).ends_with(0);
    let (once, played) = (desk.read("once.abc"), desk.read("played.abc"));
    let (once, played) = (String::from_utf8_lossy(&once), String::from_utf8_lossy(&played));
    assert!(once.contains(":|") && !played.contains(":|"), "{once}\n{played}");
    assert_eq!((once.matches("C2 D2").count(), played.matches("C2 D2").count()), (1, 2), "{once}\n{played}");
}

#[test]
fn colours_are_used_only_when_asked_for_or_seen() {
    let desk = Desk::with(&[]);
    let escape = |outcome: &Outcome| outcome.err.contains('\u{1b}');
    assert!(!escape(&desk.run(&["show", "nowhere"])));
    assert!(escape(&desk.run(&["--color", "always", "show", "nowhere"])));
    assert!(escape(&desk.run(&["show", "nowhere", "--color=always"])));
    assert!(!escape(&desk.run(&["--color", "never", "shwo"])));
    let forbidden = desk.command(&["show", "nowhere"]).env("NO_COLOR", "1").output().unwrap();
    assert!(!forbidden.stderr.contains(&0x1b));
}

#[test]
fn a_reader_that_leaves_is_no_fault() {
    let desk = Desk::with(&[("tune.json", TUNE.as_bytes())]);
    for arguments in [&["man"][..], &["show", "tune.json"], &["--help"], &["completions", "zsh"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tunesmith"));
        let output = command.args(arguments).current_dir(desk.0.path()).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_fault() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tunesmith"));
    let output = command.arg("man").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write to standard output"));
}

#[test]
fn a_song_is_written_and_can_be_shown() {
    let desk = Desk::with(&[]);
    desk.run(&["compose", "--style", "beatles", "-o", "song.musicxml"])
        .ends_with(0)
        .prints_nothing()
        .says(&["seed "]);
    assert!(desk.read("song.musicxml").starts_with(b"<?xml"));
    desk.run(&["show", "song.musicxml"]).ends_with(0).prints(&["Title: ", "Melody", "bar 1: "]);
    assert_eq!(desk.names("."), ["song.musicxml"]);
}

#[test]
fn however_many_threads_there_are_the_bytes_are_the_same() {
    let desk = Desk::with(&[]);
    for plan in [&[][..], &["--no-plan"]] {
        for threads in ["1", "3"] {
            let file = format!("{threads}.musicxml");
            let asked = ["-c", "leap <= 9", "-c", "bar 2.1: note E4", "-c", "bars 5-6: density 2..5"];
            let mut arguments = vec!["compose", "--style", "songbook", "--form", "A4 A4 B4", "--seed", "5"];
            arguments.extend(asked.iter().chain(plan).chain(&["--force", "-o", &file]));
            desk.command(&arguments).env("RAYON_NUM_THREADS", threads).assert().success();
        }
        assert_eq!(desk.read("1.musicxml"), desk.read("3.musicxml"), "{plan:?}");
    }
}

#[test]
fn the_same_seed_writes_the_same_song_and_another_seed_another() {
    let desk = Desk::with(&[]);
    let song = |seed: &str| desk.run(&["compose", "--form", "AABA", "--seed", seed]).ends_with(0).out;
    let (once, again, other) = (song("7"), song("7"), song("8"));
    assert_eq!(once, again);
    assert_ne!(once, other);
}

#[test]
fn an_impossible_request_ends_with_1_and_writes_nothing() {
    let desk = Desk::with(&[("song.musicxml", b"mine")]);
    let asked = ["compose", "--bars", "8", "-c", "bar 3: chord G7", "-c", "bar 3: no chord G7", "-o"];
    let conflict = ["bar 3: chord G7", "bar 3: no chord G7"];
    desk.run(&[&asked[..], &["new.musicxml"]].concat()).ends_with(1).prints_nothing().says(&conflict);
    desk.run(&[&asked[..], &["song.musicxml", "--force"]].concat()).ends_with(1).says(&conflict);
    assert_eq!(desk.read("song.musicxml"), b"mine");
    assert_eq!(desk.names("."), ["song.musicxml"]);
}

#[test]
fn a_wrong_request_ends_with_2_and_says_what_would_do() {
    let desk = Desk::with(&[("wishes.txt", b"# mine\nbar 1: chord C\nbar 2: cord D\n")]);
    let wrong: [(&[&str], &[&str]); 8] = [
        (&["--style", "nobody"], &["'nobody'", "beatles", "songbook"]),
        (&["-c", "bar 4: cord Dm"], &["column 8", "bar 4: chord Dm"]),
        (&["--constraints", "wishes.txt"], &["3", "bar 2: chord D"]),
        (&["--constraints", "nowhere.txt"], &["nowhere.txt"]),
        (&["--key", "H major"], &["H major"]),
        (&["--meter", "4/5"], &["4/5"]),
        (&["--bars", "8", "-c", "bar 9: rest"], &["bar 9", "8 bars"]),
        (&["-o", "song.wmf"], &["'.wmf'", ".musicxml"]),
    ];
    for (options, words) in wrong {
        desk.run(&[&["compose"][..], options].concat())
            .ends_with(2)
            .prints_nothing()
            .says(&["tunesmith: "])
            .says(words);
    }
    assert_eq!(desk.names("."), ["wishes.txt"]);
}

#[test]
fn takes_go_into_a_folder_and_differ() {
    let desk = Desk::with(&[]);
    let asked = ["compose", "--form", "A8", "--seed", "3", "--takes", "3", "-o", "takes"];
    desk.run(&asked).ends_with(0);
    assert_eq!(desk.names("takes"), ["01.musicxml", "02.musicxml", "03.musicxml"]);
    let first = desk.read("takes/01.musicxml");
    assert_ne!(first, desk.read("takes/02.musicxml"));
    std::fs::remove_file(desk.path("takes/01.musicxml")).unwrap();
    desk.run(&asked).ends_with(2).says(&["02.musicxml", "--force"]);
    assert_eq!(desk.names("takes"), ["02.musicxml", "03.musicxml"], "refused before the first is written");
    desk.run(&[&asked[..], &["--force"]].concat()).ends_with(0);
    assert_eq!(desk.read("takes/01.musicxml"), first);
}

#[test]
fn the_likeliest_sheets_are_ranked_and_what_has_no_order_is_refused() {
    let asked = ["compose", "--form", "A4 B4", "-c", "bar 1: note E4", "--seed", "3", "--likeliest"];
    let run = |more: &[&str]| {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::cargo_bin("tunesmith").unwrap();
        let command = command.env("XDG_DATA_HOME", home.path()).env("HOME", home.path());
        let output = command.args(asked).args(more).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code())
    };
    let (told, error, code) = run(&["--takes", "4", "--json"]);
    assert_eq!(code, Some(0), "{error}");
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["likeliest"], &told["log_partition"]), (&true.into(), &serde_json::Value::Null));
    let takes = told["takes"].as_array().unwrap();
    let ranks: Vec<_> = takes.iter().map(|take| take["rank"].as_u64().unwrap()).collect();
    assert_eq!(ranks, [1, 2, 3, 4]);
    let logs: Vec<_> = takes.iter().map(|take| take["log_probability"].as_f64().unwrap()).collect();
    assert!(logs.is_sorted_by(|one, next| one >= next), "{logs:?}");
    assert!(
        takes
            .iter()
            .all(|take| take["drawn"]["how"] == "likeliest" && take["constraints"][0]["holds"] == true)
    );
    for (more, says) in [
        (["-c", "bars 5-8: vary bars 1-4 by 10..30%"], "primes"),
        (["-c", "bars 3-4: rhythm as bars 1-2"], "rhythm as"),
    ] {
        let (_, error, code) = run(&more);
        assert!(code == Some(2) && error.contains(says) && error.contains("--likeliest"), "{error}");
    }
}

#[test]
fn the_report_is_json_and_every_wish_holds() {
    let desk = Desk::with(&[]);
    let wishes = ["bar 4: chord Dm7", "bar 1.1: note E4", "bar 6: rest", "leap <= 7", "ends on 1"];
    let mut asked =
        vec!["compose", "--json", "--form", "A8", "--key", "C", "--takes", "2", "-o", "t/", "--seed", "5"];
    wishes.iter().for_each(|wish| asked.extend(["-c", wish]));
    let report: serde_json::Value = serde_json::from_str(&desk.run(&asked).ends_with(0).out).unwrap();
    assert_eq!((report["seed"].as_u64(), report["style"].as_str()), (Some(5), Some("beatles")));
    assert!(report["log_partition"].as_f64().is_some() && report["ms"]["prepare"].as_f64().is_some());
    let takes = report["takes"].as_array().unwrap();
    assert_eq!(takes.len(), 2);
    for take in takes {
        let held: Vec<&str> = take["constraints"]
            .as_array()
            .unwrap()
            .iter()
            .map(|wish| {
                assert_eq!(wish["holds"], true, "{wish}");
                wish["text"].as_str().unwrap()
            })
            .collect();
        assert_eq!(held, wishes);
        assert!(
            take["log_probability"].as_f64().unwrap() < 0.0
                && desk.path(take["file"].as_str().unwrap()).is_file()
        );
    }
}
