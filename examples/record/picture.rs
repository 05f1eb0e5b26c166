//! The recording as a picture that moves: each row is a strip of all that stands in it, moved up step by step.

use std::collections::BTreeMap;
use std::fmt::{Error, Write};

use vt100::{Cell, Color};

use super::glyphs::{HEIGHT, WIDTH, is_long, outline};
use super::script::{Moment, SIZE};

/// How far the screen stands from the edges, and how high the line is that tells the keys.
const EDGE: usize = 10;
const TOLD: usize = 30;
const GROUND: &str = "#1a1c23";
/// Colours by their classes: those of a terminal by number, then that of what has none.
const COLOURS: [(&str, &str); 9] = [
    ("k", "#3b3f4b"),
    ("r", "#e5707a"),
    ("g", "#93c973"),
    ("y", "#dfbb66"),
    ("l", "#78a9e6"),
    ("m", "#c98adb"),
    ("c", "#62c0cc"),
    ("w", "#d4d7de"),
    ("d", "#747a8b"),
];

/// How a stretch of a row looks.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    colour: usize,
    bold: bool,
    /// Whether ground and colour are exchanged; so is the cell with the cursor.
    inverse: bool,
}

impl Look {
    fn of(cell: &Cell, is_cursor: bool) -> Look {
        let colour = match cell.fgcolor() {
            Color::Idx(number @ 0..=7) => usize::from(number),
            Color::Idx(8) => 8,
            Color::Idx(number @ 9..=15) => usize::from(number - 8),
            _ => 7,
        };
        Look { colour, bold: cell.bold(), inverse: cell.inverse() != is_cursor }
    }

    /// The class of what is drawn.
    fn class(self) -> &'static str {
        COLOURS[self.colour].0
    }
}

