//! The ProviderAccount controller: tries the credentials, keeps the registry, holds what circuits need.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use k8s_controller::events::EventType;
use k8s_openapi::api::core::v1::Secret;
use kube::api::ListParams;
use kube::runtime::controller::Action;
use kube::{Api, Client, ResourceExt};
use tracing::{info, warn};
use url::Url;

use super::build::{Surroundings, build, for_people};
use super::credentials::{self, CredentialsError};
use super::{Account, Accounts, Entry, Provider, equinix};
use crate::api::account::{ProviderAccount, ProviderAccountStatus};
use crate::api::conditions::{Cause, ConditionValue, Problem, READY, RECONCILING, STALLED, put, reason, true_reason};
use crate::api::{IN_USE_FINALIZER, annotations};
use crate::base::clock::Clock;
use crate::base::duration::{jitter, parse};
use crate::cluster::events::Events;
use crate::cluster::leader::Leadership;
use crate::cluster::writes::{KubeError, MetadataChange, change_metadata, in_time, write_status};
use crate::providers::http::client::Observers;
use crate::providers::http::limiter::Priority;
use crate::providers::http::outcome::{Failure, FailureKind};
use crate::providers::http::transport::Asking;

/// Secrets can't be watched (S10): they are read this often, or at the poll interval if that is shorter.
const RECHECK: Duration = Duration::from_secs(60);
/// How soon an account is looked at again that waits for its circuits, or has others than at the last look.
const WAIT_FOR_CIRCUITS: Duration = Duration::from_secs(5);

/// Whether any circuit of one kind names the account of this namespace and name, as the API server has it.
pub type AnyCircuit =
    Box<dyn Fn(String, String) -> futures::future::BoxFuture<'static, Result<bool, KubeError>> + Send + Sync>;

/// What the controller works with.
pub struct AccountController {
    /// The API server.
    pub client: Client,
    /// The registry of accounts.
    pub accounts: Arc<Accounts>,
    /// Permission to change things.
    pub leadership: Arc<Leadership>,
    /// The time.
    pub clock: Clock,
    /// Hosts that credentials may go to besides the providers' own.
    pub allowed_endpoints: Vec<Url>,
    /// One for each kind of circuit.
    pub used: Vec<AnyCircuit>,
    /// Events.
    pub events: Events,
    /// Told of every request to the provider of this name.
    pub observers: Observers,
    /// Held while an account is let go.
    pub releasing: tokio::sync::Mutex<()>,
}

/// How an account stands.
struct Standing {
    ready: Option<bool>,
    cause: Cause,
    stalled: bool,
}

impl Standing {
    fn problem(reason: &'static str, message: String) -> Self {
        Self { ready: Some(false), cause: Cause::new(reason, message), stalled: true }
    }
}

impl AccountController {
    /// Looks at one account.
    pub async fn reconcile(self: Arc<Self>, seen: Arc<ProviderAccount>) -> Result<Action, KubeError> {
        let api: Api<ProviderAccount> = Api::namespaced(self.client.clone(), &namespace(&seen));
        // S12: what follows has effects.
        let account = match in_time(api.get(&seen.name_any())).await {
            Err(KubeError::NotFound) => {
                self.accounts.set(&namespace(&seen), &seen.name_any(), None);
                return Ok(Action::await_change());
            }
            account => account?,
        };
        self.accounts.identify(&account);
        let going = account.metadata.deletion_timestamp.is_some();
        if going && !self.used(&account).await? {
            return self.release(&api, account).await;
        }
        let circuits = self.accounts.circuits(&namespace(&account), &account.name_any());
        let account = if going { account } else { hold(&api, account).await? };
        let (standing, held) = self.try_credentials(&account, circuits).await?;
        self.let_former_secret_go(&account, held.as_deref()).await?;
        let account = self.look_at_beta(&api, account).await?;
        self.write(&api, &account, &standing, held, circuits).await?;
        let every = parse(&account.spec.poll_interval).unwrap_or(RECHECK).min(RECHECK);
        // More may come, or go, at once.
        let more = account.status.as_ref().and_then(|status| status.circuits) != Some(circuits);
        Ok(Action::requeue(jitter(if going || more { every.min(WAIT_FOR_CIRCUITS) } else { every })))
    }

    async fn look_at_beta(
        &self,
        api: &Api<ProviderAccount>,
        account: ProviderAccount,
    ) -> Result<ProviderAccount, KubeError> {
        // Without access to the beta the account can be asked nothing else, so that this doesn't wait until it can.
        let known = self.accounts.get(&namespace(&account), &account.name_any()).account;
        let usable = known.filter(|_| account.metadata.deletion_timestamp.is_none());
        match usable.as_deref() {
            Some(built @ Account { provider: Provider::Equinix(client), .. }) => {
                equinix::beta::look(api, account, built, client, &self.leadership).await
            }
            _ => Ok(account),
        }
    }

