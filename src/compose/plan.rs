//! Drawing a repetition plan for a page: which bars of each section will take up which, as the style's songs do.

use rand_chacha::ChaCha8Rng;

use crate::constraint::Frame;
use crate::markov::draw::choose;
use crate::music::{Echo, Taken};
use crate::style::figures::{Figures, Table};
use crate::style::smoothing::interpolate;
use crate::style::{Dial, Tuning};
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

/// Draws for each bar how many bars back the chords are that come again in it: a Markov chain over the bars of a
/// section, by the bar's place in it. Bars whose root is another bar are that bar again anyway, and what closes the
/// piece closes it, whatever was before.
pub fn draw_chord_echoes(
    figures: &Figures,
    frame: &Frame,
    roots: &[usize],
    rng: &mut ChaCha8Rng,
) -> Vec<Option<u8>> {
    let mut echoes = vec![None; frame.bars];
    each_bar(frame, roots, |index, bar, before| {
        let closes = roots.last() == Some(&bar);
        let there = |code| echo::chords_back(code).is_none_or(|back| !closes && usize::from(back) <= index);
        let law = law(&figures.chord_echo, figures.unit, [echo::place(index), before], there);
        echoes[bar] = echo::chords_back(drawn(&law, rng));
        echo::chords_so_far(before, echo::chords_code(echoes[bar]))
    });
    echoes
}

/// Draws which bar the melody of each bar takes up: a Markov chain likewise, in which echoes come the likelier the more
/// the chords call for them; `alike` says whether two bars are on the same harmony. Bars that are not free take up
/// nothing of their own; `asked` holds the echoes that must be there. What is taken up, beyond the rhythm, is settled
/// when the bar is known that it is taken from.
pub fn draw_echoes(
    figures: &Figures,
    frame: &Frame,
    roots: &[usize],
    asked: &[Option<Echo>],
    freedom: &[Freedom],
    alike: impl Fn(usize, usize) -> bool,
    rng: &mut ChaCha8Rng,
) -> Vec<Option<Echo>> {
    let mut echoes = asked.to_vec();
    echoes.resize(frame.bars, None);
    each_bar(frame, roots, |index, bar, before| {
        if echoes[bar].is_none() && freedom[bar] != Freedom::New {
            let there = |code| echo::back(code).is_none_or(|back| usize::from(back) <= index);
            let mut law = law(&figures.echo, figures.unit, [echo::place(index), before], there);
            for (code, weight) in law.iter_mut().enumerate().filter(|(_, weight)| **weight > 0.0) {
                *weight *= tuned(&figures.tuning, code as u16);
                if let Some(back) = echo::back(code as u16) {
                    *weight *= over_chords(figures, back, alike(bar, bar - usize::from(back)));
                }
            }
            let back = echo::back(drawn(&law, rng));
            echoes[bar] = back.map(|back| Echo { taken: Taken::Rhythm, back });
        }
        echo::code(echoes[bar])
    });
    echoes
}

/// Calls `step(index in its section, bar, what is remembered of the bars before)` for each bar that is composed but the
/// first of its section; it gives what is remembered after the bar.
fn each_bar(frame: &Frame, roots: &[usize], mut step: impl FnMut(usize, usize, u16) -> u16) {
    let mut before = echo::NEW;
    for (bar, &root) in roots.iter().enumerate() {
        let index = bar - frame.section_of(bar).start;
        before = if index == 0 || root != bar { echo::NEW } else { step(index, bar, before) };
    }
}

/// What a code weighs beside what was counted.
fn tuned(tuning: &Tuning, code: u16) -> f64 {
    match echo::back(code) {
        None => tuning.factor(Dial::New),
        Some(1) => tuning.factor(Dial::Back1),
        Some(2) => tuning.factor(Dial::Back2),
        Some(4) => tuning.factor(Dial::Back4),
        Some(_) => 1.0,
    }
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

    fn echoes(asked: &[Option<Echo>], roots: &[usize], freedom: &[Freedom]) -> Vec<Option<Echo>> {
        draw_echoes(&figures(), &frame(), roots, asked, freedom, |_, _| false, &mut seeded(1))
    }

    #[test]
    fn echoes_come_where_the_style_has_them() {
        let roots: Vec<usize> = (0..16).collect();
        let echo = Some(Echo { taken: Taken::Rhythm, back: 4 });
        for (bar, found) in echoes(&[], &roots, &[Freedom::Any; 16]).iter().enumerate() {
            assert_eq!(*found, echo.filter(|_| bar % 8 == 4), "bar {}", bar + 1);
        }
    }

    #[test]
    fn bars_that_are_bound_or_written_again_take_up_nothing() {
        let mut roots: Vec<usize> = (0..16).collect();
        roots[12] = 4;
        let mut freedom = [Freedom::Any; 16];
        freedom[4] = Freedom::New;
        assert_eq!(echoes(&[], &roots, &freedom), [None; 16]);
    }

    #[test]
    fn what_is_asked_is_there() {
        let roots: Vec<usize> = (0..16).collect();
        let mut asked = [None; 16];
        asked[10] = Some(Echo { taken: Taken::Rhythm, back: 9 });
        assert_eq!(echoes(&asked, &roots, &[Freedom::New; 16]), asked);
    }

    #[test]
    fn chords_come_again_where_the_style_has_them_but_in_the_last_bar() {
        let mut figures = Figures { unit: 1, ..Figures::default() };
        figures.chord_echo.rows.insert(vec![], vec![Entry { symbol: 2, count: 100_000, pieces: 9 }]);
        let roots: Vec<usize> = (0..16).collect();
        let found = draw_chord_echoes(&figures, &frame(), &roots, &mut seeded(1));
        for (bar, found) in found.into_iter().enumerate() {
            assert_eq!(found, (bar % 8 > 1 && bar < 15).then_some(2), "bar {}", bar + 1);
        }
    }
}
