//! Mixes of styles by weight: `beatles*0.7+jazz*0.3`.

use std::collections::BTreeMap;

use crate::music::{Key, Meter};

use super::card::{Card, Weights};
use super::figures::Figures;
use super::merge::{merged, shared_out};
use super::shelf::{Style, StyleError};

/// Shares of a mix are in thousandths.
pub const WHOLE: u32 = 1000;
/// Styles in a mix at most.
const MOST: usize = 16;

/// Whether a text asks for a mix: a name of a style has neither `+` nor `*`.
pub fn is_mix(text: &str) -> bool {
    text.contains(['+', '*'])
}

/// The styles of a mix with their shares in thousandths, 1000 in all; the heaviest first, those of equal weight by name.
/// A name that comes twice counts with both its weights.
///
/// # Errors
/// A part without a name, or a weight that is not positive.
pub fn parts(text: &str) -> Result<Vec<(String, u32)>, StyleError> {
    let fail = |why: &str| StyleError::Mix { text: text.to_string(), why: why.to_string() };
    let mut weights: BTreeMap<&str, f64> = BTreeMap::new();
    for part in text.split('+') {
        let (name, weight) = part.rsplit_once('*').unwrap_or((part, "1"));
        let name = name.trim();
        if name.is_empty() {
            return Err(fail("a style has no name"));
        }
        let weight: f64 =
            weight.trim().parse().map_err(|_| fail(&format!("'{}' is no weight", weight.trim())))?;
        if !(1e-3..=1e6).contains(&weight) {
            return Err(fail(&format!("the weight of '{name}' must be from 0.001 to 1000000")));
        }
        *weights.entry(name).or_default() += weight;
    }
    if weights.len() > MOST {
        return Err(fail(&format!("{MOST} styles at most")));
    }
    let total: f64 = weights.values().sum();
    let mut parts: Vec<(String, u32)> = Vec::new();
    let (mut before, mut given) = (0.0, 0);
    // Rounded sums, so that the shares make a whole.
    for (name, weight) in weights {
        before += weight;
        let until = (before / total * f64::from(WHOLE)).round() as u32;
        if until == given {
            return Err(fail(&format!("'{name}' is less than a thousandth of it: leave it out")));
        }
        parts.push((name.to_string(), until - given));
        given = until;
    }
    parts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(parts)
}

/// A mix of styles with their shares in thousandths, as [`parts`] gives them; its name is the mix in its normal form.
pub fn mixed(styles: &[(Style, u32)]) -> Style {
    let share = |share: u32| f64::from(share) / f64::from(WHOLE);
    let name = styles.iter().map(|(style, of)| format!("{}*{}", style.name, share(*of)));
    let figures: Vec<(&Figures, u32)> = styles.iter().map(|(style, of)| (&style.figures, *of)).collect();
    Style {
        name: name.collect::<Vec<_>>().join("+"),
        card: card(styles),
        figures: merged(&figures),
        folder: None,
        parts: styles.iter().map(|(style, of)| (style.listed(), *of)).collect(),
    }
}

/// The card of a mix. What cannot be shared out (feel, range, constraints, proposals) is that of the heaviest.
fn card(styles: &[(Style, u32)]) -> Card {
    let cards = || styles.iter().map(|(style, _)| &style.card);
    let heaviest = cards().next().cloned().unwrap_or_else(|| Card::new(""));
    let percent = |share: u32| (f64::from(share) / 10.0).to_string();
    let titles: Vec<&str> = cards().map(|card| card.title.as_str()).collect();
    let shares: Vec<String> = styles.iter().map(|(_, share)| percent(*share)).collect();
    let named = styles.iter().map(|(style, share)| format!("{} % {}", percent(*share), style.name));
    let mut tempi = heaviest.tempi.clone();
    for range in cards().skip(1).flat_map(|card| &card.tempi) {
        let known = |meter: &&Meter| tempi.iter().any(|range| range.meters.contains(meter));
        let mut range = range.clone();
        range.meters = range.meters.iter().filter(|meter| !known(meter)).copied().collect();
        tempi.extend(Some(range).filter(|range| !range.meters.is_empty()));
    }
    Card {
        title: format!("{} ({})", titles.join(" × "), shares.join(":")),
        description: format!("A mix: {}.", named.collect::<Vec<_>>().join(", ")),
        sources: cards().flat_map(|card| card.sources.clone()).collect(),
        meters: listed(styles, |style| (!style.card.meters.is_empty(), style.meters())),
        tempi,
        keys: listed(styles, |style| (!style.card.keys.is_empty(), keys(style))),
        forms: listed(styles, |style| (!style.card.forms.is_empty(), style.forms())),
        feel: heaviest.feel,
        constraints: heaviest.constraints,
        range: heaviest.range,
        weights: weights(styles),
        proposals: heaviest.proposals,
    }
}

/// A list of the card shared out, if a style's card has one (otherwise the figures say it).
fn listed<T: Ord + Clone>(
    styles: &[(Style, u32)],
    list: impl Fn(&Style) -> (bool, Vec<(T, u32)>),
) -> Vec<(T, u32)> {
    let lists: Vec<(bool, Vec<(T, u32)>)> = styles.iter().map(|(style, _)| list(style)).collect();
    if !lists.iter().any(|(on_card, _)| *on_card) {
        return Vec::new();
    }
    let shares = styles.iter().map(|(_, share)| *share);
    shared_out(lists.into_iter().map(|(_, list)| list).zip(shares).collect(), f64::from(WHOLE))
}

