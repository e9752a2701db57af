//! Interconnect at Cloudflare.

use kube::ResourceExt;
use serde_json::Value;

use crate::accounts::{Account, Provider};
use crate::api::annotations;
use crate::api::common::DocumentType;
use crate::api::conditions::reason;
use crate::api::interconnect::{Direct, Facility, Interconnect, SlotSelector};
use crate::clock::Moment;
use crate::lifecycle::adapter::{Access, Adapter, Fitting, Found, Offer, Query, Seen, Wanted};
use crate::lifecycle::claims::{Claim, Rank};
use crate::lifecycle::facts::{Problem, Readiness, Upstream};
use crate::lifecycle::key::sha256;
use crate::providers::cloudflare::{self, Cloudflare, Interconnects, Slot};
use crate::providers::limiter::Permit;
use crate::providers::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::transport::SendGuard;

/// The adapter.
pub struct InterconnectAdapter;

/// What is shown of an interconnect besides its state.
pub struct Details {
    there: cloudflare::Interconnect,
    reason: Option<String>,
}

impl Adapter for InterconnectAdapter {
    type Object = Interconnect;
    type Client = Cloudflare;
    type Details = Details;

    const KIND: &'static str = "Interconnect";
    const RESOURCE: &'static str = "interconnect";

    fn client(account: &Account) -> Option<&Cloudflare> {
        match &account.provider {
            Provider::Cloudflare(client) => Some(client),
        }
    }

    fn claims(object: &Interconnect, held: Option<Rank>) -> Vec<Claim> {
        let Some(slot) = chosen_slot(object) else { return Vec::new() };
        let creation = object.status.as_ref().and_then(|status| status.common.creation.as_ref());
        let ordered = creation.is_some_and(|creation| creation.started_at.is_some());
        let rank = held.unwrap_or(if ordered { Rank::Intent } else { Rank::Wish });
        let named = object.spec.direct.as_ref().is_some_and(|direct| direct.slot_id.is_some());
        vec![Claim { on: slot_claim(&slot), rank, flexible: !named && rank == Rank::Wish }]
    }

    async fn turn(client: &Cloudflare) -> Result<Permit, Failure> {
        client.mutation_permit().await
    }

    async fn probe(at: Access<'_, Cloudflare>) -> Result<(), Failure> {
        at.client.probe(at.asking()).await
    }

    async fn search(at: Access<'_, Cloudflare>, query: Query<'_, Interconnect>) -> Result<Found, Failure> {
        let all = at.client.interconnects(at.asking(), query.not_before).await.items?;
        let Some(direct) = &query.object.spec.direct else { return Ok(Found::default()) };
        let chosen = chosen_slot(query.object);
        let mut fits: Vec<Fitting> = Vec::new();
        if let Some(slot) = &chosen {
            // While a selector may still pick another slot, what stands on this one is no more than alike.
            let exact = direct.slot_id.is_some() || !query.to_order;
            let place = Some(slot_claim(slot));
            fits.extend(all.on_slot(slot).iter().map(|name| Fitting { id: name.clone(), exact, place: place.clone() }));
        }
        if let Some(selector) = &direct.slot_selector {
            fits.extend(alike(&all, selector, chosen.as_deref()));
        }
        let offer = if query.to_order { Some(offer(at, &query, direct, chosen, &all).await?) } else { None };
        Ok(Found { fits, offer, ..Found::default() })
    }

    async fn findable(
        at: Access<'_, Cloudflare>,
        object: &Interconnect,
        id: &str,
        not_before: Moment,
    ) -> Result<bool, Failure> {
        let all = at.client.interconnects(at.asking(), not_before).await.items?;
        let slot = chosen_slot(object).unwrap_or_default();
        Ok(all.on_slot(&slot).iter().any(|name| name == id))
    }

    async fn create(client: &Cloudflare, permit: &Permit, guard: &dyn SendGuard, request: &Value) -> Outcome<String> {
        client.create(permit, guard, request).await.and_read(|there| Ok(there.name))
    }

    async fn observe(
        at: Access<'_, Cloudflare>,
        object: &Interconnect,
        id: &str,
        not_before: Moment,
    ) -> Result<Seen<Details>, ReadError> {
        // Lists carry no state: existence comes from a list that all share, the state from a call of its own.
        let listed = at.client.interconnects(at.asking(), not_before).await.items?;
        let there = match listed.get(id) {
            Some(there) => there.clone(),
            // S6: missing from a list is a reason to ask singly, nothing more.
            None => at.client.interconnect(at.asking(), id).await?,
        };
        let state = match at.client.state(at.asking(), id).await {
            // S6: only the 404 of the object itself says that it is gone.
            Err(ReadError::NotFound(said)) => {
                at.client.interconnect(at.asking(), id).await?;
                return Err(Failure::new(
                    FailureKind::Unreadable,
                    format!("{id} is there, and its state isn't: {said}"),
                )
                .into());
            }
            state => state?,
        };
        let ending = object.metadata.deletion_timestamp.is_some();
        let in_use_by = if ending { at.client.cnis_on(at.asking(), id).await? } else { Vec::new() };
        let upstream = Upstream { readiness: readiness(&state), in_use_by, drift: drift(object, &there) };
        Ok(Seen { upstream, state: state.state, details: Details { there, reason: state.reason } })
    }

