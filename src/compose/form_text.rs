//! The text of a form: `AABA`, `A8 A8 B8 A8`, `A8(1,2) B8 A8`, `Verse8 Chorus8`.

use std::ops::Range;

/// A section as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedSection {
    /// A letter with its primes, or a word.
    pub label: String,
    /// Its bars, if said.
    pub bars: Option<usize>,
    /// Its endings: how many, and how many bars each has, if said. Without any it is played once.
    pub endings: Option<(usize, Option<usize>)>,
}

impl WantedSection {
    /// How often it is played in a row.
    fn passes(&self) -> usize {
        self.endings.map_or(1, |(passes, _)| passes)
    }
}

/// The sections of a form on their bars, written out in full.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Layout {
    /// Labels and bars, counted from 0.
    pub sections: Vec<(String, Range<usize>)>,
    /// The sections that are played several times in a row with an ending each.
    pub endings: Vec<Endings>,
}

/// A section that is played several times in a row and ends otherwise each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endings {
    /// The index of the section that is its first pass; the others follow.
    pub first: usize,
    /// How often it is played.
    pub passes: usize,
    /// How many bars each ending has; fewer than the section.
    pub bars: usize,
}

impl Layout {
    /// How many bars there are.
    pub fn bars(&self) -> usize {
        self.sections.last().map_or(0, |(_, bars)| bars.end)
    }
}

/// The endings of which a section (by index) is a pass, and which pass, from 0.
pub fn endings_of(all: &[Endings], section: usize) -> Option<(Endings, usize)> {
    let pass = |endings: &Endings| section.checked_sub(endings.first).filter(|&pass| pass < endings.passes);
    all.iter().find_map(|endings| Some((*endings, pass(endings)?)))
}

/// A form's text with every length: `A8(1,2) B8 A8`.
pub fn print_form(sections: &[(String, Range<usize>)], endings: &[Endings]) -> String {
    let mut parts = Vec::with_capacity(sections.len());
    for (index, (label, bars)) in sections.iter().enumerate() {
        let length = bars.len();
        match endings_of(endings, index) {
            None => parts.push(format!("{label}{length}")),
            Some((own, 0)) => {
                let passes: Vec<String> = (1..=own.passes).map(|pass| pass.to_string()).collect();
                let usual = own.bars == usual_ending(length);
                let bars = if usual { String::new() } else { format!(":{}", own.bars) };
                parts.push(format!("{label}{length}({}{bars})", passes.join(",")));
            }
            Some(_) => {}
        }
    }
    parts.join(" ")
}

/// How many bars an ending has where nothing is said: one, or two in a section of more than eight bars.
pub fn usual_ending(bars: usize) -> usize {
    if bars > 8 { 2 } else { 1 }
}

