//! `bar 5: words Some morn-ing | in May`: what is sung.

use std::fmt;

use crate::constraint::{Part, Place};
use crate::music;
use crate::music::words::in_a_row;

use super::page::Page;
use super::place::{Line, bars, span};
use super::{EditError, Way};
use crate::session::{Song, Take};

/// The words of bars from a place on, bar by bar; bars of the place that nothing is said of have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    place: Place,
    bars: Vec<music::Words>,
}

impl Way for Words {
    const FORM: &'static str = "bar 5: words Some morn-ing _ | in May";

    fn read(line: &Line<'_>) -> Option<Result<Words, EditError>> {
        let place = line.place.clone()?;
        let text = line.words.strip_prefix("words")?;
        if !text.is_empty() && !text.starts_with(' ') {
            return None;
        }
        if line.part != Part::Both || matches!(place, Place::Beat(..)) {
            let wrong = "words belong to whole bars: write bar 5: words Some morn-ing | in May";
            return Some(Err(EditError::Wrong(wrong.to_string())));
        }
        let mut bars = music::Words::of_bars(text);
        while bars.last().is_some_and(music::Words::is_empty) {
            bars.pop();
        }
        Some(Ok(Words { place, bars }))
    }

    fn apply(&self, song: &Song, _: &[Take]) -> Result<Song, EditError> {
        let mut page = Page::of(&song.sheet);
        let place = match self.place {
            Place::Bars(0, last) => {
                span(&song.sheet, &Place::Bar(0))?;
                0..bars(&song.sheet, &Place::Bars(1, last.max(1)))?.end + 1
            }
            Place::Bar(0) => {
                span(&song.sheet, &self.place)?;
                0..1
            }
            _ => {
                let bars = bars(&song.sheet, &self.place)?;
                bars.start + 1..bars.end + 1
            }
        };
        for number in place.start..place.end.max(place.start + self.bars.len()) {
            let own = self.bars.get(number - place.start).cloned().unwrap_or_default();
            let Some(words) = page.form.words_mut(number) else {
                let last = page.form.bars.len();
                let first = own.syllables().first().map(ToString::to_string).unwrap_or_default();
                return Err(EditError::Wrong(format!(
                    "bar {last} is the last, and '{first}' comes after it"
                )));
            };
            *words = own;
        }
        page.into_song(song)
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: words", self.place)?;
        match self.bars.is_empty() {
            true => Ok(()),
            false => write!(f, " {}", in_a_row(&self.bars)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::change::tests::song;
    use super::super::tests::edited;
    use super::*;

    fn words(song: &Song) -> String {
        let form = song.sheet.form();
        in_a_row((0..=form.bars.len()).filter_map(|bar| form.words(bar)))
    }

    fn refused(song: &Song, line: &str) -> String {
        let edit: Result<super::super::Edit, EditError> = line.parse();
        edit.and_then(|edit| edit.apply(song, &[])).expect_err(line).to_string()
    }

    #[test]
    fn words_come_and_go() {
        let sung = edited(&song(), &["bar 2: words Some morn- | ing | | in May"]);
        assert_eq!(words(&sung), "| | Some morn- | ing | | in May");
        assert_eq!(words(&edited(&sung, &["bars 2-4: words a"])), "| | a | | | in May");
        assert_eq!(words(&edited(&sung, &["bars 1-8: words"])), "");
        assert_eq!(
            words(&edited(&sung, &["last bar: words end", "bar 5: words"]))[..],
            *"| | Some morn- | ing | | | | | end"
        );
        let pickup = edited(&sung, &["pickup 1", "bars 0-2: words Oh | my"]);
        assert_eq!(words(&pickup), "Oh | my | | ing | | in May");
    }

    #[test]
    fn words_follow_their_bars() {
        let sung = edited(&song(), &["bar 1: words one | two | three"]);
        assert_eq!(words(&edited(&sung, &["delete bar 2"])), "| one | three");
        assert_eq!(words(&edited(&sung, &["insert 1 bars before bar 2"])), "| one | | two | three");
        assert_eq!(words(&edited(&sung, &["copy bars 1-2 before bar 4"])), "| one | two | three | one | two");
        assert_eq!(
            words(&edited(&sung, &["bar 1: e4 f", "bars 1-3: clear", "transpose 2", "meter 3/4"])),
            words(&sung)
        );
    }

    #[test]
    fn what_has_no_bar_is_told() {
        assert!(refused(&song(), "bar 8: words a | b").contains("bar 8 is the last, and 'b'"));
        assert!(refused(&song(), "bar 0: words a").contains("no bar 0"));
        assert!(refused(&song(), "bar 3.2: words a").contains("whole bars"));
        assert!(refused(&song(), "bar 9: words a").contains("8 bars"));
    }
}
