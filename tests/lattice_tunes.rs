//! The lattices of tunes: events tell the path, and an edit leaves the messages behind it as they are.

#[path = "common/tune.rs"]
mod tune;

use tune::Tune;
use tunesmith::compose::chart_lattice::{Before, chart_lattice};
use tunesmith::compose::chart_law::ChartLaw;
use tunesmith::markov::Messages;

/// Wishes of every kind that binds a melody.
const ASKED: &[&str] = &[
    "bar 1.1: note E4",
    "bar 4.3: rest",
    "range C4..G5",
    "leap <= 9",
    "bars 5-6: density 2..6",
    "starts on 3",
    "ends on 1",
];

#[test]
fn events_tell_the_path() {
    for name in ["songbook", "irish", "chorale"] {
        let tune = Tune::new(name, 8);
        for asked in [&[], ASKED] {
            assert_eq!(tune.melody(asked).lattice.ambiguity(), None, "{name}, {asked:?}");
        }
        let (frame, style) = (&tune.page.frame, &tune.style);
        let law = ChartLaw::weighed(&style.figures, &style.card.weights, frame.key, &[]);
        let charts = chart_lattice(
            &law,
            frame,
            (frame.start(), frame.end()),
            (&[], &[]),
            Before::Context(law.start()),
        );
        assert_eq!(charts.lattice.ambiguity(), None, "{name}");
    }
}

#[test]
fn an_edit_keeps_the_messages_behind_it() {
    let tune = Tune::new("songbook", 16);
    let before = tune.melody(&[]);
    let edits: [&[&str]; 4] = [
        &["bar 6.1: note E4"],
        &["bar 5.1: note G4", "bars 7-8: leap <= 5"],
        &["bars 5-8: density 2..6"],
        &["bar 8.4: rest"],
    ];
    for asked in edits {
        let after = tune.melody(asked);
        let mut messages = Messages::new(&before.lattice);
        let kept = messages.refresh(&before.lattice, &after.lattice);
        let anew = Messages::new(&after.lattice);
        for (at, layer) in after.lattice.layers.iter().enumerate() {
            assert_eq!(messages.exponent(at), anew.exponent(at));
            for node in 0..layer.nodes.len() {
                let pairs = messages.node(at, node).iter().zip(anew.node(at, node));
                assert!(pairs.clone().all(|(a, b)| a.to_bits() == b.to_bits()), "{asked:?}, layer {at}");
            }
        }
        // What was edited reaches into the bars behind: a note is held, or another node is reached first.
        let behind = after.places.iter().filter(|&&place| place >= tune.page.frame.bar_line(10)).count();
        assert!(kept >= behind && kept < after.places.len(), "{asked:?}: {kept} of {behind} layers kept");
    }
}
