//! Why a request has no solution: wishes that cannot all be met, where they part, and what would help.

use std::fmt;

use super::mends::Mend;
use super::possible::Part;
use crate::constraint::{Constraint, Place};

/// A request without a solution.
#[derive(Clone, Debug, PartialEq)]
pub struct Infeasible {
    /// What cannot be met together; dropping any one of the constraints would help. Empty when the page itself leaves
    /// nothing.
    pub conflict: Vec<Wish>,
    /// The form of the page.
    pub page: String,
    /// The part of the sheet that cannot be written; `None` where that is not known.
    pub part: Option<Part>,
    /// The bar or beat that the sheet can be written up to under the conflict, and no further.
    pub at: Option<Place>,
    /// What would help, at most three.
    pub mends: Vec<Mend>,
}

/// A part of a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A constraint that is asked.
    Asked(Constraint),
    /// Sections of one name are the same music.
    Same {
        /// The name.
        section: String,
        /// How often it is written.
        times: usize,
        /// The bars in the conflict that are the same bars; none if there is no saying which.
        places: Vec<Place>,
    },
}

impl Infeasible {
    /// What was found in the way when sheets were drawn: no more is known.
    pub fn unexplained<'a>(conflict: impl Iterator<Item = &'a Constraint>, page: String) -> Infeasible {
        let conflict = conflict.map(|constraint| Wish::Asked(constraint.clone())).collect();
        Infeasible { conflict, page, part: None, at: None, mends: Vec::new() }
    }

    /// The constraints of the conflict.
    pub fn constraints(&self) -> impl Iterator<Item = &Constraint> {
        self.conflict.iter().filter_map(|wish| match wish {
            Wish::Asked(constraint) => Some(constraint),
            Wish::Same { .. } => None,
        })
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (section, times, places) = match self {
            Wish::Asked(constraint) => return constraint.fmt(f),
            Wish::Same { section, times, places } => (section, times, places),
        };
        for (index, place) in places.iter().enumerate() {
            let before = match index {
                0 => "",
                _ if index + 1 == places.len() => " and ",
                _ => ", ",
            };
            write!(f, "{before}{place}")?;
        }
        if !places.is_empty() {
            f.write_str(" are the same bars: ")?;
        }
        match times {
            2 => write!(f, "section {section} is written twice"),
            3 => write!(f, "section {section} is written three times"),
            _ => write!(f, "section {section} is written {times} times"),
        }
    }
}

impl fmt::Display for Infeasible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked: Vec<&Constraint> = self.constraints().collect();
        match asked.as_slice() {
            [] => write!(f, "no sheet of the form {} meets the request", self.page)?,
            [one] => write!(f, "on the form {}, this cannot be met: {one}", self.page)?,
            several => {
                write!(f, "on the form {}, these cannot be met together:", self.page)?;
                several.iter().try_for_each(|constraint| write!(f, "\n  {constraint}"))?;
            }
        }
        for wish in self.conflict.iter().filter(|wish| !matches!(wish, Wish::Asked(_))) {
            write!(f, "\n{wish}")?;
        }
        if let Some(at) = &self.at {
            let parts = if asked.len() == 1 { "it fails" } else { "they part" };
            let part = match self.part {
                Some(Part::Chart) => ", in the chords",
                Some(Part::Melody) => ", in the melody",
                None => "",
            };
            write!(f, "\n{parts} at {at}{part}")?;
        }
        if !self.mends.is_empty() {
            f.write_str("\nWhat would help:")?;
        }
        for (number, mend) in (1..).zip(&self.mends) {
            write!(f, "\n  {number}. {mend}")?;
            if let Some(log_mass) = mend.log_mass {
                let about = if mend.is_estimate { "about " } else { "" };
                write!(f, "  (ln mass {about}{log_mass:.1})")?;
            }
        }
        Ok(())
    }
}

/// A smallest conflict: things that cannot all be had together although any one of them may be dropped; empty if even
/// none of them can be had.
///
/// Junker's QuickXplain ("Preferred explanations and relaxations for over-constrained problems", AAAI 2004); earlier
/// things are kept in the conflict for preference. `feasible` answers for any of them together.
pub fn smallest_conflict<T: Copy>(all: &[T], mut feasible: impl FnMut(&[T]) -> bool) -> Vec<T> {
    if all.is_empty() || !feasible(&[]) {
        return Vec::new();
    }
    explain(&mut feasible, &[], false, all)
}

fn explain<T: Copy>(
    feasible: &mut impl FnMut(&[T]) -> bool,
    background: &[T],
    grew: bool,
    rest: &[T],
) -> Vec<T> {
    if grew && !feasible(background) {
        return Vec::new();
    }
    if rest.len() == 1 {
        return rest.to_vec();
    }
    let (left, right) = rest.split_at(rest.len() / 2);
    let with_left = [background, left].concat();
    let of_right = explain(feasible, &with_left, !left.is_empty(), right);
    let with_right = [background, of_right.as_slice()].concat();
    let of_left = explain(feasible, &with_right, !of_right.is_empty(), left);
    [of_left, of_right].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_is_irreducible() {
        let all: Vec<usize> = (1..=7).collect();
        // 2, 5 and 6 cannot all be had.
        let mut asked = 0;
        let feasible = |subset: &[usize]| {
            asked += 1;
            ![2, 5, 6].iter().all(|one| subset.contains(one))
        };
        assert_eq!(smallest_conflict(&all, feasible), [2, 5, 6]);
        assert!(asked < 16, "{asked}");
        assert_eq!(smallest_conflict(&all, |_| false), Vec::<usize>::new());
    }

    #[test]
    fn a_refusal_says_what_where_and_what_would_help() {
        let constraint = |text: &str| text.parse::<Constraint>().expect(text);
        let same = Wish::Same {
            section: "A".into(),
            times: 3,
            places: vec![Place::Bars(7, 8), Place::Bars(31, 32)],
        };
        let asked = ["bars 7-8: cadence half", "bars 31-32: cadence authentic"].map(constraint);
        let mut found = Infeasible::unexplained(asked.iter(), "A8 A8 B8 A8".into());
        assert_eq!(
            found.to_string(),
            "on the form A8 A8 B8 A8, these cannot be met together:\n  bars 7-8: cadence half\n  bars 31-32: cadence authentic"
        );
        found.conflict.push(same);
        (found.part, found.at) = (Some(Part::Chart), Some(Place::Bar(8)));
        let without = Mend::without(asked[0].clone(), vec![asked[1].clone()]);
        found.mends = vec![Mend { log_mass: Some(-3.21), is_estimate: true, ..without }];
        let text = found.to_string();
        let told = text.split_once("authentic\n").expect("a conflict").1;
        assert_eq!(
            told,
            "bars 7-8 and bars 31-32 are the same bars: section A is written three times\n\
             they part at bar 8, in the chords\n\
             What would help:\n  1. without 'bars 7-8: cadence half'  (ln mass about -3.2)"
        );
        assert_eq!(found.constraints().count(), 2);
    }
}
