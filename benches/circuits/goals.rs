//! What the operator is to reach, with the figures.

use std::fmt;

use crate::contestant::Contestant;
use crate::measure::Phase;
use crate::table::aligned;
use crate::trial::{Row, Step};

/// Writes from apply to Ready that an order may cost, its own object alone: LOA and events are apart.
const WRITES: f64 = 5.0;
/// The write that is saved here: an order is Healthy at once, in life it is Pending first.
const WRITE_OF_PENDING: f64 = 1.0;
/// CPU time for a circuit, as a share of that of the others.
const CPU_OF_BARE: f64 = 1.3;
const CPU_OF_KOPF: f64 = 0.2;
/// Memory, and the number of circuits at which it counts.
const MIB: f64 = 64.0;
const MIB_AT: u32 = 10_000;
/// How much more a circuit may cost among the most than among the fewest.
const GROWTH: f64 = 1.2;

/// One goal with its figure.
struct Goal {
    circuits: u32,
    what: &'static str,
    figure: f64,
    wanted: Wanted,
}

#[derive(Clone, Copy)]
enum Wanted {
    AtMost(f64),
    Exactly(f64),
}

impl Goal {
    fn shown(&self) -> Vec<String> {
        let met = match self.wanted {
            Wanted::AtMost(most) => self.figure <= most,
            Wanted::Exactly(wanted) => self.figure == wanted,
        };
        let verdict = if met { "ok" } else { "MISSED" };
        let figure = format!("{:.2}", self.figure);
        vec![self.circuits.to_string(), self.what.into(), self.wanted.to_string(), figure, verdict.into()]
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "<= {most:.2}"),
            Self::Exactly(wanted) => write!(f, "{wanted:.2}"),
        }
    }
}

/// The goals that these rows say something of.
pub fn of(rows: &[Row]) -> String {
    let ours: Vec<&Row> = rows.iter().filter(|row| row.contestant == Contestant::Operator).collect();
    if ours.is_empty() {
        return String::new();
    }
    let mut goals: Vec<Goal> = ours.iter().flat_map(|row| of_one(row, rows)).collect();
    goals.extend(growth(&ours));
    let titles = ["circuits", "goal", "wanted", "is", ""].map(ToOwned::to_owned).to_vec();
    let lines: Vec<_> = std::iter::once(titles).chain(goals.iter().map(Goal::shown)).collect();
    format!("Goals of the operator.\n{}", aligned(&lines))
}

fn of_one(row: &Row, rows: &[Row]) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut goal = |what, figure, wanted| goals.push(Goal { circuits: row.circuits, what, figure, wanted });
    let phase = |step| row.phase(step).filter(|phase| phase.took.is_some());
    if let Some(apply) = phase(Step::Apply) {
        let writes = row.each(apply.spent.requests.writes()) + WRITE_OF_PENDING;
        goal("writes of a circuit from apply to Ready, with one for Pending", writes, Wanted::AtMost(WRITES));
        goal("orders for each circuit", row.each(apply.spent.mutations), Wanted::Exactly(1.0));
        for (what, other, share) in [
            ("CPU, as a share of bare's", Contestant::Bare, CPU_OF_BARE),
            ("CPU, as a share of kopf's", Contestant::Kopf, CPU_OF_KOPF),
        ] {
            if let Some(others) = apply_of(rows, other, row.circuits) {
                goal(what, ratio(apply.spent.cpu_ms, others.spent.cpu_ms), Wanted::AtMost(share));
            }
        }
    }
    if let Some(idle) = phase(Step::Idle) {
        goal("writes when settled", idle.spent.requests.all_writes() as f64, Wanted::Exactly(0.0));
        goal("mutations when settled", idle.spent.mutations as f64, Wanted::Exactly(0.0));
    }
    if let Some(restart) = phase(Step::Restart) {
        goal("writes at a restart", restart.spent.requests.all_writes() as f64, Wanted::Exactly(0.0));
        goal("mutations at a restart", restart.spent.mutations as f64, Wanted::Exactly(0.0));
    }
    if let Some(delete) = phase(Step::Delete) {
        goal("deletions for each circuit", row.each(delete.spent.mutations), Wanted::Exactly(1.0));
    }
    goals.extend(memory(row));
    goals
}

/// Memory counts at one number of circuits only.
fn memory(row: &Row) -> Vec<Goal> {
    if row.circuits != MIB_AT {
        return Vec::new();
    }
    let goal = |what, figure| Goal { circuits: row.circuits, what, figure, wanted: Wanted::AtMost(MIB) };
    let peaks = [Step::Apply, Step::Restart].into_iter().filter_map(|step| row.phase(step));
    let peak = peaks.map(|phase| phase.memory.peak).fold(0.0, f64::max);
    let settled = row.phase(Step::Idle).map(|idle| goal("MiB when settled", idle.memory.resident));
    std::iter::once(goal("MiB at the most", peak)).chain(settled).collect()
}

/// What one circuit costs among the most, compared to among the fewest.
fn growth(ours: &[&Row]) -> Vec<Goal> {
    let finished = ours.iter().filter(|row| row.phase(Step::Apply).is_some_and(|apply| apply.took.is_some()));
    let (fewest, most) = (finished.clone().min_by_key(|row| row.circuits), finished.max_by_key(|row| row.circuits));
    let (Some(fewest), Some(most)) = (fewest, most) else { return Vec::new() };
    if fewest.circuits == most.circuits {
        return Vec::new();
    }
    let grown = |what, figure: fn(&Phase) -> u64| {
        let each = |row: &Row| row.phase(Step::Apply).map_or(f64::NAN, |apply| row.each(figure(apply)));
        Goal { circuits: most.circuits, what, figure: each(most) / each(fewest), wanted: Wanted::AtMost(GROWTH) }
    };
    vec![
        grown("CPU for a circuit, compared to the fewest", |apply| apply.spent.cpu_ms),
        grown("provider calls for a circuit, compared to the fewest", |apply| apply.spent.provider_calls),
    ]
}

fn apply_of(rows: &[Row], contestant: Contestant, circuits: u32) -> Option<&Phase> {
    let row = rows.iter().find(|row| row.contestant == contestant && row.circuits == circuits)?;
    row.phase(Step::Apply).filter(|apply| apply.took.is_some())
}

fn ratio(figure: u64, other: u64) -> f64 {
    figure as f64 / other as f64
}