/// The picture.
///
/// # Errors
/// Never; writing to a text does not fail.
pub fn of(moments: &[Moment]) -> Result<String, Error> {
    let seconds = moments.last().map_or(1.0, |moment| moment.time).max(1.0);
    // Where nothing moves, the picture shows the moment with most on it.
    let fullest = moments.iter().enumerate().max_by_key(|(_, moment)| moment.screen.contents().len());
    let poster = fullest.map_or(0, |(number, _)| number);
    let (columns, rows) = (usize::from(SIZE.0), usize::from(SIZE.1));
    let (width, height) = (columns * WIDTH + 2 * EDGE, rows * HEIGHT + 2 * EDGE + TOLD);
    let mut strips = String::new();
    let mut steps = String::new();
    for row in 0..rows {
        let contents = moments.iter().map(|moment| drawn(moment, row as u16));
        let y = EDGE + row * HEIGHT;
        strip(
            (&mut strips, &mut steps),
            row,
            (y, HEIGHT),
            contents.collect::<Result<_, _>>()?,
            (moments, poster),
        )?;
    }
    let told = moments.iter().map(told).collect::<Result<_, _>>()?;
    let y = height - TOLD - EDGE / 2 + 3;
    strip((&mut strips, &mut steps), rows, (y, TOLD), told, (moments, poster))?;

    let mut svg = String::new();
    writeln!(svg, r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">"#)?;
    writeln!(svg, "<title>Tunesmith: a session</title>")?;
    writeln!(svg, "<style>")?;
    writeln!(
        svg,
        "text{{font:13.3px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}}"
    )?;
    for (class, colour) in COLOURS {
        writeln!(svg, ".{class}{{fill:{colour}}}")?;
    }
    writeln!(svg, ".b{{font-weight:bold}}.o{{fill:{GROUND}}}")?;
    writeln!(svg, "g{{animation:{seconds:.1}s step-end infinite}}")?;
    writeln!(svg, "@media(prefers-reduced-motion:reduce){{g{{animation:none}}}}")?;
    write!(svg, "{steps}")?;
    writeln!(svg, "</style>")?;
    writeln!(svg, r#"<rect width="{width}" height="{height}" rx="8" class="o"/>"#)?;
    write!(svg, "{strips}")?;
    let line = height - TOLD - EDGE / 2;
    writeln!(svg, r#"<path class="k" d="M0 {line}h{width}v1H0z"/>"#)?;
    writeln!(svg, "</svg>")?;
    Ok(svg)
}

/// A strip of what stands in a row at each moment, and the steps in which it moves.
fn strip(
    (strips, steps): (&mut String, &mut String),
    name: usize,
    (y, height): (usize, usize),
    contents: Vec<String>,
    (moments, poster): (&[Moment], usize),
) -> Result<(), Error> {
    let seconds = moments.last().map_or(1.0, |moment| moment.time).max(1.0);
    // What is shown where nothing moves stands first.
    let mut places = BTreeMap::from([(contents[poster].as_str(), 0)]);
    let mut all = vec![contents[poster].as_str()];
    for content in &contents {
        places.entry(content).or_insert_with(|| {
            all.push(content);
            all.len() - 1
        });
    }
    if all.iter().all(|content| content.is_empty()) {
        return Ok(());
    }
    let width = usize::from(SIZE.0) * WIDTH;
    let style = if all.len() > 1 { format!(r#" style="animation-name:s{name}""#) } else { String::new() };
    writeln!(strips, r#"<svg x="{EDGE}" y="{y}" width="{width}" height="{height}"><g{style}>"#)?;
    for (place, content) in all.iter().enumerate().filter(|(_, content)| !content.is_empty()) {
        match place {
            0 => writeln!(strips, "{content}")?,
            _ => writeln!(strips, r#"<svg y="{}">{content}</svg>"#, place * height)?,
        }
    }
    writeln!(strips, "</g></svg>")?;
    if all.len() > 1 {
        write!(steps, "@keyframes s{name}{{")?;
        let mut last = None;
        for (moment, content) in moments.iter().zip(&contents) {
            let place = places[content.as_str()];
            if last != Some(place) {
                let share = format!("{:.2}", moment.time / seconds * 100.0);
                let share = share.trim_end_matches('0').trim_end_matches('.');
                write!(steps, "{share}%{{transform:translateY(-{}px)}}", place * height)?;
                last = Some(place);
            }
        }
        writeln!(steps, "}}")?;
    }
    Ok(())
}

/// A row of a screen.
fn drawn(moment: &Moment, row: u16) -> Result<String, Error> {
    let screen = &moment.screen;
    let cursor = (!screen.hide_cursor()).then(|| screen.cursor_position());
    let mut cells: Vec<(char, Look)> = Vec::new();
    for column in 0..SIZE.0 {
        let Some(cell) = screen.cell(row, column) else { continue };
        let sign = cell.contents().chars().next().unwrap_or(' ');
        cells.push((sign, Look::of(cell, cursor == Some((row, column)))));
    }
    let mut out = String::new();
    // Grounds first.
    for (from, run) in runs(&cells, |cell| (cell.1.inverse, cell.1.colour)) {
        let look = run[0].1;
        if look.inverse {
            let (x, wide) = (from * WIDTH, run.len() * WIDTH);
            write!(out, r#"<path class="{}" d="M{x} 0h{wide}v{HEIGHT}h-{wide}z"/>"#, look.class())?;
        }
    }
    let mut column = 0;
    // Outlines of one colour are one path.
    let mut outlines: BTreeMap<&str, String> = BTreeMap::new();
    while column < cells.len() {
        let (sign, look) = cells[column];
        let alike = |other: &&(char, Look)| other.1 == look;
        if let Some(path) = outline(sign) {
            let class = if look.inverse { "o" } else { look.class() };
            let long = match is_long(sign) {
                true => cells[column..].iter().take_while(|other| other.0 == sign && other.1 == look).count(),
                false => 1,
            };
            let wide = long * WIDTH;
            let path = path.replace(&format!("h{WIDTH}"), &format!("h{wide}"));
            let path = path.replace(&format!("h-{WIDTH}"), &format!("h-{wide}"));
            write!(outlines.entry(class).or_default(), "M{} 0{path}", column * WIDTH)?;
            column += long;
            continue;
        }
        let run = cells[column..].iter().take_while(alike).take_while(|cell| outline(cell.0).is_none());
        let text: String = run.map(|cell| cell.0).collect();
        let class = if look.inverse { "o" } else { look.class() };
        words(&mut out, (column, 13), &text, (class, look.bold))?;
        column += text.chars().count();
    }
    for (class, path) in outlines {
        write!(out, r#"<path class="{class}" d="{path}"/>"#)?;
    }
    Ok(out)
}

/// A text at a column; what is far apart is drawn apart.
fn words(
    out: &mut String,
    (column, y): (usize, usize),
    text: &str,
    (class, bold): (&str, bool),
) -> Result<(), Error> {
    const FAR: usize = 6;
    let signs: Vec<char> = text.chars().collect();
    let mut from = 0;
    while let Some(begin) = signs[from..].iter().position(|sign| *sign != ' ').map(|at| from + at) {
        let mut end = begin;
        let mut blanks = 0;
        for (at, sign) in signs.iter().enumerate().skip(begin) {
            if *sign != ' ' {
                (end, blanks) = (at + 1, 0);
            } else {
                blanks += 1;
                if blanks == FAR {
                    break;
                }
            }
        }
        let word: String = signs[begin..end].iter().collect();
        let word = word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let class = if bold { format!("{class} b") } else { class.to_string() };
        let (x, wide) = ((column + begin) * WIDTH, (end - begin) * WIDTH);
        write!(out, r#"<text class="{class}" x="{x}" y="{y}" textLength="{wide}">{word}</text>"#)?;
        from = end;
    }
    Ok(())
}

/// The key that was pressed, on a cap, and what it does.
fn told(moment: &Moment) -> Result<String, Error> {
    let mut out = String::new();
    let mut column = 0;
    if !moment.key.is_empty() {
        let wide = moment.key.chars().count();
        write!(out, r#"<rect class="k" y="3" width="{}" height="22" rx="4"/>"#, (wide + 2) * WIDTH)?;
        words(&mut out, (1, 18), moment.key, ("w", true))?;
        column = wide + 3;
    }
    words(&mut out, (column, 18), moment.does, ("w", false))?;
    Ok(out)
}

/// Neighbours that are alike in something, and where they begin.
fn runs<T, K: PartialEq>(all: &[T], key: impl Fn(&T) -> K) -> impl Iterator<Item = (usize, &[T])> {
    let mut from = 0;
    all.chunk_by(move |a, b| key(a) == key(b)).map(move |run| {
        from += run.len();
        (from - run.len(), run)
    })
}
