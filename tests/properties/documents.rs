//! Documents, of any content.

use interconnect_operator::cluster::documents;
use proptest::prelude::*;

proptest! {
    #[test]
    fn only_what_begins_as_a_pdf_and_fits_a_secret_is_kept(
        head in prop_oneof![Just(b"%PDF-1.7".to_vec()), proptest::collection::vec(any::<u8>(), 0..12)],
        length in 0_usize..1_200_000,
    ) {
        let mut document = head;
        document.resize(document.len() + length, b'x');
        let kept = documents::check(&document).is_ok();
        prop_assert_eq!(kept, document.starts_with(b"%PDF-") && document.len() <= documents::MAX_BYTES);
    }
}
