//! The decision, told anything: what no facts may ever lead to. The walk goes where a real shell leads; this goes
//! everywhere else, too.

use std::time::Duration;

use interconnect_operator::api::common::{Creation, DeletionPolicy, Operation, OperationType, Refused};
use interconnect_operator::api::conditions::{Cause, Problem};
use interconnect_operator::api::ids::{Digest, ExternalId, Uid};
use interconnect_operator::lifecycle::decide::facts::*;
use interconnect_operator::lifecycle::decide::identity::Identity;
use interconnect_operator::lifecycle::decide::{Release, Step, decide};
use jiff::Timestamp;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

const NOW: i64 = 1_800_000_000;

fn id() -> impl Strategy<Value = ExternalId> {
    select(vec!["one", "other"]).prop_map(ExternalId::from)
}

/// Another object, as people are told of it.
fn holder() -> impl Strategy<Value = String> {
    select(vec!["me", "you"]).prop_map(str::to_owned)
}

fn uid() -> impl Strategy<Value = Uid> {
    select(vec!["me", "you"]).prop_map(Uid::from)
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (-4000_i64..4000).prop_map(|ago| Timestamp::from_second(NOW - ago).unwrap())
}

fn time() -> impl Strategy<Value = Duration> {
    (0_u64..4000).prop_map(Duration::from_secs)
}

fn trouble() -> Cause {
    Cause::new("ProviderUnreachable", "silence")
}

fn answer() -> impl Strategy<Value = String> {
    select(vec!["key/1=none", "key/2=none", "other/1=none"]).prop_map(str::to_owned)
}

fn annotations() -> impl Strategy<Value = Annotations> {
    (of(id()), of(uid()), of(select(vec![Digest::from("digest"), Digest::from("former")])), of(answer())).prop_map(
        |(external_id, owner, approved_plan, create_outcome)| Annotations {
            external_id,
            owner,
            approved_plan,
            create_outcome,
        },
    )
}

const BASIS: &str = "1/1/";

fn creation() -> impl Strategy<Value = Creation> {
    (1_u32..3, of(moment()), any::<bool>(), proptest::collection::vec(id(), 0..2)).prop_map(
        |(attempt, started_at, conflict, dismissed)| Creation {
            key: "key".into(),
            attempt,
            digest: started_at.map(|_| "digest".into()),
            started_at,
            conflict,
            refused: None,
            dismissed,
        },
    )
}

fn operation() -> impl Strategy<Value = Operation> {
    let of_type = select(vec![OperationType::Delete, OperationType::Accept, OperationType::SendLoa]);
    (of_type, moment(), of(moment()), digest(), of(select(vec![BASIS, "another"]))).prop_map(
        |(type_, started_at, accepted_at, digest, basis)| Operation {
            target: None,
            type_,
            key: "key".into(),
            attempt: 1,
            started_at,
            digest: Some(digest),
            refused: basis.filter(|_| accepted_at.is_none()).map(|basis| Refused {
                basis: basis.into(),
                message: "no".into(),
                unsupported: false,
            }),
            accepted_at,
        },
    )
}

fn digest() -> impl Strategy<Value = Digest> {
    select(vec!["one wish", "another wish"]).prop_map(Digest::from)
}

fn desired() -> impl Strategy<Value = DesiredChange> {
    let of_type = select(vec![OperationType::Accept, OperationType::SendLoa]);
    (of_type, digest()).prop_map(|(type_, digest)| DesiredChange {
        type_,
        target: None,
        digest,
        summary: "a change".into(),
    })
}

fn recorded() -> impl Strategy<Value = Recorded> {
    let asked = select(vec!["CreateOutcomeUnknown", "AlreadyOrdered", "GoneUpstream"]).prop_map(str::to_owned);
    (of(id()), of(creation()), of(operation()), proptest::collection::vec(id(), 0..2), any::<bool>(), of(asked))
        .prop_map(|(external_id, creation, operation, candidates, ever_shown, asked)| Recorded {
            external_id,
            creation,
            operation,
            approved_digest: None,
            candidates,
            ever_shown,
            asked,
        })
}

fn account() -> impl Strategy<Value = AccountFacts> {
    let problem = select(vec![
        None,
        Some(Problem::stalled("CredentialsRejected", "no")),
        Some(Problem::waiting("WaitingForDependency", "not yet")),
    ]);
    (problem, any::<bool>(), any::<bool>()).prop_map(|(problem, closing, search_proven)| AccountFacts {
        problem,
        closing,
        poll_interval: Duration::from_secs(300),
        settle_time: Duration::from_secs(900),
        search_proven,
    })
}

