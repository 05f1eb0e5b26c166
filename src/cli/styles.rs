//! `styles`: the styles there are, and what one of them does.

use petgraph::dot::Dot;
use petgraph::graph::DiGraph;
use serde_json::{Value, json};

use crate::compose::page::drawn_forms;
use crate::music::roman::RomanChord;
use crate::music::{Key, Mode};
use crate::style::{self, Dial, Figures, Style, Tuning};
use crate::viewpoint::{RelativeChord, START, interval};

use super::{Failure, Terminal};

/// List the styles, or describe one: its songs, forms and commonest chord moves.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  tunesmith styles\n  tunesmith styles beatles\n  \
    tunesmith styles beatles --graph | dot -Tsvg > chords.svg")]
pub struct Args {
    /// The style to describe: a name, a folder, or a mix such as 'beatles*0.7+songbook*0.3'
    name: Option<String>,

    /// Write JSON, for scripts
    #[arg(long)]
    json: bool,

    /// Write the style's chord graph in the DOT language, for Graphviz
    #[arg(long, requires = "name", conflicts_with = "json")]
    graph: bool,
}

/// Forms that a description names.
const FORMS: usize = 8;
/// Chord moves that a description names.
const MOVES: usize = 16;
/// Moves less likely than this are left out of the graph.
const FAINT: f64 = 0.04;

/// Lists the styles or describes one on standard output.
///
/// # Errors
/// When there is no such style, or its files cannot be read.
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let text = match &args.name {
        None => list(args.json, terminal),
        Some(name) => {
            let style = style::load(name).map_err(|error| Failure::Usage(error.to_string()))?;
            match (args.graph, args.json) {
                (true, _) => graph(&style.figures),
                (false, true) => format!("{:#}\n", described(&style)),
                (false, false) => description(&style),
            }
        }
    };
    terminal.result(text)
}

/// The list; styles that cannot be read are told on standard error.
fn list(as_json: bool, terminal: &Terminal) -> String {
    let loaded = style::list().into_iter().filter_map(|listed| {
        let name = listed.folder.as_ref().map_or(listed.name.clone(), |folder| folder.display().to_string());
        style::load(&name).map_err(|error| terminal.remark(&error.to_string())).ok()
    });
    let styles: Vec<Style> = loaded.collect();
    if as_json {
        let list: Vec<Value> = styles.iter().map(summary).collect();
        return format!("{:#}\n", Value::from(list));
    }
    let wide = styles.iter().map(|style| style.name.chars().count()).max().unwrap_or_default();
    let line = |style: &Style| {
        let own = if style.folder.is_some() { ", yours" } else { "" };
        format!("{:wide$}  {} ({} songs{own})\n", style.name, style.card.title, style.figures.pieces())
    };
    styles.iter().map(line).collect()
}

fn summary(style: &Style) -> Value {
    json!({
        "name": style.name,
        "title": style.card.title,
        "pieces": style.figures.pieces(),
        "chord_pieces": style.figures.chord_pieces,
        "melody_pieces": style.figures.melody_pieces,
        "folder": style.folder.as_ref().map(|folder| folder.display().to_string()),
    })
}

fn described(style: &Style) -> Value {
    let figures = &style.figures;
    let mut value = summary(style);
    let tables: serde_json::Map<String, Value> = figures
        .tables()
        .into_iter()
        .map(|(name, table)| {
            (name.to_string(), json!({"contexts": table.rows.len(), "transitions": table.len()}))
        })
        .collect();
    let moves: Vec<Value> = moves(figures)
        .into_iter()
        .map(|a| json!({"from": a.from, "to": a.to, "count": a.count, "probability": a.probability, "pieces": a.pieces}))
        .collect();
    if let Value::Object(object) = &mut value {
        let weighted = |list: Vec<(String, u32)>| -> Vec<Value> {
            list.into_iter().map(|(what, weight)| json!([what, weight])).collect()
        };
        object.insert("description".into(), style.card.description.clone().into());
        object.insert("min_pieces".into(), figures.min_pieces.into());
        let parts = style.parts.iter().map(|(part, share)| json!([part.name, f64::from(*share) / 1000.0]));
        object.insert("mix".into(), parts.collect::<Vec<_>>().into());
        object.insert("chords".into(), figures.chords.len().into());
        object.insert("tables".into(), tables.into());
        object.insert("meters".into(), weighted(named(&style.meters())).into());
        object.insert("forms".into(), weighted(style.forms()).into());
        let drawn = shares(&drawn_forms(style, None));
        object.insert("drawn_forms".into(), json!(drawn));
        object.insert("moves".into(), moves.into());
        object.insert("tuning".into(), tuning(&figures.tuning));
        object.insert("sources".into(), style.card.sources.clone().into());
    }
    value
}

