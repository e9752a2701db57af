//! ProviderAccount: one account at one provider.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cel::Field::{Arms, Optional, Required};
use super::cel::{absolute_url, exactly_one, immutable, matches};

/// One account at one provider: where it is, how to sign in, how fast to ask, and what may be ordered.
#[derive(CustomResource, Clone, Debug, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "interconnect-operator.io",
    version = "v1alpha1",
    kind = "ProviderAccount",
    namespaced,
    status = "ProviderAccountStatus",
    shortname = "pa",
    category = "circuits",
    doc = "One account at a provider of physical interconnects: credentials, limits and order policy.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Account", type_ = "string", json_path = ".status.upstreamAccount"),
    printcolumn(name = "Circuits", type_ = "integer", json_path = ".status.circuits"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = immutable(&[
    Optional("cloudflare"),
    Arms(&[
        ("equinix", &[]),
        ("a2b", &[]),
        ("digitalRealty", &[Required("managingAccount"), Optional("tokenEndpoint")]),
    ]),
]).message("the provider and its account id are immutable: circuits were ordered from them. \
    Make another ProviderAccount"))]
#[x_kube(validation = immutable(&[Optional("endpoint")])
    .message("spec.endpoint is immutable: circuits were ordered there. Make another ProviderAccount"))]
#[x_kube(validation = exactly_one(&["cloudflare", "equinix", "digitalRealty", "a2b"])
    .message("name the provider: set exactly one of spec.cloudflare, spec.equinix, spec.digitalRealty and spec.a2b"))]
pub struct ProviderAccountSpec {
    /// An account at Cloudflare, for Network Interconnects (CNI).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloudflare: Option<CloudflareAccount>,
    /// An organisation at Equinix, for Digital LOAs: the client whose credentials are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equinix: Option<EquinixAccount>,
    /// Accounts at Digital Realty, for Cloud Access Ports over IX-API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digital_realty: Option<DigitalRealtyAccount>,
    /// A customer of A2B, for cross and metro connects: the one whose user and password are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a2b: Option<A2bAccount>,
    /// Where the provider's API is. Default: the provider's public one. Other hosts only if the operator runs with --allow-endpoint. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    #[x_kube(validation = absolute_url("https://api.cloudflare.com/client/v4"))]
    pub endpoint: Option<String>,
    /// The Secret, in the same namespace, with the credentials. Cloudflare: apiToken, or email and apiKey. Equinix and Digital Realty: clientId and clientSecret. A2B: username and password.
    pub credentials_secret_ref: SecretRef,
    /// How often each circuit is looked at, such as 30s, 5m or 1h. Default 5m.
    #[serde(default = "default_poll_interval")]
    #[schemars(length(min = 2, max = 10), regex(pattern = r"^[1-9][0-9]*(ms|s|m|h)$"))]
    pub poll_interval: String,
    /// How long an order without an answer may still act, and lists may lag behind. Default 15m.
    #[serde(default = "default_settle_time")]
    #[schemars(length(min = 2, max = 10), regex(pattern = r"^[1-9][0-9]*(ms|s|m|h)$"))]
    pub settle_time: String,
    /// How fast the provider may be asked. Default: what it publishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// What may be ordered from this account, and whether a person must approve it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_policy: Option<OrderPolicy>,
}

fn default_poll_interval() -> String {
    "5m".into()
}

fn default_settle_time() -> String {
    "15m".into()
}

