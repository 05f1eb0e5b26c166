//! Titles for songs that have none yet.

use rand_chacha::ChaCha8Rng;

use crate::markov::draw::unit;

const FIRST: &[&str] = &[
    "Paper",
    "Silver",
    "Harbour",
    "Midnight",
    "Sunday",
    "Velvet",
    "Borrowed",
    "Quiet",
    "Summer",
    "Winter",
    "Golden",
    "Lonely",
    "Electric",
    "Painted",
    "Falling",
    "Distant",
    "Little",
    "Broken",
    "Morning",
    "Blue",
    "Wandering",
    "Hidden",
    "Crooked",
    "Northern",
    "Second",
    "Slow",
    "Early",
    "Empty",
    "Gentle",
    "Rainy",
];

const SECOND: &[&str] = &[
    "Lantern",
    "Avenue",
    "Letters",
    "River",
    "Garden",
    "Train",
    "Window",
    "Ferry",
    "Radio",
    "Promise",
    "Station",
    "Shadow",
    "Waltz",
    "Street",
    "Island",
    "Mirror",
    "Umbrella",
    "Weather",
    "Kite",
    "Piano",
    "Daydream",
    "Carousel",
    "Lighthouse",
    "Postcard",
    "Orchard",
    "Staircase",
    "Rooftop",
    "Balloon",
    "Harbour",
    "Moon",
];

/// A title of two words, 900 in all.
pub fn title(rng: &mut ChaCha8Rng) -> String {
    let mut pick = |words: &[&'static str]| words[(unit(rng) * words.len() as f64) as usize % words.len()];
    let first = pick(FIRST);
    loop {
        let second = pick(SECOND);
        if second != first {
            return format!("{first} {second}");
        }
    }
}
