//! One contestant's trial: apply, idle, restart, delete.

use std::time::{Duration, Instant};

use tokio::process::Child;
use tokio::time::sleep;

use crate::Outcome;
use crate::audit::AuditLog;
use crate::census::{Census, Count};
use crate::contestant::Contestant;
use crate::measure::{Counters, Phase, cpu_ms, memory};
use crate::stage::Stage;

/// A phase that takes longer is broken off.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// What isn't up within this long never will be.
const START: Duration = Duration::from_secs(60);
/// Who writes nothing for this long has done what was to do.
const QUIET: Duration = Duration::from_secs(2);
/// Who isn't quiet by then never will be: what is written after that is counted as idle.
const QUIET_BY: Duration = Duration::from_secs(60);
/// The account is looked at when that is asked for, and each minute, more or less.
const COUNTED_BY: Duration = Duration::from_secs(120);
const TICK: Duration = Duration::from_millis(100);

/// The phases, in their order.
#[derive(Clone, Copy)]
pub enum Step {
    /// From the first apply until all are Ready.
    Apply,
    /// Nothing happens.
    Idle,
    /// From the start of a new process until the provider was asked for the state of as many circuits as there are.
    Restart,
    /// From the first delete until all are gone.
    Delete,
}

/// What a contestant took for so many circuits.
pub struct Row {
    pub contestant: Contestant,
    pub circuits: u32,
    /// Those that were begun: none comes after one that was broken off.
    phases: Vec<Phase>,
}

impl Row {
    /// What the phase took, if it was begun.
    pub fn phase(&self, step: Step) -> Option<&Phase> {
        self.phases.get(step as usize)
    }
}

/// A contestant at work.
pub struct Trial {
    contestant: Contestant,
    circuits: u32,
    process: Child,
    census: Census,
    audit: AuditLog,
    stage: Stage,
}

impl Trial {
    /// Everything up, and nothing to do yet.
    pub async fn begin(contestant: Contestant, circuits: u32) -> Outcome<Self> {
        let stage = Stage::set_up(&contestant.to_string(), circuits, contestant.subject()).await?;
        contestant.prepare(&stage).await?;
        let audit = AuditLog::open(&stage.plane.audit_log(), &stage.namespace)?;
        let census = Census::follow(stage.circuits());
        let process = contestant.start(&stage)?;
        let mut trial = Self { contestant, circuits, process, census, audit, stage };
        trial.up().await?;
        Ok(trial)
    }

    /// All phases.
    pub async fn run(mut self, idle: Duration) -> Outcome<Row> {
        let mut row = Row { contestant: self.contestant, circuits: self.circuits, phases: Vec::new() };
        for step in [Step::Apply, Step::Idle, Step::Restart, Step::Delete] {
            let phase = match step {
                Step::Apply => self.apply().await?,
                Step::Idle => self.idle(idle).await?,
                Step::Restart => self.restart().await?,
                Step::Delete => self.delete().await?,
            };
            let finished = phase.took.is_some();
            row.phases.push(phase);
            if !finished {
                break;
            }
        }
        Ok(row)
    }

    async fn apply(&mut self) -> Outcome<Phase> {
        let (before, begun, all) = (self.counters().await?, Instant::now(), self.circuits as usize);
        self.stage.apply_circuits(self.circuits).await?;
        let took = self.until(begun, |count| count.ready == all).await?;
        self.quiet().await?;
        let phase = self.phase(took, &before).await?;
        self.counted().await?;
        Ok(phase)
    }

    /// Waits until the account, if there is one, shows how many circuits use it: part of settling, and of no circuit's
    /// cost.
    async fn counted(&self) -> Outcome<()> {
        self.stage.look_at_account().await?;
        let (begun, all) = (Instant::now(), self.circuits + self.stage.subject.prerequisites().len() as u32);
        while self.stage.account_counts().await?.is_some_and(|counted| counted != all) {
            if begun.elapsed() > COUNTED_BY {
                return Err("the account does not show how many circuits use it".into());
            }
            sleep(TICK).await;
        }
        Ok(())
    }

