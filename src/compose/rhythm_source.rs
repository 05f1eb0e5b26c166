//! Whose rhythm serves a meter that a style never saw.

use super::rhythm_law::knows_meter;
use crate::music::Meter;
use crate::style::{self, Style, StyleError};

/// The style whose rhythm serves a meter that another style never saw: the first listed that knows it; `None` where the
/// style knows it itself, and where none does.
///
/// # Errors
/// When a listed style cannot be read.
pub fn rhythm_source(style: &Style, meter: Option<Meter>) -> Result<Option<Style>, StyleError> {
    let Some(meter) = meter.filter(|&meter| !knows_meter(&style.figures, meter)) else { return Ok(None) };
    for listed in style::list() {
        if listed.name != style.name {
            let other = style::load(&listed.name)?;
            if knows_meter(&other.figures, meter) {
                return Ok(Some(other));
            }
        }
    }
    Ok(None)
}
