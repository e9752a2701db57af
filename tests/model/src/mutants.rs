//! Deliberately broken variants, at least one for each rule that `decide` and its shell keep. The walk must catch each.

use std::time::Duration;

use interconnect_operator::lifecycle::decide::facts::{Facts, Findings, Plan, Read, Search};
use interconnect_operator::lifecycle::decide::{Release, Step};

/// One broken variant.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Mutant {
    S1NoSearch,
    S1NoPrecondition,
    S1NoSendBy,
    S2UnknownIsNotDone,
    S2RefusalKeepsIntent,
    S3NoSettleTime,
    S3IncompleteListBelieved,
    S3UnprovenSearchBelieved,
    S3AttemptNotRaised,
    S4MadeAgainOrdersAgain,
    S5NaturalKeyWithoutIntent,
    S5NaturalKeyAfterConflict,
    S5CopyActs,
    S5NoClaims,
    S6ForbiddenIsGone,
    S6MissingFromListIsGone,
    S6NoProbe,
    S7DigestWithoutUid,
    S8DeletedTwice,
    S8NoSearchBeforeRelease,
    S8ReleasedWithOrderUnderWay,
    S11NoLateCheck,
    S12CacheWithoutPrecondition,
    S13ReadyWhenUnheard,
}

impl Mutant {
    /// Lies to `decide`.
    pub fn bend_facts(self, facts: &mut Facts) {
        let idle = facts.order_began().is_none();
        match self {
            Self::S1NoSearch if idle && facts.search.is_none() && facts.deletion.is_none() => {
                let digest = format!("{}-{}-0", facts.uid, facts.attempt());
                let plan =
                    Plan { digest: digest.into(), summary: String::new(), needs_approval: false, picks_recorded: true };
                let found = Findings { plan: Some(Ok(plan)), ..Findings::default() };
                facts.search = Some(Search { begun: facts.now, intent_known_for: Duration::ZERO, found: Ok(found) });
            }
            Self::S3NoSettleTime => facts.account.settle_time = Duration::ZERO,
            Self::S3UnprovenSearchBelieved => facts.account.search_proven = true,
            Self::S4MadeAgainOrdersAgain if idle => Self::found(facts, |found| {
                found.fits.clear();
                found.namesakes.clear();
            }),
            Self::S5NaturalKeyWithoutIntent if idle => Self::found(facts, |found| {
                found.ours = std::mem::take(&mut found.fits).into_iter().map(|fit| fit.id).collect();
            }),
            Self::S5NaturalKeyAfterConflict => {
                facts.recorded.creation.iter_mut().for_each(|creation| creation.conflict = false);
                facts.memory.create = facts.memory.create.take().map(|sent| match sent {
                    interconnect_operator::lifecycle::decide::facts::Sent::Unknown { message, .. } => {
                        interconnect_operator::lifecycle::decide::facts::Sent::Unknown { conflict: false, message }
                    }
                    sent => sent,
                });
            }
            Self::S5CopyActs if facts.annotations.owner.is_some() => facts.annotations.owner = Some(facts.uid.clone()),
            Self::S5NoClaims => {
                facts.claimed_by = None;
                Self::found(facts, |found| found.fits.clear());
            }
            Self::S6NoProbe => facts.probe = Some(Ok(())),
            Self::S8DeletedTwice => {
                if let Some(operation) = &mut facts.recorded.operation {
                    operation.accepted_at = None;
                }
                facts.memory.delete = None;
            }
            Self::S12CacheWithoutPrecondition => facts.read = Read::Fresh,
            Self::S13ReadyWhenUnheard => facts.memory.heard_ago = Some(Duration::ZERO),
            _ => {}
        }
    }

    /// Takes another step than `decide` says.
    pub fn bend_step(self, facts: &Facts, step: Step) -> Step {
        let lost = facts.recorded.creation.is_none() && facts.deletion.is_some();
        match (self, &step) {
            // Neither raised nor voided: an old answer goes on answering.
            (Self::S3AttemptNotRaised, Step::VoidAnswer) => Step::NextAttempt { dismissed: Vec::new() },
            (Self::S8NoSearchBeforeRelease, Step::Search) if lost => Step::RemoveFinalizer(Release::Nothing),
            (Self::S8ReleasedWithOrderUnderWay, Step::Search) if facts.deletion.is_some() => {
                Step::RemoveFinalizer(Release::Nothing)
            }
            _ => step,
        }
    }

    fn found(facts: &mut Facts, bend: impl FnOnce(&mut Findings)) {
        if let Some(Search { found: Ok(found), .. }) = &mut facts.search {
            bend(found);
        }
    }
}
