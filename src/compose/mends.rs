//! What would help where a request cannot be met: changed requests that can.

use std::fmt;

use super::form_text::print_form;
use super::infeasible::smallest_conflict;
use super::loosen::{freed, loosened};
use super::page::Page;
use super::possible::Possible;
use super::request::Request;
use super::rhythm_law::RhythmSupport;
use crate::constraint::{Constraint, Frame, Place};
use crate::style::Style;

/// How many mends are offered.
const MOST_MENDS: usize = 3;
/// How many of them change something else than what is asked at all.
const MOST_GENTLE: usize = 2;

/// A changed request that can be met.
#[derive(Clone, Debug, PartialEq)]
pub struct Mend {
    /// What is changed.
    pub changes: Vec<Change>,
    /// All constraints of the changed request.
    pub constraints: Vec<Constraint>,
    /// Its form, if that is changed.
    pub form: Option<String>,
    /// The natural logarithm of the probability that a sheet of the style meets the changed request, once it is
    /// [weighed](super::weigh::weigh).
    pub log_mass: Option<f64>,
    /// Whether that is an estimate.
    pub is_estimate: bool,
}

/// A change of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A constraint is left out.
    Drop(Constraint),
    /// A number of a constraint gives way.
    Loosen {
        /// The constraint.
        from: Constraint,
        /// What is asked instead.
        to: Constraint,
    },
    /// A constraint on several bars does not bind one of them.
    Free {
        /// The constraint.
        from: Constraint,
        /// What is asked instead.
        to: Vec<Constraint>,
        /// The bar.
        bar: usize,
        /// What may then be there: `any chord`.
        what: &'static str,
    },
    /// A section gets a name of its own.
    Rename {
        /// Its name.
        section: String,
        /// Its new name.
        to: String,
        /// Which of the sections of its name it is: `last`.
        which: String,
        /// The new form.
        form: String,
    },
}

impl Mend {
    fn new(changes: Vec<Change>, constraints: Vec<Constraint>) -> Mend {
        let form = changes.iter().find_map(|change| match change {
            Change::Rename { form, .. } => Some(form.clone()),
            _ => None,
        });
        Mend { changes, constraints, form, log_mass: None, is_estimate: false }
    }

    /// A constraint left out, others left.
    pub fn without(dropped: Constraint, left: Vec<Constraint>) -> Mend {
        Mend::new(vec![Change::Drop(dropped)], left)
    }

    /// The changed request.
    pub fn request(&self, request: &Request) -> Request {
        let form = self.form.clone().or_else(|| request.form.clone());
        Request { form, constraints: self.constraints.clone(), ..request.clone() }
    }
}

impl fmt::Display for Mend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, change) in self.changes.iter().enumerate() {
            write!(f, "{}{change}", if index == 0 { "" } else { " and " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Drop(constraint) => write!(f, "without '{constraint}'"),
            Change::Loosen { from, to } => write!(f, "'{to}' instead of '{from}'"),
            Change::Free { from, bar, what, .. } => write!(f, "bar {bar}: {what}; elsewhere '{from}'"),
            Change::Rename { section, to, which, form } => {
                write!(f, "write the {which} {section} as {to}: {form}")
            }
        }
    }
}

/// A request that cannot be met on a page, as numbers of constraints.
pub(super) struct Mending<'m, 'p> {
    pub(super) style: &'m Style,
    pub(super) rhythm: &'m RhythmSupport<'m>,
    pub(super) possible: &'m mut Possible<'p>,
    /// What is asked.
    pub(super) all: Vec<usize>,
    /// What is in conflict.
    pub(super) conflict: Vec<usize>,
    /// Sections that need not be like others for the conflict to be solved, together.
    pub(super) apart: Vec<usize>,
    /// The place up to which the sheet can be written under the conflict.
    pub(super) at: Option<Place>,
}

impl Mending<'_, '_> {
    /// At most three mends: what gives way least first, at least one that leaves a constraint out.
    pub(super) fn mends(&mut self) -> Vec<Mend> {
        // Other conflicts, which have nothing to do with this one, are solved by leaving something out.
        let also = self.solve(without(&self.all, &self.conflict));
        let base = without(&self.all, &also);
        let also: Vec<Change> = also.iter().map(|&number| Change::Drop(self.constraint(number))).collect();
        let mut mends: Vec<Mend> = self.renamed(&base, &also).into_iter().collect();
        for number in self.conflict.clone() {
            let gentle = self.loosened(number, &base).or_else(|| self.freed(number, &base));
            if let Some((change, constraints)) = gentle.filter(|_| mends.len() < MOST_GENTLE) {
                mends.push(Mend::new([vec![change], also.clone()].concat(), constraints));
            }
        }
        // What is enough by itself; only if nothing is, what else must go.
        let conflict = self.conflict.clone();
        let alone =
            conflict.iter().filter(|&&number| self.possible.leave_any(&without(&base, &[number]), &[]));
        let mut left_out: Vec<Vec<usize>> = alone.map(|&number| vec![number]).collect();
        if left_out.is_empty() {
            let more =
                conflict.iter().map(|&number| [vec![number], self.solve(without(&base, &[number]))].concat());
            left_out = more.collect();
        }
        let is_too_much = |set: &Vec<usize>| {
            left_out.iter().any(|other| other.len() < set.len() && other.iter().all(|one| set.contains(one)))
        };
        for set in left_out.iter().filter(|set| !is_too_much(set)) {
            if mends.len() < MOST_MENDS {
                let drops = set.iter().map(|&number| Change::Drop(self.constraint(number)));
                let changes = drops.chain(also.iter().cloned()).collect();
                mends.push(Mend::new(changes, self.constraints(&without(&base, set))));
            }
        }
        mends
    }

