//! What the session looks like and does: the real app and real keys, drawn on a screen in memory.

mod desk;
mod filing;
mod pointing;
mod settings;
mod sheet;
mod sound;
mod styles;
mod takes;
mod wishes;
mod words;
mod writing;
