//! Port reservations: the single ports of connections.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Refusal;
use super::call::Call;
use super::connection::{Mode, References};
use super::lifecycle::Life;
use super::offerings::{self, Offering};
use super::store::DigitalRealty;
use crate::answer::Answer;
use crate::clock::Moment;
use crate::fields::{Fields, Flaws};
use crate::site::Site;

/// What port reservations are called in the ledger and in the control interface.
pub const RESOURCE: &str = "port-reservation";

/// A port reservation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reservation {
    /// Its id, which is also the port's.
    pub id: String,
    /// The id of the connection that the port is for.
    pub connection: String,
    /// What was ordered.
    pub product_offering: String,
    /// The number in its id.
    pub number: u32,
    /// What the client calls it by.
    pub references: References,
    /// Who is to connect to it, if that is somebody else.
    pub connecting_party: Option<String>,
    /// The client's word for the cross connect.
    pub cross_connect_id: Option<String>,
    /// How it lives.
    pub life: Life,
}

/// What a client can say of a port.
struct Wish {
    references: References,
    connecting_party: Option<String>,
    cross_connect_id: Option<String>,
}

impl Wish {
    fn read(fields: &Fields<'_>, flaws: &mut Flaws) -> Option<Self> {
        const DEMARC: &str = "subscriber_side_demarc";
        let references = flaws.note(References::read(fields));
        let connecting_party = flaws.note(fields.optional_text("connecting_party"));
        let cross_connect_id = flaws.note(fields.optional_text("cross_connect_id"));
        flaws.note(match fields.optional(DEMARC) {
            None => Ok(()),
            Some(_) => Err(fields.refuse(DEMARC, "is for cross connects that the exchange initiates")),
        })?;
        Some(Self {
            references: references?,
            connecting_party: connecting_party?.map(str::to_owned),
            cross_connect_id: cross_connect_id?.map(str::to_owned),
        })
    }
}

impl Reservation {
    /// The id of a port of that number.
    pub fn id_of(offering: &Offering, number: u32) -> String {
        format!("CA{}-{number:06}", offering.pop().metro.country)
    }

    /// Where the port is, which is what the LOA names.
    pub fn demarc(&self) -> String {
        let offering = offerings::find(&self.product_offering);
        let pop = offering.expect("every reservation's offering is in the table").pop();
        let (port, unit, rack) = (self.number % 24 * 2 + 1, self.number / 24 % 40 + 1, self.number / 960);
        let metro = pop.metro;
        let building = format!("{}.{}.{}", metro.country, metro.id, pop.facility);
        format!("{building}.L99.{rack:03}.A.B02.U{unit:02}.X{port:02}/{:02}", port + 1)
    }

    /// The reservation as answers show it.
    pub fn shown(&self, now: Timestamp) -> Value {
        let placed = self.life.is_placed(now);
        let mut shown = json!({
            "id": self.id,
            "connection": self.connection,
            "port": placed.then_some(&self.id),
            "exchange_side_demarc": placed.then(|| self.demarc()),
            "connecting_party": self.connecting_party,
            "cross_connect_id": self.cross_connect_id,
            "external_ref": self.references.external_ref,
            "purchase_order": self.references.purchase_order,
            "contract_ref": self.references.contract_ref,
        });
        self.life.tell(&mut shown, now);
        shown
    }
}

impl DigitalRealty {
    /// Adds a port to a LAG, whoever asks for it. That a port which is to end
    /// counts until it has is a guess.
    pub fn add_port(&mut self, body: &Value, now: Moment) -> Result<Reservation, Refusal> {
        let fields = Fields::of(body)?;
        let mut flaws = Flaws::default();
        let id = flaws.note(fields.text("connection"));
        let connection = id.and_then(|id| {
            let found = self.connection(id, now.simulated);
            flaws.note(found.map_err(|_| fields.refuse("connection", "there is no such connection")))
        });
        let (Some(wish), Some(connection)) = (Wish::read(&fields, &mut flaws), connection) else {
            return Err(flaws.into());
        };
        let offering = connection.offering();
        if connection.mode != Mode::LagLacp || !connection.life.is_live(now.simulated) {
            return Err(Refusal::unable("only a LAG that lives on can have further ports"));
        }
        if self.members(connection, now.simulated).len() as u32 >= connection.mode.most_ports(offering) {
            return Err(Refusal::unable("the LAG has as many ports as it can have"));
        }
        let connection = connection.id.clone();
        let number = self.next_number();
        let Wish { references, connecting_party, cross_connect_id } = wish;
        let id = Reservation::id_of(offering, number);
        let life = Life::new(now.simulated);
        let product_offering = offering.id.to_owned();
        let added = Reservation {
            id,
            connection,
            product_offering,
            number,
            references,
            connecting_party,
            cross_connect_id,
            life,
        };
        self.put_reservation(added.clone());
        Ok(added)
    }
}

/// GET port-reservations.
pub fn list(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let now = call.now.simulated;
    let wanted = site.store.reservations(now).filter(|it| {
        call.sees(it.life.created)
            && call.fits_one("id", |wanted| wanted == it.id)
            && call.fits("state", |wanted| wanted == it.life.state(now))
            && call.fits("connection", |wanted| wanted == it.connection)
            && call.fits("port", |wanted| wanted == it.id)
            && call.fits("external_ref", |wanted| it.references.external_ref.as_deref() == Some(wanted))
    });
    call.list(wanted.map(|it| it.shown(now)))
}

/// GET port-reservations/{id}.
pub fn get(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let now = call.now.simulated;
    site.store.reservation(&call.id, now).map(|it| Answer::ok(it.shown(now)))
}

/// POST port-reservations. What the contract doesn't have, such as the `state`
/// in the provider's sample, is ignored.
pub fn create(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let added = site.store.add_port(&call.body, call.now)?;
    record(site, "create", &added);
    Ok(Answer::created(added.shown(call.now.simulated)))
}

/// PATCH port-reservations/{id}.
pub fn patch(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let provider = &mut *site.store;
    let now = call.now.simulated;
    let present = provider.reservation(&call.id, now)?.clone();
    let fields = Fields::of(&call.body)?;
    if fields.raw("connection").is_some() {
        return Err(fields.refuse("connection", "cannot be changed").into());
    }
    if !present.life.is_live(now) {
        return Err(Refusal::unable(format!("the state is {}", present.life.state(now))));
    }
    let mut whole = json!(present.references);
    whole["connecting_party"] = present.connecting_party.clone().into();
    whole["cross_connect_id"] = present.cross_connect_id.clone().into();
    let merged = fields.merged_into(whole);
    let mut flaws = Flaws::default();
    let Some(wish) = Wish::read(&Fields::of(&merged)?, &mut flaws) else {
        return Err(flaws.into());
    };
    let Wish { references, connecting_party, cross_connect_id } = wish;
    let changed = Reservation { references, connecting_party, cross_connect_id, ..present };
    provider.put_reservation(changed.clone());
    record(site, "update", &changed);
    Ok(Answer::ok(changed.shown(now)))
}

/// Writes into the ledger what was just done to a port reservation.
pub fn record(site: &mut Site<DigitalRealty>, operation: &str, reservation: &Reservation) {
    let key = reservation.references.external_ref.as_deref();
    site.record(operation, RESOURCE, &reservation.id, key);
}
