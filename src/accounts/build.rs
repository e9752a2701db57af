//! From a ProviderAccount and its Secret to a client that is signed in.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kube::runtime::reflector::ObjectRef;
use parking_lot::Mutex;
use url::Url;

use super::{Account, Provider, credentials, endpoint, equinix};
use crate::api::account::{Identity, ProviderAccount, ProviderAccountSpec};
use crate::api::conditions::reason;
use crate::base::clock::Clock;
use crate::base::duration::parse;
use crate::providers::http::client::{Observers, Setup};
use crate::providers::http::limiter::Rate;
use crate::providers::http::outcome::Failure;

/// A request to a provider that takes longer has failed.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Why an account can't be used: only a person can mend it.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The spec makes no sense, though the schema let it in.
    #[error("{0}")]
    Spec(&'static str),
    /// The endpoint.
    #[error(transparent)]
    Endpoint(#[from] endpoint::EndpointError),
    /// The Secret's content.
    #[error(transparent)]
    Secret(#[from] credentials::CredentialsError),
    /// No client can be made of it.
    #[error("{0}")]
    Client(Failure),
}

impl Unusable {
    /// The reason, for conditions.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Spec(_) => reason::INVALID_SPEC,
            Self::Endpoint(_) => reason::ENDPOINT_NOT_ALLOWED,
            Self::Secret(_) | Self::Client(_) => reason::CREDENTIALS_INCOMPLETE,
        }
    }
}

/// What all accounts are set up with.
pub struct Surroundings<'a> {
    /// Hosts that credentials may go to besides the providers' own.
    pub allowed_endpoints: &'a [Url],
    /// A settle time is never shorter than this and a request's time-out together (S3).
    pub lease_duration: Duration,
    /// Told of every request to the provider of this name.
    pub observer: &'a Observers,
    /// The time.
    pub clock: &'a Clock,
}

/// Where a provider is, and how fast it may be asked.
pub struct Place {
    /// The provider's name, for metrics.
    pub name: &'static str,
    /// Its public endpoint.
    pub endpoint: &'static str,
    /// Hosts that are the provider's own.
    pub hosts: &'static [&'static str],
    /// How fast it may be asked unless the account says otherwise.
    pub rate: Rate,
}

/// A client that is signed in.
pub struct Connected {
    /// The way to the provider.
    pub provider: Provider,
    /// Whose credentials they are, where nothing else says which account it is (S6).
    pub client: Option<String>,
}

/// What an account is at its provider: all that a provider must say of itself, once a provider.
pub trait AtProvider {
    /// Where the provider is.
    fn place(&self) -> Place;

    /// The account at the provider, for claims: two that differ share no ids. Persisted: it must never change.
    fn upstream(&self) -> String;

    /// The provider's name of the account, for people.
    fn for_people(&self) -> String;

    /// Signs in with what the Secret holds.
    fn connect(&self, secret: &Secret, setup: Setup, allowed_endpoints: &[Url]) -> Result<Connected, Unusable>;
}

fn at_provider<'a>(identity: &Identity<'a>) -> &'a dyn AtProvider {
    match identity {
        Identity::Cloudflare(account) => *account,
        Identity::Equinix(account) => *account,
        Identity::DigitalRealty(account) => *account,
        Identity::A2b(account) => *account,
    }
}

/// The account at the provider, and where it is asked if not at the public place: two that differ share no ids.
pub fn upstream(spec: &ProviderAccountSpec) -> String {
    let elsewhere = spec.endpoint.as_ref().map(|endpoint| format!(" at {endpoint}")).unwrap_or_default();
    let identity = spec.identity();
    identity.map_or_else(|| equinix::UPSTREAM.into(), |identity| at_provider(&identity).upstream()) + &elsewhere
}

/// The provider's name of the account, for people.
pub fn for_people(spec: &ProviderAccountSpec) -> String {
    let identity = spec.identity();
    identity.map_or_else(|| equinix::FOR_PEOPLE.into(), |identity| at_provider(&identity).for_people())
}

/// The account, signed in but not yet tried.
pub fn build(
    account: &ProviderAccount,
    secret: &Secret,
    version: String,
    with: &Surroundings<'_>,
) -> Result<Account, Unusable> {
    let spec = &account.spec;
    let settle_time = parse(&spec.settle_time).ok_or(Unusable::Spec("spec.settleTime is not a duration"))?;
    let poll_interval = parse(&spec.poll_interval).ok_or(Unusable::Spec("spec.pollInterval is not a duration"))?;
    let timeout = REQUEST_TIMEOUT.min(settle_time / 4);
    let identity = spec.identity().ok_or(Unusable::Spec("no provider is named"))?;
    let at_provider = at_provider(&identity);
    let place = at_provider.place();
    let rate = rate(spec, place.rate)?;
    let base = endpoint::resolve(spec.endpoint.as_deref(), place.endpoint, place.hosts, with.allowed_endpoints)?;
    let setup = Setup { base, rate, timeout, observer: (with.observer)(place.name), clock: with.clock.clone() };
    let status = account.status.clone().unwrap_or_default();
    let Connected { provider, client } = at_provider.connect(secret, setup, with.allowed_endpoints)?;
    // S6: credentials of somebody else may see nothing of what was ordered, and that says nothing of it.
    let trusted = client.is_none() || status.client.is_none() || status.client == client;
    let proven = if trusted { status.search_proven } else { Default::default() };
    Ok(Account {
        client,
        trusted: AtomicBool::new(trusted),
        reference: ObjectRef::from_obj(account),
        provider,
        upstream: upstream(spec),
        // S3: whatever was sent has surely settled by then, and whoever sent it no longer leads.
        settle_time: settle_time.max(timeout * 2 + with.lease_duration),
        send_within: timeout,
        version,
        policy: spec.order_policy.clone().unwrap_or_default(),
        poll_interval,
        rate,
        circuits: AtomicU32::new(0),
        proven: Mutex::new(proven),
    })
}

fn rate(spec: &ProviderAccountSpec, known: Rate) -> Result<Rate, Unusable> {
    let Some(limits) = &spec.limits else { return Ok(known) };
    Ok(Rate {
        requests: NonZeroU32::new(limits.requests).ok_or(Unusable::Spec("spec.limits.requests is nought"))?,
        per: parse(&limits.per).ok_or(Unusable::Spec("spec.limits.per is not a duration"))?,
        concurrent: limits.concurrent,
    })
}