fn sent() -> impl Strategy<Value = Sent> {
    let refusal = any::<bool>().prop_map(|by_provider| Refusal {
        by_provider,
        unsupported: false,
        cause: Cause::new("ProviderRefused", "no"),
    });
    prop_oneof![
        of(id()).prop_map(|id| Sent::Done { id }),
        refusal.prop_map(Sent::NotDone),
        any::<bool>().prop_map(|conflict| Sent::Unknown { conflict, message: "lost".into() }),
    ]
}

fn memory() -> impl Strategy<Value = Memory> {
    let changes = (any::<bool>(), of(sent()));
    (any::<bool>(), any::<bool>(), of(sent()), any::<bool>(), of(sent()), 0_u32..3, time(), of(time()), changes)
        .prop_map(
            |(
                held_now,
                may_create,
                create,
                may_delete,
                delete,
                empty_searches,
                intent_known_for,
                heard_ago,
                changes,
            )| Memory {
                held_now,
                may_create,
                create,
                may_delete,
                delete,
                may_change: changes.0,
                change: changes.1,
                turned_away: None,
                empty_searches,
                intent_known_for,
                heard_ago,
            },
        )
}

fn findings() -> impl Strategy<Value = Findings> {
    let plan = any::<bool>().prop_map(|needs_approval| Plan {
        digest: "digest".into(),
        summary: "a port".into(),
        needs_approval,
        picks_recorded: true,
    });
    let fit = (id(), any::<bool>(), of(holder()), of(holder())).prop_map(|(id, exact, claimed_by, perhaps_of)| Fit {
        id,
        exact,
        claimed_by,
        perhaps_of,
    });
    let ids = || proptest::collection::vec(id(), 0..2);
    let untraceable = of(Just("ID".to_owned()));
    (ids(), ids(), proptest::collection::vec(fit, 0..2), of(plan.prop_map(Ok)), untraceable).prop_map(
        |(ours, namesakes, fits, plan, untraceable)| Findings {
            ours,
            namesakes,
            fits,
            plan,
            untraceable,
            received: None,
        },
    )
}

fn search() -> impl Strategy<Value = Search> {
    let found = prop_oneof![Just(Err(trouble())), findings().prop_map(Ok)];
    (moment(), time(), found).prop_map(|(begun, intent_known_for, found)| Search { begun, intent_known_for, found })
}

fn look() -> impl Strategy<Value = Look> {
    let readiness = select(vec![
        Readiness::Ready,
        Readiness::InProgress("soon".into()),
        Readiness::NotUsable("Down", "dark".into()),
        Readiness::Ended("over".into()),
        Readiness::Failed("failed".into()),
    ]);
    let end = select(vec![
        End::OnDemand,
        End::NotNow("locked".into()),
        End::UnderWay("soon".into()),
        End::Over,
        End::Nothing,
    ]);
    let upstream = (readiness, proptest::collection::vec(holder(), 0..2), end)
        .prop_map(|(readiness, in_use_by, end)| Upstream { readiness, in_use_by, drift: None, end });
    let heard = prop_oneof![
        Just(Observation::NotFound),
        Just(Observation::Unknown(trouble())),
        upstream.prop_map(Observation::Found)
    ];
    (moment(), of(time()), any::<bool>(), of(desired()), heard).prop_map(
        |(begun, missing_for, exact, desired, heard)| Look { begun, missing_for, exact, desired, plan: None, heard },
    )
}

prop_compose! {
    fn any_facts()(
        fresh in any::<bool>(),
        deletion in of(any::<bool>()),
        (finalizer, observe_only, suspended) in (any::<bool>(), any::<bool>(), any::<bool>()),
        deletion_policy in of(select(vec![DeletionPolicy::Delete, DeletionPolicy::Retain])),
        can_decommission in any::<bool>(),
        (annotations, recorded, account, memory) in (annotations(), recorded(), account(), memory()),
        claimed_by in of(holder()),
        (search, look, probe) in (of(search()), of(look()), of(any::<bool>())),
        documents in select(vec![Documents::Settled, Documents::Due, Documents::Failed("no".into())]),
    ) -> Facts {
        Facts {
            now: Timestamp::from_second(NOW).unwrap(),
            read: if fresh { Read::Fresh } else { Read::Cached },
            uid: "me".into(),
            key: "key".into(),
            deletion: deletion.map(|crd_going| Deletion { crd_going }),
            finalizer,
            observe_only,
            deletion_policy,
            can_decommission,
            suspended,
            receives: false,
            annotations,
            recorded,
            account,
            claimed_by,
            memory,
            search,
            look,
            probe: probe.map(|fine| if fine { Ok(()) } else { Err(trouble()) }),
            documents,
            basis: BASIS.into(),
        }
    }
}

