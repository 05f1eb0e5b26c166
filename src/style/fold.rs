//! Folds: a corpus split by title, so that a style can be measured on songs that it was not learned from.

use std::fmt;
use std::str::FromStr;

use super::learn::name;

/// Part `part` of `parts`, written `K/N` with K from 0 to N − 1: every title is in one part, whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    part: u64,
    parts: u64,
}

/// A fold that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no fold: write K/N, part K (from 0) of N parts (2 to 1000), such as 0/5")]
pub struct FoldError(String);

impl Fold {
    /// Every part of so many, 2 to 1000.
    pub fn all(parts: u64) -> Vec<Fold> {
        let parts = parts.clamp(2, 1000);
        (0..parts).map(|part| Fold { part, parts }).collect()
    }

    /// Whether the song of a title is in the part. Case and punctuation do not matter; a song without a title goes by
    /// the name of its file.
    pub fn has(self, title: &str, file: &str) -> bool {
        hash(&name(title, file)) % self.parts == self.part
    }
}

impl FromStr for Fold {
    type Err = FoldError;
    fn from_str(text: &str) -> Result<Fold, FoldError> {
        let read = || {
            let (part, parts) = text.split_once('/')?;
            let (part, parts) = (part.trim().parse().ok()?, parts.trim().parse().ok()?);
            ((2..=1000).contains(&parts) && part < parts).then_some(Fold { part, parts })
        };
        read().ok_or_else(|| FoldError(text.to_string()))
    }
}

impl fmt::Display for Fold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.parts)
    }
}

/// FNV-1a with 64 bits, the halves folded: its low bits alone mix the last letters too little.
fn hash(name: &str) -> u64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(text: &str) -> Fold {
        text.parse().expect(text)
    }

    #[test]
    fn every_title_is_in_one_part() {
        let titles: Vec<String> = (0..500).map(|number| format!("Song number {number}")).collect();
        let mut sizes = [0; 5];
        for title in &titles {
            let parts: Vec<usize> =
                (0..5).filter(|part| fold(&format!("{part}/5")).has(title, "x")).collect();
            assert_eq!(parts.len(), 1, "{title}");
            sizes[parts[0]] += 1;
        }
        assert!(sizes.iter().all(|size| (70..130).contains(size)), "{sizes:?}");
    }

    #[test]
    fn one_title_however_written_is_in_one_part() {
        let part = fold("1/3");
        assert_eq!(part.has("Help!", "a"), part.has("HELP", "b"));
        assert_eq!(part.to_string(), "1/3");
        for wrong in ["3/3", "1/1", "1", "a/3", "-1/3", "0/1001"] {
            assert!(wrong.parse::<Fold>().is_err(), "{wrong}");
        }
    }
}
