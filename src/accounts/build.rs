//! From a ProviderAccount and its Secret to a client that is signed in.

use std::num::NonZeroU32;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kube::runtime::reflector::ObjectRef;
use url::Url;

use super::{Account, Provider, credentials, endpoint};
use crate::api::account::{A2bAccount, DigitalRealtyAccount, Identity, ProviderAccount, ProviderAccountSpec};
use crate::api::conditions::reason;
use crate::clock::Clock;
use crate::duration::parse;
use crate::providers::a2b::{self, A2b};
use crate::providers::cloudflare::{self, Cloudflare};
use crate::providers::equinix::{self, Equinix, Guesses};
use crate::providers::ix_api::{self, IxApi};
use crate::providers::limiter::Rate;
use crate::providers::outcome::Failure;
use crate::providers::transport::{Observer, Setup};

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
    pub observer: &'a (dyn Fn(&'static str) -> Observer + Send + Sync),
    /// The time.
    pub clock: &'a Clock,
}

/// What is a provider's own.
struct Place {
    name: &'static str,
    endpoint: &'static str,
    hosts: &'static [&'static str],
    rate: Rate,
}

fn place(identity: &Identity<'_>) -> Place {
    let (published, per) = cloudflare::PUBLISHED_LIMIT;
    let requests = NonZeroU32::new(published).unwrap_or(NonZeroU32::MIN);
    match identity {
        Identity::Cloudflare(_) => Place {
            name: "cloudflare",
            endpoint: cloudflare::PUBLIC_ENDPOINT,
            hosts: cloudflare::PUBLIC_HOSTS,
            rate: Rate { requests, per, concurrent: 4 },
        },
        Identity::Equinix(_) => Place {
            name: "equinix",
            endpoint: equinix::PUBLIC_ENDPOINT,
            hosts: equinix::PUBLIC_HOSTS,
            rate: equinix::ASSUMED_RATE,
        },
        Identity::DigitalRealty(_) => Place {
            name: "digital-realty",
            endpoint: ix_api::PUBLIC_ENDPOINT,
            hosts: ix_api::PUBLIC_HOSTS,
            rate: ix_api::ASSUMED_RATE,
        },
        Identity::A2b(_) => {
            Place { name: "a2b", endpoint: a2b::PUBLIC_ENDPOINT, hosts: a2b::PUBLIC_HOSTS, rate: a2b::ASSUMED_RATE }
        }
    }
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
    let place = place(&identity);
    let rate = rate(spec, place.rate)?;
    let base = endpoint::resolve(spec.endpoint.as_deref(), place.endpoint, place.hosts, with.allowed_endpoints)?;
    let setup = Setup { base, rate, timeout, observer: (with.observer)(place.name), clock: with.clock.clone() };
    let status = account.status.clone().unwrap_or_default();
    let client = client(&identity, secret)?;
    // S6: credentials of somebody else may see nothing of what was ordered, and that says nothing of it.
    let trusted = client.is_none() || status.client.is_none() || status.client == client;
    let proven = if trusted { status.search_proven } else { Default::default() };
    Ok(Account {
        client,
        trusted: AtomicBool::new(trusted),
        reference: ObjectRef::from_obj(account),
        provider: provider(&identity, secret, setup, with.allowed_endpoints)?,
        upstream: super::upstream(spec),
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

/// Whose credentials they are, where nothing else says which account it is; and where its orders are looked for, if
/// elsewhere than we guess: what was found there proves nothing of another place (S3, S6).
fn client(identity: &Identity<'_>, secret: &Secret) -> Result<Option<String>, Unusable> {
    match identity {
        Identity::Equinix(_) => Ok(Some(credentials::client(secret)?.client_id)),
        Identity::A2b(identity) => {
            let username = credentials::a2b(secret)?.username;
            let elsewhere = guesses(identity).elsewhere().map(|place| format!(", orders {place}"));
            Ok(Some(username + &elsewhere.unwrap_or_default()))
        }
        Identity::Cloudflare(_) | Identity::DigitalRealty(_) => Ok(None),
    }
}

fn provider(
    identity: &Identity<'_>,
    secret: &Secret,
    setup: Setup,
    allowed_endpoints: &[Url],
) -> Result<Provider, Unusable> {
    match identity {
        Identity::Cloudflare(identity) => {
            let credentials = credentials::cloudflare(secret)?;
            let client = Cloudflare::new(identity.account_id.clone(), &credentials, setup);
            client.map(Provider::Cloudflare).map_err(Unusable::Client)
        }
        Identity::Equinix(identity) => {
            let known = Guesses::default();
            let guesses = Guesses {
                filter_key: identity.search_filter_key.clone().unwrap_or(known.filter_key),
                loa_request_path: identity.loa_request_path.clone().unwrap_or(known.loa_request_path),
            };
            let client = Equinix::new(credentials::client(secret)?, guesses, setup);
            client.map(Provider::Equinix).map_err(Unusable::Client)
        }
        Identity::DigitalRealty(identity) => {
            let client = digital_realty(identity, secret, setup, allowed_endpoints)?;
            Ok(Provider::DigitalRealty(Box::new(client)))
        }
        Identity::A2b(identity) => {
            let client = A2b::new(credentials::a2b(secret)?, guesses(identity), setup);
            client.map(Provider::A2b).map_err(Unusable::Client)
        }
    }
}

fn guesses(identity: &A2bAccount) -> a2b::Guesses {
    let (paths, known) = (identity.paths.clone().unwrap_or_default(), a2b::Guesses::default());
    let names = identity.parameter_names.clone().unwrap_or_default();
    let list = identity.list_query.clone().unwrap_or_default();
    let pair = |text: String| text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    a2b::Guesses {
        token: paths.token.unwrap_or(known.token),
        packages: paths.packages.unwrap_or(known.packages),
        order: paths.order.unwrap_or(known.order),
        orders: paths.orders.unwrap_or(known.orders),
        service_agreement: paths.service_agreement.unwrap_or(known.service_agreement),
        names: a2b::ParameterNames {
            source: names.source.unwrap_or(known.names.source),
            source_text: names.source_text.unwrap_or(known.names.source_text),
            target: names.target.unwrap_or(known.names.target),
            target_text: names.target_text.unwrap_or(known.names.target_text),
            customer_reference: names.customer_reference.unwrap_or(known.names.customer_reference),
        },
        list: a2b::ListQuery {
            paged: !list.unpaged,
            limit: list.limit.unwrap_or(known.list.limit),
            offset: list.offset.unwrap_or(known.list.offset),
            fixed: list.fixed.map_or(known.list.fixed, |fixed| fixed.into_iter().filter_map(pair).collect()),
        },
        listed: !identity.no_order_list,
    }
}

fn digital_realty(
    identity: &DigitalRealtyAccount,
    secret: &Secret,
    setup: Setup,
    allowed_endpoints: &[Url],
) -> Result<IxApi, Unusable> {
    let token_endpoint = endpoint::resolve(
        identity.token_endpoint.as_deref(),
        ix_api::PUBLIC_TOKEN_ENDPOINT,
        ix_api::PUBLIC_HOSTS,
        allowed_endpoints,
    )?;
    let managing = identity.managing_account.clone();
    let accounts = ix_api::Accounts {
        consuming: identity.consuming_account.clone().unwrap_or_else(|| managing.clone()),
        billing: identity.billing_account.clone().unwrap_or_else(|| managing.clone()),
        managing,
    };
    let credentials = credentials::client(secret)?;
    IxApi::new(credentials, token_endpoint, accounts, identity.lag_loa, setup).map_err(Unusable::Client)
}

fn rate(spec: &ProviderAccountSpec, known: Rate) -> Result<Rate, Unusable> {
    let Some(limits) = &spec.limits else { return Ok(known) };
    Ok(Rate {
        requests: NonZeroU32::new(limits.requests).ok_or(Unusable::Spec("spec.limits.requests is nought"))?,
        per: parse(&limits.per).ok_or(Unusable::Spec("spec.limits.per is not a duration"))?,
        concurrent: limits.concurrent,
    })
}
