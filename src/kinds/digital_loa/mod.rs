//! DigitalLoa at Equinix.

mod issue;
mod party;
mod showing;
mod wishes;

use crate::accounts::{Account, Provider};
use crate::api::common::OperationType;
use crate::api::conditions::reason;
use crate::api::digital_loa::{DigitalLoa, Receive};
use crate::clock::Moment;
use crate::lifecycle::adapter::{Access, Adapter, AsOf, Change, Found, News, Noted, Offer, Query, Seen, Wanted};
use crate::lifecycle::claims::{Claim, Rank};
use crate::lifecycle::facts::{End, Problem, Readiness, Upstream, Wish};
use crate::lifecycle::key::key_of;
use crate::providers::equinix::wire::{Loa, state};
use crate::providers::equinix::{Action, Equinix, Patchable};
use crate::providers::limiter::Permit;
use crate::providers::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::transport::SendGuard;
pub use party::{contacts_body, find_organization, party_body};
pub use showing::Details;

/// The adapter.
pub struct DigitalLoaAdapter;

impl Adapter for DigitalLoaAdapter {
    type Object = DigitalLoa;
    type Client = Equinix;
    type Details = Details;

    const KIND: &'static str = "DigitalLoa";
    const RESOURCE: &'static str = "loa";

    fn client(account: &Account) -> Option<&Equinix> {
        equinix(account)
    }

    fn claims(object: &DigitalLoa, held: Option<Rank>) -> Vec<Claim> {
        issue::claims(object, held)
    }

    fn search_proven_by(object: &DigitalLoa) -> Option<&'static str> {
        object.spec.issue.is_some().then_some(Self::RESOURCE)
    }

    fn receives(object: &DigitalLoa) -> bool {
        object.spec.receive.is_some()
    }

    fn held_as(object: &DigitalLoa) -> &'static str {
        // The other party to the same LOA may be an object here, too.
        if object.spec.receive.is_some() { "received-loa" } else { Self::RESOURCE }
    }

    async fn turn(client: &Equinix) -> Result<Permit, Failure> {
        client.mutation_permit().await
    }

    async fn probe(at: Access<'_, Equinix>) -> Result<(), Failure> {
        at.client.probe(at.asking()).await
    }

    async fn search(at: Access<'_, Equinix>, query: Query<'_, DigitalLoa>) -> Result<Found, Failure> {
        match (&query.object.spec.issue, &query.object.spec.receive) {
            (Some(issue), _) => issue::search(at, &query, issue).await,
            (None, Some(receive)) => Ok(Found { received: received(at, receive).await?, ..Found::default() }),
            (None, None) => Ok(Found::default()),
        }
    }

    async fn findable(
        at: Access<'_, Equinix>,
        object: &DigitalLoa,
        id: &str,
        not_before: Moment,
    ) -> Result<bool, Failure> {
        let Some(issue) = &object.spec.issue else { return Ok(false) };
        let all = at.client.live_in(at.asking(), issue::ibx(issue), not_before).await.items?;
        let key = key_of(Self::KIND, object);
        Ok(all.get(id).is_some_and(|loa| issue::marker(loa) == Some(&key)))
    }

    async fn create(
        client: &Equinix,
        permit: &Permit,
        guard: &dyn SendGuard,
        offer: &Offer,
        _: &str,
    ) -> Outcome<String> {
        client.create(permit, guard, &offer.request).await.and_read(|loa| Ok(loa.uuid))
    }

    async fn observe(
        at: Access<'_, Equinix>,
        object: &DigitalLoa,
        id: &str,
        as_of: AsOf,
    ) -> Result<Seen<Details>, ReadError> {
        let listed = match as_of {
            AsOf::Shared(not_before) => at.client.loas(at.asking(), not_before).await.items?.get(id).cloned(),
            AsOf::Now => None,
        };
        let loa = match listed {
            Some(loa) => loa,
            // S6: missing from a list is a reason to ask singly, nothing more.
            None => at.client.loa(at.asking(), id).await?,
        };
        let changes = showing::changes(at, object, &loa).await?;
        let now = at.client.wall();
        let change = wishes::wanted(object, &loa, now);
        let upstream = Upstream { readiness: readiness(&loa), in_use_by: Vec::new(), drift: None, end: end(&loa) };
        Ok(Seen { upstream, state: loa.state.clone(), change, details: Details { loa, changes, now } })
    }

    async fn delete(client: &Equinix, permit: &Permit, guard: &dyn SendGuard, _: &DigitalLoa, id: &str) -> Outcome<()> {
        client.cancel(permit, guard, id).await
    }

    async fn change(
        client: &Equinix,
        permit: &Permit,
        guard: &dyn SendGuard,
        id: &str,
        change: &Change,
    ) -> Outcome<()> {
        let action = match change.wish.type_ {
            OperationType::Accept => Action::Accept,
            OperationType::Authorize => Action::Authorize,
            OperationType::Unauthorize => Action::Unauthorize,
            OperationType::SendLoa => Action::SendLoa,
            OperationType::UpdateContacts => {
                return client.patch(permit, guard, id, Patchable::RequestorContacts, &change.request).await;
            }
            other => {
                let message = format!("an LOA has no way to {}", other.name());
                return Outcome::NotDone(Failure::new(FailureKind::NotSent, message));
            }
        };
        client.act(permit, guard, id, action).await
    }

    fn note_change(wish: &Wish, noted: Noted, object: &mut DigitalLoa) {
        wishes::note(wish, noted, object);
    }

    fn news(before: &DigitalLoa, now: &DigitalLoa) -> Vec<News> {
        showing::news(before, now)
    }

    fn show_offer(_: &Offer, object: &mut DigitalLoa) {
        issue::show(object);
    }

    fn show(seen: &Seen<Details>, object: &mut DigitalLoa) {
        showing::show(&seen.details, object);
    }

    /// The LOA is no document that could be fetched: it goes by mail.
    fn documents(_: &DigitalLoa, _: &str, _: &Details) -> Vec<Wanted> {
        Vec::new()
    }

    async fn fetch(_: Access<'_, Equinix>, _: &DigitalLoa, _: &str, _: &Wanted) -> Result<Vec<u8>, ReadError> {
        Err(ReadError::NotFound("Equinix gives no document".into()))
    }
}

