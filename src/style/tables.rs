//! From pieces to figures: what is counted, and under which context.

use crate::music::{Duration, Meter, Mode};
use crate::viewpoint::length::Length;
use crate::viewpoint::{RelativeChord, START, place};

use super::chart_tables;
use super::count::{Tally, apart};
use super::figures::{Figures, Register, VERSION};
use super::fit_melody;
use super::heard::{heard, middle_offsets};
use super::learn::{Options, Weighed};
use super::melody_tables::MelodyTables;
use super::piece::{Event, Piece};
use super::plan_tables::Echoes;
use super::rhythm_experts::{self, Rhythm, RhythmTables, started};
use super::sections;

/// Everything that is being counted; chords and lengths under provisional codes.
#[derive(Default)]
struct Counting {
    pitches: MelodyTables,
    meters: Tally<Meter>,
    keys: Tally<(u8, Mode)>,
    pickups: Tally<(Meter, Duration)>,
    tempi: Tally<u16>,
    closings: Tally<(Mode, RelativeChord)>,
    forms: Tally<String>,
    sections: Tally<(String, u16)>,
    about_median: Vec<u32>,
    lowest: Vec<u8>,
    highest: Vec<u8>,
    span: Vec<u8>,
    echoes: Echoes,
}

/// A piece's number and weight.
#[derive(Clone, Copy)]
pub(super) struct Of {
    pub piece: u32,
    pub weight: u32,
}

/// The figures of pieces, which stand in order of name.
pub(super) fn count(pieces: &[Weighed], options: &Options) -> Figures {
    let mut of = numbered(pieces);
    let unit = 100 / pieces.iter().fold(100, |divisor, piece| gcd(divisor, piece.share.weight)).max(1);
    of.iter_mut().for_each(|of| of.weight = of.weight * unit / 100);
    let alphabet = Alphabet::of(pieces, &of, options.min_pieces);
    let mut charts: Vec<(&Piece, Of)> = Vec::new();
    let mut rhythms: Vec<Rhythm> = Vec::new();
    let mut counting = Counting { about_median: vec![0; 49], ..Counting::default() };
    for (weighed, &of) in pieces.iter().zip(&of) {
        if weighed.share.chords && !weighed.piece.chart.is_empty() {
            counting.song(&weighed.piece, of);
            charts.push((&weighed.piece, of));
        }
        if weighed.share.melody && !weighed.piece.events.is_empty() {
            counting.melody(&weighed.piece, options.order, of);
            rhythms.push(alphabet.rhythm(&weighed.piece, of));
        }
        let share = (weighed.share.chords, weighed.share.melody);
        counting.echoes.see(&weighed.piece, share, of.piece, of.weight);
    }
    let names = |wanted: &dyn Fn(&Weighed) -> bool| {
        let mut names: Vec<&str> =
            pieces.iter().filter(|piece| wanted(piece)).map(|piece| piece.name.as_str()).collect();
        names.dedup();
        names.len() as u32
    };
    let mut figures = counting.figures(options.min_pieces);
    figures.unit = unit;
    let mut tables = RhythmTables::default();
    rhythms.iter().for_each(|rhythm| tables.see(rhythm));
    tables.fill(&mut figures, options.min_pieces);
    figures.length_weights =
        rhythm_experts::weights(&rhythms, &alphabet.lengths_by_code(), unit, options.min_pieces);
    let counted = |chord| alphabet.counted(chord);
    let code = |chord: RelativeChord| alphabet.chords.get(&chord).copied();
    chart_tables::count(&mut figures, &charts, options, alphabet.by_code(), counted, code);
    renumber(&mut figures, alphabet);
    figures.melody_weights = fit_melody::weights(pieces, &of, unit, options);
    figures.chord_pieces = names(&|piece| piece.share.chords && !piece.piece.chart.is_empty());
    figures.melody_pieces = names(&|piece| piece.share.melody && !piece.piece.events.is_empty());
    figures
}

