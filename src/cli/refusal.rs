//! How a refused request is told: the conflict, where it shows, and what would help.

use serde_json::{Value, json};

use super::{Failure, Terminal};
use crate::compose::likeliest::Unranked;
use crate::compose::mends::Change;
use crate::compose::{Infeasible, Mend, Refusal, Request, Wish, weigh};
use crate::style::Style;

/// The failure that a refusal is. Mends are weighed first; with `as_json` the answer stands on standard output too.
pub fn refused(
    refusal: Refusal,
    (style, rhythm): (&Style, &Style),
    request: &Request,
    as_json: bool,
    terminal: &Terminal,
) -> Failure {
    let mut found = match refusal {
        Refusal::Infeasible(found) => found,
        Refusal::Unranked(Unranked::PassedOver) => {
            return Failure::NoSolution(Unranked::PassedOver.to_string());
        }
        other => return Failure::Usage(other.to_string()),
    };
    weigh(style, rhythm, request, &mut found);
    if as_json {
        let text = serde_json::to_string_pretty(&json!({"infeasible": report(&found)}));
        let written = text
            .map_err(|error| Failure::Usage(error.to_string()))
            .and_then(|text| terminal.result(text + "\n"));
        if let Err(failure) = written {
            return failure;
        }
    }
    Failure::NoSolution(found.to_string())
}

fn report(found: &Infeasible) -> Value {
    let same = found.conflict.iter().filter(|wish| matches!(wish, Wish::Same { .. }));
    json!({
        "form": found.page,
        "conflict": found.constraints().map(ToString::to_string).collect::<Vec<_>>(),
        "same": same.map(ToString::to_string).collect::<Vec<_>>(),
        "at": found.at.as_ref().map(ToString::to_string),
        "layer": found.part.map(|part| part.name()),
        "mends": found.mends.iter().map(mend).collect::<Vec<_>>(),
    })
}

fn mend(mend: &Mend) -> Value {
    let (mut drop, mut replace) = (Vec::new(), Vec::new());
    for change in &mend.changes {
        match change {
            Change::Drop(constraint) => drop.push(constraint.to_string()),
            Change::Loosen { from, to } => {
                replace.push(json!({"from": from.to_string(), "to": [to.to_string()]}));
            }
            Change::Free { from, to, .. } => {
                let to: Vec<String> = to.iter().map(ToString::to_string).collect();
                replace.push(json!({"from": from.to_string(), "to": to}));
            }
            Change::Rename { .. } => {}
        }
    }
    json!({
        "text": mend.to_string(),
        "drop": drop,
        "replace": replace,
        "form": mend.form,
        "constraints": mend.constraints.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "log_mass": mend.log_mass,
        "estimate": mend.is_estimate,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::prepare;
    use crate::style;

    #[test]
    fn a_report_says_what_each_mend_changes() {
        let style = style::load("songbook").expect("a shipped style");
        let constraints = ["bar 2.1: note C4", "range E4..G5"].map(|text| text.parse().expect(text));
        let request = Request {
            form: Some("A4".into()),
            key: "C".parse().ok(),
            constraints: constraints.to_vec(),
            seed: 1,
            ..Request::default()
        };
        let Err(Refusal::Infeasible(found)) = prepare(&style, &style, &request).map(|_| ()) else {
            unreachable!("C4 is below E4");
        };
        let report = report(&found);
        assert_eq!(report["conflict"], json!(["bar 2.1: note C4", "range E4..G5"]));
        assert_eq!((&report["at"], &report["layer"]), (&json!("bar 2"), &json!("melody")));
        let mends = report["mends"].as_array().expect("mends");
        assert_eq!(mends.len(), 3);
        let wider = json!([{"from": "range E4..G5", "to": ["range C4..G5"]}]);
        assert!(mends.iter().any(|mend| mend["replace"] == wider), "{mends:#?}");
        let without = mends.iter().find(|mend| mend["drop"] == json!(["range E4..G5"]));
        assert_eq!(without.expect("a mend")["constraints"], json!(["bar 2.1: note C4"]));
    }
}