/// The longest form that is composed, in bars.
pub const MOST_BARS: usize = 512;
/// The most endings that a section can have.
const MOST_ENDINGS: usize = 8;

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
/// `A8(1,2)` is played twice with a first and a second ending, of two bars each in `A8(1,2:2)`.
///
/// # Errors
/// When nothing is named, a character means nothing, a length is 0 or absurd, or endings are not counted from 1.
pub fn read_form(text: &str) -> Result<Vec<WantedSection>, FormError> {
    let fail = |reason: String| Err(FormError { text: text.to_string(), reason });
    let mut sections = Vec::new();
    let mut rest = text.trim_start();
    while let Some(letter) = rest.chars().next() {
        if !letter.is_ascii_alphabetic() {
            return fail(format!(
                "'{letter}' does not start a section; write letters such as AABA, A8 A8 B8 A8 or A8(1,2) B8 A8"
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
        rest = rest[digits..].trim_start();
        let mut endings = None;
        if let Some(inside) = rest.strip_prefix('(') {
            let Some((inside, after)) = inside.split_once(')') else {
                return fail(format!("the endings of {label} are not closed; write {label}(1,2)"));
            };
            let Some(read) = read_endings(inside) else {
                return fail(format!(
                    "'({inside})' are no endings; write (1,2) for a first and a second one of the usual length, \
                     (1,2:2) for endings of two bars, at most {MOST_ENDINGS} of them"
                ));
            };
            endings = Some(read);
            rest = after;
        }
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '-' | '|' | '·'));
        sections.push(WantedSection { label, bars, endings });
    }
    if sections.is_empty() { fail("name at least one section, as in AABA".into()) } else { Ok(sections) }
}

/// Reads what stands between the brackets of endings: `1,2` or `1,2:2`.
fn read_endings(inside: &str) -> Option<(usize, Option<usize>)> {
    let (passes, bars) = match inside.split_once(':') {
        Some((passes, bars)) => (passes, Some(bars.trim().parse().ok().filter(|bars| *bars > 0)?)),
        None => (inside, None),
    };
    let numbers: Option<Vec<usize>> = passes.split(',').map(|pass| pass.trim().parse().ok()).collect();
    let numbers = numbers.filter(|numbers| (2..=MOST_ENDINGS).contains(&numbers.len()))?;
    numbers.iter().copied().eq(1..=numbers.len()).then_some((numbers.len(), bars))
}

/// The sections on their bars, from 0: lengths as asked, the others `usual` bars, or an equal share of what is left of
/// `total`. What has endings is laid out once for each.
///
/// # Errors
/// When the lengths do not add up to `total`, or are too long altogether, or endings are longer than their section.
pub fn lay_out(
    text: &str,
    wanted: &[WantedSection],
    usual: usize,
    total: Option<usize>,
) -> Result<Layout, FormError> {
    let fail = |reason: String| Err(FormError { text: text.to_string(), reason });
    let said: usize = wanted.iter().filter_map(|section| Some(section.bars? * section.passes())).sum();
    let open: usize = wanted.iter().filter(|section| section.bars.is_none()).map(WantedSection::passes).sum();
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
    let mut layout = Layout::default();
    for section in wanted {
        let bars = section.bars.unwrap_or(share);
        if let Some((passes, length)) = section.endings {
            let length = length.unwrap_or_else(|| usual_ending(bars));
            if length >= bars {
                return fail(format!(
                    "{0} has {bars} bars and endings of {length}: an ending is shorter than its section",
                    section.label
                ));
            }
            layout.endings.push(Endings { first: layout.sections.len(), passes, bars: length });
        }
        for _ in 0..section.passes() {
            let bar = layout.bars();
            layout.sections.push((section.label.clone(), bar..bar + bars));
        }
    }
    match layout.bars() {
        bars if bars > MOST_BARS => {
            fail(format!("{bars} bars are more than the {MOST_BARS} a sheet may have"))
        }
        _ => Ok(layout),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(text: &str, total: Option<usize>) -> Result<String, String> {
        let wanted = read_form(text).map_err(|error| error.to_string())?;
        lay_out(text, &wanted, 8, total)
            .map(|layout| print_form(&layout.sections, &layout.endings))
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
            ("ABABCB", "A8 B8 A8 B8 C8 B8"),
            ("A8(1,2) B8 A8", "A8(1,2) B8 A8"),
            ("A(1,2)BA", "A8(1,2) B8 A8"),
            ("A16 (1, 2), B8", "A16(1,2) B8"),
            ("A8(1,2:1) A'12(1,2,3:4)", "A8(1,2) A'12(1,2,3:4)"),
            ("Verse8(1,2:2) Chorus8 Bridge8", "Verse8(1,2:2) Chorus8 Bridge8"),
        ] {
            assert_eq!(laid_out(text, None), Ok(printed.to_string()), "{text}");
        }
        assert_eq!(laid_out("AABA", Some(48)), Ok("A12 A12 B12 A12".into()));
        assert_eq!(laid_out("A8 B", Some(12)), Ok("A8 B4".into()));
        assert_eq!(laid_out("A(1,2) B", Some(24)), Ok("A8(1,2) B8".into()));
    }

    #[test]
    fn each_ending_is_a_pass_of_its_own() {
        let layout = lay_out("", &read_form("B4 A8(1,2)").expect("a form"), 8, None).expect("it fits");
        let bars: Vec<Range<usize>> = layout.sections.iter().map(|section| section.1.clone()).collect();
        assert_eq!(bars, [0..4, 4..12, 12..20]);
        let passes: Vec<Option<usize>> =
            (0..3).map(|section| endings_of(&layout.endings, section).map(|(_, pass)| pass)).collect();
        assert_eq!(passes, [None, Some(0), Some(1)]);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_a_way_out() {
        for (text, total, says) in [
            ("", None, "at least one section"),
            ("8", None, "does not start a section"),
            ("(1,2)", None, "does not start a section"),
            ("A(1,2", None, "not closed"),
            ("A(2,3)", None, "are no endings"),
            ("A(1)", None, "are no endings"),
            ("A(1,2:0)", None, "are no endings"),
            ("A(1,2,3,4,5,6,7,8,9)", None, "at most 8"),
            ("A4(1,2:4)", None, "shorter than its section"),
            ("A1(1,2)", None, "shorter than its section"),
            ("A8(1,2) B8", Some(16), "24 bars, not the 16"),
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
