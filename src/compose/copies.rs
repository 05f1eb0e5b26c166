//! What a take may not copy: passages of the songs that its style was learned from.

use std::collections::BTreeSet;

use crate::constraint::MelodyLimit;
use crate::music::{Duration, Note};
use crate::style::figures::Figures;
use crate::style::passages::Repertoire;

/// The passages of a style's songs, and the notes that a request names itself.
pub struct Copies {
    repertoire: Repertoire,
    named: BTreeSet<Duration>,
}

impl Copies {
    /// What may not be copied, unless every note of it is asked for by name.
    pub fn new(figures: &Figures, limits: &[MelodyLimit]) -> Copies {
        let named = limits.iter().filter_map(|limit| match limit {
            MelodyLimit::Onset { at, allowed } if allowed.len() == 1 => Some(*at),
            _ => None,
        });
        Copies { repertoire: Repertoire::new(&figures.passages), named: named.collect() }
    }

    /// Whether a melody holds a passage of one of the songs.
    pub fn are_in(&self, notes: &[Note]) -> bool {
        let mut copies = self.repertoire.copies(notes);
        copies.any(|copy| !notes[copy].iter().all(|note| self.named.contains(&note.onset)))
    }
}