    async fn delete(client: &Cloudflare, permit: &Permit, guard: &dyn SendGuard, id: &str) -> Outcome<()> {
        client.delete(permit, guard, id).await
    }

    fn show_offer(offer: &Offer, object: &mut Interconnect) {
        let slot = offer.request.get("slot_id").and_then(Value::as_str).map(ToOwned::to_owned);
        object.status.get_or_insert_default().slot_id = slot;
    }

    fn show(seen: &Seen<Details>, object: &mut Interconnect) {
        let Details { there, reason } = &seen.details;
        let status = object.status.get_or_insert_default();
        status.reason.clone_from(reason);
        status.site.clone_from(&there.site);
        status.speed.clone_from(&there.speed);
        status.slot_id.clone_from(&there.slot_id);
        status.owner.clone_from(&there.owner);
        status.region.clone_from(&there.region);
        let facility = there.facility.as_ref();
        status.facility = facility.map(|at| Facility { name: at.name.clone(), address: at.address.clone() });
    }

    fn documents(object: &Interconnect, id: &str) -> Vec<Wanted> {
        let basis = sha256(format!("{id}\n{}", customer_name(object).unwrap_or_default()).as_bytes())[..16].to_owned();
        vec![Wanted { type_: DocumentType::Loa, basis }]
    }

    async fn fetch(
        at: Access<'_, Cloudflare>,
        object: &Interconnect,
        id: &str,
        _: &Wanted,
    ) -> Result<Vec<u8>, ReadError> {
        at.client.loa(at.asking(), id, customer_name(object)).await
    }
}

fn customer_name(object: &Interconnect) -> Option<&str> {
    object.spec.loa.as_ref().map(|loa| loa.customer_name.as_str())
}

/// Slots are UUIDs: the same one for all accounts, so that the claim needs no account.
fn slot_claim(slot: &str) -> String {
    format!("cloudflare/slot/{slot}")
}

/// The slot that the spec names, or that a selector picked and wrote down.
fn chosen_slot(object: &Interconnect) -> Option<String> {
    let named = object.spec.direct.as_ref().and_then(|direct| direct.slot_id.as_ref());
    let picked = || object.annotations().get(annotations::SLOT_ID);
    let shown = || object.status.as_ref().and_then(|status| status.slot_id.as_ref());
    named.or_else(picked).or_else(shown).map(|slot| slot.to_ascii_lowercase())
}

/// Live interconnects that would do for the selector, on other slots than the chosen one.
fn alike(all: &Interconnects, selector: &SlotSelector, chosen: Option<&str>) -> Vec<Fitting> {
    let same =
        |seen: &Option<String>, wanted: &str| seen.as_deref().is_some_and(|seen| seen.eq_ignore_ascii_case(wanted));
    let fits = all.iter().filter(|there| {
        there.type_ == "direct"
            && same(&there.site, &selector.site)
            && same(&there.speed, &selector.speed)
            && there.slot_id.as_deref() != chosen
    });
    let place = |there: &cloudflare::Interconnect| there.slot_id.as_deref().map(slot_claim);
    fits.map(|there| Fitting { id: there.name.clone(), exact: false, place: place(there) }).collect()
}

/// What can be ordered: the chosen slot if it is free, or else, for a selector, any free slot that nobody here wants.
async fn offer(
    at: Access<'_, Cloudflare>,
    query: &Query<'_, Interconnect>,
    direct: &Direct,
    chosen: Option<String>,
    all: &Interconnects,
) -> Result<Result<Offer, Problem>, Failure> {
    let free = |slot: &str| (query.claim)(&slot_claim(slot));
    if let Some(slot) = chosen.filter(|slot| direct.slot_id.is_some() || free(slot)) {
        match slot_offer(at, direct, &slot).await? {
            Err(problem) if direct.slot_id.is_some() => return Ok(Err(problem)),
            Err(_) => {}
            Ok(offer) => return Ok(Ok(offer)),
        }
    }
    let Some(selector) = &direct.slot_selector else {
        return Ok(Err(Problem::stalled(reason::INVALID_SPEC, "set spec.direct.slotId or spec.direct.slotSelector")));
    };
    let mut slots = at.client.free_slots(at.asking(), &selector.site, &selector.speed).await?;
    slots.sort_by(|one, other| one.id.cmp(&other.id));
    let pick = slots
        .into_iter()
        .find(|slot| all.on_slot(&slot.id.to_ascii_lowercase()).is_empty() && free(&slot.id.to_ascii_lowercase()));
    Ok(pick.map(|slot| order_of(at.client, direct, &slot)).ok_or_else(|| {
        let message =
            format!("no slot of {} is free in {}: looking again from time to time", selector.speed, selector.site);
        Problem::stalled(reason::NOT_AVAILABLE, message)
    }))
}

