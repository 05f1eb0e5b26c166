//! What a songwriter asks for.

use super::kept::Draft;
use crate::constraint::{Constraint, ConstraintError, Keep};
use crate::music::{Chart, Duration, Key, Melody, Meter};
use crate::style::Style;

/// Everything that is asked; what is left open is drawn from the style.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Request {
    /// The form's text.
    pub form: Option<String>,
    /// Bars in all, the pickup not counted.
    pub bars: Option<usize>,
    /// The key.
    pub key: Option<Key>,
    /// The meter.
    pub meter: Option<Meter>,
    /// The tempo in beats a minute, as the meter is felt: quarters in 4/4, halves in 2/2, dotted quarters in 6/8.
    pub tempo: Option<u16>,
    /// The pickup in beats of the meter's lower figure, one beat written as a quarter; zero for none.
    pub pickup: Option<Duration>,
    /// The title.
    pub title: Option<String>,
    /// What must hold.
    pub constraints: Vec<Constraint>,
    /// Whether to draw without a repetition plan: nothing comes back but what is asked and what recurs by its name.
    pub no_plan: bool,
    /// How wild the draws are, in per cent: 100 is the style's own law, below it what is likely becomes likelier, above it
    /// less so (the probability of each sheet is raised to the power of 100 over this).
    pub temperature: Option<u16>,
    /// How many charts are weighed for a take without a plan, where something is asked of the melody; 8 if not said.
    pub particles: Option<usize>,
    /// The sheet to start from: its form, key, meter, pickup and tempo hold.
    pub draft: Option<Draft>,
    /// Whether equal sections that follow each other are written with repeat signs.
    pub repeats: bool,
    /// Where the draws start: the same seed gives the same sheets.
    pub seed: u64,
}

impl Request {
    /// The power to which probabilities are raised: one over the temperature.
    pub fn power(&self) -> f64 {
        100.0 / f64::from(self.temperature.unwrap_or(100).max(1))
    }

    /// The same request, started from a sheet of which something is kept: what is kept stands among the constraints.
    ///
    /// # Errors
    /// When something is to be kept that the sheet does not have.
    pub fn from_draft(mut self, draft: Draft, keep: &[Keep]) -> Result<Request, ConstraintError> {
        for keep in keep {
            self.constraints.push(draft.kept(keep)?);
        }
        self.constraints.extend(draft.short_last_bar());
        self.key = Some(draft.frame().key);
        self.meter = Some(draft.frame().meter);
        self.title = self.title.or_else(|| Some(draft.title().to_string()));
        self.draft = Some(draft);
        Ok(self)
    }

    /// Writes what is kept as the sheet has it: spelled so, and tied where it was held over a seam.
    pub fn restore(&self, chart: &mut Chart, melody: &mut Melody) {
        for constraint in &self.constraints {
            if let Constraint::Kept(kept) = constraint {
                kept.restore(chart, melody);
            }
        }
    }

    /// The same request with the constraints that the style's card has by default, those of a kind and place that
    /// the request speaks of itself left out; `None` if that adds nothing.
    ///
    /// # Errors
    /// When a line of the card cannot be read.
    pub fn with_defaults_of(&self, style: &Style) -> Result<Option<Request>, ConstraintError> {
        let mut request = self.clone();
        for line in &style.card.constraints {
            let default: Constraint = line.parse()?;
            let same_kind = |asked: &Constraint| {
                std::mem::discriminant(asked) == std::mem::discriminant(&default)
                    && asked.place() == default.place()
            };
            if !self.constraints.iter().any(same_kind) {
                request.constraints.push(default);
            }
        }
        Ok((request.constraints.len() > self.constraints.len()).then_some(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style;

    #[test]
    fn defaults_give_way_to_what_is_asked() {
        let mut style = style::load("songbook").expect("a shipped style");
        style.card.constraints = vec!["leap <= 9".into(), "ends on 1".into()];
        let constraint = |text: &str| text.parse::<Constraint>().expect(text);
        let request = Request { constraints: vec![constraint("ends on 5")], ..Request::default() };
        let both = request.with_defaults_of(&style).expect("a card").expect("one more");
        assert_eq!(both.constraints, [constraint("ends on 5"), constraint("leap <= 9")]);
        assert_eq!(both.with_defaults_of(&style), Ok(None));
        style.card.constraints = vec!["leep <= 9".into()];
        assert!(request.with_defaults_of(&style).is_err());
    }
}