/// The weights that were tuned, as natural logarithms; empty for a style that was not.
fn tuning(tuning: &Tuning) -> Value {
    if tuning.is_empty() {
        return json!({});
    }
    let turned = tuning.turned();
    let dials =
        Dial::all().zip(&turned.dials).map(|(dial, log)| (dial.figure().key().to_string(), json!(log)));
    let intervals = turned.intervals.iter().zip(0..);
    let intervals = intervals.map(|(log, code)| json!([interval::semitones(code), log]));
    let lengths = turned.lengths.iter();
    let lengths =
        lengths.map(|((meter, ticks), log)| json!([meter.to_string(), f64::from(*ticks) / 12.0, log]));
    json!({
        "figures": dials.collect::<serde_json::Map<String, Value>>(),
        "intervals": intervals.collect::<Vec<_>>(),
        "lengths": lengths.collect::<Vec<_>>(),
    })
}

fn named<T: ToString>(list: &[(T, u32)]) -> Vec<(String, u32)> {
    list.iter().map(|(what, weight)| (what.to_string(), *weight)).collect()
}

/// What there is to say of a style, in lines.
pub fn description(style: &Style) -> String {
    let (card, figures) = (&style.card, &style.figures);
    let transitions: usize = figures.tables().iter().map(|(_, table)| table.len()).sum();
    let named_shares = |list: Vec<(String, u32)>, most: usize| {
        let total: u64 = list.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let share = |weight: u32| u64::from(weight) * 100 / total.max(1);
        let named = list.iter().take(most).map(|(what, weight)| format!("{what} ({} %)", share(*weight)));
        named.collect::<Vec<_>>().join(", ")
    };
    let mut lines = vec![format!("{} - {}", style.name, card.title)];
    lines.extend((!card.description.is_empty()).then(|| card.description.clone()));
    lines.push(String::new());
    lines.push(format!(
        "Songs    {} with chords, {} with melody",
        figures.chord_pieces, figures.melody_pieces
    ));
    lines.push(format!(
        "Figures  {} chords, {transitions} transitions, each seen in at least {} {}",
        figures.chords.len(),
        figures.min_pieces,
        if figures.min_pieces == 1 { "song" } else { "songs" }
    ));
    lines.push(format!("Meters   {}", named_shares(named(&style.meters()), 6)));
    lines.push(format!("Forms    {}", forms(style)));
    lines.push(format!("Range    {}", String::from(card.range)));
    lines.push(String::new());
    lines.push("Commonest chord moves".to_string());
    for a in moves(figures).into_iter().take(MOVES) {
        lines.push(format!(
            "  {:8} {:8} {:3.0} % of what follows {}, in {} songs",
            a.from,
            a.to,
            a.probability * 100.0,
            a.from,
            a.pieces
        ));
    }
    if !card.sources.is_empty() {
        lines.push(String::new());
        lines.push("Learned from".to_string());
        lines.extend(card.sources.iter().map(|source| format!("  {source}")));
    }
    lines.join("\n") + "\n"
}

/// The commonest forms, and how often each is drawn.
fn forms(style: &Style) -> String {
    let drawn = shares(&drawn_forms(style, None));
    let mut forms = style.forms();
    forms.sort_by_key(|form| std::cmp::Reverse(form.1));
    let described = forms.iter().take(FORMS).map(|(form, _)| {
        let share = drawn.iter().find(|(other, _)| other == form).map_or(0.0, |(_, share)| *share);
        match share > 0.0 {
            true => format!("{form} ({:.0} %)", share * 100.0),
            false => format!("{form} (too short or too long to be drawn)"),
        }
    });
    let mut described: Vec<String> = described.collect();
    described.extend((forms.len() > FORMS).then(|| format!("{} more", forms.len() - FORMS)));
    described.join("\n         ")
}

