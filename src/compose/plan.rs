//! Drawing a repetition plan for a page: which bars of each section will take up which, as the style's songs do.

use rand_chacha::ChaCha8Rng;

use super::smoothing::interpolate;
use crate::constraint::Frame;
use crate::markov::draw::choose;
use crate::music::{Echo, Plan, Taken};
use crate::style::figures::{Figures, Table};
use crate::viewpoint::echo;

/// How many echo codes there are.
const CODES: usize = 16;

/// What a bar may take up, as far as what is asked of it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freedom {
    /// Nothing is asked of the bar that it could not take up.
    Any,
    /// Something is asked of its pitches: it may take up a rhythm or a contour.
    RhythmOnly,
    /// It must be new.
    New,
}

/// Draws a plan: bars whose root is another bar (they are that bar again, chords and all) and bars that are not free
/// take up nothing of their own. `asked` holds the echoes that must be there.
///
/// Melody and chords are each a Markov chain of echoes over the bars of a section, by the bar's place in it. What of a
/// bar the melody takes up, beyond the rhythm, is settled when that bar is known.
pub fn draw_plan(
    figures: &Figures,
    frame: &Frame,
    roots: &[usize],
    asked: &[Option<Echo>],
    freedom: &[Freedom],
    rng: &mut ChaCha8Rng,
) -> Plan {
    let mut plan = Plan { melody: asked.to_vec(), chords: vec![None; frame.bars] };
    plan.melody.resize(frame.bars, None);
    let whole = [(String::new(), 0..frame.bars)];
    let sections = if frame.sections.is_empty() { &whole[..] } else { &frame.sections[..] };
    for (_, bars) in sections {
        let mut before = (echo::NEW, echo::NEW);
        // For each bar the first with its chords.
        let mut same_chords = vec![bars.start];
        for bar in bars.clone().skip(1) {
            if roots[bar] != bar {
                before = (echo::NEW, echo::NEW);
                same_chords.push(bar);
                continue;
            }
            let index = bar - bars.start;
            let context = [echo::place(index), before.1];
            // What closes the piece closes it, whatever was before.
            let closes = roots.last() == Some(&bar);
            let there =
                |code| echo::chords_back(code).is_none_or(|back| !closes && usize::from(back) <= index);
            let law = law(&figures.chord_echo, figures.unit, context, there);
            let chords = echo::chords_back(drawn(&law, rng));
            same_chords.push(chords.map_or(bar, |back| same_chords[index - usize::from(back)]));
            let melody = plan.melody[bar].or_else(|| {
                if freedom[bar] == Freedom::New {
                    return None;
                }
                let there = |code| echo::back(code).is_none_or(|back| usize::from(back) <= index);
                let context = [echo::place(index), before.0];
                let mut law = self::law(&figures.echo, figures.unit, context, there);
                for (code, weight) in law.iter_mut().enumerate().filter(|(_, weight)| **weight > 0.0) {
                    if let Some(back) = echo::back(code as u16) {
                        let alike = same_chords[index - usize::from(back)] == same_chords[index];
                        *weight *= over_chords(figures, back, alike);
                    }
                }
                echo::back(drawn(&law, rng)).map(|back| Echo { taken: Taken::Rhythm, back })
            });
            (plan.melody[bar], plan.chords[bar]) = (melody, chords);
            before = (echo::code(melody), echo::chords_so_far(before.1, echo::chords_code(chords)));
        }
    }
    plan
}

/// How much likelier an echo is where the chords of the two bars are alike, or where they are not.
fn over_chords(figures: &Figures, back: u8, alike: bool) -> f64 {
    let share = |echoed: u16| {
        let context = [echoed, u16::from(back)];
        let law = interpolate(&[0.5, 0.5], &figures.echo_chords, figures.unit, &[&context]);
        law[usize::from(alike)]
    };
    share(1) / share(0)
}

/// The law of codes after a context, among those that there can be.
fn law(table: &Table, unit: u32, context: [u16; 2], there: impl Fn(u16) -> bool) -> Vec<f64> {
    let mut base = [0.0; CODES];
    base[usize::from(echo::NEW)] = 1.0;
    let mut law = interpolate(&base, table, unit, &[&[], &context[..1], &context]);
    law.iter_mut().enumerate().for_each(|(code, weight)| {
        if !there(code as u16) {
            *weight = 0.0;
        }
    });
    law
}

fn drawn(law: &[f64], rng: &mut ChaCha8Rng) -> u16 {
    choose(rng, law).map_or(echo::NEW, |code| code as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markov::draw::seeded;
    use crate::music::{Duration, Key, Meter};
    use crate::style::Entry;

    fn frame() -> Frame {
        let sections = vec![("A".to_string(), 0..8), ("B".to_string(), 8..16)];
        Frame { key: Key::C_MAJOR, meter: Meter::COMMON, pickup: Duration::ZERO, bars: 16, sections }
    }

    /// Figures in which bar 5 always takes up bar 1, on other chords.
    fn figures() -> Figures {
        let mut figures = Figures { unit: 1, ..Figures::default() };
        for context in [vec![4], vec![4, 0]] {
            figures.echo.rows.insert(context, vec![Entry { symbol: 4, count: 100_000, pieces: 9 }]);
        }
        figures.echo_chords.rows.insert(vec![1, 4], vec![Entry { symbol: 0, count: 100_000, pieces: 9 }]);
        figures
    }

    #[test]
    fn echoes_come_where_the_style_has_them() {
        let roots: Vec<usize> = (0..16).collect();
        let free = [Freedom::Any; 16];
        let plan = draw_plan(&figures(), &frame(), &roots, &[], &free, &mut seeded(1));
        let echo = Some(Echo { taken: Taken::Rhythm, back: 4 });
        for (bar, found) in plan.melody.iter().enumerate() {
            assert_eq!(*found, echo.filter(|_| bar % 8 == 4), "bar {}", bar + 1);
        }
        assert_eq!(plan.chords, [None; 16]);
    }

    #[test]
    fn bars_that_are_bound_or_written_again_take_up_nothing() {
        let mut roots: Vec<usize> = (0..16).collect();
        roots[12] = 4;
        let mut freedom = [Freedom::Any; 16];
        freedom[4] = Freedom::New;
        let plan = draw_plan(&figures(), &frame(), &roots, &[], &freedom, &mut seeded(1));
        assert_eq!(plan.melody, [None; 16]);
    }

    #[test]
    fn what_is_asked_is_in_the_plan() {
        let roots: Vec<usize> = (0..16).collect();
        let mut asked = [None; 16];
        asked[10] = Some(Echo { taken: Taken::Rhythm, back: 9 });
        let plan = draw_plan(&figures(), &frame(), &roots, &asked, &[Freedom::New; 16], &mut seeded(1));
        assert_eq!(plan.melody, asked);
    }
}