/// Which account it is, at which provider.
pub enum Identity<'a> {
    /// Cloudflare.
    Cloudflare(&'a CloudflareAccount),
    /// Equinix.
    Equinix(&'a EquinixAccount),
    /// Digital Realty.
    DigitalRealty(&'a DigitalRealtyAccount),
    /// A2B.
    A2b(&'a A2bAccount),
}

impl ProviderAccountSpec {
    /// The account that is named. None: the schema lets in no spec that names none.
    pub fn identity(&self) -> Option<Identity<'_>> {
        let cloudflare = self.cloudflare.as_ref().map(Identity::Cloudflare);
        let equinix = self.equinix.as_ref().map(Identity::Equinix);
        let digital_realty = self.digital_realty.as_ref().map(Identity::DigitalRealty);
        cloudflare.or(equinix).or(digital_realty).or(self.a2b.as_ref().map(Identity::A2b))
    }
}

/// An account at Cloudflare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloudflareAccount {
    /// The account id (account tag): 32 hexadecimal digits.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = matches("^[0-9a-f]{32}$")
        .message("must be the account id: 32 hexadecimal digits, as the dashboard's URL shows it"))]
    pub account_id: String,
}

/// An organisation at Equinix. Which one, its credentials say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EquinixAccount {
    /// Asks for access to the private beta of Digital LOA, in this name, if the account has none. Absent: it is not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta_access: Option<BetaAccess>,
    /// True: agrees to the terms of the beta, if that wasn't done. Default false: a person agrees in the portal.
    #[serde(default)]
    pub accept_beta_terms: bool,
    /// The last segment of the path by which partners are asked for LOAs. Two are known; default loaRequests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Za-z]+$"))]
    pub loa_request_path: Option<String>,
    /// The word around the criteria of a search. A guess: default and.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Za-z]+$"))]
    pub search_filter_key: Option<String>,
}

/// Who asks for access to the private beta.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BetaAccess {
    /// The e-mail address of the user who asks.
    #[schemars(length(min = 3, max = 254), regex(pattern = "^[^@ ]+@[^@ ]+$"))]
    pub email: String,
    /// The name of the user's company.
    #[schemars(length(min = 1, max = 200))]
    pub company_name: String,
}

/// Accounts at Digital Realty. The credentials must be able to use them all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct DigitalRealtyAccount {
    /// Where tokens are given out. Default: the provider's public place. Other hosts only if the operator runs with --allow-endpoint. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    #[x_kube(validation = absolute_url("https://login.digitalrealty.com/connect/token"))]
    pub token_endpoint: Option<String>,
    /// The account that manages what is ordered, such as A0087999. Immutable.
    #[schemars(length(min = 1, max = 64))]
    pub managing_account: String,
    /// The account that uses what is ordered. Default: the managing one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub consuming_account: Option<String>,
    /// The account that pays for what is ordered. Default: the managing one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub billing_account: Option<String>,
    /// True: a LAG has an LOA of its own, besides those of its ports. Default false: the provider has none yet.
    #[serde(default)]
    pub lag_loa: bool,
}

/// A customer of A2B. Which one, the credentials say. No specification of the API is public: what is guessed
/// can be set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct A2bAccount {
    /// Where things are below the endpoint. All are guesses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<A2bPaths>,
    /// What A2B calls the parameters of an order that have fields of their own here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter_names: Option<A2bParameterNames>,
    /// How a page of the list of orders is asked for. A guess.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_query: Option<A2bListQuery>,
    /// True: the provider has no list of orders. Then an order whose answer is lost can't be found again, and a person must tell what became of it. Default false.
    #[serde(default)]
    pub no_order_list: bool,
}

/// Paths at A2B, below the endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct A2bPaths {
    /// Tokens. Default v1/token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200), regex(pattern = "^[A-Za-z0-9/._-]+$"))]
    pub token: Option<String>,
    /// What can be ordered. Default v1/direct-order/dc-connection/packages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200), regex(pattern = "^[A-Za-z0-9/._-]+$"))]
    pub packages: Option<String>,
    /// Where a package is ordered. Default v1/direct-order/dc-connection/{packageCode}.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 200),
        regex(pattern = r"^/?([A-Za-z0-9._-]+/)*\{packageCode\}(/[A-Za-z0-9._-]+)*$")
    )]
    pub order: Option<String>,
    /// All orders, and with its number behind, one of them. Default v1/direct-order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200), regex(pattern = "^[A-Za-z0-9/._-]+$"))]
    pub orders: Option<String>,
    /// The service agreement of an order. Default v1/direct-order/{orderId}/sa.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200), regex(pattern = r"^/?([A-Za-z0-9._-]+/)*\{orderId\}(/[A-Za-z0-9._-]+)*$"))]
    pub service_agreement: Option<String>,
}

