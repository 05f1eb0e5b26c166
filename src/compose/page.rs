//! The empty page: what a request leaves open (form, key, meter, tempo, pickup, range) drawn from the style.

use rand_chacha::ChaCha8Rng;

use super::form_text::{Endings, FormError, Layout, endings_of, lay_out, print_form, read_form};
use super::request::Request;
use super::rhythm_law::knows_meter;
use crate::constraint::{Frame, Limits};
use crate::markov::draw::{choose, unit};
use crate::music::{Duration, Feel, Key, Meter, Tempo};
use crate::style::Style;

/// All that is settled before the first chord is drawn; shared by the takes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Key, meter, pickup, bars and sections.
    pub frame: Frame,
    /// The sections that are played several times in a row with an ending each.
    pub endings: Vec<Endings>,
    /// Where the page is that of a sheet to start from: for each bar as played which written one it is. Bars are then
    /// the same where these are, and sections of one name need not be.
    pub written: Option<Vec<usize>>,
    /// Whether sections with primes vary those without.
    pub primed: bool,
    /// Tempo.
    pub tempo: Tempo,
    /// Feel.
    pub feel: Feel,
    /// Lowest and highest pitch (MIDI) that the melody keeps to when nothing is said about its range.
    pub range: (i32, i32),
}

impl Page {
    /// The form's text: `A8(1,2) B8 A8`.
    pub fn form(&self) -> String {
        print_form(&self.frame.sections, &self.endings)
    }

    /// The endings of which a section (by index) is a pass, and which pass, from 0.
    pub fn endings_of(&self, section: usize) -> Option<(Endings, usize)> {
        endings_of(&self.endings, section)
    }
}

/// Draws a page: what the request fixes is kept, the rest follows the style's figures.
///
/// # Errors
/// When the form cannot be read or its lengths do not fit.
pub fn draw_page(style: &Style, request: &Request, rng: &mut ChaCha8Rng) -> Result<Page, FormError> {
    let figures = &style.figures;
    // Always the same number of draws in the same order, so that fixing one thing leaves the others as they were.
    let mut draw = |weights: &mut dyn Iterator<Item = f64>| {
        let weights: Vec<f64> = weights.collect();
        let mut own = rng.clone();
        let _ = unit(rng);
        choose(&mut own, &weights)
    };
    let meters: Vec<(Meter, u32)> =
        style.meters().into_iter().filter(|&(meter, _)| knows_meter(figures, meter)).collect();
    let drawn = draw(&mut meters.iter().map(|&(_, count)| f64::from(count)));
    let meter = request.meter.or(drawn.map(|index| meters[index].0)).unwrap_or(Meter::COMMON);
    let keys = keys(style);
    let drawn = draw(&mut keys.iter().map(|&(_, count)| f64::from(count))).map(|index| keys[index].0);
    let key = request.key.or(drawn).unwrap_or(Key::C_MAJOR);
    let layout = layout(style, request, &mut draw)?;
    let pickups: Vec<(Duration, u32)> = figures
        .pickups
        .iter()
        .filter(|pickup| pickup.0 == meter)
        .map(|&(_, length, count)| (length, count))
        .collect();
    let drawn = draw(&mut pickups.iter().map(|&(_, count)| f64::from(count)));
    let drawn = drawn.map(|index| pickups[index].0).filter(|&length| length < meter.bar_length());
    let asked = request.pickup.map(|beats| {
        let unit = meter.unit_length().ticks();
        Duration::from_ticks(beats.ticks().saturating_mul(unit) / Duration::TICKS_PER_QUARTER)
    });
    let pickup = asked.or(drawn).unwrap_or(Duration::ZERO);
    if pickup < Duration::ZERO || pickup >= meter.bar_length() {
        let reason = format!("the pickup must be shorter than a bar: 0 to less than {} beats", meter.beats());
        return Err(FormError { text: format!("pickup {}", request.pickup.unwrap_or_default()), reason });
    }
    let drawn = draw(&mut std::iter::repeat_n(1.0, 16));
    let tempo = request.tempo.unwrap_or_else(|| tempo(style, meter, drawn.unwrap_or(0)));
    let range = range(style, &mut draw);
    // Counted as it is felt: halves in 2/2, dotted quarters in 6/8.
    let beat = meter.pulses().first().copied().unwrap_or(Duration::QUARTER);
    if let Some(draft) = &request.draft {
        return Ok(Page {
            frame: draft.frame().clone(),
            endings: Vec::new(),
            written: Some(draft.written().to_vec()),
            primed: false,
            tempo: draft
                .tempo()
                .filter(|_| request.tempo.is_none())
                .unwrap_or(Tempo { beat, per_minute: tempo }),
            feel: draft.feel(),
            range: draft.range_about(range),
        });
    }
    let (bars, sections) = (layout.bars(), layout.sections);
    let frame = Frame { key: key.simplified(), meter, pickup, bars, sections };
    let tempo = Tempo { beat, per_minute: tempo };
    let (endings, feel) = (layout.endings, style.card.feel);
    Ok(Page { frame, endings, written: None, primed: true, tempo, feel, range })
}

