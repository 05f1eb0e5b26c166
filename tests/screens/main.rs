//! What the session looks like and does: the real app and real keys, drawn on a screen in memory.

mod desk;
mod sheet;
mod sound;
mod takes;
mod words;
mod writing;
