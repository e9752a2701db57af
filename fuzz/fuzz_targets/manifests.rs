//! A manifest, of any bytes: what can be read is written, and read again, as the same.
#![no_main]

use interconnect_operator::api::{
    CloudAccessPort, Contact, CrossConnectOrder, DigitalLoa, Interconnect, ProviderAccount,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|manifest: &[u8]| {
    if let Ok(read) = serde_json::from_slice::<Interconnect>(manifest) {
        again(&read);
    }
    if let Ok(read) = serde_json::from_slice::<DigitalLoa>(manifest) {
        again(&read);
    }
    if let Ok(read) = serde_json::from_slice::<CloudAccessPort>(manifest) {
        again(&read);
    }
    if let Ok(read) = serde_json::from_slice::<Contact>(manifest) {
        again(&read);
    }
    if let Ok(read) = serde_json::from_slice::<CrossConnectOrder>(manifest) {
        again(&read);
    }
    if let Ok(read) = serde_json::from_slice::<ProviderAccount>(manifest) {
        again(&read);
    }
});

fn again<K: serde::Serialize + serde::de::DeserializeOwned>(read: &K) {
    let written = serde_json::to_value(read).unwrap();
    let reread: K = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&reread).unwrap(), written);
}
