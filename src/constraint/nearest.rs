//! The nearest valid spelling of a word that cannot be read.

/// Words longer than this are not compared: a typing slip is made in a short one.
const LONGEST: usize = 40;

/// The candidate that fewest slips turn into the word, the first of equals; `None` if the word is more than a third
/// wrong (one slip is always forgiven in words of two letters and more).
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word: Vec<char> = word.to_lowercase().chars().take(LONGEST + 1).collect();
    if word.len() > LONGEST || word.len() < 2 {
        return None;
    }
    let forgiven = (word.len() / 3).max(1);
    let distances = candidates.into_iter().map(|candidate| (slips(&word, candidate), candidate));
    let (least, candidate) = distances.min_by_key(|&(distance, _)| distance)?;
    (least <= forgiven).then_some(candidate)
}

/// Letters inserted, left out, exchanged for others or with their neighbour: the optimal string alignment distance
/// (Damerau, CACM 1964).
fn slips(word: &[char], target: &str) -> usize {
    let target: Vec<char> = target.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=target.len()).collect();
    for (i, letter) in word.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, wanted) in target.iter().enumerate() {
            let exchanged = last[j] + usize::from(letter != wanted);
            let mut least = exchanged.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == target[j - 1] && word[i - 1] == *wanted {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(word: &str, target: &str) -> usize {
        slips(&word.chars().collect::<Vec<_>>(), target)
    }

    #[test]
    fn slips_are_counted() {
        for (word, target, slips) in [
            ("chrod", "chord", 1),
            ("cadance", "cadence", 1),
            ("", "abc", 3),
            ("rnage", "range", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(word, target), slips, "{word} {target}");
            assert_eq!(distance(target, word), slips, "{target} {word}");
        }
    }

    #[test]
    fn far_words_have_no_nearest() {
        assert_eq!(nearest("chrod", ["note", "chord"]), Some("chord"));
        assert_eq!(nearest("xylophone", ["note", "chord"]), None);
        assert_eq!(nearest(&"chord".repeat(1000), ["chord"]), None);
    }
}
