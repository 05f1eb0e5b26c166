//! Random lead sheets for round trips.

use tunesmith::music::lead_sheet::Header;
use tunesmith::music::{
    Bar, Chart, ChordChange, ChordSymbol, Duration, Feel, Form, Jump, Key, LeadSheet, Melody, Meter, Mode,
    Note, NoteName, Pitch, Section, Syllable, Tempo,
};

/// What a random sheet may contain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Everything a lead sheet can hold.
    Anything,
    /// What any notation writes without loss: note values of up to a 16th and triplets of eighths, repeats with
    /// endings, no jumps, names and titles without odd characters.
    Plain,
}

/// A small generator of its own, so that a seed always gives the same sheet.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// A number below `sides` (splitmix64).
    pub fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides.max(1)
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len() as u64) as usize]
    }
}

const METERS: &[&str] = &["4/4", "3/4", "2/4", "2/2", "6/8", "9/8", "12/8", "5/4", "7/8", "3/8"];
const SUFFIXES: &[&str] = &[
    "", "m", "7", "maj7", "m7", "dim7", "m7b5", "sus4", "7sus4", "6", "9", "13", "7(b9)", "aug", "m6", "add9",
];
const TITLES: &[&str] =
    &["Song", "", "A \"B\" & <C>", " blanks ", "Zwei\nZeilen", "Ünïcödé 歌", "[x] \\ | : { }", "X:1"];

/// A lead sheet that is the same for the same seed.
pub fn sheet(seed: u64, kind: Kind) -> LeadSheet {
    let dice = &mut Dice::new(seed);
    let meter: Meter = dice.of(METERS).parse().expect("a meter");
    let key = key(dice, kind);
    let form = form(dice, meter, kind);
    let chart = chart(dice, &form, key, kind);
    let melody = melody(dice, &form, key, kind);
    let wild = kind == Kind::Anything;
    let mut header = Header::new(if wild { *dice.of(TITLES) } else { "Song" }, key);
    header.composer =
        dice.chance(50).then(|| if wild { dice.of(TITLES).to_string() } else { "Anna Lind".into() });
    if wild {
        header.lyricist = dice.chance(20).then(|| dice.of(TITLES).to_string());
        header.rights = dice.chance(20).then(|| "© 1920".to_string());
        header.feel = if dice.chance(30) { Feel::Swing } else { Feel::Straight };
    }
    header.tempo = dice.chance(60).then(|| {
        let beat = if meter.is_compound() { meter.unit_length() * 3 } else { meter.unit_length() };
        Tempo { beat, per_minute: 40 + dice.below(160) as u16 }
    });
    let form = words(dice, form, &melody, kind);
    LeadSheet::new(header, form, chart, melody).expect("a valid random sheet")
}

/// The form with words in half of all sheets: syllables held and notes without any where formats can say so; a word goes
/// on until its last syllable, and what is held follows what is sung.
pub fn words(dice: &mut Dice, mut form: Form, melody: &Melody, kind: Kind) -> Form {
    form.set_words(&[], &[]);
    if dice.chance(50) {
        return form;
    }
    const TEXTS: &[&str] =
        &["Some", "morn", "ing", "é", "the~o", "don't", "a-b", "(x)", "&", "1.", "50%", "歌"];
    let texts = if kind == Kind::Plain { TEXTS } else { &[TEXTS, &["*", "_|\\", "[y]", "#"]].concat() };
    let mut sung: Vec<Option<Syllable>> = Vec::new();
    let (mut joins, mut sings) = (false, false);
    for index in 0..melody.notes.len() {
        let is_last = index + 1 == melody.notes.len();
        let syllable = match dice.below(6) {
            0 if !joins => Syllable::Silent,
            1 | 2 if sings && !(joins && is_last) => Syllable::Held,
            _ => {
                joins = !is_last && dice.chance(40);
                Syllable::sung(&dice.of(texts).replace('~', "‿"), joins).expect("a syllable")
            }
        };
        sings = syllable != Syllable::Silent;
        sung.push(Some(syllable));
    }
    form.set_words(&melody.notes, &sung);
    for bar in 0..=form.bars.len() {
        // What waits for notes is kept by the formats that keep everything.
        if kind == Kind::Anything && dice.chance(10) {
            let own = form.words(bar).expect("a bar").clone();
            let count = own.syllables().len() + 2;
            *form.words_mut(bar).expect("a bar") = own.followed_by(&"o-ver _ * \\| 2".into(), count);
        }
    }
    form
}

fn key(dice: &mut Dice, kind: Kind) -> Key {
    let mode =
        if kind == Kind::Anything { *dice.of(&Mode::ALL) } else { *dice.of(&[Mode::Major, Mode::Minor]) };
    Key::from_fifths(dice.below(11) as i32 - 5, mode)
}

