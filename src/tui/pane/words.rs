//! The words of a bar in a row below its notes.

use ratatui::style::Style;
use ratatui::text::Span;

use crate::music::Syllable;
use crate::music::words::ELISION;

/// Something in the row: where it should stand, and what.
struct Item {
    column: usize,
    text: Vec<char>,
    style: Style,
    /// What stands between it and the next.
    behind: char,
}

/// A row of so many cells with syllables at the columns of their notes, as far as there is room: those that are too long move
/// the next ones on, and are cut where all of them have none. `left` are those without notes, marked and in a style of their own.
pub fn row(
    sung: &[(usize, &Syllable)],
    left: &[Syllable],
    width: usize,
    (faint, ascii): (Style, bool),
) -> Vec<(String, Style)> {
    let text = |syllable: &Syllable| -> Vec<char> {
        match syllable {
            Syllable::Sung { text, .. } => {
                text.chars().map(|c| if ascii && c == ELISION { '~' } else { c }).collect()
            }
            Syllable::Held => vec!['_'],
            Syllable::Silent => Vec::new(),
        }
    };
    let behind = |syllable: &Syllable| if syllable.joins() { '-' } else { ' ' };
    let item = |&(column, syllable): &(usize, &Syllable)| {
        let item = Item { column, text: text(syllable), style: Style::new(), behind: behind(syllable) };
        (!item.text.is_empty()).then_some(item)
    };
    let mut items: Vec<Item> = sung.iter().filter_map(item).collect();
    if !left.is_empty() {
        let mut waiting = vec!['+'];
        let mut before = None;
        for syllable in left.iter().filter(|syllable| **syllable != Syllable::Silent) {
            waiting.extend(before.replace(syllable).map(behind));
            waiting.extend(text(syllable));
        }
        items.push(Item { column: width, text: waiting, style: faint, behind: ' ' });
    }
    // The first column is for signs.
    cut(&mut items, width.saturating_sub(1), !left.is_empty());
    place(&items, width)
}

/// Cuts what there is no room for: first of the last one, if its note is missing, then of the longest.
fn cut(items: &mut Vec<Item>, room: usize, waits: bool) {
    while needed(items) > room {
        let waiting = items.last_mut().filter(|last| waits && last.text.len() > 1);
        let longest = match waiting {
            Some(last) => Some(last),
            None => items.iter_mut().rev().max_by_key(|item| item.text.len()),
        };
        match longest.filter(|item| item.text.len() > 1) {
            Some(item) => {
                item.text.pop();
            }
            None => {
                items.pop();
            }
        }
    }
}

/// The columns that items take with one between each two.
fn needed(items: &[Item]) -> usize {
    items.iter().map(|item| columns(&item.text)).sum::<usize>() + items.len().saturating_sub(1)
}

fn place(items: &[Item], width: usize) -> Vec<(String, Style)> {
    let mut cells = vec![(" ".to_string(), Style::new()); width];
    let mut free = 1;
    for (number, item) in items.iter().enumerate() {
        let mut at = item.column.max(free).min(width.saturating_sub(needed(&items[number..])));
        let end = at + columns(&item.text);
        free = end + 1;
        for &c in &item.text {
            let wide = columns(&[c]);
            match at.checked_sub(1).filter(|_| wide == 0) {
                // What has no width of its own stands on the sign before it.
                Some(before) => cells[before].0.push(c),
                None => {
                    for (part, cell) in cells.iter_mut().skip(at).take(wide).enumerate() {
                        *cell = (if part == 0 { c.to_string() } else { String::new() }, item.style);
                    }
                }
            }
            at += wide;
        }
        if let Some(cell) = cells.get_mut(end).filter(|_| item.behind != ' ') {
            *cell = (item.behind.to_string(), item.style);
        }
    }
    cells
}

/// How many columns signs take.
fn columns(text: &[char]) -> usize {
    text.iter().map(|c| Span::raw(c.to_string()).width()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Words;

    fn drawn(words: &str, columns: &[usize], width: usize) -> String {
        let words = Words::from(words);
        let (sung, left) = words.syllables().split_at(columns.len().min(words.syllables().len()));
        let sung: Vec<_> = columns.iter().copied().zip(sung).collect();
        row(&sung, left, width, (Style::new(), true)).into_iter().map(|cell| cell.0).collect()
    }

    #[test]
    fn syllables_stand_at_their_notes_where_there_is_room() {
        assert_eq!(drawn("Some morn-ing * in", &[1, 6, 11, 15, 18], 21), " Some morn-ing    in ");
        assert_eq!(drawn("glo- _ ry", &[1, 7, 12], 16), " glo-  _    ry  ");
        assert_eq!(drawn("Some morn-ing in", &[1, 3, 5, 12], 20), " Some morn-ing in   ");
        assert_eq!(drawn("in the morn-ing", &[1, 10, 12, 14], 16), " in the morn-ing");
    }

    #[test]
    fn what_has_no_room_is_cut_and_what_has_no_note_is_marked() {
        assert_eq!(drawn("Some morn-ing", &[1, 3, 6], 9), " So mo-in");
        assert_eq!(drawn("Some morn-ing May", &[1, 6], 20), " Some morn- +ing May");
        assert_eq!(drawn("a be\\-fore * now", &[1], 20), " a      +be-fore now");
        assert_eq!(drawn("Some morn-ing May", &[1, 6], 14), " Some morn-+in");
        assert_eq!(drawn("Some morn-ing May", &[1, 6], 11), " Som morn-+");
        assert_eq!(drawn("a b c d e", &[1, 2, 3, 4, 5], 5), " a b ");
        assert_eq!(drawn("歌e\u{301}x b", &[1, 6], 8), " 歌e\u{301}x b ", "a wide sign takes two columns");
        assert_eq!(drawn("", &[1], 0), "");
    }
}