/// The client, if the account is one at Equinix.
pub fn equinix(account: &Account) -> Option<&Equinix> {
    match &account.provider {
        Provider::Equinix(client) => Some(client),
        Provider::Cloudflare(_) | Provider::DigitalRealty(_) | Provider::A2b(_) => None,
    }
}

/// The LOA that a partner issued, once it is there.
async fn received(at: Access<'_, Equinix>, receive: &Receive) -> Result<Option<Result<String, Problem>>, Failure> {
    if let Some(uuid) = &receive.uuid {
        return match at.client.loa(at.asking(), uuid).await {
            Ok(loa) => Ok(Some(Ok(loa.uuid))),
            Err(ReadError::NotFound(_)) => Ok(None),
            Err(ReadError::NotHeard(failure)) => Err(failure),
        };
    }
    let token = receive.token.as_deref().unwrap_or_default();
    let found: Vec<String> = at.client.with_token(at.asking(), token).await?.into_iter().map(|loa| loa.uuid).collect();
    Ok(match found.as_slice() {
        [] => None,
        [uuid] => Some(Ok(uuid.clone())),
        many => {
            let message =
                format!("several LOAs have the token {token}: name one by spec.receive.uuid, of {}", many.join(", "));
            Some(Err(Problem::stalled(reason::AMBIGUOUS, message)))
        }
    })
}

/// The table of safety rule S13. An unknown word is on its way.
fn readiness(loa: &Loa) -> Readiness {
    match loa.state.as_str() {
        state::READY_FOR_USE | state::LOCKED | state::USED => Readiness::Ready,
        state::PENDING_REQUESTOR_ACCEPTANCE => {
            Readiness::InProgress("issued; Equinix waits until the requestor accepts it".into())
        }
        state::PENDING_PROVIDER_AUTHORIZATION => {
            Readiness::InProgress("accepted; Equinix waits until the provider authorizes the requestor".into())
        }
        state::CANCELLED | state::EXPIRED => Readiness::Ended(format!("the LOA {} is {}", loa.uuid, loa.state)),
        other => Readiness::InProgress(format!("Equinix says {other}")),
    }
}

fn end(loa: &Loa) -> End {
    match loa.state.as_str() {
        state::LOCKED => End::NotNow(
            "the LOA is LOCKED: an order for a cross connect is under way with it, and Equinix lets nobody cancel it until that is done or dropped".into(),
        ),
        state::USED | state::CANCELLED | state::EXPIRED => End::Over,
        _ => End::OnDemand,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::equinix::wire;

    fn loa(state: &str) -> Loa {
        wire::loa(&json!({"uuid": "u", "state": state})).unwrap()
    }

    #[test]
    fn the_states_mean_what_the_table_says() {
        for ready in ["READY_FOR_USE", "LOCKED", "USED"] {
            assert_eq!(readiness(&loa(ready)), Readiness::Ready, "{ready}");
        }
        for pending in ["PENDING_REQUESTOR_ACCEPTANCE", "PENDING_PROVIDER_AUTHORIZATION", "LATER", ""] {
            assert!(matches!(readiness(&loa(pending)), Readiness::InProgress(_)), "{pending}");
        }
        for over in ["CANCELLED", "EXPIRED"] {
            assert!(matches!(readiness(&loa(over)), Readiness::Ended(_)), "{over}");
        }
    }

    #[test]
    fn what_is_over_is_not_cancelled_and_what_is_locked_waits() {
        assert!(matches!(end(&loa("LOCKED")), End::NotNow(_)));
        assert_eq!((end(&loa("USED")), end(&loa("EXPIRED"))), (End::Over, End::Over));
        assert_eq!((end(&loa("READY_FOR_USE")), end(&loa("LATER"))), (End::OnDemand, End::OnDemand));
    }
}
