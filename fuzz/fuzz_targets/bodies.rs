//! A provider's answer, of any bytes: read or refused, never more than it says.
#![no_main]

use interconnect_operator::providers::a2b::wire as a2b;
use interconnect_operator::providers::cloudflare::wire;
use interconnect_operator::providers::equinix::wire as equinix;
use interconnect_operator::providers::ix_api::wire as ix_api;
use interconnect_operator::providers::http::client::Answer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let said = wire::explain(body);
    assert!(said.is_none_or(|said| !said.is_empty()));
    let answer = Answer { body: body.to_vec(), partial: false };
    let failed = answer.json::<serde_json::Value>().is_ok_and(|body| body["success"] == false);
    assert!(!failed || wire::accepted(&answer).is_err());
    assert!(!failed || wire::bare::<wire::State>(&answer).is_err());
    if let Ok(page) = wire::page::<wire::Interconnect>(&answer) {
        let body: serde_json::Value = answer.json().unwrap();
        let list = if body["success"] == true { &body["result"]["items"] } else { &body["items"] };
        assert_eq!(Some(page.items.len()), list.as_array().map(Vec::len), "a page is read whole or not at all");
    }
    let _ = wire::page::<wire::Slot>(&answer);
    assert!(equinix::explain(body).is_none_or(|said| !said.is_empty()));
    if let Ok(page) = equinix::page(&answer) {
        let body: serde_json::Value = answer.json().unwrap();
        assert_eq!(Some(page.items.len()), body["data"].as_array().map(Vec::len), "a page is read whole or not at all");
    }
    assert!(ix_api::explain(body).is_none_or(|said| !said.is_empty()));
    let _ = (answer.json::<Vec<ix_api::Connection>>(), answer.json::<Vec<ix_api::PortReservation>>());
    let _ = (answer.json::<Vec<ix_api::Offering>>(), answer.json::<ix_api::Terms>(), ix_api::accepted(&answer));
    assert!(a2b::explain(body).is_none_or(|said| !said.is_empty()));
    let _ = (answer.json::<Vec<a2b::Package>>(), answer.json::<Vec<a2b::Order>>());
    let _ =
        (equinix::one(&answer), equinix::changes(&answer), equinix::organizations(&answer), equinix::accepted(&answer));
});
