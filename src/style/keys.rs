//! Which key a sheet of a corpus is in.

use crate::music::{Key, LeadSheet};

/// Where the key of a sheet comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Keys {
    /// As written.
    Given,
    /// As written, unless what sounds clearly contradicts it.
    #[default]
    Checked,
    /// As found from what sounds.
    Found,
}

/// The key of a sheet.
pub fn of(sheet: &LeadSheet, _keys: Keys) -> Key {
    sheet.key()
}
