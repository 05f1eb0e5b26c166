//! The text chart: a lead sheet as plain lines that a person, a screen reader and this program read alike.

mod read;
mod write;

use crate::format::{Format, FormatError, Reading, Writing};
use crate::music::LeadSheet;

/// The text chart; its grammar is described in `docs/formats.md`.
pub struct TextChart;

impl Format for TextChart {
    fn name(&self) -> &'static str {
        "text chart"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["txt", "chart"]
    }

    fn recognises(&self, bytes: &[u8]) -> bool {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
        let bars = |line: &str| {
            let line = line.trim().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
            line.len() > 1 && line.starts_with('|') && line.ends_with('|')
        };
        head.lines().any(|line| line.starts_with("Title:") || bars(line))
            && !head.lines().any(|l| l.starts_with("X:"))
    }

    fn read(&self, bytes: &[u8]) -> Result<Reading, FormatError> {
        read::read(bytes)
    }

    fn write(&self, sheet: &LeadSheet) -> Result<Writing, FormatError> {
        let (text, remarks) = write::write(sheet);
        Ok(Writing { bytes: text.into_bytes(), remarks })
    }
}

/// Texts that stay on one line: line breaks, backslashes and blanks at the ends are written with a backslash.
fn escape(text: &str, closing: Option<char>) -> String {
    let last = text.chars().count().saturating_sub(1);
    let mut escaped = String::with_capacity(text.len());
    for (index, c) in text.chars().enumerate() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            ' ' if index == 0 || index == last => escaped.push_str("\\s"),
            c if Some(c) == closing => escaped.extend(['\\', c]),
            // Other controls and exotic blanks at the ends would be lost or split the line.
            c if c.is_control() || (c.is_whitespace() && c != ' ') => {
                escaped.push_str(&format!("\\u{{{:x}}}", c as u32))
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// The text that [`escape`] wrote; a backslash before anything else stands for that.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('s') => plain.push(' '),
            Some('u') if chars.as_str().starts_with('{') => {
                let rest = &chars.as_str()[1..];
                let (digits, after) = rest.split_once('}').unwrap_or((rest, ""));
                plain.extend(u32::from_str_radix(digits, 16).ok().and_then(char::from_u32));
                chars = after.chars();
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_survives_on_one_line() {
        for text in ["", " ", "a b", " a ", "a\nb", "back\\slash", "[A]", "\t\u{2028}x\u{a0}", "\\u{41}"] {
            let escaped = escape(text, Some(']'));
            assert!(escaped.lines().count() <= 1 && escaped.trim() == escaped, "{text:?}");
            assert_eq!(unescape(&escaped), text, "{text:?}");
        }
    }

    #[test]
    fn an_abc_tune_is_not_taken_for_a_chart() {
        assert!(!TextChart.recognises(b"X:1\nK:C\n| CDEF |\n"));
        assert!(TextChart.recognises(b"\n  1 | C | G |\n"));
    }
}