fn keys(style: &Style) -> Vec<(Key, u32)> {
    if style.card.keys.is_empty() {
        let keys = style.figures.keys.iter();
        keys.map(|&(tonic, mode, count)| (Key::from_pitch_class(tonic, mode), count)).collect()
    } else {
        style.card.keys.clone()
    }
}

fn weights(styles: &[(Style, u32)]) -> Weights {
    let mean = |weight: fn(&Weights) -> f64| {
        let sum: f64 =
            styles.iter().map(|(style, share)| weight(&style.card.weights) * f64::from(*share)).sum();
        sum / f64::from(WHOLE)
    };
    Weights {
        interval: mean(|weights| weights.interval),
        repeat: mean(|weights| weights.repeat),
        degree: mean(|weights| weights.degree),
        chord_tone: mean(|weights| weights.chord_tone),
        approach: mean(|weights| weights.approach),
        resolve: mean(|weights| weights.resolve),
        register: mean(|weights| weights.register),
        ends: mean(|weights| weights.ends),
        chord: mean(|weights| weights.chord),
        chord_place: mean(|weights| weights.chord_place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Feel;
    use crate::style::TempoRange;
    use crate::style::figures::VERSION;

    fn style(name: &str) -> Style {
        let figures = Figures { version: VERSION, unit: 1, ..Figures::default() };
        Style {
            name: name.into(),
            card: Card::new(name.to_uppercase()),
            figures,
            folder: None,
            parts: Vec::new(),
        }
    }

    #[test]
    fn shares_make_a_whole_and_the_heaviest_is_first() {
        let parts = |text: &str| parts(text).expect(text);
        let named =
            |list: &[(&str, u32)]| list.iter().map(|(name, of)| (name.to_string(), *of)).collect::<Vec<_>>();
        assert_eq!(parts("jazz*0.3 + beatles*0.7"), named(&[("beatles", 700), ("jazz", 300)]));
        assert_eq!(parts("b+a"), named(&[("a", 500), ("b", 500)]));
        assert_eq!(parts("b*3+a+c*2+a"), named(&[("b", 428), ("a", 286), ("c", 286)]));
        assert_eq!(parts("a+b+c").iter().map(|(_, share)| share).sum::<u32>(), WHOLE);
        assert_eq!(parts("a*5"), named(&[("a", 1000)]));
    }

    #[test]
    fn what_is_no_mix_is_told() {
        for (text, wanted) in [
            ("a+", "no name"),
            ("*2", "no name"),
            ("a*0+b", "the weight of 'a' must be from 0.001"),
            ("a*-1+b", "the weight of 'a' must be"),
            ("a*NaN+b", "the weight of 'a' must be"),
            ("a*inf+b", "the weight of 'a' must be"),
            ("a*x+b", "'x' is no weight"),
            ("a*1000000+b", "'b' is less than a thousandth"),
            ("a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q", "16 styles at most"),
        ] {
            let error = parts(text).expect_err(text).to_string();
            assert!(error.contains(wanted) && error.contains("as in 'beatles*0.7+songbook*0.3'"), "{error}");
        }
    }

    #[test]
    fn the_card_is_shared_out_where_it_can_be() {
        let (mut one, mut other) = (style("one"), style("other"));
        let waltz: Meter = "3/4".parse().expect("a meter");
        let tempo =
            |meters: &[Meter], slow| TempoRange { meters: meters.to_vec(), beats_a_minute: (slow, 150) };
        one.card.tempi = vec![tempo(&[Meter::COMMON], 100)];
        other.card.tempi = vec![tempo(&[Meter::COMMON, waltz], 80)];
        one.card.meters = vec![(Meter::COMMON, 1)];
        other.figures.meters = vec![(waltz, 3), (Meter::COMMON, 1)];
        one.card.weights.degree = 1.0;
        other.card.weights.degree = 0.5;
        one.card.feel = Feel::Straight;
        one.card.constraints = vec!["ends on 1".into()];
        other.card.constraints = vec!["ends on 5".into()];
        let mix = mixed(&[(one.clone(), 600), (other, 400)]);
        assert_eq!(
            (mix.name.as_str(), mix.card.title.as_str()),
            ("one*0.6+other*0.4", "ONE × OTHER (60:40)")
        );
        assert_eq!(mix.card.description, "A mix: 60 % one, 40 % other.");
        assert_eq!(mix.card.meters, [(Meter::COMMON, 700), (waltz, 300)]);
        assert_eq!(mix.card.tempi, [tempo(&[Meter::COMMON], 100), tempo(&[waltz], 80)]);
        assert!((mix.card.weights.degree - 0.8).abs() < 1e-12);
        assert_eq!((mix.card.constraints, mix.card.keys), (one.card.constraints, vec![]));
        assert_eq!(
            mix.parts.iter().map(|(part, share)| (part.name.as_str(), *share)).collect::<Vec<_>>(),
            [("one", 600), ("other", 400)]
        );
    }
}