/// What A2B calls the parameters of an order that have fields of their own here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct A2bParameterNames {
    /// The rack where it begins. Default sourceId.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub source: Option<String>,
    /// Where in the rack it begins. Default sourceText.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub source_text: Option<String>,
    /// The rack where it ends. Default targetId.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub target: Option<String>,
    /// Where at the target it ends. Default targetText.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub target_text: Option<String>,
    /// Your own reference. Default custRef.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub customer_reference: Option<String>,
}

/// How a page of the list of orders is asked for. A guess.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct A2bListQuery {
    /// True: the provider gives all orders in one answer, whatever the page. Default false.
    #[serde(default)]
    pub unpaged: bool,
    /// The parameter that says how many orders a page has. Default limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub limit: Option<String>,
    /// The parameter that says how many orders come before the page. Default offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub offset: Option<String>,
    /// What else each page is asked with, as name=value; it must list the oldest orders first, so that new ones shift no page. Default orderBy[]=orderDateTime:asc.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10), inner(length(min = 2, max = 200), regex(pattern = "^[^=]+=.*$")))]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub fixed: Option<Vec<String>>,
}

/// Names a Secret in the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecretRef {
    /// Name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// How fast a provider may be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// Requests in each period.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub requests: u32,
    /// The period, such as 1s or 5m.
    #[schemars(length(min = 2, max = 10), regex(pattern = r"^[1-9][0-9]*(ms|s|m|h)$"))]
    pub per: String,
    /// Requests at the same time. Default 4.
    #[serde(default = "default_concurrent")]
    #[schemars(range(min = 1, max = 64))]
    pub concurrent: u16,
}

fn default_concurrent() -> u16 {
    4
}

/// What may be ordered without asking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderPolicy {
    /// Required: every order waits until a person approves its plan.
    #[serde(default)]
    pub approval: Approval,
    /// The most that one order may cost. A provider that tells no price needs approval instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_order: Option<Ceilings>,
}

/// Whether an order needs a person's approval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Approval {
    /// Orders are placed as they come.
    #[default]
    NotRequired,
    /// Every order waits for the annotation approved-plan.
    Required,
}

/// The most that one order may cost, in the provider's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ceilings {
    /// Each month (MRC), such as "500.00".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20), regex(pattern = r"^[0-9]+(\.[0-9]{1,2})?$"))]
    pub monthly: Option<String>,
    /// Once (NRC), such as "1000.00".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20), regex(pattern = r"^[0-9]+(\.[0-9]{1,2})?$"))]
    pub once: Option<String>,
}

/// What is known of an account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderAccountStatus {
    /// The generation of the spec that this status speaks of; -1 before the first look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready: the credentials were tried against a harmless read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The provider's name of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_account: Option<String>,
    /// The Secret that is held while this account needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_secret: Option<String>,
    /// How many circuits use this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circuits: Option<u32>,
    /// By resource: whether what was ordered was then found by a search, as it must be before a search's silence is believed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub search_proven: BTreeMap<String, bool>,
    /// Where the credentials are the account: the client whose credentials last showed an upstream object that is recorded here. At A2B also where its orders are looked for, if that is set. Another client's silence about it is not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// What Equinix tells of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equinix: Option<EquinixStatus>,
    /// The last value of the annotation reconcile-at that was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}

/// What Equinix tells of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EquinixStatus {
    /// Whether it may take part in the private beta of Digital LOA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta_access: Option<bool>,
    /// When access to the private beta was asked for; it is not asked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub beta_access_asked_at: Option<Timestamp>,
    /// Whether the terms of the beta were agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta_terms_accepted: Option<bool>,
}