fn sends(step: &Step) -> bool {
    matches!(step, Step::Create | Step::Delete(_) | Step::Change(_))
}

fn prepares(step: &Step) -> bool {
    matches!(step, Step::Intend(_) | Step::IntendDelete { .. } | Step::IntendChange { .. })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn nothing_has_an_effect_from_a_cache(facts in any_facts()) {
        // S12.
        let step = decide(&facts);
        prop_assert!(facts.read == Read::Fresh || !step.has_effect(), "{step:?}");
    }

    #[test]
    fn nothing_is_sent_that_this_pass_did_not_write_down_first(facts in any_facts()) {
        // S1, S8.
        match decide(&facts) {
            Step::Create => prop_assert!(facts.memory.may_create && facts.order_began().is_some()),
            Step::Delete(_) => prop_assert!(facts.memory.may_delete && facts.deletion_sent().is_some()),
            Step::Change(_) => prop_assert!(facts.memory.may_change),
            _ => {}
        }
    }

    #[test]
    fn no_order_is_begun_without_a_complete_search_that_found_nothing(facts in any_facts()) {
        // S1, S4, S5, S7.
        if let Step::Intend(plan) = decide(&facts) {
            let search = facts.search.as_ref().unwrap();
            let found = search.found.as_ref().unwrap();
            let unclaimed = |fit: &&Fit| fit.claimed_by.is_none() && !facts.dismissed().contains(&fit.id);
            prop_assert!(found.ours.iter().chain(&found.namesakes).all(|id| facts.dismissed().contains(id)));
            prop_assert!(found.fits.iter().find(unclaimed).is_none());
            prop_assert!(facts.identity() == Identity::None && facts.order_began().is_none());
            prop_assert!(facts.claimed_by.is_none() && facts.account.problem.is_none() && !facts.account.closing);
            prop_assert!(!plan.needs_approval || facts.approved(&plan.digest));
            prop_assert!(facts.finalizer && facts.deletion.is_none());
        }
    }

    #[test]
    fn what_may_be_anothers_order_is_waited_for(facts in any_facts()) {
        // S4, S5: it is neither nobody's, nor something to ask a person about.
        let found = facts.search.as_ref().and_then(|search| search.found.as_ref().ok());
        let doubtful = |fit: &Fit| fit.claimed_by.is_none() && fit.perhaps_of.is_some();
        let open = found.is_some_and(|found| {
            found.ours.is_empty() && found.fits.iter().any(|fit| doubtful(fit) && !facts.dismissed().contains(&fit.id))
        });
        if open && facts.identity() == Identity::None && facts.order_began().is_none() {
            let step = decide(&facts);
            let asked = match &step {
                Step::WriteStatus(verdict) => verdict.stalled.as_ref().is_some_and(|word| word.reason == "AlreadyOrdered"),
                _ => false,
            };
            prop_assert!(!asked && !matches!(step, Step::Intend(_) | Step::NextAttempt { .. }), "{step:?}");
        }
    }

    #[test]
    fn a_change_begins_on_a_look_of_its_own_and_never_while_another_may_act(facts in any_facts()) {
        // S9.
        if let Step::IntendChange { desired, attempt } = decide(&facts) {
            let look = facts.look.as_ref().unwrap();
            prop_assert!(look.exact && look.desired.as_ref() == Some(&desired));
            prop_assert!(facts.deletion.is_none() && !facts.observe_only && facts.claimed_by.is_none());
            if let Some(before) = facts.change_sent() {
                let same = before.digest.as_ref() == Some(&desired.digest);
                prop_assert!(before.accepted_at.is_none() || !same, "a change that was taken is not sent again");
                let taken = before.accepted_at.is_some() || before.refused.is_some();
                prop_assert!(taken || at_least(look.begun, before.started_at, facts.account.settle_time));
                prop_assert!(!same || before.type_.shows(), "what can't be seen is not repeated");
                prop_assert!(!same || before.refused.as_ref().is_none_or(|refused| refused.basis != facts.basis));
                prop_assert_eq!(attempt, if same { before.attempt + 1 } else { 1 });
            }
        }
    }

    #[test]
    fn what_is_over_is_not_ended_again(facts in any_facts(), over in any::<bool>()) {
        // S8.
        let end = if over { End::Over } else { End::NotNow("locked".into()) };
        let look = facts.look.clone().map(|look| Look {
            heard: match look.heard {
                Observation::Found(upstream) => Observation::Found(Upstream { end, ..upstream }),
                other => other,
            },
            ..look
        });
        let first = facts.recorded.operation.is_none();
        let step = decide(&Facts { look, ..facts });
        prop_assert!(!first || !matches!(step, Step::IntendDelete { .. }), "{step:?}");
    }

    #[test]
    fn who_only_observes_or_holds_a_copy_changes_nothing_upstream(facts in any_facts()) {
        // S5, S8.
        let foreign = matches!(facts.identity(), Identity::Foreign { .. } | Identity::Conflict { .. });
        let step = decide(&facts);
        let not_mine = facts.observe_only && facts.order_began().is_none() || foreign;
        prop_assert!(!(not_mine && (sends(&step) || prepares(&step))), "{step:?}");
    }

    #[test]
    fn a_suspended_object_asks_nothing(facts in any_facts()) {
        let step = decide(&Facts { suspended: true, deletion: None, ..facts });
        prop_assert!(matches!(step, Step::WriteStatus(_)), "{step:?}");
    }

    #[test]
    fn nothing_is_ended_under_retain_or_while_the_crd_goes(facts in any_facts(), crd_going in any::<bool>()) {
        // S8.
        let policy = if crd_going { facts.deletion_policy } else { Some(DeletionPolicy::Retain) };
        let step = decide(&Facts { deletion: Some(Deletion { crd_going }), deletion_policy: policy, ..facts });
        prop_assert!(!matches!(step, Step::IntendDelete { .. }), "{step:?}");
        prop_assert!(!matches!(step, Step::Delete(_)), "{step:?}");
    }

    #[test]
    fn the_silence_of_a_search_that_can_t_find_anything_settles_no_order(facts in any_facts()) {
        // S3: whatever was found before.
        let found = facts.search.as_ref().and_then(|search| search.found.as_ref().ok());
        let blind = found.is_some_and(|found| found.untraceable.is_some() && found.ours.is_empty());
        let open = facts.identity() == Identity::None && facts.order_began().is_some();
        let said = facts.annotations.create_outcome.is_some() || matches!(facts.memory.create, Some(Sent::NotDone(_)));
        let retained = facts.deletion_policy == Some(DeletionPolicy::Retain) || facts.observe_only;
        if blind && open && !said && !retained && facts.claimed_by.is_none() {
            let step = decide(&facts);
            let settled = matches!(step, Step::RemoveFinalizer(Release::Nothing | Release::Ended) | Step::NextAttempt { .. });
            let again = matches!(step, Step::Withdraw(_) | Step::Intend(_));
            prop_assert!(!settled && !again, "{step:?}");
        }
    }

    #[test]
    fn what_can_t_be_ended_is_let_go_once_its_order_is_known(facts in any_facts()) {
        // S8.
        let held = matches!(facts.identity(), Identity::Held { .. });
        let sent = facts.identity() == Identity::None && facts.order_began().is_some();
        let facts = Facts { can_decommission: false, deletion_policy: None, read: Read::Fresh, ..facts };
        let step = decide(&facts);
        prop_assert!(!matches!(step, Step::IntendDelete { .. } | Step::Delete(_)), "{step:?}");
        let free = facts.finalizer && facts.deletion.is_some() && !facts.observe_only && facts.claimed_by.is_none();
        if held && free {
            prop_assert_eq!(step, Step::RemoveFinalizer(Release::Retained));
        } else if sent && free && !facts.deletion.is_some_and(|deletion| deletion.crd_going) {
            prop_assert!(step != Step::RemoveFinalizer(Release::Retained), "its number isn't known yet");
        }
    }

    #[test]
    fn what_is_held_is_let_go_as_ended_only_after_the_providers_own_word_on_an_account_in_order(facts in any_facts()) {
        // S6.
        let step = decide(&facts);
        if step == Step::RemoveFinalizer(Release::Ended) {
            prop_assert_eq!(&facts.look.as_ref().unwrap().heard, &Observation::NotFound);
            prop_assert_eq!(&facts.probe, &Some(Ok(())));
        }
    }

    #[test]
    fn ready_is_true_only_of_what_was_just_seen_usable(facts in any_facts()) {
        // S13.
        if let Step::WriteStatus(verdict) = decide(&facts) && verdict.ready.status == Some(true) {
            let look = facts.fresh_look().unwrap();
            prop_assert!(matches!(&look.heard, Observation::Found(upstream) if upstream.readiness == Readiness::Ready));
        }
    }

    #[test]
    fn every_stalled_says_something_and_is_told_apart_from_progress(facts in any_facts()) {
        if let Step::WriteStatus(verdict) = decide(&facts) {
            prop_assert!(verdict.stalled.is_none() || verdict.reconciling.is_none());
            prop_assert!(verdict.stalled.is_none_or(|word| !word.message.is_empty() && !word.reason.is_empty()));
        }
    }
}
