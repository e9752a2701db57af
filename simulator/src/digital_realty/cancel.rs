//! Ends: what they would be, and asking for them.

use axum::http::StatusCode;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::call::Call;
use super::connection::Mode;
use super::lifecycle::Life;
use super::store::DigitalRealty;
use super::{connections, reservations};
use crate::answer::Answer;
use crate::fields::Fields;
use crate::site::Site;

const DAY: &str = "decommission_at";
const NO_DAY: &str = "must be a date, YYYY-MM-DD";

fn parse_day(text: &str) -> Option<Date> {
    text.parse().ok().filter(|_| text.len() == 10)
}

/// The day that a body asks for; neither it nor the body need be there.
fn wanted_day(body: &Value) -> Result<Option<Date>, Refusal> {
    if body.is_null() {
        return Ok(None);
    }
    let fields = Fields::of(body)?;
    let text = fields.optional_text(DAY)?;
    let parse = |text| parse_day(text).ok_or_else(|| fields.refuse(DAY, NO_DAY).into());
    text.map(parse).transpose()
}

fn policy(life: &Life, call: &Call) -> Result<Answer, Refusal> {
    let parse = |text| parse_day(text).ok_or_else(|| Refusal::parameter(DAY, NO_DAY));
    let wanted = call.parameter(DAY).map(parse).transpose()?;
    let mut shown = json!({});
    life.policy(wanted, call.now.simulated).tell(&mut shown);
    Ok(Answer::ok(shown))
}

/// GET connections/{id}/cancellation-policy.
pub fn policy_of_connection(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    policy(&site.store.connection(&call.id, call.now.simulated)?.life, call)
}

/// GET port-reservations/{id}/cancellation-policy.
pub fn policy_of_reservation(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    policy(&site.store.reservation(&call.id, call.now.simulated)?.life, call)
}

/// DELETE connections/{id}: all of its ports end with it.
pub fn connection(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let provider = &mut *site.store;
    let now = call.now.simulated;
    let mut connection = provider.connection(&call.id, now)?.clone();
    let end = connection.life.cancel(wanted_day(&call.body)?, now)?;
    for member in &connection.members {
        if let Some(reservation) = provider.reservation_mut(member) {
            reservation.life.end_by(end);
        }
    }
    provider.put_connection(connection.clone());
    connections::record(site, "delete", &connection);
    Ok(Answer::Json(StatusCode::ACCEPTED, site.store.shown(&connection, call.now)))
}

/// DELETE port-reservations/{id}: the last port of a LAG goes with the connection only, like the one
/// that is on its own.
pub fn reservation(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let provider = &mut *site.store;
    let now = call.now.simulated;
    let mut reservation = provider.reservation(&call.id, now)?.clone();
    let connection = provider.connection(&reservation.connection, now)?;
    let members = provider.members(connection, now);
    let others = members.iter().filter(|it| it.id != reservation.id && it.life.is_live(now)).count();
    if connection.mode == Mode::Standalone || others == 0 {
        return Err(Refusal::unable("the port is the last one of its connection, which can be deleted instead"));
    }
    reservation.life.cancel(wanted_day(&call.body)?, now)?;
    provider.put_reservation(reservation.clone());
    reservations::record(site, "delete", &reservation);
    Ok(Answer::Json(StatusCode::ACCEPTED, reservation.shown(now)))
}
