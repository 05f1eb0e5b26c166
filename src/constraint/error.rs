//! What is told about a constraint that cannot be read or does not fit the page.

use std::fmt;

/// Why a constraint is refused; its text says where, and names a way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConstraintError {
    /// The line is not in the constraint language.
    #[error("'{}': column {column}: expected {expected}{}", shortened(text), suggestion(nearest))]
    Unreadable {
        /// The line.
        text: String,
        /// Where reading stopped, in characters from 1.
        column: usize,
        /// What could have stood there.
        expected: String,
        /// The nearest valid form, if one is near.
        nearest: Option<String>,
    },
    /// The line can be read, but not met by any sheet on this page: a bar that the form does not have, say.
    #[error("{text}: {reason}")]
    Unfit {
        /// The place or the constraint.
        text: String,
        /// What does not fit, and what would.
        reason: String,
    },
}

impl ConstraintError {
    /// A constraint or place that does not fit the page.
    pub(super) fn unfit(what: &impl fmt::Display, reason: impl Into<String>) -> ConstraintError {
        ConstraintError::Unfit { text: what.to_string(), reason: reason.into() }
    }
}

/// The lines of a list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListError {
    /// Line number from 1, and what is wrong with the line.
    pub lines: Vec<(usize, ConstraintError)>,
}

impl std::error::Error for ListError {}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (line, error)) in self.lines.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}line {line}: {error}")?;
        }
        Ok(())
    }
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|nearest| format!("; did you mean '{nearest}'?")).unwrap_or_default()
}

/// A line fit to be quoted: on one line, and not endless.
fn shortened(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    let mut short: String = text.chars().take(160).map(plain).collect();
    if text.chars().nth(160).is_some() {
        short.push('…');
    }
    short
}
