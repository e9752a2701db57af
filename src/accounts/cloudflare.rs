//! An account at Cloudflare.

use std::num::NonZeroU32;

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use url::Url;

use super::build::{AtProvider, Connected, Place, Unusable};
use super::credentials::{CredentialsError, text};
use super::{InAccount, Provider};
use crate::api::account::CloudflareAccount;
use crate::providers::cloudflare::{Cloudflare, Credentials, PUBLIC_ENDPOINT, PUBLIC_HOSTS, PUBLISHED_LIMIT};
use crate::providers::http::client::Setup;
use crate::providers::http::limiter::Rate;

/// The published limit, a few at a time.
const RATE: Rate = Rate { requests: REQUESTS, per: PUBLISHED_LIMIT.1, concurrent: 4 };
const REQUESTS: NonZeroU32 = NonZeroU32::new(PUBLISHED_LIMIT.0).unwrap();

impl AtProvider for CloudflareAccount {
    fn place(&self) -> Place {
        Place { name: "cloudflare", endpoint: PUBLIC_ENDPOINT, hosts: PUBLIC_HOSTS, rate: RATE }
    }

    fn upstream(&self) -> String {
        format!("cloudflare/{}", self.account_id)
    }

    fn for_people(&self) -> String {
        self.account_id.clone()
    }

    fn connect(&self, secret: &Secret, setup: Setup, _: &[Url]) -> Result<Connected, Unusable> {
        let client = Cloudflare::new(self.account_id.clone(), &credentials(secret)?, setup);
        Ok(Connected { provider: Provider::Cloudflare(client.map_err(Unusable::Client)?), client: None })
    }
}

impl InAccount for Cloudflare {
    fn of(provider: &Provider) -> Option<&Self> {
        if let Provider::Cloudflare(client) = provider { Some(client) } else { None }
    }
}

/// `apiToken`, or `email` and `apiKey`.
fn credentials(secret: &Secret) -> Result<Credentials, CredentialsError> {
    if let Some(token) = text(secret, "apiToken") {
        return Ok(Credentials::Token(token.into()));
    }
    let missing = |key| CredentialsError::Incomplete(secret.name_any(), key);
    match (text(secret, "email"), text(secret, "apiKey")) {
        (Some(email), Some(key)) => Ok(Credentials::EmailAndKey(email, key.into())),
        (Some(_), None) => Err(missing("apiKey")),
        (None, Some(_)) => Err(missing("email")),
        (None, None) => Err(missing("apiToken (or email and apiKey)")),
    }
}
