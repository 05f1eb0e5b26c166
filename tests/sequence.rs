//! What a user of `examples/sequence` sees: the JSON, the constraints kept, the exit codes; and what `examples/copies`
//! tells of what it draws.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it is surprised")]

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

const ROWS: &str = "# two rows\na b c a b d\na c\n\n  # a comment inside\nb b a d c a\n";

/// Runs the example on a text; its exit code, standard output and standard error.
fn sequence(text: &[u8], options: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.txt");
    fs::write(&file, text).unwrap();
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--example", "sequence", "--"]).arg(&file).args(options);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn json(options: &[&str]) -> Value {
    let (code, out, err) = sequence(ROWS.as_bytes(), &[options, &["--json"]].concat());
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn the_report_has_all_its_parts_and_the_samples_do_what_is_asked() {
    let options =
        ["--order", "3", "--length", "7", "--start", "c a", "--last", "d|b", "--at", "3=a", "--at", "3=a|b"];
    let options = [options.as_slice(), &["--max-copy", "3", "--samples", "50", "--seed", "9"]].concat();
    let report = json(&options);
    let keys: Vec<&str> = report.as_object().unwrap().keys().map(String::as_str).collect();
    let all = ["z", "log_z", "states", "edges", "prepare_ms", "backward_ms", "sample_us", "samples"];
    assert_eq!(keys, all);
    let (z, log_z) = (report["z"].as_f64().unwrap(), report["log_z"].as_f64().unwrap());
    assert!(0.0 < z && z < 1.0 && (libm::log(z) - log_z).abs() < 1e-12);
    let samples: Vec<Vec<String>> = serde_json::from_value(report["samples"].clone()).unwrap();
    assert_eq!(samples.len(), 50);
    let rows = ["a b c a b d a c", "b b a d c a"];
    for sample in &samples {
        assert_eq!(sample.len(), 7);
        assert!(["b", "d"].contains(&sample[6].as_str()) && sample[2] == "a");
        let copied = sample.windows(4).any(|run| rows.iter().any(|row| row.contains(&run.join(" "))));
        assert!(!copied, "{sample:?}");
    }
    assert!(samples.iter().any(|sample| *sample != samples[0]));
    let again = json(&options);
    assert_eq!(report["samples"], again["samples"]);
}

#[test]
fn masses_below_f64_keep_their_logarithm() {
    let at: Vec<String> = (1..=400).step_by(2).map(|position| format!("--at={position}=d")).collect();
    let mut options = vec!["--order", "2", "--backoff", "1e-3", "--length", "400"];
    options.extend(at.iter().map(String::as_str));
    let report = json(&options);
    assert_eq!(report["z"], 0.0);
    let log_z = report["log_z"].as_f64().unwrap();
    assert!(log_z < -300.0 * std::f64::consts::LN_10 && log_z.is_finite(), "{log_z}");
}

#[test]
fn what_has_no_solution_exits_1_and_writes_nothing() {
    for impossible in [["--last", "z"], ["--max-copy", "0"]] {
        let (code, out, err) =
            sequence(ROWS.as_bytes(), &[&["--order", "2", "--length", "5"], impossible.as_slice()].concat());
        assert_eq!((code, out.as_str()), (1, ""));
        assert!(err.contains("no sequence of 5 symbols"), "{err}");
    }
}

#[test]
fn bad_usage_and_unreadable_files_exit_2_and_name_the_place() {
    let length = ["--order", "2", "--length", "5"];
    let cases: [(&[u8], &[&str], &str); 7] = [
        (b"a b\nc \xff d\n", &[], "rows.txt:2: "),
        (b"# nothing\n\n", &[], "no symbols"),
        (b"a b", &["--at", "6=a"], "positions go from 1 to 5"),
        (b"a b", &["--at", "a=3"], "expected a position"),
        (b"a b", &["--backoff", "1.5"], "from 0 to 1"),
        (b"a b", &["--samples", "99999999999999"], "--samples"),
        (b"a b", &["--frobnicate"], "--frobnicate"),
    ];
    for (text, options, message) in cases {
        let (code, out, err) = sequence(text, &[&length, options].concat());
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(message), "{err}");
    }
}

#[test]
fn the_longest_copied_run_of_each_line_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.txt");
    fs::write(&file, ROWS).unwrap();
    let copies = |lines: &str| {
        let mut command = Command::new(env!("CARGO"));
        command.args(["run", "--quiet", "--example", "copies", "--"]).arg(&file);
        let mut run = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        run.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let output = run.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    // "b d a" is in the first row, across the line break; "a c b" only across two rows; "x" nowhere.
    let (code, out) = copies("c b d a\na c b\nx\na b c a b d a c\n");
    assert!(code == 0 && out.starts_with("4 lines; "), "{out}");
    assert!(out.ends_with("\nleast 0, median 2, 95 % up to 3, most 8\n"), "{out}");
    assert_eq!(copies("").0, 2);
}
