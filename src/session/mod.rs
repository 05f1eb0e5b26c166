//! A songwriter's session: a song, what of it is locked and asked, its takes, and every step back.
//!
//! A session is a plain value. All that happens to it is a [`Change`], applied in one place, so that a journal of changes
//! brings it back. Composing is asked for here ([`Ask`]) and done by whoever holds the session.

pub mod ask;
pub mod change;
pub mod edit;
pub mod file;
pub mod history;
pub mod locks;
pub mod song;

pub use ask::{Ask, AskError, quoted};
pub use change::{Change, Session, Take};
pub use edit::{Edit, EditError};
pub use history::{History, Step};
pub use locks::Locks;
pub use song::{Song, Wanted};
