//! `form A8 B8 A8`: other sections, which keep the music of the letters they have now.

use std::fmt;

use crate::compose::form_text::{lay_out, print_form, read_form};

use super::place::Line;
use super::rearrange::{NewBar, rearranged};
use super::{EditError, Way};
use crate::session::{Song, Take};

/// The bars of a section whose length is not said, where the song has none of that letter.
const USUAL: usize = 8;

/// Other sections. Each takes its bars from the section of its letter, the second from the second; where there is none, or
/// it is shorter, bars are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form(String);

impl Way for Form {
    const FORM: &'static str = "form A8 B8 A8";

    fn read(line: &Line<'_>) -> Option<Result<Form, EditError>> {
        let text = line.after("form")?;
        let read = read_form(text).map(|_| Form(text.to_string()));
        Some(read.map_err(|error| EditError::Wrong(error.to_string())))
    }

    fn apply(&self, song: &Song, _: &[Take]) -> Result<Song, EditError> {
        let wrong = |error: crate::compose::form_text::FormError| EditError::Wrong(error.to_string());
        let form = song.sheet.form();
        let own = |label: &str| {
            let sections = form.sections.iter().enumerate();
            sections
                .filter(|(_, section)| section.label.eq_ignore_ascii_case(label))
                .map(|(number, _)| form.section_bars(number))
                .collect::<Vec<_>>()
        };
        let mut wanted = read_form(&self.0).map_err(wrong)?;
        for section in &mut wanted {
            let length = own(&section.label).first().map_or(USUAL, ExactSizeIterator::len);
            section.bars.get_or_insert(length);
        }
        let layout = lay_out(&self.0, &wanted, USUAL, None).map_err(wrong)?;
        if !layout.endings.is_empty() {
            let text = print_form(&layout.sections, &layout.endings);
            return Err(EditError::Wrong(format!(
                "{text}: endings can be composed, not made of bars that are there"
            )));
        }
        let mut new = Vec::with_capacity(layout.bars());
        let mut used = vec![false; form.bars.len()];
        for (number, (label, bars)) in layout.sections.iter().enumerate() {
            let earlier = layout.sections[..number].iter().filter(|(other, _)| other == label).count();
            let sources = match own(label) {
                // A song without sections is its first section.
                none if none.is_empty() && form.sections.is_empty() => vec![bars.clone()],
                some => some,
            };
            let source = sources.get(earlier).or_else(|| sources.first());
            for offset in 0..bars.len() {
                let from = source
                    .map(|bars| bars.start + offset)
                    .filter(|bar| *bar < form.bars.len() && source.is_some_and(|bars| bars.contains(bar)));
                let is_copy = from.is_some_and(|from| std::mem::replace(&mut used[from], true));
                let section = (offset == 0).then(|| label.clone());
                new.push(NewBar { from, is_copy, section, meter: None });
            }
        }
        rearranged(song, &new)
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "form {}", self.0)
    }
}