async fn slot_offer(
    at: Access<'_, Cloudflare>,
    direct: &Direct,
    slot: &str,
) -> Result<Result<Offer, Problem>, Failure> {
    let unavailable = |message: String| Ok(Err(Problem::stalled(reason::NOT_AVAILABLE, message)));
    let found = match at.client.slot(at.asking(), slot).await {
        Ok(found) => found,
        Err(ReadError::NotFound(said)) => {
            return unavailable(format!(
                "Cloudflare knows no slot {slot} ({said}): name another in spec.direct.slotId"
            ));
        }
        Err(ReadError::NotHeard(failure)) => return Err(failure),
    };
    if found.occupied {
        return unavailable(format!("slot {slot} at {} is occupied: name another in spec.direct.slotId", found.site));
    }
    match speed(direct) {
        Some(speed) if !speed.eq_ignore_ascii_case(&found.speed) => {
            unavailable(format!("slot {slot} is for {}, not for {speed}: mend spec.direct", found.speed))
        }
        _ => Ok(Ok(order_of(at.client, direct, &found))),
    }
}

fn order_of(client: &Cloudflare, direct: &Direct, slot: &Slot) -> Offer {
    let id = slot.id.to_ascii_lowercase();
    let speed = speed(direct).map(String::as_str);
    // S4: what a selector picked is written down before it is ordered; what the spec names stands there already.
    let picked = direct.slot_selector.iter().map(|_| (annotations::SLOT_ID, id.clone()));
    let picks = picked.collect();
    Offer {
        summary: format!("Cloudflare direct interconnect, {} at {}, slot {id}", slot.speed, slot.site),
        request: client.direct_order(&id, speed),
        picks,
    }
}

/// The speed that is wanted, wherever it stands.
fn speed(direct: &Direct) -> Option<&String> {
    direct.speed.as_ref().or(direct.slot_selector.as_ref().map(|selector| &selector.speed))
}

/// The table of safety rule S13. An unknown word is on its way.
fn readiness(state: &cloudflare::State) -> Readiness {
    let why = state.reason.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    match state.state.as_str() {
        "Healthy" => Readiness::Ready,
        "Down" => Readiness::NotUsable("Down", format!("Cloudflare says that the link is down{why}")),
        "Unhealthy" => Readiness::NotUsable("Unhealthy", format!("Cloudflare says that the link is unhealthy{why}")),
        "Pending" => {
            Readiness::InProgress("ordered; Cloudflare waits for the cross connect: order it with the LOA".into())
        }
        other => Readiness::InProgress(format!("Cloudflare says {other}{why}")),
    }
}

/// What is there and isn't what was ordered; nothing of it can be changed at Cloudflare.
fn drift(object: &Interconnect, there: &cloudflare::Interconnect) -> Option<String> {
    let direct = object.spec.direct.as_ref()?;
    let selector = direct.slot_selector.as_ref();
    let differs = |what: &str, wanted: Option<&String>, seen: &Option<String>| {
        let (wanted, seen) = (wanted?, seen.as_ref()?);
        (!wanted.eq_ignore_ascii_case(seen)).then(|| format!("{what} is {seen}, wanted is {wanted}"))
    };
    let parts = [
        differs("the slot", direct.slot_id.as_ref(), &there.slot_id),
        differs("the site", selector.map(|selector| &selector.site), &there.site),
        differs("the speed", speed(direct), &there.speed),
    ];
    let all: Vec<String> = parts.into_iter().flatten().collect();
    (!all.is_empty()).then(|| format!("{}; Cloudflare can't change it", all.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(word: &str) -> Readiness {
        readiness(&cloudflare::State { state: word.into(), reason: None })
    }

    #[test]
    fn only_healthy_is_ready_and_unknown_words_are_on_their_way() {
        assert_eq!(state("Healthy"), Readiness::Ready);
        assert!(matches!(state("Pending"), Readiness::InProgress(_)));
        assert!(matches!(state("Provisioning"), Readiness::InProgress(_)));
        assert!(matches!(state("Down"), Readiness::NotUsable("Down", _)));
        assert!(matches!(state("Unhealthy"), Readiness::NotUsable("Unhealthy", _)));
    }
}
