//! A document, of any bytes: kept only if it begins as a PDF does and fits a Secret.
#![no_main]

use interconnect_operator::cluster::documents;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let kept = documents::check(document).is_ok();
    assert_eq!(kept, document.starts_with(b"%PDF-") && document.len() <= documents::MAX_BYTES);
});
