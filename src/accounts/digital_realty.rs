//! An account at Digital Realty, which speaks IX-API.

use k8s_openapi::api::core::v1::Secret;
use url::Url;

use super::build::{AtProvider, Connected, Place, Unusable};
use super::credentials::client_credentials;
use super::{InAccount, Provider, endpoint};
use crate::api::account::DigitalRealtyAccount;
use crate::providers::http::client::Setup;
use crate::providers::ix_api::{ASSUMED_RATE, Accounts, IxApi, PUBLIC_ENDPOINT, PUBLIC_HOSTS, PUBLIC_TOKEN_ENDPOINT};

impl AtProvider for DigitalRealtyAccount {
    fn place(&self) -> Place {
        Place { name: "digital-realty", endpoint: PUBLIC_ENDPOINT, hosts: PUBLIC_HOSTS, rate: ASSUMED_RATE }
    }

    fn upstream(&self) -> String {
        format!("digital-realty/{}", self.managing_account)
    }

    fn for_people(&self) -> String {
        self.managing_account.clone()
    }

    fn connect(&self, secret: &Secret, setup: Setup, allowed_endpoints: &[Url]) -> Result<Connected, Unusable> {
        let wanted = self.token_endpoint.as_deref();
        let token_endpoint = endpoint::resolve(wanted, PUBLIC_TOKEN_ENDPOINT, PUBLIC_HOSTS, allowed_endpoints)?;
        let managing = self.managing_account.clone();
        let accounts = Accounts {
            consuming: self.consuming_account.clone().unwrap_or_else(|| managing.clone()),
            billing: self.billing_account.clone().unwrap_or_else(|| managing.clone()),
            managing,
        };
        let client = IxApi::new(client_credentials(secret)?, token_endpoint, accounts, self.lag_loa, setup);
        let client = client.map_err(Unusable::Client)?;
        Ok(Connected { provider: Provider::DigitalRealty(Box::new(client)), client: None })
    }
}

impl InAccount for IxApi {
    fn of(provider: &Provider) -> Option<&Self> {
        if let Provider::DigitalRealty(client) = provider { Some(client) } else { None }
    }
}
