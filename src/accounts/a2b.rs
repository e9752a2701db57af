//! An account at A2B: its credentials say which customer it is.

use k8s_openapi::api::core::v1::Secret;
use url::Url;

use super::build::{AtProvider, Connected, Place, Unusable};
use super::credentials::needed;
use super::{InAccount, Provider};
use crate::api::account::A2bAccount;
use crate::providers::a2b::{
    A2b, ASSUMED_RATE, Credentials, Guesses, ListQuery, PUBLIC_ENDPOINT, PUBLIC_HOSTS, ParameterNames,
};
use crate::providers::http::client::Setup;

impl AtProvider for A2bAccount {
    fn place(&self) -> Place {
        Place { name: "a2b", endpoint: PUBLIC_ENDPOINT, hosts: PUBLIC_HOSTS, rate: ASSUMED_RATE }
    }

    /// Numbers of orders are the same for all of A2B's customers.
    fn upstream(&self) -> String {
        "a2b".into()
    }

    fn for_people(&self) -> String {
        "A2B".into()
    }

    fn connect(&self, secret: &Secret, setup: Setup, _: &[Url]) -> Result<Connected, Unusable> {
        let (username, guesses) = (needed(secret, "username")?, guesses(self));
        // What was found where orders are looked for proves nothing of another place (S3, S6).
        let elsewhere = guesses.elsewhere().map(|place| format!(", orders {place}")).unwrap_or_default();
        let client = Some(username.clone() + &elsewhere);
        let credentials = Credentials { username, password: needed(secret, "password")?.into() };
        let provider = A2b::new(credentials, guesses, setup).map_err(Unusable::Client)?;
        Ok(Connected { provider: Provider::A2b(provider), client })
    }
}

impl InAccount for A2b {
    fn of(provider: &Provider) -> Option<&Self> {
        if let Provider::A2b(client) = provider { Some(client) } else { None }
    }
}

fn guesses(account: &A2bAccount) -> Guesses {
    let (paths, known) = (account.paths.clone().unwrap_or_default(), Guesses::default());
    let names = account.parameter_names.clone().unwrap_or_default();
    let list = account.list_query.clone().unwrap_or_default();
    let pair = |text: String| text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    Guesses {
        token: paths.token.unwrap_or(known.token),
        packages: paths.packages.unwrap_or(known.packages),
        order: paths.order.unwrap_or(known.order),
        orders: paths.orders.unwrap_or(known.orders),
        service_agreement: paths.service_agreement.unwrap_or(known.service_agreement),
        names: ParameterNames {
            source: names.source.unwrap_or(known.names.source),
            source_text: names.source_text.unwrap_or(known.names.source_text),
            target: names.target.unwrap_or(known.names.target),
            target_text: names.target_text.unwrap_or(known.names.target_text),
            customer_reference: names.customer_reference.unwrap_or(known.names.customer_reference),
        },
        list: ListQuery {
            paged: !list.unpaged,
            limit: list.limit.unwrap_or(known.list.limit),
            offset: list.offset.unwrap_or(known.list.offset),
            fixed: list.fixed.map_or(known.list.fixed, |fixed| fixed.into_iter().filter_map(pair).collect()),
        },
        listed: !account.no_order_list,
    }
}
