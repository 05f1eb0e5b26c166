//! What is told about a file that was read, each thing once with how often and where first.

/// Remarks as they arise.
#[derive(Debug, Default)]
pub struct Remarks {
    said: Vec<String>,
    counted: Vec<(&'static str, u64, String)>,
}

impl Remarks {
    /// A sentence of its own.
    pub fn say(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.said.contains(&sentence) && self.said.len() < 100 {
            self.said.push(sentence);
        }
    }

    /// One more thing of a kind, such as `grace notes left out`.
    pub fn count(&mut self, what: &'static str, measure: &str) {
        match self.counted.iter_mut().find(|counted| counted.0 == what) {
            Some(counted) => counted.1 += 1,
            None => self.counted.push((what, 1, measure.chars().take(20).collect())),
        }
    }

    /// All of them, as sentences.
    pub fn into_sentences(self) -> Vec<String> {
        let counted = self.counted.into_iter().map(|(what, count, first)| match count {
            1 => format!("{what}: 1, in measure {first}."),
            count => format!("{what}: {count}, the first in measure {first}."),
        });
        self.said.into_iter().chain(counted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_counted_and_sentences_said_once() {
        let mut remarks = Remarks::default();
        remarks.say("No tempo.");
        remarks.say("No tempo.");
        remarks.count("Grace notes left out", "3");
        remarks.count("Grace notes left out", "4");
        remarks.count("Chords left out", "1");
        let sentences = remarks.into_sentences();
        let expected = [
            "No tempo.",
            "Grace notes left out: 2, the first in measure 3.",
            "Chords left out: 1, in measure 1.",
        ];
        assert_eq!(sentences, expected);
    }
}
