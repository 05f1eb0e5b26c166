//! The words of the selected bars, typed in a line.

use super::app::{App, Effect};
use super::prompt::{Prompt, What};
use crate::music::Words;
use crate::music::words::in_a_row;

impl App {
    /// Opens the line with the words that the selected bars have.
    pub(super) fn begin_words(&mut self) {
        self.prompt = Some(Prompt::new(What::Words, self.words_here().unwrap_or_default()));
    }

    /// The words of the selected bars, if they have any.
    pub fn words_here(&self) -> Option<String> {
        let form = self.song().sheet.form();
        let text = in_a_row(self.selected().filter_map(|bar| form.words(bar)));
        (!text.is_empty()).then_some(text)
    }

    /// Takes in the words that were typed; none take away what was there.
    pub(super) fn typed_words(&mut self, text: &str) -> Vec<Effect> {
        let line = format!("{}: words {text}", self.named_bars());
        self.edit(&line).unwrap_or_else(|error| {
            self.message = error;
            self.prompt = Some(Prompt::new(What::Words, text.to_string()));
            Vec::new()
        })
    }

    /// How many syllables are typed for each bar, and how many notes start in it.
    pub fn words_counted(&self, text: &str) -> String {
        let sheet = &self.song().sheet;
        let starts = self.selected();
        let bars = Words::of_bars(text).into_iter().zip(*starts.start()..);
        let counts = bars.filter(|(_, bar)| sheet.form().words(*bar).is_some()).map(|(words, bar)| {
            let (from, to) = self.bar_span(bar);
            let notes = sheet.melody().starting_in(from, to).len();
            format!(
                "bar {bar}: {} on {notes} note{}",
                words.syllables().len(),
                if notes == 1 { "" } else { "s" }
            )
        });
        counts.collect::<Vec<_>>().join("   ")
    }
}