/// Keys with weights: the card's, else the corpus's.
fn keys(style: &Style) -> Vec<(Key, u32)> {
    let own = style.figures.keys.iter();
    if style.card.keys.is_empty() {
        own.map(|&(tonic, mode, count)| (Key::from_pitch_class(tonic, mode), count)).collect()
    } else {
        style.card.keys.clone()
    }
}

/// Draws an index in proportion to weights; `None` if there are none.
type Draw<'a> = dyn FnMut(&mut dyn Iterator<Item = f64>) -> Option<usize> + 'a;

fn layout(style: &Style, request: &Request, draw: &mut Draw<'_>) -> Result<Layout, FormError> {
    let usual = usual_length(style);
    let forms = drawn_forms(style, request.bars);
    let drawn = draw(&mut forms.iter().map(|(_, count)| f64::from(*count)));
    match (&request.form, drawn, request.bars) {
        (Some(form), _, bars) => lay_out(form, &read_form(form)?, usual, bars),
        (None, Some(index), _) => lay_out(&forms[index].0, &read_form(&forms[index].0)?, usual, None),
        (None, None, Some(bars)) => {
            let plan = match bars {
                _ if bars % 4 == 0 && bars / 4 % 2 == 0 && bars >= 16 => "AABA",
                _ if bars % 2 == 0 && bars >= 12 && bars != 12 => "AB",
                _ => "A",
            };
            lay_out(plan, &read_form(plan)?, usual, Some(bars))
        }
        (None, None, None) => lay_out("AABA", &read_form("AABA")?, usual, None),
    }
}

/// The forms that are drawn where none is asked for, each as often as its count says: those of the style that have so
/// many bars; without a number, those that are neither too short to be a song nor too long to look over.
pub fn drawn_forms(style: &Style, bars: Option<usize>) -> Vec<(String, u32)> {
    let usual = usual_length(style);
    let fits = |form: &String| {
        let laid_out = read_form(form).and_then(|wanted| lay_out(form, &wanted, usual, None));
        laid_out.is_ok_and(|layout| {
            bars.map_or((12..=64).contains(&layout.bars()), |wanted| wanted == layout.bars())
        })
    };
    style.forms().into_iter().filter(|(form, _)| fits(form)).collect()
}

/// The commonest length of a section among the style's forms, 8 if they do not say.
pub fn usual_length(style: &Style) -> usize {
    let mut lengths: std::collections::BTreeMap<usize, u32> = std::collections::BTreeMap::new();
    for (form, count) in style.forms() {
        for section in read_form(&form).unwrap_or_default() {
            *lengths.entry(section.bars.unwrap_or(8)).or_default() += count;
        }
    }
    let common = lengths.into_iter().filter(|(bars, _)| (4..=16).contains(bars));
    common.max_by_key(|&(bars, count)| (count, std::cmp::Reverse(bars))).map_or(8, |(bars, _)| bars)
}

/// One of sixteen tempi from the slowest to the fastest usual one in a meter.
fn tempo(style: &Style, meter: Meter, step: usize) -> u16 {
    let tempi = &style.card.tempi;
    let own = tempi.iter().find(|tempo| tempo.meters.contains(&meter)).or(tempi.first());
    let (slow, fast) = own.map_or((84, 144), |tempo| tempo.beats_a_minute);
    // Even numbers, as on a metronome.
    (slow + ((fast.saturating_sub(slow)) as usize * step.min(15) / 15) as u16) / 2 * 2
}