    async fn idle(&mut self, idle: Duration) -> Outcome<Phase> {
        let before = self.counters().await?;
        sleep(idle).await;
        self.phase(Some(idle), &before).await
    }

    async fn restart(&mut self) -> Outcome<Phase> {
        let before = self.counters().await?;
        self.process.kill().await?;
        // A new process begins to count its CPU time anew.
        let before = Counters { cpu_ms: 0, ..before };
        let wanted = self.stage.provider_calls().await?.1 + self.stage.subject.looks(self.circuits).1;
        let begun = Instant::now();
        self.process = self.contestant.start(&self.stage)?;
        let took = self.until_asked(begun, wanted).await?;
        self.quiet().await?;
        self.phase(took, &before).await
    }

    async fn delete(&mut self) -> Outcome<Phase> {
        let (before, begun) = (self.counters().await?, Instant::now());
        self.stage.delete_circuits(self.circuits).await?;
        let took = self.until(begun, |count| count.present == 0).await?;
        self.quiet().await?;
        self.phase(took, &before).await
    }

    /// Waits until it watches circuits, and has done what it does at its start.
    async fn up(&mut self) -> Outcome<()> {
        let begun = Instant::now();
        while !self.audit.read()?.watches_circuits() {
            if begun.elapsed() > START || self.process.try_wait()?.is_some() {
                let log = self.stage.dir.join(format!("{}.log", self.contestant));
                return Err(format!("it does not come up; its log is {}", log.display()).into());
            }
            sleep(TICK).await;
        }
        self.quiet().await
    }

    /// How long it took until the count was as it should be, if it came to that.
    async fn until(&mut self, begun: Instant, holds: impl FnMut(&Count) -> bool) -> Outcome<Option<Duration>> {
        let came = tokio::select! {
            came = self.census.until(PATIENCE.saturating_sub(begun.elapsed()), holds) => came,
            ended = self.process.wait() => return Err(format!("it ended: {}", ended?).into()),
        };
        let Count { present, ready } = self.census.now();
        if !came {
            eprintln!("{} was broken off: {present} are there, {ready} of them Ready", self.contestant);
        }
        Ok(came.then(|| begun.elapsed()))
    }

    /// How long it took until the provider was asked so often for a circuit's state, if it came to that.
    async fn until_asked(&mut self, begun: Instant, states: u64) -> Outcome<Option<Duration>> {
        while self.stage.provider_calls().await?.1 < states {
            if let Some(ended) = self.process.try_wait()? {
                return Err(format!("it ended: {ended}").into());
            }
            if begun.elapsed() > PATIENCE {
                return Ok(None);
            }
            sleep(TICK).await;
        }
        Ok(Some(begun.elapsed()))
    }

    /// Waits for the writes that come after what we wait for, such as events.
    async fn quiet(&mut self) -> Outcome<()> {
        let begun = Instant::now();
        let (mut writes, mut since) = (0, Instant::now());
        while since.elapsed() < QUIET && begun.elapsed() < QUIET_BY {
            let now = self.audit.read()?.all_writes();
            if now != writes {
                (writes, since) = (now, Instant::now());
            }
            sleep(TICK).await;
        }
        Ok(())
    }

    async fn counters(&mut self) -> Outcome<Counters> {
        Ok(Counters {
            requests: self.audit.read()?.clone(),
            provider_calls: self.stage.provider_calls().await?.0,
            mutations: self.stage.mutations().await?,
            cpu_ms: cpu_ms(self.pid()?)?,
        })
    }

    async fn phase(&mut self, took: Option<Duration>, before: &Counters) -> Outcome<Phase> {
        let spent = self.counters().await?.since(before);
        Ok(Phase { took, spent, memory: memory(self.pid()?)? })
    }

    fn pid(&self) -> Outcome<u32> {
        self.process.id().ok_or_else(|| "it ended".into())
    }
}
