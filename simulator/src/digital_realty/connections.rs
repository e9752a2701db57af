//! Connections: ordered, read and changed.

use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::Refusal;
use super::call::Call;
use super::connection::{Connection, Mode, References, Terms};
use super::lifecycle::Life;
use super::offerings::Offering;
use super::reservations::Reservation;
use super::store::DigitalRealty;
use crate::answer::Answer;
use crate::clock::Moment;
use crate::fields::{Fields, Flaw, Flaws, parse_uuid};
use crate::site::Site;

/// What connections are called in the ledger and in the control interface.
pub const RESOURCE: &str = "connection";

/// What is of the order only: ports come and go as port reservations, and
/// each of these has its party.
const ORDER_ONLY: [&str; 2] = ["port_quantity", "connecting_party"];

impl DigitalRealty {
    /// The connection as answers show it.
    pub fn shown(&self, connection: &Connection, now: Moment) -> Value {
        connection.shown(&self.members(connection, now.simulated), now.simulated)
    }

    /// Orders a connection, whoever asks for it.
    pub fn order(&mut self, body: &Value, now: Moment) -> Result<Connection, Refusal> {
        let fields = Fields::of(body)?;
        let mut flaws = Flaws::default();
        let offering = flaws.note(self.wanted_offering(&fields));
        let terms = self.read_terms(&fields, offering, &mut flaws);
        let mode = flaws.note(Mode::read(&fields));
        let most = offering.zip(mode).map_or(8, |(offering, mode)| mode.most_ports(offering));
        let quantity = flaws.note(fields.number_within("port_quantity", 1, most));
        let party = flaws.note(fields.optional_text("connecting_party"));
        let no_demarcs = flaws.note(no_demarcs(&fields));
        let (Some(offering), Some(terms), Some(mode), Some(quantity), Some(party), Some(())) =
            (offering, terms, mode, quantity, party, no_demarcs)
        else {
            return Err(flaws.into());
        };
        Ok(self.build(Order { offering, terms, mode, quantity, party: party.map(str::to_owned) }, now))
    }

    fn build(&mut self, order: Order, now: Moment) -> Connection {
        let Order { offering, terms, mode, quantity, party } = order;
        let country = offering.pop().metro.country;
        let numbers: Vec<u32> = (0..quantity).map(|_| self.next_number()).collect();
        let id = match mode {
            Mode::Standalone => Reservation::id_of(offering, numbers[0]),
            Mode::LagLacp => format!("LAG{country}-{:06}", self.next_number()),
        };
        let life = Life::new(now.simulated);
        let connection = Connection {
            id: id.clone(),
            mode,
            product_offering: offering.id.to_owned(),
            members: Vec::new(),
            terms: terms.clone(),
            life: life.clone(),
        };
        self.put_connection(connection);
        for number in numbers {
            self.put_reservation(Reservation {
                id: Reservation::id_of(offering, number),
                connection: id.clone(),
                product_offering: offering.id.to_owned(),
                number,
                references: terms.references.clone(),
                connecting_party: party.clone(),
                cross_connect_id: None,
                life: life.clone(),
            });
        }
        self.connection(&id, now.simulated).expect("it was just put there").clone()
    }

    /// Reads what can be changed later, too.
    fn read_terms(&self, fields: &Fields<'_>, offering: Option<&Offering>, flaws: &mut Flaws) -> Option<Terms> {
        let managing_account = flaws.note(self.wanted_account(fields, "managing_account"));
        let consuming_account = flaws.note(self.wanted_account(fields, "consuming_account"));
        let billing_account = flaws.note(self.wanted_account(fields, "billing_account"));
        let references = flaws.note(References::read(fields));
        let role_assignments = flaws.note(self.read_assignments(fields, offering));
        // Demanded by the provider, not by the standard (docs/providers.md 3.4).
        let lacp_timeout = flaws.note(fields.choice("lacp_timeout", &["slow", "fast"]));
        Some(Terms {
            managing_account: managing_account?,
            consuming_account: consuming_account?,
            billing_account: billing_account?,
            references: references?,
            role_assignments: role_assignments?,
            lacp_timeout: lacp_timeout?.to_owned(),
        })
    }

    /// Role assignments, which must cover the roles that the offering requires.
    fn read_assignments(&self, fields: &Fields<'_>, offering: Option<&Offering>) -> Result<Vec<Uuid>, Flaw> {
        const NAME: &str = "role_assignments";
        let known = |id: &str| parse_uuid(id).and_then(|id| self.assignments.get(&id));
        let named = fields.texts_if_any(NAME)?.into_iter().map(known).collect::<Option<Vec<_>>>();
        let named = named.ok_or_else(|| fields.refuse(NAME, "must be ids of role assignments"))?;
        let mut required = offering.into_iter().flat_map(|it| it.roles);
        if let Some(lacking) = required.find(|role| named.iter().all(|it| it.role().id != role.id)) {
            return Err(fields.refuse(NAME, &format!("the offering requires the role {}", lacking.id)));
        }
        Ok(named.into_iter().map(|it| it.id).collect())
    }
}