    fn constraint(&self, number: usize) -> Constraint {
        self.possible.constraint(number).clone()
    }

    fn constraints(&self, numbers: &[usize]) -> Vec<Constraint> {
        numbers.iter().map(|&number| self.constraint(number)).collect()
    }

    /// What else must be left out for some constraints to be met: of each conflict what was asked last.
    fn solve(&mut self, mut numbers: Vec<usize>) -> Vec<usize> {
        let mut left_out = Vec::new();
        while !self.possible.leave_any(&numbers, &[]) {
            let conflict = smallest_conflict(&numbers, |some| self.possible.leave_any(some, &[]));
            let Some(&last) = conflict.last() else { break };
            numbers = without(&numbers, &[last]);
            left_out.push(last);
        }
        left_out
    }

    /// The constraints with one replaced by others, if that leaves a sheet.
    fn replaced(&mut self, number: usize, by: &[Constraint], base: &[usize]) -> Option<Vec<Constraint>> {
        let mut numbers = Vec::with_capacity(base.len() + by.len());
        for &old in base {
            if old != number {
                numbers.push(old);
            } else {
                for constraint in by {
                    numbers.push(self.possible.add(constraint).ok()?);
                }
            }
        }
        self.possible.leave_any(&numbers, &[]).then(|| self.constraints(&numbers))
    }

    /// A number of a constraint changed by as little as it takes.
    fn loosened(&mut self, number: usize, base: &[usize]) -> Option<(Change, Vec<Constraint>)> {
        let from = self.constraint(number);
        let key = self.possible.page().frame.key;
        let mut best: Option<(u32, Constraint, Vec<Constraint>)> = None;
        for way in loosened(&from, key) {
            let most = best.as_ref().map_or(way.most, |best| way.most.min(best.0 - 1));
            let mut try_out = |by: u32| {
                let to = (way.by)(by)?;
                let constraints = self.replaced(number, std::slice::from_ref(&to), base)?;
                Some((by, to, constraints))
            };
            let Some(mut found) = (most > 0).then(|| try_out(most)).flatten() else { continue };
            let mut too_little = 0;
            while found.0 > too_little + 1 {
                match try_out((found.0 + too_little) / 2) {
                    Some(less) => found = less,
                    None => too_little = (found.0 + too_little) / 2,
                }
            }
            best = Some(found);
        }
        best.map(|(_, to, constraints)| (Change::Loosen { from, to }, constraints))
    }

    /// A constraint on several bars that does not bind the one where the conflict shows.
    fn freed(&mut self, number: usize, base: &[usize]) -> Option<(Change, Vec<Constraint>)> {
        let (Place::Bar(bar) | Place::Beat(bar, _)) = *self.at.as_ref()? else { return None };
        let from = self.constraint(number);
        let (to, what) = freed(&from, bar, &self.possible.page().frame)?;
        let constraints = self.replaced(number, &to, base)?;
        Some((Change::Free { from, to, bar, what }, constraints))
    }

    /// A section written under a name of its own, if that solves the conflict: the last that does.
    fn renamed(&mut self, base: &[usize], also: &[Change]) -> Option<Mend> {
        let constraints = self.constraints(base);
        let page = self.possible.page();
        let sections = self.apart.iter().rev().copied();
        let tried: Vec<usize> =
            sections.filter(|&section| self.possible.leave_any(base, &[section])).collect();
        tried.into_iter().find_map(|section| {
            let (change, frame) = rename(&page.frame, section)?;
            // Constraints may speak of the section by its name.
            let page = Page { frame, ..page.clone() };
            let mut possible = Possible::new(self.style, self.rhythm, &page);
            let numbers = constraints.iter().map(|constraint| possible.add(constraint).ok());
            let numbers: Vec<usize> = numbers.collect::<Option<_>>()?;
            let changes = [vec![change], also.to_vec()].concat();
            possible.leave_any(&numbers, &[]).then(|| Mend::new(changes, constraints.clone()))
        })
    }
}

fn without(numbers: &[usize], left_out: &[usize]) -> Vec<usize> {
    numbers.iter().copied().filter(|number| !left_out.contains(number)).collect()
}

/// A section under the first name with primes that no other has, and the page with it. What primes say of its music yields
/// to what is asked.
fn rename(frame: &Frame, section: usize) -> Option<(Change, Frame)> {
    let (label, _) = frame.sections.get(section)?;
    let mut to = format!("{label}'");
    while frame.sections.iter().any(|(other, _)| *other == to) {
        to.push('\'');
    }
    let same = |(_, (other, _)): &(usize, &(String, std::ops::Range<usize>))| other == label;
    let of_name: Vec<usize> =
        frame.sections.iter().enumerate().filter(same).map(|(number, _)| number).collect();
    let which = match of_name.iter().position(|&number| number == section)? {
        last if last + 1 == of_name.len() => "last".to_string(),
        1 => "second".to_string(),
        2 => "third".to_string(),
        number => format!("{}th", number + 1),
    };
    let section_name = label.clone();
    let mut renamed = frame.clone();
    renamed.sections.get_mut(section)?.0.clone_from(&to);
    let form = print_form(&renamed.sections, &[]);
    Some((Change::Rename { section: section_name, to, which, form }, renamed))
}
