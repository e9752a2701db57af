//! An account at Equinix: its credentials say which organisation it is.

pub mod beta;

use k8s_openapi::api::core::v1::Secret;
use url::Url;

use super::build::{AtProvider, Connected, Place, Unusable};
use super::credentials::client_credentials;
use super::{InAccount, Provider};
use crate::api::account::EquinixAccount;
use crate::providers::equinix::{ASSUMED_RATE, Equinix, Guesses, PUBLIC_ENDPOINT, PUBLIC_HOSTS};
use crate::providers::http::client::Setup;

/// The account at the provider: ids are the same for all of Equinix' customers.
pub const UPSTREAM: &str = "equinix";
/// The same, for people.
pub const FOR_PEOPLE: &str = "Equinix";

impl AtProvider for EquinixAccount {
    fn place(&self) -> Place {
        Place { name: "equinix", endpoint: PUBLIC_ENDPOINT, hosts: PUBLIC_HOSTS, rate: ASSUMED_RATE }
    }

    fn upstream(&self) -> String {
        UPSTREAM.into()
    }

    fn for_people(&self) -> String {
        FOR_PEOPLE.into()
    }

    fn connect(&self, secret: &Secret, setup: Setup, _: &[Url]) -> Result<Connected, Unusable> {
        let known = Guesses::default();
        let guesses = Guesses {
            filter_key: self.search_filter_key.clone().unwrap_or(known.filter_key),
            loa_request_path: self.loa_request_path.clone().unwrap_or(known.loa_request_path),
        };
        let credentials = client_credentials(secret)?;
        let client = Some(credentials.client_id.clone());
        let provider = Equinix::new(credentials, guesses, setup).map_err(Unusable::Client)?;
        Ok(Connected { provider: Provider::Equinix(provider), client })
    }
}

impl InAccount for Equinix {
    fn of(provider: &Provider) -> Option<&Self> {
        if let Provider::Equinix(client) = provider { Some(client) } else { None }
    }
}
