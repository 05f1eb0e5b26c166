//! Sheets composed to be measured.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::compose::{Refusal, Request, prepare};
use crate::music::LeadSheet;
use crate::style::Style;

/// Most threads that compose at once.
const MOST_THREADS: usize = 16;

/// Sheets that were composed, and why others were not.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Composed {
    /// The sheets, in order of seed.
    pub sheets: Vec<LeadSheet>,
    /// Seeds that gave none, with the reason, in order.
    pub refused: Vec<(u64, String)>,
}

/// Composes one sheet for each of `count` seeds, from the request's seed on, as `compose` does: under the constraints
/// of the style's card, if they can be met. The seeds are shared among as many threads as the machine runs at once; the
/// sheets do not depend on it. `progress` is called once for each seed done, from any of them.
pub fn compose_sheets(
    style: &Style,
    request: &Request,
    count: u64,
    progress: &(dyn Fn() + Sync),
) -> Composed {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let next = AtomicU64::new(0);
    let all = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    let seed = request.seed.wrapping_add(number);
                    let outcome = compose_one(style, &Request { seed, ..request.clone() });
                    let mut all = all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    all.push((number, seed, outcome));
                    progress();
                }
            });
        }
    });
    let mut all = all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    all.sort_by_key(|(number, _, _)| *number);
    let mut composed = Composed::default();
    for (_, seed, outcome) in all {
        match outcome {
            Ok(sheet) => composed.sheets.push(sheet),
            Err(refusal) => composed.refused.push((seed, refusal.to_string())),
        }
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
