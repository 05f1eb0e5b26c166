//! Sheets composed to be measured.

use crate::compose::{Refusal, Request, prepare};
use crate::music::LeadSheet;
use crate::style::Style;

/// Sheets that were composed, and why others were not.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Composed {
    /// The sheets, in order of seed.
    pub sheets: Vec<LeadSheet>,
    /// Seeds that gave none, with the reason.
    pub refused: Vec<(u64, String)>,
}

/// Composes one sheet for each of `count` seeds, from the request's seed on, as `compose` does: under the constraints
/// of the style's card, if they can be met. `progress` is told how many seeds are done.
pub fn compose_sheets(
    style: &Style,
    request: &Request,
    count: u64,
    progress: &mut dyn FnMut(u64),
) -> Composed {
    let mut composed = Composed::default();
    for number in 0..count {
        let seed = request.seed.wrapping_add(number);
        match compose_one(style, &Request { seed, ..request.clone() }) {
            Ok(sheet) => composed.sheets.push(sheet),
            Err(refusal) => composed.refused.push((seed, refusal.to_string())),
        }
        progress(number + 1);
    }
    composed
}

fn compose_one(style: &Style, request: &Request) -> Result<LeadSheet, Refusal> {
    let with_defaults = request.with_defaults_of(style).ok().flatten();
    let prepared = match with_defaults.as_ref().map(|request| prepare(style, style, request)) {
        Some(Ok(prepared)) => prepared,
        _ => prepare(style, style, request)?,
    };
    prepared.take(0).map(|take| take.sheet)
}
