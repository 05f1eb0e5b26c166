//! What a lead sheet is: plain values that know no model, no file and no screen.
//!
//! A [`LeadSheet`] holds what is written on the page; what sounds is a [`Performance`] derived from it.

pub mod chart;
pub mod chord;
mod chord_grammar;
pub mod chord_quality;
pub mod chord_text;
pub mod duration;
pub mod form;
pub mod interval;
pub mod key;
pub mod key_finding;
pub mod lead_sheet;
pub mod melody;
pub mod meter;
pub mod performance;
pub mod pitch;
pub mod plan;
pub mod roman;
pub mod spelling;
pub mod unfold;
mod voicing;
pub mod words;

pub use chart::{Chart, ChordChange};
pub use chord::{ChordSymbol, NamedChord};
pub use chord_quality::{Degree, DegreeChange, Family, Quality};
pub use chord_text::ChordError;
pub use duration::Duration;
pub use form::{Bar, Form, Jump, Section};
pub use interval::Interval;
pub use key::{Key, Mode};
pub use key_finding::{FoundKey, find_key, find_key_of_sheet};
pub use lead_sheet::{Feel, Header, LeadSheet, LeadSheetError, Tempo};
pub use melody::{Melody, Note};
pub use meter::Meter;
pub use performance::{Performance, Sound};
pub use pitch::{NoteName, Pitch, Step};
pub use plan::{Echo, Plan, Taken};
pub use roman::{RomanChord, ScaleDegree};
pub use spelling::spell_melody;
pub use words::{Syllable, Words};
