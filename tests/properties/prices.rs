//! Prices: exact, whatever their order, and never above a ceiling.

use interconnect_operator::api::account::Ceilings;
use interconnect_operator::kinds::cross_connect_order::quote::sum;
use interconnect_operator::providers::a2b::wire::Charge;
use proptest::prelude::*;
use rust_decimal::Decimal;

/// Cents, by what is charged each month and what once.
fn charges() -> impl Strategy<Value = Vec<(bool, i64)>> {
    proptest::collection::vec((any::<bool>(), 0..1_000_000_000_i64), 0..30)
}

fn decimals(charges: &[(bool, i64)]) -> impl Iterator<Item = (&'static Charge, Decimal)> {
    charges
        .iter()
        .map(|(monthly, cents)| (if *monthly { &Charge::Monthly } else { &Charge::Once }, Decimal::new(*cents, 2)))
}

fn cents(charges: &[(bool, i64)], monthly: bool) -> i64 {
    charges.iter().filter(|(each_month, _)| *each_month == monthly).map(|(_, cents)| cents).sum()
}

proptest! {
    #[test]
    fn a_sum_is_what_the_cents_sum_up_to_in_any_order(charges in charges()) {
        let quote = sum(decimals(&charges)).unwrap();
        prop_assert_eq!(quote.monthly, Decimal::new(cents(&charges, true), 2));
        prop_assert_eq!(quote.once, Decimal::new(cents(&charges, false), 2));
        let mut backwards = charges;
        backwards.reverse();
        prop_assert_eq!(sum(decimals(&backwards)), Some(quote));
    }

    /// S7.
    #[test]
    fn a_ceiling_lets_through_what_it_is_and_nothing_above(charges in charges(), less in 1..1_000_i64) {
        let quote = sum(decimals(&charges)).unwrap();
        let ceilings = |monthly: Decimal, once: Decimal| {
            Ceilings { monthly: Some(monthly.to_string()), once: Some(once.to_string()) }
        };
        let less = Decimal::new(less, 2);
        prop_assert_eq!(quote.above(&ceilings(quote.monthly, quote.once)), None);
        prop_assert!(quote.above(&ceilings(quote.monthly - less, quote.once)).is_some());
        prop_assert!(quote.above(&ceilings(quote.monthly, quote.once - less)).is_some());
    }
}
