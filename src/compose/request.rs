//! What a songwriter asks for.

use crate::constraint::Constraint;
use crate::music::{Duration, Key, Meter};

/// Everything that is asked; what is left open is drawn from the style.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Request {
    /// The form's text.
    pub form: Option<String>,
    /// Bars in all, the pickup not counted.
    pub bars: Option<usize>,
    /// The key.
    pub key: Option<Key>,
    /// The meter.
    pub meter: Option<Meter>,
    /// The tempo in beats a minute (dotted quarters in compound meters).
    pub tempo: Option<u16>,
    /// The pickup in beats of the meter's lower figure, one beat written as a quarter; zero for none.
    pub pickup: Option<Duration>,
    /// The title.
    pub title: Option<String>,
    /// What must hold.
    pub constraints: Vec<Constraint>,
    /// Where the draws start: the same seed gives the same sheets.
    pub seed: u64,
}