/// A range as the style's melodies have it, span and lowest note each between the lower and upper quarter of its
/// pieces, in the octave that lies best within the card's range: songs are noted where they are read, not where a
/// low voice sang them.
fn range(style: &Style, draw: &mut Draw<'_>) -> (i32, i32) {
    let register = &style.figures.register;
    let mut between = |low: u8, high: u8| {
        let count = usize::from(high.saturating_sub(low)) + 1;
        i32::from(low) + draw(&mut std::iter::repeat_n(1.0, count)).unwrap_or(0) as i32
    };
    let span = between(register.span[2], register.span[4]).clamp(9, 24);
    let lowest = between(register.lowest[2], register.lowest[4]);
    let (low, high) = (style.card.range.low.midi(), style.card.range.high.midi());
    let outside = |lowest: i32| (low - lowest).max(0) + (lowest + span - high).max(0);
    let octaves = (-4..=4).map(|octave| lowest + 12 * octave);
    let lowest = octaves.min_by_key(|&lowest| (outside(lowest), lowest)).unwrap_or(lowest);
    (lowest, lowest + span)
}

/// The pitches a melody is drawn from: the page's range, or where the limits bind all of the sheet to a range, that
/// one; widened to hold every pitch that is asked for by name.
pub fn compass(page: &Page, limits: &Limits) -> (i32, i32) {
    let (start, end) = (page.frame.start(), page.frame.end());
    let bound = limits.melody.iter().find_map(|limit| match limit {
        crate::constraint::MelodyLimit::Sounding { from, to, allowed } if *from <= start && *to >= end => {
            let (low, high) = (allowed.iter().next()?, allowed.iter().next_back()?);
            // Names of notes in every octave are no range.
            (allowed.len() as i32 == high - low + 1).then_some((low, high))
        }
        _ => None,
    });
    let named = limits.named_pitches();
    let (low, high) = bound.unwrap_or(page.range);
    let low = named.iter().next().map_or(low, |lowest| lowest.min(low));
    let high = named.iter().next_back().map_or(high, |highest| highest.max(high));
    (low.max(0), high.min(127))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markov::draw::seeded;
    use crate::style;

    /// How far drawn forms are from what they should be, in all (chi squared), and how many kinds there are.
    fn misfit(style: &Style, bars: Option<usize>, draws: u64) -> (f64, usize) {
        let forms = drawn_forms(style, bars);
        let total: f64 = forms.iter().map(|(_, count)| f64::from(*count)).sum();
        let mut seen = vec![0.0; forms.len()];
        for seed in 0..draws {
            let request = Request { bars, ..Request::default() };
            let page = draw_page(style, &request, &mut seeded(seed)).expect("a form of the style");
            let usual = usual_length(style);
            let laid_out = |form: &str| {
                let layout = lay_out(form, &read_form(form).expect(form), usual, None).expect(form);
                print_form(&layout.sections, &layout.endings)
            };
            let drawn = forms.iter().position(|(form, _)| laid_out(form) == page.form());
            seen[drawn.expect("one of the style's forms")] += 1.0;
        }
        // Rare forms are counted together, so that each kind is expected five times or more.
        let (mut kinds, mut rare, mut sum) = (0, (0.0, 0.0), 0.0);
        for ((_, count), seen) in forms.iter().zip(seen) {
            let expected = f64::from(*count) / total * draws as f64;
            if expected < 5.0 {
                rare = (rare.0 + expected, rare.1 + seen);
            } else {
                kinds += 1;
                sum += (seen - expected) * (seen - expected) / expected;
            }
        }
        if rare.0 > 0.0 {
            kinds += 1;
            sum += (rare.1 - rare.0) * (rare.1 - rare.0) / rare.0.max(1.0);
        }
        (sum, kinds)
    }

    #[test]
    fn forms_are_drawn_as_often_as_songs_have_them() {
        for name in ["beatles", "jazz", "songbook"] {
            let style = style::load(name).expect(name);
            let (sum, kinds) = misfit(&style, None, 1500);
            assert!(kinds > 3, "{name}: {kinds}");
            // The mean of chi squared is kinds - 1, its standard deviation the root of twice that.
            let free = (kinds - 1) as f64;
            assert!(sum < free + 5.0 * (2.0 * free).sqrt(), "{name}: {sum} for {kinds} forms");
        }
        let (_, kinds) = misfit(&style::load("jazz").expect("jazz"), Some(32), 400);
        assert!(kinds > 1, "{kinds}");
    }

    #[test]
    fn what_a_page_draws_has_its_number_of_bars() {
        let style = style::load("beatles").expect("beatles");
        for bars in [7, 12, 16, 24, 32, 100] {
            let request = Request { bars: Some(bars), ..Request::default() };
            let page = draw_page(&style, &request, &mut seeded(3)).expect("a page");
            assert_eq!(page.frame.bars, bars);
        }
    }
}
