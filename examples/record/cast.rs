//! The recording as asciinema plays it, version 2: a head, then a line for each change of the screen.

use serde_json::{Value, json};

use super::Done;
use super::script::{Moment, SIZE, cells};

/// The text of the file; what is being done stands in it as markers.
///
/// # Errors
/// When JSON cannot be written.
pub fn of(moments: &[Moment]) -> Done<String> {
    let head = json!({
        "version": 2,
        "width": SIZE.0,
        "height": SIZE.1,
        "title": "Tunesmith: a session",
        "env": { "TERM": "xterm-256color" },
    });
    let mut lines = vec![serde_json::to_string(&head)?];
    let mut before: Option<&Moment> = None;
    for moment in moments {
        let is_new = before.is_none_or(|before| (before.key, before.does) != (moment.key, moment.does));
        if is_new && !moment.does.is_empty() {
            let marker = format!("{} {}", moment.key, moment.does);
            lines.push(serde_json::to_string(&json!([moment.time, "m", marker.trim()]))?);
        }
        let text = match before {
            None => moment.screen.contents_formatted(),
            Some(before) => moment.screen.contents_diff(&before.screen),
        };
        // The last moment is where the recording ends, though nothing changes.
        lines.push(serde_json::to_string(&json!([moment.time, "o", text]))?);
        before = Some(moment);
    }
    lines.push(String::new());
    Ok(lines.join("\n"))
}

/// Plays a recording, and compares each moment with what was seen.
///
/// # Errors
/// When it shows something else.
pub fn check(cast: &str, moments: &[Moment]) -> Done<()> {
    let mut parser = vt100::Parser::new(cells(SIZE.1)?, cells(SIZE.0)?, 0);
    let mut lines = cast.lines();
    let head: Value = serde_json::from_str(lines.next().unwrap_or_default())?;
    if (head["version"].as_u64(), head["width"].as_u64()) != (Some(2), Some(u64::from(SIZE.0))) {
        return Err("the head of the recording is wrong".into());
    }
    let mut moments = moments.iter();
    let mut last = 0.0;
    for line in lines {
        let (time, kind, text): (f64, String, String) = serde_json::from_str(line)?;
        if kind == "o" {
            parser.process(text.as_bytes());
            let seen = moments.next().ok_or("the recording has too many moments")?;
            let is_same = parser.screen().contents_formatted() == seen.screen.contents_formatted();
            if !is_same || time < last {
                return Err(format!("the recording shows something else at {time} s").into());
            }
            last = time;
        }
    }
    match moments.next() {
        None => Ok(()),
        Some(_) => Err("moments are missing in the recording".into()),
    }
}
