//! DigitalLoa at Equinix.

mod changes;
mod issue;
mod party;
mod status;

use crate::api::conditions::{Problem, reason};
use crate::api::digital_loa::{DigitalLoa, Receive};
use crate::api::ids::{ExternalId, OrderKey};
use crate::lifecycle::adapter::{Access, Adapter, AsOf, Found, News, Noted, Presentation, Query, Seen};
use crate::lifecycle::decide::facts::{DesiredChange, End, Readiness, Upstream};
use crate::lifecycle::registry::claims::{Claim, Rank};
use crate::providers::equinix::requests::Issuance;
use crate::providers::equinix::wire::{Loa, state};
use crate::providers::equinix::{Equinix, Patchable};
use crate::providers::http::outcome::{Failure, Outcome, ReadError};
use crate::providers::http::transport::{ProviderClient, Sending};
use changes::Change;
pub use party::party;
pub use status::Details;

/// The adapter.
pub struct DigitalLoaAdapter;

impl Adapter for DigitalLoaAdapter {
    type Client = Equinix;
    type Change = Change;

    const RESOURCE: &'static str = "loa";

    async fn search(at: Access<'_, Equinix>, query: Query<'_, DigitalLoa>) -> Result<Found<Issuance>, Failure> {
        match (&query.object.spec.issue, &query.object.spec.receive) {
            (Some(issue), _) => issue::search(at, &query, issue).await,
            (None, Some(receive)) => Ok(Found { received: received(at, receive).await?, ..Found::default() }),
            (None, None) => Ok(Found::default()),
        }
    }

    async fn create(client: &Equinix, sending: Sending<'_>, order: &Issuance, _: &OrderKey) -> Outcome<ExternalId> {
        client.create(sending, order).await.and_read(|loa| Ok(loa.uuid.into()))
    }

    async fn observe(
        at: Access<'_, Equinix>,
        object: &DigitalLoa,
        id: &str,
        as_of: AsOf,
    ) -> Result<Seen<Details, Change>, ReadError> {
        let listed = match as_of {
            AsOf::Shared(not_before) => at.client.loas(at.asking(), not_before).await.items?.get(id).cloned(),
            AsOf::Now => None,
        };
        let loa = match listed {
            Some(loa) => loa,
            // S6: missing from a list is a reason to ask singly, nothing more.
            None => at.client.loa(at.asking(), id).await?,
        };
        let changes = status::changes(at, object, &loa).await?;
        let now = at.client.transport().clock().wall();
        let change = changes::wanted(object, &loa, now);
        let upstream = Upstream { readiness: readiness(&loa), in_use_by: Vec::new(), drift: None, end: end(&loa) };
        Ok(Seen { upstream, state: loa.state.clone(), change, details: Details { loa, changes, now } })
    }

    async fn delete(client: &Equinix, sending: Sending<'_>, _: &DigitalLoa, id: &str) -> Outcome<()> {
        client.cancel(sending, id).await
    }

    async fn change(client: &Equinix, sending: Sending<'_>, id: &str, change: &Change) -> Outcome<()> {
        match change {
            Change::Act(action) => client.act(sending, id, *action).await,
            Change::Contacts(people) => client.patch(sending, id, Patchable::RequestorContacts, people).await,
        }
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
}

impl Presentation for DigitalLoaAdapter {
    type Object = DigitalLoa;
    type Details = Details;
    type Order = Issuance;

    const KIND: &'static str = "DigitalLoa";

    fn show(details: &Details, object: &mut DigitalLoa) {
        status::show(details, object);
    }

    fn show_offer(_: &Issuance, object: &mut DigitalLoa) {
        issue::show(object);
    }

    fn note_change(desired: &DesiredChange, noted: Noted, object: &mut DigitalLoa) {
        changes::note(desired, noted, object);
    }

    fn news(before: &DigitalLoa, now: &DigitalLoa) -> Vec<News> {
        status::news(before, now)
    }
}

/// The LOA that a partner issued, once it is there.
async fn received(at: Access<'_, Equinix>, receive: &Receive) -> Result<Option<Result<ExternalId, Problem>>, Failure> {
    if let Some(uuid) = &receive.uuid {
        return match at.client.loa(at.asking(), uuid).await {
            Ok(loa) => Ok(Some(Ok(loa.uuid.into()))),
            Err(ReadError::NotFound(_)) => Ok(None),
            Err(ReadError::Unknown(failure)) => Err(failure),
        };
    }
    let token = receive.token.as_deref().unwrap_or_default();
    let found: Vec<String> = at.client.with_token(at.asking(), token).await?.into_iter().map(|loa| loa.uuid).collect();
    Ok(match found.as_slice() {
        [] => None,
        [uuid] => Some(Ok(uuid.as_str().into())),
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