    async fn used(&self, account: &ProviderAccount) -> Result<bool, KubeError> {
        for any in &self.used {
            if any(namespace(account), account.name_any()).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Nothing needs the account any more.
    async fn release(&self, api: &Api<ProviderAccount>, account: ProviderAccount) -> Result<Action, KubeError> {
        // Two accounts that share a Secret must not each leave it to the other.
        let _one_at_a_time = self.releasing.lock().await;
        let held = account.status.as_ref().and_then(|status| status.held_secret.clone());
        for name in [held.as_deref(), Some(account.spec.credentials_secret_ref.name.as_str())].into_iter().flatten() {
            self.let_secret_go(&account, name).await?;
        }
        if account.finalizers().iter().any(|name| name == IN_USE_FINALIZER) {
            let change = MetadataChange { remove_finalizer: Some(IN_USE_FINALIZER), ..MetadataChange::default() };
            change_metadata(api, &account, &change).await?;
        }
        self.accounts.set(&namespace(&account), &account.name_any(), None);
        Ok(Action::await_change())
    }

    /// Lets a Secret go that this account held and needs no more, unless another account needs it.
    async fn let_former_secret_go(&self, account: &ProviderAccount, still: Option<&str>) -> Result<(), KubeError> {
        let former = account.status.as_ref().and_then(|status| status.held_secret.as_deref());
        match former.filter(|former| Some(*former) != still) {
            Some(former) => self.let_secret_go(account, former).await,
            None => Ok(()),
        }
    }

    async fn let_secret_go(&self, account: &ProviderAccount, former: &str) -> Result<(), KubeError> {
        let api: Api<ProviderAccount> = Api::namespaced(self.client.clone(), &namespace(account));
        let others = in_time(api.list(&ListParams::default())).await?;
        let needed = |other: &ProviderAccount| {
            let held = other.status.as_ref().and_then(|status| status.held_secret.as_deref());
            held == Some(former) || other.spec.credentials_secret_ref.name == former
        };
        if others.iter().any(|other| other.uid() != account.uid() && needed(other)) {
            return Ok(());
        }
        credentials::release(&Api::namespaced(self.client.clone(), &namespace(account)), former).await
    }

    /// Tries the credentials; tells how the account stands and which Secret it holds.
    async fn try_credentials(
        &self,
        account: &ProviderAccount,
        circuits: u32,
    ) -> Result<(Standing, Option<String>), KubeError> {
        let name = &account.spec.credentials_secret_ref.name;
        // What was held stays held until another Secret takes its place.
        let still_held = account.status.as_ref().and_then(|status| status.held_secret.clone());
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &namespace(account));
        let secret = match credentials::read(&secrets, name).await {
            Ok(secret) => secret,
            Err(CredentialsError::Kube(KubeError::Forbidden(said))) => {
                let message = format!(
                    "the operator may not read the Secret {name}: {said}. Give its ServiceAccount the chart's Role in this namespace"
                );
                let standing = Standing::problem(reason::CREDENTIALS_UNREADABLE, message);
                return Ok((self.register(account, None, standing), still_held));
            }
            Err(CredentialsError::Kube(error)) => return Err(error),
            Err(error) => {
                let standing = Standing::problem(reason::CREDENTIALS_NOT_FOUND, error.to_string());
                return Ok((self.register(account, None, standing), still_held));
            }
        };
        let known = self.accounts.get(&namespace(account), &account.name_any()).account;
        let version = version(account, &secret);
        let built = match known.filter(|known| known.version == version) {
            Some(known) => Ok(known),
            None => self.build(account, &secret, version),
        };
        let standing = match built {
            Ok(built) => {
                built.circuits.store(circuits, Ordering::Relaxed);
                if !self.accounts.anything_recorded(&namespace(account), &account.name_any()) {
                    built.trust();
                }
                let standing = standing(built.provider.probe(Asking::Queued(Priority::Transition)).await);
                self.register(account, Some(built), standing)
            }
            Err(standing) => self.register(account, None, standing),
        };
        Ok((standing, Some(name.clone())))
    }

    /// Keeps the account in the registry: with a problem, if circuits shouldn't ask it.
    fn register(&self, account: &ProviderAccount, built: Option<Arc<Account>>, standing: Standing) -> Standing {
        let problem = standing.stalled.then(|| {
            let message = format!("ProviderAccount {}: {}", account.name_any(), standing.cause.message);
            Problem::stalled(standing.cause.reason, message)
        });
        let closing = account.metadata.deletion_timestamp.is_some();
        self.accounts.set(&namespace(account), &account.name_any(), Some(Entry { account: built, problem, closing }));
        standing
    }

    fn build(&self, account: &ProviderAccount, secret: &Secret, version: String) -> Result<Arc<Account>, Standing> {
        let surroundings = Surroundings {
            allowed_endpoints: &self.allowed_endpoints,
            lease_duration: self.leadership.lease_duration(),
            observer: &self.observers,
            clock: &self.clock,
        };
        let built = build(account, secret, version, &surroundings)
            .map_err(|error| Standing::problem(error.reason(), error.to_string()))?;
        info!(account = account.name_any(), "account set up");
        Ok(Arc::new(built))
    }

    async fn write(
        &self,
        api: &Api<ProviderAccount>,
        account: &ProviderAccount,
        standing: &Standing,
        held: Option<String>,
        circuits: u32,
    ) -> Result<(), KubeError> {
        let generation = account.metadata.generation;
        let mut changed = account.clone();
        let status: &mut ProviderAccountStatus = changed.status.get_or_insert_default();
        let before = true_reason(&status.conditions, STALLED).map(ToOwned::to_owned);
        let waits = account.metadata.deletion_timestamp.is_some();
        let in_use = Cause::new(
            reason::ACCOUNT_IN_USE,
            format!("being deleted; {circuits} circuits still use it: delete them first"),
        );
        let settled = Cause::new(reason::SETTLED, "");
        let says = [
            (READY, ConditionValue { status: standing.ready, cause: standing.cause.clone() }),
            (RECONCILING, ConditionValue { status: Some(waits), cause: if waits { in_use } else { settled.clone() } }),
            (
                STALLED,
                ConditionValue {
                    status: Some(standing.stalled),
                    cause: if standing.stalled { standing.cause.clone() } else { settled },
                },
            ),
        ];
        for (type_, say) in says {
            put(&mut status.conditions, type_, &say, generation);
        }
        status.observed_generation = generation;
        status.upstream_account = Some(for_people(&account.spec));
        status.held_secret = held;
        let known = self.accounts.get(&namespace(account), &account.name_any()).account;
        if let Some(built) = known.filter(|built| built.client.is_some() && built.client != status.client) {
            // S6: what another client's searches found proves nothing of this one's.
            status.search_proven.clear();
            if built.trusted().is_ok() {
                status.client.clone_from(&built.client);
            }
        }
        status.circuits = Some(circuits);
        let asked = account.annotations().get(annotations::RECONCILE_AT).cloned();
        status.last_handled_reconcile_at = asked.or(status.last_handled_reconcile_at.take());
        write_status(api, account, changed).await?;
        if standing.stalled && before.as_deref() != Some(standing.cause.reason) {
            let Cause { reason, message } = &standing.cause;
            self.events.publish(account, EventType::Warning, reason, message.clone()).await;
        }
        Ok(())
    }
}

impl Account {
    /// Keeps, in the account's status and then here, that an order of this resource was found again by search (S3).
    pub async fn prove_search(&self, client: &Client, resource: &str) {
        let api: Api<ProviderAccount> =
            Api::namespaced(client.clone(), self.reference.namespace.as_deref().unwrap_or_default());
        let written = async || {
            let account = in_time(api.get(&self.reference.name)).await?;
            // Of another client's searches it proves nothing.
            if account.status.as_ref().and_then(|status| status.client.as_ref()) != self.client.as_ref() {
                return Ok(false);
            }
            let mut changed = account.clone();
            changed.status.get_or_insert_default().search_proven.insert(resource.into(), true);
            write_status(&api, &account, changed).await.map(|_| true)
        };
        let mut result = written().await;
        if matches!(result, Err(KubeError::Conflict)) {
            result = written().await;
        }
        match result {
            Ok(false) => {}
            Ok(true) => {
                self.proven.lock().insert(resource.into(), true);
            }
            Err(error) => {
                warn!(account = self.reference.name, %error, "searchProven not written; tried again at the next look")
            }
        }
    }
}

async fn hold(api: &Api<ProviderAccount>, account: ProviderAccount) -> Result<ProviderAccount, KubeError> {
    if account.finalizers().iter().any(|name| name == IN_USE_FINALIZER) {
        return Ok(account);
    }
    let change = MetadataChange { add_finalizer: Some(IN_USE_FINALIZER), ..MetadataChange::default() };
    change_metadata(api, &account, &change).await
}

fn standing(probe: Result<(), Failure>) -> Standing {
    let Err(failure) = probe else {
        let cause = Cause::new(reason::CREDENTIALS_ACCEPTED, "the credentials were accepted");
        return Standing { ready: Some(true), cause, stalled: false };
    };
    let unknown = |reason| Standing { ready: None, cause: Cause::new(reason, failure.message.clone()), stalled: false };
    match failure.kind {
        FailureKind::Credentials => Standing::problem(
            reason::CREDENTIALS_REJECTED,
            format!("the provider rejects the credentials: {failure}. Put valid ones into the Secret"),
        ),
        FailureKind::Forbidden => {
            let message = format!(
                "the credentials have no right to this: {failure}. Give them the rights that docs/providers.md names, or mend the account's numbers"
            );
            Standing::problem(reason::NOT_AUTHORIZED, message)
        }
        FailureKind::RateLimited => unknown(reason::RATE_LIMITED),
        FailureKind::Unreadable => unknown(reason::UNREADABLE_ANSWER),
        _ => unknown(reason::PROVIDER_UNREACHABLE),
    }
}

/// Changes with the spec and with the credentials.
fn version(account: &ProviderAccount, secret: &Secret) -> String {
    let spec = account.metadata.generation.unwrap_or_default();
    // The resourceVersion changes with our own finalizer too; a client built once more does no harm.
    format!("{spec}-{}", secret.resource_version().unwrap_or_default())
}

fn namespace(account: &ProviderAccount) -> String {
    account.namespace().unwrap_or_default()
}