/// Pieces numbered by name, with their weights.
fn numbered(pieces: &[Weighed]) -> Vec<Of> {
    let mut number = 0;
    let mut last: Option<&str> = None;
    let number_of = |piece: &Weighed, number: u32| Of { piece: number, weight: piece.share.weight };
    let mut of = Vec::with_capacity(pieces.len());
    for piece in pieces {
        number += u32::from(last.is_some_and(|last| last != piece.name));
        last = Some(&piece.name);
        of.push(number_of(piece, number));
    }
    of
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The chords and lengths of a corpus, commonest first: their codes.
struct Alphabet {
    chords: BTreeMapOf<RelativeChord>,
    lengths: BTreeMapOf<Length>,
    rare: std::collections::BTreeMap<RelativeChord, RelativeChord>,
}

type BTreeMapOf<T> = std::collections::BTreeMap<T, u16>;

impl Alphabet {
    fn of(pieces: &[Weighed], of: &[Of], min_pieces: u16) -> Alphabet {
        let (mut chords, mut lengths) = (Tally::default(), Tally::default());
        for (weighed, of) in pieces.iter().zip(of) {
            if weighed.share.chords {
                weighed.piece.chart.iter().for_each(|span| chords.see(span.chord, of.piece, of.weight));
            }
            if weighed.share.melody {
                let events = weighed.piece.events.iter();
                let on_grid = events.filter(|event| event.length % 3 == 0 || event.length % 4 == 0);
                on_grid.for_each(|event| lengths.see(length_of(event), of.piece, of.weight));
            }
        }
        // A chord that few pieces have is counted as a simpler one, so that its place in the flow is not lost.
        let common = |chord: &RelativeChord| chords.pieces(chord) >= min_pieces;
        let mut rare = std::collections::BTreeMap::new();
        for weighed in pieces.iter().filter(|weighed| weighed.share.chords) {
            for chord in weighed.piece.chart.iter().map(|span| span.chord).filter(|chord| !common(chord)) {
                let simpler = std::iter::successors(chord.simpler(), |chord| chord.simpler())
                    .find(|chord| common(chord));
                rare.insert(chord, simpler.unwrap_or(chord));
            }
        }
        let number = |list: Vec<(RelativeChord, u32)>| {
            list.into_iter()
                .take(usize::from(START))
                .enumerate()
                .map(|(code, (chord, _))| (chord, code as u16))
                .collect()
        };
        let chords = number(chords.commonest(1));
        let lengths = lengths.commonest(1).into_iter().take(usize::from(START)).enumerate();
        Alphabet { chords, lengths: lengths.map(|(code, (length, _))| (length, code as u16)).collect(), rare }
    }

    /// The chords in order of their codes.
    fn by_code(&self) -> Vec<RelativeChord> {
        let mut chords: Vec<(u16, RelativeChord)> =
            self.chords.iter().map(|(&chord, &code)| (code, chord)).collect();
        chords.sort_unstable();
        chords.into_iter().map(|(_, chord)| chord).collect()
    }

    /// The lengths in order of their codes.
    fn lengths_by_code(&self) -> Vec<Length> {
        let mut lengths: Vec<(u16, Length)> =
            self.lengths.iter().map(|(&length, &code)| (code, length)).collect();
        lengths.sort_unstable();
        lengths.into_iter().map(|(_, length)| length).collect()
    }

    /// The lengths of a piece.
    fn rhythm(&self, piece: &Piece, of: Of) -> Rhythm {
        let all = started(piece).into_iter();
        let lengths = all.map(|(at, event)| (at, self.lengths.get(&length_of(event)).copied()));
        Rhythm { piece: of.piece, weight: of.weight, lengths: lengths.collect() }
    }

    /// The chord as it is counted.
    fn counted(&self, chord: RelativeChord) -> RelativeChord {
        self.rare.get(&chord).copied().unwrap_or(chord)
    }
}

fn length_of(event: &Event) -> Length {
    Length { ticks: event.length.clamp(1, i32::from(u16::MAX)) as u16, rest: event.pitch.is_none() }
}

impl Counting {
    /// Counts what a piece with a chart is like as a whole.
    fn song(&mut self, piece: &Piece, of: Of) {
        self.meters.see(piece.meter, of.piece, of.weight);
        if let Some(bar) = piece.bars.first() {
            self.keys.see((bar.key.tonic.pitch_class(), bar.key.mode), of.piece, of.weight);
        }
        if let (Some(bar), Some(last)) = (piece.bars.last(), piece.chart.last()) {
            self.closings.see((bar.key.mode, last.chord), of.piece, of.weight);
        }
        if let Some(tempo) = piece.tempo {
            self.tempi.see(tempo, of.piece, of.weight);
        }
        if let Some(form) = sections::form(&piece.sections) {
            self.forms.see(form, of.piece, of.weight);
        }
        for section in &piece.sections {
            if section.found && section.bars != sections::BLOCK {
                continue;
            }
            self.sections.see((section.kind.clone(), section.bars.min(255) as u16), of.piece, of.weight);
        }
    }

    /// Counts what a piece's melody does.
    fn melody(&mut self, piece: &Piece, order: usize, of: Of) {
        heard(piece, order).iter().for_each(|note| self.pitches.see(note, of.piece, of.weight));
        self.pitches.see_middles(middle_offsets(piece).into_iter(), of.weight);
        let notes: Vec<&Event> = piece.events.iter().filter(|event| event.pitch.is_some()).collect();
        self.register(&notes, of);
        let pickup = place::duration(piece.pickup);
        self.pickups.see((piece.meter, pickup), of.piece, of.weight);
    }

    fn register(&mut self, notes: &[&Event], of: Of) {
        let mut pitches: Vec<i16> = notes.iter().filter_map(|note| note.pitch).collect();
        pitches.sort_unstable();
        let (Some(&low), Some(&high)) = (pitches.first(), pitches.last()) else { return };
        self.lowest.push(low.clamp(0, 127) as u8);
        self.highest.push(high.clamp(0, 127) as u8);
        self.span.push((high - low).clamp(0, 127) as u8);
        let median = pitches.get(pitches.len() / 2).copied().unwrap_or(low);
        for pitch in pitches {
            if let Some(count) = self.about_median.get_mut((pitch - median + 24).clamp(0, 48) as usize) {
                *count = count.saturating_add(of.weight);
            }
        }
    }

    /// The figures, without what few pieces have.
    fn figures(self, min_pieces: u16) -> Figures {
        let mut figures = Figures {
            version: VERSION,
            unit: 1,
            min_pieces,
            meters: self.meters.commonest(min_pieces),
            keys: apart(self.keys.commonest(min_pieces)),
            pickups: apart(self.pickups.commonest(min_pieces)),
            tempi: self.tempi.commonest(min_pieces),
            closings: apart(self.closings.commonest(min_pieces)),
            forms: self.forms.commonest(min_pieces),
            sections: apart(self.sections.commonest(min_pieces)),
            register: Register {
                lowest: quantiles(self.lowest),
                highest: quantiles(self.highest),
                span: quantiles(self.span),
                about_median: self.about_median,
            },
            ..Figures::default()
        };
        self.echoes.store(min_pieces, &mut figures);
        self.pitches.fill(&mut figures, min_pieces);
        figures
    }
}

/// Values at 0, 10, 25, 50, 75, 90 and 100 per cent.
fn quantiles(mut values: Vec<u8>) -> [u8; 7] {
    values.sort_unstable();
    let last = values.len().saturating_sub(1);
    [0, 10, 25, 50, 75, 90, 100].map(|percent| values.get(last * percent / 100).copied().unwrap_or_default())
}

/// Leaves only the chords and lengths that are still used in the alphabets, and gives the tables their codes.
fn renumber(figures: &mut Figures, alphabet: Alphabet) {
    let mut chords: Vec<(u16, RelativeChord)> =
        alphabet.chords.into_iter().map(|(chord, code)| (code, chord)).collect();
    chords.sort_unstable();
    chords.retain(|&(code, _)| figures.chord.transitions().any(|(_, entry)| entry.symbol == code));
    let new_chord = |code: u16| chords.iter().position(|&(old, _)| old == code).map(|new| new as u16);
    chart_tables::recode(figures, new_chord);

    let mut lengths: Vec<(u16, Length)> =
        alphabet.lengths.into_iter().map(|(length, code)| (code, length)).collect();
    lengths.sort_unstable();
    lengths.retain(|&(code, _)| figures.length.transitions().any(|(_, entry)| entry.symbol == code));
    let new_length = |code: u16| lengths.iter().position(|&(old, _)| old == code).map(|new| new as u16);
    figures.length =
        figures.length.recoded(|at, code| if at < 3 { Some(code) } else { new_length(code) }, new_length);
    figures.length_after = figures.length_after.recoded(|_, code| Some(code), new_length);

    figures.chords = chords.into_iter().map(|(_, chord)| chord).collect();
    figures.lengths = lengths.into_iter().map(|(_, length)| length).collect();
}
