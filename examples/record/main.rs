//! Records a session for README: presses keys as a songwriter would, and writes what stands on the screen as a cast and a picture.
//! With `--times` it measures instead how fast the session answers.
//!
//! The program is the real one, in a terminal of its own. Only the pauses are scripted, so that each recording is the same.

#![cfg_attr(
    unix,
    allow(
        clippy::disallowed_methods,
        reason = "the clock says when the screen stands still, and how long something took"
    )
)]

#[cfg(unix)]
mod cast;
#[cfg(unix)]
mod glyphs;
#[cfg(unix)]
mod picture;
#[cfg(unix)]
mod script;
#[cfg(unix)]
mod times;

#[cfg(unix)]
#[path = "../../tests/terminal/pty.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod pty;

#[cfg(unix)]
type Done<T> = Result<T, Box<dyn std::error::Error>>;

#[cfg(unix)]
fn main() -> Done<()> {
    match std::env::args().nth(1).as_deref() {
        None => record(),
        Some("--times") => times::measure(&script::built()?),
        Some(other) => Err(format!("'{other}'? --times, or nothing").into()),
    }
}

#[cfg(unix)]
fn record() -> Done<()> {
    let moments = script::play(&script::built()?)?;
    let cast = cast::of(&moments)?;
    cast::check(&cast, &moments)?;
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (name, text) in [("session.cast", cast), ("session.svg", picture::of(&moments)?)] {
        std::fs::write(docs.join(name), &text)?;
        println!("docs/{name}: {} kB", text.len() / 1000);
    }
    let seconds = moments.last().map_or(0.0, |moment| moment.time);
    println!("{} moments, {seconds:.0} seconds", moments.len());
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    println!("a session is recorded on Unix only, where a program can be given a terminal");
}
