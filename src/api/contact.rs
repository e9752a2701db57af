//! Contact: a person at an exchange that speaks IX-API, with roles.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cel::immutable_account_ref;
use super::common::{CommonSpec, CommonStatus, circuit};

/// A person at an exchange, with roles.
#[derive(CustomResource, Clone, Debug, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "interconnect-operator.io",
    version = "v1alpha1",
    kind = "Contact",
    namespaced,
    status = "ContactStatus",
    category = "circuits",
    selectable = ".spec.accountRef.name",
    doc = "A person at Digital Realty (IX-API), with the roles that Cloud Access Ports need somebody for.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "ID", type_ = "string", json_path = ".status.externalId"),
    printcolumn(name = "Person", type_ = "string", json_path = ".spec.name"),
    printcolumn(name = "Roles", type_ = "string", json_path = ".spec.roles"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountRef.name", priority = 1),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", priority = 1),
    validation = immutable_account_ref("who is known to one account"),
)]
#[serde(rename_all = "camelCase")]
pub struct ContactSpec {
    /// What all circuits share.
    #[serde(flatten)]
    pub common: CommonSpec,
    /// The person's, or the team's, name.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// The e-mail address. Many roles need one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 80), regex(pattern = "^[^@ ]+@[^@ ]+$"))]
    pub email: Option<String>,
    /// The telephone number, such as +31201234567. Many roles need one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 40), regex(pattern = r"^\+?[0-9 ()./-]+$"))]
    pub telephone: Option<String>,
    /// Roles, by the provider's name or id of each, such as Implementation or NOC.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(min = 1, max = 64)), extend("x-kubernetes-list-type" = "set"))]
    pub roles: Vec<String>,
}

/// What is known of a person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactStatus {
    /// What all circuits share.
    #[serde(flatten)]
    pub common: CommonStatus,
    /// The roles that the provider shows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub role_assignments: Vec<AssignedRole>,
}

/// A role that a person has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AssignedRole {
    /// The role's name.
    pub role: String,
    /// The provider's id of the role.
    #[serde(rename = "roleId")]
    pub role_id: String,
    /// The provider's id of the assignment.
    pub id: String,
}

circuit!(Contact);
