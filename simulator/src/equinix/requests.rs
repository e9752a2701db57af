//! LOA requests: an organisation asks another to issue LOAs to it. Nobody
//! can list them: they are mails with a form.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::Refusal;
use super::call::Call;
use super::loa::marker;
use super::parties::{Party, read_party_contacts};
use super::places;
use super::products::CROSS_CONNECT;
use super::store::Equinix;
use crate::answer::Answer;
use crate::fields::{Fields, Flaws};
use crate::site::Site;

/// What requests are called in the ledger and in the control interface.
pub const RESOURCE: &str = "loa-request";

/// The most LOAs that one request can ask for.
const MOST: u32 = 10;

/// The last segment of the path for requests, in which sources differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestPath {
    /// As a third party's client has it.
    #[default]
    #[serde(rename = "loaRequests")]
    Plural,
    /// As the developers' pages have it.
    #[serde(rename = "loaRequest")]
    Singular,
}

/// A request for LOAs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoaRequest {
    /// Its id, which its sender never learns.
    pub id: Uuid,
    /// Where the ports are to be.
    pub ibx: String,
    /// How many LOAs are asked for.
    pub requested_number: u32,
    /// Who asks.
    pub requestor: Party,
    /// Who is asked.
    pub provider: Party,
    /// What else there is to say.
    pub notes: Option<String>,
}

impl LoaRequest {
    /// The request as the control interface shows it.
    pub fn shown(&self) -> Value {
        let mut shown = json!(self);
        shown["key"] = self.notes.as_deref().and_then(marker).into();
        shown
    }

    /// An LOA that whoever was asked might issue on these ports.
    pub fn answer(&self, panel: &str, port_a: u32, port_b: u32, notes: Option<&str>) -> Value {
        let somebody = json!([{
            "type": "TECHNICAL", "firstName": "Some", "lastName": "Body",
            "details": [{"type": "EMAIL", "value": "somebody@example.com"}],
        }]);
        json!({
            "products": [{"type": CROSS_CONNECT, "crossConnect": {
                "connectionService": "Single-Mode Fiber",
                "mediaType": "SINGLE-MODE FIBER",
                "protocolType": "10 GIG ETHERNET",
                "zSide": {"connectorType": "LC", "patchPanelId": panel, "portA": port_a, "portB": port_b},
            }}],
            "requestor": self.requestor,
            "provider": {"contacts": self.provider.contacts.clone().unwrap_or(somebody)},
            "notes": notes,
        })
    }
}

/// POST digitalLoas/loaRequests.
pub fn create_by_plural(site: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    create(site, call, RequestPath::Plural)
}

/// POST digitalLoas/loaRequest.
pub fn create_by_singular(site: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    create(site, call, RequestPath::Singular)
}

fn create(site: &mut Site<Equinix>, call: &Call, path: RequestPath) -> Result<Answer, Refusal> {
    if path != site.store.behaviour.loa_request_path {
        return Err(Refusal::not_found("Resource not found"));
    }
    let request = read(call)?;
    let key = request.notes.as_deref().and_then(marker);
    site.record("create", RESOURCE, &request.id.to_string(), key.as_deref());
    site.store.requests.push(request);
    Ok(Answer::Empty(StatusCode::CREATED))
}

fn read(call: &Call) -> Result<LoaRequest, Refusal> {
    let fields = Fields::of(&call.body)?;
    let mut flaws = Flaws::default();
    let ibx = flaws.note(fields.filled("ibx").and_then(|code| {
        let ibx = places::ibx(code);
        ibx.ok_or_else(|| fields.refuse("ibx", "there is no such IBX"))
    }));
    let requested_number = flaws.note(fields.number_within("requestedNumber", 1, MOST));
    let contacts = flaws.note(read_party_contacts(&fields, "requestor"));
    let provider = flaws.note(fields.object("provider").and_then(|it| Party::read(&it)));
    let notes = flaws.note(fields.optional_text("notes"));
    match (ibx, requested_number, contacts, provider, notes) {
        (Some(ibx), Some(requested_number), Some(contacts), Some(provider), Some(notes)) => Ok(LoaRequest {
            id: Uuid::new_v4(),
            ibx: ibx.code.to_owned(),
            requested_number,
            requestor: Party::known(call.caller.organization(), Some(contacts)),
            provider,
            notes: notes.map(str::to_owned),
        }),
        _ => Err(flaws.into()),
    }
}
