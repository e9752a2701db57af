//! The private beta of Digital LOA: whether an account may take part, and what is done about it if the spec says so.

use kube::{Api, ResourceExt};
use serde_json::json;
use tracing::warn;

use crate::accounts::Account;
use crate::api::account::{EquinixStatus, ProviderAccount};
use crate::cluster::leader::{IntentWritten, Leadership, SendPermission};
use crate::cluster::writes::{KubeError, write_status};
use crate::providers::equinix::Equinix;
use crate::providers::http::limiter::{Permit, Priority};
use crate::providers::http::outcome::{Failure, FailureKind, Outcome};
use crate::providers::http::transport::{Asking, ProviderClient, Sending};

/// Reads how the account stands with the beta, and asks for access or agrees to the terms where the spec says so and it
/// isn't so yet. Tells the account as it was last written.
pub async fn look(
    api: &Api<ProviderAccount>,
    account: ProviderAccount,
    built: &Account,
    client: &Equinix,
    leadership: &Leadership,
) -> Result<ProviderAccount, KubeError> {
    let known = account.status.as_ref().and_then(|status| status.equinix.clone()).unwrap_or_default();
    // Neither is ever taken back, as far as is known.
    if known.beta_access == Some(true) && known.beta_terms_accepted == Some(true) {
        return Ok(account);
    }
    match read(client).await {
        Ok((access, terms)) => {
            let seen = EquinixStatus { beta_access: Some(access), beta_terms_accepted: Some(terms), ..known };
            let beta = Beta { api, built, client, leadership };
            beta.act(account, seen).await
        }
        Err(failure) => {
            warn!(account = account.name_any(), %failure, "the beta's state could not be read");
            Ok(account)
        }
    }
}

async fn read(client: &Equinix) -> Result<(bool, bool), Failure> {
    let asking = Asking::Queued(Priority::Poll);
    Ok((client.has_beta_access(asking).await?, client.agreed_to_beta_terms(asking).await?))
}

struct Beta<'a> {
    api: &'a Api<ProviderAccount>,
    built: &'a Account,
    client: &'a Equinix,
    leadership: &'a Leadership,
}

impl Beta<'_> {
    async fn act(&self, account: ProviderAccount, mut seen: EquinixStatus) -> Result<ProviderAccount, KubeError> {
        let wish = account.spec.equinix.clone().unwrap_or_default();
        if let (Some(wanted), Some(false), None) = (&wish.beta_access, seen.beta_access, seen.beta_access_asked_at) {
            let intent = IntentWritten::now(self.leadership.clock());
            // S9: a message to people, which can't be searched for: written down first, and sent at most once.
            seen.beta_access_asked_at = Some(intent.wall);
            let held = self.show(&account, seen.clone()).await?;
            let body = json!({"email": wanted.email, "companyName": wanted.company_name});
            let outcome = match self.permission(&intent).await {
                Ok((permit, permission)) => {
                    self.client.ask_for_beta_access(Sending { permit: &permit, guard: &permission }, &body).await
                }
                Err(failure) => Outcome::NotDone(failure),
            };
            if let Outcome::NotDone(failure) = outcome {
                warn!(account = account.name_any(), %failure, "access to the beta was not asked for");
                seen.beta_access_asked_at = None;
            }
            return self.show(&held, seen).await;
        }
        if wish.accept_beta_terms && seen.beta_terms_accepted == Some(false) {
            let intent = IntentWritten::now(self.leadership.clock());
            let outcome = match self.permission(&intent).await {
                Ok((permit, permission)) => {
                    self.client.agree_to_beta_terms(Sending { permit: &permit, guard: &permission }).await
                }
                Err(failure) => Outcome::NotDone(failure),
            };
            match outcome {
                Outcome::Done(()) => seen.beta_terms_accepted = Some(true),
                // Agreeing twice is agreeing once: the next look tells, and tries again.
                Outcome::NotDone(failure) | Outcome::Unknown(failure) => {
                    warn!(account = account.name_any(), %failure, "the beta's terms were not agreed to");
                }
            }
        }
        self.show(&account, seen).await
    }

    /// The turn and the permission to send one thing.
    async fn permission(&self, intent: &IntentWritten) -> Result<(Permit, SendPermission), Failure> {
        let permit = self.client.transport().mutation_permit().await?;
        let permission = self.leadership.confirm(intent, self.built.send_within).await;
        Ok((permit, permission.map_err(|why| Failure::new(FailureKind::NotSent, why))?))
    }

    async fn show(&self, account: &ProviderAccount, seen: EquinixStatus) -> Result<ProviderAccount, KubeError> {
        let mut changed = account.clone();
        changed.status.get_or_insert_default().equinix = Some(seen);
        write_status(self.api, account, changed).await
    }
}
