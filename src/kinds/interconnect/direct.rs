//! Direct interconnects: a physical port, on a slot that is named or picked.

use kube::ResourceExt;

use crate::api::annotations;
use crate::api::conditions::{Problem, reason};
use crate::api::interconnect::{Direct, Interconnect, SlotSelector};
use crate::lifecycle::adapter::{Access, Fitting, Found, NoOffer, Offer, Place, Query};
use crate::lifecycle::registry::claims::{Claim, Rank};
use crate::providers::cloudflare::{self, Cloudflare, Interconnects, Order, Slot};
use crate::providers::http::outcome::{Failure, ReadError};

/// The claim on the slot that is named, or that a selector picked.
pub fn claim(object: &Interconnect, rank: Rank) -> Option<Claim> {
    let slot = chosen_slot(object)?;
    let named = object.spec.direct.as_ref().is_some_and(|direct| direct.slot_id.is_some());
    Some(Claim { on: slot_claim(&slot), rank, flexible: !named && rank == Rank::Wish })
}

/// What stands on the slot or is like it, and what can be ordered.
pub async fn search(
    at: Access<'_, Cloudflare>,
    query: &Query<'_, Interconnect>,
    direct: &Direct,
) -> Result<Found<Order>, Failure> {
    let chosen = chosen_slot(query.object);
    if let (true, Some(slot)) = (query.to_order, &direct.slot_id) {
        // The slot's own record settles it (S1): no list is needed unless something stands there.
        let slot = slot.to_ascii_lowercase();
        let offer = slot_offer(at, direct, &slot).await;
        if let Err(NoOffer::Failure(failure)) = offer {
            return Err(failure);
        }
        if offer.is_ok() && !at.client.last_seen_on(&slot) {
            return Found::default().offered(offer);
        }
    }
    let all = at.client.interconnects(at.asking(), query.not_before).await.items?;
    let mut fits: Vec<Fitting> = Vec::new();
    if let Some(slot) = &chosen {
        // While a selector may still pick another slot, what stands on this one is no more than alike.
        let exact = direct.slot_id.is_some() || !query.to_order;
        let place = Some(Place::Single(slot_claim(slot)));
        fits.extend(all.on_slot(slot).iter().map(|name| Fitting {
            id: name.as_str().into(),
            exact,
            place: place.clone(),
        }));
    }
    if let Some(selector) = &direct.slot_selector {
        fits.extend(alike(&all, selector, chosen.as_deref()));
    }
    let found = Found { fits, ..Found::default() };
    if query.to_order { found.offered(offer(at, query, direct, chosen, &all).await) } else { Ok(found) }
}

/// Slots are UUIDs: the same one for all accounts, so that the claim needs no account.
fn slot_claim(slot: &str) -> String {
    format!("cloudflare/slot/{slot}")
}

/// The slot that the spec names, or that a selector picked and wrote down.
pub fn chosen_slot(object: &Interconnect) -> Option<String> {
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
    let place = |there: &cloudflare::Interconnect| there.slot_id.as_deref().map(slot_claim).map(Place::Single);
    fits.map(|there| Fitting { id: there.name.as_str().into(), exact: false, place: place(there) }).collect()
}

/// What can be ordered: the chosen slot if it is free, or else, for a selector, any free slot that nobody here wants.
async fn offer(
    at: Access<'_, Cloudflare>,
    query: &Query<'_, Interconnect>,
    direct: &Direct,
    chosen: Option<String>,
    all: &Interconnects,
) -> Result<Offer<Order>, NoOffer> {
    let free = |slot: &str| (query.claim)(&slot_claim(slot));
    if let Some(slot) = chosen.filter(|slot| direct.slot_id.is_some() || free(slot)) {
        match slot_offer(at, direct, &slot).await {
            Err(NoOffer::Problem(_)) if direct.slot_id.is_none() => {}
            offer => return offer,
        }
    }
    let Some(selector) = &direct.slot_selector else {
        let message = "set spec.direct.slotId or spec.direct.slotSelector";
        return Err(Problem::stalled(reason::INVALID_SPEC, message).into());
    };
    let mut slots = at.client.free_slots(at.asking(), &selector.site, &selector.speed).await?;
    slots.sort_by(|one, other| one.id.cmp(&other.id));
    let pick = slots
        .into_iter()
        .find(|slot| all.on_slot(&slot.id.to_ascii_lowercase()).is_empty() && free(&slot.id.to_ascii_lowercase()));
    let Some(slot) = pick else {
        let message =
            format!("no slot of {} is free in {}: looking again from time to time", selector.speed, selector.site);
        return Err(Problem::stalled(reason::NOT_AVAILABLE, message).into());
    };
    Ok(offer_of(at.client, direct, &slot))
}

async fn slot_offer(at: Access<'_, Cloudflare>, direct: &Direct, slot: &str) -> Result<Offer<Order>, NoOffer> {
    let unavailable = |message: String| Err(Problem::stalled(reason::NOT_AVAILABLE, message).into());
    let found = match at.client.slot(at.asking(), slot).await {
        Ok(found) => found,
        Err(ReadError::NotFound(said)) => {
            return unavailable(format!(
                "Cloudflare knows no slot {slot} ({said}): name another in spec.direct.slotId"
            ));
        }
        Err(ReadError::Unknown(failure)) => return Err(failure.into()),
    };
    if found.occupied {
        return unavailable(format!("slot {slot} at {} is occupied: name another in spec.direct.slotId", found.site));
    }
    match speed(direct) {
        Some(speed) if !speed.eq_ignore_ascii_case(&found.speed) => {
            unavailable(format!("slot {slot} is for {}, not for {speed}: mend spec.direct", found.speed))
        }
        _ => Ok(offer_of(at.client, direct, &found)),
    }
}

fn offer_of(client: &Cloudflare, direct: &Direct, slot: &Slot) -> Offer<Order> {
    let id = slot.id.to_ascii_lowercase();
    // S4: what a selector picked is written down before it is ordered; what the spec names stands there already.
    let picked = direct.slot_selector.iter().map(|_| (annotations::SLOT_ID, id.clone()));
    let picks = picked.collect();
    let summary = format!("Cloudflare direct interconnect, {} at {}, slot {id}", slot.speed, slot.site);
    Offer { picks, ..Offer::of(client.direct_order(id, speed(direct).cloned()), summary) }
}

/// The speed that is wanted, wherever it stands.
pub fn speed(direct: &Direct) -> Option<&String> {
    direct.speed.as_ref().or(direct.slot_selector.as_ref().map(|selector| &selector.speed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::persisted;

    #[test]
    fn an_order_has_the_digest_that_release_0_1_0_gave_it() {
        for (name, speed) in [("ams-1", "10G"), ("ams-2", "10G")] {
            let object: Interconnect = persisted::object("Interconnect", name);
            let slot = Slot {
                id: chosen_slot(&object).unwrap().to_ascii_uppercase(),
                site: "AMS01".into(),
                speed: speed.into(),
                occupied: false,
            };
            let direct = object.spec.direct.as_ref().unwrap();
            persisted::is_the_order_of(&object, &offer_of(&persisted::cloudflare(), direct, &slot).order);
        }
    }
}