fn form(dice: &mut Dice, meter: Meter, kind: Kind) -> Form {
    let wild = kind == Kind::Anything;
    let count = 1 + dice.below(12) as usize;
    let mut form = Form::plain(meter, count);
    let mut meter = meter;
    for bar in &mut form.bars {
        if dice.chance(if wild { 10 } else { 3 }) {
            meter = dice.of(METERS).parse().expect("a meter");
        }
        *bar = Bar::full(meter);
        if wild && dice.chance(5) {
            bar.length = meter.unit_length() * (1 + dice.below(12) as i64);
        }
        if wild && dice.chance(8) {
            bar.key_change = Some(key(dice, kind));
        }
        if wild && dice.chance(8) {
            bar.jumps.push(*dice.of(&Jump::ALL));
        }
    }
    if count >= 4 && dice.chance(40) {
        // A repeat with two endings round the last two bars.
        form.bars[0].repeat_start = true;
        form.bars[count - 2].ending = Some(vec![1]);
        form.bars[count - 2].repeat_end = Some(2);
        form.bars[count - 1].ending = Some(vec![2]);
    } else if wild && dice.chance(30) {
        form.bars[0].repeat_start = true;
        form.bars[count - 1].repeat_end = Some(2 + dice.below(3) as u8);
    }
    if dice.chance(40) {
        let first = form.bars[0].meter;
        let most = i64::from(first.beats()).min(form.bars[0].length.div_floor(first.unit_length()).max(1));
        form.pickup = first.unit_length() * (dice.below(most.max(1) as u64) as i64);
    }
    for bar in 0..count {
        if dice.chance(if bar == 0 { 50 } else { 10 }) {
            let label = if wild {
                dice.of(&["A", "B", "A'", "Verse one", "[odd] ]", ""])
            } else {
                dice.of(&["A", "B", "Verse"])
            };
            form.sections.push(Section { label: label.to_string(), first_bar: bar });
        }
    }
    form
}

fn chart(dice: &mut Dice, form: &Form, key: Key, kind: Kind) -> Chart {
    let mut changes = Vec::new();
    let starts = form.bar_starts();
    if form.pickup.is_positive() && dice.chance(20) {
        changes.push(ChordChange { at: -form.pickup, chord: chord(dice, key, kind) });
    }
    for (bar, start) in form.bars.iter().zip(&starts) {
        let unit = bar.meter.unit_length();
        let mut at = Duration::ZERO;
        while at < bar.length {
            if dice.chance(if at == Duration::ZERO { 70 } else { 15 }) {
                changes.push(ChordChange { at: *start + at, chord: chord(dice, key, kind) });
            }
            at += if kind == Kind::Anything && dice.chance(10) { unit / 2 } else { unit };
        }
    }
    Chart { changes }
}

fn chord(dice: &mut Dice, key: Key, kind: Kind) -> ChordSymbol {
    if dice.chance(4) {
        return ChordSymbol::NoChord;
    }
    let root = if kind == Kind::Anything {
        NoteName::from_fifths(dice.below(15) as i32 - 7)
    } else {
        key.spell(dice.below(12) as u8)
    };
    let slash = if dice.chance(10) {
        format!("/{}", key.spell((root.pitch_class() + 4) % 12))
    } else {
        String::new()
    };
    format!("{root}{}{slash}", dice.of(SUFFIXES)).parse().expect("a chord symbol")
}

fn melody(dice: &mut Dice, form: &Form, key: Key, kind: Kind) -> Melody {
    let mut notes = Vec::new();
    let end = form.end();
    let mut at = -form.pickup;
    let mut midi = 60 + dice.below(12) as i32;
    let values: &[(i64, i64)] = if kind == Kind::Anything {
        &[(1, 1), (1, 2), (1, 4), (2, 1), (3, 2), (3, 4), (4, 1), (2, 3), (1, 3), (1, 5), (1, 8), (1, 7)]
    } else {
        &[(1, 1), (1, 2), (1, 1), (1, 2), (1, 4), (2, 1), (3, 2), (3, 1)]
    };
    let empty = dice.chance(8);
    while at < end && !empty {
        let (numerator, denominator) = *dice.of(values);
        let mut duration = Duration::from_ratio(numerator, denominator).expect("a note value");
        let mut count = 1;
        // Tuplets come complete, on a beat, and not over a bar line.
        if kind == Kind::Plain
            && dice.chance(8)
            && at.rem_floor(Duration::QUARTER) == Duration::ZERO
            && fits(form, at)
        {
            (duration, count) = (Duration::QUARTER / 3, 3);
        }
        for _ in 0..count {
            midi = (midi + dice.below(9) as i32 - 4).clamp(48, 84);
            let length = duration.min(end - at);
            if length.is_positive() && !dice.chance(15) {
                let mut pitch = key.spell_midi(midi);
                if kind == Kind::Anything && dice.chance(10) {
                    pitch = Pitch::new(NoteName::from_fifths(dice.below(21) as i32 - 10), 4);
                }
                notes.push(Note { onset: at, duration: length, pitch });
            }
            at += length;
        }
    }
    Melody { notes }
}

/// Whether a quarter from here on stays inside its bar.
fn fits(form: &Form, at: Duration) -> bool {
    at >= Duration::ZERO
        && form.bar_starts().windows(2).any(|span| {
            span[0] <= at
                && at + Duration::QUARTER <= span[1]
                && (at - span[0]).rem_floor(Duration::QUARTER) == Duration::ZERO
        })
}
