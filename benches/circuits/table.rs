//! The figures as a table, one part a phase, one row for each contestant and number of circuits.

use crate::measure::Phase;
use crate::trial::{Row, Step};

/// One figure of a phase.
struct Column {
    title: &'static str,
    cell: fn(&Row, &Phase) -> String,
}

/// What is shown of a phase.
struct Part {
    title: &'static str,
    step: Step,
    columns: &'static [Column],
}

const SECONDS: Column = Column { title: "seconds", cell: |_, phase| seconds(phase) };
const MUTATIONS: Column = Column { title: "mutations", cell: |row, phase| row.per_circuit(phase.spent.mutations) };
const CPU: Column = Column { title: "CPU ms", cell: |row, phase| row.per_circuit(phase.spent.cpu_ms) };
const CALLS: Column = Column { title: "calls", cell: |row, phase| row.per_circuit(phase.spent.provider_calls) };
const WRITES: Column = Column { title: "writes", cell: |row, phase| row.per_circuit(phase.spent.requests.writes()) };
const ALL_MUTATIONS: Column = Column { title: "mutations", cell: |_, phase| phase.spent.mutations.to_string() };
const ALL_CALLS: Column = Column { title: "calls", cell: |_, phase| phase.spent.provider_calls.to_string() };
const ALL_CPU: Column = Column { title: "CPU ms", cell: |_, phase| phase.spent.cpu_ms.to_string() };
const ALL_WRITES: Column = Column { title: "writes", cell: |_, phase| phase.spent.requests.writes().to_string() };
const ALL_LETTERS: Column = Column { title: "LOAs", cell: |_, phase| phase.spent.requests.letters().to_string() };
const ALL_EVENTS: Column = Column { title: "events", cell: |_, phase| phase.spent.requests.events().to_string() };
const ALL_OTHERS: Column = Column { title: "others", cell: |_, phase| phase.spent.requests.others().to_string() };
const PEAK: Column = Column { title: "peak MiB", cell: |_, phase| format!("{:.1}", phase.memory.peak) };
const RESIDENT: Column = Column { title: "MiB", cell: |_, phase| format!("{:.1}", phase.memory.resident) };

const PARTS: &[Part] = &[
    Part {
        title: "From apply to Ready, for each circuit.",
        step: Step::Apply,
        columns: &[
            SECONDS,
            WRITES,
            Column { title: "LOAs", cell: |row, phase| row.per_circuit(phase.spent.requests.letters()) },
            Column { title: "events", cell: |row, phase| row.per_circuit(phase.spent.requests.events()) },
            Column { title: "others", cell: |row, phase| row.per_circuit(phase.spent.requests.others()) },
            Column { title: "get", cell: |row, phase| row.verb(phase, "get") },
            Column { title: "list", cell: |row, phase| row.verb(phase, "list") },
            Column { title: "watch", cell: |row, phase| row.verb(phase, "watch") },
            Column { title: "create", cell: |row, phase| row.verb(phase, "create") },
            Column { title: "update", cell: |row, phase| row.verb(phase, "update") },
            Column { title: "patch", cell: |row, phase| row.verb(phase, "patch") },
            CALLS,
            MUTATIONS,
            CPU,
            PEAK,
        ],
    },
    Part {
        title: "Settled, in all.",
        step: Step::Idle,
        columns: &[
            SECONDS,
            ALL_WRITES,
            ALL_LETTERS,
            ALL_EVENTS,
            ALL_OTHERS,
            ALL_CALLS,
            ALL_MUTATIONS,
            ALL_CPU,
            RESIDENT,
        ],
    },
    Part {
        title: "Restart, in all. `seconds` until the provider was asked for as many states as there are circuits.",
        step: Step::Restart,
        columns: &[SECONDS, ALL_WRITES, ALL_LETTERS, ALL_EVENTS, ALL_OTHERS, ALL_CALLS, ALL_MUTATIONS, ALL_CPU, PEAK],
    },
    Part {
        title: "From delete to gone, for each circuit.",
        step: Step::Delete,
        columns: &[SECONDS, WRITES, CALLS, MUTATIONS, CPU],
    },
];

impl Row {
    /// The figure for one circuit.
    pub fn each(&self, figure: u64) -> f64 {
        figure as f64 / f64::from(self.circuits)
    }

    fn per_circuit(&self, figure: u64) -> String {
        format!("{:.2}", self.each(figure))
    }

    fn verb(&self, phase: &Phase, verb: &str) -> String {
        self.per_circuit(phase.spent.requests.by_verb().get(verb).copied().unwrap_or_default())
    }
}

fn seconds(phase: &Phase) -> String {
    phase.took.map_or_else(|| "not finished".into(), |took| format!("{:.1}", took.as_secs_f64()))
}

/// All figures.
pub fn of(rows: &[Row]) -> String {
    PARTS.iter().map(|part| format!("\n{}\n{}", part.title, part.shown(rows))).collect()
}

impl Part {
    fn shown(&self, rows: &[Row]) -> String {
        let titles = ["circuits", "contestant"].into_iter().chain(self.columns.iter().map(|column| column.title));
        let mut lines = vec![titles.map(ToOwned::to_owned).collect()];
        lines.extend(rows.iter().filter_map(|row| self.line(row)));
        aligned(&lines)
    }

    fn line(&self, row: &Row) -> Option<Vec<String>> {
        let phase = row.phase(self.step)?;
        let whose = [row.circuits.to_string(), row.contestant.to_string()];
        Some(whose.into_iter().chain(self.columns.iter().map(|column| (column.cell)(row, phase))).collect())
    }
}

/// Columns as wide as their widest cell; the second holds words, all others figures.
pub fn aligned(lines: &[Vec<String>]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..lines.first().map_or(0, Vec::len)).map(width).collect();
    let padded = |(column, cell): (usize, &String)| {
        let width = widths[column];
        if column == 1 { format!("  {cell:<width$}") } else { format!("  {cell:>width$}") }
    };
    lines.iter().map(|line| line.iter().enumerate().map(padded).collect::<String>() + "\n").collect()
}
