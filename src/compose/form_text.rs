//! The text of a form: `AABA`, `A8 A8 B8 A8`, `Verse8 Chorus8`.

use std::ops::Range;

/// A section as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedSection {
    /// A letter with its primes, or a word.
    pub label: String,
    /// Its bars, if said.
    pub bars: Option<usize>,
}

/// The longest form that is composed, in bars.
pub const MOST_BARS: usize = 512;

/// A form that cannot be read, or does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}': {reason}")]
pub struct FormError {
    /// What was written.
    pub text: String,
    /// Why it will not do, and what would.
    pub reason: String,
}

/// Reads a form: letters are sections (`AABA`), a number after a letter its bars (`A8 B4`), primes make another
/// section of the same family (`A'`), and words in lower case or with a capital are sections too (`Verse8 Chorus8`).
///
/// # Errors
/// When nothing is named, a character means nothing, or a length is 0 or absurd.
pub fn read_form(text: &str) -> Result<Vec<WantedSection>, FormError> {
    let fail = |reason: String| Err(FormError { text: text.to_string(), reason });
    let mut sections = Vec::new();
    let mut rest = text.trim_start();
    while let Some(letter) = rest.chars().next() {
        if !letter.is_ascii_alphabetic() {
            let what =
                if letter == '(' { "first and second endings are not available yet; write" } else { "write" };
            return fail(format!(
                "'{letter}' does not start a section; {what} letters such as AABA or A8 A8 B8 A8"
            ));
        }
        let word = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        // `Verse` is a word; `AABA` and `aaba` are letters.
        let is_word = word > 1
            && rest[1..word].bytes().all(|b| b.is_ascii_lowercase())
            && !rest[..word].bytes().all(|b| (b'a'..=b'e').contains(&b));
        let end = if is_word { word } else { 1 };
        let mut label = rest[..end].to_string();
        if !is_word {
            label.make_ascii_uppercase();
        }
        rest = &rest[end..];
        while let Some(prime) = rest.chars().next().filter(|c| matches!(c, '\'' | '′' | '’')) {
            label.push('\'');
            rest = &rest[prime.len_utf8()..];
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let bars = match &rest[..digits] {
            "" => None,
            number => match number.parse() {
                Ok(bars) if (1..=MOST_BARS).contains(&bars) => Some(bars),
                _ => return fail(format!("a section has 1 to {MOST_BARS} bars, not {number}")),
            },
        };
        rest = rest[digits..]
            .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '-' | '|' | '·'));
        sections.push(WantedSection { label, bars });
    }
    if sections.is_empty() { fail("name at least one section, as in AABA".into()) } else { Ok(sections) }
}

/// The bars of each section, from 0: lengths as asked, the others `usual` bars, or an equal share of what is left of
/// `total`.
///
/// # Errors
/// When the lengths do not add up to `total`, or are too long altogether.
pub fn lay_out(
    text: &str,
    wanted: &[WantedSection],
    usual: usize,
    total: Option<usize>,
) -> Result<Vec<(String, Range<usize>)>, FormError> {
    let fail = |reason: String| Err(FormError { text: text.to_string(), reason });
    let said: usize = wanted.iter().filter_map(|section| section.bars).sum();
    let open = wanted.iter().filter(|section| section.bars.is_none()).count();
    let share = match total {
        None => usual,
        Some(total) if open == 0 && total != said => {
            return fail(format!("its sections have {said} bars, not the {total} that --bars asks for"));
        }
        Some(_) if open == 0 => usual,
        Some(total) if total < said + open || !(total - said).is_multiple_of(open) => {
            let nearest = said + open * ((total.saturating_sub(said) + open / 2) / open).max(1);
            return fail(format!(
                "{total} bars cannot be shared out equally; {nearest} can, or give lengths as in A8 B4"
            ));
        }
        Some(total) => (total - said) / open,
    };
    let mut bar = 0;
    let mut sections = Vec::with_capacity(wanted.len());
    for section in wanted {
        let bars = section.bars.unwrap_or(share);
        sections.push((section.label.clone(), bar..bar + bars));
        bar += bars;
    }
    if bar > MOST_BARS {
        fail(format!("{bar} bars are more than the {MOST_BARS} a sheet may have"))
    } else {
        Ok(sections)
    }
}

/// A form's usual text: `A8 A8 B8 A8`.
pub fn print_form(sections: &[(String, Range<usize>)]) -> String {
    sections.iter().map(|(label, bars)| format!("{label}{}", bars.len())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(text: &str, total: Option<usize>) -> Result<String, String> {
        let wanted = read_form(text).map_err(|error| error.to_string())?;
        lay_out(text, &wanted, 8, total)
            .map(|sections| print_form(&sections))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn forms_are_read() {
        for (text, printed) in [
            ("AABA", "A8 A8 B8 A8"),
            ("aaba", "A8 A8 B8 A8"),
            ("A8 A8 B4 A8", "A8 A8 B4 A8"),
            ("A A' B A", "A8 A'8 B8 A8"),
            ("AA′BA", "A8 A'8 B8 A8"),
            ("Verse16 chorus8", "Verse16 chorus8"),
            ("A12", "A12"),
            ("A-B|A", "A8 B8 A8"),
        ] {
            assert_eq!(laid_out(text, None), Ok(printed.to_string()), "{text}");
        }
        assert_eq!(laid_out("AABA", Some(48)), Ok("A12 A12 B12 A12".into()));
        assert_eq!(laid_out("A8 B", Some(12)), Ok("A8 B4".into()));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_a_way_out() {
        for (text, total, says) in [
            ("", None, "at least one section"),
            ("8", None, "does not start a section"),
            ("A(1,2)", None, "not available yet"),
            ("A0", None, "1 to 512 bars"),
            ("A99999999999", None, "1 to 512 bars"),
            ("A8 B8", Some(20), "16 bars, not the 20"),
            ("ABC", Some(10), "9 can"),
            ("A500 B500", None, "more than the 512"),
        ] {
            let error = laid_out(text, total).expect_err(text);
            assert!(error.contains(says), "{error}");
        }
    }
}
