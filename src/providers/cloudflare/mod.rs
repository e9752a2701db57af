//! Cloudflare Network Interconnect (docs/providers.md 1).

pub mod wire;

use std::collections::HashMap;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName};
use secrecy::{ExposeSecret, SecretString};

use crate::base::clock::Moment;
use crate::providers::http::client::{Answer, Setup};
use crate::providers::http::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::http::shared_list::{SharedList, Snapshot};
use crate::providers::http::sign_in::{SignIn, bearer, secret_header};
use crate::providers::http::transport::{Asking, ProviderClient, Sending, Transport};
pub use wire::{Facility, Interconnect, Order, Slot, State};

/// The provider's public endpoint.
pub const PUBLIC_ENDPOINT: &str = "https://api.cloudflare.com/client/v4";
/// Hosts that are the provider's own.
pub const PUBLIC_HOSTS: &[&str] = &["api.cloudflare.com"];
/// The published limit: 1200 requests in five minutes (docs/providers.md 1.9).
pub const PUBLISHED_LIMIT: (u32, Duration) = (1200, Duration::from_secs(300));
/// Items asked for on each page. What the provider allows is a guess; fewer come as they come.
const PAGE: u32 = 100;
/// More pages than this are taken for a list without an end.
const MAX_PAGES: u32 = 10_000;

/// How to sign in.
pub enum Credentials {
    /// An API token.
    Token(SecretString),
    /// The legacy pair of e-mail address and global API key.
    EmailAndKey(String, SecretString),
}

/// The type of a partner interconnect with Google Cloud (docs/providers.md 1).
pub const GCP_PARTNER: &str = "gcp_partner";

/// One account at Cloudflare.
pub struct Cloudflare {
    account: String,
    transport: Transport,
    interconnects: SharedList<Interconnects>,
}

/// All interconnects of an account.
#[derive(Debug, Default)]
pub struct Interconnects {
    by_name: HashMap<String, Interconnect>,
    by_slot: HashMap<String, Vec<String>>,
}

impl Interconnects {
    fn new(items: Vec<Interconnect>) -> Self {
        let mut all = Self::default();
        for item in items {
            if let Some(slot) = &item.slot_id {
                all.by_slot.entry(slot.clone()).or_default().push(item.name.clone());
            }
            all.by_name.insert(item.name.clone(), item);
        }
        all
    }

    /// The interconnect of this name.
    pub fn get(&self, name: &str) -> Option<&Interconnect> {
        self.by_name.get(name)
    }

    /// Names of the interconnects on this slot.
    pub fn on_slot(&self, slot: &str) -> &[String] {
        self.by_slot.get(slot).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every interconnect.
    pub fn iter(&self) -> impl Iterator<Item = &Interconnect> {
        self.by_name.values()
    }
}

impl ProviderClient for Cloudflare {
    fn transport(&self) -> &Transport {
        &self.transport
    }

    async fn probe(&self, asking: Asking<'_>) -> Result<(), Failure> {
        let answer = self.read(asking, &["interconnects"], &[("limit", "1")]).await.map_err(ReadError::of_list)?;
        wire::page::<Interconnect>(&answer).map(|_| ())
    }
}

impl Cloudflare {
    /// The account `account`.
    pub fn new(account: String, credentials: &Credentials, setup: Setup) -> Result<Self, Failure> {
        let transport = Transport::new(setup, SignIn::Fixed(headers(credentials)?), wire::explain)?;
        Ok(Self { account, transport, interconnects: SharedList::default() })
    }

    /// All interconnects, by a list begun at `not_before` or later that others may share.
    pub async fn interconnects(&self, asking: Asking<'_>, not_before: Moment) -> Snapshot<Interconnects> {
        let fetch = async |asking: Asking<'_>| self.all(asking, "interconnects", &[]).await.map(Interconnects::new);
        self.transport.shared(&self.interconnects, asking, not_before, fetch).await
    }

    /// Whether the last list that was had, however old, shows something on this slot.
    pub fn last_seen_on(&self, slot: &str) -> bool {
        self.interconnects.latest().is_some_and(|all| !all.on_slot(slot).is_empty())
    }

    /// One interconnect.
    pub async fn interconnect(&self, asking: Asking<'_>, name: &str) -> Result<Interconnect, ReadError> {
        let answer = self.read(asking, &["interconnects", name], &[]).await?;
        Ok(wire::bare(&answer)?)
    }

    /// The state of one interconnect.
    pub async fn state(&self, asking: Asking<'_>, name: &str) -> Result<State, ReadError> {
        let answer = self.read(asking, &["interconnects", name, "status"], &[]).await?;
        Ok(wire::bare(&answer)?)
    }

