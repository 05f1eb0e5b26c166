//! Charts and melodies are drawn exactly: masses, draws and refusals against enumeration by other means.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it is surprised")]

#[path = "exactness_compose/any_request.rs"]
mod any_request;
#[path = "exactness_compose/cells.rs"]
mod cells;
#[path = "exactness_compose/charts.rs"]
mod charts;
#[path = "common/chords.rs"]
mod chords;
#[path = "exactness_compose/copies.rs"]
mod copies;
#[path = "exactness_compose/counting.rs"]
mod counting;
#[path = "exactness_compose/fillings.rs"]
mod fillings;
#[path = "exactness_compose/likeliest.rs"]
mod likeliest;
#[path = "exactness_compose/marginals.rs"]
mod marginals;
#[path = "exactness_compose/melodies.rs"]
mod melodies;
#[path = "exactness_compose/pulls.rs"]
mod pulls;
#[path = "exactness_compose/takes.rs"]
mod takes;
#[path = "exactness_compose/temperature.rs"]
mod temperature;
#[path = "exactness_compose/tiny.rs"]
mod tiny;
#[path = "exactness_compose/variations.rs"]
mod variations;
#[path = "exactness_compose/wishes.rs"]
mod wishes;