/// What part of the whole each is.
fn shares(counts: &[(String, u32)]) -> Vec<(String, f64)> {
    let total: f64 = counts.iter().map(|(_, count)| f64::from(*count)).sum();
    counts.iter().map(|(what, count)| (what.clone(), f64::from(*count) / total.max(1.0))).collect()
}

/// One chord after another.
struct Move {
    from: String,
    to: String,
    count: u32,
    probability: f64,
    pieces: u16,
}

/// The moves from chord to chord in major, commonest first; in minor, if the style has no major.
fn moves(figures: &Figures) -> Vec<Move> {
    let mode = u16::from(figures.chord.row(&[0]).is_empty());
    let mut moves = Vec::new();
    for (context, row) in &figures.chord.rows {
        let &[of_mode, from] = context.as_slice() else { continue };
        let Some(from) = figures.chords.get(usize::from(from)).filter(|_| of_mode == mode && from != START)
        else {
            continue;
        };
        let total = figures.chord.total(context).max(1);
        for entry in row {
            let Some(to) = figures.chords.get(usize::from(entry.symbol)).filter(|to| *to != from) else {
                continue;
            };
            moves.push(Move {
                from: numeral(*from, mode),
                to: numeral(*to, mode),
                count: entry.count,
                probability: f64::from(entry.count) / total as f64,
                pieces: entry.pieces,
            });
        }
    }
    moves.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| (&a.from, &a.to).cmp(&(&b.from, &b.to))));
    moves
}

/// A chord as a Roman numeral.
fn numeral(chord: RelativeChord, mode: u16) -> String {
    let key = Key::new(Key::C_MAJOR.tonic, if mode == 0 { Mode::Major } else { Mode::Minor });
    let symbol = chord.symbol(key);
    RomanChord::from_chord(&symbol, key).map_or_else(|| symbol.to_string(), |roman| roman.to_string())
}

/// The chord graph: an arrow for each move that is not faint, as wide as it is likely.
fn graph(figures: &Figures) -> String {
    let mut graph: DiGraph<String, String> = DiGraph::new();
    let mut nodes = std::collections::BTreeMap::new();
    for a in moves(figures).into_iter().filter(|a| a.probability >= FAINT) {
        let from = *nodes.entry(a.from.clone()).or_insert_with(|| graph.add_node(a.from));
        let to = *nodes.entry(a.to.clone()).or_insert_with(|| graph.add_node(a.to));
        graph.add_edge(from, to, format!("{:.2}", a.probability));
    }
    let wide = |_: &DiGraph<String, String>, edge: petgraph::graph::EdgeReference<'_, String>| {
        let likely: f64 = edge.weight().parse().unwrap_or_default();
        format!("penwidth = {:.1}", 0.5 + 4.0 * likely)
    };
    let plain = |_: &DiGraph<String, String>, _: (petgraph::graph::NodeIndex, &String)| String::new();
    Dot::with_attr_getters(&graph, &[], &wide, &plain).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::Entry;

    fn figures() -> Figures {
        let mut figures = Figures { version: 1, unit: 1, chord_pieces: 4, ..Figures::default() };
        figures.chords = ["0:", "7:7", "9:m"].map(|chord| chord.parse().expect(chord)).to_vec();
        let entry = |symbol, count| Entry { symbol, count, pieces: 2 };
        figures.chord.rows.insert(vec![0], vec![entry(0, 9)]);
        figures.chord.rows.insert(vec![0, 0], vec![entry(0, 5), entry(1, 3), entry(2, 2)]);
        figures.chord.rows.insert(vec![0, 1], vec![entry(0, 4)]);
        figures.chord.rows.insert(vec![0, START], vec![entry(0, 4)]);
        figures
    }

    #[test]
    fn moves_are_in_roman_numerals_commonest_first() {
        let told: Vec<(String, String, u32)> =
            moves(&figures()).into_iter().map(|a| (a.from, a.to, a.count)).collect();
        let wanted = [("V7", "I", 4), ("I", "V7", 3), ("I", "vi", 2)];
        assert_eq!(told, wanted.map(|(from, to, count)| (from.to_string(), to.to_string(), count)));
    }

    #[test]
    fn the_graph_has_an_arrow_for_each_move() {
        let dot = graph(&figures());
        assert!(dot.starts_with("digraph"), "{dot}");
        assert_eq!(dot.matches("->").count(), 3, "{dot}");
        assert!(dot.contains("label = \"V7\"") && dot.contains("label = \"0.30\""), "{dot}");
    }
}