    /// The Letter of Authorisation: the provider makes a new document each time.
    pub async fn loa(&self, asking: Asking<'_>, name: &str, customer_name: Option<&str>) -> Result<Vec<u8>, ReadError> {
        let query: Vec<_> = customer_name.map(|customer| ("name", customer)).into_iter().collect();
        Ok(self.read(asking, &["interconnects", name, "loa"], &query).await?.body)
    }

    /// One slot.
    pub async fn slot(&self, asking: Asking<'_>, id: &str) -> Result<Slot, ReadError> {
        let answer = self.read(asking, &["slots", id], &[]).await?;
        Ok(wire::bare(&answer)?)
    }

    /// The free slots of a site and speed, compared here as well: filters are not relied on.
    pub async fn free_slots(&self, asking: Asking<'_>, site: &str, speed: &str) -> Result<Vec<Slot>, Failure> {
        let mut slots: Vec<Slot> =
            self.all(asking, "slots", &[("site", site), ("speed", speed), ("occupied", "false")]).await?;
        slots.retain(|slot| {
            !slot.occupied && slot.site.eq_ignore_ascii_case(site) && slot.speed.eq_ignore_ascii_case(speed)
        });
        Ok(slots)
    }

    /// Ids of the CNI objects that hang on an interconnect.
    pub async fn cnis_on(&self, asking: Asking<'_>, name: &str) -> Result<Vec<String>, Failure> {
        let cnis: Vec<wire::Cni> = self.all(asking, "cnis", &[]).await?;
        Ok(cnis.into_iter().filter(|cni| cni.interconnect == name).map(|cni| cni.id).collect())
    }

    /// The body that orders a physical port.
    pub fn direct_order(&self, slot_id: String, speed: Option<String>) -> Order {
        Order::Direct { account: self.account.clone(), slot_id, speed }
    }

    /// The body that orders a partner interconnect with Google Cloud.
    pub fn partner_order(&self, bandwidth: String, pairing_key: String) -> Order {
        Order::GcpPartner { account: self.account.clone(), bandwidth, pairing_key }
    }

    /// Orders an interconnect.
    pub async fn create(&self, sending: Sending<'_>, order: &Order) -> Outcome<Interconnect> {
        let path = self.path(&["interconnects"]);
        self.transport.mutate(sending, Method::POST, &path, Some(order)).await.and_read(|answer| wire::bare(&answer))
    }

    /// Ends an interconnect.
    pub async fn delete(&self, sending: Sending<'_>, name: &str) -> Outcome<()> {
        let path = self.path(&["interconnects", name]);
        self.transport
            .mutate(sending, Method::DELETE, &path, None::<&()>)
            .await
            .and_read(|answer| wire::accepted(&answer))
    }

    async fn read(&self, asking: Asking<'_>, path: &[&str], query: &[(&str, &str)]) -> Result<Answer, ReadError> {
        self.transport.read(asking, &self.path(path), query).await
    }

    fn path<'a>(&'a self, path: &[&'a str]) -> Vec<&'a str> {
        [&["accounts", &self.account, "cni"], path].concat()
    }

    /// Every page of a list; a list that can't be read whole is none (S3).
    async fn all<T: wire::Item>(
        &self,
        asking: Asking<'_>,
        list: &str,
        filter: &[(&str, &str)],
    ) -> Result<Vec<T>, Failure> {
        let limit = PAGE.to_string();
        let mut items = Vec::new();
        let mut cursor: Option<i64> = None;
        for _ in 0..MAX_PAGES {
            let here = cursor.map(|cursor| cursor.to_string());
            let mut query = [filter, &[("limit", limit.as_str())]].concat();
            query.extend(here.as_deref().map(|cursor| ("cursor", cursor)));
            let answer = self.read(asking, &[list], &query).await.map_err(ReadError::of_list)?;
            let page = wire::page(&answer)?;
            items.extend(page.items);
            match page.next {
                None => return Ok(items),
                Some(next) if cursor.is_some_and(|cursor| next <= cursor) => break,
                Some(next) => cursor = Some(next),
            }
        }
        Err(Failure::new(FailureKind::Unreadable, format!("the list of {list} has no end")))
    }
}

fn headers(credentials: &Credentials) -> Result<HeaderMap, Failure> {
    match credentials {
        Credentials::Token(token) => bearer(token.expose_secret()),
        Credentials::EmailAndKey(email, key) => Ok(HeaderMap::from_iter([
            (HeaderName::from_static("x-auth-email"), secret_header(email)?),
            (HeaderName::from_static("x-auth-key"), secret_header(key.expose_secret())?),
        ])),
    }
}
