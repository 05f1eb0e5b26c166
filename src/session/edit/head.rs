//! `tempo 96`, `key D`, `title …`, `composer …`, `feel swing`: what stands above the music.

use std::fmt;

use crate::music::lead_sheet::{Feel, Tempo};
use crate::music::{Key, Meter};

use super::page::Page;
use super::place::Line;
use super::{EditError, Way};
use crate::session::{Song, Take};

/// A line of the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Head {
    Tempo(u16),
    Key(Key),
    Title(String),
    Composer(String),
    Feel(Feel),
}

impl Way for Head {
    const FORM: &'static str = "tempo 96, key D minor, title Night Ferry, composer A. Name, feel swing";

    fn read(line: &Line<'_>) -> Option<Result<Head, EditError>> {
        if line.place.is_some() {
            return None;
        }
        let (word, rest) = line.words.split_once(' ').unwrap_or((line.words, ""));
        let rest = rest.trim();
        let wrong = |of: &str| EditError::Wrong(format!("'{rest}' is no {of}"));
        Some(match word {
            "tempo" => rest
                .parse()
                .ok()
                .filter(|tempo| (1..=999).contains(tempo))
                .map(Head::Tempo)
                .ok_or_else(|| wrong("tempo: write 1 to 999 beats a minute")),
            "key" => rest.parse().map(Head::Key).map_err(|_| wrong("key: write D, F# minor or Eb dorian")),
            "title" => Ok(Head::Title(rest.to_string())),
            "composer" => Ok(Head::Composer(rest.to_string())),
            "feel" => match rest {
                "swing" => Ok(Head::Feel(Feel::Swing)),
                "straight" => Ok(Head::Feel(Feel::Straight)),
                _ => Err(wrong("feel: write straight or swing")),
            },
            _ => return None,
        })
    }

    fn apply(&self, song: &Song, _: &[Take]) -> Result<Song, EditError> {
        let mut page = Page::of(&song.sheet);
        match self {
            Head::Tempo(per_minute) => {
                let usual = usual_tempo(song.sheet.meter(), *per_minute);
                let beat = page.header.tempo.map_or(usual, |tempo| tempo).beat;
                page.header.tempo = Some(Tempo { beat, per_minute: *per_minute });
            }
            Head::Key(key) => page.header.key = *key,
            Head::Title(title) => page.header.title.clone_from(title),
            Head::Composer(name) => page.header.composer = (!name.is_empty()).then(|| name.clone()),
            Head::Feel(feel) => page.header.feel = *feel,
        }
        page.into_song(song)
    }
}

/// So many beats a minute, a beat being the meter's.
fn usual_tempo(meter: Meter, per_minute: u16) -> Tempo {
    let beat = if meter.is_compound() { meter.unit_length() * 3 } else { meter.unit_length() };
    Tempo { beat, per_minute }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Head::Tempo(tempo) => write!(f, "tempo {tempo}"),
            Head::Key(key) => write!(f, "key {key}"),
            Head::Title(title) => write!(f, "title {title}"),
            Head::Composer(name) => write!(f, "composer {name}"),
            Head::Feel(Feel::Swing) => f.write_str("feel swing"),
            Head::Feel(_) => f.write_str("feel straight"),
        }
    }
}