/// A connection that can be ordered.
struct Order {
    offering: &'static Offering,
    terms: Terms,
    mode: Mode,
    quantity: u32,
    party: Option<String>,
}

/// The subscriber's side is asked for only where the exchange initiates the cross connect.
fn no_demarcs(fields: &Fields<'_>) -> Result<(), Flaw> {
    const NAME: &str = "subscriber_side_demarcs";
    let some = fields.optional(NAME).map(|_| fields.texts_if_any(NAME)).transpose()?;
    if some.is_some_and(|some| !some.is_empty()) {
        return Err(fields.refuse(NAME, "is for cross connects that the exchange initiates"));
    }
    Ok(())
}

/// GET connections.
pub fn list(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let provider = &*site.store;
    let now = call.now.simulated;
    let wanted = provider.connections(now).filter(|it| {
        let (state, pop, terms) = (it.life.state(now), it.offering().pop(), &it.terms);
        let assignments = || terms.role_assignments.iter().filter_map(|id| provider.assignments.get(id));
        call.sees(it.life.created)
            && call.fits_one("id", |wanted| wanted == it.id)
            && call.fits("state", |wanted| wanted == state)
            && call.fits("state__is_not", |wanted| wanted != state)
            && call.fits("mode", |wanted| wanted == it.mode.word())
            && call.fits("name", |wanted| wanted == it.id)
            && call.fits("pop", |wanted| wanted == pop.id)
            && call.fits("facility", |wanted| wanted == pop.facility)
            && call.fits("metro_area_network", |wanted| wanted == pop.metro.id)
            && call.fits_one("role_assignments", |id| assignments().any(|it| parse_uuid(id) == Some(it.id)))
            && call.fits_one("contacts", |id| assignments().any(|it| parse_uuid(id) == Some(it.contact)))
            && call.fits("external_ref", |wanted| terms.references.external_ref.as_deref() == Some(wanted))
    });
    call.list(wanted.map(|it| provider.shown(it, call.now)))
}

/// GET connections/{id}.
pub fn get(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let provider = &*site.store;
    provider.connection(&call.id, call.now.simulated).map(|it| Answer::ok(provider.shown(it, call.now)))
}

/// POST connections.
pub fn create(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let connection = site.store.order(&call.body, call.now)?;
    record(site, "create", &connection);
    Ok(Answer::created(site.store.shown(&connection, call.now)))
}

/// PUT connections/{id}.
pub fn replace(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    update(site, call, &call.body)
}

/// PATCH connections/{id}.
pub fn patch(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let present = site.store.connection(&call.id, call.now.simulated)?;
    let mut whole = json!(present.terms);
    whole["mode"] = present.mode.word().into();
    whole["product_offering"] = present.product_offering.as_str().into();
    let merged = Fields::of(&call.body)?.merged_into(whole);
    update(site, call, &merged)
}

/// Changes a connection. That neither mode nor offering can become another is a
/// guess: the id tells the mode, and offerings allow no up- or downgrade.
fn update(site: &mut Site<DigitalRealty>, call: &Call, body: &Value) -> Result<Answer, Refusal> {
    let provider = &mut *site.store;
    let now = call.now.simulated;
    let mut connection = provider.connection(&call.id, now)?.clone();
    let fields = Fields::of(body)?;
    let mut flaws = Flaws::default();
    for name in ORDER_ONLY.into_iter().filter(|name| fields.raw(name).is_some()) {
        flaws.note::<()>(Err(fields.refuse(name, "cannot be changed here")));
    }
    let terms = provider.read_terms(&fields, Some(connection.offering()), &mut flaws);
    let mode = flaws.note(Mode::read(&fields));
    let offering = flaws.note(fields.text("product_offering"));
    flaws.note(no_demarcs(&fields));
    let (Some(terms), Some(mode), Some(offering), true) = (terms, mode, offering, flaws.0.is_empty()) else {
        return Err(flaws.into());
    };
    if mode != connection.mode || offering != connection.product_offering {
        return Err(Refusal::unable("mode and product_offering cannot be changed"));
    }
    if !connection.life.is_live(now) {
        return Err(Refusal::unable(format!("the state is {}", connection.life.state(now))));
    }
    connection.terms = terms;
    provider.put_connection(connection.clone());
    record(site, "update", &connection);
    Ok(Answer::ok(site.store.shown(&connection, call.now)))
}

/// Writes into the ledger what was just done to a connection.
pub fn record(site: &mut Site<DigitalRealty>, operation: &str, connection: &Connection) {
    let key = connection.terms.references.external_ref.as_deref();
    site.record(operation, RESOURCE, &connection.id, key);
}
