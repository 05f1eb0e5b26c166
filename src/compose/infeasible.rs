//! Why a request has no solution: constraints that cannot all be met.

use std::fmt;

use crate::constraint::Constraint;

/// A request without a solution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Infeasible {
    /// Constraints that cannot be met together; dropping any one of them would help. Empty when the page itself
    /// leaves nothing.
    pub conflict: Vec<String>,
    /// The form of the page.
    pub page: String,
}

impl fmt::Display for Infeasible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.conflict.as_slice() {
            [] => write!(f, "no sheet of the form {} meets the request", self.page)?,
            [one] => write!(f, "on the form {}, this cannot be met: {one}", self.page)?,
            several => {
                write!(f, "on the form {}, these cannot be met together:", self.page)?;
                several.iter().try_for_each(|constraint| write!(f, "\n  {constraint}"))?;
                write!(f, "\nDropping any one of them would help")?;
            }
        }
        Ok(())
    }
}

/// A smallest conflict: constraints that have no solution together although any of them may be dropped.
///
/// Junker's QuickXplain ("Preferred explanations and relaxations for over-constrained problems", AAAI 2004); earlier
/// constraints are kept in the conflict for preference. `feasible` answers for any subset.
pub fn smallest_conflict<'a>(
    constraints: &'a [Constraint],
    mut feasible: impl FnMut(&[&'a Constraint]) -> bool,
) -> Vec<String> {
    let all: Vec<&Constraint> = constraints.iter().collect();
    if all.is_empty() || !feasible(&[]) {
        return Vec::new();
    }
    let conflict = explain(&mut feasible, &[], false, &all);
    conflict.into_iter().map(ToString::to_string).collect()
}

fn explain<'a>(
    feasible: &mut impl FnMut(&[&'a Constraint]) -> bool,
    background: &[&'a Constraint],
    grew: bool,
    rest: &[&'a Constraint],
) -> Vec<&'a Constraint> {
    if grew && !feasible(background) {
        return Vec::new();
    }
    if rest.len() == 1 {
        return rest.to_vec();
    }
    let (left, right) = rest.split_at(rest.len() / 2);
    let with_left: Vec<&Constraint> = background.iter().chain(left).copied().collect();
    let of_right = explain(feasible, &with_left, !left.is_empty(), right);
    let with_right: Vec<&Constraint> = background.iter().chain(&of_right).copied().collect();
    let of_left = explain(feasible, &with_right, !of_right.is_empty(), left);
    of_left.into_iter().chain(of_right).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_is_irreducible() {
        let constraints: Vec<Constraint> =
            (1..=7).map(|bar| format!("bar {bar}: rest").parse().expect("a constraint")).collect();
        // Bars 2, 5 and 6 cannot all rest.
        let feasible = |subset: &[&Constraint]| {
            ![2, 5, 6].iter().all(|bar| subset.iter().any(|c| c.to_string() == format!("bar {bar}: rest")))
        };
        assert_eq!(smallest_conflict(&constraints, feasible), ["bar 2: rest", "bar 5: rest", "bar 6: rest"]);
        assert_eq!(smallest_conflict(&constraints, |_| false), Vec::<String>::new());
    }
}
